# Alarms on Airflow's own metrics, named as MWAA's user guide lists them ("Apache Airflow environment metrics in CloudWatch").

locals {
  airflow_metrics      = "AmazonMWAA"
  scheduler_dimensions = { Function = "Scheduler", Environment = local.name }

  # Periods of five minutes. A deployment shows an import error until its DAG files have followed its plugins, and an update
  # restarts schedulers: neither takes so long.
  airflow_alarms = {
    import-errors = {
      says       = "A DAG file cannot be loaded, so its DAG does not run as it should. Airflow's start page shows why (Import errors)."
      metric     = "ImportErrors"
      dimensions = { Function = "DAG Processing", Environment = local.name }
      statistic  = "Maximum"
      operator   = "GreaterThanOrEqualToThreshold"
      periods    = 4
      missing    = "notBreaching"
    }
    scheduler = {
      says       = "Airflow's scheduler has given no sign of life for half an hour: nothing starts."
      metric     = "SchedulerHeartbeat"
      dimensions = local.scheduler_dimensions
      statistic  = "Sum"
      operator   = "LessThanThreshold"
      periods    = 6
      missing    = "breaching"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "airflow" {
  for_each = var.create_airflow ? local.airflow_alarms : {}

  alarm_name          = "${local.name}-${each.key}"
  alarm_description   = each.value.says
  namespace           = local.airflow_metrics
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = 300
  evaluation_periods  = each.value.periods
  threshold           = 1
  comparison_operator = each.value.operator
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.alerts.arn]
  ok_actions          = [aws_sns_topic.alerts.arn]

  # An environment that is still being made sends nothing.
  depends_on = [aws_mwaa_environment.this]
}
