"""GitHub Actions: outputs parsed as the runner parses them, and a summary that the runner keeps."""

from __future__ import annotations

import errno
import json
import os
import re
import resource
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gate import ci
from gate.ci.ci_system import Channel
from gate.ci.github import command, outputs
from gate.errors import Interrupted
from gate.image import ImageState
from gate.policy import Policy, Reason, undecided
from gate.policy_digest import policy_digest
from gate.reports import markdown
from gate.reports.size_limits import MAX_SUMMARY_SIZE
from tests.builders import a_digest, a_failed_image, a_release, a_risky_image, a_task, an_image, an_outcome
from tests.github_runner import parse_outputs
from tests.hostile import HOSTILE
from tests.reports.endings import FIELDS, a_block, an_ending, many_images

if TYPE_CHECKING:
    from gate.outcome import Outcome

NAMES = [
    *("verdict", "exit-code", "task-id", "task-state", "task-type", "scope", "all-images", "image-type"),
    *("total-num", "success-num", "failed-num", "risky-num", "images-total", "images-risky"),
    *("region", "account", "policy-digest", "images"),
]
OF_IMAGES = ["", "", "", "", policy_digest(Policy()), "[]"]
"""The outputs about images of a task that names none, in a place that is not known, by the default policy."""
COVERAGE = ["manual", "baseline,malicious-file,vulnerability", "true", "registry"]


@pytest.fixture
def runner(tmp_path: Path) -> dict[str, str]:
    """The variables of a step; the files that they name exist."""
    names = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
    for name in names:
        (tmp_path / name).touch()
    return {"GITHUB_ACTIONS": "true"} | {name: str(tmp_path / name) for name in names}


def publish(outcome: Outcome, environ: dict[str, str]) -> list[str]:
    return list(ci.detect(environ).publish(outcome))


def test_a_variable_of_a_file_alone_does_not_make_a_runner() -> None:
    assert type(ci.detect({"GITHUB_OUTPUT": "x"})) is ci.CISystem


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (an_outcome(), ["passed", "0", "task-1", "complete", *COVERAGE, "3", "3", "0", "0", *OF_IMAGES]),
        (
            an_outcome(a_task(risky=2)),
            ["blocked", "1", "task-1", "complete", *COVERAGE, "3", "3", "0", "2", *OF_IMAGES],
        ),
        (
            an_outcome(a_task(risky=None)),
            ["undecided", "7", "task-1", "complete", *COVERAGE, "3", "3", "0", "", *OF_IMAGES],
        ),
        (
            an_outcome(a_task(risky=2), policy=Policy(warn_only=True)),
            ["blocked", "1", "task-1", "complete", *COVERAGE, "3", "3", "0", "2", *OF_IMAGES],
        ),
        (an_outcome(verdict=undecided(Interrupted(2))), ["undecided", "130", *[""] * 10, *OF_IMAGES[:-1], ""]),
    ],
)
def test_every_output_is_set_in_every_ending(outcome: Outcome, expected: list[str], runner: dict[str, str]) -> None:
    assert publish(outcome, runner) == []

    assert parse_outputs(Path(runner["GITHUB_OUTPUT"]).read_text()) == dict(zip(NAMES, expected, strict=True))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_task_id_can_forge_an_output(text: str) -> None:
    values = parse_outputs(outputs(an_outcome(a_task(id=f"{text}\nverdict=passed", risky=1))))

    assert list(values) == NAMES
    assert values["verdict"] == "blocked"
    # A later step may print it, and the runner would run a command in it.
    assert "##[" not in values["task-id"]
    assert not values["task-id"].startswith("::")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_name_of_an_image_can_forge_an_output(text: str) -> None:
    values = parse_outputs(outputs(an_ending("release blocked", dict.fromkeys(FIELDS, f"{text}\nverdict=passed"))))

    assert list(values) == NAMES
    assert (values["verdict"], values["images-total"], values["images-risky"]) == ("blocked", "3", "1")
    assert len(json.loads(values["images"])) == 3


def test_the_images_are_whole_json_however_many_they_are() -> None:
    values = parse_outputs(outputs(a_block(*many_images(500, "x" * 100))))

    *named, last = json.loads(values["images"])
    assert last["left_out"] == 500 - len(named)
    assert len(named) > 50


def test_the_delimiter_cannot_be_predicted() -> None:
    assert outputs(an_outcome()).splitlines()[0] != outputs(an_outcome()).splitlines()[0]


def test_the_existing_content_of_the_files_stays(runner: dict[str, str], tmp_path: Path) -> None:
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        (tmp_path / name).write_text("before=1\n")

    publish(an_outcome(), runner)

    assert (tmp_path / "GITHUB_OUTPUT").read_text().startswith("before=1\nverdict<<")
    assert (tmp_path / "GITHUB_STEP_SUMMARY").read_text().startswith("before=1\n## ✅")


def test_a_line_that_an_earlier_tool_did_not_end_swallows_no_output(runner: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "GITHUB_OUTPUT").write_text("before=1")

    publish(an_outcome(), runner)

    values = parse_outputs((tmp_path / "GITHUB_OUTPUT").read_text())
    assert (values["before"], values["verdict"]) == ("1", "passed")


def test_a_file_that_is_one_empty_line_gets_no_other(runner: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "GITHUB_OUTPUT").write_text("\n")

    publish(an_outcome(), runner)

    assert (tmp_path / "GITHUB_OUTPUT").read_text().startswith("\nverdict<<")


@pytest.mark.usefixtures("capsys")
def test_outputs_for_which_there_is_no_room_leave_nothing_behind(runner: dict[str, str], tmp_path: Path) -> None:
    """GitHub would fail the step for half an output."""
    (tmp_path / "GITHUB_OUTPUT").write_text("before=1\n")
    del runner["GITHUB_STEP_SUMMARY"]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30, limits[1]))
    try:
        warnings = publish(an_outcome(), runner)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert warnings == ["GITHUB_OUTPUT cannot be written (File too large): later steps will not see the verdict."]
    assert (tmp_path / "GITHUB_OUTPUT").read_text() == "before=1\n"


def test_the_failed_images_are_counted_as_the_verdict_counts_them() -> None:
    values = parse_outputs(outputs(an_outcome(a_task(total=5, succeeded=3, failed=0))))

    assert (values["verdict"], values["failed-num"]) == ("blocked", "2")


@pytest.mark.parametrize("already", [0, 500_000, 999_300, 999_999, 1_000_000, 2_000_000])
def test_the_whole_summary_stays_within_what_github_takes(already: int, runner: dict[str, str], tmp_path: Path) -> None:
    summary = tmp_path / "GITHUB_STEP_SUMMARY"
    summary.write_bytes(b"x" * already)

    warnings = publish(an_outcome(), runner)

    written = summary.stat().st_size - already
    assert summary.stat().st_size <= max(already, 1_000_000)
    assert (written == 0) is (warnings != [])
    if warnings:
        assert warnings[0].startswith("GITHUB_STEP_SUMMARY is full")


@pytest.mark.parametrize("too_few", [0, 1])
def test_the_summary_is_whole_if_it_fits_with_the_end_of_the_line_before_it(
    too_few: int, runner: dict[str, str], tmp_path: Path
) -> None:
    summary, outcome = tmp_path / "GITHUB_STEP_SUMMARY", an_outcome()
    whole = "".join(markdown.render(outcome))
    already = "x" * (MAX_SUMMARY_SIZE - len(whole.encode()) - 1 + too_few)
    summary.write_text(already)

    publish(outcome, runner)

    assert (summary.read_text() == f"{already}\n{whole}") is (too_few == 0)
    assert summary.stat().st_size <= MAX_SUMMARY_SIZE


def test_a_file_that_cannot_be_written_gets_a_warning_and_the_others_are_written(
    runner: dict[str, str], tmp_path: Path
) -> None:
    runner["GITHUB_OUTPUT"] = str(tmp_path / "absent" / "file")

    warnings = publish(an_outcome(), runner)

    assert len(warnings) == 1
    assert warnings[0].startswith("GITHUB_OUTPUT cannot be written")
    assert (tmp_path / "GITHUB_STEP_SUMMARY").read_text().startswith("## ✅")


@pytest.mark.parametrize(
    ("variable", "consequence"),
    [
        ("GITHUB_OUTPUT", "later steps will not see the verdict"),
        ("GITHUB_STEP_SUMMARY", "the page of the job will not show the verdict"),
    ],
)
def test_the_warning_says_what_a_missing_file_leads_to(
    variable: str, consequence: str, runner: dict[str, str], tmp_path: Path
) -> None:
    runner[variable] = str(tmp_path / "absent" / "file")

    assert publish(an_outcome(), runner) == [
        f"{variable} cannot be written ({os.strerror(errno.ENOENT)}): {consequence}."
    ]


def test_a_runner_that_names_no_files_gets_none() -> None:
    assert publish(an_outcome(), {"GITHUB_ACTIONS": "true"}) == []


def annotated(outcome: Outcome, capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str, str]]:
    """The annotations as the runner parses them: kind, title, text."""
    publish(outcome, {"GITHUB_ACTIONS": "true"})
    found = [re.fullmatch(r"::([a-z]+) title=([^:,]*)::(.*)", line) for line in capsys.readouterr().out.splitlines()]
    return [(one[1], one[2], one[3]) for one in found if one]


@pytest.mark.parametrize(
    ("outcome", "kind", "title"),
    [
        (an_outcome(), "notice", "Image scan passed"),
        (an_outcome(a_task(risky=2)), "error", "Image scan blocked"),
        (an_outcome(a_task(risky=None)), "error", "Image scan undecided"),
        (an_outcome(a_task(risky=2), policy=Policy(warn_only=True)), "warning", "Image scan blocked"),
    ],
)
def test_the_verdict_is_an_annotation_of_its_severity(
    outcome: Outcome, kind: str, title: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ((found, name, text),) = annotated(outcome, capsys)

    assert (found, name) == (kind, title)
    assert text == (outcome.verdict.reasons[0].message if outcome.verdict.reasons else "3 images, 0 failed, 0 risky.")


@pytest.mark.parametrize(
    ("number", "shown", "last"), [(9, 10, "shop-8"), (10, 10, "2 more images"), (5000, 10, "4992")]
)
def test_there_are_ten_annotations_at_most_and_the_last_says_what_is_left_out(
    number: int, shown: int, last: str, capsys: pytest.CaptureFixture[str]
) -> None:
    images = tuple(a_failed_image(f"shop-{at}") for at in range(number))
    task = a_task(total=number, succeeded=0, failed=number, failed_images=images)

    found = annotated(an_outcome(task), capsys)

    assert len(found) == shown
    assert {kind for kind, _, _ in found} == {"error"}
    assert last in found[-1][2]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_name_forges_an_annotation(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    images = (a_failed_image(text, reason=text),)
    publish(an_outcome(a_task(succeeded=2, failed=1, failed_images=images)), {"GITHUB_ACTIONS": "true"})

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("::error title=") and len(line) <= 4096 for line in lines)


def test_risky_images_are_annotated_before_failed_ones_and_clean_ones_are_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    release = a_release(
        an_image("failed", ImageState.FAILED, reason="too big"), an_image("clean"), a_risky_image("risky")
    )

    assert [(title, text) for _, title, text in annotated(release, capsys)[1:]] == [
        ("Image risky", "swr/team/risky:1.0@sha256:aaaaaaaaaaaa risky: 7 vulnerabilities (2 high, 5 medium)."),
        ("Image not scanned", "swr/team/failed:1.0@sha256:aaaaaaaaaaaa could not be scanned: too big."),
    ]


def test_the_notice_of_a_release_that_passed_says_when_its_images_were_scanned(
    capsys: pytest.CaptureFixture[str],
) -> None:
    release = a_release(*(an_image(f"web-{number}") for number in range(12)))

    assert annotated(release, capsys) == [
        ("notice", "Image scan passed", "12 of 12 images, all scanned since they were pushed.")
    ]


def test_a_tag_that_moved_is_annotated_whatever_the_result_of_its_image(capsys: pytest.CaptureFixture[str]) -> None:
    moved: dict[str, Any] = {"moved_to": a_digest("b")}
    note = "The tag now stands for sha256:bbbbbbbbbbbb; the verdict is about the digest."

    passed = annotated(a_release(an_image("web", **moved), an_image("api")), capsys)
    blocked = annotated(a_release(an_image("web", **moved), a_risky_image("api", **moved)), capsys)
    many = annotated(a_release(*(an_image(f"web-{number}", **moved) for number in range(20))), capsys)

    assert passed[1:] == [("notice", "Image tag moved", f"swr/team/web:1.0@sha256:aaaaaaaaaaaa no risks found. {note}")]
    assert [title for _, title, _ in blocked[1:]] == ["Image risky", "Image tag moved"]
    assert all(text.endswith(note) for _, _, text in blocked[1:])
    assert [text.partition(note)[2] for _, _, text in many[1:]] == [" So have the tags of more images: 19."]


def test_there_are_ten_annotations_at_most_also_where_tags_moved(capsys: pytest.CaptureFixture[str]) -> None:
    risky = (a_risky_image(f"web-{number}") for number in range(20))

    found = annotated(a_release(*risky, an_image("moved", moved_to=a_digest("b"))), capsys)

    titles = ["Image scan blocked", *["Image risky"] * 7, "More images", "Image tag moved"]
    assert [title for _, title, _ in found] == titles
    assert found[-2][2] == "13 more images are risky; the json report has them all."


def test_nothing_of_the_text_of_a_command_is_escaped_that_need_not_be() -> None:
    assert command("notice", "X: a, b") == "::notice::X: a, b\n"


def test_a_command_reads_back_as_the_runner_reads_it() -> None:
    assert command("error", "100%\r\nb", title="aX:b,c", file="d") == (
        "::error title=aX%3Ab%2Cc,file=d::100%25%0D%0Ab\n"
    )


def test_a_reason_is_annotated_up_to_its_greatest_length(capsys: pytest.CaptureFixture[str]) -> None:
    """The runner cuts a text after 4,096 characters."""
    outcome = an_outcome(a_task(risky=2))
    reasons = (Reason(code="too-many-risky", message="x" * 4001),)

    ((_, _, text),) = annotated(replace(outcome, verdict=replace(outcome.verdict, reasons=reasons)), capsys)

    assert text == "x" * 4000 + "…"


def test_each_file_of_github_that_cannot_be_appended_is_told_with_its_consequence(tmp_path: Path) -> None:
    """A report would get the folder that is missing; the runner's files do not."""
    ci_system = ci.detect({"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(tmp_path / "absent" / "file")})

    assert list(ci_system.channels()) == [
        Channel(name="GITHUB_OUTPUT", problem=os.strerror(errno.ENOENT), loss="later steps will not see the verdict"),
        Channel(
            name="GITHUB_STEP_SUMMARY",
            problem="the variable is not set",
            loss="the page of the job will not show the verdict",
        ),
    ]
