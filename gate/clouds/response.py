"""HTTP responses and the strict parsing of their bodies and headers, which are untrusted input."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NoReturn

from gate.errors import GateError, NotUnderstood, TruncatedResponse
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


_MAX_INTEGER_DIGITS = 4000
_MAX_RETRY_AFTER_DIGITS = 12
_PLAUSIBLE_YEARS = range(2000, 3000)
_MAX_DEPTH = 20
"""Levels, twice as many as any document of either cloud has; so recursion over a document is safe."""
_CONTINUATION_BYTES = bytes(range(0x80, 0xC0))
"""In UTF-8, the bytes of a character behind its first."""
_MAX_STRING_LENGTH = 1_000_000
"""Characters; no documented string is longer than 128, but an error message may hold a whole page."""
_MAX_HEAD_LENGTH, _MAX_TITLE_LENGTH = 65_536, 80
MAX_MEMORY = 80_000_000
"""Bytes for a body, its text and the document; with them, the whole process stays below 150 MB.

A list with 20,000 failed images is estimated at 75 MB."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """One whole HTTP response."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    operation: str = ""
    """The name of the operation that was called."""
    may_be_empty: bool = False
    """Whether the operation is documented to respond without a body."""
    max_memory: int = MAX_MEMORY
    """Bytes that its body, its text and the document may take together."""
    proxy: str = ""
    """The proxy through which it came, without its password; empty if there was none."""


def parse_json_object(response: Response) -> dict[str, Any]:
    """Parses the body as one JSON object that every parser reads alike.

    Duplicate keys, NaN, infinite or very long numbers and encodings other than UTF-8 are refused.

    Raises:
        TruncatedResponse: The body is not JSON, as when the response was truncated.
        NotUnderstood: The body is a web page, or JSON that is ambiguous, not an object, nested too deeply, or larger
            than any document of a cloud.
    """
    document = _parse(response)
    # Not raised where the parser's own error is handled: that one would stay with it, and keeps the whole text.
    if isinstance(document, GateError):
        raise document
    if not isinstance(document, dict):
        raise _not_understood("The response is JSON, but not an object.")
    _check_contents(document)
    return document


def memory_left(bytes_kept: int) -> int:
    """The memory that a response may take beside what is kept of earlier ones, in bytes.

    The next response has 12 MiB before anything is known of it, and between what is kept the allocator leaves gaps.
    """
    return MAX_MEMORY - bytes_kept * 6 // 5


def memory_to_parse(body: bytes) -> int:
    """The most that a body, its text and the document in it can take together, in bytes.

    It is counted before there is a text or a document. In CPython 3.11 and 3.12, each value takes 100 bytes at most,
    and each key 250, if all are different.
    """
    length = len(body if body.isascii() else body.translate(None, _CONTINUATION_BYTES))
    text_width = 4 if re.search(rb"[\xf0-\xf4]", body) else 2 if re.search(rb"[\xc4-\xef]", body) else 1
    # One wide character makes all of a string wide, also if it was escaped. A string with an escape is put together of
    # parts, so that it is there twice.
    width = 4 if re.search(rb"\\u[dD][89abAB]", body) else max(text_width, 2 if b"\\u" in body else 1)
    strings = width * length * (2 if b"\\" in body else 1)
    values = body.count(b",") + body.count(b"[") + body.count(b"{")
    return len(body) + text_width * length + strings + 100 * values + 250 * body.count(b":")


def title_of(response: Response) -> str:
    """The title of a web page, such as that of a proxy that asks to sign in; empty if there is none."""
    found = re.search(rb"<title[^>]*>([^<]*)", response.body[:_MAX_HEAD_LENGTH], re.IGNORECASE)
    if not found:
        return ""
    import html  # noqa: PLC0415 - its table of 2,231 character names is for web pages alone

    return one_line(html.unescape(found[1].decode(errors="replace")), _MAX_TITLE_LENGTH)


def through_proxy(response: Response) -> str:
    """A sentence for a message about a response that may be the proxy's own; empty if there was none on the way."""
    return f" It came through the proxy {response.proxy}." if response.proxy else ""


def retry_after(response: Response) -> float | None:
    """Parses `Retry-After` (RFC 9110, 10.2.3), in s: a number, or a date minus the response's own `Date`."""
    value = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]+", value):
        return float(value[:_MAX_RETRY_AFTER_DIGITS])
    until, sent = _date(value), date_of(response)
    return max(0.0, (until - sent).total_seconds()) if until and sent else None


def date_of(response: Response) -> datetime | None:
    """The time at which the response was sent by the sender's clock, aware; None if it has no valid `Date`."""
    return _date(response.headers.get("date", ""))


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
        return date.astimezone(UTC) if date.tzinfo and date.year in _PLAUSIBLE_YEARS else None
    except (ValueError, TypeError, OverflowError):
        return None


def _parse(response: Response) -> Any:
    """Parses JSON, and returns the error where it cannot be parsed."""
    body, max_memory = response.body, response.max_memory
    try:
        # The first of these before the second, which makes a copy.
        if 2 * len(body) > max_memory or memory_to_parse(body) > max_memory:
            return _too_large()
        return json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object_without_duplicates,
            parse_constant=_refuse_constant,
            parse_float=_finite_float,
            parse_int=_short_integer,
        )
    except RecursionError:
        return _too_deep()
    except _AmbiguousJSON as error:
        return _not_understood(f"The response is JSON that parsers may read differently: {error}.")
    except ValueError as error:
        if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            title = title_of(response)
            named = f" Its title is {title!r}." if title else ""
            return _not_understood(f"The response is a web page, not the API's JSON.{named}{through_proxy(response)}")
        return TruncatedResponse(
            f"The response is not JSON: {one_line(str(error), 120)}.{through_proxy(response)}",
            means="It was truncated on its way, or did not come from the API.",
            remedy="Check --endpoint and the proxy if this error comes again.",
        )


def _check_contents(document: object) -> None:
    """Refuses a document that is nested too deeply, or has a string that is too long to be copied carelessly."""
    # Not recursive: Python's JSON parser accepts deeper nesting than its call stack has room for.
    level = [document]
    for _ in range(_MAX_DEPTH):
        level = _containers_in(level)
    if level:
        raise _too_deep()


def _containers_in(parents: list[Any]) -> list[Any]:
    """The objects and arrays in others; checks the length of the strings beside them."""
    containers = []
    for parent in parents:
        # Exact types, which are the quickest to ask for: there may be a million parts.
        for part in (*parent, *parent.values()) if type(parent) is dict else parent:
            kind = type(part)
            if kind is str:
                if len(part) > _MAX_STRING_LENGTH:
                    raise _not_understood(f"The response has a string of more than {_MAX_STRING_LENGTH} characters.")
            elif kind is dict or kind is list:
                containers.append(part)
    return containers


class _AmbiguousJSON(Exception):
    """Raised for JSON that RFC 8259 forbids, or whose meaning it leaves open."""


def _object_without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise _AmbiguousJSON("an object has the same key twice")
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise _AmbiguousJSON(f"{name} is not a number")


def _finite_float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _AmbiguousJSON("a number is too large")
    return number


def _short_integer(digits: str) -> int:
    if len(digits) > _MAX_INTEGER_DIGITS:
        raise _AmbiguousJSON("a number has too many digits")
    return int(digits)


def _too_large() -> NotUnderstood:
    return NotUnderstood(
        f"The response, with what is kept of those before it, could take more than {MAX_MEMORY // 1_000_000} MB of "
        "memory.",
        means="It is larger than any list with which the gate was tested, or came from something other than the API.",
        remedy="Check --endpoint and the proxy; on Huawei Cloud, ask for fewer tasks at once with --limit or a filter.",
    )


def _too_deep() -> NotUnderstood:
    return _not_understood("The response is nested too deeply.")


def _not_understood(happened: str) -> NotUnderstood:
    return NotUnderstood(
        happened,
        means="A proxy answered in place of the API, with its login page for example, or the endpoint is wrong.",
        remedy="Check --endpoint, the region and the proxy settings of this runner.",
    )
