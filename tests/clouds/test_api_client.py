"""One conversation over HTTP: whatever goes wrong on the wire has a name, an end, and no secret in it."""

from __future__ import annotations

import gzip
import html
import json
import threading
import time
import tracemalloc
import zlib
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import accumulate
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import pytest

from gate.clouds.api_client import Api, ApiClient
from gate.clouds.credentials import Credentials
from gate.clouds.fair_retry import ROUND, SLOT_WINDOW, queue_position, seconds_until_slot
from gate.clouds.huawei.error_response import read
from gate.clouds.huawei.signature import KeyPairAuth, TokenAuth
from gate.clouds.transport import MAX_RESPONSE_BYTES
from gate.errors import (
    DeadlineExceeded,
    ExitCode,
    GateError,
    NotAuthorised,
    NotUnderstood,
    Refused,
    Throttled,
    TransientError,
    TruncatedResponse,
    Unreachable,
    UsageError,
)
from gate.outcome import EventKind
from gate.simulator import (
    Fault,
    Quota,
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
from tests.builders import NOW, FakeTime
from tests.clouds.builders import Peer, a_connection, events, ok

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

    from requests.auth import AuthBase

    from gate.clouds import Connection
    from gate.simulator import Drip

TOKEN = "simulated-huawei-auth-token-that-opens-nothing"
PROJECTS = "/v3/projects"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def http(
    connection: Connection, url: str, auth: AuthBase | None = None, *, secrets: tuple[str, ...] = (TOKEN,)
) -> ApiClient:
    return ApiClient(Api(base_url=url, auth=auth or TokenAuth(TOKEN), secrets=secrets, read=read), connection)


def call(connection: Connection, url: str, auth: AuthBase | None = None) -> dict[str, Any]:
    return http(connection, url, auth).call("GET", PROJECTS)


def fault(connection: Connection, url: str, auth: AuthBase | None = None) -> GateError:
    """What keeps the answer away in the end."""
    with pytest.raises(GateError) as caught:
        call(connection, url, auth)
    return caught.value


def zipped(body: bytes) -> Reply:
    return Reply(headers={"Content-Encoding": "gzip", "Content-Type": "application/json"}, body=gzip.compress(body))


# What an answer may be.


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b'{"projects": []}'),
        zipped(b'{"projects": []}'),
        Raw(payload=HEAD + b"Connection: close\r\n\r\n" + b'{"projects": []}'),
        Raw(payload=HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b'5\r\n{"pro\r\nb\r\njects": []}\r\n0\r\n\r\n'),
        Raw(payload=b"HTTP/1.1 100 Continue\r\n\r\n" + ok()),
        Raw(payload=b"HTTP/1.0 200\r\nContent-Length: 16\r\n\r\n" + b'{"projects": []}'),
    ],
    ids=["plain", "gzip", "until-the-end", "chunked", "after-a-100", "http-1.0"],
)
def test_a_whole_answer_is_read_however_it_is_framed(fake_time: FakeTime, reply: Reply | Raw) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(reply=reply))

        assert call(a_connection(fake_time), simulator.url) == {"projects": []}
    assert fake_time.slept == []


def test_a_question_goes_out_as_it_is_asked(fake_time: FakeTime) -> None:
    """A space is %20 and never a plus, since that is what the signature sees."""
    query = (("task_name", "a b/c~测试+*&="), ("a", "1"), ("a", "0"), ("empty", ""))
    with Peer(ok()) as peer:
        http(a_connection(fake_time), f"http://{peer.address}/below").call("GET", "/v5/tasks", query, {"X-A": "b"})
        (head,) = peer.heard

    encoded = "task_name=a%20b%2Fc~%E6%B5%8B%E8%AF%95%2B%2A%26%3D&a=1&a=0&empty="
    assert head.startswith(f"GET /below/v5/tasks?{encoded} HTTP/1.1\r\n")
    assert "\r\nX-A: b\r\n" in head


# Faults that may pass.

HELD_IN_THE_HEAD = Raw(payload=HEAD, then="hold")
HELD_IN_THE_BODY = Raw(payload=HEAD + b'Content-Length: 100\r\n\r\n{"projects": [', then="hold")
SLOW: dict[str, tuple[Reply | Raw | Drip, type[TransientError]]] = {
    "no-answer": (hung(), Unreachable),
    "stall-in-the-head": (HELD_IN_THE_HEAD, Unreachable),
    "stall-in-the-body": (HELD_IN_THE_BODY, Unreachable),
    "drip-of-the-head": (dripping_headers(0.02), Unreachable),
    "drip-of-the-body": (dripping_body(0.02), Unreachable),
}
FAST: dict[str, tuple[Reply | Raw | Drip, type[TransientError]]] = {
    "reset": (reset(), Unreachable),
    "reset-in-the-head": (Raw(payload=HEAD, then="reset"), Unreachable),
    "reset-in-the-body": (Raw(payload=HEAD + b"Content-Length: 9\r\n\r\n{}", then="reset"), Unreachable),
    "closed-without-a-word": (Raw(), Unreachable),
    "closed-in-the-head": (Raw(payload=b"HTTP/1.1 200 OK\r\nContent-"), TruncatedResponse),
    "cut": (cut_short(), Unreachable),
    "chunks-without-an-end": (Raw(payload=HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"), Unreachable),
    "chunk-cut": (Raw(payload=HEAD + b"Transfer-Encoding: chunked\r\n\r\n20\r\n{}"), Unreachable),
    "chunk-of-no-length": (Raw(payload=HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n{}"), Unreachable),
    "no-http": (Raw(payload=b"SSH-2.0-OpenSSH_9.9\r\n\r\n"), Unreachable),
    "two-lengths": (Raw(payload=HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"), Unreachable),
    "1000-headers": (Raw(payload=HEAD + b"A: b\r\n" * 1000 + b"\r\n{}"), Unreachable),
    "header-of-100-kb": (Raw(payload=HEAD + b"A: " + b"b" * 100_000 + b"\r\n\r\n{}"), Unreachable),
    "500": (server_error(500), Unreachable),
    "502": (server_error(502), Unreachable),
    "503": (refused("APIGW.0613"), Unreachable),
    "504": (server_error(504), Unreachable),
    "408": (server_error(408), Unreachable),
    "425": (server_error(425), Unreachable),
    "429": (refused("APIGW.0308", "enough"), Throttled),
    "429-of-a-proxy": (server_error(429), Throttled),
    "json-cut": (garbage_json(), TruncatedResponse),
    "gzip-of-cut-json": (zipped(b'{"projects": ['), TruncatedResponse),
    "gzip-cut": (Reply(headers={"Content-Encoding": "gzip"}, body=zipped(b"{}" * 99).body[:15]), TruncatedResponse),
    "empty": (Reply(), TruncatedResponse),
}


@pytest.mark.parametrize("name", [*SLOW, *FAST])
def test_a_fault_that_passes_is_tried_again_and_journaled(fake_time: FakeTime, name: str) -> None:
    reply, _ = (SLOW | FAST)[name]
    limit, numbers = (1.0, {1}) if name in SLOW else (5.0, {1, 2})
    connection = a_connection(fake_time, request_timeout=limit)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(on=frozenset(numbers), reply=reply))
        answer = call(connection, simulator.url)

        assert "projects" in answer
        assert len(simulator.requests) == len(numbers) + 1
    retries = events(connection, EventKind.RETRY)
    assert [event.pause for event in retries] == fake_time.slept
    assert len(retries) == len(numbers)
    assert all(event.text and event.text.isprintable() for event in retries)


@pytest.mark.parametrize(("reply", "error"), FAST.values(), ids=FAST)
def test_a_fault_that_does_not_pass_ends_with_its_name(
    fake_time: FakeTime, reply: Reply | Raw | Drip, error: type[TransientError]
) -> None:
    connection = a_connection(fake_time, timeout=60.0)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(reply=reply))
        found = fault(connection, simulator.url)

        assert len(simulator.requests) == len(fake_time.slept) + 1
    assert (type(found), found.exit_code) == (error, ExitCode.CLOUD_UNAVAILABLE)
    assert found.means
    assert found.remedy


@pytest.mark.parametrize(("reply", "error"), SLOW.values(), ids=SLOW)
def test_a_request_that_takes_too_long_ends_at_its_limit_however_busy_it_is(
    fake_time: FakeTime, reply: Reply | Raw | Drip, error: type[TransientError]
) -> None:
    """A server that sends a byte now and then holds no socket to its own time limit."""
    connection = a_connection(fake_time, timeout=0.0, request_timeout=0.3)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(reply=reply))
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
        simulator.faults.append(Fault(reply=garbage_json()))
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
        (Reply(status=304), "HTTP 304"),
        (redirect("http://[::1"), "HTTP 302"),
        (redirect("http://[not-an-address]/"), "HTTP 302"),
        (redirect("https://login.example/\xfc"), "HTTP 302"),
        (redirect("http://x:99999999/"), "HTTP 302"),
        (redirect("javascript:alert(1)"), "HTTP 302"),
        (no_content(), "HTTP 204"),
        (Reply(status=205), "HTTP 205"),
        (Reply(status=404, body=b"<html>"), "HTTP 404"),
        (Reply(status=407, headers={"Proxy-Authenticate": "Basic"}), "HTTP 407"),
        (Raw(payload=b"HTTP/1.1 101 Switching Protocols\r\n\r\n"), "HTTP 101"),
        (Reply(body=b"[]"), "not an object"),
        (Reply(headers={"Content-Encoding": "gzip"}, body=b"{}"), "decompressed"),
        (Reply(headers={"Content-Encoding": "deflate"}, body=b"no deflate at all"), "decompressed"),
        (Reply(headers={"Content-Encoding": ", ".join(["gzip"] * 20)}, body=b"{}"), "content encoding"),
        (Reply(status=511, body=b"<html>"), "HTTP 511"),
        (error_in_200("HSS.0013"), "HSS.0013"),
        (error_in_200("HSS.0001"), "HSS.0001"),
        (refused("APIGW.0301"), "APIGW.0301"),
        (refused("HSS.0010"), "HSS.0010"),
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
def test_what_no_other_try_would_change_ends_at_once(fake_time: FakeTime, reply: Reply | Raw, named: str) -> None:
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(reply=reply))
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
        simulator.faults.append(Fault(reply=Raw(payload=head.encode("latin-1"), then="hold")))
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
        simulator.faults.append(Fault(reply=Raw(payload=twice)))
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
        simulator.faults.append(Fault(reply=Reply(headers={"Content-Encoding": packing}, body=body)))

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
            Fault(reply=Reply(status=status, headers={"Content-Encoding": "gzip", **headers}, body=bomb))
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
    with Peer(ok()) as other, Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(reply=replace(redirect(f"http://{other.address}/"), status=status)))
        found = fault(a_connection(fake_time), simulator.url)

        assert other.heard == []
        assert len(simulator.requests) == 1
    assert isinstance(found, NotUnderstood)


# When to try again.


def test_pauses_double_up_to_a_minute_and_half_of_each_is_chance(fake_time: FakeTime) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(on=frozenset(range(1, 10)), reply=server_error()))
        call(a_connection(fake_time, timeout=36000.0), simulator.url)

    for pause, longest in zip(fake_time.slept, [1, 2, 4, 8, 16, 32, 60, 60, 60], strict=True):
        assert longest / 2 <= pause <= longest
    # Nine pauses that are all at the same place of their range are no chance.
    assert len({pause / longest for pause, longest in zip(fake_time.slept[-3:], [60, 60, 60], strict=True)}) > 1


@pytest.mark.parametrize(
    ("left", "pauses"),
    [(1.4, [1.4]), (1.9, [1.9]), (2.0, [1.0, 1.0]), (2.5, [1.0, 1.5]), (5.5, [1.0, 2.0, 2.5])],
    ids=str,
)
def test_less_than_a_second_is_not_left_for_a_try_of_its_own(
    fake_time: FakeTime, left: float, pauses: list[float]
) -> None:
    fake_time.random = lambda: 1.0
    connection = a_connection(fake_time, timeout=left)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(reply=server_error()))
        fault(connection, simulator.url)

    assert fake_time.slept == pytest.approx(pauses)


def test_the_longest_pause_is_a_minute(fake_time: FakeTime) -> None:
    fake_time.random = lambda: 1.0
    connection = a_connection(fake_time, timeout=36000.0)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(on=frozenset(range(1, 20)), reply=server_error()))
        call(connection, simulator.url)

    assert fake_time.slept == [1, 2, 4, 8, 16, 32, *[60] * 13]


@pytest.mark.parametrize("timeout", [0.5, 1.0, 3.0, 10.0, 100.0, 1800.0])
def test_tries_never_cross_the_deadline_and_the_last_one_is_made_at_it(fake_time: FakeTime, timeout: float) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        begin = fake_time.wall()
        simulator.faults.append(Fault(reply=server_error()))
        found = fault(a_connection(fake_time, timeout=timeout), simulator.url)

        assert simulator.requests[-1].at - begin == pytest.approx(timeout)
        assert len(simulator.requests) == len(fake_time.slept) + 1
    assert isinstance(found, Unreachable)
    # No look is wasted right before the last one.
    assert all(pause >= min(0.5, timeout) for pause in fake_time.slept)


def test_after_the_deadline_nothing_is_tried_again(fake_time: FakeTime) -> None:
    connection = a_connection(fake_time, timeout=10.0)
    fake_time.elapsed += 11
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(reply=server_error()))
        fault(connection, simulator.url)

        assert len(simulator.requests) == 1
    assert fake_time.slept == []


TIME_UP = "The time was up before"


def test_after_the_deadline_only_the_first_question_is_asked(fake_time: FakeTime) -> None:
    """The last look is at the deadline; what needs more than one question then comes too late."""
    connection = a_connection(fake_time, timeout=10.0)
    fake_time.elapsed += 11
    with Simulator(now=fake_time.wall) as simulator:
        channel = http(connection, simulator.url)
        channel.call("GET", PROJECTS)
        for _ in range(2):
            with pytest.raises(Unreachable, match=f"{TIME_UP}.*--timeout"):
                channel.call("GET", PROJECTS)

        assert len(simulator.requests) == 1
    assert fake_time.slept == []


def test_a_question_before_the_deadline_uses_up_what_was_granted(fake_time: FakeTime) -> None:
    connection = a_connection(fake_time, timeout=10.0)
    with Simulator(now=fake_time.wall) as simulator:
        channel = http(connection, simulator.url)
        for _ in range(3):
            channel.call("GET", PROJECTS)
        fake_time.elapsed += 10
        with pytest.raises(Unreachable, match=TIME_UP):
            channel.call("GET", PROJECTS)

        assert len(simulator.requests) == 3


def test_each_grant_is_good_for_one_question_of_any_conversation(fake_time: FakeTime) -> None:
    connection = a_connection(fake_time, timeout=10.0)
    fake_time.elapsed += 11
    with Simulator(now=fake_time.wall) as simulator:
        iam, hss = http(connection, simulator.url), http(connection, simulator.url)
        iam.call("GET", PROJECTS)
        with pytest.raises(Unreachable, match=TIME_UP):
            hss.call("GET", PROJECTS)
        connection.deadline.pause(0)
        connection.deadline.pause(0)
        hss.call("GET", PROJECTS)
        with pytest.raises(Unreachable, match=TIME_UP):
            iam.call("GET", PROJECTS)

        assert len(simulator.requests) == 2


@pytest.mark.parametrize("appear_timeout", [0.0, 300.0, 900.0])
@pytest.mark.parametrize("began", [0.0, 700.0])
def test_where_nothing_ever_answered_patience_ends_five_minutes_after_the_first_try(
    fake_time: FakeTime, appear_timeout: float, began: float, nobody: str
) -> None:
    """A mistyped endpoint should not cost the whole run."""
    connection = a_connection(fake_time, timeout=1800.0, appear_timeout=appear_timeout)
    channel = http(connection, f"http://{nobody}")
    fake_time.elapsed += began
    with pytest.raises(Unreachable) as caught:
        channel.call("GET", PROJECTS)

    assert nobody in caught.value.happened
    assert fake_time.elapsed == pytest.approx(began + 300)
    assert len(events(connection, EventKind.RETRY)) == len(fake_time.slept)


def test_where_nothing_ever_answered_the_next_question_is_asked_only_once(fake_time: FakeTime, nobody: str) -> None:
    """Patience is counted from the first try of all, not from that of each question."""
    channel = http(a_connection(fake_time, timeout=1800.0), f"http://{nobody}")
    for _ in range(2):
        with pytest.raises(Unreachable):
            channel.call("GET", PROJECTS)

    assert fake_time.elapsed == pytest.approx(300)


def test_each_conversation_has_a_patience_of_its_own(fake_time: FakeTime, nobody: str) -> None:
    """That IAM answered does not say that the endpoint of HSS is right."""
    connection = a_connection(fake_time, timeout=1800.0)
    with Simulator(now=fake_time.wall) as simulator:
        call(connection, simulator.url)
    fake_time.elapsed += 400
    fault(connection, f"http://{nobody}")

    assert fake_time.elapsed == pytest.approx(700)


def test_where_something_answered_once_patience_lasts_to_the_deadline(fake_time: FakeTime) -> None:
    connection = a_connection(fake_time, timeout=1000.0)
    with Simulator(now=fake_time.wall) as simulator:
        channel = http(connection, simulator.url)
        channel.call("GET", PROJECTS)
        simulator.faults.append(Fault(reply=reset()))
        with pytest.raises(Unreachable):
            channel.call("GET", PROJECTS)

    assert fake_time.elapsed == pytest.approx(1000)


def test_patience_never_outlasts_the_deadline(fake_time: FakeTime, nobody: str) -> None:
    found = fault(a_connection(fake_time, timeout=20.0), f"http://{nobody}")

    assert fake_time.elapsed == pytest.approx(20)
    assert f"{nobody} cannot be reached" in found.happened


# Retry-After.


def asks_for(pause: str, *, status: int = 503) -> Reply:
    """An answer that asks for this pause, by a clock of its own that is ten minutes fast."""
    return Reply(status=status, headers={"Retry-After": pause, "Date": "Sat, 31 Jan 2026 12:10:00 GMT"})


@pytest.mark.parametrize("status", [500, 503])
def test_the_pause_that_the_cloud_asks_for_is_kept_to_the_letter(fake_time: FakeTime, status: int) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults += [
            Fault(on=frozenset({1}), reply=asks_for("7", status=status)),
            Fault(on=frozenset({2}), reply=asks_for("Sat, 31 Jan 2026 12:12:00 GMT", status=status)),
        ]
        call(a_connection(fake_time), simulator.url)

    assert fake_time.slept == [7, 120]


@pytest.mark.parametrize("asked", ["0", "Sat, 31 Jan 2026 12:00:00 GMT"], ids=["zero", "a-date-gone-by"])
def test_a_cloud_that_asks_for_no_pause_gets_one_all_the_same(fake_time: FakeTime, asked: str) -> None:
    """Without any, a gate would ask as fast as it can until its deadline: that is an attack."""
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(on=frozenset(range(1, 6)), reply=asks_for(asked)))
        call(a_connection(fake_time), simulator.url)

    for pause, longest in zip(fake_time.slept, [1, 2, 4, 8, 16], strict=True):
        assert longest / 2 <= pause <= longest


@pytest.mark.parametrize(
    ("asked", "tries"),
    [("99", 2), ("100", 2), ("101", 1), ("86400", 1), ("999999999", 1)],
    ids=lambda value: f"{value}",
)
def test_a_pause_that_outlasts_the_deadline_ends_the_wait_at_once(fake_time: FakeTime, asked: str, tries: int) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(reply=asks_for(asked)))
        found = fault(a_connection(fake_time, timeout=100.0), simulator.url)

        assert len(simulator.requests) == tries
    assert isinstance(found, Unreachable)
    assert fake_time.elapsed == (float(asked) if tries == 2 else 0)


# A quota.


def slept_before(quota: Quota, fake_time: FakeTime, *, chance: float = 0.0, waited: float = 0.0) -> list[float]:
    """The pauses of a question that this quota refuses for an hour; the last one ends at the deadline."""
    fake_time.random = lambda: chance
    connection = a_connection(fake_time, timeout=3600.0 + waited)
    fake_time.elapsed += waited
    with Simulator(now=fake_time.wall) as simulator:
        simulator.quota = quota
        fault(connection, simulator.url)
    return fake_time.slept


def test_a_quota_is_waited_for(fake_time: FakeTime) -> None:
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.quota = Quota(calls=5, seconds=60)
        channel = http(connection, simulator.url)
        for _ in range(11):
            channel.call("GET", PROJECTS)

        # Twice a call is free after a minute, and is found so a round later at most.
        assert 120 <= fake_time.elapsed <= 120 + 2 * (ROUND + 1)
        # Five tries soon, since it does not say how long it lasts; then one in each round.
        assert len(simulator.requests) <= 11 + 5 + 2 * 2
    assert all("quota" in event.text for event in events(connection, EventKind.RETRY))


@pytest.mark.parametrize("waited", [0.0, 5000.0], ids=["at-the-beginning", "late-in-the-run"])
def test_who_is_refused_asks_once_in_each_round_and_ever_earlier_in_it(fake_time: FakeTime, waited: float) -> None:
    """A free call goes to whoever asks first: among fifty gates nobody must have no luck for ever."""
    slept = slept_before(Quota(calls=0, seconds=60), fake_time, waited=waited)

    ages = [age for age in accumulate(slept) if age < 1200]
    began = NOW.timestamp() + waited
    # It has grown older by less than a second's worth when it is called, and 0 is as well the end of a round.
    beside = [(began + age - queue_position(age) * SLOT_WINDOW + 2) % ROUND - 2 for age in ages]
    assert all(abs(seconds) < 1 for seconds in beside)
    assert 1200 / ROUND - 1 <= len(ages) <= 1200 / ROUND * 1.01 + 1


def test_what_refuses_for_ever_is_not_asked_by_all_in_each_round_for_ever(fake_time: FakeTime) -> None:
    """It may be that refused calls count too, and that nobody is let in before some keep away for a while."""
    slept = slept_before(Quota(calls=0, seconds=60), fake_time, chance=1.0)

    refused_for = list(accumulate(slept, initial=0.0))
    assert {pause for age, pause in zip(refused_for, slept[:-1], strict=False) if age >= 1200} == {120.0}
    assert 120.0 not in {pause for age, pause in zip(refused_for, slept[:-1], strict=False) if age < 1200}


def test_those_that_are_called_together_do_not_come_as_one() -> None:
    first, *_ = slept_before(Quota(calls=0, seconds=60), FakeTime(), chance=0.0)
    second, *_ = slept_before(Quota(calls=0, seconds=60), FakeTime(), chance=1.0)

    assert second - first == pytest.approx(0.5)


def told_to_wait(fake_time: FakeTime, seconds: int, *, times: int = 1, **settings: Any) -> list[float]:
    """The pauses of a question that a quota refuses so often, each time for so many s."""
    with Simulator(now=fake_time.wall) as simulator:
        refused = frozenset(range(1, 1 + times))
        simulator.faults.append(Fault(on=refused, reply=asks_for(f"{seconds}", status=429)))
        call(a_connection(fake_time, **settings), simulator.url)
    return fake_time.slept


def test_who_has_just_come_lets_others_go_first_when_a_call_is_free(fake_time: FakeTime) -> None:
    """All are told the same moment: those that have waited for longest come then, and the others a little later."""
    slept = told_to_wait(fake_time, 300, times=6, timeout=7200.0)

    assert slept[0] == 312
    assert slept[1] == pytest.approx(300 + 12 * (1 - 312 / 600))
    assert slept[2:] == [300] * 4


def test_a_short_pause_is_at_most_doubled(fake_time: FakeTime) -> None:
    assert told_to_wait(fake_time, 1) == [2]


@pytest.mark.parametrize("spare", [0.5, 10.0, 60.0])
def test_who_has_little_time_left_lets_nobody_go_first_for_long(fake_time: FakeTime, spare: float) -> None:
    assert told_to_wait(fake_time, 60, timeout=60 + spare) == [pytest.approx(60 + spare / 10)]


def test_who_reads_a_long_list_has_not_just_come_with_each_of_its_pages(fake_time: FakeTime) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.quota = Quota(calls=5, seconds=60, retry_after=True)
        channel = http(a_connection(fake_time), simulator.url)
        for _ in range(20):
            channel.call("GET", PROJECTS)

    assert fake_time.slept == pytest.approx([72, 60 + 12 * (1 - 72 / 600), 60 + 12 * (1 - (72 + 70.56) / 600)])


@pytest.mark.parametrize("later", [1.5, 300.0])
def test_who_looks_again_after_a_pause_has_just_come(fake_time: FakeTime, later: float) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults += [Fault(on=frozenset({2, 4}), reply=asks_for("60", status=429))]
        channel = http(a_connection(fake_time), simulator.url)
        for _ in range(3):
            channel.call("GET", PROJECTS)
            fake_time.elapsed += later

    assert fake_time.slept == [72, 72]


SOON = [1, 2, 4, 8, 16]


@pytest.mark.parametrize(
    ("message", "first"),
    [
        ("", SOON),
        ("limit:999999,time:1 second", [*SOON, 32, 60, 60]),
        ("limit:0,time:0 second", [*SOON, 32, 60, 60]),
        ("limit:60,time:1 minute", [*SOON, 32, 60, 60]),
        ("limit:2,time:3 second", [1.5, 3, 6, 12, 24, 48, 60, 60]),
        ("limit:12,time:1 minute", [5, 10, 20, 40, 60, 60]),
        ("limit:11,time:1 minute", []),
        ("limit:5,time:1 minute", []),
        ("limit:5,time:1 hour", []),
    ],
)
def test_a_quota_that_may_free_a_call_every_few_seconds_is_tried_again_soon(
    fake_time: FakeTime, message: str, first: list[float]
) -> None:
    fake_time.random = lambda: 1.0
    began = fake_time.wall()
    slept = slept_while_refused(fake_time, message, timeout=400.0)

    assert slept[: len(first)] == first
    if first in ([], SOON):
        joins = began + sum(first)
        assert slept[len(first)] == pytest.approx(seconds_until_slot(sum(first), joins) + 0.5)
        assert slept[len(first) + 1] == pytest.approx(ROUND, abs=1.5)


def slept_while_refused(fake_time: FakeTime, message: str, **settings: Any) -> list[float]:
    """The pauses of a question that a quota refuses until the deadline, in these words."""
    body = json.dumps({"error_code": "APIGW.0308", "error_msg": f"policy user over ratelimit,{message}"})
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(reply=Reply(status=429, body=body.encode())))
        fault(a_connection(fake_time, **settings), simulator.url)
    return fake_time.slept


def test_half_of_a_short_pause_is_chance(fake_time: FakeTime) -> None:
    fake_time.random = lambda: 0.0

    assert slept_while_refused(fake_time, "", timeout=100.0)[:5] == [pause / 2 for pause in SOON]


@pytest.mark.parametrize("chance", [0.0, 1.0])
@pytest.mark.parametrize("message", ["", "limit:9,time:1 second", "limit:5,time:1 minute"])
@pytest.mark.parametrize("timeout", [0.3, 5.0, 31.5, 62.0, 70.0, 1199.0, 1260.0, 3600.0])
def test_what_a_quota_refuses_is_tried_until_the_deadline_and_last_at_it(
    fake_time: FakeTime, timeout: float, message: str, chance: float
) -> None:
    fake_time.random = lambda: chance
    slept = slept_while_refused(fake_time, message, timeout=timeout)

    assert fake_time.elapsed == pytest.approx(timeout)
    assert min(slept) > 0


def test_who_has_lined_up_once_knows_that_the_quota_does_not_count_by_the_second(fake_time: FakeTime) -> None:
    refused = Reply(status=429, body=b'{"error_code": "APIGW.0308", "error_msg": "over ratelimit"}')
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(on=frozenset({*range(1, 7), 8}), reply=refused))
        channel = http(a_connection(fake_time), simulator.url)
        channel.call("GET", PROJECTS)
        channel.call("GET", PROJECTS)

    assert len(fake_time.slept) == 5 + 1 + 1
    assert fake_time.slept[6] == pytest.approx(ROUND, abs=1.5)


BY_THE_MINUTE = Reply(
    status=429, body=b'{"error_code": "APIGW.0308", "error_msg": "policy user over ratelimit,limit:5,time:1 minute"}'
)


@pytest.mark.parametrize("later", [1.5, 300.0])
def test_who_was_in_line_begins_the_next_look_behind_the_others(fake_time: FakeTime, later: float) -> None:
    """Else the one that had the last call would be the first to ask when another one is free."""
    fake_time.random = lambda: 0.0
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(on=frozenset({1}), reply=BY_THE_MINUTE))
        channel = http(connection, simulator.url)
        channel.call("GET", PROJECTS)
        fake_time.elapsed += later
        behind = seconds_until_slot(0.0, fake_time.wall())
        channel.call("GET", PROJECTS)
        fake_time.elapsed += later
        channel.call("GET", PROJECTS)

    assert fake_time.slept[1:] == pytest.approx([behind])
    assert f"queueing behind them for {behind:.0f} s" in " ".join(
        event.text for event in events(connection, EventKind.NOTE)
    )


def test_who_has_little_time_left_is_not_behind_the_others_for_longer(fake_time: FakeTime) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(on=frozenset({1}), reply=BY_THE_MINUTE))
        channel = http(a_connection(fake_time, timeout=100.0), simulator.url)
        channel.call("GET", PROJECTS)
        fake_time.elapsed = 99.5
        channel.call("GET", PROJECTS)

    assert fake_time.elapsed == 100


def test_a_quota_that_frees_no_call_until_the_deadline_is_throttled(fake_time: FakeTime) -> None:
    connection = a_connection(fake_time, timeout=299.0)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.quota = Quota(calls=0, seconds=300, retry_after=True)
        found = fault(connection, simulator.url)

    assert isinstance(found, Throttled)
    assert fake_time.slept == []


# Each try.


def test_each_try_is_signed_anew(fake_time: FakeTime) -> None:
    """A signature of before the pause may have expired after it."""
    with Simulator(now=fake_time.wall) as simulator:
        known = simulator.describe()["huawei"]
        credentials = Credentials(access_key_id=known["access_key_id"], access_key_secret=known["access_key_secret"])
        simulator.faults.append(Fault(on=frozenset({1, 2}), reply=asks_for("1000")))
        connection = a_connection(fake_time, timeout=7200.0)
        call(connection, simulator.url, KeyPairAuth(credentials, connection.time_of_day.now))
        dates = [request.headers["X-Sdk-Date"] for request in simulator.requests]
        signatures = {request.headers["Authorization"] for request in simulator.requests}

        assert dates == ["20260131T120000Z", "20260131T121640Z", "20260131T123320Z"]
        assert len(signatures) == 3
        assert simulator.requests[-1].status == 200


def test_a_connection_that_hangs_does_not_hold_up_the_next_question(fake_time: FakeTime) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(on=frozenset({2}), reply=HELD_IN_THE_BODY))
        channel = http(a_connection(fake_time, request_timeout=1.0), simulator.url)

        assert [channel.call("GET", PROJECTS).keys() for _ in range(3)] == [{"projects"}] * 3
        assert len(simulator.requests) == 4


def test_each_answer_is_noted_with_its_request_id(fake_time: FakeTime) -> None:
    """It is what the cloud's support asks for first."""
    connection = a_connection(fake_time)
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults += [
            Fault(on=frozenset({1}), reply=Reply(status=503, headers={"X-Request-Id": "abc-1"}, body=b"12345")),
            Fault(on=frozenset({2}), reply=Reply(body=b'{"a": 1}', headers={"x-request-ID": "\t" + "x" * 500})),
        ]
        call(connection, simulator.url)
    first, second = (event.text for event in events(connection, EventKind.NOTE))

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
        simulator.faults.append(Fault(reply=Reply(headers=headers, body=b"{}")))
        call(connection, simulator.url)
    (note,) = events(connection, EventKind.NOTE)

    assert note.text == f"GET /v3/projects: 200, 2 bytes, request id {named}"


def test_an_answer_without_a_request_id_is_noted_too(fake_time: FakeTime) -> None:
    connection = a_connection(fake_time)
    with Peer(ok()) as peer:
        call(connection, f"http://{peer.address}")
    (note,) = events(connection, EventKind.NOTE)

    assert note.text == "GET /v3/projects: 200, 16 bytes, request id none"


# A machine whose clock is wrong.

WRONG = [-86400.0, -3600.0, -901.0, 901.0, 3600.0, 86400.0 * 365]


def signed_by(simulator: Simulator, connection: Connection) -> KeyPairAuth:
    known = simulator.describe()["huawei"]
    credentials = Credentials(access_key_id=known["access_key_id"], access_key_secret=known["access_key_secret"])
    return KeyPairAuth(credentials, connection.time_of_day.now)


def says_the_time(text: str, *, status: int = 200) -> Reply:
    return Reply(status=status, headers={"Date": text}, body=b"{}")


def notes_of_the_clock(connection: Connection) -> list[str]:
    return [event.text for event in events(connection, EventKind.NOTE) if "clock" in event.text]


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
    assert events(connection, EventKind.RETRY) == []


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
        simulator.faults.append(Fault(reply=says_the_time(told, status=401)))
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
        simulator.faults.append(Fault(reply=says_the_time(date, status=401)))
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
            Fault(on=frozenset({n}), reply=says_the_time(day, status=status)) for n, day in enumerate(days, 1)
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
        simulator.faults.append(Fault(on=frozenset({1, 2, 3}), reply=yesterday))
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
        simulator.faults.append(Fault(reply=says_the_time(date)))
        channel = http(connection, simulator.url)
        for _ in range(3):
            assert channel.call("GET", PROJECTS) == {}
            fake_time.elapsed += 30
        now = connection.time_of_day.now()

    assert now.tzinfo is UTC
    assert now + timedelta(minutes=15) > now


# TLS.


@pytest.mark.parametrize("through_a_proxy", [False, True], ids=["direct", "through-a-proxy"])
def test_a_certificate_that_nobody_signed_is_not_trusted(
    fake_time: FakeTime, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, *, through_a_proxy: bool
) -> None:
    with Peer(ok(), tls) as peer:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{peer.address}")
        found = fault(a_connection(fake_time), "https://gate.invalid" if through_a_proxy else f"https://{peer.address}")

        assert [head for head in peer.heard if not head.startswith("CONNECT")] == []
    assert isinstance(found, NotUnderstood)
    assert "certificate" in found.happened
    assert "--ca-bundle" in found.remedy
    assert fake_time.slept == []


def test_a_certificate_of_the_ca_bundle_is_trusted(fake_time: FakeTime, tls: ssl.SSLContext, certificate: Path) -> None:
    with Peer(ok(), tls) as peer:
        connection = a_connection(fake_time, ca_bundle=certificate)

        assert call(connection, f"https://{peer.address}") == {"projects": []}


def test_the_ca_bundle_comes_before_that_of_the_environment(
    fake_time: FakeTime, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Peer(ok(), tls) as peer:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{peer.address}")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "is-not-there"))
        connection = a_connection(fake_time, ca_bundle=certificate)

        assert call(connection, "https://gate.invalid") == {"projects": []}


def test_a_certificate_for_another_name_is_not_trusted(
    fake_time: FakeTime, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Peer(ok(), tls) as peer:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{peer.address}")
        connection = a_connection(fake_time, ca_bundle=certificate)
        found = fault(connection, "https://other.invalid")

    assert isinstance(found, NotUnderstood)
    assert "other.invalid" in found.happened


def test_a_server_that_speaks_no_tls_is_unreachable(fake_time: FakeTime) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        url = simulator.url.replace("http:", "https:")
        found = fault(a_connection(fake_time, timeout=0.0, request_timeout=0.2), url)

    assert isinstance(found, Unreachable)


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_bundle_of_the_environment_that_is_not_there_is_named(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, nobody: str
) -> None:
    """A mistake of the runner's set-up is none of the gate, and no network fault either."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://{nobody}")
    monkeypatch.setenv(variable, str(tmp_path / "is-not-there.pem"))
    found = fault(a_connection(fake_time), "https://gate.invalid")

    assert found.exit_code in {ExitCode.USAGE, ExitCode.CLOUD_UNAVAILABLE}
    assert "is-not-there.pem" in str(found)


BROKEN = "-----BEGIN CERTIFICATE-----\nnot base 64\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize("text", ["", "no certificate\n", BROKEN], ids=["empty", "text", "broken"])
def test_a_bundle_of_the_environment_without_certificates_is_the_users_mistake(
    fake_time: FakeTime,
    monkeypatch: pytest.MonkeyPatch,
    tls: ssl.SSLContext,
    tmp_path: Path,
    *,
    variable: str,
    text: str,
) -> None:
    """Another try would read the same file."""
    (tmp_path / "empty.pem").write_text(text)
    monkeypatch.setenv(variable, str(tmp_path / "empty.pem"))
    with Peer(ok(), tls) as peer:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{peer.address}")
        found = fault(a_connection(fake_time), "https://gate.invalid")

    assert isinstance(found, UsageError)
    assert "gate.invalid" in found.happened
    assert variable in found.means
    assert "--ca-bundle" in found.remedy
    assert fake_time.slept == []


def test_a_bundle_of_the_option_that_has_lost_its_certificates_is_named(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext, tmp_path: Path
) -> None:
    (tmp_path / "empty.pem").touch()
    with Peer(ok(), tls) as peer:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{peer.address}")
        found = fault(a_connection(fake_time, ca_bundle=tmp_path / "empty.pem"), "https://gate.invalid")

    assert isinstance(found, UsageError)
    assert "--ca-bundle" in found.means


@pytest.fixture
def no_thread() -> Iterator[None]:
    """No thread can be started, as where a container may have no more processes: its stack would fit nowhere."""
    before = threading.stack_size(2**47 - 2**16)
    yield
    threading.stack_size(before)


@pytest.mark.usefixtures("no_thread")
def test_a_machine_that_has_no_thread_for_a_request_is_named(fake_time: FakeTime) -> None:
    found = fault(a_connection(fake_time, timeout=1.0), "http://127.0.0.1:9")

    assert isinstance(found, Unreachable)
    assert str(found) == (
        "No thread can be started to send a request. This machine or container may have no more processes, or has no "
        "memory left. Run fewer jobs beside the gate, or raise the limit, such as --pids-limit or ulimit -u."
    )


def test_a_thread_that_can_be_had_later_is_waited_for(fake_time: FakeTime, request: pytest.FixtureRequest) -> None:
    with Peer(ok()) as peer:
        request.getfixturevalue("no_thread")
        fake_time.alarms[0.5] = lambda: threading.stack_size(0)

        assert call(a_connection(fake_time), f"http://{peer.address}") == {"projects": []}
    assert len(fake_time.slept) == 1


# Proxies, and what else requests takes from its surroundings.


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_used(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext, certificate: Path, variable: str
) -> None:
    with Peer(ok(), tls) as proxy:
        monkeypatch.setenv(variable, f"http://user:pass@{proxy.address}")
        call(a_connection(fake_time, ca_bundle=certificate), "https://gate.invalid")
        connect, question = proxy.heard

    assert connect.startswith("CONNECT gate.invalid:443 HTTP/1.")
    assert "\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n" in connect
    assert TOKEN not in connect
    assert f"\r\nX-Auth-Token: {TOKEN}\r\n" in question
    assert "Proxy-Authorization" not in question


@pytest.mark.parametrize("url", ["http://127.0.0.1", "http://localhost"])
def test_no_proxy_is_asked_for_a_loopback_address(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, url: str, nobody: str
) -> None:
    with Peer(ok()) as peer:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{nobody}")

        assert call(a_connection(fake_time), f"{url}:{peer.address.partition(':')[2]}") == {"projects": []}


def test_no_proxy_is_asked_where_the_environment_says_so(fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch) -> None:
    with Peer() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        monkeypatch.setenv("NO_PROXY", "gate.invalid")
        found = fault(a_connection(fake_time, timeout=0.0), "https://gate.invalid")

        assert proxy.heard == []
    assert isinstance(found, Unreachable)


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", b"HTTP/1.1 503 No\r\n\r\n", b"", b"no HTTP\r\n\r\n"],
)
@pytest.mark.parametrize(
    "user",
    ["user:hush-hush", "user:hush%2Fhush", "user:hush%40hush", "user:hush@hush", ":hush", "hush"],
)
def test_a_proxys_password_is_in_no_message(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, answer: bytes, user: str
) -> None:
    connection = a_connection(fake_time, timeout=1.0)
    with Peer(answer) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{user}@{proxy.address}")
        found = fault(connection, "https://gate.invalid")

    assert isinstance(found, Refused if b"407" in answer else Unreachable)
    assert "hush" not in str(found) + "".join(event.text for event in connection.event_log.events)


def test_a_proxys_password_beyond_ascii_is_in_no_message_however_it_is_encoded(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy repeats what it was told in its refusal."""
    connection = a_connection(fake_time, timeout=1.0)
    told = [b64encode("bot:hush-h\u00f6sh".encode(code)) for code in ("latin-1", "utf-8")]
    with Peer(b"HTTP/1.1 407 not by " + b" or ".join(told) + b"\r\n\r\n") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://bot:hush-h%C3%B6sh@{proxy.address}")
        found = fault(connection, "https://gate.invalid")

    seen = str(found) + "".join(event.text for event in connection.event_log.events)
    assert [word for word in told if word.decode() in seen] == []


@pytest.mark.parametrize("password", ["hunter2", "p+", "407", ""])
@pytest.mark.parametrize(("status", "kind"), [(407, Refused), (403, Unreachable)])
def test_a_proxys_password_is_in_no_message_however_short_it_is(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, password: str, status: int, kind: type[GateError]
) -> None:
    """And the fault is the same whatever the password is."""
    with Peer(f"HTTP/1.1 {status} user bot (pw {password}) may not\r\n\r\n".encode()) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://bot:{quote(password)}@{proxy.address}")
        found = fault(a_connection(fake_time, timeout=1.0), "https://gate.invalid")

    assert isinstance(found, kind)
    assert "may not" in found.happened
    assert not password or password not in found.happened


def test_a_proxys_short_password_tears_no_holes_into_answers(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext, certificate: Path
) -> None:
    with Peer(ok(b'{"jobs": "done"}'), tls) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:o@{proxy.address}")

        assert call(a_connection(fake_time, ca_bundle=certificate), "https://gate.invalid") == {"jobs": "done"}


def test_a_proxy_whose_address_is_not_utf_8_is_the_users_to_change(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Peer() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://bot:hush-h\udcf6sh@{proxy.address}")

        assert isinstance(fault(a_connection(fake_time, timeout=1.0), "https://gate.invalid"), GateError)


@pytest.mark.parametrize(
    "proxy",
    [
        "http://user:hush/hush@127.0.0.1:1",
        "http://user:hush#hush@127.0.0.1:1",
        "http://user:hush?hush@127.0.0.1:1",
        "http://user:hush hush@127.0.0.1:1",
        "http://user:hush\\hush@127.0.0.1:1",
        "user:hush@127.0.0.1:1",
        "user:hush/hush@127.0.0.1:1",
        "http:/user:hush@127.0.0.1:1",
        "http://user:hush@127.0.0.1:port",
        "http://user:hush@[::1",
        "ftp://user:hush@127.0.0.1:1",
        "socks5://user:hush@127.0.0.1:1",
    ],
)
def test_the_password_of_a_mistyped_proxy_is_in_no_message(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    """Not even in part, where a letter of it cuts the URL in two."""
    connection = a_connection(fake_time, timeout=1.0)
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    found = fault(connection, "https://gate.invalid")

    assert found.exit_code in {ExitCode.USAGE, ExitCode.CLOUD_UNAVAILABLE}
    assert "hush" not in str(found) + "".join(event.text for event in connection.event_log.events)


@pytest.mark.parametrize(
    "proxy",
    [
        "http://us[er:hush@127.0.0.1:1",
        "http://user:hu]hush@127.0.0.1:1",
        "http://user:\u4ee4hush@127.0.0.1:1",
        "http://user:hush@.invalid:1",
        "http://user:hush@" + "h" * 64 + ".invalid:1",
        "http://user:hush@[::1",
        "http://user:hush@127.0.0.1:port",
        "http:/user:hush@127.0.0.1:1",
    ],
    ids=["bracket", "other-bracket", "no-ascii", "no-name", "long-name", "half-an-address", "no-port", "one-slash"],
)
def test_a_proxy_whose_address_cannot_be_read_is_the_users_mistake(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    connection = a_connection(fake_time)
    found = fault(connection, "https://gate.invalid")

    assert isinstance(found, UsageError)
    assert found.happened == "The address of the proxy cannot be read."
    assert "hush" not in str(found) + "".join(event.text for event in connection.event_log.events)
    assert "HTTPS_PROXY" in found.means
    assert fake_time.slept == []


def test_a_netrc_file_is_not_used(fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What signs in is what the user gave to the gate, and nothing that lies about."""
    (tmp_path / ".netrc").write_text("default login somebody password hush\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))
    with Peer(ok()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.address}")
        call(a_connection(fake_time), "http://gate.invalid")
        (head,) = proxy.heard

    assert head.startswith("GET http://gate.invalid/v3/projects HTTP/1.1\r\n")
    assert f"\r\nX-Auth-Token: {TOKEN}\r\n" in head
    assert "Authorization" not in head


# Secrets.


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500, 503])
def test_a_secret_that_the_cloud_repeats_is_in_no_message(fake_time: FakeTime, status: int) -> None:
    connection = a_connection(fake_time, timeout=1.0)
    body = b'{"error_code": "APIGW.0301", "error_msg": "x-auth-token:%b"}' % TOKEN.encode()
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(reply=Reply(status=status, headers={"X-Request-Id": TOKEN}, body=body)))
        found = fault(connection, simulator.url)

    said = f"{found} {found!r}" + "".join(event.text for event in connection.event_log.events)
    assert "APIGW.0301" in said
    assert TOKEN not in said


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ("to/ken+to/ken==", r"to/ken+to/ken=="),
        ("to/ken+to/ken==", r"to\/ken+to\/ken=="),
        ("to/ken+to/ken==", r"to\\/ken+to\\/ken=="),
        ("to/ken+to/ken==", r"to/ken+to/ken\u003d\u003d"),
        ("to/ken+to/ken==", r"to\u002Fken\u002bto\u002fken=="),
        ("to/ken+to/ken==", "to%2Fken%2Bto%2Fken%3D%3D"),
        ("to/ken+to/ken==", "to%252Fken%252bto%252Fken%3D%253D"),
        ("to/ken+to/ken==", "to&#x2F;ken&#43;to&#x2f;ken&#x3D;&#61;"),
        ("to/ken+to/ken==", r"to&#047;ken&#X002B;to\u0026#47;ken=="),
        ("to/ken+to/ken==", "x" * 290 + "to/ken+to/ken=="),
    ],
    ids=[
        "plain",
        "slashes-escaped",
        "slashes-escaped-twice",
        "equals-signs-escaped",
        "slashes-by-number",
        "quoted",
        "quoted-twice",
        "as-go-and-owasp-write-html",
        "as-html-may-be-written-too",
        "cut",
    ],
)
def test_a_secret_is_in_no_message_however_it_is_spelt(fake_time: FakeTime, secret: str, said: str) -> None:
    """Encoders of JSON differ in what they escape, and a message that is cut may be cut inside of it."""
    connection = a_connection(fake_time)
    body = b'{"error_code": "APIGW.0301", "error_msg": "got %b"}' % said.encode()
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(reply=Reply(status=401, body=body)))
        with pytest.raises(NotAuthorised) as caught:
            http(connection, simulator.url, TokenAuth(secret), secrets=(secret,)).call("GET", PROJECTS)

    assert "to/ken" not in unquote(unquote(html.unescape(str(caught.value)))).replace("\\", "")


@pytest.mark.parametrize("before", ["", "u", "us", "user:"], ids=repr)
@pytest.mark.parametrize("after", ["", "\n", " and more"], ids=repr)
def test_a_secret_is_in_no_message_in_base64_wherever_in_it_it_begins(
    fake_time: FakeTime, before: str, after: str
) -> None:
    """As a proxy repeats what signed in, or a gateway the value of a header."""
    secret = "IQoJb3Jp+Z2lu/X2VjEJr+aCXVzLWVhc3Qt/MSJHMEUCIQDk+sT=="
    told = b64encode(f"{before}{secret}{after}".encode()).decode()
    body = json.dumps({"error_code": "APIGW.0301", "error_msg": f"got {told}"}).encode()
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(reply=Reply(status=401, body=body)))
        with pytest.raises(NotAuthorised) as caught:
            http(a_connection(fake_time), simulator.url, TokenAuth(secret), secrets=(secret,)).call("GET", PROJECTS)

    shown = str(caught.value)
    assert "***" in shown
    first, last = len(before) * 4 // 3, (len(before) + len(secret)) * 4 // 3
    assert [piece for at in range(first, last - 4) if (piece := told[at : at + 5]) in shown] == []


@pytest.mark.parametrize(
    ("secret", "said"),
    [("seven77", "got seven77 and seven77"), ("eight888", "got *** and ***"), ("", "got  and "), ("a", "got a and a")],
    ids=["seven", "eight", "none", "one"],
)
def test_what_is_too_short_for_a_secret_tears_no_holes_into_answers(
    fake_time: FakeTime, secret: str, said: str
) -> None:
    """A user who gives "a" for a key learns from the cloud's own words that it is none."""
    body = f'{{"error_code": "APIGW.0301", "error_msg": "got {secret} and {secret}"}}'.encode()
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(reply=Reply(status=401, body=body)))
        with pytest.raises(NotAuthorised) as caught:
            http(a_connection(fake_time), simulator.url, secrets=(secret,)).call("GET", PROJECTS)

    assert f"APIGW.0301: {said.strip()}" in caught.value.happened


def test_a_short_secret_does_not_shield_a_long_one(fake_time: FakeTime) -> None:
    body = f'{{"error_code": "APIGW.0301", "error_msg": "got {TOKEN} and sim"}}'.encode()
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(reply=Reply(status=401, body=body)))
        with pytest.raises(NotAuthorised) as caught:
            http(a_connection(fake_time), simulator.url, secrets=("sim", TOKEN)).call("GET", PROJECTS)

    assert "got *** and sim" in caught.value.happened


def test_the_security_token_is_in_no_message_about_a_wrong_signature(fake_time: FakeTime) -> None:
    """The gateway repeats all that was signed, and the security token is."""
    with Simulator(now=fake_time.wall) as simulator:
        known = simulator.describe()["huawei"]
        token = known["security_token"]
        wrong = Credentials(access_key_id=known["access_key_id"], access_key_secret="wrong", security_token=token)
        connection = a_connection(fake_time)
        channel = http(connection, simulator.url, KeyPairAuth(wrong, connection.time_of_day.now), secrets=wrong.secrets)
        with pytest.raises(NotAuthorised) as caught:
            channel.call("GET", PROJECTS)

    said = str(caught.value) + "".join(event.text for event in connection.event_log.events)
    assert "canonicalRequest" in said
    assert token[:20] not in said
