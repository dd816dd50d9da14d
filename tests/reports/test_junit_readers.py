"""The `junit` report as its readers show it, each by its own rules (report-readers.md 1)."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from gate.image import ImageRef, ImageState
from gate.image_description import short_name
from gate.policy import Policy
from gate.reports import junit
from tests.builders import NOW, a_release, a_risky_image, an_image
from tests.harness import CLOUDS
from tests.reports.endings import PARTS
from tests.reports.readers import azure, bitbucket, buildkite, github_reporters, gitlab, jenkins
from tests.reports.readers.kinds import KINDS, NO_TASK, OTHER_KINDS, hostile_images, outcome_of, plain_images
from tests.reports.readers.shown import STATES
from tests.reports.reading import rendered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gate.outcome import Outcome
    from tests.harness import Gate
    from tests.reports.readers.shown import Reader, Shown, State

READERS = {
    "Jenkins": jenkins.READER,
    "GitLab": gitlab.READER,
    "dorny": github_reporters.DORNY,
    "mikepenz": github_reporters.MIKEPENZ,
    "EnricoMi": github_reporters.ENRICOMI,
    "Azure": azure.READER,
    "Buildkite": buildkite.READER,
}
VERDICT, REST = "the release may go out", "images that are left out here"
SECONDS = 61.5
"""How long each of these runs took."""
STARTED_AT = NOW - timedelta(seconds=62)
"""NOW is when it ended; the report has whole seconds."""
EVERYONE = frozenset(READERS)

every_kind = pytest.mark.parametrize("kind", KINDS)


@cache
def report(kind: str, count: int = 0, cloud: str = "huawei", name: str = "") -> str:
    """The report of an outcome of this kind with so many images that could not be scanned."""
    return rendered("junit", outcome_of(kind, plain_images(count), cloud=cloud, name=name))


def differences(reader: Reader, shown: Shown, verdict: State, images: Mapping[str, State]) -> list[str]:
    """How that which is shown differs from this verdict and these images, each once and in one state."""
    expected = {name: reader.called(state) for name, state in ({VERDICT: verdict} | dict(images)).items()}
    counts = {state: [*expected.values()].count(state) for state in STATES}
    seconds = {name: SECONDS if name == VERDICT else 0.0 for name in expected}
    found = [
        *shown.problems,
        "" if Counter((case.name, case.state) for case in shown.cases) == Counter(expected.items()) else "the cases",
        "" if shown.counts == counts else f"the counts: {shown.counts}",
        "" if {case.name: case.seconds for case in shown.cases} == seconds else "the times of the cases",
        "" if shown.seconds == (SECONDS // 1 if reader.is_rounded else SECONDS) else f"the time: {shown.seconds}",
        "" if shown.started_at == (STARTED_AT if reader.shows_start else None) else f"the start: {shown.started_at}",
    ]
    return [*filter(None, found)]


def shown_by_all(files: Mapping[str, str]) -> list[tuple[str, Shown]]:
    """What each reader shows of these files, by its name."""
    return [(name, reader.read(files)) for name, reader in READERS.items()]


def all_differences(text: str, verdict: State, images: Mapping[str, State]) -> dict[str, list[str]]:
    """What is wrong with this report, by the name of the reader; those that show all as it should be are left out."""
    found = {
        name: differences(READERS[name], shown, verdict, images) for name, shown in shown_by_all({"scan.xml": text})
    }
    return {name: wrong for name, wrong in found.items() if wrong}


def images_of(kind: str, count: int) -> dict[str, State]:
    return {f"swr/team/shop-{number}:1.0": KINDS[kind].images for number in range(count)}


@every_kind
@pytest.mark.parametrize("count", [0, 1, 1000])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_reader_shows_the_verdict_and_each_image_in_one_state(kind: str, count: int, cloud: str) -> None:
    text = report(kind, count, cloud)

    assert not all_differences(text, KINDS[kind].verdict, images_of(kind, count))


def test_every_reader_shows_a_run_that_found_no_task() -> None:
    assert not all_differences(rendered("junit", NO_TASK), "error", {})


@every_kind
def test_every_reader_says_why_a_case_did_not_pass(kind: str) -> None:
    outcome = outcome_of(kind, plain_images(2))
    text = rendered("junit", outcome)

    expected = {
        VERDICT: " ".join(reason.message for reason in outcome.verdict.reasons),
        "swr/team/shop-0:1.0": "could not be scanned: reason 0.",
        "swr/team/shop-1:1.0": "could not be scanned: reason 1.",
    }
    found = {name: {case.name: case.text for case in shown.cases} for name, shown in shown_by_all({"scan.xml": text})}
    assert found == dict.fromkeys(READERS, expected)


@every_kind
def test_no_name_or_reason_makes_a_reader_drop_or_merge_an_image(kind: str) -> None:
    images = hostile_images()
    text = rendered("junit", outcome_of(kind, images))

    for _, shown in shown_by_all({"scan.xml": text}):
        verdict, *others = shown.cases
        assert verdict.name == VERDICT
        assert len({case.name for case in others}) == len(others) == len(images)
        assert {case.state for case in others} == {KINDS[kind].images}
        assert sum(shown.counts.values()) == len(images) + 1
        assert not shown.problems


RISKY, FAILED, CLEAN = a_risky_image("risky"), an_image("failed", ImageState.FAILED), an_image("clean")
WITHOUT_RESULT = [an_image(state, state) for state in ImageState if not state.has_ended]
UNKNOWN_RISK = an_image("unknown-risk", is_risky=None)
ALLOWED = Policy(max_failed=1, max_risky=1)
NOT_RESULTS: dict[str, State] = {str(state): "error" for state in ImageState if not state.has_ended}
RELEASES: dict[str, tuple[Outcome, State, dict[str, State]]] = {
    "passed": (a_release(CLEAN, an_image("other")), "passed", {"clean": "passed", "other": "passed"}),
    "passed with what the policy allows": (
        a_release(RISKY, FAILED, CLEAN, policy=ALLOWED),
        "passed",
        {"risky": "skipped", "failed": "skipped", "clean": "passed"},
    ),
    "blocked by both": (
        a_release(RISKY, FAILED, CLEAN),
        "failed",
        {"risky": "failed", "failed": "failed", "clean": "passed"},
    ),
    "blocked by risks alone": (
        a_release(RISKY, FAILED, CLEAN, policy=Policy(max_failed=1)),
        "failed",
        {"risky": "failed", "failed": "skipped", "clean": "passed"},
    ),
    "blocked before all have a result": (
        a_release(RISKY, CLEAN, *WITHOUT_RESULT),
        "failed",
        {"risky": "failed", "clean": "passed", **dict.fromkeys(NOT_RESULTS, "skipped")},
    ),
    "undecided": (
        a_release(RISKY, FAILED, CLEAN, *WITHOUT_RESULT, policy=ALLOWED),
        "error",
        {"risky": "skipped", "failed": "skipped", "clean": "passed", **NOT_RESULTS},
    ),
    "undecided since a risk is not known": (
        a_release(CLEAN, UNKNOWN_RISK),
        "error",
        {"clean": "passed", "unknown-risk": "error"},
    ),
}
"""Releases of images, what their verdict is shown as, and each image."""


@pytest.mark.parametrize("release", RELEASES)
def test_every_reader_shows_each_image_of_a_release_in_one_state(release: str) -> None:
    outcome, verdict, images = RELEASES[release]

    named: dict[str, State] = {f"swr/team/{name}:1.0@sha256:aaaaaaaaaaaa": state for name, state in images.items()}
    assert not all_differences(rendered("junit", outcome), verdict, named)


def test_every_reader_says_what_was_found_in_an_image() -> None:
    text = rendered("junit", a_release(RISKY, an_image("missing", ImageState.MISSING), policy=ALLOWED))

    expected = {
        "risky": "risky: 7 vulnerabilities (2 high, 5 medium).",
        "missing": "missing: the cloud does not list this digest.",
    }
    for _, shown in shown_by_all({"scan.xml": text}):
        texts = {case.name: case.text for case in shown.cases}
        assert {name: texts[f"swr/team/{name}:1.0@sha256:aaaaaaaaaaaa"] for name in expected} == expected


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("max_size", range(2500, 5000, 500))
def test_no_image_of_a_release_for_which_there_is_no_room_is_counted_as_passed(release: str, max_size: int) -> None:
    outcome, verdict, images = RELEASES[release]
    text = "".join(junit.render(outcome, max_size))

    for name, shown in shown_by_all({"scan.xml": text}):
        case, *others = shown.cases
        rest = [other for other in others if other.name == REST]
        assert case.state == READERS[name].called(verdict)
        assert len(others) - len(rest) + sum(int(one.text.split()[0]) for one in rest) == len(images)
        assert "passed" not in {one.state for one in rest}
        assert not shown.problems


@every_kind
@pytest.mark.parametrize("max_size", [3000, 30_000])
def test_images_for_which_there_is_no_room_are_counted_in_a_case_of_their_own(kind: str, max_size: int) -> None:
    text = "".join(junit.render(outcome_of(kind, plain_images(300)), max_size))

    for name, shown in shown_by_all({"scan.xml": text}):
        *named, rest = (case for case in shown.cases if case.name != VERDICT)
        assert rest.name == REST
        assert len(named) + int(rest.text.split()[0]) == 300
        images = {case.name: KINDS[kind].images for case in [*named, rest]}
        assert not differences(READERS[name], shown, KINDS[kind].verdict, images)


@every_kind
@pytest.mark.parametrize("other", OTHER_KINDS)
def test_two_gates_with_names_are_shown_apart(kind: str, other: str) -> None:
    """Here the same image could not be scanned in both."""
    gates = {"production": kind, "staging": other}
    files = {f"{gate}.xml": report(of, 1, name=gate) for gate, of in gates.items()}

    for name, shown in shown_by_all(files):
        states = {gate: {case.name: case.state for case in shown.cases if gate in case.suite} for gate in gates}
        verdicts = {gate: KINDS[of].verdict for gate, of in gates.items()}
        assert states == {
            gate: {VERDICT: READERS[name].called(verdicts[gate]), "swr/team/shop-0:1.0": KINDS[of].images}
            for gate, of in gates.items()
        }
        assert sum(shown.counts.values()) == len(shown.cases) == 4
        assert shown.seconds == 2 * SECONDS
        assert not shown.problems


@every_kind
@pytest.mark.parametrize("count", [0, 1, 1000])
def test_bitbucket_shows_the_verdict_first_where_there_is_something_to_fix(kind: str, count: int) -> None:
    cases = bitbucket.read({"scan.xml": report(kind, count)}).cases

    verdict, images = KINDS[kind].verdict, KINDS[kind].images
    assert [case.name for case in cases[:1]] == ([] if verdict == "passed" else [VERDICT])
    assert len(cases) == min((verdict != "passed") + (count if images == "failed" else 0), 100)


def test_bitbucket_shows_what_to_do_about_the_verdict() -> None:
    """It cuts each field."""
    outcome = outcome_of("blocked by both", hostile_images())

    (text, *_) = [case.text for case in bitbucket.read({"scan.xml": rendered("junit", outcome)}).cases]

    assert text == " ".join(reason.message for reason in outcome.verdict.reasons)


def swapped(text: str) -> str:
    return re.sub(r'(<testsuite .*)failures="(\d+)" errors="(\d+)"', r'\1failures="\3" errors="\2"', text)


BROKEN: dict[str, tuple[Callable[[str], str], frozenset[str]]] = {
    "the file is cut": (lambda text: text[:-20], EVERYONE),
    "a case is lost": (lambda text: re.sub(r"<testcase .*shop-1.*\n", "", text), EVERYONE),
    "a case is there twice": (lambda text: re.sub(r"(<testcase .*shop-1.*\n)", r"\1\1", text), EVERYONE),
    "two images have one name": (lambda text: text.replace("shop-1", "shop-0"), EVERYONE),
    "an image passes": (lambda text: re.sub(r"(shop-1.*?)><f.*</testcase>", r"\1/>", text), EVERYONE),
    "the verdict passes": (lambda text: re.sub(r"(go out.*?)><f.*</testcase>", r"\1/>", text), EVERYONE),
    "the verdict has no name": (lambda text: text.replace(f' name="{VERDICT}"', ""), EVERYONE),
    "the verdict is an error": (
        lambda text: re.sub(r"(go out.*)<failure(.*)</failure>", r"\1<error\2</error>", text),
        frozenset({"GitLab", "EnricoMi", "Buildkite"}),
    ),
    "an image is skipped too": (
        lambda text: re.sub(r"(shop-1.*)</testcase>", r"\1<skipped/></testcase>", text),
        frozenset({"Jenkins", "mikepenz", "Buildkite"}),
    ),
    "two counts are swapped": (swapped, frozenset({"EnricoMi"})),
    "a count is too high": (
        lambda text: re.sub(r'(<testsuite .*tests=")\d+', r"\g<1>9", text),
        frozenset({"EnricoMi"}),
    ),
    "the outer time is another": (
        lambda text: re.sub(r'(<testsuites .*time=")[\d.]+', r"\g<1>9.000", text),
        frozenset({"dorny"}),
    ),
    "the suite has no time": (
        lambda text: re.sub(r'(<testsuite .*)time="[\d.]+"', r"\1", text),
        frozenset({"dorny", "Azure"}),
    ),
    "the cases have no time": (
        lambda text: re.sub(r'(<testcase .*) time="[\d.]+"', r"\1", text),
        EVERYONE,
    ),
    "a time is in minutes and seconds": (lambda text: text.replace('"61.500"', '"1:01.500"'), EVERYONE),
    "the start is the end": (
        lambda text: re.sub('timestamp="[^"]*"', f'timestamp="{NOW:%Y-%m-%dT%H:%M:%S}"', text),
        frozenset({"Jenkins", "Azure"}),
    ),
    "the start is no date": (
        lambda text: re.sub('timestamp="[^"]*"', 'timestamp="yesterday"', text),
        frozenset({"Jenkins", "Azure"}),
    ),
    "the start is missing": (
        lambda text: re.sub(' timestamp="[^"]*"', "", text),
        frozenset({"Jenkins", "Azure"}),
    ),
    "an element has a type that GitLab refuses": (
        lambda text: text.replace('type="image"', 'type="symbol"'),
        frozenset({"GitLab"}),
    ),
    "an element has a type that GitLab converts": (
        lambda text: text.replace('type="image"', 'type="integer"'),
        frozenset({"GitLab"}),
    ),
    "the suite has no name": (
        lambda text: re.sub('<testsuite name="[^"]*"', "<testsuite", text),
        frozenset({"dorny"}),
    ),
    "the suite has no case": (
        lambda text: re.sub(r"<testcase .*\n", "", text),
        EVERYONE,
    ),
}
"""Ways in which the writer could be wrong, and the readers that would show something wrong for it."""


@pytest.mark.parametrize("broken", BROKEN)
def test_the_readers_show_a_report_that_is_wrong_as_it_is(broken: str) -> None:
    break_report, expected = BROKEN[broken]
    text = report("blocked by failed images", 2)
    wrong = break_report(text)

    assert wrong != text
    assert all_differences(wrong, "failed", images_of("blocked by failed images", 2)).keys() == expected


def test_without_names_some_readers_show_two_gates_as_one() -> None:
    text = report("blocked by failed images", 2)

    merged = {name for name, shown in shown_by_all({"one.xml": text, "two.xml": text}) if shown.problems}

    assert merged == {"Jenkins", "GitLab", "EnricoMi"}


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("scenario", ["clean", "risky", "partial", "failed", "stale"])
def test_every_reader_agrees_with_the_json_report_of_a_real_run(
    scenario: str, cloud: str, gate_in: Callable[..., Gate]
) -> None:
    run = gate_in(scenario, cloud).check("--report", "junit=scan.xml", "--timeout", "90s").report
    text = Path("scan.xml").read_text()

    verdict = {"passed": "passed", "blocked": "failed", "undecided": "error"}[run["verdict"]]
    named = [*run["images"], *run["failed_images"]]
    names = [short_name(ImageRef(**{part: image[part] for part in PARTS})) for image in named]
    for name, shown in shown_by_all({"scan.xml": text}):
        assert [case.name for case in shown.cases] == [VERDICT, *names]
        assert shown.cases[0].state == READERS[name].called(cast("State", verdict))
        assert sum(shown.counts.values()) == len(names) + 1
        assert not shown.problems
