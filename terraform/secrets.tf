# The one secret: the Airflow connection to the warehouse. Terraform makes it empty and never knows the password; README.md says
# how the password gets in. Were Terraform to write it, each plan would need a right to read it, because provider 5.100 reads
# back even what was written with write-only arguments (hashicorp/terraform-provider-aws#42383).
# The bucket needs no secret: it is reached with the execution role.

locals {
  connections_prefix = "${local.name}/connections"

  # As the settings BDA_DB_* would have it.
  session = {
    sslmode             = var.warehouse.sslmode
    connect_timeout     = 10
    keepalives_idle     = 60
    keepalives_interval = 10
    keepalives_count    = 6
    application_name    = "billing-data-aggregator"
  }

  warehouse_connection = {
    conn_type = "postgres"
    host      = var.warehouse.host
    port      = var.warehouse.port
    schema    = var.warehouse.database
    login     = var.warehouse.user
    extra = merge(
      var.warehouse.sslrootcert == null ? {} : { sslrootcert = var.warehouse.sslrootcert },
      local.session,
    )
  }
}

moved {
  from = aws_secretsmanager_secret.connection["octopus"]
  to   = aws_secretsmanager_secret.warehouse
}

resource "aws_secretsmanager_secret" "warehouse" {
  #checkov:skip=CKV2_AWS_57:the password belongs to the warehouse, whose owner changes it and writes it again
  name                    = "${local.connections_prefix}/octopus"
  description             = "Airflow connection octopus"
  kms_key_id              = aws_kms_key.this.arn
  recovery_window_in_days = 7
}
