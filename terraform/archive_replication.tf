# S3 itself copies the archive. The batch has no right to the archive bucket at all.

locals {
  # What each rule of the replication copies to.
  archive_copies = merge(
    { archive = { account = null, bucket = aws_s3_bucket.archive.arn, name = local.archive_bucket, key = aws_kms_key.archive.arn } },
    var.archive_account == null ? {} : {
      archive-account = {
        account = var.archive_account.id
        bucket  = var.archive_account.bucket_arn
        name    = split(":::", var.archive_account.bucket_arn)[1]
        key     = var.archive_account.key_arn
      }
    },
  )
}

resource "aws_s3_bucket_replication_configuration" "archive" {
  bucket = aws_s3_bucket.exports.id
  role   = aws_iam_role.replication.arn

  dynamic "rule" {
    for_each = local.archive_copies

    content {
      id       = rule.key
      priority = index(keys(local.archive_copies), rule.key)
      status   = "Enabled"

      filter {
        prefix = "${local.archive_folder}/"
      }

      # Deleting in the export bucket deletes nothing in a copy.
      delete_marker_replication {
        status = "Disabled"
      }

      source_selection_criteria {
        sse_kms_encrypted_objects {
          status = "Enabled"
        }
      }

      destination {
        bucket  = rule.value.bucket
        account = rule.value.account

        encryption_configuration {
          replica_kms_key_id = rule.value.key
        }

        metrics {
          status = "Enabled"
        }

        dynamic "access_control_translation" {
          for_each = rule.value.account == null ? [] : [1]

          content {
            owner = "Destination"
          }
        }
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.exports, aws_s3_bucket_versioning.archive]
}

# S3 does not try again what it has given up: S3 Batch Replication copies it, once the cause is gone.
resource "aws_cloudwatch_metric_alarm" "replication" {
  for_each = local.archive_copies

  alarm_name          = "${local.name}-replication-${each.key}"
  alarm_description   = "S3 could not copy files of the archive to ${each.value.name}."
  namespace           = "AWS/S3"
  metric_name         = "OperationsFailedReplication"
  dimensions          = { SourceBucket = local.export_bucket, DestinationBucket = each.value.name, RuleId = each.key }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alerts.arn]
  ok_actions          = [aws_sns_topic.alerts.arn]
}
