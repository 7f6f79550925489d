"""What the people who run weaudit may see and order: commands and console ask here, so that they cannot disagree."""
