"""What came back over the wire, and the strict reading of it: foreign bytes end here."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NoReturn

from gate.errors import CutShort, NotUnderstood
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


_MOST_DIGITS = 4000
_DIGITS_OF_ETERNITY = 12
_YEARS = range(2000, 3000)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One HTTP answer, whole."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    asked: str = ""
    """The name of the question that it answers."""


def json_object(answer: Answer) -> dict[str, Any]:
    """Reads the body as one JSON object, with nothing in it that two readers could take for two things.

    Duplicate keys, NaN, infinite and endless numbers and anything but UTF-8 are refused.

    Raises:
        CutShort: The body is no JSON, as when an answer was cut.
        NotUnderstood: It is a web page, or JSON of another shape or depth.
    """
    try:
        document = json.loads(
            answer.body.decode("utf-8"),
            object_pairs_hook=_without_duplicates,
            parse_constant=_no_number,
            parse_float=_finite,
            parse_int=_whole,
        )
    except RecursionError:
        raise _not_understood("The answer is nested too deeply to be read.") from None
    except _Ambiguous as error:
        raise _not_understood(f"The answer is JSON that can be read in two ways: {error}.") from None
    except ValueError as error:
        if answer.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            raise _not_understood("The answer is a web page, not the API's JSON.") from None
        raise CutShort(
            f"The answer is not JSON: {one_line(str(error), 120)}.",
            means="It was cut on its way, or what answers is not this API.",
            remedy="Check --endpoint and the proxy if this comes again.",
        ) from None
    if not isinstance(document, dict):
        raise _not_understood("The answer is JSON, but not an object.")
    return document


def retry_after(answer: Answer) -> float | None:
    """Reads `Retry-After`, in s: a number, or a date by the clock of the answer itself (RFC 9110, 10.2.3)."""
    value = answer.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]+", value):
        return float(value[:_DIGITS_OF_ETERNITY])
    until, sent = _date(value), date_of(answer)
    return max(0.0, (until - sent).total_seconds()) if until and sent else None


def date_of(answer: Answer) -> datetime | None:
    """The time at which the answer was sent by the sender's clock, aware; None where it does not say."""
    return _date(answer.headers.get("date", ""))


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return moment.astimezone(UTC) if moment.tzinfo and moment.year in _YEARS else None
    except (ValueError, TypeError, OverflowError):
        return None


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


def _not_understood(happened: str) -> NotUnderstood:
    return NotUnderstood(
        happened,
        means="Something else answered in the API's place, such as a proxy's login page.",
        remedy="Check --endpoint, the region and the proxy settings of this runner.",
    )
