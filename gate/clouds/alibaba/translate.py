"""Security Center's tasks, leaves and images in our vocabulary: tolerant of what may be absent, strict in what counts.

Every field is optional in every model of the vendor (alibaba-security-center.md 1.2 and 2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gate.clouds.alibaba.selection import IMAGE_SCAN
from gate.clouds.values import count, malformed, moment, readable_id, text
from gate.scan import Counts, ImageRef, ScanTask, TaskState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_START_TIME_ID = "collected-at-"
_STATES = {
    "INIT": TaskState.RUNNING,
    "START": TaskState.RUNNING,
    "SUCCESS": TaskState.COMPLETE,
    "TIMEOUT": TaskState.TIMED_OUT,
    # So spelt in the documents of DescribeImageLatestScanTask.
    "TIMOUT": TaskState.TIMED_OUT,
    "FAIL": TaskState.FAILED,
}
_PLACE = ("RepoRegionId", "RegionId", "RepoId")
_FINE: tuple[object, ...] = (None, "", "SUCCESS")
_ELSEWHERE, _NO_TASK = "TASK_NOT_SUPPORT_REGION", "TASK_NOT_EXISTS"
_REASONS = {_ELSEWHERE: "TASK_NOT_SUPPORT_REGION, its images are in a region where Security Center does not scan"}
_ALL = 100
# Vulnerabilities, baseline and malicious files: what RiskStatus is made of (2.2).
_PARTS = ("Vul", "Hc", "Alarm")
_FINISHED: tuple[object, ...] = (None, "", 1, "1")
_NOTHING: tuple[object, ...] = (None, "", "NO", 0, "0")


def task(document: Mapping[str, Any], task_type: str, *, called: str = "") -> ScanTask | None:
    """Turns an answer of GetLastOnceTaskInfo or GetOnceTaskResultInfo into a scan task; None where there is none.

    Args:
        document: The answer.
        task_type: The TaskType that was asked for; only an image scan has images, and only they have risks.
        called: The id that was asked for, where one was.

    Raises:
        NotUnderstood: The answer is about another task, or its TaskInfo is none.
    """
    info = document.get("TaskInfo")
    if info is not None and not isinstance(info, dict):
        raise malformed("The answer has something else where the state of the task should be.")
    if info is None or info.get("Result") == _NO_TASK:
        return None
    id_ = task_id(document.get("TaskId"))
    if called and id_ and id_ != called:
        raise malformed("The answer is about another scan task than the one that was asked for.")
    started_at, is_scan = moment(document.get("CollectTime")), task_type == IMAGE_SCAN
    state = _state(info)
    return ScanTask(
        id=called or id_ or _start_time_id(document, task_type),
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


def task_id(value: object) -> str:
    """The id of a task: declared as a number, documented as a text, and 0 in the vendor's sample, where there is none.

    Raises:
        NotUnderstood: It holds characters with which it cannot be asked for again.
    """
    if type(value) is int:
        return str(value) if value else ""
    id_ = readable_id(value).strip()
    return "" if re.fullmatch("0*", id_) else id_


def is_start_time_id(task_id: str) -> bool:
    """Whether this id is one of ours, for a task that the cloud gave none: it is known by its begin alone."""
    return task_id.startswith(_START_TIME_ID)


def stated_total(document: Mapping[str, Any]) -> int | None:
    """How many images the task itself says that it has."""
    return count(document.get("TotalCount"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaf:
    """The part of a scan task that looks at one image, or at a whole repository."""

    image: ImageRef
    succeeded: bool
    reason: str = ""
    """Why it did not succeed, in the cloud's own words."""
    place: tuple[str, ...] = ()
    """Where the image lies beside its name: the same one may lie in two regions."""


def tells_of_images(row: Mapping[str, Any]) -> bool:
    """Whether a leaf says anything of an image: that of a whole repository does, unless it succeeded.

    No document says what a repository has a leaf for (2.1); one that did not succeed may stand for images that have no
    leaf of their own. A leaf that does not say what it is about is taken for that of an image.
    """
    return not _is_repository(row) or bool(_faults(row))


def target(row: Mapping[str, Any]) -> str:
    """What a leaf is about: an image by its digest, or a repository; empty where it does not say."""
    return digest(_image_info(row).get("Digest")) or digest(row.get("Target"))


def leaf(row: Mapping[str, Any]) -> Leaf:
    """Turns one entry of OnceTasks into a leaf; whatever is not plainly a success is none.

    Raises:
        NotUnderstood: The leaf is that of another kind of task than was asked for.
    """
    # Not a set: a list or an object could not even be asked for in one.
    if row.get("TaskType") not in (None, "", IMAGE_SCAN):
        raise malformed("The list of the scan task's images has a part of another kind of task in it.")
    faults, info, image = _faults(row), _image_info(row), _image(row)
    if _is_repository(row):
        image = replace(image, name=image.name or image.digest, digest="")
        # One that succeeded tells of no image, and is no part that counts.
        faults += ["a whole repository"]
    return Leaf(
        image=image,
        succeeded=not faults,
        reason=", ".join(faults),
        place=tuple(text(info.get(key)) for key in _PLACE),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What is known of an image under one of its tags."""

    digest: str
    scanned_at: datetime | None
    is_risky: bool | None
    """None where the cloud says neither YES nor NO, or NO beside a part of the scan that found something."""


def finding(row: Mapping[str, Any]) -> Finding:
    """Turns one entry of ImageInstanceList into what was found in that image."""
    # Neither a scan that goes on nor one that was refused has a result.
    is_over = row.get("ScaStatus") in _FINE and row.get("ScaResult") in _FINE
    return Finding(
        digest=digest(row.get("Digest")),
        scanned_at=moment(row.get("LastScanTime")) if is_over else None,
        is_risky=_is_risky(row),
    )


def digest(value: object) -> str:
    """A digest without the name of its algorithm, with or without which it is the same image."""
    return text(value).strip().lower().removeprefix("sha256:")


def _is_risky(row: Mapping[str, Any]) -> bool | None:
    risk = row.get("RiskStatus")
    if risk == "YES":
        return True
    finds_nothing = all(row.get(f"{part}{what}") in _NOTHING for part in _PARTS for what in ("Status", "Count"))
    return False if risk == "NO" and finds_nothing else None


def _state(info: Mapping[str, Any]) -> TaskState:
    result, status = info.get("Result"), info.get("Status")
    if result == _ELSEWHERE:
        return TaskState.FAILED
    state = _STATES.get(status, TaskState.UNKNOWN) if isinstance(status, str) else TaskState.UNKNOWN
    return TaskState.UNKNOWN if state is TaskState.COMPLETE and result not in _FINE else state


def _raw_state(info: Mapping[str, Any]) -> str:
    # Not a set: a list or an object in the place of a word could not even be asked for in one.
    parts = [str(info[key]) for key in ("Status", "Result") if info.get(key) not in (None, "")]
    return ", ".join(dict.fromkeys(parts)) or "none given"


def _progress(info: Mapping[str, Any], document: Mapping[str, Any]) -> int | None:
    stated = count(info.get("Progress"))
    if stated is not None:
        return min(stated, _ALL)
    total, finished = stated_total(document), count(document.get("FinishCount"))
    return min(finished * _ALL // total, _ALL) if total and finished is not None else None


def _counts(document: Mapping[str, Any]) -> Counts:
    # The vendor's own sample has finished more than there is, so the difference counts only where it is positive.
    total, finished = stated_total(document), count(document.get("FinishCount"))
    if total is None or finished is None:
        return Counts(total=total)
    failed = max(0, total - finished)
    return Counts(total=total, succeeded=total - failed, failed=failed)


def _start_time_id(document: Mapping[str, Any], task_type: str) -> str:
    # Another pipeline's scan could begin at the same moment, so an image scan needs an id of its own.
    collected = count(document.get("CollectTime"))
    return f"{_START_TIME_ID}{collected}" if collected and task_type != IMAGE_SCAN else ""


def _is_repository(row: Mapping[str, Any]) -> bool:
    return row.get("TargetType") == "IMAGE_REPO"


def _faults(row: Mapping[str, Any]) -> list[str]:
    """What keeps a leaf from being plainly a success, in the cloud's own words where it has any."""
    status, result = row.get("StatusText"), row.get("ResultInfo")
    unfinished = "not finished" if status == "SUCCESS" and row.get("Finish") not in _FINISHED else None
    bad = [str(one) for one in (status, result, unfinished) if one not in _FINE]
    return bad if bad or status == "SUCCESS" else ["no state given"]


def _image_info(row: Mapping[str, Any]) -> Mapping[str, Any]:
    about = row.get("TaskImageInfo")
    return about if isinstance(about, dict) else {}


def _image(row: Mapping[str, Any]) -> ImageRef:
    info = _image_info(row)
    return ImageRef(
        registry=text(info.get("RegistryType")),
        namespace=text(info.get("RepoNamespace")),
        name=text(info.get("RepoName")),
        tag=text(info.get("Tag")),
        digest=target(row),
    )
