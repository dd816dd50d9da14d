"""Interrupts real gates at random moments, and reads whatever they leave: `python -m tools.interrupt --runs 200`.

Each run is a process before a simulated cloud, with every report and the files of a job in GitHub. At a moment that is
drawn from before its first byte to after its verdict it gets SIGINT, SIGTERM, both, or loses its readers. Then every
file is held against its reader: whole or absent, of one verdict, and that of the exit code. The last table says what
was seen; whatever is wrong is listed above it, and makes the exit code 1.

What no program in Python can promise: a signal that comes before the gate is loaded ends Python itself, by that signal,
or with 1 where SIGINT meets Python in its own start. Then nothing is said and nothing is written.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

import pytest

from gate.clouds import CLOUDS
from gate.reports import REPORTS
from gate.simulator import SCENARIOS, Simulator
from tests.github_runner import parse_outputs
from tests.reports.reading import READERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO

ROOT = Path(__file__).parent.parent
STORIES = ("clean", "risky", "failed", "partial", "stopped", "stuck", "empty", "login-page")
"""Scenarios that pass, block and stay undecided, soon and late."""
ACTS: dict[str, tuple[signal.Signals, ...]] = {
    "SIGINT": (signal.SIGINT,),
    "SIGTERM": (signal.SIGTERM,),
    "SIGINT and SIGTERM": (signal.SIGINT, signal.SIGTERM),
    "stdout closed": (),
    "stdout and stderr closed": (),
}
"""What is done to a gate, by name: the signals that it is sent."""
BEFORE = "before=1\n"
"""What an earlier tool of the same step left in the files of GitHub."""
_CLOSED = {"stdout closed": 1, "stdout and stderr closed": 2}
_PACE = ("--poll-interval", "0.25s", "--appear-timeout", "1s", "--timeout", "4s", "-v")
_SLACK = 1.1
"""The last moment, as a part of the time that the same run takes if nobody interrupts it."""
_NEARLY_DONE = 0.8
"""From when on a run is near its end, as such a part; few of these moments are those in which reports are written."""
_LONGEST = 60.0
_UNREADABLE = (AssertionError, ValueError, LookupError, ParseError, pytest.fail.Exception)


@dataclass(frozen=True, kw_only=True)
class Remains:
    """What is left of a gate that is gone."""

    code: int
    """Negative where a signal ended the process."""
    out: str
    err: str
    folder: Path
    seconds: float

    def file(self, name: str) -> str:
        """A file that it left, empty where there is none."""
        path = self.folder / name
        return path.read_text(encoding="utf-8") if path.exists() else ""

    @property
    def reports(self) -> dict[str, str]:
        """The reports that are there, by format."""
        return {name: self.file(f"report.{name}") for name in REPORTS if (self.folder / f"report.{name}").exists()}

    @property
    def is_untouched(self) -> bool:
        """Whether the gate left no trace at all, as if it had not been loaded."""
        files = {self.file("output"), self.file("summary")}
        return not self.out and "scan-gate: " not in self.err and not self.reports and files == {BEFORE}


@dataclass(frozen=True, kw_only=True)
class Run:
    """One gate, and what is done to it."""

    cloud: str
    scenario: str
    act: str = ""
    after: float = 0.0
    """Seconds from its start until something is done to it."""
    options: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.cloud}, {self.scenario}, {self.act or 'left alone'} after {self.after:.3f} s"

    @property
    def expected(self) -> int:
        """The exit code of its scenario."""
        return SCENARIOS[self.scenario].expected_exit

    def take_place(self, folder: Path, before: str = BEFORE) -> Remains:
        """Runs the gate in this empty folder, and interrupts it."""
        for name in ("output", "summary"):
            (folder / name).write_text(before, encoding="utf-8")
        began = time.monotonic()
        with Simulator(self.scenario) as simulator:
            environ, arguments = self._words(simulator)
            with subprocess.Popen(
                [sys.executable, "-m", "gate", "check", *arguments],
                env=environ,
                cwd=folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            ) as process:
                try:
                    out, err = self._listen(process)
                finally:
                    process.kill()
        took = time.monotonic() - began
        return Remains(code=process.returncode, out=out, err=err, folder=folder, seconds=took)

    def _words(self, simulator: Simulator) -> tuple[dict[str, str], list[str]]:
        known = simulator.describe()[self.cloud]
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "SCAN_GATE_"))}
        environ |= {f"SCAN_GATE_{name.upper()}": known[name] for name in ("access_key_id", "access_key_secret")}
        environ |= {"PYTHONPATH": str(ROOT), "GITHUB_ACTIONS": "true"}
        environ |= {"GITHUB_OUTPUT": "output", "GITHUB_STEP_SUMMARY": "summary", **self.variables}
        where = ["--cloud", self.cloud, "--endpoint", known["endpoint"], "--region", known["region"]]
        where += ["--project-id", known["project_id"]] if "project_id" in known else []
        reports = [word for name in REPORTS for word in ("--report", f"{name}=report.{name}")]
        return environ, [*where, *_PACE, *reports, *self.options]

    def _listen(self, process: subprocess.Popen[bytes]) -> tuple[str, str]:
        streams = [stream for stream in (process.stdout, process.stderr) if stream]
        heard = {stream: bytearray() for stream in streams}
        moment = time.monotonic() + self.after if self.act else None
        give_up = time.monotonic() + _LONGEST
        with selectors.DefaultSelector() as open_streams:
            for stream in streams:
                open_streams.register(stream, selectors.EVENT_READ)
            while open_streams.get_map() or moment:
                now = time.monotonic()
                if now > give_up:
                    raise TimeoutError(f"{self}: the gate does not end")
                if moment and now >= moment:
                    moment = None
                    self._act(process, open_streams, streams)
                    continue
                for key, _ in open_streams.select(min(moment or give_up, give_up) - now if moment else _LONGEST):
                    self._hear(key.fileobj, heard, open_streams)  # type: ignore[arg-type] # what was registered
        process.wait(_LONGEST)
        out, err = (heard[stream].decode() for stream in streams)
        return out, err

    def _act(
        self, process: subprocess.Popen[bytes], open_streams: selectors.BaseSelector, streams: list[IO[bytes]]
    ) -> None:
        for number in ACTS[self.act]:
            process.send_signal(number)
        for stream in streams[: _CLOSED.get(self.act, 0)]:
            if stream in {key.fileobj for key in open_streams.get_map().values()}:
                open_streams.unregister(stream)
                stream.close()

    def _hear(self, stream: IO[bytes], heard: dict[IO[bytes], bytearray], open_streams: selectors.BaseSelector) -> None:
        part = os.read(stream.fileno(), 65536)
        heard[stream] += part
        if not part:
            open_streams.unregister(stream)


def problems(run: Run, left: Remains) -> Iterator[str]:
    """What is wrong with what is left of a run, in words."""
    numbers = ACTS.get(run.act, ())
    by_signal = {128 + number for number in numbers}
    if left.is_untouched and numbers:
        allowed = by_signal | {-number for number in numbers} | ({1} if signal.SIGINT in numbers else set())
        if left.code not in allowed:
            yield f"ended with {left.code} before it was loaded"
        return
    try:
        decided = int(parse_outputs(left.file("output"))["exit-code"])
    except _UNREADABLE as error:
        yield f"the outputs cannot be read: {error!r}"
        return
    if decided not in {run.expected} | by_signal:
        yield f"decided {decided}"
    # Once all is written, signals have their usual meaning again.
    if left.code != decided and -left.code not in numbers:
        yield f"ended with {left.code}, and said {decided}"
    yield from _of_reports(left, decided, may_be_absent=decided in by_signal)
    yield from _of_words(left, is_heard=run.act not in _CLOSED)


def _of_reports(left: Remains, decided: int, *, may_be_absent: bool) -> Iterator[str]:
    verdict = {0: "passed", 1: "blocked"}.get(decided, "undecided")
    due = {name for name, report in REPORTS.items() if verdict != "undecided" or not report.needs_a_verdict}
    if set(left.reports) != due and not (may_be_absent and not left.reports):
        yield f"of the reports there are only {sorted(left.reports)}"
    for name, text in left.reports.items():
        try:
            seen = READERS[name].verdict(text)
            READERS[name].structure(text)
        except _UNREADABLE as error:
            seen = f"unreadable: {error!r}"
        if seen != verdict:
            yield f"{name} says {seen}, and the outputs {verdict}"
    if "json" in left.reports and json.loads(left.reports["json"])["exit_code"] != decided:
        yield "json has another exit code than the outputs"
    if "markdown" in left.reports and left.file("summary") != BEFORE + left.reports["markdown"]:
        yield "the summary is not whole"
    strays = {path.name for path in left.folder.iterdir()} - {f"report.{name}" for name in REPORTS}
    if strays != {"output", "summary"}:
        yield f"it left {sorted(strays)}"


def _of_words(left: Remains, *, is_heard: bool) -> Iterator[str]:
    if "Traceback" in left.err or "Exception ignored" in left.err:
        yield f"it complains: {left.err[-2000:]}"
    if is_heard and not left.out.endswith("\n"):
        yield f"its last line is not whole: {left.out[-100:]!r}"


def ending(run: Run, left: Remains) -> str:
    """What became of a run, for the table."""
    if left.is_untouched and ACTS.get(run.act):
        return "before it was loaded"
    if left.code < 0:
        return "after all was written"
    if left.code in {128 + number for number in ACTS.get(run.act, ())}:
        return "interrupted, with reports" if left.reports else "interrupted before the wait"
    return "decided"


def runs(number: int, chance: random.Random, usual: dict[tuple[str, str], float]) -> Iterator[Run]:
    """So many runs, each with a moment of its own; about every third one near its end."""
    for _ in range(number):
        cloud, scenario, act = chance.choice([*CLOUDS]), chance.choice(STORIES), chance.choice([*ACTS])
        took, earliest = usual[cloud, scenario], chance.choice((0.0, 0.0, _NEARLY_DONE))
        yield Run(cloud=cloud, scenario=scenario, act=act, after=chance.uniform(took * earliest, took * _SLACK))


def main() -> int:
    """Does all runs and prints the table; returns 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description="Interrupts real gates at random moments.")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    wishes = parser.parse_args()
    # What a shell runs in the background ignores SIGINT, and so would its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    chance = random.Random(wishes.seed)  # noqa: S311 - moments, not secrets
    usual = {}
    wrong: list[str] = []
    for cloud in CLOUDS:
        for scenario in STORIES:
            run = Run(cloud=cloud, scenario=scenario)
            left, _, warnings = _done(run)
            usual[cloud, scenario] = left.seconds
            wrong += warnings
    seen: Counter[tuple[str, str, int]] = Counter()
    for run in runs(wishes.runs, chance, usual):
        left, what, warnings = _done(run)
        wrong += warnings
        seen[run.act, what, left.code] += 1
    _print(wrong, seen)
    return 1 if wrong else 0


def _done(run: Run) -> tuple[Remains, str, list[str]]:
    with tempfile.TemporaryDirectory(prefix="interrupt-") as folder:
        left = run.take_place(Path(folder))
        return left, ending(run, left), [f"{run}: {problem}" for problem in problems(run, left)]


def _print(wrong: Sequence[str], seen: Counter[tuple[str, str, int]]) -> None:
    for line in wrong:
        print(line)
    print(f"{'what was done':26}{'what became of it':32}{'exit':>5}{'runs':>6}")
    for (act, what, code), number in sorted(seen.items()):
        print(f"{act:26}{what:32}{code:5}{number:6}")
    print(f"{sum(seen.values())} runs, {len(wrong)} things wrong")


if __name__ == "__main__":
    sys.exit(main())
