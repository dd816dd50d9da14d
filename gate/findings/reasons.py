"""The reasons of a block by findings: limits over all images, and waivers that are not needed any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.findings import messages
from gate.findings.evaluate import exceeded_limits, today
from gate.findings.waivers import waiver_uses
from gate.policy import CLOCK_TOLERANCE, Reason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gate.finding import FindingPolicy
    from gate.image import ScannedImage


def finding_reasons(images: Sequence[ScannedImage], policy: FindingPolicy) -> tuple[Reason, ...]:
    """The limits that the open findings of these images exceed together."""
    return tuple(
        Reason(
            code="too-many-findings",
            message=messages.too_many(exceeded, images),
            actual=exceeded.actual,
            limit=exceeded.limit,
        )
        for exceeded in exceeded_limits(images, policy)
    )


def unneeded_waivers(images: Sequence[ScannedImage], policy: FindingPolicy, now: datetime) -> tuple[Reason, ...]:
    """The waivers that match no finding of these images, where the policy does not allow any."""
    if not policy.unused_waivers_block:
        return ()
    uses = waiver_uses(policy.waivers, images, today(policy, now))
    unused = [use.waiver for use in uses if use.is_unused]
    if not unused:
        return ()
    return (Reason(code="waiver-unused", message=messages.unused(unused), actual=len(unused), limit=0),)


def stale_baseline(policy: FindingPolicy, now: datetime) -> Reason | None:
    """The reason against a run whose baseline is too old, or from the future; None if there is nothing against it."""
    if policy.baseline_at is None:
        return None
    age, max_age = now - policy.baseline_at, policy.baseline_max_age
    if age < -CLOCK_TOLERANCE:
        return Reason(code="baseline-stale", message=messages.future_baseline(policy.baseline_at))
    if max_age is not None and age > max_age:
        return Reason(code="baseline-stale", message=messages.stale_baseline(policy.baseline_at, max_age))
    return None
