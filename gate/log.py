"""The log of a run: a live line with a countdown on a terminal, one line for each change in a CI system."""

from __future__ import annotations

import math
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING, TextIO

from gate.outcome import EventKind
from gate.scan import TaskState
from gate.terminal import cell_width, columns, shortened
from gate.text import MAX_REASON_LENGTH, for_log
from gate.writing import write_stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.outcome import Event
    from gate.scan import ScanTask

_MAX_SILENCE = 240.0
"""Seconds; some CI systems cancel a job that prints nothing for ten minutes."""
_MIN_STATUS_WIDTH = 16
"""Cells; less than that of a status says nothing."""
_CLEAR_LINE = "\r\x1b[K"
_AUTOWRAP_OFF = "\x1b[?7l"
_AUTOWRAP_ON = "\x1b[?7h"
"""DECAWM: a live line that the terminal draws wider than it was counted is cut, and leaves no row behind."""


class Log:
    """Prints the events of a run; a stream that is closed or full silences the log and changes nothing else.

    Args:
        stream: The log is live if this is a terminal.
        verbosity: -1 prints warnings only, 1 prints every request too.
        monotonic: Seconds of a clock that is never set back.
        sleep: Pauses for so many s; by default the machine's.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        verbosity: int = 0,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._stream = stream
        self._verbosity = verbosity
        self._is_live = stream.isatty() and verbosity >= 0 and os.environ.get("TERM") != "dumb"
        self._monotonic = monotonic
        self._sleep = sleep or time.sleep
        self._started_at = monotonic()
        self._status = ""
        self._next_step = "next poll"
        self._furthest: ScanTask | None = None
        self._printed: dict[EventKind, tuple[str, float]] = {}
        self._line_at = 0.0

    def on_event(self, event: Event) -> None:
        """Prints an event if this verbosity includes it."""
        if event.kind is EventKind.NOTE:
            # One poll may read a list of very many pages, each of which is a note. Between polls there is less silence.
            is_silent_for_long = not self._is_live and event.at - self._line_at > 2 * _MAX_SILENCE
            self._print_line(event, event.text, min_verbosity=0 if is_silent_for_long else 1)
        elif event.kind is EventKind.RETRY:
            self._next_step = "retrying"
            seconds = round(event.pause or 0)
            self._print_line(event, f"{event.text} Retrying {f'in {seconds} s' if seconds else 'now'}.")
        elif event.kind is EventKind.ACTION:
            self._print_line(event, event.text)
        elif event.kind is EventKind.WARNING:
            self._print_line(event, event.text, min_verbosity=-1)
        elif event.kind is EventKind.PAUSE:
            self._next_step = "next poll"
            self._print_change(event, event.text)
        elif event.task:
            self._print_change(event, describe(self._with_monotonic_progress(event.task)))

    def sleep(self, seconds: float) -> None:
        """Sleeps for so many s; the live line of a terminal counts them down, and any other log breaks its silence."""
        ends_at = self._monotonic() + seconds
        if not self._is_live:
            while (left := ends_at - self._monotonic()) > _MAX_SILENCE:
                self._sleep(_MAX_SILENCE)
                self._print_countdown(ends_at - self._monotonic())
            # The clock has gone on since the pause was chosen, perhaps past its end.
            self._sleep(max(0.0, left))
            return
        try:
            while (left := ends_at - self._monotonic()) > 0:
                self._draw_live_line(left)
                self._sleep(min(1.0, left))
        finally:
            self._write(_CLEAR_LINE)

    @property
    def is_quiet(self) -> bool:
        """Whether only warnings are printed, so that there is no log to fold into a group."""
        return self._verbosity < 0

    def mark(self, line: str) -> None:
        """Writes a line for the CI system that shows this log."""
        if line and not self.is_quiet:
            self._write(line)

    def print_warning(self, text: str) -> None:
        """Prints a warning, at every verbosity."""
        self._write(f"scan-gate: {for_log(text, MAX_REASON_LENGTH)}\n")

    def _with_monotonic_progress(self, task: ScanTask) -> ScanTask:
        """Returns the task with the highest progress seen so far: calls of one cloud may count differently."""
        before = self._furthest
        if task.progress is None:
            return task
        # Another start time is another run of the task, and starts at 0 again.
        is_same = before is not None and (before.id, before.started_at) == (task.id, task.started_at)
        if before and is_same and (before.progress or 0) > task.progress:
            return replace(task, progress=before.progress)
        self._furthest = task
        return task

    def _print_change(self, event: Event, status: str) -> None:
        before, at = self._printed.get(event.kind, ("", 0.0))
        self._status = for_log(status) or self._status
        if status and (status != before or event.at - at > _MAX_SILENCE):
            self._printed[event.kind] = (status, event.at)
            self._print_line(event, status)

    def _print_line(self, event: Event, text: str, *, min_verbosity: int = 0) -> None:
        if self._verbosity >= min_verbosity:
            self._line_at = event.at
            self._write(f"scan-gate: {event.at:6.1f} s  {for_log(text, MAX_REASON_LENGTH)}\n")

    def _print_countdown(self, left: float) -> None:
        if not self.is_quiet:
            elapsed = self._line_at = self._monotonic() - self._started_at
            self._write(f"scan-gate: {elapsed:6.1f} s  still waiting: {self._next_step} in {left:.0f} s\n")

    def _draw_live_line(self, left: float) -> None:
        # In the last column, some terminals wrap at once.
        width = columns(self._stream, os.environ) - 1
        elapsed = self._monotonic() - self._started_at
        line = live_line(width, self._next_step, math.ceil(left), round(elapsed), self._status)
        self._write(f"{_CLEAR_LINE}{_AUTOWRAP_OFF}{line}{_AUTOWRAP_ON}")

    def _write(self, text: str) -> None:
        write_stream(self._stream, text)


def live_line(width: int, next_step: str, left: int, elapsed: int, status: str) -> str:
    """Lays out the live line in at most `width` cells: the countdown is never cut, only left out.

    Args:
        width: Cells, 0 or more.
        next_step: What comes after the pause, such as "next poll".
        left: Seconds of the pause that are left.
        elapsed: Seconds since the start of the run.
        status: What the gate waits for; may be empty.
    """
    countdown = f"  {next_step} in {left} s"
    full = f"{countdown} ({elapsed} s elapsed)"
    lines = [full, countdown, f"{left} s"]
    if status:
        room = width - len(f"{countdown}: ")
        has_room = room >= min(_MIN_STATUS_WIDTH, cell_width(status))
        cut = [f"{countdown}: {shortened(status, room)}"] if has_room else []
        lines = [f"{full}: {status}", *cut, *lines]
    return next((line for line in lines if cell_width(line) <= width), "")


def describe(task: ScanTask | None) -> str:
    """Describes in a few words how far a task is."""
    if task is None:
        return "no scan task yet"
    if task.asks_for_images:
        return task.raw_state
    unknown = task.raw_state if task.is_gone or task.is_unfit else f"in an unknown state ({task.raw_state})"
    state = unknown if task.state is TaskState.UNKNOWN else task.state
    shows_progress = task.progress is not None and task.state in {TaskState.RUNNING, TaskState.UNKNOWN}
    return f"scan task {task.name or task.id}: {state}" + (f", {task.progress} %" if shows_progress else "")
