# Airflow writes into these groups. Those it would make itself keep everything for ever.

resource "aws_cloudwatch_log_group" "airflow" {
  #checkov:skip=CKV_AWS_338:how long logs stay is a variable, a year by default
  for_each = toset(["DAGProcessing", "Scheduler", "Task", "WebServer", "Worker"])

  name              = "airflow-${local.name}-${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.this.arn
}
