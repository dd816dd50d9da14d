"""The client of one API: what a response may be, signatures, and a machine whose clock is wrong."""

from __future__ import annotations

from datetime import UTC, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from gate.clouds.credentials import Credentials
from gate.clouds.huawei.signature import KeyPairAuth
from gate.errors import (
    DeadlineExceeded,
    GateError,
    NotAuthorised,
)
from gate.outcome import EventKind
from gate.simulator import (
    Fault,
    HttpResponse,
    RawResponse,
    Simulator,
)
from tests.clouds.builders import Peer, a_connection, events_of_kind, ok_response

if TYPE_CHECKING:
    from gate.clouds import Connection
    from tests.builders import FakeTime


from tests.clouds.clients import HEAD, HELD_IN_THE_BODY, NOON, PROJECTS, asks_for, call, fault, http, zipped

# What an answer may be.


@pytest.mark.parametrize(
    "reply",
    [
        HttpResponse(body=b'{"projects": []}'),
        zipped(b'{"projects": []}'),
        RawResponse(payload=HEAD + b"Connection: close\r\n\r\n" + b'{"projects": []}'),
        RawResponse(
            payload=HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b'5\r\n{"pro\r\nb\r\njects": []}\r\n0\r\n\r\n'
        ),
        RawResponse(payload=b"HTTP/1.1 100 Continue\r\n\r\n" + ok_response()),
        RawResponse(payload=b"HTTP/1.0 200\r\nContent-Length: 16\r\n\r\n" + b'{"projects": []}'),
    ],
    ids=["plain", "gzip", "until-the-end", "chunked", "after-a-100", "http-1.0"],
)
def test_a_whole_answer_is_read_however_it_is_framed(fake_time: FakeTime, reply: HttpResponse | RawResponse) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=reply))

        assert call(a_connection(fake_time), simulator.url) == {"projects": []}
    assert fake_time.slept == []


def test_a_question_goes_out_as_it_is_asked(fake_time: FakeTime) -> None:
    """A space is %20 and never a plus, since that is what the signature sees."""
    query = (("task_name", "a b/c~测试+*&="), ("a", "1"), ("a", "0"), ("empty", ""))
    with Peer(ok_response()) as peer:
        http(a_connection(fake_time), f"http://{peer.address}/below").call("GET", "/v5/tasks", query, {"X-A": "b"})
        (head,) = peer.requests

    encoded = "task_name=a%20b%2Fc~%E6%B5%8B%E8%AF%95%2B%2A%26%3D&a=1&a=0&empty="
    assert head.startswith(f"GET /below/v5/tasks?{encoded} HTTP/1.1\r\n")
    assert "\r\nX-A: b\r\n" in head


# Each try.


def test_each_try_is_signed_anew(fake_time: FakeTime) -> None:
    """A signature of before the pause may have expired after it."""
    with Simulator(now=fake_time.wall) as simulator:
        known = simulator.describe()["huawei"]
        credentials = Credentials(access_key_id=known["access_key_id"], access_key_secret=known["access_key_secret"])
        simulator.faults.append(Fault(requests=frozenset({1, 2}), response=asks_for("1000")))
        connection = a_connection(fake_time, timeout=7200.0)
        call(connection, simulator.url, KeyPairAuth(credentials, connection.time_of_day.now))
        dates = [request.headers["X-Sdk-Date"] for request in simulator.requests]
        signatures = {request.headers["Authorization"] for request in simulator.requests}

        assert dates == ["20260131T120000Z", "20260131T121640Z", "20260131T123320Z"]
        assert len(signatures) == 3
        assert simulator.requests[-1].status == 200


def test_a_connection_that_hangs_does_not_hold_up_the_next_question(fake_time: FakeTime) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(requests=frozenset({2}), response=HELD_IN_THE_BODY))
        channel = http(a_connection(fake_time, request_timeout=1.0), simulator.url)

        assert [channel.call("GET", PROJECTS).keys() for _ in range(3)] == [{"projects"}] * 3
        assert len(simulator.requests) == 4


def test_each_answer_is_noted_with_its_request_id(fake_time: FakeTime) -> None:
    """It is what the cloud's support asks for first."""
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults += [
            Fault(
                requests=frozenset({1}),
                response=HttpResponse(status=503, headers={"X-Request-Id": "abc-1"}, body=b"12345"),
            ),
            Fault(
                requests=frozenset({2}),
                response=HttpResponse(body=b'{"a": 1}', headers={"x-request-ID": "\t" + "x" * 500}),
            ),
        ]
        call(connection, simulator.url)
    first, second = (event.text for event in events_of_kind(connection, EventKind.NOTE))

    assert first == "GET /v3/projects: 503, 5 bytes, request id abc-1"
    assert second.startswith("GET /v3/projects: 200, 8 bytes, request id xxx")
    assert len(second) < 200


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ({"X-Request-Id": "a"}, "a"),
        ({"X-ACS-Request-Id": "a"}, "a"),
        ({"X-IAM-Trace-Id": "a"}, "a"),
        ({"X-IAM-Trace-Id": "c", "x-acs-request-id": "b", "X-Request-Id": "a"}, "a"),
        ({"X-IAM-Trace-Id": "b", "x-acs-request-id": "a"}, "a"),
    ],
    ids=["gateway", "acs", "iam", "all", "acs-and-iam"],
)
def test_a_request_id_is_known_by_each_of_its_names(fake_time: FakeTime, headers: dict[str, str], named: str) -> None:
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=HttpResponse(headers=headers, body=b"{}")))
        call(connection, simulator.url)
    (note,) = events_of_kind(connection, EventKind.NOTE)

    assert note.text == f"GET /v3/projects: 200, 2 bytes, request id {named}"


def test_an_answer_without_a_request_id_is_noted_too(fake_time: FakeTime) -> None:
    connection = a_connection(fake_time)
    with Peer(ok_response()) as peer:
        call(connection, f"http://{peer.address}")
    (note,) = events_of_kind(connection, EventKind.NOTE)

    assert note.text == "GET /v3/projects: 200, 16 bytes, request id none"


# A machine whose clock is wrong.

WRONG = [-86400.0, -3600.0, -901.0, 901.0, 3600.0, 86400.0 * 365]


def signed_by(simulator: Simulator, connection: Connection) -> KeyPairAuth:
    known = simulator.describe()["huawei"]
    credentials = Credentials(access_key_id=known["access_key_id"], access_key_secret=known["access_key_secret"])
    return KeyPairAuth(credentials, connection.time_of_day.now)


def says_the_time(text: str, *, status: int = 200) -> HttpResponse:
    return HttpResponse(status=status, headers={"Date": text}, body=b"{}")


def notes_of_the_clock(connection: Connection) -> list[str]:
    return [event.text for event in events_of_kind(connection, EventKind.NOTE) if "clock" in event.text]


@pytest.mark.parametrize("wrong_by", WRONG)
def test_a_wrong_clock_is_set_by_the_clouds_and_the_question_signed_again(fake_time: FakeTime, wrong_by: float) -> None:
    fake_time.step = wrong_by
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.true_wall) as simulator:
        channel = http(connection, simulator.url, signed_by(simulator, connection))
        for _ in range(2):
            assert "projects" in channel.call("GET", PROJECTS)
            fake_time.elapsed += 100

        assert [request.status for request in simulator.requests] == [401, 200, 200]
        assert [request.headers["X-Sdk-Date"] for request in simulator.requests[1:]] == [
            "20260131T120000Z",
            "20260131T120140Z",
        ]
        (note,) = notes_of_the_clock(connection)
        assert simulator.url.removeprefix("http://") in note
        assert "2026-01-31 12:00:00+00:00" in note
    assert connection.time_of_day.now().timestamp() == pytest.approx(fake_time.true_wall())
    assert connection.clock.elapsed() == 200
    assert fake_time.slept == []
    assert events_of_kind(connection, EventKind.RETRY) == []


@pytest.mark.parametrize("wrong_by", WRONG)
def test_an_answer_makes_tasks_older_and_never_younger(fake_time: FakeTime, wrong_by: float) -> None:
    """With a token no signature shows that the clock is wrong; an answer from a cache could be of any time."""
    fake_time.step = wrong_by
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.true_wall) as simulator:
        call(connection, simulator.url)

    time_of_day = connection.time_of_day
    assert time_of_day.now().timestamp() == pytest.approx(fake_time.wall())
    assert time_of_day.latest().timestamp() == pytest.approx(max(fake_time.wall(), fake_time.true_wall()))
    assert time_of_day.lag == pytest.approx(max(0.0, -wrong_by))


@pytest.mark.parametrize(("minutes", "asked"), [(15, 1), (16, 2), (-15, 1), (-16, 2)])
def test_a_refusal_from_within_a_quarter_of_an_hour_has_another_reason_than_the_clock(
    fake_time: FakeTime, minutes: int, asked: int
) -> None:
    told = format_datetime(NOON + timedelta(minutes=minutes), usegmt=True)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=says_the_time(told, status=401)))
        assert isinstance(fault(a_connection(fake_time), simulator.url), NotAuthorised)

        assert len(simulator.requests) == asked


@pytest.mark.parametrize("wrong_by", [-900.0, -60.0, 0.0, 60.0, 900.0])
def test_a_clock_that_the_cloud_tolerates_is_left_alone(fake_time: FakeTime, wrong_by: float) -> None:
    fake_time.step = wrong_by
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.true_wall) as simulator:
        call(connection, simulator.url, signed_by(simulator, connection))

        assert [request.status for request in simulator.requests] == [200]
    assert connection.time_of_day.now().timestamp() == pytest.approx(fake_time.wall())
    assert notes_of_the_clock(connection) == []


@pytest.mark.parametrize("date", ["", "today", "Sat, 31 Jan 2099 12:00:00 -0000", "Sat, 99 Jan 2026 12:00:00 GMT"])
def test_a_date_that_cannot_be_read_sets_no_clock(fake_time: FakeTime, date: str) -> None:
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=says_the_time(date, status=401)))
        fault(connection, simulator.url)

        assert len(simulator.requests) == 1
    assert connection.time_of_day.now().timestamp() == fake_time.wall()


@pytest.mark.parametrize(("status", "asked"), [(302, 2), (400, 2), (401, 3), (403, 3), (404, 2), (204, 2)])
def test_only_a_refusal_to_sign_in_sets_the_clock_and_only_once(fake_time: FakeTime, status: int, asked: int) -> None:
    """Each answer is another day behind the gate."""
    connection = a_connection(fake_time)
    days = [format_datetime(NOON - timedelta(days=n), usegmt=True) for n in range(1, 10)]
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults += [
            Fault(requests=frozenset({n}), response=says_the_time(day, status=status)) for n, day in enumerate(days, 1)
        ]
        channel = http(connection, simulator.url)
        for _ in range(2):
            with pytest.raises(GateError):
                channel.call("GET", PROJECTS)

        assert len(simulator.requests) == asked
    assert connection.time_of_day.now() == (NOON - timedelta(days=1) if asked == 3 else NOON)
    assert len(notes_of_the_clock(connection)) == (asked == 3)
    assert connection.time_of_day.latest() == connection.time_of_day.now()
    assert fake_time.slept == []


def test_after_the_deadline_no_question_is_signed_again(fake_time: FakeTime) -> None:
    """The run ends by the deadline and one request's time limit, not two."""
    fake_time.step = 7200.0
    connection = a_connection(fake_time, timeout=0.0)
    with Simulator(now=fake_time.true_wall) as simulator:
        assert isinstance(fault(connection, simulator.url, signed_by(simulator, connection)), DeadlineExceeded)

        assert [request.status for request in simulator.requests] == [401]
    assert connection.time_of_day.now().timestamp() == pytest.approx(fake_time.true_wall())


def test_one_conversation_sets_the_clock_for_all(fake_time: FakeTime) -> None:
    fake_time.step = 7200.0
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.true_wall) as simulator:
        for _ in range(3):
            call(connection, simulator.url, signed_by(simulator, connection))

        assert [request.status for request in simulator.requests] == [401, 200, 200, 200]


def test_a_passing_fault_with_another_date_sets_no_clock(fake_time: FakeTime) -> None:
    """As from a proxy, whose one answer would else make a stale task fresh."""
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.wall) as simulator:
        yesterday = says_the_time(format_datetime(NOON - timedelta(days=1), usegmt=True), status=503)
        simulator.faults.append(Fault(requests=frozenset({1, 2, 3}), response=yesterday))
        call(connection, simulator.url)

        assert len(simulator.requests) == 4
    assert len(fake_time.slept) == 3
    assert connection.time_of_day.latest() == connection.time_of_day.now()
    assert notes_of_the_clock(connection) == []


@pytest.mark.parametrize(
    "date", ["Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"]
)
def test_a_date_at_the_end_of_time_breaks_nothing(fake_time: FakeTime, date: str) -> None:
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=says_the_time(date)))
        channel = http(connection, simulator.url)
        for _ in range(3):
            assert channel.call("GET", PROJECTS) == {}
            fake_time.elapsed += 30
        now = connection.time_of_day.now()

    assert now.tzinfo is UTC
    assert now + timedelta(minutes=15) > now
