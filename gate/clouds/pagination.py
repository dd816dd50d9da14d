"""Lists that come in pages and may change while they are read: whole, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from gate.errors import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Callable

_TRIES = 3
Rows = TypeVar("Rows")


def read_consistently(read: Callable[[], Rows | None], *, what: str, remedy: str) -> Rows:
    """Reads a list, again if its pages do not fit together: what is missing may be what matters.

    Args:
        read: Reads all pages; None if they do not fit.
        what: What the list is of, for the error.
        remedy: What helps where it stays so.

    Raises:
        NotUnderstood: The pages never fitted.
    """
    for _ in range(_TRIES):
        rows = read()
        if rows is not None:
            return rows
    raise NotUnderstood(
        f"The list of {what} does not end where it says, or changes faster than it can be read.",
        means="Pages are missing or come again and again, so what matters may be on one that was not shown.",
        remedy=f"Run the gate again; {remedy} if this stays so.",
    )
