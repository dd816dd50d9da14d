"""The images that were asked for, counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gate.image import ImageState
from gate.images.counts import as_task
from gate.log import describe
from gate.scan import Counts, TaskState
from tests.images.scripted import API, WEB, a_digest, a_ref, an_image, at

OTHER = a_ref("other", digest=a_digest("c"))


def test_every_image_counts_once_whatever_its_state() -> None:
    task = as_task((an_image(is_risky=True), an_image(API, ImageState.FAILED, reason="gone"), an_image(OTHER)))

    assert (task.state, task.counts) == (TaskState.COMPLETE, Counts(total=3, succeeded=2, failed=1, risky=1))
    assert [(failed.image, failed.reason) for failed in task.failed_images] == [(API, "gone")]
    assert (task.id, task.name, task.progress, task.asks_for_images) == ("", "3 images", 100, True)


@pytest.mark.parametrize("state", [state for state in ImageState if not state.has_ended])
def test_as_long_as_one_image_has_no_result_the_whole_goes_on(state: ImageState) -> None:
    task = as_task((an_image(), an_image(API, state), an_image(OTHER, state)))

    assert (task.state, task.progress) == (TaskState.RUNNING, 33)
    assert task.counts == Counts(total=3, succeeded=1, failed=0, risky=0)


def test_the_risk_of_one_image_that_is_not_known_leaves_the_number_unknown() -> None:
    assert as_task((an_image(is_risky=True), an_image(API, is_risky=None))).counts.risky is None


def test_it_ends_with_the_last_image_and_at_no_known_time_if_one_is_not_known() -> None:
    first, last = an_image(scanned_at=at(1)), an_image(API, scanned_at=at(2))

    assert as_task((first, last)).ended_at == at(2)
    assert as_task((first, replace(last, scanned_at=None))).ended_at is None
    assert as_task((first, an_image(API, ImageState.FAILED))).ended_at == at(1)
    assert as_task((an_image(WEB, ImageState.WAITING),)).ended_at is None


def test_the_progress_says_how_many_images_are_in_which_state() -> None:
    states = [*ImageState, ImageState.SCANNED, ImageState.MISSING]
    images = tuple(an_image(a_ref(f"i{number}"), state) for number, state in enumerate(states))

    assert describe(as_task(images)) == (
        "2 of 10 scanned, 1 failed, 1 being scanned, 1 waiting for the scan, 2 waiting to be listed, "
        "1 with an old result only, 1 that cannot be scanned, 1 in an unknown state"
    )
    assert describe(as_task((an_image(),))) == "1 of 1 scanned"
    assert as_task((an_image(),)).name == "1 image"
