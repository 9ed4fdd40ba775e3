# The role that S3 copies the archive with, and what another account must allow it.

locals {
  replicate_actions = ["s3:ObjectOwnerOverrideToBucketOwner", "s3:ReplicateObject", "s3:ReplicateTags"]
  # Decrypt, too: S3 puts a file of several parts together again.
  encrypt_actions = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
}

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
    actions   = local.replicate_actions
    resources = [for copy in local.archive_copies : "${copy.bucket}/${local.archive_folder}/*"]
  }

  statement {
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.this.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.region_domain}"]
    }
  }

  statement {
    actions   = local.encrypt_actions
    resources = [for copy in local.archive_copies : copy.key]

    # The other account's bucket can be in another region.
    condition {
      test     = "StringLike"
      variable = "kms:ViaService"
      values   = ["s3.*.${data.aws_partition.current.dns_suffix}"]
    }
  }
}

resource "aws_iam_role_policy" "replication" {
  name   = "archive"
  role   = aws_iam_role.replication.id
  policy = data.aws_iam_policy_document.replication.json
}
