# What a deployment of production looks like, where AWS answers as it always does.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

# The archive's key, told from the other one.
override_resource {
  target          = aws_kms_key.archive
  override_during = plan
  values          = { arn = "arn:aws:kms:eu-central-1:123456789012:key/archive" }
}

variables {
  client                 = "enercity"
  environment            = "prod"
  archive_retention_days = 3288
  subnet_ids             = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  security_group_ids     = ["sg-0123456789abcdef0"]
  warehouse              = { host = "octopus.example.internal" }
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
    condition     = aws_secretsmanager_secret.warehouse.name == "billing-enercity-prod/connections/octopus"
    error_message = "Expected the secret where Airflow looks for the connection octopus."
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
    condition     = one([for rule in aws_s3_bucket_lifecycle_configuration.archive.rule : [rule.expiration[0].days, rule.noncurrent_version_expiration[0].noncurrent_days] if rule.id == "end-of-retention"]) == [3289, 1]
    error_message = "Expected personal data to be gone two days after its lock: a delete marker, and a day later the version itself."
  }

  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.package.rule : rule.filter[0].prefix if length(rule.noncurrent_version_expiration) > 0] == ["dags/"]
    error_message = "Expected the versions of plugins, requirements and startup script to stay: the environment runs one of them."
  }

  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.archive.rule).apply_server_side_encryption_by_default[0].kms_master_key_id == aws_kms_key.archive.arn && aws_s3_bucket_replication_configuration.archive.rule[0].destination[0].encryption_configuration[0].replica_kms_key_id == aws_kms_key.archive.arn
    error_message = "Expected the archive to be encrypted with its own key."
  }

  assert {
    condition     = anytrue([for statement in data.aws_iam_policy_document.archive_key.statement : statement.effect == "Deny" && toset(statement.actions) == toset(["kms:DisableKey", "kms:ScheduleKeyDeletion"]) && one(statement.principals).identifiers == toset(["*"])])
    error_message = "Expected nobody to delete the archive's key: without it nobody reads the archive."
  }

  assert {
    condition     = aws_s3_bucket_replication_configuration.archive.rule[0].destination[0].metrics[0].status == "Enabled" && aws_cloudwatch_metric_alarm.replication["archive"].dimensions == tomap({ SourceBucket = "billing-exports-enercity-prod-123456789012", DestinationBucket = "billing-archive-enercity-prod-123456789012", RuleId = "archive" })
    error_message = "Expected an alarm on what S3 could not copy."
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
    condition     = toset(keys(aws_cloudwatch_composite_alarm.heartbeat)) == toset(["bookkeeper", "tripica"]) && aws_cloudwatch_metric_alarm.delivery["tripica"].treat_missing_data == "breaching"
    error_message = "Expected an alarm for each system that delivers nothing, silence included."
  }

  assert {
    condition     = aws_cloudwatch_composite_alarm.heartbeat["tripica"].alarm_rule == "ALARM(billing-enercity-prod-delivery-tripica) AND OK(billing-enercity-prod-airflow-new)" && aws_cloudwatch_composite_alarm.heartbeat["tripica"].alarm_actions == toset([aws_sns_topic.alerts.arn]) && aws_cloudwatch_metric_alarm.delivery["tripica"].alarm_actions == null
    error_message = "Expected nobody to be told of a missing delivery before Airflow has run for a day."
  }

  # One hour without a scheduler is enough to be new; a day with one in every hour is enough not to be.
  assert {
    condition     = [for alarm in aws_cloudwatch_metric_alarm.airflow_new : [alarm.metric_name, alarm.period, alarm.evaluation_periods, alarm.datapoints_to_alarm, alarm.treat_missing_data]] == [["SchedulerHeartbeat", 3600, 26, 1, "breaching"]]
    error_message = "Expected Airflow to count as new until its scheduler has run for 26 hours."
  }

  assert {
    condition     = { for name, alarm in aws_cloudwatch_metric_alarm.airflow : name => [alarm.namespace, alarm.metric_name, alarm.dimensions, alarm.treat_missing_data] } == { import-errors = ["AmazonMWAA", "ImportErrors", tomap({ Function = "DAG Processing", Environment = "billing-enercity-prod" }), "notBreaching"], scheduler = ["AmazonMWAA", "SchedulerHeartbeat", tomap({ Function = "Scheduler", Environment = "billing-enercity-prod" }), "breaching"] }
    error_message = "Expected alarms on a DAG that cannot be loaded and on a scheduler that is down."
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
    condition     = length(aws_mwaa_environment.this) + length(aws_cloudwatch_metric_alarm.airflow) == 0 && output.airflow_url == null
    error_message = "Expected buckets, role and alarms, but no environment before there is a package to run, and no alarm on it."
  }
}

run "without_a_schedule_nobody_waits_for_a_run" {
  command = plan

  variables {
    environment = "dev"
    schedule    = "off"
  }

  assert {
    condition     = length(aws_cloudwatch_composite_alarm.heartbeat) == 0
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

run "another_account_gets_a_copy_of_the_archive" {
  command = plan

  variables {
    archive_account = {
      id         = "999999999999"
      bucket_arn = "arn:aws:s3:::archive-elsewhere"
      key_arn    = "arn:aws:kms:eu-west-1:999999999999:key/elsewhere"
    }
  }

  assert {
    condition     = jsonencode({ for rule in aws_s3_bucket_replication_configuration.archive.rule : rule.id => [rule.destination[0].bucket, rule.destination[0].account, rule.destination[0].encryption_configuration[0].replica_kms_key_id] }) == jsonencode({ archive = ["arn:aws:s3:::mocked", null, aws_kms_key.archive.arn], archive-account = ["arn:aws:s3:::archive-elsewhere", "999999999999", "arn:aws:kms:eu-west-1:999999999999:key/elsewhere"] })
    error_message = "Expected one copy here, and one in the other account with its key."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.replication["archive-account"].dimensions.DestinationBucket == "archive-elsewhere"
    error_message = "Expected an alarm on the other copy, too."
  }

  assert {
    condition     = output.archive_account_policies.bucket.Principal.AWS == aws_iam_role.replication.arn && output.archive_account_policies.key.Principal.AWS == aws_iam_role.replication.arn
    error_message = "Expected to be told what the other account must allow."
  }
}

run "the_european_sovereign_cloud_is_a_region_with_names_of_its_own" {
  command = plan

  variables {
    region = "eusc-de-east-1"
  }

  override_data {
    target          = data.aws_partition.current
    override_during = plan
    values          = { partition = "aws-eusc", dns_suffix = "amazonaws.eu" }
  }

  assert {
    condition     = one([for statement in data.aws_iam_policy_document.airflow.statement : one(statement.resources) if statement.sid == "TaskQueues"]) == "arn:aws-eusc:sqs:eusc-de-east-1:*:airflow-celery-*"
    error_message = "Expected ARNs of the partition."
  }

  assert {
    condition = toset(flatten([
      for document in [data.aws_iam_policy_document.airflow, data.aws_iam_policy_document.batch, data.aws_iam_policy_document.deployment, data.aws_iam_policy_document.replication] :
      [for statement in document.statement : [for condition in statement.condition : [for name in condition.values : trimsuffix(name, ".amazonaws.eu")] if condition.variable == "kms:ViaService"]]
    ])) == toset(["s3.eusc-de-east-1", "secretsmanager.eusc-de-east-1", "sns.eusc-de-east-1", "sqs.eusc-de-east-1", "s3.*"])
    error_message = "Expected services under the partition's domain."
  }
}
