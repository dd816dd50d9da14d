"""One conversation with one API over HTTP: time limits, tries, and a name for everything that can go wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import backoff
import requests

from gate.clock import EPSILON
from gate.clouds.fair_retry import MAX_AGE, extra_delay, seconds_until_slot
from gate.clouds.response import date_of
from gate.errors import DeadlineExceeded, NotAuthorised, Throttled, TruncatedResponse, Unreachable
from gate.policy import CLOCK_TOLERANCE
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from backoff.types import Details
    from requests.auth import AuthBase

    from gate.clouds.interface import Connection
    from gate.clouds.response import Response
    from gate.errors import TransientError

_TRIES_FOR_A_WHOLE_ANSWER = 3
_SHORTEST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_FIRST_CONTACT = 300.0
_QUICK_TRIES = 5
"""How often to try again soon what a quota refuses without a word of its size: where the reference of Security Center
states one for an operation, it is 10 calls a second and account."""
_SOON = 5.0
"""Seconds; in a quota that frees a call so often nobody need line up."""
_NO_LINE = 120.0
"""At most so many seconds between two tries of what has been refused for longer than any line lasts."""
_AT_ONCE = 1.0
"""Seconds; questions that follow each other sooner belong to one look."""
_REQUEST_IDS = ("x-request-id", "x-acs-request-id", "x-iam-trace-id")


@dataclass(frozen=True, kw_only=True, slots=True)
class Api:
    """Where an API is, how one signs in to it, and what it means when it says no."""

    base_url: str
    auth: AuthBase
    secrets: tuple[str, ...]
    """What must be cut out of any message."""
    read: Callable[[Response], dict[str, Any]]
    """Turns an answer into its JSON object, or raises what the API means by it."""
    signs_the_time: bool = True
    """Whether a wrong clock can be why one is refused; a token does not hold the time."""


class ApiClient:
    """Asks one API, and asks again after faults that may pass, as long as the deadline allows."""

    def __init__(self, api: Api, connection: Connection) -> None:
        self._api = api
        self._connection = connection
        settings = connection.settings
        self._transport = connection.transport(
            api.base_url, secrets=api.secrets, limit=settings.request_timeout, ca_bundle=settings.ca_bundle
        )
        self._was_answered = False
        self._first_try = math.inf
        self._look_began = self._answered_at = -math.inf
        self._has_lined_up = self._was_in_line = False

    def ask(
        self,
        method: str,
        path: str,
        query: Iterable[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        *,
        called: str = "",
    ) -> dict[str, Any]:
        """Sends one question and returns the JSON object of its answer.

        Every try is signed anew. No redirect is followed, since the signature or token would go along.

        Args:
            method: The method of HTTP.
            path: What comes after the address of the API.
            query: Names and values, in the order in which they are sent.
            headers: What the question needs beside the headers of its signature.
            called: The question's own name, where method and path do not tell it from others.

        Raises:
            TransientError: The last fault, when the deadline has come or its kind is not worth more tries.
            GateError: What the API's `read` makes of the answer, at once.
            NotUnderstood: The answer is too large or cannot be unpacked.
        """
        request = requests.Request(method, f"{self._api.base_url}{path}{_query(query)}", headers, auth=self._api.auth)
        elapsed = self._connection.clock.elapsed
        if elapsed() - self._answered_at > _AT_ONCE:
            self._begin_look()
        # backoff repeats and counts, and nothing else: the pause is ours, on our clock, so its own is 0.
        rest = partial(self._rest, since=elapsed())
        again = partial(backoff.on_exception, backoff.constant, interval=0, jitter=None, logger=None, on_backoff=rest)
        whole = again(exception=TruncatedResponse, max_tries=_TRIES_FOR_A_WHOLE_ANSWER, giveup=self._is_vain)(self._try)
        response: dict[str, Any] = again(exception=(Unreachable, Throttled), giveup=self._is_vain)(whole)(
            request, called or f"{method} {path}"
        )
        self._answered_at = elapsed()
        return response

    def _begin_look(self) -> None:
        """Begins another look: behind the others that were in line at the last one, not when a call may be free."""
        if self._was_in_line:
            self._was_in_line = False
            pause = self._called(0.0)
            self._connection.event_log.note(f"others are in line for the quota; behind them in {pause:.0f} s")
            self._connection.clock.sleep(pause)
            self._connection.deadline.grant()
        self._look_began = self._connection.clock.elapsed()

    def _try(self, request: requests.Request, called: str) -> dict[str, Any]:
        response = self._send(request, called)
        try:
            return self._api.read(response)
        except NotAuthorised:
            if not self._takes_the_time_from(response):
                raise
        # Signed with the wrong time, it had no chance; if the time was not the reason, this is refused again.
        return self._api.read(self._send(request, called))

    def _send(self, request: requests.Request, called: str) -> Response:
        if not self._connection.deadline.lets_begin():
            raise DeadlineExceeded(
                f"The time was up before {self._transport.host} had told all that was needed.",
                means="The list is long, or its answers come slowly.",
                remedy="Give it more time with --timeout.",
            )
        self._first_try = min(self._first_try, self._connection.clock.elapsed())
        response = self._transport.send(request)
        # Whoever answers, and whatever: it can only make a task older.
        if theirs := date_of(response):
            self._connection.clock.observe_remote_time(theirs)
        self._was_answered = True
        request_id = next((response.headers[name] for name in _REQUEST_IDS if name in response.headers), "none")
        self._connection.event_log.note(
            f"{called}: {response.status}, {len(response.body)} bytes, request id {one_line(request_id, 80)}"
        )
        return replace(response, asked=called)

    def _takes_the_time_from(self, response: Response) -> bool:
        """Sets the run's clock by that of whoever refused the signature, where they are far apart.

        From no other answer: one from a cache or a proxy would make a stale task fresh.
        """
        clock, theirs = self._connection.clock, date_of(response)
        if not self._api.signs_the_time:
            return False
        if theirs is None or abs(theirs - clock.now()) <= CLOCK_TOLERANCE or not clock.correct_once(theirs):
            return False
        self._connection.event_log.note(
            f"this machine's clock is wrong; going by that of {self._transport.host}: {theirs}"
        )
        return True

    def _patience(self) -> float:
        """Seconds that are left: less as long as nothing has answered at all.

        A mistyped endpoint or a runner without network should not cost a whole run.
        """
        left = self._connection.deadline.left()
        if self._was_answered:
            return left
        return min(left, max(0.0, self._first_try + _FIRST_CONTACT - self._connection.clock.elapsed()))

    def _is_vain(self, fault: Any) -> bool:
        """Whether another try would come after the time is up."""
        return self._patience() < (fault.retry_after or EPSILON)

    def _rest(self, details: Details, *, since: float) -> None:
        fault, tries = cast("TransientError", details["exception"]), details["tries"]
        if isinstance(fault, Throttled):
            pause = self._until_turn(fault, tries, since)
        else:
            # A cloud that asks for no pause at all gets one all the same: no fault is worth a storm of calls.
            pause = fault.retry_after or self._no_further(
                self._drifting(_growing(_SHORTEST_PAUSE, tries, _LONGEST_PAUSE))
            )
        self._connection.event_log.retrying(fault.happened, pause)
        self._connection.clock.sleep(pause)
        self._connection.deadline.grant()

    def _until_turn(self, fault: Throttled, tries: int, since: float) -> float:
        """Seconds until the next try of a question that a quota has refused since then."""
        elapsed = self._connection.clock.elapsed()
        age = elapsed - self._look_began
        if fault.retry_after:
            spare = max(0.0, self._patience() - fault.retry_after)
            return fault.retry_after + extra_delay(age, told=fault.retry_after, spare=spare)
        if self._may_be_free_soon(fault, tries):
            first = max(fault.seconds_per_call or _SHORTEST_PAUSE, _SHORTEST_PAUSE)
            return self._no_further(self._drifting(_growing(first, tries, _LONGEST_PAUSE)))
        if elapsed - since >= MAX_AGE:
            # It may be that refused calls count too, and that nobody is let in before some keep away for a while.
            return self._no_further(self._drifting(_NO_LINE))
        self._has_lined_up = self._was_in_line = True
        return self._called(age)

    def _may_be_free_soon(self, fault: Throttled, tries: int) -> bool:
        """Whether the quota frees a call every few seconds; where it does not say, for as long as that may be."""
        if fault.seconds_per_call is None:
            return tries <= _QUICK_TRIES and not self._has_lined_up
        return fault.seconds_per_call <= _SOON

    def _called(self, age: float) -> float:
        # Those that began together are called together, and should not come as one.
        clock = self._connection.clock
        return self._no_further(seconds_until_slot(age, clock.now().timestamp()) + clock.chance() / 2)

    def _drifting(self, pause: float) -> float:
        # Half of it is chance: a fault hits a whole fleet at one moment, and its gates must not come back as one.
        return pause * (0.5 + self._connection.clock.chance() / 2)

    def _no_further(self, pause: float) -> float:
        left = self._patience()
        return left if left < pause + 1 else pause


def _growing(first: float, tries: int, longest: float) -> float:
    return min(first * 2.0 ** min(tries - 1, 10), longest)


def _query(pairs: Iterable[tuple[str, str]]) -> str:
    # requests' own encoding writes a space as "+", which no cloud signs so: what is signed is what is sent.
    text = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)
    return f"?{text}" if text else ""
