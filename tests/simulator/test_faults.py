"""Tests injected faults, as a plain socket receives them."""

from __future__ import annotations

import re
import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from gate.simulator import (
    Fault,
    Forbidden,
    HttpResponse,
    RawResponse,
    Simulator,
    SlowResponse,
    connection_reset,
    error_in_200,
    error_response,
    login_page,
    no_content,
    no_response,
    redirect,
    server_error,
    slow_body,
    slow_headers,
    truncated_json,
    truncated_response,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.simulator import (
        AnyResponse,
    )
    from tests.simulator.conftest import ListTasks, SendRequest

TARGET = "/v5/0123456789abcdef0123456789abcdef/image/tasks?type=image_scan"


@contextmanager
def open_request(simulator: Simulator) -> Iterator[socket.socket]:
    """A socket on which a request has just been sent."""
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=5) as connection:
        connection.sendall(f"GET {TARGET} HTTP/1.1\r\nHost: simulator\r\n\r\n".encode())
        yield connection


def wait_for_request(simulator: Simulator) -> None:
    """Return when the simulator has handled the request that was just sent."""
    while not simulator.requests:
        time.sleep(0.001)


def read_to_end(connection: socket.socket) -> bytes:
    """All bytes until the other side closes the connection."""
    with connection.makefile("rb") as stream:
        return stream.read()


def received_bytes(response: AnyResponse) -> bytes:
    """All bytes of a connection on which one request gets this response."""
    with Simulator() as simulator:
        simulator.faults.append(Fault(response=response))
        with open_request(simulator) as connection:
            connection.shutdown(socket.SHUT_WR)
            return read_to_end(connection)


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (
            HttpResponse(status=418, headers={"X-A": "b"}, body=b"short and stout"),
            rb"HTTP/1\.1 418 I'm a Teapot\r\nX-A: b\r\nContent-Length: 15\r\n\r\nshort and stout",
        ),
        (HttpResponse(status=799), rb"HTTP/1\.1 799 Unknown\r\nContent-Length: 0\r\n\r\n"),
        (
            HttpResponse(headers={"content-length": "3"}, body=b"{}"),
            rb"HTTP/1\.1 200 OK\r\ncontent-length: 3\r\n\r\n\{\}",
        ),
        (no_content(), rb"HTTP/1\.1 204 No Content\r\n\r\n"),
        (login_page(), rb"HTTP/1\.1 200 OK\r\nContent-Type: text/html.*<title>Sign in</title>.*"),
        (redirect("https://proxy/"), rb"HTTP/1\.1 302 Found\r\nLocation: https://proxy/\r\nContent-Length: 0\r\n\r\n"),
        (server_error(), rb"HTTP/1\.1 502 Bad Gateway\r\nContent-Type: text/html.*<html>.*"),
        (server_error(503), rb"HTTP/1\.1 503 Service Unavailable\r\n.*<title>503 Service Unavailable</title>.*"),
        (truncated_json(), rb'HTTP/1\.1 200 OK\r\n.*Content-Length: 36\r\n\r\n\{"data_list": \[\{"task_id": "d5ceaaf4'),
        (
            truncated_response(),
            rb'HTTP/1\.1 200 OK\r\n.*Content-Length: 1000\r\n\r\n\{"data_list": \[\{"task_id": "d5ceaaf4',
        ),
        (error_in_200(), rb'HTTP/1\.1 200 OK\r\n.*\{"error_code": "HSS\.0010", .*'),
        (error_response("HSS.0011"), rb'HTTP/1\.1 400 Bad Request\r\n.*\{"error_code": "HSS\.0011", .*'),
        (error_response("APIGW.0613"), rb'HTTP/1\.1 503 .*"error_code": "APIGW\.0613", "request_id": "0{32}"\}'),
        (error_response("APIGW.0307", "Enough."), rb'HTTP/1\.1 401 .*\{"error_msg": "Enough\.", .*'),
        (RawResponse(payload=b"no HTTP at all"), rb"no HTTP at all"),
        (slow_headers(0), rb"HTTP/1\.1 200 OK\r\n.*Content-Length: 2\r\n\r\n\{\}"),
        (slow_body(0), rb'HTTP/1\.1 200 OK\r\n.*Content-Length: 1000\r\n\r\n\{"data_list".{988}'),
    ],
)
def test_an_injected_response_is_sent_byte_for_byte(response: AnyResponse, expected: bytes) -> None:
    assert re.fullmatch(expected, received_bytes(response), re.DOTALL)


def test_a_reset_is_a_tcp_reset() -> None:
    """The client gets a socket error, not the end of the stream."""
    with Simulator() as simulator:
        simulator.faults.append(Fault(response=connection_reset()))
        with open_request(simulator) as connection, pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_a_reset_can_come_in_the_middle_of_a_response() -> None:
    """The client may read what was sent before, and then gets a socket error."""
    with Simulator() as simulator:
        simulator.faults.append(Fault(response=RawResponse(payload=b"HTTP/1.1 200 OK\r\n", then="reset")))
        with open_request(simulator) as connection, pytest.raises(ConnectionResetError):
            read_to_end(connection)


def test_a_hung_connection_stays_silent_until_the_client_closes_it() -> None:
    """Other connections are served meanwhile."""
    with Simulator() as simulator:
        simulator.faults.append(Fault(requests=frozenset({1}), response=no_response()))
        with open_request(simulator) as waiting:
            wait_for_request(simulator)
            with open_request(simulator) as other:
                assert other.recv(12) == b"HTTP/1.1 401"
            waiting.sendall(b"are you there?")
            waiting.settimeout(0.05)
            with pytest.raises(TimeoutError):
                waiting.recv(1)


@pytest.mark.parametrize("response", [no_response(), slow_headers(60), slow_body(60)])
def test_stopping_closes_held_and_dripping_connections(response: RawResponse | SlowResponse) -> None:
    """It does so at once, however long the pause is."""
    simulator = Simulator()
    simulator.faults.append(Fault(response=response))
    simulator.start()
    with open_request(simulator) as connection:
        wait_for_request(simulator)
        before = time.monotonic()
        simulator.stop()

        assert time.monotonic() - before < 1
        assert len(read_to_end(connection)) < 1000


def test_dripping_bytes_have_real_pauses() -> None:
    """Five bytes have at least four pauses between them."""
    before = time.monotonic()
    received_bytes(SlowResponse(payload=b"12345", pause=0.02))

    assert time.monotonic() - before >= 0.08


def test_a_client_that_disconnects_while_bytes_drip_is_not_reported(capfd: pytest.CaptureFixture[str]) -> None:
    """The simulator serves the next request and prints nothing."""
    with Simulator() as simulator:
        simulator.faults.append(Fault(requests=frozenset({1}), response=SlowResponse(payload=b"." * 1000, pause=0.001)))
        with open_request(simulator) as connection:
            connection.recv(1)
        with open_request(simulator) as connection:
            assert connection.recv(12) == b"HTTP/1.1 401"

    assert capfd.readouterr() == ("", "")


def test_a_fault_affects_the_requests_with_its_numbers(send: SendRequest, list_tasks: ListTasks) -> None:
    """Requests are counted from one per operation, and the first matching fault is used."""
    with Simulator() as simulator:
        simulator.faults += [
            Fault(requests=frozenset({1, 3}), operation="tasks", response=server_error(502)),
            Fault(requests=frozenset({2}), response=server_error(503)),
            Fault(operation="projects", response=server_error(504)),
        ]
        tasks = [list_tasks(simulator).status for _ in range(4)]
        projects = [send(simulator, "/v3/projects").status for _ in range(3)]

    assert tasks == [502, 503, 502, 200]
    assert projects == [504, 503, 504]


def test_faults_can_be_added_and_removed_while_the_simulator_runs(list_tasks: ListTasks) -> None:
    """The list is read for every request."""
    with Simulator() as simulator:
        simulator.faults.append(Fault(response=server_error()))
        broken = list_tasks(simulator).status
        simulator.faults.clear()

        assert (broken, list_tasks(simulator).status) == (502, 200)


def test_a_fault_takes_precedence_over_authentication(send: SendRequest) -> None:
    """A proxy on the way does not check the cloud's signatures."""
    with Simulator() as simulator:
        simulator.faults.append(Fault(response=login_page()))

        assert send(simulator, TARGET, headers={}).status == 200


def test_only_authenticated_users_get_the_permission_error(send: SendRequest, list_tasks: ListTasks) -> None:
    """HSS reports missing permissions with HTTP 400, and only after authentication."""
    with Simulator() as simulator:
        simulator.faults.append(Fault(response=Forbidden()))
        authenticated, anonymous = list_tasks(simulator), send(simulator, TARGET, headers={})

    assert (authenticated.status, authenticated.document["error_code"]) == (400, "HSS.0013")
    assert anonymous.status == 401


def test_the_recorded_request_has_the_status_of_the_fault(list_tasks: ListTasks) -> None:
    """The status is 0 if the fault was not a complete HTTP response."""
    with Simulator() as simulator:
        simulator.faults += [
            Fault(requests=frozenset({1}), response=server_error()),
            Fault(
                requests=frozenset({2}), response=RawResponse(payload=b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            ),
        ]
        for _ in range(2):
            list_tasks(simulator)

        assert [request.status for request in simulator.requests] == [502, 0]
