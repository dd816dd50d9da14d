"""The exchange of a token: each attempt has a token of its own, and all attempts are in one retry loop."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from gate.clouds.credentials import Credentials
from gate.clouds.sign_in.token_exchange import TokenExchange
from gate.errors import NotAuthorised, Throttled, Unreachable
from tests.builders import NOW
from tests.clouds.builders import a_connection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gate.clouds.retry_loop import RetryLoop
    from gate.errors import GateError
    from tests.builders import FakeTime

RETRIED = True
KEYS = Credentials(access_key_id="temporary", expires_at=NOW + timedelta(hours=1))


class Source:
    """Gives numbered tokens, or raises the next error of a list in place of one."""

    name, is_fresh, endpoints = "a test", True, ()

    def __init__(self, errors: Iterable[GateError | None] = ()) -> None:
        self._errors = iter(errors)
        self.asked: list[bool] = []

    def token(self, *, is_retried: bool = True) -> str:
        self.asked.append(is_retried)
        if error := next(self._errors, None):
            raise error
        return f"token-{len(self.asked)}"


class Sts:
    """Takes tokens, and raises the next error of a list before it gives credentials."""

    def __init__(self, errors: Iterable[GateError] = ()) -> None:
        self._errors = iter(errors)
        self.tokens: list[str] = []
        self.retries: list[RetryLoop] = []

    def __call__(self, token: str, retries: RetryLoop) -> Credentials:
        self.tokens.append(token)
        self.retries.append(retries)
        if error := next(self._errors, None):
            raise error
        return KEYS


def test_each_attempt_has_a_new_token(fake_time: FakeTime) -> None:
    source, sts = Source(), Sts([Unreachable("No answer."), Throttled("Too many.")])

    assert TokenExchange(a_connection(fake_time), source, sts)(RETRIED) is KEYS
    assert sts.tokens == ["token-1", "token-2", "token-3"]
    # In one retry loop, with no loop of the source in it.
    assert len({*map(id, sts.retries)}) == 1
    assert source.asked == [False, False, False]
    assert len(fake_time.slept) == 2


def test_a_token_that_could_not_be_had_is_asked_for_again(fake_time: FakeTime) -> None:
    source, sts = Source([Unreachable("No answer.")]), Sts()

    TokenExchange(a_connection(fake_time), source, sts)(RETRIED)

    assert sts.tokens == ["token-2"]


@pytest.mark.parametrize("error", [NotAuthorised("The token is refused."), Unreachable("No answer.")])
def test_an_exchange_that_the_run_can_do_without_is_tried_once(error: GateError, fake_time: FakeTime) -> None:
    source, sts = Source(), Sts([error])

    with pytest.raises(type(error)):
        TokenExchange(a_connection(fake_time), source, sts)(not RETRIED)
    assert (source.asked, sts.tokens, fake_time.slept) == ([False], ["token-1"], [])


def test_a_refused_token_is_not_sent_again(fake_time: FakeTime) -> None:
    sts = Sts([NotAuthorised("The token is refused.")])

    with pytest.raises(NotAuthorised):
        TokenExchange(a_connection(fake_time), Source(), sts)(RETRIED)
    assert sts.tokens == ["token-1"]


def test_each_sign_in_has_a_retry_loop_of_its_own(fake_time: FakeTime) -> None:
    exchange = TokenExchange(a_connection(fake_time), Source(), sts := Sts())
    exchange(RETRIED)
    exchange(RETRIED)

    assert sts.retries[0] is not sts.retries[1]
