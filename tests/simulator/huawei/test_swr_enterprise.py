"""Tests the artifacts of SWR Enterprise and their scans (huawei-images.md 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import BySeverity, EarlierScan, Findings, Platform, Simulator, Unverified
from gate.simulator.huawei.registries import Registry
from tests.simulator.conftest import PROJECT
from tests.simulator.huawei.calls import INSTANCE_HOST, query_of, scan_tasks
from tests.simulator.images import RISKY, digest, image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulator.conftest import Clock, Response, SendRequest

REPORT = "application/vnd.security.vulnerability.report; version=1.1"
INSTANCE = Registry(kind="enterprise", host=INSTANCE_HOST).instance_id


@pytest.fixture
def simulator(clock: Clock) -> Iterator[Simulator]:
    """A running simulator without images that a test pushed."""
    with Simulator("empty", now=clock) as simulator:
        yield simulator


def pushed(simulator: Simulator, of: str = "web", **others: Any) -> None:
    """Pushes an image to the instance."""
    simulator.push(image(of, registry=INSTANCE_HOST, **others))


def ask(
    send: SendRequest,
    simulator: Simulator,
    rest: str = "",
    *,
    method: str = "GET",
    repository: str = "shop%2Fweb",
    instance: str = INSTANCE,
    **query: object,
) -> Response:
    """Requests artifacts of a repository."""
    path = f"/v2/{PROJECT}/instances/{instance}/namespaces/team/repositories/{repository}/artifacts{rest}"
    return send(simulator, path + query_of(query), method=method)


def overview(send: SendRequest, simulator: Simulator, of: str = "web") -> dict[str, Any] | None:
    """The overview of the last scan."""
    document = ask(send, simulator, f"/{digest(of)}", with_scan_overview="true").document
    overviews: dict[str, dict[str, Any]] = document.get("scan_overview", {})
    return overviews.get(REPORT)


def test_artifacts_are_listed_by_digest_with_their_tags(send: SendRequest, simulator: Simulator) -> None:
    """A digest whose tag has moved has none."""
    pushed(simulator, "one", tag="1")
    pushed(simulator, "one", tag="1-alias")
    pushed(simulator, "two", tag="2")
    pushed(simulator, "three", tag="2")
    document = ask(send, simulator).document

    assert document["total"] == 3
    assert {one["digest"]: [tag["name"] for tag in one["tags"]] for one in document["artifacts"]} == {
        digest("one"): ["1", "1-alias"],
        digest("two"): [],
        digest("three"): ["2"],
    }


def test_artifacts_are_filtered_by_a_part_of_a_tag(send: SendRequest, simulator: Simulator) -> None:
    pushed(simulator, "one", tag="1.0")
    pushed(simulator, "two", tag="1.0-rc1")
    pushed(simulator, "three", tag="2.0")

    assert ask(send, simulator, tags="1.0").document["total"] == 2


def test_artifacts_are_listed_in_pages(send: SendRequest, simulator: Simulator) -> None:
    """The offset has to be a multiple of the limit."""
    for number in range(12):
        pushed(simulator, str(number), tag=str(number))
    queries: list[dict[str, Any]] = [{}, {"offset": 10}, {"limit": 100}]
    sizes = [len(ask(send, simulator, **query).document["artifacts"]) for query in queries]
    wrong = ask(send, simulator, offset=5, limit=10)

    assert sizes == [10, 2, 12]
    assert (wrong.status, wrong.document["errors"][0]["errorCode"]) == (400, "SVCSTG.SWR.4000014")


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"offset": -1}])
def test_a_parameter_out_of_its_range_is_rejected(
    query: dict[str, Any], send: SendRequest, simulator: Simulator
) -> None:
    assert ask(send, simulator, **query).status == 400


def test_an_artifact_has_the_documented_fields(send: SendRequest, simulator: Simulator) -> None:
    """No overview is there unless it is asked for, and a scan was started."""
    pushed(simulator)
    documents = [
        ask(send, simulator, f"/{digest()}", **query).document for query in ({}, {"with_scan_overview": "true"})
    ]

    assert documents[0] == documents[1]
    assert documents[0] == {
        "digest": digest(),
        "id": documents[0]["id"],
        "repository_name": "shop/web",
        "type": "IMAGE",
        "manifest_media_type": "application/vnd.oci.image.manifest.v1+json",
        "push_time": "2026-09-21T14:13:20Z",
        "size": 186_400_000,
        "tags": [{"name": "1.4.2", "push_time": "2026-09-21T14:13:20Z"}],
    }


def test_an_index_is_an_artifact_of_another_type(send: SendRequest, simulator: Simulator) -> None:
    pushed(simulator, "index", children=(Platform(digest=digest("amd64")),))
    document = ask(send, simulator, f"/{digest('index')}").document

    assert document["manifest_media_type"] == "application/vnd.oci.image.index.v1+json"


def test_a_scan_is_followed_in_the_overview(send: SendRequest, simulator: Simulator, clock: Clock) -> None:
    """It needs no synchronisation, and ends with the counts by severity."""
    pushed(simulator, findings=RISKY)
    response = ask(send, simulator, f"/{digest()}/scan", method="POST")
    seen = []
    for step in (0.0, 1.0, 2.0):
        clock.now += step
        found = overview(send, simulator)
        assert found is not None
        seen.append(found)

    assert (response.status, response.body) == (202, b"")
    assert [one["scan_status"] for one in seen] == ["Pending", "Running", "Success"]
    assert seen[-1] == {
        "report_id": seen[-1]["report_id"],
        "scan_status": "Success",
        "severity": "High",
        "start_time": "2026-09-21T14:13:20Z",
        "end_time": "2026-09-21T14:13:23Z",
        "complete_percent": 100,
        "summary": {"total": 7, "fixable": 7, "summary": {"High": 2, "Medium": 1, "Low": 4}},
    }
    assert [task["total_num"] for task in scan_tasks(send, simulator)] == [1]


@pytest.mark.parametrize(
    ("findings", "severity", "counts"),
    [
        (Findings(), "Security", {}),
        (
            Findings(vulnerabilities=BySeverity(critical=1), libraries=BySeverity(low=1)),
            "Critical",
            {"Critical": 1, "Low": 1},
        ),
        (Findings(malicious_files=BySeverity(high=1), baseline=BySeverity(high=1)), "Security", {}),
    ],
)
def test_the_overview_counts_vulnerabilities_only(
    findings: Findings, severity: str, counts: dict[str, int], send: SendRequest, simulator: Simulator
) -> None:
    pushed(simulator, earlier=EarlierScan(ago=60, findings=findings))
    found = overview(send, simulator)

    assert found is not None
    assert (found["severity"], found["summary"]["summary"]) == (severity, counts)
    assert found["start_time"] == found["end_time"] == "2026-09-21T14:12:20Z"


def test_a_failed_scan_has_no_counts(send: SendRequest, simulator: Simulator) -> None:
    pushed(simulator, earlier=EarlierScan(ago=60, findings=RISKY, failure="broken"))

    assert (overview(send, simulator) or {}).keys() == {"report_id", "scan_status"}


def test_a_scan_of_the_digest_that_a_tag_had_before_is_none_of_the_new_one(
    send: SendRequest, simulator: Simulator
) -> None:
    """The artifact of the old digest keeps it."""
    pushed(simulator, "old", earlier=EarlierScan(ago=60))
    pushed(simulator, "new")

    assert overview(send, simulator, "new") is None
    assert overview(send, simulator, "old") is not None


def test_vulnerabilities_are_on_one_page(send: SendRequest, simulator: Simulator) -> None:
    """Those that are handled are left out."""
    findings = Findings(vulnerabilities=BySeverity(high=200, low=100), handled=BySeverity(critical=1))
    pushed(simulator, earlier=EarlierScan(ago=60, findings=findings))
    report = ask(send, simulator, f"/{digest()}/vulnerabilities").document[REPORT]

    assert (report["severity"], len(report["vulnerabilities"])) == ("High", 300)
    assert report["vulnerabilities"][0].keys() == {
        "id",
        "package",
        "version",
        "fix_version",
        "severity",
        "description",
        "links",
        "artifact_digests",
    }


@pytest.mark.parametrize(
    ("rest", "method"),
    [
        (f"/{digest('unknown')}", "GET"),
        (f"/{digest('unknown')}/scan", "POST"),
        (f"/{digest('unknown')}/vulnerabilities", "GET"),
        (f"/{digest()}/vulnerabilities", "GET"),
    ],
)
def test_an_unknown_digest_and_a_missing_report_are_not_found(
    rest: str, method: str, send: SendRequest, simulator: Simulator
) -> None:
    pushed(simulator)

    assert ask(send, simulator, rest, method=method).status == 404


def test_the_slash_of_a_repository_may_be_encoded_twice(send: SendRequest, simulator: Simulator) -> None:
    """As the vendor's SDK does it."""
    pushed(simulator)

    assert ask(send, simulator, repository="shop%252Fweb").document["total"] == 1


def test_another_repository_or_instance_has_no_artifacts(send: SendRequest, simulator: Simulator) -> None:
    """Images of SWR's shared registry are none either."""
    pushed(simulator)
    simulator.push(image(tag="basic"))

    assert ask(send, simulator, repository="web").document["total"] == 0
    assert ask(send, simulator, instance="another").document["total"] == 0
    assert ask(send, simulator).document["total"] == 1


def test_a_digest_that_is_being_scanned_may_be_refused(send: SendRequest, simulator: Simulator) -> None:
    pushed(simulator)
    statuses = [ask(send, simulator, f"/{digest()}/scan", method="POST").status for _ in range(2)]
    simulator.account.unverified = Unverified(refuses_repeated_scans=False)
    statuses.append(ask(send, simulator, f"/{digest()}/scan", method="POST").status)

    assert statuses == [202, 400, 202]


def test_ten_scans_of_an_instance_run_at_the_same_time(send: SendRequest, simulator: Simulator) -> None:
    for number in range(11):
        pushed(simulator, str(number), tag=str(number))
    statuses = [ask(send, simulator, f"/{digest(str(number))}/scan", method="POST").status for number in range(11)]

    assert statuses == [202] * 10 + [400]


def test_an_eleventh_scan_may_wait_instead(send: SendRequest, simulator: Simulator) -> None:
    simulator.account.unverified = Unverified(refuses_eleventh_scan=False)
    for number in range(11):
        pushed(simulator, str(number), tag=str(number))
    statuses = [ask(send, simulator, f"/{digest(str(number))}/scan", method="POST").status for number in range(11)]

    assert statuses == [202] * 11


def test_an_older_instance_has_no_overview_no_list_and_no_scan(send: SendRequest, simulator: Simulator) -> None:
    simulator.account.unverified = Unverified(instances_scan=False)
    pushed(simulator, earlier=EarlierScan(ago=60))

    assert overview(send, simulator) is None
    assert ask(send, simulator, f"/{digest()}/vulnerabilities").status == 404
    assert ask(send, simulator, f"/{digest()}/scan", method="POST").status == 404


@pytest.mark.parametrize(
    ("form", "end"), [("without a zone", "2026-09-21T14:12:20"), ("milliseconds", 1_789_999_940_000)]
)
def test_the_times_of_a_scan_may_have_another_form(
    form: Any, end: object, send: SendRequest, simulator: Simulator
) -> None:
    """No document has it."""
    simulator.account.unverified = Unverified(instance_times=form)
    pushed(simulator, earlier=EarlierScan(ago=60))
    report = ask(send, simulator, f"/{digest()}/vulnerabilities").document[REPORT]

    assert (overview(send, simulator) or {})["end_time"] == report["generated_at"] == end


@pytest.mark.parametrize(("shows_zeros", "total"), [(True, 0), (False, 1)])
def test_until_its_findings_are_there_a_summary_has_zeros_or_the_numbers_before(
    send: SendRequest, simulator: Simulator, clock: Clock, *, shows_zeros: bool, total: int
) -> None:
    simulator.account.unverified = Unverified(shows_zeros_until_findings=shows_zeros)
    one = Findings(vulnerabilities=BySeverity(low=1))
    pushed(simulator, findings=RISKY, results_lag=5.0, earlier=EarlierScan(ago=60, findings=one))
    before = overview(send, simulator) or {}
    ask(send, simulator, f"/{digest()}/scan", method="POST")
    totals, found = [], before
    for step in (3.0, 5.0):
        clock.now += step
        found = overview(send, simulator) or {}
        assert (found["scan_status"], found["end_time"]) == ("Success", "2026-09-21T14:13:23Z")
        totals.append(found["summary"]["total"])

    assert totals == [total, 7]
    assert found["report_id"] != before["report_id"]


def test_a_scan_is_refused_when_none_is_left(send: SendRequest, simulator: Simulator) -> None:
    simulator.account.scans_left = 0
    pushed(simulator)

    assert ask(send, simulator, f"/{digest()}/scan", method="POST").status == 400


def test_artifacts_of_another_project_are_forbidden(send: SendRequest, simulator: Simulator) -> None:
    path = f"/v2/another/instances/{INSTANCE}/namespaces/team/repositories/web/artifacts"

    assert send(simulator, path).document["error_code"] == "APIGW.0302"
