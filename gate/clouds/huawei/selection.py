"""Which scan tasks of a project are selected, from the options of the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from gate.clouds.values import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Filters: TypeAlias = tuple[tuple[str, str], ...]
"""Parameters of a query, and their values."""
IMAGE_SCAN, IMAGE_SYNC = "image_scan", "image_sync"
PAGE_SIZE = 200
"""The largest page of ListImageScanTask; the smallest has 10 tasks (huawei-hss.md 1)."""
TASK_TYPES = {IMAGE_SCAN: frozenset({"cycle", "manual"}), IMAGE_SYNC: frozenset({"autoSync", "manualSync"})}
"""The values of `task_type` in each list (huawei-hss.md 1)."""
_COMPLETE = 100
_SCOPE = ("enterprise-project-id",)
_FILTERS = ("global-image-type", "task-type", "task-name", "create-time", "end-time", "task-status", "scan-scope")


def _contains_name(row: Mapping[str, Any], value: str) -> bool:
    # The documents say "fuzzy match" and no more (huawei-hss.md 1).
    return value.casefold() in text(row.get("task_name")).casefold()


def _has_scope(row: Mapping[str, Any], value: str) -> bool:
    mask, bits = int(value), row.get("scan_scope")
    return type(bits) is int and (bits & mask == mask if mask else bits == 0)


def _has_status(row: Mapping[str, Any], value: str) -> bool:
    status = row.get("task_status")
    is_running = type(status) is int and 0 <= status < _COMPLETE
    return type(status) is int and is_running == (value == "scanning")


def _started_since(row: Mapping[str, Any], value: str) -> bool:
    started = row.get("begin_time")
    return type(started) is int and started >= int(value)


def _ended_until(row: Mapping[str, Any], value: str) -> bool:
    ended = row.get("end_time")
    return type(ended) is int and ended <= int(value)


_FITS: Mapping[str, Callable[[Mapping[str, Any], str], bool]] = {
    "global_image_type": lambda row, value: row.get("image_type") == value,
    "task_type": lambda row, value: row.get("task_type") == value,
    "task_name": _contains_name,
    "create_time": _started_since,
    "end_time": _ended_until,
    "task_status": _has_status,
    "scan_scope": _has_scope,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """Which tasks of the project are selected, as query parameters of ListImageScanTask."""

    list_type: str
    """The parameter `type`: `image_scan` or `image_sync`."""
    scope: Filters
    """Where to search; sent with every request."""
    filters: Filters
    """Sent until a task is found; from then on, the cloud is asked for its id alone."""
    page_size: int

    @property
    def lasting_filters(self) -> Filters:
        """The filters that a task keeps fitting: all but `task_status`, which is about one moment."""
        return tuple((name, value) for name, value in self.filters if name != "task_status")

    def fits(self, row: Mapping[str, Any], filters: Filters) -> bool:
        """Whether a task fits the list type and these filters by its own fields; one that lacks a field does not.

        The cloud applies the same filters, but no pass may rest on that: a gateway that drops a parameter would show
        the tasks of other pipelines. Only the trigger of the other list type speaks against this one: a task whose
        trigger is not documented may be the newest scan, and `gate.selection` does not let it pass.
        """
        others = (types for list_type, types in TASK_TYPES.items() if list_type != self.list_type)
        is_of_other_list = any(text(row.get("task_type")) in types for types in others)
        return not is_of_other_list and all(_FITS[name](row, value) for name, value in filters)

    @classmethod
    def from_options(cls, values: Mapping[str, object]) -> Self:
        """Reads the options that were given, by name; an option becomes the query parameter of its name."""

        def given(names: tuple[str, ...]) -> Filters:
            return tuple((name.replace("-", "_"), str(values[name])) for name in names if name in values)

        return cls(
            list_type=str(values.get("type", IMAGE_SCAN)),
            scope=given(_SCOPE),
            filters=given(_FILTERS),
            page_size=int(str(values.get("limit", PAGE_SIZE))),
        )
