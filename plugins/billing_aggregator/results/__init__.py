"""The results of a system in the warehouse: their stamps, and what these allow a task to read."""
