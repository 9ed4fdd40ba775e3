"""What is looked at, each in one module."""
