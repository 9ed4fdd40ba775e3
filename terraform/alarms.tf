# Alarms on the batch's metrics, whose names and dimensions docs/metrics.md has.

locals {
  run_dimensions = {
    Client      = var.client
    Environment = var.environment
  }

  alarms = {
    failed = {
      metric = "RunFailed"
      says   = "A run failed. Airflow's UI shows the task in red; its log names cause and remedy."
    }
    late = {
      metric = "RunLate"
      says   = "A scheduled run had not ended by its deadline."
    }
    upload-failed = {
      metric = "FailedExports"
      says   = "An export failed: the files of the last good one are still published."
    }
    shrunk = {
      metric = "ShrunkExports"
      says   = "An export lost more of its rows than is normal."
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "run" {
  for_each = local.alarms

  alarm_name          = "${local.name}-${each.key}"
  alarm_description   = each.value.says
  namespace           = var.metrics_namespace
  metric_name         = each.value.metric
  dimensions          = local.run_dimensions
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alerts.arn]
  ok_actions          = [aws_sns_topic.alerts.arn]
}

resource "aws_cloudwatch_metric_alarm" "error_rate" {
  alarm_name          = "${local.name}-error-rate"
  alarm_description   = "More than ${var.error_rate_percent} % of the runs of a week failed."
  evaluation_periods  = 1
  threshold           = var.error_rate_percent
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alerts.arn]
  ok_actions          = [aws_sns_topic.alerts.arn]

  metric_query {
    id          = "rate"
    expression  = "100 * failed / (failed + succeeded)"
    label       = "Failed runs, percent"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { failed = "RunFailed", succeeded = "RunSucceeded" }

    content {
      id = metric_query.key

      metric {
        namespace   = var.metrics_namespace
        metric_name = metric_query.value
        dimensions  = local.run_dimensions
        stat        = "Sum"
        period      = 604800
      }
    }
  }
}
