"""One sequence of answers, from a seed to what the gate made of it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from gate import run
from gate.clock import RunDeadline
from gate.clouds import Connection
from gate.event_log import EventLog
from gate.policy import Policy
from gate.settings import Settings
from gate.time_of_day import TimeOfDay
from tests.builders import NOW, FakeTime
from tests.properties.answers import HOSTILE_WORDS, OtherSide, ScriptedWire, Weather
from tests.properties.worlds import OTHER, SCAN, Alibaba, Huawei, tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gate.outcome import Event, Outcome
    from tests.properties.answers import Exchange, Side
    from tests.properties.worlds import World

CLOUDS = ("huawei", "alibaba")
_FAULTS = (0.0, 0.0, 0.02, 0.02, 0.05, 0.05, 0.2, 0.6)
_MS = round(NOW.timestamp() * 1000)
_AGES = (*[timedelta(days=1)] * 4, timedelta(hours=1), timedelta(minutes=5), None)
_NUMBERS = (None, 0, 1, 2, 3, 5, 99, 100, 101, -1, -2, -3, 1.0, 100.0, 0.5, True, False, 10**20, -(10**18))
_WORDS = (
    "",
    "0",
    "1",
    "3",
    "100",
    "SUCCESS",
    "FAIL",
    "START",
    "YES",
    "NO",
    "task-1",
    "manual",
    "autoSync",
    "cn-north-4",
)
_TIMES = (_MS, _MS / 1000, _MS // 1000, _MS - 60_000, _MS - 90_000_000, _MS + 60_000, _MS + 3_600_000, str(_MS))
ODD = (*_NUMBERS, *_WORDS, *_TIMES, "IMAGE_REPO", "IMAGE", "TASK_NOT_SUPPORT_REGION", "TASK_NOT_EXISTS", "a" * 64)
"""What stands where something else is documented; those that can be a count, a word or a moment of another field."""
_ENVIRON = {"SCAN_GATE_ACCESS_KEY_ID": "an-id-of-a-key", "SCAN_GATE_ACCESS_KEY_SECRET": "the-secret-of-a-key"}


@dataclass(frozen=True, kw_only=True)
class Sequence:
    """All that decides how a run goes, before it goes."""

    settings: Settings
    seed: str
    """Of the chance by which the world acts."""
    step: float = 0.0
    """Seconds by which the clock of this machine is wrong."""
    calm: bool = False
    """Whether other words would change nothing but words."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one sequence came to."""

    sequence: Sequence
    outcome: Outcome
    said: list[Exchange]
    elapsed: float
    """Seconds after which it ended."""


def drawn(seed: str, *, cloud: str | None = None) -> Sequence:
    """The sequence of this seed."""
    rng = Random(seed)
    cloud = cloud or rng.choice(CLOUDS)
    settings = Settings(
        cloud=cloud,
        region="cn-north-4",
        endpoint="https://cloud.invalid",
        task_id=rng.choice(("task-1", "task-2", "42", "collected-at-0")) if rng.random() < 0.1 else None,
        policy=_policy(rng),
        appear_timeout=rng.choice((0.0, 10.0, 60.0, 300.0, 300.0)),
        timeout=rng.choice((0.0, 1.0, 20.0, 60.0, 300.0, 300.0, 600.0, 600.0, 600.0, 1800.0)),
        poll_interval=rng.choice((None, None, None, 1.0, 30.0)),
        request_timeout=rng.choice((1.0, 5.0, 30.0, 30.0)),
        for_cloud=_for_cloud(rng, cloud),
    )
    step = rng.choice((-90_000.0, -1000.0, -600.0, 600.0, 1000.0, 90_000.0)) if rng.random() < 0.05 else 0.0
    return Sequence(settings=settings, seed=seed, step=step)


def carried_out(
    sequence: Sequence,
    *,
    words: tuple[str, ...] = HOSTILE_WORDS,
    hear: Callable[[Event], None] = lambda _: None,
    other: Callable[[FakeTime], Side] | None = None,
) -> Run:
    """Runs the gate through it.

    Args:
        sequence: What is to happen.
        words: What people have called their images, and written elsewhere.
        hear: Is told every event, as the log is.
        other: Who answers in the place of the cloud that the sequence has by its seed.
    """
    # A chance of its own, since the limits of a policy may not change what the world does.
    fake = FakeTime(step=sequence.step, random=Random(f"pauses {sequence.seed}").random)
    settings = sequence.settings
    other_side = other(fake) if other else _other_side(sequence, fake, words)
    clock = fake.clock()
    connection = Connection(
        settings=settings,
        environ=_ENVIRON,
        clock=clock,
        time_of_day=TimeOfDay(clock),
        deadline=RunDeadline(clock, settings.timeout),
        event_log=EventLog(clock, hear),
        transport=lambda *_, **__: ScriptedWire(other_side),
    )
    outcome = run.check(connection)
    return Run(sequence=sequence, outcome=outcome, said=other_side.said, elapsed=fake.elapsed)


@contextmanager
def unhurried() -> Iterator[None]:
    """Keeps backoff's pauses of 0 s from giving the processor away each time; a true pause is an error."""

    def sleep(seconds: object) -> None:
        assert seconds == 0, "the gate slept by another clock than the one it was given"

    with patch("time.sleep", sleep):
        yield


def with_policy(sequence: Sequence, **wishes: Any) -> Sequence:
    """The same answers before another policy."""
    return replace(sequence, settings=replace(sequence.settings, policy=replace(sequence.settings.policy, **wishes)))


def _other_side(sequence: Sequence, time: FakeTime, words: tuple[str, ...]) -> OtherSide:
    settings, rng = sequence.settings, Random(f"world {sequence.seed}")
    fault, is_wild = rng.choice(_FAULTS), rng.random() < 0.03
    weather = Weather(rng=rng, words=words, odd=ODD, fault=fault, is_calm=sequence.calm, is_wild=is_wild)
    wishes = settings.for_cloud
    is_scan = (wishes.get("type"), wishes.get("task-type")) in {(None, None), ("image_scan", None)}
    known = tasks(rng, settings.cloud, SCAN if is_scan else OTHER, weather)
    world: World
    if settings.cloud == "huawei":
        world = Huawei(time, weather, known)
    else:
        world = Alibaba(time, weather, known, page_size=rng.choice((1, 2, 100, 100)))
    return OtherSide(world, weather, time, settings.request_timeout)


def _policy(rng: Random) -> Policy:
    is_strict = rng.random() < 0.8
    after = rng.choice((-3600, -600, -200, -100, 60))
    return Policy(
        max_failed=0 if is_strict else rng.choice((0, 1, 2, 100)),
        max_risky=0 if is_strict else rng.choice((0, 1, 2, 100)),
        max_age=rng.choice(_AGES),
        started_after=NOW + timedelta(seconds=after) if rng.random() < 0.1 else None,
        warn_only=rng.random() < 0.1,
        warn_undecided=rng.random() < 0.1,
    )


def _for_cloud(rng: Random, cloud: str) -> dict[str, object]:
    is_other = rng.random() < 0.1
    if cloud == "alibaba":
        return {"task-type": "ASSETS_COLLECTION"} if is_other else {}
    wishes: dict[str, object] = {"type": "image_sync"} if is_other else {}
    if rng.random() < 0.95:
        wishes["project-id"] = "p1"
    if rng.random() < 0.3:
        wishes["limit"] = 10
    return wishes
