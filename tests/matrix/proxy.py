"""An HTTP proxy in front of the forwarder; only the proxy can resolve the name of the cloud."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

from gate.simulator import RawResponse
from tests.matrix.forwarder import Forwarder, read_head

if TYPE_CHECKING:
    from gate.simulator import HttpResponse

CLOUD = "cloud.invalid"
"""The host name of the cloud, which resolves nowhere."""
_TUNNEL = b"HTTP/1.1 200 Connection established\r\n\r\n"
_CHUNK = 65536


class Proxy(Forwarder):
    """A loopback port that opens a tunnel to another port on CONNECT requests for the cloud."""

    _error: HttpResponse | RawResponse | None = None

    def forward(self) -> None:
        """Opens a tunnel for every request."""
        self.respond_to_connect(None)

    def respond_to_connect(self, error: HttpResponse | RawResponse | None) -> None:
        """Closes every tunnel, and sends this response to CONNECT requests; None opens tunnels again."""
        self._error = error
        self._reopen()

    def _handle(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as requests:
            request = read_head(requests)
        if not request.startswith(f"CONNECT {CLOUD}:443 ".encode()):
            return
        if (error := self._error) is not None:
            connection.sendall(error.payload)
            # A client that starts TLS on a closed connection may fail before it reads the response.
            if error != RawResponse():
                connection.recv(_CHUNK)
            return
        with socket.create_connection(self._target) as target:
            connection.sendall(_TUNNEL)
            back = Thread(target=_copy_until_closed, args=(target, connection), daemon=True)
            back.start()
            _copy_until_closed(connection, target)
            back.join()


def _copy_until_closed(source: socket.socket, destination: socket.socket) -> None:
    """Copies all bytes until either side closes its connection, then shuts both down."""
    with suppress(OSError):
        while chunk := source.recv(_CHUNK):
            destination.sendall(chunk)
    for end in (source, destination):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
