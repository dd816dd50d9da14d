"""What goes wrong when it is told to, as a plain socket sees it."""

from __future__ import annotations

import re
import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from gate.simulator import (
    Drip,
    Fault,
    Forbidden,
    Raw,
    Reply,
    Simulator,
    cut_short,
    dripping_body,
    dripping_headers,
    error_in_200,
    garbage_json,
    hung,
    login_page,
    no_content,
    redirect,
    refused,
    reset,
    server_error,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulator.conftest import Ask, AskTasks

TARGET = "/v5/0123456789abcdef0123456789abcdef/image/tasks?type=image_scan"


@contextmanager
def asked(simulator: Simulator) -> Iterator[socket.socket]:
    """A socket on which a request has just been sent."""
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=5) as connection:
        connection.sendall(f"GET {TARGET} HTTP/1.1\r\nHost: simulator\r\n\r\n".encode())
        yield connection


def until_seen(simulator: Simulator) -> None:
    """Come back when the request that was just sent has been decided."""
    while not simulator.requests:
        time.sleep(0.001)


def everything(connection: socket.socket) -> bytes:
    """All bytes until the other side hangs up."""
    with connection.makefile("rb") as stream:
        return stream.read()


def heard(reply: Reply | Raw | Drip) -> bytes:
    """All that comes over the wire when every request gets this reply and the connection then ends."""
    with Simulator() as simulator:
        simulator.faults.append(Fault(reply=reply))
        with asked(simulator) as connection:
            connection.shutdown(socket.SHUT_WR)
            return everything(connection)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (
            Reply(status=418, headers={"X-A": "b"}, body=b"short and stout"),
            rb"HTTP/1\.1 418 I'm a Teapot\r\nX-A: b\r\nContent-Length: 15\r\n\r\nshort and stout",
        ),
        (Reply(status=799), rb"HTTP/1\.1 799 Unknown\r\nContent-Length: 0\r\n\r\n"),
        (Reply(headers={"content-length": "3"}, body=b"{}"), rb"HTTP/1\.1 200 OK\r\ncontent-length: 3\r\n\r\n\{\}"),
        (no_content(), rb"HTTP/1\.1 204 No Content\r\n\r\n"),
        (login_page(), rb"HTTP/1\.1 200 OK\r\nContent-Type: text/html.*<title>Sign in</title>.*"),
        (redirect("https://proxy/"), rb"HTTP/1\.1 302 Found\r\nLocation: https://proxy/\r\nContent-Length: 0\r\n\r\n"),
        (server_error(), rb"HTTP/1\.1 502 Bad Gateway\r\nContent-Type: text/html.*<html>.*"),
        (server_error(503), rb"HTTP/1\.1 503 Service Unavailable\r\n.*<title>503 Service Unavailable</title>.*"),
        (garbage_json(), rb'HTTP/1\.1 200 OK\r\n.*Content-Length: 36\r\n\r\n\{"data_list": \[\{"task_id": "d5ceaaf4'),
        (cut_short(), rb'HTTP/1\.1 200 OK\r\n.*Content-Length: 1000\r\n\r\n\{"data_list": \[\{"task_id": "d5ceaaf4'),
        (error_in_200(), rb'HTTP/1\.1 200 OK\r\n.*\{"error_code": "HSS\.0010", .*'),
        (refused("HSS.0011"), rb'HTTP/1\.1 400 Bad Request\r\n.*\{"error_code": "HSS\.0011", .*'),
        (refused("APIGW.0613"), rb'HTTP/1\.1 503 .*"error_code": "APIGW\.0613", "request_id": "0{32}"\}'),
        (refused("APIGW.0307", "Enough."), rb'HTTP/1\.1 401 .*\{"error_msg": "Enough\.", .*'),
        (Raw(payload=b"no HTTP at all"), rb"no HTTP at all"),
        (dripping_headers(0), rb"HTTP/1\.1 200 OK\r\n.*Content-Length: 2\r\n\r\n\{\}"),
        (dripping_body(0), rb'HTTP/1\.1 200 OK\r\n.*Content-Length: 1000\r\n\r\n\{"data_list".{988}'),
    ],
)
def test_a_reply_comes_over_the_wire_as_it_is_ordered(reply: Reply | Raw | Drip, expected: bytes) -> None:
    """To the last byte, and nothing after it."""
    assert re.fullmatch(expected, heard(reply), re.DOTALL)


def test_a_reset_is_a_reset() -> None:
    """The client gets an error of its socket, not an orderly end."""
    with Simulator() as simulator:
        simulator.faults.append(Fault(reply=reset()))
        with asked(simulator) as connection, pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_a_reset_can_come_in_the_middle_of_an_answer() -> None:
    """What was sent before it may be read, and then the connection is lost."""
    with Simulator() as simulator:
        simulator.faults.append(Fault(reply=Raw(payload=b"HTTP/1.1 200 OK\r\n", then="reset")))
        with asked(simulator) as connection, pytest.raises(ConnectionResetError):
            everything(connection)


def test_a_hung_cloud_says_nothing_until_the_client_leaves() -> None:
    """And is free for the next client all the while."""
    with Simulator() as simulator:
        simulator.faults.append(Fault(on=frozenset({1}), reply=hung()))
        with asked(simulator) as waiting:
            until_seen(simulator)
            with asked(simulator) as other:
                assert other.recv(12) == b"HTTP/1.1 401"
            waiting.sendall(b"are you there?")
            waiting.settimeout(0.05)
            with pytest.raises(TimeoutError):
                waiting.recv(1)


@pytest.mark.parametrize("reply", [hung(), dripping_headers(60), dripping_body(60)])
def test_stopping_ends_what_is_held_or_dripping(reply: Raw | Drip) -> None:
    """At once, however long the pause would be."""
    simulator = Simulator()
    simulator.faults.append(Fault(reply=reply))
    simulator.start()
    with asked(simulator) as connection:
        until_seen(simulator)
        before = time.monotonic()
        simulator.stop()

        assert time.monotonic() - before < 1
        assert len(everything(connection)) < 1000


def test_dripping_bytes_have_real_pauses() -> None:
    """Five of them take at least four pauses."""
    before = time.monotonic()
    heard(Drip(payload=b"12345", pause=0.02))

    assert time.monotonic() - before >= 0.08


def test_a_client_that_leaves_while_bytes_drip_is_no_news(capfd: pytest.CaptureFixture[str]) -> None:
    """The simulator goes on and says nothing of it."""
    with Simulator() as simulator:
        simulator.faults.append(Fault(on=frozenset({1}), reply=Drip(payload=b"." * 1000, pause=0.001)))
        with asked(simulator) as connection:
            connection.recv(1)
        with asked(simulator) as connection:
            assert connection.recv(12) == b"HTTP/1.1 401"

    assert capfd.readouterr() == ("", "")


def test_a_fault_meets_the_requests_it_names(ask: Ask, ask_tasks: AskTasks) -> None:
    """They are counted from one for each operation, and the first fault that fits is taken."""
    with Simulator() as simulator:
        simulator.faults += [
            Fault(on=frozenset({1, 3}), operation="tasks", reply=server_error(502)),
            Fault(on=frozenset({2}), reply=server_error(503)),
            Fault(operation="projects", reply=server_error(504)),
        ]
        tasks = [ask_tasks(simulator).status for _ in range(4)]
        projects = [ask(simulator, "/v3/projects").status for _ in range(3)]

    assert tasks == [502, 503, 502, 200]
    assert projects == [504, 503, 504]


def test_faults_can_be_ordered_and_lifted_while_it_runs(ask_tasks: AskTasks) -> None:
    """The list is read anew for every request."""
    with Simulator() as simulator:
        simulator.faults.append(Fault(reply=server_error()))
        broken = ask_tasks(simulator).status
        simulator.faults.clear()

        assert (broken, ask_tasks(simulator).status) == (502, 200)


def test_a_fault_comes_before_the_sign_in(ask: Ask) -> None:
    """A proxy in the way asks for no signature of the cloud."""
    with Simulator() as simulator:
        simulator.faults.append(Fault(reply=login_page()))

        assert ask(simulator, TARGET, headers={}).status == 200


def test_the_forbidden_are_known_first(ask: Ask, ask_tasks: AskTasks) -> None:
    """HSS says that permissions are missing with HTTP 400, and only to those it has let in."""
    with Simulator() as simulator:
        simulator.faults.append(Fault(reply=Forbidden()))
        known, stranger = ask_tasks(simulator), ask(simulator, TARGET, headers={})

    assert (known.status, known.document["error_code"]) == (400, "HSS.0013")
    assert stranger.status == 401


def test_what_a_fault_sent_is_in_the_log(ask_tasks: AskTasks) -> None:
    """With its status, or with 0 if it was no whole answer of HTTP."""
    with Simulator() as simulator:
        simulator.faults += [
            Fault(on=frozenset({1}), reply=server_error()),
            Fault(on=frozenset({2}), reply=Raw(payload=b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")),
        ]
        for _ in range(2):
            ask_tasks(simulator)

        assert [request.status for request in simulator.requests] == [502, 0]
