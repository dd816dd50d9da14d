"""Tests the vulnerabilities of one image in HSS (huawei-images.md 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import BySeverity, EarlierScan, Findings, Simulator, Unverified
from tests.simulator.huawei.calls import INSTANCE_HOST, hss, image_rows
from tests.simulator.images import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulator.conftest import Clock, Response, SendRequest

FINDINGS = Findings(
    vulnerabilities=BySeverity(critical=1, high=2, medium=3, low=4),
    libraries=BySeverity(high=1, low=1),
    handled=BySeverity(high=1),
)


@pytest.fixture
def simulator(clock: Clock) -> Iterator[Simulator]:
    """A running simulator with one image, in which each vulnerability is listed once."""
    with Simulator("empty", now=clock) as simulator:
        simulator.push(listed(earlier=EarlierScan(ago=300, findings=FINDINGS)))
        simulator.account.unverified = Unverified(repeats_vulnerabilities=False)
        yield simulator


def vulnerabilities(send: SendRequest, simulator: Simulator, **query: object) -> Response:
    """The vulnerabilities of the only image."""
    (row,) = image_rows(send, simulator)
    key = {"image_type": row["image_type"], "namespace": "team", "image_name": "shop/web", "tag_name": "1.4.2"}
    given = {name: value for name, value in {**key, "limit": 200, **query}.items() if value is not None}
    image_id = given.pop("image_id", row["image_id"])
    return hss(send, simulator, f"{image_id}/vulnerabilities", **given)


def total(response: Response) -> int:
    """The number of rows on all pages."""
    number = response.document["total_num"]
    assert isinstance(number, int)
    return number


def test_a_vulnerability_has_every_documented_field(send: SendRequest, simulator: Simulator) -> None:
    """Only one of an application has a path."""
    rows = vulnerabilities(send, simulator).document["data_list"]
    names = {
        "vul_id",
        "repair_necessity",
        "description",
        "position",
        "app_name",
        "version",
        "solution",
        "url",
    }

    assert {frozenset(row.keys() - {"app_path"}) for row in rows} == {frozenset(names)}
    assert sum("app_path" in row for row in rows) == 2


def test_the_least_severe_are_on_the_first_page(send: SendRequest, simulator: Simulator) -> None:
    """A page has ten rows if no limit is given."""
    pages = [vulnerabilities(send, simulator, limit=None, offset=offset).document for offset in (0, 10)]

    assert [len(page["data_list"]) for page in pages] == [10, 3]
    assert pages[0]["data_list"][0]["repair_necessity"] == "not_needed_repair"
    assert pages[1]["data_list"][-1]["repair_necessity"] == "immediate_repair"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 13),
        ({"repair_necessity": "immediate_repair"}, 5),
        ({"repair_necessity": "delay_repair"}, 3),
        ({"repair_necessity": "not_needed_repair"}, 5),
        ({"type": "app_vul"}, 2),
        ({"type": "linux_vul"}, 11),
        ({"handle_status": "handled"}, 1),
        ({"handle_status": "unhandled"}, 12),
        ({"vul_id": "SA-2025-100"}, 10),
        ({"app_name": "openssl"}, 2),
        ({"offset": 100}, 13),
    ],
)
def test_vulnerabilities_are_filtered(
    query: dict[str, Any], count: int, send: SendRequest, simulator: Simulator
) -> None:
    """Those that are critical are immediate_repair, too."""
    assert total(vulnerabilities(send, simulator, **query)) == count


def test_handled_vulnerabilities_may_be_listed_only_on_request(send: SendRequest, simulator: Simulator) -> None:
    simulator.account.unverified = Unverified(repeats_vulnerabilities=False, lists_handled_vulnerabilities=False)

    assert total(vulnerabilities(send, simulator)) == 12
    assert total(vulnerabilities(send, simulator, handle_status="handled")) == 1


def test_a_vulnerability_may_be_listed_for_each_package(send: SendRequest, simulator: Simulator) -> None:
    """So there may be more rows than vulnerabilities."""
    simulator.account.unverified = Unverified()
    rows = vulnerabilities(send, simulator).document["data_list"]

    assert len(rows) > 13
    assert len({row["vul_id"] for row in rows}) == 13
    assert len({(row["vul_id"], row["app_name"]) for row in rows}) == len(rows)


@pytest.mark.parametrize(
    "wrong",
    [
        {"image_id": "0" * 64},
        {"image_type": "shared_image"},
        {"image_type": "cicd"},
        {"namespace": "other"},
        {"image_name": "web"},
        {"tag_name": "1.4"},
        {"instance_id": "i-1"},
        {"enterprise_project_id": "e-1"},
    ],
)
def test_a_wrong_key_has_an_empty_result_and_no_error(
    wrong: dict[str, object], send: SendRequest, simulator: Simulator
) -> None:
    response = vulnerabilities(send, simulator, **wrong)

    assert (response.status, response.document) == (200, {"data_list": [], "total_num": 0})


def test_an_image_of_swr_enterprise_is_found_by_its_instance_only(send: SendRequest, clock: Clock) -> None:
    with Simulator("empty", now=clock) as simulator:
        simulator.push(listed(registry=INSTANCE_HOST, earlier=EarlierScan(ago=300, findings=FINDINGS)))
        (row,) = image_rows(send, simulator)

        assert total(vulnerabilities(send, simulator)) == 0
        assert total(vulnerabilities(send, simulator, instance_id=row["instance_id"])) > 0


def test_an_image_that_was_never_scanned_has_none(send: SendRequest, clock: Clock) -> None:
    with Simulator("empty", now=clock) as simulator:
        simulator.push(listed(findings=FINDINGS))

        assert total(vulnerabilities(send, simulator)) == 0


@pytest.mark.parametrize(
    "query",
    [
        {"image_type": None},
        {"namespace": None},
        {"image_name": None},
        {"tag_name": None},
        {"image_type": "registry"},
        {"limit": 9},
        {"limit": 201},
        {"repair_necessity": "high"},
        {"type": "cve"},
        {"handle_status": "ignored"},
        {"tag_name": "t" * 65},
    ],
)
def test_a_parameter_that_is_missing_or_out_of_its_range_is_rejected(
    query: dict[str, Any], send: SendRequest, simulator: Simulator
) -> None:
    response = vulnerabilities(send, simulator, **query)

    assert (response.status, response.document["error_code"]) == (400, "HSS.0001")


@pytest.mark.parametrize(
    ("vul_id", "cves"),
    [
        ("HCE-SA-2025-1000", ["CVE-2025-10000"]),
        ("HCE-SA-2025-1003", ["CVE-2025-10003", "CVE-2024-10003"]),
        ("HCE-SA-2025-1005", []),
        ("HCE-SA-2025-0999", []),
        ("HCE-SA-2025", []),
        ("X-1", []),
    ],
)
def test_an_advisory_has_one_cve_several_or_none(
    vul_id: str, cves: list[str], send: SendRequest, simulator: Simulator
) -> None:
    """What is not known has none, and no error."""
    response = hss(send, simulator, f"vulnerability/{vul_id}/cve", limit=200)

    assert [row["cve_id"] for row in response.document["data_list"]] == cves
    assert total(response) == len(cves)


def test_cves_are_listed_in_pages(send: SendRequest, simulator: Simulator) -> None:
    (row,) = hss(send, simulator, "vulnerability/HCE-SA-2025-1003/cve", limit=200, offset=1).document["data_list"]
    refused = hss(send, simulator, "vulnerability/HCE-SA-2025-1003/cve", limit=201)

    assert row["cve_id"] == "CVE-2024-10003"
    assert refused.document["error_code"] == "HSS.0001"


def test_the_vulnerabilities_of_an_image_have_no_cves_and_their_ids_lead_to_them(
    send: SendRequest, simulator: Simulator
) -> None:
    rows = vulnerabilities(send, simulator).document["data_list"]
    lists = [hss(send, simulator, f"vulnerability/{row['vul_id']}/cve").document["data_list"] for row in rows]

    assert not any("cve_id" in row for row in rows)
    assert {len(cves) for cves in lists} == {0, 1, 2}
