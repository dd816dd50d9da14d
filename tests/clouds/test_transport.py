"""One exchange: which faults are transient, which are not, and how large and how slow a response may be."""

from __future__ import annotations

import gzip
import time
import tracemalloc
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gate.clouds.transport import MAX_RESPONSE_BYTES
from gate.errors import (
    ExitCode,
    NotUnderstood,
    Throttled,
    TransientError,
    TruncatedResponse,
    Unreachable,
)
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

if TYPE_CHECKING:
    from gate.simulator import SlowResponse
    from tests.builders import FakeTime


from tests.clouds.clients import HEAD, HELD_IN_THE_BODY, HELD_IN_THE_HEAD, call, fault, zipped

# Faults that may pass.

SLOW: dict[str, tuple[HttpResponse | RawResponse | SlowResponse, type[TransientError]]] = {
    "no-answer": (no_response(), Unreachable),
    "stall-in-the-head": (HELD_IN_THE_HEAD, Unreachable),
    "stall-in-the-body": (HELD_IN_THE_BODY, Unreachable),
    "drip-of-the-head": (slow_headers(0.02), Unreachable),
    "drip-of-the-body": (slow_body(0.02), Unreachable),
}
FAST: dict[str, tuple[HttpResponse | RawResponse | SlowResponse, type[TransientError]]] = {
    "reset": (connection_reset(), Unreachable),
    "reset-in-the-head": (RawResponse(payload=HEAD, then="reset"), Unreachable),
    "reset-in-the-body": (RawResponse(payload=HEAD + b"Content-Length: 9\r\n\r\n{}", then="reset"), Unreachable),
    "closed-without-a-word": (RawResponse(), Unreachable),
    "closed-in-the-head": (RawResponse(payload=b"HTTP/1.1 200 OK\r\nContent-"), TruncatedResponse),
    "cut": (truncated_response(), Unreachable),
    "chunks-without-an-end": (
        RawResponse(payload=HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"),
        Unreachable,
    ),
    "chunk-cut": (RawResponse(payload=HEAD + b"Transfer-Encoding: chunked\r\n\r\n20\r\n{}"), Unreachable),
    "chunk-of-no-length": (RawResponse(payload=HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n{}"), Unreachable),
    "no-http": (RawResponse(payload=b"SSH-2.0-OpenSSH_9.9\r\n\r\n"), Unreachable),
    "two-lengths": (RawResponse(payload=HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"), Unreachable),
    "1000-headers": (RawResponse(payload=HEAD + b"A: b\r\n" * 1000 + b"\r\n{}"), Unreachable),
    "header-of-100-kb": (RawResponse(payload=HEAD + b"A: " + b"b" * 100_000 + b"\r\n\r\n{}"), Unreachable),
    "500": (server_error(500), Unreachable),
    "502": (server_error(502), Unreachable),
    "503": (error_response("APIGW.0613"), Unreachable),
    "504": (server_error(504), Unreachable),
    "408": (server_error(408), Unreachable),
    "425": (server_error(425), Unreachable),
    "429": (error_response("APIGW.0308", "enough"), Throttled),
    "429-of-a-proxy": (server_error(429), Throttled),
    "json-cut": (truncated_json(), TruncatedResponse),
    "gzip-of-cut-json": (zipped(b'{"projects": ['), TruncatedResponse),
    "gzip-cut": (
        HttpResponse(headers={"Content-Encoding": "gzip"}, body=zipped(b"{}" * 99).body[:15]),
        TruncatedResponse,
    ),
    "empty": (HttpResponse(), TruncatedResponse),
}


@pytest.mark.parametrize("name", [*SLOW, *FAST])
def test_a_fault_that_passes_is_tried_again_and_journaled(fake_time: FakeTime, name: str) -> None:
    reply, _ = (SLOW | FAST)[name]
    limit, numbers = (1.0, {1}) if name in SLOW else (5.0, {1, 2})
    connection = a_connection(fake_time, request_timeout=limit)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(requests=frozenset(numbers), response=reply))
        answer = call(connection, simulator.url)

        assert "projects" in answer
        assert len(simulator.requests) == len(numbers) + 1
    retries = events_of_kind(connection, EventKind.RETRY)
    assert [event.pause for event in retries] == fake_time.slept
    assert len(retries) == len(numbers)
    assert all(event.text and event.text.isprintable() for event in retries)


@pytest.mark.parametrize(("reply", "error"), FAST.values(), ids=FAST)
def test_a_fault_that_does_not_pass_ends_with_its_name(
    fake_time: FakeTime, reply: HttpResponse | RawResponse | SlowResponse, error: type[TransientError]
) -> None:
    connection = a_connection(fake_time, timeout=60.0)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=reply))
        found = fault(connection, simulator.url)

        assert len(simulator.requests) == len(fake_time.slept) + 1
    assert (type(found), found.exit_code) == (error, ExitCode.CLOUD_UNAVAILABLE)
    assert found.means
    assert found.remedy


@pytest.mark.parametrize(("reply", "error"), SLOW.values(), ids=SLOW)
def test_a_request_that_takes_too_long_ends_at_its_limit_however_busy_it_is(
    fake_time: FakeTime, reply: HttpResponse | RawResponse | SlowResponse, error: type[TransientError]
) -> None:
    """A server that sends a byte now and then holds no socket to its own time limit."""
    connection = a_connection(fake_time, timeout=0.0, request_timeout=0.3)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=reply))
        began = time.monotonic()
        found = fault(connection, simulator.url)
        took = time.monotonic() - began

    assert type(found) is error
    assert "0.3 s" in found.happened or "timed out" in found.happened
    # Ten times as long as it may take, since the machine may be busy.
    assert took < 3


def test_an_answer_that_is_cut_short_is_asked_for_three_times(fake_time: FakeTime) -> None:
    """What is always cut is no accident of the network."""
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=truncated_json()))
        found = fault(connection, simulator.url)

        assert len(simulator.requests) == 3
    assert isinstance(found, TruncatedResponse)
    assert found.code == "not-understood"


# What no other try would change.

BOMB_SIZE = 3 * MAX_RESPONSE_BYTES


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """A gzip of a few hundred KB that unpacks to more than any answer may have."""
    return gzip.compress(bytes(BOMB_SIZE // 2)) * 2


@pytest.mark.parametrize(
    ("reply", "named"),
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
        "303-to-nowhere",
        "304",
        "302-to-half-an-address",
        "302-to-no-address",
        "302-in-latin-1",
        "302-to-no-port",
        "302-to-a-script",
        "204",
        "205",
        "404",
        "407",
        "101",
        "array",
        "no-gzip",
        "no-deflate",
        "gzip-in-gzip-in-gzip",
        "511",
        "forbidden-in-a-200",
        "refused-in-a-200",
        "wrong-signature",
        "forbidden",
    ],
)
def test_what_no_other_try_would_change_ends_at_once(
    fake_time: FakeTime, reply: HttpResponse | RawResponse, named: str
) -> None:
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=reply))
        found = fault(connection, simulator.url)

        assert len(simulator.requests) == 1
    assert not isinstance(found, TransientError)
    assert found.exit_code in {ExitCode.CLOUD_UNAVAILABLE, ExitCode.NOT_AUTHORISED}
    assert named in found.happened
    assert fake_time.slept == []


@pytest.mark.parametrize(
    "packing",
    ["gzip, gzip", "gzip,deflate", "gzip, identity", "br", "zstd", "compress", "gzip;q=1", "x" * 5000, "\xfc", ","],
    ids=lambda value: ascii(value[:20]),
)
@pytest.mark.parametrize("status", [200, 502])
def test_a_packing_that_was_not_asked_for_is_not_understood_before_it_is_opened(
    fake_time: FakeTime, packing: str, status: int
) -> None:
    """Each packing within another may unpack to a thousand times its size; here not even the body is waited for."""
    head = f"HTTP/1.1 {status} It\r\nContent-Length: 100\r\nContent-Encoding: {packing}\r\n\r\n"
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=RawResponse(payload=head.encode("latin-1"), then="hold")))
        found = fault(a_connection(fake_time), simulator.url)

        assert len(simulator.requests) == 1
    assert isinstance(found, NotUnderstood)
    assert "has a content encoding that was not requested" in found.happened
    assert len(str(found)) < 400
    assert str(found).isprintable()


def test_a_packing_named_twice_is_two(fake_time: FakeTime) -> None:
    body = gzip.compress(b"{}")
    twice = HEAD + b"Content-Encoding: gzip\r\n" * 2 + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=RawResponse(payload=twice)))
        found = fault(a_connection(fake_time), simulator.url)

    assert "(gzip, gzip)" in found.happened


@pytest.mark.parametrize(
    ("packing", "body"),
    [
        ("identity", b"{}"),
        ("Identity", b"{}"),
        ("", b"{}"),
        ("GZip", gzip.compress(b"{}", mtime=0)),
        ("deflate", zlib.compress(b"{}")),
    ],
)
def test_a_packing_that_was_asked_for_is_opened(fake_time: FakeTime, packing: str, body: bytes) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=HttpResponse(headers={"Content-Encoding": packing}, body=body)))

        assert call(a_connection(fake_time), simulator.url) == {}
        assert simulator.requests[0].headers["Accept-Encoding"] == "gzip, deflate"


@pytest.mark.parametrize(
    ("status", "headers"),
    [(200, {}), (404, {}), (502, {}), (302, {"Location": "https://login.example/"})],
    ids=["200", "404", "502", "302"],
)
def test_an_answer_larger_than_any_is_not_understood_before_it_fills_the_memory(
    fake_time: FakeTime, bomb: bytes, status: int, headers: dict[str, str]
) -> None:
    connection = a_connection(fake_time, request_timeout=10.0)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(
            Fault(response=HttpResponse(status=status, headers={"Content-Encoding": "gzip", **headers}, body=bomb))
        )
        tracemalloc.start()
        try:
            found = fault(connection, simulator.url)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert isinstance(found, NotUnderstood)
    assert f"larger than {MAX_RESPONSE_BYTES} bytes" in found.happened
    assert peak < 2 * MAX_RESPONSE_BYTES


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed_with_credentials(fake_time: FakeTime, status: int) -> None:
    with Peer(ok_response()) as other, Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=replace(redirect(f"http://{other.address}/"), status=status)))
        found = fault(a_connection(fake_time), simulator.url)

        assert other.requests == []
        assert len(simulator.requests) == 1
    assert isinstance(found, NotUnderstood)
