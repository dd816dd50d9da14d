"""Runs the image mode in a random world, and checks its verdict against what is true there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from gate.policy import Decision, Policy
from tests.builders import NOW, FakeTime
from tests.images.scripted import run_images
from tests.images.world import a_world

if TYPE_CHECKING:
    from gate.image import ImageRef
    from tests.images.world import Scan, World


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One run in one world."""

    world: World
    scan: str
    policy: Policy
    timeout: float
    decision: Decision
    code: int
    seconds: float


def judged(seed: str) -> Judged:
    """Runs the gate in the world of this seed."""
    rng, time = Random(seed), FakeTime()
    world = a_world(rng, time)
    scan = rng.choice(["auto", "auto", "always", "never"])
    started_after = NOW - timedelta(seconds=rng.choice([50, 5000])) if rng.random() < 0.3 else None
    policy = Policy(
        max_failed=rng.choice([0, 0, 1]),
        max_risky=rng.choice([0, 0, 1]),
        settle=rng.choice([0.0, 60]),
        max_age=rng.choice([timedelta(days=1), timedelta(hours=1), None]),
        started_after=started_after,
    )
    timeout = rng.choice([300.0, 1800.0])
    refs = [image.ref for image in world.images]
    run = run_images(world, *refs, time=time, scan=scan, policy=policy, timeout=timeout)
    return Judged(
        world=world,
        scan=scan,
        policy=policy,
        timeout=timeout,
        decision=run.verdict.decision,
        code=int(run.verdict.exit_code),
        seconds=time.elapsed,
    )


def violations(run: Judged) -> list[str]:
    """What is wrong with the verdict of a run, by what is true in its world."""
    world, found = run.world, []
    results = world.last_look
    failed = sum(scan is not None and scan.is_failure for scan in results.values())
    risky = sum(scan is not None and not scan.is_failure and scan.is_risky for scan in results.values())
    if run.decision is Decision.PASSED:
        found += [f"{ref} has no result" for ref, scan in results.items() if scan is None]
        found += [f"{ref} has a stale result" for ref, scan in results.items() if scan and not is_fresh(run, ref, scan)]
        found += [f"{ref} was not looked at for all" for ref, scan in results.items() if is_too_narrow(scan)]
        if failed > run.policy.max_failed or risky > run.policy.max_risky:
            found.append(f"{failed} failed, {risky} risky")
    if run.decision is Decision.BLOCKED and failed <= run.policy.max_failed and risky <= run.policy.max_risky:
        found.append("nothing exceeds a limit")
    if run.scan == "never" and world.started:
        found.append("a scan was started")
    if run.seconds > run.timeout + 1:
        found.append(f"it took {run.seconds} s")
    still_runs = [ref for ref in world.started if world.last_look.get(ref) is None]
    if still_runs and not world.stopped:
        found.append("a scan of the gate was not stopped")
    return found


def is_fresh(run: Judged, ref: ImageRef, scan: Scan) -> bool:
    """Whether a result is of the scan that the gate has started or a later one, or fresh when it was first shown."""
    started, end, policy = run.world.started.get(ref), scan.end, run.policy
    if started is not None:
        return end > started
    if scan.is_failure:
        return True
    seen = run.world.first_seen[ref][end]
    is_young = policy.max_age is None or seen - end <= policy.max_age.total_seconds()
    is_after = policy.started_after is None or end >= (policy.started_after - NOW).total_seconds()
    return is_young and is_after and run.scan != "always"


def is_too_narrow(scan: Scan | None) -> bool:
    """Whether a successful scan looked for less than is required."""
    return scan is not None and not scan.is_failure and scan.is_narrow
