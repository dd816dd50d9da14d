"""The transport: which errors are transient, which are not, and how large and how slow a response may be."""

from __future__ import annotations

import gzip
import threading
import time
import tracemalloc
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import requests
from requests.adapters import HTTPAdapter

from gate.clouds.body import MAX_BODY_BYTES
from gate.clouds.transport import Transport
from gate.errors import ExitCode, NotUnderstood, Throttled, TransientError, TruncatedResponse, Unreachable
from gate.outcome import EventKind
from gate.simulator import (
    Fault,
    HttpResponse,
    RawResponse,
    Simulator,
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
from tests.clouds.builders import Peer, a_connection, events_of_kind, ok_response
from tests.clouds.clients import OK_HEAD, PROJECTS, STALLED_BODY, STALLED_HEADERS, a_client, call, error_of, gzipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.simulator import AnyResponse
    from tests.builders import FakeTime

# Transient errors.

CHUNKED_HEAD = OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
SLOW: dict[str, tuple[AnyResponse, type[TransientError]]] = {
    "no-response": (no_response(), Unreachable),
    "stalled-headers": (STALLED_HEADERS, Unreachable),
    "stalled-body": (STALLED_BODY, Unreachable),
    "slow-headers": (slow_headers(0.02), Unreachable),
    "slow-body": (slow_body(0.02), Unreachable),
}
FAST: dict[str, tuple[AnyResponse, type[TransientError]]] = {
    "reset": (connection_reset(), Unreachable),
    "reset-in-the-headers": (RawResponse(payload=OK_HEAD, then="reset"), Unreachable),
    "reset-in-the-body": (RawResponse(payload=OK_HEAD + b"Content-Length: 9\r\n\r\n{}", then="reset"), Unreachable),
    "closed-without-a-byte": (RawResponse(), Unreachable),
    "closed-in-the-headers": (RawResponse(payload=b"HTTP/1.1 200 OK\r\nContent-"), TruncatedResponse),
    "closed-in-the-body": (truncated_response(), Unreachable),
    "no-last-chunk": (RawResponse(payload=CHUNKED_HEAD + b"2\r\n{}\r\n"), Unreachable),
    "truncated-chunk": (RawResponse(payload=CHUNKED_HEAD + b"20\r\n{}"), Unreachable),
    "chunk-without-a-length": (RawResponse(payload=CHUNKED_HEAD + b"xyz\r\n{}"), Unreachable),
    "no-http": (RawResponse(payload=b"SSH-2.0-OpenSSH_9.9\r\n\r\n"), Unreachable),
    "two-lengths": (RawResponse(payload=OK_HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"), Unreachable),
    "1000-headers": (RawResponse(payload=OK_HEAD + b"A: b\r\n" * 1000 + b"\r\n{}"), Unreachable),
    "header-of-100-kb": (RawResponse(payload=OK_HEAD + b"A: " + b"b" * 100_000 + b"\r\n\r\n{}"), Unreachable),
    "500": (server_error(500), Unreachable),
    "502": (server_error(502), Unreachable),
    "503": (error_response("APIGW.0613"), Unreachable),
    "504": (server_error(504), Unreachable),
    "408": (server_error(408), Unreachable),
    "425": (server_error(425), Unreachable),
    "429": (error_response("APIGW.0308", "enough"), Throttled),
    "429-of-a-proxy": (server_error(429), Throttled),
    "truncated-json": (truncated_json(), TruncatedResponse),
    "truncated-json-in-gzip": (gzipped(b'{"projects": ['), TruncatedResponse),
    "truncated-gzip": (
        HttpResponse(headers={"Content-Encoding": "gzip"}, body=gzipped(b"{}" * 99).body[:15]),
        TruncatedResponse,
    ),
    "empty-body": (HttpResponse(), TruncatedResponse),
}


@pytest.mark.parametrize("name", [*SLOW, *FAST])
def test_after_a_transient_error_the_request_is_retried_and_the_retry_logged(fake_time: FakeTime, name: str) -> None:
    response, _ = (SLOW | FAST)[name]
    request_timeout, failing = (1.0, {1}) if name in SLOW else (5.0, {1, 2})
    connection = a_connection(fake_time, request_timeout=request_timeout)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(requests=frozenset(failing), response=response))
        projects = call(connection, simulator.url)

        assert "projects" in projects
        assert len(simulator.requests) == len(failing) + 1
    retries = events_of_kind(connection, EventKind.RETRY)
    assert [event.pause for event in retries] == fake_time.slept
    assert len(retries) == len(failing)
    assert all(event.text and event.text.isprintable() for event in retries)


@pytest.mark.parametrize(("response", "expected"), FAST.values(), ids=FAST)
def test_a_transient_error_that_persists_is_raised_in_the_end(
    fake_time: FakeTime, response: AnyResponse, expected: type[TransientError]
) -> None:
    connection = a_connection(fake_time, timeout=60.0)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=response))
        error = error_of(connection, simulator.url)

        assert len(simulator.requests) == len(fake_time.slept) + 1
    assert (type(error), error.exit_code) == (expected, ExitCode.CLOUD_UNAVAILABLE)
    assert error.means
    assert error.remedy


@pytest.mark.parametrize(("response", "expected"), SLOW.values(), ids=SLOW)
def test_a_slow_response_ends_at_the_request_timeout_even_if_bytes_keep_coming(
    fake_time: FakeTime, response: AnyResponse, expected: type[TransientError]
) -> None:
    """A server that sends a byte now and then never exceeds the timeout of the socket itself."""
    connection = a_connection(fake_time, timeout=0.0, request_timeout=0.3)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=response))
        started = time.monotonic()
        error = error_of(connection, simulator.url)
        took = time.monotonic() - started

    assert type(error) is expected
    assert str(error) == (
        f"No complete response came from {simulator.url.removeprefix('http://')} within 0.3 s. The server or a proxy "
        "in between hangs or is very slow. Try again later; a slow proxy may need a longer --request-timeout."
    )
    # Ten times the timeout, since the machine may be busy.
    assert took < 3


def test_a_response_that_stays_truncated_is_requested_three_times(fake_time: FakeTime) -> None:
    """The network does not truncate every response."""
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=truncated_json()))
        error = error_of(connection, simulator.url)

        assert len(simulator.requests) == 3
    assert isinstance(error, TruncatedResponse)
    assert error.code == "not-understood"


# Errors that no retry would change.

BOMB_SIZE = 3 * MAX_BODY_BYTES
"""Bytes after decompression."""


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """A gzip of a few hundred KB that decompresses to more than a response may have."""
    return gzip.compress(bytes(BOMB_SIZE // 2)) * 2


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (login_page(), "web page"),
        (redirect("https://login.example/"), "HTTP 302"),
        (replace(redirect("/elsewhere"), status=307), "HTTP 307"),
        (replace(redirect(""), status=303, headers={}), "HTTP 303"),
        (HttpResponse(status=304), "HTTP 304"),
        (redirect("http://[::1"), "HTTP 302"),
        (redirect("http://[not-an-address]/"), "HTTP 302"),
        (redirect("https://login.example/\xfc"), "HTTP 302"),
        (redirect("http://x:99999999/"), "HTTP 302"),
        (redirect("javascript:alert(1)"), "HTTP 302"),
        (no_content(), "HTTP 204"),
        (HttpResponse(status=205), "HTTP 205"),
        (HttpResponse(status=404, body=b"<html>"), "HTTP 404"),
        (HttpResponse(status=407, headers={"Proxy-Authenticate": "Basic"}), "HTTP 407"),
        (RawResponse(payload=b"HTTP/1.1 101 Switching Protocols\r\n\r\n"), "HTTP 101"),
        (HttpResponse(body=b"[]"), "not an object"),
        (HttpResponse(headers={"Content-Encoding": "gzip"}, body=b"{}"), "decompressed"),
        (HttpResponse(headers={"Content-Encoding": "deflate"}, body=b"no deflate at all"), "decompressed"),
        (HttpResponse(headers={"Content-Encoding": ", ".join(["gzip"] * 20)}, body=b"{}"), "content encoding"),
        (HttpResponse(status=511, body=b"<html>"), "HTTP 511"),
        (error_in_200("HSS.0013"), "HSS.0013"),
        (error_in_200("HSS.0001"), "HSS.0001"),
        (error_response("APIGW.0301"), "APIGW.0301"),
        (error_response("HSS.0010"), "HSS.0010"),
    ],
    ids=[
        "login-page",
        "302",
        "307",
        "303-without-location",
        "304",
        "302-to-half-an-address",
        "302-to-an-invalid-address",
        "302-in-latin-1",
        "302-to-an-invalid-port",
        "302-to-a-script",
        "204",
        "205",
        "404",
        "407",
        "101",
        "array",
        "invalid-gzip",
        "invalid-deflate",
        "gzip-twenty-times",
        "511",
        "forbidden-in-a-200",
        "refused-in-a-200",
        "wrong-signature",
        "forbidden",
    ],
)
def test_an_error_that_no_retry_would_change_is_raised_at_once(
    fake_time: FakeTime, response: AnyResponse, expected: str
) -> None:
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=response))
        error = error_of(connection, simulator.url)

        assert len(simulator.requests) == 1
    assert not isinstance(error, TransientError)
    assert error.exit_code in {ExitCode.CLOUD_UNAVAILABLE, ExitCode.NOT_AUTHORISED}
    assert expected in error.happened
    assert fake_time.slept == []


@pytest.mark.parametrize(
    "encoding",
    ["gzip, gzip", "gzip,deflate", "gzip, identity", "br", "zstd", "compress", "gzip;q=1", "x" * 5000, "\xfc", ","],
    ids=lambda value: ascii(value[:20]),
)
@pytest.mark.parametrize("status", [200, 502])
def test_a_content_encoding_that_was_not_requested_is_refused_before_the_body_is_read(
    fake_time: FakeTime, encoding: str, status: int
) -> None:
    """Each encoding inside another may decompress to a thousand times its size; the body here never comes."""
    head = f"HTTP/1.1 {status} It\r\nContent-Length: 100\r\nContent-Encoding: {encoding}\r\n\r\n"
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=RawResponse(payload=head.encode("latin-1"), then="hold")))
        error = error_of(a_connection(fake_time), simulator.url)

        assert len(simulator.requests) == 1
    assert isinstance(error, NotUnderstood)
    assert "has a content encoding that was not requested" in error.happened
    assert len(str(error)) < 400
    assert str(error).isprintable()


def test_two_content_encoding_headers_are_two_encodings(fake_time: FakeTime) -> None:
    body = gzip.compress(b"{}")
    twice = OK_HEAD + b"Content-Encoding: gzip\r\n" * 2 + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=RawResponse(payload=twice)))
        error = error_of(a_connection(fake_time), simulator.url)

    assert "(gzip, gzip)" in error.happened


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("identity", b"{}"),
        ("Identity", b"{}"),
        ("", b"{}"),
        ("GZip", gzip.compress(b"{}", mtime=0)),
        ("deflate", zlib.compress(b"{}")),
    ],
    ids=["identity", "capitalised-identity", "empty", "mixed-case-gzip", "deflate"],
)
def test_a_content_encoding_that_was_requested_is_decoded(fake_time: FakeTime, encoding: str, body: bytes) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=HttpResponse(headers={"Content-Encoding": encoding}, body=body)))

        assert call(a_connection(fake_time), simulator.url) == {}
        assert simulator.requests[0].headers["Accept-Encoding"] == "gzip, deflate"


@pytest.mark.parametrize(
    ("status", "headers"),
    [(200, {}), (404, {}), (502, {}), (302, {"Location": "https://login.example/"})],
    ids=["200", "404", "502", "302"],
)
def test_a_response_that_is_too_large_is_refused_before_it_fills_the_memory(
    fake_time: FakeTime, bomb: bytes, status: int, headers: dict[str, str]
) -> None:
    connection = a_connection(fake_time, request_timeout=10.0)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(
            Fault(response=HttpResponse(status=status, headers={"Content-Encoding": "gzip", **headers}, body=bomb))
        )
        tracemalloc.start()
        try:
            error = error_of(connection, simulator.url)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert isinstance(error, NotUnderstood)
    assert f"larger than {MAX_BODY_BYTES} bytes" in error.happened
    # The body, its copy, and the room to spare of a buffer that grows.
    assert peak < 2.5 * MAX_BODY_BYTES


def test_a_chunk_of_negative_size_is_not_read_to_its_end(fake_time: FakeTime) -> None:
    """For -1, Python's HTTP client would read whatever comes, and it comes until the request times out."""
    payload = CHUNKED_HEAD + b"-1\r\n" + b" " * BOMB_SIZE
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=RawResponse(payload=payload, then="hold")))
        tracemalloc.start()
        try:
            error = error_of(a_connection(fake_time, request_timeout=10.0), simulator.url)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert isinstance(error, NotUnderstood)
    assert f"larger than {MAX_BODY_BYTES} bytes" in error.happened
    assert peak < 2.5 * MAX_BODY_BYTES


@pytest.mark.parametrize("length", [195_000, 205_000])
def test_headers_that_are_too_long_are_refused_before_the_body_is_read(fake_time: FakeTime, length: int) -> None:
    """The body never comes."""
    headers = b"".join(b"Header-%d: %b\r\n" % (number, b"x" * (length // 5)) for number in range(5))
    end = b"Content-Length: 2\r\n\r\n" + (b"{}" if length < 200_000 else b"")
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=RawResponse(payload=OK_HEAD + headers + end, then="hold")))
        if length < 200_000:
            assert call(a_connection(fake_time), simulator.url) == {}
            return
        error = error_of(a_connection(fake_time), simulator.url)

    assert isinstance(error, NotUnderstood)
    assert error.happened == "The response has more than 200000 characters of headers."


def test_no_cookie_is_sent_back(fake_time: FakeTime) -> None:
    """Of each response with other cookies, more would be kept and sent."""
    response = HttpResponse(headers={"Set-Cookie": "session=1; Path=/"}, body=b"{}")
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=response))
        client = a_client(a_connection(fake_time), simulator.url)
        client.call("GET", PROJECTS)
        client.call("GET", PROJECTS)

        assert [request.headers.get("Cookie") for request in simulator.requests] == [None, None]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed_with_credentials(fake_time: FakeTime, status: int) -> None:
    with Peer(ok_response()) as other, Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=replace(redirect(f"http://{other.address}/"), status=status)))
        error = error_of(a_connection(fake_time), simulator.url)

        assert other.requests == []
        assert len(simulator.requests) == 1
    assert isinstance(error, NotUnderstood)


# A machine that can start no thread for a request.


@pytest.fixture
def no_thread() -> Iterator[None]:
    """Makes starting a thread fail, as under a limit of processes: no address space has room for such a stack."""
    before = threading.stack_size(2**47 - 2**16)
    yield
    threading.stack_size(before)


@pytest.mark.usefixtures("no_thread")
def test_an_error_says_that_no_thread_can_be_started(fake_time: FakeTime) -> None:
    error = error_of(a_connection(fake_time, timeout=1.0), "http://127.0.0.1:9")

    assert isinstance(error, Unreachable)
    assert str(error) == (
        "No thread can be started to send a request. This machine or container may have no more processes, or has no "
        "memory left. Run fewer jobs beside the gate, or raise the limit, such as --pids-limit or ulimit -u."
    )


def test_the_request_is_retried_when_a_thread_can_be_started_again(
    fake_time: FakeTime, request: pytest.FixtureRequest
) -> None:
    with Peer(ok_response()) as peer:
        request.getfixturevalue("no_thread")
        fake_time.alarms[0.5] = lambda: threading.stack_size(0)

        assert call(a_connection(fake_time), f"http://{peer.address}") == {"projects": []}
    assert len(fake_time.slept) == 1


@pytest.mark.parametrize(("request_timeout", "to_connect"), [(30.0, 10.0), (10.5, 10.0), (5.0, 5.0)])
def test_connecting_may_take_as_long_as_a_request_and_ten_seconds_at_most(
    monkeypatch: pytest.MonkeyPatch, request_timeout: float, to_connect: float
) -> None:
    asked = []

    def refuse(*_: object, timeout: tuple[float, float], **_options: object) -> None:
        asked.append(timeout)
        raise requests.ConnectionError

    monkeypatch.setattr(HTTPAdapter, "send", refuse)
    transport = Transport("http://127.0.0.1:9", secrets=(), request_timeout=request_timeout, ca_bundle=None)

    with pytest.raises(Unreachable):
        transport.send(requests.Request("GET", "http://127.0.0.1:9"))

    assert asked == [(to_connect, request_timeout)]
