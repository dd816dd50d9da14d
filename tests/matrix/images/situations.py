"""The runs of image mode that faults are injected into, and every call that the gate makes in them.

In `release`, three images are asked for: one by its tag, which has a fresh result; one by its digest, whose result is
three days old; and one by its digest, which is not listed yet. So that one run finds, lists, scans, follows and judges,
with nearly all operations of both clouds. The other situations have one image each, and what that run lacks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gate.simulator import PushedImage, RawResponse, Scenario
from gate.simulator.image import BySeverity, EarlierScan, Findings
from gate.simulator.image_scenario import RISKY, digest
from tests.builders import NOW
from tests.matrix.injection_points import ALIBABA, DAY, HUAWEI, TASKS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.matrix.fault import FaultContext

TIMEOUT: Final = 60.0
"""Seconds."""
OPTIONS: Final = (
    *("-v", "--timeout", f"{TIMEOUT:g}s", "--appear-timeout", "40s", "--poll-interval", "10s"),
    *("--settle", "0", "--request-timeout", "5s"),
)
BY_INSTANCE = ("--swr-enterprise-scanner", "instance", "--required-scope", "vulnerability")
_BY_LISTS = ("--only-fixable", "--severity-cutoff", "none", "--max-findings", "low=7")
"""A policy that needs a complete list for a pass."""
_FRESH = ("--scan", "never", "--timeout", "25s", "--appear-timeout", "15s")
_STALE = ("--timeout", "45s", "--appear-timeout", "15s")
"""One image has its result at the first or the second look, and another one shows that a fault stays."""
SCAN_SECONDS: Final = 5.0
"""So that a scan is over at the poll after its start."""
HOSTS: Final = {HUAWEI: "swr.cn-north-4.myhuaweicloud.com", ALIBABA: ""}
"""The registry that references name; in Alibaba Cloud, that is the instance of the options."""
INSTANCE_HOSTS: Final = {
    HUAWEI: "shop.swr-pro.myhuaweicloud.com",
    ALIBABA: "shop-registry.cn-hangzhou.cr.aliyuncs.com",
}

ROWS, SWR_TAG, REGISTRIES = "ListRegistryImages", "ShowRepoTag", "ListRegistry"
SYNC, SCAN, STOP, ARTIFACTS = (
    *("CreateImageSynchronizeTask", "CreateManualImageScanTask", "StopImageScanTask"),
    "ListInstanceArtifacts",
)
BASE, VULNERABILITIES, CVES = "ListImageBasicImage", "ListImageVulnerabilities", "ListVulnerabilityCve"
SHOWN, SCAN_BY_INSTANCE, LISTED = (
    *("ShowInstanceArtifact", "StartManualScanning"),
    "ListInstanceArtifactVulnerabilities",
)
INSTANCES, REPOSITORY, TAG = "ListInstance", "GetRepository", "GetRepoTag"
IMAGES, LAST_SCAN = "DescribeImageInstances", "DescribeImageLatestScanTask"
SCAN_LISTED, SCAN_UNLISTED = "PublicCreateImageScanTask", "PublicSyncAndCreateImageScanTask"
RESULT, LEAVES, NUMBERS = (
    *("GetOnceTaskResultInfo", "DescribeOnceTaskLeafRecordPage"),
    "DescribeUuidVulNumClassifyStatistic",
)
HSS_WHITELISTS, ORGANISATION, SAS_WHITELISTS = (
    *("ListImageWhiteLists", "ShowInstanceNamespace"),
    "DescribeImageVulWhiteList",
)
UNFINISHED, NEWEST, CANCEL = "ListUnfinishedOnceTask", "GetLastOnceTaskInfo", "CancelOnceTask"
STARTS: Final = frozenset({SCAN, SCAN_LISTED, SCAN_UNLISTED, SCAN_BY_INSTANCE})
"""The operations that start a scan: they are never repeated before the gate has looked for the scan."""


WAIVERS: Final = "waivers.toml"
CVES_OF_ONE: Final = ("CVE-2025-10003", "CVE-2024-10003")
_UNTIL: Final = NOW.date() + timedelta(days=30)


class Role(StrEnum):
    """What the gate needs a response for; this decides how a fault in it must end."""

    NEEDED = "needed"
    """There is no verdict without it."""
    START = "start"
    """It says that a scan was started; the scan itself can be found without it."""
    HINT = "hint"
    """When the rows are worth a look: the task of Huawei Cloud's scan, which decides nothing (huawei-images.md 2.2)."""
    PROOF = "proof"
    """That a result of another scan is that of this digest; without it, the image is scanned once more."""
    IMPORT = "import"
    """Whether a scan can import an image that is not listed; without it, the image is missing."""
    NUMBERS = "numbers"
    """Vulnerabilities by severity: they explain, and decide only towards a risk (alibaba-images.md 3.1)."""
    WAIVER = "waiver"
    """The CVEs of a finding; without them, no waiver of a CVE covers it, and it blocks (huawei-images.md 3.3)."""
    LAST_LOOK = "last-look"
    """Whether a tag has moved meanwhile: every report says so, and the verdict is about the digest."""
    EXPLANATION = "explanation"
    """What is asked for after the verdict, and never changes it."""
    END = "end"
    """Ends a scan at the end of a run that has no verdict anyway."""


@dataclass(frozen=True, kw_only=True)
class Situation:
    """One run without a fault."""

    pushes: tuple[PushedImage, ...]
    images: tuple[str, ...]
    """What the gate is asked for."""
    options: tuple[str, ...] = ()
    omitted: tuple[str, ...] = ()
    """Settings of the simulator that are not passed on the command line."""
    has_lost_start: bool = False
    """Whether the scan is started, and the first response that says so is lost."""
    waived: tuple[str, ...] = ()
    """What the waivers of the run name."""
    code: int = 0
    """The exit code without a fault."""

    @property
    def scenario(self) -> Scenario:
        """The account."""
        return Scenario(name="image-matrix", summary="", expected_exit=self.code, pushes=self.pushes)

    @property
    def arguments(self) -> tuple[str, ...]:
        """The options of the run."""
        images = [word for image in self.images for word in ("--image", image)]
        waivers = ("--waivers", WAIVERS) if self.waived else ()
        return (*OPTIONS, *images, *waivers, *self.options)

    def prepare(self, context: FaultContext) -> None:
        """Makes the simulated cloud lose the response, if it does, and writes the waivers of the run."""
        if self.waived:
            tables = (
                f'[[waiver]]\nid = "{id_}"\nimages = ["*"]\nreason = "r"\nuntil = {_UNTIL}\n' for id_ in self.waived
            )
            Path(WAIVERS).write_text("\n".join(tables))
        if self.has_lost_start:
            context.gate.simulator.rewrite = _losing_the_first_start()


def _losing_the_first_start() -> Any:
    lost: list[str] = []

    def rewrite(operation: str, true: Any) -> Any:
        if operation not in STARTS or lost:
            return true
        lost.append(operation)
        return RawResponse(then="reset")

    return rewrite


@dataclass(frozen=True, kw_only=True)
class Point:
    """One call of an operation, in one situation."""

    cloud: str
    situation: str
    operation: str
    call: int = 1
    """Counted from 1 in the run without a fault."""
    role: Role = Role.NEEDED

    def __str__(self) -> str:
        return f"{self.cloud}-{self.situation}-{self.operation}-{self.call}"


_LISTED: dict[str, Any] = {"listed_after": 0.0, "pushed_ago": 5 * DAY, "scan_seconds": SCAN_SECONDS}
FRESH_IMAGE: Final = PushedImage(
    repository="team/shop/web", tag="1.4.2", digest=digest("web"), earlier=EarlierScan(ago=60.0), **_LISTED
)
STALE_IMAGE: Final = PushedImage(
    repository="team/shop/api", tag="1.4.2", digest=digest("api"), earlier=EarlierScan(ago=3 * DAY), **_LISTED
)
_NEW_IMAGE = PushedImage(
    repository="team/shop/job", tag="1.4.2", digest=digest("job"), pushed_ago=5.0, scan_seconds=SCAN_SECONDS
)
_OTHER_NAMESPACE = replace(STALE_IMAGE, repository="other/shop/api", digest=digest("other"), scan_seconds=15.0)


def _reference(image: PushedImage, cloud: str, *, by_tag: bool = False) -> str:
    reference = image.reference.partition("@")[0] if by_tag else image.reference
    return f"{HOSTS[cloud]}/{reference}".lstrip("/")


def _of_one(image: PushedImage, cloud: str, *options: str, **attributes: Any) -> Situation:
    return Situation(pushes=(image,), images=(_reference(image, cloud),), options=options, **attributes)


def _situations(cloud: str) -> Mapping[str, Situation]:
    release = (FRESH_IMAGE, STALE_IMAGE, _NEW_IMAGE)
    in_instance = replace(FRESH_IMAGE, registry=INSTANCE_HOSTS[cloud])
    return {
        "release": Situation(
            pushes=release,
            images=tuple(_reference(image, cloud, by_tag=image is FRESH_IMAGE) for image in release),
        ),
        "fresh": _of_one(FRESH_IMAGE, cloud, *_FRESH),
        "limited": _of_one(FRESH_IMAGE, cloud, *_FRESH, "--severity-cutoff", "high"),
        "stale": _of_one(STALE_IMAGE, cloud, *_STALE),
        "lost": _of_one(
            # Huawei Cloud's scan is over when the gate looks for it; Alibaba Cloud's is not.
            replace(STALE_IMAGE, scan_seconds={HUAWEI: SCAN_SECONDS, ALIBABA: 15.0}[cloud]),
            cloud,
            has_lost_start=True,
        ),
        "endless": _of_one(replace(STALE_IMAGE, scan_seconds=math.inf), cloud, code=5),
        "instance": Situation(
            pushes=(in_instance,),
            images=(in_instance.reference.partition("@")[0],),
            options=("--scan", "never"),
            omitted=("registry_instance",),
        ),
        **(_of_huawei() if cloud == HUAWEI else {}),
    }


def _of_huawei() -> Mapping[str, Situation]:
    # Two lists have to be read for two namespaces, so that the task is polled meanwhile, which is one.
    images = (replace(STALE_IMAGE, scan_seconds=15.0), _OTHER_NAMESPACE)
    risky = replace(FRESH_IMAGE, earlier=EarlierScan(ago=60.0, findings=RISKY))
    # The fourth vulnerability of an image is the only high one of this one, and has two CVEs.
    findings = Findings(vulnerabilities=BySeverity(medium=3, high=1))
    with_two_cves = replace(FRESH_IMAGE, earlier=EarlierScan(ago=60.0, findings=findings))
    return {
        "followed": Situation(pushes=images, images=tuple(_reference(image, HUAWEI) for image in images)),
        "risky": _of_one(risky, HUAWEI, *_FRESH, code=1),
        "waived": _of_one(with_two_cves, HUAWEI, *_FRESH, "--severity-cutoff", "high", waived=CVES_OF_ONE),
        **{
            f"{name}-by-instance": Situation(
                pushes=(replace(image, registry=INSTANCE_HOSTS[HUAWEI]),),
                images=(f"{INSTANCE_HOSTS[HUAWEI]}/{image.reference}",),
                options=(*options, *BY_INSTANCE),
            )
            for name, image, options in (
                ("fresh", FRESH_IMAGE, _FRESH),
                ("stale", STALE_IMAGE, _STALE),
                ("listed", risky, (*_FRESH, *_BY_LISTS)),
            )
        },
    }


SITUATIONS: Final = {cloud: _situations(cloud) for cloud in (HUAWEI, ALIBABA)}


def _points(cloud: str, situation: str, *calls: tuple[str, int, Role]) -> tuple[Point, ...]:
    return tuple(
        Point(cloud=cloud, situation=situation, operation=operation, call=call, role=role)
        for operation, call, role in calls
    )


_NEEDED = Role.NEEDED
POINTS: Final = (
    *_points(
        HUAWEI,
        "release",
        (SWR_TAG, 1, _NEEDED),
        # What is listed, what has to be scanned, that it is being scanned, and the results.
        (ROWS, 1, _NEEDED),
        (ROWS, 2, _NEEDED),
        (ROWS, 3, _NEEDED),
        (REGISTRIES, 1, _NEEDED),
        (SYNC, 1, _NEEDED),
        # What the fresh result looked for, which tasks run before the start, and what the own scan looked for.
        (TASKS, 1, _NEEDED),
        (TASKS, 2, _NEEDED),
        (TASKS, 3, _NEEDED),
        (SCAN, 1, Role.START),
        (SWR_TAG, 2, Role.LAST_LOOK),
        (BASE, 1, Role.EXPLANATION),
    ),
    *_points(HUAWEI, "risky", (VULNERABILITIES, 1, Role.EXPLANATION)),
    *_points(HUAWEI, "limited", (HSS_WHITELISTS, 1, Role.EXPLANATION)),
    *_points(HUAWEI, "waived", (CVES, 1, Role.WAIVER)),
    *_points(HUAWEI, "fresh", (ROWS, 1, _NEEDED), (TASKS, 1, _NEEDED)),
    *_points(
        HUAWEI,
        "stale",
        (ROWS, 1, _NEEDED),
        (ROWS, 2, _NEEDED),
        (TASKS, 1, _NEEDED),
        (TASKS, 2, _NEEDED),
        (SCAN, 1, Role.START),
    ),
    *_points(HUAWEI, "lost", (TASKS, 2, _NEEDED), (ROWS, 2, _NEEDED)),
    *_points(HUAWEI, "endless", (TASKS, 2, Role.END), (STOP, 1, Role.END)),
    *_points(HUAWEI, "instance", (ROWS, 1, _NEEDED), (ARTIFACTS, 1, _NEEDED), (ARTIFACTS, 2, Role.LAST_LOOK)),
    *_points(HUAWEI, "followed", (TASKS, 2, Role.HINT)),
    *_points(HUAWEI, "fresh-by-instance", (ROWS, 1, _NEEDED), (SHOWN, 1, _NEEDED)),
    *_points(HUAWEI, "stale-by-instance", (SHOWN, 1, _NEEDED), (SHOWN, 2, _NEEDED), (SCAN_BY_INSTANCE, 1, Role.START)),
    *_points(
        HUAWEI,
        "listed-by-instance",
        (LISTED, 1, _NEEDED),
        (SHOWN, 2, _NEEDED),
        (ORGANISATION, 1, Role.EXPLANATION),
    ),
    *_points(
        ALIBABA,
        "release",
        (REPOSITORY, 1, _NEEDED),
        (TAG, 1, _NEEDED),
        (IMAGES, 1, _NEEDED),
        (REPOSITORY, 2, Role.IMPORT),
        (TAG, 2, Role.IMPORT),
        (LAST_SCAN, 1, Role.PROOF),
        (SCAN_LISTED, 1, Role.START),
        (SCAN_UNLISTED, 1, Role.START),
        # There are two tasks, one for the image that is listed, and one that imports the other.
        (RESULT, 1, _NEEDED),
        (RESULT, 2, _NEEDED),
        (LEAVES, 1, _NEEDED),
        (LEAVES, 2, _NEEDED),
        (IMAGES, 2, _NEEDED),
        (NUMBERS, 1, Role.NUMBERS),
        (TAG, 3, Role.LAST_LOOK),
    ),
    *_points(ALIBABA, "fresh", (IMAGES, 1, _NEEDED), (LAST_SCAN, 1, Role.PROOF), (NUMBERS, 1, Role.NUMBERS)),
    *_points(
        ALIBABA,
        "stale",
        (IMAGES, 1, _NEEDED),
        (SCAN_LISTED, 1, Role.START),
        (RESULT, 1, _NEEDED),
        (LEAVES, 1, _NEEDED),
        (IMAGES, 2, _NEEDED),
        (NUMBERS, 1, Role.NUMBERS),
    ),
    *_points(ALIBABA, "limited", (SAS_WHITELISTS, 1, Role.EXPLANATION)),
    *_points(ALIBABA, "lost", (UNFINISHED, 1, _NEEDED), (NEWEST, 1, _NEEDED)),
    *_points(ALIBABA, "endless", (RESULT, 2, _NEEDED), (CANCEL, 1, Role.END)),
    *_points(ALIBABA, "instance", (INSTANCES, 1, _NEEDED), (REPOSITORY, 1, _NEEDED), (TAG, 2, Role.LAST_LOOK)),
)
