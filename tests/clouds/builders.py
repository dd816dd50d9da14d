"""What the tests of the clouds share: a connection, an answer, and a peer that only listens and says its one line."""

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
from gate.settings import Settings
from gate.time_of_day import TimeOfDay

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from gate.clouds import CloudProvider
    from gate.outcome import Event, EventKind
    from tests.builders import FakeTime

LOOPBACK = "127.0.0.1"
_BEGIN_OF_TLS = b"\x16"


def a_connection(time: FakeTime, *, environ: Mapping[str, str] | None = None, **settings: Any) -> Connection:
    """A connection on this time; a request may take 5 s of real time, so that a busy machine changes nothing."""
    wishes = Settings(**{"cloud": "huawei", "policy": Policy(), "request_timeout": 5.0, **settings})
    clock = time.clock()
    return Connection(
        settings=wishes,
        environ=environ or {},
        clock=clock,
        time_of_day=TimeOfDay(clock),
        deadline=RunDeadline(clock, wishes.timeout),
        event_log=EventLog(clock, lambda _event: None),
    )


def events(connection: Connection, kind: EventKind) -> list[Event]:
    """What the journal of this connection holds of one kind."""
    return [event for event in connection.event_log.events if event.kind is kind]


def an_answer(body: bytes | str = b"{}", status: int = 200, /, **headers: str) -> Response:
    """An answer over the wire; `retry_after="7"` is the header retry-after."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status=status, headers=named, body=body.encode() if isinstance(body, str) else body)


def ok(body: bytes = b'{"projects": []}') -> bytes:
    """A whole answer of HTTP, byte by byte."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(body), body)


class Peer:
    """A loopback port that keeps the head of each request and answers all of them alike.

    It speaks TLS with whoever begins to, if it has a context, and as a proxy it plays the host that is asked for.
    """

    def __init__(self, answer: bytes = b"", tls: ssl.SSLContext | None = None) -> None:
        self.heard: list[str] = []
        self._answer = answer
        self._tls = tls
        self._is_over = False
        self._door = socket.create_server((LOOPBACK, 0))
        self._door.settimeout(10)
        self.address = f"{LOOPBACK}:{self._door.getsockname()[1]}"
        self._thread = Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        # Only a last knock at the door wakes the thread that waits behind it.
        socket.create_connection(self._door.getsockname()).close()
        self._thread.join()
        self._door.close()

    def _accept(self) -> None:
        while True:
            caller, _ = self._door.accept()
            with caller, suppress(OSError):
                if self._is_over:
                    return
                caller.settimeout(2)
                self._serve(caller)

    def _serve(self, caller: socket.socket) -> None:
        if self._tls and caller.recv(1, socket.MSG_PEEK) == _BEGIN_OF_TLS:
            with self._tls.wrap_socket(caller, server_side=True) as inside:
                self._hear(inside)
        else:
            self._hear(caller)

    def _hear(self, caller: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head and (more := caller.recv(65536)):
            head += more
        self.heard.append(head.decode("latin-1"))
        if self._tls and head.startswith(b"CONNECT "):
            caller.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            self._serve(caller)
        else:
            caller.sendall(self._answer)


def host_asked_by(kind: CloudProvider, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> str:
    """The host that a cloud is asked at first, as a proxy hears it; the time of the connection has to be up."""
    with Peer() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        with pytest.raises(Unreachable):
            kind.connect(connection).newest_task()
        (head,) = proxy.heard
    return head.split()[1].removesuffix(":443")
