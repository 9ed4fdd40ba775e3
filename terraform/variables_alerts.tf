variable "alert_emails" {
  description = "Who gets alerts by mail; each must confirm the subscription once."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.alert_emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", address))])
    error_message = "Expected mail addresses."
  }
}

variable "alert_subscribers" {
  description = "Other receivers of alerts: ARNs of SQS queues or Lambda functions, such as that of a chat or paging system."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.alert_subscribers : can(regex("^arn:aws[a-z-]*:(sqs|lambda):[a-z0-9-]+:[0-9]{12}:.+$", arn))])
    error_message = "Expected ARNs of SQS queues or Lambda functions."
  }
}

variable "metrics_namespace" {
  description = "BDA_METRICS_NAMESPACE: namespace of the batch's metrics in CloudWatch."
  type        = string
  default     = "Billing"

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_./#-]{0,254}$", var.metrics_namespace)) && !startswith(var.metrics_namespace, "AWS/")
    error_message = "Expected letters, digits and any of ._/#-, not beginning with AWS/."
  }
}

variable "systems" {
  description = "Systems that must deliver every day: an alarm each when one has not for heartbeat_hours."
  type        = set(string)
  default     = ["tripica", "bookkeeper"]
}

variable "heartbeat_hours" {
  description = "Hours without a delivery after which something is wrong, whatever it is: a day and what a run may take."
  type        = number
  default     = 26

  validation {
    condition     = var.heartbeat_hours >= 2 && var.heartbeat_hours <= 168 && floor(var.heartbeat_hours) == var.heartbeat_hours
    error_message = "Expected a whole number from 2 to 168, a week, which is as far as an alarm looks back."
  }
}

variable "error_rate_percent" {
  description = "Failed runs among those of a week above which the batch counts as unreliable."
  type        = number
  default     = 20

  validation {
    condition     = var.error_rate_percent > 0 && var.error_rate_percent < 100
    error_message = "Expected more than 0 and less than 100."
  }
}

variable "log_retention_days" {
  description = "Days that Airflow's logs stay in CloudWatch."
  type        = number
  default     = 365

  validation {
    condition     = contains([30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "Expected one of the days that CloudWatch knows: 30, 60, 90, 120, 150, 180, 365, 400, 545 or 731."
  }
}
