"""Strict access to an object of JSON: nothing is converted, and nothing has a default."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from gate.json_object import JsonObject, parse_time

if TYPE_CHECKING:
    from collections.abc import Callable

VALUES: dict[str, Any] = {
    "text": "a",
    "number": 3,
    "seconds": 1.5,
    "flag": True,
    "time": "2026-01-31T12:00:00.000Z",
    "day": "2026-01-31",
    "nothing": None,
    "texts": ["a", "b"],
    "numbers": {"x": 1, "y": None},
    "objects": [{"text": "b"}],
}
OBJECT = JsonObject(VALUES, "the report")


def test_each_value_is_of_the_type_that_is_asked_for() -> None:
    assert (OBJECT.text("text"), OBJECT.number("number"), OBJECT.seconds("seconds")) == ("a", 3, 1.5)
    assert (OBJECT.flag("flag"), OBJECT.texts("texts")) == (True, ("a", "b"))
    assert OBJECT.time_or_null("time") == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert OBJECT.day_or_null("day") == date(2026, 1, 31)
    assert OBJECT.numbers("numbers", ["x", "y"]) == {"x": 1}
    assert [one.text("text") for one in OBJECT.objects("objects")] == ["b"]


def test_a_value_may_be_asked_for_without_being_there() -> None:
    assert OBJECT.has("nothing")
    assert not OBJECT.has("missing")


def test_null_is_nothing_where_it_may_be_there() -> None:
    readers: list[Callable[[str], object]] = [
        OBJECT.text_or_null,
        OBJECT.number_or_null,
        OBJECT.flag_or_null,
        OBJECT.time_or_null,
        OBJECT.day_or_null,
    ]

    assert [read("nothing") for read in readers] == [None] * 5


@pytest.mark.parametrize("value", [-1, 1.0, True, "1", None, [1]], ids=repr)
def test_a_number_is_whole_and_not_negative(value: object) -> None:
    with pytest.raises((TypeError, ValueError), match="'n' of the report"):
        JsonObject({"n": value}, "the report").number("n")


def test_what_is_missing_is_an_error_that_names_it() -> None:
    with pytest.raises(LookupError, match="the report has no 'other'"):
        OBJECT.text("other")


def test_a_list_of_texts_has_nothing_else_in_it() -> None:
    with pytest.raises(TypeError, match="'texts' of the report has something else than text"):
        JsonObject({"texts": ["a", 1]}, "the report").texts("texts")


@pytest.mark.parametrize("text", ["2026-01-31T12:00:00", "2026-01-31", "noon"])
def test_a_time_has_a_zone(text: str) -> None:
    with pytest.raises(ValueError, match=r"has no time zone|Invalid isoformat"):
        parse_time(text)
