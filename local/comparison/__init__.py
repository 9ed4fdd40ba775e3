"""Compares two exports row by row and value by value, in a DuckDB that keeps their rows on disk."""
