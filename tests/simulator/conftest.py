"""Provides the simulator's tests with a wall clock under their control and a plain HTTP client."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlencode

import pytest

from gate.simulator import CLOUDS
from tests.simulator.alibaba.signing import signing
from tests.simulator.clients import AlibabaClient, HuaweiClient
from tests.simulator.exchanges import AlibabaSignIn, HuaweiSignIn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from http.client import HTTPMessage

    from gate.simulator import Simulator
    from tests.simulator.clients import CloudClient
    from tests.simulator.exchanges import SignIn

PROJECT = "0123456789abcdef0123456789abcdef"


@dataclass
class Clock:
    """A wall clock that moves only when a test moves it."""

    now: float = 1_790_000_000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@dataclass(frozen=True, kw_only=True)
class Response:
    """A response as a client receives it."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class SendRequest(Protocol):
    """Sends one request on a new connection, authenticated with the token unless other headers are given."""

    def __call__(
        self,
        simulator: Simulator,
        target: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Response:
        """The response."""
        ...


class ListTasks(Protocol):
    """Requests a page of tasks of type image_scan from Huawei Cloud; `None` leaves a parameter out."""

    def __call__(self, simulator: Simulator, **query: object) -> Response:
        """The response."""
        ...


class CallAction(Protocol):
    """Calls an action of either product of Alibaba Cloud, signed with the time of the test's clock.

    `None` leaves a parameter out.
    """

    def __call__(self, simulator: Simulator, action: str, **query: object) -> Response:
        """The response."""
        ...


@pytest.fixture
def clock() -> Clock:
    """A clock that shows a fixed time in 2026."""
    return Clock()


@pytest.fixture
def send() -> SendRequest:
    """The plain client."""
    return _send


@pytest.fixture
def list_tasks() -> ListTasks:
    """The plain client for the request that most tests send."""
    return _list_tasks


@pytest.fixture
def call(clock: Clock) -> CallAction:
    """The plain client of Alibaba Cloud."""

    def call(simulator: Simulator, action: str, **query: object) -> Response:
        signed = signing(action, query)
        headers = signed.headers(simulator, clock.now)
        return _send(simulator, signed.target, method=signed.method, headers=headers)

    return call


@pytest.fixture(params=sorted(CLOUDS))
def cloud_client(request: pytest.FixtureRequest, call: CallAction, list_tasks: ListTasks) -> CloudClient:
    """A client of each cloud in turn."""
    clients: dict[str, CloudClient] = {"alibaba": AlibabaClient(call), "huawei": HuaweiClient(list_tasks)}
    return clients[request.param]


@pytest.fixture(params=sorted(CLOUDS))
def sign_in(request: pytest.FixtureRequest, clock: Clock) -> SignIn:
    """Signs in to each cloud in turn."""
    clouds: dict[str, SignIn] = {
        "alibaba": AlibabaSignIn(send=_send, clock=clock),
        "huawei": HuaweiSignIn(send=_send, clock=clock),
    }
    return clouds[request.param]


def _send(
    simulator: Simulator,
    target: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> Response:
    default_headers = {"X-Auth-Token": simulator.describe()["huawei"]["auth_token"]}
    connection = HTTPConnection("127.0.0.1", simulator.port, timeout=5)
    try:
        connection.request(method, target, body or None, dict(default_headers if headers is None else headers))
        response = connection.getresponse()
        return Response(status=response.status, headers=response.headers, body=response.read())
    finally:
        connection.close()


def _list_tasks(simulator: Simulator, **query: object) -> Response:
    given = {name: str(value) for name, value in {"type": "image_scan", **query}.items() if value is not None}
    return _send(simulator, f"/v5/{PROJECT}/image/tasks?{urlencode(given, quote_via=quote)}")
