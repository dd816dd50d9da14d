"""What no document settles about the clouds may cost a pass, and never brings one: each open question, both ways."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import pytest

import gate.simulator
from gate.simulator import IMAGE_SCENARIOS
from gate.simulator.unverified import Unverified
from tests.harness import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Gate

SIMULATOR = Path(gate.simulator.__file__).parent
CANNOT_TELL = {("alibaba", "scans_index"): "index"}
CANNOT_FOLLOW = {("alibaba", "leaf_ids", "leaf ids")}
"""Where the gate never sees the records of the scan that it has started, so that no release comes to a verdict."""
"""Scenarios that an answer lets pass: no operation says that a digest is an index (alibaba-images.md 2), so one that
Security Center scans as one image has the result of one image."""


def code_of(cloud: str) -> str:
    """The code of a simulated cloud, and of what all of them share."""
    others = {SIMULATOR / other for other in CLOUDS if other != cloud}
    files = [path for path in SIMULATOR.rglob("*.py") if others.isdisjoint(path.parents)]
    return "".join(path.read_text() for path in files)


def answers() -> list[tuple[str, str, Any]]:
    """Each question of each cloud, with every answer that the cloud does not give by default."""
    hints, codes = get_type_hints(Unverified), {cloud: code_of(cloud) for cloud in CLOUDS}
    return [
        (cloud, field.name, answer)
        for cloud, code in codes.items()
        for field in fields(Unverified)
        # A cloud that never asks is the same with either answer.
        if f"unverified.{field.name}" in code
        for answer in get_args(hints[field.name]) or (True, False)
        if answer != field.default
    ]


every_answer = pytest.mark.parametrize(("cloud", "question", "answer"), answers())


def test_each_question_is_asked_by_a_cloud() -> None:
    assert {question for _, question, _ in answers()} == {field.name for field in fields(Unverified)}


@pytest.mark.divided
@every_answer
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


@pytest.mark.divided
@every_answer
def test_a_clean_release_passes_whatever_the_answer(
    cloud: str, question: str, answer: Any, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("images-clean", cloud)
    gate.simulator.account.unverified = replace(gate.simulator.account.unverified, **{question: answer})
    images = [word for image in IMAGE_SCENARIOS["images-clean"].images for word in ("--image", image)]

    code = 5 if (cloud, question, answer) in CANNOT_FOLLOW else 0
    assert gate.check(*images, "--appear-timeout", "1m", "--timeout", "20m").code == code
