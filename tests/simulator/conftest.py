"""Gives the simulator's tests a wall clock to turn and a client that knows nothing but HTTP."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlencode

import pytest

from gate.simulator import CLOUDS
from tests.simulator.alibaba.signing import Signing, target
from tests.simulator.readers import Alibaba, Huawei

if TYPE_CHECKING:
    from collections.abc import Mapping
    from http.client import HTTPMessage

    from gate.simulator import Simulator
    from tests.simulator.readers import Reader

PROJECT = "0123456789abcdef0123456789abcdef"


@dataclass
class Clock:
    """A wall clock that moves only when a test says so."""

    now: float = 1_790_000_000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@dataclass(frozen=True, kw_only=True)
class Seen:
    """An answer as a client sees it."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Ask(Protocol):
    """Sends one request on a connection of its own, signed in with the token unless other headers are given."""

    def __call__(
        self,
        simulator: Simulator,
        target: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Seen:
        """The answer."""
        ...


class AskTasks(Protocol):
    """Asks for a page of tasks of type image_scan; `None` leaves a parameter out."""

    def __call__(self, simulator: Simulator, **query: object) -> Seen:
        """The answer."""
        ...


class Act(Protocol):
    """Asks Alibaba Cloud for an action, signed in by the test's clock; `None` leaves a parameter out."""

    def __call__(self, simulator: Simulator, action: str, **query: object) -> Seen:
        """The answer."""
        ...


@pytest.fixture
def clock() -> Clock:
    """A clock that stands at some moment in 2026."""
    return Clock()


@pytest.fixture
def ask() -> Ask:
    """The plain client."""
    return _ask


@pytest.fixture
def ask_tasks() -> AskTasks:
    """The plain client for the one question that most tests ask."""
    return _ask_tasks


@pytest.fixture
def act(clock: Clock) -> Act:
    """The plain client of the other cloud."""

    def act(simulator: Simulator, action: str, **query: object) -> Seen:
        signing = Signing(action=action, target=target(query))
        headers = signing.headers(simulator, clock.now)
        return _ask(simulator, signing.target, method=signing.method, headers=headers)

    return act


@pytest.fixture(params=sorted(CLOUDS))
def reader(request: pytest.FixtureRequest, act: Act, ask_tasks: AskTasks) -> Reader:
    """A client of each cloud in turn."""
    readers: dict[str, Reader] = {"alibaba": Alibaba(act), "huawei": Huawei(ask_tasks)}
    return readers[request.param]


def _ask(
    simulator: Simulator,
    target: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> Seen:
    signed_in = {"X-Auth-Token": simulator.describe()["huawei"]["auth_token"]}
    connection = HTTPConnection("127.0.0.1", simulator.port, timeout=5)
    try:
        connection.request(method, target, body or None, dict(signed_in if headers is None else headers))
        answer = connection.getresponse()
        return Seen(status=answer.status, headers=answer.headers, body=answer.read())
    finally:
        connection.close()


def _ask_tasks(simulator: Simulator, **query: object) -> Seen:
    asked = {name: str(value) for name, value in {"type": "image_scan", **query}.items() if value is not None}
    return _ask(simulator, f"/v5/{PROJECT}/image/tasks?{urlencode(asked, quote_via=quote)}")
