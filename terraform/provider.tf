provider "aws" {
  region = var.region

  default_tags {
    tags = merge(var.tags, {
      Service     = "billing-data-aggregator"
      Client      = var.client
      Environment = var.environment
    })
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}
