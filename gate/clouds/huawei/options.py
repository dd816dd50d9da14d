"""The options that only Huawei Cloud has, and the variables of the vendor's own tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds.credentials import Source
from gate.clouds.huawei.selection import IMAGE_SCAN, IMAGE_SYNC, PAGE_SIZE
from gate.settings import Option, base_url, identifier, of_form

if TYPE_CHECKING:
    from collections.abc import Callable

# huawei-hss.md 4.5, and the public source of huaweicloud/auth-action for the second of each.
SOURCES = (
    Source(
        access_key_id="HUAWEICLOUD_SDK_AK",
        access_key_secret="HUAWEICLOUD_SDK_SK",
        security_token="HUAWEICLOUD_SDK_SECURITY_TOKEN",
    ),
    Source(access_key_id="HUAWEI_CLOUD_ACCESS_KEY_ID", access_key_secret="HUAWEI_CLOUD_SECRET_ACCESS_KEY"),
    Source(access_key_id="CLOUD_SDK_AK", access_key_secret="CLOUD_SDK_SK"),
    Source(
        access_key_id="HW_ACCESS_KEY",
        access_key_secret="HW_SECRET_KEY",
        security_token="HW_SECURITY_TOKEN",
        auth_token="HW_AUTH_TOKEN",
    ),
)
REGION_VARIABLES = ("HUAWEICLOUD_SDK_REGION", "HUAWEI_CLOUD_REGION", "HW_REGION_NAME")
PROJECT_VARIABLES = ("HUAWEICLOUD_SDK_PROJECT_ID", "HUAWEI_CLOUD_PROJECT_ID", "HW_PROJECT_ID")
_MOST_CHARACTERS = 256
_LATEST_MS = 4_070_880_000_000
_EARLIEST_SECONDS, _LATEST_SECONDS = 1_000_000_000, 4_070_880_000
_LARGEST_MASK = 0x7FFFFFFF


def _between(least: int, most: int, unit: str = "") -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            number = int(text, 0)
        except ValueError:
            number = -1
        if not least <= number <= most:
            raise ValueError(f"{text!r} is not a whole number from {least} to {most}{unit}")
        return number

    return parse


def _epoch_ms(text: str) -> int:
    number = _between(0, _LATEST_MS, ", in milliseconds since 1970")(text)
    # As milliseconds, they would be a day in January 1970, and nearly every task would fit.
    if _EARLIEST_SECONDS <= number <= _LATEST_SECONDS:
        raise ValueError(f"{text!r} is in seconds, by its ten digits; give milliseconds: {number}000")
    return number


def _short(text: str) -> str:
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"{len(text)} characters are too many; the API takes {_MOST_CHARACTERS}")
    return text


def _short_id(text: str) -> str:
    return identifier(_short(text))


OIDC_AUDIENCE = "sts.myhuaweicloud.com"
"""The audience of a token unless the user chooses another; the OIDC provider of the account has to list it."""
AGENCY_VARIABLES = ("HUAWEICLOUD_OIDC_AGENCY_URN",)
PROVIDER_VARIABLES = ("HUAWEICLOUD_OIDC_PROVIDER_URN",)
STS_TOKEN_VARIABLES = ("HUAWEICLOUD_OIDC_ID_TOKEN", "HUAWEICLOUD_OIDC_TOKEN_FILE")
IDENTITY_PROVIDER_VARIABLES = ("HUAWEICLOUD_SDK_IDP_ID",)
IAM_TOKEN_VARIABLES = ("HUAWEICLOUD_SDK_ID_TOKEN_FILE",)
agency_urn = of_form(
    r"iam::[A-Za-z0-9]+:agency:[^\s:]{1,1400}", "the URN of an agency, iam::<account id>:agency:<name>"
)
"""Parses the URN of an agency (sign-in.md 2.1)."""
provider_urn = of_form(
    r"iam::[A-Za-z0-9]+:oidcProvider:[^\s:]{1,1400}",
    "the URN of an OIDC provider, iam::<account id>:oidcProvider:<name>",
)
"""Parses the URN of an OIDC provider (sign-in.md 2.1)."""
SCANNER = "swr-enterprise-scanner"
"""The option that says what scans images in SWR Enterprise (huawei-images.md 5)."""
BY_HSS, BY_INSTANCE = "hss", "instance"
SIGN_IN_OPTIONS = (
    Option(
        name="agency-urn",
        help="exchange the OIDC token for credentials of this agency (trust agency)",
        parse=agency_urn,
        metavar="URN",
        default_note=AGENCY_VARIABLES[0],
    ),
    Option(
        name="oidc-provider-urn",
        help="the OIDC provider of IAM that trusts the token",
        parse=provider_urn,
        metavar="URN",
        default_note=PROVIDER_VARIABLES[0],
    ),
    Option(
        name="identity-provider-id",
        help="exchange the OIDC token by the older API of IAM, with the identity provider of this id",
        parse=_short_id,
        metavar="ID",
        default_note=IDENTITY_PROVIDER_VARIABLES[0],
    ),
    Option(
        name="assume-agency-urn",
        help="assume this agency with the credentials of the sign-in",
        parse=agency_urn,
        metavar="URN",
    ),
)
"""Those that sign in without stored keys, or as another agency (sign-in.md 2.1)."""
# Names, ranges and defaults of the others: ListImageScanTask, huawei-hss.md 1.
OPTIONS = (
    *SIGN_IN_OPTIONS,
    Option(
        name="project-id",
        help="select tasks of the project with this id",
        parse=_short_id,
        default_note=f"{', '.join(PROJECT_VARIABLES)}, else that of the region",
    ),
    Option(
        name="enterprise-project-id",
        help="select tasks of the enterprise project with this id; all_granted_eps means all that the user may see",
        parse=_short_id,
        default_note="the default enterprise project only",
    ),
    Option(
        name="type",
        help="select tasks that scan images, or tasks that synchronise them from a registry",
        choices=(IMAGE_SCAN, IMAGE_SYNC),
        default=IMAGE_SCAN,
    ),
    Option(
        name="task-type",
        help="select only tasks with this trigger; cycle is a schedule",
        choices=("cycle", "manual", "autoSync", "manualSync"),
    ),
    Option(name="task-name", help="select only tasks with this text in their name", parse=_short),
    Option(
        name="global-image-type",
        help="select only tasks for local images, or for images of a registry",
        choices=("local", "registry"),
    ),
    Option(
        name="scan-scope",
        help="select only tasks that search for these kinds of findings, as a sum: 0xf0000 vulnerabilities, 0xf000 "
        "baseline, 0xf00 malicious files, 0xf0 sensitive information, 0xf software compliance",
        parse=_between(0, _LARGEST_MASK),
        metavar="MASK",
    ),
    Option(
        name="task-status",
        help="select only tasks that are running (scanning) or over (finished) when the gate searches for one; a newer "
        "task in the other state is ignored",
        choices=("scanning", "finished"),
    ),
    Option(
        name="create-time",
        help="select only tasks created since this time, in milliseconds since 1970, such as 1769860800000",
        parse=_epoch_ms,
        metavar="EPOCH_MS",
    ),
    Option(
        name="end-time",
        help="select only tasks that ended by this time, in milliseconds since 1970; a running task may not fit",
        parse=_epoch_ms,
        metavar="EPOCH_MS",
    ),
    Option(
        name=SCANNER,
        help="have images in SWR Enterprise scanned by HSS, or by their instance (v25.7.20 or later), which looks for "
        "vulnerabilities only and needs --required-scope vulnerability",
        choices=(BY_HSS, BY_INSTANCE),
        default=BY_HSS,
    ),
    Option(
        name="limit",
        help="read the list of tasks in pages of N, 10 to 200",
        parse=_between(10, PAGE_SIZE),
        metavar="N",
        default="200",
    ),
    Option(
        name="iam-endpoint",
        help="find the project of the region at this address of IAM",
        parse=base_url,
        metavar="URL",
        default_note="that of the region",
    ),
)
TASK_OPTIONS = (
    "type",
    "task-type",
    "task-name",
    "global-image-type",
    "scan-scope",
    "task-status",
    "create-time",
    "end-time",
)
"""The options above that select a task."""
