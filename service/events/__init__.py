"""What happened, as a typed message: what WeChat tells us and what weaudit tells others."""
