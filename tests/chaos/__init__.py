"""What is broken on purpose: a whole weaudit in processes of its own, one fault a line, and what came of it."""
