# The ids of subnets and security groups, the warehouse's host and the receivers of alerts are examples: put in your own.
client      = "enercity"
environment = "prod"

environment_class  = "mw1.medium"
workers            = { min = 1, max = 2 }
subnet_ids         = ["subnet-0f000000000000001", "subnet-0f000000000000002"]
security_group_ids = ["sg-0f000000000000001"]
warehouse          = { host = "octopus.example.internal" }

alert_emails = ["billing-data@example.com"]

# Your decision, before the first apply: production's lock cannot be undone for files that it holds already (COMPLIANCE).
# Vouchers, German tax law: 8 years from the end of the calendar year, so 9 years of days. Books: 10 years, so 4018 days.
archive_retention_days = 3288
