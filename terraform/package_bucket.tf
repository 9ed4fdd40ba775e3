# What Airflow runs: DAGs, plugins.zip, requirements.txt and startup.sh, as `make deploy` uploads them.

resource "aws_s3_bucket" "package" {
  #checkov:skip=CKV_AWS_18:reads and writes of objects are recorded by the account's CloudTrail, which server access logs would repeat
  #checkov:skip=CKV_AWS_144:everything in it can be built again from the repository, byte for byte
  #checkov:skip=CKV2_AWS_62:Airflow looks for new files by itself
  bucket = local.package_bucket
}

# The environment names plugins, requirements and startup script by version.
resource "aws_s3_bucket_versioning" "package" {
  bucket = aws_s3_bucket.package.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "package" {
  bucket = aws_s3_bucket.package.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.this.arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "package" {
  bucket                  = aws_s3_bucket.package.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "package" {
  bucket = aws_s3_bucket.package.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "package" {
  bucket = aws_s3_bucket.package.id

  # Long enough to look at the release before. Plugins, requirements and startup script keep all versions: the environment
  # names the ones that it runs, and reads them whenever a worker starts.
  rule {
    id     = "replaced-dags"
    status = "Enabled"

    filter {
      prefix = "dags/"
    }

    noncurrent_version_expiration {
      noncurrent_days = 90
    }
  }

  rule {
    id     = "aborted-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }

  depends_on = [aws_s3_bucket_versioning.package]
}

resource "aws_s3_bucket_policy" "package" {
  bucket = aws_s3_bucket.package.id
  policy = data.aws_iam_policy_document.tls_only["package"].json

  depends_on = [aws_s3_bucket_public_access_block.package]
}
