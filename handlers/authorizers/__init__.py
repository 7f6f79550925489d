"""The mini programs that authorize the platform, and the tokens that come with it."""
