"""The lock: WeChat's signatures and its AES envelope. No input or output, and nothing of ours is imported here."""
