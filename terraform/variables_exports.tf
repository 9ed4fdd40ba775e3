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
  description = "Days that the archive is locked. Your choice, without a default. In German tax law (AO §147, as of 2025) vouchers stay 8 years and books 10, counted from the end of the calendar year: 3288 and 4018 days. In prod the lock (COMPLIANCE) cannot be undone: a longer time can be set later for new files, a shorter one never for locked files."
  type        = number

  validation {
    condition     = var.archive_retention_days >= 1 && var.archive_retention_days <= 36500 && floor(var.archive_retention_days) == var.archive_retention_days
    error_message = "Expected a whole number from 1 to 36500."
  }
}

variable "archive_account" {
  description = "Another AWS account that gets a second copy of the archive: its id, and the ARNs of its bucket (with versions and Object Lock) and of the bucket's key. What it must allow is the output archive_account_policies."
  type = object({
    id         = string
    bucket_arn = string
    key_arn    = string
  })
  default = null

  validation {
    condition     = var.archive_account == null || can(regex("^[0-9]{12}$", var.archive_account.id))
    error_message = "Expected the id of an account, 12 digits, in archive_account.id."
  }

  validation {
    condition     = var.archive_account == null || can(regex("^arn:aws[a-z-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.archive_account.bucket_arn))
    error_message = "Expected the ARN of a bucket such as arn:aws:s3:::billing-archive-copy in archive_account.bucket_arn."
  }

  validation {
    condition     = var.archive_account == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.archive_account.key_arn))
    error_message = "Expected the ARN of a KMS key, not of an alias, in archive_account.key_arn."
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
