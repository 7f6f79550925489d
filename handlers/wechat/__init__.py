"""The client of WeChat's API for third-party platforms."""
