"""Filters images by criteria (alibaba-security-center.md 2.2).

`Criteria` is documented as a JSON array of name, value and logicalExp; logicalExp joins several values of one name,
`LogicalExp` joins the names. The default of both is not documented; here it is AND.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

JOINS: Final[Mapping[str, Callable[[Iterable[object]], bool]]] = {"AND": all, "OR": any}
NAMES: Final = frozenset(
    {
        "instanceId",
        "repoName",
        "repoId",
        "repoNamespace",
        "regionId",
        "vulStatus",
        "alarmStatus",
        "hcStatus",
        "riskStatus",
        "registryType",
        "imageId",
        "tag",
        "digest",
    }
)
"""Each is a field of a row, there with a capital first letter."""
ALGORITHM: Final = "sha256:"
SIMILAR: Final = 12
"""Digests are similar if they have as many first digits in common."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Criterion:
    """One condition on a row."""

    name: str
    value: str
    join: str


def parse(text: str) -> list[Criterion] | None:
    """The criteria of a request; None if they are not of the documented form."""
    try:
        entries = json.loads(text)
    except ValueError:
        return None
    if not isinstance(entries, list):
        return None
    criteria = [criterion for entry in entries if (criterion := _criterion(entry)) is not None]
    return criteria if len(criteria) == len(entries) else None


def matching_rows(
    criteria: Iterable[Criterion], join: str, rows: Iterable[dict[str, Any]], *, is_fuzzy: bool
) -> list[dict[str, Any]]:
    """The rows that match the criteria; without criteria, all of them. A fuzzy digest also finds similar ones."""
    by_name: dict[str, list[Criterion]] = {}
    for criterion in criteria:
        by_name.setdefault(criterion.name, []).append(criterion)
    conditions = [
        (name, _join(same), {_comparable(name, one.value, is_fuzzy=is_fuzzy) for one in same})
        for name, same in by_name.items()
    ]
    return [
        row
        for row in rows
        if not conditions or JOINS[join](_matches(row, *condition, is_fuzzy=is_fuzzy) for condition in conditions)
    ]


def _matches(row: Mapping[str, Any], name: str, join: str, values: set[str], *, is_fuzzy: bool) -> bool:
    actual: str | None = row.get(name[0].upper() + name[1:])
    # A row has one value per name: it matches several values with OR, and with AND only if they are all the same.
    return (
        actual is not None
        and _comparable(name, actual, is_fuzzy=is_fuzzy) in values
        and (join == "OR" or len(values) == 1)
    )


def _comparable(name: str, value: str, *, is_fuzzy: bool) -> str:
    # A digest is the same with and without the name of its algorithm; no other value has this prefix.
    bare = value.removeprefix(ALGORITHM)
    return bare[:SIMILAR] if name == "digest" and is_fuzzy else bare


def _criterion(entry: Any) -> Criterion | None:
    match entry:
        case {"name": str(name), "value": str(value)} if name in NAMES and entry.get("logicalExp", "AND") in JOINS:
            return Criterion(name=name, value=value, join=entry.get("logicalExp", "AND"))
        case _:
            return None


def _join(criteria: Iterable[Criterion]) -> str:
    return "OR" if any(criterion.join == "OR" for criterion in criteria) else "AND"
