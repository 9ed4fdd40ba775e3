"""The tree of SQL scripts, read into systems, stages and scripts."""
