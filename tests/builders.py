"""Builders of test data with defaults: a test gives only the values that matter to it."""

from __future__ import annotations

import select
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from gate.clock import Clock
from gate.finding import Finding, Waiver
from gate.findings.evaluate import evaluated
from gate.findings.waivers import waiver_uses
from gate.image import FailedImage, ImageRef, ImageState, ScannedImage, Severity
from gate.images.counts import as_task
from gate.images.judge import judge_images
from gate.outcome import Outcome
from gate.policy import Policy, judge
from gate.run_context import Job, RunContext
from gate.scan import RISK_SCOPES, Counts, ScanScope, ScanTask, TaskState
from gate.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from gate.outcome import Event
    from gate.policy import Verdict

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@dataclass
class FakeTime:
    """A clock on which time passes only by sleeping, or when a test sets `elapsed`."""

    at: datetime = NOW
    elapsed: float = 0.0
    slept: list[float] = field(default_factory=list)
    step: float = 0.0
    """By how much the machine's clock is stepped, in s; this changes `wall` and not `monotonic`."""
    alarms: dict[float, Callable[[], object]] = field(default_factory=dict)
    """Functions to call, by the elapsed time in s at which they are due."""
    step_from: float = 0.0
    """When the machine's clock is stepped, in s of elapsed time."""
    random: Callable[[], float] = field(default_factory=lambda: Random("the same in every run").random)

    def monotonic(self) -> float:
        return 1000.0 + self.elapsed

    def wall(self) -> float:
        return self.true_wall() + (self.step if self.elapsed >= self.step_from else 0.0)

    def true_wall(self) -> float:
        """The correct time of day, which a step of the machine's clock does not change."""
        return self.at.timestamp() + self.elapsed

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0, "the gate slept for a negative time"

        self.slept.append(seconds)
        self.elapsed += seconds
        for due in [time for time in self.alarms if time <= self.elapsed]:
            self.alarms.pop(due)()

    def at_elapsed(self, seconds: float, function: Callable[[], object]) -> None:
        """Calls a function as soon as this many s have passed."""
        self.alarms[seconds] = function

    def clock(self) -> Clock:
        return Clock(monotonic=self.monotonic, wall=self.wall, sleep=self.sleep, random=self.random)


def a_task(
    *,
    id: str = "task-1",  # noqa: A002 - the field's own name
    name: str = "nightly",
    state: TaskState = TaskState.COMPLETE,
    total: int | None = 3,
    succeeded: int | None = 3,
    failed: int | None = 0,
    risky: int | None = 0,
    progress: int | None = None,
    started_at: datetime | None = NOW - timedelta(minutes=5),
    remaining: float | None = None,
    failed_images: tuple[FailedImage, ...] = (),
    reason: str = "",
    risk_applies: bool = True,
    raw_state: str = "100",
    results_pending: int | None = 0,
    type: str = "manual",  # noqa: A002 - the field's own name
    scopes: frozenset[ScanScope] | None = RISK_SCOPES,
    covers_all_images: bool | None = True,
    image_type: str = "registry",
    ended_at: datetime | None = None,
    images: tuple[ScannedImage, ...] = (),
) -> ScanTask:
    """A scan task that is complete, fresh and clean."""
    return ScanTask(
        id=id,
        name=name,
        type=type,
        scopes=scopes,
        covers_all_images=covers_all_images,
        image_type=image_type,
        state=state,
        raw_state=raw_state,
        progress=progress,
        started_at=started_at,
        ended_at=ended_at,
        remaining=remaining,
        counts=Counts(total=total, succeeded=succeeded, failed=failed, risky=risky),
        failed_images=failed_images,
        images=images,
        reason=reason,
        risk_applies=risk_applies,
        results_pending=results_pending,
    )


def a_poll_without_events(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Has nothing ever become ready for `select.poll()`; returns the milliseconds that it is asked to wait for."""
    waits: list[float] = []

    class Silent:
        def register(self, file: object, events: int) -> None:
            """Nothing happens to the file."""

        def poll(self, milliseconds: float) -> list[tuple[int, int]]:
            waits.append(milliseconds)
            return []

    monkeypatch.setattr(select, "poll", Silent)
    return waits


def a_failed_image(name: str = "shop", reason: str = "download_failed") -> FailedImage:
    """An image that the cloud could not scan."""
    return FailedImage(image=ImageRef(registry="swr", namespace="team", name=name, tag="1.0"), reason=reason)


def an_outcome(
    task: ScanTask | None = None,
    *,
    policy: Policy | None = None,
    verdict: Verdict | None = None,
    events: tuple[Event, ...] = (),
    cloud: str = "huawei",
) -> Outcome:
    """The outcome of a run that judged this task, by default a clean one, with its own verdict or this one."""
    policy = policy or Policy()
    task = task if task or verdict else a_task()
    return Outcome(
        cloud=cloud,
        verdict=verdict or judge(task or a_task(), policy, now=NOW),
        policy=policy,
        is_settled=True,
        task=task,
        events=events,
        seconds=61.5,
        gate_version="0.1.0",
        generated_at=NOW,
    )


def a_context(
    *,
    region: str = "cn-north-4",
    endpoint: str = "",
    account: str = "0123456789abcdef",
    task: str = "task-9",
    source: str = "the variable SCAN_GATE_MAX_RISKY",
    **job: str,
) -> RunContext:
    """A context of which everything is known but an endpoint of its own, which few have."""
    address = "https://git.example/team/shop"
    known = {
        "ci": "github",
        "repository": "team/shop",
        "repository_url": address,
        "commit": "4" * 40,
        "branch": "main",
        "pipeline": "7",
        "pipeline_url": f"{address}/runs/7?a=b&c=(d)",
        "name": "release",
        "url": f"{address}/jobs/8",
        "gate_image": f"registry.example/scan-gate@{a_digest()}",
    }
    sources = {"max-failed": "--max-failed", "max-risky": source, "settle": "default"}
    return RunContext(
        region=region,
        endpoint=endpoint,
        account=account,
        started_tasks=(task,),
        job=Job(**(known | job)),
        policy_sources=sources,
    )


def a_digest(character: str = "a") -> str:
    """A digest of one hexadecimal digit."""
    return f"sha256:{character * 64}"


def an_image(name: str = "web", state: ImageState = ImageState.SCANNED, **fields: Any) -> ScannedImage:
    """An image as the cloud shows it: by default scanned five minutes ago, and clean."""
    image = ImageRef(registry="swr", namespace="team", name=name, tag="1.0", digest=a_digest())
    scanned_at = NOW - timedelta(minutes=5) if state is ImageState.SCANNED else None
    defaults = {"image": image, "raw_state": str(state), "scanned_at": scanned_at}
    defaults["is_risky"] = False if state is ImageState.SCANNED else None
    return ScannedImage(state=state, **{**defaults, **fields})


def a_risky_image(name: str = "web", **fields: Any) -> ScannedImage:
    """An image with seven vulnerabilities, two of which are of high severity."""
    found = {"kinds": {ScanScope.VULNERABILITY: 7}, "severities": {Severity.HIGH: 2, Severity.MEDIUM: 5}}
    return an_image(name, is_risky=True, **{**found, "highest": Severity.HIGH, **fields})


def a_finding(id: str = "HW-2026-0001", **fields: Any) -> Finding:  # noqa: A002 - the field's own name
    """An open vulnerability of high severity."""
    defaults: dict[str, Any] = {"package": "openssl", "version": "3.0.1", "severity": Severity.HIGH}
    return Finding(id=id, kind=fields.pop("kind", ScanScope.VULNERABILITY), **{**defaults, **fields})


def a_waiver(id: str = "HW-2026-0001", **fields: Any) -> Waiver:  # noqa: A002 - the field's own name
    """A waiver for all images, in force for a month."""
    defaults: dict[str, Any] = {"images": ("*",), "reason": "not reachable", "until": NOW.date() + timedelta(days=30)}
    return Waiver(id=id, **{**defaults, **fields})


def a_release(
    *images: ScannedImage, policy: Policy | None = None, cloud: str = "huawei", is_settled: bool = True
) -> Outcome:
    """The outcome of a run that was asked for these images, by default for a clean one."""
    policy = policy or Policy()
    task = as_task(evaluated(images or (an_image(),), policy.findings, NOW.date()))
    settings = Settings(cloud=cloud, policy=policy, images=tuple(image.image for image in task.images))
    verdict = judge_images(task, settings, now=NOW, is_settled=is_settled, is_time_up=False, where="Cloud (here)")
    waivers = waiver_uses(policy.findings.waivers, task.images, NOW.date())
    outcome = an_outcome(task, policy=policy, verdict=verdict, cloud=cloud)
    return replace(outcome, waivers=waivers, is_settled=is_settled)
