"""The log: one line for each change in CI, a live line on a terminal, and nothing that a host would obey."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gate.log import Log, describe
from gate.outcome import Event, EventKind
from gate.scan import TaskState
from tests.builders import a_task

if TYPE_CHECKING:
    from gate.scan import ScanTask


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Full(io.StringIO):
    def write(self, _text: str) -> int:
        raise OSError(28, "No space left on device")


def running(progress: int | None) -> ScanTask:
    return a_task(state=TaskState.RUNNING, progress=progress)


def poll(at: float, task: ScanTask | None) -> Event:
    return Event(kind=EventKind.POLL, at=at, task=task)


def heard(*events: Event, verbosity: int = 0) -> list[str]:
    stream = io.StringIO()
    log = Log(stream, verbosity=verbosity)
    for event in events:
        log.on_event(event)
    return stream.getvalue().splitlines()


def test_in_ci_there_is_one_line_for_each_change() -> None:
    lines = heard(
        poll(0, running(20)), poll(12, running(20)), poll(24, running(70)), poll(36, running(70)), poll(48, a_task())
    )

    assert lines == [
        "scan-gate:    0.0 s  scan task nightly: running, 20 %",
        "scan-gate:   24.0 s  scan task nightly: running, 70 %",
        "scan-gate:   48.0 s  scan task nightly: complete",
    ]


def test_a_long_silence_is_broken_so_that_no_host_ends_the_job() -> None:
    lines = heard(poll(0, running(20)), poll(240, running(20)), poll(241, running(20)), poll(300, running(20)))

    assert [line.split()[1] for line in lines] == ["0.0", "241.0"]


def test_what_the_gate_waits_for_is_said_once() -> None:
    pause = Event(kind=EventKind.PAUSE, at=0, text="No scan task was found.", pause=12)

    lines = heard(poll(0, None), pause, poll(12, None), pause, poll(24, running(0)))

    assert lines == [
        "scan-gate:    0.0 s  No scan task was found.",
        "scan-gate:   24.0 s  scan task nightly: running, 0 %",
    ]


def test_a_retry_is_always_said_with_its_pause() -> None:
    retry = Event(kind=EventKind.RETRY, at=3, text="The cloud is down.", pause=8)

    assert heard(retry, retry) == ["scan-gate:    3.0 s  The cloud is down. Next try in 8 s."] * 2


@pytest.mark.parametrize(("verbosity", "lines"), [(-1, 0), (0, 0), (1, 1)])
def test_notes_are_for_those_who_ask_for_them(verbosity: int, lines: int) -> None:
    assert len(heard(Event(kind=EventKind.NOTE, at=0, text="GET /v5"), verbosity=verbosity)) == lines


def test_quiet_means_nothing_but_complaints() -> None:
    stream = Terminal()
    log = Log(stream, verbosity=-1)

    log.on_event(poll(0, running(20)))
    log.on_event(Event(kind=EventKind.RETRY, at=0, text="Down.", pause=1))
    log.sleep(0)
    log.print_warning("The report cannot be written.")

    assert stream.getvalue() == "scan-gate: The report cannot be written.\n"


def test_on_a_terminal_a_live_line_counts_the_pause_down() -> None:
    stream = Terminal()
    log = Log(stream)
    log.on_event(poll(0, running(20)))

    log.sleep(0.05)

    written = stream.getvalue()
    assert "\r\x1b[K  0 s: scan task nightly: running, 20 %; next look in 1 s" in written
    assert written.endswith("\r\x1b[K")


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()], ids=["terminal", "CI"])
def test_a_sleep_lasts_as_long_as_it_should(stream: io.StringIO) -> None:
    began = time.monotonic()

    Log(stream).sleep(0.05)

    assert time.monotonic() - began >= 0.05


def test_a_log_that_is_full_or_closed_ends_nothing() -> None:
    full, closing = Full(), io.StringIO()
    log = Log(closing)
    closing.close()

    for silenced in (Log(full), log):
        silenced.on_event(poll(0, a_task()))
        silenced.print_warning("x")


def test_a_log_whose_disk_is_full_leaves_nothing_to_be_written_at_the_end() -> None:
    """Python would exit with 120 where it cannot write what is left."""
    with Path("/dev/full").open("w") as full:
        Log(full).print_warning("x")


def test_a_task_is_described_in_a_few_words() -> None:
    assert describe(None) == "no scan task yet"
    assert describe(a_task(name="", state=TaskState.STOPPED, progress=40)) == "scan task task-1: stopped"
    assert describe(running(None)) == "scan task nightly: running"
    unknown = a_task(state=TaskState.UNKNOWN, raw_state="142")
    assert describe(unknown) == "scan task nightly: in a state that the gate does not know (142)"


def test_the_live_line_never_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    log = Log(stream)
    log.on_event(poll(0, a_task(name="a very long name of a scan task that goes on and on")))

    log.sleep(0.01)

    assert max(len(part) for part in stream.getvalue().split("\r\x1b[K")[1:]) == 39


def test_a_terminal_that_understands_nothing_gets_no_live_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()

    Log(stream).sleep(0.01)

    assert stream.getvalue() == ""


def test_no_name_forges_anything_in_the_live_line() -> None:
    stream = Terminal()
    log = Log(stream)
    log.on_event(poll(0, a_task(name="x\n::error::forged\x1b[2J")))

    log.sleep(0.01)

    assert "\n::" not in stream.getvalue()
    assert "\x1b[2J" not in stream.getvalue()


def test_no_name_forges_a_line_or_a_command() -> None:
    (line,) = heard(poll(0, a_task(name="x\n::error::forged\r\x1b[0Ksection_start:1:x ##[error]")))

    assert "\x1b" not in line
    assert "::" not in line
    assert "##" not in line
