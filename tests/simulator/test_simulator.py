"""The simulator as a whole: how it runs, what it tells of itself, and what it remembers."""

from __future__ import annotations

import socket
import threading
from http.client import HTTPConnection, RemoteDisconnected
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import CLOUDS, SCENARIOS, Scenario, SimulatedTask, Simulator, login_page

if TYPE_CHECKING:
    from tests.simulator.conftest import Ask, AskTasks, Clock


def test_it_tells_a_client_everything_it_needs() -> None:
    """For every cloud there is."""
    with Simulator() as simulator:
        told = simulator.describe()

    assert told.keys() == CLOUDS.keys()
    assert told["huawei"].keys() == {
        "endpoint",
        "iam_endpoint",
        "access_key_id",
        "access_key_secret",
        "security_token",
        "auth_token",
        "region",
        "project_id",
    }
    assert told["alibaba"].keys() == {
        "endpoint",
        "access_key_id",
        "access_key_secret",
        "security_token",
        "region",
    }
    assert {cloud["endpoint"] for cloud in told.values()} == {f"http://127.0.0.1:{simulator.port}"} == {simulator.url}


def test_it_takes_a_port_of_ones_own_choice() -> None:
    """And gives it back when it stops, for another to take."""
    with Simulator() as simulator:
        port = simulator.port
    with Simulator(port=port) as another:
        assert another.port == port


def test_it_can_be_stopped_before_it_starts_and_after_it_stopped() -> None:
    """Nothing happens."""
    simulator = Simulator()
    simulator.stop()
    simulator.start()
    simulator.stop()
    simulator.stop()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", simulator.port), timeout=5)


def test_it_leaves_no_thread_behind() -> None:
    """Not even for a client that keeps its connection open and asks nothing."""
    before = {*threading.enumerate()}
    with Simulator() as simulator, socket.create_connection(("127.0.0.1", simulator.port), timeout=5) as idle:
        simulator.stop()

        assert idle.recv(1) == b""
    assert {*threading.enumerate()} <= before


def test_a_scenario_of_ones_own_is_as_good_as_a_named_one(ask_tasks: AskTasks) -> None:
    """It needs no more than tasks."""
    scenario = Scenario(name="mine", summary="", expected_exit=0, tasks=(SimulatedTask(id="t", name="mine"),))
    with Simulator(scenario) as simulator:
        document = ask_tasks(simulator).document

    assert [task["task_name"] for task in document["data_list"]] == ["mine"]


def test_a_scenario_it_does_not_know_is_an_error() -> None:
    """And not an empty cloud."""
    with pytest.raises(KeyError, match="cleen"):
        Simulator("cleen")


def test_two_simulators_share_nothing(ask_tasks: AskTasks) -> None:
    """What a test changes in one leaves the other and the scenario as they were."""
    with Simulator() as one, Simulator() as other:
        one.tasks.clear()

        assert ask_tasks(one).document["total_num"] == 0
        assert ask_tasks(other).document["total_num"] == 6
    assert len(SCENARIOS["clean"].tasks) == 7


def test_it_remembers_every_request(ask: Ask, ask_tasks: AskTasks, clock: Clock) -> None:
    """Its number over all operations, its parameters decoded, its headers by any case of their names."""
    with Simulator(now=clock) as simulator:
        ask_tasks(simulator, task_name="a b+c")
        clock.now += 1.5
        ask(simulator, "/v3/projects?name=x&name=y&flag", headers={"X-Sdk-Date": "today"})
        first, second = simulator.requests

    assert (first.number, first.cloud, first.operation, first.method) == (1, "huawei", "tasks", "GET")
    assert first.path == "/v5/0123456789abcdef0123456789abcdef/image/tasks"
    assert first.query == {"type": ["image_scan"], "task_name": ["a b+c"]}
    assert (first.at, first.status) == (1_790_000_000.0, 200)
    assert (second.number, second.operation, second.at) == (2, "projects", 1_790_000_001.5)
    assert second.query == {"name": ["x", "y"], "flag": [""]}
    assert second.headers["x-SDK-date"] == "today"
    assert second.status == 401


def test_an_answer_bears_the_date_of_its_clock(ask_tasks: AskTasks, clock: Clock) -> None:
    """It knows no other."""
    with Simulator(now=clock) as simulator:
        seen = ask_tasks(simulator)

    assert seen.headers["Date"] == "Mon, 21 Sep 2026 14:13:20 GMT"
    assert seen.headers["Content-Type"] == "application/json"
    assert seen.headers["X-Request-Id"] == f"{1:032x}"


def test_a_test_has_the_last_word_on_a_good_answer(ask: Ask, ask_tasks: AskTasks) -> None:
    """It is given the operation and the true document; errors are not its business."""

    def rewrite(operation: str, document: Any) -> Any:
        return [operation, sorted(document)]

    with Simulator() as simulator:
        simulator.rewrite = rewrite
        tasks, projects, error = ask_tasks(simulator), ask(simulator, "/v3/projects"), ask_tasks(simulator, limit=1)

    assert tasks.document == ["tasks", ["data_list", "total_num"]]
    assert projects.document == ["projects", ["projects"]]
    assert error.document["error_code"] == "HSS.0001"


def test_a_last_word_that_no_json_can_say_is_sent_as_it_is(ask_tasks: AskTasks) -> None:
    with Simulator() as simulator:
        simulator.rewrite = lambda _operation, _document: login_page()
        seen = ask_tasks(simulator)

    assert (seen.headers["Content-Type"], seen.body) == (login_page().headers["Content-Type"], login_page().body)


def test_a_connection_can_be_used_again_and_again(clock: Clock) -> None:
    """Until the client says that it has done."""
    with Simulator(now=clock) as simulator:
        connection = HTTPConnection("127.0.0.1", simulator.port, timeout=5)
        connection.connect()
        sock = connection.sock
        for _ in range(3):
            connection.request("GET", "/", headers={})
            connection.getresponse().read()

            assert connection.sock is sock
        connection.request("GET", "/", headers={"Connection": "Close"})
        connection.getresponse().read()

        assert sock.recv(1) == b""
        connection.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
    ],
)
def test_a_connection_ends_after_its_last_answer(sent: bytes) -> None:
    """Old clients and those who do not speak HTTP get one answer, and it is a refusal."""
    with Simulator() as simulator, socket.create_connection(("127.0.0.1", simulator.port), timeout=5) as connection:
        connection.sendall(sent)
        head = connection.recv(12)

    assert head in {b"HTTP/1.1 404", b"HTTP/1.1 400"}


def test_it_writes_nothing_to_anybodys_terminal(ask_tasks: AskTasks, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither its requests nor its errors."""
    with Simulator() as simulator:
        ask_tasks(simulator)
        ask_tasks(simulator, limit=1)

    assert capfd.readouterr() == ("", "")


def test_a_bug_in_a_test_does_not_pass_for_a_broken_connection(
    ask_tasks: AskTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection breaks, and Python reports why."""
    reported: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", reported.append)

    def rewrite(_operation: str, document: Any) -> Any:
        return document["no such field"]

    with Simulator() as simulator:
        simulator.rewrite = rewrite
        with pytest.raises(RemoteDisconnected):
            ask_tasks(simulator)

    assert [report.exc_type for report in reported] == [KeyError]


def test_requests_at_the_same_time_are_each_seen_once(ask_tasks: AskTasks) -> None:
    """However many connections there are, one request is decided at a time."""
    with Simulator() as simulator:
        crowd = [threading.Thread(target=ask_tasks, args=(simulator,)) for _ in range(20)]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join()

        assert sorted(request.number for request in simulator.requests) == list(range(1, 21))
