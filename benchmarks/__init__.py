"""`make bench`: measures the export next to other ways to get a table out of PostgreSQL, and the scripts."""
