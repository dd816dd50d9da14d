"""What the rows of Security Center say of one image: its state, its result, and what contradicts it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.alibaba.images.rows import as_image, parse_row
from gate.image import ImageRef, ImageState, ScannedImage
from gate.scan import ScanScope
from tests.builders import NOW
from tests.clouds.alibaba.images.builders import DIGEST, a_row, in_ms

if TYPE_CHECKING:
    from gate.clouds.alibaba.images.rows import ImageRow

IMAGE = ImageRef(registry="demo", namespace="shop", name="api", tag="1.0", digest=f"sha256:{DIGEST}")
HOUR = timedelta(hours=1)
RUNNING = [
    *("START", "MESSAGE_SEND", "START_RUN", "DOWNLOAD", "PRE_ANALYZER", "WEB_SHELL_ANALYZER", "CVE_ANALYZER"),
    *("BIN_ANALYZER", "OTHER_ANALYZER", "PRE_ANALYZER_SUCCESS"),
]
"""The documented words for a scan that goes on (alibaba-security-center.md 1.2)."""


def row(**fields: Any) -> ImageRow:
    return parse_row(a_row(**fields))


def seen(*rows: ImageRow) -> ScannedImage:
    return as_image(IMAGE, rows)


def test_a_row_names_its_image_and_the_id_of_its_findings() -> None:
    found = row(Uuid="1a2b", RepoNamespace="shop", RepoName="team/api", Tag="1.0", Digest=f"SHA256:{DIGEST.upper()}")

    assert (found.namespace, found.name, found.tag, found.uuid) == ("shop", "team/api", "1.0", "1a2b")
    assert found.digest == DIGEST


@pytest.mark.parametrize(
    ("fields", "state", "raw_state"),
    [
        ({}, ImageState.SCANNED, "SUCCESS"),
        ({"ScaResult": "SUCCESS"}, ImageState.SCANNED, "SUCCESS"),
        ({"ScaResult": ""}, ImageState.SCANNED, "SUCCESS"),
        *(({"ScaStatus": word}, ImageState.SCANNING, word) for word in RUNNING),
        ({"ScaStatus": "START", "ScaResult": "TASK_NOT_SUPPORT_REGION"}, ImageState.SCANNING, None),
        ({"ScaStatus": "FAIL"}, ImageState.FAILED, "FAIL"),
        ({"ScaStatus": "TIMEOUT"}, ImageState.FAILED, "TIMEOUT"),
        ({"ScaStatus": "TIMOUT"}, ImageState.FAILED, "TIMOUT"),
        ({"ScaStatus": "FAIL", "ScaResult": "TASK_NOT_EXISTS"}, ImageState.FAILED, "FAIL, TASK_NOT_EXISTS"),
        (
            {"ScaStatus": "SUCCESS", "ScaResult": "TASK_NOT_SUPPORT_REGION"},
            ImageState.NOT_SCANNABLE,
            "SUCCESS, TASK_NOT_SUPPORT_REGION",
        ),
        ({"ScaStatus": "FAIL", "ScaResult": "TASK_NOT_SUPPORT_REGION"}, ImageState.NOT_SCANNABLE, None),
        ({"ScaStatus": None, "LastScanTime": None}, ImageState.WAITING, "none given"),
        ({"ScaStatus": "", "LastScanTime": None}, ImageState.WAITING, "none given"),
        ({"ScaStatus": None, "ScaResult": "TASK_NOT_EXISTS"}, ImageState.WAITING, "TASK_NOT_EXISTS"),
        ({"ScaStatus": None}, ImageState.WAITING, "none given"),
        ({"ScaStatus": "INIT", "ScaProgress": 0, "LastScanTime": None}, ImageState.WAITING, "INIT"),
        ({"ScaStatus": "INIT", "ScaProgress": None, "LastScanTime": None}, ImageState.WAITING, "INIT"),
        ({"ScaStatus": "INIT"}, ImageState.SCANNING, "INIT"),
        ({"ScaStatus": "INIT", "ScaProgress": 5, "LastScanTime": None}, ImageState.SCANNING, "INIT"),
        ({"ScaStatus": "INIT", "ScaResult": "forbid_create_repeat_task", "LastScanTime": None}, "scanning", None),
        ({"LastScanTime": None}, ImageState.UNKNOWN, "SUCCESS, without a scan time"),
        ({"LastScanTime": 0}, ImageState.UNKNOWN, "SUCCESS, without a scan time"),
        ({"LastScanTime": "1764246200000"}, ImageState.UNKNOWN, "SUCCESS, without a scan time"),
        ({"ScaResult": "forbid_create_repeat_task"}, ImageState.UNKNOWN, "SUCCESS, forbid_create_repeat_task"),
        ({"ScaResult": 0}, ImageState.UNKNOWN, "SUCCESS, 0"),
        ({"ScaStatus": None, "ScaResult": "WHATEVER", "LastScanTime": None}, ImageState.UNKNOWN, "WHATEVER"),
        ({"ScaStatus": "success"}, ImageState.UNKNOWN, "success"),
        ({"ScaStatus": "DONE"}, ImageState.UNKNOWN, "DONE"),
        ({"ScaStatus": ["SUCCESS"]}, ImageState.UNKNOWN, "['SUCCESS']"),
        ({"ScaStatus": True}, ImageState.UNKNOWN, "True"),
    ],
    ids=str,
)
def test_only_the_documented_word_for_success_with_a_scan_time_is_a_result(
    fields: dict[str, Any], state: ImageState, raw_state: str | None
) -> None:
    image = seen(row(**fields))

    assert image.image == IMAGE
    assert image.state == state
    assert image.raw_state == (raw_state or image.raw_state)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"ScaStatus": "FAIL"}, "FAIL"),
        ({"ScaStatus": "TIMEOUT", "ScaResult": "SUCCESS"}, "TIMEOUT"),
        ({"ScaStatus": "FAIL", "ScaResult": "download_failed"}, "download_failed"),
        ({"ScaStatus": "FAIL", "ScaResult": "TASK_NOT_SUPPORT_REGION"}, "TASK_NOT_SUPPORT_REGION"),
        ({"ScaStatus": "START"}, ""),
        ({}, ""),
    ],
    ids=str,
)
def test_the_reason_of_a_failure_is_in_the_clouds_own_words(fields: dict[str, Any], reason: str) -> None:
    assert seen(row(**fields)).reason == reason


def test_a_long_reason_is_cut_off() -> None:
    assert seen(row(ScaStatus="FAIL", ScaResult="x" * 1000)).reason == "x" * 80 + "…"


def test_an_image_without_rows_is_missing_even_if_its_tag_has_another_digest() -> None:
    assert seen() == ScannedImage(image=IMAGE, state=ImageState.MISSING)
    assert as_image(IMAGE, (), "sha256:b").listed_digest == "sha256:b"


def test_a_result_has_its_time_and_the_number_of_findings_of_each_kind() -> None:
    image = seen(row(LastScanTime=in_ms(NOW - HOUR), VulCount=3, HcCount=0, AlarmCount=None, RiskStatus="YES"))

    assert image.scanned_at == NOW - HOUR
    assert image.kinds == {ScanScope.VULNERABILITY: 3, ScanScope.BASELINE: 0}
    assert image.is_risky is True


@pytest.mark.parametrize(
    ("fields", "is_risky"),
    [
        ({}, False),
        ({"RiskStatus": "YES"}, True),
        ({"RiskStatus": None}, None),
        ({"RiskStatus": "no"}, None),
        ({"RiskStatus": "NO", "VulCount": 1}, None),
        ({"RiskStatus": "NO", "HcStatus": "YES"}, None),
        ({"RiskStatus": "NO", "AlarmCount": 1.0}, None),
        ({"RiskStatus": "NO", "VulCount": "many"}, None),
    ],
    ids=str,
)
def test_an_image_is_never_free_of_risks_against_a_part_of_its_own_row(
    fields: dict[str, Any], is_risky: object
) -> None:
    assert seen(row(**fields)).is_risky is is_risky


def test_both_spellings_of_the_scan_time_are_read_and_the_earlier_one_counts() -> None:
    later, earlier = in_ms(NOW), in_ms(NOW - HOUR)

    assert seen(row(LastScanTime=None, lastScanTime=later)).scanned_at == NOW
    found = row(LastScanTime=later, lastScanTime=earlier)
    assert (found.scanned_at, found.latest_at) == (NOW - HOUR, NOW)


@pytest.mark.parametrize("form", [str, int])
def test_a_result_from_before_the_image_came_under_this_tag_may_be_that_of_another_image(form: type) -> None:
    """Whether the row of a tag that has moved keeps the result of the image before is not documented."""
    moved = row(LastScanTime=in_ms(NOW - HOUR), ImageUpdate=form(in_ms(NOW)), RiskStatus="YES")

    assert seen(moved).state is ImageState.OUTDATED
    assert seen(moved).scanned_at == NOW - HOUR
    assert seen(moved).is_risky is True
    assert seen(moved, row(LastScanTime=in_ms(NOW))).state is ImageState.SCANNED
    assert seen(moved, row(ScaStatus=None)).state is ImageState.OUTDATED
    assert seen(moved, row(LastScanTime=in_ms(NOW))).is_risky is None
    assert seen(row(LastScanTime=in_ms(NOW - HOUR), ImageUpdate=form(in_ms(NOW))), row()).is_risky is False


@pytest.mark.parametrize("updated", [in_ms(NOW - HOUR), str(in_ms(NOW)), None, "yesterday", "", True])
def test_a_result_of_the_time_since_then_is_taken_and_so_is_one_where_that_time_is_unknown(updated: object) -> None:
    assert seen(row(LastScanTime=in_ms(NOW), ImageUpdate=updated)).state is ImageState.SCANNED


# An image with several rows.


def test_the_newest_result_under_any_tag_counts() -> None:
    newer, older = row(LastScanTime=in_ms(NOW), VulCount=1), row(LastScanTime=in_ms(NOW - HOUR), VulCount=2)

    for image in (seen(older, newer), seen(newer, older)):
        assert (image.state, image.scanned_at) == (ImageState.SCANNED, NOW)
        assert image.kinds[ScanScope.VULNERABILITY] == 2


@pytest.mark.parametrize(
    ("later", "is_same"),
    [
        ({}, True),
        ({"ScaProgress": 99}, True),
        ({"VulCount": 1}, False),
        ({"RiskStatus": "YES"}, False),
        ({"LastScanTime": in_ms(NOW - 3 * HOUR)}, False),
        ({"lastScanTime": in_ms(NOW - HOUR / 2)}, False),
        ({"ScaStatus": None, "LastScanTime": None}, False),
    ],
    ids=["nothing", "the progress", "a count", "the risk", "the scan", "the later time", "the state"],
)
def test_a_look_with_the_same_worst_counts_differs_by_what_has_changed_under_one_tag(
    later: dict[str, Any], *, is_same: bool
) -> None:
    """The results of one digest under two tags are late, and not equally late."""
    risky, tag = row(Tag="a", RiskStatus="YES", VulCount=2), {"Tag": "b", "LastScanTime": in_ms(NOW - 2 * HOUR)}
    first, second = seen(risky, row(**tag)), seen(row(**{**tag, **later}), risky)

    assert replace(first, results_by_tag=()) == replace(second, results_by_tag=())
    assert (first == second) is is_same


@pytest.mark.parametrize(
    ("risks", "is_risky"),
    [
        (("NO", "NO"), False),
        (("NO", "YES"), True),
        (("NO", None), None),
        (("YES", None), True),
    ],
)
def test_an_image_that_is_risky_under_one_tag_is_risky(risks: tuple[str | None, ...], is_risky: object) -> None:
    rows = [row(RiskStatus=risk) for risk in risks]

    assert seen(*rows).is_risky is is_risky
    assert seen(*reversed(rows)).is_risky is is_risky


def test_a_risk_in_a_row_without_a_result_counts_too() -> None:
    assert seen(row(), row(ScaStatus=None, RiskStatus="YES")).is_risky is True
    assert seen(row(), row(ScaStatus=None, RiskStatus=None)).is_risky is False


@pytest.mark.parametrize(
    ("other", "state"),
    [
        ({"ScaStatus": "START"}, ImageState.SCANNING),
        ({"ScaStatus": "DONE"}, ImageState.UNKNOWN),
        ({"ScaStatus": None}, ImageState.SCANNED),
        ({"ScaStatus": "FAIL", "ScaResult": "TASK_NOT_SUPPORT_REGION"}, ImageState.SCANNED),
        ({"ScaStatus": "FAIL", "LastScanTime": in_ms(NOW - HOUR)}, ImageState.SCANNED),
        ({"ScaStatus": "FAIL", "LastScanTime": in_ms(NOW)}, ImageState.FAILED),
        ({"ScaStatus": "FAIL", "LastScanTime": None}, ImageState.FAILED),
    ],
    ids=str,
)
def test_a_result_beside_another_row_counts_unless_that_may_still_change_it(
    other: dict[str, Any], state: ImageState
) -> None:
    assert seen(row(LastScanTime=in_ms(NOW)), row(**other)).state is state
    assert seen(row(**other), row(LastScanTime=in_ms(NOW))).state is state


def test_a_scan_that_goes_on_comes_before_a_state_that_nobody_documents() -> None:
    image = seen(row(ScaStatus="DONE"), row(ScaStatus="START"), row(ScaStatus="START"))

    assert (image.state, image.raw_state) == (ImageState.SCANNING, "DONE, START")


def test_failures_under_several_tags_are_named_once_each() -> None:
    rows = [row(ScaStatus="FAIL", ScaResult=result, LastScanTime=None) for result in ("one", "two", "one")]
    image = seen(*rows, row(ScaStatus="FAIL", LastScanTime=in_ms(NOW)), row(ScaStatus=None))

    assert (image.state, image.reason) == (ImageState.FAILED, "one, two, FAIL")
    assert image.raw_state == "FAIL, one, FAIL, two, FAIL"
    assert image.scanned_at == NOW


def test_one_tag_in_an_unsupported_region_is_enough_for_an_image_that_nobody_has_scanned() -> None:
    rows = [row(ScaStatus=None), row(ScaStatus="FAIL", ScaResult="TASK_NOT_SUPPORT_REGION")]

    assert seen(*rows).state is ImageState.NOT_SCANNABLE
