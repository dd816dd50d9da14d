"""The values in a cloud's documents: what of them can be a number, a moment, a text or an id, and what cannot."""

from __future__ import annotations

from datetime import UTC, datetime

from gate.errors import NotUnderstood


def count(value: object) -> int | None:
    """A whole number that is not negative; None for anything else, also for a text of digits, 3.0 and true."""
    # type() and not isinstance(): True is an int.
    return value if type(value) is int and value >= 0 else None


def moment(milliseconds: object) -> datetime | None:
    """A moment from ms since 1970, aware, in UTC; None where there is none, or 0 stands in its place."""
    if type(milliseconds) is not int or milliseconds <= 0:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def text(value: object) -> str:
    """A text; empty where there is none."""
    return value if isinstance(value, str) else ""


def readable_id(value: object) -> str:
    """An id as it came; empty where there is none.

    Raises:
        NotUnderstood: It holds characters with which it cannot be asked for again.
    """
    if not text(value).isprintable():
        raise malformed("The id of a scan task has characters in it that nobody can read.")
    return text(value)


def malformed(happened: str) -> NotUnderstood:
    """The fault when a document is not of the documented shape, or contradicts itself."""
    return NotUnderstood(
        happened,
        means="Something else answered in the API's place, or the API has changed.",
        remedy="Check --endpoint and the proxy; if they are right, report this to the gate's project.",
    )
