"""One HTTP exchange in a thread of its own, which can be aborted at any moment and then leaves nothing behind."""

from __future__ import annotations

import os
import socket
import threading
import time
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from gate.errors import Unreachable

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from urllib3.connection import HTTPConnection

_ABORT_TIMEOUT = 1.0
"""Seconds; the thread of an aborted exchange ends within milliseconds, unless the machine is very busy."""
Value = TypeVar("Value")


class Exchange(threading.Thread, Generic[Value]):
    """Sends one request and reads its response.

    A socket's timeout bounds neither name resolution nor a server that sends a byte now and then, so the caller waits
    for a thread. When the time is up, the caller shuts down the socket, which ends every call that waits for it. Only
    name resolution cannot be ended; a thread that hangs there holds no socket and no response.
    """

    def __init__(self, work: Callable[[Exchange[Value]], Value]) -> None:
        super().__init__(daemon=True, name="request")
        self.on_tls: Callable[[ssl.SSLSocket], object] | None = None
        """Called with the socket of a new connection, once the certificate of the host is accepted."""
        self._work = work
        self._values: list[Value] = []
        self._errors: list[BaseException] = []
        self._lock = threading.Lock()
        self._connection: HTTPConnection | None = None
        self._duplicate: socket.socket | None = None
        self._is_aborted = False
        self._ended_at = 0.0
        self._has_ended = threading.Event()

    def result(self, timeout: float) -> Value:
        """Starts the exchange and returns its result.

        Raises:
            TimeoutError: There was no result within this many s; the exchange was aborted.
            Unreachable: The thread cannot be started.
            Exception: What the exchange raised.
        """
        ends_at = time.monotonic() + timeout
        try:
            self._start()
            self._wait(timeout)
        finally:
            if not self._has_ended.is_set():
                self._abort()
        # Neither is kept: the traceback of an error leads back to this thread, and to all that it has read.
        if self._errors and self._ended_at < ends_at:
            raise self._errors.pop()
        if not self._values:
            # Also where the socket noticed it a moment before this thread did: one fault has one error.
            self._errors.clear()
            raise TimeoutError
        return self._values.pop()

    def run(self) -> None:
        """Runs in the thread; see `result`."""
        try:
            value = self._work(self)
        except BaseException as error:  # noqa: BLE001 - handed to the waiting thread, which raises it
            # urllib3 leaves some connections, and in a cycle of frames what was read, to the garbage collector.
            with suppress(OSError):
                if self._connection:
                    self._connection.close()
            traceback.clear_frames(error.__traceback__)
            self._end(self._errors, error)
        else:
            self._end(self._values, value)

    def hold(self, connection: HTTPConnection, sock: socket.socket) -> None:
        """Takes the socket of a connection that this exchange is about to use.

        Raises:
            ConnectionAbortedError: The exchange was aborted.
        """
        # A duplicate, since TLS replaces the socket object, and during the handshake nobody has the new one.
        duplicate = socket.socket(fileno=os.dup(sock.fileno()))
        with self._lock:
            self._release()
            self._connection, self._duplicate = connection, duplicate
        self.check()

    def check(self) -> None:
        """Ends an exchange that was aborted.

        Raises:
            ConnectionAbortedError: The exchange was aborted.
        """
        if self._is_aborted:
            raise ConnectionAbortedError

    def _start(self) -> None:
        try:
            self.start()
        except RuntimeError:
            raise Unreachable(
                "No thread can be started to send a request.",
                means="This machine or container may have no more processes, or has no memory left.",
                remedy="Run fewer jobs beside the gate, or raise the limit, such as --pids-limit or ulimit -u.",
            ) from None

    def _abort(self) -> None:
        with self._lock:
            self._is_aborted = True
            duplicate = self._duplicate
            if duplicate:
                with suppress(OSError):
                    duplicate.shutdown(socket.SHUT_RDWR)
        if duplicate:
            self._wait(_ABORT_TIMEOUT)

    def _wait(self, timeout: float) -> None:
        # Not by join() alone, after which Python 3.11 and 3.12 take a thread for ended if a signal interrupts it.
        if self._has_ended.wait(timeout):
            self.join()

    def _end(self, results: list[Any], result: object) -> None:
        with self._lock:
            self._release()
            self._connection = None
            if not self._is_aborted:
                self._ended_at = time.monotonic()
                results.append(result)
        self._has_ended.set()

    def _release(self) -> None:
        if self._duplicate:
            self._duplicate.close()
        self._duplicate = None


def current_exchange() -> Exchange[Any]:
    """The exchange in whose thread this is called."""
    return cast("Exchange[Any]", threading.current_thread())
