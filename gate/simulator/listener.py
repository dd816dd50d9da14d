"""Accepts HTTP connections on a loopback port and sends responses, including deliberately broken ones."""

import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPException, parse_headers
from threading import Event, Thread, current_thread
from typing import BinaryIO, Final, assert_never

from gate.simulator.cloud import HttpRequest
from gate.simulator.fault import AnyResponse, ConnectionEnd, HttpResponse, RawResponse, SlowResponse

LOOPBACK: Final = "127.0.0.1"
BACKLOG: Final = 64
MAX_LINE: Final = 65536
LINGER_ZERO: Final = struct.pack("ii", 1, 0)

Handler = Callable[[HttpRequest], AnyResponse]


class Listener:
    """Accepts connections from its creation until `stop`, each on its own thread."""

    def __init__(self, port: int, handler: Handler) -> None:
        self._handler = handler
        self._stopping = Event()
        self._connections: dict[Thread, socket.socket] = {}
        self._server_socket = socket.create_server((LOOPBACK, port), backlog=BACKLOG)
        self.port = int(self._server_socket.getsockname()[1])
        self._accept_thread = Thread(target=self._accept, daemon=True)
        self._accept_thread.start()

    def stop(self) -> None:
        """Close every connection, and return when all threads have ended."""
        self._stopping.set()
        # Only a new connection wakes a thread that is blocked in accept().
        socket.create_connection((LOOPBACK, self.port)).close()
        self._accept_thread.join()
        self._server_socket.close()
        for thread, connection in self._connections.copy().items():
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()

    def _accept(self) -> None:
        while True:
            connection, _ = self._server_socket.accept()
            if self._stopping.is_set():
                connection.close()
                return
            thread = Thread(target=self._serve, args=(connection,), daemon=True)
            self._connections[thread] = connection
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        # A client that disconnects is normal; any other error is a bug, and threading reports it.
        with connection, suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            Connection(connection, self._handler, self._stopping).run()
        del self._connections[current_thread()]


class Connection:
    """Responds to the requests of one connection, one after another, until either side closes it."""

    def __init__(self, connection: socket.socket, handler: Handler, stopping: Event) -> None:
        self._connection = connection
        self._handler = handler
        self._stopping = stopping

    def run(self) -> None:
        """Return when the connection can be closed."""
        with self._connection.makefile("rb") as stream:
            keep_alive = True
            while keep_alive and (line := stream.readline(MAX_LINE)):
                keep_alive = self._respond(line, stream)

    def _respond(self, line: bytes, stream: BinaryIO) -> bool:
        try:
            request = read_request(line, stream)
        except (HTTPException, ValueError) as error:
            self._send(HttpResponse(status=HTTPStatus.BAD_REQUEST, body=str(error).encode()))
            return False
        return self._send(self._handler(request)) and is_keep_alive(request)

    def _send(self, response: AnyResponse) -> bool:
        match response:
            case HttpResponse():
                self._connection.sendall(response.payload)
                return True
            case RawResponse():
                self._connection.sendall(response.payload)
                self._end(response.then)
            case SlowResponse():
                self._connection.sendall(response.at_once)
                self._send_slowly(response)
            case _:
                assert_never(response)
        return False

    def _end(self, how: ConnectionEnd) -> None:
        match how:
            case "close":
                pass
            case "reset":
                # With a linger time of 0, closing the socket sends a reset.
                self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
            case "hold":
                while self._connection.recv(MAX_LINE):
                    pass
            case _:
                assert_never(how)

    def _send_slowly(self, response: SlowResponse) -> None:
        for byte in response.payload:
            self._connection.sendall(bytes([byte]))
            if self._stopping.wait(response.pause):
                return


def read_request(line: bytes, stream: BinaryIO) -> HttpRequest:
    """The request whose first line this is; raises ValueError or HTTPException if it is not HTTP/1."""
    method, target, version = line.decode("latin-1").split()
    headers = parse_headers(stream)
    length = int(headers.get("Content-Length", "0"))
    return HttpRequest(method=method, target=target, version=version, headers=headers, body=stream.read(length))


def is_keep_alive(request: HttpRequest) -> bool:
    """Whether the client wants to use the connection again."""
    return request.version == "HTTP/1.1" and request.headers.get("Connection", "").lower() != "close"
