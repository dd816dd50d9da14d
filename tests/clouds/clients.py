"""Builders for the tests of the API client, its retries and its transport: a client, and responses for it."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.api_client import Api, ApiClient
from gate.clouds.credentials import Credentials
from gate.clouds.huawei.error_response import read
from gate.clouds.huawei.signature import KeyPairAuth, TokenAuth
from gate.errors import GateError
from gate.simulator import HttpResponse, RawResponse

if TYPE_CHECKING:
    from requests.auth import AuthBase

    from gate.clouds import Connection
    from gate.simulator import Simulator

TOKEN = "simulated-huawei-auth-token-that-opens-nothing"
PROJECTS = "/v3/projects"
OK_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
STALLED_HEADERS = RawResponse(payload=OK_HEAD, then="hold")
STALLED_BODY = RawResponse(payload=OK_HEAD + b'Content-Length: 100\r\n\r\n{"projects": [', then="hold")


def a_client(
    connection: Connection, url: str, auth: AuthBase | None = None, *, secrets: tuple[str, ...] = (TOKEN,)
) -> ApiClient:
    """A client of the API at this URL, which sends a token unless it is given another authentication."""
    return ApiClient(Api(base_url=url, auth=auth or TokenAuth(TOKEN), secrets=secrets, read=read), connection)


def key_pair_auth(simulator: Simulator, connection: Connection) -> KeyPairAuth:
    """Signatures with the simulator's key pair and the time of day of this connection."""
    huawei = simulator.describe()["huawei"]
    credentials = Credentials(access_key_id=huawei["access_key_id"], access_key_secret=huawei["access_key_secret"])
    return KeyPairAuth(credentials, connection.time_of_day.now)


def call(connection: Connection, url: str, auth: AuthBase | None = None) -> dict[str, Any]:
    """Calls one operation with a new client, and returns the JSON object of its response."""
    return a_client(connection, url, auth).call("GET", PROJECTS)


def error_of(connection: Connection, url: str, auth: AuthBase | None = None) -> GateError:
    """The error that such a call raises."""
    with pytest.raises(GateError) as caught:
        call(connection, url, auth)
    return caught.value


def messages(connection: Connection, error: GateError) -> str:
    """The text of an error and of all events: what the log and the reports may show."""
    return f"{error} {error!r}" + "".join(event.text for event in connection.event_log.events)


def gzipped(body: bytes) -> HttpResponse:
    """A response with this body, compressed."""
    return HttpResponse(
        headers={"Content-Encoding": "gzip", "Content-Type": "application/json"}, body=gzip.compress(body)
    )


def retry_after_response(retry_after: str, *, status: int = 503) -> HttpResponse:
    """An error response with this Retry-After, from a server whose clock is ten minutes fast."""
    return HttpResponse(status=status, headers={"Retry-After": retry_after, "Date": "Sat, 31 Jan 2026 12:10:00 GMT"})
