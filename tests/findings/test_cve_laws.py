"""The laws of CVEs that a cloud names only when it is asked, on generated findings, policies and answers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from gate.finding import FindingPolicy
from gate.findings.ask import with_needed_cves
from gate.findings.waivers import waiver_uses
from gate.image import Severity
from gate.images.judge import decision_by_findings
from gate.policy import Decision, Policy
from gate.scan import ScanScope
from tests.builders import NOW, FakeTime, a_finding, a_waiver, an_image
from tests.findings.generated import CVES, IDS, IMAGES, POLICIES, WAIVERS, judged
from tests.images.scripted import ScriptedScans, a_connection

if TYPE_CHECKING:
    from gate.finding import Finding, Waiver
    from gate.image import ScannedImage

    Cves = dict[str, tuple[str, ...]]

# A busy machine may exceed hypothesis' own deadline.
laws = settings(deadline=None, max_examples=150)
ANSWERS = st.fixed_dictionaries(dict.fromkeys(IDS, st.sampled_from([(), CVES[:1], CVES[1:], CVES])))
OF_CVES = st.lists(WAIVERS.filter(lambda waiver: waiver.id.startswith("CVE-")), min_size=1, max_size=3).map(tuple)
SOME = st.frozensets(st.sampled_from(IDS))


def listed(images: list[ScannedImage], cves: Cves, *, are_hidden: bool) -> tuple[ScannedImage, ...]:
    """The images of a cloud that names these CVEs in its lists, or only when it is asked."""

    def seen(finding: Finding) -> Finding:
        if finding.kind is not ScanScope.VULNERABILITY:
            return replace(finding, cves=())
        return replace(finding, cves=() if are_hidden else cves[finding.id], has_unknown_cves=are_hidden)

    return tuple(replace(image, findings=tuple(map(seen, image.findings or ()))) for image in images)


def asked(
    images: list[ScannedImage], policy: Policy, cves: Cves, unanswered: frozenset[str] = frozenset()
) -> tuple[tuple[ScannedImage, ...], list[str]]:
    """What the gate knows in the end of the images of a cloud that has to be asked, and what it has asked."""
    scans = ScriptedScans([], cves={id_: None if id_ in unanswered else cves[id_] for id_ in cves})
    connection = a_connection(FakeTime(), *(image.image for image in images), policy=policy)
    hidden = listed(images, cves, are_hidden=True)
    return with_needed_cves(hidden, scans, connection, decision_by_findings), scans.calls


def waiving(policy: Policy, waivers: tuple[Waiver, ...]) -> Policy:
    return replace(policy, findings=replace(policy.findings, waivers=(*policy.findings.waivers, *waivers)))


def passes_as_it_is(images: list[ScannedImage], policy: Policy) -> bool:
    """Whether the release passes with all findings open whose CVEs are not known, so that nothing need be asked."""
    return judged(listed(images, {}, are_hidden=True), policy).decision is Decision.PASSED


@laws
@given(images=IMAGES, policy=POLICIES, waivers=OF_CVES, cves=ANSWERS)
def test_a_release_that_does_not_pass_as_it_is_has_the_decision_of_a_cloud_whose_lists_name_all_cves(
    images: list[ScannedImage], policy: Policy, waivers: tuple[Waiver, ...], cves: Cves
) -> None:
    policy = waiving(policy, waivers)
    found, _ = asked(images, policy, cves)

    decision, with_all = judged(found, policy).decision, judged(listed(images, cves, are_hidden=False), policy).decision
    if passes_as_it_is(images, policy):
        assert decision is Decision.PASSED
        assert with_all is not Decision.BLOCKED
    else:
        assert decision is with_all


@laws
@given(images=IMAGES, policy=POLICIES, waivers=OF_CVES, cves=ANSWERS, unanswered=SOME)
def test_without_some_answers_no_release_passes_that_would_not_with_all_of_them(
    images: list[ScannedImage], policy: Policy, waivers: tuple[Waiver, ...], cves: Cves, unanswered: frozenset[str]
) -> None:
    policy = waiving(policy, waivers)
    found, _ = asked(images, policy, cves, unanswered)

    if judged(found, policy).decision is Decision.PASSED:
        with_all = judged(listed(images, cves, are_hidden=False), policy).decision
        assert with_all is Decision.PASSED or (passes_as_it_is(images, policy) and with_all is Decision.UNDECIDED)


@laws
@given(images=IMAGES, policy=POLICIES, waivers=OF_CVES, cves=ANSWERS)
def test_without_any_answer_the_decision_is_that_without_the_waivers_of_cves(
    images: list[ScannedImage], policy: Policy, waivers: tuple[Waiver, ...], cves: Cves
) -> None:
    of_ids = tuple(one for one in policy.findings.waivers if not one.id.startswith("CVE-"))
    policy = replace(policy, findings=replace(policy.findings, waivers=(*of_ids, *waivers)))
    # A waiver that covers nothing, so that both policies go by lists.
    without = replace(policy, findings=replace(policy.findings, waivers=(*of_ids, replace(waivers[0], images=()))))
    found, _ = asked(images, policy, cves, frozenset(IDS))

    assert judged(found, policy).decision is judged(found, without).decision


@laws
@given(images=IMAGES, policy=POLICIES, waivers=OF_CVES, cves=ANSWERS)
def test_each_id_is_asked_about_once_at_most_and_none_without_a_waiver_of_a_cve(
    images: list[ScannedImage], policy: Policy, waivers: tuple[Waiver, ...], cves: Cves
) -> None:
    of_ids = tuple(one for one in policy.findings.waivers if not one.id.startswith("CVE-"))
    without = replace(policy, findings=replace(policy.findings, waivers=of_ids))

    assert asked(images, without, cves) == (listed(images, cves, are_hidden=True), [])
    calls = asked(images, waiving(policy, waivers), cves)[1]
    assert len(set(calls)) == len(calls)


@laws
@given(images=IMAGES, policy=POLICIES, waivers=OF_CVES, cves=ANSWERS)
def test_nothing_is_asked_where_the_release_passes_with_these_findings_open(
    images: list[ScannedImage], policy: Policy, waivers: tuple[Waiver, ...], cves: Cves
) -> None:
    policy = waiving(policy, waivers)

    if passes_as_it_is(images, policy):
        assert asked(images, policy, cves) == (listed(images, cves, are_hidden=True), [])


def test_nothing_is_asked_where_an_accepted_risk_would_be_undecided_without_its_finding() -> None:
    # The cloud does not say whether the image is risky; its one finding does, and the policy accepts a risky image.
    images = [an_image(findings=(a_finding("X-1", severity=Severity.UNKNOWN),), is_risky=None)]
    policy = Policy(max_risky=1, findings=FindingPolicy(waivers=(a_waiver("CVE-1"),)))

    assert judged(images, policy).decision is Decision.PASSED
    assert asked(images, policy, dict.fromkeys(IDS, CVES)) == (listed(images, {}, are_hidden=True), [])


@laws
@given(images=IMAGES, policy=POLICIES, waivers=OF_CVES, cves=ANSWERS)
def test_a_waiver_is_called_unused_only_where_a_cloud_whose_lists_name_all_cves_would_have_it_so(
    images: list[ScannedImage], policy: Policy, waivers: tuple[Waiver, ...], cves: Cves
) -> None:
    policy = waiving(policy, waivers)
    found, _ = asked(images, policy, cves)
    every = listed(images, cves, are_hidden=False)
    uses, true = (waiver_uses(policy.findings.waivers, seen, NOW.date()) for seen in (found, every))

    assert all(there.is_unused for here, there in zip(uses, true, strict=True) if here.is_unused)
