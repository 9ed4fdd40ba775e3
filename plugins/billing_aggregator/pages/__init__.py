"""What people see of a run outside its logs: the page in Airflow's UI and the HTML report."""
