"""Lets many gates share one quota, and says how late each of them is: `python -m tools.fleet --gates 50 --seed 1`.

Every gate is the real command line in a thread of its own, with its own scan task, before one simulated cloud that lets
a user make 5 calls a minute of each operation. Time is simulated: it stands still while a gate works, and when all
sleep it jumps to the next one that wakes, so that hours pass in seconds and no gate is slow because the machine is.
What is left to chance goes by the seed: when the gates begin, how far their clocks are off (up to a second), who of two
goes first, and the jitter of their pauses.

How late is late? Two measures, in minutes from the moment at which a gate could know its verdict (its task is final,
and it has begun itself):

- The **bound** is what nobody can do better than: each gate needs one call after that moment (on Alibaba Cloud one of
  each operation), so of the calls that the quota lets through each ends another gate, the next in turn, and none is
  wasted. It takes somebody who knows when the tasks end.
- A gate without that knowledge has to ask. Where all take turns, each gate that still waits makes its calls before it
  is the first one's turn again. **Its turn** is as many minutes as that takes, and one pause of its own, which is at
  most 132 s; a gate that takes longer is later than it must be, and that is a fault.
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
from gate.simulator import Quota, Scenario, SimulatedTask, Simulator, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gate.simulator.task import State

MINUTE = 60.0
CALLS = 5
LONGEST_OWN_PAUSE = 132.0
_OFF = 1.0
"""Seconds by which a clock may be wrong, either way."""
_EPOCH = 1_769_860_800.0
_BEGIN_WITHIN = 5.0
_STEPS = 10
_ENDS: tuple[tuple[State, dict[str, int], int], ...] = (
    ("complete", {}, 0),
    ("complete", {"risky": 2}, 1),
    ("complete", {"failed": 1}, 1),
    ("stopped", {}, 6),
)
"""How the tasks end, in turns: state, counts, and the exit code that is right."""
SITUATIONS: dict[str, Callable[[random.Random], float]] = {
    "together": lambda _: 10 * MINUTE,
    "spread": lambda chance: chance.uniform(2 * MINUTE, 30 * MINUTE),
    "before": lambda _: 0.0,
}
"""When the tasks end, in s from the beginning: all at once, over half an hour, or before the gates begin."""


class SharedTime:
    """Time that passes only when everybody sleeps; one thread at a time is awake."""

    def __init__(self, chance: random.Random) -> None:
        self.now = 0.0
        self._chance = chance
        self._sleepers: list[tuple[float, float, threading.Event]] = []
        self._is_quiet = threading.Event()

    def wall(self) -> float:
        """The time of day."""
        return _EPOCH + self.now

    def clock(self) -> Clock:
        """A clock of this time, nearly right."""
        off = self._chance.uniform(-_OFF, _OFF)
        return Clock(
            monotonic=lambda: self.now, wall=lambda: self.wall() + off, sleep=self.sleep, random=self._chance.random
        )

    def sleep(self, seconds: float) -> None:
        """Lets others go on, and comes back so many s later."""
        self._until(self.now + seconds)

    def all_of(self, works: Iterable[tuple[float, Callable[[], None]]]) -> None:
        """Does each work from its moment on, each in a thread of its own, until all are done."""
        for at, work in works:
            self._is_quiet.clear()
            threading.Thread(target=self._do, args=(at, work), daemon=True).start()
            self._is_quiet.wait()
        while self._sleepers:
            self.now, _, alarm = heapq.heappop(self._sleepers)
            self._is_quiet.clear()
            alarm.set()
            self._is_quiet.wait()

    def _do(self, at: float, work: Callable[[], None]) -> None:
        self._until(at)
        try:
            work()
        finally:
            self._is_quiet.set()

    def _until(self, at: float) -> None:
        alarm = threading.Event()
        # Of those who wake at one moment, none goes first by habit.
        heapq.heappush(self._sleepers, (at, self._chance.random(), alarm))
        self._is_quiet.set()
        alarm.wait()


@dataclass(kw_only=True)
class Member:
    """One gate of the fleet, and what became of it."""

    number: int
    begins: float
    """Seconds from the beginning, like all times here."""
    task_ends: float
    code: int = -1
    ended: float = math.inf
    in_line: int = 0
    """How many gates, itself included, still waited when it could know its verdict."""

    @property
    def task_id(self) -> str:
        """The task that it waits for."""
        return f"task-{self.number:03}"

    @property
    def right(self) -> int:
        """The exit code that is right."""
        return _ENDS[self.number % len(_ENDS)][2]

    @property
    def could_know(self) -> float:
        """When there was something to see, and somebody to see it."""
        return max(self.begins, self.task_ends)

    @property
    def late(self) -> float:
        """Seconds from then to its end."""
        return self.ended - self.could_know

    @property
    def turn(self) -> float:
        """Seconds that this may take where each gate has its turn."""
        return math.ceil(self.in_line / CALLS) * MINUTE + LONGEST_OWN_PAUSE

    def task(self) -> SimulatedTask:
        """Its task, which goes on steadily."""
        state, counts, _ = _ENDS[self.number % len(_ENDS)]
        steps = [
            Stage(state="running", progress=100 * step // _STEPS, seconds=self.task_ends / _STEPS)
            for step in range(_STEPS)
        ]
        end = Stage(state=state, progress=100 if state == "complete" else 90)
        return SimulatedTask(
            id=self.task_id,
            name=f"release {self.number}",
            started_ago=30.0,
            stages=(*(steps if self.task_ends else ()), end),
            **counts,  # type: ignore[arg-type] # counts only
        )


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What is to be tried."""

    gates: int = 50
    seed: int = 1
    cloud: str = "huawei"
    situation: str = "together"
    tells_when: bool = False
    """Whether a refusal says when the next call is free."""
    timeout: str = "3h"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of a fleet."""

    members: list[Member]
    calls: int
    refused: int

    @property
    def wrong(self) -> list[Member]:
        """The gates with another exit code than the right one."""
        return [member for member in self.members if member.code != member.right]

    @property
    def too_late(self) -> list[Member]:
        """The gates that took longer than their turn."""
        return [member for member in self.members if member.late > member.turn]

    @property
    def longest_turn(self) -> float:
        """The longest that a gate took, in times of its turn."""
        return max(member.late / member.turn for member in self.members)


def fleet(wishes: Wishes) -> Result:
    """Lets all gates run, and says what became of them."""
    chance = random.Random(wishes.seed)  # noqa: S311 - moments, not secrets
    ends = SITUATIONS[wishes.situation]
    members = [
        Member(number=number, begins=chance.uniform(0, _BEGIN_WITHIN), task_ends=ends(chance))
        for number in range(wishes.gates)
    ]
    time = SharedTime(chance)
    scenario = Scenario(
        name="fleet",
        summary="Many tasks.",
        expected_exit=0,
        tasks=tuple(member.task() for member in members),
        quota=Quota(calls=CALLS, seconds=int(MINUTE), retry_after=wishes.tells_when),
    )
    with Simulator(scenario, now=time.wall) as simulator, _alone(simulator, wishes.cloud):
        time.all_of((member.begins, _work(member, time, simulator, wishes)) for member in members)
    for member in members:
        member.in_line = sum(other.ended >= member.could_know for other in members)
    refused = sum(request.status != HTTPStatus.OK for request in simulator.requests)
    return Result(members=members, calls=len(simulator.requests), refused=refused)


@contextlib.contextmanager
def _alone(simulator: Simulator, cloud: str) -> Iterator[None]:
    """An empty folder, the keys of the cloud, and nobody to listen."""
    known = simulator.describe()[cloud]
    keys = {f"SCAN_GATE_{name.upper()}": known[name] for name in ("access_key_id", "access_key_secret")}
    nowhere = io.StringIO()
    with (
        tempfile.TemporaryDirectory(prefix="fleet-") as folder,
        contextlib.chdir(folder),
        patch.dict(os.environ, keys),
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        yield


def _work(member: Member, time: SharedTime, simulator: Simulator, wishes: Wishes) -> Callable[[], None]:
    known = simulator.describe()[wishes.cloud]
    words = ["check", "--cloud", wishes.cloud, "--endpoint", known["endpoint"], "--region", known["region"]]
    words += ["--project-id", known["project_id"]] if "project_id" in known else []
    words += ["--task-id", member.task_id, "--timeout", wishes.timeout, "--ci", "none"]

    def work() -> None:
        member.code = cli.main(words, time.clock())
        member.ended = time.now

    return work


def bound(members: Iterable[Member]) -> float:
    """When the last gate could have ended, if none of the calls that the quota lets through had been wasted."""
    ends: list[float] = []
    for could in sorted(member.could_know for member in members):
        ends.append(max(could, ends[-CALLS] + MINUTE) if len(ends) >= CALLS else could)
    return ends[-1]


def figures(result: Result) -> dict[str, str]:
    """What is printed of one fleet; times in minutes."""
    late = [member.late / MINUTE for member in result.members]
    last = max(member.ended for member in result.members)
    return {
        "right": f"{len(late) - len(result.wrong)}/{len(late)}",
        "last gate": f"{last / MINUTE:.1f}",
        "bound": f"{bound(result.members) / MINUTE:.1f}",
        "late: median": f"{statistics.median(late):.1f}",
        "worst": f"{max(late):.1f}",
        "later than their turn": str(len(result.too_late)),
        "longest turn": f"{result.longest_turn:.2f}",
        "calls": str(result.calls),
        "refused": str(result.refused),
    }


def main() -> int:
    """Tries every situation on both clouds; returns 1 where a verdict was wrong or a gate later than it must be."""
    parser = argparse.ArgumentParser(description="Lets many gates share one quota.")
    parser.add_argument("--gates", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--timeout", default="3h")
    given = parser.parse_args()
    faults = 0
    for cloud, situation, tells_when in itertools.product(CLOUDS, SITUATIONS, (False, True)):
        tried = {"cloud": cloud, "situation": situation, "tells_when": tells_when, **vars(given)}
        result = fleet(Wishes(**tried))
        faults += len(result.wrong) + len(result.too_late)
        said = "  ".join(f"{name} {value}" for name, value in figures(result).items())
        print(f"{cloud:8}{situation:9}{'told when' if tells_when else 'not told':10}{said}", flush=True)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
