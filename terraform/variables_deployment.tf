variable "github" {
  description = "Lets the deployment workflow of a repository in: its name and the ARN of the account's OIDC provider for token.actions.githubusercontent.com."
  type = object({
    repository        = string
    oidc_provider_arn = string
  })
  default = null

  validation {
    condition     = var.github == null || can(regex("^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", var.github.repository))
    error_message = "Expected a repository such as enercity/billing-data-aggregator."
  }

  validation {
    condition     = var.github == null || can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/token.actions.githubusercontent.com$", var.github.oidc_provider_arn))
    error_message = "Expected the ARN of the OIDC provider token.actions.githubusercontent.com."
  }
}
