"""Runs of image mode against the simulated HSS by severities, limits and waivers, and what must not pass them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import ExitCode, NotAuthorised
from gate.finding import FindingPolicy, FindingStatus, KnownFinding
from gate.image import Severity
from gate.images.check import check_images
from gate.policy import Policy
from gate.scan import RISK_SCOPES, ScanScope
from gate.simulator import BySeverity, EarlierScan, Findings, Quota, Simulator, Unverified, error_response
from gate.simulator.huawei.findings import SECRET
from tests.builders import NOW, a_waiver
from tests.clouds.huawei.images.builders import a_ref, connected, in_ms, listed, operations
from tests.images.scripted import a_poller

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.policy import Verdict
    from gate.scan import ScanTask
    from tests.builders import FakeTime

IMAGE = a_ref()
HIGH, MEDIUM = FindingPolicy(severity_cutoff=Severity.HIGH), FindingPolicy(severity_cutoff=Severity.MEDIUM)
NO_HIGH = Findings(vulnerabilities=BySeverity(medium=1, low=2))
ONE_HIGH = Findings(vulnerabilities=BySeverity(high=1))
ONE_HANDLED = Findings(vulnerabilities=BySeverity(low=1), handled=BySeverity(high=1))
ROWS, VULNERABILITIES, MALWARE = "ListRegistryImages", "ListImageVulnerabilities", "ListImageMalware"
CVES = "ListVulnerabilityCve"
PASSED, BLOCKED, UNDECIDED = ExitCode.PASSED, ExitCode.BLOCKED, ExitCode.NOTHING_TO_JUDGE
Document = dict[str, Any]


@pytest.fixture
def simulator(fake_time: FakeTime) -> Iterator[Simulator]:
    """A project in which each vulnerability has one row."""
    with Simulator("empty", now=fake_time.wall) as simulator:
        simulator.account.unverified = Unverified(repeats_vulnerabilities=False)
        yield simulator


def run(
    simulator: Simulator,
    time: FakeTime,
    findings: Findings,
    policy: FindingPolicy,
    *,
    required: frozenset[ScanScope] = frozenset(),
    timeout: float = 1800.0,
) -> tuple[Verdict, ScanTask]:
    """A run for one image that was scanned half a minute ago, with what it saw at the end."""
    simulator.push(listed(earlier=EarlierScan(ago=30, findings=findings)))
    whole = Policy(settle=0, findings=policy, required_scopes=required or Policy().required_scopes)
    scans, connection = connected(simulator, time, images=(IMAGE,), scan="never", policy=whole, timeout=timeout)
    verdict = check_images(scans, a_poller(connection), connection)
    task = connection.event_log.task
    assert task is not None
    return verdict, task


def ending(*args: Any, **kwargs: Any) -> tuple[int, list[str]]:
    """The exit code of such a run, and the codes of its reasons."""
    verdict, _ = run(*args, **kwargs)
    return verdict.exit_code, [reason.code for reason in verdict.reasons]


def the_id(simulator: Simulator, time: FakeTime, findings: Findings, severity: Severity) -> str:
    """The id of a finding of this severity, as a user reads it in the report of a run that blocked."""
    _, task = run(simulator, time, findings, MEDIUM)
    return next(one.id for one in task.images[0].findings or () if one.severity is severity)


@pytest.mark.parametrize(
    ("findings", "policy", "code"),
    [
        (NO_HIGH, HIGH, PASSED),
        (NO_HIGH, MEDIUM, BLOCKED),
        (ONE_HIGH, HIGH, BLOCKED),
        (Findings(malicious_files=BySeverity(low=1)), HIGH, BLOCKED),
        (Findings(baseline=BySeverity(high=1)), HIGH, BLOCKED),
        (Findings(baseline=BySeverity(low=3)), HIGH, PASSED),
        (Findings(), HIGH, PASSED),
    ],
    ids=["medium", "medium is not allowed", "high", "malware", "baseline", "low baseline", "clean"],
)
def test_an_image_is_judged_by_its_most_severe_finding(
    findings: Findings, policy: FindingPolicy, code: ExitCode, simulator: Simulator, fake_time: FakeTime
) -> None:
    """Malware counts as the highest, since HSS states no severity of it."""
    assert ending(simulator, fake_time, findings, policy)[0] == code


@pytest.mark.parametrize("is_listed_unasked", [True, False])
def test_a_finding_that_was_handled_in_the_console_counts(
    is_listed_unasked: bool,  # noqa: FBT001 - a parameter of the test
    simulator: Simulator,
    fake_time: FakeTime,
) -> None:
    simulator.account.unverified = Unverified(lists_handled_vulnerabilities=is_listed_unasked)

    assert ending(simulator, fake_time, ONE_HANDLED, HIGH)[0] == BLOCKED


@pytest.mark.parametrize(("limit", "code"), [(3, PASSED), (2, BLOCKED)])
def test_findings_count_against_a_limit(limit: int, code: ExitCode, simulator: Simulator, fake_time: FakeTime) -> None:
    policy = FindingPolicy(severity_cutoff=Severity.NONE, max_findings={Severity.LOW: limit})

    assert ending(simulator, fake_time, NO_HIGH, policy)[0] == code


@pytest.mark.parametrize(("limit", "code"), [(4, PASSED), (3, BLOCKED)])
def test_each_failed_item_of_a_baseline_counts_against_a_limit(
    limit: int, code: ExitCode, simulator: Simulator, fake_time: FakeTime
) -> None:
    policy = FindingPolicy(severity_cutoff=Severity.NONE, max_findings={Severity.LOW: limit})

    assert ending(simulator, fake_time, Findings(baseline=BySeverity(medium=3, low=1)), policy)[0] == code


def test_a_finding_is_waived_by_the_id_of_its_advisory(simulator: Simulator, fake_time: FakeTime) -> None:
    waiver = a_waiver(the_id(simulator, fake_time, ONE_HIGH, Severity.HIGH))
    verdict, task = run(simulator, fake_time, ONE_HIGH, FindingPolicy(severity_cutoff=Severity.HIGH, waivers=(waiver,)))

    assert verdict.exit_code == PASSED
    assert [one.status for one in task.images[0].findings or ()] == [FindingStatus.WAIVED]


def test_a_finding_of_a_waived_advisory_in_another_package_counts(simulator: Simulator, fake_time: FakeTime) -> None:
    waiver = a_waiver(the_id(simulator, fake_time, ONE_HIGH, Severity.HIGH), package="openssl")
    simulator.account.unverified = Unverified(repeats_vulnerabilities=True)
    policy = FindingPolicy(severity_cutoff=Severity.HIGH, waivers=(waiver,))

    assert ending(simulator, fake_time, ONE_HIGH, policy)[0] == BLOCKED


def test_a_waiver_of_a_cve_covers_the_advisories_of_this_cve_alone(simulator: Simulator, fake_time: FakeTime) -> None:
    policy = FindingPolicy(severity_cutoff=Severity.HIGH, waivers=(a_waiver("CVE-2025-10000"),))
    verdict, task = run(simulator, fake_time, ONE_HIGH, policy)

    assert verdict.exit_code == PASSED
    assert [(one.status, one.cves) for one in task.images[0].findings or ()] == [
        (FindingStatus.WAIVED, ("CVE-2025-10000",))
    ]
    assert operations(simulator).count(CVES) == 1


@pytest.mark.parametrize(
    ("waived", "code"),
    [
        (["CVE-2025-10003", "CVE-2024-10003"], PASSED),
        (["CVE-2025-10003"], BLOCKED),
        (["CVE-2024-10003"], BLOCKED),
        (["CVE-2025-10002", "CVE-2025-10004"], BLOCKED),
    ],
)
def test_an_advisory_of_two_cves_needs_waivers_of_both(
    waived: list[str], code: ExitCode, simulator: Simulator, fake_time: FakeTime
) -> None:
    """It is the fourth of this image; the others are less severe."""
    findings = Findings(vulnerabilities=BySeverity(low=3, high=1))
    policy = FindingPolicy(severity_cutoff=Severity.HIGH, waivers=tuple(map(a_waiver, waived)))

    assert ending(simulator, fake_time, findings, policy)[0] == code
    assert operations(simulator).count(CVES) == 1


def test_an_advisory_without_cves_is_covered_by_none(simulator: Simulator, fake_time: FakeTime) -> None:
    findings = Findings(vulnerabilities=BySeverity(low=5, high=1))
    policy = FindingPolicy(severity_cutoff=Severity.HIGH, waivers=(a_waiver("CVE-2025-10005"),))

    assert ending(simulator, fake_time, findings, policy)[0] == BLOCKED


def test_cves_that_take_longer_than_the_run_may_take_leave_findings_open(
    simulator: Simulator, fake_time: FakeTime
) -> None:
    """Of 40 advisories, 5 can be asked about at once, and 5 more in each minute after that."""
    simulator.quota = Quota(calls=5, seconds=60)
    one_cve = {"data_list": [{"cve_id": "CVE-2025-1000"}], "total_num": 1}
    simulator.rewrite = lambda name, true: one_cve if name == CVES else true
    policy = FindingPolicy(severity_cutoff=Severity.HIGH, waivers=(a_waiver("CVE-2025-1000"),))
    verdict, task = run(simulator, fake_time, Findings(vulnerabilities=BySeverity(high=40)), policy, timeout=180.0)
    waived = [one.status for one in task.images[0].findings or ()].count(FindingStatus.WAIVED)

    assert verdict.exit_code == BLOCKED
    assert 10 <= waived <= 20
    assert fake_time.elapsed <= 185


def test_a_finding_that_stood_in_the_baseline_does_not_block(simulator: Simulator, fake_time: FakeTime) -> None:
    known = KnownFinding(
        id=the_id(simulator, fake_time, ONE_HIGH, Severity.HIGH),
        package="openssl",
        kind=ScanScope.VULNERABILITY,
        repository=IMAGE.repository,
    )
    policy = FindingPolicy(severity_cutoff=Severity.HIGH, baseline={known: Severity.HIGH})

    assert ending(simulator, fake_time, ONE_HIGH, policy)[0] == PASSED


def test_only_fixable_lets_no_finding_pass_since_hss_does_not_say_which_can_be_fixed(
    simulator: Simulator, fake_time: FakeTime
) -> None:
    policy = FindingPolicy(severity_cutoff=Severity.HIGH, only_fixable=True)

    assert ending(simulator, fake_time, ONE_HIGH, policy)[0] == BLOCKED


def test_sensitive_information_counts_where_its_scan_is_required_and_is_shown_nowhere(
    simulator: Simulator, fake_time: FakeTime
) -> None:
    findings = Findings(vulnerabilities=BySeverity(low=1), sensitive_files=BySeverity(critical=1))
    verdict, task = run(simulator, fake_time, findings, HIGH, required=RISK_SCOPES | {ScanScope.SENSITIVE_INFORMATION})

    assert verdict.exit_code == BLOCKED
    assert SECRET not in repr((verdict, task))


# What must not pass. Nothing of these images is high, or it is waived; without the lists, they would.


def test_an_empty_list_of_an_image_with_findings_does_not_pass(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.rewrite = lambda name, true: {"data_list": [], "total_num": 0} if name == VULNERABILITIES else true

    assert ending(simulator, fake_time, NO_HIGH, HIGH) == (UNDECIDED, ["findings-incomplete"])


def test_a_list_that_lacks_a_page_does_not_pass(simulator: Simulator, fake_time: FakeTime) -> None:
    """The high ones are on the second page, which is empty."""

    def rewrite(name: str, true: Document) -> Document:
        is_second = name == VULNERABILITIES and 0 < len(true["data_list"]) < 200
        return {**true, "data_list": []} if is_second else true

    simulator.rewrite = rewrite
    findings = Findings(vulnerabilities=BySeverity(low=220, high=1))

    assert ending(simulator, fake_time, findings, HIGH) == (UNDECIDED, ["findings-incomplete"])


@pytest.mark.parametrize("word", ["critical_repair", "", None, 1])
def test_a_word_that_is_not_documented_does_not_pass(word: object, simulator: Simulator, fake_time: FakeTime) -> None:
    def rewrite(name: str, true: Document) -> Document:
        rows = [{**row, "repair_necessity": word} for row in true.get("data_list", ())]
        return {**true, "data_list": rows} if name == VULNERABILITIES else true

    simulator.rewrite = rewrite

    assert ending(simulator, fake_time, NO_HIGH, HIGH)[0] == BLOCKED


@pytest.mark.parametrize("operation", [VULNERABILITIES, MALWARE])
def test_a_list_that_may_not_be_read_does_not_pass(operation: str, simulator: Simulator, fake_time: FakeTime) -> None:
    """Only one of them is forbidden."""
    simulator.rewrite = lambda name, true: error_response("APIGW.0302") if name == operation else true
    findings = Findings(vulnerabilities=BySeverity(low=1), malicious_files=BySeverity(low=1))

    with pytest.raises(NotAuthorised):
        run(simulator, fake_time, findings, FindingPolicy(severity_cutoff=Severity.HIGH, waivers=(a_waiver("/x"),)))


def test_findings_that_are_replaced_while_they_are_listed_do_not_pass(
    simulator: Simulator, fake_time: FakeTime
) -> None:
    """The image was scanned again meanwhile."""

    def rewrite(name: str, true: Document) -> Document:
        is_later = name == ROWS and any(one.operation == VULNERABILITIES for one in simulator.requests)
        rows = true["data_list"] if is_later else ()
        return {**true, "data_list": [{**row, "latest_scan_time": in_ms(NOW)} for row in rows]} if is_later else true

    simulator.rewrite = rewrite

    assert ending(simulator, fake_time, NO_HIGH, HIGH) == (UNDECIDED, ["findings-incomplete"])


def test_a_high_finding_blocks_also_where_a_list_is_in_doubt(simulator: Simulator, fake_time: FakeTime) -> None:
    def rewrite(name: str, true: Document) -> Document:
        return {**true, "total_num": 300} if name == VULNERABILITIES else true

    simulator.rewrite = rewrite

    assert ending(simulator, fake_time, ONE_HIGH, HIGH)[0] == BLOCKED


def test_findings_under_another_tag_of_the_digest_do_not_pass(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.push(
        listed(tag="latest", earlier=EarlierScan(ago=60, findings=Findings(vulnerabilities=BySeverity(low=9))))
    )

    assert ending(simulator, fake_time, NO_HIGH, HIGH) == (UNDECIDED, ["findings-incomplete"])
