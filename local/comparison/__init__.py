"""Compares two exports, row by row and value by value, in a PostgreSQL of its own."""
