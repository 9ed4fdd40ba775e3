# The two Airflow connections that the batch uses. Their values are written and kept in no state (write-only arguments).

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

  connections = {
    octopus = {
      conn_type = "postgres"
      host      = var.warehouse.host
      port      = var.warehouse.port
      schema    = var.warehouse.database
      login     = var.warehouse.user
      password  = var.warehouse_password
      extra = merge(
        var.warehouse.sslrootcert == null ? {} : { sslrootcert = var.warehouse.sslrootcert },
        local.session,
      )
    }
    # No keys: the bucket is reached with the execution role.
    billing_s3 = {
      conn_type = "aws"
      extra     = { region_name = var.region }
    }
  }
}

resource "aws_secretsmanager_secret" "connection" {
  #checkov:skip=CKV2_AWS_57:the password belongs to the warehouse, whose owner changes it; raising secrets_version writes it again
  for_each = toset(["octopus", "billing_s3"])

  name                    = "${local.connections_prefix}/${each.key}"
  description             = "Airflow connection ${each.key}"
  kms_key_id              = aws_kms_key.this.arn
  recovery_window_in_days = 7
}

resource "aws_secretsmanager_secret_version" "connection" {
  for_each = aws_secretsmanager_secret.connection

  secret_id                = each.value.id
  secret_string_wo         = jsonencode(local.connections[each.key])
  secret_string_wo_version = var.secrets_version
}
