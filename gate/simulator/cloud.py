"""Defines what the server passes to a simulated cloud, and what a cloud has to provide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPMessage
from typing import Any, Literal, Protocol, TypeAlias
from urllib.parse import unquote

from gate.simulator.access import Access
from gate.simulator.account import Account
from gate.simulator.fault import HttpResponse
from gate.simulator.quota import Quota
from gate.simulator.task import Snapshot

JSON: TypeAlias = Any
NoTask = Literal["result-code", "empty"]


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpRequest:
    """A request exactly as it was received."""

    method: str
    target: str
    """Path and query of the request line, still percent-encoded."""
    version: str
    headers: HTTPMessage
    body: bytes

    @property
    def path(self) -> str:
        """The target up to its query, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, list[str]]:
        """Every parameter with all of its values, percent-decoded; a plus sign stays one, as in the signature."""
        values: dict[str, list[str]] = {}
        for name, value in query_pairs(self.target):
            values.setdefault(name, []).append(value)
        return values


@dataclass(frozen=True, kw_only=True, slots=True)
class Gateway:
    """What a gateway knows when it authenticates a request."""

    now: float
    """In seconds since the epoch."""
    expiry: float
    """When the tokens of the account's own user expire, in seconds since the epoch."""
    nonces: set[str]
    """All that were used so far; that of an authenticated request is added."""
    access: Access


@dataclass(frozen=True, kw_only=True, slots=True)
class CloudState:
    """The state of the simulated account at the time of one request."""

    at: float
    """Now, in seconds since the epoch."""
    url: str
    """The endpoint of all clouds."""
    access: Access
    """Who may sign in, and the temporary keys that were given out."""
    account: Account
    """The images of the account, and what an operation can start and stop."""
    tasks: Sequence[Snapshot]
    page_cap: int
    """The maximum length of a page, whatever the request asks for, where a cloud documents no maximum."""
    no_task: NoTask
    """How a cloud that does not document it responds when there is no task: with a result code, or without one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiResponse:
    """Status and document of a response, before it is encoded as HTTP."""

    status: int
    document: JSON
    shown_tasks: tuple[Snapshot, ...] = ()
    """The tasks in the document; the response counts as a poll of each."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of HTTP itself; `to_http` adds those of the cloud."""


class Service(Protocol):
    """Responds to requests from the state that all services share; a module with these functions is a service."""

    def claims(self, request: HttpRequest, /) -> bool:
        """Whether the request is meant for this service."""
        ...

    def operation(self, request: HttpRequest) -> str:
        """The requested operation by the service's own name for it, or `unknown`."""
        ...

    def is_poll(self, operation: str) -> bool:
        """Whether an operation returns the status of a scan task."""
        ...

    def is_exchange(self, operation: str) -> bool:
        """Whether an operation gives temporary keys for an OIDC token."""
        ...

    def gateway_error(self, request: HttpRequest, gateway: Gateway) -> ApiResponse | None:
        """The error with which the gateway rejects the request; None if it is routed, authenticated and allowed."""
        ...

    def respond(self, request: HttpRequest, state: CloudState) -> ApiResponse:
        """The true response to an authenticated request."""
        ...

    def throttled(self, quota: Quota, wait: float) -> ApiResponse:
        """The error for a request over the rate limit; the next one is allowed in `wait` seconds."""
        ...

    def forbidden(self, operation: str, /) -> ApiResponse:
        """The error for a user without the permission, or for a token that is not trusted."""
        ...

    def to_http(self, operation: str, response: ApiResponse, request_id: str) -> HttpResponse:
        """Encodes a response as HTTP, with the request id where this service puts it."""
        ...


class Cloud(Service, Protocol):
    """A simulated cloud; a module with these functions is one."""

    def describe(self, url: str) -> dict[str, str]:
        """Endpoint, credentials and region for a client."""
        ...

    def describe_sign_in(self, url: str) -> dict[str, str]:
        """Endpoints, roles and providers for a client that signs in without keys."""
        ...


def query_pairs(target: str) -> list[tuple[str, str]]:
    """The parameters of a request target in their order, percent-decoded only."""
    split = (pair.partition("=") for pair in target.partition("?")[2].split("&") if pair)
    return [(unquote(name), unquote(value)) for name, _, value in split]


def in_order(tasks: Sequence[Snapshot], order: str) -> list[Snapshot]:
    """The tasks in the order of a list, by their start: `newest first`, `oldest first` or `in no order`.

    No cloud documents it. The last one is stable, and the newest of several is never first in it, so a client that
    takes the first task for the newest has to fail there.
    """
    newest_first = sorted(tasks, key=lambda snapshot: (-snapshot.started, snapshot.task.id))
    if order == "in no order":
        return newest_first[1::2] + newest_first[::2]
    return newest_first if order == "newest first" else newest_first[::-1]
