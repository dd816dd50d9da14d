"""TLS certificates, proxies, and what else requests takes from the environment."""

from __future__ import annotations

import threading
from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from gate.errors import (
    ExitCode,
    GateError,
    NotUnderstood,
    Refused,
    Unreachable,
    UsageError,
)
from gate.simulator import (
    Simulator,
)
from tests.clouds.builders import Peer, a_connection, ok_response

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

    from tests.builders import FakeTime


from tests.clouds.clients import TOKEN, call, fault

# TLS.


@pytest.mark.parametrize("through_a_proxy", [False, True], ids=["direct", "through-a-proxy"])
def test_a_certificate_that_nobody_signed_is_not_trusted(
    fake_time: FakeTime, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, *, through_a_proxy: bool
) -> None:
    with Peer(ok_response(), tls) as peer:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{peer.address}")
        found = fault(a_connection(fake_time), "https://gate.invalid" if through_a_proxy else f"https://{peer.address}")

        assert [head for head in peer.requests if not head.startswith("CONNECT")] == []
    assert isinstance(found, NotUnderstood)
    assert "certificate" in found.happened
    assert "--ca-bundle" in found.remedy
    assert fake_time.slept == []


def test_a_certificate_of_the_ca_bundle_is_trusted(fake_time: FakeTime, tls: ssl.SSLContext, certificate: Path) -> None:
    with Peer(ok_response(), tls) as peer:
        connection = a_connection(fake_time, ca_bundle=certificate)

        assert call(connection, f"https://{peer.address}") == {"projects": []}


def test_the_ca_bundle_comes_before_that_of_the_environment(
    fake_time: FakeTime, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Peer(ok_response(), tls) as peer:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{peer.address}")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "is-not-there"))
        connection = a_connection(fake_time, ca_bundle=certificate)

        assert call(connection, "https://gate.invalid") == {"projects": []}


def test_a_certificate_for_another_name_is_not_trusted(
    fake_time: FakeTime, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Peer(ok_response(), tls) as peer:
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
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, unused_address: str
) -> None:
    """A mistake of the runner's set-up is none of the gate, and no network fault either."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://{unused_address}")
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
    with Peer(ok_response(), tls) as peer:
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
    with Peer(ok_response(), tls) as peer:
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
    with Peer(ok_response()) as peer:
        request.getfixturevalue("no_thread")
        fake_time.alarms[0.5] = lambda: threading.stack_size(0)

        assert call(a_connection(fake_time), f"http://{peer.address}") == {"projects": []}
    assert len(fake_time.slept) == 1


# Proxies, and what else requests takes from its surroundings.


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_used(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext, certificate: Path, variable: str
) -> None:
    with Peer(ok_response(), tls) as proxy:
        monkeypatch.setenv(variable, f"http://user:pass@{proxy.address}")
        call(a_connection(fake_time, ca_bundle=certificate), "https://gate.invalid")
        connect, question = proxy.requests

    assert connect.startswith("CONNECT gate.invalid:443 HTTP/1.")
    assert "\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n" in connect
    assert TOKEN not in connect
    assert f"\r\nX-Auth-Token: {TOKEN}\r\n" in question
    assert "Proxy-Authorization" not in question


@pytest.mark.parametrize("url", ["http://127.0.0.1", "http://localhost"])
def test_no_proxy_is_asked_for_a_loopback_address(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, url: str, unused_address: str
) -> None:
    with Peer(ok_response()) as peer:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{unused_address}")

        assert call(a_connection(fake_time), f"{url}:{peer.address.partition(':')[2]}") == {"projects": []}


def test_no_proxy_is_asked_where_the_environment_says_so(fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch) -> None:
    with Peer() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        monkeypatch.setenv("NO_PROXY", "gate.invalid")
        found = fault(a_connection(fake_time, timeout=0.0), "https://gate.invalid")

        assert proxy.requests == []
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
    with Peer(ok_response(b'{"jobs": "done"}'), tls) as proxy:
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
    with Peer(ok_response()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.address}")
        call(a_connection(fake_time), "http://gate.invalid")
        (head,) = proxy.requests

    assert head.startswith("GET http://gate.invalid/v3/projects HTTP/1.1\r\n")
    assert f"\r\nX-Auth-Token: {TOKEN}\r\n" in head
    assert "Authorization" not in head
