"""What Airflow's UI says about tasks and groups."""
