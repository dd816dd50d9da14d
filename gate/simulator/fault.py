"""Defines the faults that a test can inject between a cloud and its client."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import responses
from typing import Final, Literal

ConnectionEnd = Literal["close", "reset", "hold"]

POLL: Final = "poll"
"""Stands for every operation, of any cloud, that returns the status of a scan task."""

HTML: Final = {"Content-Type": "text/html; charset=utf-8"}
JSON_CUT_OFF: Final = b'{"data_list": [{"task_id": "d5ceaaf4'


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """A complete HTTP response."""

    status: int = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def payload(self) -> bytes:
        """The response as bytes; a Content-Length is added where HTTP requires one and none is given."""
        headers = dict(self.headers)
        framed = {"content-length", "transfer-encoding"} & {name.lower() for name in headers}
        if self.status != HTTPStatus.NO_CONTENT and not framed:
            headers["Content-Length"] = str(len(self.body))
        head = [
            f"HTTP/1.1 {self.status} {_phrase(self.status)}",
            *(f"{name}: {text}" for name, text in headers.items()),
        ]
        return "".join(f"{line}\r\n" for line in [*head, ""]).encode("latin-1") + self.body


@dataclass(frozen=True, kw_only=True, slots=True)
class Raw:
    """Arbitrary bytes, and how the connection ends after them.

    `close` closes it, `reset` sends a TCP reset, `hold` sends nothing until the client disconnects or the simulator
    stops.
    """

    payload: bytes = b""
    then: ConnectionEnd = "close"


@dataclass(frozen=True, kw_only=True, slots=True)
class Drip:
    """Bytes one at a time, with a real pause of `pause` seconds after each; then the connection is closed."""

    payload: bytes
    pause: float
    at_once: bytes = b""
    """Sent without pauses before the payload."""


@dataclass(frozen=True, slots=True)
class Forbidden:
    """An authenticated user without permission, rendered as the error of the cloud that receives the request."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """A response in place of the true one."""

    reply: Reply | Raw | Drip | Forbidden
    on: frozenset[int] | None = None
    """Numbers of the affected requests, counted from 1 per operation, or over all polls; `None` affects every one."""
    operation: str | None = None
    """The affected operation by the cloud's own name, or POLL; `None` affects every operation."""

    def meets(self, operation: str, number: int, poll: int | None) -> bool:
        """Whether the fault affects this request.

        Args:
            operation: The operation of the request.
            number: The number of the request among those of this operation.
            poll: The number of the request among all polls, or None if it is not a poll.
        """
        if self.operation == POLL:
            return poll is not None and self._on(poll)
        return self.operation in {None, operation} and self._on(number)

    def _on(self, number: int) -> bool:
        return self.on is None or number in self.on


def login_page() -> Reply:
    """The login page of a proxy, with status 200, in place of the cloud's response."""
    return Reply(
        headers=HTML, body=b"<!DOCTYPE html><html><title>Sign in</title><form>Your company network</form></html>"
    )


def redirect(location: str) -> Reply:
    """A redirect with status 302."""
    return Reply(status=HTTPStatus.FOUND, headers={"Location": location})


def no_content() -> Reply:
    """A success without a body (204)."""
    return Reply(status=HTTPStatus.NO_CONTENT)


def server_error(status: int = HTTPStatus.BAD_GATEWAY) -> Reply:
    """The HTML error page of a load balancer without a backend."""
    page = f"<html><head><title>{status} {_phrase(status)}</title></head><body>{_phrase(status)}</body></html>"
    return Reply(status=status, headers=HTML, body=page.encode())


def garbage_json() -> Reply:
    """Truncated JSON with a Content-Length that matches it."""
    return Reply(headers={"Content-Type": "application/json"}, body=JSON_CUT_OFF)


def cut_short() -> Raw:
    """A response with a Content-Length that is larger than its body."""
    return Raw(payload=_json_head(1000) + JSON_CUT_OFF)


def reset() -> Raw:
    """A TCP reset in place of a response."""
    return Raw(then="reset")


def hung() -> Raw:
    """An open connection on which nothing is sent until the client disconnects."""
    return Raw(then="hold")


def dripping_headers(pause: float) -> Drip:
    """A response that is sent byte by byte from its status line on."""
    return Drip(payload=_json_head(2) + b"{}", pause=pause)


def dripping_body(pause: float) -> Drip:
    """A response whose headers are sent at once and whose body is sent byte by byte."""
    return Drip(at_once=_json_head(1000), payload=JSON_CUT_OFF.ljust(1000), pause=pause)


def _json_head(length: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % length


def _phrase(status: int) -> str:
    return responses.get(status, "Unknown")
