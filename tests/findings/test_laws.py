"""The laws of the policy about findings, on generated findings and policies, and held to another implementation."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gate.findings.evaluate import evaluated
from gate.image import Severity
from gate.policy import Decision
from tests.builders import NOW, a_waiver
from tests.findings.generated import (
    BASELINES,
    FINDINGS,
    IMAGES,
    LEVELS,
    POLICIES,
    WAIVERS,
    is_unblocked,
    judged,
)
from tests.findings.oracle import RANKS, decision, is_risky

if TYPE_CHECKING:
    from gate.finding import Finding, FindingPolicy, KnownFinding, Waiver
    from gate.image import ScannedImage
    from gate.policy import Policy

# A busy machine may exceed hypothesis' own deadline.
laws = settings(deadline=None, max_examples=50)
STEPS = st.integers(0, 3)
EMPTY: tuple[dict[KnownFinding, Severity] | None, ...] = (None, {})


def with_findings(policy: Policy, **changes: object) -> Policy:
    return replace(policy, findings=replace(policy.findings, **changes))  # type: ignore[arg-type]


def subtracts(policy: FindingPolicy) -> bool:
    return policy.only_fixable or bool(policy.waivers) or bool(policy.baseline)


@laws
@given(images=IMAGES, policy=POLICIES)
def test_the_decision_is_that_of_another_implementation(images: list[ScannedImage], policy: Policy) -> None:
    assert judged(images, policy).decision == decision(images, policy, NOW.date())


@laws
@given(images=IMAGES, policy=POLICIES)
def test_each_image_is_as_risky_as_another_implementation_calls_it(images: list[ScannedImage], policy: Policy) -> None:
    found = evaluated(images, policy.findings, NOW.date())

    assert [image.is_risky for image in found] == [is_risky(image, policy.findings, NOW.date()) for image in images]


@laws
@given(images=IMAGES, policy=POLICIES, more=FINDINGS)
def test_more_findings_never_unblock(images: list[ScannedImage], policy: Policy, more: Finding) -> None:
    first, *others = images
    worse = [replace(first, findings=(*(first.findings or ()), more)), *others]

    assert not is_unblocked(judged(images, policy), judged(worse, policy))


@laws
@given(images=IMAGES, policy=POLICIES, level=st.sampled_from(LEVELS), limit=STEPS)
def test_one_more_limit_never_unblocks(images: list[ScannedImage], policy: Policy, level: Severity, limit: int) -> None:
    before = policy.findings.max_findings
    stricter = {**before, level: min(limit, before.get(level, limit))}

    assert not is_unblocked(judged(images, policy), judged(images, with_findings(policy, max_findings=stricter)))


@laws
@given(images=IMAGES, policy=POLICIES, cutoff=st.sampled_from([*LEVELS[1:], Severity.NONE]))
def test_a_stricter_cutoff_never_unblocks(images: list[ScannedImage], policy: Policy, cutoff: Severity) -> None:
    """The strictest of them is at least as strict as what the cloud calls a risk."""
    before = policy.findings.severity_cutoff
    strictness = {Severity.NONE: 0, Severity.CRITICAL: 1, Severity.HIGH: 2, Severity.MEDIUM: 3, Severity.LOW: 4}
    assume(strictness[cutoff] >= (strictness[before] if before else strictness[Severity.LOW]))

    assert not is_unblocked(judged(images, policy), judged(images, with_findings(policy, severity_cutoff=cutoff)))


@laws
@given(images=IMAGES, policy=POLICIES)
def test_counting_what_has_no_fix_too_never_unblocks(images: list[ScannedImage], policy: Policy) -> None:
    assert not is_unblocked(judged(images, policy), judged(images, with_findings(policy, only_fixable=False)))


@laws
@given(images=IMAGES, policy=POLICIES, left_out=STEPS)
def test_removing_a_waiver_never_unblocks(images: list[ScannedImage], policy: Policy, left_out: int) -> None:
    waivers = policy.findings.waivers
    fewer = waivers[:left_out] + waivers[left_out + 1 :]

    assert not is_unblocked(judged(images, policy), judged(images, with_findings(policy, waivers=fewer)))


@laws
@given(images=IMAGES, policy=POLICIES, waiver=WAIVERS, days=st.integers(1, 100))
def test_an_expired_waiver_counts_no_more_than_none(
    images: list[ScannedImage], policy: Policy, waiver: Waiver, days: int
) -> None:
    expired = replace(waiver, until=NOW.date() - timedelta(days=days))
    with_it = with_findings(policy, waivers=(*policy.findings.waivers, expired))
    before, after = judged(images, policy), judged(images, with_it)

    assert not is_unblocked(before, after)
    if subtracts(policy.findings):
        assert after == before


@laws
@given(images=IMAGES, policy=POLICIES, id=st.sampled_from(["X-1", "CVE-1"]))
def test_a_waiver_without_images_counts_no_more_than_none(
    images: list[ScannedImage],
    policy: Policy,
    id: str,  # noqa: A002 - the field's own name
) -> None:
    with_it = with_findings(policy, waivers=(*policy.findings.waivers, a_waiver(id, images=())))
    before, after = judged(images, policy), judged(images, with_it)

    assert not is_unblocked(before, after)
    if subtracts(policy.findings):
        assert after == before


@laws
@given(images=IMAGES, policy=POLICIES, baseline=BASELINES, left_out=STEPS)
def test_taking_from_the_baseline_never_unblocks(
    images: list[ScannedImage], policy: Policy, baseline: dict[KnownFinding, Severity], left_out: int
) -> None:
    fewer = dict([*baseline.items()][left_out:])

    with_all, with_fewer = (judged(images, with_findings(policy, baseline=known)) for known in (baseline, fewer))

    assert not is_unblocked(with_all, with_fewer)


@laws
@given(images=IMAGES, policy=POLICIES)
def test_an_empty_baseline_is_none(images: list[ScannedImage], policy: Policy) -> None:
    with_none, with_empty = (judged(images, with_findings(policy, baseline=known)) for known in EMPTY)

    assert with_empty == with_none


@laws
@given(images=IMAGES, policy=POLICIES, baseline=BASELINES)
def test_a_severity_that_rises_above_that_of_the_baseline_never_unblocks(
    images: list[ScannedImage], policy: Policy, baseline: dict[KnownFinding, Severity]
) -> None:
    policy = with_findings(policy, baseline=baseline)
    worse = [
        replace(image, findings=tuple(replace(one, severity=Severity.UNKNOWN) for one in image.findings or ()))
        for image in images
    ]

    assert not is_unblocked(judged(images, policy), judged(worse, policy))


@laws
@given(images=IMAGES, policy=POLICIES)
def test_a_doubtful_list_never_passes_where_lists_decide(images: list[ScannedImage], policy: Policy) -> None:
    policy = replace(policy, max_risky=0)
    assume(subtracts(policy.findings) or policy.findings.severity_cutoff or policy.findings.max_findings)
    doubtful = [replace(image, findings_doubt="it does not add up") for image in images]

    assert judged(doubtful, policy).decision is not Decision.PASSED


@laws
@given(images=IMAGES, policy=POLICIES)
def test_doubts_never_take_a_block_away(images: list[ScannedImage], policy: Policy) -> None:
    """What is open in a part of the list is open."""
    certain = [replace(image, findings_doubt="") for image in images]
    doubtful = [replace(image, findings_doubt="one page is missing") for image in images]

    if judged(certain, policy).decision is Decision.BLOCKED:
        assert judged(doubtful, policy).decision is Decision.BLOCKED


def test_the_order_of_severities_is_that_of_the_other_implementation() -> None:
    for severity in Severity:
        for level in Severity:
            assert severity.is_at_least(level) is (RANKS[severity] >= RANKS[level])
