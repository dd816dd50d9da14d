"""The `junit` report, against Jenkins' published schema and how GitLab shows it (ci-hosts.md 4.2)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from xmlschema import XMLSchema10

from gate.errors import Interrupted, Unreachable
from gate.image import FailedImage, ImageRef, ImageState
from gate.policy import Policy, undecided
from gate.policy_digest import policy_digest
from gate.reports import junit
from gate.reports.size_limits import MAX_JUNIT_SIZE
from gate.text import one_line
from tests.builders import a_digest, a_failed_image, a_release, a_risky_image, a_task, an_image, an_outcome
from tests.hostile import HOSTILE
from tests.reports.endings import a_block, an_ending, many_images
from tests.reports.reading import as_xml
from tests.schemas import published

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from gate.outcome import Outcome

PASSED = {
    "passed": an_outcome(),
    "passed with failed images that are allowed": an_ending("passed"),
    "passed with a risky image that is allowed": an_ending("passed with a risky image"),
    "release passed": an_ending("release passed"),
}
FAILED = {
    "blocked": an_ending("blocked"),
    "blocked by risks": an_outcome(a_task(risky=1)),
    "blocked by a risky image": an_ending("blocked by a risky image"),
    "release blocked": an_ending("release blocked"),
    "release undecided": an_ending("release undecided"),
    "blocked as a warning": an_outcome(a_task(risky=1), policy=Policy(warn_only=True)),
    "blocked by hostile images": a_block(*(a_failed_image(text, text) for text in HOSTILE.values())),
    "undecided": an_ending("unknown state"),
    "undecided without a task": an_outcome(verdict=undecided(Unreachable("No."))),
    "interrupted": an_outcome(verdict=undecided(Interrupted(2))),
}
OUTCOMES = PASSED | FAILED


def render(outcome: Outcome, *max_size: int) -> str:
    return "".join(junit.render(outcome, *max_size))


def every(outcomes: dict[str, Outcome]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("outcome", outcomes.values(), ids=outcomes)


def suite_of(text: str) -> Element:
    (suite,) = as_xml(text)
    return suite


def names(text: str) -> list[str]:
    return [case.attrib["name"] for case in suite_of(text).iter("testcase")]


NAMED = replace(
    a_release(
        an_image("till"),
        an_image("missing", ImageState.MISSING),
        an_image("api", ImageState.FAILED, reason="too big"),
        a_risky_image("shop"),
        policy=Policy(max_failed=1),
    ),
    identity="staging",
)
REASON = (
    "1 of 3 images is risky; --max-risky allows 0. Fix the images that the gate names, push them, and run it with "
    "their new digests, or raise --max-risky."
)
HEAD = f"""<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="scan-gate.staging" time="61.500" tests="{{tests}}" failures="2" errors="0">
<testsuite name="scan-gate.staging" time="61.500" tests="{{tests}}" failures="2" errors="0" skipped="{{skipped}}" \
timestamp="2026-01-31T11:58:58">
<properties>
<property name="cloud" value="huawei"/>
<property name="policy-digest" value="{policy_digest(NAMED.policy)}"/>
<property name="gate-version" value="0.1.0"/>
<property name="verdict" value="blocked"/>
<property name="exit-code" value="1"/>
<property name="task-id" value=""/>
<property name="task-state" value="running"/>
<property name="task-type" value=""/>
<property name="scope" value=""/>
<property name="all-images" value=""/>
<property name="image-type" value=""/>
<property name="total-num" value="4"/>
<property name="success-num" value="2"/>
<property name="failed-num" value="1"/>
<property name="risky-num" value="1"/>
<property name="images-total" value="4"/>
<property name="images-risky" value="1"/>
<property name="region" value=""/>
<property name="account" value=""/>
</properties>
<testcase classname="scan-gate.staging.verdict" name="the release may go out" time="61.500">\
<failure type="verdict" message="{REASON}">{REASON}</failure></testcase>
"""
END = "</testsuite>\n</testsuites>\n"


def a_case(name: str, element: str, message: str) -> str:
    kind = "" if element == "system-out" else f' type="image" message="{message}"'
    start = f'<testcase classname="scan-gate.staging.image" name="{name}" time="0.000">'
    return f"{start}<{element}{kind}>{message}</{element}></testcase>\n"


def test_the_whole_document_is_a_suite_with_properties_and_a_case_for_the_verdict_and_for_each_image() -> None:
    image = "swr/team/{}:1.0@sha256:aaaaaaaaaaaa"

    assert render(NAMED) == (
        HEAD.format(tests=5, skipped=2)
        + a_case(image.format("shop"), "failure", "risky: 7 vulnerabilities (2 high, 5 medium).")
        + a_case(image.format("api"), "skipped", "could not be scanned: too big.")
        + a_case(image.format("missing"), "skipped", "missing: the cloud does not list this digest.")
        + a_case(image.format("till"), "system-out", "no risks found.")
        + END
    )


def test_a_document_without_room_for_images_has_a_case_for_all_of_them() -> None:
    left_out = "4 more images are left out here; the json report has them all."

    assert render(NAMED, 0) == (
        HEAD.format(tests=2, skipped=0) + a_case("images that are left out here", "failure", left_out) + END
    )


def test_a_pass_without_images_is_a_case_with_nothing_in_it() -> None:
    assert render(an_outcome()).endswith(
        '</properties>\n<testcase classname="scan-gate.verdict" name="the release may go out" time="61.500"/>\n' + END
    )


@pytest.mark.parametrize(
    ("outcome", "note"),
    [(an_ending("release undecided"), "so far"), (an_outcome(a_task(risky=None)), "not judged")],
    ids=["not final", "not judged"],
)
def test_counts_of_an_undecided_run_are_said_to_be_not_final_or_not_judged(outcome: Outcome, note: str) -> None:
    suite = suite_of(render(outcome))

    notes = {one.attrib["name"]: one.attrib["value"] for one in suite.iter("property")}
    assert notes["counts"] == note


def test_several_reasons_are_one_text_and_a_long_one_is_there_as_a_whole() -> None:
    reasons = suite_of(render(an_ending("release blocked")))[1][0]
    long = suite_of(render(an_outcome(verdict=undecided(Unreachable("r" * 3999)))))[1][0]

    assert reasons.text == " ".join(reason.message for reason in an_ending("release blocked").verdict.reasons)
    assert long.text == long.attrib["message"] == "r" * 3999


@every(OUTCOMES)
def test_it_is_valid_by_the_published_schema(outcome: Outcome) -> None:
    schema = XMLSchema10(published("junit-10.xsd"))

    assert not list(schema.iter_errors(render(outcome)))


@every(OUTCOMES)
def test_the_counts_agree_with_the_cases(outcome: Outcome) -> None:
    suite = suite_of(render(outcome))

    counts = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
    assert {name: suite.attrib[name] for name in counts} == {
        name: str(len(list(suite.iter(tag)))) for name, tag in counts.items()
    }


@every(OUTCOMES)
def test_readers_of_the_outer_level_find_the_same_counts_and_the_time(outcome: Outcome) -> None:
    suites = as_xml(render(outcome))

    names = ("name", "tests", "failures", "errors", "time")
    assert {name: suites.attrib[name] for name in names} == {name: suites[0].attrib[name] for name in names}


@every(OUTCOMES)
def test_the_times_of_the_cases_add_up_to_that_of_the_suite(outcome: Outcome) -> None:
    suite = suite_of(render(outcome))

    times = [float(case.attrib["time"]) for case in suite.iter("testcase")]
    assert sum(times) == float(suite.attrib["time"]) == outcome.seconds


@every(PASSED)
def test_nothing_fails_in_a_passed_run(outcome: Outcome) -> None:
    suite = suite_of(render(outcome))

    assert not [*suite.iter("failure"), *suite.iter("error")]


@every(FAILED)
def test_something_fails_in_every_other_run_and_says_why(outcome: Outcome) -> None:
    suite = suite_of(render(outcome))

    bad = [*suite.iter("failure"), *suite.iter("error")]
    assert bad
    assert " ".join(reason.message for reason in outcome.verdict.reasons) == bad[0].text == bad[0].attrib["message"]
    assert {element.tag for element in bad} == {"failure" if outcome.verdict.decision == "blocked" else "error"}


def test_images_that_the_policy_allows_are_skipped_and_so_are_those_of_an_undecided_run() -> None:
    for ending in ("passed", "unknown state", "ended badly"):
        assert [one.text for one in suite_of(render(an_ending(ending))).iter("skipped")] == [
            "could not be scanned: shop."
        ]


def test_a_tag_that_moved_is_mentioned_whatever_the_result_of_its_image() -> None:
    note = " The tag now stands for sha256:bbbbbbbbbbbb; the verdict is about the digest."
    images = [a_risky_image("shop", moved_to=a_digest("b")), an_image("till", moved_to=a_digest("b")), an_image("web")]

    texts = [case[0].text for case in suite_of(render(a_release(*images))).iter("testcase")]

    assert texts[1:] == [
        f"risky: 7 vulnerabilities (2 high, 5 medium).{note}",
        f"no risks found.{note}",
        "no risks found.",
    ]


def test_the_verdict_of_a_release_that_passed_says_when_its_images_were_scanned() -> None:
    case = next(suite_of(render(a_release(an_image("web"), an_image("api")))).iter("testcase"))

    assert [(inner.tag, inner.text) for inner in case] == [
        ("system-out", "2 of 2 images, all scanned since they were pushed")
    ]


def test_the_case_for_images_left_out_is_as_bad_as_the_worst_of_them() -> None:
    failed, missing = an_image("failed", ImageState.FAILED), an_image("missing", ImageState.MISSING)
    for images, element in [
        ((failed, missing, an_image()), "failure"),
        ((missing, an_image()), "error"),
        ((an_image(), an_image()), "skipped"),
    ]:
        text = render(a_release(*images), 0)

        assert names(text)[1:] == ["images that are left out here"]
        assert suite_of(text)[-1][0].tag == element


def test_the_outputs_are_properties() -> None:
    outcome = an_outcome(a_task(risky=None, risk_applies=False))

    found = {one.attrib["name"]: one.attrib["value"] for one in suite_of(render(outcome)).iter("property")}
    assert found == {"cloud": "huawei", "gate-version": "0.1.0", **outcome.outputs}


@pytest.mark.parametrize("blank", ["", " ", "\x00", "\u200b\n"])
def test_an_image_without_a_name_or_a_reason_says_so(blank: str) -> None:
    text = render(a_block(FailedImage(image=ImageRef(name=blank), reason=blank)))

    assert names(text)[1:] == ["an image without a name"]
    assert suite_of(text)[-1][0].attrib["message"] == "could not be scanned: no reason given."


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_the_visible_characters_of_a_name_are_unchanged(name: str) -> None:
    image = FailedImage(image=ImageRef(name=name))

    assert names(render(a_block(image)))[1:] == [one_line(name) or "an image without a name"]


def test_names_are_unique_since_gitlab_drops_repeated_ones() -> None:
    names_of_images = [
        "x",
        "x (2)",
        "x",
        "x",
        "x (2)",
        "the release may go out",
        "images that are left out here",
        "",
        "\n",
    ]
    names_of_images += ["y" * 501, "y" * 502, "Y"]

    shown = names(render(a_block(*(FailedImage(image=ImageRef(name=name)) for name in names_of_images))))

    assert len(set(shown)) == len(shown) == len(names_of_images) + 1
    assert shown[1:6] == ["x", "x (2)", "x (3)", "x (4)", "x (2) (2)"]


def test_the_line_about_images_left_out_has_a_name_of_its_own() -> None:
    images = [FailedImage(image=ImageRef(name="images that are left out here"))] * 9
    outcome = a_block(*images)

    shown = names(render(outcome, len(render(outcome).encode()) - 1))

    assert shown[-1] == "images that are left out here"
    assert shown.count(shown[-1]) == 1
    assert 2 < len(shown) < 10


def test_twenty_thousand_images_of_one_name_are_numbered_quickly() -> None:
    """Counting from 1 again for each would take two hundred million steps."""
    shown = names(render(a_block(*[a_failed_image("x", "")] * 20_000)))

    assert len(set(shown)) == 20_001
    assert shown[-1] == "swr/team/x:1.0 (20000)"


@pytest.mark.parametrize("filler", ["n", "镜", '&<>"'])
def test_twenty_thousand_images_with_long_names_keep_the_size_limit(filler: str) -> None:
    text = render(a_block(*many_images(20_000, filler * 2000)))

    suite = suite_of(text)
    shown = int(suite.attrib["tests"]) - 2
    assert MAX_JUNIT_SIZE - 40_000 < len(text.encode()) <= MAX_JUNIT_SIZE
    assert suite[-1][0].text == f"{20_000 - shown} more images are left out here; the json report has them all."
    assert suite[-1][0].get("type") == "image"
    assert suite.attrib["failures"] == suite.attrib["tests"] == str(len(list(suite.iter("testcase"))))


@pytest.mark.parametrize("number", [10, 11, 1010])
def test_a_limit_of_one_byte_less_is_kept_whatever_the_number_of_digits_of_the_totals(number: int) -> None:
    outcome = replace(a_block(*many_images(number, "n")), identity="a gate with a long name")
    without_some = render(outcome, len(render(outcome).encode()) - 1)
    limit = len(without_some.encode()) - 1

    assert len(render(outcome, limit).encode()) <= limit


def test_every_smaller_limit_is_kept_and_the_verdict_always_there() -> None:
    texts = {"task id": '"' * 9000, "name": "&" * 300, "reason": "<>" * 90}
    images = [*an_ending("blocked", texts).task.failed_images] * 9  # type: ignore[union-attr] # it has a task
    outcome = an_outcome(a_task(id=texts["task id"], total=9, succeeded=0, failed=9, failed_images=tuple(images)))
    whole, least = len(render(outcome).encode()), len(render(outcome, 0).encode())

    for max_size in range(least, whole + 1, 499):
        text = render(outcome, max_size)
        assert len(text.encode()) <= max_size
        assert names(text)[0] == "the release may go out"
    assert names(render(outcome, 0)) == ["the release may go out", "images that are left out here"]
    assert len(names(render(outcome, whole + 1000))) == 10
