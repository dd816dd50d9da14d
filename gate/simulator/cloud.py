"""Says what the server needs of a cloud, and what it gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPMessage
from typing import Any, Literal, Protocol, TypeAlias
from urllib.parse import unquote

from gate.simulator.fault import Reply
from gate.simulator.quota import Quota
from gate.simulator.task import Snapshot

JSON: TypeAlias = Any
NoTask = Literal["told", "bare"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A request exactly as it came over the wire."""

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
        """Every parameter with all of its values, decoded; a plus sign is a plus sign, as the signature sees it."""
        values: dict[str, list[str]] = {}
        for name, value in query_pairs(self.target):
            values.setdefault(name, []).append(value)
        return values


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """What a cloud answers from: all that there is now."""

    tasks: Sequence[Snapshot]
    page_cap: int
    """A page is never longer, whatever is asked for, where a cloud does not document how long it may be."""
    no_task: NoTask
    """How a cloud whose documents do not tell says that there is no task: in a word, or by leaving out all words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a cloud has to say, before it becomes bytes."""

    status: int
    document: JSON
    shown: tuple[Snapshot, ...] = ()
    """The tasks in it: each has had one more look."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """What HTTP itself adds, beside the headers of the cloud."""


class Cloud(Protocol):
    """A cloud's way to speak of the tasks that all clouds here share; a module that has these functions is one."""

    def describe(self, url: str) -> dict[str, str]:
        """Everything that a client has to be told."""
        ...

    def claims(self, call: Call, /) -> bool:
        """Whether the request is meant for this cloud."""
        ...

    def operation(self, call: Call) -> str:
        """Which operation is asked for, in the cloud's own words, or `unknown`."""
        ...

    def polls(self, operation: str) -> bool:
        """Whether an operation shows how a scan task stands."""
        ...

    def refusal(self, call: Call, now: float, expiry: float, nonces: set[str], /) -> Answer | None:
        """Why the request gets no further than the gateway, or nothing if it is signed in.

        From its expiry on no token is good any more. A nonce that is signed in is put to those that were heard before.
        """
        ...

    def answer(self, call: Call, moment: Moment) -> Answer:
        """The true answer to a request that is signed in."""
        ...

    def throttled(self, quota: Quota, wait: float) -> Answer:
        """The answer to one call too many, which would be let through in so many seconds."""
        ...

    def forbidden(self) -> Answer:
        """The answer to a user without the permission."""
        ...

    def reply(self, operation: str, answer: Answer, request_id: str) -> Reply:
        """An answer as HTTP, with the id where this cloud puts it."""
        ...


def query_pairs(target: str) -> list[tuple[str, str]]:
    """The parameters of a request target in their order, percent-decoded and nothing else."""
    split = (pair.partition("=") for pair in target.partition("?")[2].split("&") if pair)
    return [(unquote(name), unquote(value)) for name, _, value in split]


def out_of_order(tasks: Sequence[Snapshot]) -> list[Snapshot]:
    """The tasks in an order that is always the same and never puts the newest of several first.

    No cloud here says how it sorts its list, so a client that takes the first for the newest has to be wrong.
    """
    newest_first = sorted(tasks, key=lambda seen: (-seen.started, seen.task.id))
    return newest_first[1::2] + newest_first[::2]
