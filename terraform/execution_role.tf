# The role that Airflow and the batch run with: what Amazon MWAA needs (airflow_policy.tf) and what the batch calls (batch_policy.tf).

data "aws_iam_policy_document" "execution_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["airflow.amazonaws.com", "airflow-env.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["${local.arn}:airflow:${var.region}:${local.account}:environment/${local.name}"]
    }
  }
}

resource "aws_iam_role" "execution" {
  name               = "${local.name}-execution"
  description        = "Airflow and the billing batch of ${var.client}, ${var.environment}"
  assume_role_policy = data.aws_iam_policy_document.execution_trust.json
}

resource "aws_iam_role_policy" "airflow" {
  name   = "airflow"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.airflow.json
}

resource "aws_iam_role_policy" "batch" {
  name   = "batch"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.batch.json
}
