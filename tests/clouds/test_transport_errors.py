"""Errors of the network are described in the words of the system, without the names of Python objects."""

from __future__ import annotations

import http.client
import socket
import ssl

import pytest
import requests
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)

from gate.clouds.transport_errors import error_from
from gate.errors import Unreachable

WIRE = HTTPConnection("hss.example.com")


def caused_by(error: Exception, cause: Exception) -> Exception:
    """The error as urllib3 raises it `from` the error of the socket."""
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "described"),
    [
        (
            caused_by(NewConnectionError(WIRE, "Failed to establish: [Errno 111]"), OSError(111, "Connection refused")),
            "Connection refused",
        ),
        (
            caused_by(NameResolutionError("x", WIRE, socket.gaierror(-2, "unknown")), socket.gaierror(-2, "unknown")),
            "unknown",
        ),
        (NewConnectionError(WIRE, "No route."), "new connection error: No route."),
        (ConnectTimeoutError(WIRE, "Timed out after 10 s"), "connect timeout error: Timed out after 10 s"),
        (ConnectTimeoutError(WIRE, "Timed out. (connect timeout=10.0)"), "no connection within 10 s"),
        (
            ReadTimeoutError(HTTPConnectionPool("h"), "/", "Read timed out. (read timeout=10.0)"),
            "no connection within 10 s",
        ),
        (ProtocolError("Connection aborted.", OSError(104, "Reset by peer")), "Reset by peer"),
        (
            ProtocolError("Connection aborted.", http.client.RemoteDisconnected("The server closed it")),
            "remote disconnected: The server closed it",
        ),
        (http.client.IncompleteRead(b"12345", 10), "incomplete read: 5 bytes read, 10 more expected"),
        (OSError("Tunnel connection failed: 408"), "Tunnel connection failed: 408"),
        (FileNotFoundError(2, "No such file", "client.pem"), "No such file: client.pem"),
    ],
    ids=["refused", "no-such-host", "no-cause", "timeout", "tcp", "tls", "reset", "closed", "cut", "proxy", "file"],
)
def test_an_error_of_the_network_is_described_without_python(error: Exception, described: str) -> None:
    wrapped = requests.ConnectionError(MaxRetryError(None, "/v5", error))  # type: ignore[arg-type] # no pool is needed

    happened = error_from(wrapped, host="hss.example.com", redact=str).happened

    assert happened == f"hss.example.com cannot be reached, or broke off ({described})."


@pytest.mark.parametrize(
    ("error", "means", "remedy"),
    [
        (NameResolutionError("x", WIRE, socket.gaierror(-2, "unknown")), "mistyped", "only a proxy knows the names"),
        (ConnectTimeoutError(WIRE, "Timed out after 10 s"), "a firewall drops", "Have the firewall allow it"),
        (NewConnectionError(WIRE, "Connection refused"), "Nothing listens there", "Check --endpoint"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "does not speak TLS", "Check the port"),
        (ProtocolError("Aborted.", OSError(104, "Reset by peer")), "closed the connection", "Try again later"),
        (OSError("Tunnel connection failed: 408 No"), "too much to do", "those who run the proxy"),
        (OSError("Tunnel connection failed: 429 No"), "too much to do", "those who run the proxy"),
    ],
    ids=["no-such-host", "timeout", "refused", "no-tls", "reset", "proxy-slow", "proxy-busy"],
)
def test_each_cause_of_an_error_of_the_network_has_its_own_meaning_and_remedy(
    error: Exception, means: str, remedy: str
) -> None:
    wrapped = requests.ConnectionError(MaxRetryError(None, "/v5", error))  # type: ignore[arg-type] # no pool is needed

    found = error_from(wrapped, host="hss.example.com", redact=str)

    assert isinstance(found, Unreachable)
    assert means in found.means
    assert remedy in found.remedy


def test_an_error_of_the_network_shows_no_secret_and_no_password_of_a_proxy() -> None:
    wrapped = requests.ConnectionError(ConnectTimeoutError(WIRE, "http://me:hush@proxy timed out with key-1"))

    happened = error_from(wrapped, host="h", redact=lambda text: text.replace("key-1", "***")).happened

    assert happened == "h cannot be reached, or broke off (connect timeout error: http://***@proxy timed out with ***)."
