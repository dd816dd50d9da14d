"""What users have put on a whitelist in the console of a cloud: named where a result does not list it, and no more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.whitelists import Whitelist, Whitelisted, with_whitelisted
from gate.event_log import EventLog
from gate.image import ImageState
from gate.simulator import BySeverity, EarlierScan, Fault, Findings, Forbidden, HttpResponse, login_page, server_error
from gate.simulator.vulnerability import WhitelistEntry
from tests.builders import FakeTime, a_finding
from tests.doctor.expected import EXPECTED
from tests.harness import CLOUDS
from tests.images.scripted import a_ref, an_image
from tests.simulator.images import listed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Ending, Gate

OPERATION = {cloud: expected.whitelists for cloud, expected in EXPECTED.items()}
MOST = {
    "huawei": 200,
    "alibaba": 50,
}
"""How many entries one answer has."""
LIMITS = ("--severity-cutoff", "high")
MISSING = "on a whitelist in the console, so that this result may lack it: "
UNUSABLE: dict[str, HttpResponse | Forbidden] = {
    "server error": server_error(503),
    "no permission": Forbidden(),
    "web page": login_page(),
    "no list": HttpResponse(body=b"{}"),
    "rows of no known form": HttpResponse(body=b'{"total_num":1,"data_list":[7],"ImageVulWhitelist":[7]}'),
}


def a_release(gate: Gate, **findings: Any) -> str:
    """An image that was scanned some minutes ago, with these findings."""
    earlier = EarlierScan(ago=300, findings=Findings(**findings))
    image = listed(repository="team/web", pushed_ago=900.0, earlier=earlier)
    gate.simulator.push(image)
    return image.reference


def judged(gate: Gate, reference: str, *options: str) -> Ending:
    return gate.check("--image", reference, "--scan", "never", "--quiet", *options)


def warning(ending: Ending) -> str:
    """What the report says of its one image."""
    found: str = ending.report["images"][0]["warning"]
    return found


def waive(gate: Gate, *ids: str, **fields: Any) -> None:
    gate.simulator.account.whitelist += [WhitelistEntry(id=one, **fields) for one in ids]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_a_result_does_not_list_is_named_in_log_and_reports_and_decides_nothing(
    cloud: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("empty", cloud)
    waive(gate, "X-1", reason="not\nreachable")
    waive(gate, "X-2")

    ending = judged(gate, a_release(gate), *LIMITS, "--report", "markdown=summary.md")

    assert ending.code == 0
    assert warning(ending) == f"{MISSING}X-1, X-2"
    assert "On a whitelist in the console, so that results may lack them: X-1 (not reachable), X-2." in ending.err
    assert f"{MISSING}X-1, X-2" in Path("summary.md").read_text()
    assert gate.operations.count(OPERATION[cloud]) == 1


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_a_result_lists_is_not_named(cloud: str, gate_in: Callable[..., Gate]) -> None:
    """It counts as any other finding, and is shown with what the cloud says of it."""
    gate = gate_in("empty", cloud)
    reference = a_release(gate, vulnerabilities=BySeverity(high=2))
    (found, *_) = judged(gate, reference, *LIMITS, "--list-findings").report["images"][0]["listed_findings"]
    waive(gate, found["id"], "X-1")

    ending = judged(gate, reference, *LIMITS, "--list-findings")

    assert ending.code == 1
    assert warning(ending) == f"{MISSING}X-1"


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(
    ("options", "is_asked"),
    [
        ((), False),
        (LIMITS, True),
        (("--max-findings", "high=3"), True),
        (("--only-fixable",), True),
        (("--list-findings",), True),
    ],
)
def test_whitelists_are_asked_for_where_the_policy_or_a_report_goes_by_findings(
    options: tuple[str, ...], cloud: str, gate_in: Callable[..., Gate], *, is_asked: bool
) -> None:
    gate = gate_in("empty", cloud)
    waive(gate, "X-1")

    ending = judged(gate, a_release(gate), *options)

    assert (OPERATION[cloud] in gate.operations) is is_asked
    assert bool(warning(ending)) is is_asked


@pytest.mark.parametrize("cloud", CLOUDS)
def test_an_undecided_release_is_not_explained(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("empty", cloud)
    reference = a_release(gate)

    ending = judged(gate, reference, *LIMITS, "--max-age", "1m", "--timeout", "10s")

    assert ending.code not in {0, 1}
    assert OPERATION[cloud] not in gate.operations


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("answer", UNUSABLE)
def test_without_a_usable_answer_the_verdict_stands_and_the_log_has_a_warning(
    answer: str, cloud: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("empty", cloud)
    gate.simulator.faults.append(Fault(operation=OPERATION[cloud], response=UNUSABLE[answer]))

    ending = judged(gate, a_release(gate), *LIMITS)

    assert ending.code == 0
    assert "What is on a whitelist in the console is not known: " in ending.err
    assert gate.operations.count(OPERATION[cloud]) == 1


@pytest.mark.parametrize("cloud", CLOUDS)
def test_of_many_some_are_named_and_the_others_counted(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate, most = gate_in("empty", cloud), MOST[cloud]
    waive(gate, *(f"X-{number}" for number in range(most + 3)))

    ending = judged(gate, a_release(gate), *LIMITS)

    assert warning(ending) == f"{MISSING}X-0, X-1, X-2 and {most - 3} more"
    assert f"X-9 and {most - 10} more." in ending.err
    assert "3 more entries of whitelists in the console are not named." in ending.err


def test_on_alibaba_cloud_a_whitelist_is_about_the_repositories_that_it_names(gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("empty", "alibaba")
    waive(gate, "X-1", repository="team/web")
    waive(gate, "X-2", repository="team/we")
    waive(gate, "X-3")

    assert warning(judged(gate, a_release(gate), *LIMITS)) == f"{MISSING}X-1, X-3"


@pytest.mark.parametrize(
    ("target", "is_about"),
    [
        ('{"type":"repo","target":["team/api","team/web"]}', True),
        ('{"type":"repo","target":"team\\/web"}', True),
        ('{"type":"repo","target":["team/api"]}', False),
        # What names no repository may be about any.
        ('{"type":"repo","target":["*"]}', True),
        ("", True),
        (None, True),
        (["team/api"], True),
    ],
)
def test_on_alibaba_cloud_the_target_is_text_in_several_forms(
    target: object, gate_in: Callable[..., Gate], *, is_about: bool
) -> None:
    gate, row = gate_in("empty", "alibaba"), {"Name": "X-1", "Target": target}
    answer = {"ImageVulWhitelist": [row]}
    gate.simulator.rewrite = lambda name, true: answer if name == OPERATION["alibaba"] else true

    assert warning(judged(gate, a_release(gate), *LIMITS)) == (f"{MISSING}X-1" if is_about else "")


@pytest.mark.parametrize(
    ("cloud", "answer"),
    [
        ("huawei", {"total_num": 3, "data_list": [{"vul_id": None, "vul_name": "X-1"}, {"vul_id": 7}, {"vul_id": ""}]}),
        ("alibaba", {"ImageVulWhitelist": [{"AliasName": "X-1"}, {"Name": 7}, {}], "PageInfo": {"TotalCount": "x"}}),
    ],
)
def test_an_entry_goes_by_its_other_name_where_it_has_no_id_and_is_counted_where_it_has_none(
    cloud: str, answer: dict[str, Any], gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("empty", cloud)
    gate.simulator.rewrite = lambda name, true: answer if name == OPERATION[cloud] else true

    ending = judged(gate, a_release(gate), *LIMITS)

    assert warning(ending) == f"{MISSING}X-1"
    assert "2 more entries of whitelists in the console are not named." in ending.err


def test_it_stands_beside_another_warning_of_an_image(gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("empty", "huawei")
    waive(gate, "X-1")
    image = listed(pushed_ago=900.0, distribution=("Alpine", "3.20"), earlier=EarlierScan(ago=300))
    gate.simulator.push(image)

    found = warning(judged(gate, image.reference, *LIMITS))

    assert found.startswith("HSS knows the vulnerabilities of certain distributions")
    assert found.endswith(f"; {MISSING}X-1")


@pytest.mark.parametrize(("state", "is_named"), [(ImageState.SCANNED, True), (ImageState.FAILED, False)])
def test_an_image_without_a_result_has_none_that_could_lack_anything(state: ImageState, *, is_named: bool) -> None:
    log, image = EventLog(FakeTime().clock(), lambda _: None), an_image(state=state)

    (found,) = with_whitelisted([image], lambda: Whitelist(entries=[Whitelisted(id="X-1", reason="r" * 101)]), log)

    assert found == replace(image, warning=f"{MISSING}X-1" if is_named else "")
    assert [event.text for event in log.events] == (
        [f"On a whitelist in the console, so that results may lack them: X-1 ({'r' * 100}…)."] if is_named else []
    )


def test_what_is_listed_by_its_cve_is_not_named(fake_time: FakeTime) -> None:
    image = an_image(findings=(a_finding("DSA-1", cves=("CVE-2026-1",)),), is_risky=True)
    entries = [Whitelisted(id="CVE-2026-1"), Whitelisted(id="CVE-2026-2")]

    (found,) = with_whitelisted(
        [image], lambda: Whitelist(entries=entries), EventLog(fake_time.clock(), lambda _: None)
    )

    assert found.warning == f"{MISSING}CVE-2026-2"


@pytest.mark.parametrize(
    ("cloud", "answer"),
    [
        ("huawei", {"total_num": 1, "data_list": [{"vul_id": "X-1", "vul_name": "a name"}]}),
        ("alibaba", {"ImageVulWhitelist": [{"Name": "X-1", "AliasName": "a name"}]}),
    ],
)
def test_an_entry_goes_by_its_id_where_it_has_one(
    cloud: str, answer: dict[str, Any], gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("empty", cloud)
    gate.simulator.rewrite = lambda name, true: answer if name == OPERATION[cloud] else true

    assert warning(judged(gate, a_release(gate), *LIMITS)) == f"{MISSING}X-1"


def test_an_entry_is_named_once_for_several_images_and_if_it_is_there_twice(fake_time: FakeTime) -> None:
    images = [an_image(a_ref("web")), an_image(a_ref("api"))]
    log, entries = EventLog(fake_time.clock(), lambda _: None), [Whitelisted(id="X-1"), Whitelisted(id="X-1")]

    found = with_whitelisted(images, lambda: Whitelist(entries=entries), log)

    assert [image.warning for image in found] == [f"{MISSING}X-1"] * 2
    assert [event.text for event in log.events] == [
        "On a whitelist in the console, so that results may lack them: X-1."
    ]


def test_on_huawei_cloud_an_entry_that_is_listed_twice_is_malformed(gate_in: Callable[..., Gate]) -> None:
    gate, row = gate_in("empty", "huawei"), {"id": "1", "vul_id": "X-1"}
    answer = {"total_num": 2, "data_list": [row, row]}
    gate.simulator.rewrite = lambda name, true: answer if name == OPERATION["huawei"] else true

    ending = judged(gate, a_release(gate), *LIMITS)

    assert (ending.code, warning(ending)) == (0, "")
    assert "not known: The response lists one vulnerability on a whitelist twice." in ending.err


def test_on_alibaba_cloud_names_are_asked_for_in_english(gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("empty", "alibaba")

    judged(gate, a_release(gate), *LIMITS)

    (asked,) = (one.query for one in gate.simulator.requests if one.operation == OPERATION["alibaba"])
    assert asked == {"Source": ["image"], "Lang": ["en"], "CurrentPage": ["1"], "PageSize": ["100"]}
