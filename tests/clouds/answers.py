"""Answers in place of servers: a transport that keeps what was sent to it, and returns the next response of a list."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from requests import Session

from tests.clouds.builders import a_connection, a_response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests import PreparedRequest, Request

    from gate.clouds import Connection
    from gate.clouds.response import Response
    from gate.errors import GateError
    from tests.builders import FakeTime


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A request as it was sent."""

    url: str
    method: str
    headers: dict[str, str]
    query: dict[str, str]
    form: dict[str, str]
    secrets: tuple[str, ...]
    """What was to be redacted in its response."""
    request_timeout: float


@dataclass(kw_only=True)
class Answers:
    """The servers of all hosts; each response that was sent has the time of the given clock in its header."""

    time: FakeTime
    responses: list[Response | GateError] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    closed: int = 0
    """How many transports were closed."""

    def transport(self, base_url: str, **attributes: Any) -> Any:
        """See `Connection.transport`."""
        return Answered(self, base_url, attributes)


class Answered:
    """What `gate.clouds.transport.Transport` is to one host."""

    def __init__(self, answers: Answers, base_url: str, attributes: dict[str, Any]) -> None:
        self.host = urlsplit(base_url).netloc
        self._answers = answers
        self._attributes = attributes

    def send(self, request: Request) -> Response:
        prepared = Session().prepare_request(request)
        self._answers.sent.append(_sent(prepared, self._attributes))
        answer = self._answers.responses.pop(0)
        if isinstance(answer, Exception):
            raise answer
        now = format_datetime(datetime.fromtimestamp(self._answers.time.true_wall(), UTC), usegmt=True)
        return replace(answer, headers={"date": now, **answer.headers})

    def close(self) -> None:
        self._answers.closed += 1


def answered(time: FakeTime, responses: Iterable[Response | GateError], **settings: Any) -> tuple[Connection, Answers]:
    """A connection whose requests get these responses, in order."""
    answers = Answers(time=time, responses=[*responses])
    connection = a_connection(time, **settings)
    return replace(connection, transport=answers.transport), answers


def a_json(document: object, status: int = 200, /, **headers: str) -> Response:
    """A response with this document."""
    return a_response(json.dumps(document), status, **headers)


def _sent(prepared: PreparedRequest, attributes: dict[str, Any]) -> Sent:
    body: Any = prepared.body or ""
    return Sent(
        url=prepared.url or "",
        method=prepared.method or "",
        headers={name.lower(): str(value) for name, value in prepared.headers.items()},
        query=dict(parse_qsl(urlsplit(prepared.url or "").query)),
        form=dict(parse_qsl(body if isinstance(body, str) else body.decode())),
        secrets=tuple(attributes["secrets"]),
        request_timeout=attributes["request_timeout"],
    )
