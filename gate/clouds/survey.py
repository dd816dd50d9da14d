"""What a survey of one account asks and learns by reading alone; `gate.doctor.fixture` writes it without its values.

Each cloud has one in its folder `survey`: which requests to send, which questions of the facts they answer, and which
keys and words are documented.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from gate.clouds.response import parse_json_object
from gate.errors import GateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import requests

    from gate.clouds.response import Response

NOT_SEEN = "not seen"
"""The answer to a question about something that the account does not have, or that was refused."""
OTHER = "something else"
"""The answer where the cloud does what no document suggests."""
_OK = 200
_USABLE = re.compile("[!-~]{1,256}")

Row: TypeAlias = dict[str, Any]
Words: TypeAlias = Mapping[str, frozenset[object]]
"""The documented values of a field, by its key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """One request of a survey and its response."""

    probe: str
    """What was asked for, in words of the survey itself."""
    operation: str
    """The vendor's name of the operation."""
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    document: dict[str, Any] | None
    """None if the response is no JSON object that every parser reads alike."""

    @property
    def is_success(self) -> bool:
        """Whether the request was accepted."""
        return self.status == _OK and self.document is not None


class Exchanges:
    """The exchanges of one survey, in order."""

    def __init__(self) -> None:
        self.all: list[Exchange] = []
        self.errors: list[GateError] = []
        """What ended a probe early, in order."""
        self.wanted: list[list[Row]] = []
        """The rows of each image that was asked for, in order; none for one that was not seen."""
        self._probe = ""
        self._operations: Mapping[str, str] = {}

    def ask(self, probe: str, operations: Mapping[str, str], call: Callable[[], object]) -> None:
        """Sends the requests of one probe, and keeps what comes back; an error of the gate ends the probe alone.

        Args:
            probe: What is asked for.
            operations: The names of its operations, by the action in the header of a request or by a part of its
                path; any other request, such as one to sign in, is not kept.
            call: Sends them.
        """
        self._probe, self._operations = probe, operations
        try:
            call()
        except GateError as error:
            self.errors.append(error)
        self._operations = {}

    def observe(self, request: requests.Request, response: Response) -> None:
        """Takes over one exchange, if it belongs to the probe."""
        action, path = (request.headers or {}).get("x-acs-action"), urlsplit(str(request.url)).path
        found = (name for mark, name in self._operations.items() if mark == action or (not action and mark in path))
        if operation := next(found, ""):
            self.all.append(
                Exchange(
                    probe=self._probe,
                    operation=operation,
                    status=response.status,
                    headers=response.headers,
                    document=_document(response),
                )
            )

    def of(self, probe: str) -> Exchange | None:
        """The last exchange of a probe that was accepted; None if there is none."""
        return next((one for one in reversed(self.all) if one.probe == probe and one.is_success), None)

    def last(self, probe: str) -> Exchange | None:
        """The last exchange of a probe, accepted or not."""
        return next((one for one in reversed(self.all) if one.probe == probe), None)

    def rows(self, probe: str, key: str) -> list[Row]:
        """The rows of a list in the last accepted response of a probe."""
        found = self.of(probe)
        return rows_in(found.document or {}, key) if found else []


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """Something that the facts mark as not verified, and how a survey answers it."""

    id: str
    text: str
    source: str
    """The operation and the fields that it is read from."""
    answers: frozenset[str]
    """Every possible answer, or every word of one; no other text is ever shown."""
    read: Callable[[Exchanges], str | Iterable[str]]
    """The answer, or the words of one."""


def question(
    id_: str, text: str, source: str, answers: Iterable[str], read: Callable[[Exchanges], str | list[str]]
) -> Question:
    """A question in the order in which a table reads best."""
    return Question(id=id_, text=text, source=source, answers=frozenset(answers), read=read)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One line of what a survey has learnt."""

    id: str
    question: str
    answer: str
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Vocabulary:
    """The keys and words that the vendor documents: all that may be shown of a response."""

    keys: frozenset[str]
    words: Words
    """The documented values of those fields that have some; a word counts in its own field only."""
    percents: frozenset[str] = frozenset()
    """The fields that hold a progress."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenTask:
    """A scan task of the account by what matters for a verdict; numbers and times are made coarse when it is shown."""

    state: str
    """A word of `gate.scan.TaskState`, or `queued`."""
    trigger: str
    """`manual`, `cycle` or `unknown`."""
    started: float | None
    """Seconds since the epoch."""
    total: int | None
    failed: int | None
    risky: int | None
    unfinished: int | None = None
    """Images with no result although the task is complete."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenImage:
    """One of the images that were asked for; vulnerabilities, malicious files and baseline items are numbers."""

    state: str
    """`scanned`, `failed`, `running`, `unscanned` or `missing`."""
    scanned: float | None = None
    pushed: float | None = None
    vulnerabilities: int | None = None
    malicious_files: int | None = None
    baseline: int | None = None
    is_index: bool = False

    @property
    def is_scanned_after_push(self) -> bool:
        """Whether its last scan was of what the tag stands for now, as far as both times are stated."""
        return self.scanned is not None and (self.pushed is None or self.scanned >= self.pushed)


@dataclass(frozen=True, kw_only=True, slots=True)
class Survey:
    """All about the survey of one cloud."""

    vocabulary: Vocabulary
    questions: Sequence[Question]
    ask: Callable[[Any, Exchanges], None]
    """Sends all requests over a `gate.clouds.Connection`: a few for each operation, none of which changes anything."""
    tasks: Callable[[Exchanges], list[SeenTask]]
    """The scan tasks that were seen, newest first."""
    images: Callable[[Exchanges], list[SeenImage]]
    probes: frozenset[str] = field(default_factory=frozenset)
    """The names of all probes."""


def answers(survey: Survey, exchanges: Exchanges) -> list[Answer]:
    """Answers every question; what is none of its documented answers becomes `something else`."""
    return [
        Answer(id=one.id, question=one.text, answer=_answer(one, exchanges), source=one.source)
        for one in survey.questions
    ]


def rows_in(document: Mapping[str, Any], key: str) -> list[Row]:
    """The objects in a list of a document; none if it is no list."""
    rows = document.get(key)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def usable(value: object) -> str:
    """A value of a response that can be sent in a request as it is; empty for any other."""
    return value if isinstance(value, str) and _USABLE.fullmatch(value) else ""


def _answer(question: Question, exchanges: Exchanges) -> str:
    given = question.read(exchanges)
    words = [given] if isinstance(given, str) else [*given]
    known = [word for word in words if word in question.answers or word in {NOT_SEEN, OTHER}]
    return ", ".join(known) if known and len(known) == len(words) else OTHER


def _document(response: Response) -> dict[str, Any] | None:
    try:
        return parse_json_object(response)
    except GateError:
        return None
