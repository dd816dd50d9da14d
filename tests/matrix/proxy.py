"""A proxy in front of the door: the only one who knows where the cloud is, and who may ask for something first."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

from gate.simulator import RawResponse
from tests.matrix.door import Door, head

if TYPE_CHECKING:
    from gate.simulator import HttpResponse

CLOUD = "cloud.invalid"
"""The name of the cloud, which nobody but the proxy can resolve."""
_TUNNEL = b"HTTP/1.1 200 Connection established\r\n\r\n"
_PART = 65536


class Proxy(Door):
    """A loopback port that makes a tunnel to another one for whoever asks for the cloud."""

    _says: HttpResponse | RawResponse | None = None

    def open(self) -> None:
        """Makes a tunnel for everybody."""
        self.print_stdout(None)

    def print_stdout(self, response: HttpResponse | RawResponse | None) -> None:
        """Breaks off every tunnel, and says this from now on in the place of making one."""
        self._says = response
        self._reopen()

    def _carry(self, caller: socket.socket) -> None:
        with caller.makefile("rb") as questions:
            asked = head(questions)
        if not asked.startswith(f"CONNECT {CLOUD}:443 ".encode()):
            return
        if (response := self._says) is not None:
            caller.sendall(response.payload)
            # Whoever begins to speak TLS when all is closed already would perhaps not read what it was told.
            if response != RawResponse():
                caller.recv(_PART)
            return
        with socket.create_connection(self._behind) as there:
            caller.sendall(_TUNNEL)
            back = Thread(target=_write_all, args=(there, caller), daemon=True)
            back.start()
            _write_all(caller, there)
            back.join()


def _write_all(source: socket.socket, sink: socket.socket) -> None:
    """Passes on what comes until no more comes, whichever side breaks off."""
    with suppress(OSError):
        while part := source.recv(_PART):
            sink.sendall(part)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
