"""Tests the rows of ListRegistryImages: fields, filters and pages (huawei-images.md 1.2 and 1.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import BySeverity, EarlierScan, Findings, Platform, SimulatedTask, Simulator, Unverified
from tests.simulator.huawei.calls import INSTANCE_HOST, hss, image_rows, scan
from tests.simulator.images import RISKY, digest, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.simulator.image import ScanFailure
    from tests.simulator.conftest import Clock, SendRequest

NOW = 1_790_000_000_000
"""The time of the clock, in milliseconds since the epoch."""
SCANNED = EarlierScan(ago=300, findings=RISKY)


@pytest.fixture
def simulator(clock: Clock) -> Iterator[Simulator]:
    """A running simulator without images that a test pushed."""
    with Simulator("empty", now=clock) as simulator:
        yield simulator


def names(rows: list[dict[str, Any]]) -> str:
    """The tags of rows, in one text."""
    return "".join(sorted(row["image_version"] for row in rows))


def test_a_scanned_image_has_every_documented_field_in_its_documented_type(
    send: SendRequest, simulator: Simulator
) -> None:
    """Times are milliseconds; the digest is with or without the name of the algorithm."""
    simulator.push(listed(earlier=SCANNED))
    (row,) = image_rows(send, simulator)

    assert row == {
        "id": simulator.account.listed(NOW / 1000)[0].image.number,
        "namespace": "team",
        "image_name": "shop/web",
        "image_id": row["image_id"],
        "image_digest": row["image_digest"],
        "image_version": "1.4.2",
        "image_type": "private_image",
        "registry_id": row["registry_id"],
        "registry_name": "SWR private images",
        "registry_type": "SwrPrivate",
        "latest_version": True,
        "scan_status": "success",
        "image_size": 186_400_000,
        "latest_update_time": NOW - 60_000,
        "latest_scan_time": NOW - 300_000,
        "latest_sync_time": NOW - 60_000,
        "vul_num": 7,
        "unsafe_setting_num": 0,
        "malicious_file_num": 0,
        "scannable": True,
        "is_multiple_arch": False,
        "severity_level": "High",
    }
    assert len(row["image_id"]) == 64
    assert row["image_digest"].removeprefix("sha256:") == digest().removeprefix("sha256:")


def test_the_digest_has_the_name_of_the_algorithm_in_some_rows_only(send: SendRequest, simulator: Simulator) -> None:
    for number in range(20):
        simulator.push(listed(tag=f"1.{number}"))

    assert {len(row["image_digest"]) for row in image_rows(send, simulator)} == {64, 71}


def test_an_image_that_was_never_scanned_has_counts_of_zero(send: SendRequest, simulator: Simulator) -> None:
    """It has neither a scan time nor a level."""
    simulator.push(listed(findings=RISKY))
    (row,) = image_rows(send, simulator)

    assert (row["scan_status"], row["vul_num"], row["unsafe_setting_num"], row["malicious_file_num"]) == (
        ("unscan", 0, 0, 0)
    )
    assert not {"latest_scan_time", "severity_level", "scan_failed_code"} & row.keys()


@pytest.mark.parametrize(
    ("findings", "level", "counts"),
    [
        (Findings(), "Security", (0, 0, 0)),
        (Findings(vulnerabilities=BySeverity(low=2), libraries=BySeverity(low=1)), "Low", (3, 0, 0)),
        (Findings(baseline=BySeverity(medium=4)), "Medium", (0, 4, 0)),
        (Findings(malicious_files=BySeverity(high=1)), "High", (0, 0, 1)),
        (Findings(vulnerabilities=BySeverity(critical=1)), "High", (1, 0, 0)),
        (Findings(handled=BySeverity(high=1), sensitive_files=BySeverity(high=1)), "Security", (0, 0, 0)),
    ],
)
def test_counts_and_level_are_those_of_the_last_scan(
    findings: Findings, level: str, counts: tuple[int, int, int], send: SendRequest, simulator: Simulator
) -> None:
    """The highest level is High."""
    simulator.push(listed(earlier=EarlierScan(ago=300, findings=findings)))
    (row,) = image_rows(send, simulator)

    assert (row["severity_level"], row["vul_num"], row["unsafe_setting_num"], row["malicious_file_num"]) == (
        level,
        *counts,
    )


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        ("broken", "failed", "unknown_error"),
        ("timed-out", "failed", "response_timed_out"),
        ("unsupported", "failed", "schema_v1_not_support"),
        ("download-failed", "download_failed", "download_failed"),
        ("oversized", "image_oversized", "image_over_sized"),
    ],
)
def test_an_image_whose_scan_failed_says_why(
    failure: ScanFailure, status: str, code: str, send: SendRequest, simulator: Simulator
) -> None:
    simulator.push(listed(earlier=EarlierScan(ago=300, failure=failure)))
    (row,) = image_rows(send, simulator)

    assert (row["scan_status"], row["scan_failed_code"]) == (status, code)
    assert "latest_scan_time" not in row


def test_the_state_of_a_scan_is_in_the_row_and_each_response_counts_as_a_poll_of_its_task(
    send: SendRequest, simulator: Simulator, clock: Clock
) -> None:
    simulator.push(listed(findings=RISKY))
    scan(send, simulator, *image_rows(send, simulator))
    states = []
    for step in (0.0, 1.0, 2.0):
        clock.now += step
        states += [(row["scan_status"], row["vul_num"]) for row in image_rows(send, simulator)]

    assert states == [("waiting_for_scan", 0), ("scanning", 0), ("success", 7)]


def test_an_index_is_one_row_with_the_images_of_its_platforms(send: SendRequest, simulator: Simulator) -> None:
    """They have neither scan time nor level, and the row itself can not be scanned."""
    platforms = (
        Platform(digest=digest("amd64")),
        Platform(digest=digest("arm64"), platform="linux/arm64"),
        Platform(digest=digest("attestation"), platform="unknown/unknown"),
    )
    simulator.account.unverified = Unverified(lists_platform_images=True)
    simulator.push(listed("index", children=platforms))
    (row,) = image_rows(send, simulator)

    assert (row["is_multiple_arch"], row["scannable"], row["vul_num"], row["scan_status"]) == (True, False, 0, "unscan")
    assert [one["image_digest"][-64:] for one in row["association_images"]] == [
        digest("amd64")[-64:],
        digest("arm64")[-64:],
    ]
    assert row["association_images"][0].keys() == {
        "id",
        "image_id",
        "image_name",
        "image_version",
        "image_type",
        "namespace",
        "image_digest",
        "scan_status",
        "vul_num",
        "unsafe_setting_num",
        "malicious_file_num",
    }


@pytest.mark.parametrize(
    ("pushed", "expected"),
    [
        (
            {"kind": "shared"},
            {"registry_type": "SwrShared", "image_type": "shared_image", "shared_status": "effective"},
        ),
        ({"kind": "shared", "scannable": False}, {"scannable": False, "shared_status": "expired"}),
        ({"kind": "harbor", "registry": "harbor.example.com"}, {"registry_type": "Harbor", "image_type": "harbor"}),
        ({"kind": "jfrog", "registry": "jfrog.example.com"}, {"registry_type": "Jfrog", "image_type": "jfrog"}),
        (
            {"registry": INSTANCE_HOST},
            {
                "registry_type": "SwrEnterprise",
                "image_type": "instance_image",
                "instance_name": "acme-x1",
                "instance_url": INSTANCE_HOST,
            },
        ),
        ({"registry": "swr.example.com"}, {"registry_type": "SwrPrivate"}),
        ({"size": 3_000_000_000}, {"image_size": 2_147_483_547}),
    ],
)
def test_a_row_has_the_words_of_its_registry(
    pushed: dict[str, Any], expected: dict[str, Any], send: SendRequest, simulator: Simulator
) -> None:
    simulator.push(listed(**pushed))
    (row,) = image_rows(send, simulator)

    assert row.items() >= expected.items()


def test_one_tag_in_two_registries_has_two_rows(send: SendRequest, simulator: Simulator) -> None:
    """They differ by more than their names."""
    for registry in ("", INSTANCE_HOST):
        simulator.push(listed(registry=registry))

    assert {row["registry_type"] for row in image_rows(send, simulator)} == {"SwrPrivate", "SwrEnterprise"}


def test_only_the_tag_that_was_pushed_last_is_the_latest_version(send: SendRequest, simulator: Simulator) -> None:
    """Of each repository."""
    simulator.push(listed(tag="1", pushed_ago=30.0))
    simulator.push(listed(tag="2", pushed_ago=10.0))
    simulator.push(listed(tag="3", repository="team/other", pushed_ago=20.0))

    assert names(image_rows(send, simulator, latest_version="true")) == "23"
    assert names(image_rows(send, simulator, latest_version="False")) == "123"


HIGH = Findings(vulnerabilities=BySeverity(high=1))
SAMPLE = (
    listed(tag="a", repository="team/shop/web", earlier=EarlierScan(ago=100, findings=HIGH)),
    listed(tag="b", repository="team/shop/web-admin", earlier=EarlierScan(ago=200), size=100),
    listed(
        tag="c",
        repository="team-2/shop/web",
        earlier=EarlierScan(ago=300, findings=Findings(malicious_files=BySeverity(medium=1))),
        enterprise_project="e-1",
    ),
    listed(
        tag="d",
        repository="team/web",
        registry=INSTANCE_HOST,
        earlier=EarlierScan(ago=400, findings=Findings(baseline=BySeverity(low=1))),
    ),
    listed(tag="e", repository="team/new", pushed_ago=40.0),
    listed(tag="f", repository="team/index", children=(Platform(digest=digest("amd64")),)),
    listed(tag="g", repository="team/old", earlier=EarlierScan(ago=500, failure="broken")),
)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "abdefg"),
        ({"enterprise_project_id": "all_granted_eps"}, "abcdefg"),
        ({"enterprise_project_id": "e-1"}, "c"),
        ({"enterprise_project_id": "e-2"}, ""),
        ({"image_name": "web"}, "abd"),
        ({"image_name": "shop/web"}, "ab"),
        ({"image_version": "a"}, "a"),
        ({"registry_name": "enterprise"}, "d"),
        ({"image_type": "instance_image"}, "d"),
        ({"image_type": "shared_image"}, ""),
        ({"scan_status": "success"}, "abd"),
        ({"scan_status": "unscan"}, "ef"),
        ({"scan_status": "failed"}, "g"),
        ({"has_vul": "true"}, "a"),
        ({"has_vul": "false"}, "bdefg"),
        ({"has_malicious_file": "true", "enterprise_project_id": "all_granted_eps"}, "c"),
        ({"has_unsafe_setting": "true"}, "d"),
        ({"risky": "true"}, "ad"),
        ({"risky": "false"}, "befg"),
        ({"is_multarch": "true"}, "f"),
        ({"severity_level": "High"}, "a"),
        ({"severity_level": "Security"}, "b"),
        ({"image_size": 100}, "b"),
        ({"instance_name": "acme-x1", "image_type": "instance_image"}, "d"),
        ({"instance_name": "other", "image_type": "instance_image"}, ""),
        ({"instance_id": "other"}, "abefg"),
        ({"start_latest_scan_time": NOW - 200_000}, "ab"),
        ({"start_latest_scan_time": NOW - 199_999}, "a"),
        ({"end_latest_scan_time": NOW - 200_000}, "bd"),
        ({"start_latest_scan_time": NOW - 400_000, "end_latest_scan_time": NOW - 200_000}, "bd"),
        ({"start_latest_update_time": NOW - 50_000}, "e"),
        ({"start_latest_sync_time": NOW + 1}, ""),
        ({"undocumented": "x"}, "abdefg"),
    ],
)
def test_every_filter_keeps_the_matching_rows(
    query: dict[str, Any], expected: str, send: SendRequest, simulator: Simulator
) -> None:
    """The names match in part, and both ends of a window belong to it."""
    for one in SAMPLE:
        simulator.push(one)
    response = hss(send, simulator, "registries/images", **{"namespace": "team", "limit": 200, **query})

    assert names(response.document["data_list"]) == expected
    assert response.document["total_num"] == len(expected)


def test_names_may_have_to_match_as_a_whole(send: SendRequest, simulator: Simulator) -> None:
    """No document says which."""
    simulator.account.unverified = Unverified(fuzzy_names=False)
    for one in SAMPLE:
        simulator.push(one)

    assert names(image_rows(send, simulator, image_name="shop/web")) == "a"
    assert names(image_rows(send, simulator, image_name="shop")) == ""


def test_rows_can_be_sorted_by_their_scan_time(send: SendRequest, simulator: Simulator) -> None:
    for one in SAMPLE[:2]:
        simulator.push(one)
    orders = [
        [row["image_version"] for row in image_rows(send, simulator, sort_key="latest_scan_time", **order)]
        for order in ({}, {"sort_dir": "asc"}, {"sort_dir": "desc"})
    ]

    assert orders == [["b", "a"], ["b", "a"], ["a", "b"]]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 201},
        {"offset": 2_000_001},
        {"namespace": ""},
        {"namespace": "n" * 129},
        {"image_name": ""},
        {"image_version": "v" * 65},
        {"registry_name": "n" * 129},
        {"image_type": "SwrPrivate"},
        {"scan_status": "image_oversized"},
        {"severity_level": "high"},
        {"sort_key": "id"},
        {"sort_dir": "up"},
        {"risky": "yes"},
        {"is_multarch": ""},
        {"image_size": -1},
        {"start_latest_scan_time": -1},
        {"start_latest_scan_time": 2, "end_latest_scan_time": 1},
        {"enterprise_project_id": ""},
        {"instance_id": "i" * 129},
    ],
)
def test_a_parameter_out_of_its_range_is_rejected(
    query: dict[str, Any], send: SendRequest, simulator: Simulator
) -> None:
    response = hss(send, simulator, "registries/images", **query)

    assert (response.status, response.document["error_code"]) == (400, "HSS.0001")


def test_all_pages_together_hold_every_row_once(send: SendRequest, simulator: Simulator) -> None:
    """A page has 10 rows if no limit is given, and may have one."""
    for number in range(12):
        simulator.push(listed(tag=f"{number:02}"))
    queries: list[dict[str, Any]] = [{}, {"offset": 10}, {"limit": 1, "offset": 11}, {"offset": 12}]
    pages = [hss(send, simulator, "registries/images", namespace="team", **query).document for query in queries]

    assert [len(page["data_list"]) for page in pages] == [10, 2, 1, 0]
    assert {page["total_num"] for page in pages} == {12}
    assert len({row["id"] for page in pages[:2] for row in page["data_list"]}) == 12


def test_a_row_that_was_scanned_between_two_pages_moves(send: SendRequest, simulator: Simulator, clock: Clock) -> None:
    """A client that trusts pages during a scan misses a row, and reads another one twice."""
    for number in range(4):
        simulator.push(listed(tag=f"{number}"))
    first = image_rows(send, simulator, limit=2)
    scan(send, simulator, first[0])
    clock.now += 60
    second = image_rows(send, simulator, limit=2, offset=2)

    assert len({row["id"] for row in (*first, *second)}) == 3


def test_the_images_of_tasks_that_name_none_are_listed_too(send: SendRequest, clock: Clock) -> None:
    """A tag shows the task that started last; a failed image says so under both of its tags."""
    with Simulator("failed", now=clock) as simulator:
        for _ in range(3):
            hss(send, simulator, "tasks", type="image_scan", limit=200)
        rows = image_rows(send, simulator, namespace="shop", start_latest_scan_time=NOW - 120_000)
        statuses = [row["scan_status"] for row in image_rows(send, simulator, namespace="shop")]
        archive = image_rows(send, simulator, namespace="archive")

    assert {row["image_name"] for row in rows} == {"app-1", "app-2"}
    assert {row["vul_num"] for row in rows} == {0}
    assert statuses.count("failed") == 2
    assert len(archive) == 120
    assert {row["scan_status"] for row in archive} == {"success", "unscan"}


def test_the_images_of_a_running_task_are_being_scanned(send: SendRequest, clock: Clock) -> None:
    """They show the results of the scan before."""
    with Simulator("stuck", now=clock) as simulator:
        rows = image_rows(send, simulator, namespace="shop", image_version="2.1.0")

    assert [(row["scan_status"], row["vul_num"]) for row in rows] == [("scanning", 3)]


def test_an_image_whose_only_scan_failed_has_no_result(send: SendRequest, clock: Clock) -> None:
    """It belongs to a task that names no images."""
    with Simulator("empty", now=clock) as simulator:
        simulator.tasks.append(
            SimulatedTask(id="t", name="t", total=1, failed=1, scanned_before=False, started_ago=600)
        )
        row, other_tag = image_rows(send, simulator, namespace="shop")

    assert (row["scan_status"], other_tag["scan_status"]) == ("failed", "failed")
    assert not {"latest_scan_time", "severity_level"} & row.keys()
