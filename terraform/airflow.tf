resource "aws_mwaa_environment" "this" {
  count = var.create_airflow ? 1 : 0

  name                            = local.name
  airflow_version                 = var.airflow_version
  environment_class               = var.environment_class
  min_workers                     = var.workers.min
  max_workers                     = var.workers.max
  schedulers                      = var.environment_class == "mw1.micro" ? 1 : 2
  execution_role_arn              = aws_iam_role.execution.arn
  kms_key                         = aws_kms_key.this.arn
  webserver_access_mode           = var.web_access
  weekly_maintenance_window_start = var.maintenance_start

  source_bucket_arn                = aws_s3_bucket.package.arn
  dag_s3_path                      = "dags"
  plugins_s3_path                  = "plugins.zip"
  plugins_s3_object_version        = var.package_versions.plugins
  requirements_s3_path             = "requirements.txt"
  requirements_s3_object_version   = var.package_versions.requirements
  startup_script_s3_path           = "startup.sh"
  startup_script_s3_object_version = var.package_versions.startup

  airflow_configuration_options = {
    "secrets.backend" = "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"
    # Only the warehouse's connection is looked for; Variables are not used at all.
    "secrets.backend_kwargs" = jsonencode({
      connections_prefix         = local.connections_prefix
      connections_lookup_pattern = "^octopus$"
      variables_prefix           = null
      config_prefix              = null
    })
    "core.default_timezone" = "utc"
    # Scripts are longer than the 4 kB that the tab Rendered Templates shows otherwise.
    "core.max_templated_field_length" = "50000"
    # Most tasks work for less than the second that the scheduler sleeps otherwise.
    "scheduler.scheduler_idle_sleep_time" = "0.2"
  }

  network_configuration {
    subnet_ids         = var.subnet_ids
    security_group_ids = var.security_group_ids
  }

  logging_configuration {
    dag_processing_logs {
      enabled   = true
      log_level = var.log_level
    }

    scheduler_logs {
      enabled   = true
      log_level = var.log_level
    }

    task_logs {
      enabled   = true
      log_level = var.log_level
    }

    webserver_logs {
      enabled   = true
      log_level = var.log_level
    }

    worker_logs {
      enabled   = true
      log_level = var.log_level
    }
  }

  depends_on = [
    aws_cloudwatch_log_group.airflow,
    aws_iam_role_policy.airflow,
    aws_iam_role_policy.batch,
    aws_s3_bucket_policy.package,
    aws_s3_bucket_public_access_block.package,
    aws_s3_bucket_versioning.package,
  ]
}
