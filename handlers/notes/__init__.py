"""What reactions and versions are said to be about, or at: written in English, read in English or Chinese."""
