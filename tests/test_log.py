"""The log: one line for each change in CI, a live line on a terminal, and nothing that a CI system would obey."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gate.log import Log, describe, live_line
from gate.outcome import Event, EventKind
from gate.scan import TaskState
from gate.terminal import cell_width
from tests.builders import NOW, FakeTime, a_task
from tests.screen import Terminal

if TYPE_CHECKING:
    from gate.scan import ScanTask

CHINESE = "夜间镜像扫描任务生产环境全部仓库每日例行检查"


class FullDisk(io.StringIO):
    def write(self, _text: str) -> int:
        raise OSError(28, "No space left on device")


def running(progress: int | None, *, name: str = "nightly") -> ScanTask:
    return a_task(name=name, state=TaskState.RUNNING, progress=progress)


def poll(at: float, task: ScanTask | None) -> Event:
    return Event(kind=EventKind.POLL, at=at, task=task)


def logged(*events: Event, verbosity: int = 0) -> list[str]:
    stream = io.StringIO()
    log = Log(stream, verbosity=verbosity)
    for event in events:
        log.on_event(event)
    return stream.getvalue().splitlines()


def live(*events: Event, on: Terminal | None = None, seconds: float = 3.0) -> Terminal:
    """A terminal on which these events were logged, and then a pause was slept through in simulated time."""
    terminal, fake_time = on or Terminal(), FakeTime()
    log = Log(terminal, monotonic=fake_time.monotonic, sleep=fake_time.sleep)
    for event in events:
        log.on_event(event)
    log.sleep(seconds)
    return terminal


@pytest.fixture(autouse=True)
def a_terminal_of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")


def test_in_ci_there_is_one_line_for_each_change() -> None:
    lines = logged(
        poll(0, running(20)), poll(12, running(20)), poll(24, running(70)), poll(36, running(70)), poll(48, a_task())
    )

    assert lines == [
        "scan-gate:    0.0 s  scan task nightly: running, 20 %",
        "scan-gate:   24.0 s  scan task nightly: running, 70 %",
        "scan-gate:   48.0 s  scan task nightly: complete",
    ]


def test_an_unchanged_status_is_printed_again_before_a_ci_system_cancels_a_silent_job() -> None:
    lines = logged(poll(0, running(20)), poll(240, running(20)), poll(241, running(20)), poll(300, running(20)))

    assert [line.split()[1] for line in lines] == ["0.0", "241.0"]


def test_what_the_gate_waits_for_is_printed_once() -> None:
    pause = Event(kind=EventKind.PAUSE, at=0, text="No scan task was found.", pause=12)

    lines = logged(poll(0, None), pause, poll(12, None), pause, poll(24, running(0)))

    assert lines == [
        "scan-gate:    0.0 s  No scan task was found.",
        "scan-gate:   24.0 s  scan task nightly: running, 0 %",
    ]


def test_every_retry_is_printed_with_its_pause() -> None:
    retry = Event(kind=EventKind.RETRY, at=3, text="The cloud is down.", pause=8)

    assert logged(retry, retry) == ["scan-gate:    3.0 s  The cloud is down. Retrying in 8 s."] * 2


def test_a_retry_without_a_pause_that_can_be_felt_comes_now() -> None:
    retry = Event(kind=EventKind.RETRY, at=3, text="The cloud is down.", pause=0.4)

    assert logged(retry) == ["scan-gate:    3.0 s  The cloud is down. Retrying now."]


def test_what_the_gate_does_in_the_cloud_is_printed_whenever_the_log_is_not_quiet() -> None:
    action = Event(kind=EventKind.ACTION, at=3, text="starting a scan of 2 images")

    assert logged(action, action) == ["scan-gate:    3.0 s  starting a scan of 2 images"] * 2
    assert logged(action, verbosity=-1) == []


@pytest.mark.parametrize("verbosity", [-1, 0, 1])
def test_every_log_has_warnings(verbosity: int) -> None:
    warning = Event(kind=EventKind.WARNING, at=3, text="not known")

    assert logged(warning, verbosity=verbosity) == ["scan-gate:    3.0 s  not known"]


@pytest.mark.parametrize(("verbosity", "lines"), [(-1, 0), (0, 0), (1, 1)])
def test_only_a_verbose_log_has_notes(verbosity: int, lines: int) -> None:
    assert len(logged(Event(kind=EventKind.NOTE, at=0, text="GET /v5"), verbosity=verbosity)) == lines


def test_a_quiet_log_has_warnings_only() -> None:
    terminal, fake_time = Terminal(), FakeTime()
    log = Log(terminal, verbosity=-1, monotonic=fake_time.monotonic, sleep=fake_time.sleep)

    log.on_event(poll(0, running(20)))
    log.on_event(Event(kind=EventKind.RETRY, at=0, text="Down.", pause=1))
    log.sleep(5)
    log.print_warning("The report cannot be written.")

    assert terminal.getvalue() == "scan-gate: The report cannot be written.\n"
    assert fake_time.elapsed == 5


@pytest.mark.parametrize(
    ("stated", "shown"),
    [
        ((20, 60, 40, 70), (20, 60, 60, 70)),
        ((60, 20, 20, 20), (60, 60, 60, 60)),
        ((0, 100, 3), (0, 100, 100)),
        ((60, None, 40), (60, None, 60)),
        ((None, 40, 30), (None, 40, 40)),
    ],
)
def test_progress_never_goes_backwards(stated: tuple[int | None, ...], shown: tuple[int | None, ...]) -> None:
    """Alibaba Cloud's newest task has the cloud's own per cent; asked for by its id, it has images that are done."""
    lines = logged(*(poll(300.0 * at, running(progress)) for at, progress in enumerate(stated)))

    assert [line.partition("running")[2] for line in lines] == [
        "" if progress is None else f", {progress} %" for progress in shown
    ]


@pytest.mark.parametrize(
    "other",
    [
        a_task(id="task-2", state=TaskState.RUNNING, progress=5),
        a_task(state=TaskState.RUNNING, progress=5, started_at=NOW + timedelta(minutes=1)),
    ],
    ids=["another task", "the same task, started again"],
)
def test_progress_of_another_scan_starts_anew(other: ScanTask) -> None:
    lines = logged(poll(0, running(80)), poll(12, other), poll(24, replace(other, progress=4)))

    assert [line.rpartition(", ")[2] for line in lines] == ["80 %", "5 %"]


def test_on_a_terminal_a_live_line_counts_the_pause_down() -> None:
    terminal = live(poll(0, running(20)), seconds=2.5)

    status = "scan-gate:    0.0 s  scan task nightly: running, 20 %"
    assert terminal.frames[1:] == [
        [status, "  next poll in 3 s (0 s elapsed): scan task nightly: running, 20 %"],
        [status, "  next poll in 2 s (1 s elapsed): scan task nightly: running, 20 %"],
        [status, "  next poll in 1 s (2 s elapsed): scan task nightly: running, 20 %"],
        [status, ""],
    ]


def test_the_live_line_names_what_comes_after_the_pause() -> None:
    waiting = Event(kind=EventKind.PAUSE, at=0, text="No scan task was found.", pause=12)
    retry = Event(kind=EventKind.RETRY, at=3, text="The cloud is down.", pause=8)

    assert live(seconds=1).frames[0] == ["  next poll in 1 s (0 s elapsed)"]
    assert live(waiting, seconds=1).frames[1][-1] == "  next poll in 1 s (0 s elapsed): No scan task was found."
    assert live(waiting, retry, seconds=1).frames[2][-1] == "  retrying in 1 s (0 s elapsed): No scan task was found."
    assert live(retry, waiting, seconds=1).frames[2][-1].startswith("  next poll in 1 s")


@pytest.mark.parametrize("name", [CHINESE, "nightly-scan-of-all-images-of-all-registries", "🚀" * 30, "é" * 60])
@pytest.mark.parametrize("columns", [*range(1, 30), 60, 79, 80, 81, 200])
def test_the_live_line_never_leaves_a_stale_row(columns: int, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also on a terminal that cannot turn autowrap off."""
    monkeypatch.setenv("COLUMNS", str(columns))
    task = running(20, name=name)
    before = Terminal(columns)
    before.write(f"scan-gate:    0.0 s  {describe(task)}\n")

    terminal = live(poll(0, task), on=Terminal(columns, knows_decawm=False))

    *first_rows, _ = before.screen.rows
    assert all(frame[:-1] == first_rows for frame in terminal.frames)
    assert [("s" in frame[-1]) for frame in terminal.frames] == [False, *[columns > 3] * 3, False]


def test_a_terminal_that_draws_wider_than_unicode_says_has_no_stale_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if each Greek letter had two cells, which is a setting of some terminals."""
    monkeypatch.setenv("COLUMNS", "60")

    terminal = live(poll(0, running(20, name="νυχτερινός έλεγχος εικόνων παραγωγής")), on=Terminal(45))

    assert [len(frame) for frame in terminal.frames] == [3, 3, 3, 3, 3]


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (80, "  next poll in 12 s (34 s elapsed): scan task nightly: running, 20 %"),
        (68, "  next poll in 12 s (34 s elapsed): scan task nightly: running, 20 %"),
        (67, "  next poll in 12 s: scan task nightly: running, 20 %"),
        (53, "  next poll in 12 s: scan task nightly: running, 20 %"),
        (52, "  next poll in 12 s: scan task...htly: running, 20 %"),
        (37, "  next poll in 12 s: scan...ing, 20 %"),
        (36, "  next poll in 12 s (34 s elapsed)"),
        (33, "  next poll in 12 s"),
        (18, "12 s"),
        (4, "12 s"),
        (3, ""),
        (0, ""),
    ],
)
def test_the_live_line_cuts_the_status_first_and_the_countdown_never(width: int, line: str) -> None:
    assert live_line(width, "next poll", 12, 34, "scan task nightly: running, 20 %") == line


def test_a_short_status_is_shown_whole_or_not_at_all() -> None:
    assert live_line(30, "next poll", 12, 34, "waiting") == "  next poll in 12 s: waiting"
    assert live_line(27, "next poll", 12, 34, "waiting") == "  next poll in 12 s"


def test_the_live_line_of_a_chinese_task_at_60_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")

    line = live(poll(0, running(20, name=CHINESE)), on=Terminal(60)).frames[1][-1]

    assert line == "  next poll in 3 s: scan task 夜...例行检查: running, 20 %"
    assert cell_width(line) <= 59


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()], ids=["terminal", "CI"])
def test_a_pause_lasts_as_long_as_it_should(stream: io.StringIO) -> None:
    fake_time = FakeTime()

    Log(stream, monotonic=fake_time.monotonic, sleep=fake_time.sleep).sleep(2.25)

    assert fake_time.elapsed == 2.25


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()], ids=["terminal", "CI"])
@pytest.mark.parametrize("seconds", [0.0, 0.5, 240.25])
def test_a_pause_whose_end_has_passed_when_it_starts_is_no_error(seconds: float, stream: io.StringIO) -> None:
    """As at the deadline, for which no time at all may be left, and after a machine was suspended."""
    fake_time = FakeTime()

    def late() -> float:
        fake_time.elapsed += 1.0
        return fake_time.monotonic()

    Log(stream, monotonic=late, sleep=fake_time.sleep).sleep(seconds)

    assert sum(fake_time.slept) <= seconds


@pytest.mark.parametrize(
    ("seconds", "slept", "lines"),
    [
        (240.0, [240.0], []),
        (
            600.0,
            [240.0, 240.0, 120.0],
            [
                "scan-gate:  240.0 s  still waiting: retrying in 360 s",
                "scan-gate:  480.0 s  still waiting: retrying in 120 s",
            ],
        ),
    ],
)
def test_a_long_pause_is_not_silent(seconds: float, slept: list[float], lines: list[str]) -> None:
    """Some CI systems cancel a job that prints nothing for ten minutes."""
    fake_time, stream = FakeTime(), io.StringIO()
    log = Log(stream, monotonic=fake_time.monotonic, sleep=fake_time.sleep)
    log.on_event(Event(kind=EventKind.RETRY, at=0, text="Full.", pause=seconds))

    log.sleep(seconds)

    assert fake_time.slept == slept
    assert stream.getvalue().splitlines()[1:] == lines


def note(at: float) -> Event:
    return Event(kind=EventKind.NOTE, at=at, text=f"page {at:.0f}")


def test_a_poll_that_reads_very_many_pages_is_not_silent() -> None:
    """Each page is a note, which only a verbose log has otherwise."""
    pages = [note(at) for at in (100.0, 480.0, 481.0, 700.0, 961.0, 962.0)]

    assert logged(*pages) == ["scan-gate:  481.0 s  page 481", "scan-gate:  962.0 s  page 962"]
    assert logged(poll(200.0, running(20)), *pages) == [
        "scan-gate:  200.0 s  scan task nightly: running, 20 %",
        "scan-gate:  700.0 s  page 700",
    ]
    assert logged(*pages, verbosity=-1) == []


def test_a_pause_that_broke_its_silence_breaks_that_of_the_next_note() -> None:
    fake_time, stream = FakeTime(), io.StringIO()
    log = Log(stream, monotonic=fake_time.monotonic, sleep=fake_time.sleep)

    log.sleep(300)
    log.on_event(note(fake_time.elapsed))

    assert stream.getvalue() == "scan-gate:  240.0 s  still waiting: next poll in 60 s\n"


def test_a_live_line_is_never_silent_and_needs_no_note() -> None:
    terminal = live(note(1000.0))

    assert "page" not in terminal.getvalue()


def test_with_quiet_a_long_pause_stays_silent() -> None:
    fake_time, stream = FakeTime(), io.StringIO()

    Log(stream, verbosity=-1, monotonic=fake_time.monotonic, sleep=fake_time.sleep).sleep(600)

    assert (fake_time.elapsed, stream.getvalue()) == (600, "")


def test_an_interrupted_pause_leaves_no_live_line() -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    terminal = Terminal()
    with pytest.raises(KeyboardInterrupt):
        Log(terminal, sleep=interrupted).sleep(5)

    assert terminal.frames == [["  next poll in 5 s (0 s elapsed)"], [""]]


def test_a_full_or_closed_stream_ends_nothing() -> None:
    full, closing = FullDisk(), io.StringIO()
    log = Log(closing)
    closing.close()

    for silenced in (Log(full), log):
        silenced.on_event(poll(0, a_task()))
        silenced.print_warning("x")


def test_a_full_disk_leaves_nothing_to_be_written_at_the_end() -> None:
    """Python would exit with 120 where it cannot write what is left."""
    with Path("/dev/full").open("w") as full:
        Log(full).print_warning("x")


def test_a_task_is_described_in_a_few_words() -> None:
    assert describe(None) == "no scan task yet"
    assert describe(a_task(name="", state=TaskState.STOPPED, progress=40)) == "scan task task-1: stopped"
    assert describe(running(None)) == "scan task nightly: running"
    unknown = a_task(state=TaskState.UNKNOWN, raw_state="142")
    assert describe(unknown) == "scan task nightly: in an unknown state (142)"
    assert describe(replace(unknown, progress=7)) == "scan task nightly: in an unknown state (142), 7 %"


def test_a_dumb_terminal_gets_no_live_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")

    assert live().getvalue() == ""


def test_no_name_forges_anything_in_the_live_line() -> None:
    """The screen refuses every sequence that is not the log's own."""
    terminal = live(poll(0, a_task(name="x\n::error::forged\x1b[2J")))

    assert "\n::" not in terminal.getvalue()
    assert terminal.screen.rows == ["scan-gate:    0.0 s  scan task x : :error: :forged [2J: complete", ""]


def test_no_name_forges_a_line_or_a_command() -> None:
    (line,) = logged(poll(0, a_task(name="x\n::error::forged\r\x1b[0Ksection_start:1:x ##[error]")))

    assert "\x1b" not in line
    assert "::" not in line
    assert "##" not in line
