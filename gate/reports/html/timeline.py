"""The events of the run on the html page: a picture, and below it a table of all events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.outcome import EventKind
from gate.reports.html.parts import counted, duration
from gate.reports.html.picture import picture
from gate.scan import TaskState
from gate.text import for_html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gate.outcome import Event, Outcome
    from gate.scan import ScanTask

MAX_EVENTS = 1_000
"""So many rows, however long the wait: half of them from its start and half from its end."""
_MAX_LENGTH = 300


def timeline(outcome: Outcome) -> str:
    """The section with the events; it says so where there are none."""
    events = outcome.events
    if not events:
        return '<p class="quiet">The run ended before the first poll.</p>'
    first, last = _ends(events)
    left_out = len(events) - len(first) - len(last)
    gap = f'<tr><td colspan="3" class="quiet">{counted(left_out, "event")} left out here</td></tr>\n'
    body = "".join(map(_row, first)) + (gap if left_out else "") + "".join(map(_row, last))
    return f"""{picture(events, outcome.seconds)}
<details>
<summary>{counted(len(events), "event")} as a table</summary>
<table class="events" aria-labelledby="timeline-title">
<thead><tr><th scope="col" class="number">After</th><th scope="col">Event</th><th scope="col">Details</th></tr></thead>
<tbody>
{body}</tbody>
</table>
</details>"""


def _ends(events: Sequence[Event]) -> tuple[Sequence[Event], Sequence[Event]]:
    if len(events) <= MAX_EVENTS:
        return events, ()
    return events[: MAX_EVENTS // 2], events[-MAX_EVENTS // 2 :]


def _row(event: Event) -> str:
    return f'<tr><td class="number">{duration(event.at)}</td><td>{event.kind}</td><td>{_details(event)}</td></tr>\n'


def _details(event: Event) -> str:
    if event.kind is EventKind.POLL:
        return _polled(event.task)
    text = for_html(event.text, _MAX_LENGTH)
    if event.pause is None:
        return text
    following = "next try" if event.kind is EventKind.RETRY else "next poll"
    return f"{text} <span>({following} in {duration(event.pause)})</span>"


def _polled(task: ScanTask | None) -> str:
    if task is None:
        return "no scan task yet"
    progress = "" if task.progress is None else f", {task.progress} %"
    raw = f" (<bdi>{for_html(task.raw_state, _MAX_LENGTH)}</bdi>)" if task.state is TaskState.UNKNOWN else ""
    results_pending = f", {counted(task.results_pending, 'image')} without a result" if task.results_pending else ""
    return f"{task.state}{raw}{progress}{results_pending}"
