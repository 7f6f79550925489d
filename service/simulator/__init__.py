"""WeChat's servers for a third-party platform, written from WeChat's documentation and never from our client."""
