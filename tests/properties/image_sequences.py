"""Generates a history of images and settings from a seed, and runs the gate's image mode in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from gate import run
from gate.clock import RunDeadline
from gate.clouds import Connection
from gate.event_log import EventLog
from gate.policy import Policy
from gate.scan import RISK_SCOPES, ScanScope
from gate.settings import Settings
from gate.time_of_day import TimeOfDay
from tests.builders import NOW, FakeTime
from tests.properties.image_clouds import AlibabaImages, HuaweiImages
from tests.properties.image_faults import FaultyImageCloud
from tests.properties.image_history import random_history
from tests.properties.mutations import HOSTILE_TEXTS, ResponseMutator
from tests.properties.sequences import CLOUDS, ENVIRON, ODD_VALUES, GeneratedSequence, Run
from tests.properties.transport import ScriptedTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.outcome import Event
    from tests.properties.image_clouds import ImageCloud
    from tests.properties.image_history import History
    from tests.properties.transport import Change, Responder

_RATES = (0.0, 0.0, 0.0, 0.01, 0.01, 0.04, 0.04, 0.15, 0.5)
_MIN_INTERVALS = {
    "huawei": 12.0,
    "alibaba": 5.0,
}


@dataclass(frozen=True, kw_only=True)
class ImageRun(Run):
    """The result of the gate on one history of images."""

    history: History | None
    """None if the responses were replaced or changed."""
    is_truthful: bool
    """Whether all that was shown was true."""
    cloud: ImageCloud | None


def generate_images(seed: str, *, cloud: str | None = None) -> GeneratedSequence:
    """The sequence of this seed; its images are part of its history."""
    rng = Random(seed)
    cloud = cloud or rng.choice(CLOUDS)
    for_cloud: dict[str, object] = {"project-id": "p1"} if cloud == "huawei" else {}
    if cloud == "alibaba" and rng.random() < 0.8:
        for_cloud["registry-instance"] = "cri-1"
    if cloud == "huawei" and rng.random() < 0.05:
        for_cloud["enterprise-project-id"] = "all_granted_eps"
    settings = Settings(
        cloud=cloud,
        region="cn-north-4" if cloud == "huawei" else "cn-hangzhou",
        endpoint="https://cloud.invalid",
        scan=rng.choice(("auto", "auto", "auto", "always", "never")),
        policy=_policy(rng),
        appear_timeout=rng.choice((0.0, 60.0, 60.0, 300.0)),
        timeout=rng.choice((0.0, 20.0, 120.0, 300.0, 600.0, 600.0, 1800.0)),
        poll_interval=rng.choice((None, None, None, None, 2.0, 30.0)),
        request_timeout=rng.choice((1.0, 5.0, 30.0, 30.0)),
        for_cloud=for_cloud,
    )
    clock_error = rng.choice((-90_000.0, -1000.0, -600.0, 600.0, 1000.0, 90_000.0)) if rng.random() < 0.05 else 0.0
    return GeneratedSequence(settings=settings, seed=seed, clock_error=clock_error)


def execute_images(
    sequence: GeneratedSequence,
    *,
    texts: tuple[str, ...] = HOSTILE_TEXTS,
    on_event: Callable[[Event], None] = lambda _: None,
    responder: Callable[[FakeTime], Responder] | None = None,
    change: Change | None = None,
) -> ImageRun:
    """Runs the gate on a sequence; see `tests.properties.sequences.execute`."""
    time = FakeTime(step=sequence.clock_error, random=Random(f"pauses {sequence.seed}").random)
    faulty = _faulty_cloud(sequence, time, texts)
    faulty.change = change or faulty.change
    cloud: Responder = responder(time) if responder else faulty
    model = faulty.model
    settings = replace(sequence.settings, images=model.history.asked)
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
    is_changed = responder is not None or change is not None
    return ImageRun(
        sequence=replace(sequence, settings=settings),
        outcome=outcome,
        exchanges=cloud.exchanges,
        elapsed=time.elapsed,
        history=None if is_changed else model.history,
        cloud=None if is_changed else model,
        is_truthful=faulty.is_truthful and not is_changed,
    )


def min_interval(settings: Settings) -> float:
    """Seconds between two polls of a run."""
    return settings.poll_interval or _MIN_INTERVALS[settings.cloud]


def _policy(rng: Random) -> Policy:
    is_strict = rng.random() < 0.8
    after = rng.choice((-5000, -1000, -200, 30))
    return Policy(
        max_failed=0 if is_strict else rng.choice((0, 1, 2)),
        max_risky=0 if is_strict else rng.choice((0, 1, 2)),
        max_age=rng.choice((*[timedelta(days=1)] * 4, timedelta(hours=1), timedelta(minutes=5), None)),
        started_after=NOW + timedelta(seconds=after) if rng.random() < 0.15 else None,
        required_scopes=RISK_SCOPES if rng.random() < 0.9 else frozenset({ScanScope.VULNERABILITY}),
        settle=rng.choice((60.0, 60.0, 60.0, 0.0, 600.0)),
        warn_only=rng.random() < 0.1,
        warn_undecided=rng.random() < 0.1,
    )


def _faulty_cloud(sequence: GeneratedSequence, time: FakeTime, texts: tuple[str, ...]) -> FaultyImageCloud:
    settings, rng = sequence.settings, Random(f"world {sequence.seed}")
    rate, is_unrelated = rng.choice(_RATES), rng.random() < 0.01
    mutator = ResponseMutator(
        rng=rng,
        texts=texts,
        odd_values=ODD_VALUES,
        rate=rate,
        is_text_only=sequence.is_text_only,
        is_unrelated=is_unrelated,
    )
    # Findings that are later than the time after which two equal looks count cannot be told from none.
    lag = min(settings.policy.settle, min_interval(settings)) * 0.9 if rng.random() < 0.5 else 0.0
    history = random_history(rng, time, settings.cloud, lag)
    page_size = rng.choice((2, 200, 200, 200))
    model: ImageCloud
    if settings.cloud == "huawei":
        model = HuaweiImages(history=history, mutator=mutator, page_size=page_size)
    else:
        model = AlibabaImages(
            history=history,
            mutator=mutator,
            page_size=page_size,
            total_error=40 if rng.random() < 0.02 else 0,
            no_record_rate=rng.choice((0.0, 0.0, 0.1)),
            time_field=rng.choice(("LastScanTime", "lastScanTime")),
        )
    is_truthful = rng.random() < 0.5 and not is_unrelated
    return FaultyImageCloud(model, mutator, time, settings.request_timeout, is_truthful=is_truthful)
