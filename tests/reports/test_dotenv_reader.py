"""The `dotenv` report as GitLab takes it, and gives it to later jobs (report-readers.md 4)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.builders import a_release, a_risky_image
from tests.harness import CLOUDS
from tests.hostile import HOSTILE
from tests.reports.endings import FIELDS, an_ending
from tests.reports.readers import gitlab_dotenv as gitlab
from tests.reports.readers.kinds import KINDS, NO_TASK, OTHER_KINDS, outcome_of, plain_images
from tests.reports.reading import rendered

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.outcome import Outcome
    from tests.harness import Gate

LONGEST_NAME = "n" * 40
TEXTS = HOSTILE | {"variables and quotes": "$HOME ${HOME} \"a\" 'b'"}
VERDICTS = {"passed": "passed", "failed": "blocked", "error": "undecided"}
every_kind = pytest.mark.parametrize("kind", KINDS)


def render(outcome: Outcome) -> str:
    return rendered("dotenv", outcome)


@every_kind
@pytest.mark.parametrize("count", [0, 1, 500])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_later_jobs_get_the_verdict_and_the_counts(kind: str, count: int, cloud: str) -> None:
    about = KINDS[kind]

    found = gitlab.read(render(outcome_of(kind, plain_images(count), cloud=cloud)))

    failed = max(count, int(not about.are_allowed))
    assert not found.problems
    counts = {name: found.values[f"SCAN_{name}_NUM"] for name in ("TOTAL", "SUCCESS", "FAILED", "RISKY")}
    assert counts == {
        "TOTAL": str(failed + 3),
        "SUCCESS": "3",
        "FAILED": str(failed),
        "RISKY": str(about.risky),
    }
    assert found.values["SCAN_VERDICT"] == VERDICTS[about.verdict]


def test_later_jobs_get_a_verdict_where_no_task_was_found() -> None:
    found = gitlab.read(render(NO_TASK))

    assert not found.problems
    assert (found.values["SCAN_VERDICT"], found.values["SCAN_TOTAL_NUM"]) == ("undecided", "")


@pytest.mark.parametrize("name", ["", LONGEST_NAME])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_text_of_a_task_or_a_job_makes_gitlab_refuse_the_file(name: str, text: str) -> None:
    outcome = an_ending("blocked", dict.fromkeys(FIELDS, text))

    found = gitlab.read(render(replace(outcome, name=name, identity=name or outcome.identity)))

    assert not found.problems
    verdicts = {variable: value for variable, value in found.values.items() if variable.startswith("SCAN_VERDICT")}
    assert [*verdicts.values()] == ["blocked"]
    assert not name or [*verdicts] == [f"SCAN_VERDICT_{name.upper()}"]


@pytest.mark.parametrize("name", ["", LONGEST_NAME])
@pytest.mark.parametrize("count", [0, 1, 5, 500])
def test_later_jobs_get_the_images_of_a_release_as_far_as_there_is_room(count: int, name: str) -> None:
    outcome = replace(a_release(*(a_risky_image(f"web-{number}") for number in range(count))), name=name)

    found = gitlab.read(render(outcome))

    assert not found.problems
    images = json.loads(found.values[f"SCAN_IMAGES{f'_{name}'.upper() if name else ''}"])
    named = [image for image in images if "left_out" not in image]
    left_out = sum(image["left_out"] for image in images if "left_out" in image)
    assert len(named) + left_out == max(count, 1)
    assert (left_out > 0) is (count == 500)
    assert count < 5 or len(named) >= 5


@every_kind
@pytest.mark.parametrize("other", OTHER_KINDS)
def test_later_jobs_get_the_variables_of_two_gates_with_names(kind: str, other: str) -> None:
    gates = {"production": kind, "staging": other}

    found = gitlab.read(*(render(outcome_of(of, name=name)) for name, of in gates.items()))

    assert not found.problems
    assert {name: found.values[f"SCAN_VERDICT_{name.upper()}"] for name in gates} == {
        name: VERDICTS[KINDS[of].verdict] for name, of in gates.items()
    }


@pytest.mark.parametrize("names", [("staging", "Staging"), ("a-b", "a_b"), ("a.b", "a-b")])
def test_names_that_differ_in_capitals_and_punctuation_only_have_variables_of_their_own(names: tuple[str, str]) -> None:
    found = gitlab.read(*(render(outcome_of("passed", name=name)) for name in names))

    assert not found.problems


def test_two_gates_that_nothing_tells_apart_are_one_in_variables() -> None:
    """As in a shell, where no dotenv report is read by anything but the user's own script."""
    found = gitlab.read(*(render(outcome_of("passed")) for _ in range(2)))

    assert len(found.problems) == 18


@pytest.mark.parametrize(
    "broken",
    [
        "\n",
        "# a comment\n",
        "A-B=1\n",
        "É=1\n",
        "=1\n",
        'QUOTED="1"\n',
        "EXPANDED=$HOME\n",
        "SCAN_VERDICT=passed\n",
        "x\n",
        "".join(f"V{number}=\n" for number in range(9)),
        f"LONG={'x' * 5120}\n",
        f"{'x' * 256}=1\n",
    ],
)
def test_gitlab_refuses_or_changes_a_file_that_is_wrong(broken: str) -> None:
    assert gitlab.read(render(outcome_of("passed")) + broken).problems


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("scenario", ["clean", "risky", "partial", "failed", "stale"])
def test_later_jobs_get_what_the_json_report_of_a_real_run_says(
    scenario: str, cloud: str, gate_in: Callable[..., Gate]
) -> None:
    run = gate_in(scenario, cloud).check("--report", "dotenv=scan.env", "--timeout", "90s").report

    found = gitlab.read(Path("scan.env").read_text())

    assert not found.problems
    assert found.values["SCAN_VERDICT"] == run["verdict"]
    assert found.values["SCAN_EXIT_CODE"] == str(run["exit_code"])
    stated = {"TOTAL": "total", "SUCCESS": "succeeded", "RISKY": "risky"}
    assert {name: found.values[f"SCAN_{name}_NUM"] for name in stated} == {
        name: "" if run["counts"][count] is None else str(run["counts"][count]) for name, count in stated.items()
    }
