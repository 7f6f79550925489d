"""The side that faces WeChat: two callback URLs, and what ops look at."""
