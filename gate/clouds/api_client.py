"""A client of one API over HTTP: builds requests, has them signed and sent, and reads the responses.

What is worth another attempt, and when, is the matter of `gate.clouds.retry_schedule`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import requests

from gate.clouds.error_response import AUTH_STATUSES
from gate.clouds.response import date_of, memory_left
from gate.clouds.retry_loop import RetryLoop
from gate.clouds.values import percent_encoded
from gate.errors import (
    DeadlineExceeded,
    ForeignResponse,
    NotAuthorised,
    Throttled,
    TransientError,
    Unreachable,
)
from gate.policy import CLOCK_TOLERANCE
from gate.text import one_line
from gate.verdict_messages import format_duration, format_limit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from requests.auth import AuthBase

    from gate.clouds.credentials import Credentials
    from gate.clouds.interface import Connection, SignIn
    from gate.clouds.response import Response

_REQUEST_IDS = ("x-request-id", "x-acs-request-id", "x-iam-trace-id")


@dataclass(frozen=True, kw_only=True, slots=True)
class Api:
    """Where an API is, how its requests are signed, and how its responses are read."""

    base_url: str
    auth: AuthBase
    secrets: tuple[str, ...]
    """What must be redacted in any message."""
    read: Callable[[Response], dict[str, Any]]
    """Turns a response into its JSON object, or raises what the API means by it."""
    signs_the_time: bool = True
    """Whether a wrong clock can be the reason of a refusal; a token does not contain the time."""
    sign_in: SignIn | None = None
    """The way to sign in, which may renew the credentials; None for an API without any."""
    rebuild: Callable[[Credentials], Api] | None = None
    """Builds the same with other credentials; needed with `sign_in`."""


class ApiClient:
    """Calls the operations of one API, and retries after transient errors."""

    def __init__(self, api: Api, connection: Connection, retries: RetryLoop | None = None) -> None:
        """Opens the transport; sends no request.

        Args:
            api: The API.
            connection: What the cloud is connected with.
            retries: The retry loop of which the requests are a part, where it repeats more than them.
        """
        self._api = api
        self._clock = connection.clock
        self._time_of_day = connection.time_of_day
        self._deadline = connection.deadline
        self._limit = format_limit(connection.settings.timeout, "--timeout")
        self._event_log = connection.event_log
        self._first_success: float | None = None
        self._connection = connection
        self._transport = connection.open_transport(api.base_url, secrets=api.secrets)
        self._retries = retries or retry_loop(connection)

    def call(
        self,
        method: str,
        path: str,
        query: Iterable[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        *,
        body: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        operation: str = "",
        bytes_kept: int = 0,
        is_repeatable: bool = True,
        is_retried: bool = True,
        may_be_empty: bool = False,
    ) -> dict[str, Any]:
        """Calls one operation and returns the JSON object of its response.

        Each attempt is signed anew. No redirect is followed, since the signature or token would go along.

        Args:
            method: The method of HTTP.
            path: What follows the address of the API.
            query: Names and values, in the order in which they are sent.
            headers: What the operation needs beside the headers of its signature.
            body: The JSON object to send; None for a request without one.
            form: The fields of a form to send in its place.
            operation: The operation's own name, where method and path do not tell it from others.
            bytes_kept: What the caller keeps of earlier responses; this one may take that much less memory.
            is_repeatable: False for an operation that must not run twice, such as one that starts a scan. After a rate
                limit it is sent again all the same, as it did not run; after any other transient error it may have run.
            is_retried: False for an operation that the run can do without: it is sent once, and queues for no quota.
            may_be_empty: Whether the operation is documented to respond without a body; that is returned as {}.

        Raises:
            TransientError: The error of the last attempt, when another one would be pointless, or might be harmful.
            GateError: What the API's `read` makes of the response, at once.
            NotUnderstood: The response is too large or cannot be decompressed, or a part of the query cannot be sent.
        """
        url = f"{self._api.base_url}{path}{_encoded(query)}"
        attributes = {
            "operation": operation or f"{method} {path}",
            "max_memory": memory_left(bytes_kept + self._connection.bytes_kept),
            "may_be_empty": may_be_empty,
        }
        data = form if body is None else json.dumps(body, separators=(",", ":")).encode()
        attempt = partial(self._attempt, partial(requests.Request, method, url, headers, data=data), attributes)
        if not is_retried:
            return attempt()
        return self._retries.run(attempt, after=TransientError if is_repeatable else Throttled)

    def _attempt(self, request: Callable[..., requests.Request], attributes: Mapping[str, Any]) -> dict[str, Any]:
        if self._api.sign_in:
            self._use(self._api.sign_in.credentials())
        response = self._send(request(auth=self._api.auth), attributes)
        try:
            return self._read(response)
        except NotAuthorised as error:
            if not (self._corrects_the_time(response) or self._renews_credentials()):
                raise self._with_lifetime(error) from None
        # The first had no chance with the wrong time or old credentials; if that was not the reason, this is refused.
        return self._read(self._send(request(auth=self._api.auth), attributes))

    def _read(self, response: Response) -> dict[str, Any]:
        try:
            document = self._api.read(response)
        except ForeignResponse as error:
            # The same key was accepted before, so this is a proxy that answers in place of the API for a while.
            if self._first_success is not None and response.status in AUTH_STATUSES:
                raise Unreachable(error.happened, means=error.means, remedy=error.remedy) from None
            raise
        if self._first_success is None:
            self._first_success = self._clock.elapsed()
        return document

    def _send(self, request: requests.Request, attributes: Mapping[str, Any]) -> Response:
        if not self._deadline.try_acquire_request():
            raise DeadlineExceeded(
                f"The time is up after {self._limit}, before {self._transport.host} had sent all that was needed.",
                means="The list is long, or the responses are slow.",
                remedy="Raise --timeout.",
            )
        self._retries.request_sent()
        response = replace(self._transport.send(request), **attributes)
        self._retries.response_received()
        # From any server and with any status: it can only make a task older.
        if server_time := date_of(response):
            self._time_of_day.observe(server_time)
        request_id = next((response.headers[name] for name in _REQUEST_IDS if name in response.headers), "none")
        size = len(response.body)
        self._event_log.note(
            f"{response.operation}: {response.status}, {size} bytes, request id {one_line(request_id, 80)}"
        )
        return response

    def _renews_credentials(self) -> bool:
        """Takes over credentials that were renewed since they were read or exchanged."""
        if not (self._api.sign_in and self._use(self._api.sign_in.renewed())):
            return False
        self._event_log.note("the credentials were renewed; signing the request again")
        return True

    def _use(self, credentials: Credentials) -> bool:
        """Signs all further requests with these credentials; returns whether they are others than before."""
        if credentials.secrets == self._api.secrets or self._api.rebuild is None:
            return False
        self._api, self._first_success = self._api.rebuild(credentials), None
        # A run of hours renews its credentials dozens of times, and needs the sockets of none but the last.
        self._transport.close()
        self._transport = self._connection.open_transport(self._api.base_url, secrets=self._api.secrets)
        return True

    def _with_lifetime(self, error: NotAuthorised) -> NotAuthorised:
        """The same error, with the time for which the cloud accepted these credentials in this run, if it ever did."""
        if self._first_success is None:
            return error
        lived = format_duration(round(self._clock.elapsed() - self._first_success))
        sign_in = self._api.sign_in
        failure = f" They could not be renewed: {sign_in.last_failure}" if sign_in and sign_in.last_failure else ""
        return NotAuthorised(
            f"{error.happened} It accepted them before, for {lived} of this run.{failure}",
            means=error.means,
            remedy=f"{error.remedy} {sign_in.advice}" if sign_in else error.remedy,
        )

    def _corrects_the_time(self, refusal: Response) -> bool:
        """Takes over the time of a server that refused the signature, where the clocks are far apart.

        From no other response: one from a cache or a proxy would make a stale task fresh.
        """
        server_time = date_of(refusal)
        if server_time is None or not self._api.signs_the_time:
            return False
        if not self._time_of_day.correct(server_time, tolerance=CLOCK_TOLERANCE):
            return False
        self._event_log.note(f"this machine's clock is wrong; using that of {self._transport.host}: {server_time}")
        return True


def retry_loop(connection: Connection) -> RetryLoop:
    """A new retry loop on the clock and with the deadline of the run."""
    return RetryLoop(
        clock=connection.clock,
        time_of_day=connection.time_of_day,
        deadline=connection.deadline,
        event_log=connection.event_log,
    )


def _encoded(query: Iterable[tuple[str, str]]) -> str:
    # requests' own encoding writes a space as "+", which no cloud signs so: what is signed is what is sent.
    text = "&".join(f"{percent_encoded(name, safe='~')}={percent_encoded(value, safe='~')}" for name, value in query)
    return f"?{text}" if text else ""
