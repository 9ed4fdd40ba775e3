"""What Airflow sees: the operators, their link, and how an error becomes a verdict. Only this room knows Airflow."""
