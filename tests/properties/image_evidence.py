"""The evidence for a verdict about images: what the responses of a run show of each image that was asked for.

It is written from the documents of the vendors and from docs/images.md, and uses no module of the gate that translates
or judges. It answers for each image: is its last result a clean one, a risky one or a failure, and is it of this very
digest, complete, and fresh?
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.properties.evidence import MissingEvidence, parse_document, read_time, require
from tests.properties.oracle_clock import SKEW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from gate.image import ImageRef
    from gate.settings import Settings
    from tests.properties.evidence import Row
    from tests.properties.transport import ApiRequest, Exchange

FUTURE = timedelta(minutes=2)
"""How far an end may be ahead of the latest known time."""
_SAME_LOOK = 1.0
"""Seconds; polls are further apart."""
CLEAN, RISKY, FAILED = "clean", "risky", "failed"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A response, and its request."""

    request: ApiRequest
    started_at: float
    ended_at: float
    status: int
    """0 if the response was lost."""
    document: Row | None
    """None unless it is a success with a JSON object."""
    is_empty: bool
    """Whether it has no body."""


@dataclass(kw_only=True)
class Reading:
    """One reading of a list, of one or more pages."""

    key: tuple[str, ...]
    """What it was asked for."""
    started_at: float
    ended_at: float
    rows: list[Row] = field(default_factory=list)
    is_repeated: bool = False
    """Whether it was asked for again at once, and that response was lost or an error."""
    total: object = None
    """How many rows the list has by its first page, if that says it."""

    @property
    def is_whole(self) -> bool:
        """Whether all pages were read, and not fewer because the deadline came between two of them."""
        return not isinstance(self.total, int) or len(self.rows) >= self.total

    def note_failure(self, answer: Answer, key: tuple[str, ...]) -> None:
        """Notes a response that was lost or an error, to a request for the first page of this list or another one.

        A part of this list is asked for at once where the list is too long to be read.
        """
        is_part = all(of_list in ("", of_part) for of_list, of_part in zip(self.key, key, strict=True))
        self.is_repeated |= is_part and answer.started_at - self.ended_at < _SAME_LOOK


@dataclass(frozen=True, kw_only=True)
class ImageHistory:
    """The responses of a run that has judged images."""

    settings: Settings
    answers: Sequence[Answer]
    elapsed: float
    interval: float
    """Seconds between two polls."""
    now: Callable[[float], datetime]
    """The current time, by seconds since the start of the run."""
    wall_clock: Callable[[float], datetime]
    """The clock of the machine, by seconds since the start of the run."""
    cloud_clock: Callable[[float], datetime]
    """The clock of the cloud."""

    def latest(self, at: float) -> datetime:
        """The latest time that any clock showed then."""
        return max(self.now(at), self.wall_clock(at))

    def earliest(self, at: float) -> datetime:
        """The earliest time that any clock showed then."""
        return min(self.now(at), self.wall_clock(at), self.cloud_clock(at))

    def earliest_at_decision(self, start: Answer, looks: Iterable[Reading]) -> datetime:
        """The same for the look after which this scan was asked for.

        Other requests may have been sent between the two; and the time that a slow response states was earlier than its
        receipt by up to its duration.
        """
        answers = [one for one in self.answers if one.ended_at <= start.started_at]
        slowest = max((one.ended_at - one.started_at for one in answers), default=0.0)
        ends = (look.ended_at for look in looks if look.ended_at <= start.started_at)
        return self.earliest(max(ends, default=start.started_at)) - timedelta(seconds=slowest)

    @property
    def is_over(self) -> bool:
        """Whether the deadline may have come in the middle of a look, so that the one before counts."""
        return self.elapsed >= self.settings.timeout - 1

    def result_of(
        self, judge: Callable[[Sequence[Reading]], str], readings: Sequence[Reading], *, is_for_pass: bool
    ) -> str:
        """The result of an image by its last looks, or by those before where the deadline may have cut the last short.

        Raises:
            MissingEvidence: It has none.
        """
        has_earlier = len(readings) > 1 and self.is_over
        try:
            found = judge(readings)
        except MissingEvidence:
            if not has_earlier:
                raise
            return judge(readings[:-1])
        if found == CLEAN and has_earlier and not is_for_pass:
            # The deadline may have come before the last list had the proof of its result, so that a block stays.
            with suppress(MissingEvidence):
                return judge(readings[:-1])
        return found

    def named(self, *operations: str) -> Iterator[Answer]:
        """The successes of these operations."""
        return (one for one in self.answers if one.document is not None and one.request.operation in operations)

    def all_of(self, operation: str) -> Iterator[Answer]:
        """The responses of this operation, also those that are no successes."""
        return (one for one in self.answers if one.request.operation == operation)

    def is_young(self, time: datetime, at: float) -> bool:
        """Whether a result of this time is fresh at this moment of the run."""
        policy = self.settings.policy
        is_young = policy.max_age is None or self.now(at) - time <= policy.max_age
        return is_young and (policy.started_after is None or time >= policy.started_after)

    def require_no_future(self, times: Iterable[datetime]) -> None:
        """Requires that no result is ahead of every clock."""
        latest = self.latest(self.elapsed) + FUTURE
        require(all(time <= latest for time in times), "a result is from the future")

    def require_settled(self, time: datetime, looks: Sequence[tuple[float, object]]) -> None:
        """Requires that a result ended long ago, or that two looks that are far enough apart agree on it.

        Args:
            time: When the scan ended.
            looks: When the image was looked at, and what was shown, the last one last.
        """
        settle = self.settings.policy.settle
        if settle == 0 or (self.latest(self.elapsed) - time).total_seconds() >= settle - 1:
            return
        last_at, last = looks[-1]
        for at, shown in reversed(looks[:-1]):
            require(shown == last, "a result has changed since the look before")
            if last_at - at >= self.interval - 1:
                return
        require(condition=False, problem="a result that is new was seen once")


def parse_answers(exchanges: Iterable[Exchange]) -> list[Answer]:
    """All exchanges, with the documents of the successes."""
    found = []
    for one in exchanges:
        status = one.response.status if one.response else 0
        document = parse_document(one.response.body) if one.response and status == 200 else None
        found.append(
            Answer(
                request=one.request,
                started_at=one.started_at,
                ended_at=one.ended_at,
                status=status,
                document=document,
                is_empty=one.response is not None and not one.response.body.strip(),
            )
        )
    return found


def last_of_looks(readings: Sequence[Reading]) -> list[Reading]:
    """The last reading of each look: one whose pages do not fit together is repeated at once, without a pause."""
    following: list[Reading | None] = [*readings, None][1:]
    return [
        one
        for one, next_one in zip(readings, following, strict=True)
        if not one.is_repeated and (next_one is None or next_one.started_at - one.ended_at >= _SAME_LOOK)
    ]


def dict_rows(document: Row | None, key: str) -> list[Row]:
    """The rows of a list that are objects."""
    rows = document.get(key) if document else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def bare_digest(value: object) -> str:
    """A digest without its prefix, in lower case; empty if it is no text."""
    return value.strip().lower().removeprefix("sha256:") if isinstance(value, str) else ""


def names_of(image: ImageRef) -> tuple[str, str]:
    """The namespace, which has no slash, and the name."""
    namespace, _, name = "/".join(filter(None, (image.namespace, image.name))).partition("/")
    return namespace, name


def is_one_of(value: object, values: Iterable[Any]) -> bool:
    """Whether a value is one of these, and of its type: 1 == True == 1.0 in Python."""
    return any(type(value) is type(one) and value == one for one in values)


def require_time(value: object) -> datetime:
    """A time in ms since 1970."""
    time = read_time(value)
    require(time, f"{value!r} is no time")
    assert time is not None
    return time


__all__ = [
    "CLEAN",
    "FAILED",
    "RISKY",
    "SKEW",
    "Answer",
    "ImageHistory",
    "Reading",
    "bare_digest",
    "dict_rows",
    "is_one_of",
    "last_of_looks",
    "names_of",
    "parse_answers",
    "require",
    "require_time",
]
