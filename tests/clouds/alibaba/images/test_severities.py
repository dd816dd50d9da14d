"""How many vulnerabilities images have by severity: they explain a result, and decide only towards a risk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import NotUnderstood, Refused, Unreachable
from gate.image import ImageState, Severity
from gate.outcome import EventKind
from tests.builders import NOW
from tests.clouds.alibaba.images.builders import DIGEST, a_digest, a_row, an_image, in_ms
from tests.clouds.alibaba.images.scripted import ScriptedCloud, images
from tests.clouds.builders import events_of_kind

if TYPE_CHECKING:
    from gate.image import ScannedImage
    from tests.builders import FakeTime
    from tests.clouds.alibaba.images.scripted import Answer, Document

LIST, COUNTS = "DescribeImageInstances", "DescribeUuidVulNumClassifyStatistic"
UUID = "391abd09184cbd3743d7f5ec125d0000"
HIGH, MEDIUM, LOW = Severity.HIGH, Severity.MEDIUM, Severity.LOW


def numbers(high: int = 0, medium: int = 0, low: int = 0, **fields: Any) -> Document:
    """The numbers of one image, consistent by default; a field with None is absent."""
    stated = {
        "VulAsapSum": high,
        "VulLaterSum": medium,
        "VulNntfSum": low,
        "CveNum": high,
        "ScaNum": medium + low,
        **dict.fromkeys(("EmgNum", "SysNum", "CmsNum", "AppNum"), 0),
        **fields,
    }
    return {name: value for name, value in stated.items() if value is not None}


def explained(time: FakeTime, stated: Answer, *rows: Document) -> ScannedImage:
    """The image with these rows, once it has these numbers by uuid."""
    cloud = ScriptedCloud()
    cloud.on(LIST, images(*rows))
    cloud.on(COUNTS, stated)
    scans, _ = cloud.connect(time)
    (image,) = scans.with_severities(scans.look([an_image()]))
    return image


def by_uuid(**stated: object) -> Document:
    return {"Data": stated}


def test_the_numbers_of_many_images_take_one_request_for_twenty(fake_time: FakeTime) -> None:
    cloud, digests = ScriptedCloud(), [a_digest(number) for number in range(45)]
    cloud.on(LIST, lambda query: images(*(a_row(one, Uuid=one[-4:]) for one in digests if one in query["Criteria"])))
    cloud.on(COUNTS, lambda query: by_uuid(**{one: numbers(high=int(one, 16)) for one in query["Uuids"].split(",")}))
    scans, _ = cloud.connect(fake_time)
    found = scans.with_severities(scans.look([*map(an_image, digests)]))

    assert [image.severities[HIGH] for image in found] == [*range(45)]
    assert [len(query["Uuids"].split(",")) for query in cloud.queries(COUNTS)] == [20, 20, 5]
    assert {query["ImageVul"] for query in cloud.queries(COUNTS)} == {"true"}


def test_the_priorities_of_a_repair_are_severities(fake_time: FakeTime) -> None:
    """alibaba-images.md 5."""
    image = explained(fake_time, by_uuid(**{UUID: numbers(3, 2, 1)}), a_row(Uuid=UUID, RiskStatus="YES", VulCount=6))

    assert image.severities == {HIGH: 3, MEDIUM: 2, LOW: 1}
    assert (image.highest, image.is_risky) == (HIGH, True)


@pytest.mark.parametrize(
    ("stated", "row", "highest"),
    [
        (numbers(high=1), {}, HIGH),
        (numbers(medium=1), {}, MEDIUM),
        (numbers(low=1), {}, LOW),
        (numbers(), {}, Severity.NONE),
        (numbers(high=1), {"AlarmCount": 1}, HIGH),
        (numbers(medium=1), {"AlarmCount": 1}, None),
        (numbers(low=1), {"HcCount": 1}, None),
        (numbers(), {"HcCount": None}, None),
    ],
    ids=str,
)
def test_the_highest_severity_of_all_findings_is_known_where_no_other_kind_may_have_a_higher_one(
    fake_time: FakeTime, stated: Document, row: Document, highest: Severity | None
) -> None:
    image = explained(fake_time, by_uuid(**{UUID: stated}), {**a_row(Uuid=UUID), **row})

    assert image.highest == highest


@pytest.mark.parametrize(
    "stated",
    [
        None,
        [],
        numbers(VulAsapSum=None),
        numbers(VulLaterSum="0"),
        numbers(VulNntfSum=-1),
        numbers(CveNum=None),
        numbers(ScaNum=0.0),
        {},
    ],
    ids=str,
)
def test_a_number_that_is_missing_is_not_0(fake_time: FakeTime, stated: object) -> None:
    image = explained(fake_time, by_uuid(**{UUID: stated}, other=numbers()), a_row(Uuid=UUID))

    assert (image.severities, image.highest) == ({}, None)
    assert image.is_risky is False


@pytest.mark.parametrize(
    "stated",
    [
        numbers(high=1),
        numbers(low=1),
        numbers(CveNum=1),
        numbers(ScaNum=1),
        numbers(medium=2, ScaNum=0),
        numbers(high=1, VulNntfSum=None),
        numbers(medium=1, CveNum="x"),
    ],
    ids=str,
)
def test_any_number_above_0_is_a_risk_although_the_row_says_that_there_is_none(
    fake_time: FakeTime, stated: Document
) -> None:
    assert explained(fake_time, by_uuid(**{UUID: stated}), a_row(Uuid=UUID)).is_risky is True


@pytest.mark.parametrize("stated", [numbers(high=1, CveNum=2), numbers(CveNum=1), numbers(low=1, ScaNum=0)], ids=str)
def test_numbers_that_do_not_add_up_are_not_shown(fake_time: FakeTime, stated: Document) -> None:
    assert explained(fake_time, by_uuid(**{UUID: stated}), a_row(Uuid=UUID)).severities == {}


@pytest.mark.parametrize("risk", ["NO", "YES", None])
@pytest.mark.parametrize("row", [{"VulStatus": "YES"}, {"VulCount": 1}, {"VulCount": "some"}], ids=str)
def test_zeros_beside_vulnerabilities_are_no_numbers(fake_time: FakeTime, row: Document, risk: str | None) -> None:
    image = explained(fake_time, by_uuid(**{UUID: numbers()}), a_row(Uuid=UUID, RiskStatus=risk, **row))

    assert image.severities == {}
    assert image.is_risky is (True if risk == "YES" else None)


# An image with several rows.


@pytest.mark.parametrize(
    ("second", "severities"),
    [(numbers(1, 5, 0), {HIGH: 1, MEDIUM: 5, LOW: 3}), (None, {})],
    ids=["the-larger-numbers", "none-for-one-row"],
)
def test_the_numbers_of_all_its_rows_count(
    fake_time: FakeTime, second: Document | None, severities: dict[Severity, int]
) -> None:
    rows = [a_row(Uuid=uuid, Tag=uuid) for uuid in ("1", "2")]
    image = explained(fake_time, by_uuid(**{"1": numbers(0, 2, 3), "2": second}), *rows)

    assert (image.severities, image.is_risky) == (severities, True)


def test_a_row_without_a_result_has_no_numbers_to_wait_for(fake_time: FakeTime) -> None:
    rows = a_row(Uuid="1"), a_row(Uuid="2", ScaStatus=None, LastScanTime=None)

    assert explained(fake_time, by_uuid(**{"1": numbers()}), *rows).severities == {HIGH: 0, MEDIUM: 0, LOW: 0}


def test_numbers_of_a_row_without_a_result_are_a_risk_and_no_severities(fake_time: FakeTime) -> None:
    """The row is that of another tag of the same digest."""
    rows = a_row(Uuid="1"), a_row(Uuid="2", ScaStatus=None, LastScanTime=None)
    image = explained(fake_time, by_uuid(**{"1": numbers(), "2": numbers(low=1)}), *rows)

    assert (image.severities, image.is_risky) == ({HIGH: 0, MEDIUM: 0, LOW: 0}, True)


@pytest.mark.parametrize("stated", [by_uuid(**{"1": numbers(), "2": numbers()}), by_uuid()], ids=["zeros", "none"])
@pytest.mark.parametrize(
    "other",
    [{"ImageUpdate": in_ms(NOW)}, {"ScaStatus": None, "LastScanTime": None}],
    ids=["result-from-before-its-push", "no-result"],
)
def test_vulnerabilities_under_another_tag_leave_the_risk_unknown(
    fake_time: FakeTime, stated: Document, other: Document
) -> None:
    """Beside a NO for the whole image, which they contradict; the digest is the same."""
    rows = a_row(Uuid="1"), a_row(Uuid="2", Tag="2", RiskStatus="NO", VulStatus="YES", VulCount=1, **other)
    image = explained(fake_time, stated, *rows)

    assert (image.state, image.severities, image.is_risky) == (ImageState.SCANNED, {}, None)


@pytest.mark.parametrize("uuid", [None, "", "a,b", "a b", 7], ids=str)
def test_a_row_without_a_usable_id_is_not_asked_for(fake_time: FakeTime, uuid: object) -> None:
    cloud = ScriptedCloud()
    cloud.on(LIST, images(a_row(Uuid=uuid)))
    scans, _ = cloud.connect(fake_time)
    seen = scans.look([an_image()])

    assert scans.with_severities(seen) == seen
    assert cloud.operations == [LIST]


def test_only_images_with_a_result_are_asked_for(fake_time: FakeTime) -> None:
    cloud, failed = ScriptedCloud(), a_digest(2)
    cloud.on(LIST, images(a_row(Uuid="1"), a_row(failed, Uuid="2", ScaStatus="FAIL")))
    cloud.on(COUNTS, by_uuid(**{"1": numbers(), "2": numbers(high=1)}))
    scans, _ = cloud.connect(fake_time)
    seen = scans.look([an_image(), an_image(failed)])
    found = scans.with_severities(seen)

    assert [query["Uuids"] for query in cloud.queries(COUNTS)] == ["1"]
    assert (found[1], found[1].state) == (seen[1], ImageState.FAILED)


# Where they cannot be had.


@pytest.mark.parametrize("refusal", [(403, {"Code": "NoPermission"}), (404, {"Code": "InvalidApi.NotFound"})], ids=str)
def test_a_user_who_may_not_ask_for_them_gets_a_result_without_them(fake_time: FakeTime, refusal: Answer) -> None:
    cloud = ScriptedCloud()
    cloud.on(LIST, images(a_row(Uuid=UUID)))
    cloud.on(COUNTS, refusal)
    scans, connection = cloud.connect(fake_time)
    seen = scans.look([an_image()])

    assert scans.with_severities(seen) == seen
    notes = [event.text for event in events_of_kind(connection, EventKind.NOTE)]
    assert notes[-1].startswith("how many vulnerabilities the images have by severity is not known: Alibaba Cloud ")


@pytest.mark.parametrize("sign", [{"errors": "manual"}, {"Code": "Unheard.Of"}, {"Code": "NoPermission"}], ids=str)
def test_an_error_beside_numbers_is_not_as_if_there_were_none(fake_time: FakeTime, sign: Document) -> None:
    """The numbers may show a risk: sequence 535,026 of seed 2050 passed beside such an answer."""
    with pytest.raises(Refused, match="with data and an error"):
        explained(fake_time, {"Data": {UUID: {"ScaNum": 5}, **sign}}, a_row(Uuid=UUID))


@pytest.mark.parametrize("document", [{}, {"Data": []}, {"Data": None}], ids=str)
def test_an_answer_without_numbers_is_an_error(fake_time: FakeTime, document: Document) -> None:
    with pytest.raises(NotUnderstood, match="no Data of vulnerabilities"):
        explained(fake_time, document, a_row(Uuid=UUID))


def test_numbers_that_do_not_come_in_time_are_an_error(fake_time: FakeTime) -> None:
    """They could still say that there is a risk."""
    with pytest.raises(Unreachable):
        explained(fake_time, Unreachable("no response"), a_row(Uuid=UUID, Digest=DIGEST))
