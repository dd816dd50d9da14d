"""Runs the simulated clouds: authenticates each request, applies faults and the rate limit, and sends a response."""

import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate
from http import HTTPStatus
from http.client import HTTPMessage
from threading import RLock
from typing import Final, Self

from gate.simulator import control
from gate.simulator.access import Access
from gate.simulator.account import Account
from gate.simulator.cloud import JSON, ApiResponse, CloudState, Gateway, HttpRequest, NoTask, Service
from gate.simulator.fault import EXCHANGE, POLL, AnyResponse, Fault, Forbidden, HttpResponse
from gate.simulator.image import PushedImage
from gate.simulator.image_scenario import IMAGE_SCENARIOS
from gate.simulator.listener import LOOPBACK, Listener
from gate.simulator.oidc import service as ci
from gate.simulator.quota import Quota, Window
from gate.simulator.registry import CLOUDS, SERVICES
from gate.simulator.scenario import SCENARIOS, Scenario
from gate.simulator.sign_in_scenario import SIGN_IN_SCENARIOS
from gate.simulator.task import SimulatedTask

DEFAULT_PAGE_CAP: Final = 50
SUCCESSES: Final = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED})

ALL_SCENARIOS: Final = {**SCENARIOS, **IMAGE_SCENARIOS, **SIGN_IN_SCENARIOS}

Operation = tuple[str, str]
"""Cloud and operation, by name; a fault can also name a kind of operation."""


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
        scenario: The state of the clouds: a name from SCENARIOS, IMAGE_SCENARIOS or SIGN_IN_SCENARIOS, or a custom one.
        port: 0 takes any free port.
        now: Its only clock, in seconds since the epoch; only the pauses of a SlowResponse are in real time.
    """

    account: Account
    """Its tasks and images; like the next seven attributes, a test may change it while the simulator runs."""
    access: Access
    """Who may sign in to the account, and with what."""
    faults: list[Fault]
    """The first one that applies to a request provides the response."""
    quota: Quota | None
    expires_at: float
    """When the temporary keys and tokens of `describe` expire, by `now`; keys without a token never do."""
    rewrite: Callable[[str, JSON], JSON | AnyResponse] | None
    """Replaces the document of a success, given the operation and the true document.

    It may return a complete response instead of a document.
    """
    page_cap: int
    no_task: NoTask
    """See CloudState for both."""
    requests: list[Request]

    def __init__(self, scenario: str | Scenario = "clean", port: int = 0, now: Callable[[], float] = time.time) -> None:
        self.scenario = ALL_SCENARIOS[scenario] if isinstance(scenario, str) else scenario
        self.account = Account(self.scenario)
        self.access = Access(
            trust=self.scenario.trust, job=self.scenario.job, token_seconds=self.scenario.token_seconds
        )
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
        self._total = 0
        self._calls: Counter[Operation] = Counter()
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

    def describe_sign_in(self) -> dict[str, dict[str, str]]:
        """What a client needs that signs in without keys: roles and endpoints by cloud, and the variables of `ci`."""
        return {
            **{name: cloud.describe_sign_in(self.url) for name, cloud in CLOUDS.items()},
            "ci": ci.describe(self.url),
        }

    def token(self, system: str, *, audience: str = "") -> str:
        """A new OIDC token, as a CI system gives it to a job: `github`, `gitlab`, `buildkite`, `azure`, `bitbucket`.

        Args:
            system: The CI system.
            audience: For whom it is; empty for the default of the CI system.
        """
        with self._request_lock:
            return self.access.token(system, ci.issuer(self.url), self._now(), audience=audience)

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
        name, cloud = next((name, cloud) for name, cloud in reversed([*SERVICES.items()]) if cloud.claims(request))
        operation = cloud.operation(request)
        with self._request_lock:
            at = self._now()
            numbers = self._count(cloud, (name, operation))
            response = self._respond(cloud, (name, operation), request, at, self._fault(numbers, operation))
            self.requests.append(
                Request(
                    number=self._total,
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

    def _count(self, cloud: Service, operation: Operation) -> dict[str, int]:
        """The number of a request by every name that a fault can have for its operation."""
        cloud_name, name = operation
        kinds = {POLL: cloud.is_poll(name), EXCHANGE: cloud.is_exchange(name)}
        names = [name, *(kind for kind, is_of_kind in kinds.items() if is_of_kind)]
        self._total += 1
        self._calls.update((cloud_name, one) for one in names)
        return {one: self._calls[cloud_name, one] for one in names}

    def _respond(
        self,
        cloud: Service,
        operation: Operation,
        request: HttpRequest,
        at: float,
        fault: AnyResponse | Forbidden | None,
    ) -> AnyResponse:
        # The nonce of a request is used even if a fault replaces the response.
        gateway = Gateway(now=at, expiry=self.expires_at, nonces=self._nonces, access=self.access)
        rejected = cloud.gateway_error(request, gateway)
        match fault:
            case None:
                response = rejected or self._throttled(cloud, operation, at) or self._true_response(cloud, request, at)
            case Forbidden():
                response = rejected or cloud.forbidden(operation[1])
            case _:
                return fault
        if response.status in SUCCESSES and self.rewrite is not None:
            rewritten = self.rewrite(operation[1], response.document)
            if isinstance(rewritten, AnyResponse):
                return rewritten
            response = replace(response, document=rewritten)
        encoded = cloud.to_http(operation[1], response, request_id=f"{self._total:032x}")
        return replace(encoded, headers={"Date": formatdate(at, usegmt=True), **encoded.headers})

    def _fault(self, numbers: Mapping[str, int], operation: str) -> AnyResponse | Forbidden | None:
        return next((fault.response for fault in self.faults if fault.applies_to(numbers, operation)), None)

    def _throttled(self, cloud: Service, operation: Operation, at: float) -> ApiResponse | None:
        if self.quota is None or not (wait := self._windows[operation].wait(self.quota, at)):
            return None
        return cloud.throttled(self.quota, wait)

    def _true_response(self, cloud: Service, request: HttpRequest, at: float) -> ApiResponse:
        account = self.account
        state = CloudState(
            at=at,
            url=self.url,
            access=self.access,
            account=account,
            tasks=account.snapshots(at),
            page_cap=self.page_cap,
            no_task=self.no_task,
        )
        response = cloud.respond(request, state)
        account.poll(response.shown_tasks)
        return response
