"""The event log: what the gate saw and did in one run, in order, passed to a listener at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gate.outcome import Event, EventKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gate.clock import Clock
    from gate.scan import ScanTask


_MAX_LENGTH = 5000
"""Characters; no place that shows a text of the cloud shows more of it."""


class EventLog:
    """Keeps the events of one run and passes each to the listener, such as the log, when it happens."""

    def __init__(self, clock: Clock, listener: Callable[[Event], None]) -> None:
        self._clock = clock
        self._listener = listener
        self._events: list[Event] = []
        self.task: ScanTask | None = None
        """The task as it was last seen, with its failed images; None if no poll returned one."""
        self.is_settled = False
        """Whether what the last poll showed may be believed."""
        self.region = ""
        """The region that the cloud is asked in; empty before it is connected, or where only an endpoint was given."""
        self.account = ""
        """The project of Huawei Cloud or the account of Alibaba Cloud, once it is known."""
        self.started_tasks: list[str] = []
        """The ids of the scan tasks that this run has started, as far as they are known."""

    @property
    def events(self) -> tuple[Event, ...]:
        """All events so far, oldest first."""
        return tuple(self._events)

    def polls_of(self, task_id: str) -> Iterator[ScanTask]:
        """Yields this task as each poll returned it, oldest first."""
        return (event.task for event in self._events if event.task and event.task.id == task_id)

    def polled(self, task: ScanTask | None) -> None:
        """Records a poll and the task that it returned; None if there was none."""
        self.task = task or self.task
        self._add(EventKind.POLL, task=_without_long_parts(task) if task else None)

    def pausing(self, pause: float, reason: str) -> None:
        """Records that the next poll comes after so many s, and what the gate waits for."""
        self._add(EventKind.PAUSE, text=reason, pause=pause)

    def retrying(self, error: str, pause: float) -> None:
        """Records a transient error, and that the request is retried after so many s."""
        self._add(EventKind.RETRY, text=error, pause=pause)

    def acted(self, text: str) -> None:
        """Records what the gate is about to do in the cloud beside asking, such as starting a scan."""
        self._add(EventKind.ACTION, text=text)

    def warned(self, text: str) -> None:
        """Records what went wrong without a consequence for the verdict; each log shows it."""
        self._add(EventKind.WARNING, text=text)

    def note(self, text: str) -> None:
        """Records any other detail, such as a request; the log shows it if it is verbose."""
        self._add(EventKind.NOTE, text=text)

    def _add(
        self, kind: EventKind, *, text: str = "", task: ScanTask | None = None, pause: float | None = None
    ) -> None:
        event = Event(kind=kind, at=self._clock.elapsed(), text=text, task=task, pause=pause)
        self._events.append(event)
        self._listener(event)


def _without_long_parts(task: ScanTask) -> ScanTask:
    # Those of the last poll alone are kept: a long wait has hundreds of polls.
    name, raw_state, reason = (text[:_MAX_LENGTH] for text in (task.name, task.raw_state, task.reason))
    return replace(task, failed_images=(), images=(), name=name, raw_state=raw_state, reason=reason)
