"""Builds faults that put an undocumented value into one field of a response."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from tests.matrix.fault import response_fault
from tests.matrix.injection_points import TASK_ID

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from tests.matrix.fault import Fault, FaultContext

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
"""Values that are not valid as a count, an enumeration value or a list in any documented field."""


def field_fault(
    path: str,
    name: str,
    value: object,
    operations: Collection[str],
    *,
    other_values: Mapping[str, object] = MappingProxyType({}),
    **attributes: Any,
) -> Fault:
    """A fault that sets a field in the responses of some operations.

    Args:
        path: The path of the field; `*` stands for every field. In a list of tasks, it is set in the task that the gate
            has to judge; in a list of leaves, in that of one image; in any other list, in every row.
        name: The name of the value.
        value: The value, or MISSING.
        operations: The operations whose responses have the field.
        other_values: Values of other fields, by path.
        attributes: Other attributes of the fault.
    """
    values = {**other_values, path: value}

    def change(_context: FaultContext, operation: str, document: Any) -> Any:
        for field, new in values.items() if operation in operations else ():
            document = _with_value(document, field.split("."), new)
        return document

    suffixes = [f"with-{other}" for other in other_values.values()]
    suffixes += ["of-other-type"] if attributes.get("is_other_type") else []
    return response_fault("-".join([f"{path}={name}", *suffixes]), change, **attributes)


def _with_value(document: Any, path: Sequence[str], value: object) -> Any:
    name, *rest = path
    if name == "*":
        changed = (_with_value({key: old}, [key, *rest], value) for key, old in document.items())
        return {key: new for one in changed for key, new in one.items()}
    if rest and name not in document:
        return document
    if not rest and value is MISSING:
        return {key: old for key, old in document.items() if key != name}
    return {**document, name: _with_inner_value(name, document[name], rest, value) if rest else value}


def _with_inner_value(name: str, inner: Any, path: Sequence[str], value: object) -> Any:
    if not isinstance(inner, list):
        return _with_value(inner, path, value)
    return [_with_value(row, path, value) if _is_affected(name, row, inner) else row for row in inner]


def _is_affected(name: str, row: Any, rows: list[Any]) -> bool:
    if name == "data_list":
        return "task_id" not in row or TASK_ID not in {one["task_id"] for one in rows} or row["task_id"] == TASK_ID
    # The first leaf is that of the repository.
    return row is rows[-1] if name == "OnceTasks" else True
