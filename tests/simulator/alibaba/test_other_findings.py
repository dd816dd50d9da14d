"""Tests the malicious files, baseline risks and sensitive files of pushed images (alibaba-images.md 3.2 and 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import BySeverity, EarlierScan, Findings, Simulator
from tests.simulator.alibaba.pushed import BASELINE, FILES, SENSITIVE, bare, row, rows
from tests.simulator.images import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulator.conftest import CallAction, Clock

FINDINGS = Findings(
    malicious_files=BySeverity(critical=1, high=1, medium=1, low=2),
    baseline=BySeverity(critical=1, high=2, low=4),
    sensitive_files=BySeverity(high=2, low=1),
)
ENDED = 1_789_999_100_000
RISKY = listed("risky", tag="1", earlier=EarlierScan(ago=900, findings=FINDINGS))
PAGE = {"CurrentPage": 1, "PageSize": "50"}


@pytest.fixture
def simulator(clock: Clock) -> Iterator[Simulator]:
    """A running simulator with one image that was scanned."""
    with Simulator("empty", now=clock) as simulator:
        simulator.push(RISKY)
        yield simulator


def files(call: CallAction, simulator: Simulator, **query: object) -> list[dict[str, Any]]:
    """The first page of malicious files."""
    found = call(simulator, FILES, **{**PAGE, **query}).document["GroupedMaliciousFileResponse"]
    return [*found]


def test_a_malicious_file_has_every_field(call: CallAction, simulator: Simulator) -> None:
    """It counts the images that have it; the most severe one is the last."""
    simulator.push(listed("other", tag="2", earlier=EarlierScan(ago=60, findings=FINDINGS)))
    document = call(simulator, FILES, CurrentPage=1, PageSize="1").document
    (file,) = document["GroupedMaliciousFileResponse"]

    assert file == {
        "Level": "remind",
        "Status": 0,
        "ImageCount": 2,
        "MaliciousName": file["MaliciousName"],
        "MaliciousKey": file["MaliciousKey"],
        "MaliciousMd5": file["MaliciousMd5"],
        "FirstScanTimestamp": 1_789_999_940_000,
        "LatestScanTimestamp": 1_789_999_940_000,
    }
    assert len(file["MaliciousMd5"]) == 32
    assert document["PageInfo"] == {"CurrentPage": 1, "PageSize": 1, "TotalCount": 5, "Count": 1}
    assert [one["Level"] for one in files(call, simulator)] == [
        "remind",
        "remind",
        "suspicious",
        "serious",
        "serious",
    ]


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"ImageDigest": bare(RISKY)}, 5),
        ({"ImageDigest": RISKY.digest}, 0),
        ({"Levels": "serious"}, 2),
        ({"Levels": "suspicious,remind"}, 3),
        ({"RepoNamespace": "shop"}, 0),
        ({"RepoName": "shop/web"}, 5),
        ({"ScanRange.1": "container"}, 0),
    ],
)
def test_every_filter_of_malicious_files(
    query: dict[str, str], number: int, call: CallAction, simulator: Simulator
) -> None:
    assert len(files(call, simulator, **query)) == number


def test_an_image_without_results_has_no_findings(call: CallAction, simulator: Simulator) -> None:
    """Not only no risky ones."""
    simulator.push(listed("unscanned", tag="2", findings=FINDINGS))
    uuid = rows(call, simulator)[1]["Uuid"]

    assert files(call, simulator, ImageDigest=bare(listed("unscanned"))) == []
    assert call(simulator, BASELINE, ImageUuid=uuid).document["BaselineResult"] == []


def test_baseline_risks_are_one_row_for_each_level(call: CallAction, simulator: Simulator) -> None:
    """Each counts its items; medium ones are called Middle there."""
    findings = Findings(baseline=BySeverity(medium=1))
    simulator.push(listed("medium", tag="2", earlier=EarlierScan(ago=60, findings=findings)))
    uuids = [one["Uuid"] for one in rows(call, simulator)]
    document, medium = (call(simulator, BASELINE, ImageUuid=uuid).document for uuid in uuids)
    low, high = document["BaselineResult"]

    assert document["PageInfo"] == {"CurrentPage": 1, "PageSize": 20, "TotalCount": 2, "Count": 2}
    assert high == {
        "BaselineNameLevel": "high",
        "BaselineNameKey": high["BaselineNameKey"],
        "BaselineNameAlias": high["BaselineNameAlias"],
        "BaselineClassAlias": high["BaselineClassAlias"],
        "BaselineItemCount": 3,
        "HighRiskItemCount": 3,
        "MiddleRiskItemCount": 0,
        "LowRiskItemCount": 0,
        "Status": 0,
        "FirstScanTime": ENDED,
        "LastScanTime": ENDED,
    }
    assert (low["BaselineNameLevel"], low["LowRiskItemCount"], low["HighRiskItemCount"]) == ("low", 4, 0)
    assert [one["MiddleRiskItemCount"] for one in medium["BaselineResult"]] == [1]


@pytest.mark.parametrize(("levels", "number"), [("high", 1), ("high,low", 2), ("medium", 0)])
def test_baseline_risks_can_be_filtered_by_level(
    levels: str, number: int, call: CallAction, simulator: Simulator
) -> None:
    uuid = row(call, simulator)["Uuid"]

    assert len(call(simulator, BASELINE, ImageUuid=uuid, RiskLevel=levels).document["BaselineResult"]) == number
    assert call(simulator, BASELINE, ImageUuid="unknown", RiskLevel=levels).document["BaselineResult"] == []


def secrets(call: CallAction, simulator: Simulator, **query: object) -> list[dict[str, Any]]:
    """The first page of sensitive files."""
    found: list[dict[str, Any]] = call(simulator, SENSITIVE, **query).document["SensitiveFileList"]
    return found


def test_a_sensitive_file_is_a_row_for_its_kind_without_its_content(call: CallAction, simulator: Simulator) -> None:
    """They make no image risky, and the result is stated once more in the document."""
    uuid = row(call, simulator)["Uuid"]
    document = call(simulator, SENSITIVE, ImageUuid=uuid, PageSize=1, CurrentPage=2).document
    (high,) = document["SensitiveFileList"]

    assert (document["Code"], document["Success"], document["HttpStatusCode"]) == ("200", True, 200)
    assert document["PageInfo"] == {"CurrentPage": 2, "PageSize": 1, "TotalCount": 2, "Count": 1}
    assert high == {
        "RiskLevel": "high",
        "SensitiveFileKey": "rsa_private_key",
        "SensitiveFileName": "rsa_private_key in a file",
        "ClassKey": "password",
        "ClassName": "Passwords",
        "Count": 2,
        "UnprocessedNum": 1,
        "Status": 0,
        "FirstScanTime": ENDED,
        "LastScanTime": ENDED,
    }


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ({}, ["git_cfg", "rsa_private_key"]),
        ({"ImageUuid": "unknown"}, []),
        ({"RiskLevel": "high"}, ["rsa_private_key"]),
        ({"RiskLevel": "medium"}, []),
        ({"ScanRange": '["image","container"]'}, ["git_cfg", "rsa_private_key"]),
        ({"ScanRange": '["container"]'}, []),
    ],
)
def test_every_filter_of_sensitive_files(
    query: dict[str, str], keys: list[str], call: CallAction, simulator: Simulator
) -> None:
    """The ranges are an array in JSON here."""
    assert [one["SensitiveFileKey"] for one in secrets(call, simulator, **query)] == keys


@pytest.mark.parametrize(
    ("action", "query", "code"),
    [
        (FILES, {"PageSize": "1"}, "MissingCurrentPage"),
        (FILES, {"CurrentPage": "1"}, "MissingPageSize"),
        (FILES, {**PAGE, "Levels": "high"}, "InvalidLevels"),
        (BASELINE, {}, "MissingImageUuid"),
        (BASELINE, {"ImageUuid": "u", "RiskLevel": "middle"}, "InvalidRiskLevel"),
        (BASELINE, {"ImageUuid": "u", "PageSize": "x"}, "InvalidPageSize"),
        (SENSITIVE, {"RiskLevel": "high,low"}, "InvalidRiskLevel"),
        (SENSITIVE, {"ScanRange": "image"}, "InvalidScanRange"),
        (SENSITIVE, {"ScanRange": '["host"]'}, "InvalidScanRange"),
        (SENSITIVE, {"ScanRange": '"image"'}, "InvalidScanRange"),
        (SENSITIVE, {"ScanRange": "[1]"}, "InvalidScanRange"),
    ],
)
def test_a_missing_or_invalid_parameter_is_rejected(
    action: str, query: dict[str, object], code: str, call: CallAction, simulator: Simulator
) -> None:
    assert call(simulator, action, **query).document["Code"] == code
