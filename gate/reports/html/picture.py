"""The timeline as a picture: progress and states as polled, then a lane for each other kind of event.

All positions along the time are percentages of the width, so that the picture fits a phone and a sheet of paper alike,
and the text keeps its size.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from gate.outcome import EventKind
from gate.reports.html.parts import counted, duration
from gate.scan import TaskState
from gate.text import for_html

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gate.outcome import Event

_POSITIONS = 200
"""Events at the same one of so many positions are one mark."""
_LETTER = 2.6
"""Per cent of the width, on a narrow screen, that a letter takes."""
_WIDTH = 100.0
_MAX_LENGTH = 120
_TOP, _BOTTOM, _HEIGHT = 30, 118, 124
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)
_MAX_STEPS = 4
_LANES = {
    EventKind.PAUSE: "Pauses",
    EventKind.RETRY: "Retries",
    EventKind.ACTION: "Actions",
    EventKind.WARNING: "Warnings",
    EventKind.NOTE: "Notes",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Mark:
    """The events of one kind at one position."""

    x: float
    """Per cent of the width."""
    events: tuple[Event, ...]

    @property
    def last(self) -> Event:
        return self.events[-1]


def picture(events: Sequence[Event], seconds: float) -> str:
    """The lanes, one below the other, over the time that the run took."""
    span = max(seconds, *(event.at for event in events), 0.1)
    marks = {kind: _marks([event for event in events if event.kind is kind], span) for kind in EventKind}
    lanes = [_progress(marks[EventKind.POLL])]
    lanes += [_lane(kind, name, marks[kind], span) for kind, name in _LANES.items()]
    return '<div class="timeline">\n' + "".join(lanes) + _axis(span) + "</div>"


def _marks(events: Sequence[Event], span: float) -> list[_Mark]:
    at: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        at[round(max(event.at, 0.0) / span * _POSITIONS)].append(event)
    return [_Mark(x=position * _WIDTH / _POSITIONS, events=tuple(found)) for position, found in sorted(at.items())]


def _progress(polls: list[_Mark]) -> str:
    runs = [list(run) for known, run in groupby(polls, lambda poll: _height(poll) is not None) if known]
    shapes = [*_grid(), *map(_curve, runs), *_states(polls), *map(_poll, polls)]
    count = sum(len(poll.events) for poll in polls)
    ending = f"; at last {_state(polls[-1])}" if polls else ""
    note = "0 to 100 %" + ("<br>○ not known" if sum(map(len, runs)) < len(polls) else "")
    title = f"Progress over time: {counted(count, 'poll')}{ending}"
    return _row("Progress", note, title, _HEIGHT, "".join(shapes))


def _grid() -> Iterator[str]:
    for y in (_TOP, (_TOP + _BOTTOM) / 2, _BOTTOM):
        yield f'<line class="grid" x1="0" x2="100%" y1="{y:g}" y2="{y:g}"/>'


def _curve(run: list[_Mark]) -> str:
    """A line through polls of known progress, in an svg of its own, since points of a line cannot be percentages."""
    line = " ".join(f"{poll.x:g},{_y(poll):g}" for poll in run)
    return (
        f'<svg class="curve" y="{_TOP}" width="100%" height="{_BOTTOM - _TOP}" '
        f'viewBox="0 {_TOP} 100 {_BOTTOM - _TOP}" preserveAspectRatio="none">'
        f'<polygon points="{run[0].x:g},{_BOTTOM} {line} {run[-1].x:g},{_BOTTOM}" fill="none"/>'
        f'<polyline points="{line}"/></svg>'
    )


def _poll(poll: _Mark) -> str:
    kind = "poll unknown" if _height(poll) is None else "poll"
    return f'<circle class="{kind}" cx="{poll.x:g}%" cy="{_y(poll):g}" r="4">{_tip(poll, _state(poll))}</circle>'


def _states(polls: list[_Mark]) -> Iterator[str]:
    """A line where the state changed, and its name where there is room; there always is for the last one."""
    changes = [(run[0].x, state) for state, run in ((state, list(run)) for state, run in groupby(polls, _state))]
    taken: list[tuple[float, float]] = []
    for x, state in changes[-1:] + changes[:-1]:
        yield f'<line class="change" x1="{x:g}%" x2="{x:g}%" y1="20" y2="{_BOTTOM}"/>'
        width = len(state) * _LETTER
        left = x if x + width <= _WIDTH else x - width
        if all(left + width <= start or end <= left for start, end in taken):
            taken.append((left, left + width))
            yield f'<text class="{"start" if left == x else "end"}" x="{x:g}%" y="14">{state}</text>'


def _lane(kind: EventKind, name: str, marks: list[_Mark], span: float) -> str:
    if not marks:
        return ""
    count = sum(len(mark.events) for mark in marks)
    shapes = "".join(_event(kind, mark, span) for mark in marks)
    return _row(name, f"{count:,}", f"{name}: {count:,}", 24, shapes)


def _event(kind: EventKind, mark: _Mark, span: float) -> str:
    tip = _tip(mark, for_html(mark.last.text, _MAX_LENGTH))
    width = min(_WIDTH * (mark.last.pause or 0.0) / span, _WIDTH - mark.x)
    bar = f'<rect class="pause" x="{mark.x:g}%" y="10" width="{width:.2f}%" height="4" rx="2">{tip}</rect>'
    if kind is EventKind.PAUSE:
        return bar
    shape = "M-5.5 17L0 7l5.5 10z" if kind is EventKind.RETRY else "M-5 12L0 7l5 5-5 5z"
    return f'{bar if width else ""}<svg class="{kind}" x="{mark.x:g}%"><path d="{shape}">{tip}</path></svg>'


def _axis(span: float) -> str:
    step = next((step for step in _STEPS if span / step <= _MAX_STEPS), span / _MAX_STEPS)
    ticks = "".join(_tick(turn * step, span) for turn in range(int(span / step) + 1))
    return _row("Time", "", f"Time: {duration(span)} in all", 22, ticks)


def _tick(at: float, span: float) -> str:
    x = _WIDTH * at / span
    anchor = "start" if not at else "end" if x > _WIDTH - 3 * _LETTER else "middle"
    return (
        f'<line class="tick" x1="{x:.2f}%" x2="{x:.2f}%" y1="0" y2="5"/>'
        f'<text class="{anchor}" x="{x:.2f}%" y="18">{duration(at)}</text>'
    )


def _row(name: str, note: str, title: str, height: int, shapes: str) -> str:
    return (
        f'<p class="lane">{name} <small>{note}</small></p>\n'
        f'<svg role="img" width="100%" height="{height}"><title>{title}</title>{shapes}</svg>\n'
    )


def _tip(mark: _Mark, text: str) -> str:
    others = f" (and {len(mark.events) - 1:,} more here)" if len(mark.events) > 1 else ""
    return f"<title>{duration(mark.last.at)}: {text}{others}</title>"


def _height(poll: _Mark) -> float | None:
    task = poll.last.task
    if task is None or task.state is TaskState.COMPLETE:
        return None if task is None else 100.0
    return None if task.progress is None else min(max(task.progress, 0), 100)


def _y(poll: _Mark) -> float:
    return _BOTTOM - (_height(poll) or 0.0) * (_BOTTOM - _TOP) / 100


def _state(poll: _Mark) -> str:
    return "no task yet" if poll.last.task is None else str(poll.last.task.state)
