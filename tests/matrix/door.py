"""A door in front of the simulator: what goes wrong before a request is heard, goes wrong here."""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, BinaryIO, Self

if TYPE_CHECKING:
    import ssl

LOOPBACK = "127.0.0.1"


class Door:
    """A loopback port that passes each request on to another one, as long as it is open."""

    def __init__(self, behind: int, tls: ssl.SSLContext | None = None) -> None:
        self._behind = (LOOPBACK, behind)
        self._trusted = tls
        self._tls = tls
        self._callers: dict[socket.socket, Thread] = {}
        self._fillers: list[socket.socket] = []
        self._porter: Thread | None = None
        self._frame = self._bound((LOOPBACK, 0))
        self.port = int(self._frame.getsockname()[1])

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self._hang_up()
        self._frame.close()

    def open(self) -> None:
        """Lets everybody through, with the certificate of the beginning."""
        self._tls = self._trusted
        self._reopen()

    def seal(self, tls: ssl.SSLContext) -> None:
        """Shows another certificate from now on."""
        self._tls = tls
        self._reopen()

    def refuse(self) -> None:
        """Refuses every connection. The port stays taken: nobody else may come to listen there."""
        self._hang_up()
        self._frame.close()
        self._frame = self._bound((LOOPBACK, self.port))

    def hold(self) -> None:
        """Answers no attempt to connect at all: one caller waits already, and there is room for no other."""
        self.refuse()
        self._frame.listen(0)
        self._fillers.append(socket.create_connection((LOOPBACK, self.port)))

    def _reopen(self) -> None:
        self.refuse()
        self._frame.listen()
        self._porter = Thread(target=self._accept, args=(self._frame,), daemon=True)
        self._porter.start()

    def _hang_up(self) -> None:
        with suppress(OSError):
            self._frame.shutdown(socket.SHUT_RDWR)
        if self._porter:
            self._porter.join()
        self._porter = None
        for caller, thread in self._callers.copy().items():
            with suppress(OSError):
                caller.shutdown(socket.SHUT_RDWR)
            thread.join()
        self._callers.clear()
        while self._fillers:
            self._fillers.pop().close()

    def _accept(self, frame: socket.socket) -> None:
        with suppress(OSError):
            while True:
                caller, _ = frame.accept()
                self._callers[caller] = Thread(target=self._serve, args=(caller, self._tls), daemon=True)
                self._callers[caller].start()

    def _serve(self, caller: socket.socket, tls: ssl.SSLContext | None) -> None:
        with caller, suppress(OSError):
            if tls is None:
                self._carry(caller)
                return
            # A socket of its own, since the plain one is kept to hang up by.
            with tls.wrap_socket(caller.dup(), server_side=True) as inside:
                self._carry(inside)

    def _carry(self, caller: socket.socket) -> None:
        with (
            socket.create_connection(self._behind) as there,
            caller.makefile("rb") as questions,
            there.makefile("rb") as answers,
        ):
            while question := head(questions):
                there.sendall(question)
                answer = head(answers)
                caller.sendall(answer + answers.read(_length(answer)))

    @staticmethod
    def _bound(address: tuple[str, int]) -> socket.socket:
        frame = socket.socket()
        frame.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        frame.bind(address)
        return frame


def head(stream: BinaryIO) -> bytes:
    """All up to the empty line; what the gate asks has no body."""
    lines = []
    while (line := stream.readline()) not in {b"", b"\r\n"}:
        lines.append(line)
    return b"".join([*lines, b"\r\n"]) if lines else b""


def _length(head: bytes) -> int:
    found = re.search(rb"(?i)content-length: *([0-9]+)", head)
    return int(found[1]) if found else 0
