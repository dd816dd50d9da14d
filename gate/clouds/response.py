"""What came back over the wire, and the strict reading of it: foreign bytes end here."""

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


_MOST_DIGITS = 4000
_DIGITS_OF_ETERNITY = 12
_YEARS = range(2000, 3000)
_DEEPEST = 20
"""Levels, twice as many as any document of either cloud has: whatever walks or cites one need not fear its depth."""


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
    """Reads the body as one JSON object, with nothing in it that two readers could take for two things.

    Duplicate keys, NaN, infinite and endless numbers and anything but UTF-8 are refused.

    Raises:
        TruncatedResponse: The body is no JSON, as when an answer was cut.
        NotUnderstood: It is a web page, or JSON of another shape or depth.
    """
    try:
        document = json.loads(
            response.body.decode("utf-8"),
            object_pairs_hook=_without_duplicates,
            parse_constant=_no_number,
            parse_float=_finite,
            parse_int=_whole,
        )
    except RecursionError:
        raise _too_deep() from None
    except _Ambiguous as error:
        raise _not_understood(f"The answer is JSON that can be read in two ways: {error}.") from None
    except ValueError as error:
        if response.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            raise _not_understood("The answer is a web page, not the API's JSON.") from None
        raise TruncatedResponse(
            f"The answer is not JSON: {one_line(str(error), 120)}.",
            means="It was cut on its way, or what answers is not this API.",
            remedy="Check --endpoint and the proxy if this comes again.",
        ) from None
    if not isinstance(document, dict):
        raise _not_understood("The answer is JSON, but not an object.")
    if _has_more_levels(document, _DEEPEST):
        raise _too_deep()
    return document


def retry_after(response: Response) -> float | None:
    """Reads `Retry-After`, in s: a number, or a date by the clock of the answer itself (RFC 9110, 10.2.3)."""
    value = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]+", value):
        return float(value[:_DIGITS_OF_ETERNITY])
    until, sent = _date(value), date_of(response)
    return max(0.0, (until - sent).total_seconds()) if until and sent else None


def date_of(response: Response) -> datetime | None:
    """The time at which the answer was sent by the sender's clock, aware; None where it does not say."""
    return _date(response.headers.get("date", ""))


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return moment.astimezone(UTC) if moment.tzinfo and moment.year in _YEARS else None
    except (ValueError, TypeError, OverflowError):
        return None


def _has_more_levels(document: object, most: int) -> bool:
    # Without a call for each level: Python allows fewer of those than its parser may take levels.
    level = [document]
    for _ in range(most):
        level = [part for whole in level for part in _parts(whole) if isinstance(part, dict | list)]
    return bool(level)


def _parts(whole: Any) -> Iterable[object]:
    return whole.values() if isinstance(whole, dict) else whole


class _Ambiguous(Exception):
    """JSON that the standard forbids or leaves open."""


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise _Ambiguous("a key stands twice in one object")
    return document


def _no_number(name: str) -> NoReturn:
    raise _Ambiguous(f"{name} is not a number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _Ambiguous("a number is too large to be one")
    return number


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise _Ambiguous("a number is too long to be one")
    return int(digits)


def _too_deep() -> NotUnderstood:
    return _not_understood("The answer is nested too deeply to be read.")


def _not_understood(happened: str) -> NotUnderstood:
    return NotUnderstood(
        happened,
        means="Something else answered in the API's place, such as a proxy's login page.",
        remedy="Check --endpoint, the region and the proxy settings of this runner.",
    )
