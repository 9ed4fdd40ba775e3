variable "client" {
  description = "The client, as BDA_CLIENT_ID has it: begins every S3 key and is part of all names."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{0,15}$", var.client))
    error_message = "Expected 1 to 16 lower-case letters, digits and '-', beginning with a letter or digit: it becomes part of bucket names."
  }
}

variable "environment" {
  description = "What the deployment is for, as BDA_ENVIRONMENT has it."
  type        = string

  validation {
    condition     = contains(["dev", "stage", "prod"], var.environment)
    error_message = "Expected dev, stage or prod."
  }
}

variable "region" {
  description = "Region of everything."
  type        = string
  default     = "eu-central-1"

  validation {
    condition     = can(regex("^[a-z]{2,4}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "Expected a region such as eu-central-1 or eusc-de-east-1."
  }
}

variable "tags" {
  description = "Further tags of every resource; Service, Client and Environment are added."
  type        = map(string)
  default     = {}
}

variable "schedule" {
  description = "BDA_SCHEDULE: when a run starts (UTC), or off. The alarm about a missing run is there only with a schedule."
  type        = string
  default     = "0 2 * * *"

  validation {
    condition     = var.schedule == "off" || can(regex("^[0-9*/,-]+ [0-9*/,-]+ [0-9*/,-]+ [0-9A-Za-z*/,-]+ [0-9A-Za-z*/,-]+$", var.schedule))
    error_message = "Expected a cron expression of five fields such as '0 2 * * *', or off."
  }
}
