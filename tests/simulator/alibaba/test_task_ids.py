"""Tests the forms of a task id: a number, a string, or absent (alibaba-security-center.md 1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gate.simulator import SimulatedTask
from tests.simulator.alibaba.actions import LAST, RESULT, SCAN, simulator_with

if TYPE_CHECKING:
    from gate.simulator.task import IdForm
    from tests.simulator.conftest import CallAction, Clock


@pytest.mark.parametrize(
    ("task_id", "form", "shown_id"),
    [
        ("0b4dd8cf-5fce-5e5a-b3b7-c8b0ab4c2d6e", "text", "0b4dd8cf5fce5e5ab3b7c8b0ab4c2d6e"),
        ("scan", "text", "scan"),
        ("older-1", "text", "older-1"),
        ("4711", "number", 4711),
        ("scan", "number", 3_300_111_278),
        ("scan", "zero", 0),
        ("scan", "empty", ""),
    ],
)
def test_a_task_id_is_shown_in_its_form(
    task_id: str, form: IdForm, shown_id: object, call: CallAction, clock: Clock
) -> None:
    """A request finds the task by its id only in the forms text and number."""
    with simulator_with(SimulatedTask(id=task_id, name="t", id_form=form), clock=clock) as simulator:
        document = call(simulator, LAST, **SCAN).document
        by_id = call(simulator, RESULT, TaskId=shown_id or "0", **SCAN).document

    assert document["TaskId"] == shown_id
    assert type(document["TaskId"]) is type(shown_id)
    assert ("TaskInfo" in by_id) == (form in {"text", "number"})


def test_a_task_id_can_be_absent(call: CallAction, clock: Clock) -> None:
    with simulator_with(SimulatedTask(id="t", name="t", id_form="absent"), clock=clock) as simulator:
        assert call(simulator, LAST, **SCAN).document.keys() == {
            "CollectTime",
            "RequestId",
            "TotalCount",
            "FinishCount",
            "TaskInfo",
        }
