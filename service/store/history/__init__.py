"""What people read of the store: commands and console ask here, and nowhere else, so that they cannot disagree."""
