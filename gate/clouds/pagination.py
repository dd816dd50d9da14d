"""Reads a paginated list that may change meanwhile: returns all of it, or fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from gate.errors import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Callable

_ATTEMPTS = 3
Rows = TypeVar("Rows")


class InconsistentPages(NotUnderstood):
    """Raised when the pages of a list did not fit together in any attempt."""


def read_consistently(read: Callable[[], Rows | None], *, what: str, remedy: str) -> Rows:
    """Reads a list, and reads it again if its pages do not fit together: the missing rows may be the ones that matter.

    Args:
        read: Reads all pages; returns None if they do not fit together.
        what: What the rows are, for the error message.
        remedy: What the user can do if the error comes again, for the error message.

    Raises:
        InconsistentPages: The pages did not fit together in any attempt.
    """
    for _ in range(_ATTEMPTS):
        rows = read()
        if rows is not None:
            return rows
    raise InconsistentPages(
        f"The list of {what} does not end where its total says, or changes faster than it can be read.",
        means="Pages are missing or repeated, so the gate may not have seen all of the list.",
        remedy=f"Run the gate again; {remedy} if this error comes again.",
    )
