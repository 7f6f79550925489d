"""What is kept: every table, and one file a table that reads and writes it."""
