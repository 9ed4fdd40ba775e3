variable "export_bucket" {
  description = "Name of the bucket of the CSV files; by default made of client, environment and account."
  type        = string
  default     = null

  validation {
    condition     = var.export_bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.export_bucket))
    error_message = "Expected a bucket name: 3 to 63 lower-case letters, digits, '-' and '.'."
  }
}

variable "noncurrent_days" {
  description = "Days that replaced versions of the export stay, so that a reader of the old manifest can finish."
  type        = number
  default     = 14

  validation {
    condition     = var.noncurrent_days >= 1 && floor(var.noncurrent_days) == var.noncurrent_days
    error_message = "Expected a whole number of at least 1."
  }
}

variable "archive_retention_days" {
  description = "Days that nobody can delete or change the archive, not even an administrator in prod. Eight years is what German tax law asks of vouchers."
  type        = number
  default     = 2922

  validation {
    condition     = var.archive_retention_days >= 1 && var.archive_retention_days <= 36500 && floor(var.archive_retention_days) == var.archive_retention_days
    error_message = "Expected a whole number from 1 to 36500."
  }
}

variable "reader_arns" {
  description = "Roles that read the exports, such as that of the BI platform: objects, versions, listing, and decryption. They are given no more."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.reader_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/.+$", arn))])
    error_message = "Expected ARNs of roles or users such as arn:aws:iam::123456789012:role/bi-reader."
  }
}
