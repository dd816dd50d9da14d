"""Responses are parsed strictly, and refused if they are not what the API sends."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gate.clouds.response import date_of, memory_to_parse, parse_json_object, retry_after
from gate.errors import ExitCode, GateError, NotUnderstood, TruncatedResponse
from tests.clouds.builders import a_response
from tests.large_bodies import ALIBABA, DOCUMENTS, HUAWEI, WIDE

if TYPE_CHECKING:
    from collections.abc import Callable

ALL_BODIES = {**DOCUMENTS, **HUAWEI, **ALIBABA}
NOON = "Sat, 31 Jan 2026 12:00:00 GMT"


def nested(value: object, depth: int) -> object:
    """The value in this many nested lists."""
    return nested([value], depth - 1) if depth else value


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{}", {}),
        (' \r\n\t{"a": 1}\n', {"a": 1}),
        ('{"a": [1, -2, 0.5, 1e3, true, null, {"b": "ü"}]}', {"a": [1, -2, 0.5, 1000.0, True, None, {"b": "ü"}]}),
        ('{"a": {"x": 1}, "b": {"x": 1}}', {"a": {"x": 1}, "b": {"x": 1}}),
        ('{"a": 1e-400}', {"a": 0.0}),
        ('{"a": ' + "9" * 4000 + "}", {"a": 10**4000 - 1}),
        ('{"a": ' + "[" * 19 + "1" + "]" * 19 + "}", {"a": nested(1, 19)}),
    ],
    ids=["empty", "spaces", "every-type", "same-key-in-two-objects", "tiny-number", "long-number", "20-deep"],
)
def test_one_json_object_is_parsed(body: str, expected: dict[str, Any]) -> None:
    assert parse_json_object(a_response(body)) == expected


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b'{"a": 1, "a": 1}', "same key twice"),
        (b'{"a": 1, "\\u0061": 2}', "same key twice"),
        (b'{"a": [{"b": {"c": 1, "c": 2}}]}', "same key twice"),
        (b'{"task_status": NaN}', "NaN"),
        (b'{"task_status": [Infinity]}', "Infinity"),
        (b'{"task_status": -Infinity}', "-Infinity"),
        (b'{"task_status": 1e400}', "too large"),
        (b'{"task_status": -1e400}', "too large"),
        (b'{"total_num": ' + b"9" * 5000 + b"}", "too many digits"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "too deeply"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too deeply"),
        (b"[" * 100_000, "too deeply"),
        (b'{"a":' * 21 + b"1" + b"}" * 21, "too deeply"),
        (b'{"a":' + b"[" * 20 + b"]" * 20 + b"}", "too deeply"),
        (b'{"a": {}, "b": [{"c":' + b"[" * 18 + b"]" * 18 + b"}]}", "too deeply"),
        (b"[]", "not an object"),
        (b'[{"a": 1}]', "not an object"),
        (b"null", "not an object"),
        (b"100", "not an object"),
        (b'"text"', "not an object"),
        (b"<!DOCTYPE html><html><title>Sign in</title></html>", "web page"),
        (b"\r\n  <html>", "web page"),
        (b"\xef\xbb\xbf<!DOCTYPE html><html></html>", "web page"),
        (b'<?xml version="1.0"?><Error/>', "web page"),
        (b"<html>\xff</html>", "web page"),
    ],
    ids=[
        "same-key-twice",
        "same-key-twice-once-escaped",
        "same-key-twice-deep-inside",
        "nan",
        "infinity",
        "minus-infinity",
        "too-large",
        "too-small",
        "integer-of-5000-digits",
        "objects-100000-deep",
        "arrays-100000-deep",
        "arrays-100000-deep-without-end",
        "objects-21-deep",
        "arrays-21-deep",
        "both-21-deep",
        "array",
        "array-of-objects",
        "null",
        "number",
        "string",
        "html",
        "html-after-spaces",
        "html-after-a-byte-order-mark",
        "xml",
        "html-in-latin-1",
    ],
)
def test_a_body_that_is_not_the_apis_json_is_not_understood_and_not_retried(body: bytes, named: str) -> None:
    """A retry would bring the same body."""
    with pytest.raises(NotUnderstood) as caught:
        parse_json_object(a_response(body))

    assert named in caught.value.happened


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"\xef\xbb\xbf{}",
        '{"a": "ü"}'.encode("latin-1"),
        '{"a": "ü"}'.encode("utf-16"),
        b"{} {}",
        b"{}]",
        b"{'a': 1}",
        b'{"a": 1,}',
        b'{"a": 01}',
        b'{"a": 0x10}',
        b'{"a": "\n"}',
        b"{a: 1}",
        b"\x00",
        b"no JSON",
    ],
)
def test_a_body_that_is_not_json_counts_as_truncated(body: bytes) -> None:
    with pytest.raises(TruncatedResponse) as caught:
        parse_json_object(a_response(body))

    assert "not JSON" in caught.value.happened


DOCUMENT = '{"data_list": [{"task_id": "ü", "task_status": 100, "risky_num": null}], "total_num": 1.5e3}'.encode()


@pytest.mark.parametrize("length", range(len(DOCUMENT)))
def test_a_response_cut_after_any_byte_is_truncated(length: int) -> None:
    with pytest.raises(TruncatedResponse):
        parse_json_object(a_response(DOCUMENT[:length]))


@given(st.binary(max_size=200) | st.text('{}[]",:019.eE-ntf\\u ', max_size=40).map(str.encode))
def test_any_bytes_are_parsed_or_raise_an_error_of_the_gate(body: bytes) -> None:
    try:
        document: object = parse_json_object(a_response(body))
    except GateError as error:
        assert (error.exit_code, error.code) == (ExitCode.CLOUD_UNAVAILABLE, "not-understood")  # noqa: PT017
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert isinstance(document, dict)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry_after": ""}, None),
        ({"retry_after": "0"}, 0.0),
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": " 120 "}, 120.0),
        ({"retry_after": "999999999"}, 999999999.0),
        ({"retry_after": "-7"}, None),
        ({"retry_after": "+7"}, None),
        ({"retry_after": "7.5"}, None),
        ({"retry_after": "7s"}, None),
        ({"retry_after": "0x10"}, None),
        ({"retry_after": "\u0667"}, None),
        ({"retry_after": "7, 7"}, None),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "9" * 5000}, 999_999_999_999.0),
        ({"retry_after": "Sat, 31 Jan 2026 12:00:30 GMT", "date": NOON}, 30.0),
        ({"retry_after": "Saturday, 31-Jan-26 12:00:30 GMT", "date": NOON}, 30.0),
        ({"retry_after": "Sat, 31 Jan 2026 13:00:30 +0100", "date": NOON}, 30.0),
        ({"retry_after": "Sat, 31 Jan 2026 11:00:00 GMT", "date": NOON}, 0.0),
        ({"retry_after": "Sat, 31 Jan 2026 12:00:30 GMT"}, None),
        ({"retry_after": "Sat, 31 Jan 2026 12:00:30 GMT", "date": "today"}, None),
        ({"retry_after": "Sat, 31 Jan 2026 12:00:30 -0000", "date": NOON}, None),
        ({"retry_after": "Sat, 99 Jan 2026 12:00:30 GMT", "date": NOON}, None),
        ({"date": NOON}, None),
    ],
    ids=lambda value: (
        "-".join(f"{name}={text[:30]}" for name, text in value.items()) if isinstance(value, dict) else ""
    ),
)
def test_retry_after_is_a_number_of_seconds_or_a_date(headers: dict[str, str], expected: float | None) -> None:
    """A date is compared with the response's own Date, because this machine's clock may be wrong."""
    assert retry_after(a_response(**headers)) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"date": NOON}, datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ({"date": "Sat, 31 Jan 2026 13:00:00 +0100"}, datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ({"date": "Saturday, 31-Jan-26 12:00:00 GMT"}, datetime(2026, 1, 31, 12, tzinfo=UTC)),
        # Outside the years 2000 to 2999 the server's clock is certainly wrong.
        ({"date": "Sat, 01 Jan 2000 00:00:00 GMT"}, datetime(2000, 1, 1, tzinfo=UTC)),
        ({"date": "Fri, 31 Dec 1999 23:59:59 GMT"}, None),
        ({"date": "Tue, 31 Dec 2999 23:59:59 GMT"}, datetime(2999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ({"date": "Wed, 01 Jan 3000 00:00:00 GMT"}, None),
        # Without a time zone.
        ({"date": "Sat, 31 Jan 2026 12:00:00 -0000"}, None),
        ({"date": "Sat, 99 Jan 2026 12:00:00 GMT"}, None),
        ({"date": "Sat, 31 Jan 2026 12:00:00 +99999999999999999999"}, None),
        ({"date": "Fri, 31 Dec 9999 23:59:59 -1200"}, None),
        ({"date": "today"}, None),
        ({"date": ""}, None),
        ({}, None),
    ],
    ids=repr,
)
def test_the_date_of_a_response_is_the_time_of_sending(headers: dict[str, str], expected: datetime | None) -> None:
    found = date_of(a_response(**headers))

    assert found == expected
    assert found is None or found.tzinfo is UTC


@given(retry=st.text() | st.integers().map(str), date=st.sampled_from(["", NOON]) | st.text())
@example(retry="Sat, 31 Jan 2026 12:00:30 +99999999999999999999", date=NOON)
@example(retry=NOON, date="Sat, 31 Jan 2026 12:00:30 -99999999999999999999")
def test_retry_after_is_never_negative_or_endless_for_any_headers(retry: str, date: str) -> None:
    pause = retry_after(a_response(retry_after=retry, date=date))

    assert pause is None or 0 <= pause <= 1e12


# Memory.


@pytest.mark.parametrize("make", DOCUMENTS.values(), ids=DOCUMENTS)
def test_no_document_takes_more_memory_than_was_estimated(make: Callable[[int], bytes]) -> None:
    body = make(500_000)
    tracemalloc.start()
    try:
        with suppress(GateError):
            parse_json_object(a_response(body))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    # Beside the estimate are some objects of a fixed size.
    assert peak + len(body) <= memory_to_parse(body) + 50_000


def test_a_document_that_could_take_more_memory_is_not_parsed() -> None:
    body = b'{"a":[' + b"[]," * 500_000 + b"1]}"
    tracemalloc.start()
    try:
        with pytest.raises(NotUnderstood, match="could take more than 80 MB of memory") as caught:
            parse_json_object(a_response(body))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert "--limit" in caught.value.remedy
    assert peak < 3 * len(body)


@pytest.mark.parametrize(
    ("start", "part", "estimate"),
    [
        ('{"a":[', "1,", 2 + 2 + 2 + 100),
        ('{"a":', "[", 1 + 1 + 1 + 100),
        ('{"a":[', "{", 1 + 1 + 1 + 100),
        ("{", '"k":1,', 6 + 6 + 6 + 100 + 250),
        ('{"a":"', "x", 1 + 1 + 1),
        ('{"a":"', "\xe4", 2 + 1 + 1),
        ('{"a":"', "\u4e2d", 3 + 2 + 2),
        ('{"a":"', WIDE, 4 + 4 + 4),
        (f'{{"a":"{WIDE}', "x", 1 + 4 + 4),
        ('{"a":"', r"\n", 2 + 2 + 2 * 2),
        ('{"a":"', r"\u4e2d", 6 + 6 + 2 * 2 * 6),
        ('{"a":"', r"\ud83d\uDE00", 12 + 12 + 2 * 4 * 12),
        (r'{"a":"\uDBFF', "x", 1 + 1 + 2 * 4),
    ],
)
def test_the_estimate_counts_body_text_strings_values_and_keys(start: str, part: str, estimate: int) -> None:
    """Strings take as much as the text at most, or more if there are escapes in them."""
    one, two = (start + part * number for number in (1000, 2000))

    assert memory_to_parse(two.encode()) - memory_to_parse(one.encode()) == 1000 * estimate


def test_what_the_caller_keeps_counts_too() -> None:
    body = b'{"a":[' + b"[]," * 300_000 + b"1]}"
    needed = memory_to_parse(body)

    assert parse_json_object(replace(a_response(body), max_memory=needed))
    with pytest.raises(NotUnderstood, match="with what is kept of those before it, could take more than 80 MB"):
        parse_json_object(replace(a_response(body), max_memory=needed - 1))


@pytest.mark.parametrize("body", ['{"%b": 1}', '{"a": "%b"}', '{"a": [{"b": ["%b"]}]}'], ids=["key", "value", "inside"])
def test_a_string_of_more_than_a_million_characters_is_not_understood(body: str) -> None:
    for length in (1_000_000, 1_000_001):
        response = a_response(body.encode() % (b"x" * length))
        if length > 1_000_000:
            with pytest.raises(NotUnderstood, match="has a string of more than 1000000 characters"):
                parse_json_object(response)
        else:
            assert parse_json_object(response)


def test_the_error_of_a_truncated_body_keeps_nothing_of_it() -> None:
    """It is kept until the request has been sent again, and the parser's own error has the whole text."""
    with pytest.raises(TruncatedResponse) as caught:
        parse_json_object(a_response(b'{"a": "' + b"x" * 1000))

    assert caught.value.__context__ is None
