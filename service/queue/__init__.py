"""The broker: one way to connect, and the only publisher."""
