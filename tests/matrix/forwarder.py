"""A server between gate and simulator, in which connections and TLS handshakes can be made to fail."""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, BinaryIO, Self

if TYPE_CHECKING:
    import ssl

LOOPBACK = "127.0.0.1"


class Forwarder:
    """A loopback port that forwards each request to another port, with or without TLS."""

    def __init__(self, target_port: int, tls: ssl.SSLContext | None = None) -> None:
        self._target = (LOOPBACK, target_port)
        self._trusted_tls = tls
        self._tls = tls
        self._connections: dict[socket.socket, Thread] = {}
        self._backlog_fillers: list[socket.socket] = []
        self._accept_thread: Thread | None = None
        self._server_socket = self._bound((LOOPBACK, 0))
        self.port = int(self._server_socket.getsockname()[1])

    def __enter__(self) -> Self:
        self.forward()
        return self

    def __exit__(self, *_: object) -> None:
        self._close_all()
        self._server_socket.close()

    def forward(self) -> None:
        """Forwards all requests, with the original certificate."""
        self._tls = self._trusted_tls
        self._reopen()

    def use_certificate(self, tls: ssl.SSLContext) -> None:
        """Uses another certificate for new connections, and closes the open ones."""
        self._tls = tls
        self._reopen()

    def refuse_connections(self) -> None:
        """Refuses every connection. The port stays bound, so that no other process can listen there."""
        self._close_all()
        self._server_socket.close()
        self._server_socket = self._bound((LOOPBACK, self.port))

    def stall_connections(self) -> None:
        """Lets every connection attempt time out, by a full backlog."""
        self.refuse_connections()
        self._server_socket.listen(0)
        self._backlog_fillers.append(socket.create_connection((LOOPBACK, self.port)))

    def _reopen(self) -> None:
        self.refuse_connections()
        self._server_socket.listen()
        self._accept_thread = Thread(target=self._accept, args=(self._server_socket,), daemon=True)
        self._accept_thread.start()

    def _close_all(self) -> None:
        with suppress(OSError):
            self._server_socket.shutdown(socket.SHUT_RDWR)
        if self._accept_thread:
            self._accept_thread.join()
        self._accept_thread = None
        for connection, thread in self._connections.copy().items():
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()
        self._connections.clear()
        while self._backlog_fillers:
            self._backlog_fillers.pop().close()

    def _accept(self, server_socket: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = server_socket.accept()
                self._connections[connection] = Thread(target=self._serve, args=(connection, self._tls), daemon=True)
                self._connections[connection].start()

    def _serve(self, connection: socket.socket, tls: ssl.SSLContext | None) -> None:
        with connection, suppress(OSError):
            if tls is None:
                self._handle(connection)
                return
            # TLS gets a duplicate, since `_close_all` shuts the plain socket down.
            with tls.wrap_socket(connection.dup(), server_side=True) as encrypted:
                self._handle(encrypted)

    def _handle(self, connection: socket.socket) -> None:
        with (
            socket.create_connection(self._target) as target,
            connection.makefile("rb") as requests,
            target.makefile("rb") as responses,
        ):
            while request := read_head(requests):
                target.sendall(request + requests.read(_content_length(request)))
                response = read_head(responses)
                connection.sendall(response + responses.read(_content_length(response)))

    @staticmethod
    def _bound(address: tuple[str, int]) -> socket.socket:
        server_socket = socket.socket()
        server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server_socket.bind(address)
        return server_socket


def read_head(stream: BinaryIO) -> bytes:
    """Everything up to the empty line."""
    lines = []
    while (line := stream.readline()) not in {b"", b"\r\n"}:
        lines.append(line)
    return b"".join([*lines, b"\r\n"]) if lines else b""


def _content_length(head: bytes) -> int:
    found = re.search(rb"(?i)content-length: *([0-9]+)", head)
    return int(found[1]) if found else 0
