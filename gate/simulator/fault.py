"""Defines the faults that a test can inject between a cloud and its client."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import responses
from typing import Final, Literal, TypeAlias

ConnectionEnd = Literal["close", "reset", "hold"]

POLL: Final = "poll"
"""Stands for every operation, of any cloud, that returns the status of a scan task."""
EXCHANGE: Final = "exchange"
"""Stands for every operation, of any cloud, that gives temporary keys for an OIDC token."""

HTML: Final = {"Content-Type": "text/html; charset=utf-8"}
JSON_CUT_OFF: Final = b'{"data_list": [{"task_id": "d5ceaaf4'


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpResponse:
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
class RawResponse:
    """Arbitrary bytes, and how the connection ends after them.

    `close` closes it, `reset` sends a TCP reset, `hold` sends nothing until the client disconnects or the simulator
    stops.
    """

    payload: bytes = b""
    then: ConnectionEnd = "close"


@dataclass(frozen=True, kw_only=True, slots=True)
class SlowResponse:
    """Bytes one at a time, with a real pause of `pause` seconds after each; then the connection is closed."""

    payload: bytes
    pause: float
    at_once: bytes = b""
    """Sent without pauses before the payload."""


AnyResponse: TypeAlias = HttpResponse | RawResponse | SlowResponse


@dataclass(frozen=True, slots=True)
class Forbidden:
    """An authenticated user without permission, rendered as the error of the cloud that receives the request."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """A response in place of the true one."""

    response: AnyResponse | Forbidden
    requests: Collection[int] | None = None
    """Numbers of the affected requests, counted from 1 per operation, or over all polls; `None` affects every one."""
    operation: str | None = None
    """The affected operation by the cloud's own name, POLL or EXCHANGE; `None` affects every operation."""

    def applies_to(self, numbers: Mapping[str, int], operation: str) -> bool:
        """Whether the fault affects this request.

        Args:
            numbers: The number of the request among those of its operation, and among all polls if it is one, and so
                on, by the names that a fault can have for the operation.
            operation: The operation of the request.
        """
        number = numbers.get(self.operation or operation)
        return number is not None and (self.requests is None or number in self.requests)


def login_page() -> HttpResponse:
    """The login page of a proxy, with status 200, in place of the cloud's response."""
    return HttpResponse(
        headers=HTML, body=b"<!DOCTYPE html><html><title>Sign in</title><form>Your company network</form></html>"
    )


def redirect(location: str) -> HttpResponse:
    """A redirect with status 302."""
    return HttpResponse(status=HTTPStatus.FOUND, headers={"Location": location})


def no_content() -> HttpResponse:
    """A success without a body (204)."""
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def server_error(status: int = HTTPStatus.BAD_GATEWAY) -> HttpResponse:
    """The HTML error page of a load balancer without a backend."""
    page = f"<html><head><title>{status} {_phrase(status)}</title></head><body>{_phrase(status)}</body></html>"
    return HttpResponse(status=status, headers=HTML, body=page.encode())


def truncated_json() -> HttpResponse:
    """Truncated JSON with a Content-Length that matches it."""
    return HttpResponse(headers={"Content-Type": "application/json"}, body=JSON_CUT_OFF)


def truncated_response() -> RawResponse:
    """A response with a Content-Length that is larger than its body."""
    return RawResponse(payload=_json_head(1000) + JSON_CUT_OFF)


def connection_reset() -> RawResponse:
    """A TCP reset in place of a response."""
    return RawResponse(then="reset")


def no_response() -> RawResponse:
    """An open connection on which nothing is sent until the client disconnects."""
    return RawResponse(then="hold")


def slow_headers(pause: float) -> SlowResponse:
    """A response that is sent byte by byte from its status line on."""
    return SlowResponse(payload=_json_head(2) + b"{}", pause=pause)


def slow_body(pause: float) -> SlowResponse:
    """A response whose headers are sent at once and whose body is sent byte by byte."""
    return SlowResponse(at_once=_json_head(1000), payload=JSON_CUT_OFF.ljust(1000), pause=pause)


def _json_head(length: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % length


def _phrase(status: int) -> str:
    return responses.get(status, "Unknown")
