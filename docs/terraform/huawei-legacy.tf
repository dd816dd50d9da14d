# Signing in to Huawei Cloud with the OIDC token of a CI system, by the older API of IAM (--identity-provider-id),
# for accounts without the new IAM. docs/sign-in.md says why huawei.tf is better.
# Checked: that it is HCL, and the names of arguments against the provider's documentation and source.
# Never planned and never applied.

terraform {
  required_providers {
    huaweicloud = {
      source = "huaweicloud/huaweicloud"
    }
  }
}

variable "issuer" {
  type        = string
  default     = "https://token.actions.githubusercontent.com"
  description = "The claim iss of the tokens, as docs/sign-in.md lists it for each CI system."
}

variable "audience" {
  type        = string
  default     = "sts.myhuaweicloud.com"
  description = "The claim aud of the tokens: --oidc-audience."
}

variable "subjects" {
  type        = list(string)
  description = "The claims sub that may sign in, each in full: the conversion rules know no wildcard."
}

variable "signing_keys" {
  type        = string
  description = "The issuer's JWKS document, as it is at its jwks_uri. IAM keeps this copy, so replace it when the issuer rotates its keys."
}

variable "project_id" {
  type        = string
  description = "The project of the region: --project-id."
}

data "huaweicloud_identity_role" "reading" {
  display_name = "HSS ReadOnlyAccess"
}

resource "huaweicloud_identity_group" "gate" {
  name        = "scan-gate"
  description = "What the scan gate may do"
}

resource "huaweicloud_identity_group_role_assignment" "reading" {
  group_id   = huaweicloud_identity_group.gate.id
  role_id    = data.huaweicloud_identity_role.reading.id
  project_id = var.project_id
}

resource "huaweicloud_identity_provider" "ci" {
  name     = "ci"
  protocol = "oidc"

  access_config {
    access_type  = "program"
    provider_url = var.issuer
    client_id    = var.audience
    signing_key  = var.signing_keys
  }
}

# A job of anybody can have this issuer and this audience: only the condition on the subject keeps others out.
resource "huaweicloud_identity_provider_conversion" "gate" {
  provider_id = huaweicloud_identity_provider.ci.id

  conversion_rules {
    local {
      username = "scan-gate"
    }
    local {
      group = huaweicloud_identity_group.gate.name
    }
    remote {
      attribute = "sub"
      condition = "any_one_of"
      value     = var.subjects
    }
  }
}

output "identity_provider_id" {
  value = huaweicloud_identity_provider.ci.id
}
