"""What of a cloud's document can be a number, a moment, a text or an id."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gate.clouds.values import count, datetime_from_ms, malformed, printable_id, text
from gate.errors import NotUnderstood

NO_NUMBERS: list[object] = [None, True, False, -1, 1.0, "1", "", [], {}]
NO_TEXTS: list[object] = [None, 1, True, [], {}, b"a"]


@pytest.mark.parametrize("number", [0, 1, 2, 10**30])
def test_a_count_is_a_whole_number_from_nought(number: int) -> None:
    assert count(number) == number


@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
def test_nothing_else_is_a_count(value: object) -> None:
    assert count(value) is None


def test_a_moment_is_told_in_milliseconds_since_1970() -> None:
    assert datetime_from_ms(1) == datetime(1970, 1, 1, microsecond=1000, tzinfo=UTC)
    assert datetime_from_ms(1_769_860_800_500) == datetime(2026, 1, 31, 12, microsecond=500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "value", [0, 10**15, 10**19, 10**400, *NO_NUMBERS], ids=lambda value: repr(value)[-30:] + str(len(repr(value)))
)
def test_nothing_else_is_a_moment_and_no_number_is_too_large_to_be_asked(value: object) -> None:
    assert datetime_from_ms(value) is None


def test_a_text_is_a_text_and_all_else_is_an_empty_one() -> None:
    assert text("a") == "a"
    assert {text(value) for value in NO_TEXTS} == {""}


def test_an_id_is_as_it_came() -> None:
    assert printable_id(" A-1 ") == " A-1 "
    assert {printable_id(value) for value in NO_TEXTS} == {""}


def test_an_id_that_nobody_can_read_is_not_understood() -> None:
    with pytest.raises(NotUnderstood) as caught:
        printable_id("a\nb")

    assert caught.value.happened == "The id of a scan task has unprintable characters."


def test_what_is_strange_says_where_to_look() -> None:
    error = malformed("It rains.")

    assert (error.happened, error.means, error.remedy) == (
        "It rains.",
        "The response came from something other than the API, or the API has changed.",
        "Check --endpoint and the proxy; if they are right, report this to the gate's project.",
    )
