"""What came of a run: its report, and who is told of it."""
