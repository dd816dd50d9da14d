"""The output `images`: compact JSON of a bounded size that says itself what is left out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import Unreachable
from gate.image import ImageState, Severity
from gate.policy import Policy, undecided
from gate.reports.images_output import MAX_IMAGES_SIZE, images_output
from tests.builders import a_digest, a_failed_image, a_release, a_risky_image, a_task, an_image, an_outcome
from tests.hostile import HOSTILE
from tests.reports.endings import ENDINGS, FIELDS, a_block, an_ending, many_images

if TYPE_CHECKING:
    from gate.outcome import Outcome


def read(outcome: Outcome, max_size: int = MAX_IMAGES_SIZE) -> list[dict[str, Any]]:
    images: list[dict[str, Any]] = json.loads(images_output(outcome, max_size))
    return images


def test_each_image_is_a_small_object_and_the_worst_is_first() -> None:
    moved = an_image("till", moved_to=a_digest("b"))

    text = images_output(a_release(moved, an_image("api", ImageState.MISSING), a_risky_image("shop")))

    name = f"swr/team/{{}}:1.0@{a_digest()}"
    assert json.loads(text) == [
        {"image": name.format("shop"), "state": "scanned", "risky": True, "highest": "high"},
        {"image": name.format("api"), "state": "missing", "risky": None, "highest": None},
        {
            "image": name.format("till"),
            "state": "scanned",
            "risky": False,
            "highest": None,
            "moved_to": a_digest("b"),
        },
    ]
    assert " " not in text


def test_of_a_task_the_images_are_those_that_are_risky_or_failed_as_far_as_it_names_them() -> None:
    named = a_task(risky=2, failed=1, images=(a_risky_image("shop"),), failed_images=(a_failed_image("till"),))

    assert [(image["image"], image["state"]) for image in read(an_outcome(named))] == [
        (f"swr/team/shop:1.0@{a_digest()}", "scanned"),
        ("swr/team/till:1.0", "failed"),
    ]
    assert read(an_outcome(a_task(risky=2))) == []


def test_without_a_task_it_is_empty() -> None:
    assert images_output(an_outcome(verdict=undecided(Unreachable("No.")))) == ""


@pytest.mark.parametrize("count", [1, 2, 12])
def test_whatever_the_size_limit_no_image_is_left_out_without_a_word(count: int) -> None:
    outcome = a_release(*(a_risky_image(f"web-{number}") for number in range(count)))
    whole = len(images_output(outcome))

    for max_size in range(20, whole + 1):
        text = images_output(outcome, max_size)
        *named, last = json.loads(text)
        assert len(text) <= max_size
        assert (last == {"left_out": count - len(named)}) is (max_size < whole)
        assert all("image" in image for image in named)
    assert len(read(outcome, whole)) == count


def test_as_many_images_are_named_as_there_is_room_for_to_the_byte() -> None:
    outcome = a_release(*(a_risky_image("w" * number) for number in range(1, 10)))
    rows = read(outcome)
    texts = [
        json.dumps([*rows[:count], *([{"left_out": 9 - count}] if count < 9 else [])], separators=(",", ":"))
        for count in range(10)
    ]

    for max_size in range(len(texts[0]), len(texts[-1]) + 2):
        assert images_output(outcome, max_size) == [text for text in texts if len(text) <= max_size][-1]


@pytest.mark.parametrize(("count", "filler"), [(100_000, ""), (99, "镜" * 9999)])
def test_very_many_or_long_names_keep_the_size_limit(count: int, filler: str) -> None:
    text = images_output(a_block(*many_images(count, filler)))

    *named, last = json.loads(text)
    assert MAX_IMAGES_SIZE - 6000 < len(text.encode()) <= MAX_IMAGES_SIZE
    assert len(named) + last["left_out"] == count


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("ending", ENDINGS)
def test_no_name_is_a_command_or_breaks_the_line(ending: str, text: str) -> None:
    found = images_output(an_ending(ending, dict.fromkeys(FIELDS, text)))

    assert found.isascii()
    assert found.isprintable()
    assert "::" not in found
    assert "##" not in found
    for image in json.loads(found):
        assert not [value for value in image.values() if str(value).startswith("::") or "##" in str(value)]
        assert image["image"].isprintable()


def test_the_highest_severity_is_that_of_the_cloud() -> None:
    policy = Policy(max_risky=9)
    levels = [a_risky_image(severity, highest=severity) for severity in Severity]

    assert [image["highest"] for image in read(a_release(*levels, policy=policy))] == [*Severity]
