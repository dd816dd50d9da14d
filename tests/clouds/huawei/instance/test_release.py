"""Images in SWR Enterprise that are scanned by their instance, end to end: the real command line and a simulated cloud.

What is expected is in huawei-images.md 5 and docs/images.md.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from gate import cli
from gate.simulator import BySeverity, Fault, Findings, Platform, Unverified
from gate.simulator.fault import HttpResponse, connection_reset
from gate.simulator.image import EarlierScan
from tests.builders import NOW
from tests.clouds.huawei.images.builders import a_digest
from tests.clouds.huawei.instance.builders import (
    BY_INSTANCE,
    CLEAN,
    DAY,
    HOUR,
    LIST,
    ORGANISATION,
    RISKY,
    ROWS,
    SHOW,
    START,
    START_BY_HSS,
    a_push,
    a_release,
    by_hss,
    codes,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.clouds.huawei.instance.builders import Document
    from tests.harness import Gate

STALE = EarlierScan(ago=3 * DAY)


def waivers_of_one_cve(folder: Path) -> Path:
    """A file of waivers for the first vulnerability of the simulated clouds."""
    path = folder / "waivers.toml"
    path.write_text(
        '[[waiver]]\nid = "CVE-2025-10000"\nimages = ["team/shop/web"]\nreason = "r"\nowner = "o"\nuntil = 2026-03-31\n'
    )
    return path


# Which results are taken, and which scans are started.


def test_a_fresh_result_of_the_instance_passes_with_two_calls_and_no_scan(gate_in: Callable[..., Gate]) -> None:
    release = a_release(gate_in, a_push(earlier=CLEAN))

    assert release.check().code == 0
    assert release.gate.operations == [ROWS, SHOW]


def test_a_stale_result_is_scanned_again_by_the_instance_and_not_by_hss(gate_in: Callable[..., Gate]) -> None:
    release = a_release(gate_in, a_push(earlier=STALE))

    assert release.check().code == 0
    assert (release.gate.operations.count(START), START_BY_HSS in release.gate.operations) == (1, False)


def test_an_image_that_was_never_scanned_is_scanned(gate_in: Callable[..., Gate]) -> None:
    release = a_release(gate_in, a_push())

    assert release.check().code == 0
    assert release.gate.operations.count(START) == 1


def test_always_scans_what_has_a_fresh_result_too(gate_in: Callable[..., Gate]) -> None:
    release = a_release(gate_in, a_push(earlier=CLEAN, findings=RISKY))

    assert (release.check("--scan", "always").code, release.gate.operations.count(START)) == (1, 1)


def test_never_starts_a_scan_of_the_instance(gate_in: Callable[..., Gate]) -> None:
    release = a_release(gate_in, a_push(earlier=STALE))
    ending = release.check("--scan", "never", "--timeout", "2m")

    assert (ending.code, codes(ending), START in release.gate.operations) == (7, ["image-outdated"], False)


def test_a_scan_that_others_have_started_is_waited_for(gate_in: Callable[..., Gate]) -> None:
    release = a_release(gate_in, a_push(earlier=STALE))
    account = release.gate.simulator.account
    account.start_scan([release.images[0]], release.gate.time.true_wall(), all_images=False)

    assert (release.check().code, START in release.gate.operations) == (0, False)


def test_a_failed_scan_blocks(gate_in: Callable[..., Gate]) -> None:
    ending = a_release(gate_in, a_push(failure="broken", earlier=STALE)).check()

    assert (ending.code, codes(ending)) == (1, ["too-many-failed"])


def test_a_scan_that_never_ends_is_no_pass_and_the_log_says_that_nothing_stops_it(gate_in: Callable[..., Gate]) -> None:
    ending = a_release(gate_in, a_push(scan_seconds=float("inf"))).check("--timeout", "2m")

    assert (ending.code, codes(ending)) == (5, ["not-final"])
    assert "1 scan may go on, and be charged for" in ending.err


def test_an_image_under_two_tags_is_scanned_once(gate_in: Callable[..., Gate]) -> None:
    release = a_release(gate_in, a_push(), replace(a_push(), tag="alias"))

    assert (release.check().code, release.gate.operations.count(START)) == (0, 1)


# What was found.


def test_the_log_warns_that_nothing_found_may_say_nothing_of_a_distribution_that_is_not_known(
    gate_in: Callable[..., Gate],
) -> None:
    clean = a_release(gate_in, a_push(earlier=CLEAN)).check()
    risky = a_release(gate_in, a_push(earlier=EarlierScan(ago=HOUR, findings=RISKY))).check()

    assert "1 image without vulnerabilities: an instance of SWR Enterprise does not state" in clean.err
    assert "without vulnerabilities" not in risky.err


def test_a_risky_image_blocks_with_its_vulnerabilities_by_severity(gate_in: Callable[..., Gate]) -> None:
    ending = a_release(gate_in, a_push(earlier=EarlierScan(ago=HOUR, findings=RISKY))).check()

    assert (ending.code, codes(ending)) == (1, ["too-many-risky"])
    assert "7 vulnerabilities (1 critical, 2 high, 4 low)" in ending.out


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--severity-cutoff", "critical"), 1),
        (("--max-findings", "critical=1", "--severity-cutoff", "none"), 0),
        (("--max-findings", "high=2", "--severity-cutoff", "none"), 1),
        (("--max-findings", "high=3", "--severity-cutoff", "none"), 0),
    ],
)
def test_limits_by_severity_go_by_the_overview_with_critical_as_a_word_of_its_own_and_no_list(
    options: tuple[str, ...], code: int, gate_in: Callable[..., Gate]
) -> None:
    release = a_release(gate_in, a_push(earlier=EarlierScan(ago=HOUR, findings=RISKY)))

    assert release.check(*options).code == code
    assert release.gate.operations == [ROWS, SHOW, ORGANISATION]


@pytest.mark.parametrize(
    ("findings", "options", "code"),
    [
        (Findings(vulnerabilities=BySeverity(high=3)), ("--severity-cutoff", "critical"), 0),
        (RISKY, ("--severity-cutoff", "critical"), 1),
        (RISKY, ("--severity-cutoff", "none", "--max-findings", "critical=1,low=7"), 0),
        (Findings(), ("--severity-cutoff", "low"), 0),
        (Findings(), ("--only-fixable",), 0),
    ],
)
def test_judging_its_report_again_by_the_same_policy_has_the_same_verdict(
    findings: Findings, options: tuple[str, ...], code: int, gate_in: Callable[..., Gate], tmp_path: Path
) -> None:
    ending = a_release(gate_in, a_push(earlier=EarlierScan(ago=HOUR, findings=findings))).check(*options)
    path = tmp_path / "report.json"
    path.write_text(json.dumps(ending.report))

    assert (ending.code, cli.main(["judge", *options, str(path)])) == (code, code)


def test_a_cutoff_of_critical_lets_high_vulnerabilities_pass(gate_in: Callable[..., Gate]) -> None:
    high = Findings(vulnerabilities=BySeverity(high=3))
    release = a_release(gate_in, a_push(earlier=EarlierScan(ago=HOUR, findings=high)))

    assert release.check("--severity-cutoff", "critical").code == 0


def test_critical_means_high_where_hss_scans_an_image_of_the_release_too(gate_in: Callable[..., Gate]) -> None:
    """HSS has no word for critical, so that its highest word may be either."""
    high = EarlierScan(ago=HOUR, findings=Findings(vulnerabilities=BySeverity(high=3)))
    release = a_release(gate_in, a_push(earlier=CLEAN), by_hss(a_push(2, earlier=high)))
    ending = release.check("--severity-cutoff", "critical")

    assert ending.code == 1
    assert "critical means high here" in ending.err


def test_a_waiver_of_a_cve_matches_a_finding_of_the_instance(gate_in: Callable[..., Gate], tmp_path: Path) -> None:
    """Its ids are those of CVEs, unlike those of HSS."""
    findings = Findings(vulnerabilities=BySeverity(high=1))
    release = a_release(gate_in, a_push(earlier=EarlierScan(ago=HOUR, findings=findings)))
    waivers = waivers_of_one_cve(tmp_path)

    assert release.check("--waivers", str(waivers)).code == 0
    assert release.gate.operations == [ROWS, SHOW, LIST, SHOW, ORGANISATION]


def test_hss_is_asked_for_the_cves_of_its_own_images_beside_those_of_an_instance(
    gate_in: Callable[..., Gate], tmp_path: Path
) -> None:
    high = EarlierScan(ago=HOUR, findings=Findings(vulnerabilities=BySeverity(high=1)))
    release = a_release(gate_in, a_push(earlier=high), by_hss(a_push(2, earlier=high)))
    waivers = waivers_of_one_cve(tmp_path)

    assert release.check("--waivers", str(waivers)).code == 0
    assert release.gate.operations.count("ListVulnerabilityCve") == 1


# Tags, indexes, and images that are not there.


def test_a_tag_is_looked_up_in_the_instance_and_its_digest_is_scanned(gate_in: Callable[..., Gate]) -> None:
    release = a_release(gate_in, a_push(earlier=CLEAN))

    assert release.check(by_tag=True).code == 0
    # The instance is looked for once.
    assert release.gate.operations == [ROWS, "ListInstanceArtifacts", SHOW, "ListInstanceArtifacts"]


def test_the_old_digest_of_a_tag_that_has_moved_is_judged_and_the_move_is_told(gate_in: Callable[..., Gate]) -> None:
    old = a_push(earlier=CLEAN)
    moved = replace(old, digest=a_digest(9), pushed_ago=60.0, earlier=EarlierScan(ago=30.0, findings=RISKY))
    release = a_release(gate_in, old, others=(moved,))

    assert release.check().code == 0
    assert release.check(by_tag=True).code == 1


def test_an_index_is_no_single_image(gate_in: Callable[..., Gate]) -> None:
    index = a_push(children=(Platform(digest=a_digest(2)),), earlier=CLEAN)
    by_digest, by_tag = a_release(gate_in, index).check(), a_release(gate_in, index).check(by_tag=True)

    assert (by_digest.code, codes(by_digest)) == (7, ["image-not-scannable"])
    assert (by_tag.code, codes(by_tag)) == (7, ["image-index"])


def test_a_digest_that_the_instance_does_not_have_is_missing(gate_in: Callable[..., Gate]) -> None:
    known, unknown = a_push(earlier=CLEAN), a_push(2)
    release = replace(a_release(gate_in, known), images=(unknown,))
    ending = release.check("--appear-timeout", "1m")

    assert (ending.code, codes(ending), START in release.gate.operations) == (7, ["image-missing"], False)


def test_an_instance_of_which_hss_lists_nothing_is_found_once_hss_has_read_its_registry(
    gate_in: Callable[..., Gate],
) -> None:
    release = a_release(gate_in, a_push(listed_after=None, pushed_ago=60.0))
    ending = release.check()

    assert ending.code == 0
    assert release.gate.operations.count("CreateImageSynchronizeTask") == 1


def test_hss_is_asked_once_in_a_look_for_an_instance_that_it_does_not_know(gate_in: Callable[..., Gate]) -> None:
    release = a_release(gate_in, *(a_push(number, listed_after=None, pushed_ago=60.0) for number in range(1, 4)))

    assert release.check().code == 0
    assert release.gate.operations[:3] == [ROWS, "ListRegistry", "CreateImageSynchronizeTask"]


def test_the_log_says_that_a_registry_is_read_again_only_where_it_is(gate_in: Callable[..., Gate]) -> None:
    unknown_to_hss = a_release(gate_in, a_push(listed_after=None, pushed_ago=60.0)).check()
    missing = replace(a_release(gate_in, a_push(earlier=CLEAN)), images=(a_push(2),)).check("--appear-timeout", "1m")

    assert "asking HSS to read the registry again: it does not list 1 image" in unknown_to_hss.err
    assert "read the registry again" not in missing.err


# The places of an instance.


def test_of_twelve_images_ten_are_scanned_at_a_time(gate_in: Callable[..., Gate]) -> None:
    release = a_release(gate_in, *(a_push(number) for number in range(1, 13)))
    most: list[int] = []

    def rewrite(operation: str, document: Document) -> Document:
        if operation == START:
            snapshots = release.gate.simulator.account.snapshots(release.gate.time.true_wall())
            most.append(sum(one.is_running for one in snapshots))
        return document

    release.gate.simulator.rewrite = rewrite
    ending = release.check()

    assert (ending.code, ending.report["counts"]["succeeded"]) == (0, 12)
    assert release.gate.operations.count(START) == 12
    assert max(most) == 10


def test_a_scan_that_is_refused_while_others_run_waits_for_a_place(gate_in: Callable[..., Gate]) -> None:
    """Scans of others take places too."""
    others = tuple(a_push(number, scan_seconds=60.0) for number in range(20, 29))
    release = a_release(gate_in, *(a_push(number) for number in range(1, 4)), others=others)
    for image in others:
        release.gate.simulator.account.start_scan([image], release.gate.time.true_wall(), all_images=False)

    assert release.check().code == 0
    assert release.gate.operations.count(START) > 3


def test_a_scan_that_is_refused_for_a_reason_of_its_own_keeps_no_other_one_from_its_place(
    gate_in: Callable[..., Gate],
) -> None:
    release = a_release(gate_in, *(a_push(number) for number in range(1, 4)))

    def rewrite(operation: str, document: Document) -> object:
        started = release.gate.simulator.account.tasks
        is_refused = operation == START and started[-1].images[0].digest == a_digest(2)
        body = b'{"errors": [{"errorCode": "SVCSTG.SWR.4000014"}]}'
        return HttpResponse(status=400, body=body) if is_refused else document

    release.gate.simulator.rewrite = rewrite
    release.check("--timeout", "2m")

    paths = [request.path for request in release.gate.simulator.requests if request.operation == START]
    assert [path.split("/")[-2][-1] for path in paths[:3]] == ["1", "2", "3"]


def test_an_instance_without_a_scan_of_its_own_is_an_error_that_says_what_to_do(gate_in: Callable[..., Gate]) -> None:
    release = a_release(gate_in, a_push())
    release.gate.simulator.account.unverified = Unverified(instances_scan=False)
    ending = release.check()

    assert (ending.code, codes(ending)) == (4, ["scan-not-started"])
    assert "before v25.7.20" in ending.out
    assert "--swr-enterprise-scanner hss" in ending.out


def test_a_scan_that_is_refused_after_others_leaves_its_image_without_a_verdict_and_a_risky_one_blocks(
    gate_in: Callable[..., Gate],
) -> None:
    release = a_release(gate_in, a_push(1), a_push(2))
    release.gate.simulator.account.scans_left = 1
    undecided = release.check()
    risky = a_release(gate_in, a_push(1, findings=RISKY), a_push(2))
    risky.gate.simulator.account.scans_left = 1
    blocked = risky.check()

    assert (undecided.code, codes(undecided)) == (7, ["image-not-scannable"])
    assert "its instance of SWR Enterprise refuses it" in undecided.out
    assert (blocked.code, codes(blocked)) == (1, ["too-many-risky"])


@pytest.mark.parametrize("is_started", [True, False])
def test_a_scan_whose_response_was_lost_is_started_once_more_only_if_nothing_shows_it(
    gate_in: Callable[..., Gate], *, is_started: bool
) -> None:
    release = a_release(gate_in, a_push(earlier=STALE, scan_seconds=30.0))
    lost: list[str] = []

    def rewrite(operation: str, document: Document) -> object:
        if operation == START and not lost:
            lost.append(operation)
            return connection_reset()
        return document

    if is_started:
        release.gate.simulator.rewrite = rewrite
    else:
        fault = Fault(response=connection_reset(), operation=START, requests=frozenset({1}))
        release.gate.simulator.faults.append(fault)

    assert (release.check().code, release.gate.operations.count(START)) == (0, 1 if is_started else 2)


def test_a_quota_that_does_not_suffice_for_a_scan_is_no_lost_response(gate_in: Callable[..., Gate]) -> None:
    release = a_release(gate_in, a_push())
    release.gate.simulator.faults.append(Fault(response=HttpResponse(status=429, body=b"{}"), operation=START))
    ending = release.check("--timeout", "2m", "--verbose")

    assert (ending.code, codes(ending)) == (4, ["throttled"])
    assert "is not known" not in ending.err


def test_a_scan_that_is_refused_after_a_lost_response_may_be_running_and_is_waited_for(
    gate_in: Callable[..., Gate],
) -> None:
    release = a_release(gate_in, a_push())
    lost = Fault(response=connection_reset(), operation=START, requests=frozenset({1}))
    refused = HttpResponse(status=400, body=b'{"errors": [{"errorCode": "SVCSTG.SWR.4000014"}]}')
    release.gate.simulator.faults += [lost, Fault(response=refused, operation=START)]
    ending = release.check("--timeout", "3m", "--verbose")

    assert (ending.code, codes(ending), release.gate.operations.count(START)) == (5, ["not-final"], 2)
    assert "as one may be that is running" in ending.err


def test_no_further_scan_is_started_after_one_whose_response_was_lost(gate_in: Callable[..., Gate]) -> None:
    """Until the next look: the network may be down."""
    release = a_release(gate_in, *(a_push(number) for number in range(1, 4)))
    release.gate.simulator.faults.append(Fault(response=connection_reset(), operation=START))

    assert release.check().code == 4
    assert release.gate.operations.count(START) == 2


def test_a_scan_is_started_once_more_and_not_twice_after_a_response_was_lost(gate_in: Callable[..., Gate]) -> None:
    """It is accepted then, and never runs."""
    release = a_release(gate_in, a_push())
    lost = Fault(response=connection_reset(), operation=START, requests=frozenset({1}))
    accepted = Fault(response=HttpResponse(status=202, body=b""), operation=START)
    release.gate.simulator.faults += [lost, accepted]
    ending = release.check("--timeout", "3m")

    assert (ending.code, codes(ending), release.gate.operations.count(START)) == (5, ["not-final"], 2)


# Freshness.


def test_the_end_of_a_scan_before_its_numbers_is_no_result_until_two_looks_are_equal(
    gate_in: Callable[..., Gate],
) -> None:
    """The summary has zeros until its findings are there."""
    release = a_release(gate_in, a_push(findings=RISKY, results_lag=8.0))

    assert release.check().code == 1
    assert release.check("--scan", "always", "--settle", "0").code == 0, "the trap is none"


def test_a_result_is_read_again_once_the_scans_of_all_images_have_ended(gate_in: Callable[..., Gate]) -> None:
    """It was read right after its end, and while others ran on, only these were read."""
    first = a_push(1, findings=RISKY, results_lag=15.0, scan_seconds=20.0)
    release = a_release(gate_in, first, a_push(2, scan_seconds=60.0))

    assert release.check("--settle", "1s").code == 1


@pytest.mark.parametrize("seconds", [-1.0, 60.0])
def test_an_end_that_has_not_grown_is_not_that_of_the_scan_that_was_started(
    seconds: float, gate_in: Callable[..., Gate]
) -> None:
    release = a_release(gate_in, a_push(earlier=STALE))
    old = NOW.timestamp() - 3 * DAY

    def as_before(report: Document) -> Document:
        if START not in release.gate.operations:
            return report
        end = old if seconds > 0 else old + seconds
        return {**report, "scan_status": "Success", "start_time": _at(end - 1), "end_time": _at(end)}

    release.shows(as_before)
    ending = release.check("--timeout", "3m")

    assert (ending.code, codes(ending)) == (5, ["not-final"])


def test_an_image_that_was_read_first_in_a_slow_look_is_read_once_more(gate_in: Callable[..., Gate]) -> None:
    """By the end of the look its scan was over for longer than --settle, and when it was read, it was not."""
    images = tuple(a_push(number, earlier=EarlierScan(ago=5.0)) for number in range(1, 4))
    release = a_release(gate_in, *images)
    shown: list[str] = []

    def slow(report: Document) -> Document:
        shown.append(SHOW)
        release.gate.time.elapsed += 90.0
        is_early = len(shown) <= 3
        return {**report, **({} if is_early else _FOUND)}

    release.shows(slow)

    assert release.check("--scan", "never").code == 1


_FOUND = {"severity": "High", "summary": {"total": 1, "fixable": 0, "summary": {"High": 1}}}


def _at(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# Releases in both editions.


def test_each_image_of_a_mixed_release_is_scanned_where_it_is(gate_in: Callable[..., Gate]) -> None:
    release = a_release(gate_in, a_push(1), by_hss(a_push(2)))
    ending = release.check()

    assert (ending.code, ending.report["counts"]["succeeded"]) == (0, 2)
    assert (release.gate.operations.count(START), release.gate.operations.count(START_BY_HSS)) == (1, 1)
    assert "instances of SWR Enterprise scan their images themselves (1 of 2)" in ending.err
    assert "HSS scans the others" in ending.err


@pytest.mark.parametrize("risky", [1, 2])
def test_a_risky_image_of_either_edition_blocks_a_mixed_release(risky: int, gate_in: Callable[..., Gate]) -> None:
    images = [a_push(number, **({"findings": RISKY} if number == risky else {})) for number in (1, 2)]

    assert a_release(gate_in, images[0], by_hss(images[1])).check().code == 1


def test_at_the_end_of_a_mixed_release_the_scan_of_hss_is_stopped(gate_in: Callable[..., Gate]) -> None:
    """Its task is told from that of the instance by its number of images."""
    endless = [a_push(number, scan_seconds=float("inf")) for number in (1, 2, 3)]
    release = a_release(gate_in, endless[0], *map(by_hss, endless[1:]))
    ending = release.check("--timeout", "2m")

    assert (ending.code, release.gate.operations.count("StopImageScanTask")) == (5, 1)
    assert "1 scan may go on, and be charged for" in ending.err


def test_without_the_option_hss_scans_the_images_of_swr_enterprise(gate_in: Callable[..., Gate]) -> None:
    release = a_release(gate_in, a_push())

    assert release.gate.check("--image", release.images[0].reference).code == 0
    assert (START in release.gate.operations, START_BY_HSS in release.gate.operations) == (False, True)


def test_status_shows_what_the_instance_knows_and_requires_nothing(gate_in: Callable[..., Gate]) -> None:
    release = a_release(gate_in, a_push(earlier=EarlierScan(ago=HOUR, findings=RISKY)))
    ending = release.gate.run("status", "--image", release.images[0].reference, *BY_INSTANCE[:2])

    assert (ending.code, release.gate.operations) == (0, [ROWS, SHOW])
    assert "7 vulnerabilities (1 critical, 2 high, 4 low)" in ending.out


# What cannot be chosen.


@pytest.mark.parametrize("scopes", [(), ("--required-scope", "vulnerability,baseline")])
def test_what_an_instance_does_not_look_for_cannot_be_required(
    scopes: tuple[str, ...], gate_in: Callable[..., Gate]
) -> None:
    gate = a_release(gate_in, a_push()).gate
    ending = gate.check("--image", a_push().reference, *BY_INSTANCE[:2], *scopes)

    assert (ending.code, gate.operations) == (2, [])
    assert "looks for vulnerabilities only" in ending.out
    assert "Give --required-scope vulnerability" in ending.out


@pytest.mark.parametrize("images", [(), ("--image", f"team/shop/web:1@{a_digest()}")])
def test_the_choice_without_an_image_in_swr_enterprise_is_a_usage_error(
    images: tuple[str, ...], gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("clean")
    ending = gate.check(*images, *BY_INSTANCE)

    assert (ending.code, gate.operations) == (2, [])
    assert ("has no effect" if images else "No image is named") in ending.out
