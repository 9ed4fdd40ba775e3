"""Generates and runs the Billing Data Aggregator: SQL scripts in the warehouse, CSV exports in S3."""

__version__ = "1.0.0"
