"""CVEs that a cloud names only when it is asked for them: what is asked, and what follows from the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import DeadlineExceeded, NotAuthorised, NotUnderstood, Throttled
from gate.finding import FindingPolicy, FindingStatus, KnownFinding
from gate.findings.cves import open_questions, with_cves
from gate.image import Severity
from gate.outcome import EventKind
from gate.policy import Decision, Policy
from gate.scan import RISK_SCOPES, ScanScope
from tests.builders import NOW, a_finding, a_waiver
from tests.images.scripted import API, WEB, ScriptedScans, an_image, run_images

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gate.errors import GateError
    from gate.finding import Finding, Waiver
    from gate.image import ImageRef, ScannedImage
    from tests.images.scripted import ImageRun

    Answers = dict[str, tuple[str, ...] | GateError | None]

HIGH, MEDIUM, LOW = Severity.HIGH, Severity.MEDIUM, Severity.LOW
PASSED, BLOCKED = Decision.PASSED, Decision.BLOCKED
ONE, TWO = "CVE-2026-1000", "CVE-2026-2000"


def unknown(id_: str = "X-1", **fields: Any) -> Finding:
    """A vulnerability whose CVEs are not known."""
    return a_finding(id_, has_unknown_cves=True, **fields)


def risky(image: ImageRef = WEB) -> ScannedImage:
    kinds = {**dict.fromkeys(RISK_SCOPES, 0), ScanScope.VULNERABILITY: 3}
    return an_image(image, is_risky=True, kinds=kinds)


def run(
    findings: Sequence[Finding] | Mapping[str, Sequence[Finding]],
    *waivers: Waiver,
    cves: Answers | None = None,
    max_risky: int = 0,
    lists_findings: bool = False,
    **policy: Any,
) -> ImageRun:
    """A run for the images that have these findings; one that is not named is web."""
    of_image = dict(findings) if isinstance(findings, Mapping) else {"web": findings}
    images = [risky({"web": WEB, "api": API}[name]) for name in of_image]
    scans = ScriptedScans([images], findings=of_image, cves=cves or {})
    whole = Policy(settle=0, max_risky=max_risky, findings=FindingPolicy(waivers=waivers, **policy))
    return run_images(
        scans, *(image.image for image in images), policy=whole, lists_findings=lists_findings, timeout=1800
    )


def listed(found: ImageRun) -> list[Finding]:
    return [finding for image in found.images for finding in image.findings or ()]


def asked(found: ImageRun) -> list[str]:
    return [call.removeprefix("cves ") for call in found.calls if call.startswith("cves ")]


def log_of(found: ImageRun, kind: EventKind) -> list[str]:
    return [event.text for event in found.events if event.kind is kind and "CVE" in event.text]


# What is asked for.


def test_a_waiver_of_a_cve_covers_a_vulnerability_that_has_it() -> None:
    found = run([unknown()], a_waiver(ONE), cves={"X-1": (ONE,)})

    assert (asked(found), found.verdict.decision) == (["X-1"], PASSED)
    (finding,) = listed(found)
    assert (finding.cves, finding.has_unknown_cves, finding.status) == ((ONE,), False, FindingStatus.WAIVED)


@pytest.mark.parametrize("cves", [(), (TWO,), (ONE, TWO), None])
def test_it_covers_none_that_has_another_one_too_or_has_none(cves: tuple[str, ...] | None) -> None:
    found = run([unknown()], a_waiver(ONE), cves={"X-1": cves})

    assert (asked(found), found.verdict.decision) == (["X-1"], BLOCKED)


def test_all_of_several_cves_have_to_be_waived() -> None:
    assert run([unknown()], a_waiver(ONE), a_waiver(TWO), cves={"X-1": (ONE, TWO)}).verdict.decision is PASSED


@pytest.mark.parametrize(
    "waiver",
    [
        a_waiver("X-9"),
        a_waiver("GHSA-aaaa-bbbb-cccc"),
        a_waiver(ONE, until=NOW.date() - timedelta(days=1)),
        a_waiver(ONE, images=("team/other",)),
        a_waiver(ONE, images=()),
        a_waiver(ONE, package="zlib"),
        a_waiver(ONE, version="3.0.2"),
    ],
    ids=["id", "other name", "ended", "other image", "no image", "other package", "other version"],
)
def test_nothing_is_asked_for_where_no_waiver_of_a_cve_can_cover_the_vulnerability(waiver: Waiver) -> None:
    found = run([unknown()], waiver)

    assert (asked(found), found.verdict.decision, log_of(found, EventKind.WARNING)) == ([], BLOCKED, [])


@pytest.mark.parametrize(
    "waiver", [a_waiver(ONE, package="openssl", version="3.0.1"), a_waiver(ONE, until=None), a_waiver(ONE)]
)
def test_a_statement_of_a_vex_document_and_a_waiver_of_this_package_can(waiver: Waiver) -> None:
    assert run([unknown()], waiver, cves={"X-1": (ONE,)}).verdict.decision is PASSED


def test_the_day_that_is_given_tells_which_waivers_are_in_force() -> None:
    waiver, later = a_waiver(ONE, until=NOW.date()), NOW.date() + timedelta(days=1)

    assert asked(run([unknown()], waiver, cves={"X-1": (ONE,)})) == ["X-1"]
    assert asked(run([unknown()], waiver, as_of=later)) == []


def test_nothing_is_asked_for_a_vulnerability_that_is_waived_by_its_own_id() -> None:
    found = run([unknown()], a_waiver("X-1"), a_waiver(ONE))

    assert (asked(found), found.verdict.decision) == ([], PASSED)


def test_a_vulnerability_that_is_named_by_a_cve_may_have_others_so_they_are_asked_for() -> None:
    """Its own id does not waive a vulnerability of several CVEs if it is one of them."""
    for cves, decision in ((ONE,), PASSED), ((), PASSED), ((ONE, TWO), BLOCKED):
        found = run([unknown(ONE)], a_waiver(ONE), cves={ONE: cves})

        assert (asked(found), found.verdict.decision) == ([ONE], decision)


def test_nothing_is_asked_for_findings_that_are_not_severe_enough() -> None:
    found = run([unknown(severity=LOW)], a_waiver(ONE), severity_cutoff=HIGH)

    assert (asked(found), found.verdict.decision, log_of(found, EventKind.WARNING)) == ([], PASSED, [])


def test_without_a_cutoff_each_severity_is_a_risk() -> None:
    found = run([unknown(severity=LOW)], a_waiver(ONE), cves={"X-1": (ONE,)})

    assert (asked(found), found.verdict.decision) == (["X-1"], PASSED)


@pytest.mark.parametrize(
    "other", [a_waiver(TWO, until=NOW.date() - timedelta(days=1)), a_waiver(TWO, images=("team/other",))]
)
def test_a_waiver_that_covers_nothing_does_not_hide_one_that_may(other: Waiver) -> None:
    for waivers in ((a_waiver(ONE), other), (other, a_waiver(ONE))):
        assert run([unknown()], *waivers, cves={"X-1": (ONE,)}).verdict.decision is PASSED


def test_an_image_that_the_cloud_calls_free_of_risks_is_cleared_too() -> None:
    """Its open finding contradicts the cloud, which leaves the run undecided."""
    image = replace(risky(), is_risky=False)
    policy = Policy(settle=0, findings=FindingPolicy(waivers=(a_waiver(ONE),)))
    found = [
        run_images(ScriptedScans([[image]], findings={"web": [unknown()]}, cves={"X-1": cves}), policy=policy)
        for cves in ((ONE,), (TWO,))
    ]

    assert [one.verdict.decision for one in found] == [PASSED, Decision.UNDECIDED]
    assert [asked(one) for one in found] == [["X-1"]] * 2


def test_a_block_that_waivers_may_take_back_is_none_where_the_list_is_in_doubt() -> None:
    scans = ScriptedScans(
        [[risky()]], findings={"web": [unknown()]}, cves={"X-1": (ONE,)}, doubts={"web": "page 2 is missing"}
    )
    policy = Policy(settle=0, findings=FindingPolicy(waivers=(a_waiver(ONE),)))
    found = run_images(scans, policy=policy)

    assert (asked(found), found.codes) == (["X-1"], ["findings-incomplete"])


def test_nothing_is_asked_for_as_long_as_limits_are_not_exceeded() -> None:
    few = run([unknown(severity=LOW)], a_waiver(ONE), severity_cutoff=Severity.NONE, max_findings={HIGH: 0, LOW: 1})
    assert (asked(few), few.verdict.decision) == ([], PASSED)

    many = [unknown("X-1", severity=LOW), unknown("X-2", severity=LOW), unknown("X-3", severity=HIGH)]
    limits = {HIGH: 1, LOW: 2}
    found = run(many, a_waiver(ONE), severity_cutoff=Severity.NONE, max_findings=limits, cves={"X-3": (ONE,)})
    assert (asked(found), found.verdict.decision) == (["X-3"], PASSED)


def test_of_a_limit_that_is_exceeded_only_what_counts_for_it_is_asked_for() -> None:
    findings = [unknown("X-1", severity=LOW), unknown("X-2", severity=HIGH), unknown("X-3", severity=HIGH)]
    answers: Answers = {"X-2": (TWO,), "X-3": (ONE,)}
    found = run(findings, a_waiver(ONE), severity_cutoff=Severity.NONE, max_findings={HIGH: 1}, cves=answers)

    assert (asked(found), found.verdict.decision) == (["X-2", "X-3"], PASSED)


def test_nothing_is_asked_for_what_stood_in_the_baseline() -> None:
    known = KnownFinding(id="X-1", package="openssl", kind=ScanScope.VULNERABILITY, repository=WEB.repository)
    found = run([unknown()], a_waiver(ONE), baseline={known: HIGH})

    assert (asked(found), found.verdict.decision) == ([], PASSED)


def test_nothing_is_asked_for_a_release_that_is_blocked_by_what_no_waiver_covers() -> None:
    found = run([unknown("X-1"), unknown("X-2", package="zlib"), a_finding("X-3")], a_waiver(ONE, package="openssl"))

    assert (asked(found), found.verdict.decision) == ([], BLOCKED)
    assert log_of(found, EventKind.WARNING) == [
        "the CVEs of 1 open finding are not known, and waivers may name them; the release is blocked whatever they are"
    ]


def test_nothing_more_is_asked_for_once_the_release_is_blocked_in_any_case() -> None:
    findings = [unknown("X-1", severity=LOW), unknown("X-2", severity=HIGH), unknown("X-3", severity=MEDIUM)]
    found = run(findings, a_waiver(ONE), cves={"X-2": (TWO,)})

    assert (asked(found), found.verdict.decision) == (["X-2"], BLOCKED)
    assert log_of(found, EventKind.WARNING)[0].startswith("the CVEs of 2 open findings are not known")


def test_nothing_is_asked_for_an_image_beside_one_that_blocks_the_release_in_any_case() -> None:
    found = run({"web": [a_finding("X-2")], "api": [unknown("X-3")]}, a_waiver(ONE))

    assert (asked(found), found.verdict.decision) == ([], BLOCKED)


def test_of_images_of_which_one_may_be_risky_only_those_that_waivers_may_clear_are_asked_about() -> None:
    findings = {"web": [unknown("X-1"), a_finding("X-2")], "api": [unknown("X-3")]}
    found = run(findings, a_waiver(ONE), max_risky=1, cves={"X-3": (ONE,)})

    assert (asked(found), found.verdict.decision) == (["X-3"], PASSED)


def test_each_id_is_asked_about_once_over_all_images_and_packages() -> None:
    findings = {"web": [unknown(), unknown(package="zlib")], "api": [unknown(severity=LOW)]}
    found = run(findings, a_waiver(ONE), cves={"X-1": (ONE,)})

    assert (asked(found), found.verdict.decision) == (["X-1"], PASSED)
    assert {one.cves for one in listed(found)} == {(ONE,)}


def test_a_report_that_lists_findings_asks_for_no_cves() -> None:
    assert asked(run([unknown()], lists_findings=True)) == []


def test_nothing_is_asked_for_where_the_list_names_the_cves() -> None:
    found = run([a_finding("X-1", cves=(ONE,))], a_waiver(ONE))

    assert (asked(found), found.verdict.decision) == ([], PASSED)


# What the log says.


@pytest.mark.parametrize(
    ("number", "end"),
    [
        (1, "1 vulnerability that waivers of CVEs may cover: one call for each and 5 a minute"),
        (5, "up to 5 vulnerabilities that waivers of CVEs may cover: one call for each and 5 a minute"),
        (6, "one call for each and 5 a minute, which takes 1 min at least"),
        (10, "one call for each and 5 a minute, which takes 1 min at least"),
        (31, "one call for each and 5 a minute, which takes 6 min at least"),
    ],
)
def test_the_log_says_before_how_many_calls_there_may_be_and_how_long_they_take(number: int, end: str) -> None:
    findings = [unknown(f"X-{at}") for at in range(number)]
    found = run(findings, a_waiver(ONE), cves={one.id: (ONE,) for one in findings})

    (announced,) = log_of(found, EventKind.ACTION)
    assert announced.startswith("asking for the CVEs of ")
    assert announced.endswith(end)
    assert len(asked(found)) == number


# What an answer that is missing means.


@pytest.mark.parametrize(
    "error",
    [
        DeadlineExceeded("The time is up."),
        Throttled("The quota is used up."),
        NotAuthorised("The user may not."),
        NotUnderstood("A web page."),
    ],
    ids=["deadline", "quota", "permission", "web page"],
)
def test_without_an_answer_what_it_is_about_stays_open_and_blocks(error: GateError) -> None:
    """As without the waiver, however lenient the policy is about runs without a verdict."""
    found = run([unknown("X-1"), unknown("X-2")], a_waiver(ONE), cves={"X-1": (ONE,), "X-2": error})

    assert (asked(found), found.verdict.decision) == (["X-1", "X-2"], BLOCKED)
    assert [one.status for one in listed(found)] == [FindingStatus.WAIVED, FindingStatus.OPEN]
    assert log_of(found, EventKind.WARNING) == [
        f"the CVEs of 1 vulnerability are not known, so no waiver of a CVE covers it: {error}"
    ]


# What is said of waivers.


def unused(found: ImageRun) -> list[str]:
    return [reason.code for reason in found.verdict.reasons]


def test_a_waiver_of_a_cve_is_not_called_unused_where_the_cves_of_a_vulnerability_are_not_known() -> None:
    found = run([unknown(severity=LOW)], a_waiver(ONE), severity_cutoff=HIGH, unused_waivers_block=True)

    assert (asked(found), found.verdict.decision) == ([], PASSED)


@pytest.mark.parametrize(
    "waiver",
    [a_waiver(ONE, package="zlib"), a_waiver(ONE, version="9"), a_waiver("X-9")],
    ids=["package", "version", "id"],
)
def test_a_waiver_that_can_match_none_of_them_is_called_unused(waiver: Waiver) -> None:
    found = run([unknown(severity=LOW)], waiver, severity_cutoff=HIGH, unused_waivers_block=True)

    assert unused(found) == ["waiver-unused"]


def test_a_waiver_of_a_cve_that_no_vulnerability_has_is_called_unused() -> None:
    answers: Answers = {"X-1": (ONE,)}
    found = run([unknown()], a_waiver(ONE), a_waiver(TWO), cves=answers, unused_waivers_block=True)

    assert unused(found) == ["waiver-unused"]
    assert found.verdict.reasons[0].message.startswith(f"1 waiver matches no finding: {TWO}. ")


def test_findings_that_have_no_cves_are_not_taken_for_those_whose_cves_are_not_known() -> None:
    findings = [a_finding("X-1", severity=LOW), a_finding("miner", kind=ScanScope.MALICIOUS_FILE, severity=LOW)]
    found = run(findings, a_waiver(ONE), severity_cutoff=HIGH, unused_waivers_block=True)

    assert unused(found) == ["waiver-unused"]


def test_the_reports_have_the_status_of_a_vulnerability_whose_cves_are_not_known() -> None:
    findings = [unknown("X-1"), unknown("X-2", severity=LOW)]
    found = run(findings, a_waiver(ONE), severity_cutoff=HIGH, cves={"X-1": ()})

    assert [(one.status, one.has_unknown_cves) for one in listed(found)] == [
        (FindingStatus.OPEN, False),
        (FindingStatus.OPEN, True),
    ]


def test_an_image_whose_findings_were_not_listed_has_none_to_ask_about() -> None:
    unlisted, shown = an_image(API), replace(risky(), findings=(unknown(),))
    policy = FindingPolicy(waivers=(a_waiver(ONE),))

    def decision(images: tuple[ScannedImage, ...]) -> Decision:
        return BLOCKED if any(image.is_risky for image in images) else PASSED

    assert [one.id for one in open_questions((shown, unlisted), policy, NOW.date(), decision)] == ["X-1"]
    assert with_cves((shown, unlisted), "X-1", (ONE,))[1] == unlisted
