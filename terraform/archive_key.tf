# The archive's own key. Who deletes the key deletes the archive, lock or not: nobody could read it any more.

data "aws_iam_policy_document" "archive_key" {
  #checkov:skip=CKV_AWS_109:policy of a key: resource "*" is the key itself, and the account delegates to IAM
  #checkov:skip=CKV_AWS_111:as above
  #checkov:skip=CKV_AWS_356:as above
  statement {
    sid       = "PoliciesOfTheAccountDecide"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["${local.arn}:iam::${local.account}:root"]
    }
  }

  # An administrator can still change this policy first. That is a second step, and CloudTrail records both.
  statement {
    sid       = "NobodyDeletesTheKey"
    effect    = "Deny"
    actions   = ["kms:DisableKey", "kms:ScheduleKeyDeletion"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
  }
}

resource "aws_kms_key" "archive" {
  description             = "Archive of ${var.client}, ${var.environment}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.archive_key.json

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "archive" {
  name          = "alias/${local.name}-archive"
  target_key_id = aws_kms_key.archive.key_id
}
