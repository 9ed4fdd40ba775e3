# S3 itself copies the archive. The batch has no right to the archive bucket at all.

data "aws_iam_policy_document" "replication_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_iam_role" "replication" {
  name               = "${local.name}-archive"
  description        = "S3 copies the archive of ${var.client}, ${var.environment}"
  assume_role_policy = data.aws_iam_policy_document.replication_trust.json
}

data "aws_iam_policy_document" "replication" {
  statement {
    actions   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
    resources = [aws_s3_bucket.exports.arn]
  }

  statement {
    actions   = ["s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"]
    resources = ["${aws_s3_bucket.exports.arn}/${local.archive_folder}/*"]
  }

  statement {
    actions   = ["s3:ReplicateObject", "s3:ReplicateTags"]
    resources = ["${aws_s3_bucket.archive.arn}/${local.archive_folder}/*"]
  }

  statement {
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.this.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${var.region}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "replication" {
  name   = "archive"
  role   = aws_iam_role.replication.id
  policy = data.aws_iam_policy_document.replication.json
}

resource "aws_s3_bucket_replication_configuration" "archive" {
  bucket = aws_s3_bucket.exports.id
  role   = aws_iam_role.replication.arn

  rule {
    id     = "archive"
    status = "Enabled"

    filter {
      prefix = "${local.archive_folder}/"
    }

    # Deleting in the export bucket deletes nothing here.
    delete_marker_replication {
      status = "Disabled"
    }

    source_selection_criteria {
      sse_kms_encrypted_objects {
        status = "Enabled"
      }
    }

    destination {
      bucket = aws_s3_bucket.archive.arn

      encryption_configuration {
        replica_kms_key_id = aws_kms_key.this.arn
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.exports, aws_s3_bucket_versioning.archive]
}
