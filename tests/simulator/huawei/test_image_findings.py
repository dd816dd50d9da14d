"""Tests the malicious files, baselines and sensitive information of one image in HSS (huawei-images.md 3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import BySeverity, EarlierScan, Findings, Simulator
from gate.simulator.huawei.findings import SECRET
from tests.simulator.huawei.calls import INSTANCE_HOST, hss, image_rows
from tests.simulator.images import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulator.conftest import Clock, Response, SendRequest

FINDINGS = Findings(
    malicious_files=BySeverity(high=2, low=1),
    baseline=BySeverity(critical=1, high=2, medium=3),
    sensitive_files=BySeverity(critical=1, low=2),
)
MALWARE, BASELINES, SENSITIVE = "malwares", "baseline/risk-configs", "sensitive"
EVERY = (MALWARE, BASELINES, SENSITIVE)


@pytest.fixture
def simulator(clock: Clock) -> Iterator[Simulator]:
    """A running simulator with one image."""
    with Simulator("empty", now=clock) as simulator:
        simulator.push(listed(earlier=EarlierScan(ago=300, findings=FINDINGS)))
        yield simulator


def found(send: SendRequest, simulator: Simulator, what: str, **query: object) -> Response:
    """A list of findings of the only image; a parameter that is None is left out."""
    (row,) = image_rows(send, simulator)
    tag = "tag_name" if what == MALWARE else "image_version"
    key = {"image_type": row["image_type"], "namespace": "team", "image_name": "shop/web", tag: "1.4.2"}
    given = {"image_id": row["image_id"], **key, "limit": 200, **query}
    asked = {name: value for name, value in given.items() if value is not None}
    path = what if what == BASELINES else f"{asked.pop('image_id')}/{what}"
    return hss(send, simulator, path, **asked)


def rows(response: Response) -> list[dict[str, Any]]:
    """The rows of a page that has all of them."""
    listed: list[dict[str, Any]] = response.document["data_list"]
    assert response.document["total_num"] == len(listed)
    return listed


def test_a_malicious_file_has_no_severity(send: SendRequest, simulator: Simulator) -> None:
    malware = rows(found(send, simulator, MALWARE))

    assert len(malware) == 3
    assert {frozenset(row) for row in malware} == {frozenset({"file_name", "file_path", "size", "description"})}


def test_there_is_a_row_for_each_baseline_and_the_failed_items_add_up(send: SendRequest, simulator: Simulator) -> None:
    """One that is kept has a row, too."""
    baselines = rows(found(send, simulator, BASELINES))
    (row,) = image_rows(send, simulator)

    assert sum(one["failed_rule_num"] for one in baselines) == row["unsafe_setting_num"] == 6
    assert [one["severity"] for one in baselines] == ["Security", "Medium", "High", "High"]
    assert len({(one["check_name"], one["standard"]) for one in baselines}) == 4


def test_sensitive_information_has_the_secret_in_it(send: SendRequest, simulator: Simulator) -> None:
    secrets = rows(found(send, simulator, SENSITIVE))

    assert [one["severity"] for one in secrets] == ["low", "low", "critical"]
    assert {one["content"] for one in secrets} == {SECRET}


@pytest.mark.parametrize(
    ("what", "query", "count"),
    [
        (MALWARE, {"file_name": "miner-1"}, 1),
        (MALWARE, {"namespace": None, "image_name": None, "tag_name": None}, 3),
        (BASELINES, {"severity": "High"}, 2),
        (BASELINES, {"severity": "Worst"}, 0),
        (BASELINES, {"standard": "cn_standard"}, 1),
        (BASELINES, {"check_name": "CentOS 7"}, 1),
        (BASELINES, {"image_type": "registry"}, 4),
        (SENSITIVE, {"severity": "low"}, 2),
        (SENSITIVE, {"handle_status": "handled"}, 0),
        (SENSITIVE, {"file_path": "config-2"}, 1),
        (SENSITIVE, {"namespace": None, "image_name": None, "image_version": None}, 3),
    ],
)
def test_findings_are_filtered(
    what: str, query: dict[str, Any], count: int, send: SendRequest, simulator: Simulator
) -> None:
    assert len(rows(found(send, simulator, what, **query))) == count


@pytest.mark.parametrize(
    ("what", "wrong"),
    [
        *((what, {"image_id": "0" * 64}) for what in EVERY),
        *((what, {"image_type": "shared_image"}) for what in EVERY),
        *((what, {"enterprise_project_id": "e-1"}) for what in EVERY),
        *((what, wrong) for what in (MALWARE, SENSITIVE) for wrong in ({"namespace": "other"}, {"image_name": "web"})),
        (MALWARE, {"tag_name": "1.4"}),
        (SENSITIVE, {"image_version": "1.4"}),
        (BASELINES, {"image_type": "harbor"}),
    ],
)
def test_a_wrong_key_has_an_empty_result_and_no_error(
    what: str, wrong: dict[str, Any], send: SendRequest, simulator: Simulator
) -> None:
    assert rows(found(send, simulator, what, **wrong)) == []


def test_the_id_of_the_image_counts_more_than_its_names_for_baselines(send: SendRequest, simulator: Simulator) -> None:
    assert len(rows(found(send, simulator, BASELINES, image_name="other", image_version="9"))) == 4


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 4),
        ({"image_name": None}, 4),
        ({"image_name": "web"}, 4),
        ({"image_name": "web", "image_version": "9"}, 0),
        ({"image_name": None, "image_version": "9"}, 4),
        ({"namespace": "other"}, 0),
    ],
)
def test_without_an_id_names_select_the_images_of_baselines(
    query: dict[str, Any], count: int, send: SendRequest, simulator: Simulator
) -> None:
    """The name is fuzzy, and the version counts only beside a name."""
    assert len(rows(found(send, simulator, BASELINES, image_id=None, **query))) == count


def test_the_namespace_counts_for_no_image_of_swr_enterprise(send: SendRequest, clock: Clock) -> None:
    with Simulator("empty", now=clock) as simulator:
        simulator.push(listed(registry=INSTANCE_HOST, earlier=EarlierScan(ago=300, findings=FINDINGS)))

        assert len(rows(found(send, simulator, BASELINES, image_id=None, namespace="other"))) == 4


@pytest.mark.parametrize("what", EVERY)
def test_an_image_that_was_never_scanned_has_none(what: str, send: SendRequest, clock: Clock) -> None:
    with Simulator("empty", now=clock) as simulator:
        simulator.push(listed(findings=FINDINGS))

        assert rows(found(send, simulator, what)) == []


@pytest.mark.parametrize(
    ("what", "query"),
    [
        *((what, {"image_type": None}) for what in EVERY),
        *((what, {"limit": 201}) for what in EVERY),
        (MALWARE, {"image_type": "jfrog"}),
        (SENSITIVE, {"severity": "High"}),
        (SENSITIVE, {"handle_status": "ignored"}),
        (BASELINES, {"image_id": "0" * 129}),
    ],
)
def test_a_parameter_that_is_missing_or_out_of_its_range_is_rejected(
    what: str, query: dict[str, Any], send: SendRequest, simulator: Simulator
) -> None:
    response = found(send, simulator, what, **query)

    assert (response.status, response.document["error_code"]) == (400, "HSS.0001")
