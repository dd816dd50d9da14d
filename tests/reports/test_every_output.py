"""Every output of a run, the annotations and outputs of CI systems included, with hostile names of images."""

from __future__ import annotations

from functools import cache

import pytest

from gate.policy import Decision
from tests.hostile import HOSTILE
from tests.properties.outputs import RunOutputs, output_violations
from tests.reports.endings import ENDINGS, FIELDS, an_ending

LINES = ("plain", "outputs", "annotations", "issues", "insights")
"""The outputs that are not reports; each has a line, or an object, for each thing that it says."""


@cache
def number_of_lines(ending: str, text: str) -> dict[str, int]:
    found = RunOutputs().texts(an_ending(ending, dict.fromkeys(FIELDS, text)), LINES)
    return {name: output.count("\n") for name, output in found.items()}


@pytest.mark.divided
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_every_output_agrees_with_the_verdict_and_has_no_command_that_is_not_the_gates(ending: str, text: str) -> None:
    outcome = an_ending(ending, dict.fromkeys(FIELDS, text))

    assert [*output_violations(outcome, RunOutputs().texts(outcome))] == []


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_name_adds_a_line_to_an_output(ending: str, text: str) -> None:
    assert number_of_lines(ending, text) == number_of_lines(ending, "shop")


def test_these_outcomes_are_of_every_verdict_with_and_without_images_that_were_asked_for() -> None:
    tasks = [(an_ending(ending).task, decision) for ending, (decision, _) in ENDINGS.items()]

    modes = {(task.asks_for_images, decision) for task, decision in tasks if task}
    assert modes == {(mode, decision) for mode in (False, True) for decision in Decision}
