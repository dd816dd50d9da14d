"""Single findings on Alibaba Cloud end to end: a policy by severities and waivers, against the simulated cloud."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.alibaba.connect import connect
from gate.errors import NotAuthorised
from gate.finding import FindingPolicy, Waiver
from gate.image import Severity
from gate.images.check import check_images
from gate.images.reference import image_reference
from gate.policy import Policy
from gate.scan import RISK_SCOPES, ScanScope
from gate.simulator import BySeverity, EarlierScan, Fault, Findings, PushedImage, Simulator
from gate.simulator.fault import Forbidden
from gate.simulator.image_scenario import digest
from gate.simulator.scenario import HOUR
from tests.builders import NOW, FakeTime
from tests.clouds.alibaba.images.findings import APPLICATIONS, BASELINE, FILES, KEYS, SECRETS, SYSTEM
from tests.clouds.builders import a_connection
from tests.images.scripted import a_poller

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.image import ScannedImage
    from gate.policy import Verdict

NUMBERS = "DescribeUuidVulNumClassifyStatistic"
TO_HIGH = FindingPolicy(severity_cutoff=Severity.HIGH)
MIXED = Findings(
    vulnerabilities=BySeverity(high=1, medium=60, low=2),
    libraries=BySeverity(high=1, low=1),
    malicious_files=BySeverity(low=1),
    baseline=BySeverity(medium=3),
    sensitive_files=BySeverity(high=1),
)
HIGHEST = ("CVE-2025-10062", "imgsca:java:log4j-core:AVD-2025-10064")
"""The two of high severity in MIXED."""


@pytest.fixture
def time() -> FakeTime:
    """A clock whose sleeps take no time."""
    return FakeTime()


@pytest.fixture
def simulator(time: FakeTime) -> Iterator[Simulator]:
    """A running simulator without images."""
    with Simulator("empty", now=time.true_wall) as simulator:
        yield simulator


def an_image(findings: Findings = MIXED, **fields: Any) -> PushedImage:
    """An image that was scanned ten minutes ago."""
    earlier = EarlierScan(ago=600.0, findings=findings)
    name = {"repository": "team/shop/web", "tag": "1", "digest": digest("web"), "pushed_ago": HOUR, "listed_after": 0.0}
    return PushedImage(**{**name, "earlier": earlier, "findings": findings, **fields})


def judged(
    simulator: Simulator, time: FakeTime, findings: FindingPolicy, image: PushedImage | None = None, **policy: Any
) -> tuple[Verdict, ScannedImage]:
    """The verdict about this image, which is pushed before, and the image as it was judged."""
    image = image or an_image()
    simulator.push(image)
    known = simulator.describe()["alibaba"]
    connection = a_connection(
        time,
        environ={
            "ALIBABA_CLOUD_ACCESS_KEY_ID": known["access_key_id"],
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": known["access_key_secret"],
        },
        cloud="alibaba",
        region=known["region"],
        endpoint=known["endpoint"],
        registry_endpoint=known["registry_endpoint"],
        images=(image_reference(image.reference),),
        policy=Policy(settle=0, findings=findings, **policy),
    )
    verdict = check_images(connect(connection).image_scans(), a_poller(connection), connection)
    assert connection.event_log.task is not None
    (seen,) = connection.event_log.task.images
    return verdict, seen


def waivers(*ids: str, images: tuple[str, ...] = ("*",)) -> FindingPolicy:
    """A policy by findings of high severity, of which these are accepted."""
    until = (NOW + timedelta(days=30)).date()
    accepted = tuple(Waiver(id=id_, images=images, reason="accepted", until=until) for id_ in ids)
    return FindingPolicy(severity_cutoff=Severity.HIGH, waivers=accepted)


def codes(verdict: Verdict) -> list[str]:
    """The codes of its reasons."""
    return [reason.code for reason in verdict.reasons]


# What is listed.


def test_every_finding_of_every_kind_that_counts_is_listed(simulator: Simulator, time: FakeTime) -> None:
    """The findings of the system are on two pages, although a hundred were asked for."""
    _, image = judged(simulator, time, waivers("none"))
    listed = image.findings or ()

    assert (len(listed), image.findings_doubt) == (69, "")
    assert {kind: sum(one.kind is kind for one in listed) for kind in RISK_SCOPES} == {
        ScanScope.VULNERABILITY: 65,
        ScanScope.MALICIOUS_FILE: 1,
        ScanScope.BASELINE: 3,
    }
    assert {one.severity for one in listed} == {Severity.HIGH, Severity.MEDIUM, Severity.LOW}
    asked = [request.operation for request in simulator.requests]
    assert [asked.count(name) for name in (SYSTEM, APPLICATIONS, FILES, BASELINE, SECRETS)] == [3, 1, 1, 1, 0]


def test_sensitive_files_are_listed_where_the_scan_has_to_look_for_them(simulator: Simulator, time: FakeTime) -> None:
    scopes = RISK_SCOPES | {ScanScope.SENSITIVE_INFORMATION}
    _, image = judged(simulator, time, waivers("none"), required_scopes=scopes)

    assert [one.id for one in image.findings or () if one.kind not in RISK_SCOPES] == ["rsa_private_key"]


def test_a_limit_by_severity_of_vulnerabilities_alone_needs_no_list(simulator: Simulator, time: FakeTime) -> None:
    verdict, _ = judged(simulator, time, TO_HIGH, an_image(Findings(vulnerabilities=BySeverity(high=1))))

    assert codes(verdict) == ["too-many-risky"]
    assert not {request.operation for request in simulator.requests} & {*KEYS}


# Cut-off, limits and waivers.


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        (TO_HIGH, ["too-many-risky"]),
        (waivers(*HIGHEST), []),
        (waivers(HIGHEST[0]), ["too-many-risky"]),
        (waivers(HIGHEST[1]), ["too-many-risky"]),
        (waivers("debian:12:CVE-2025-10062", "CVE-2025-10064"), []),
        (waivers(*HIGHEST, images=()), ["too-many-risky"]),
        (waivers(*HIGHEST, images=("team/shop/web",)), []),
        (waivers(*HIGHEST, images=("team/shop/api",)), ["too-many-risky"]),
        (replace(waivers(*HIGHEST), severity_cutoff=Severity.MEDIUM), ["too-many-risky"]),
        (replace(waivers(*HIGHEST), max_findings={Severity.MEDIUM: 63}), []),
        (replace(waivers(*HIGHEST), max_findings={Severity.MEDIUM: 62}), ["too-many-findings"]),
        (replace(waivers(*HIGHEST), only_fixable=True), []),
        (replace(TO_HIGH, only_fixable=True), ["too-many-risky"]),
    ],
)
def test_a_policy_by_single_findings(
    simulator: Simulator, time: FakeTime, policy: FindingPolicy, code: list[str]
) -> None:
    """Whether there is a fix is not stated, so every finding counts under --only-fixable."""
    verdict, _ = judged(simulator, time, policy)

    assert codes(verdict) == code


# What must not pass (alibaba-images.md 7).


@pytest.mark.parametrize("lists_unasked", [True, False])
@pytest.mark.parametrize("are_counted", [True, False])
def test_what_was_handled_in_the_console_counts(
    simulator: Simulator, time: FakeTime, lists_unasked: object, are_counted: object
) -> None:
    simulator.account.unverified = replace(
        simulator.account.unverified,
        lists_handled_unasked=bool(lists_unasked),
        handled_findings_count=bool(are_counted),
    )
    findings = Findings(vulnerabilities=BySeverity(low=1), handled=BySeverity(high=1))
    verdict, image = judged(simulator, time, waivers("none"), an_image(findings))

    assert (codes(verdict), image.findings_doubt) == (["too-many-risky"], "")
    assert [one.handled for one in image.findings or () if one.severity is Severity.HIGH] == ["fixed"]


@pytest.mark.parametrize("operation", [SYSTEM, APPLICATIONS, FILES, BASELINE])
def test_a_list_that_may_not_be_read_is_no_pass(simulator: Simulator, time: FakeTime, operation: str) -> None:
    simulator.faults.append(Fault(response=Forbidden(), operation=operation))

    with pytest.raises(NotAuthorised, match=operation):
        judged(simulator, time, waivers(*HIGHEST))


def changed(operation: str, change: Any) -> Any:
    """Replaces the documents of one operation; `change` gets a document, and changes it."""

    def rewrite(asked: str, document: Any) -> Any:
        if asked == operation:
            change(document)
        return document

    return rewrite


def without_rows(operation: str) -> Any:
    """A list that is empty, and says so."""

    def empty(document: Any) -> None:
        document[KEYS[operation]] = []
        info = document.get("PageInfo", document)
        info["TotalCount"] = 0
        info["Count"] = 0

    return changed(operation, empty)


@pytest.mark.parametrize("operation", [SYSTEM, APPLICATIONS, FILES, BASELINE])
def test_a_list_that_is_empty_although_there_are_findings_is_no_pass(
    simulator: Simulator, time: FakeTime, operation: str
) -> None:
    """Such as that of applications for a user whose edition does not look for them."""
    simulator.rewrite = without_rows(operation)
    verdict, image = judged(simulator, time, waivers(*HIGHEST))

    assert codes(verdict) == ["findings-incomplete"]
    assert image.findings_doubt


@pytest.mark.parametrize("operation", [SYSTEM, APPLICATIONS, FILES, BASELINE])
def test_a_part_of_a_list_is_no_pass(simulator: Simulator, time: FakeTime, operation: str) -> None:
    def shorten(document: Any) -> None:
        document[KEYS[operation]] = document[KEYS[operation]][:-1]
        document.get("PageInfo", {}).pop("Count", None)

    simulator.rewrite = changed(operation, shorten)
    verdict, image = judged(simulator, time, waivers(*HIGHEST))

    assert codes(verdict) == ["findings-incomplete"]
    assert "does not end where its total says" in image.findings_doubt


@pytest.mark.parametrize("name", ["VulAsapSum", "VulLaterSum", "VulNntfSum", "CveNum", "ScaNum"])
def test_a_number_that_is_missing_is_not_0(simulator: Simulator, time: FakeTime, name: str) -> None:
    simulator.rewrite = changed(NUMBERS, lambda document: [one.pop(name) for one in document["Data"].values()])
    verdict, _ = judged(simulator, time, waivers(*HIGHEST))

    assert codes(verdict) == ["findings-incomplete"]


def test_numbers_of_images_without_a_severity_are_of_unknown_severity(simulator: Simulator, time: FakeTime) -> None:
    def drop(document: Any) -> None:
        for item in document["GroupedVulItems"]:
            del item["AsapCount"]

    simulator.rewrite = changed(APPLICATIONS, drop)
    verdict, _ = judged(simulator, time, waivers(*HIGHEST))

    assert codes(verdict) == ["too-many-risky"]


def test_swapped_words_are_no_pass(simulator: Simulator, time: FakeTime) -> None:
    swapped = {"later": "nntf", "nntf": "later", "asap": "asap"}

    def swap(document: Any) -> None:
        for record in document["VulRecords"]:
            record["Necessity"] = swapped[record["Necessity"]]

    simulator.rewrite = changed(SYSTEM, swap)
    verdict, _ = judged(simulator, time, waivers(*HIGHEST))

    assert codes(verdict) == ["findings-incomplete"]


@pytest.mark.parametrize(
    ("operation", "field"),
    [
        (SYSTEM, "LastTs"),
        (APPLICATIONS, "LastScanTime"),
        (FILES, "LatestScanTimestamp"),
        (BASELINE, "LastScanTime"),
    ],
)
def test_findings_of_an_earlier_scan_are_no_pass(
    simulator: Simulator, time: FakeTime, operation: str, field: str
) -> None:
    def age(document: Any) -> None:
        for row in document[KEYS[operation]]:
            row[field] -= 86_400_000

    simulator.rewrite = changed(operation, age)
    verdict, image = judged(simulator, time, waivers(*HIGHEST))

    assert codes(verdict) == ["findings-incomplete"]
    assert "is older than its last scan" in image.findings_doubt


def test_findings_of_another_image_are_no_pass(simulator: Simulator, time: FakeTime) -> None:
    def take_over(document: Any) -> None:
        for record in document["VulRecords"]:
            record["ImageDigest"] = "0" * 64

    simulator.rewrite = changed(SYSTEM, take_over)
    verdict, image = judged(simulator, time, waivers(*HIGHEST))

    assert codes(verdict) == ["findings-incomplete"]
    assert not [one for one in image.findings or () if one.id.startswith("debian:")]


def test_a_scan_of_this_run_is_judged_by_its_own_findings(simulator: Simulator, time: FakeTime) -> None:
    """They are late, as those of the scan before are shown for a while: then the image is undecided."""
    old = EarlierScan(ago=5 * 86_400.0, findings=Findings(vulnerabilities=BySeverity(low=1)))
    verdict, image = judged(simulator, time, waivers(*HIGHEST), an_image(earlier=old))

    assert (codes(verdict), image.findings_doubt) == ([], "")
    assert len(image.findings or ()) == 69


def test_findings_that_are_still_those_of_the_scan_before_are_no_pass(simulator: Simulator, time: FakeTime) -> None:
    old = EarlierScan(ago=5 * 86_400.0, findings=Findings(vulnerabilities=BySeverity(low=1)))
    verdict, image = judged(simulator, time, waivers(*HIGHEST), an_image(earlier=old, results_lag=3600.0))

    assert codes(verdict) == ["findings-incomplete"]
    assert image.findings_doubt == "a row of vulnerabilities of the system is older than its last scan"
