"""Reads Security Center's lists page by page, and checks each page against what the ones before stated."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from gate.clouds.pagination import read_consistently
from gate.clouds.values import count, malformed, memory_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Row = dict[str, Any]
_MAX_ROWS = 200_000
"""A hundred times the largest task with which the gate was tested; a longer list is taken for endless."""
_MAX_ROW_MEMORY = 1_000_000
"""Bytes for one row, which is copied to tell it from others."""
_MEMORY_OF_IDENTITY, _MEMORY_OF_RECORD = 150, 850
"""Bytes for what is made of each row, and of each row that is kept."""
_MAX_PAGES = 10_000
"""The number of pages of the documented default size, 20, that hold `_MAX_ROWS`; it also limits an endless list of
shorter pages."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Page:
    rows: list[Row]
    total: int | None
    """The number of rows on all pages; None if the response does not state it."""


def fetch_all_rows(
    fetch_page: Callable[[int, int], Mapping[str, Any]],
    key: str,
    *,
    what: str,
    identity: Callable[[Row], object],
    is_needed: Callable[[Row], object] = lambda _: True,
    bytes_kept: int = 0,
) -> list[Row]:
    """Reads all rows of a list, and returns those that are needed; a page may hold fewer rows than were requested.

    Args:
        fetch_page: Requests the page with this number, which counts from 1, and returns the response; is also told how
            many bytes are kept of earlier ones.
        key: The field of the response that holds the rows.
        what: What the rows are, for an error message.
        identity: Returns a key that is different for any two rows.
        is_needed: Whether a row is to be returned; the others only have to be there.
        bytes_kept: How many bytes are kept of the responses before this list.

    Raises:
        NotUnderstood: A response has no list, or the pages never fit together.
    """
    read = partial(_read_rows, fetch_page, key, identity, is_needed, bytes_kept)
    rows = read_consistently(read, what=what, remedy="scan fewer images in one task")
    return [row for row in rows if row is not None]


def memory_of_rows(rows: Iterable[Row | None]) -> int:
    """How many bytes these rows, and all that is made of them, take; None stands for one that is not needed."""
    return sum(_MEMORY_OF_IDENTITY + (0 if row is None else memory_of(row) + _MEMORY_OF_RECORD) for row in rows)


def _read_rows(
    fetch_page: Callable[[int, int], Mapping[str, Any]],
    key: str,
    identity: Callable[[Row], object],
    is_needed: Callable[[Row], object],
    bytes_kept: int,
) -> list[Row | None] | None:
    """Reads page after page, with None for each row that is not needed; returns None if they do not fit together."""
    rows: list[Row | None] = []
    seen: set[object] = set()
    totals: set[int | None] = set()
    for number in range(1, _MAX_PAGES + 1):
        page = _parse_page(fetch_page(number, bytes_kept), key, number)
        if page is None:
            return None
        needed = [row if is_needed(row) else None for row in page.rows]
        bytes_kept += memory_of_rows(needed)
        rows += needed
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
    if any(memory_of(row) > _MAX_ROW_MEMORY for row in rows):
        raise malformed(f"The list of {key} in the response has an entry of more than {_MAX_ROW_MEMORY} bytes.")
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
