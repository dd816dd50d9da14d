"""What no document settles about the clouds may cost a pass, and never brings one: each open question, both ways."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import pytest

from gate.simulator import IMAGE_SCENARIOS
from gate.simulator.unverified import Unverified
from tests.harness import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Gate

CANNOT_TELL = {("alibaba", "scans_index"): "index"}
"""Scenarios that an answer lets pass: no operation says that a digest is an index (alibaba-images.md 2), so one that
Security Center scans as one image has the result of one image."""


def answers() -> list[tuple[str, Any]]:
    """Each question with every answer that the simulated clouds do not give by default."""
    hints = get_type_hints(Unverified)
    return [
        (field.name, answer)
        for field in fields(Unverified)
        for answer in get_args(hints[field.name]) or (True, False)
        if answer != field.default
    ]


@pytest.mark.parametrize(("question", "answer"), answers())
@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_answer_to_an_open_question_makes_a_release_pass_that_must_not(
    cloud: str, question: str, answer: Any, gate_in: Callable[..., Gate]
) -> None:
    passed = []
    for name, scenario in IMAGE_SCENARIOS.items():
        is_other = scenario.only_cloud not in {"", cloud} or CANNOT_TELL.get((cloud, question)) == name
        if scenario.expected_exit == 0 or is_other:
            continue
        gate = gate_in(scenario, cloud)
        gate.simulator.account.unverified = replace(gate.simulator.account.unverified, **{question: answer})
        images = [word for image in scenario.images for word in ("--image", image)]
        if gate.check(*images, "--appear-timeout", "1m", "--timeout", "20m").code == 0:
            passed.append(name)

    assert passed == []


@pytest.mark.parametrize(("question", "answer"), answers())
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_clean_release_passes_whatever_the_answer(
    cloud: str, question: str, answer: Any, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("images-clean", cloud)
    gate.simulator.account.unverified = replace(gate.simulator.account.unverified, **{question: answer})
    images = [word for image in IMAGE_SCENARIOS["images-clean"].images for word in ("--image", image)]

    assert gate.check(*images, "--appear-timeout", "1m", "--timeout", "20m").code == 0
