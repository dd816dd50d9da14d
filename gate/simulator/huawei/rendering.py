"""Writes a task as HSS does: its names, its types, and what it leaves out (huawei-hss.md 2)."""

from dataclasses import asdict
from functools import reduce
from operator import or_
from typing import Any, Final

from gate.simulator.task import EVERY_SCOPE, Scope, SimulatedTask, Snapshot, State

STATUS: Final[dict[State, int]] = {
    "queued": 0,
    "complete": 100,
    "stopped": -1,
    "timed-out": -2,
    "failed": -3,
    # Outside of -3 to 100, on the side where a careless "at least 100" would pass it.
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
    """A moment as HSS writes it."""
    return round(seconds * 1000)


def scope_mask(task: SimulatedTask) -> int:
    """What a task looks for, bit by bit; an image_sync task looks for nothing."""
    if task.kind == "image_sync":
        return 0
    return EVERY_SCOPE_MASK if task.scopes == EVERY_SCOPE else reduce(or_, (SCOPE[scope] for scope in task.scopes), 0)


def status(seen: Snapshot) -> int:
    """The one number that holds both state and progress; a running task never reaches 100."""
    return STATUS.get(seen.stage.state, min(max(seen.stage.progress, 0), 99))


def document(seen: Snapshot) -> dict[str, Any]:
    """One element of data_list, without the fields that have nothing to say."""
    counts = seen.counts
    everything = {
        "task_id": seen.task.id,
        "task_name": seen.task.name,
        "begin_time": milliseconds(seen.started),
        "end_time": None if seen.ended is None else milliseconds(seen.ended),
        "task_type": seen.task.task_type,
        "task_status": status(seen),
        **(_scan_only(seen) if seen.task.kind == "image_scan" else {}),
        "failed_num": counts.failed,
        "success_num": counts.succeeded,
        "total_num": counts.total,
        "failed_images": [asdict(image) for image in counts.failed_images],
    }
    return {name: value for name, value in everything.items() if value is not None}


def _scan_only(seen: Snapshot) -> dict[str, Any]:
    # The vendor's sample of an image_sync task has none of these.
    return {
        "remain_min": seen.stage.remaining_minutes,
        "image_type": seen.task.image_type,
        "scan_scope": scope_mask(seen.task),
        "rate_limit": 0,
        "is_all": True,
        "risky_num": seen.counts.risky,
        "failed_reason": "" if status(seen) >= 0 else f"The task is {seen.stage.state}.",
    }
