"""Validates the parameters of the task list, and filters tasks by them (huawei-hss.md 1)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gate.simulator.huawei.rendering import milliseconds, scope_mask
from gate.simulator.task import ENDED, Snapshot

MAX_LENGTH: Final = 256
MAX_TIME: Final = 4_070_880_000_000
EVERY_ENTERPRISE_PROJECT: Final = "all_granted_eps"


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """One parameter of the query."""

    accepts: Callable[[str], bool]
    matches: Callable[[str, Snapshot], bool] = lambda _value, _snapshot: True


def _length(text: str) -> bool:
    return 1 <= len(text) <= MAX_LENGTH


def _one_of(*values: str) -> Callable[[str], bool]:
    return lambda text: text in values


def _between(minimum: int, maximum: int) -> Callable[[str], bool]:
    return lambda text: text.isascii() and text.isdigit() and minimum <= int(text) <= maximum


def _in_enterprise_project(value: str, snapshot: Snapshot) -> bool:
    return value in {EVERY_ENTERPRISE_PROJECT, snapshot.task.enterprise_project_id}


def _has_status(value: str, snapshot: Snapshot) -> bool:
    # Whether `finished` includes tasks that did not succeed is not documented (huawei-hss.md 2); here it does.
    return (value == "finished") == (snapshot.stage.state in ENDED)


def _ended_by(value: str, snapshot: Snapshot) -> bool:
    return snapshot.ended is not None and milliseconds(snapshot.ended) <= int(value)


def _in_scope(value: str, snapshot: Snapshot) -> bool:
    mask, requested = scope_mask(snapshot.task), int(value)
    return mask == requested or bool(mask & requested)


PARAMETERS: Final[Mapping[str, Parameter]] = {
    "type": Parameter(
        accepts=_one_of("image_sync", "image_scan"), matches=lambda value, snapshot: snapshot.task.kind == value
    ),
    "enterprise_project_id": Parameter(accepts=_length, matches=_in_enterprise_project),
    "global_image_type": Parameter(
        accepts=_one_of("local", "registry"), matches=lambda value, snapshot: snapshot.task.image_type == value
    ),
    "task_type": Parameter(
        accepts=_one_of("cycle", "manual", "autoSync", "manualSync"),
        matches=lambda value, snapshot: snapshot.task.task_type == value,
    ),
    "task_name": Parameter(accepts=_length, matches=lambda value, snapshot: value in snapshot.task.name),
    "task_id": Parameter(accepts=_length, matches=lambda value, snapshot: snapshot.task.id == value),
    "task_status": Parameter(accepts=_one_of("scanning", "finished"), matches=_has_status),
    # An inclusive window on start and end time is the likeliest reading of the two parameters (huawei-hss.md 1).
    "create_time": Parameter(
        accepts=_between(0, MAX_TIME), matches=lambda value, snapshot: milliseconds(snapshot.started) >= int(value)
    ),
    "end_time": Parameter(accepts=_between(0, MAX_TIME), matches=_ended_by),
    "scan_scope": Parameter(accepts=_between(0, 0x7FFF_FFFF), matches=_in_scope),
    "offset": Parameter(accepts=_between(0, 2_000_000)),
    "limit": Parameter(accepts=_between(10, 200)),
}
DEFAULTS: Final[Mapping[str, str]] = {"enterprise_project_id": "0", "offset": "0", "limit": "10"}


def validation_error(query: Mapping[str, Sequence[str]]) -> str | None:
    """What is wrong with a query, or None; undocumented parameters are ignored."""
    if "type" not in query:
        return "Invalid parameter: type is required"
    for name in query.keys() & PARAMETERS.keys():
        if len(query[name]) > 1 or not PARAMETERS[name].accepts(query[name][0]):
            return f"Invalid parameter: {name}={','.join(query[name])}"
    return None


def select(query: Mapping[str, str], tasks: Sequence[Snapshot]) -> list[Snapshot]:
    """The tasks that match every parameter of a valid query."""
    filters = [(PARAMETERS[name].matches, value) for name, value in query.items() if name in PARAMETERS]
    return [snapshot for snapshot in tasks if all(matches(value, snapshot) for matches, value in filters)]
