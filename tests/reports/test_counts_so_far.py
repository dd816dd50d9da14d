"""The counts of an undecided run are counts so far, in every report and on every CI system, and within no limit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gate.ci import bitbucket
from gate.ci.annotations import annotations_of
from gate.ci.github import outputs
from gate.policy import Policy
from gate.reports import REPORTS, plain
from gate.reports.code_quality import MAX_ISSUES
from gate.scan import TaskState
from tests.builders import a_task, an_outcome
from tests.harness import CLOUDS
from tests.reports.endings import many_images
from tests.reports.reading import rendered

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.outcome import Outcome
    from tests.harness import Gate

SHOWN = {
    "markdown": "\n| images | count so far | limit |\n",
    "html": '<th scope="col" class="number">Count so far</th>',
    "junit": '<property name="counts" value="so far"/>',
}
"""How the reports that name counts in words say it; the others have a field for each, and `undecided` beside them."""
WITHIN_EACH_LIMIT = Policy(max_failed=9, max_risky=9)
UNDECIDED = {
    "in progress": a_task(state=TaskState.RUNNING, progress=60, succeeded=1, failed=1, risky=1),
    "results pending": a_task(succeeded=1, failed=1, risky=1, results_pending=1),
    "results not polled": a_task(succeeded=1, failed=1, risky=1, results_pending=None),
    "stopped": a_task(state=TaskState.STOPPED, succeeded=1, failed=1, risky=1),
}
every_undecided_task = pytest.mark.parametrize("name", UNDECIDED)
every_cloud = pytest.mark.parametrize("cloud", CLOUDS)


def undecided(name: str, cloud: str = "huawei") -> Outcome:
    outcome = an_outcome(UNDECIDED[name], policy=WITHIN_EACH_LIMIT, cloud=cloud)
    assert outcome.verdict.decision == "undecided"
    return outcome


def texts(outcome: Outcome) -> dict[str, str]:
    """Each report, and the verdict in the log."""
    return {name: rendered(name, outcome) for name in REPORTS} | {"plain": "".join(plain.render(outcome))}


@every_cloud
@every_undecided_task
def test_no_report_says_that_a_count_of_an_undecided_run_is_within_the_limit(name: str, cloud: str) -> None:
    assert not [report for report, text in texts(undecided(name, cloud)).items() if "within the limit" in text]


@every_cloud
@every_undecided_task
def test_every_report_that_names_counts_says_that_they_are_so_far(name: str, cloud: str) -> None:
    found = texts(undecided(name, cloud))

    assert "\n  images so far: 3 in all, " in found["plain"]
    assert {report: shown for report, shown in SHOWN.items() if shown in found[report]} == SHOWN


def test_a_count_that_is_over_the_limit_is_so_too_so_far() -> None:
    page = rendered("html", an_outcome(UNDECIDED["in progress"], policy=Policy(max_failed=0, max_risky=1)))

    assert ">1 over the limit so far<" in page
    assert ">not judged<" in page


@pytest.mark.parametrize("outcome", [an_outcome(), an_outcome(a_task(risky=2)), an_outcome(a_task(failed=1))])
def test_the_counts_of_a_verdict_are_final(outcome: Outcome) -> None:
    assert not [report for report, text in texts(outcome).items() if "so far" in text]
    assert not [one for one in bitbucket.report(outcome)["data"] if "so far" in one["title"]]


@pytest.mark.parametrize("decision", ["undecided", "blocked"])
def test_the_line_about_images_left_out_is_a_count_so_far_too(decision: str) -> None:
    images = many_images(MAX_ISSUES + 5)
    state = TaskState.RUNNING if decision == "undecided" else TaskState.COMPLETE
    outcome = an_outcome(a_task(total=len(images), succeeded=0, failed=len(images), state=state, failed_images=images))
    so_far = " so far" if decision == "undecided" else ""

    assert f" more images could not be scanned{so_far}; the json report" in rendered("code-quality", outcome)
    assert f" more images could not be scanned{so_far}; " in [*annotations_of(outcome, 3)][-1].text
    assert f" more images could not be scanned{so_far}; " in bitbucket.insights(outcome)[-1]["summary"]


def test_bitbucket_shows_counts_so_far() -> None:
    titles = [one["title"] for one in bitbucket.report(undecided("in progress"))["data"]]

    assert titles == ["total so far", "success so far", "failed so far", "risky so far"]


def test_outputs_keep_their_names_and_values_beside_the_verdict() -> None:
    outcome = undecided("in progress")

    assert outcome.outputs["verdict"] == "undecided"
    assert "failed-num<<" in outputs(outcome)
    assert "SCAN_FAILED_NUM=1\n" in rendered("dotenv", outcome)


@every_cloud
@pytest.mark.parametrize("scenario", ["stuck", "lagging"])
def test_a_gate_that_runs_out_of_time_reports_counts_so_far(
    scenario: str, cloud: str, gate_in: Callable[..., Gate]
) -> None:
    """`lagging` is complete on Alibaba and has no results yet; on Huawei it is still running."""
    reports = [word for name in SHOWN for word in ("--report", f"{name}={name}")]

    ending = gate_in(scenario, cloud).check("--timeout", "3s", *reports)

    assert ending.code == 5
    assert "\n  images so far: " in ending.out
    assert {name: shown for name, shown in SHOWN.items() if shown in Path(name).read_text()} == SHOWN
    assert "within the limit" not in Path("html").read_text()
