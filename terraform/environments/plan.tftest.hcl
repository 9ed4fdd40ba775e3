# Each file of variables here makes a deployment: `terraform test -test-directory=environments -var-file=environments/dev.tfvars`.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "the_variables_make_a_deployment_of_their_environment" {
  command = plan

  assert {
    condition     = aws_mwaa_environment.this[0].name == "billing-${var.client}-${var.environment}"
    error_message = "Expected an Airflow environment named after client and environment."
  }

  assert {
    condition     = var.environment != "prod" || length(aws_sns_topic_subscription.mail) + length(aws_sns_topic_subscription.other) > 0
    error_message = "Expected somebody who gets the alerts of production."
  }

  assert {
    condition     = alltrue(flatten([for rule in aws_s3_bucket_lifecycle_configuration.archive.rule : [for move in rule.transition : [for end in rule.expiration : move.days < end.days]]]))
    error_message = "Expected no object to be moved after it has expired, which S3 refuses."
  }
}
