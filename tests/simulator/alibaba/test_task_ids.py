"""What a task is called: a number, a text, or nothing at all (alibaba-security-center.md 1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gate.simulator import SimulatedTask
from tests.simulator.alibaba.asking import LAST, RESULT, SCAN, holding

if TYPE_CHECKING:
    from gate.simulator.task import IdForm
    from tests.simulator.conftest import Act, Clock


@pytest.mark.parametrize(
    ("task", "form", "shown"),
    [
        ("0b4dd8cf-5fce-5e5a-b3b7-c8b0ab4c2d6e", "text", "0b4dd8cf5fce5e5ab3b7c8b0ab4c2d6e"),
        ("ours", "text", "ours"),
        ("older-1", "text", "older-1"),
        ("4711", "number", 4711),
        ("ours", "number", 3_292_440_832),
        ("ours", "zero", 0),
        ("ours", "empty", ""),
    ],
)
def test_an_id_comes_in_many_forms(task: str, form: IdForm, shown: object, act: Act, clock: Clock) -> None:
    """Those that name the task can be asked for."""
    with holding(SimulatedTask(id=task, name="t", id_form=form), clock=clock) as simulator:
        document = act(simulator, LAST, **SCAN).document
        found = act(simulator, RESULT, TaskId=shown or "0", **SCAN).document

    assert document["TaskId"] == shown
    assert type(document["TaskId"]) is type(shown)
    assert ("TaskInfo" in found) == (form in {"text", "number"})


def test_an_id_can_be_absent(act: Act, clock: Clock) -> None:
    """Then there is no such field."""
    with holding(SimulatedTask(id="t", name="t", id_form="absent"), clock=clock) as simulator:
        assert act(simulator, LAST, **SCAN).document.keys() == {
            "CollectTime",
            "RequestId",
            "TotalCount",
            "FinishCount",
            "TaskInfo",
        }
