# What the deployment workflow may do: upload the package and update the environment. It has no keys, only GitHub's word (OIDC).

data "aws_iam_policy_document" "deployment_trust" {
  count = var.github == null ? 0 : 1

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [var.github.oidc_provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }

    # The environment of GitHub, whose rules say which tags may use it and who approves.
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = ["repo:${var.github.repository}:environment:${var.environment}"]
    }
  }
}

data "aws_iam_policy_document" "deployment" {
  statement {
    sid       = "Package"
    actions   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    resources = ["${aws_s3_bucket.package.arn}/*"]
  }

  # Amazon MWAA looks at the bucket's encryption when an environment changes, with the rights of who changes it.
  statement {
    sid       = "PackageListing"
    actions   = ["s3:GetBucketVersioning", "s3:GetEncryptionConfiguration", "s3:ListBucket"]
    resources = [aws_s3_bucket.package.arn]
  }

  statement {
    sid       = "EncryptedPackage"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.this.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.region_domain}"]
    }
  }

  statement {
    sid       = "Update"
    actions   = ["airflow:GetEnvironment", "airflow:UpdateEnvironment"]
    resources = ["${local.arn}:airflow:${var.region}:${local.account}:environment/${local.name}"]
  }

  # Airflow is asked whether a run is at work, as a role of its own that may look and change nothing.
  statement {
    sid       = "Runs"
    actions   = ["airflow:InvokeRestApi"]
    resources = ["${local.arn}:airflow:${var.region}:${local.account}:role/${local.name}/Viewer"]
  }

  statement {
    sid       = "ExecutionRole"
    actions   = ["iam:PassRole"]
    resources = [aws_iam_role.execution.arn]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["airflow.amazonaws.com", "airflow-env.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "deployment" {
  count = var.github == null ? 0 : 1

  name               = "${local.name}-deployment"
  description        = "Uploads the billing package of ${var.client}, ${var.environment}"
  assume_role_policy = data.aws_iam_policy_document.deployment_trust[0].json
  # `make deploy` waits up to two hours for an update, and uploads the DAG files after it.
  max_session_duration = 10800
}

resource "aws_iam_role_policy" "deployment" {
  count = var.github == null ? 0 : 1

  name   = "deployment"
  role   = aws_iam_role.deployment[0].id
  policy = data.aws_iam_policy_document.deployment.json
}
