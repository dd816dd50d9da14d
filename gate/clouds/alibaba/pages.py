"""Security Center's lists: page after page, each held to what the one before said of the whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from gate.clouds.pagination import read_consistently
from gate.clouds.values import count, malformed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Row = dict[str, Any]
_MOST_ROWS = 200_000
"""A hundred times the largest task that the gate was tried with: beyond it, a list has no end."""
_MOST_PAGES = 10_000
"""As many as that is in pages of 20, the documented default; an endless list of shorter ones costs no more calls."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Page:
    rows: list[Row]
    total: int | None
    """How many rows there are on all pages; None where the cloud does not say."""


def every_row(
    ask: Callable[[int], Mapping[str, Any]], key: str, *, what: str, identity: Callable[[Row], object]
) -> list[Row]:
    """Reads all rows of a list, of which a page may hold fewer than it was asked for.

    Args:
        ask: Asks for the page of this number, from 1.
        key: Under which the rows stand in the answer.
        what: What the list is of, for an error.
        identity: What no two rows have in common.

    Raises:
        NotUnderstood: There is no list, or the pages never fit together.
    """
    return read_consistently(partial(_rows, ask, key, identity), what=what, remedy="scan fewer images in one task")


def _rows(ask: Callable[[int], Mapping[str, Any]], key: str, identity: Callable[[Row], object]) -> list[Row] | None:
    """Reads page after page; None if they do not fit together."""
    rows: list[Row] = []
    seen: set[object] = set()
    totals: set[int | None] = set()
    for number in range(1, _MOST_PAGES + 1):
        page = _page(ask(number), key, number)
        if page is None:
            return None
        rows += page.rows
        seen |= {identity(row) for row in page.rows}
        totals.add(page.total)
        if len(seen) < len(rows) or len(totals) > 1 or len(rows) > _MOST_ROWS:
            return None
        if not page.rows or len(rows) == page.total:
            return rows if page.total in {None, len(rows)} else None
    return None


def _page(document: Mapping[str, Any], key: str, number: int) -> _Page | None:
    rows, info = document.get(key), document.get("PageInfo", {})
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows) or not isinstance(info, dict):
        raise malformed(f"The answer has no list of {key}.")
    describe_error = {
        name: _number(info[name]) for name in ("CurrentPage", "Count", "TotalCount") if info.get(name) is not None
    }
    if None in describe_error.values():
        raise malformed(f"The answer does not say in numbers which page of {key} it is.")
    fits = describe_error.get("CurrentPage", number) == number and describe_error.get("Count", len(rows)) == len(rows)
    return _Page(rows=rows, total=describe_error.get("TotalCount")) if fits else None


def _number(value: object) -> int | None:
    # Counts of leaves come as texts, so those of pages may too; they decide nothing but where the list ends.
    return int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,9}", value) else count(value)
