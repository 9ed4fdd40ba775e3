# The ids of subnets and security groups, the warehouse's host and the receivers of alerts are examples: put in your own.
client      = "enercity"
environment = "dev"
schedule    = "off"

environment_class  = "mw1.small"
workers            = { min = 1, max = 1 }
subnet_ids         = ["subnet-0d000000000000001", "subnet-0d000000000000002"]
security_group_ids = ["sg-0d000000000000001"]
warehouse          = { host = "octopus.dev.example.internal" }

archive_retention_days = 7
log_retention_days     = 30
