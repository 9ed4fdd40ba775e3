terraform {
  # 1.11: the lock of the state is a file beside it (use_lockfile).
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
