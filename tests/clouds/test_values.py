"""Which JSON values are accepted as a count, a time, a string or an id."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import pytest

from gate.clouds.values import (
    as_text,
    count,
    datetime_from_ms,
    datetime_from_text,
    identity,
    is_one_of,
    malformed,
    memory_of,
    memory_of_images,
    percent_encoded,
    printable_id,
    quoted,
    text,
)
from gate.errors import NotUnderstood
from gate.image import FailedImage, ImageRef

NOT_COUNTS: list[object] = [None, True, False, -1, 1.0, "1", "", [], {}]
NOT_STRINGS: list[object] = [None, 1, True, [], {}, b"a"]


@pytest.mark.parametrize("number", [0, 1, 2, 10**30])
def test_a_count_is_a_whole_number_from_0(number: int) -> None:
    assert count(number) == number


@pytest.mark.parametrize("value", NOT_COUNTS, ids=repr)
def test_nothing_else_is_a_count(value: object) -> None:
    assert count(value) is None


def test_a_time_is_given_in_milliseconds_since_1970() -> None:
    assert datetime_from_ms(1) == datetime(1970, 1, 1, microsecond=1000, tzinfo=UTC)
    assert datetime_from_ms(1_769_860_800_500) == datetime(2026, 1, 31, 12, microsecond=500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "value", [0, 10**15, 10**19, 10**400, *NOT_COUNTS], ids=lambda value: repr(value)[-30:] + str(len(repr(value)))
)
def test_nothing_else_is_a_time_and_no_number_is_too_large_to_be_checked(value: object) -> None:
    assert datetime_from_ms(value) is None


def test_a_string_is_returned_and_anything_else_is_an_empty_one() -> None:
    assert text("a") == "a"
    assert {text(value) for value in NOT_STRINGS} == {""}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (5, "5"),
        ("5", "'5'"),
        (1e300, "1e+300"),
        (["a", {"b": None}], "['a', {'b': None}]"),
        ("a\n::error::\u202e", r"'a\n::error::\u202e'"),
        ("x" * 10**6, f"'{'x' * 59}…"),
        ([["x" * 100] * 100] * 100, f"[['{'x' * 57}…"),
    ],
    ids=["number", "digits", "fraction", "list", "controls", "long", "large"],
)
def test_a_value_is_quoted_in_one_short_line(value: object, shown: str) -> None:
    assert quoted(value) == shown


def test_an_id_is_returned_unchanged() -> None:
    assert printable_id(" A-1 ") == " A-1 "
    assert {printable_id(value) for value in NOT_STRINGS} == {""}


def test_an_id_with_unprintable_characters_is_not_understood() -> None:
    with pytest.raises(NotUnderstood) as caught:
        printable_id("a\nb")

    assert caught.value.happened == "The id of a scan task has unprintable characters."


def test_an_id_of_more_than_1000_characters_is_not_understood() -> None:
    assert printable_id("a" * 1000) == "a" * 1000
    with pytest.raises(NotUnderstood, match="has more than 1000 characters"):
        printable_id("a" * 1001)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("SUCCESS", "SUCCESS"),
        ("x" * 1000, "x" * 1000),
        (100, "100"),
        (10**400, str(10**400)),
        (True, "True"),
        (None, "None"),
        ([], "[]"),
        ({"a": [1, "b"]}, "{'a': [1, 'b']}"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_any_value_has_a_text(value: object, expected: str) -> None:
    assert as_text(value) == expected


def test_of_an_array_or_object_only_the_start_becomes_text() -> None:
    """Python writes up to ten characters for one of a string in it."""
    assert len(as_text(["\U000e0001" * 1_000_000])) < 2500
    assert len(as_text([[["x" * 300] * 100] * 100] * 100)) < 50_000
    assert len(as_text({f"{number}": "x" * 300 for number in range(1000)})) < 5000


def test_only_equal_values_have_the_same_identity() -> None:
    values: list[object] = [None, True, False, 1, 1.0, 0, "1", "true", "", "\ud800", [], [1], {}, {"a": 1}, {"a": [1]}]

    assert len({identity(value) for value in values}) == len(values)
    assert all(identity(value) == identity(value) for value in values)
    assert len(identity("x" * 1000)) == 32


def test_the_memory_of_a_value_is_that_of_all_its_parts() -> None:
    small, large = {"a": [1, {"b": "x"}]}, {"a": [1, {"b": "x" * 1001}]}
    parts: list[object] = [small, "a", small["a"], 1, {"b": "x"}, "b", "x"]

    assert memory_of(small) == sum(map(sys.getsizeof, parts))
    assert memory_of(large) - memory_of(small) == 1000


def test_the_memory_of_failed_images_is_that_of_their_texts_and_of_themselves() -> None:
    bare = FailedImage(image=ImageRef())
    texts = ("r" * 1000, "n" * 1000, "i" * 1000, "t" * 1000, "d" * 1000, "why" * 400)
    registry, namespace, name, tag, digest, reason = texts
    image = ImageRef(registry=registry, namespace=namespace, name=name, tag=tag, digest=digest)
    full = FailedImage(image=image, reason=reason)

    assert memory_of_images([]) == 0
    assert 0.8 * memory_of_images([bare]) < sys.getsizeof(bare) + sys.getsizeof(bare.image) + 8
    assert memory_of_images([bare, full]) - 2 * memory_of_images([bare]) == sum(map(sys.getsizeof, texts))


def test_the_error_for_a_malformed_response_says_what_to_check() -> None:
    error = malformed("The response has no list.")

    assert (error.happened, error.means, error.remedy) == (
        "The response has no list.",
        "The response came from something other than the API, or the API has changed.",
        "Check --endpoint and the proxy; if they are right, report this to the gate's project.",
    )


@pytest.mark.parametrize("value", [None, "", 0, "0", 1], ids=repr)
def test_a_value_of_a_list_is_one_of_it(value: object) -> None:
    assert is_one_of(value, (None, "", 0, "0", 1))


@pytest.mark.parametrize("value", [False, True, 0.0, 1.0, "1", [], {}, [0]], ids=repr)
def test_an_equal_value_of_another_type_is_not_one_of_a_list(value: object) -> None:
    assert not is_one_of(value, (None, "", 0, "0", 1))


@pytest.mark.parametrize(
    ("stated", "time"),
    [
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T20:00:00+08:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31 12:00:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("yesterday", None),
        (None, None),
        (5, None),
    ],
)
def test_a_time_in_a_text_is_that_of_its_zone_or_of_utc(stated: object, time: datetime | None) -> None:
    assert datetime_from_text(stated) == time


@pytest.mark.parametrize(
    ("value", "safe", "encoded"),
    [("a/b~c d", "", "a%2Fb~c%20d"), ("a/b", "/", "a/b"), ("é", "", "%C3%A9"), ("", "", "")],
)
def test_a_text_is_encoded_as_a_part_of_a_url(value: str, safe: str, encoded: str) -> None:
    assert percent_encoded(value, safe=safe) == encoded


def test_half_of_a_surrogate_pair_cannot_be_sent() -> None:
    with pytest.raises(NotUnderstood) as error:
        percent_encoded("crr-\udcff")

    assert error.value.happened == "'crr-\\udcff' is no valid Unicode, so nothing can be asked about it."
    assert error.value.__cause__ is None
