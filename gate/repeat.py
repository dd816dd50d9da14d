"""Repeats a call: the one place that knows `backoff`, whose own delays, jitter and log are switched off.

Each delay is chosen by the caller, on the clock of the run and within its deadline, neither of which `backoff` knows.
It is imported when a call is repeated: it imports `asyncio`, and most runs of the gate repeat nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from gate.interrupt import signals_delayed

if TYPE_CHECKING:
    from collections.abc import Callable

    from backoff.types import Details

Value = TypeVar("Value")


def repeat_while(needs_more: Callable[[Value], bool], step: Callable[[Value], Value], value: Value) -> Value:
    """Replaces a value by the result of the step for as long as it needs more, and returns the last one."""
    if needs_more(value):
        value = step(value)
    return _repeat_while(needs_more, step, value) if needs_more(value) else value


def retry(
    call: Callable[[], Value],
    errors: type[Exception] | tuple[type[Exception], ...],
    *,
    give_up: Callable[[Any], bool],
    before_retry: Callable[[Any], None],
) -> Value:
    """Calls until no such error is raised.

    Args:
        call: What is called.
        errors: The errors after which the call is repeated.
        give_up: Whether such an error is raised at once instead.
        before_retry: Is given the error before each retry; it is the one that pauses.

    Raises:
        Exception: The error of the last call.
    """
    first_error: Exception | None = None

    def attempt() -> Value:
        nonlocal first_error
        if first_error:
            error, first_error = first_error, None
            raise error
        return call()

    try:
        return call()
    except errors as error:
        first_error = error
    return _retry(attempt, errors, give_up, before_retry)


def _repeat_while(needs_more: Callable[[Value], bool], step: Callable[[Value], Value], value: Value) -> Value:
    with signals_delayed():
        import backoff  # noqa: PLC0415 - it imports asyncio, and most runs repeat nothing

    def next_value() -> Value:
        nonlocal value
        value = step(value)
        return value

    repeated = backoff.on_predicate(backoff.constant, needs_more, interval=0, jitter=None, logger=None)(next_value)
    return repeated()


def _retry(
    call: Callable[[], Value],
    errors: type[Exception] | tuple[type[Exception], ...],
    give_up: Callable[[Any], bool],
    before_retry: Callable[[Any], None],
) -> Value:
    with signals_delayed():
        import backoff  # noqa: PLC0415 - it imports asyncio, and most runs repeat nothing

    def on_backoff(details: Details) -> None:
        error = details["exception"]
        # `backoff` keeps the error until the next call has ended; with these, it would keep a whole response.
        error.__traceback__ = error.__context__ = None
        before_retry(error)

    retried = backoff.on_exception(
        backoff.constant,
        errors,
        interval=0,
        giveup=give_up,
        on_backoff=on_backoff,
        jitter=None,
        logger=None,
    )(call)
    return retried()
