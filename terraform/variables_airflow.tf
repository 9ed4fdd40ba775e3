variable "create_airflow" {
  description = "Create the Airflow environment. False for the first apply, which makes the bucket that the package is uploaded to."
  type        = bool
  default     = true
}

variable "airflow_version" {
  description = "Version of Amazon MWAA; the package is tested on these."
  type        = string
  default     = "3.3.1"

  validation {
    condition     = contains(["3.2.1", "3.3.1"], var.airflow_version)
    error_message = "Expected 3.2.1 or 3.3.1: the versions of Amazon MWAA that the package is tested on."
  }
}

variable "environment_class" {
  description = "Size of schedulers and workers. A slot of mw1.small has about 0.4 GB, enough for an export; mw1.medium takes exports with several connections."
  type        = string
  default     = "mw1.small"

  validation {
    condition     = contains(["mw1.micro", "mw1.small", "mw1.medium", "mw1.large", "mw1.xlarge", "mw1.2xlarge"], var.environment_class)
    error_message = "Expected mw1.micro, mw1.small, mw1.medium, mw1.large, mw1.xlarge or mw1.2xlarge."
  }
}

variable "workers" {
  description = "Least and largest number of workers. The batch keeps BDA_DB_MAX_CONNS tasks going, which one worker takes."
  type = object({
    min = number
    max = number
  })
  default = { min = 1, max = 2 }

  validation {
    condition     = var.workers.min >= 1 && var.workers.max >= var.workers.min && var.workers.max <= 25
    error_message = "Expected 1 <= min <= max <= 25."
  }

  validation {
    condition     = var.environment_class != "mw1.micro" || var.workers.max == 1
    error_message = "mw1.micro has one worker: expected max = 1."
  }
}

variable "subnet_ids" {
  description = "Two private subnets in two availability zones, with a way to the warehouse and to AWS (NAT or VPC endpoints)."
  type        = list(string)

  validation {
    condition     = length(toset(var.subnet_ids)) == 2 && alltrue([for id in var.subnet_ids : can(regex("^subnet-[0-9a-f]{8,17}$", id))])
    error_message = "Expected the ids of exactly two subnets, such as subnet-0123456789abcdef0."
  }
}

variable "security_group_ids" {
  description = "Security groups of the environment: one must let it reach itself, and the warehouse must let one in."
  type        = list(string)

  validation {
    condition     = length(var.security_group_ids) > 0 && length(var.security_group_ids) <= 5 && alltrue([for id in var.security_group_ids : can(regex("^sg-[0-9a-f]{8,17}$", id))])
    error_message = "Expected the ids of one to five security groups, such as sg-0123456789abcdef0."
  }
}

variable "web_access" {
  description = "Who reaches Airflow's UI: PRIVATE_ONLY, from the VPC only, or PUBLIC_ONLY, from everywhere with an AWS login."
  type        = string
  default     = "PRIVATE_ONLY"

  validation {
    condition     = contains(["PRIVATE_ONLY", "PUBLIC_ONLY"], var.web_access)
    error_message = "Expected PRIVATE_ONLY or PUBLIC_ONLY."
  }
}

variable "maintenance_start" {
  description = "Day and time (UTC) at which AWS may restart the environment; not at night, when the batch runs."
  type        = string
  default     = "SUN:12:00"

  validation {
    condition     = can(regex("^(MON|TUE|WED|THU|FRI|SAT|SUN):([01][0-9]|2[0-3]):(00|30)$", var.maintenance_start))
    error_message = "Expected a day and a half or full hour such as SUN:12:00."
  }
}

variable "log_level" {
  description = "What Airflow writes to CloudWatch."
  type        = string
  default     = "INFO"

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], var.log_level)
    error_message = "Expected DEBUG, INFO, WARNING, ERROR or CRITICAL."
  }
}

variable "package_versions" {
  description = "Versions of plugins.zip, requirements.txt and startup.sh in the package bucket. What is not given stays as `make deploy --update` has set it."
  type = object({
    plugins      = optional(string)
    requirements = optional(string)
    startup      = optional(string)
  })
  default = {}
}
