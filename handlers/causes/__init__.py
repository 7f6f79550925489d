"""What waits for something outside: by which cause, who must act, how its end is seen, and who is told."""
