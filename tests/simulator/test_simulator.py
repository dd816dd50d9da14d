"""Tests the simulator as a whole: its lifetime, the settings it gives to clients, and the requests it records."""

from __future__ import annotations

import socket
import threading
from http.client import HTTPConnection, RemoteDisconnected
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import CLOUDS, SCENARIOS, Scenario, SimulatedTask, Simulator, login_page

if TYPE_CHECKING:
    from tests.simulator.conftest import Clock, ListTasks, SendRequest


def test_it_describes_endpoints_and_credentials_of_every_cloud() -> None:
    with Simulator() as simulator:
        settings = simulator.describe()

    assert settings.keys() == CLOUDS.keys()
    assert settings["huawei"].keys() == {
        "endpoint",
        "iam_endpoint",
        "registry_endpoint",
        "access_key_id",
        "access_key_secret",
        "security_token",
        "auth_token",
        "region",
        "project_id",
    }
    assert settings["alibaba"].keys() == {
        "endpoint",
        "registry_endpoint",
        "registry_instance",
        "access_key_id",
        "access_key_secret",
        "security_token",
        "region",
    }
    endpoints = {cloud["endpoint"] for cloud in settings.values()}
    assert endpoints == {f"http://127.0.0.1:{simulator.port}"} == {simulator.url}


def test_it_listens_on_a_given_port_and_frees_it_when_it_stops() -> None:
    with Simulator() as simulator:
        port = simulator.port
    with Simulator(port=port) as another:
        assert another.port == port


def test_stop_is_harmless_before_the_start_and_after_a_stop() -> None:
    simulator = Simulator()
    simulator.stop()
    simulator.start()
    simulator.stop()
    simulator.stop()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", simulator.port), timeout=5)


def test_it_leaves_no_thread_behind() -> None:
    """This includes clients that keep their connection open and send nothing."""
    before = {*threading.enumerate()}
    with Simulator() as simulator, socket.create_connection(("127.0.0.1", simulator.port), timeout=5) as idle:
        simulator.stop()

        assert idle.recv(1) == b""
    assert {*threading.enumerate()} <= before


def test_it_accepts_a_custom_scenario(list_tasks: ListTasks) -> None:
    scenario = Scenario(name="custom", summary="", expected_exit=0, tasks=(SimulatedTask(id="t", name="custom"),))
    with Simulator(scenario) as simulator:
        document = list_tasks(simulator).document

    assert [task["task_name"] for task in document["data_list"]] == ["custom"]


def test_an_unknown_scenario_is_an_error() -> None:
    with pytest.raises(KeyError, match="cleen"):
        Simulator("cleen")


def test_two_simulators_share_no_state(list_tasks: ListTasks) -> None:
    """A change to one does not affect the other or the scenario."""
    with Simulator() as one, Simulator() as other:
        one.tasks.clear()

        assert list_tasks(one).document["total_num"] == 0
        assert list_tasks(other).document["total_num"] == 6
    assert len(SCENARIOS["clean"].tasks) == 7


def test_the_tasks_of_a_simulator_can_be_replaced(list_tasks: ListTasks) -> None:
    """The list is the account's own."""
    with Simulator() as simulator:
        simulator.tasks = [SimulatedTask(id="t", name="only")]

        assert list_tasks(simulator).document["total_num"] == 1
        assert simulator.account.tasks is simulator.tasks


def test_it_records_every_request(send: SendRequest, list_tasks: ListTasks, clock: Clock) -> None:
    """The number counts all operations, parameters are decoded, and header names are case-insensitive."""
    with Simulator(now=clock) as simulator:
        list_tasks(simulator, task_name="a b+c")
        clock.now += 1.5
        send(simulator, "/v3/projects?name=x&name=y&flag", headers={"X-Sdk-Date": "today"})
        first, second = simulator.requests

    assert (first.number, first.cloud, first.operation, first.method) == (1, "huawei", "tasks", "GET")
    assert first.path == "/v5/0123456789abcdef0123456789abcdef/image/tasks"
    assert first.query == {"type": ["image_scan"], "task_name": ["a b+c"]}
    assert (first.at, first.status) == (1_790_000_000.0, 200)
    assert (second.number, second.operation, second.at) == (2, "projects", 1_790_000_001.5)
    assert second.query == {"name": ["x", "y"], "flag": [""]}
    assert second.headers["x-SDK-date"] == "today"
    assert second.status == 401


def test_a_response_has_the_date_of_the_given_clock(list_tasks: ListTasks, clock: Clock) -> None:
    with Simulator(now=clock) as simulator:
        response = list_tasks(simulator)

    assert response.headers["Date"] == "Mon, 21 Sep 2026 14:13:20 GMT"
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["X-Request-Id"] == f"{1:032x}"


def test_rewrite_can_change_the_document_of_a_success(send: SendRequest, list_tasks: ListTasks) -> None:
    """It gets the operation and the true document; it is not called for errors."""

    def rewrite(operation: str, document: Any) -> Any:
        return [operation, sorted(document)]

    with Simulator() as simulator:
        simulator.rewrite = rewrite
        tasks, projects, error = list_tasks(simulator), send(simulator, "/v3/projects"), list_tasks(simulator, limit=1)

    assert tasks.document == ["tasks", ["data_list", "total_num"]]
    assert projects.document == ["projects", ["projects"]]
    assert error.document["error_code"] == "HSS.0001"


def test_rewrite_can_replace_the_whole_response(list_tasks: ListTasks) -> None:
    with Simulator() as simulator:
        simulator.rewrite = lambda _operation, _document: login_page()
        response = list_tasks(simulator)

    assert (response.headers["Content-Type"], response.body) == (
        login_page().headers["Content-Type"],
        login_page().body,
    )


def test_a_connection_is_kept_alive_until_the_client_closes_it(clock: Clock) -> None:
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
def test_clients_without_keep_alive_and_malformed_requests_get_one_error(sent: bytes) -> None:
    with Simulator() as simulator, socket.create_connection(("127.0.0.1", simulator.port), timeout=5) as connection:
        connection.sendall(sent)
        head = connection.recv(12)

    assert head in {b"HTTP/1.1 404", b"HTTP/1.1 400"}


def test_it_prints_nothing(list_tasks: ListTasks, capfd: pytest.CaptureFixture[str]) -> None:
    """It prints neither requests nor errors."""
    with Simulator() as simulator:
        list_tasks(simulator)
        list_tasks(simulator, limit=1)

    assert capfd.readouterr() == ("", "")


def test_an_exception_in_rewrite_is_reported(list_tasks: ListTasks, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection breaks, and threading reports the exception."""
    reported: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", reported.append)

    def rewrite(_operation: str, document: Any) -> Any:
        return document["no such field"]

    with Simulator() as simulator:
        simulator.rewrite = rewrite
        with pytest.raises(RemoteDisconnected):
            list_tasks(simulator)

    assert [report.exc_type for report in reported] == [KeyError]


def test_concurrent_requests_are_each_recorded_once(list_tasks: ListTasks) -> None:
    """Requests are handled one at a time, however many connections there are."""
    with Simulator() as simulator:
        threads = [threading.Thread(target=list_tasks, args=(simulator,)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(request.number for request in simulator.requests) == list(range(1, 21))
