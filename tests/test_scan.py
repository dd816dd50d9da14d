"""The data model of a scan task."""

from __future__ import annotations

import pytest

from gate.image import FailedImage, ImageRef
from gate.scan import Counts, ScanTask, TaskState


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (
            ImageRef(registry="r", namespace="shop", name="cart", tag="v1", digest="sha256:1f"),
            "r/shop/cart:v1@sha256:1f",
        ),
        (ImageRef(namespace="shop", name="cart", tag="v1"), "shop/cart:v1"),
        (ImageRef(name="cart", digest="sha256:1f"), "cart@sha256:1f"),
        (ImageRef(name="cart"), "cart"),
        (ImageRef(), ""),
    ],
)
def test_an_image_is_written_as_a_reference_of_its_known_parts(image: ImageRef, expected: str) -> None:
    assert str(image) == expected


ENDED_BADLY = {TaskState.STOPPED, TaskState.TIMED_OUT, TaskState.FAILED}


@pytest.mark.parametrize("state", TaskState)
def test_a_task_that_was_stopped_timed_out_or_failed_has_ended_badly(state: TaskState) -> None:
    assert state.ended_badly is (state in ENDED_BADLY)


@pytest.mark.parametrize("state", TaskState)
@pytest.mark.parametrize("results_pending", [0, 1, None])
def test_a_task_is_final_when_it_ended_badly_or_is_complete_with_every_result(
    state: TaskState, results_pending: int | None
) -> None:
    task = ScanTask(id="ours", state=state, results_pending=results_pending)

    assert task.is_final is (state in ENDED_BADLY or (state is TaskState.COMPLETE and results_pending == 0))


def test_states_have_the_names_that_reports_use() -> None:
    assert [str(state) for state in TaskState] == ["running", "complete", "stopped", "timed-out", "failed", "unknown"]


def test_values_that_are_not_given_are_absent_or_empty() -> None:
    task = ScanTask(id="ours", state=TaskState.RUNNING)
    given = {name: value for name in ScanTask.__slots__ if (value := getattr(task, name))}

    assert given == {"id": "ours", "state": TaskState.RUNNING, "counts": Counts(), "risk_applies": True}
    assert (task.name, task.type, task.raw_state, task.reason) == ("", "", "", "")
    assert (task.progress, task.started_at, task.ended_at, task.remaining) == (None, None, None, None)
    assert (task.failed_images, task.results_pending) == ((), 0)
    assert task.risk_applies is True
    assert {getattr(Counts(), name) for name in Counts.__slots__} == {None}
    assert {getattr(ImageRef(), name) for name in ImageRef.__slots__} == {""}
    assert FailedImage(image=ImageRef()).reason == ""
