# One page in CloudWatch: is all well, what was delivered, how long did it take?

locals {
  run_metric = { for name in ["RunSucceeded", "RunFailed", "RunLate", "RunDuration", "FailedTasks", "RefusedChecks", "FailedExports", "ShrunkExports"] :
    name => [var.metrics_namespace, name, "Client", var.client, "Environment", var.environment]
  }

  system_metrics = { for name in ["SystemRows", "SystemFiles", "SystemBytes", "SystemDuration"] :
    name => [for system in sort(var.systems) :
      [var.metrics_namespace, name, "Client", var.client, "Environment", var.environment, "System", system, { label = system }]
    ]
  }

  # Title, metrics, statistic; laid out two in a line.
  graphs = [
    ["Runs", [local.run_metric.RunSucceeded, local.run_metric.RunFailed, local.run_metric.RunLate], "Sum"],
    ["Duration of a run, seconds", [local.run_metric.RunDuration], "Maximum"],
    ["Rows", local.system_metrics.SystemRows, "Maximum"],
    ["Files", local.system_metrics.SystemFiles, "Maximum"],
    ["Bytes uploaded", local.system_metrics.SystemBytes, "Maximum"],
    ["Seconds of a system's tasks", local.system_metrics.SystemDuration, "Maximum"],
    ["Failures", [local.run_metric.FailedTasks, local.run_metric.RefusedChecks, local.run_metric.FailedExports, local.run_metric.ShrunkExports], "Sum"],
  ]

  alarm_arns = concat(
    [for alarm in aws_cloudwatch_metric_alarm.run : alarm.arn],
    [for alarm in aws_cloudwatch_composite_alarm.heartbeat : alarm.arn],
    [for alarm in aws_cloudwatch_metric_alarm.airflow : alarm.arn],
    [for alarm in aws_cloudwatch_metric_alarm.replication : alarm.arn],
    [aws_cloudwatch_metric_alarm.error_rate.arn],
  )
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = local.name

  dashboard_body = jsonencode({
    start          = "-P14D"
    periodOverride = "inherit"
    widgets = concat(
      [{
        type       = "alarm"
        x          = 0
        y          = 0
        width      = 24
        height     = 3
        properties = { title = "Alarms", alarms = local.alarm_arns }
      }],
      [for index, graph in local.graphs : {
        type   = "metric"
        x      = 12 * (index % 2)
        y      = 3 + 6 * floor(index / 2)
        width  = 12
        height = 6
        properties = {
          title   = graph[0]
          metrics = graph[1]
          stat    = graph[2]
          period  = 86400
          region  = var.region
          view    = "timeSeries"
        }
      }],
    )
  })
}
