"""The words about the waivers of a run: those that have ended, end soon or match nothing, and how many are in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.finding import FindingStatus
from gate.policy import Decision
from gate.text import first_of, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gate.finding import WaiverUse
    from gate.outcome import Outcome

_NAMED = 5
"""How many waivers a message names."""


def waived(outcome: Outcome) -> str:
    """How many findings are waived; empty if none is."""
    images = outcome.task.images if outcome.task else ()
    counts = [sum(one.status is FindingStatus.WAIVED for one in image.findings or ()) for image in images]
    if not any(counts):
        return ""
    findings = "1 finding is" if sum(counts) == 1 else f"{sum(counts)} findings are"
    number = sum(map(bool, counts))
    return f"{findings} waived in {number} image{'' if number == 1 else 's'}."


def warnings(outcome: Outcome) -> Iterator[str]:
    """Yields what has to be done about waivers.

    None is called unused in an undecided run, whose findings may not all be known, nor where the verdict does so.
    """
    is_undecided = outcome.verdict.decision is Decision.UNDECIDED
    expired = [use for use in outcome.waivers if use.is_expired and use.matches]
    ending = [use for use in outcome.waivers if use.ends_soon and use.matches]
    unused = [use for use in outcome.waivers if use.is_unused]
    if expired:
        yield f"{_waivers(expired, 'has ended and counts', 'have ended and count')} no more: {_named(expired)}."
    if ending:
        yield f"{_waivers(ending, 'ends', 'end')} within 14 days: {_named(ending)}."
    if unused and not (is_undecided or outcome.policy.findings.unused_waivers_block):
        yield f"{_waivers(unused, 'matches', 'match')} no finding and can be removed: {_named(unused)}."


def _waivers(uses: Sequence[WaiverUse], one: str, several: str) -> str:
    return f"1 waiver {one}" if len(uses) == 1 else f"{len(uses)} waivers {several}"


def _named(uses: Sequence[WaiverUse]) -> str:
    return first_of([*map(_name, uses)], _NAMED)


def _name(use: WaiverUse) -> str:
    """The finding with the last day of its waiver, which each that is named has, its owner and its place."""
    waiver = use.waiver
    about = "; ".join(filter(None, (f"until {waiver.until}", one_line(waiver.owner), one_line(waiver.source))))
    return f"{one_line(waiver.id)} ({about})"
