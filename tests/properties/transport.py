"""Replaces the transport of the gate by a simulated cloud that sends plausible, mutated or no responses.

`ScriptedTransport` replaces `gate.clouds.transport.Transport`, and nothing else of the gate is replaced: requests,
retries, parsing, translation, polling and verdict are the code of the gate, on a fake clock. What the real transport
does (TLS, time limits, sizes, redaction of secrets) is tested in `tests/clouds`.

One `random.Random` makes all decisions, so that a seed repeats a run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING, Protocol, TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

from gate.clouds.response import Response
from gate.clouds.transport import Transport
from gate.errors import Unreachable
from tests.properties.mutations import as_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from requests import Request

    from tests.builders import FakeTime
    from tests.properties.mutations import Document, ResponseMutator, UnencodedResponse

ODD_DATES = ("", "soon", "Sat, 31 Jan 2026 11:00:00", "Thu, 01 Jan 1970 00:00:00 GMT", "Sat, 31 Jan 9999 12:00:00 GMT")
_LISTS = ("data_list", "OnceTasks", "ImageInstanceList", "projects")
_KEYS = (
    *("task_id", "task_status", "begin_time", "end_time", "task_type", "total_num", "success_num", "failed_num"),
    *("risky_num", "failed_images", "remain_min", "TaskId", "CollectTime", "TotalCount", "FinishCount", "Status"),
    *("Result", "Progress", "Target", "StatusText", "ResultInfo", "Digest", "RiskStatus", "LastScanTime", "Count"),
    *("CurrentPage", "id", "name"),
)


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request of the gate."""

    operation: str
    """`projects`, `tasks`, or the name of an action."""
    query: dict[str, str]
    path: str = ""
    """With the method before it."""
    body: str = ""

    @classmethod
    def parse(cls, request: Request) -> ApiRequest:
        """Reads a request as its cloud would."""
        parts = urlsplit(str(request.url))
        action = dict(request.headers).get("x-acs-action")
        return cls(
            operation=str(action or parts.path.rpartition("/")[2]),
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            path=f"{request.method} {unquote(parts.path)}",
            body=request.data.decode() if isinstance(request.data, bytes) else "",
        )


Change: TypeAlias = "Callable[[Response | None, ApiRequest], Response | None]"
"""Changes a response on its way."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response; times in seconds since the start of the run, by a correct clock."""

    request: ApiRequest
    started_at: float
    ended_at: float
    response: Response | None
    """None if the request timed out."""


class CloudModel(Protocol):
    """A cloud without faults."""

    def document(self, request: ApiRequest) -> Document:
        """The document of its response."""
        ...

    def error(self) -> UnencodedResponse:
        """One of its errors."""
        ...


class Responder(Protocol):
    """Anything that responds to the requests of the gate."""

    exchanges: list[Exchange]

    def respond(self, request: Request) -> Response:
        """The response, or an error of a transport."""
        ...


@dataclass
class FaultyCloud:
    """Responds as a cloud, with mutated and lost responses, and records all exchanges."""

    model: CloudModel
    mutator: ResponseMutator
    time: FakeTime
    request_timeout: float
    """In seconds."""
    exchanges: list[Exchange] = field(default_factory=list)
    change: Change = lambda response, _: response

    def respond(self, request: Request) -> Response:
        """The response; a lost one takes the request timeout.

        Raises:
            Unreachable: The response is lost.
        """
        api_request, started_at = ApiRequest.parse(request), self.time.elapsed
        response = self.change(self._response(api_request), api_request)
        self.time.elapsed += self._delay(is_lost=response is None)
        self.exchanges.append(Exchange(api_request, started_at, self.time.elapsed, response))
        if response is None:
            raise Unreachable("The response was lost.")
        return response

    def _response(self, request: ApiRequest) -> Response | None:
        rng = self.mutator.rng
        is_unrelated = self.mutator.is_unrelated and rng.random() < 0.7
        document = self._unrelated_document() if is_unrelated else self.model.document(request)
        mutated = self.mutator.mutate(document, self.model.error)
        if mutated is None:
            return None
        status, headers, body = mutated
        chance = rng.random()
        if chance < 0.4:
            headers = {**headers, "date": formatdate(self.time.true_wall(), usegmt=True)}
        elif chance < 0.4 + self.mutator.rate / 10:
            headers = {**headers, "date": rng.choice(ODD_DATES)}
        return Response(status=status, headers=headers, body=body if isinstance(body, bytes) else as_bytes(body))

    def _delay(self, *, is_lost: bool) -> float:
        rng = self.mutator.rng
        chance = rng.random()
        if not is_lost and chance < 0.97:
            return 0.05
        return self.request_timeout if chance < 0.985 else rng.random() * self.request_timeout

    def _unrelated_document(self) -> Document:
        rng = self.mutator.rng
        keys = rng.sample(_KEYS, int(rng.random() * 8))
        rows = [{key: self.mutator.odd_value() for key in keys} for _ in range(int(rng.random() * 3))]
        fields = {key: self.mutator.odd_value() for key in keys}
        names = (*_LISTS, "TaskInfo", "PageInfo")
        return fields | {name: rows if name in _LISTS else fields.copy() for name in names if rng.random() < 0.5}


@dataclass
class Replay:
    """Repeats the responses of an earlier run in their order, with the same delays, and perhaps changed.

    Nothing is random, so every difference between the two runs is caused by the changes. A request that differs from
    the one at the same place in the earlier run times out.
    """

    earlier: Sequence[Exchange]
    change: Callable[[Exchange], Response | None]
    """Maps an exchange of the earlier run to its response in this one."""
    time: FakeTime
    request_timeout: float
    """In seconds."""
    exchanges: list[Exchange] = field(default_factory=list)

    def respond(self, request: Request) -> Response:
        """The response of the earlier run, changed.

        Raises:
            Unreachable: The response was lost in the earlier run, or there is none to this request.
        """
        api_request, started_at = ApiRequest.parse(request), self.time.elapsed
        place = len(self.exchanges)
        old = self.earlier[place] if place < len(self.earlier) else None
        if old and old.request == api_request:
            response = self.change(old)
            # Exactly the earlier end while the runs are in step, without rounding errors.
            in_step = started_at == old.started_at
            self.time.elapsed = old.ended_at if in_step else started_at + old.ended_at - old.started_at
        else:
            response = None
            self.time.elapsed += self.request_timeout
        self.exchanges.append(Exchange(api_request, started_at, self.time.elapsed, response))
        if response is None:
            raise Unreachable("The response was lost.")
        return response


class ScriptedTransport(Transport):
    """Passes the requests of the gate to a responder instead of a network."""

    def __init__(self, responder: Responder) -> None:
        self.host = "cloud.invalid"
        self._responder = responder

    def send(self, request: Request) -> Response:
        """See `Transport.send`."""
        return self._responder.respond(request)

    def close(self) -> None:
        """See `Transport.close`; there is nothing to close."""
