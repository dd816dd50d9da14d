"""An API client of a simulated cloud, as the tests of the client, its retries and its transport use it."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.api_client import Api, ApiClient
from gate.clouds.huawei.error_response import read
from gate.clouds.huawei.signature import TokenAuth
from gate.errors import (
    GateError,
)
from gate.simulator import (
    HttpResponse,
    RawResponse,
)

if TYPE_CHECKING:
    from requests.auth import AuthBase

    from gate.clouds import Connection


TOKEN = "simulated-huawei-auth-token-that-opens-nothing"
PROJECTS = "/v3/projects"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
HELD_IN_THE_HEAD = RawResponse(payload=HEAD, then="hold")
HELD_IN_THE_BODY = RawResponse(payload=HEAD + b'Content-Length: 100\r\n\r\n{"projects": [', then="hold")


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


def zipped(body: bytes) -> HttpResponse:
    return HttpResponse(
        headers={"Content-Encoding": "gzip", "Content-Type": "application/json"}, body=gzip.compress(body)
    )


def asks_for(pause: str, *, status: int = 503) -> HttpResponse:
    """An answer that asks for this pause, by a clock of its own that is ten minutes fast."""
    return HttpResponse(status=status, headers={"Retry-After": pause, "Date": "Sat, 31 Jan 2026 12:10:00 GMT"})
