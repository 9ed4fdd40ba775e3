"""Airflow on this checkout: the environment of its processes, their start and end, and what they log."""
