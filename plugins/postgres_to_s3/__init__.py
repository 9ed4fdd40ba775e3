"""Exports a table or query of PostgreSQL to S3 as CSV files: all of it or nothing."""
