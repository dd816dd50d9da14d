"""The API client: which responses it reads, how it signs, what it logs, and how it corrects a wrong clock."""

from __future__ import annotations

import json
from datetime import UTC, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from gate.clouds.api_client import Api, ApiClient
from gate.clouds.credentials import Credentials
from gate.clouds.huawei.error_response import read
from gate.clouds.huawei.signature import TokenAuth
from gate.clouds.sign_in.stored_keys import StoredKeys
from gate.errors import (
    DeadlineExceeded,
    ForeignResponse,
    GateError,
    NotAuthorised,
    NotUnderstood,
    TruncatedResponse,
    Unreachable,
)
from gate.outcome import EventKind
from gate.simulator import Fault, HttpResponse, RawResponse, Simulator
from tests.builders import NOW
from tests.clouds.builders import Peer, a_connection, events_of_kind, ok_response
from tests.clouds.clients import (
    OK_HEAD,
    PROJECTS,
    STALLED_BODY,
    TOKEN,
    a_client,
    call,
    error_of,
    gzipped,
    key_pair_auth,
    retry_after_response,
)

if TYPE_CHECKING:
    from gate.clouds import Connection
    from gate.simulator import AnyResponse
    from tests.builders import FakeTime

# Requests and responses.


@pytest.mark.parametrize(
    "response",
    [
        HttpResponse(body=b'{"projects": []}'),
        gzipped(b'{"projects": []}'),
        RawResponse(payload=OK_HEAD + b"Connection: close\r\n\r\n" + b'{"projects": []}'),
        RawResponse(
            payload=OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b'5\r\n{"pro\r\nb\r\njects": []}\r\n0\r\n\r\n'
        ),
        RawResponse(payload=b"HTTP/1.1 100 Continue\r\n\r\n" + ok_response()),
        RawResponse(payload=b"HTTP/1.0 200\r\nContent-Length: 16\r\n\r\n" + b'{"projects": []}'),
    ],
    ids=["content-length", "gzip", "until-close", "chunked", "after-100-continue", "http-1.0"],
)
def test_a_complete_response_is_read_however_it_is_framed(fake_time: FakeTime, response: AnyResponse) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=response))

        assert call(a_connection(fake_time), simulator.url) == {"projects": []}
    assert fake_time.slept == []


def test_the_query_is_sent_exactly_as_it_is_signed(fake_time: FakeTime) -> None:
    """A space is encoded as %20 and not as a plus sign, in the given order, and without removing duplicate names."""
    query = (("task_name", "a b/c~测试+*&="), ("a", "1"), ("a", "0"), ("empty", ""))
    with Peer(ok_response()) as peer:
        client = a_client(a_connection(fake_time), f"http://{peer.address}/below")
        client.call("GET", "/v5/tasks", query, {"X-A": "b"})
        (head,) = peer.requests

    encoded = "task_name=a%20b%2Fc~%E6%B5%8B%E8%AF%95%2B%2A%26%3D&a=1&a=0&empty="
    assert head.startswith(f"GET /below/v5/tasks?{encoded} HTTP/1.1\r\n")
    assert "\r\nX-A: b\r\n" in head


def test_a_body_is_sent_as_compact_json_and_signed(fake_time: FakeTime) -> None:
    """The simulator computes the signature from the bytes that it receives."""
    with Simulator(now=fake_time.wall) as simulator:
        connection = a_connection(fake_time)
        client = a_client(connection, simulator.url, key_pair_auth(simulator, connection))
        path = f"/v5/{simulator.describe()['huawei']['project_id']}/image/image-sync/tasks"
        body = {"sync_all_registries": True, "registry_info": []}
        headers = {"Content-Type": "application/json"}

        assert client.call("POST", path, headers=headers, body=body) == {}
        assert simulator.tasks[-1].kind == "image_sync"
        assert simulator.requests[-1].headers["Content-Length"] == str(len(json.dumps(body, separators=(",", ":"))))


@pytest.mark.parametrize(
    ("status", "body"), [(200, b""), (200, b" \r\n"), (200, b"{}"), (201, b"{}"), (202, b""), (204, b"")]
)
def test_an_operation_that_is_documented_to_respond_without_a_body_may_do_so(
    fake_time: FakeTime, status: int, body: bytes
) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=HttpResponse(status=status, body=body)))
        client = a_client(a_connection(fake_time), simulator.url)

        assert client.call("POST", PROJECTS, may_be_empty=True) == {}


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b'{"error_code": "HSS.0013"}'), (202, b'{"error_code": "HSS.0013"}'), (400, b""), (302, b""), (200, b"[]")],
)
def test_an_operation_without_a_body_fails_like_any_other(fake_time: FakeTime, status: int, body: bytes) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=HttpResponse(status=status, body=body)))
        client = a_client(a_connection(fake_time), simulator.url)
        with pytest.raises(GateError):
            client.call("POST", PROJECTS, may_be_empty=True)


@pytest.mark.parametrize(("status", "body"), [(200, b""), (202, b"{}"), (204, b"")])
def test_any_other_operation_must_have_a_body_and_status_200(fake_time: FakeTime, status: int, body: bytes) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=HttpResponse(status=status, body=body)))

        assert isinstance(error_of(a_connection(fake_time), simulator.url), NotUnderstood | TruncatedResponse)


def test_each_attempt_is_signed_anew(fake_time: FakeTime) -> None:
    """A signature may have expired by the time of the next attempt."""
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(requests=frozenset({1, 2}), response=retry_after_response("1000")))
        connection = a_connection(fake_time, timeout=7200.0)
        call(connection, simulator.url, key_pair_auth(simulator, connection))
        dates = [request.headers["X-Sdk-Date"] for request in simulator.requests]
        signatures = {request.headers["Authorization"] for request in simulator.requests}

        assert dates == ["20260131T120000Z", "20260131T121640Z", "20260131T123320Z"]
        assert len(signatures) == 3
        assert simulator.requests[-1].status == 200


def test_a_stalled_connection_does_not_delay_the_next_request(fake_time: FakeTime) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(requests=frozenset({2}), response=STALLED_BODY))
        client = a_client(a_connection(fake_time, request_timeout=1.0), simulator.url)

        assert [client.call("GET", PROJECTS).keys() for _ in range(3)] == [{"projects"}] * 3
        assert len(simulator.requests) == 4


# The event log.


def test_each_response_is_logged_with_its_request_id(fake_time: FakeTime) -> None:
    """The cloud's support asks for the request ID first."""
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
    ("headers", "request_id"),
    [
        ({"X-Request-Id": "a"}, "a"),
        ({"X-ACS-Request-Id": "a"}, "a"),
        ({"X-IAM-Trace-Id": "a"}, "a"),
        ({"X-IAM-Trace-Id": "c", "x-acs-request-id": "b", "X-Request-Id": "a"}, "a"),
        ({"X-IAM-Trace-Id": "b", "x-acs-request-id": "a"}, "a"),
    ],
    ids=["gateway", "acs", "iam", "all", "acs-and-iam"],
)
def test_each_header_that_may_hold_a_request_id_is_read(
    fake_time: FakeTime, headers: dict[str, str], request_id: str
) -> None:
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=HttpResponse(headers=headers, body=b"{}")))
        call(connection, simulator.url)
    (note,) = events_of_kind(connection, EventKind.NOTE)

    assert note.text == f"GET /v3/projects: 200, 2 bytes, request id {request_id}"


def test_a_response_without_a_request_id_is_logged_too(fake_time: FakeTime) -> None:
    connection = a_connection(fake_time)
    with Peer(ok_response()) as peer:
        call(connection, f"http://{peer.address}")
    (note,) = events_of_kind(connection, EventKind.NOTE)

    assert note.text == "GET /v3/projects: 200, 16 bytes, request id none"


# A machine whose clock is wrong.

WRONG_BY = [-86400.0, -3600.0, -901.0, 901.0, 3600.0, 86400.0 * 365]
"""Seconds; more than the quarter of an hour that the clouds tolerate."""


def dated_response(date: str, *, status: int = 200) -> HttpResponse:
    body = (
        {"error_code": "APIGW.0301", "error_msg": "Incorrect IAM authentication information"}
        if status in {401, 403}
        else {}
    )
    return HttpResponse(status=status, headers={"Date": date}, body=json.dumps(body).encode())


def clock_notes(connection: Connection) -> list[str]:
    return [event.text for event in events_of_kind(connection, EventKind.NOTE) if "clock" in event.text]


@pytest.mark.parametrize("wrong_by", WRONG_BY)
def test_a_wrong_clock_is_corrected_by_the_clouds_and_the_request_signed_again(
    fake_time: FakeTime, wrong_by: float
) -> None:
    fake_time.step = wrong_by
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.true_wall) as simulator:
        client = a_client(connection, simulator.url, key_pair_auth(simulator, connection))
        for _ in range(2):
            assert "projects" in client.call("GET", PROJECTS)
            fake_time.elapsed += 100

        assert [request.status for request in simulator.requests] == [401, 200, 200]
        assert [request.headers["X-Sdk-Date"] for request in simulator.requests[1:]] == [
            "20260131T120000Z",
            "20260131T120140Z",
        ]
        (note,) = clock_notes(connection)
        assert simulator.url.removeprefix("http://") in note
        assert "2026-01-31 12:00:00+00:00" in note
    assert connection.time_of_day.now().timestamp() == pytest.approx(fake_time.true_wall())
    assert connection.clock.elapsed() == 200
    assert fake_time.slept == []
    assert events_of_kind(connection, EventKind.RETRY) == []


@pytest.mark.parametrize("wrong_by", WRONG_BY)
def test_the_date_of_a_response_makes_tasks_older_and_never_younger(fake_time: FakeTime, wrong_by: float) -> None:
    """With a token no refused signature shows that the clock is wrong, and a cached response may have any date."""
    fake_time.step = wrong_by
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.true_wall) as simulator:
        call(connection, simulator.url)

    time_of_day = connection.time_of_day
    assert time_of_day.now().timestamp() == pytest.approx(fake_time.wall())
    assert time_of_day.latest().timestamp() == pytest.approx(max(fake_time.wall(), fake_time.true_wall()))
    assert time_of_day.lag == pytest.approx(max(0.0, -wrong_by))


@pytest.mark.parametrize(("minutes", "requests"), [(15, 1), (16, 2), (-15, 1), (-16, 2)])
def test_a_refusal_dated_within_a_quarter_of_an_hour_is_not_due_to_the_clock(
    fake_time: FakeTime, minutes: int, requests: int
) -> None:
    date = format_datetime(NOW + timedelta(minutes=minutes), usegmt=True)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=dated_response(date, status=401)))
        assert isinstance(error_of(a_connection(fake_time), simulator.url), NotAuthorised)

        assert len(simulator.requests) == requests


@pytest.mark.parametrize("wrong_by", [-900.0, -60.0, 0.0, 60.0, 900.0])
def test_a_clock_that_is_wrong_by_less_than_the_cloud_tolerates_is_not_corrected(
    fake_time: FakeTime, wrong_by: float
) -> None:
    fake_time.step = wrong_by
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.true_wall) as simulator:
        call(connection, simulator.url, key_pair_auth(simulator, connection))

        assert [request.status for request in simulator.requests] == [200]
    assert connection.time_of_day.now().timestamp() == pytest.approx(fake_time.wall())
    assert clock_notes(connection) == []


@pytest.mark.parametrize("date", ["", "today", "Sat, 31 Jan 2099 12:00:00 -0000", "Sat, 99 Jan 2026 12:00:00 GMT"])
def test_an_invalid_date_corrects_no_clock(fake_time: FakeTime, date: str) -> None:
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=dated_response(date, status=401)))
        error_of(connection, simulator.url)

        assert len(simulator.requests) == 1
    assert connection.time_of_day.now().timestamp() == fake_time.wall()


@pytest.mark.parametrize(("status", "requests"), [(302, 2), (400, 2), (401, 3), (403, 3), (404, 2), (204, 2)])
def test_only_a_refused_authentication_corrects_the_clock_and_only_once(
    fake_time: FakeTime, status: int, requests: int
) -> None:
    """Each response is dated one day further behind the gate's clock."""
    connection = a_connection(fake_time)
    dates = [format_datetime(NOW - timedelta(days=n), usegmt=True) for n in range(1, 10)]
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults += [
            Fault(requests=frozenset({n}), response=dated_response(date, status=status))
            for n, date in enumerate(dates, 1)
        ]
        client = a_client(connection, simulator.url)
        for _ in range(2):
            with pytest.raises(GateError):
                client.call("GET", PROJECTS)

        assert len(simulator.requests) == requests
    assert connection.time_of_day.now() == (NOW - timedelta(days=1) if requests == 3 else NOW)
    assert len(clock_notes(connection)) == (requests == 3)
    assert connection.time_of_day.latest() == NOW
    assert fake_time.slept == []


def test_after_the_deadline_no_request_is_signed_again(fake_time: FakeTime) -> None:
    """The run ends at most one request timeout after its deadline, not two."""
    fake_time.step = 7200.0
    connection = a_connection(fake_time, timeout=0.0)
    with Simulator(now=fake_time.true_wall) as simulator:
        error = error_of(connection, simulator.url, key_pair_auth(simulator, connection))

        assert isinstance(error, DeadlineExceeded)
        assert [request.status for request in simulator.requests] == [401]
    assert connection.time_of_day.now().timestamp() == pytest.approx(fake_time.true_wall())


def test_a_correction_by_one_client_holds_for_all_clients_of_the_run(fake_time: FakeTime) -> None:
    fake_time.step = 7200.0
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.true_wall) as simulator:
        for _ in range(3):
            call(connection, simulator.url, key_pair_auth(simulator, connection))

        assert [request.status for request in simulator.requests] == [401, 200, 200, 200]


def test_the_date_of_a_transient_error_corrects_no_clock(fake_time: FakeTime) -> None:
    """It may come from a proxy, and would then make a stale task fresh."""
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.wall) as simulator:
        yesterday = dated_response(format_datetime(NOW - timedelta(days=1), usegmt=True), status=503)
        simulator.faults.append(Fault(requests=frozenset({1, 2, 3}), response=yesterday))
        call(connection, simulator.url)

        assert len(simulator.requests) == 4
    assert len(fake_time.slept) == 3
    assert connection.time_of_day.latest() == connection.time_of_day.now()
    assert clock_notes(connection) == []


@pytest.mark.parametrize(
    "date", ["Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"]
)
def test_an_extreme_date_causes_no_overflow(fake_time: FakeTime, date: str) -> None:
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=dated_response(date)))
        client = a_client(connection, simulator.url)
        for _ in range(3):
            assert client.call("GET", PROJECTS) == {}
            fake_time.elapsed += 30
        now = connection.time_of_day.now()

    assert now.tzinfo is UTC
    assert now + timedelta(minutes=15) > now


PAGE = HttpResponse(status=403, body=b"<html><title>Access &amp; policy</title></html>")


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("body", [b"", PAGE.body, b"{}"], ids=["empty", "page", "object"])
def test_a_refusal_without_an_error_of_the_cloud_is_not_about_credentials_and_not_retried(
    fake_time: FakeTime, status: int, body: bytes
) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=HttpResponse(status=status, body=body)))
        error = error_of(a_connection(fake_time), simulator.url)

        assert len(simulator.requests) == 1
    assert isinstance(error, ForeignResponse)
    assert ("'Access & policy'" in error.happened) is (body == PAGE.body)


def test_such_a_refusal_is_retried_once_the_same_key_was_accepted(fake_time: FakeTime) -> None:
    """A proxy answers in place of the API for a while."""
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(requests=frozenset({2, 3}), response=PAGE))
        client = a_client(a_connection(fake_time), simulator.url)
        client.call("GET", PROJECTS)
        client.call("GET", PROJECTS)

        assert len(simulator.requests) == 4


def test_such_a_refusal_that_stays_ends_at_the_deadline_with_what_was_seen(fake_time: FakeTime) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(requests=frozenset(range(2, 99)), response=PAGE))
        client = a_client(a_connection(fake_time, timeout=60.0), simulator.url)
        client.call("GET", PROJECTS)
        with pytest.raises(Unreachable, match="a page with the title 'Access & policy'"):
            client.call("GET", PROJECTS)

    assert fake_time.elapsed == pytest.approx(60)


def test_a_redirect_is_not_retried_even_after_a_success(fake_time: FakeTime) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(requests=frozenset({2}), response=HttpResponse(status=302)))
        client = a_client(a_connection(fake_time), simulator.url)
        client.call("GET", PROJECTS)
        with pytest.raises(ForeignResponse):
            client.call("GET", PROJECTS)


# Credentials that were renewed.

EXPIRED = HttpResponse(status=401, body=b'{"error_code": "APIGW.0307", "error_msg": "the token must be updated"}')


def a_renewable_client(simulator: Simulator, fake_time: FakeTime) -> ApiClient:
    """A client that takes over another token when the first is refused, and no third."""
    found = iter([Credentials(auth_token=TOKEN), Credentials(auth_token="second")])
    last = Credentials(auth_token="second")
    keys = StoredKeys(lambda: next(found, last))

    def api(credentials: Credentials) -> Api:
        return Api(
            base_url=simulator.url,
            auth=TokenAuth(TOKEN),
            secrets=credentials.secrets,
            read=read,
            sign_in=keys,
            rebuild=api,
        )

    return ApiClient(api(keys.credentials()), a_connection(fake_time))


def test_the_lifetime_of_renewed_credentials_is_counted_from_their_first_success(fake_time: FakeTime) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(requests=frozenset({2, 4}), response=EXPIRED))
        client = a_renewable_client(simulator, fake_time)
        client.call("GET", PROJECTS)
        fake_time.elapsed = 100
        client.call("GET", PROJECTS)
        fake_time.elapsed = 130
        with pytest.raises(NotAuthorised, match="It accepted them before, for 30 s of this run"):
            client.call("GET", PROJECTS)


def test_a_foreign_refusal_of_renewed_credentials_is_not_retried_before_the_cloud_accepted_them(
    fake_time: FakeTime,
) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults += [
            Fault(requests=frozenset({2}), response=EXPIRED),
            Fault(requests=frozenset({3}), response=PAGE),
        ]
        client = a_renewable_client(simulator, fake_time)
        client.call("GET", PROJECTS)
        with pytest.raises(ForeignResponse):
            client.call("GET", PROJECTS)

        assert len(simulator.requests) == 3
