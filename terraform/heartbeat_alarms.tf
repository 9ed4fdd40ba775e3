# The alarms that notice that nothing runs at all, such as a paused DAG. A new Airflow has delivered nothing yet: its alarms
# wait until its scheduler has run for heartbeat_hours, so they are silent before the first night, and not after it.

resource "aws_cloudwatch_composite_alarm" "heartbeat" {
  for_each = aws_cloudwatch_metric_alarm.delivery

  alarm_name        = "${local.name}-no-delivery-${each.key}"
  alarm_description = "${each.key} has delivered nothing for ${var.heartbeat_hours} hours."
  alarm_rule        = "ALARM(${each.value.alarm_name}) AND OK(${aws_cloudwatch_metric_alarm.airflow_new[0].alarm_name})"
  alarm_actions     = [aws_sns_topic.alerts.arn]
  ok_actions        = [aws_sns_topic.alerts.arn]
}

resource "aws_cloudwatch_metric_alarm" "delivery" {
  for_each = var.schedule == "off" ? [] : var.systems

  alarm_name          = "${local.name}-delivery-${each.value}"
  alarm_description   = "Part of ${local.name}-no-delivery-${each.value}; tells nobody by itself."
  namespace           = var.metrics_namespace
  metric_name         = "SystemSucceeded"
  dimensions          = merge(local.run_dimensions, { System = each.value })
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = var.heartbeat_hours
  datapoints_to_alarm = var.heartbeat_hours
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching"
}

# One hour without a heartbeat of the scheduler is enough. A scheduler that is down has an alarm of its own (airflow_alarms.tf).
resource "aws_cloudwatch_metric_alarm" "airflow_new" {
  count = var.schedule == "off" ? 0 : 1

  alarm_name          = "${local.name}-airflow-new"
  alarm_description   = "The scheduler has not run for ${var.heartbeat_hours} hours yet, so the heartbeat alarms wait; tells nobody by itself."
  namespace           = local.airflow_metrics
  metric_name         = "SchedulerHeartbeat"
  dimensions          = local.scheduler_dimensions
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = var.heartbeat_hours
  datapoints_to_alarm = 1
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching"
}
