terraform {
  # 1.11: values that are written and never kept in the state (secrets.tf).
  required_version = "~> 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # Bucket and key of the state come from `terraform init -backend-config=…` (README.md).
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}
