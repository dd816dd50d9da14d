"""Image mode with a policy about findings: what is asked for, in which order, and what is decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import Unreachable
from gate.finding import FindingPolicy, FindingStatus
from gate.image import ImageState, Severity
from gate.policy import Decision, Policy
from gate.scan import RISK_SCOPES, ScanScope
from tests.builders import NOW, a_finding, a_waiver
from tests.images.scripted import API, WEB, ScriptedScans, an_image, run_images

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gate.finding import Finding
    from gate.image import ImageRef, ScannedImage
    from tests.images.scripted import ImageRun

    Listed = dict[str, Sequence[Finding]]

HIGH, LOW = Severity.HIGH, Severity.LOW
CLEAN = dict.fromkeys(RISK_SCOPES, 0)
SENSITIVE = ScanScope.SENSITIVE_INFORMATION
OPEN, WAIVED = FindingStatus.OPEN, FindingStatus.WAIVED


def risky(image: ImageRef = WEB, **severities: int) -> ScannedImage:
    """A risky image, with the number of its vulnerabilities by severity if there are any."""
    counts = {Severity(name): number for name, number in severities.items()}
    kinds = {**CLEAN, ScanScope.VULNERABILITY: sum(severities.values()) or 3}
    return an_image(image, is_risky=True, kinds=kinds, severities=counts)


def run(
    *images: ScannedImage,
    policy: FindingPolicy,
    max_risky: int = 0,
    required_scopes: frozenset[ScanScope] = RISK_SCOPES,
    scans: ScriptedScans | None = None,
    **settings: Any,
) -> ImageRun:
    scans = scans or ScriptedScans([images])
    whole = Policy(settle=0, max_risky=max_risky, findings=policy, required_scopes=required_scopes)
    return run_images(scans, *(image.image for image in images), policy=whole, **settings)


def asked(found: ImageRun) -> list[str]:
    return [call for call in found.calls if call.startswith("findings")]


@dataclass
class NoLists(ScriptedScans):
    """A cloud that answers everything but questions for lists."""

    error: Unreachable = field(default_factory=lambda: Unreachable("The cloud did not answer."))

    def with_findings(self, images: Sequence[ScannedImage], kinds: frozenset[ScanScope]) -> tuple[ScannedImage, ...]:
        super().with_findings(images, kinds)
        raise self.error


# What is asked for.


def test_without_options_no_list_is_asked_for() -> None:
    found = run(risky(), policy=FindingPolicy())

    assert (asked(found), found.codes) == ([], ["too-many-risky"])


def test_numbers_by_severity_that_are_complete_suffice_for_a_cutoff() -> None:
    found = run(risky(high=0, medium=2), policy=FindingPolicy(severity_cutoff=HIGH))

    assert (asked(found), found.verdict.decision) == ([], Decision.PASSED)


def test_where_they_are_not_complete_the_findings_of_these_images_are_listed() -> None:
    scans = ScriptedScans([[risky(), risky(API, low=1)]], findings={"web": [a_finding(severity=LOW)]})
    found = run(risky(), risky(API, low=1), policy=FindingPolicy(severity_cutoff=HIGH), scans=scans)

    assert (asked(found), found.verdict.decision) == (["findings web"], Decision.PASSED)


def test_a_scope_that_must_be_scanned_for_and_is_not_counted_is_listed() -> None:
    findings: Listed = {"web": [a_finding(kind=SENSITIVE)], "api": [a_finding(kind=SENSITIVE)]}
    images = [risky(high=0, low=1), an_image(API, kinds=CLEAN)]
    policy = FindingPolicy(severity_cutoff=HIGH)
    scans = ScriptedScans([images], findings=findings)
    found = run(*images, policy=policy, required_scopes=RISK_SCOPES | {SENSITIVE}, scans=scans)

    assert (asked(found), found.codes) == (["findings web api"], ["too-many-risky"])


def test_a_scope_that_must_be_scanned_for_is_not_listed_where_the_cloud_states_that_nothing_was_found() -> None:
    image = an_image(is_risky=True, kinds={**CLEAN, ScanScope.VULNERABILITY: 1, SENSITIVE: 0}, severities={LOW: 1})
    found = run(image, policy=FindingPolicy(severity_cutoff=HIGH), required_scopes=RISK_SCOPES | {SENSITIVE})

    assert (asked(found), found.verdict.decision) == ([], Decision.PASSED)


def test_waivers_need_lists_of_all_images_that_may_have_findings() -> None:
    clean = an_image(API, kinds=CLEAN)
    scans = ScriptedScans([[risky(), clean]], findings={"web": [a_finding()]})
    found = run(risky(), clean, policy=FindingPolicy(waivers=(a_waiver(),)), scans=scans)

    assert (asked(found), found.verdict.decision) == (["findings web"], Decision.PASSED)
    assert [image.findings is not None for image in found.images] == [True, True]


def test_a_list_for_reports_is_asked_for_after_those_of_the_policy() -> None:
    images = [risky(), risky(API, high=0, low=1)]
    scans = ScriptedScans([images], findings={"web": [a_finding(severity=LOW)], "api": [a_finding(severity=LOW)]})
    found = run(*images, policy=FindingPolicy(severity_cutoff=HIGH), scans=scans, lists_findings=True)

    assert asked(found) == ["findings web", "findings api"]
    assert found.verdict.decision is Decision.PASSED


def test_a_list_for_reports_that_fails_is_noted_and_changes_no_verdict() -> None:
    image = an_image(is_risky=False)
    found = run(image, policy=FindingPolicy(), scans=NoLists([[image]]), lists_findings=True)

    assert found.verdict.decision is Decision.PASSED
    assert "the findings of the images are not listed in the reports: The cloud did not answer." in [
        event.text for event in found.events
    ]


def test_a_list_for_the_policy_that_fails_ends_the_run() -> None:
    with pytest.raises(Unreachable):
        run(risky(), policy=FindingPolicy(waivers=(a_waiver(),)), scans=NoLists([[risky()]]))


# What is decided.


def test_an_image_with_an_open_finding_from_the_cutoff_on_blocks() -> None:
    scans = ScriptedScans([[risky()]], findings={"web": [a_finding(), a_finding("X-2", severity=LOW)]})
    found = run(risky(), policy=FindingPolicy(severity_cutoff=HIGH), scans=scans)

    assert found.codes == ["too-many-risky"]


def test_a_limit_blocks_beside_images_that_may_be_risky() -> None:
    findings: Listed = {
        "web": [a_finding("X-1"), a_finding("X-2", severity=Severity.UNKNOWN)],
        "api": [a_finding("X-3")],
    }
    images = [risky(), risky(API)]
    policy = FindingPolicy(severity_cutoff=Severity.NONE, max_findings={HIGH: 2})
    found = run(*images, policy=policy, scans=ScriptedScans([images], findings=findings))

    assert [(one.code, one.actual, one.limit) for one in found.verdict.reasons] == [("too-many-findings", 3, 2)]
    assert found.verdict.reasons[0].message.startswith(
        "3 open findings of severity high or higher (X-1, X-2, X-3); --max-findings high allows 2. "
    )


def test_a_limit_within_a_list_that_is_not_complete_leaves_the_run_undecided() -> None:
    """Also where the policy allows risky images, so that nothing else needs the list."""
    scans = ScriptedScans([[risky()]], findings={"web": [a_finding(severity=LOW)]}, doubts={"web": "page 2 is missing"})
    found = run(risky(), policy=FindingPolicy(max_findings={HIGH: 0}), max_risky=5, scans=scans)

    assert (found.codes, found.verdict.exit_code) == (["findings-incomplete"], 7)
    assert "web:1.0@sha256:aaaaaaaaaaaa: page 2 is missing)" in found.verdict.reasons[0].message


def test_what_is_open_in_a_part_of_a_list_blocks() -> None:
    scans = ScriptedScans([[risky()]], findings={"web": [a_finding()]}, doubts={"web": "page 2 is missing"})

    assert run(risky(), policy=FindingPolicy(max_findings={HIGH: 0}), max_risky=5, scans=scans).codes == [
        "too-many-findings"
    ]


def test_a_risk_without_any_finding_in_the_list_is_a_contradiction() -> None:
    found = run(risky(), policy=FindingPolicy(waivers=(a_waiver(),)))

    assert found.codes == ["findings-incomplete"]
    assert "what the cloud states of its risk does not fit what it lists" in found.verdict.reasons[0].message


def test_a_list_that_the_cloud_does_not_give_is_named_as_not_stated() -> None:
    @dataclass
    class Silent(ScriptedScans):
        def with_findings(
            self, images: Sequence[ScannedImage], kinds: frozenset[ScanScope]
        ) -> tuple[ScannedImage, ...]:
            super().with_findings(images, kinds)
            return tuple(images)

    found = run(risky(), policy=FindingPolicy(waivers=(a_waiver(),)), scans=Silent([[risky()]]))

    assert found.codes == ["findings-incomplete"]
    assert "(swr.test/shop/web:1.0@sha256:aaaaaaaaaaaa: not stated)" in found.verdict.reasons[0].message


def test_images_with_waived_findings_do_not_block_beside_one_that_is_not_scanned_in_time() -> None:
    """Their numbers do not say which of them are waived."""
    images = [risky(high=3), an_image(API, ImageState.SCANNING)]
    found = run(*images, policy=FindingPolicy(waivers=(a_waiver(),)), timeout=60)

    assert (found.codes, found.verdict.exit_code) == (["not-final"], 5)


def test_a_release_that_is_too_risky_and_has_too_many_findings_is_blocked_for_both() -> None:
    policy = FindingPolicy(severity_cutoff=HIGH, max_findings={HIGH: 1})
    scans = ScriptedScans([[risky(high=2)]], findings={"web": [a_finding("X-1"), a_finding("X-2")]})

    found = run(risky(high=2), policy=policy, scans=scans)

    assert (found.codes, found.verdict.exit_code) == (["too-many-risky", "too-many-findings"], 1)


def test_a_waiver_that_is_not_needed_blocks_only_if_the_policy_says_so() -> None:
    waivers = (a_waiver("X-1"), a_waiver("X-9", source="waivers.toml, waiver 2"))
    scans = ScriptedScans([[risky()]], findings={"web": [a_finding("X-1")]})

    assert run(risky(), policy=FindingPolicy(waivers=waivers), scans=scans).verdict.decision is Decision.PASSED
    found = run(risky(), policy=FindingPolicy(waivers=waivers, unused_waivers_block=True), scans=scans)
    assert [(one.code, one.actual, one.limit) for one in found.verdict.reasons] == [("waiver-unused", 1, 0)]
    assert found.verdict.reasons[0].message.startswith("1 waiver matches no finding: X-9 (waivers.toml, waiver 2). ")


def test_where_all_waivers_are_needed_none_blocks() -> None:
    scans = ScriptedScans([[risky()]], findings={"web": [a_finding("X-1")]})
    policy = FindingPolicy(waivers=(a_waiver("X-1"),), unused_waivers_block=True)

    assert run(risky(), policy=policy, scans=scans).verdict.decision is Decision.PASSED


def test_an_undecided_run_calls_no_waiver_unused() -> None:
    scans = ScriptedScans([[risky()]], doubts={"web": "page 2 is missing"})
    policy = FindingPolicy(waivers=(a_waiver("X-1"),), unused_waivers_block=True)

    assert run(risky(), policy=policy, scans=scans).codes == ["findings-incomplete"]


def test_waivers_are_judged_by_the_day_that_is_given() -> None:
    scans = ScriptedScans([[risky()]], findings={"web": [a_finding()]})
    waivers, later = (a_waiver(until=NOW.date()),), NOW.date() + timedelta(days=1)

    now = run(risky(), policy=FindingPolicy(waivers=waivers), scans=scans)
    tomorrow = run(risky(), policy=FindingPolicy(waivers=waivers, as_of=later), scans=scans)

    assert (now.verdict.decision, tomorrow.verdict.decision) == (Decision.PASSED, Decision.BLOCKED)
    assert [one.status for image in (*now.images, *tomorrow.images) for one in image.findings or ()] == [WAIVED, OPEN]
