"""The fields that the gate reads, and everything that may stand in one instead of what is documented."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from tests.matrix.moments import OURS
from tests.matrix.stage import altered

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from tests.matrix.stage import Stage, Trouble

MISSING: Final = object()
VARIANTS: Final[Mapping[str, object]] = {
    "missing": MISSING,
    "null": None,
    "text": "text",
    "digits": "7",
    "true": True,
    "negative": -1,
    "fraction": 1.5,
    "huge": 1e300,
    "list": [],
    "object": {},
}
"""What is never a number, a word or a list of ours."""


def field(
    path: str,
    name: str,
    value: object,
    operations: Collection[str],
    *,
    beside: Mapping[str, object] = MappingProxyType({}),
    **others: Any,
) -> Trouble:
    """A field that holds something else, in the answers of these operations.

    Args:
        path: The names that lead to it. In a list of tasks, ours is meant; in a list of leaves, that of one image; in
            any other list, every row.
        name: What the value is called.
        value: What stands in the field, or MISSING.
        operations: Whose answers have it.
        beside: What else is not as it was, by its path.
        others: What else the fault may have.
    """
    edits = {**beside, path: value}

    def change(_stage: Stage, operation: str, true: Any) -> Any:
        for where, what in edits.items() if operation in operations else ():
            true = _edited(true, where.split("."), what)
        return true

    notes = [f"beside-{what}" for what in beside.values()]
    notes += ["of-another-kind"] if others.get("of_other_kind") else []
    return altered("-".join([f"{path}={name}", *notes]), change, **others)


def _edited(document: Any, path: Sequence[str], value: object) -> Any:
    name, *rest = path
    if rest and name not in document:
        return document
    if not rest and value is MISSING:
        return {key: old for key, old in document.items() if key != name}
    return {**document, name: _inside(name, document[name], rest, value) if rest else value}


def _inside(name: str, part: Any, path: Sequence[str], value: object) -> Any:
    if not isinstance(part, list):
        return _edited(part, path, value)
    return [_edited(row, path, value) if _is_meant(name, row, part) else row for row in part]


def _is_meant(name: str, row: Any, rows: list[Any]) -> bool:
    if name == "data_list":
        return bool(row["task_id"] == OURS)
    # The first leaf is that of the repository.
    return row is rows[-1] if name == "OnceTasks" else True
