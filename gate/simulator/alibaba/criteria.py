"""Searches among images by criteria (alibaba-security-center.md 2.2).

What is documented: `Criteria` is a JSON array of name, value and logicalExp; logicalExp joins several values of one
name, `LogicalExp` joins the names. Which of both is taken when nothing is said is not documented; here it is AND.
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
"""A row has each of them, with a capital letter first."""
ALGORITHM: Final = "sha256:"


@dataclass(frozen=True, kw_only=True, slots=True)
class Criterion:
    """One thing that a row has to be."""

    name: str
    value: str
    join: str


def read(text: str) -> list[Criterion] | None:
    """The criteria of a request, or nothing if they are not of the documented form."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, list):
        return None
    criteria = [criterion for entry in found if (criterion := _criterion(entry)) is not None]
    return criteria if len(criteria) == len(found) else None


def fit(criteria: Iterable[Criterion], join: str, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows that are what the criteria ask for; without any, every row is."""
    names: dict[str, list[Criterion]] = {}
    for criterion in criteria:
        names.setdefault(criterion.name, []).append(criterion)
    wishes = [(name, _join(several), {_plain(one.value) for one in several}) for name, several in names.items()]
    return [row for row in rows if not wishes or JOINS[join](_fits(row, *wish) for wish in wishes)]


def _fits(row: Mapping[str, Any], name: str, join: str, values: set[str]) -> bool:
    held: str | None = row.get(name[0].upper() + name[1:])
    # A row has one value for each name: it is any of several, or all of them if they are one and the same.
    return held is not None and _plain(held) in values and (join == "OR" or len(values) == 1)


def _plain(value: str) -> str:
    # A digest is the same with and without the name of its algorithm, with which no other value begins.
    return value.removeprefix(ALGORITHM)


def _criterion(entry: Any) -> Criterion | None:
    match entry:
        case {"name": str(name), "value": str(value)} if name in NAMES and entry.get("logicalExp", "AND") in JOINS:
            return Criterion(name=name, value=value, join=entry.get("logicalExp", "AND"))
        case _:
            return None


def _join(several: Iterable[Criterion]) -> str:
    return "OR" if any(criterion.join == "OR" for criterion in several) else "AND"
