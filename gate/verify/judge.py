"""Decides by summaries whether an image may be deployed: it passes only by one that fits in everything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from gate.policy import Decision
from gate.verify import messages

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from gate.image import ImageRef
    from gate.verify.summaries import Other, Summary

CLOCK_TOLERANCE = timedelta(minutes=1)
"""How far the clock of the machine that has judged may be ahead of this one's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """Which summaries count."""

    policy: str | None
    """The digest of the policy, with its algorithm; None for any policy."""
    max_age: timedelta
    now: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """One image, and what the summaries say of it."""

    image: ImageRef
    decision: Decision
    message: str
    by: Summary | None = None
    """The summary that decides; None if none does."""


def judge_image(image: ImageRef, found: Iterable[Summary], others: Iterable[Other], rules: Rules) -> Judged:
    """Judges one image by the newest summary that fits; without one, it is undecided.

    Args:
        image: With its digest, by which alone it is told.
        found: All summaries of this gate.
        others: The statements that are none, for the message.
        rules: Which summaries count.
    """
    named = [summary for summary in found if image.digest in summary.digests]
    by_policy = [summary for summary in named if rules.policy in {None, summary.policy}]
    fitting = [(time, summary) for summary in by_policy if (time := _time_that_fits(summary, rules))]
    if not fitting:
        of_image = [other for other in others if image.digest in other.digests or not other.digests]
        return _undecided(image, messages.nothing_fits(_objections(named, rules), of_image))
    latest = max(time for time, _ in fitting)
    newest = [summary for time, summary in fitting if time == latest]
    if len({summary.has_passed for summary in newest}) > 1:
        return _undecided(image, messages.contradiction(newest, latest))
    by = newest[0]
    if by.has_passed and (failed := [summary for summary in by_policy if _is_unplaced_failure(summary, rules)]):
        return _undecided(image, messages.unplaced_failure(failed[0]))
    decision = Decision.PASSED if by.has_passed else Decision.BLOCKED
    return Judged(image=image, decision=decision, by=by, message=messages.decided(by, latest, rules.now))


def _time_that_fits(summary: Summary, rules: Rules) -> datetime | None:
    """The time of a summary that is neither too old nor in the future; None for any other."""
    time = summary.verified_at
    return time if time is not None and -CLOCK_TOLERANCE <= rules.now - time <= rules.max_age else None


def _is_unplaced_failure(summary: Summary, rules: Rules) -> bool:
    """Whether a release failed, and nobody knows whether that was after it had passed."""
    time = summary.verified_at
    return not summary.has_passed and (time is None or time > rules.now + CLOCK_TOLERANCE)


def _objections(named: Iterable[Summary], rules: Rules) -> list[str]:
    """Why each summary of this digest does not count."""
    return [
        messages.other_policy(summary, rules.policy)
        if rules.policy not in {None, summary.policy}
        else messages.unfit_time(summary, rules.now, rules.max_age)
        for summary in named
    ]


def _undecided(image: ImageRef, message: str) -> Judged:
    return Judged(image=image, decision=Decision.UNDECIDED, message=message)
