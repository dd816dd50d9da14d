"""HTTP responses and the strict parsing of their bodies and headers, which are untrusted input."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NoReturn

from gate.errors import NotUnderstood, TruncatedResponse
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime


_MAX_INTEGER_DIGITS = 4000
_MAX_RETRY_AFTER_DIGITS = 12
_PLAUSIBLE_YEARS = range(2000, 3000)
_MAX_DEPTH = 20
"""Levels, twice as many as any document of either cloud has; so recursion over a document is safe."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """One whole HTTP response."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    operation: str = ""
    """The name of the operation that was called."""


def parse_json_object(response: Response) -> dict[str, Any]:
    """Parses the body as one JSON object that every parser reads alike.

    Duplicate keys, NaN, infinite or very long numbers and encodings other than UTF-8 are refused.

    Raises:
        TruncatedResponse: The body is not JSON, as when the response was truncated.
        NotUnderstood: The body is a web page, or JSON that is ambiguous, not an object or nested too deeply.
    """
    try:
        document = json.loads(
            response.body.decode("utf-8"),
            object_pairs_hook=_object_without_duplicates,
            parse_constant=_refuse_constant,
            parse_float=_finite_float,
            parse_int=_short_integer,
        )
    except RecursionError:
        raise _too_deep() from None
    except _AmbiguousJSON as error:
        raise _not_understood(f"The response is JSON that parsers may read differently: {error}.") from None
    except ValueError as error:
        if response.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            raise _not_understood("The response is a web page, not the API's JSON.") from None
        raise TruncatedResponse(
            f"The response is not JSON: {one_line(str(error), 120)}.",
            means="It was truncated on its way, or did not come from the API.",
            remedy="Check --endpoint and the proxy if this error comes again.",
        ) from None
    if not isinstance(document, dict):
        raise _not_understood("The response is JSON, but not an object.")
    if _is_deeper_than(document, _MAX_DEPTH):
        raise _too_deep()
    return document


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


def _is_deeper_than(document: object, max_depth: int) -> bool:
    # Not recursive: Python's JSON parser accepts deeper nesting than its call stack has room for.
    level = [document]
    for _ in range(max_depth):
        level = [child for container in level for child in _children(container) if isinstance(child, dict | list)]
    return bool(level)


def _children(container: Any) -> Iterable[object]:
    return container.values() if isinstance(container, dict) else container


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


def _too_deep() -> NotUnderstood:
    return _not_understood("The response is nested too deeply.")


def _not_understood(happened: str) -> NotUnderstood:
    return NotUnderstood(
        happened,
        means="The response came from something other than the API, such as a proxy's login page.",
        remedy="Check --endpoint, the region and the proxy settings of this runner.",
    )
