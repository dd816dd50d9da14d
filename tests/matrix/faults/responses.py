"""Faults in responses, whatever the operation: stalls, resets, HTTP framing, encodings, JSON, and error pages."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gate import simulator
from gate.clouds.body import MAX_BODY_BYTES
from gate.simulator import (
    HttpResponse,
    RawResponse,
    connection_reset,
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
from tests.matrix.fault import response_fault
from tests.matrix.faults.connection import (
    CERTIFICATE_OF_ANOTHER_HOST,
    CONNECT_STALLS,
    CONNECTION_REFUSED,
    NAME_NOT_RESOLVED,
    TLS_HANDSHAKE_FAILS,
    UNTRUSTED_CERTIFICATE,
)
from tests.matrix.faults.timeouts import SHORT

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.simulator import AnyResponse
    from tests.matrix.fault import Fault, FaultContext

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
JSON_TYPE = {"Content-Type": "application/json"}


def constant(name: str, response: AnyResponse, **attributes: Any) -> Fault:
    """The same response to every request."""
    return response_fault(name, lambda _context, _operation, _true: response, **attributes)


def _encoded(name: str, encode: Callable[[bytes], HttpResponse | RawResponse]) -> Fault:
    """The true document in a different encoding: a client that ignores the problem would pass."""
    return response_fault(name, lambda _context, _operation, true: encode(json.dumps(true).encode()))


def _head(*lines: bytes) -> bytes:
    return HEAD + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def _chunked(body: bytes, end: bytes = b"") -> bytes:
    chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
    return _head(b"Transfer-Encoding: chunked") + chunk + end


def _json_text(name: str, change: Callable[[str], str]) -> Fault:
    return _encoded(name, lambda body: HttpResponse(headers=JSON_TYPE, body=change(body.decode()).encode()))


def _with_field(field: str) -> Callable[[str], str]:
    return lambda text: f"{text[:-1]}, {field}}}"


def _redirected(status: int) -> Callable[[FaultContext, str, Any], HttpResponse]:
    """A redirect to a server with the response of the cloud: a client that follows it would pass."""

    def change(context: FaultContext, _operation: str, true: Any) -> HttpResponse:
        assert context.redirect_target is not None
        response = HttpResponse(headers=JSON_TYPE, body=json.dumps(true).encode())
        context.redirect_target.faults[:] = [simulator.Fault(response=response)]
        return replace(redirect(context.redirect_target.url), status=status)

    return change


def _oversized(body: bytes) -> bytes:
    return body[:-1] + b" " * MAX_BODY_BYTES + b"}"


def _gzip(body: bytes) -> HttpResponse:
    return HttpResponse(headers={"Content-Encoding": "gzip"}, body=body)


STALLS = (
    CONNECT_STALLS,
    constant("stall-before-the-headers", no_response(), arguments=SHORT),
    constant("stall-in-the-headers", RawResponse(payload=HEAD, then="hold"), arguments=SHORT),
    constant(
        "stall-in-the-body",
        RawResponse(payload=_head(b"Content-Length: 100") + b'{"data', then="hold"),
        arguments=SHORT,
    ),
    constant("slow-headers", slow_headers(0.02), arguments=SHORT),
    constant("slow-body", slow_body(0.02), arguments=SHORT),
)
TRANSIENT = (
    CONNECTION_REFUSED,
    TLS_HANDSHAKE_FAILS,
    NAME_NOT_RESOLVED,
    constant("reset-before-a-response", connection_reset()),
    constant("reset-in-the-headers", RawResponse(payload=HEAD, then="reset")),
    constant("reset-in-the-body", RawResponse(payload=_head(b"Content-Length: 9") + b"{}", then="reset")),
    constant("closed-without-a-response", RawResponse()),
    constant("truncated-body", truncated_response()),
    constant("truncated-json", truncated_json()),
    constant("empty-body", HttpResponse()),
    constant("502-as-html", server_error(502)),
    constant("503-as-html", server_error(503)),
    constant("504-as-html", server_error(504)),
    constant("408", server_error(408)),
    constant("429-of-a-proxy", server_error(429)),
    _encoded(
        "content-length-too-large",
        lambda body: RawResponse(payload=_head(b"Content-Length: %d" % (len(body) + 1)) + body),
    ),
    _encoded(
        "content-length-too-small",
        lambda body: HttpResponse(headers={"Content-Length": str(len(body) - 1)}, body=body),
    ),
    _encoded(
        "two-content-lengths",
        lambda body: RawResponse(
            payload=_head(b"Content-Length: %d" % len(body), b"Content-Length: %d" % (len(body) - 1)) + body
        ),
    ),
    _encoded("chunked-without-the-last-chunk", lambda body: RawResponse(payload=_chunked(body))),
    _encoded(
        "chunk-without-a-length",
        lambda body: RawResponse(payload=_chunked(b"", b"xyz\r\n%b\r\n0\r\n\r\n" % body)),
    ),
    _encoded("chunk-of-negative-length", lambda body: RawResponse(payload=_chunked(b"", b"-1\r\n%b" % body))),
    _encoded("truncated-gzip", lambda body: _gzip(gzip.compress(body)[:-12])),
    _encoded("gzip-without-its-checksum", lambda body: _gzip(gzip.compress(body)[:-8])),
    _encoded("utf-16", lambda body: HttpResponse(headers=JSON_TYPE, body=body.decode().encode("utf-16"))),
    _encoded("byte-order-mark", lambda body: HttpResponse(headers=JSON_TYPE, body=b"\xef\xbb\xbf" + body)),
    _encoded("invalid-utf-8", lambda body: HttpResponse(headers=JSON_TYPE, body=b'{"x": "\xe4", ' + body[1:])),
)
LOGIN_PAGE = constant("proxy-login-page", login_page())
# The gate does not retry after these.
PERMANENT = (
    UNTRUSTED_CERTIFICATE,
    CERTIFICATE_OF_ANOTHER_HOST,
    LOGIN_PAGE,
    constant("proxy-login-page-in-the-tunnel", login_page(), scheme="https", uses_proxy=True),
    response_fault("redirect-to-another-host", _redirected(302), needs_redirect_target=True),
    response_fault("redirect-307", _redirected(307), needs_redirect_target=True),
    constant("redirect-to-an-invalid-url", redirect("http://[::1")),
    constant("204", no_content()),
    constant("304", HttpResponse(status=304)),
    constant("404-as-html", server_error(404)),
    constant("407-of-a-proxy", HttpResponse(status=407, headers={"Proxy-Authenticate": "Basic"})),
    constant("413-as-html", server_error(413)),
    constant("511-of-a-captive-portal", server_error(511)),
    _encoded("content-encoding-gzip-of-plain-text", _gzip),
    _encoded(
        "gzip-in-gzip",
        lambda body: HttpResponse(headers={"Content-Encoding": "gzip, gzip"}, body=gzip.compress(gzip.compress(body))),
    ),
    _encoded("unaccepted-content-encoding", lambda body: HttpResponse(headers={"Content-Encoding": "br"}, body=body)),
    _json_text("json-arrays-100000-levels-deep", _with_field('"x": ' + "[" * 100_000 + "]" * 100_000)),
    _json_text("json-objects-100000-levels-deep", _with_field('"x": ' + '{"a":' * 100_000 + "1" + "}" * 100_000)),
    _json_text("duplicate-key", lambda text: f"{{{text.split(':', 1)[0][1:]}: null, {text[1:]}"),
    _json_text("nan", _with_field('"x": NaN')),
    _json_text("infinity", _with_field('"x": -Infinity')),
    _json_text("1e400", _with_field('"x": 1e400')),
    _json_text("number-of-5000-digits", _with_field(f'"x": {"9" * 5000}')),
    _json_text("half-a-million-empty-arrays", _with_field('"x": [' + "[]," * 500_000 + "1]")),
    _json_text("string-of-two-million-characters", _with_field(f'"x": "{"x" * 2_000_000}"')),
    _encoded("bytes-behind-the-gzip", lambda body: _gzip(gzip.compress(body) + b"{}")),
    _encoded(
        "headers-of-half-a-megabyte",
        lambda body: HttpResponse(headers={f"Header-{number}": "x" * 50_000 for number in range(10)}, body=body),
    ),
    _json_text("document-in-an-array", lambda text: f"[{text}]"),
    constant("400-as-html", server_error(400)),
    constant("503-for-a-day", HttpResponse(status=503, headers={"Retry-After": "86400"})),
    constant("429-for-a-day", HttpResponse(status=429, headers={"Retry-After": "86400"})),
)
FORBIDDEN = constant("403-as-html", server_error(403))
AUTH_STATUSES = (
    constant("401-as-html", server_error(401)),
    FORBIDDEN,
)
# Unusual but valid responses.
HARMLESS = (
    _encoded("gzip", lambda body: _gzip(gzip.compress(body))),
    _encoded("chunked", lambda body: RawResponse(payload=_chunked(body, b"0\r\n\r\n"))),
    _encoded("until-the-connection-closes", lambda body: RawResponse(payload=_head(b"Connection: close") + body)),
    _encoded("content-type-html", lambda body: HttpResponse(headers={"Content-Type": "text/html"}, body=body)),
    _encoded(
        "wrong-charset",
        lambda body: HttpResponse(headers={"Content-Type": "application/json;charset=utf-16"}, body=body),
    ),
    _json_text("undocumented-field", _with_field('"x": [1, null, {}]')),
)
GZIP_BOMB = _encoded("gzip-bomb", lambda body: _gzip(gzip.compress(_oversized(body), 1)))
BODY_OVER_THE_LIMIT = _encoded("body-over-the-limit", lambda body: HttpResponse(body=_oversized(body)))
