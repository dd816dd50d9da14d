"""From the findings of images and a policy to what counts, which images are risky, and what is not certain."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gate.finding import FindingPolicy, FindingStatus, KnownFinding
from gate.findings.evaluate import ExceededLimit, evaluated, exceeded_limits, is_certain, open_findings, today
from gate.image import ImageState, Severity
from gate.scan import RISK_SCOPES, ScanScope
from tests.builders import NOW, a_finding, a_waiver, an_image

if TYPE_CHECKING:
    from gate.image import ScannedImage

HIGH, LOW, MEDIUM = Severity.HIGH, Severity.LOW, Severity.MEDIUM
CLEAN = dict.fromkeys(RISK_SCOPES, 0)
ONLY_VULNERABILITIES = {**CLEAN, ScanScope.VULNERABILITY: 3}
WITHOUT_VULNERABILITIES = {kind: 0 for kind in RISK_SCOPES if kind is not ScanScope.VULNERABILITY}
WAIVED = FindingPolicy(waivers=(a_waiver(),))


def after(image: ScannedImage, policy: FindingPolicy) -> ScannedImage:
    (found,) = evaluated([image], policy, NOW.date())
    return found


def statuses(image: ScannedImage, policy: FindingPolicy) -> list[FindingStatus]:
    return [finding.status for finding in after(image, policy).findings or ()]


def test_the_day_is_that_of_the_run_or_the_one_that_is_given() -> None:
    assert today(FindingPolicy(), NOW) == NOW.date()
    assert today(FindingPolicy(as_of=date(2026, 3, 1)), NOW) == date(2026, 3, 1)


def test_a_finding_is_open_waived_known_or_without_a_fix_in_this_order() -> None:
    findings = (
        a_finding("X-1"),
        a_finding("X-2", is_fixable=False),
        a_finding("X-3", is_fixable=False),
        a_finding("X-4", is_fixable=None),
    )
    baseline = {
        KnownFinding(id=one, package="openssl", kind=ScanScope.VULNERABILITY, repository="swr/team/web"): HIGH
        for one in ("X-1", "X-2")
    }
    policy = FindingPolicy(only_fixable=True, waivers=(a_waiver("X-1"),), baseline=baseline)

    assert statuses(an_image(findings=findings), policy) == [
        FindingStatus.WAIVED,
        FindingStatus.KNOWN,
        FindingStatus.NOT_FIXABLE,
        FindingStatus.OPEN,
    ]


def test_a_waived_finding_names_its_waiver() -> None:
    (finding,) = after(an_image(findings=(a_finding(),)), WAIVED).findings or ()

    assert finding.waiver == a_waiver()


@pytest.mark.parametrize(
    ("was", "now", "status"),
    [
        (HIGH, HIGH, FindingStatus.KNOWN),
        (HIGH, MEDIUM, FindingStatus.KNOWN),
        (MEDIUM, HIGH, FindingStatus.OPEN),
        (Severity.CRITICAL, Severity.UNKNOWN, FindingStatus.OPEN),
        (Severity.UNKNOWN, Severity.CRITICAL, FindingStatus.KNOWN),
    ],
)
def test_a_finding_whose_severity_rose_is_new(was: Severity, now: Severity, status: FindingStatus) -> None:
    baseline = {KnownFinding(id="X-1", package="openssl", kind=ScanScope.VULNERABILITY, repository="swr/team/web"): was}

    assert statuses(an_image(findings=(a_finding("X-1", severity=now),)), FindingPolicy(baseline=baseline)) == [status]


def test_what_was_handled_in_the_clouds_console_is_open() -> None:
    assert statuses(an_image(findings=(a_finding(handled="whitelisted"),)), WAIVED) == [FindingStatus.WAIVED]
    assert statuses(an_image(findings=(a_finding("X-9", handled="whitelisted"),)), WAIVED) == [FindingStatus.OPEN]


def test_without_options_the_cloud_alone_says_what_is_risky() -> None:
    image = an_image(is_risky=True, findings=())

    assert after(image, FindingPolicy()) == image


def test_an_image_without_a_result_stays_as_it_is() -> None:
    image = an_image(state=ImageState.FAILED)

    assert after(image, FindingPolicy(severity_cutoff=HIGH)) == image
    assert is_certain(image, FindingPolicy(max_findings={HIGH: 0}))


@pytest.mark.parametrize(
    ("image", "policy", "is_risky"),
    [
        (an_image(is_risky=True, findings=(a_finding(severity=MEDIUM),)), FindingPolicy(severity_cutoff=HIGH), False),
        (an_image(is_risky=True, findings=(a_finding(severity=MEDIUM),)), FindingPolicy(severity_cutoff=MEDIUM), True),
        (an_image(is_risky=True, findings=(a_finding(),)), FindingPolicy(severity_cutoff=Severity.NONE), False),
        (an_image(is_risky=True, findings=(a_finding(),), findings_doubt="?"), WAIVED, None),
        (an_image(is_risky=True, findings=(a_finding("X-9"),), findings_doubt="?"), WAIVED, True),
        (an_image(is_risky=True, findings=(a_finding(),)), WAIVED, False),
        (an_image(is_risky=True, findings=()), WAIVED, None),
        (an_image(is_risky=True, findings=(a_finding(severity=Severity.NONE),)), WAIVED, None),
        (an_image(is_risky=False, findings=()), WAIVED, False),
        (an_image(is_risky=False, findings=(a_finding("X-9"),)), WAIVED, None),
        (
            an_image(is_risky=False, findings=(a_finding("X-9", kind=ScanScope.SENSITIVE_INFORMATION),)),
            WAIVED,
            False,
        ),
        (an_image(is_risky=None, findings=(a_finding(),)), WAIVED, None),
        (an_image(is_risky=True, kinds=ONLY_VULNERABILITIES, severities={HIGH: 3}), WAIVED, None),
        (
            an_image(is_risky=True, kinds=ONLY_VULNERABILITIES, severities={HIGH: 0, LOW: 3}),
            FindingPolicy(severity_cutoff=HIGH),
            False,
        ),
        (
            an_image(is_risky=True, kinds=ONLY_VULNERABILITIES, severities={HIGH: 0, LOW: 2}),
            FindingPolicy(severity_cutoff=HIGH),
            None,
        ),
    ],
    ids=[
        "below the cutoff",
        "at the cutoff",
        "no cutoff",
        "all waived of a part",
        "an open one in a part",
        "all waived",
        "a risk without findings",
        "a risk of no severity",
        "clean",
        "clean with findings",
        "clean but for what the cloud does not call a risk",
        "not stated",
        "counted and not listed",
        "counted by severity",
        "counted by severity, and more in all",
    ],
)
def test_an_image_is_risky_by_what_is_open_in_it(
    image: ScannedImage,
    policy: FindingPolicy,
    is_risky: bool | None,  # noqa: FBT001
) -> None:
    found = after(image, policy)

    assert (found.is_risky, found.stated_risk, found.goes_by_findings) == (is_risky, image.is_risky, True)


@pytest.mark.parametrize(
    ("fields", "counts", "is_complete"),
    [
        ({"kinds": CLEAN}, {}, True),
        ({"kinds": ONLY_VULNERABILITIES, "severities": {HIGH: 3}}, {HIGH: 3}, True),
        ({"kinds": ONLY_VULNERABILITIES, "severities": {HIGH: 2}}, {HIGH: 2}, False),
        # More than there are: those of another scan.
        ({"kinds": ONLY_VULNERABILITIES, "severities": {LOW: 5}}, {LOW: 5}, False),
        ({"kinds": ONLY_VULNERABILITIES}, {}, False),
        ({"kinds": {ScanScope.VULNERABILITY: 0}}, {}, False),
        # That there are none of any severity is a number of vulnerabilities too.
        ({"kinds": WITHOUT_VULNERABILITIES, "severities": {HIGH: 0, LOW: 0}}, {HIGH: 0, LOW: 0}, True),
        ({"kinds": WITHOUT_VULNERABILITIES}, {}, False),
        ({"kinds": {**CLEAN, ScanScope.MALICIOUS_FILE: 1}, "severities": {HIGH: 0}}, {HIGH: 0}, False),
        ({}, {}, False),
        ({"findings": (a_finding(), a_finding(severity=LOW))}, {HIGH: 1, LOW: 1}, True),
        ({"findings": (a_finding(),), "findings_doubt": "?"}, {HIGH: 1}, False),
    ],
)
def test_open_findings_are_those_of_the_list_or_of_numbers_that_add_up(
    fields: dict[str, Any],
    counts: dict[Severity, int],
    is_complete: bool,  # noqa: FBT001
) -> None:
    found = open_findings(an_image(**fields))

    assert (found.counts, found.is_complete) == (counts, is_complete)


def test_a_limit_counts_this_severity_and_higher_ones_in_all_images() -> None:
    images = [
        an_image("web", findings=(a_finding(), a_finding(severity=Severity.UNKNOWN), a_finding(severity=LOW))),
        an_image("api", kinds=ONLY_VULNERABILITIES, severities={HIGH: 2, MEDIUM: 1}),
        an_image(state=ImageState.FAILED, severities={HIGH: 9}),
    ]
    policy = FindingPolicy(max_findings={LOW: 5, HIGH: 4, Severity.CRITICAL: 0, Severity.UNKNOWN: 1})

    assert exceeded_limits(images, policy) == [
        ExceededLimit(level=Severity.CRITICAL, actual=1, limit=0),
        ExceededLimit(level=LOW, actual=6, limit=5),
    ]


def test_a_number_alone_does_not_exceed_a_limit_where_findings_may_be_waived() -> None:
    image = an_image(kinds=ONLY_VULNERABILITIES, severities={HIGH: 3})

    assert exceeded_limits([image], FindingPolicy(max_findings={HIGH: 0}, waivers=(a_waiver(),))) == []
    assert exceeded_limits([image], FindingPolicy(max_findings={HIGH: 0})) != []


@pytest.mark.parametrize(
    ("fields", "certain"),
    [
        ({"findings": (a_finding(),), "is_risky": True}, True),
        ({"findings": (a_finding(),), "is_risky": True, "findings_doubt": "?"}, False),
        ({"findings": (), "is_risky": True}, False),
        ({"findings": (), "is_risky": None}, False),
    ],
)
def test_a_limit_needs_all_findings_also_of_an_image_that_is_risky(
    fields: dict[str, Any],
    certain: bool,  # noqa: FBT001
) -> None:
    policy = FindingPolicy(max_findings={HIGH: 5})

    assert is_certain(after(an_image(**fields), policy), policy) is certain


def test_what_the_cloud_calls_risky_without_a_finding_is_not_certain_whatever_the_policy_has_called_it() -> None:
    image = an_image(is_risky=False, stated_risk=True, goes_by_findings=True, findings=())

    assert not is_certain(image, FindingPolicy(max_findings={HIGH: 5}))


def test_a_waiver_of_another_day_leaves_the_finding_open() -> None:
    expired = FindingPolicy(waivers=(a_waiver(until=NOW.date() - timedelta(days=1)),))

    assert statuses(an_image(findings=(a_finding(),)), expired) == [FindingStatus.OPEN]
