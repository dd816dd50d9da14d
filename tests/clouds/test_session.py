"""What the gate changes of `requests`: the names in NO_PROXY, who is trusted, and how a connection is opened."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

import pytest
import requests
from urllib3.exceptions import NewConnectionError
from urllib3.util.ssl_ import create_urllib3_context

from gate.clouds.exchange import Exchange
from gate.clouds.session import HTTPConnection, Session, readable_no_proxy, trust
from tests.clouds.builders import Peer, ok_response

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "readable"),
    [
        ("", ""),
        ("A.Example,b.example", "a.example,b.example"),
        (" a.example;b.example\tc.example , ", "a.example,b.example,c.example"),
        ("*.a.example,**.b.example,*", ".a.example,.b.example,*"),
        ("a*.example,b.example*", "a*.example,b.example*"),
        ("a.example.,b.example.:443", "a.example,b.example"),
        ("a.example:443,b.example:8443,c.example", "a.example,c.example"),
        ("::1,fe80::,10.0.0.0/8", "::1,fe80::,10.0.0.0/8"),
        ("a.example:https", "a.example:https"),
    ],
    ids=[
        "empty",
        "capitals",
        "separators",
        "stars",
        "stars-inside",
        "dots-at-the-end",
        "ports",
        "addresses",
        "no-port",
    ],
)
def test_no_proxy_is_rewritten_as_requests_reads_it(text: str, readable: str) -> None:
    assert readable_no_proxy(text) == readable


def test_a_host_with_the_port_of_the_request_stays_in_no_proxy() -> None:
    assert readable_no_proxy("a.example:443,b.example:8443,c.example", 8443) == "b.example,c.example"


@pytest.mark.parametrize(
    ("url", "no_proxy", "proxy"),
    [
        ("https://a.example", "a.example:443", None),
        ("https://a.example:8443", "a.example:443", "http://proxy.example:3128"),
        ("https://a.example:8443", "a.example:8443", None),
        ("https://a.example", "b.example", "http://proxy.example:3128"),
    ],
    ids=["its-port", "other-port", "its-unusual-port", "other-host"],
)
def test_no_proxy_is_about_its_host_and_its_port_only(
    monkeypatch: pytest.MonkeyPatch, url: str, no_proxy: str, proxy: str | None
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    proxies = Session().merge_environment_settings(url, {}, True, None, None)["proxies"]  # noqa: FBT003

    assert proxies.get("https") == proxy
    assert "no_proxy" not in proxies


def test_only_without_a_file_of_the_user_the_authorities_of_the_system_count(
    monkeypatch: pytest.MonkeyPatch, certificate: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("SSL_CERT_DIR", "/absent")

    assert trust(is_given=False).cert_store_stats()["x509"] == 1
    assert trust(is_given=True).cert_store_stats()["x509"] == 0


def test_the_authorities_of_the_user_need_not_follow_the_strict_rules_and_all_other_checks_stay() -> None:
    usual = create_urllib3_context().verify_flags

    assert trust(is_given=False).verify_flags == usual
    assert trust(is_given=True).verify_flags == usual & ~ssl.VERIFY_X509_STRICT
    assert trust(is_given=True).verify_mode == ssl.CERT_REQUIRED


def test_a_session_follows_no_redirect_and_keeps_no_cookie() -> None:
    session = Session()
    redirect = requests.Response()
    redirect.status_code, redirect.headers["Location"] = 302, "https://other.example"
    cookie = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\n{}"
    with Peer(cookie) as peer:
        Exchange(lambda _: session.get(f"http://{peer.address}")).result(5.0)

    assert session.get_redirect_target(redirect) is None
    assert not session.cookies


def connected(host: str, port: int, timeout: float = 5.0) -> HTTPConnection:
    """A connection that an exchange has opened."""

    def connect(_: Exchange[HTTPConnection]) -> HTTPConnection:
        connection = HTTPConnection(host, port, timeout=timeout)
        connection.connect()
        return connection

    return Exchange(connect).result(10.0)


def test_a_connection_sends_without_delay_and_has_the_timeout() -> None:
    with Peer(ok_response()) as peer:
        connection = connected("127.0.0.1", int(peer.address.partition(":")[2]), 3.0)
        sock = connection.sock

        assert sock is not None
        assert sock.gettimeout() == 3.0
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        connection.close()


def test_an_address_where_nothing_listens_is_refused_when_the_connection_is_opened(unused_address: str) -> None:
    """Not only when the request is sent, as with a datagram, for which the system opens a socket anywhere."""
    with pytest.raises(NewConnectionError, match=r"Failed to establish a new connection: .*refused"):
        connected("127.0.0.1", int(unused_address.partition(":")[2]))


def test_a_name_without_an_address_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [])
    with pytest.raises(NewConnectionError, match=r"new connection: the name has no address$"):
        connected("empty.example", 80)


def test_an_address_of_ipv6_may_be_in_brackets() -> None:
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with server:
        connected("[::1]", server.getsockname()[1]).close()
