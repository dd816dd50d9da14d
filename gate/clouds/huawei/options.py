"""The options that only Huawei Cloud has, and the variables of the vendor's own tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds.credentials import Source
from gate.clouds.huawei.selection import IMAGE_SCAN, IMAGE_SYNC, PAGE_SIZE
from gate.settings import Option, base_url

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
_LARGEST_MASK = 0x7FFFFFFF


def _between(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            number = int(text, 0)
        except ValueError:
            number = -1
        if not least <= number <= most:
            raise ValueError(f"{text!r} is not a whole number from {least} to {most}")
        return number

    return parse


def _short(text: str) -> str:
    if len(text) > _MOST_CHARACTERS:
        raise ValueError(f"{len(text)} characters are too many; the API takes {_MOST_CHARACTERS}")
    return text


# Names, ranges and defaults: ListImageScanTask, huawei-hss.md 1.
OPTIONS = (
    Option(name="project-id", help="judge the images of this project", parse=_short, default_note="that of the region"),
    Option(
        name="enterprise-project-id",
        help="judge the images of this enterprise project; all_granted_eps for all of them",
        parse=_short,
        default_note="the default enterprise project only",
    ),
    Option(name="type", help="judge tasks of this type", choices=(IMAGE_SCAN, IMAGE_SYNC), default=IMAGE_SCAN),
    Option(
        name="task-type",
        help="judge only tasks with this trigger",
        choices=("cycle", "manual", "autoSync", "manualSync"),
    ),
    Option(name="task-name", help="judge only tasks with this text in their name", parse=_short),
    Option(
        name="global-image-type",
        help="judge only tasks for local or for registry images",
        choices=("local", "registry"),
    ),
    Option(
        name="scan-scope",
        help="judge only tasks with this scope, a bit mask",
        parse=_between(0, _LARGEST_MASK),
        metavar="MASK",
    ),
    Option(
        name="task-status",
        help="judge only tasks that are currently in this state; newer tasks in the other are ignored",
        choices=("scanning", "finished"),
    ),
    Option(
        name="create-time",
        help="judge only tasks created since this time, in ms since 1970",
        parse=_between(0, _LATEST_MS),
        metavar="EPOCH_MS",
    ),
    Option(
        name="end-time",
        help="judge only tasks ended until this time, in ms since 1970",
        parse=_between(0, _LATEST_MS),
        metavar="EPOCH_MS",
    ),
    Option(
        name="limit",
        help="request N tasks per page of the list, 10 to 200",
        parse=_between(10, PAGE_SIZE),
        metavar="N",
        default="200",
    ),
    Option(
        name="iam-endpoint",
        help="send IAM requests to this address",
        parse=base_url,
        metavar="URL",
        default_note="that of the region",
    ),
)
