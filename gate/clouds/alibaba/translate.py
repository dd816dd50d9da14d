"""Translates Security Center's tasks, leaf records and images into `gate.scan`.

It accepts absent fields, since every field is optional in every model of the vendor (alibaba-security-center.md 1.2
and 2), and counts only what is a number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gate.clouds.alibaba.selection import IMAGE_SCAN
from gate.clouds.values import as_text, count, datetime_from_ms, is_one_of, malformed, printable_id, text
from gate.scan import Counts, ImageRef, ScanTask, TaskState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_START_TIME_ID_PREFIX = "collected-at-"
_STATES = {
    "INIT": TaskState.RUNNING,
    "START": TaskState.RUNNING,
    "SUCCESS": TaskState.COMPLETE,
    "TIMEOUT": TaskState.TIMED_OUT,
    # The spelling in the documents of DescribeImageLatestScanTask.
    "TIMOUT": TaskState.TIMED_OUT,
    "FAIL": TaskState.FAILED,
}
_LOCATION_FIELDS = ("RepoRegionId", "RegionId", "RepoId")
# Tuples and not sets, here and below: a list or an object of the response is not hashable.
_SUCCESS_VALUES: tuple[object, ...] = (None, "", "SUCCESS")
_UNSUPPORTED_REGION, _NO_TASK = "TASK_NOT_SUPPORT_REGION", "TASK_NOT_EXISTS"
_REASONS = {
    _UNSUPPORTED_REGION: "TASK_NOT_SUPPORT_REGION, its images are in a region where Security Center does not scan"
}
_MAX_PROGRESS = 100
# Vulnerabilities, baseline checks and malicious files: what RiskStatus is made of (2.2).
_RISK_SOURCES = ("Vul", "Hc", "Alarm")
_FINISHED_VALUES: tuple[object, ...] = (None, "", 1, "1")
_NO_FINDINGS_VALUES: tuple[object, ...] = (None, "", "NO", 0, "0")
_SCAN_TIME_FIELDS = ("LastScanTime", "lastScanTime")
"""The vendor's metadata of 2024 has the second spelling (2.2); of both, the earlier time counts."""
_UNSUCCESSFUL_STATUSES: tuple[object, ...] = ("1", "3", "4", 1, 3, 4)
"""Started, failed and timed out in the numbers of DescribeOnceTask; those of leaf records are not documented (2.1)."""
_LEAF_TIMES = ("StartTime", "RealRunTime", "EndTime")


def parse_task(document: Mapping[str, Any], task_type: str, *, requested_id: str = "") -> ScanTask | None:
    """Translates a response of GetLastOnceTaskInfo or GetOnceTaskResultInfo into a scan task; None if it has none.

    Args:
        document: The response.
        task_type: The TaskType of the request; only an image scan has images, and only images have risks.
        requested_id: The TaskId of the request, if it had one.

    Raises:
        NotUnderstood: The response is about another task, or its TaskInfo is not an object.
    """
    info = document.get("TaskInfo")
    if info is not None and not isinstance(info, dict):
        raise malformed("TaskInfo in the response is not an object.")
    if info is None or info.get("Result") == _NO_TASK:
        return None
    id_ = parse_task_id(document.get("TaskId"))
    if requested_id and id_ and id_ != requested_id:
        raise malformed("The response is about another scan task than the requested one.")
    started_at, is_scan = datetime_from_ms(document.get("CollectTime")), task_type == IMAGE_SCAN
    state = _state(info)
    return ScanTask(
        id=requested_id or id_ or _start_time_id(document, task_type),
        name=task_type,
        state=state,
        raw_state=_raw_state(info),
        progress=_progress(info, document),
        started_at=started_at,
        counts=Counts(total=stated_total(document)) if is_scan else _counts(document),
        reason=_REASONS.get(text(info.get("Result")), "") if state is TaskState.FAILED else "",
        risk_applies=is_scan,
        results_pending=None if is_scan and state is TaskState.COMPLETE else 0,
    )


def parse_task_id(value: object) -> str:
    """The id of a task; empty if there is none.

    The vendor's models declare a number, its documents a string, and its sample response has 0 where there is none.

    Raises:
        NotUnderstood: The id has unprintable characters, so the task cannot be requested by it.
    """
    if type(value) is int:
        return str(value) if value else ""
    id_ = printable_id(value).strip()
    return "" if re.fullmatch("0*", id_) else id_


def is_start_time_id(task_id: str) -> bool:
    """Whether the gate made this id from the task's start time, because the cloud gave none."""
    return task_id.startswith(_START_TIME_ID_PREFIX)


def stated_total(document: Mapping[str, Any]) -> int | None:
    """The number of images that the task itself states."""
    return count(document.get("TotalCount"))


@dataclass(frozen=True, kw_only=True, slots=True)
class LeafRecord:
    """The part of a scan task that scans one image or one whole repository."""

    image: ImageRef
    succeeded: bool
    reason: str = ""
    """Why it did not succeed, in the cloud's own words."""
    location: tuple[str, ...] = ()
    """Where the image is stored; one name can exist in two regions."""
    ended_at: datetime | None = None
    """Aware, in UTC."""
    is_repository: bool = False
    """Whether it stands for a whole repository, and so for an unknown number of images."""


def counts_as_image(row: Mapping[str, Any]) -> bool:
    """Whether a leaf record counts as an image: all do, except those of a whole repository that succeeded.

    The documents do not say why a repository has a leaf record (2.1). One that did not succeed may stand for images
    without leaf records of their own. A record without a TargetType is taken for that of an image.
    """
    return not _is_repository(row) or bool(_failure_reasons(row))


def record_target(row: Mapping[str, Any]) -> str:
    """The image, by its digest, or the repository that a leaf record is about; empty if it names none."""
    return normalise_digest(_image_info(row).get("Digest")) or normalise_digest(row.get("Target"))


def parse_leaf_record(row: Mapping[str, Any], started_at: datetime | None = None) -> LeafRecord:
    """Translates one entry of OnceTasks; anything but a clear success is a failure.

    Args:
        row: The entry.
        started_at: The start of the task, if it is known; a record that ended before it is one of an earlier scan.

    Raises:
        NotUnderstood: The record belongs to another type of task than was requested.
    """
    if row.get("TaskType") not in (None, "", IMAGE_SCAN):
        raise malformed("The list of the scan task's images has a record of another type of task.")
    reasons, info, image = _failure_reasons(row), _image_info(row), _image(row)
    if _is_repository(row):
        image = replace(image, name=image.name or image.digest, digest="")
        # Only a repository that failed counts; see `counts_as_image`.
        reasons += ["a whole repository"]
    ran_until = max(filter(None, (datetime_from_ms(row.get(name)) for name in _LEAF_TIMES)), default=None)
    if started_at and ran_until and ran_until < started_at:
        reasons += ["it ran before the task started"]
    return LeafRecord(
        image=image,
        succeeded=not reasons,
        reason=", ".join(reasons),
        location=tuple(text(info.get(key)) for key in _LOCATION_FIELDS),
        ended_at=datetime_from_ms(row.get("EndTime")),
        is_repository=_is_repository(row),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageResult:
    """The result of the last scan of an image under one of its tags."""

    digest: str
    scanned_at: datetime | None
    is_risky: bool | None
    """None if the cloud says neither YES nor NO, or NO although a part of the scan found something."""


def parse_image_result(row: Mapping[str, Any]) -> ImageResult:
    """Translates one entry of ImageInstanceList."""
    # A scan that is still running, or was refused, has no result.
    is_over = all(is_one_of(row.get(name), _SUCCESS_VALUES) for name in ("ScaStatus", "ScaResult"))
    scan_times = [time for name in _SCAN_TIME_FIELDS if (time := datetime_from_ms(row.get(name)))]
    return ImageResult(
        digest=normalise_digest(row.get("Digest")),
        scanned_at=min(scan_times, default=None) if is_over else None,
        is_risky=_is_risky(row),
    )


def normalise_digest(value: object) -> str:
    """A digest in lower case without its prefix `sha256:`, which the cloud sends in some places only."""
    return text(value).strip().lower().removeprefix("sha256:")


def _is_risky(row: Mapping[str, Any]) -> bool | None:
    risk = row.get("RiskStatus")
    if risk == "YES":
        return True
    found_nothing = all(
        is_one_of(row.get(f"{source}{what}"), _NO_FINDINGS_VALUES)
        for source in _RISK_SOURCES
        for what in ("Status", "Count")
    )
    return False if risk == "NO" and found_nothing else None


def _state(info: Mapping[str, Any]) -> TaskState:
    result, status = info.get("Result"), info.get("Status")
    if result == _UNSUPPORTED_REGION:
        return TaskState.FAILED
    state = _STATES.get(status, TaskState.UNKNOWN) if isinstance(status, str) else TaskState.UNKNOWN
    return TaskState.UNKNOWN if state is TaskState.COMPLETE and not is_one_of(result, _SUCCESS_VALUES) else state


def _raw_state(info: Mapping[str, Any]) -> str:
    parts = [as_text(info[key]) for key in ("Status", "Result") if info.get(key) not in (None, "")]
    return ", ".join(dict.fromkeys(parts)) or "none given"


def _progress(info: Mapping[str, Any], document: Mapping[str, Any]) -> int | None:
    stated = count(info.get("Progress"))
    if stated is not None:
        return min(stated, _MAX_PROGRESS)
    total, finished = stated_total(document), count(document.get("FinishCount"))
    return min(finished * _MAX_PROGRESS // total, _MAX_PROGRESS) if total and finished is not None else None


def _counts(document: Mapping[str, Any]) -> Counts:
    # In the vendor's own sample FinishCount exceeds TotalCount, so a negative difference is no failure.
    total, finished = stated_total(document), count(document.get("FinishCount"))
    if total is None or finished is None:
        return Counts(total=total)
    failed = max(0, total - finished)
    return Counts(total=total, succeeded=total - failed, failed=failed)


def _start_time_id(document: Mapping[str, Any], task_type: str) -> str:
    # Not for an image scan: one that another pipeline started at the same moment would have the same id.
    collected = count(document.get("CollectTime"))
    return f"{_START_TIME_ID_PREFIX}{collected}" if collected and task_type != IMAGE_SCAN else ""


def _is_repository(row: Mapping[str, Any]) -> bool:
    return row.get("TargetType") == "IMAGE_REPO"


def _failure_reasons(row: Mapping[str, Any]) -> list[str]:
    """Why a leaf record is not a clear success, in the cloud's own words if it has any; empty for a success."""
    status, result = row.get("StatusText"), row.get("ResultInfo")
    reasons = [as_text(value) for value in (status, result) if not is_one_of(value, _SUCCESS_VALUES)]
    if status != "SUCCESS":
        return reasons or ["no state given"]
    return reasons + _contradictions(row)


def _contradictions(row: Mapping[str, Any]) -> list[str]:
    """What a leaf record states against its own word that it succeeded."""
    started, ended = (datetime_from_ms(row.get(name)) for name in ("StartTime", "EndTime"))
    finished, total = (_number(row.get(name)) for name in ("FinishCount", "TotalCount"))
    signs = {
        "not finished": not is_one_of(row.get("Finish"), _FINISHED_VALUES),
        f"its Status is {as_text(row.get('Status'))}": is_one_of(row.get("Status"), _UNSUCCESSFUL_STATUSES),
        f"{finished} of {total} finished": finished is not None and total is not None and finished < total,
        "it ended before it started": started is not None and ended is not None and ended < started,
    }
    return [sign for sign, is_there in signs.items() if is_there]


def _number(value: object) -> int | None:
    # Leaf records have their counts as strings (2.1).
    return int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,9}", value) else count(value)


def _image_info(row: Mapping[str, Any]) -> Mapping[str, Any]:
    info = row.get("TaskImageInfo")
    return info if isinstance(info, dict) else {}


def _image(row: Mapping[str, Any]) -> ImageRef:
    info = _image_info(row)
    return ImageRef(
        registry=text(info.get("RegistryType")),
        namespace=text(info.get("RepoNamespace")),
        name=text(info.get("RepoName")),
        tag=text(info.get("Tag")),
        digest=record_target(row),
    )
