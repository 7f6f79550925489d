"""Who is notified, and with what words."""
