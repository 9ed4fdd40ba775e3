# The ids of subnets and security groups, the warehouse's host and the receivers of alerts are examples: put in your own.
client      = "enercity"
environment = "stage"

environment_class  = "mw1.small"
workers            = { min = 1, max = 2 }
subnet_ids         = ["subnet-0e000000000000001", "subnet-0e000000000000002"]
security_group_ids = ["sg-0e000000000000001"]
warehouse          = { host = "octopus.stage.example.internal" }

alert_emails           = ["billing-data@example.com"]
archive_retention_days = 30
log_retention_days     = 90
