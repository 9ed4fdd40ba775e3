# What Amazon MWAA itself needs of the execution role, as its user guide lists it.

data "aws_iam_policy_document" "airflow" {
  #checkov:skip=CKV_AWS_356:two actions know no narrower resource: DescribeLogGroups, GetAccountPublicAccessBlock; PutMetricData has a condition
  #checkov:skip=CKV_AWS_111:as above
  statement {
    sid       = "Health"
    actions   = ["airflow:PublishMetrics"]
    resources = ["${local.arn}:airflow:${var.region}:${local.account}:environment/${local.name}"]
  }

  statement {
    sid       = "Package"
    actions   = ["s3:GetBucket*", "s3:GetObject*", "s3:List*"]
    resources = [aws_s3_bucket.package.arn, "${aws_s3_bucket.package.arn}/*"]
  }

  statement {
    sid       = "Account"
    actions   = ["logs:DescribeLogGroups", "s3:GetAccountPublicAccessBlock"]
    resources = ["*"]
  }

  # MWAA's user guide allows every namespace, which would undo the condition in batch_policy.tf.
  statement {
    sid       = "MetricsOfAirflow"
    actions   = ["cloudwatch:PutMetricData"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "cloudwatch:namespace"
      values   = ["AmazonMWAA"]
    }
  }

  statement {
    sid = "Logs"
    actions = [
      "logs:CreateLogGroup", "logs:CreateLogStream", "logs:GetLogEvents", "logs:GetLogGroupFields", "logs:GetLogRecord",
      "logs:GetQueryResults", "logs:PutLogEvents",
    ]
    resources = ["${local.arn}:logs:${var.region}:${local.account}:log-group:airflow-${local.name}-*"]
  }

  # The queues belong to an account of Amazon MWAA.
  statement {
    sid = "TaskQueues"
    actions = [
      "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage",
      "sqs:SendMessage",
    ]
    resources = ["${local.arn}:sqs:${var.region}:*:airflow-celery-*"]
  }

  statement {
    sid       = "Encryption"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*"]
    resources = [aws_kms_key.this.arn]

    condition {
      test     = "StringLike"
      variable = "kms:ViaService"
      values   = ["s3.${local.region_domain}", "sqs.${local.region_domain}"]
    }
  }
}
