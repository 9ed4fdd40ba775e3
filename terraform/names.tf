locals {
  name = "billing-${var.client}-${var.environment}"

  account = data.aws_caller_identity.current.account_id
  arn     = "arn:${data.aws_partition.current.partition}"
  # How services of the region are named, in kms:ViaService for example. The European Sovereign Cloud has amazonaws.eu here.
  # Principals without a region, such as airflow.amazonaws.com, are the same in all partitions.
  region_domain = "${var.region}.${data.aws_partition.current.dns_suffix}"

  export_bucket  = coalesce(var.export_bucket, "billing-exports-${var.client}-${var.environment}-${local.account}")
  archive_bucket = "billing-archive-${var.client}-${var.environment}-${local.account}"
  package_bucket = "billing-airflow-${var.client}-${var.environment}-${local.account}"

  # All keys of the batch begin so (BDA_EXPORT_KEY, BDA_ARCHIVE_KEY).
  export_folder  = "${var.client}/${var.environment}"
  archive_folder = "${local.export_folder}/archive"
}
