"""Translates Huawei Cloud's scan tasks into `gate.scan`.

It accepts absent fields, since every field of ListImageScanTask is optional (huawei-hss.md 2), and counts only what is
a number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gate.clouds.huawei import lists
from gate.clouds.huawei.lists import RowKind
from gate.clouds.huawei.selection import IMAGE_SCAN, TASK_TYPES
from gate.clouds.values import as_text, count, datetime_from_ms, malformed, printable_id, quoted, text
from gate.image import FailedImage, ImageRef
from gate.scan import Counts, ScanScope, ScanTask, TaskState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gate.clouds.huawei.lists import Page

TASKS = RowKind(one="scan task", many="scan tasks", id_field="task_id")
_COMPLETE = 100
_MINUTES_PER_YEAR = 525_600
_MAX_ENTRIES = 200_000
"""Scan tasks and failed images in one response; more are possible only if they are empty."""
_SCOPE_BITS = {
    ScanScope.VULNERABILITY: 0x000F0000,
    ScanScope.BASELINE: 0x0000F000,
    ScanScope.MALICIOUS_FILE: 0x00000F00,
    ScanScope.SENSITIVE_INFORMATION: 0x000000F0,
    ScanScope.SOFTWARE_COMPLIANCE: 0x0000000F,
}
"""The bits of `scan_scope`; "all" is 0x7fffffff in one API and 0xfffff in another (huawei-hss.md 1)."""
_SIGNS: Mapping[str, tuple[str, Callable[[object], bool]]] = {
    "failed_reason": ("a failure that is not a text", lambda value: isinstance(value, str)),
    "remain_min": ("a remaining time that is not a whole number", lambda value: type(value) is int),
    "end_time": ("an end that is not a valid time", lambda value: datetime_from_ms(value) is not None),
}
"""The fields that can contradict a complete task, and what they state otherwise than documented (huawei-hss.md 2)."""
_FINAL_STATES = {_COMPLETE: TaskState.COMPLETE, -1: TaskState.STOPPED, -2: TaskState.TIMED_OUT, -3: TaskState.FAILED}


def parse_page(document: Mapping[str, Any]) -> Page:
    """Reads one page of the list of tasks.

    Raises:
        NotUnderstood: See `lists.parse_page`; or there are too many entries in it.
    """
    page = lists.parse_page(document, TASKS)
    if len(page.rows) + sum(map(_count_failed_entries, page.rows)) > _MAX_ENTRIES:
        raise malformed(f"The response lists more than {_MAX_ENTRIES} scan tasks and failed images.")
    return page


def parse_task(row: Mapping[str, Any], list_type: str) -> ScanTask:
    """Translates one entry of `data_list` into a scan task; the list type is `image_scan` or `image_sync`.

    Raises:
        NotUnderstood: The task's id has unprintable characters, so the task cannot be requested by it.
    """
    status = row.get("task_status")
    minutes = count(row.get("remain_min"))
    return ScanTask(
        id=printable_id(row.get("task_id")),
        name=text(row.get("task_name")),
        type=text(row.get("task_type")),
        has_unknown_type=text(row.get("task_type")) not in TASK_TYPES[list_type],
        scopes=scopes(row.get("scan_scope")),
        covers_all_images=row["is_all"] if type(row.get("is_all")) is bool else None,
        image_type=text(row.get("image_type")),
        state=_state(status),
        raw_state="none given" if status is None else as_text(status),
        progress=status if _is_progress(status) else None,
        started_at=datetime_from_ms(row.get("begin_time")),
        ended_at=datetime_from_ms(row.get("end_time")),
        # The documents do not state the unit; the field's name says minutes (huawei-hss.md 2). The estimate can only
        # shorten a pause.
        remaining=None if minutes is None else min(minutes, _MINUTES_PER_YEAR) * 60.0,
        counts=_counts(row, list_type),
        failed_images=_failed_images(row),
        has_unread_failures=not isinstance(row.get("failed_images"), list | None),
        reason=text(row.get("failed_reason")),
        contradiction=_unreadable_sign(row),
        risk_applies=list_type == IMAGE_SCAN,
    )


def scopes(mask: object) -> frozenset[ScanScope] | None:
    """Reads `scan_scope`; a kind of finding counts only with all of its bits, and a malformed mask has none.

    Returns None if the field is absent.
    """
    if mask is None:
        return None
    bits = mask if type(mask) is int and mask >= 0 else 0
    return frozenset(scope for scope, group in _SCOPE_BITS.items() if bits & group == group)


def _state(status: object) -> TaskState:
    # type() and not isinstance(): True is an int, and 100.0 is not the documented Integer 100.
    if type(status) is not int:
        return TaskState.UNKNOWN
    return TaskState.RUNNING if 0 <= status < _COMPLETE else _FINAL_STATES.get(status, TaskState.UNKNOWN)


def _is_progress(status: object) -> bool:
    return type(status) is int and 0 <= status <= _COMPLETE


def _unreadable_sign(row: Mapping[str, Any]) -> str:
    """Returns what a complete task states of a failure, a rest or an end in a way that cannot be read.

    Such a value says something, and nobody knows what; an absent field, an empty value and 0 say nothing.
    """
    for field, (what, is_readable) in _SIGNS.items():
        value = row.get(field)
        # type() and not ==: false is not 0.
        says_nothing = not value and type(value) is not bool
        if not says_nothing and not is_readable(value):
            return f"it states {what} ({quoted(value)})"
    return ""


def _counts(row: Mapping[str, Any], list_type: str) -> Counts:
    return Counts(
        total=count(row.get("total_num")),
        succeeded=count(row.get("success_num")),
        failed=count(row.get("failed_num")),
        risky=count(row.get("risky_num")) if list_type == IMAGE_SCAN else None,
    )


def _count_failed_entries(row: Mapping[str, Any]) -> int:
    entries = row.get("failed_images")
    return len(entries) if isinstance(entries, list) else 0


def _failed_images(row: Mapping[str, Any]) -> tuple[FailedImage, ...]:
    entries = row.get("failed_images")
    # A malformed entry still stands for an image that failed.
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
