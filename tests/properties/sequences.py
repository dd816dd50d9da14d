"""Generates a sequence of responses from a seed, and runs the gate on it."""

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
from gate.scan import RISK_SCOPES, ScanScope
from gate.settings import Settings
from gate.time_of_day import TimeOfDay
from tests.builders import NOW, FakeTime
from tests.properties.mutations import HOSTILE_TEXTS, ResponseMutator
from tests.properties.random_clouds import Alibaba, Huawei
from tests.properties.random_tasks import OTHER, SCAN, random_tasks
from tests.properties.transport import FaultyCloud, ScriptedTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gate.outcome import Event, Outcome
    from tests.properties.random_clouds import RandomCloud
    from tests.properties.transport import Change, Exchange, Responder

CLOUDS = ("huawei", "alibaba")
_MUTATION_RATES = (0.0, 0.0, 0.02, 0.02, 0.05, 0.05, 0.2, 0.6)
_NOW_MS = round(NOW.timestamp() * 1000)
_MAX_AGES = (*[timedelta(days=1)] * 4, timedelta(hours=1), timedelta(minutes=5), None)
_NUMBERS = (None, 0, 1, 2, 3, 5, 99, 100, 101, -1, -2, -3, 1.0, 100.0, 0.5, True, False, 10**20, -(10**18))
_TEXTS = (
    *("", "0", "1", "3", "100", "SUCCESS", "FAIL", "START", "YES", "NO"),
    *("task-1", "manual", "autoSync", "cn-north-4"),
)
_TIMES = (
    *(_NOW_MS, _NOW_MS / 1000, _NOW_MS // 1000, _NOW_MS - 60_000, _NOW_MS - 90_000_000, _NOW_MS + 60_000),
    *(_NOW_MS + 3_600_000, str(_NOW_MS)),
)
_ALIBABA_TEXTS = ("IMAGE_REPO", "IMAGE", "TASK_NOT_SUPPORT_REGION", "TASK_NOT_EXISTS", "a" * 64)
ODD_VALUES = (*_NUMBERS, *_TEXTS, *_TIMES, *_ALIBABA_TEXTS)
"""Values that replace documented ones; many are valid in another field, as a count, a state or a time."""
ENVIRON = {"SCAN_GATE_ACCESS_KEY_ID": "an-id-of-a-key", "SCAN_GATE_ACCESS_KEY_SECRET": "the-secret-of-a-key"}


@dataclass(frozen=True, kw_only=True)
class GeneratedSequence:
    """Everything that determines a run: settings, clock error, and the seed of the responses."""

    settings: Settings
    seed: str
    """The seed of the responses and of the jitter."""
    clock_error: float = 0.0
    """Seconds by which the clock of this machine is wrong."""
    is_text_only: bool = False
    """Whether other texts would change only texts; see `ResponseMutator`."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """The result of the gate on one sequence."""

    sequence: GeneratedSequence
    outcome: Outcome
    exchanges: list[Exchange]
    elapsed: float
    """The duration of the run, in seconds."""


def generate(seed: str, *, cloud: str | None = None) -> GeneratedSequence:
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
        for_cloud=_cloud_options(rng, cloud),
    )
    clock_error = rng.choice((-90_000.0, -1000.0, -600.0, 600.0, 1000.0, 90_000.0)) if rng.random() < 0.05 else 0.0
    return GeneratedSequence(settings=settings, seed=seed, clock_error=clock_error)


def execute(
    sequence: GeneratedSequence,
    *,
    texts: tuple[str, ...] = HOSTILE_TEXTS,
    on_event: Callable[[Event], None] = lambda _: None,
    responder: Callable[[FakeTime], Responder] | None = None,
    change: Change | None = None,
) -> Run:
    """Runs the gate on a sequence.

    Args:
        sequence: The sequence.
        texts: Texts that users may have chosen, such as names of images.
        on_event: Gets every event, as the log does.
        responder: Replaces the generated responses.
        change: Changes a generated response on its way.
    """
    # A separate generator for the jitter, so that another policy does not change the responses.
    time = FakeTime(step=sequence.clock_error, random=Random(f"pauses {sequence.seed}").random)
    settings = sequence.settings
    faulty = _faulty_cloud(sequence, time, texts)
    faulty.change = change or faulty.change
    cloud: Responder = responder(time) if responder else faulty
    clock = time.clock()
    connection = Connection(
        settings=settings,
        environ=ENVIRON,
        clock=clock,
        time_of_day=TimeOfDay(clock),
        deadline=RunDeadline(clock, settings.timeout),
        event_log=EventLog(clock, on_event),
        transport=lambda *_, **__: ScriptedTransport(cloud),
    )
    outcome = run.check(connection)
    return Run(sequence=sequence, outcome=outcome, exchanges=cloud.exchanges, elapsed=time.elapsed)


@contextmanager
def without_real_sleeps() -> Iterator[None]:
    """Skips the sleeps of 0 s of backoff, each of which yields the processor; a real sleep is an error."""

    def sleep(seconds: object) -> None:
        assert seconds == 0, "the gate slept without its clock"

    with patch("time.sleep", sleep):
        yield


def with_policy(sequence: GeneratedSequence, **limits: Any) -> GeneratedSequence:
    """The same responses with another policy."""
    return replace(sequence, settings=replace(sequence.settings, policy=replace(sequence.settings.policy, **limits)))


def _faulty_cloud(sequence: GeneratedSequence, time: FakeTime, texts: tuple[str, ...]) -> FaultyCloud:
    settings, rng = sequence.settings, Random(f"world {sequence.seed}")
    rate, is_unrelated = rng.choice(_MUTATION_RATES), rng.random() < 0.03
    mutator = ResponseMutator(
        rng=rng,
        texts=texts,
        odd_values=ODD_VALUES,
        rate=rate,
        is_text_only=sequence.is_text_only,
        is_unrelated=is_unrelated,
    )
    options = settings.for_cloud
    is_scan = options.get("type") != "image_sync" and options.get("task-type") != "ASSETS_COLLECTION"
    tasks = random_tasks(rng, settings.cloud, SCAN if is_scan else OTHER, mutator)
    model: RandomCloud
    if settings.cloud == "huawei":
        model = Huawei(time, mutator, tasks)
    else:
        model = Alibaba(time, mutator, tasks, page_size=rng.choice((1, 2, 100, 100)))
    return FaultyCloud(model, mutator, time, settings.request_timeout)


def _policy(rng: Random) -> Policy:
    is_strict = rng.random() < 0.8
    after = rng.choice((-3600, -600, -200, -100, 60))
    return Policy(
        max_failed=0 if is_strict else rng.choice((0, 1, 2, 100)),
        max_risky=0 if is_strict else rng.choice((0, 1, 2, 100)),
        max_age=rng.choice(_MAX_AGES),
        started_after=NOW + timedelta(seconds=after) if rng.random() < 0.15 else None,
        required_scopes=RISK_SCOPES if rng.random() < 0.9 else frozenset({ScanScope.VULNERABILITY}),
        settle=rng.choice((60.0, 60.0, 60.0, 60.0, 0.0, 5.0, 600.0)),
        warn_only=rng.random() < 0.1,
        warn_undecided=rng.random() < 0.1,
    )


def _cloud_options(rng: Random, cloud: str) -> dict[str, object]:
    is_other_type = rng.random() < 0.1
    if cloud == "alibaba":
        return {"task-type": "ASSETS_COLLECTION"} if is_other_type else {}
    options: dict[str, object] = {"type": "image_sync"} if is_other_type else {}
    if rng.random() < 0.95:
        options["project-id"] = "p1"
    if rng.random() < 0.3:
        options["limit"] = 10
    filters = {"task-name": "release", "task-type": "manual", "global-image-type": "registry", "scan-scope": 0xFFF00}
    if not is_other_type and rng.random() < 0.3:
        name = rng.choice(tuple(filters))
        options[name] = filters[name]
    return options
