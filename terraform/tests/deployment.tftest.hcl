# What a deployment of production looks like, where AWS answers as it always does.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  client             = "enercity"
  environment        = "prod"
  subnet_ids         = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  security_group_ids = ["sg-0123456789abcdef0"]
  warehouse          = { host = "octopus.example.internal" }
  warehouse_password = "of no meaning here" #pragma: allowlist secret
}

run "production" {
  command = plan

  assert {
    condition     = aws_mwaa_environment.this[0].airflow_version == "3.3.1" && aws_mwaa_environment.this[0].name == "billing-enercity-prod"
    error_message = "Expected Airflow 3.3.1 in the environment of client and environment."
  }

  assert {
    condition     = aws_mwaa_environment.this[0].webserver_access_mode == "PRIVATE_ONLY"
    error_message = "Expected a UI that only the VPC reaches."
  }

  assert {
    condition     = aws_mwaa_environment.this[0].plugins_s3_path == "plugins.zip" && aws_mwaa_environment.this[0].requirements_s3_path == "requirements.txt" && aws_mwaa_environment.this[0].startup_script_s3_path == "startup.sh" && aws_mwaa_environment.this[0].dag_s3_path == "dags"
    error_message = "Expected the files as `make package` names them."
  }

  assert {
    condition     = jsondecode(aws_mwaa_environment.this[0].airflow_configuration_options["secrets.backend_kwargs"]).connections_prefix == "billing-enercity-prod/connections"
    error_message = "Expected Airflow to look for connections where the secrets are."
  }

  assert {
    condition     = toset([for secret in aws_secretsmanager_secret.connection : secret.name]) == toset(["billing-enercity-prod/connections/billing_s3", "billing-enercity-prod/connections/octopus"])
    error_message = "Expected the secrets of both connections."
  }

  assert {
    condition     = alltrue([for log in ["dag_processing_logs", "scheduler_logs", "task_logs", "webserver_logs", "worker_logs"] : aws_mwaa_environment.this[0].logging_configuration[0][log][0].enabled])
    error_message = "Expected all logs of Airflow."
  }

  assert {
    condition     = aws_s3_bucket_object_lock_configuration.archive.rule[0].default_retention[0].mode == "COMPLIANCE"
    error_message = "Expected an archive in production that nobody can delete from."
  }

  assert {
    condition     = aws_s3_bucket_replication_configuration.archive.rule[0].filter[0].prefix == "enercity/prod/archive/" && aws_s3_bucket_replication_configuration.archive.rule[0].delete_marker_replication[0].status == "Disabled"
    error_message = "Expected the archive, and no deletions, to be copied to where they are locked."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.run : alarm.alarm_actions == toset([aws_sns_topic.alerts.arn])])
    error_message = "Expected each alarm to reach the topic."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.heartbeat)) == toset(["bookkeeper", "tripica"]) && aws_cloudwatch_metric_alarm.heartbeat["tripica"].treat_missing_data == "breaching"
    error_message = "Expected an alarm for each system that delivers nothing, silence included."
  }

  assert {
    condition     = length(aws_iam_role.deployment) == 0
    error_message = "Expected no way in for a workflow unless it is asked for."
  }

  assert {
    condition     = output.settings.BDA_S3_BUCKET == "billing-exports-enercity-prod-123456789012"
    error_message = "Expected the settings to name the bucket."
  }
}

run "the_first_apply_makes_no_environment" {
  command = plan

  variables {
    create_airflow = false
  }

  assert {
    condition     = length(aws_mwaa_environment.this) == 0 && output.airflow_url == null
    error_message = "Expected buckets, role and alarms, but no environment before there is a package to run."
  }
}

run "without_a_schedule_nobody_waits_for_a_run" {
  command = plan

  variables {
    environment = "dev"
    schedule    = "off"
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.heartbeat) == 0
    error_message = "Expected no alarm about missing runs where none is scheduled."
  }

  assert {
    condition     = aws_s3_bucket_object_lock_configuration.archive.rule[0].default_retention[0].mode == "GOVERNANCE"
    error_message = "Expected an archive of trials that an administrator can clean up."
  }
}

run "versions_of_the_package_can_be_pinned" {
  command = plan

  variables {
    package_versions = { plugins = "v-plugins", requirements = "v-requirements", startup = "v-startup" }
  }

  assert {
    condition     = aws_mwaa_environment.this[0].plugins_s3_object_version == "v-plugins" && aws_mwaa_environment.this[0].requirements_s3_object_version == "v-requirements" && aws_mwaa_environment.this[0].startup_script_s3_object_version == "v-startup"
    error_message = "Expected the versions that were asked for."
  }
}

run "subscribers_get_alerts_the_way_they_can" {
  command = plan

  variables {
    alert_emails      = ["on-call@example.com"]
    alert_subscribers = ["arn:aws:sqs:eu-central-1:123456789012:chat"]
  }

  assert {
    condition     = aws_sns_topic_subscription.mail["on-call@example.com"].protocol == "email" && aws_sns_topic_subscription.other["arn:aws:sqs:eu-central-1:123456789012:chat"].protocol == "sqs"
    error_message = "Expected a subscription each, with the protocol of its ARN."
  }
}

run "a_workflow_deploys_from_its_own_environment_only" {
  command = plan

  variables {
    github = {
      repository        = "enercity/billing-data-aggregator"
      oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    }
  }

  assert {
    condition     = one([for condition in data.aws_iam_policy_document.deployment_trust[0].statement[0].condition : one(condition.values) if endswith(condition.variable, ":sub")]) == "repo:enercity/billing-data-aggregator:environment:prod"
    error_message = "Expected the workflow's environment in the trust."
  }
}
