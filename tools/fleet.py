"""Runs many gates against one rate limit and measures their delay: `python -m tools.fleet --gates 50 --seed 1`.

Each gate is the real command line in a thread of its own, with its own scan task, against one simulated cloud that
allows a user 5 calls a minute of each operation. Time is simulated: it stands still while a gate runs, and when all
gates sleep it jumps to the earliest wake-up. So hours pass in seconds, and no gate is slow because the machine is. The
seed decides everything random: start times, clock errors (up to a second), the order of simultaneous wake-ups, and
jitter.

The delay of a gate counts from the time at which its verdict is available: it has started, its task is final, and its
counts, which may still change for a minute (`--settle`), are settled, unless failed images block already.
Two values to compare it with, in minutes:

- The **bound** is the minimum possible delay: every gate needs one more call (on Alibaba Cloud one of each operation),
  so with no call wasted, each call that the quota allows ends one more gate. Reaching it needs knowledge of when the
  tasks end.
- The **fair delay** is that of a gate without this knowledge, where all gates take turns: the minutes in which every
  gate that still waits can make its calls, and one pause of its own, of at most 132 s. A gate with a longer delay is a
  defect.
"""

from __future__ import annotations

import argparse
import contextlib
import heapq
import io
import itertools
import math
import os
import random
import statistics
import sys
import tempfile
import threading
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from unittest.mock import patch

from gate import cli
from gate.clock import Clock
from gate.clouds import CLOUDS
from gate.policy import Policy
from gate.simulator import Quota, Scenario, SimulatedTask, Simulator, Stage
from tests.harness import cloud_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gate.simulator.task import State

MINUTE = 60.0
CALLS = 5
MAX_OWN_PAUSE = 132.0
_MAX_CLOCK_ERROR = 1.0
"""Seconds, in either direction."""
_EPOCH = 1_769_860_800.0
_STARTS_WITHIN = 5.0
_STAGES = 10
_ENDINGS: tuple[tuple[State, dict[str, int], int], ...] = (
    ("complete", {}, 0),
    ("complete", {"risky": 2}, 1),
    ("complete", {"failed": 1}, 1),
    ("stopped", {}, 6),
)
"""How the tasks end, in rotation: state, counts, and the expected exit code."""
SITUATIONS: dict[str, Callable[[random.Random], float]] = {
    "together": lambda _: 10 * MINUTE,
    "spread": lambda rng: rng.uniform(2 * MINUTE, 30 * MINUTE),
    "before": lambda _: 0.0,
}
"""When the tasks end, in seconds: all at once, spread over half an hour, or before the gates start."""


class SharedTime:
    """Simulated time for many threads, of which one runs at a time; it advances when all of them sleep."""

    def __init__(self, rng: random.Random) -> None:
        self.now = 0.0
        self._rng = rng
        self._sleepers: list[tuple[float, float, threading.Event]] = []
        self._is_idle = threading.Event()

    def wall(self) -> float:
        """The time of day, in seconds since the epoch."""
        return _EPOCH + self.now

    def clock(self) -> Clock:
        """A clock of this time, with a random error."""
        error = self._rng.uniform(-_MAX_CLOCK_ERROR, _MAX_CLOCK_ERROR)
        return Clock(
            monotonic=lambda: self.now, wall=lambda: self.wall() + error, sleep=self.sleep, random=self._rng.random
        )

    def sleep(self, seconds: float) -> None:
        """Lets other threads run for this long."""
        self._sleep_until(self.now + seconds)

    def run_all(self, jobs: Iterable[tuple[float, Callable[[], None]]]) -> None:
        """Runs each job from its start time on, each in its own thread; returns when all have ended."""
        for at, job in jobs:
            self._is_idle.clear()
            threading.Thread(target=self._run, args=(at, job), daemon=True).start()
            self._is_idle.wait()
        while self._sleepers:
            self.now, _, wake_up = heapq.heappop(self._sleepers)
            self._is_idle.clear()
            wake_up.set()
            self._is_idle.wait()

    def _run(self, at: float, job: Callable[[], None]) -> None:
        self._sleep_until(at)
        try:
            job()
        finally:
            self._is_idle.set()

    def _sleep_until(self, at: float) -> None:
        wake_up = threading.Event()
        # The order of threads that wake up at the same time is random.
        heapq.heappush(self._sleepers, (at, self._rng.random(), wake_up))
        self._is_idle.set()
        wake_up.wait()


@dataclass(kw_only=True)
class Member:
    """One gate of the fleet, and its result; all times in seconds from the start of the fleet."""

    number: int
    starts: float
    task_ends: float
    code: int = -1
    ended: float = math.inf
    waiting: int = 0
    """The number of gates, including this one, that still waited when its verdict was available."""

    @property
    def task_id(self) -> str:
        """The task that it waits for."""
        return f"task-{self.number:03}"

    @property
    def expected_code(self) -> int:
        """The exit code that is correct."""
        return _ENDINGS[self.number % len(_ENDINGS)][2]

    @property
    def available(self) -> float:
        """When its verdict was available: the gate had started, the task was final, and its counts were settled."""
        state, counts, _ = _ENDINGS[self.number % len(_ENDINGS)]
        may_change = state == "complete" and "failed" not in counts
        return max(self.starts, self.task_ends + (Policy().settle if may_change else 0.0))

    @property
    def delay(self) -> float:
        """Seconds from then to the end of the gate."""
        return self.ended - self.available

    @property
    def fair_delay(self) -> float:
        """The longest delay, in seconds, that taking turns explains."""
        return math.ceil(self.waiting / CALLS) * MINUTE + MAX_OWN_PAUSE

    def task(self) -> SimulatedTask:
        """Its task, with steady progress."""
        state, counts, _ = _ENDINGS[self.number % len(_ENDINGS)]
        running = [
            Stage(state="running", progress=100 * stage // _STAGES, seconds=self.task_ends / _STAGES)
            for stage in range(_STAGES)
        ]
        end = Stage(state=state, progress=100 if state == "complete" else 90)
        return SimulatedTask(
            id=self.task_id,
            name=f"release {self.number}",
            started_ago=30.0,
            stages=(*(running if self.task_ends else ()), end),
            **counts,  # type: ignore[arg-type] # counts only
        )


@dataclass(frozen=True, kw_only=True)
class Trial:
    """The parameters of one run of a fleet."""

    gates: int = 50
    seed: int = 1
    cloud: str
    situation: str = "together"
    retry_after: bool = False
    """Whether a throttled call is told when the next one is allowed."""
    timeout: str = "3h"


@dataclass(frozen=True, kw_only=True)
class Result:
    """The result of one run of a fleet."""

    members: list[Member]
    calls: int
    refused: int

    @property
    def wrong(self) -> list[Member]:
        """The gates with a wrong exit code."""
        return [member for member in self.members if member.code != member.expected_code]

    @property
    def too_late(self) -> list[Member]:
        """The gates with more than their fair delay."""
        return [member for member in self.members if member.delay > member.fair_delay]

    @property
    def longest_delay(self) -> float:
        """The longest delay, as a multiple of the fair delay of that gate."""
        return max(member.delay / member.fair_delay for member in self.members)


def run_fleet(trial: Trial) -> Result:
    """Runs all gates of a trial to their ends."""
    rng = random.Random(trial.seed)  # noqa: S311 - times, not secrets
    task_end = SITUATIONS[trial.situation]
    members = [
        Member(number=number, starts=rng.uniform(0, _STARTS_WITHIN), task_ends=task_end(rng))
        for number in range(trial.gates)
    ]
    time = SharedTime(rng)
    scenario = Scenario(
        name="fleet",
        summary="Many tasks.",
        expected_exit=0,
        tasks=tuple(member.task() for member in members),
        quota=Quota(calls=CALLS, seconds=int(MINUTE), retry_after=trial.retry_after),
    )
    with Simulator(scenario, now=time.wall) as simulator, _isolated(simulator, trial.cloud):
        time.run_all((member.starts, _job(member, time, simulator, trial)) for member in members)
    for member in members:
        member.waiting = sum(other.ended >= member.available for other in members)
    refused = sum(request.status != HTTPStatus.OK for request in simulator.requests)
    return Result(members=members, calls=len(simulator.requests), refused=refused)


@contextlib.contextmanager
def _isolated(simulator: Simulator, cloud: str) -> Iterator[None]:
    """An empty working directory, the credentials of the cloud in the environment, and no output."""
    settings = simulator.describe()[cloud]
    credentials = {f"SCAN_GATE_{name.upper()}": settings[name] for name in ("access_key_id", "access_key_secret")}
    discarded = io.StringIO()
    with (
        tempfile.TemporaryDirectory(prefix="fleet-") as folder,
        contextlib.chdir(folder),
        patch.dict(os.environ, credentials),
        contextlib.redirect_stdout(discarded),
        contextlib.redirect_stderr(discarded),
    ):
        yield


def _job(member: Member, time: SharedTime, simulator: Simulator, trial: Trial) -> Callable[[], None]:
    check = ["check", *cloud_options(trial.cloud, simulator.describe()[trial.cloud])]
    check += ["--task-id", member.task_id, "--timeout", trial.timeout, "--ci", "none"]

    def job() -> None:
        member.code = cli.main(check, time.clock())
        member.ended = time.now

    return job


def bound(members: Iterable[Member]) -> float:
    """The earliest time at which the last gate could have ended, with no call of the quota wasted."""
    ends: list[float] = []
    for available in sorted(member.available for member in members):
        ends.append(max(available, ends[-CALLS] + MINUTE) if len(ends) >= CALLS else available)
    return ends[-1]


def figures(result: Result) -> dict[str, str]:
    """The printed figures of one run; times in minutes."""
    delays = [member.delay / MINUTE for member in result.members]
    last = max(member.ended for member in result.members)
    return {
        "correct": f"{len(delays) - len(result.wrong)}/{len(delays)}",
        "last gate": f"{last / MINUTE:.1f}",
        "bound": f"{bound(result.members) / MINUTE:.1f}",
        "median delay": f"{statistics.median(delays):.1f}",
        "longest": f"{max(delays):.1f}",
        "over the fair delay": str(len(result.too_late)),
        "longest in fair delays": f"{result.longest_delay:.2f}",
        "calls": str(result.calls),
        "refused": str(result.refused),
    }


def main() -> int:
    """Runs every situation on every cloud; returns 1 for a wrong exit code, or a delay over the fair one."""
    parser = argparse.ArgumentParser(description="Runs many gates against one rate limit.")
    parser.add_argument("--gates", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--timeout", default="3h")
    options = parser.parse_args()
    defects = 0
    for cloud, situation, retry_after in itertools.product(CLOUDS, SITUATIONS, (False, True)):
        result = run_fleet(Trial(cloud=cloud, situation=situation, retry_after=retry_after, **vars(options)))
        defects += len(result.wrong) + len(result.too_late)
        row = "  ".join(f"{name} {value}" for name, value in figures(result).items())
        print(f"{cloud:8}{situation:9}{'Retry-After' if retry_after else '':12}{row}", flush=True)
    return 1 if defects else 0


if __name__ == "__main__":
    sys.exit(main())
