"""Temporary credentials: exchanged before the first request, and renewed while those in use are still valid."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gate.errors import DeadlineExceeded, GateError, Unreachable
from gate.verdict_messages import format_time

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gate.clouds.credentials import Credentials
    from gate.clouds.endpoint import Endpoint
    from gate.clouds.interface import Connection

RENEWAL_MARGIN = 300.0
"""Seconds; with less than this left, credentials are renewed."""
_PAUSE = 30.0
"""Seconds between two attempts to renew credentials that are still valid."""


class Session:
    """The temporary credentials of one identity, for all APIs of a run."""

    advice = (
        "Sign in where the CI system gives a new token for each exchange, or raise --session-duration, which the role "
        "has to allow."
    )

    def __init__(
        self,
        exchange: Callable[[bool], Credentials],
        connection: Connection,
        *,
        description: str,
        endpoints: Sequence[Endpoint] = (),
    ) -> None:
        """Exchanges nothing yet.

        Args:
            exchange: Signs in anew; its argument says whether a transient error is retried until the deadline.
            connection: What the cloud is connected with.
            description: Which credentials these are.
            endpoints: See `SignIn.endpoints`.
        """
        self._exchange = exchange
        self._clock = connection.clock
        self._time_of_day = connection.time_of_day
        self._event_log = connection.event_log
        self._mask = connection.mask
        self._deadline = connection.deadline
        self._request_timeout = connection.settings.request_timeout
        self._current: Credentials | None = None
        self._ends_at = self._tried_at = self._refused_at = -math.inf
        self.description = description
        self.endpoints = endpoints
        self.last_failure = ""

    def credentials(self, *, is_retried: bool = True) -> Credentials:
        """See `SignIn.credentials`."""
        if self._current is None:
            return self._first_sign_in()
        left = self._ends_at - self._clock.elapsed()
        if left <= 0:
            return self._after_the_end(self._current, is_retried=is_retried)
        # At the deadline, a renewal would take the place of the last poll, which needs none.
        is_due = left < RENEWAL_MARGIN and self._clock.elapsed() - self._tried_at >= _PAUSE
        if is_due and not self._deadline.is_over():
            return self._renewed_or(self._current)
        return self._current

    def renewed(self) -> Credentials:
        """See `SignIn.renewed`."""
        if self._current is None:
            return self._first_sign_in()
        # Refused so soon again, it is not for their age: each of many images may need a permission that is missing.
        if self._clock.elapsed() - self._refused_at < RENEWAL_MARGIN:
            return self._current
        self._refused_at = self._clock.elapsed()
        return self._renewed_or(self._current)

    def _first_sign_in(self) -> Credentials:
        # With a timeout of 0 there is one poll, and it needs credentials first.
        with self._deadline.extended(self._request_timeout):
            credentials = self._sign_in()
        self._deadline.pause(0)
        return credentials

    def _sign_in(self, *, is_retried: bool = True) -> Credentials:
        self._tried_at = self._clock.elapsed()
        credentials, asked_at = self._exchange(is_retried), self._tried_at
        if credentials.expires_at is None:
            raise AssertionError("an exchange returns credentials that say when they end")
        self._mask(credentials.secrets)
        # By the cloud's own clock where it is known: with that of a machine that is wrong they may seem to be over.
        now = self._time_of_day.server_time() or self._time_of_day.now()
        self._ends_at = asked_at + (credentials.expires_at - now).total_seconds()
        verb = "renewed" if self._current else "signed in with"
        self._event_log.note(f"{verb} {self.description}, valid until {format_time(credentials.expires_at)}")
        self._current, self.last_failure = credentials, ""
        return credentials

    def _renewed_or(self, old: Credentials) -> Credentials:
        try:
            return self._sign_in(is_retried=False)
        except GateError as error:
            # One warning is enough: the run may still end in time.
            if not self.last_failure:
                self._event_log.warned(
                    f"The credentials could not be renewed, and are used until they end at {_end(old)}: {error}"
                )
            self.last_failure = error.happened
            return old

    def _after_the_end(self, old: Credentials, *, is_retried: bool) -> Credentials:
        ended = f"The credentials ended at {_end(old)} and could not be renewed."
        try:
            return self._sign_in(is_retried=is_retried)
        except DeadlineExceeded as error:
            # As such it would be taken for a poll that came too late, and nobody would learn what ran out.
            happened = f"{ended} {self.last_failure or error.happened}"
            raise Unreachable(happened, means=error.means, remedy=self.advice) from None
        except GateError as error:
            error.happened = f"{ended} {error.happened}"
            raise


def _end(credentials: Credentials) -> str:
    return format_time(credentials.expires_at) if credentials.expires_at else "a time that is not known"
