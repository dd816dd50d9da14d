"""Tests the scans that Container Registry does itself (alibaba-images.md 4.2)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import BySeverity, EarlierScan, Findings, Platform, Simulator
from tests.simulator.alibaba.actions import LAST
from tests.simulator.alibaba.actions import SCAN as SCAN_TASK
from tests.simulator.alibaba.pushed import CREATE, HOST, INSTANCE, RESULT, SCAN, STATUS, SUMMARY, TAG, bare, of_tag, row
from tests.simulator.images import digest, image, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.simulator.image import ScanFailure
    from tests.simulator.conftest import CallAction, Clock

FINDINGS = Findings(
    vulnerabilities=BySeverity(critical=1, high=2, medium=3, low=4),
    libraries=BySeverity(high=1, low=2),
    handled=BySeverity(high=1),
)
PAID = {"ScanService": "SAS_SCAN_SERVICE"}


@pytest.fixture
def simulator(clock: Clock) -> Iterator[Simulator]:
    """A running simulator without images and tasks."""
    with Simulator("empty", now=clock) as simulator:
        yield simulator


def status(call: CallAction, simulator: Simulator, **query: object) -> tuple[str | None, str | None]:
    """Status and engine of the last scan of a tag."""
    document = call(simulator, STATUS, **{**of_tag(call, simulator, image()), **query}).document
    assert document["IsSuccess"], document
    return document.get("Status"), document.get("ScanService")


def numbers(call: CallAction, simulator: Simulator) -> list[int]:
    """The numbers of the last scan of a tag: high, medium, low, unknown, all."""
    document = call(simulator, SUMMARY, **of_tag(call, simulator, image())).document
    return [document[f"{word}Severity"] for word in ("High", "Medium", "Low", "Unknown", "Total")]


def test_a_scan_is_started_by_tag_and_has_no_id(call: CallAction, simulator: Simulator, clock: Clock) -> None:
    """Its status has no time, and Security Center knows nothing of it."""
    simulator.push(listed(scan_seconds=5, findings=FINDINGS))
    seen: list[object] = [status(call, simulator)]
    document = call(simulator, SCAN, **of_tag(call, simulator, image()), **PAID).document
    for step in (0, 3, 3):
        clock.now += step
        seen.append(status(call, simulator))

    assert document.keys() == {"Code", "IsSuccess", "RequestId"}
    assert seen == [(None, None), *[("SCANNING", "SAS_SCAN_SERVICE")] * 2, ("COMPLETE", "SAS_SCAN_SERVICE")]
    assert row(call, simulator)["ScaStatus"] == "INIT"
    assert call(simulator, LAST, **SCAN_TASK).document["TaskId"] == 0


def test_a_scan_of_security_center_is_none_of_the_registry(
    call: CallAction, simulator: Simulator, clock: Clock
) -> None:
    simulator.push(listed(findings=FINDINGS))
    call(simulator, CREATE, Tags="1.4.2")
    clock.now += 5

    assert row(call, simulator)["ScaStatus"] == "SUCCESS"
    assert status(call, simulator) == (None, None)


def test_the_status_of_a_tag_that_was_never_scanned_can_be_an_error(call: CallAction, simulator: Simulator) -> None:
    """Which of both it is is not verified."""
    simulator.push(image())
    simulator.account.unverified = replace(simulator.account.unverified, unscanned_tag_is_error=True)
    document = call(simulator, STATUS, **of_tag(call, simulator, image())).document

    assert (document["IsSuccess"], document["Code"]) == (False, "SCAN_TASK_NOT_EXIST")


@pytest.mark.parametrize("service", ["SAS_SCAN_SERVICE", "ACR_SCAN_SERVICE", None])
def test_the_last_scan_counts_whatever_its_engine_is(
    service: str | None, call: CallAction, simulator: Simulator, clock: Clock
) -> None:
    """Without one, it is the engine of the registry."""
    simulator.push(image(earlier=EarlierScan(ago=900)))
    for one in ("SAS_SCAN_SERVICE", "ACR_SCAN_SERVICE", service):
        call(simulator, SCAN, **of_tag(call, simulator, image()), ScanService=one)
        clock.now += 5

    assert status(call, simulator) == ("COMPLETE", service or "ACR_SCAN_SERVICE")


def test_a_scan_of_yesterday_is_complete_too(call: CallAction, simulator: Simulator, clock: Clock) -> None:
    """Nothing but the status while a new one runs tells them apart."""
    simulator.push(image(scan_seconds=9, earlier=EarlierScan(ago=86_400, findings=FINDINGS)))
    seen = [(*status(call, simulator), *numbers(call, simulator))]
    call(simulator, SCAN, **of_tag(call, simulator, image()))
    for step in (1, 20):
        clock.now += step
        seen.append((*status(call, simulator), *numbers(call, simulator)))

    assert seen == [
        ("COMPLETE", "ACR_SCAN_SERVICE", 5, 3, 6, 0, 14),
        ("SCANNING", "ACR_SCAN_SERVICE", 0, 0, 0, 0, 0),
        ("COMPLETE", "ACR_SCAN_SERVICE", 0, 0, 0, 0, 0),
    ]


@pytest.mark.parametrize(
    ("failure", "running", "ended"),
    [("broken", "SCANNING", "FAILED"), ("download-failed", "RETRYING", "FAILED"), (None, "SCANNING", "COMPLETE")],
)
def test_a_failed_scan_looks_like_a_clean_one_but_for_its_status(
    *, failure: ScanFailure | None, running: str, ended: str, call: CallAction, simulator: Simulator, clock: Clock
) -> None:
    """Some scans are tried again."""
    simulator.push(image(failure=failure, scan_seconds=5, findings=Findings() if failure is None else FINDINGS))
    call(simulator, SCAN, **of_tag(call, simulator, image()))
    clock.now += 2
    seen = [status(call, simulator)[0]]
    clock.now += 9
    seen.append(status(call, simulator)[0])

    assert seen == [running, ended]
    assert numbers(call, simulator) == [0, 0, 0, 0, 0]
    assert call(simulator, RESULT, **of_tag(call, simulator, image())).document["Vulnerabilities"] == []


def test_a_failed_scan_of_yesterday_has_no_findings(call: CallAction, simulator: Simulator) -> None:
    simulator.push(image(earlier=EarlierScan(ago=900, failure="broken", findings=FINDINGS)))

    assert status(call, simulator) == ("FAILED", "ACR_SCAN_SERVICE")
    assert numbers(call, simulator) == [0, 0, 0, 0, 0]


def test_findings_can_come_after_the_end(call: CallAction, simulator: Simulator, clock: Clock) -> None:
    """The scan is complete, and looks clean until then."""
    simulator.push(image(results_lag=60, findings=FINDINGS))
    call(simulator, SCAN, **of_tag(call, simulator, image()))
    seen = []
    for step in (5, 60):
        clock.now += step
        seen.append((status(call, simulator)[0], numbers(call, simulator)[-1]))

    assert seen == [("COMPLETE", 0), ("COMPLETE", 14)]


def test_a_scan_that_runs_is_not_started_once_more(call: CallAction, simulator: Simulator, clock: Clock) -> None:
    """The response does not say so."""
    simulator.push(image(scan_seconds=5, failure="download-failed"))
    parameters = of_tag(call, simulator, image())
    documents = []
    for step in (0, 2, 9):
        clock.now += step
        documents.append(call(simulator, SCAN, **parameters, **PAID).document)

    assert {document["Code"] for document in documents} == {"success"}
    assert len(simulator.tasks) == 2


def test_a_digest_says_which_image_of_a_tag_is_meant(call: CallAction, simulator: Simulator, clock: Clock) -> None:
    """In either form; without one it is what the tag stands for now, and a tag is not needed beside it."""
    simulator.push(image("first"))
    call(simulator, SCAN, **of_tag(call, simulator, image()), Digest=image("first").digest)
    clock.now += 5
    simulator.push(image("second"))
    of_repository = {name: value for name, value in of_tag(call, simulator, image()).items() if name != "Tag"}
    seen = [
        status(call, simulator, **query)[0]
        for query in (
            {"Digest": image("first").digest},
            {"Digest": bare(image("first"))},
            {"Digest": bare(image("second"))},
            {},
        )
    ]
    by_digest = [
        call(simulator, STATUS, **query, Digest=bare(image("first"))).document.get("Status")
        for query in (of_repository, {"InstanceId": INSTANCE})
    ]

    assert seen == ["COMPLETE", "COMPLETE", None, None]
    assert by_digest == ["COMPLETE", "COMPLETE"]


def test_a_digest_is_looked_for_in_its_own_repository_and_instance(call: CallAction, simulator: Simulator) -> None:
    """Elsewhere it is another image, with scans of its own."""
    simulator.push(image("wanted", tag="1"))
    for where in ({"registry": HOST}, {"repository": "team/shop/other"}):
        simulator.push(image("wanted", **where, earlier=EarlierScan(ago=900)))
    parameters = of_tag(call, simulator, image())
    found = call(simulator, STATUS, **{**parameters, "Tag": "1"}, Digest=digest("wanted")).document
    elsewhere = call(simulator, STATUS, **parameters, Digest=digest("wanted")).document

    assert (found["IsSuccess"], found.get("Status")) == (True, None)
    assert (elsewhere["IsSuccess"], elsewhere["Code"]) == (False, "TAG_NOT_EXIST")


def test_the_image_of_a_platform_is_scanned_by_its_digest(call: CallAction, simulator: Simulator, clock: Clock) -> None:
    """The index has scans of its own."""
    simulator.push(image("index", children=(Platform(digest=digest("amd64"), findings=FINDINGS),)))
    parameters = of_tag(call, simulator, image())
    call(simulator, SCAN, **parameters, Digest=digest("amd64"))
    clock.now += 5

    assert status(call, simulator, Digest=digest("amd64"))[0] == "COMPLETE"
    assert status(call, simulator, Digest=digest("index"))[0] is None
    assert call(simulator, SUMMARY, **parameters, Digest=digest("amd64")).document["TotalSeverity"] == 14


def test_a_scan_task_id_is_not_looked_at(call: CallAction, simulator: Simulator, clock: Clock) -> None:
    """What it is the id of is not verified: the last scan is shown whatever it is."""
    simulator.push(image())
    call(simulator, SCAN, **of_tag(call, simulator, image()))
    clock.now += 5

    assert status(call, simulator, ScanTaskId="another")[0] == "COMPLETE"


@pytest.fixture
def scanned(simulator: Simulator) -> Simulator:
    """The simulator with an image that was scanned."""
    simulator.push(image(earlier=EarlierScan(ago=900, findings=FINDINGS)))
    return simulator


def listing(call: CallAction, simulator: Simulator, **query: object) -> dict[str, Any]:
    """A page of vulnerabilities."""
    document: dict[str, Any] = call(simulator, RESULT, **of_tag(call, simulator, image()), **query).document
    return document


def test_a_vulnerability_has_every_field(call: CallAction, scanned: Simulator) -> None:
    """The least severe one is the first, and no severity is critical."""
    document = listing(call, scanned)
    first = document["Vulnerabilities"][0]

    assert {name: document[name] for name in ("PageNo", "PageSize", "TotalCount", "IsSuccess")} == {
        "PageNo": 1,
        "PageSize": 30,
        "TotalCount": 14,
        "IsSuccess": True,
    }
    assert first.keys() == {
        *("CveName", "AliasName", "Severity", "ScanType", "Feature", "Version", "VersionFixed", "VersionFormat"),
        *("FixCmd", "AddedBy", "CveLocation", "CveLink", "Description"),
    }
    assert (first["Severity"], first["ScanType"]) == ("Low", "cve")
    assert [one["Severity"] for one in document["Vulnerabilities"]] == ["Low"] * 6 + ["Medium"] * 3 + ["High"] * 5


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"Severity": "High"}, 5),
        ({"Severity": "Unknown"}, 0),
        ({"ScanType": "cve"}, 11),
        ({"ScanType": "sca"}, 3),
        ({"ScanType": "sca", "Severity": "Low"}, 2),
        ({"VulQueryKey": "CVE-2025-1000"}, 10),
        ({"VulQueryKey": "CVE-2025-10003"}, 1),
        ({"FilterValue": "FixCmd"}, 14),
    ],
)
def test_every_filter_of_the_list(query: dict[str, object], number: int, call: CallAction, scanned: Simulator) -> None:
    assert listing(call, scanned, **query)["TotalCount"] == number


def test_a_page_is_never_longer_than_the_cap(call: CallAction, scanned: Simulator) -> None:
    scanned.page_cap = 10
    pages = [listing(call, scanned, PageSize=100, PageNo=number) for number in (1, 2, 3)]

    assert [len(page["Vulnerabilities"]) for page in pages] == [10, 4, 0]
    assert pages[0]["PageSize"] == 10


@pytest.mark.parametrize("action", [SCAN, STATUS, SUMMARY, RESULT])
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"InstanceId": "cri-other"}, "INSTANCE_NOT_EXIST"),
        ({"RepoId": "crr-other"}, "REPO_NOT_EXIST"),
        ({"Tag": "2"}, "TAG_NOT_EXIST"),
        ({"Digest": digest("other")}, "TAG_NOT_EXIST"),
        ({"Tag": "2", "Digest": digest()}, "TAG_NOT_EXIST"),
    ],
)
def test_an_image_that_does_not_exist_is_an_error_in_a_success(
    action: str, query: dict[str, str], code: str, call: CallAction, scanned: Simulator
) -> None:
    response = call(scanned, action, **{**of_tag(call, scanned, image()), **query})

    assert (response.status, response.document["IsSuccess"], response.document["Code"]) == (200, False, code)
    assert scanned.tasks == []


def test_a_repository_alone_names_no_image(call: CallAction, scanned: Simulator) -> None:
    parameters = of_tag(call, scanned, image())
    document = call(scanned, STATUS, InstanceId=INSTANCE, RepoId=parameters["RepoId"]).document

    assert document["Code"] == "TAG_NOT_EXIST"


@pytest.mark.parametrize(
    ("action", "query", "code"),
    [
        (SCAN, {"RepoId": None}, "MissingRepoId"),
        (SCAN, {"Tag": None}, "MissingTag"),
        (SCAN, {"ScanService": "TRIVY"}, "InvalidScanService"),
        (STATUS, {"InstanceId": None}, "MissingInstanceId"),
        (SUMMARY, {"InstanceId": None}, "MissingInstanceId"),
        (RESULT, {"Severity": "Critical"}, "InvalidSeverity"),
        (RESULT, {"ScanType": "all"}, "InvalidScanType"),
        (RESULT, {"PageSize": "0"}, "InvalidPageSize"),
    ],
)
def test_a_missing_or_invalid_parameter_is_rejected(
    action: str, query: dict[str, object], code: str, call: CallAction, scanned: Simulator
) -> None:
    parameters = of_tag(call, scanned, image())
    assert call(scanned, TAG, **parameters).document["IsSuccess"]

    assert call(scanned, action, **{**parameters, **query}).document["Code"] == code
