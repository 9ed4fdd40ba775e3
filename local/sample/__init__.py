"""The sample warehouse: its schema, its rows, and what loads them."""
