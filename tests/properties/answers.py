"""The other side of the wire, without a socket: a simulated cloud that answers plausibly, oddly, or not at all.

Nothing of the gate is replaced but the socket. `ScriptedWire` stands where `gate.clouds.transport.Transport` does:
request, retry, parsing, translation, wait and verdict are the code of the gate, on a simulated clock.
What the real wire does (signing, TLS, time limits, sizes, blotting of secrets) is the matter of `tests/clouds`.

One `random.Random` decides everything, so that a seed repeats a sequence.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from gate.clouds.response import Response
from gate.clouds.transport import Transport
from gate.errors import Unreachable
from tests.hostile import HOSTILE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from requests import Request

    from tests.builders import FakeTime

Document = dict[str, Any]
Damage = tuple[int, dict[str, str], object]
"""Status, headers, and a document, or bytes that need not be one."""

HOSTILE_WORDS = tuple(word for word in HOSTILE.values() if word)
HARMLESS_WORDS = ("shop",) * len(HOSTILE_WORDS)
"""As many, so that the same seed tells the same story in other words."""

_ODD_TIMES = ("", "soon", "Sat, 31 Jan 2026 11:00:00", "Thu, 01 Jan 1970 00:00:00 GMT", "Sat, 31 Jan 9999 12:00:00 GMT")
RETRY_AFTER = ("0", "1", "7", "60", "400", "86400", "-1", "1.5", "soon", "9" * 30, "Sat, 31 Jan 2026 12:01:00 GMT")
_GARBAGE = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b"true",
    b"\xff\xfe{}",
    b"\xef\xbb\xbf{}",
    b"<html><body>Sign in</body></html>",
    b"<?xml version='1.0'?><Error><Code>NoPermission</Code></Error>",
    b'{"data_list": [], "total_num": 0}',
    b'{"TaskInfo": null}',
    b'{"total_num": NaN}',
    b'{"total_num": 1e999}',
    b"[" * 3000,
)


@dataclass(frozen=True, slots=True)
class Question:
    """What the gate asked."""

    called: str
    """`projects`, `tasks`, or the name of an action."""
    query: dict[str, str]

    @classmethod
    def of(cls, request: Request) -> Question:
        """Reads a request as its cloud would."""
        parts = urlsplit(str(request.url))
        action = dict(request.headers).get("x-acs-action")
        return cls(str(action or parts.path.rpartition("/")[2]), dict(parse_qsl(parts.query, keep_blank_values=True)))


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question, what came back, and when by the true time of this world."""

    question: Question
    began: float
    """Seconds since the run began; so is `ended`."""
    ended: float
    answer: Response | None
    """None where none came."""


class Model(Protocol):
    """A cloud in good order."""

    def document(self, question: Question) -> Document:
        """What it answers now."""
        ...

    def error(self) -> Damage:
        """A refusal of its own kind."""
        ...


@dataclass
class Weather:
    """What befalls answers on their way, and how often."""

    rng: Random
    words: Sequence[str]
    odd: Sequence[object]
    """Values that may stand in any field."""
    fault: float
    """The share of answers that something befalls."""
    is_calm: bool = False
    """Whether hostile words stand only where they decide nothing, and bytes are left alone."""
    is_wild: bool = False
    """Whether most answers have nothing to do with the question."""

    def word(self) -> str:
        """A text that somebody may have chosen."""
        return self.rng.choice(self.words)

    def odd_value(self) -> object:
        """A value that may stand where another is documented."""
        # In the place of an id or a digest, another word would be another story.
        return self.word() if self.rng.random() < 0.2 and not self.is_calm else self.rng.choice(self.odd)

    def befall(self, document: Document, error: Callable[[], Damage]) -> Damage | None:
        """What becomes of an answer; None where it never arrives."""
        if self.rng.random() >= self.fault:
            return 200, {}, document
        kind = self.rng.random()
        if kind < 0.5:
            for _ in range(self.rng.choice((1, 1, 1, 2, 5))):
                self._mutate(document)
            return 200, {}, document
        if kind < 0.75:
            return error()
        if kind < 0.85:
            return None
        return self._spoilt(document)

    def _spoilt(self, document: Document) -> Damage:
        status = self.rng.choice((200, 200, 200, 204, 302, 404, 502))
        if self.is_calm:
            return status, {}, document
        body = bytearray(as_bytes(document))
        kind, place = self.rng.random(), int(self.rng.random() * len(body))
        if kind < 0.1:
            return status, {}, document
        if kind < 0.3:
            return status, {}, bytes(body[:place])
        if kind < 0.6 and body:
            body[place] = int(self.rng.random() * 256)
            return 200, {}, bytes(body)
        if kind < 0.7:
            return 200, {}, re.sub(rb'("\w*(?i:status)":)', rb"\g<1>null,\g<1>", bytes(body))
        return status, {}, self.rng.choice(_GARBAGE)

    def _mutate(self, document: Document) -> None:
        node: Any = document
        while node:
            key = self.rng.choice(list(node)) if isinstance(node, dict) else int(self.rng.random() * len(node))
            if node[key] and isinstance(node[key], dict | list) and self.rng.random() < 0.85:
                node = node[key]
                continue
            self._strike(node, key)
            return

    def _strike(self, node: Any, key: Any) -> None:
        kind = self.rng.random()
        if kind < 0.55:
            node[key] = self.odd_value()
        elif kind < 0.7:
            del node[key]
        elif kind < 0.8 and type(node[key]) is int:
            node[key] += self.rng.choice((-1, 1, 1, 1000, -1000))
        elif isinstance(node, list):
            node.append(node[key])
        elif kind < 0.9:
            node[self.rng.choice(("error_code", "errors", "code", "Success", "Code", "error"))] = self.odd_value()
        else:
            node[key] = [node[key]] if kind < 0.95 else {"value": node[key]}


@dataclass
class OtherSide:
    """A cloud with the way to it: answers every question, and keeps what was said."""

    model: Model
    weather: Weather
    time: FakeTime
    limit: float
    """Seconds that one request may take."""
    said: list[Exchange] = field(default_factory=list)

    def respond(self, request: Request) -> Response:
        """Answers, or lets the time of a request pass."""
        question, began = Question.of(request), self.time.elapsed
        answer = self._answer(question)
        self.time.elapsed += self._delay(came=answer is not None)
        self.said.append(Exchange(question, began, self.time.elapsed, answer))
        if answer is None:
            raise Unreachable("No answer came.")
        return answer

    def _answer(self, question: Question) -> Response | None:
        rng = self.weather.rng
        document = self._wild() if self.weather.is_wild and rng.random() < 0.7 else self.model.document(question)
        befallen = self.weather.befall(document, self.model.error)
        if befallen is None:
            return None
        status, headers, body = befallen
        chance = rng.random()
        if chance < 0.4:
            headers = {**headers, "date": formatdate(self.time.true_wall(), usegmt=True)}
        elif chance < 0.4 + self.weather.fault / 10:
            headers = {**headers, "date": rng.choice(_ODD_TIMES)}
        return Response(status=status, headers=headers, body=body if isinstance(body, bytes) else as_bytes(body))

    def _delay(self, *, came: bool) -> float:
        rng = self.weather.rng
        chance = rng.random()
        if came and chance < 0.97:
            return 0.05
        return self.limit if chance < 0.985 else rng.random() * self.limit

    def _wild(self) -> Document:
        rng = self.weather.rng
        keys = rng.sample(_KEYS, int(rng.random() * 8))
        rows = [{key: self.weather.odd_value() for key in keys} for _ in range(int(rng.random() * 3))]
        whole = {key: self.weather.odd_value() for key in keys}
        names = (*_LISTS, "TaskInfo", "PageInfo")
        return whole | {name: rows if name in _LISTS else whole.copy() for name in names if rng.random() < 0.5}


class Side(Protocol):
    """Whoever answers, in whatever way."""

    said: list[Exchange]

    def respond(self, request: Request) -> Response:
        """Answers, or raises what a wire raises."""
        ...


@dataclass
class Retold:
    """Says once more what was said in an earlier run, answer by answer, with the same delays.

    No chance is left in it, so what differs between the two runs comes of how it is told. A question that was not asked
    then is not answered.
    """

    before: Sequence[Exchange]
    told: Callable[[Exchange], Response | None]
    """How an answer is told this time."""
    time: FakeTime
    limit: float
    """Seconds that one request may take."""
    said: list[Exchange] = field(default_factory=list)

    def respond(self, request: Request) -> Response:
        """Answers as then, or lets the time of a request pass."""
        question, began = Question.of(request), self.time.elapsed
        then = self.before[len(self.said)] if len(self.said) < len(self.before) else None
        if then and then.question == question:
            answer = self.told(then)
            # As long as the runs keep step, the moments are the same to the last bit.
            self.time.elapsed = then.ended if began == then.began else began + then.ended - then.began
        else:
            answer = None
            self.time.elapsed += self.limit
        self.said.append(Exchange(question, began, self.time.elapsed, answer))
        if answer is None:
            raise Unreachable("No answer came.")
        return answer


class ScriptedWire(Transport):
    """The way to the other side; see the module for what it stands for."""

    def __init__(self, other_side: Side) -> None:
        self.host = "cloud.invalid"
        self._other_side = other_side

    def send(self, request: Request) -> Response:
        """See `Transport.send`."""
        return self._other_side.respond(request)


def as_bytes(document: object) -> bytes:
    """JSON as it travels; a lone surrogate is spelt out, as in ASCII."""
    return json.dumps(document, separators=(",", ":")).encode()


_LISTS = ("data_list", "OnceTasks", "ImageInstanceList", "projects")
_KEYS = (
    *("task_id", "task_status", "begin_time", "end_time", "task_type", "total_num", "success_num", "failed_num"),
    *("risky_num", "failed_images", "remain_min", "TaskId", "CollectTime", "TotalCount", "FinishCount", "Status"),
    *("Result", "Progress", "Target", "StatusText", "ResultInfo", "Digest", "RiskStatus", "LastScanTime", "Count"),
    *("CurrentPage", "id", "name"),
)
