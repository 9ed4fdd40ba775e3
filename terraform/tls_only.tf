# What every bucket refuses: requests without TLS.

data "aws_iam_policy_document" "tls_only" {
  for_each = {
    exports = aws_s3_bucket.exports.arn
    archive = aws_s3_bucket.archive.arn
    package = aws_s3_bucket.package.arn
  }

  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [each.value, "${each.value}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}
