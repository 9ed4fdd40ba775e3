# The archive's second home: S3 copies what the batch files under archive/, and nobody can delete it here before its time.
# Object Lock is set for a whole bucket. In the export bucket it would keep every replaced export as long as the archive.

resource "aws_s3_bucket" "archive" {
  #checkov:skip=CKV_AWS_18:reads and writes of objects are recorded by the account's CloudTrail, which server access logs would repeat
  #checkov:skip=CKV_AWS_144:it is a copy itself; the warehouse keeps the history that it was made from
  #checkov:skip=CKV2_AWS_62:nobody waits for events of the archive
  bucket              = local.archive_bucket
  object_lock_enabled = true

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "archive" {
  bucket = aws_s3_bucket.archive.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_object_lock_configuration" "archive" {
  bucket = aws_s3_bucket.archive.id

  rule {
    default_retention {
      # GOVERNANCE lets administrators clean up after trials. COMPLIANCE cannot be undone: until its time is over, nobody
      # deletes a version or shortens its lock, neither the account's root user nor AWS.
      mode = var.environment == "prod" ? "COMPLIANCE" : "GOVERNANCE"
      days = var.archive_retention_days
    }
  }

  depends_on = [aws_s3_bucket_versioning.archive]
}

resource "aws_s3_bucket_server_side_encryption_configuration" "archive" {
  bucket = aws_s3_bucket.archive.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.archive.arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "archive" {
  bucket                  = aws_s3_bucket.archive.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "archive" {
  bucket = aws_s3_bucket.archive.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "archive" {
  bucket = aws_s3_bucket.archive.id

  # Personal data must not stay longer than the law asks for. In a bucket with versions, expiration only adds a delete marker;
  # the version goes one day later. S3 keeps a version that is still locked, and deletes it when its lock has ended.
  rule {
    id     = "end-of-retention"
    status = "Enabled"

    filter {}

    # S3 refuses a transition after the expiration, and bills at least 90 days of the cheaper class.
    dynamic "transition" {
      for_each = var.archive_retention_days >= 180 ? [1] : []

      content {
        days          = 90
        storage_class = "GLACIER_IR"
      }
    }

    expiration {
      days = var.archive_retention_days + 1
    }

    noncurrent_version_expiration {
      noncurrent_days = 1
    }
  }

  rule {
    id     = "leftovers"
    status = "Enabled"

    filter {}

    expiration {
      expired_object_delete_marker = true
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }

  depends_on = [aws_s3_bucket_versioning.archive]
}

resource "aws_s3_bucket_policy" "archive" {
  bucket = aws_s3_bucket.archive.id
  policy = data.aws_iam_policy_document.tls_only["archive"].json

  depends_on = [aws_s3_bucket_public_access_block.archive]
}
