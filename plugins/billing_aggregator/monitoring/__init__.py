"""What leaves a run for those who watch it: alerts, metrics and the fields of its log lines."""
