"""The adapter around backoff: it repeats a call, and leaves every delay to the caller."""

from __future__ import annotations

import weakref
from itertools import count
from typing import TYPE_CHECKING

import pytest

from gate.repeat import repeat_while, retry

if TYPE_CHECKING:
    from collections.abc import Callable


class Busy(Exception):
    """A transient error."""


def failing(times: int, error: type[Exception] = Busy) -> Callable[[], str]:
    """A call that fails this many times before it returns."""
    calls = count(1)

    def call() -> str:
        if next(calls) <= times:
            raise error
        return "done"

    return call


def never(_error: object) -> bool:
    return False


def retry_at_once(_error: object) -> None:
    """Retries without a delay."""


def must_not_retry(error: object) -> None:
    pytest.fail(f"{error!r} must not be retried")


def test_a_value_that_needs_no_more_is_returned_without_a_step() -> None:
    assert repeat_while(lambda _: False, lambda _: pytest.fail("no step is needed"), 7) == 7


def test_each_step_is_given_the_result_of_the_one_before() -> None:
    assert repeat_while(lambda value: value < 5, lambda value: value + 2, 0) == 6


def test_an_error_of_a_step_ends_the_repetition() -> None:
    with pytest.raises(LookupError):
        repeat_while(lambda _: True, lambda _: dict[str, int]()["missing"], 0)


def test_a_call_is_repeated_until_it_succeeds_and_each_error_is_passed_to_before_retry() -> None:
    errors: list[Exception] = []

    assert retry(failing(3), Busy, give_up=never, before_retry=errors.append) == "done"
    assert [type(error) for error in errors] == [Busy] * 3


def test_any_other_error_is_raised_at_once() -> None:
    with pytest.raises(LookupError):
        retry(failing(1, LookupError), Busy, give_up=never, before_retry=must_not_retry)


def test_giving_up_raises_the_error_at_once() -> None:
    with pytest.raises(Busy):
        retry(failing(1), Busy, give_up=lambda _: True, before_retry=must_not_retry)


def test_giving_up_after_retries_raises_the_error_of_the_last_call() -> None:
    verdicts = iter([False, False, True])
    call = failing(3)

    with pytest.raises(Busy):
        retry(call, Busy, give_up=lambda _: next(verdicts), before_retry=retry_at_once)
    assert call() == "done"


@pytest.mark.parametrize("error", [Busy, ValueError])
def test_each_of_several_errors_is_retried(error: type[Exception]) -> None:
    assert retry(failing(1, error), (Busy, ValueError), give_up=never, before_retry=retry_at_once) == "done"


def test_backoff_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        retry(failing(2), Busy, give_up=never, before_retry=retry_at_once)
        repeat_while(lambda value: value < 3, lambda value: value + 1, 0)

    assert caplog.records == []


def test_backoff_itself_never_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)

    retry(failing(2), Busy, give_up=never, before_retry=retry_at_once)
    repeat_while(lambda value: value < 3, lambda value: value + 1, 0)

    assert set(slept) <= {0}


def test_what_a_failed_call_had_in_memory_is_gone_before_the_next_call() -> None:
    """`backoff` keeps the error, and an error keeps the variables of the functions that it came through."""

    class Body(bytearray):
        pass

    bodies: list[weakref.ref[Body]] = []
    kept: list[bool] = []

    def parse(body: Body) -> None:
        raise LookupError(body)

    def call() -> None:
        kept.extend(body() is not None for body in bodies)
        body = Body(b"large")
        bodies.append(weakref.ref(body))
        try:
            parse(body)
        except LookupError:
            raise Busy from None

    with pytest.raises(Busy):
        retry(call, Busy, give_up=lambda _: len(bodies) == 3, before_retry=lambda _: None)

    assert kept == [False] * 3
