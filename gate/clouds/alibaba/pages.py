"""Reads Security Center's lists page by page, and checks each page against what the ones before stated."""

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
_MAX_ROWS = 200_000
"""A hundred times the largest task with which the gate was tested; a longer list is taken for endless."""
_MAX_PAGES = 10_000
"""The number of pages of the documented default size, 20, that hold `_MAX_ROWS`; it also limits an endless list of
shorter pages."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Page:
    rows: list[Row]
    total: int | None
    """The number of rows on all pages; None if the response does not state it."""


def fetch_all_rows(
    fetch_page: Callable[[int], Mapping[str, Any]], key: str, *, what: str, identity: Callable[[Row], object]
) -> list[Row]:
    """Reads all rows of a list; a page may hold fewer rows than were requested.

    Args:
        fetch_page: Requests the page with this number, which counts from 1, and returns the response.
        key: The field of the response that holds the rows.
        what: What the rows are, for an error message.
        identity: Returns a key that is different for any two rows.

    Raises:
        NotUnderstood: A response has no list, or the pages never fit together.
    """
    read = partial(_read_rows, fetch_page, key, identity)
    return read_consistently(read, what=what, remedy="scan fewer images in one task")


def _read_rows(
    fetch_page: Callable[[int], Mapping[str, Any]], key: str, identity: Callable[[Row], object]
) -> list[Row] | None:
    """Reads page after page; returns None if they do not fit together."""
    rows: list[Row] = []
    seen: set[object] = set()
    totals: set[int | None] = set()
    for number in range(1, _MAX_PAGES + 1):
        page = _parse_page(fetch_page(number), key, number)
        if page is None:
            return None
        rows += page.rows
        seen |= {identity(row) for row in page.rows}
        totals.add(page.total)
        if len(seen) < len(rows) or len(totals) > 1 or len(rows) > _MAX_ROWS:
            return None
        if not page.rows or len(rows) == page.total:
            return rows if page.total in {None, len(rows)} else None
    return None


def _parse_page(document: Mapping[str, Any], key: str, number: int) -> _Page | None:
    """Returns the rows of a page; None if it is another page, or has another number of rows, than it states."""
    rows, info = document.get(key), document.get("PageInfo", {})
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows) or not isinstance(info, dict):
        raise malformed(f"The response has no list of {key}.")
    stated = {
        name: _number(info[name]) for name in ("CurrentPage", "Count", "TotalCount") if info.get(name) is not None
    }
    if None in stated.values():
        raise malformed(f"The paging numbers of {key} in the response are not whole numbers.")
    fits = stated.get("CurrentPage", number) == number and stated.get("Count", len(rows)) == len(rows)
    return _Page(rows=rows, total=stated.get("TotalCount")) if fits else None


def _number(value: object) -> int | None:
    # The API sends some counts as strings. That is safe here: these numbers decide only where the list ends.
    return int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,9}", value) else count(value)
