"""The policy of the session that the gate asks for: temporary keys can do what this run may need, and no more.

STS grants what both the role and this policy allow (alibaba-images.md 9, sign-in.md 1.1).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gate.clouds.alibaba.error_response import REGISTRY_ACTIONS, action

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gate.settings import Settings

MAX_LENGTH = 2048
"""Characters that STS takes (sign-in.md 1.1)."""

OF_A_TASK = (
    "GetLastOnceTaskInfo",
    "GetOnceTaskResultInfo",
    "DescribeOnceTaskLeafRecordPage",
    "DescribeImageInstances",
)
"""What judging a scan task calls."""
OF_IMAGES = (
    "DescribeImageInstances",
    "DescribeImageLatestScanTask",
    "DescribeUuidVulNumClassifyStatistic",
    "DescribeImageVulList",
    "DescribeImageGroupedVulList",
    "DescribeGroupedMaliciousFiles",
    "DescribeImageBaselineCheckResult",
    "DescribeImageSensitiveFileList",
    "DescribeImageVulWhiteList",
)
"""What judging images calls, with the lists of findings that the policy of the run or a report may need."""
OF_A_SCAN = (
    "PublicSyncAndCreateImageScanTask",
    "PublicCreateImageScanTask",
    "GetOnceTaskResultInfo",
    "DescribeOnceTaskLeafRecordPage",
    "ListUnfinishedOnceTask",
    "CancelOnceTask",
    "GetLastOnceTaskInfo",
)
"""What starting a scan calls in addition."""
OF_TAGS = ("GetRepository", "GetRepoTag")
"""What looking up a tag in Container Registry calls in addition."""
OF_AN_INSTANCE = ("ListInstance",)
"""What finding the instance of the registry calls in addition."""
OF_THE_DOCTOR = ("DescribeImageScanAuthCount",)
"""What `scan-gate doctor` reads beside what the run needs; it signs in as the run does."""
_UNPUBLISHED = frozenset({"DescribeUuidVulNumClassifyStatistic"})
"""Operations whose action is not published; it may have either prefix of the product."""


def session_policy(settings: Settings) -> str:
    """The policy for a run with these settings, as JSON."""
    return _policy(operations(settings))


def policy_to_assume(role: str) -> str:
    """The policy for a session that only assumes this role."""
    return _as_json(["sts:AssumeRole"], role)


def operations(settings: Settings) -> frozenset[str]:
    """The operations that a run with these settings may call."""
    if not settings.images:
        return frozenset((*OF_A_TASK, *OF_THE_DOCTOR))
    found = {*OF_IMAGES, *OF_THE_DOCTOR}
    if settings.scan != "never":
        found |= {*OF_A_SCAN}
    if any(image.tag or not image.digest for image in settings.images):
        found |= {*OF_TAGS}
        found |= set() if settings.for_cloud.get("registry-instance") else {*OF_AN_INSTANCE}
    return frozenset(found)


def actions(operation: str) -> tuple[str, ...]:
    """The actions of RAM for an operation (alibaba-images.md 9)."""
    if operation in (*OF_TAGS, *OF_AN_INSTANCE):
        return (f"cr:{REGISTRY_ACTIONS.get(operation, operation)}",)
    if operation in _UNPUBLISHED:
        return f"yundun-sas:{operation}", f"yundun-aegis:{operation}"
    return (action(operation),)


def _policy(names: Iterable[str]) -> str:
    return _as_json(sorted(one for name in names for one in actions(name)), "*")


def _as_json(allowed: Sequence[str], resource: str) -> str:
    statement = {"Effect": "Allow", "Action": allowed, "Resource": resource}
    return json.dumps({"Version": "1", "Statement": [statement]}, separators=(",", ":"))
