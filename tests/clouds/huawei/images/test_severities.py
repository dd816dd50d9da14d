"""Vulnerabilities by severity: of risky images only, of few of them, and only where the lists add up to the counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.huawei.images.severities import with_severities
from gate.errors import Throttled
from gate.image import Severity
from gate.simulator import BySeverity, EarlierScan, Findings, Simulator
from gate.simulator.unverified import Unverified
from tests.clouds.huawei.images.builders import a_ref, connected, listed, operations
from tests.clouds.huawei.images.lists import Lists, a_named_row, explained

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.builders import FakeTime


LIST = "ListImageVulnerabilities"
HIGH, MEDIUM, LOW, UNKNOWN = Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.UNKNOWN


@pytest.fixture
def simulator(fake_time: FakeTime) -> Iterator[Simulator]:
    with Simulator("empty", now=fake_time.wall) as simulator:
        yield simulator


def found_in(findings: Findings, simulator: Simulator, time: FakeTime) -> tuple[Mapping[Severity, int], list[str]]:
    """The severities of an image with these findings, and the operations that this takes."""
    simulator.push(listed(earlier=EarlierScan(ago=30, findings=findings)))
    scans, _ = connected(simulator, time)
    looked = scans.look([a_ref()])
    (image,) = scans.explained(looked, for_findings=False)
    return image.severities, operations(simulator)[1:]


@pytest.mark.parametrize("repeats", [False, True])
def test_one_list_tells_the_severities_of_a_risky_image(
    repeats: bool,  # noqa: FBT001 - pytest passes it by name
    simulator: Simulator,
    fake_time: FakeTime,
) -> None:
    """Also where a vulnerability has a row for each package; what somebody has handled does not count."""
    simulator.account.unverified = Unverified(repeats_vulnerabilities=repeats)
    findings = Findings(
        vulnerabilities=BySeverity(critical=1, high=1, medium=4),
        libraries=BySeverity(low=2),
        handled=BySeverity(high=9),
    )

    assert found_in(findings, simulator, fake_time) == ({HIGH: 2, MEDIUM: 4, LOW: 2}, [LIST])


def test_a_list_of_several_pages_is_read_whole(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.account.unverified = Unverified(repeats_vulnerabilities=False)

    found = found_in(Findings(vulnerabilities=BySeverity(high=1, low=400)), simulator, fake_time)

    assert found == ({HIGH: 1, MEDIUM: 0, LOW: 400}, [LIST] * 3)


@pytest.mark.parametrize(
    "findings", [Findings(), Findings(baseline=BySeverity(high=3)), Findings(handled=BySeverity(high=3))]
)
def test_an_image_without_vulnerabilities_is_not_asked_for(
    findings: Findings, simulator: Simulator, fake_time: FakeTime
) -> None:
    severities, asked = found_in(findings, simulator, fake_time)

    assert severities == {}
    assert LIST not in asked


# Lists as they may come.


def a_page(*found: tuple[Any, Any], total: object = None) -> dict[str, Any]:
    """A page with these ids and words."""
    rows = [{"vul_id": id_, "repair_necessity": word, "description": "x"} for id_, word in found]
    return {"data_list": rows, "total_num": len(rows) if total is None else total}


def a_list(number: int) -> list[dict[str, Any] | Throttled]:
    return [a_page(*[(f"SA-{n}", "delay_repair") for n in range(number)])]


IMMEDIATE, DELAYED = ("SA-1", "immediate_repair"), ("SA-2", "delay_repair")


@pytest.mark.parametrize(
    ("pages", "severities"),
    [
        ([a_page(IMMEDIATE, DELAYED)], {HIGH: 1, MEDIUM: 1, LOW: 0}),
        ([a_page(IMMEDIATE, ("SA-1", "not_needed_repair"), DELAYED)], {HIGH: 1, MEDIUM: 1, LOW: 0}),
        ([a_page(IMMEDIATE, IMMEDIATE)], {HIGH: 2, MEDIUM: 0, LOW: 0}),
        ([a_page(DELAYED, ("SA-3", "at once"))], {UNKNOWN: 1, HIGH: 0, MEDIUM: 1, LOW: 0}),
        ([a_page(DELAYED, ("SA-3", None))], {UNKNOWN: 1, HIGH: 0, MEDIUM: 1, LOW: 0}),
        ([a_page(IMMEDIATE, total=2), a_page(DELAYED, total=2)], {HIGH: 1, MEDIUM: 1, LOW: 0}),
        ([a_page(IMMEDIATE)], {}),
        ([a_page()], {}),
        ([a_page(IMMEDIATE, DELAYED, ("SA-3", "delay_repair"))], {}),
        ([a_page(IMMEDIATE, (None, "delay_repair"))], {}),
        ([a_page(IMMEDIATE, total=2), a_page(total=2)], {}),
        ([a_page(IMMEDIATE, DELAYED, total=1)], {}),
        ([{"data_list": []}], {}),
        ([a_page(IMMEDIATE, total="2")], {}),
        ([{"error_code": 0}], {}),
        ([Throttled("Rate limited.")], {}),
    ],
)
def test_severities_are_known_only_where_a_list_adds_up_to_the_count_of_its_image(
    pages: list[dict[str, Any] | Throttled], severities: Mapping[Severity, int]
) -> None:
    """The image has two; whether HSS counts ids or rows is not documented. An unknown word is the worst severity."""
    (image,), notes, _ = explained(with_severities, Lists(a_named_row("web", 2), web=[*pages]))

    assert image.severities == severities
    assert len(notes) == (not severities)


def test_the_most_severe_images_are_asked_for_first_within_the_calls_of_a_minute() -> None:
    hss = Lists(
        a_named_row("low", 1, "Low"),
        a_named_row("huge", 900),
        *[a_named_row(f"high{n}", n) for n in (300, 3, 2)],
        a_named_row("word", 1, "Fatal"),
        high300=[a_page(*[IMMEDIATE] * 200, total=300), a_page(*[IMMEDIATE] * 100, total=300)],
        high3=a_list(3),
        high2=a_list(2),
        word=a_list(1),
    )

    images, notes, _ = explained(with_severities, hss)

    assert hss.asked == ["word", "high2", "high3", "high300", "high300"]
    assert [image.image.name for image in images if not image.severities] == ["low", "huge"]
    (note,) = notes
    assert note.startswith("vulnerabilities by severity are not known of 2 of 6 risky images: the calls of a minute ")


def test_a_list_that_does_not_end_takes_no_more_than_the_calls_of_a_minute() -> None:
    hss = Lists(a_named_row("web", 2), web=[a_page(IMMEDIATE, total=99)] * 9)

    assert explained(with_severities, hss)[0][0].severities == {}
    assert len(hss.asked) == 5


def test_after_an_error_no_other_image_is_asked_for_and_what_was_read_is_kept() -> None:
    hss = Lists(
        *[a_named_row(f"web{n}", n) for n in (1, 2, 3)],
        web1=a_list(1),
        web2=[Throttled("Rate limited.")],
        web3=a_list(3),
    )

    images, notes, _ = explained(with_severities, hss)

    assert [bool(image.severities) for image in images] == [True, False, False]
    assert notes == ["vulnerabilities by severity are not known of 2 of 3 risky images: Rate limited."]


@pytest.mark.parametrize("fields", [{"image_id": ""}, {"scan_status": "scanning"}])
def test_an_image_whose_row_does_not_suffice_is_not_asked_for(fields: dict[str, Any]) -> None:
    hss = Lists(a_named_row("web", 2, **fields))

    assert explained(with_severities, hss)[0][0].severities == {}
    assert hss.asked == []


def test_of_two_tags_the_one_with_so_many_vulnerabilities_is_asked_for() -> None:
    few = a_named_row("web", 1, image_version="old", id=1, image_id="few")

    hss = Lists(few, a_named_row("web", 2), web=a_list(2))

    assert explained(with_severities, hss)[0][0].severities == {HIGH: 0, MEDIUM: 2, LOW: 0}
