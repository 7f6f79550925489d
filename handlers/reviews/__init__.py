"""The life of a version: commit, review, release."""
