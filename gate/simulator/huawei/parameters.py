"""Knows every parameter of the task list: what it may be, and which tasks it keeps (huawei-hss.md 1)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gate.simulator.huawei.rendering import milliseconds, scope_mask
from gate.simulator.task import ENDED, Snapshot

LONGEST: Final = 256
LATEST: Final = 4_070_880_000_000
EVERY_ENTERPRISE_PROJECT: Final = "all_granted_eps"


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """One parameter of the query."""

    accepts: Callable[[str], bool]
    keeps: Callable[[str, Snapshot], bool] = lambda _value, _seen: True


def _length(text: str) -> bool:
    return 1 <= len(text) <= LONGEST


def _one_of(*words: str) -> Callable[[str], bool]:
    return lambda text: text in words


def _between(least: int, most: int) -> Callable[[str], bool]:
    return lambda text: text.isascii() and text.isdigit() and least <= int(text) <= most


def _in_enterprise_project(value: str, seen: Snapshot) -> bool:
    return value in {EVERY_ENTERPRISE_PROJECT, seen.task.enterprise_project_id}


def _has_status(value: str, seen: Snapshot) -> bool:
    # Whether `finished` covers the bad endings is not documented (huawei-hss.md 2); here it does, as the word says.
    return (value == "finished") == (seen.stage.state in ENDED)


def _ended_by(value: str, seen: Snapshot) -> bool:
    return seen.ended is not None and milliseconds(seen.ended) <= int(value)


def _in_scope(value: str, seen: Snapshot) -> bool:
    mask, wanted = scope_mask(seen.task), int(value)
    return mask == wanted or bool(mask & wanted)


PARAMETERS: Final[Mapping[str, Parameter]] = {
    "type": Parameter(accepts=_one_of("image_sync", "image_scan"), keeps=lambda value, seen: seen.task.kind == value),
    "enterprise_project_id": Parameter(accepts=_length, keeps=_in_enterprise_project),
    "global_image_type": Parameter(
        accepts=_one_of("local", "registry"), keeps=lambda value, seen: seen.task.image_type == value
    ),
    "task_type": Parameter(
        accepts=_one_of("cycle", "manual", "autoSync", "manualSync"),
        keeps=lambda value, seen: seen.task.task_type == value,
    ),
    "task_name": Parameter(accepts=_length, keeps=lambda value, seen: value in seen.task.name),
    "task_id": Parameter(accepts=_length, keeps=lambda value, seen: seen.task.id == value),
    "task_status": Parameter(accepts=_one_of("scanning", "finished"), keeps=_has_status),
    # An inclusive window on begin and end is the likeliest reading of the two times (huawei-hss.md 1).
    "create_time": Parameter(
        accepts=_between(0, LATEST), keeps=lambda value, seen: milliseconds(seen.started) >= int(value)
    ),
    "end_time": Parameter(accepts=_between(0, LATEST), keeps=_ended_by),
    "scan_scope": Parameter(accepts=_between(0, 0x7FFF_FFFF), keeps=_in_scope),
    "offset": Parameter(accepts=_between(0, 2_000_000)),
    "limit": Parameter(accepts=_between(10, 200)),
}
DEFAULTS: Final[Mapping[str, str]] = {"enterprise_project_id": "0", "offset": "0", "limit": "10"}


def warning(query: Mapping[str, Sequence[str]]) -> str | None:
    """What is wrong with a query, or nothing; a parameter that the page does not name is passed over."""
    if "type" not in query:
        return "Invalid parameter: type is required"
    for name in query.keys() & PARAMETERS.keys():
        if len(query[name]) > 1 or not PARAMETERS[name].accepts(query[name][0]):
            return f"Invalid parameter: {name}={','.join(query[name])}"
    return None


def kept(query: Mapping[str, str], tasks: Sequence[Snapshot]) -> list[Snapshot]:
    """The tasks that every parameter of a query without complaint keeps."""
    asked = [(PARAMETERS[name].keeps, value) for name, value in query.items() if name in PARAMETERS]
    return [seen for seen in tasks if all(keeps(value, seen) for keeps, value in asked)]
