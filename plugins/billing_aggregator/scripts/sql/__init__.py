"""What the text of a script says without being run."""
