"""One file a command of `weaudit`: what people type, and what they read."""
