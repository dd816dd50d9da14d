"""Interrupts real gates at random times, and checks everything that they leave: `python -m tools.interrupt --runs 200`.

Each run is a process against a simulated cloud, with every report and the files of a GitHub job. At a random time, from
before its first output to after its verdict, it receives SIGINT, SIGTERM or both, or its output is closed. Then every
file is checked by a reader of its format: it must be complete or absent, and have the verdict of the exit code. The
table at the end counts the results; defects are listed above it, and make the exit code 1.

No Python program can handle a signal that arrives before the gate is loaded: it ends Python itself, by that signal, or
with 1 where SIGINT arrives while Python starts. Nothing is printed or written then.
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
from tests.harness import cloud_options
from tests.reports.reading import READERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO

ROOT = Path(__file__).parent.parent
SCENARIO_NAMES = ("clean", "risky", "failed", "partial", "stopped", "stuck", "empty", "login-page")
"""Scenarios that pass, that block and that stay undecided, after a short and after a long wait."""
INTERRUPTIONS: dict[str, tuple[signal.Signals, ...]] = {
    "SIGINT": (signal.SIGINT,),
    "SIGTERM": (signal.SIGTERM,),
    "SIGINT and SIGTERM": (signal.SIGINT, signal.SIGTERM),
    "stdout closed": (),
    "stdout and stderr closed": (),
}
"""By name, with the signals that are sent."""
EARLIER = "before=1\n"
"""What an earlier tool of the same step wrote to the files of GitHub."""
_CLOSED = {"stdout closed": 1, "stdout and stderr closed": 2}
_FAST_POLLING = ("--poll-interval", "0.25s", "--appear-timeout", "1s", "--timeout", "4s", "-v")
_LATEST = 1.1
"""The latest time of an interruption, as a multiple of the duration of the same run without one."""
_NEAR_THE_END = 0.8
"""The earliest time of an interruption near the end, as such a multiple; reports are written in a short time only."""
_TIMEOUT = 60.0
_UNREADABLE = (AssertionError, ValueError, LookupError, ParseError, pytest.fail.Exception)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What a gate printed, wrote and returned."""

    code: int
    """Negative where a signal ended the process."""
    out: str
    err: str
    folder: Path
    seconds: float

    def file(self, name: str) -> str:
        """The text of a file in its folder, empty if there is none."""
        path = self.folder / name
        return path.read_text(encoding="utf-8") if path.exists() else ""

    @property
    def reports(self) -> dict[str, str]:
        """The reports that were written, by format."""
        return {name: self.file(f"report.{name}") for name in REPORTS if (self.folder / f"report.{name}").exists()}

    @property
    def is_before_load(self) -> bool:
        """Whether the gate printed and wrote nothing, so that it cannot have been loaded."""
        files = {self.file("output"), self.file("summary")}
        return not self.out and "scan-gate: " not in self.err and not self.reports and files == {EARLIER}


@dataclass(frozen=True, kw_only=True)
class Run:
    """One process of the gate, and how it is interrupted."""

    cloud: str
    scenario: str
    interruption: str = ""
    after: float = 0.0
    """Seconds from its start to the interruption."""
    options: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        how = f"{self.interruption} after {self.after:.3f} s" if self.interruption else "not interrupted"
        return f"{self.cloud}, {self.scenario}, {how}"

    @property
    def expected(self) -> int:
        """The exit code of its scenario."""
        return SCENARIOS[self.scenario].expected_exit

    def execute(self, folder: Path) -> Ended:
        """Runs the gate in this empty folder, and interrupts it."""
        for name in ("output", "summary"):
            (folder / name).write_text(EARLIER, encoding="utf-8")
        started = time.monotonic()
        with Simulator(self.scenario) as simulator:
            environ, arguments = self._environ_and_arguments(simulator)
            with subprocess.Popen(
                [sys.executable, "-m", "gate", "check", *arguments],
                env=environ,
                cwd=folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            ) as process:
                try:
                    out, err = self._communicate(process)
                finally:
                    process.kill()
        seconds = time.monotonic() - started
        return Ended(code=process.returncode, out=out, err=err, folder=folder, seconds=seconds)

    def _environ_and_arguments(self, simulator: Simulator) -> tuple[dict[str, str], list[str]]:
        settings = simulator.describe()[self.cloud]
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "SCAN_GATE_"))}
        environ |= {f"SCAN_GATE_{name.upper()}": settings[name] for name in ("access_key_id", "access_key_secret")}
        environ |= {"PYTHONPATH": str(ROOT), "GITHUB_ACTIONS": "true"}
        environ |= {"GITHUB_OUTPUT": "output", "GITHUB_STEP_SUMMARY": "summary", **self.variables}
        reports = [word for name in REPORTS for word in ("--report", f"{name}=report.{name}")]
        return environ, [*cloud_options(self.cloud, settings), *_FAST_POLLING, *reports, *self.options]

    def _communicate(self, process: subprocess.Popen[bytes]) -> tuple[str, str]:
        """Reads both streams until they end, and interrupts the process in between."""
        streams = [stream for stream in (process.stdout, process.stderr) if stream]
        output = {stream: bytearray() for stream in streams}
        interrupt_at = time.monotonic() + self.after if self.interruption else None
        give_up = time.monotonic() + _TIMEOUT
        with selectors.DefaultSelector() as open_streams:
            for stream in streams:
                open_streams.register(stream, selectors.EVENT_READ)
            while open_streams.get_map() or interrupt_at:
                now = time.monotonic()
                if now > give_up:
                    raise TimeoutError(f"{self}: the gate does not end")
                if interrupt_at and now >= interrupt_at:
                    interrupt_at = None
                    self._interrupt(process, open_streams, streams)
                    continue
                for key, _ in open_streams.select(min(interrupt_at, give_up) - now if interrupt_at else _TIMEOUT):
                    self._read(key.fileobj, output, open_streams)  # type: ignore[arg-type] # what was registered
        process.wait(_TIMEOUT)
        out, err = (output[stream].decode() for stream in streams)
        return out, err

    def _interrupt(
        self, process: subprocess.Popen[bytes], open_streams: selectors.BaseSelector, streams: list[IO[bytes]]
    ) -> None:
        for number in INTERRUPTIONS[self.interruption]:
            process.send_signal(number)
        for stream in streams[: _CLOSED.get(self.interruption, 0)]:
            if stream in {key.fileobj for key in open_streams.get_map().values()}:
                open_streams.unregister(stream)
                stream.close()

    def _read(
        self, stream: IO[bytes], output: dict[IO[bytes], bytearray], open_streams: selectors.BaseSelector
    ) -> None:
        chunk = os.read(stream.fileno(), 65536)
        output[stream] += chunk
        if not chunk:
            open_streams.unregister(stream)


def problems(run: Run, ended: Ended) -> Iterator[str]:
    """The defects in what a run left."""
    signals = INTERRUPTIONS.get(run.interruption, ())
    interrupted = {128 + number for number in signals}
    if ended.is_before_load and signals:
        allowed = interrupted | {-number for number in signals} | ({1} if signal.SIGINT in signals else set())
        if ended.code not in allowed:
            yield f"exit code {ended.code} before it was loaded"
        return
    try:
        stated = int(parse_outputs(ended.file("output"))["exit-code"])
    except _UNREADABLE as error:
        yield f"the outputs cannot be read: {error!r}"
        return
    if stated not in {run.expected} | interrupted:
        yield f"the outputs have the exit code {stated}"
    # After everything is written, signals have their usual effect again.
    if ended.code != stated and -ended.code not in signals:
        yield f"exit code {ended.code}, but {stated} in the outputs"
    yield from _problems_of_reports(ended, stated, may_be_absent=stated in interrupted)
    yield from _problems_of_streams(ended, is_stdout_open=run.interruption not in _CLOSED)


def _problems_of_reports(ended: Ended, stated: int, *, may_be_absent: bool) -> Iterator[str]:
    verdict = {0: "passed", 1: "blocked"}.get(stated, "undecided")
    # The runs are of scan tasks, which list no findings.
    of_tasks = {name: report for name, report in REPORTS.items() if not report.needs_a_release}
    expected = {name for name, report in of_tasks.items() if verdict != "undecided" or not report.needs_a_verdict}
    if set(ended.reports) != expected and not (may_be_absent and not ended.reports):
        yield f"only these reports were written: {sorted(ended.reports)}"
    for name, text in ended.reports.items():
        try:
            found = READERS[name].verdict(text)
            READERS[name].structure(text)
        except _UNREADABLE as error:
            found = f"unreadable: {error!r}"
        if found != verdict:
            yield f"{name} has the verdict {found}, and the outputs {verdict}"
    if "json" in ended.reports and json.loads(ended.reports["json"])["exit_code"] != stated:
        yield "json has another exit code than the outputs"
    if "markdown" in ended.reports and ended.file("summary") != EARLIER + ended.reports["markdown"]:
        yield "the summary is incomplete"
    others = {path.name for path in ended.folder.iterdir()} - {f"report.{name}" for name in REPORTS}
    if others != {"output", "summary"}:
        yield f"other files were left: {sorted(others)}"


def _problems_of_streams(ended: Ended, *, is_stdout_open: bool) -> Iterator[str]:
    if "Traceback" in ended.err or "Exception ignored" in ended.err:
        yield f"an exception in the log: {ended.err[-2000:]}"
    if is_stdout_open and not ended.out.endswith("\n"):
        yield f"the last line is incomplete: {ended.out[-100:]!r}"


def result(run: Run, ended: Ended) -> str:
    """The result of a run, for the table."""
    if ended.is_before_load and INTERRUPTIONS.get(run.interruption):
        return "before it was loaded"
    if ended.code < 0:
        return "after everything was written"
    if ended.code in {128 + number for number in INTERRUPTIONS.get(run.interruption, ())}:
        return "interrupted, with reports" if ended.reports else "interrupted before the wait"
    return "decided"


def random_runs(number: int, rng: random.Random, durations: dict[tuple[str, str], float]) -> Iterator[Run]:
    """This many runs with random interruptions, about a third of them near the end of the run."""
    for _ in range(number):
        cloud, scenario = rng.choice([*CLOUDS]), rng.choice(SCENARIO_NAMES)
        seconds, earliest = durations[cloud, scenario], rng.choice((0.0, 0.0, _NEAR_THE_END))
        yield Run(
            cloud=cloud,
            scenario=scenario,
            interruption=rng.choice([*INTERRUPTIONS]),
            after=rng.uniform(seconds * earliest, seconds * _LATEST),
        )


def main() -> int:
    """Executes all runs and prints the table; returns 1 for any defect."""
    parser = argparse.ArgumentParser(description="Interrupts real gates at random times.")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    # A shell starts background processes with SIGINT ignored, and they would pass that on.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    rng = random.Random(options.seed)  # noqa: S311 - times, not secrets
    durations = {}
    defects: list[str] = []
    for cloud in CLOUDS:
        for scenario in SCENARIO_NAMES:
            ended, _, found = _executed(Run(cloud=cloud, scenario=scenario))
            durations[cloud, scenario] = ended.seconds
            defects += found
    results: Counter[tuple[str, str, int]] = Counter()
    for run in random_runs(options.runs, rng, durations):
        ended, what, found = _executed(run)
        defects += found
        results[run.interruption, what, ended.code] += 1
    _print(defects, results)
    return 1 if defects else 0


def _executed(run: Run) -> tuple[Ended, str, list[str]]:
    with tempfile.TemporaryDirectory(prefix="interrupt-") as folder:
        ended = run.execute(Path(folder))
        return ended, result(run, ended), [f"{run}: {problem}" for problem in problems(run, ended)]


def _print(defects: Sequence[str], results: Counter[tuple[str, str, int]]) -> None:
    for line in defects:
        print(line)
    print(f"{'interruption':26}{'result':32}{'exit':>5}{'runs':>6}")
    for (interruption, what, code), number in sorted(results.items()):
        print(f"{interruption:26}{what:32}{code:5}{number:6}")
    print(f"{sum(results.values())} runs, {len(defects)} defects")


if __name__ == "__main__":
    sys.exit(main())
