"""Names what can go wrong between a cloud and its client, so that a test can order it by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import responses
from typing import Final, Literal

Then = Literal["close", "reset", "hold"]

POLL: Final = "look"
"""Stands, in any cloud, for all operations that show how a scan task stands."""

HTML: Final = {"Content-Type": "text/html; charset=utf-8"}
JSON_CUT_OFF: Final = b'{"data_list": [{"task_id": "d5ceaaf4'


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """A whole HTTP answer."""

    status: int = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def payload(self) -> bytes:
        """The answer as it goes over the wire; a Content-Length is added where HTTP wants one and none is given."""
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
    """Bytes as they are, and how the connection ends after them.

    `close` is an orderly end, `reset` a TCP reset, `hold` silence until the client hangs up or the simulator stops.
    """

    payload: bytes = b""
    then: Then = "close"


@dataclass(frozen=True, kw_only=True, slots=True)
class Drip:
    """Bytes one at a time, with a real pause of so many seconds after each, then an orderly end."""

    payload: bytes
    pause: float
    at_once: bytes = b""
    """Sent before the dripping begins."""


@dataclass(frozen=True, slots=True)
class Forbidden:
    """The user is known but may not do this, said in the words of whichever cloud is asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """A reply instead of the true one."""

    reply: Reply | Raw | Drip | Forbidden
    on: frozenset[int] | None = None
    """Which requests it meets, counted from 1 for each operation, or for all that are a look; `None` is every one."""
    operation: str | None = None
    """One in a cloud's own words, or LOOK; `None` is every operation."""

    def meets(self, operation: str, number: int, poll: int | None) -> bool:
        """Whether the request with this number of this operation, and with this number as a look, gets the fault."""
        if self.operation == POLL:
            return poll is not None and self._on(poll)
        return self.operation in {None, operation} and self._on(number)

    def _on(self, number: int) -> bool:
        return self.on is None or number in self.on


def login_page() -> Reply:
    """What a proxy says in place of the cloud: sign in here, with status 200."""
    return Reply(
        headers=HTML, body=b"<!DOCTYPE html><html><title>Sign in</title><form>Your company network</form></html>"
    )


def redirect(location: str) -> Reply:
    """The answer is elsewhere."""
    return Reply(status=HTTPStatus.FOUND, headers={"Location": location})


def no_content() -> Reply:
    """A success that says nothing."""
    return Reply(status=HTTPStatus.NO_CONTENT)


def server_error(status: int = HTTPStatus.BAD_GATEWAY) -> Reply:
    """A page of HTML from a load balancer whose backend is gone."""
    page = f"<html><head><title>{status} {_phrase(status)}</title></head><body>{_phrase(status)}</body></html>"
    return Reply(status=status, headers=HTML, body=page.encode())


def garbage_json() -> Reply:
    """JSON that stops in the middle, although the answer is as long as it promised."""
    return Reply(headers={"Content-Type": "application/json"}, body=JSON_CUT_OFF)


def cut_short() -> Raw:
    """An answer that promises more bytes than it sends."""
    return Raw(payload=_json_head(1000) + JSON_CUT_OFF)


def reset() -> Raw:
    """A TCP reset in place of an answer."""
    return Raw(then="reset")


def hung() -> Raw:
    """Not one byte, for as long as the client cares to wait."""
    return Raw(then="hold")


def dripping_headers(pause: float) -> Drip:
    """An answer that comes byte by byte from its status line on."""
    return Drip(payload=_json_head(2) + b"{}", pause=pause)


def dripping_body(pause: float) -> Drip:
    """An answer whose headers come at once and whose body comes byte by byte."""
    return Drip(at_once=_json_head(1000), payload=JSON_CUT_OFF.ljust(1000), pause=pause)


def _json_head(length: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % length


def _phrase(status: int) -> str:
    return responses.get(status, "Unknown")
