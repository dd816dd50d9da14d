"""The error messages for unusable responses of each cloud, for the network and for credentials.

They are compared with the files in `tests/clouds/golden/`.

After an intended change, `pytest tests/clouds/test_error_messages.py --rewrite-golden` rewrites them; read the diff.
"""

from __future__ import annotations

import errno
import json
import socket
import ssl
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from urllib3.connection import HTTPConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    LocationValueError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
)

from gate.clouds.alibaba import error_response as alibaba
from gate.clouds.body import damaged
from gate.clouds.ca_bundle import check_ca_bundle
from gate.clouds.credentials import Source, find_credentials, first_variable
from gate.clouds.huawei import error_response as huawei
from gate.clouds.transport_errors import check_proxy, error_from
from gate.errors import GateError, Refused
from tests.clouds.builders import a_response
from tests.harness import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.clouds.response import Response

GOLDEN = Path(__file__).parent / "golden"
READ = {"huawei": huawei.read, "alibaba": alibaba.read}
PAGE = "<html><title>Web filter</title></html>"
CODES = {
    "huawei": {
        "error_code": ["HSS.0001", "HSS.0010", "HSS.0013", "APIGW.0301", "APIGW.0307", "APIGW.0308", "APIGW.0101"]
    },
    "alibaba": {
        "Code": [
            "-101",
            "NoPermission",
            "Forbidden.RAM",
            "MissingAccessKeyId",
            "Throttling",
            "ServerError",
            "BeyondQuata",
        ]
    },
}
"""One error code of each kind (huawei-hss.md 5, alibaba-security-center.md 5), by the JSON key that holds it."""
STATUSES = [204, 302, 400, 401, 402, 403, 404, 408, 409, 425, 426, 429, 430, 500, 501, 503, 511, 512]
BODIES = {
    "a web page": "<html>Sign in</html>",
    "truncated JSON": '{"data_list": [',
    "a JSON array": "[]",
    "a duplicate key": '{"a": 1, "a": 1}',
    "NaN": '{"a": NaN}',
    "an infinite number": '{"a": 1e400}',
    "an integer with too many digits": f'{{"a": {"1" * 4001}}}',
    "deep nesting": "[" * 100_000,
}


def error_responses(cloud: str) -> Iterator[tuple[str, Response]]:
    """Responses that are errors, each with a name for the golden file."""
    for key, codes in CODES[cloud].items():
        for code in codes:
            yield f"{code} with status 400", a_response(json.dumps({key: code}), 400)
    for status in STATUSES:
        yield f"status {status}", a_response("", status)
    for name, body in BODIES.items():
        yield name, a_response(body)


def as_text(name: str, error: GateError) -> str:
    """An entry of a golden file: the error with its class, its exit code and its three parts."""
    kind = f"{type(error).__name__}, exit {error.exit_code.value}"
    return "\n".join([f"{name} ({kind})", *(f"  {part}" for part in (error.happened, error.means, error.remedy))])


def assert_golden(name: str, entries: list[str], config: pytest.Config) -> None:
    """Compares the entries with a golden file, or writes it."""
    path = GOLDEN / f"{name}.txt"
    text = "\n\n".join(entries) + "\n"
    if config.getoption("--rewrite-golden"):
        path.write_text(text)

    assert path.is_file(), "there is no golden file; write it with --rewrite-golden, and read it"
    assert text == path.read_text()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_error_messages_are_those_of_the_golden_file(cloud: str, pytestconfig: pytest.Config) -> None:
    messages = []
    for name, response in error_responses(cloud):
        with pytest.raises(GateError) as caught:
            READ[cloud](replace(response, operation="GetLastOnceTaskInfo"))
        messages.append(as_text(name, caught.value))

    assert_golden(f"error-responses-{cloud}", messages, pytestconfig)


WIRE = HTTPConnection("hss.example.com")
NETWORK = {
    "unknown name": NameResolutionError("x", WIRE, socket.gaierror(-2, "Name or service not known")),
    "refused": NewConnectionError(WIRE, "Connection refused"),
    "no connection in time": ConnectTimeoutError(WIRE, "Timed out. (connect timeout=10.0)"),
    "no TLS": ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"),
    "reset": ProtocolError("Aborted.", ConnectionResetError(104, "Connection reset by peer")),
    "busy proxy": OSError("Tunnel connection failed: 408 Later"),
    "proxy with a password": OSError("Tunnel connection failed: 407 No"),
    "proxy with rules": OSError("Tunnel connection failed: 499 No"),
    "broken proxy": OSError("Tunnel connection failed: 500 No"),
    "too many open files": OSError(errno.EMFILE, "Too many open files"),
    "too many open files of the machine": ProtocolError("Aborted.", OSError(errno.ENFILE, "Too many open files")),
    "proxy without a host": LocationValueError("No host specified."),
    "no certificates": ssl.SSLError(136, "[X509: NO_CERTIFICATE_OR_CRL_FOUND] no certificate or crl found"),
    "long detail": OSError("of " + "200 " * 60),
}
"""One error of each kind that a socket, TLS or a proxy raises."""
VERIFY_CODES = [0, 9, 10, 18, 19, 20, 21, 62, 63, 64, 79]
"""Of each kind that has its own meaning, and 79 (X509_V_ERR_INVALID_CA of OpenSSL's x509_vfy.h) of those without."""


def network_error(cause: Exception, bundle: str | None = None) -> GateError:
    """The gate's error for this cause, wrapped as requests and urllib3 do."""
    wrapped = requests.ConnectionError(MaxRetryError(None, "/v5", cause))  # type: ignore[arg-type] # no pool is needed
    return error_from(wrapped, host="hss.example.com", redact=str, bundle=bundle)


def untrusted(code: int) -> ssl.SSLError:
    """An error of Python about a certificate, with OpenSSL's number of the reason."""
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    error.verify_code = code
    return error


def test_messages_about_the_network_are_those_of_the_golden_file(
    monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    errors = {name: network_error(cause) for name, cause in NETWORK.items()}
    for code in VERIFY_CODES:
        errors[f"certificate, {code}"] = network_error(untrusted(code))
        errors[f"certificate, {code}, with a file of authorities"] = network_error(untrusted(code), "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", "/absent.pem")
    for code in (18, 62):
        errors[f"certificate, {code}, without SSL_CERT_FILE"] = network_error(untrusted(code))
    with pytest.raises(GateError) as proxy:
        check_proxy("$(PROXY)")
    errors["proxy that was never filled in"] = proxy.value
    errors["damaged response"] = damaged("is larger than 5 bytes")
    with pytest.raises(GateError) as bundle:
        check_ca_bundle(f"{'/absent' * 40}.pem", option="x", host="hss.example.com")
    errors["file of authorities"] = bundle.value

    assert_golden("errors-network", [as_text(*item) for item in errors.items()], pytestconfig)


CREDENTIALS = {
    "half a pair": {"SCAN_GATE_ACCESS_KEY_ID": "x"},
    "half a pair before a whole one": {"SCAN_GATE_ACCESS_KEY_ID": "x", "NIMBUS_ID": "id", "NIMBUS_SECRET": "secret"},
    "not filled in": {"SCAN_GATE_ACCESS_KEY_ID": "$KEY", "SCAN_GATE_ACCESS_KEY_SECRET": "secret"},
    "two with line breaks": {"SCAN_GATE_ACCESS_KEY_ID": "i\nd", "SCAN_GATE_ACCESS_KEY_SECRET": "sec\nret"},
    "an absent file": {"SCAN_GATE_AUTH_TOKEN_FILE": "/absent"},
    "a path that was never filled in": {"SCAN_GATE_AUTH_TOKEN_FILE": "$HOME/token"},
    "a file without an end": {"SCAN_GATE_AUTH_TOKEN_FILE": "/dev/zero"},
    "a file that is not text": {"SCAN_GATE_AUTH_TOKEN_FILE": "binary"},
    "none, but for another cloud": {"OTHER_ID": "id"},
    "none": {},
}
NIMBUS = Source(access_key_id="NIMBUS_ID", access_key_secret="NIMBUS_SECRET")


def test_messages_about_credentials_are_those_of_the_golden_file(pytestconfig: pytest.Config) -> None:
    Path("binary").write_bytes(b"\xff")
    others = {"Other Cloud": [Source(access_key_id="OTHER_ID")]}
    messages = []
    for name, environ in CREDENTIALS.items():
        with pytest.raises(GateError) as caught:
            find_credentials(environ, [NIMBUS], vendor="Nimbus", others=others)
        messages.append(as_text(name, caught.value))
    for name, value in (("a variable with a line break", "a\nb"), ("a variable that was never filled in", "$(A)")):
        with pytest.raises(GateError) as caught:
            first_variable({"A": value}, ["A"])
        messages.append(as_text(name, caught.value))

    assert_golden("errors-credentials", messages, pytestconfig)


@pytest.mark.parametrize("status", [302, 401, 403, 404, 429, 500, 503, 511])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_response_without_an_error_of_the_cloud_may_be_that_of_a_proxy_whatever_its_status(
    cloud: str, status: int
) -> None:
    with pytest.raises(GateError) as direct:
        READ[cloud](a_response(PAGE, status))
    with pytest.raises(GateError) as through_proxy:
        READ[cloud](replace(a_response(PAGE, status), proxy="proxy.example:3128"))

    assert f"(HTTP {status}, a page with the title 'Web filter')." in direct.value.happened
    assert "proxy" in str(direct.value)
    assert through_proxy.value.happened == f"{direct.value.happened} It came through the proxy proxy.example:3128."


@pytest.mark.parametrize("status", [200, 400, 403])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_an_error_that_is_in_no_table_may_be_that_of_a_proxy(cloud: str, status: int) -> None:
    with pytest.raises(Refused, match=r"blocked.* It came through the proxy proxy\.example:3128\."):
        READ[cloud](replace(a_response('{"error": "blocked"}', status), proxy="proxy.example:3128"))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_web_page_with_status_200_is_named_by_its_title_and_its_proxy(cloud: str) -> None:
    with pytest.raises(GateError) as caught:
        READ[cloud](replace(a_response(PAGE), proxy="proxy.example:3128"))

    assert caught.value.happened == (
        "The response is a web page, not the API's JSON. Its title is 'Web filter'. "
        "It came through the proxy proxy.example:3128."
    )


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_text_that_is_not_json_is_named_with_its_proxy(cloud: str) -> None:
    with pytest.raises(GateError, match=r"through the proxy proxy\.example:3128"):
        READ[cloud](replace(a_response("no healthy upstream"), proxy="proxy.example:3128"))


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("cloud", "code"), [("huawei", "error_code"), ("alibaba", "Code")])
def test_an_error_of_the_cloud_is_the_clouds(cloud: str, code: str, status: int) -> None:
    with pytest.raises(GateError) as caught:
        READ[cloud](replace(a_response(json.dumps({code: "XY.0001"}), status), proxy="proxy.example:3128"))

    assert "proxy" not in str(caught.value)
