"""How much of a report fits into the number of bytes that its reader takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def size(text: str) -> int:
    """How many bytes this text has in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def count_fitting(rows: Iterable[str], budget: int) -> int:
    """How many of the rows, from the first on, have at most so many bytes together."""
    count = 0
    for row in rows:
        budget -= size(row)
        if budget < 0:
            break
        count += 1
    return count
