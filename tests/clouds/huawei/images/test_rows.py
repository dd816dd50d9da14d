"""What one row, or several of one digest, says of an image; what is not documented never becomes a clean result."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gate.clouds.huawei.images.rows import as_image, chosen_row, parse_row
from gate.image import ImageState, ScannedImage, Severity
from gate.scan import ScanScope
from tests.builders import NOW
from tests.clouds.huawei.images.builders import (
    HOUR,
    PUSHED_AT,
    SCANNED_AT,
    a_digest,
    a_ref,
    a_row,
    in_ms,
    without,
)

NO_FINDINGS = {ScanScope.VULNERABILITY: 0, ScanScope.BASELINE: 0, ScanScope.MALICIOUS_FILE: 0}
COUNTS = ("vul_num", "unsafe_setting_num", "malicious_file_num")
ODD = [True, 1.0, "0", "", -1, None, [], {}, 10.5]


def image_of(*rows: dict[str, Any], **others: Any) -> ScannedImage:
    """What these rows say of the image."""
    return as_image(a_ref(), [parse_row(row) for row in rows], **others)


def test_a_scanned_image_has_all_that_its_row_says() -> None:
    image = image_of(a_row())

    assert replace(image, results_by_tag=()) == ScannedImage(
        image=a_ref(),
        state=ImageState.SCANNED,
        raw_state="success",
        scanned_at=SCANNED_AT,
        kinds=NO_FINDINGS,
        highest=Severity.NONE,
        is_risky=False,
    )


def test_an_image_without_a_row_is_missing_with_the_other_digest_of_its_tag() -> None:
    assert image_of(listed_digest=a_digest(2)) == ScannedImage(
        image=a_ref(), state=ImageState.MISSING, listed_digest=a_digest(2)
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("success", ImageState.SCANNED),
        ("failed", ImageState.FAILED),
        ("download_failed", ImageState.FAILED),
        ("image_oversized", ImageState.FAILED),
        ("scanning", ImageState.SCANNING),
        ("waiting_for_scan", ImageState.SCANNING),
        ("unscan", ImageState.WAITING),
        ("Success", ImageState.UNKNOWN),
        ("finished", ImageState.UNKNOWN),
        ("", ImageState.UNKNOWN),
        (None, ImageState.UNKNOWN),
        (100, ImageState.UNKNOWN),
        (["success"], ImageState.UNKNOWN),
    ],
)
def test_only_a_documented_word_is_a_state(status: object, state: ImageState) -> None:
    image = image_of(a_row(scan_status=status))

    assert image.state is state
    assert image.raw_state == (str(status) if status else "none given")
    assert image.scanned_at == SCANNED_AT


@pytest.mark.parametrize("status", ["unscan", "scanning", "failed", "unknown"])
def test_only_a_scanned_image_has_counts(status: str) -> None:
    """The row of an image that was never scanned has counts of 0."""
    image = image_of(a_row(scan_status=status))

    assert (image.kinds, image.highest, image.is_risky) == ({}, None, None)


@pytest.mark.parametrize("time", [0, None, -1, "1769857200000", True, 1.5, 10**30], ids=repr)
def test_a_success_without_a_scan_time_is_no_result(time: object) -> None:
    image = image_of(a_row(latest_scan_time=time))

    assert (image.state, image.raw_state) == (ImageState.UNKNOWN, "success, without a scan time")


@pytest.mark.parametrize(
    ("code", "shown"), [("database_error", "database_error"), ("x\ny", "x y"), (0, "0"), (False, "False"), (1, "1")]
)
def test_a_success_that_states_a_failure_is_no_result(code: object, shown: str) -> None:
    image = image_of(a_row(scan_failed_code=code))

    assert image.state is ImageState.UNKNOWN
    assert image.raw_state.lower() == f"success, beside {shown}".lower()


@pytest.mark.parametrize("code", [None, "", [], {}], ids=repr)
def test_a_success_without_a_failure_is_a_result(code: object) -> None:
    assert image_of(a_row(scan_failed_code=code)).state is ImageState.SCANNED


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"scan_failed_code": "download_failed", "scan_failed_desc": "No route."}, "download_failed: No route."),
        ({"scan_failed_code": "download_failed"}, "download_failed"),
        ({"scan_failed_desc": "No\nroute."}, "No route."),
        ({"scan_failed_code": "", "scan_failed_desc": None}, ""),
        ({"scan_failed_code": 7}, "7"),
        ({}, ""),
    ],
)
def test_a_failed_image_has_its_reason_in_the_clouds_words(fields: dict[str, object], reason: str) -> None:
    assert image_of(a_row(scan_status="failed", **fields)).reason == reason


def test_a_scanned_image_has_no_reason_of_an_earlier_failure() -> None:
    assert image_of(a_row(scan_failed_code="download_failed")).reason == ""


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"is_multiple_arch": True}, "an index of several platforms"),
        ({"is_multiple_arch": "false"}, "an index of several platforms"),
        ({"is_multiple_arch": 0}, "an index of several platforms"),
        ({"association_images": [{"vul_num": 2}]}, "an index of several platforms"),
        ({"is_multiple_arch": None, "association_images": {"vul_num": 2}}, "an index of several platforms"),
        ({"scannable": False}, "HSS says that it cannot be scanned"),
        ({"scannable": 1}, "HSS says that it cannot be scanned"),
        ({"scannable": "true"}, "HSS says that it cannot be scanned"),
        ({"shared_status": "expired"}, "the sharing has expired"),
        ({"shared_status": True}, "the sharing has expired"),
    ],
)
@pytest.mark.parametrize("status", ["success", "unscan", "scanning"])
def test_an_image_that_cannot_be_scanned_is_named_so_whatever_its_row_says_else(
    fields: dict[str, object], reason: str, status: str
) -> None:
    """The children of an index have no scan time, so that nothing proves a result of theirs."""
    image = image_of(a_row(scan_status=status, **fields))

    assert (image.state, image.is_risky) == (ImageState.NOT_SCANNABLE, None)
    assert reason in image.reason


@pytest.mark.parametrize("fields", [{"shared_status": "effective"}, {"shared_status": ""}, {"shared_status": None}])
def test_an_image_that_is_shared_effectively_can_be_scanned(fields: dict[str, object]) -> None:
    assert image_of(a_row(**fields)).state is ImageState.SCANNED
    assert image_of(without(a_row(), "scannable", "is_multiple_arch")).state is ImageState.SCANNED


@pytest.mark.parametrize("platforms", [None, []])
def test_an_image_without_platforms_is_no_index(platforms: object) -> None:
    assert image_of(a_row(association_images=platforms)).state is ImageState.SCANNED


@pytest.mark.parametrize("name", COUNTS)
def test_a_finding_of_any_kind_is_a_risk(name: str) -> None:
    image = image_of(a_row(**{name: 3}))

    assert image.is_risky is True
    assert sorted(image.kinds.values()) == [0, 0, 3]


@pytest.mark.parametrize("value", ODD, ids=repr)
@pytest.mark.parametrize("name", COUNTS)
def test_a_count_that_is_not_a_number_leaves_the_risk_open(name: str, value: object) -> None:
    image = image_of(a_row(**{name: value}))

    assert image.is_risky is None
    assert len(image.kinds) == 2


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_a_finding_of_another_kind_is_a_risk_all_the_same(value: object) -> None:
    assert image_of(a_row(vul_num=1, malicious_file_num=value)).is_risky is True


@pytest.mark.parametrize(
    ("level", "highest", "is_risky"),
    [
        ("Security", Severity.NONE, False),
        ("Low", Severity.LOW, True),
        ("Medium", Severity.MEDIUM, True),
        ("High", Severity.HIGH, True),
        (None, None, False),
        ("", None, False),
        ("Critical", Severity.UNKNOWN, None),
        ("security", Severity.UNKNOWN, None),
        (0, Severity.UNKNOWN, None),
        ([], Severity.UNKNOWN, None),
    ],
)
def test_a_level_may_speak_against_counts_of_0(
    level: object, highest: Severity | None, *, is_risky: bool | None
) -> None:
    image = image_of(a_row(severity_level=level))

    assert (image.highest, image.is_risky) == (highest, is_risky)


def test_counts_speak_against_the_lowest_level() -> None:
    assert image_of(a_row(vul_num=1, severity_level="Security")).is_risky is True


@pytest.mark.parametrize("pushed_at", [in_ms(SCANNED_AT) + 1, in_ms(NOW), 0, None, "1769853600000"], ids=repr)
def test_a_result_from_before_the_push_of_the_tag_is_none(pushed_at: object) -> None:
    """The row of a tag that has moved may keep the result of the image before."""
    image = image_of(a_row(latest_update_time=pushed_at))

    assert (image.state, image.scanned_at, image.is_risky) == (ImageState.OUTDATED, SCANNED_AT, None)
    assert image.reason == "its last scan is from before its tag was last pushed"


@pytest.mark.parametrize("read_at", [in_ms(SCANNED_AT) + 1, in_ms(NOW), 0, None, "1769853600000"], ids=repr)
def test_a_result_from_before_the_last_reading_of_the_registry_is_none(read_at: object) -> None:
    """The scan may have been of the image before, and the row may have taken the digest of the next one since."""
    image = image_of(a_row(latest_sync_time=read_at))

    assert (image.state, image.scanned_at, image.is_risky) == (ImageState.OUTDATED, SCANNED_AT, None)
    assert image.reason == "its last scan is from before its registry was last read, and may be of the image before"


@pytest.mark.parametrize("name", ["latest_update_time", "latest_sync_time"])
def test_a_result_of_the_time_of_the_push_or_the_reading_counts(name: str) -> None:
    assert image_of(a_row(**{name: in_ms(SCANNED_AT)})).state is ImageState.SCANNED


def test_a_result_after_a_scan_of_this_run_counts_whatever_the_row_says_of_a_push() -> None:
    """The row had the digest before the scan was started; that the time has grown is checked by the caller."""
    row = parse_row(a_row(latest_update_time=in_ms(NOW), latest_sync_time=in_ms(NOW)))

    assert as_image(a_ref(), [row], scanned_row=row).state is ImageState.SCANNED


@pytest.mark.parametrize("is_first", [True, False])
def test_the_row_of_the_tag_is_that_of_the_image(*, is_first: bool) -> None:
    own = a_row(scan_status="unscan", latest_scan_time=0)
    rows = [own, a_row(id=2, image_version="latest", vul_num=1)]

    assert image_of(*(rows if is_first else reversed(rows))).state is ImageState.WAITING


def test_without_a_row_of_the_tag_the_row_that_was_scanned_last_is_that_of_the_image() -> None:
    old, never = in_ms(SCANNED_AT - timedelta(minutes=1)), {"scan_status": "unscan", "latest_scan_time": None}
    listed = [a_row(id=1, latest_scan_time=old), a_row(id=2), a_row(id=3, **never)]
    rows = [parse_row({**row, "image_version": f"other-{row['id']}"}) for row in listed]

    assert chosen_row(a_ref(), rows).id == 2


@pytest.mark.parametrize(
    ("other", "is_risky"),
    [
        ({}, False),
        ({"vul_num": 2, "severity_level": "Low"}, True),
        ({"vul_num": None}, None),
        ({"vul_num": 2, "latest_update_time": in_ms(NOW)}, False),
        ({"vul_num": 2, "latest_sync_time": in_ms(NOW)}, True),
        ({"vul_num": 2, "scan_status": "failed"}, False),
    ],
    ids=["clean", "risky", "unclear", "of-another-image", "from-before-sync", "not-scanned"],
)
def test_the_result_of_the_same_image_under_another_tag_counts_too(
    other: dict[str, object], *, is_risky: bool | None
) -> None:
    """But not what was found before the other tag was moved to this image."""
    assert image_of(a_row(), a_row(id=2, image_version="latest", **other)).is_risky is is_risky


def test_of_several_results_the_worst_counts() -> None:
    image = image_of(
        a_row(vul_num=2, severity_level="Medium"),
        without(a_row(id=2, image_version="b", unsafe_setting_num=4, severity_level="Low"), "vul_num"),
        without(a_row(id=3, image_version="c"), "severity_level"),
    )

    assert image.kinds == {ScanScope.VULNERABILITY: 2, ScanScope.BASELINE: 4, ScanScope.MALICIOUS_FILE: 0}
    assert (image.highest, image.is_risky) == (Severity.MEDIUM, True)


@pytest.mark.parametrize(
    ("later", "is_same"),
    [
        ({}, True),
        ({"latest_sync_time": in_ms(NOW)}, True),
        ({"vul_num": 1}, False),
        ({"severity_level": "Low"}, False),
        ({"latest_scan_time": in_ms(SCANNED_AT - HOUR)}, False),
        ({"scan_status": "scanning"}, False),
    ],
    ids=["nothing", "the reading of the registry", "a count", "the level", "the scan", "the state"],
)
def test_a_look_with_the_same_worst_counts_differs_by_what_has_changed_under_one_tag(
    later: dict[str, object], *, is_same: bool
) -> None:
    """The vulnerabilities that one scan found under two tags are stored late, first under the one, then the other."""
    tag, risky = a_row(), a_row(id=2, image_version="b", vul_num=2, severity_level="High")
    third = a_row(id=3, image_version="c")
    first, second = image_of(tag, risky, third), image_of(tag, {**third, **later}, risky)

    assert replace(first, results_by_tag=()) == replace(second, results_by_tag=())
    assert (first == second) is is_same


@pytest.mark.parametrize(
    ("value", "digest"),
    [
        (a_digest(), a_digest()),
        (a_digest().removeprefix("sha256:"), a_digest()),
        (f"SHA256:{'AB' * 32}", f"sha256:{'ab' * 32}"),
        (a_digest()[:-1], ""),
        (f"{a_digest()}0", ""),
        (f"{a_digest()}\n", ""),
        (f"sha512:{'ab' * 32}", ""),
        ("", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_a_digest_is_read_in_each_of_its_forms(value: object, digest: str) -> None:
    assert parse_row(a_row(image_digest=value)).digest == digest


def test_an_empty_row_is_in_an_unknown_state() -> None:
    image = image_of({})

    assert (image.state, image.raw_state, image.scanned_at) == (ImageState.UNKNOWN, "none given", None)


def test_long_words_of_the_cloud_are_shortened() -> None:
    image = image_of(a_row(scan_status="failed", scan_failed_desc="x" * 1000))

    assert len(image.reason) == 301
    assert len(image_of(a_row(scan_status="x" * 1000)).raw_state) == 81


def test_the_times_of_the_row_are_those_of_the_builder() -> None:
    """The other tests rely on it."""
    assert PUSHED_AT + HOUR == SCANNED_AT == NOW - HOUR
