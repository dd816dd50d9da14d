"""Parts of the html page: numbers and times as text, lists of facts, and an icon for each verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.policy import Decision
from gate.text import for_html
from gate.verdict_messages import format_time

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_ICONS = {
    Decision.PASSED: '<circle cx="20" cy="20" r="18"/><path d="M12 20.5l5.5 5.5L28.5 14.5"/>',
    Decision.BLOCKED: '<path d="M12.5 2h15L38 12.5v15L27.5 38h-15L2 27.5v-15z"/><path d="M12 20h16"/>',
    Decision.UNDECIDED: '<path d="M20 3l18 33H2z"/><path d="M20 15v10M20 30v.5"/>',
}
"""Different outlines, not only colours: a circle, an octagon, a triangle."""


def icon(decision: Decision) -> str:
    """The verdict's icon, hidden from screen readers, since the word is beside it."""
    return f'<svg class="sign" width="40" viewBox="0 0 40 40" fill="none" aria-hidden="true">{_ICONS[decision]}</svg>'


def isolated(text: str) -> str:
    """A short text from outside within ours, isolated so that it cannot change the direction of the text around it."""
    shown = for_html(text)
    return f"<bdi>{shown}</bdi>" if shown else "not known"


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """A list of names and values; the values are HTML."""
    rows = "\n".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in pairs)
    return f'<dl class="facts">\n{rows}\n</dl>'


def number(count: int | None) -> str:
    """A count with separated thousands; unknown is not zero."""
    return "unknown" if count is None else f"{count:,}"


def counted(count: int, thing: str) -> str:
    """`1 event`, `2 events`."""
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


def timestamp(time: datetime | None) -> str:
    """A time in UTC, readable for persons and programs."""
    if time is None:
        return "not known"
    return f"<time>{format_time(time)}</time>"


def duration(seconds: float) -> str:
    """A duration of so many s, in its two largest units."""
    if round(seconds, 1) < 60:  # noqa: PLR2004 - everybody knows how many seconds a minute has
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:  # noqa: PLR2004 - and how many minutes an hour has
        return f"{minutes} min" + (f" {rest} s" if rest else "")
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h" + (f" {minutes} min" if minutes else "")
