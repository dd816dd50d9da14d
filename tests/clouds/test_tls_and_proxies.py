"""TLS certificates, proxies, and the other settings that requests reads from the environment."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from ssl import get_default_verify_paths
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from gate.errors import ExitCode, NotUnderstood, Refused, Unreachable, UsageError
from gate.simulator import Simulator
from tests.clouds.builders import Peer, a_connection, ok_response
from tests.clouds.clients import TOKEN, call, error_of, messages

if TYPE_CHECKING:
    import ssl

    from gate.errors import GateError
    from tests.builders import FakeTime

# TLS.


@pytest.mark.parametrize("through_a_proxy", [False, True], ids=["direct", "through-a-proxy"])
def test_a_self_signed_certificate_is_not_trusted(
    fake_time: FakeTime, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, *, through_a_proxy: bool
) -> None:
    with Peer(ok_response(), tls) as peer:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{peer.address}")
        url = "https://gate.invalid" if through_a_proxy else f"https://{peer.address}"
        error = error_of(a_connection(fake_time), url)

        assert [head for head in peer.requests if not head.startswith("CONNECT")] == []
    assert isinstance(error, NotUnderstood)
    assert "certificate" in error.happened
    assert "--ca-bundle" in error.remedy
    assert fake_time.slept == []


def test_a_certificate_of_the_ca_bundle_is_trusted(fake_time: FakeTime, tls: ssl.SSLContext, certificate: Path) -> None:
    with Peer(ok_response(), tls) as peer:
        connection = a_connection(fake_time, ca_bundle=certificate)

        assert call(connection, f"https://{peer.address}") == {"projects": []}


@pytest.mark.parametrize("through_a_proxy", [False, True], ids=["direct", "through-a-proxy"])
def test_an_authority_of_the_system_is_trusted_unless_the_user_has_named_others(
    fake_time: FakeTime,
    tls: ssl.SSLContext,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    through_a_proxy: bool,
) -> None:
    others = Path(get_default_verify_paths().cafile or "")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    def answer(ca_bundle: Path | None = None) -> object:
        with Peer(ok_response(), tls) as peer:
            monkeypatch.setenv("HTTPS_PROXY", f"http://{peer.address}")
            url = "https://gate.invalid" if through_a_proxy else f"https://{peer.address}"
            return call(a_connection(fake_time, ca_bundle=ca_bundle), url)

    assert answer() == {"projects": []}
    with pytest.raises(NotUnderstood, match="cannot be trusted"):
        answer(others)


def test_the_ca_bundle_option_overrides_the_one_in_the_environment(
    fake_time: FakeTime, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Peer(ok_response(), tls) as peer:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{peer.address}")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
        connection = a_connection(fake_time, ca_bundle=certificate)

        assert call(connection, "https://gate.invalid") == {"projects": []}


def test_a_certificate_for_another_name_is_not_trusted(
    fake_time: FakeTime, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Peer(ok_response(), tls) as peer:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{peer.address}")
        connection = a_connection(fake_time, ca_bundle=certificate)
        error = error_of(connection, "https://other.invalid")

    assert isinstance(error, NotUnderstood)
    assert "other.invalid" in error.happened


def test_a_server_without_tls_is_unreachable(fake_time: FakeTime) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        url = simulator.url.replace("http:", "https:")
        error = error_of(a_connection(fake_time, timeout=0.0, request_timeout=0.2), url)

    assert isinstance(error, Unreachable)


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_error_names_a_ca_bundle_in_the_environment_that_does_not_exist(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, unused_address: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{unused_address}")
    monkeypatch.setenv(variable, str(tmp_path / "missing.pem"))
    error = error_of(a_connection(fake_time), "https://gate.invalid")

    assert isinstance(error, UsageError)
    assert "missing.pem" in error.happened
    assert variable in error.means


INVALID_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nnot base 64\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize("text", ["", "no certificate\n", INVALID_CERTIFICATE], ids=["empty", "text", "invalid"])
def test_a_ca_bundle_in_the_environment_without_certificates_is_a_usage_error(
    fake_time: FakeTime,
    monkeypatch: pytest.MonkeyPatch,
    tls: ssl.SSLContext,
    tmp_path: Path,
    *,
    variable: str,
    text: str,
) -> None:
    """It is not retried: the next attempt would read the same file."""
    (tmp_path / "empty.pem").write_text(text)
    monkeypatch.setenv(variable, str(tmp_path / "empty.pem"))
    with Peer(ok_response(), tls) as peer:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{peer.address}")
        error = error_of(a_connection(fake_time), "https://gate.invalid")

    assert isinstance(error, UsageError)
    assert "gate.invalid" in error.happened
    assert variable in error.means
    assert "--ca-bundle" in error.remedy
    assert fake_time.slept == []


def test_a_ca_bundle_option_without_certificates_is_a_usage_error(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext, tmp_path: Path
) -> None:
    (tmp_path / "empty.pem").touch()
    with Peer(ok_response(), tls) as peer:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{peer.address}")
        error = error_of(a_connection(fake_time, ca_bundle=tmp_path / "empty.pem"), "https://gate.invalid")

    assert isinstance(error, UsageError)
    assert "--ca-bundle" in error.means


# Proxies, and the netrc file.


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_the_proxy_in_the_environment_is_used(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext, certificate: Path, variable: str
) -> None:
    with Peer(ok_response(), tls) as proxy:
        monkeypatch.setenv(variable, f"http://user:pass@{proxy.address}")
        call(a_connection(fake_time, ca_bundle=certificate), "https://gate.invalid")
        connect, tunnelled = proxy.requests

    assert connect.startswith("CONNECT gate.invalid:443 HTTP/1.")
    assert "\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n" in connect
    assert TOKEN not in connect
    assert f"\r\nX-Auth-Token: {TOKEN}\r\n" in tunnelled
    assert "Proxy-Authorization" not in tunnelled


@pytest.mark.parametrize("url", ["http://127.0.0.1", "http://localhost"])
def test_no_proxy_is_used_for_a_loopback_address(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, url: str, unused_address: str
) -> None:
    with Peer(ok_response()) as peer:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{unused_address}")

        assert call(a_connection(fake_time), f"{url}:{peer.address.partition(':')[2]}") == {"projects": []}


@pytest.mark.parametrize("address", ["100.100.100.200", "169.254.169.254"])
def test_no_proxy_is_used_for_the_metadata_service_of_this_machine(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """The tests may not connect to it, so that the attempt alone shows the way."""
    with Peer(ok_response()) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{proxy.address}")
        with pytest.raises(UserWarning, match=address):
            call(a_connection(fake_time), f"http://{address}")

        assert proxy.requests == []


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize(
    "hosts",
    [
        "api.gate.invalid",
        "gate.invalid",
        ".gate.invalid",
        "*.gate.invalid",
        "*.Gate.Invalid",
        "localhost, *.gate.invalid",
        "localhost *.gate.invalid",
        "*.gate.invalid,",
        "**.gate.invalid",
        "localhost;*.gate.invalid",
        "api.gate.invalid:443",
        "api.gate.invalid.",
        "api.gate.invalid\r",
        "*",
    ],
)
def test_no_proxy_is_used_for_a_host_in_no_proxy(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, hosts: str, name: str
) -> None:
    with Peer() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        monkeypatch.setenv(name, hosts)
        error = error_of(a_connection(fake_time, timeout=0.0), "https://api.gate.invalid")

        assert proxy.requests == []
    assert isinstance(error, Unreachable)


@pytest.mark.parametrize(
    "hosts", ["", "*.invalid.example", "xgate.invalid", "gate.invalid.example", "gate.invalid:8443", "::1", ";"]
)
def test_the_proxy_is_used_for_any_other_host(fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, hosts: str) -> None:
    with Peer(b"HTTP/1.1 407 No\r\n\r\n") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        monkeypatch.setenv("NO_PROXY", hosts)
        error_of(a_connection(fake_time, timeout=0.0), "https://api.gate.invalid")

        assert len(proxy.requests) == 1


@pytest.mark.parametrize(
    "response",
    [b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", b"HTTP/1.1 503 No\r\n\r\n", b"", b"no HTTP\r\n\r\n"],
    ids=["407", "503", "closed", "no-http"],
)
@pytest.mark.parametrize(
    "user_info",
    ["user:hush-hush", "user:hush%2Fhush", "user:hush%40hush", "user:hush@hush", ":hush", "hush"],
)
def test_the_password_of_a_proxy_is_redacted(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, response: bytes, user_info: str
) -> None:
    connection = a_connection(fake_time, timeout=1.0)
    with Peer(response) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{user_info}@{proxy.address}")
        error = error_of(connection, "https://gate.invalid")

    assert isinstance(error, Refused if response.startswith(b"HTTP/1.1") else Unreachable)
    assert "hush" not in messages(connection, error)


def test_a_password_of_a_proxy_that_is_not_ascii_is_redacted_in_base64_of_either_encoding(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy repeats the Proxy-Authorization header in its error."""
    connection = a_connection(fake_time, timeout=1.0)
    encoded = [b64encode("bot:hush-h\u00f6sh".encode(encoding)) for encoding in ("latin-1", "utf-8")]
    with Peer(b"HTTP/1.1 407 not by " + b" or ".join(encoded) + b"\r\n\r\n") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://bot:hush-h%C3%B6sh@{proxy.address}")
        error = error_of(connection, "https://gate.invalid")

    assert [form for form in encoded if form.decode() in messages(connection, error)] == []


@pytest.mark.parametrize("password", ["hunter2", "p+", "407", "#", ""])
@pytest.mark.parametrize(("status", "expected"), [(407, Refused), (403, Refused), (429, Unreachable)])
def test_even_a_short_password_of_a_proxy_is_redacted(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, password: str, status: int, expected: type[GateError]
) -> None:
    """The class of the error does not depend on the password."""
    with Peer(f"HTTP/1.1 {status} user bot (pw {password}) may not\r\n\r\n".encode()) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://bot:{quote(password)}@{proxy.address}")
        error = error_of(a_connection(fake_time, timeout=1.0), "https://gate.invalid")

    assert isinstance(error, expected)
    assert "may not" in error.happened
    # The port of the proxy is chosen at random, and may contain the digits.
    assert not password or password not in error.happened.replace(proxy.address, "the proxy")


def test_a_short_password_of_a_proxy_is_not_redacted_in_responses(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext, certificate: Path
) -> None:
    with Peer(ok_response(b'{"jobs": "done"}'), tls) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:o@{proxy.address}")

        assert call(a_connection(fake_time, ca_bundle=certificate), "https://gate.invalid") == {"jobs": "done"}


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
def test_the_password_in_a_mistyped_proxy_address_is_redacted(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    """Not even a part of it is shown where a character in the password splits the URL."""
    connection = a_connection(fake_time, timeout=1.0)
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    error = error_of(connection, "https://gate.invalid")

    assert error.exit_code in {ExitCode.USAGE, ExitCode.CLOUD_UNAVAILABLE}
    assert "hush" not in messages(connection, error)


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
        "http://user:hush-h\udcf6sh@127.0.0.1:1",
        "proxy:3128",
    ],
    ids=[
        "opening-bracket",
        "closing-bracket",
        "not-ascii",
        "empty-label",
        "long-label",
        "half-an-address",
        "invalid-port",
        "one-slash",
        "not-utf-8",
        "no-scheme",
    ],
)
def test_a_proxy_address_that_cannot_be_parsed_is_a_usage_error(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    connection = a_connection(fake_time)
    error = error_of(connection, "https://gate.invalid")

    assert isinstance(error, UsageError)
    assert error.happened == "The address of the proxy cannot be read."
    assert "hush" not in messages(connection, error)
    assert "HTTPS_PROXY" in error.means
    assert "a name without http:// before it" in error.means
    assert fake_time.slept == []


def test_a_netrc_file_is_not_used(fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The gate authenticates only with the credentials that were given to it."""
    (tmp_path / ".netrc").write_text("default login user password hush\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))
    with Peer(ok_response()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.address}")
        call(a_connection(fake_time), "http://gate.invalid")
        (head,) = proxy.requests

    assert head.startswith("GET http://gate.invalid/v3/projects HTTP/1.1\r\n")
    assert f"\r\nX-Auth-Token: {TOKEN}\r\n" in head
    assert "Authorization" not in head


@pytest.mark.parametrize("status", [201, 300, 400, 403, 404, 405, 407, 451, 500, 502, 503, 504, 599])
def test_a_proxy_that_refuses_the_host_ends_the_run_at_once_and_is_named(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    with Peer(f"HTTP/1.1 {status} Blocked by policy\r\n\r\n".encode()) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://bot:hush-hush@{proxy.address}")
        error = error_of(a_connection(fake_time), "https://gate.invalid")

        assert len(proxy.requests) == 1
        assert f"does not let this runner reach gate.invalid through the proxy {proxy.address}" in error.happened
    assert isinstance(error, Refused)
    texts = {407: ("requires authentication", "Correct HTTPS_PROXY")}
    of_kind = ("Its rules", "Have the host allowed") if status < 500 else ("The proxy itself", "Check --endpoint")
    means, remedy = texts.get(status, of_kind)
    assert means in error.means
    assert remedy in error.remedy
    assert fake_time.slept == []


def test_a_proxy_whose_address_has_no_scheme_is_named_too(fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch) -> None:
    with Peer(b"HTTP/1.1 403 Blocked by policy\r\n\r\n") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.address)
        error = error_of(a_connection(fake_time), "https://gate.invalid")

    assert f"reach gate.invalid through the proxy {proxy.address} (" in error.happened


@pytest.mark.parametrize(
    "address",
    ["http://bob:123/hush@127.0.0.1:1", "bob:123/hush@127.0.0.1:1", "http://bob:123?@h:1", "bob:123#@h:1"],
)
def test_no_part_of_a_password_is_taken_for_the_port_of_a_proxy(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    connection = a_connection(fake_time, timeout=1.0)

    assert "bob" not in messages(connection, error_of(connection, "https://gate.invalid"))


@pytest.mark.parametrize("address", ["$(PROXY)", "${HTTPS_PROXY}", '"http://proxy.example:3128"', "null", "%PROXY%"])
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_that_was_never_filled_in_is_a_usage_error_at_once(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, address: str, name: str
) -> None:
    """Its name cannot be resolved, which looked like a fault of the network for five minutes."""
    monkeypatch.setenv(name, address)
    error = error_of(a_connection(fake_time), "https://gate.invalid")

    assert isinstance(error, UsageError)
    assert error.happened.startswith("The address of the proxy was never filled in: ")
    assert "proxy.example" not in str(error)
    assert fake_time.slept == []


@pytest.mark.parametrize("status", [408, 429])
def test_a_proxy_that_is_busy_is_asked_again(fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    with Peer(f"HTTP/1.1 {status} Later\r\n\r\n".encode()) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        error = error_of(a_connection(fake_time, timeout=10.0), "https://gate.invalid")

        assert len(proxy.requests) > 1
        assert f"gate.invalid through the proxy {proxy.address} cannot be reached" in error.happened
    assert isinstance(error, Unreachable)


@pytest.mark.parametrize("status", [302, 403, 503])
def test_a_response_that_may_be_the_proxys_own_names_the_proxy(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext, certificate: Path, status: int
) -> None:
    """A proxy that opens the TLS connection answers in place of the cloud."""
    page = b"<title>Web filter</title>"
    with Peer(b"HTTP/1.1 %d No\r\nContent-Length: %d\r\n\r\n%b" % (status, len(page), page), tls) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://bot:hush-hush@{proxy.address}")
        error = error_of(a_connection(fake_time, ca_bundle=certificate, timeout=0.0), "https://gate.invalid")

    assert f"It came through the proxy {proxy.address}." in error.happened
    assert "a page with the title 'Web filter'" in error.happened


def test_without_a_proxy_none_is_named(fake_time: FakeTime, unused_address: str) -> None:
    error = error_of(a_connection(fake_time, timeout=1.0), f"http://{unused_address}")

    assert "through the proxy" not in error.happened
