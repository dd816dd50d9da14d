"""Renders a task as HSS does: field names, types, and absent fields (huawei-hss.md 2)."""

from dataclasses import asdict
from functools import reduce
from operator import or_
from typing import Any, Final

from gate.simulator.huawei.rows import failed_image
from gate.simulator.task import EVERY_SCOPE, Counts, Scope, SimulatedTask, Snapshot, State

STATUS: Final[dict[State, int]] = {
    "queued": 0,
    "complete": 100,
    "stopped": -1,
    "timed-out": -2,
    "failed": -3,
    # Outside of -3 to 100, on the side where a check for "at least 100" would take it for complete.
    "unknown": 142,
}
SCOPE: Final[dict[Scope, int]] = {
    "vulnerability": 0x000F_0000,
    "baseline": 0x0000_F000,
    "malicious-file": 0x0000_0F00,
    "sensitive-information": 0x0000_00F0,
    "software-compliance": 0x0000_000F,
}
EVERY_SCOPE_MASK: Final = 0x7FFF_FFFF


def milliseconds(seconds: float) -> int:
    """A time in the unit of HSS."""
    return round(seconds * 1000)


def scope_mask(task: SimulatedTask) -> int:
    """The scan scope of a task as a bit mask; that of an image_sync task, or of one that states none, is 0."""
    if task.kind == "image_sync" or task.scopes is None:
        return 0
    return EVERY_SCOPE_MASK if task.scopes == EVERY_SCOPE else reduce(or_, (SCOPE[scope] for scope in task.scopes), 0)


def status(snapshot: Snapshot) -> int:
    """The field that holds both state and progress; it is below 100 while a task runs."""
    return STATUS.get(snapshot.stage.state, min(max(snapshot.stage.progress, 0), 99))


def document(snapshot: Snapshot) -> dict[str, Any]:
    """One element of data_list, without empty fields."""
    counts = snapshot.counts
    fields = {
        "task_id": snapshot.task.id,
        "task_name": snapshot.task.name,
        "begin_time": milliseconds(snapshot.started),
        "end_time": None if snapshot.ended is None else milliseconds(snapshot.ended),
        "task_type": snapshot.task.task_type,
        "task_status": status(snapshot),
        **(_scan_only(snapshot) if snapshot.task.kind == "image_scan" else {}),
        "failed_num": counts.failed,
        "success_num": counts.succeeded,
        "total_num": counts.total,
        "failed_images": _failed_images(snapshot, counts),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _failed_images(snapshot: Snapshot, counts: Counts) -> list[dict[str, Any]]:
    if snapshot.task.images:
        return [failed_image(image) for image in snapshot.ended_images if image.failure]
    return [asdict(image) for image in counts.failed_images]


def _scan_only(snapshot: Snapshot) -> dict[str, Any]:
    # The vendor's sample of an image_sync task has none of these.
    return {
        "remain_min": snapshot.stage.remaining_minutes,
        "image_type": snapshot.task.image_type,
        "scan_scope": None if snapshot.task.scopes is None else scope_mask(snapshot.task),
        "rate_limit": 0,
        "is_all": snapshot.task.all_images,
        "risky_num": snapshot.counts.risky,
        "failed_reason": "" if status(snapshot) >= 0 else f"The task is {snapshot.stage.state}.",
    }
