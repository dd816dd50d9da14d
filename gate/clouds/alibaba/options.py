"""The options that only Alibaba Cloud has, and the variables of the vendor's own tools."""

from __future__ import annotations

from gate.clouds.alibaba.selection import IMAGE_SCAN
from gate.clouds.credentials import Source
from gate.settings import Option, identifier, of_form

# alibaba-security-center.md 4.4; the last are Terraform's.
SOURCES = (
    Source(
        access_key_id="ALIBABA_CLOUD_ACCESS_KEY_ID",
        access_key_secret="ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        security_token="ALIBABA_CLOUD_SECURITY_TOKEN",
    ),
    Source(
        access_key_id="ALICLOUD_ACCESS_KEY",
        access_key_secret="ALICLOUD_SECRET_KEY",
        security_token="ALICLOUD_SECURITY_TOKEN",
    ),
)
REGION_VARIABLES = ("ALIBABA_CLOUD_REGION_ID", "ALICLOUD_REGION")

# Those of GetLastOnceTaskInfo (alibaba-security-center.md 1.1). A task of any other type would be judged without its
# images being counted, so a misspelt type must be an error.
TASK_TYPES = (
    IMAGE_SCAN,
    "ASSETS_COLLECTION",
    "CLIENT_PROBLEM_CHECK",
    "CLIENT_DEV_OPS",
    "ASSET_SECURITY_CHECK",
    "AI_SECURITY_CHECK",
    "IDC_PROBE_SCAN",
    "ATTACK_SURFACE_SCAN",
    "ASSET_EXPOSURE_SCAN",
    "VUL_CHECK_TASK",
)
OIDC_AUDIENCE = "sts.aliyuncs.com"
"""What the vendor's own action for GitHub asks for (sign-in.md 1.6)."""
# sign-in.md 1.5.
ROLE_VARIABLES = ("ALIBABA_CLOUD_ROLE_ARN",)
PROVIDER_VARIABLES = ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN",)
TOKEN_VARIABLES = ("ALIBABA_CLOUD_OIDC_TOKEN_FILE",)
SESSION_NAME_VARIABLES = ("ALIBABA_CLOUD_ROLE_SESSION_NAME",)
role_arn = of_form(r"acs:ram::[0-9]+:role/[A-Za-z0-9.@_-]{1,64}", "the ARN of a role, acs:ram::<account>:role/<name>")
"""Parses the ARN of a role (sign-in.md 1.1)."""
provider_arn = of_form(
    r"acs:ram::[0-9]+:oidc-provider/[A-Za-z0-9._-]{1,128}",
    "the ARN of an OIDC provider, acs:ram::<account>:oidc-provider/<name>",
)
"""Parses the ARN of an OIDC provider (sign-in.md 1.1)."""
SIGN_IN_OPTIONS = (
    Option(
        name="role-arn",
        help="exchange the OIDC token for credentials of this RAM role",
        parse=role_arn,
        metavar="ARN",
        default_note=ROLE_VARIABLES[0],
    ),
    Option(
        name="oidc-provider-arn",
        help="the OIDC provider of RAM that trusts the token",
        parse=provider_arn,
        metavar="ARN",
        default_note=PROVIDER_VARIABLES[0],
    ),
    Option(
        name="assume-role-arn",
        help="assume this RAM role with the credentials of the sign-in",
        parse=role_arn,
        metavar="ARN",
    ),
)
"""Those that sign in without stored keys, or as another role (sign-in.md 1.1 and 1.2)."""
OPTIONS = (
    *SIGN_IN_OPTIONS,
    Option(name="task-type", help="select tasks of this type", choices=TASK_TYPES, metavar="TYPE", default=IMAGE_SCAN),
    Option(
        name="task-name",
        help="select tasks with this name",
        choices=TASK_TYPES,
        metavar="NAME",
        default_note="that of the type",
    ),
    Option(
        name="source", help="select only tasks that were started from this source, such as openapi", metavar="SOURCE"
    ),
    Option(
        name="registry-instance",
        help="look up tags in this instance of Container Registry, such as cri-1x2q; needed if the host of an image "
        "does not name its instance",
        metavar="ID",
        parse=identifier,
        default_note="that of the host",
    ),
)
TASK_OPTIONS = ("task-type", "task-name", "source")
"""The options above that select a task."""
