"""PostgreSQL, with the role and the database of the batch."""
