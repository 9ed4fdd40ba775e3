"""What can be asked of an export, and how it is read and checked."""
