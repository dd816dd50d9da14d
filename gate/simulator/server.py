"""Runs the simulated clouds: authenticates each request, applies faults and the rate limit, and sends a response."""

import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import formatdate
from http import HTTPStatus
from http.client import HTTPMessage
from threading import RLock
from typing import Final, Self

from gate.simulator import control
from gate.simulator.account import Account
from gate.simulator.cloud import JSON, ApiResponse, Cloud, CloudState, HttpRequest, NoTask
from gate.simulator.fault import AnyResponse, Fault, Forbidden, HttpResponse
from gate.simulator.image import PushedImage
from gate.simulator.image_scenario import IMAGE_SCENARIOS
from gate.simulator.listener import LOOPBACK, Listener
from gate.simulator.quota import Quota, Window
from gate.simulator.registry import CLOUDS
from gate.simulator.scenario import SCENARIOS, Scenario
from gate.simulator.task import SimulatedTask

DEFAULT_PAGE_CAP: Final = 50

Operation = tuple[str, str]
"""Cloud and operation, by name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A request that the simulator has received, and the status of its response."""

    number: int
    cloud: str
    operation: str
    method: str
    path: str
    query: dict[str, list[str]]
    headers: HTTPMessage
    """Names are case-insensitive."""
    at: float
    status: int
    """0 if a fault sent something other than a complete HTTP response."""


class Simulator:
    """The simulated clouds on a loopback port, for as long as a `with` block or from `start` to `stop`.

    Args:
        scenario: The state of the clouds: a name from SCENARIOS or IMAGE_SCENARIOS, or a custom scenario.
        port: 0 takes any free port.
        now: Its only clock, in seconds since the epoch; only the pauses of a SlowResponse are in real time.
    """

    account: Account
    """Its tasks and images; like the next six attributes, a test may change it while the simulator runs."""
    faults: list[Fault]
    """The first one that applies to a request provides the response."""
    quota: Quota | None
    expires_at: float
    """When temporary keys and tokens expire, by `now`; keys without a token never do."""
    rewrite: Callable[[str, JSON], JSON | AnyResponse] | None
    """Replaces a document with status 200, given the operation and the true document.

    It may return a complete response instead of a document.
    """
    page_cap: int
    no_task: NoTask
    """See CloudState for both."""
    requests: list[Request]

    def __init__(self, scenario: str | Scenario = "clean", port: int = 0, now: Callable[[], float] = time.time) -> None:
        self.scenario = {**SCENARIOS, **IMAGE_SCENARIOS}[scenario] if isinstance(scenario, str) else scenario
        self.account = Account(self.scenario)
        self.faults = [*self.scenario.faults]
        self.quota = self.scenario.quota
        self.expires_at = math.inf
        self.rewrite = None
        self.page_cap = DEFAULT_PAGE_CAP
        self.no_task = "result-code"
        self.requests = []
        self.port = port
        self._now = now
        self._listener: Listener | None = None
        self._calls: Counter[Operation] = Counter()
        self._polls: Counter[str] = Counter()
        self._nonces: set[str] = set()
        self._windows: defaultdict[Operation, Window] = defaultdict(Window)
        # Requests are handled one at a time, however many connections there are; sending is not under the lock.
        # A function that a test injects, such as `rewrite`, may push an image within a request.
        self._request_lock = RLock()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Open the port; `started_ago` of every task counts from this time."""
        self._nonces.clear()
        self.account.start(self._now())
        self._listener = Listener(self.port, self._handle)
        self.port = self._listener.port

    def stop(self) -> None:
        """Close the port and every connection, including held and slow ones; harmless when not running."""
        if self._listener is not None:
            self._listener.stop()
            self._listener = None

    def push(self, image: PushedImage | str) -> None:
        """Push an image, as `docker push` does, now: its tag stands for its digest from now on.

        Args:
            image: With how its scan goes, or the reference of a clean one, for `PushedImage.parse`.
        """
        with self._request_lock:
            self.account.push(PushedImage.parse(image) if isinstance(image, str) else image, self._now())

    @property
    def tasks(self) -> list[SimulatedTask]:
        """The tasks of the account, which a test may change while the simulator runs."""
        return self.account.tasks

    @tasks.setter
    def tasks(self, tasks: list[SimulatedTask]) -> None:
        self.account.tasks = tasks

    @property
    def url(self) -> str:
        """The endpoint of all clouds."""
        return f"http://{LOOPBACK}:{self.port}"

    def describe(self) -> dict[str, dict[str, str]]:
        """Endpoint, credentials and region for a client, by cloud; the keys are valid only for this simulator."""
        return {name: cloud.describe(self.url) for name, cloud in CLOUDS.items()}

    def _handle(self, request: HttpRequest) -> AnyResponse:
        return self._pushed(request) if control.is_push(request) else self._handle_api(request)

    def _pushed(self, request: HttpRequest) -> AnyResponse:
        try:
            image = control.pushed_image(request)
        except ValueError as error:
            return control.rejected(error)
        self.push(image)
        return control.created(image)

    def _handle_api(self, request: HttpRequest) -> AnyResponse:
        name, cloud = next((name, cloud) for name, cloud in reversed([*CLOUDS.items()]) if cloud.claims(request))
        operation = cloud.operation(request)
        with self._request_lock:
            at = self._now()
            self._calls[name, operation] += 1
            self._polls[name] += cloud.is_poll(operation)
            response = self._respond(cloud, (name, operation), request, at)
            self.requests.append(
                Request(
                    number=self._calls.total(),
                    cloud=name,
                    operation=operation,
                    method=request.method,
                    path=request.path,
                    query=request.query,
                    headers=request.headers,
                    at=at,
                    status=response.status if isinstance(response, HttpResponse) else 0,
                )
            )
        return response

    def _respond(self, cloud: Cloud, operation: Operation, request: HttpRequest, at: float) -> AnyResponse:
        # The nonce of a request is used even if a fault replaces the response.
        rejected = cloud.gateway_error(request, at, self.expires_at, self._nonces)
        match fault := self._fault(cloud, operation):
            case None:
                response = rejected or self._throttled(cloud, operation, at) or self._true_response(cloud, request, at)
            case Forbidden():
                response = rejected or cloud.forbidden()
            case _:
                return fault
        if response.status == HTTPStatus.OK and self.rewrite is not None:
            rewritten = self.rewrite(operation[1], response.document)
            if isinstance(rewritten, AnyResponse):
                return rewritten
            response = replace(response, document=rewritten)
        encoded = cloud.to_http(operation[1], response, request_id=f"{self._calls.total():032x}")
        return replace(encoded, headers={"Date": formatdate(at, usegmt=True), **encoded.headers})

    def _fault(self, cloud: Cloud, operation: Operation) -> AnyResponse | Forbidden | None:
        cloud_name, name = operation
        number, poll = self._calls[operation], self._polls[cloud_name] if cloud.is_poll(name) else None
        return next((fault.response for fault in self.faults if fault.applies_to(name, number, poll)), None)

    def _throttled(self, cloud: Cloud, operation: Operation, at: float) -> ApiResponse | None:
        if self.quota is None or not (wait := self._windows[operation].wait(self.quota, at)):
            return None
        return cloud.throttled(self.quota, wait)

    def _true_response(self, cloud: Cloud, request: HttpRequest, at: float) -> ApiResponse:
        account = self.account
        state = CloudState(
            at=at, account=account, tasks=account.snapshots(at), page_cap=self.page_cap, no_task=self.no_task
        )
        response = cloud.respond(request, state)
        account.poll(response.shown_tasks)
        return response
