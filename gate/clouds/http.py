"""One conversation with one API over HTTP: time limits, tries, and a name for everything that can go wrong."""

from __future__ import annotations

import secrets
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import backoff
import requests
import urllib3.exceptions

from gate.clock import DUST
from gate.clouds.answer import Answer, without
from gate.clouds.fault import fault_behind
from gate.errors import CutShort, NotUnderstood, Throttled, Unreachable
from gate.settings import is_loopback
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from backoff.types import Details
    from requests.auth import AuthBase

    from gate.clouds.kind import Connection

LARGEST_ANSWER = 64 * 1024 * 1024
"""Bytes, unpacked: 20,000 failed images in one answer are about 8 MB, so this much is no list of tasks."""
_CHUNK = 64 * 1024
_CONNECT_LIMIT = 10.0
_TRIES_FOR_A_WHOLE_ANSWER = 3
_LONGEST_PAUSE = 60.0
_random = secrets.SystemRandom().random


@dataclass(frozen=True, kw_only=True, slots=True)
class Api:
    """Where an API is, how one signs in to it, and what it means when it says no."""

    base_url: str
    auth: AuthBase
    secrets: tuple[str, ...]
    """What must be cut out of any message."""
    read: Callable[[Answer], dict[str, Any]]
    """Turns an answer into its JSON object, or raises what the API means by it."""


class Http:
    """Asks one API, and asks again after faults that may pass, as long as the deadline allows."""

    def __init__(self, api: Api, connection: Connection) -> None:
        self._api = api
        self._connection = connection
        self._session = self._new_session()
        self._was_answered = False

    def ask(
        self, method: str, path: str, query: Iterable[tuple[str, str]] = (), headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Sends one question and returns the JSON object of its answer.

        Every try is signed anew. No redirect is followed, since the signature or token would go along.

        Raises:
            PassingFault: The last fault, when the deadline has come or its kind is not worth more tries.
            GateError: What the API's `read` makes of the answer, at once.
            NotUnderstood: The answer is too large or cannot be unpacked.
        """
        request = requests.Request(method, f"{self._api.base_url}{path}{_query(query)}", headers, auth=self._api.auth)
        # backoff repeats and counts, and nothing else: the pause is ours, on our clock, so its own is 0.
        again = partial(
            backoff.on_exception, backoff.constant, interval=0, jitter=None, logger=None, on_backoff=self._rest
        )
        whole = again(exception=CutShort, max_tries=_TRIES_FOR_A_WHOLE_ANSWER, giveup=self._is_vain)(self._try)
        answer: dict[str, Any] = again(exception=(Unreachable, Throttled), giveup=self._is_vain)(whole)(request)
        return answer

    def _try(self, request: requests.Request) -> dict[str, Any]:
        answer = self._within_limit(request)
        self._was_answered = True
        path = urlsplit(str(request.url)).path
        request_id = one_line(answer.headers.get("x-request-id", "none"), 80)
        self._connection.journal.note(
            f"{request.method} {path}: {answer.status}, {len(answer.body)} bytes, request id {request_id}"
        )
        return self._api.read(answer)

    def _within_limit(self, request: requests.Request) -> Answer:
        # A socket's timeout bounds neither name resolution nor a server that drips bytes; a thread can be left behind.
        future: Future[Answer] = Future()

        def work() -> None:
            try:
                future.set_result(self._exchange(request))
            except BaseException as error:  # noqa: BLE001 - handed to the waiting thread, which raises it
                future.set_exception(error)

        threading.Thread(target=work, daemon=True, name="request").start()
        limit = self._connection.settings.request_timeout
        try:
            return future.result(limit)
        except TimeoutError:
            self._session = self._new_session()
            raise Unreachable(
                f"No complete answer came from {self._host} within {limit:g} s.",
                means="The server or a proxy in between hangs or is very slow.",
                remedy="Try again later; a slow proxy may need a longer --request-timeout.",
            ) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise fault_behind(error, host=self._host, secrets=self._api.secrets) from None

    def _exchange(self, request: requests.Request) -> Answer:
        session, settings = self._session, self._connection.settings
        prepared = session.prepare_request(request)
        wishes = session.merge_environment_settings(
            prepared.url or "",
            proxies={},
            stream=True,
            cert=None,
            verify=str(settings.ca_bundle) if settings.ca_bundle else None,
        )
        limits = (min(_CONNECT_LIMIT, settings.request_timeout), settings.request_timeout)
        with session.send(prepared, allow_redirects=False, timeout=limits, **wishes) as response:
            headers = dict(response.headers.lower_items())
            body = without(self._api.secrets, _body(response))
            return Answer(status=response.status_code, headers=headers, body=body)

    def _new_session(self) -> requests.Session:
        session = requests.Session()
        # No proxy could reach a loopback address of ours, and its settings must not get in the way.
        session.trust_env = not is_loopback(urlsplit(self._api.base_url).hostname or "")
        return session

    def _patience(self) -> float:
        """Seconds that are left: until anything has answered at all, no more than a task may take to appear.

        A mistyped endpoint or a runner without network should not cost a whole run.
        """
        left = self._connection.deadline.left()
        if self._was_answered:
            return left
        return min(left, max(0.0, self._connection.settings.appear_timeout - self._connection.clock.elapsed()))

    def _is_vain(self, fault: Any) -> bool:
        """Whether another try would come after the time is up."""
        return self._patience() < (fault.retry_after or DUST)

    def _rest(self, details: Details) -> None:
        fault: Any = details["exception"]
        pause = self._own_pause(details["tries"]) if fault.retry_after is None else fault.retry_after
        self._connection.journal.retrying(fault.happened, pause)
        self._connection.clock.sleep(pause)

    def _own_pause(self, tries: int) -> float:
        # Half of it is chance: a fault hits a whole fleet at one moment, and its gates must not come back as one.
        pause = min(2.0 ** min(tries - 1, 10), _LONGEST_PAUSE) * (0.5 + _random() / 2)
        left = self._patience()
        return left if left < pause + 1 else pause

    @property
    def _host(self) -> str:
        return urlsplit(self._api.base_url).netloc


def _body(response: requests.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise NotUnderstood(
                f"The answer is larger than {LARGEST_ANSWER} bytes.",
                means="What answers is not this API, or it is broken.",
                remedy="Check --endpoint and the proxy.",
            )
    return bytes(body)


def _query(pairs: Iterable[tuple[str, str]]) -> str:
    # requests' own encoding writes a space as "+", which no cloud signs so: what is signed is what is sent.
    text = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)
    return f"?{text}" if text else ""
