"""What we say and do back: workers, reactions, policy, and the client of WeChat's API."""
