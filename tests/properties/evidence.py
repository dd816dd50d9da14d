"""Defines the evidence for a verdict, and parses the responses that it is found in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tests.properties.transport import Exchange

Row = dict[str, Any]
_FUTURE = timedelta(minutes=2)
"""How far an end may be ahead of the latest known time, which servers state late and in whole seconds."""


class MissingEvidence(Exception):
    """Raised when the responses are not enough for a verdict; the text says what is missing."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The counts that the responses show for a task that is complete and fresh."""

    failed: int
    """At least, unless all counts are known; so are the risky ones."""
    risky: int
    is_complete: bool = True
    """Whether all counts are known; what is known can block, and never pass."""
    is_consistent: bool
    """Whether the counts do not contradict each other; contradictory counts can block, and never pass."""


@dataclass(frozen=True, kw_only=True)
class ParsedResponse:
    """A successful response with a JSON object, and its request."""

    operation: str
    query: Mapping[str, str]
    document: Row
    ended_at: float


def parse_responses(exchanges: Iterable[Exchange], cloud: str) -> Iterator[ParsedResponse]:
    """The successful responses; others are skipped."""
    for exchange in exchanges:
        if exchange.response is not None and exchange.response.status == 200:
            document = parse_document(exchange.response.body)
            if document is not None and not _is_error(document, cloud):
                yield ParsedResponse(
                    operation=exchange.request.operation,
                    query=exchange.request.query,
                    document=document,
                    ended_at=exchange.ended_at,
                )


def parse_document(body: bytes) -> Row | None:
    """The JSON object that every parser reads alike; None if it is none."""
    try:
        document = json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_reject_constant)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _is_error(document: Row, cloud: str) -> bool:
    """Whether this is an error with status 200, of the simplest form; the gate knows more forms."""
    code = document.get("error_code" if cloud == "huawei" else "Code")
    return isinstance(code, str) and "." in code


def _unique(pairs: list[tuple[str, Any]]) -> Row:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("duplicate key")
    return dict(pairs)


def _reject_constant(name: str) -> None:
    raise ValueError(name)


def require(condition: object, problem: str) -> None:
    """Raises MissingEvidence with this problem unless the condition is true."""
    if not condition:
        raise MissingEvidence(problem)


def read_count(value: object) -> int:
    """A value as a count.

    Raises:
        MissingEvidence: It is not a count.
    """
    count = known_count(value)
    require(count is not None, f"{value!r} is not a count")
    assert count is not None
    return count


def known_count(value: object) -> int | None:
    """A value as a count; None if it is not one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def read_time(milliseconds: object) -> datetime | None:
    """A value in milliseconds since the epoch as a time; None if it is not one."""
    if type(milliseconds) is not int or milliseconds <= 0:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def never_decreased(now: int, earlier: Iterable[object]) -> bool:
    """Whether no earlier count was larger: a task does not lose images."""
    return all(type(one) is not int or one <= now for one in earlier)


def earliest(starts: Iterable[object]) -> int | None:
    """The earliest of these start times, in milliseconds; None if one of them is not a time."""
    known = [start if isinstance(start, int) and read_time(start) else None for start in starts]
    times = [start for start in known if start is not None]
    return min(times) if len(times) == len(known) else None


def contradiction(started: object, ended: object, now: datetime) -> bool:
    """Whether a task states an end before its start, or in the future."""
    started_at, ended_at = read_time(started), read_time(ended)
    is_too_early = started_at is not None and ended_at is not None and ended_at < started_at
    return is_too_early or (ended_at is not None and ended_at > now + _FUTURE)
