"""Reads the pages of a list of findings, whose rows have no ids; a list that does not fit together is in doubt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.clouds.values import identity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gate.clouds.huawei.lists import Page, Row

_ATTEMPTS = 2
"""A page costs one of five calls a minute (huawei-hss.md 5)."""
_MAX_ROWS = 20_000
"""Reading as many takes twenty minutes; of a longer list, the first page counts."""
_SHIFTED = "its pages changed while they were read"


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedRows:
    """The rows of one list, as far as they could be read."""

    rows: tuple[Row, ...]
    doubt: str = ""
    """Why they may not be all of them; empty if they are."""


def read_pages(fetch: Callable[[int], Page]) -> ListedRows:
    """Reads all pages, each of which starts with the last row of the one before, and once more if they do not fit.

    Args:
        fetch: Reads the page at this offset; its rows have the fields that matter.

    Raises:
        GateError: What the call raises: an error is no empty list.
    """
    listed = _read(fetch)
    for _ in range(_ATTEMPTS - 1):
        listed = _read(fetch) if listed.doubt else listed
    return listed


def _read(fetch: Callable[[int], Page]) -> ListedRows:
    page = fetch(0)
    total, rows = page.total, [*page.rows]
    if total is None:
        return ListedRows(rows=tuple(rows), doubt="it has no total")
    seen = {identity(row) for row in rows}
    if total > _MAX_ROWS:
        return ListedRows(rows=tuple(rows), doubt=f"it has {total} rows, which are too many to be read")
    while rows and len(rows) < total:
        page = fetch(len(rows) - 1)
        new = page.rows[1:]
        if page.total != total or page.rows[:1] != rows[-1:] or _repeats(new, seen):
            return ListedRows(rows=(*rows, *page.rows), doubt=_SHIFTED)
        if not new:
            break
        rows += new
    doubt = "" if len(rows) == total else f"it has {len(rows)} of {total} rows"
    return ListedRows(rows=tuple(rows), doubt=doubt)


def _repeats(new: Sequence[Row], seen: set[bytes]) -> bool:
    """Whether a row was on an earlier page already; equal rows on one page are two findings in the same place."""
    found = {identity(row) for row in new}
    is_repeated = bool(found & seen)
    seen |= found
    return is_repeated
