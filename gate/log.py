"""The log for whoever watches the job: a live line on a terminal, one line for each change in a CI log."""

from __future__ import annotations

import math
import os
import shutil
import time
from typing import TYPE_CHECKING, TextIO

from gate.outcome import EventKind
from gate.scan import TaskState
from gate.text import MAX_REASON_LENGTH, for_log
from gate.writing import write_stream

if TYPE_CHECKING:
    from gate.outcome import Event
    from gate.scan import ScanTask

_LONGEST_SILENCE = 240.0
"""Seconds; some CI hosts end a job that prints nothing for ten minutes."""


class Log:
    """Prints what a journal tells it; a stream that is closed or full silences it, and nothing else."""

    def __init__(self, stream: TextIO, *, verbosity: int = 0) -> None:
        self._stream = stream
        self._verbosity = verbosity
        self._is_live = stream.isatty() and verbosity >= 0 and os.environ.get("TERM") != "dumb"
        self._status = ""
        self._started = time.monotonic()
        self._printed: dict[EventKind, tuple[str, float]] = {}

    def on_event(self, event: Event) -> None:
        """Prints this event as far as somebody at this verbosity wants to know it."""
        if event.kind is EventKind.NOTE:
            self._line(event, event.text, least_verbosity=1)
        elif event.kind is EventKind.RETRY:
            self._line(event, f"{event.text} Next try in {event.pause:.0f} s.")
        elif event.kind is EventKind.PAUSE:
            self._change(event, event.text)
        elif event.task:
            self._change(event, describe(event.task))

    def sleep(self, seconds: float) -> None:
        """Sleeps for so many s; on a terminal the live line counts them down."""
        ends = time.monotonic() + seconds
        while self._is_live and (left := ends - time.monotonic()) > 0:
            so_far = time.monotonic() - self._started
            line = f"  {so_far:.0f} s: {self._status}; next look in {math.ceil(left)} s"
            # A line that wraps could not be taken back.
            self._write(f"\r\x1b[K{line[: shutil.get_terminal_size().columns - 1]}")
            time.sleep(min(1.0, left))
        if self._is_live:
            self._write("\r\x1b[K")
        else:
            time.sleep(seconds)

    @property
    def is_quiet(self) -> bool:
        """Whether nobody wants to know how the wait went, so that there is nothing to fold."""
        return self._verbosity < 0

    def mark(self, line: str) -> None:
        """Writes a line for the CI host that shows this log."""
        if line and not self.is_quiet:
            self._write(line)

    def print_warning(self, text: str) -> None:
        """Prints what went wrong beside the verdict, at every verbosity."""
        self._write(f"scan-gate: {for_log(text, MAX_REASON_LENGTH)}\n")

    def _change(self, event: Event, status: str) -> None:
        before, at = self._printed.get(event.kind, ("", 0.0))
        self._status = for_log(status) or self._status
        if status and (status != before or event.at - at > _LONGEST_SILENCE):
            self._printed[event.kind] = (status, event.at)
            self._line(event, status)

    def _line(self, event: Event, text: str, *, least_verbosity: int = 0) -> None:
        if self._verbosity >= least_verbosity:
            self._write(f"scan-gate: {event.at:6.1f} s  {for_log(text, MAX_REASON_LENGTH)}\n")

    def _write(self, text: str) -> None:
        write_stream(self._stream, text)


def describe(task: ScanTask | None) -> str:
    """Says in a few words how far a task is."""
    if task is None:
        return "no scan task yet"
    progress = (
        f", {task.progress} %"
        if task.progress is not None and task.state in {TaskState.RUNNING, TaskState.UNKNOWN}
        else ""
    )
    known = task.state if task.state != "unknown" else f"in a state that the gate does not know ({task.raw_state})"
    return f"scan task {task.name or task.id}: {known}{progress}"
