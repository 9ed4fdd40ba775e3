output "settings" {
  description = "What follows from this for the package's settings file, deployment/environments/<environment>.env."
  value = {
    MWAA_ENVIRONMENT      = local.name
    MWAA_BUCKET           = aws_s3_bucket.package.bucket
    MWAA_REGION           = var.region
    MWAA_VERSION          = var.airflow_version
    BDA_CLIENT_ID         = var.client
    BDA_ENVIRONMENT       = var.environment
    BDA_S3_BUCKET         = aws_s3_bucket.exports.bucket
    BDA_S3_REGION         = var.region
    BDA_SCHEDULE          = var.schedule
    BDA_ALERT_TOPIC_ARN   = aws_sns_topic.alerts.arn
    BDA_METRICS_NAMESPACE = var.metrics_namespace
  }
}

output "airflow_url" {
  description = "Airflow's UI."
  value       = one(aws_mwaa_environment.this[*].webserver_url)
}

output "execution_role_arn" {
  description = "The role that Airflow and the batch run with."
  value       = aws_iam_role.execution.arn
}

output "warehouse_secret" {
  description = "The secret of the Airflow connection octopus, and its value but for the password (README.md)."
  value       = { name = aws_secretsmanager_secret.warehouse.name, connection = local.warehouse_connection }
}

output "archive_bucket" {
  description = "Where S3 keeps the archive that nobody can delete."
  value       = aws_s3_bucket.archive.bucket
}

output "deployment_role_arn" {
  description = "The role of the workflow that deploys."
  value       = one(aws_iam_role.deployment[*].arn)
}

output "archive_account_policies" {
  description = "With archive_account: a statement for the policy of the other account's bucket, and one for its key."
  value = var.archive_account == null ? null : {
    bucket = {
      Effect    = "Allow"
      Principal = { AWS = aws_iam_role.replication.arn }
      Action    = local.replicate_actions
      Resource  = "${var.archive_account.bucket_arn}/${local.archive_folder}/*"
    }
    key = {
      Effect    = "Allow"
      Principal = { AWS = aws_iam_role.replication.arn }
      Action    = local.encrypt_actions
      Resource  = "*"
    }
  }
}
