"""Computes the current time that the gate should assume, from its own clock and the Date headers of responses."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from gate.clouds.response import Response
    from tests.properties.transport import Exchange

SKEW, LAG = timedelta(minutes=15), timedelta(minutes=1)
"""Accepted differences: of a clock whose signatures are rejected, and of one that is merely behind."""
_TOO_MANY_REQUESTS = 429
# Throttling by its codes, whatever the status of the response (huawei-hss.md 5, alibaba-security-center.md 5).
_THROTTLING_CODES = (b"APIGW.0308", b"APIG.0308", b"Throttling")
_PLAUSIBLE_YEARS = range(2000, 3000)
# Codes of authentication errors, beside the statuses 401 and 403 (huawei-hss.md 5, alibaba-security-center.md 5).
_AUTHENTICATION_CODES = (
    *(b"HSS.0010", b"HSS.0013", b"APIGW.03", b"APIG.03", b"NoPermission", b"Forbidden"),
    *(b"AccessKeyId", b"SecurityToken", b"Signature", b"TimeStamp", b"Timestamp"),
)


def reference_clock(
    exchanges: Sequence[Exchange], wall_clock: Callable[[float], datetime]
) -> Callable[[float], datetime]:
    """The current time by seconds since the start of the run: the latest that any response has shown until then.

    It is the clock of this machine until an authentication error shows that it is wrong. Other responses can only move
    it forward, and it stays there when the clock of the machine is set back.
    """
    dated = [
        (exchange.ended_at, date, _is_authentication_error(exchange.response))
        for exchange in exchanges
        if exchange.response and (date := _date(exchange.response))
    ]
    of_errors = [(at, date) for at, date, is_error in dated if is_error]
    of_others = [(at, date) for at, date, is_error in dated if not is_error]
    correction = next(((at, date) for at, date in of_errors if abs(date - wall_clock(at)) > SKEW), None)

    def corrected(at: float) -> datetime:
        if correction and at >= correction[0]:
            return correction[1] + timedelta(seconds=at - correction[0])
        return wall_clock(at)

    def latest(at: float) -> datetime:
        ahead = (
            date + timedelta(seconds=at - received_at) - corrected(at)
            for received_at, date in of_others
            if received_at <= at
        )
        return corrected(at) + max((span for span in ahead if span > LAG), default=timedelta())

    return latest


def _date(response: Response) -> datetime | None:
    try:
        date = parsedate_to_datetime(response.headers["date"])
    except (KeyError, ValueError):
        return None
    return date if date.tzinfo and date.year in _PLAUSIBLE_YEARS else None


def _is_authentication_error(response: Response) -> bool:
    """Whether this is an error that a wrong clock may cause."""
    is_throttled = (
        response.status == _TOO_MANY_REQUESTS
        or any(code in response.body for code in _THROTTLING_CODES)
        or "x-acs-retry-after" in response.headers
    )
    # A reused nonce means that a request was received twice, and says nothing about the clock.
    is_duplicate = b'"SignatureNonceUsed"' in response.body
    is_error = response.status in {401, 403} or any(code in response.body for code in _AUTHENTICATION_CODES)
    return is_error and not is_throttled and not is_duplicate
