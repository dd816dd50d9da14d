"""A request that times out leaves no thread, no descriptor and no buffer behind, wherever it waited."""

from __future__ import annotations

import gc
import os
import resource
import signal
import socket
import threading
import time
import tracemalloc
import weakref
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from urllib3.connection import HTTPConnection

from gate.clouds.exchange import Exchange
from gate.clouds.session import Session
from gate.clouds.transport import Transport
from gate.errors import Interrupted, Unreachable
from gate.simulator import Fault, RawResponse, Simulator, no_response, slow_body, slow_headers
from tests.clouds.builders import LOOPBACK, Peer, ok_response
from tests.clouds.clients import OK_HEAD, STALLED_BODY, STALLED_HEADERS, TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gate.simulator import SlowResponse

TIMEOUT = 0.5
"""Seconds of real time."""
REQUESTS = 3
LARGE = 8 * 1024 * 1024
WAITING = {
    "for a response": no_response(),
    "in the headers": STALLED_HEADERS,
    "in the body": STALLED_BODY,
    "in slow headers": slow_headers(0.02),
    "in a slow body": slow_body(0.02),
    "in a large body": RawResponse(
        payload=OK_HEAD + b"Content-Length: %d\r\n\r\n" % (2 * LARGE) + b" " * LARGE, then="hold"
    ),
    "in a body without a length": RawResponse(payload=OK_HEAD + b"\r\n" + b" " * LARGE, then="hold"),
}


def a_transport(url: str, *, timeout: float = TIMEOUT) -> Transport:
    return Transport(url, secrets=(TOKEN,), request_timeout=timeout, ca_bundle=None)


def send(transport: Transport, url: str) -> None:
    transport.send(requests.Request("GET", url))


def time_out(transport: Transport, url: str) -> None:
    """Sends some requests, each of which times out."""
    for _ in range(REQUESTS):
        with pytest.raises(Unreachable, match="No complete response"):
            send(transport, url)


def request_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "request"]


def descriptors() -> int:
    return len([*Path("/dev/fd").iterdir()])


def becomes_true(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Whether it does within so many s: the server, in this process too, needs a moment to close its own sockets."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


@contextmanager
def leaves_nothing_behind() -> Iterator[None]:
    """Checks threads, descriptors and memory after the block."""
    before = descriptors()
    tracemalloc.start()
    try:
        memory = tracemalloc.get_traced_memory()[0]
        yield
        threads = request_threads()
        grown = tracemalloc.get_traced_memory()[0] - memory
    finally:
        tracemalloc.stop()
    assert threads == []
    assert grown < LARGE / 8
    assert becomes_true(lambda: descriptors() <= before), f"{descriptors()} descriptors after {before}"


@contextmanager
def silent_server(*, backlog: int = 16) -> Iterator[str]:
    """The address of a server that accepts no connection; the machine does so for it until the backlog is full."""
    with socket.create_server((LOOPBACK, 0), backlog=backlog) as server:
        yield f"{LOOPBACK}:{server.getsockname()[1]}"


@contextmanager
def busy_for(*, seconds: float, after: float) -> Iterator[None]:
    """Keeps the main thread from running for so many s, by the handler of a signal."""
    before = signal.signal(signal.SIGALRM, lambda _number, _frame: time.sleep(seconds))
    signal.setitimer(signal.ITIMER_REAL, after)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, before)


class SilentTunnel(Peer):
    """A proxy that says it has opened a tunnel, and then says nothing."""

    def _receive(self, client: socket.socket) -> None:
        self.requests.append(client.recv(65536).decode("latin-1"))
        client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        while client.recv(65536):
            pass


def test_a_thread_that_hangs_keeps_no_process_from_ending_and_has_the_name_that_these_tests_look_for() -> None:
    thread = Exchange(lambda _: None)

    assert thread.daemon
    assert thread.name == "request"


class UnclosableConnection(HTTPConnection):
    """A connection that cannot even be closed."""

    def close(self) -> None:
        raise OSError("Bad file descriptor")


def test_an_exchange_whose_socket_is_not_connected_can_be_aborted() -> None:
    def wait(exchange: Exchange[None]) -> None:
        with socket.socket() as sock:
            exchange.hold(HTTPConnection("gate.invalid"), sock)
            while True:
                exchange.check()
                time.sleep(0.01)

    with pytest.raises(TimeoutError):
        Exchange(wait).result(0.1)


def test_an_exchange_that_does_not_end_when_it_is_aborted_is_waited_for_no_longer_than_a_second() -> None:
    is_over = threading.Event()

    def go_on(exchange: Exchange[None]) -> None:
        with socket.socket() as sock:
            exchange.hold(HTTPConnection("gate.invalid"), sock)
            is_over.wait(30)

    exchange = Exchange(go_on)
    with pytest.raises(TimeoutError):
        exchange.result(0.1)

    assert exchange.is_alive()
    is_over.set()
    exchange.join()


def test_an_error_is_that_of_the_exchange_even_if_its_connection_cannot_be_closed() -> None:
    def fail(exchange: Exchange[None]) -> None:
        with socket.socket() as sock:
            exchange.hold(UnclosableConnection("gate.invalid"), sock)
        raise ValueError("of the exchange")

    with pytest.raises(ValueError, match="of the exchange"):
        Exchange(fail).result(10.0)


def test_an_error_keeps_nothing_that_the_exchange_has_read() -> None:
    kept = []

    def fail(_: Exchange[None]) -> None:
        body = {b"a response"}
        kept.append(weakref.ref(body))
        raise ValueError("of the exchange")

    with pytest.raises(ValueError, match="of the exchange") as caught:
        Exchange(fail).result(10.0)

    assert caught.value.args
    assert kept[0]() is None


@pytest.mark.parametrize("response", WAITING.values(), ids=WAITING)
def test_a_timeout_while_it_waits_for_the_server_leaves_nothing_behind(response: RawResponse | SlowResponse) -> None:
    with Simulator() as simulator:
        simulator.faults.append(Fault(response=response))
        transport = a_transport(simulator.url)
        with leaves_nothing_behind():
            time_out(transport, simulator.url)

        assert len(simulator.requests) == REQUESTS


def test_a_timeout_during_the_connect_leaves_nothing_behind() -> None:
    with silent_server(backlog=0) as address, socket.create_connection((LOOPBACK, int(address.rpartition(":")[2]))):
        transport = a_transport(f"http://{address}")
        with leaves_nothing_behind():
            time_out(transport, f"http://{address}")


def test_a_connect_that_takes_too_long_ends_before_the_request_times_out() -> None:
    with silent_server(backlog=0) as address, socket.create_connection((LOOPBACK, int(address.rpartition(":")[2]))):
        exchange = Exchange(lambda _: Session().get(f"http://{address}", timeout=(TIMEOUT, 30.0)))
        with pytest.raises(requests.ConnectTimeout, match=f"timed out. .connect timeout={TIMEOUT}"):
            exchange.result(30.0)


def test_a_response_that_never_comes_is_named_so_whatever_else_the_machine_does_at_that_moment() -> None:
    """A socket with a timeout of its own would be the first here, and call it another fault."""
    with silent_server() as address, busy_for(seconds=TIMEOUT * 3, after=TIMEOUT / 5):
        time_out(a_transport(f"http://{address}"), f"http://{address}")


def test_a_timeout_during_the_tls_handshake_leaves_nothing_behind() -> None:
    with silent_server() as address:
        transport = a_transport(f"https://{address}")
        with leaves_nothing_behind():
            time_out(transport, f"https://{address}")


def test_a_timeout_at_a_silent_proxy_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    with silent_server() as address:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{address}")
        transport = a_transport("https://gate.invalid")
        with leaves_nothing_behind():
            time_out(transport, "https://gate.invalid")


def test_a_timeout_in_the_tunnel_of_a_proxy_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    with SilentTunnel() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        transport = a_transport("https://gate.invalid")
        with leaves_nothing_behind():
            time_out(transport, "https://gate.invalid")

        assert len(proxy.requests) == REQUESTS


def test_a_timeout_on_a_connection_that_was_used_before_leaves_nothing_behind() -> None:
    with Simulator() as simulator:
        transport = a_transport(simulator.url, timeout=1.0)
        with leaves_nothing_behind():
            send(transport, simulator.url)
            simulator.faults.append(Fault(response=STALLED_BODY))
            time_out(transport, simulator.url)


def test_a_name_that_is_resolved_too_late_is_not_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can end the resolution itself."""
    is_resolved = threading.Event()
    resolve = socket.getaddrinfo

    def resolve_late(*arguments: object) -> object:
        is_resolved.wait(10)
        return resolve(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", resolve_late)
    with Peer(ok_response()) as peer:
        transport, before = a_transport(f"http://{peer.address}"), descriptors()
        time_out(transport, f"http://{peer.address}")

        assert descriptors() == before
        assert len(request_threads()) == REQUESTS
        is_resolved.set()
        assert becomes_true(lambda: not request_threads())
        assert peer.requests == []
        assert descriptors() == before


def test_a_request_is_aborted_by_a_signal_too() -> None:
    def interrupt(*_: object) -> None:
        raise Interrupted(signal.SIGINT)

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        with Simulator() as simulator:
            simulator.faults.append(Fault(response=STALLED_BODY))
            transport = a_transport(simulator.url, timeout=30.0)
            timer = threading.Timer(TIMEOUT, os.kill, (os.getpid(), signal.SIGUSR1))
            timer.start()
            with leaves_nothing_behind():
                with pytest.raises(Interrupted):
                    send(transport, simulator.url)
                timer.join()
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_a_connection_that_is_kept_is_closed_at_the_end() -> None:
    with Simulator() as simulator:
        before = descriptors()
        transport = a_transport(simulator.url, timeout=5.0)
        send(transport, simulator.url)

        # One at each end.
        assert descriptors() == before + 2
        transport.close()
        assert becomes_true(lambda: descriptors() == before)


def test_a_response_with_contradicting_lengths_leaves_no_socket_to_the_garbage_collector() -> None:
    payload = OK_HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"
    with Simulator() as simulator:
        simulator.faults.append(Fault(response=RawResponse(payload=payload, then="hold")))
        before = descriptors()
        transport = a_transport(simulator.url, timeout=5.0)
        with pytest.raises(Unreachable):
            send(transport, simulator.url)

        assert becomes_true(lambda: descriptors() == before)


@pytest.mark.parametrize("free", [0, 1])
def test_too_many_open_files_are_named_and_leave_nothing_behind(free: int, unused_address: str) -> None:
    """A connection takes two descriptors, of which here the first or the second cannot be had."""
    transport = a_transport(f"http://{unused_address}", timeout=5.0)
    # An earlier test may have left a socket to the garbage collector.
    gc.collect()
    before = descriptors()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket() as lowest:
        limit = lowest.fileno() + free
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limits[1]))
    try:
        with pytest.raises(Unreachable, match="this process has too many open files") as caught:
            send(transport, f"http://{unused_address}")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)

    assert "ulimit -n" in caught.value.remedy
    assert descriptors() == before
