"""Huawei Cloud's scan tasks in our vocabulary: tolerant of what may be absent, strict about what counts as a number.

Fields are those of ListImageScanTask, every one of which is optional there (huawei-hss.md 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gate.clouds.huawei.selection import IMAGE_SCAN, IMAGE_SYNC
from gate.clouds.values import count, malformed, moment, readable_id, text
from gate.scan import Counts, FailedImage, ImageRef, ScanTask, TaskState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TASK_TYPES = {IMAGE_SCAN: frozenset({"cycle", "manual"}), IMAGE_SYNC: frozenset({"autoSync", "manualSync"})}
_COMPLETE = 100
_MINUTES_OF_A_YEAR = 525_600
_MOST_ENTRIES = 200_000
"""Scan tasks and failed images in one answer; the millions for which its bytes have room take minutes to read."""
_ENDINGS = {_COMPLETE: TaskState.COMPLETE, -1: TaskState.STOPPED, -2: TaskState.TIMED_OUT, -3: TaskState.FAILED}


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One page of the list of tasks."""

    rows: list[Mapping[str, Any]]
    total: int | None
    """How many tasks there are on all pages; None where the cloud does not say."""

    @property
    def ids(self) -> list[object]:
        """The ids of the tasks, as they came."""
        return [row.get("task_id") for row in self.rows]


def page(document: Mapping[str, Any]) -> Page:
    """Reads the envelope.

    Raises:
        NotUnderstood: There is no list of tasks in it, or one that contradicts itself; an answer without a list is
            not an answer of "no tasks".
    """
    total = document.get("total_num")
    rows = document.get("data_list", [] if total == 0 else None)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise malformed("The answer has no list of scan tasks.")
    if total is not None and count(total) is None:
        raise malformed("The answer does not say in a number how many scan tasks there are.")
    if len(rows) + sum(map(_failures_listed, rows)) > _MOST_ENTRIES:
        raise malformed(f"The answer lists more than {_MOST_ENTRIES} scan tasks and failed images.")
    if has_duplicate_ids(rows):
        raise malformed("The answer lists one scan task twice.")
    if any(key.lower().startswith("error") and row[key] for row in rows for key in row):
        raise malformed("The answer has an error in the place of a scan task.")
    return Page(rows=rows, total=total)


def has_duplicate_ids(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether one task stands there twice, by its id."""
    ids = [repr(row["task_id"]) for row in rows if row.get("task_id")]
    return len(set(ids)) < len(ids)


def is_kind(row: Mapping[str, Any], kind: str) -> bool:
    """Whether this task is of the kind that was asked for; one that does not say its type is believed."""
    others = {IMAGE_SCAN: IMAGE_SYNC, IMAGE_SYNC: IMAGE_SCAN}[kind]
    describe_error = row.get("task_type")
    return not (isinstance(describe_error, str) and describe_error in _TASK_TYPES[others])


def task(row: Mapping[str, Any], kind: str) -> ScanTask:
    """Turns one entry of `data_list` into a scan task of this kind, `image_scan` or `image_sync`.

    Raises:
        NotUnderstood: Its id holds characters with which it cannot be asked for again.
    """
    status = row.get("task_status")
    minutes = count(row.get("remain_min"))
    return ScanTask(
        id=readable_id(row.get("task_id")),
        name=text(row.get("task_name")),
        type=text(row.get("task_type")),
        state=_state(status),
        raw_state="none given" if status is None else str(status),
        progress=status if _is_progress(status) else None,
        started_at=moment(row.get("begin_time")),
        ended_at=moment(row.get("end_time")),
        # The unit is nowhere stated; its name says minutes (huawei-hss.md 2). It only ever shortens a pause.
        remaining=None if minutes is None else min(minutes, _MINUTES_OF_A_YEAR) * 60.0,
        counts=_counts(row, kind),
        failed_images=_failed_images(row),
        reason=text(row.get("failed_reason")),
        risk_applies=kind == IMAGE_SCAN,
    )


def _state(status: object) -> TaskState:
    # type() and not isinstance(): True is an int, and 100.0 is not the documented Integer 100.
    if type(status) is not int:
        return TaskState.UNKNOWN
    return TaskState.RUNNING if 0 <= status < _COMPLETE else _ENDINGS.get(status, TaskState.UNKNOWN)


def _is_progress(status: object) -> bool:
    return type(status) is int and 0 <= status <= _COMPLETE


def _counts(row: Mapping[str, Any], kind: str) -> Counts:
    return Counts(
        total=count(row.get("total_num")),
        succeeded=count(row.get("success_num")),
        # A list of failed images that is none says that there may be some, and not how many.
        failed=count(row.get("failed_num")) if isinstance(row.get("failed_images", []), list | None) else None,
        risky=count(row.get("risky_num")) if kind == IMAGE_SCAN else None,
    )


def _failures_listed(row: Mapping[str, Any]) -> int:
    entries = row.get("failed_images")
    return len(entries) if isinstance(entries, list) else 0


def _failed_images(row: Mapping[str, Any]) -> tuple[FailedImage, ...]:
    entries = row.get("failed_images")
    # An entry that cannot be read still stands for an image that failed.
    return tuple(_failed_image(entry) for entry in entries) if isinstance(entries, list) else ()


def _failed_image(entry: object) -> FailedImage:
    fields = entry if isinstance(entry, dict) else {}
    image = ImageRef(
        registry=text(fields.get("registry_name")),
        namespace=text(fields.get("namespace")),
        name=text(fields.get("image_name")),
        tag=text(fields.get("image_version")),
    )
    return FailedImage(image=image, reason=text(fields.get("failed_reason")))
