"""Faults before a response: refused and stalled connections, TLS, name resolution, and a proxy."""

from __future__ import annotations

import socket
import ssl
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gate.simulator import HttpResponse, RawResponse, login_page, no_response, redirect, server_error
from tests.matrix.fault import Fault
from tests.matrix.faults.timeouts import SHORT, SHORT_BY_PROXY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.matrix.fault import FaultContext


def _at_forwarder(name: str, do: Callable[[Any, Any], object], scheme: str = "http", **attributes: Any) -> Fault:
    def inject(context: FaultContext) -> None:
        do(context.forwarder, context)

    def remove(context: FaultContext) -> None:
        assert context.forwarder is not None
        context.forwarder.forward()

    return Fault(name=name, inject=inject, remove=remove, scheme=scheme, **attributes)


def _break_name_resolution(context: FaultContext) -> None:
    resolve = socket.getaddrinfo

    def unresolved(host: Any, *rest: Any, **others: Any) -> Any:
        if host == "localhost":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *rest, **others)

    assert context.forwarder is not None
    # Closes open connections, since they need no name resolution.
    context.forwarder.forward()
    context.patch.setattr(socket, "getaddrinfo", unresolved)


CONNECTION_REFUSED = _at_forwarder("connection-refused", lambda forwarder, _: forwarder.refuse_connections())
CONNECT_STALLS = _at_forwarder("connect-stalls", lambda forwarder, _: forwarder.stall_connections(), arguments=SHORT)
UNTRUSTED_CERTIFICATE = _at_forwarder(
    "untrusted-certificate",
    lambda forwarder, context: forwarder.use_certificate(context.certificates.untrusted),
    "https",
)
CERTIFICATE_OF_ANOTHER_HOST = _at_forwarder(
    "certificate-of-another-host",
    lambda forwarder, context: forwarder.use_certificate(context.certificates.misnamed),
    "https",
    expected_words=("certificate", "not valid for"),
)
TLS_HANDSHAKE_FAILS = _at_forwarder(
    "tls-handshake-fails",
    lambda forwarder, _: forwarder.use_certificate(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)),
    "https",
)
NAME_NOT_RESOLVED = Fault(
    name="name-not-resolved",
    inject=_break_name_resolution,
    remove=lambda context: context.patch.undo(),
    scheme="http",
    host="localhost",
)


def _connect_response(name: str, response: HttpResponse | RawResponse, **attributes: Any) -> Fault:
    return _at_proxy(name, lambda proxy: proxy.respond_to_connect(response), **attributes)


def _at_proxy(name: str, do: Callable[[Any], object], **attributes: Any) -> Fault:
    def inject(context: FaultContext) -> None:
        do(context.proxy)

    def remove(context: FaultContext) -> None:
        assert context.proxy is not None
        context.proxy.forward()

    return Fault(name=f"proxy-{name}", inject=inject, remove=remove, scheme="https", uses_proxy=True, **attributes)


TRANSIENT_PROXY_FAULTS = (
    _at_proxy("refuses-connections", lambda proxy: proxy.refuse_connections()),
    _at_proxy("connect-stalls", lambda proxy: proxy.stall_connections(), arguments=SHORT_BY_PROXY),
    _connect_response("never-opens-the-tunnel", no_response(), arguments=SHORT_BY_PROXY),
    _connect_response("closes-without-a-response", RawResponse()),
    _connect_response("sends-its-login-page", login_page()),
    _connect_response("times-out", server_error(408)),
    _connect_response("has-too-much-to-do", server_error(429)),
    _connect_response("does-not-speak-http", RawResponse(payload=b"SSH-2.0-OpenSSH_9.9\r\n\r\n")),
)
PERMANENT_PROXY_FAULTS = (
    _connect_response(
        "redirects-to-its-login-page",
        redirect("https://login.example/"),
        expected_words=("does not let this runner reach", "through the proxy"),
    ),
    _connect_response(
        "forbids-the-host", server_error(403), expected_words=("does not let this runner reach", "through the proxy")
    ),
    *(
        _connect_response(name, server_error(status), expected_words=("does not let this runner reach", "itself"))
        for name, status in (("cannot-resolve-the-name", 502), ("is-out-of-order", 503), ("gets-no-answer", 504))
    ),
    _connect_response(
        "requires-authentication",
        HttpResponse(status=407, headers={"Proxy-Authenticate": "Basic"}),
        expected_words=("does not let this runner reach", "requires authentication", "HTTPS_PROXY"),
    ),
    replace(
        UNTRUSTED_CERTIFICATE,
        name="proxy-intercepts-tls",
        uses_proxy=True,
        expected_words=("certificate", "A proxy opens the TLS"),
    ),
)
