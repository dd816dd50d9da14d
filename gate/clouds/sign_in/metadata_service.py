"""Asks the metadata service of an instance, which is on the same machine: shortly, and not over a proxy."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from gate.clock import RunDeadline
from gate.clouds.api_client import retry_loop
from gate.clouds.sign_in.errors import about_endpoint
from gate.clouds.sign_in.short_lived import short_lived
from gate.errors import Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.clouds.credentials import Credentials
    from gate.clouds.interface import Connection
    from gate.clouds.retry_loop import RetryLoop

_RETRY_TIMEOUT = 30.0
"""Seconds; where there is no such service, nothing answers."""


def ask_metadata_service(
    connection: Connection,
    ask: Callable[[Connection, RetryLoop], Credentials],
    *,
    request_timeout: float,
    is_retried: bool,
) -> Credentials:
    """Asks for credentials with connections of their own, for 30 s at most.

    Args:
        connection: What the cloud is connected with.
        ask: Sends the requests once, as a part of a retry loop.
        request_timeout: Seconds for each request, unless the user allows less.
        is_retried: Whether it is asked again after a transient error.

    Raises:
        Unreachable: There is no such service, or it does not respond.
        GateError: What `ask` raises.
    """
    clock, seconds = connection.clock, min(_RETRY_TIMEOUT, connection.deadline.left())
    timeout = min(request_timeout, connection.settings.request_timeout)
    limited = replace(
        connection,
        settings=replace(connection.settings, request_timeout=timeout),
        deadline=RunDeadline(clock, clock.elapsed() + seconds),
    )
    retries = retry_loop(limited)
    with about_endpoint("--metadata-endpoint"), short_lived(limited) as short:
        attempt = partial(ask, short, retries)
        try:
            return retries.run(attempt) if is_retried else attempt()
        except Unreachable as error:
            error.means = "This runner is no instance of ECS, or the gate is in a container that cannot reach it."
            error.remedy = "Sign in another way, or let the container use the network of the host."
            raise
