"""The claims of an OIDC token, for messages only: nothing here checks the signature, and nothing decides by them.

A token comes from outside, and so does every value in it: each becomes one short line of plain text.
"""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gate.text import one_line
from gate.verdict_messages import format_difference, format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import timedelta

MAX_TOKEN_LENGTH = 20_000
"""Characters; the longest that either cloud takes (sign-in.md 1.1 and 2.1)."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
"""Header, payload and signature in base64url (RFC 7515, 7.1)."""
_MAX_CLAIM_LENGTH = 200
_MAX_AUDIENCES = 10
_NAMES = {
    "iss": "issuer",
    "sub": "subject",
    "aud": "audience",
    "azp": "authorised party",
    "iat": "issued at",
    "exp": "expires at",
}
"""The claims that the trust policies of the clouds can go by (sign-in.md 1.6 and 2.5), and their words."""
_TIMES = ("iat", "exp")
_SECRET_LENGTH = 8
"""Characters of a token that, one after the other, no message may contain."""
_LONG = 120
"""Seconds, from which on minutes tell enough."""


def is_token(text: str) -> bool:
    """Whether a text has the form of a signed token; both clouds take 4 to 20,000 characters."""
    return len(text) <= MAX_TOKEN_LENGTH and bool(_TOKEN.fullmatch(text))


def claims_of(token: str) -> Mapping[str, str]:
    """The claims iss, sub, aud, azp, iat and exp of a token, as far as it has them; each is safe in a message.

    Several audiences are separated by commas, and times are as in 2026-01-31T12:00:00Z. A claim of another type says
    so in brackets. Of a text that is no token, there are none.
    """
    payload = _payload(token)
    texts = {name: _text(name, payload[name]) for name in _NAMES if name in payload}
    return {name: _hidden_if_secret(text, token) for name, text in texts.items()}


def audiences_of(token: str) -> tuple[str, ...]:
    """The audiences of a token as they are, to be compared and not shown; none if it states none."""
    audience = _payload(token).get("aud")
    listed = audience if isinstance(audience, list) else [audience]
    return tuple(one for one in listed if isinstance(one, str))


def describe_claims(token: str, now: datetime | None = None) -> str:
    """The claims in one line, such as `subject repo:o/r:ref:refs/heads/main, audience sts.example`.

    Args:
        token: The token, which is never shown.
        now: The time by this machine's clock, aware; with it, a token that is not valid then is said to be so.
    """
    claims = claims_of(token)
    if not claims:
        return "a token without claims that can be read"
    described = ", ".join(f"{word} {claims[name]}" for name, word in _NAMES.items() if name in claims)
    validity = describe_validity(token, now) if now else ""
    return f"{described}; {validity}" if validity else described


def describe_validity(token: str, now: datetime) -> str:
    """Says that a token is expired or not yet valid by this machine's clock; empty if it is valid, or has no times."""
    payload = _payload(token)
    expires, starts = _time(payload.get("exp")), _time(payload.get("nbf", payload.get("iat")))
    if expires and expires <= now:
        return f"by this machine's clock, it expired {_duration(now - expires)} ago"
    if starts and starts > now:
        return f"by this machine's clock, it is valid only in {_duration(starts - now)}"
    return ""


def _payload(token: str) -> Mapping[str, Any]:
    if not is_token(token):
        return {}
    try:
        encoded = token.split(".")[1].encode()
        document = json.loads(base64.urlsafe_b64decode(encoded + b"=" * (-len(encoded) % 4)))
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _text(name: str, value: object) -> str:
    if name in _TIMES:
        time = _time(value)
        return time.strftime("%Y-%m-%dT%H:%M:%SZ") if time else "(no time)"
    if name == "aud" and isinstance(value, list):
        more = f" and {len(value) - _MAX_AUDIENCES} more" if len(value) > _MAX_AUDIENCES else ""
        return (", ".join(map(_line, value[:_MAX_AUDIENCES])) or "(none)") + more
    return _line(value)


def _line(value: object) -> str:
    if not isinstance(value, str):
        return "(no text)"
    return one_line(value, _MAX_CLAIM_LENGTH) or "(empty)"


def _time(value: object) -> datetime | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _duration(time: timedelta) -> str:
    seconds = time.total_seconds()
    return format_difference(seconds) if seconds >= _LONG else format_duration(round(seconds))


def _hidden_if_secret(text: str, token: str) -> str:
    """The same text, unless it repeats a part of the token, such as its signature."""
    return "(a part of the token itself)" if any(part in token for part in _parts(text)) else text


def _parts(text: str) -> Iterator[str]:
    return (text[start : start + _SECRET_LENGTH] for start in range(len(text) - _SECRET_LENGTH + 1))
