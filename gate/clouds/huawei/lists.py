"""Reads the lists of HSS, which all have the same form: `data_list` and `total_num`, `offset` and `limit`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from gate.clouds.values import as_text, count, malformed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Row: TypeAlias = "Mapping[str, Any]"


@dataclass(frozen=True, kw_only=True, slots=True)
class RowKind:
    """What the rows of a list are."""

    one: str
    """For messages, without its article."""
    many: str
    id_field: str

    def has_duplicate_ids(self, rows: Sequence[Row]) -> bool:
        """Whether two rows have the same id."""
        ids = [(type(id_), as_text(id_)) for row in rows if (id_ := row.get(self.id_field))]
        return len(set(ids)) < len(ids)


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One page of a list."""

    rows: list[Row]
    total: int | None
    """The number of rows on all pages; None if the response does not state it."""


def parse_page(document: Mapping[str, Any], kind: RowKind) -> Page:
    """Reads one page of a list.

    Raises:
        NotUnderstood: The response has no such list, or contradicts itself. A response without a list does not mean an
            empty list.
    """
    total = document.get("total_num")
    rows = document.get("data_list", [] if total == 0 else None)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise malformed(f"The response has no list of {kind.many}.")
    if total is not None and count(total) is None:
        raise malformed(f"The number of {kind.many} in the response is not a whole number.")
    if kind.has_duplicate_ids(rows):
        raise malformed(f"The response lists one {kind.one} twice.")
    if any(key.lower().startswith("error") and row[key] for row in rows for key in row):
        raise malformed(f"The response has an error in the place of a {kind.one}.")
    return Page(rows=rows, total=total)


def read_overlapping(
    fetch: Callable[[int], Page], kind: RowKind, *, page_size: int, max_rows: int, trusts_total: bool = False
) -> list[Row] | None:
    """Reads all pages, each of which starts with the last row of the one before; None if they do not fit together.

    Args:
        fetch: Reads the page at this offset.
        kind: What the rows are.
        page_size: The most rows of a page.
        max_rows: The length from which on a list cannot be right.
        trusts_total: Whether a full page may be the last one, if the list is then as long as its total says.
    """
    rows: list[Row] = []
    while len(rows) <= max_rows:
        page = fetch(max(0, len(rows) - 1))
        if rows and [row.get(kind.id_field) for row in page.rows[:1]] != [rows[-1].get(kind.id_field)]:
            return None
        new = page.rows[1:] if rows else page.rows
        # The row that both pages hold is taken from the later page: it may have changed in between.
        rows[-1:] = page.rows
        if kind.has_duplicate_ids(rows):
            return None
        is_full = len(page.rows) >= page_size and not trusts_total
        if not new or (not is_full and len(rows) == page.total):
            return rows if page.total in {None, len(rows)} else None
    return None
