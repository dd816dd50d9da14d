"""Tests the vulnerabilities of pushed images, as numbers and as lists (alibaba-images.md 3 and 5)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import BySeverity, EarlierScan, Findings, Simulator
from tests.simulator.alibaba.pushed import BY_IMAGE, CREATE, GROUPED, NUMBERS, bare, row, rows
from tests.simulator.images import image, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulator.conftest import CallAction, Clock

FINDINGS = Findings(
    vulnerabilities=BySeverity(critical=1, high=2, medium=3, low=4),
    libraries=BySeverity(high=1, low=2),
    handled=BySeverity(high=1),
)
ENDED = 1_789_999_100_000
RISKY = listed("risky", tag="1", earlier=EarlierScan(ago=900, findings=FINDINGS))


@pytest.fixture
def simulator(clock: Clock) -> Iterator[Simulator]:
    """A running simulator with one image that was scanned."""
    with Simulator("empty", now=clock) as simulator:
        simulator.push(RISKY)
        yield simulator


def by_image(call: CallAction, simulator: Simulator, **query: object) -> list[dict[str, Any]]:
    """The first page of vulnerabilities of images."""
    parameters = {"Type": "cve", "PageSize": 50, **query}
    records: list[dict[str, Any]] = call(simulator, BY_IMAGE, **parameters).document["VulRecords"]
    return records


def grouped(call: CallAction, simulator: Simulator, **query: object) -> list[dict[str, Any]]:
    """The first page of vulnerabilities with the numbers of their images."""
    items: list[dict[str, Any]] = call(simulator, GROUPED, PageSize=50, **query).document["GroupedVulItems"]
    return items


def test_the_numbers_by_severity_are_those_of_system_and_libraries(call: CallAction, simulator: Simulator) -> None:
    """Critical ones count as high; what is on a whitelist is left out, which is not verified."""
    uuid = row(call, simulator)["Uuid"]
    left_out = call(simulator, NUMBERS, Uuids=uuid, ImageVul=True).document["Data"]
    simulator.account.unverified = replace(simulator.account.unverified, handled_findings_count=True)
    included = call(simulator, NUMBERS, Uuids=uuid, ImageVul=True).document["Data"]

    assert left_out == {
        uuid: {
            "CveNum": 10,
            "EmgNum": 0,
            "SysNum": 0,
            "CmsNum": 0,
            "AppNum": 0,
            "ScaNum": 3,
            "VulAsapSum": 4,
            "VulLaterSum": 3,
            "VulNntfSum": 6,
            "SysAsapNum": 3,
        }
    }
    assert [included[uuid][name] for name in ("CveNum", "ScaNum", "VulAsapSum", "SysAsapNum")] == [11, 3, 5, 4]


def test_numbers_are_those_of_many_images_by_their_uuids(call: CallAction, simulator: Simulator) -> None:
    """One that was never scanned has the number 0 everywhere, and an unknown one is missing."""
    simulator.push(listed("unscanned", tag="2", findings=FINDINGS))
    uuids = [one["Uuid"] for one in rows(call, simulator)]
    data = call(simulator, NUMBERS, Uuids=f"{uuids[0]},unknown,{uuids[1]}", ImageVul="true").document["Data"]

    assert data.keys() == {*uuids}
    assert set(data[uuids[1]].values()) == {0}


def test_no_more_images_than_fit_on_a_page_have_numbers(call: CallAction, simulator: Simulator) -> None:
    """How many uuids one call takes is not verified."""
    for number in range(3):
        simulator.push(listed(str(number), tag=str(number)))
    simulator.page_cap = 2
    uuids = ",".join(one["Uuid"] for one in rows(call, simulator))

    assert len(call(simulator, NUMBERS, Uuids=uuids, ImageVul="true").document["Data"]) == 2


@pytest.mark.parametrize("about_images", [None, "false", False])
def test_numbers_are_those_of_servers_unless_images_are_asked_for(
    about_images: object, call: CallAction, simulator: Simulator
) -> None:
    uuid = row(call, simulator)["Uuid"]

    assert call(simulator, NUMBERS, Uuids=uuid, ImageVul=about_images).document["Data"] == {}


def test_a_vulnerability_of_an_image_has_every_field(call: CallAction, simulator: Simulator) -> None:
    """Its tag is not that of the image, and its times are those of the scan that found it."""
    document = call(simulator, BY_IMAGE, Type="cve", Digest=bare(RISKY), PageSize=1).document
    (record,) = document.pop("VulRecords")
    details = record.pop("ExtendContentJson")

    assert document == {"CurrentPage": 1, "PageSize": 1, "TotalCount": 10, "RequestId": document["RequestId"]}
    assert record == {
        "Type": "cve",
        "Status": 1,
        "Necessity": "nntf",
        "Name": f"debian:12:{record['Related']}",
        "AliasName": record["AliasName"],
        "Related": record["Related"],
        "CanFix": "no",
        "CanUpdate": False,
        "ImageDigest": bare(RISKY),
        "Uuid": row(call, simulator)["Uuid"],
        "RepoNamespace": "team",
        "RepoName": "shop/web",
        "Tag": "oval",
        "FirstTs": ENDED,
        "LastTs": ENDED,
        "PrimaryId": record["PrimaryId"],
        "Layers": record["Layers"],
        "MaliciousSource": "image",
    }
    assert details["RpmEntityList"][0]["Name"] in record["AliasName"]


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({}, 10),
        ({"Digest": bare(RISKY)}, 10),
        ({"Digest": RISKY.digest}, 0),
        ({"Digest": bare(RISKY)[:12]}, 0),
        ({"Uuids": "unknown"}, 0),
        ({"RepoNamespace": "team", "RepoName": "shop/web"}, 10),
        ({"RepoNamespace": "shop"}, 0),
        ({"RepoName": "web"}, 0),
        ({"Necessity": "asap"}, 3),
        ({"Necessity": "later"}, 3),
        ({"Necessity": "nntf"}, 4),
        ({"Dealed": "n"}, 10),
        ({"Dealed": "y"}, 1),
        ({"StatusList": "1,4"}, 10),
        ({"StatusList": "7"}, 0),
        ({"StatusList": "7", "Dealed": "y"}, 1),
        ({"Type": "sca"}, 0),
        ({"Type": "other"}, 0),
        ({"Name": "debian:12:CVE-2025-10000"}, 1),
        ({"Name": "CVE-2025-10000"}, 0),
        ({"ScanRange.1": "image"}, 10),
        ({"ScanRange.1": "container"}, 0),
        ({"ScanRange.1": "container", "ScanRange.2": "image"}, 10),
        ({"GroupByAsset": "true"}, 1),
        ({"GroupByAsset": "false"}, 10),
    ],
)
def test_every_filter_of_the_list_by_image(
    query: dict[str, str], number: int, call: CallAction, simulator: Simulator
) -> None:
    """A digest has no algorithm here; what is handled is listed only where it is asked for, which is not verified."""
    assert len(by_image(call, simulator, **query)) == number


def test_a_list_by_image_can_have_handled_vulnerabilities_unasked(call: CallAction, simulator: Simulator) -> None:
    simulator.account.unverified = replace(simulator.account.unverified, lists_handled_unasked=True)
    records = by_image(call, simulator)

    assert [record["Status"] for record in records].count(7) == 1
    assert len(records) == 11


def test_a_list_by_image_can_have_those_of_libraries(call: CallAction, simulator: Simulator) -> None:
    """Only if their type is asked for; whether it is accepted is not verified."""
    simulator.account.unverified = replace(simulator.account.unverified, lists_libraries_by_image=True)
    records = by_image(call, simulator, Type="sca")

    assert len(records) == 3
    assert all(record["Name"].startswith("imgsca:java:") for record in records)
    assert {record["Type"] for record in records} == {"sca"}
    assert len(by_image(call, simulator)) == 10


def test_the_rows_of_one_digest_have_their_own_vulnerabilities(call: CallAction, simulator: Simulator) -> None:
    """By digest both are listed, and by uuid one."""
    simulator.push(replace(RISKY, tag="2"))
    uuids = [one["Uuid"] for one in rows(call, simulator)]

    assert len(by_image(call, simulator, Digest=bare(RISKY))) == 20
    assert {record["Uuid"] for record in by_image(call, simulator, Uuids=uuids[1])} == {uuids[1]}
    assert len(by_image(call, simulator, Uuids=",".join(uuids), GroupByAsset=True)) == 2


def test_the_list_of_the_last_scan_is_there_when_its_results_are(
    call: CallAction, simulator: Simulator, clock: Clock
) -> None:
    """Until then it is that of an earlier one, with its times."""
    simulator.push(
        replace(RISKY, tag="3", digest=image("late").digest, results_lag=60, findings=Findings(libraries=BySeverity()))
    )
    call(simulator, CREATE, Tags="3")
    seen = []
    for step in (5, 60):
        clock.now += step
        seen.append({record["LastTs"] for record in by_image(call, simulator, Digest=bare(image("late")))})

    assert seen == [{ENDED}, set()]


def test_a_group_has_every_field(call: CallAction, simulator: Simulator) -> None:
    """The severity is only in the numbers of images."""
    document = call(simulator, GROUPED, Type="cve", ImageDigest=bare(RISKY), PageSize=1).document
    (item,) = document.pop("GroupedVulItems")

    assert document == {"CurrentPage": 1, "PageSize": 1, "TotalCount": 11, "RequestId": document["RequestId"]}
    assert item == {
        "Type": "cve",
        "Name": f"debian:12:{item['Related']}",
        "AliasName": item["AliasName"],
        "Related": item["Related"],
        "AsapCount": 0,
        "LaterCount": 0,
        "NntfCount": 1,
        "CanFix": "no",
        "CveScore": "3.1",
        "Status": 0,
        "LastScanTime": ENDED,
        "GmtLast": ENDED,
        "Tags": "",
    }


def test_a_group_counts_images(call: CallAction, simulator: Simulator) -> None:
    """One vulnerability can be of another severity in another image; handled ones have a status of their own."""
    simulator.push(
        listed("other", tag="2", earlier=EarlierScan(ago=60, findings=Findings(vulnerabilities=BySeverity(high=1))))
    )
    of_both = {item["Related"]: item for item in grouped(call, simulator, Type="cve")}
    of_one = {item["Related"]: item for item in grouped(call, simulator, Type="cve", ImageDigest=bare(RISKY))}

    shared = of_both["CVE-2025-10000"]
    assert [shared[name] for name in ("AsapCount", "LaterCount", "NntfCount")] == [1, 0, 1]
    assert shared["LastScanTime"] == 1_789_999_940_000
    assert of_one["CVE-2025-10000"]["AsapCount"] == 0
    assert [item["Status"] for item in of_one.values()].count(3) == 1


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({}, 11),
        ({"Type": "cve"}, 11),
        ({"Type": "sca"}, 3),
        ({"Type": "sca", "Necessity": "asap"}, 1),
        ({"Necessity": "later"}, 3),
        ({"CveId": "CVE-2025-10001"}, 1),
        ({"CveId": "CVE-1"}, 0),
        ({"ImageDigest": RISKY.digest}, 0),
        ({"IsLatest": 1, "Uuids": "unknown"}, 0),
        ({"Lang": "en"}, 11),
    ],
)
def test_every_filter_of_the_grouped_list(
    query: dict[str, object], number: int, call: CallAction, simulator: Simulator
) -> None:
    """Without a type it lists those of the system, which is not verified; it always has the handled ones."""
    assert len(grouped(call, simulator, **query)) == number


@pytest.mark.parametrize(("action", "key", "size"), [(BY_IMAGE, "VulRecords", 10), (GROUPED, "GroupedVulItems", 20)])
def test_pages_have_a_default_and_a_maximum(
    action: str, key: str, size: int, call: CallAction, simulator: Simulator
) -> None:
    """The most severe vulnerabilities are on the last page."""
    simulator.push(
        listed(
            "many", tag="2", earlier=EarlierScan(ago=60, findings=Findings(vulnerabilities=BySeverity(high=1, low=60)))
        )
    )
    query = {"Type": "cve", "Uuids": rows(call, simulator)[1]["Uuid"]}
    default = call(simulator, action, **query).document
    pages = [call(simulator, action, **query, PageSize=100, CurrentPage=number).document for number in (1, 2, 3)]

    assert (len(default[key]), default["PageSize"], default["TotalCount"]) == (size, size, 61)
    assert [len(page[key]) for page in pages] == [50, 11, 0]
    assert pages[0]["PageSize"] == 50
    assert pages[1][key][-1].get("Necessity", "asap") == "asap"


@pytest.mark.parametrize(
    ("action", "query", "code"),
    [
        (NUMBERS, {"ImageVul": "true"}, "MissingUuids"),
        (NUMBERS, {"Uuids": "u", "ImageVul": "1"}, "InvalidImageVul"),
        (BY_IMAGE, {}, "MissingType"),
        (BY_IMAGE, {"Type": "cve", "Dealed": "Y"}, "InvalidDealed"),
        (BY_IMAGE, {"Type": "cve", "StatusList": "1,2"}, "InvalidStatusList"),
        (BY_IMAGE, {"Type": "cve", "Necessity": "asap,later"}, "InvalidNecessity"),
        (BY_IMAGE, {"Type": "cve", "ScanRange.1": "host"}, "InvalidScanRange"),
        (BY_IMAGE, {"Type": "cve", "Lang": "de"}, "InvalidLang"),
        (BY_IMAGE, {"Type": "cve", "PageSize": "0"}, "InvalidPageSize"),
        (BY_IMAGE, {"Type": "cve", "GroupByAsset": "1"}, "InvalidGroupByAsset"),
        (GROUPED, {"Type": "cve,sca"}, "InvalidType"),
        (GROUPED, {"IsLatest": "true"}, "InvalidIsLatest"),
        (GROUPED, {"CurrentPage": "0"}, "InvalidCurrentPage"),
        (GROUPED, {"Necessity": "high"}, "InvalidNecessity"),
    ],
)
def test_a_missing_or_invalid_parameter_is_rejected(
    action: str, query: dict[str, str], code: str, call: CallAction, simulator: Simulator
) -> None:
    response = call(simulator, action, **query)

    assert (response.status, response.document["Code"]) == (400, code)
