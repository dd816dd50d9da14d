"""The operations of Alibaba Cloud that a run may call, with the harmless call of each (docs/images.md, "Permissions").

Lists are asked for with one row.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gate.clouds.alibaba import translate
from gate.clouds.alibaba.security_center import digest_of
from gate.clouds.alibaba.selection import IMAGE_SCAN
from gate.clouds.diagnosis import Probe
from gate.clouds.values import text
from gate.scan import ScanScope

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gate.clouds.alibaba.api import AlibabaCloud
    from gate.clouds.alibaba.pages import Row
    from gate.clouds.alibaba.security_center import SecurityCenter
    from gate.clouds.alibaba.selection import Selection
    from gate.clouds.interface import ImageScans
    from gate.settings import Settings

_PAGE = {"CurrentPage": "1", "PageSize": "1"}
_OF_TAGS = "ListInstance, GetRepository, GetRepoTag"
_NO_TASK = "there is no scan task with an id that it could be asked for"
_NO_IMAGE = "no image is listed that it could be asked for"


def task_probes(cloud: AlibabaCloud, selection: Selection) -> Iterator[Probe]:
    """The operations of a run that judges a scan task."""
    ids: list[str] = []

    def list_tasks() -> None:
        ids[:] = [task.id for task in cloud.matching_tasks() if not translate.is_start_time_id(task.id)]

    yield Probe(operation="GetLastOnceTaskInfo", purpose="finds the newest scan task", call=list_tasks)
    yield Probe(
        operation="GetOnceTaskResultInfo",
        purpose="follows the scan task",
        call=partial(cloud.task_by_id, ids[0]) if ids else None,
        unchecked=_NO_TASK,
    )
    if selection.judged_type != IMAGE_SCAN:
        return
    leaves = {"TaskType": IMAGE_SCAN, "RelateInfo": "true", **_PAGE}
    yield Probe(
        operation="DescribeOnceTaskLeafRecordPage",
        purpose="lists the images of the scan task",
        call=partial(cloud.sas.call, "DescribeOnceTaskLeafRecordPage", {**leaves, "TaskId": ids[0]}) if ids else None,
        unchecked=_NO_TASK,
    )
    yield Probe(
        operation="DescribeImageInstances",
        purpose="reads the results of its images",
        call=partial(cloud.sas.call, "DescribeImageInstances", _PAGE),
    )


def image_probes(
    sas: SecurityCenter, settings: Settings, scans: ImageScans, lists: frozenset[ScanScope], *, lists_decide: bool
) -> Iterator[Probe]:
    """The operations of a run that judges images; see `Diagnosis.probes`."""
    listed: list[Row] = []

    def list_images() -> None:
        rows = sas.call("DescribeImageInstances", _PAGE).get("ImageInstanceList")
        listed[:] = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    yield Probe(operation="DescribeImageInstances", purpose="finds the images and their results", call=list_images)
    row = listed[0] if listed else {}
    digest, uuid = digest_of(row), text(row.get("Uuid"))
    yield _about_an_image(
        sas,
        "DescribeImageLatestScanTask",
        "proves that a result of another scan is that of its image",
        {"Digest": digest},
        # Without it a new scan is started, where the run may start one.
        is_needed=settings.scan == "never",
    )
    yield _about_an_image(
        sas,
        "DescribeUuidVulNumClassifyStatistic",
        "counts vulnerabilities by severity",
        {"Uuids": uuid, "ImageVul": "true"},
        is_needed=False,
    )
    for operation, query in _lists(digest, uuid, lists):
        yield _about_an_image(sas, operation, "lists findings", {**query, **_PAGE}, is_needed=lists_decide)
    yield from _whitelists(sas) if lists else ()
    if tag := next((image for image in settings.images if not image.digest), None):
        yield Probe(operation=_OF_TAGS, purpose="look up a tag", call=partial(scans.resolve, tag))
    yield from _starting(sas, settings, digest)


def _whitelists(sas: SecurityCenter) -> Iterator[Probe]:
    operation = "DescribeImageVulWhiteList"
    yield Probe(
        operation=operation,
        purpose="names what was put on a whitelist in the console",
        call=partial(sas.call, operation, {"Source": "image", **_PAGE}),
        is_needed=False,
    )


def _lists(digest: str, uuid: str, kinds: frozenset[ScanScope]) -> Iterator[tuple[str, dict[str, str]]]:
    """The lists of findings of these kinds, and how each names an image (alibaba-images.md 3.2)."""
    if ScanScope.VULNERABILITY in kinds:
        yield "DescribeImageVulList", {"Type": "cve", "Digest": digest, "Lang": "en"}
        yield "DescribeImageGroupedVulList", {"Type": "sca", "ImageDigest": digest}
    if ScanScope.MALICIOUS_FILE in kinds:
        yield "DescribeGroupedMaliciousFiles", {"ImageDigest": digest}
    if ScanScope.BASELINE in kinds:
        yield "DescribeImageBaselineCheckResult", {"ImageUuid": uuid}
    if ScanScope.SENSITIVE_INFORMATION in kinds:
        yield "DescribeImageSensitiveFileList", {"ImageUuid": uuid}


def _about_an_image(
    sas: SecurityCenter, operation: str, purpose: str, query: Mapping[str, str], *, is_needed: bool
) -> Probe:
    """An operation about one image, whichever it is; without its id there is none to ask about."""
    return Probe(
        operation=operation,
        purpose=purpose,
        call=partial(sas.call, operation, query) if all(query.values()) else None,
        unchecked=_NO_IMAGE,
        is_needed=is_needed,
    )


def _starting(sas: SecurityCenter, settings: Settings, digest: str) -> Iterator[Probe]:
    """What starts a scan, follows it and cancels it: the operations about a task need one of this run."""
    if settings.scan == "never":
        return
    for operation, purpose in (
        ("PublicSyncAndCreateImageScanTask", "imports images that are not listed, and starts their scan"),
        ("PublicCreateImageScanTask", "starts a scan of images that are listed"),
    ):
        yield Probe(operation=operation, purpose=purpose, unchecked="would start a scan")
    for operation, purpose in (
        ("GetOnceTaskResultInfo", "follows the scan"),
        ("DescribeOnceTaskLeafRecordPage", "lists the images of the scan"),
    ):
        yield Probe(operation=operation, purpose=purpose, unchecked="needs the scan that the run starts")
    lost = "finds a scan whose start had no response"
    task_type = {"TaskType": IMAGE_SCAN}
    yield _about_an_image(sas, "ListUnfinishedOnceTask", lost, {**task_type, "Target": digest}, is_needed=False)
    yield _about_an_image(sas, "GetLastOnceTaskInfo", lost, {**task_type, "TaskName": IMAGE_SCAN}, is_needed=False)
    yield Probe(
        operation="CancelOnceTask",
        purpose="stops the scan if the run ends before it",
        unchecked="would stop a scan",
        is_needed=False,
    )
