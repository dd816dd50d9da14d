"""The journal: what the gate saw and did in this run, in order, told to whoever listens."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gate.outcome import Event, EventKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gate.clock import Clock
    from gate.scan import ScanTask


class EventLog:
    """Keeps every event of one run and hands it on at once, to the log for instance."""

    def __init__(self, clock: Clock, listener: Callable[[Event], None]) -> None:
        self._clock = clock
        self._listener = listener
        self._events: list[Event] = []
        self.task: ScanTask | None = None
        """The task as it was last seen, kept for the case that nothing comes after."""

    @property
    def events(self) -> tuple[Event, ...]:
        """All that happened so far, oldest first."""
        return tuple(self._events)

    def polls_of(self, task_id: str) -> Iterator[ScanTask]:
        """What was seen of this task, look by look."""
        return (event.task for event in self._events if event.task and event.task.id == task_id)

    def polled(self, task: ScanTask | None) -> None:
        """Notes a look at the task; None when there was none."""
        self.task = task or self.task
        # The images that failed are kept of the last look alone: a long wait has hundreds of looks.
        self._add(EventKind.POLL, task=replace(task, failed_images=()) if task else None)

    def pausing(self, pause: float, why: str) -> None:
        """Notes that the next look comes after so many s, and what the gate waits for."""
        self._add(EventKind.PAUSE, text=why, pause=pause)

    def retrying(self, fault: str, pause: float) -> None:
        """Notes a fault that will be tried again after so many s."""
        self._add(EventKind.RETRY, text=fault, pause=pause)

    def note(self, text: str) -> None:
        """Notes anything else that somebody who looks closely wants to know."""
        self._add(EventKind.NOTE, text=text)

    def _add(
        self, kind: EventKind, *, text: str = "", task: ScanTask | None = None, pause: float | None = None
    ) -> None:
        event = Event(kind=kind, at=self._clock.elapsed(), text=text, task=task, pause=pause)
        self._events.append(event)
        self._listener(event)
