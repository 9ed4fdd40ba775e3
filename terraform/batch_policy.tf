# What the batch calls and nothing else: tests/infra/test_execution_role.py compares these actions with the code.

data "aws_iam_policy_document" "batch" {
  #checkov:skip=CKV_AWS_356:PutMetricData knows no resource; the namespace limits it
  #checkov:skip=CKV_AWS_111:as above
  statement {
    sid = "Files"
    actions = [
      "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject",
      "s3:PutObjectTagging",
    ]
    resources = ["${aws_s3_bucket.exports.arn}/${local.export_folder}/*"]
  }

  # Without a condition on the prefix: S3 says of an object that is missing (the manifest before the first export) that it
  # is only to who may list the whole bucket, and knows no prefix where uploads are listed.
  statement {
    sid       = "Listings"
    actions   = ["s3:ListBucket", "s3:ListBucketMultipartUploads"]
    resources = [aws_s3_bucket.exports.arn]
  }

  # The health check tells whether the bucket is as it should be.
  statement {
    sid       = "BucketSettings"
    actions   = ["s3:GetBucketVersioning", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration"]
    resources = [aws_s3_bucket.exports.arn]
  }

  statement {
    sid       = "EncryptedFiles"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.this.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values = [
        "s3.${local.region_domain}", "secretsmanager.${local.region_domain}", "sns.${local.region_domain}",
      ]
    }
  }

  statement {
    sid       = "WarehouseConnection"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.warehouse.arn]
  }

  statement {
    sid       = "Alerts"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alerts.arn]
  }

  statement {
    sid       = "Metrics"
    actions   = ["cloudwatch:PutMetricData"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "cloudwatch:namespace"
      values   = [var.metrics_namespace]
    }
  }
}
