"""Builders for the tests of the clouds: a connection, a response, and a server that sends one fixed response."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any, Self

import pytest

from gate.clock import RunDeadline
from gate.clouds import Connection
from gate.clouds.response import Response
from gate.errors import Unreachable
from gate.event_log import EventLog
from gate.policy import Policy
from gate.selection import newest
from gate.settings import Settings
from gate.time_of_day import TimeOfDay

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    from gate.clouds import Cloud, CloudProvider
    from gate.outcome import Event, EventKind
    from gate.scan import ScanTask
    from tests.builders import FakeTime

LOOPBACK = "127.0.0.1"
_TLS_HANDSHAKE = b"\x16"


def a_connection(time: FakeTime, *, environ: Mapping[str, str] | None = None, **settings: Any) -> Connection:
    """A connection with this clock; a request times out after 5 s of real time, enough for a busy machine."""
    run_settings = Settings(**{"cloud": "huawei", "policy": Policy(), "request_timeout": 5.0, **settings})
    clock = time.clock()
    return Connection(
        settings=run_settings,
        environ=environ or {},
        clock=clock,
        time_of_day=TimeOfDay(clock),
        deadline=RunDeadline(clock, run_settings.timeout),
        event_log=EventLog(clock, lambda _event: None),
    )


def events_of_kind(connection: Connection, kind: EventKind) -> list[Event]:
    """The events of one kind in the event log of this connection."""
    return [event for event in connection.event_log.events if event.kind is kind]


def a_response(body: bytes | str = b"{}", status: int = 200, /, **headers: str) -> Response:
    """An HTTP response; the keyword `retry_after="7"` is the header Retry-After."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status=status, headers=named, body=body.encode() if isinstance(body, str) else body)


def ok_response(body: bytes = b'{"projects": []}') -> bytes:
    """The bytes of an HTTP response with status 200."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(body), body)


class Peer:
    """A server on a loopback port that records the head of each request and sends the same response to all of them.

    With a TLS context it accepts TLS as well as plain HTTP, and as a proxy (CONNECT) it also acts as the target host.
    """

    def __init__(self, response: bytes = b"", tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[str] = []
        self._response = response
        self._tls = tls
        self._is_closing = False
        self._listener = socket.create_server((LOOPBACK, 0))
        self._listener.settimeout(10)
        self.address = f"{LOOPBACK}:{self._listener.getsockname()[1]}"
        self._thread = Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_closing = True
        # One more connection, because nothing else ends the blocking accept() of the thread.
        socket.create_connection(self._listener.getsockname()).close()
        self._thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            with client, suppress(OSError):
                if self._is_closing:
                    return
                client.settimeout(2)
                self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        if self._tls and client.recv(1, socket.MSG_PEEK) == _TLS_HANDSHAKE:
            with self._tls.wrap_socket(client, server_side=True) as encrypted:
                self._receive(encrypted)
        else:
            self._receive(client)

    def _receive(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head and (chunk := client.recv(65536)):
            head += chunk
        self.requests.append(head.decode("latin-1"))
        if self._tls and head.startswith(b"CONNECT "):
            client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            self._serve(client)
        else:
            client.sendall(self.response_to(head.decode("latin-1")))

    def response_to(self, _head: str, /) -> bytes:
        """The response to a request with this head; a subclass can make it depend on the request."""
        return self._response


def first_host_called_by(
    provider: CloudProvider,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    call: Callable[[Cloud], object] | None = None,
) -> str:
    """The host of a cloud's first request, as a proxy receives it; the deadline of the connection must have passed.

    The call is by default that for the newest task.
    """
    with Peer() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        with pytest.raises(Unreachable):
            (call or newest_task)(provider.connect(connection))
        (head,) = proxy.requests
    return head.split()[1].removesuffix(":443")


def newest_task(cloud: Cloud) -> ScanTask | None:
    """The newest task that fits, as a check would find it."""
    return newest(cloud.matching_tasks())
