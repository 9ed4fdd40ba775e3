# What a wrong variable is refused with: nothing reaches AWS.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  client                 = "enercity"
  environment            = "dev"
  archive_retention_days = 7
  subnet_ids             = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  security_group_ids     = ["sg-0123456789abcdef0"]
  warehouse              = { host = "octopus.example.internal" }
}

run "all_wrong_values_are_refused_together" {
  command = plan

  variables {
    client                 = "Enercity AG"
    environment            = "production"
    region                 = "Frankfurt"
    schedule               = "every night"
    airflow_version        = "2.10.3"
    environment_class      = "mw1.huge"
    subnet_ids             = ["subnet-0123456789abcdef0"]
    security_group_ids     = ["default"]
    web_access             = "PUBLIC"
    maintenance_start      = "Sunday noon"
    log_level              = "info"
    export_bucket          = "Billing_Exports"
    noncurrent_days        = 0
    archive_retention_days = 0.5
    archive_account        = { id = "elsewhere", bucket_arn = "archive", key_arn = "alias/archive" }
    reader_arns            = ["bi-reader"]
    warehouse              = { host = "https://octopus", port = 0, sslmode = "disable" }
    alert_emails           = ["on-call"]
    alert_subscribers      = ["https://chat.example"]
    metrics_namespace      = "AWS/Billing"
    heartbeat_hours        = 1
    error_rate_percent     = 100
    log_retention_days     = 7
    github                 = { repository = "billing", oidc_provider_arn = "github" }
  }

  expect_failures = [
    var.client, var.environment, var.region, var.schedule, var.airflow_version, var.environment_class,
    var.subnet_ids, var.security_group_ids, var.web_access, var.maintenance_start, var.log_level, var.export_bucket,
    var.noncurrent_days, var.archive_retention_days, var.archive_account, var.reader_arns, var.warehouse,
    var.alert_emails, var.alert_subscribers, var.metrics_namespace, var.heartbeat_hours, var.error_rate_percent,
    var.log_retention_days, var.github,
  ]
}

run "workers_have_a_range" {
  command = plan

  variables {
    workers = { min = 3, max = 2 }
  }

  expect_failures = [var.workers]
}

run "the_smallest_class_has_one_worker" {
  command = plan

  variables {
    environment_class = "mw1.micro"
    workers           = { min = 1, max = 2 }
  }

  expect_failures = [var.workers]
}

run "a_certificate_is_checked_against_a_bundle" {
  command = plan

  variables {
    warehouse = { host = "octopus.example.internal", sslmode = "verify-full" }
  }

  expect_failures = [var.warehouse]
}
