# Signing in to Alibaba Cloud with the OIDC token of a CI system, as docs/sign-in.md describes it.
# Checked: that it is HCL, the names of arguments against the provider's documentation, the actions against the
# project's own tables of permissions. Never planned and never applied.

terraform {
  required_providers {
    alicloud = {
      source  = "aliyun/alicloud"
      version = ">= 1.252.0"
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
  default     = "sts.aliyuncs.com"
  description = "The claim aud of the tokens: --oidc-audience."
}

variable "subjects" {
  type        = list(string)
  description = "The claims sub that may sign in, such as repo:octo@123456/app@456789:ref:refs/heads/main; * stands for any text."
}

variable "fingerprints" {
  type        = list(string)
  description = "The SHA-1 fingerprints of the authority of the issuer's certificate, which the console of RAM reads for you."
}

variable "mode" {
  type        = string
  description = "What the gate is used for: task (a scan task), images (--scan never), or scan (--scan auto and always)."

  validation {
    condition     = contains(["task", "images", "scan"], var.mode)
    error_message = "The mode is task, images or scan."
  }
}

variable "repositories" {
  type        = list(string)
  default     = []
  description = "Where tags are looked up: acs:cr:REGION:ACCOUNT:repository/INSTANCE, and the same with /* after it."
}

data "alicloud_account" "current" {}

locals {
  actions = {
    task = [
      "yundun-aegis:GetLastOnceTaskInfo",
      "yundun-aegis:GetOnceTaskResultInfo",
      "yundun-sas:DescribeOnceTaskLeafRecordPage",
      "yundun-sas:DescribeImageInstances",
    ]
    images = [
      "yundun-sas:DescribeImageInstances",
      "yundun-sas:DescribeImageLatestScanTask",
      "yundun-sas:DescribeUuidVulNumClassifyStatistic",
      "yundun-aegis:DescribeUuidVulNumClassifyStatistic",
      "yundun-sas:DescribeImageVulList",
      "yundun-sas:DescribeImageGroupedVulList",
      "yundun-sas:DescribeGroupedMaliciousFiles",
      "yundun-sas:DescribeImageBaselineCheckResult",
      "yundun-sas:DescribeImageSensitiveFileList",
      "yundun-sas:DescribeImageVulWhiteList",
    ]
    scan = [
      "yundun-sas:DescribeImageInstances",
      "yundun-sas:DescribeImageLatestScanTask",
      "yundun-sas:DescribeUuidVulNumClassifyStatistic",
      "yundun-aegis:DescribeUuidVulNumClassifyStatistic",
      "yundun-sas:DescribeImageVulList",
      "yundun-sas:DescribeImageGroupedVulList",
      "yundun-sas:DescribeGroupedMaliciousFiles",
      "yundun-sas:DescribeImageBaselineCheckResult",
      "yundun-sas:DescribeImageSensitiveFileList",
      "yundun-sas:DescribeImageVulWhiteList",
      "yundun-sas:PublicSyncAndCreateImageScanTask",
      "yundun-sas:PublicCreateImageScanTask",
      "yundun-sas:DescribeOnceTaskLeafRecordPage",
      "yundun-sas:ListUnfinishedOnceTask",
      "yundun-sas:CancelOnceTask",
      "yundun-aegis:GetOnceTaskResultInfo",
      "yundun-aegis:GetLastOnceTaskInfo",
    ]
  }
  actions_of_registry = ["cr:GetRepository", "cr:ListRepositoryTag"]

  provider_arn = "acs:ram::${data.alicloud_account.current.id}:oidc-provider/${alicloud_ims_oidc_provider.ci.oidc_provider_name}"

  trust_policy = {
    Version = "1"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole" # not verified: docs/sign-in.md, "The trust policy on Alibaba Cloud"
        Principal = { Federated = [local.provider_arn] }
        Condition = {
          StringEquals = {
            "oidc:iss" = [var.issuer]
            "oidc:aud" = [var.audience]
          }
          StringLike = {
            "oidc:sub" = var.subjects
          }
        }
      },
    ]
  }

  # A list of resources must not be empty, so there is no statement about the registry without one.
  of_registry = { Effect = "Allow", Action = local.actions_of_registry, Resource = var.repositories }
  statements = concat(
    [{ Effect = "Allow", Action = local.actions[var.mode], Resource = ["*"] }],
    length(var.repositories) > 0 ? [local.of_registry] : [],
  )
}

resource "alicloud_ims_oidc_provider" "ci" {
  oidc_provider_name  = "ci"
  description         = "Signs the jobs of the CI system in"
  issuer_url          = var.issuer
  client_ids          = [var.audience]
  fingerprints        = var.fingerprints
  issuance_limit_time = 1 # hours; longer only for jobs whose one token has to last longer than that
}

resource "alicloud_ram_role" "gate" {
  role_name                   = "scan-gate"
  description                 = "What the scan gate may do"
  max_session_duration        = 3600 # seconds; longer only for jobs whose one token cannot be renewed
  assume_role_policy_document = jsonencode(local.trust_policy)
}

resource "alicloud_ram_policy" "gate" {
  policy_name     = "scan-gate"
  policy_document = jsonencode({ Version = "1", Statement = local.statements })
}

resource "alicloud_ram_role_policy_attachment" "gate" {
  role_name   = alicloud_ram_role.gate.role_name
  policy_name = alicloud_ram_policy.gate.policy_name
  policy_type = "Custom"
}

output "role_arn" {
  value = alicloud_ram_role.gate.arn
}

output "oidc_provider_arn" {
  value = local.provider_arn
}
