"""The tree as Airflow tasks, and what happens before and after them."""
