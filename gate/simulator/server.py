"""Runs the simulated clouds: who asks, what goes wrong, who asks too often, and what the true answer is."""

import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import formatdate
from http import HTTPStatus
from http.client import HTTPMessage
from threading import Lock
from typing import Final, Self

from gate.simulator.cloud import JSON, ApiResponse, Cloud, CloudState, HttpRequest, NoTask
from gate.simulator.fault import Drip, Fault, Forbidden, Raw, Reply
from gate.simulator.listener import LOOPBACK, Listener
from gate.simulator.quota import Quota, Window
from gate.simulator.registry import CLOUDS
from gate.simulator.scenario import SCENARIOS, Scenario
from gate.simulator.task import SimulatedTask, Snapshot, TaskProgress

DEFAULT_PAGE_CAP: Final = 50

Operation = tuple[str, str]
"""Cloud and operation, by name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A request that the simulator has seen, and how it answered."""

    number: int
    cloud: str
    operation: str
    method: str
    path: str
    query: dict[str, list[str]]
    headers: HTTPMessage
    """Found by name in any case."""
    at: float
    status: int
    """0 if a fault sent something other than a whole HTTP answer."""


class Simulator:
    """The simulated clouds on a loopback port, for as long as a `with` block or from `start` to `stop`.

    Args:
        scenario: What the clouds hold: a name from SCENARIOS, or one of your own.
        port: 0 takes any that is free.
        now: The only clock it looks at, in seconds since the epoch. The pauses of dripping bytes are real all the same.
    """

    tasks: list[SimulatedTask]
    """What the clouds hold; like the next six, yours to change while it runs."""
    faults: list[Fault]
    """The first one that meets a request answers it."""
    quota: Quota | None
    expires_at: float
    """When the temporary keys and the tokens expire, by `now`; those that need no token never do."""
    rewrite: Callable[[str, JSON], JSON | Reply | Raw | Drip] | None
    """A test's last word on a document with status 200, given the operation and the true document.

    What no JSON can say is said by a whole reply, which is sent as it is.
    """
    page_cap: int
    no_task: NoTask
    """Both are explained where a cloud finds them, in Moment."""
    requests: list[Request]

    def __init__(self, scenario: str | Scenario = "clean", port: int = 0, now: Callable[[], float] = time.time) -> None:
        self.scenario = SCENARIOS[scenario] if isinstance(scenario, str) else scenario
        self.tasks = [*self.scenario.tasks]
        self.faults = [*self.scenario.faults]
        self.quota = self.scenario.quota
        self.expires_at = math.inf
        self.rewrite = None
        self.page_cap = DEFAULT_PAGE_CAP
        self.no_task = "told"
        self.requests = []
        self.port = port
        self._now = now
        self._started = 0.0
        self._listener: Listener | None = None
        self._progress_of: dict[SimulatedTask, TaskProgress] = {}
        self._calls: Counter[Operation] = Counter()
        self._polls: Counter[str] = Counter()
        self._nonces: set[str] = set()
        self._windows: defaultdict[Operation, Window] = defaultdict(Window)
        # One request is decided at a time, however many connections there are; sending is not under the lock.
        self._request_lock = Lock()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Open the port; every task's begin counts from here."""
        self._started = self._now()
        self._progress_of.clear()
        self._nonces.clear()
        self._snapshots(self._started)
        self._listener = Listener(self.port, self._handle)
        self.port = self._listener.port

    def stop(self) -> None:
        """Close the port and every connection, also the held and the dripping ones; harmless when not running."""
        if self._listener is not None:
            self._listener.stop()
            self._listener = None

    @property
    def url(self) -> str:
        """Where all the clouds are."""
        return f"http://{LOOPBACK}:{self.port}"

    def describe(self) -> dict[str, dict[str, str]]:
        """Everything a client has to be told, by the name of the cloud; its keys open nothing but this simulator."""
        return {name: cloud.describe(self.url) for name, cloud in CLOUDS.items()}

    def _handle(self, request: HttpRequest) -> Reply | Raw | Drip:
        name, cloud = next((name, cloud) for name, cloud in reversed([*CLOUDS.items()]) if cloud.claims(request))
        operation = cloud.operation(request)
        with self._request_lock:
            at = self._now()
            self._calls[name, operation] += 1
            self._polls[name] += cloud.is_poll(operation)
            reply = self._reply(cloud, (name, operation), request, at)
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
                    status=reply.status if isinstance(reply, Reply) else 0,
                )
            )
        return reply

    def _reply(self, cloud: Cloud, operation: Operation, request: HttpRequest, at: float) -> Reply | Raw | Drip:
        # A request has been heard, and its nonce is spent, whatever then becomes of the answer.
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
            if isinstance(rewritten, Reply | Raw | Drip):
                return rewritten
            response = replace(response, document=rewritten)
        reply = cloud.to_http(operation[1], response, request_id=f"{self._calls.total():032x}")
        return replace(reply, headers={"Date": formatdate(at, usegmt=True), **reply.headers})

    def _fault(self, cloud: Cloud, operation: Operation) -> Reply | Raw | Drip | Forbidden | None:
        name, called = operation
        number, poll = self._calls[operation], self._polls[name] if cloud.is_poll(called) else None
        return next((fault.reply for fault in self.faults if fault.meets(called, number, poll)), None)

    def _throttled(self, cloud: Cloud, operation: Operation, at: float) -> ApiResponse | None:
        if self.quota is None or not (wait := self._windows[operation].wait(self.quota, at)):
            return None
        return cloud.throttled(self.quota, wait)

    def _true_response(self, cloud: Cloud, request: HttpRequest, at: float) -> ApiResponse:
        state = CloudState(tasks=self._snapshots(at), page_cap=self.page_cap, no_task=self.no_task)
        response = cloud.respond(request, state)
        for snapshot in response.shown_tasks:
            self._progress_of[snapshot.task].poll()
        return response

    def _snapshots(self, at: float) -> list[Snapshot]:
        for task in self.tasks:
            if task not in self._progress_of:
                self._progress_of[task] = TaskProgress(
                    task=task, started=self._started - task.started_ago, known_since=at
                )
        snapshots = (self._progress_of[task].snapshot(at) for task in self.tasks)
        return [snapshot for snapshot in snapshots if snapshot.started <= at]
