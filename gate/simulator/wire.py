"""Listens on a loopback port, reads requests as they come, and sends replies however broken they are meant to be."""

import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPException, parse_headers
from threading import Event, Thread, current_thread
from typing import BinaryIO, Final, assert_never

from gate.simulator.cloud import Call
from gate.simulator.fault import Drip, Raw, Reply, Then

LOOPBACK: Final = "127.0.0.1"
BACKLOG: Final = 64
LONGEST_LINE: Final = 65536
LINGER_ZERO: Final = struct.pack("ii", 1, 0)

Decide = Callable[[Call], Reply | Raw | Drip]


class Listener:
    """Accepts connections from the moment it is made until it is stopped, each on a thread of its own."""

    def __init__(self, port: int, decide: Decide) -> None:
        self._decide = decide
        self._stopping = Event()
        self._open: dict[Thread, socket.socket] = {}
        self._door = socket.create_server((LOOPBACK, port), backlog=BACKLOG)
        self.port = int(self._door.getsockname()[1])
        self._porter = Thread(target=self._accept, daemon=True)
        self._porter.start()

    def stop(self) -> None:
        """Hang up on every client, whatever it waits for, and come back when all is quiet."""
        self._stopping.set()
        # Only a last knock at the door wakes the thread that waits behind it.
        socket.create_connection((LOOPBACK, self.port)).close()
        self._porter.join()
        self._door.close()
        for thread, connection in self._open.copy().items():
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()

    def _accept(self) -> None:
        while True:
            connection, _ = self._door.accept()
            if self._stopping.is_set():
                connection.close()
                return
            thread = Thread(target=self._serve, args=(connection,), daemon=True)
            self._open[thread] = connection
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        # A client that hangs up is no news; any other error is a bug, and threading reports it.
        with connection, suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            Conversation(connection, self._decide, self._stopping).run()
        del self._open[current_thread()]


class Conversation:
    """Answers one request after another on a connection, until either side has had enough."""

    def __init__(self, connection: socket.socket, decide: Decide, stopping: Event) -> None:
        self._connection = connection
        self._decide = decide
        self._stopping = stopping

    def run(self) -> None:
        """Come back when the connection can be closed."""
        with self._connection.makefile("rb") as stream:
            going_on = True
            while going_on and (line := stream.readline(LONGEST_LINE)):
                going_on = self._answer(line, stream)

    def _answer(self, line: bytes, stream: BinaryIO) -> bool:
        try:
            call = read(line, stream)
        except (HTTPException, ValueError) as error:
            self._send(Reply(status=HTTPStatus.BAD_REQUEST, body=str(error).encode()))
            return False
        return self._send(self._decide(call)) and stays_open(call)

    def _send(self, reply: Reply | Raw | Drip) -> bool:
        match reply:
            case Reply():
                self._connection.sendall(reply.payload)
                return True
            case Raw():
                self._connection.sendall(reply.payload)
                self._leave(reply.then)
            case Drip():
                self._connection.sendall(reply.at_once)
                self._drip(reply)
            case _:
                assert_never(reply)
        return False

    def _leave(self, then: Then) -> None:
        match then:
            case "close":
                pass
            case "reset":
                # With no time to linger, closing the socket sends a reset.
                self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
            case "hold":
                while self._connection.recv(LONGEST_LINE):
                    pass
            case _:
                assert_never(then)

    def _drip(self, reply: Drip) -> None:
        for byte in reply.payload:
            self._connection.sendall(bytes([byte]))
            if self._stopping.wait(reply.pause):
                return


def read(line: bytes, stream: BinaryIO) -> Call:
    """The request that begins with this line; raises ValueError or HTTPException if it is not HTTP/1."""
    method, target, version = line.decode("latin-1").split()
    headers = parse_headers(stream)
    length = int(headers.get("Content-Length", "0"))
    return Call(method=method, target=target, version=version, headers=headers, body=stream.read(length))


def stays_open(call: Call) -> bool:
    """Whether the client wants to use the connection again."""
    return call.version == "HTTP/1.1" and call.headers.get("Connection", "").lower() != "close"
