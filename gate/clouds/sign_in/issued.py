"""Reads temporary credentials in the response of a service that issues them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gate.clouds.credentials import Credentials
from gate.clouds.redaction import MIN_SECRET_LENGTH, Redactor
from gate.clouds.values import malformed, quoted, text
from gate.verdict_messages import format_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gate.clouds.interface import Connection

_SECRET = re.compile(rf"[!-~]{{{MIN_SECRET_LENGTH},}}")
"""What a header can carry, and what is long enough to be redacted."""
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,9})?Z")


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """The names under which one service writes credentials."""

    service: str
    """For messages."""
    container: str
    """The object in the response that has them; empty for the response itself."""
    access_key_id: str
    access_key_secret: str
    security_token: str
    expires_at: str


def credentials_in(document: Mapping[str, Any], names: Names, connection: Connection) -> Credentials:
    """The credentials in a response, which are whole and still valid; the `Session` masks them before their use.

    Raises:
        NotUnderstood: One of their parts is missing or cannot be one, or they have expired.
    """
    part = _part(document, names)
    return Credentials(
        access_key_id=_secret(part, names.access_key_id, names),
        access_key_secret=_secret(part, names.access_key_secret, names),
        security_token=_secret(part, names.security_token, names),
        expires_at=end_of(without_secrets(part.get(names.expires_at), document, names), names.service, connection),
    )


def without_secrets(value: object, document: Mapping[str, Any], names: Names) -> object:
    """A value of the response for a message: a malformed response may repeat the credentials in any of its fields."""
    part = _part(document, names)
    secrets = (text(part.get(name)) for name in (names.access_key_id, names.access_key_secret, names.security_token))
    return Redactor(secrets).redact_text(value) if isinstance(value, str) else value


def end_of(value: object, service: str, connection: Connection) -> datetime:
    """When something that was issued just now ends, aware, in UTC.

    Raises:
        NotUnderstood: It is no time, or has passed by the clock of the cloud.
    """
    parts = _TIME.fullmatch(text(value))
    try:
        end = datetime.fromisoformat(parts[1]).replace(tzinfo=UTC) if parts else None
    except ValueError:
        end = None
    if end is None:
        raise malformed(f"The response of {service} does not say when the credentials end: {quoted(value)} is no time.")
    # By the cloud's own clock where it is known, as in the session: that of the machine may be wrong.
    if end <= (connection.time_of_day.server_time() or connection.time_of_day.now()):
        raise malformed(f"The credentials that {service} has just issued have ended at {format_time(end)}.")
    return end


def _part(document: Mapping[str, Any], names: Names) -> Mapping[str, Any]:
    container = document.get(names.container) if names.container else document
    return container if isinstance(container, dict) else {}


def _secret(part: Mapping[str, Any], name: str, names: Names) -> str:
    value = text(part.get(name))
    if not _SECRET.fullmatch(value):
        # Without the value, of which a part may be secret.
        what = "cannot be one" if value else "is not there, or empty"
        path = ".".join(filter(None, (names.container, name)))
        raise malformed(f"The response of {names.service} has no credentials: {path} {what}.")
    return value
