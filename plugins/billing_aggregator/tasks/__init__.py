"""The script tree as Airflow tasks."""
