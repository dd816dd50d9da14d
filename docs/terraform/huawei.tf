# Signing in to Huawei Cloud with the OIDC token of a CI system, by STS v5, as docs/sign-in.md describes it.
# Checked: that it is HCL, and the names of arguments against the provider's documentation and source.
# Never planned and never applied.
#
# The provider had no resource for an OIDC provider of the new IAM (read in August 2026): create that one in the
# console of IAM, or by its API (POST /v5/oidc-providers), and give its URN.

terraform {
  required_providers {
    huaweicloud = {
      source = "huaweicloud/huaweicloud"
    }
  }
}

variable "oidc_provider_urn" {
  type        = string
  description = "The OIDC provider of IAM: iam::ACCOUNT_ID:oidcProvider:NAME."
}

variable "issuer" {
  type        = string
  default     = "https://token.actions.githubusercontent.com"
  description = "The claim iss of the tokens, as docs/sign-in.md lists it for each CI system."
}

variable "audience" {
  type        = string
  default     = "sts.myhuaweicloud.com"
  description = "The claim aud of the tokens: --oidc-audience. The OIDC provider has to list it too."
}

variable "subjects" {
  type        = list(string)
  description = "The claims sub that may sign in, such as repo:octo@123456/app@456789:ref:refs/heads/main; * stands for any text."
}

variable "hss_policy_names" {
  type        = list(string)
  description = "The identity policies for HSS, by their names in the console: one that reads, and one that writes only where the gate starts scans."
}

locals {
  trust_policy = {
    Version = "5.0"
    Statement = [
      {
        Effect    = "Allow"
        Action    = ["sts:agencies:assumeWithOIDC"]
        Principal = { Federated = [var.oidc_provider_urn] }
        Condition = {
          StringEquals = {
            "oidc:iss" = [var.issuer]
            "oidc:aud" = [var.audience]
          }
          StringMatch = {
            "oidc:sub" = var.subjects
          }
        }
      },
    ]
  }

  policy_of_tags = {
    Version = "5.0"
    Statement = [
      {
        Effect = "Allow"
        Action = ["swr:repo:getRepoTag"]
      },
    ]
  }
}

# Only for images that are given by their tag alone; a digest needs no call of SWR.
resource "huaweicloud_identityv5_policy" "tags" {
  name            = "scan-gate-tags"
  description     = "Looks up the tags of images"
  policy_document = jsonencode(local.policy_of_tags)
}

# This resource is documented among those that the provider calls incubating.
resource "huaweicloud_identity_trust_agency" "gate" {
  name         = "scan-gate"
  description  = "What the scan gate may do"
  duration     = 3600 # seconds; longer only for jobs whose one token cannot be renewed
  trust_policy = jsonencode(local.trust_policy)
  policy_names = concat(var.hss_policy_names, [huaweicloud_identityv5_policy.tags.name])
}

output "agency_urn" {
  value = huaweicloud_identity_trust_agency.gate.urn
}
