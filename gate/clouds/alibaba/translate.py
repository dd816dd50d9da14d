"""Translates Security Center's tasks and the results of its images into `gate.scan`; `leaves` has the leaf records.

It accepts absent fields, since every field is optional in every model of the vendor (alibaba-security-center.md 1.2
and 2), and counts only what is a number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from gate.clouds.alibaba.selection import IMAGE_SCAN
from gate.clouds.values import as_text, count, datetime_from_ms, is_one_of, malformed, printable_id, text
from gate.scan import Counts, ScanScope, ScanTask, TaskState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

_START_TIME_ID_PREFIX = "collected-at-"
_MILLISECONDS = re.compile("[0-9]{1,15}")
_PENDING = "INIT"
_STATES = {
    _PENDING: TaskState.RUNNING,
    "START": TaskState.RUNNING,
    "SUCCESS": TaskState.COMPLETE,
    "TIMEOUT": TaskState.TIMED_OUT,
    # The spelling in the documents of DescribeImageLatestScanTask.
    "TIMOUT": TaskState.TIMED_OUT,
    "FAIL": TaskState.FAILED,
}
# Tuples and not sets, here and below: a list or an object of the response is not hashable.
NOT_STATED: tuple[object, ...] = (None, "")
"""What stands for a field that is not there."""
SUCCESS_VALUES: tuple[object, ...] = (*NOT_STATED, "SUCCESS")
UNSUPPORTED_REGION, _NO_TASK = "TASK_NOT_SUPPORT_REGION", "TASK_NOT_EXISTS"
_REASONS = {
    UNSUPPORTED_REGION: "TASK_NOT_SUPPORT_REGION, its images are in a region where Security Center does not scan"
}
_MAX_PROGRESS = 100
_RISK_SOURCES = {"Vul": ScanScope.VULNERABILITY, "Hc": ScanScope.BASELINE, "Alarm": ScanScope.MALICIOUS_FILE}
"""What RiskStatus is made of, by the start of the fields' names (2.2)."""
NO_FINDINGS_VALUES: tuple[object, ...] = (*NOT_STATED, "NO", 0, "0")
"""What the fields of a kind of findings state where there are none."""
_SCAN_TIME_FIELDS = ("LastScanTime", "lastScanTime")
"""The vendor's metadata of 2024 has the second spelling (2.2); of both, the earlier time counts, if both are times."""


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
class ImageResult:
    """The result of the last scan of an image under one of its tags."""

    digest: str
    scanned_at: datetime | None
    """The earlier one where a row states two times; None if it has no result, or a time that is none."""
    latest_at: datetime | None = None
    """The later one; it may not be in the future either."""
    is_from_before_push: bool = False
    """Whether the image came under this tag after the scan, so that the result may be that of another image."""
    is_risky: bool | None
    """None if the cloud says neither YES nor NO, or NO although a part of the scan found something."""
    kinds: Mapping[ScanScope, int] = field(default_factory=dict)
    """How many findings it has, by kind; absent where the cloud gives no valid number."""
    clean_kinds: frozenset[ScanScope] = frozenset()
    """The kinds of which it states the number 0, and nothing else."""


def parse_image_result(row: Mapping[str, Any]) -> ImageResult:
    """Translates one entry of ImageInstanceList."""
    # A scan that is still running, or was refused, has no result.
    is_over = all(is_one_of(row.get(name), SUCCESS_VALUES) for name in ("ScaStatus", "ScaResult"))
    times = scan_times(row) if is_over else []
    return ImageResult(
        digest=normalise_digest(row.get("Digest")),
        scanned_at=min(times, default=None),
        latest_at=max(times, default=None),
        is_from_before_push=is_from_before_push(row),
        is_risky=_is_risky(row),
        kinds=_kinds(row),
        clean_kinds=frozenset(scope for source, scope in _RISK_SOURCES.items() if _is_clean(row, source)),
    )


def scan_times(row: Mapping[str, Any]) -> list[datetime]:
    """When the image was last scanned, by each field that states it; empty if one of them is no time."""
    stated = [datetime_from_ms(row[name]) for name in _SCAN_TIME_FIELDS if row.get(name) is not None]
    # One that is there and no time is not replaced by the other.
    return [] if None in stated else list(filter(None, stated))


class RiskOfRow(Protocol):
    """What a row of one of its tags says of the risk of an image."""

    @property
    def is_risky(self) -> bool | None:
        """None if it says nothing for certain."""
        ...

    @property
    def is_from_before_push(self) -> bool:
        """Whether that may be the risk of another image."""
        ...


def risk_of(rows: Iterable[RiskOfRow], results: Iterable[RiskOfRow]) -> bool | None:
    """Whether an image is risky under any tag; None if that is not certain.

    Args:
        rows: All of its rows: a risk in any of them counts, in an older one too.
        results: Those of them that have to say that there is none.
    """
    shown = {row.is_from_before_push for row in rows if row.is_risky}
    if False in shown:
        return True
    return None if shown or None in {row.is_risky for row in results} else False


def is_from_before_push(row: Mapping[str, Any]) -> bool:
    """Whether an entry of ImageInstanceList states a scan that is older than its image under this tag."""
    times, updated_at = scan_times(row), datetime_from_ms(parse_milliseconds(row.get("ImageUpdate")))
    return bool(times and updated_at and min(times) < updated_at)


def normalise_digest(value: object) -> str:
    """A digest in lower case without its prefix `sha256:`, which the cloud sends in some places only."""
    return text(value).strip().lower().removeprefix("sha256:")


def parse_milliseconds(value: object) -> int | None:
    """Ms since 1970, as a number or in a text (alibaba-images.md 4.1); None for anything else."""
    return int(value) if isinstance(value, str) and _MILLISECONDS.fullmatch(value) else count(value)


def _is_risky(row: Mapping[str, Any]) -> bool | None:
    risk = row.get("RiskStatus")
    if risk == "YES":
        return True
    found_nothing = all(_states_nothing(row, source) for source in _RISK_SOURCES)
    return False if risk == "NO" and found_nothing else None


def _states_nothing(row: Mapping[str, Any], source: str) -> bool:
    """Whether no field of a kind of findings says that there are some; it may say nothing at all."""
    return all(is_one_of(row.get(f"{source}{what}"), NO_FINDINGS_VALUES) for what in ("Status", "Count"))


def _is_clean(row: Mapping[str, Any], source: str) -> bool:
    return count(row.get(f"{source}Count")) == 0 and _states_nothing(row, source)


def _kinds(row: Mapping[str, Any]) -> dict[ScanScope, int]:
    counts = {scope: count(row.get(f"{source}Count")) for source, scope in _RISK_SOURCES.items()}
    return {scope: number for scope, number in counts.items() if number is not None}


def _state(info: Mapping[str, Any]) -> TaskState:
    result, status = info.get("Result"), info.get("Status")
    if result == UNSUPPORTED_REGION:
        return TaskState.FAILED
    state = _STATES.get(status, TaskState.UNKNOWN) if isinstance(status, str) else TaskState.UNKNOWN
    return TaskState.UNKNOWN if state is TaskState.COMPLETE and not is_one_of(result, SUCCESS_VALUES) else state


def _raw_state(info: Mapping[str, Any]) -> str:
    parts = [as_text(info[key]) for key in ("Status", "Result") if info.get(key) not in (None, "")]
    return ", ".join(dict.fromkeys(parts)) or "none given"


def _progress(info: Mapping[str, Any], document: Mapping[str, Any]) -> int | None:
    if info.get("Status") == _PENDING:
        # In the vendor's own sample the counts contradict the state (1.2); nothing of a pending task is done.
        return 0
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
