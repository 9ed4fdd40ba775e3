variable "warehouse" {
  description = "Where the warehouse is: the Airflow connection octopus, but for its password."
  type = object({
    host        = string
    port        = optional(number, 5432)
    database    = optional(string, "octopus")
    user        = optional(string, "billing_aggregator")
    sslmode     = optional(string, "require")
    sslrootcert = optional(string)
  })

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9.-]*$", var.warehouse.host))
    error_message = "Expected a host name without scheme and port."
  }

  validation {
    condition     = var.warehouse.port >= 1 && var.warehouse.port <= 65535
    error_message = "Expected a port from 1 to 65535."
  }

  validation {
    condition     = contains(["require", "verify-ca", "verify-full"], var.warehouse.sslmode)
    error_message = "Expected require, verify-ca or verify-full: the warehouse is reached with TLS only."
  }

  validation {
    condition     = var.warehouse.sslmode == "require" || var.warehouse.sslrootcert != null
    error_message = "verify-ca and verify-full need sslrootcert: the path of a bundle of certificates in the DAGs folder, such as /usr/local/airflow/dags/rds-ca.pem."
  }
}
