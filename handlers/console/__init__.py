"""What people look at and click in a browser: it reads the store and writes orders; nobody here calls WeChat."""
