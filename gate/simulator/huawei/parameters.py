"""Validates the parameters of the task list, and filters tasks by them (huawei-hss.md 1)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from gate.simulator.huawei.checks import PAGES, Check, between, is_in_enterprise_project, length, one_of
from gate.simulator.huawei.rendering import milliseconds, scope_mask
from gate.simulator.task import ENDED, Snapshot

MAX_TIME: Final = 4_070_880_000_000
TEXT: Final = length(1, 256)
CHECKS: Final[Mapping[str, Check]] = {
    **PAGES,
    "type": one_of("image_sync", "image_scan"),
    "global_image_type": one_of("local", "registry"),
    "task_type": one_of("cycle", "manual", "autoSync", "manualSync"),
    "task_name": TEXT,
    "task_id": TEXT,
    "task_status": one_of("scanning", "finished"),
    "create_time": between(0, MAX_TIME),
    "end_time": between(0, MAX_TIME),
    "scan_scope": between(0, 0x7FFF_FFFF),
}

Filter: TypeAlias = Callable[[str, Snapshot], bool]


def _has_status(value: str, snapshot: Snapshot) -> bool:
    # Whether `finished` includes tasks that did not succeed is not documented (huawei-hss.md 2); here it does.
    return (value == "finished") == (snapshot.stage.state in ENDED)


def _ended_by(value: str, snapshot: Snapshot) -> bool:
    return snapshot.ended is not None and milliseconds(snapshot.ended) <= int(value)


def _in_scope(value: str, snapshot: Snapshot) -> bool:
    mask, requested = scope_mask(snapshot.task), int(value)
    return mask == requested or bool(mask & requested)


FILTERS: Final[Mapping[str, Filter]] = {
    "type": lambda value, snapshot: snapshot.task.kind == value,
    "enterprise_project_id": lambda value, snapshot: is_in_enterprise_project(
        value, snapshot.task.enterprise_project_id
    ),
    "global_image_type": lambda value, snapshot: snapshot.task.image_type == value,
    "task_type": lambda value, snapshot: snapshot.task.task_type == value,
    "task_name": lambda value, snapshot: value in snapshot.task.name,
    "task_id": lambda value, snapshot: snapshot.task.id == value,
    "task_status": _has_status,
    # An inclusive window on start and end time is the likeliest reading of the two parameters (huawei-hss.md 1).
    "create_time": lambda value, snapshot: milliseconds(snapshot.started) >= int(value),
    "end_time": _ended_by,
    "scan_scope": _in_scope,
}


def select(query: Mapping[str, str], tasks: Sequence[Snapshot]) -> list[Snapshot]:
    """The tasks that match every parameter of a valid query."""
    filters = [(FILTERS[name], value) for name, value in query.items() if name in FILTERS]
    return [snapshot for snapshot in tasks if all(matches(value, snapshot) for matches, value in filters)]
