"""Temporary credentials: when they are exchanged and renewed, and what happens when that fails."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from gate.clouds.credentials import Credentials
from gate.clouds.sign_in.session import Session
from gate.clouds.sign_in.stored_keys import StoredKeys
from gate.errors import DeadlineExceeded, NotAuthorised, Unreachable
from gate.outcome import EventKind
from tests.clouds.builders import a_connection, events_of_kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.clouds import Connection
    from gate.errors import GateError
    from tests.builders import FakeTime

HOUR = 3600.0


class Exchange:
    """Gives numbered credentials that are valid for an hour, or raises the error that is set."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.error: GateError | None = None
        self.calls: list[bool] = []

    def __call__(self, *is_retried: bool) -> Credentials:
        self.calls += is_retried
        if self.error:
            raise self.error
        end = self._connection.time_of_day.now() + timedelta(seconds=HOUR)
        number = len(self.calls)
        return Credentials(access_key_id=f"temporary-{number}", access_key_secret=f"secret-{number}", expires_at=end)


@pytest.fixture
def connection(fake_time: FakeTime) -> Connection:
    return a_connection(fake_time, timeout=2 * HOUR)


@pytest.fixture
def exchange(connection: Connection) -> Exchange:
    return Exchange(connection)


@pytest.fixture
def session(connection: Connection, exchange: Exchange) -> Session:
    return Session(exchange, connection, description="the role ci")


def ids(session: Session, fake_time: FakeTime, *seconds: float) -> Iterator[str]:
    """The key ids that are used at these times."""
    for elapsed in seconds:
        fake_time.elapsed = elapsed
        yield session.credentials().access_key_id


def test_nothing_is_exchanged_before_it_is_needed_and_then_once(session: Session, exchange: Exchange) -> None:
    assert exchange.calls == []
    assert session.credentials() is session.credentials()
    assert exchange.calls == [True]


def test_credentials_are_renewed_when_less_than_five_minutes_are_left(
    session: Session, exchange: Exchange, fake_time: FakeTime
) -> None:
    first, last = HOUR - 300, HOUR - 299

    assert [*ids(session, fake_time, 0, first, last)] == ["temporary-1", "temporary-1", "temporary-2"]
    assert exchange.calls == [True, False]


def test_nothing_is_renewed_at_the_deadline_in_place_of_the_last_poll(fake_time: FakeTime) -> None:
    connection = a_connection(fake_time, timeout=HOUR - 100)
    exchange = Exchange(connection)
    session = Session(exchange, connection, description="the role ci")

    assert {*ids(session, fake_time, 0, HOUR - 100)} == {"temporary-1"}
    assert exchange.calls == [True]


def test_one_poll_can_be_sent_after_the_sign_in_however_short_the_timeout_is(fake_time: FakeTime) -> None:
    connection = a_connection(fake_time, timeout=0)
    exchange = Exchange(connection)
    used = iter([connection.deadline.try_acquire_request, connection.deadline.try_acquire_request])
    may_send: list[bool] = []

    def exchanged(is_retried: bool) -> Credentials:  # noqa: FBT001 - the interface of an exchange
        may_send.extend(acquire() for acquire in used)
        return exchange(is_retried)

    Session(exchanged, connection, description="the role ci").credentials()

    assert [*may_send, connection.deadline.try_acquire_request()] == [True, True, True]
    assert not connection.deadline.try_acquire_request()


def test_what_was_exchanged_is_logged_without_a_secret_and_masked(session: Session, connection: Connection) -> None:
    session.credentials()

    (event,) = events_of_kind(connection, EventKind.NOTE)
    assert event.text == "signed in with the role ci, valid until 2026-01-31T13:00:00Z"
    assert connection.masked == {"temporary-1", "secret-1"}


def test_credentials_that_cannot_be_renewed_are_used_until_they_end(
    session: Session, exchange: Exchange, connection: Connection, fake_time: FakeTime
) -> None:
    session.credentials()
    exchange.error = Unreachable("No answer came.")

    assert {*ids(session, fake_time, HOUR - 200, HOUR - 171, HOUR - 170, HOUR - 1)} == {"temporary-1"}
    # Not at each request, but each half minute.
    assert exchange.calls == [True, False, False, False]
    (warning,) = events_of_kind(connection, EventKind.WARNING)
    assert warning.text == (
        "The credentials could not be renewed, and are used until they end at 2026-01-31T13:00:00Z: No answer came."
    )
    assert session.last_failure == "No answer came."


@pytest.mark.parametrize("error", [Unreachable("No answer came."), NotAuthorised("The token is expired.")])
def test_when_they_have_ended_the_ending_says_what_ran_out(
    error: GateError, session: Session, exchange: Exchange, fake_time: FakeTime
) -> None:
    session.credentials()
    exchange.error = error
    fake_time.elapsed = HOUR

    with pytest.raises(type(error), match=r"^The credentials ended at 2026-01-31T13:00:00Z and could not be renewed"):
        session.credentials()
    assert exchange.calls == [True, True]


@pytest.mark.parametrize("earlier", ["No answer came.", ""])
def test_credentials_that_ended_are_the_reason_also_if_the_deadline_came_in_the_middle_of_the_last_sign_in(
    earlier: str, session: Session, exchange: Exchange, fake_time: FakeTime
) -> None:
    """An error about the deadline alone would leave the verdict to the poll before."""
    session.credentials()
    session.last_failure = earlier
    exchange.error = DeadlineExceeded("The time is up.")
    fake_time.elapsed = HOUR

    with pytest.raises(Unreachable) as caught:
        session.credentials()
    assert not isinstance(caught.value, DeadlineExceeded)
    assert caught.value.happened == (
        f"The credentials ended at 2026-01-31T13:00:00Z and could not be renewed. {earlier or 'The time is up.'}"
    )
    assert caught.value.remedy == session.advice


def test_where_other_credentials_are_valid_nothing_waits_for_those_that_have_ended(
    session: Session, exchange: Exchange, fake_time: FakeTime
) -> None:
    """As those of a first role, while those of the second one still hold."""
    session.credentials()
    exchange.error = Unreachable("No answer came.")
    fake_time.elapsed = HOUR

    with pytest.raises(Unreachable, match="The credentials ended at"):
        session.credentials(is_retried=False)
    assert exchange.calls == [True, False]


def test_a_failed_renewal_is_forgotten_once_one_succeeds(
    session: Session, exchange: Exchange, fake_time: FakeTime
) -> None:
    session.credentials()
    exchange.error = Unreachable("No answer came.")
    [*ids(session, fake_time, HOUR - 200)]
    exchange.error = None

    assert [*ids(session, fake_time, HOUR + 1)] == ["temporary-3"]
    assert session.last_failure == ""


def test_after_a_refusal_they_are_exchanged_once_more(
    session: Session, exchange: Exchange, fake_time: FakeTime
) -> None:
    assert session.renewed().access_key_id == "temporary-1"
    assert session.renewed().access_key_id == "temporary-2"
    exchange.error = NotAuthorised("The token is expired.")
    fake_time.elapsed = 300

    assert session.renewed().access_key_id == "temporary-2"
    assert session.last_failure == "The token is expired."


def test_refusals_that_follow_at_once_are_not_for_the_age_of_credentials(
    session: Session, exchange: Exchange, fake_time: FakeTime
) -> None:
    """As of a permission that is missing, which each of many images needs."""
    session.credentials()

    assert {session.renewed().access_key_id for _ in range(100)} == {"temporary-2"}
    fake_time.elapsed = 299
    assert session.renewed().access_key_id == "temporary-2"
    assert len(exchange.calls) == 2
    fake_time.elapsed = 300
    assert session.renewed().access_key_id == "temporary-3"


def test_their_lifetime_is_measured_by_the_clock_of_the_cloud(connection: Connection, fake_time: FakeTime) -> None:
    """The machine's clock is two hours fast: by it, they would be over at once."""
    cloud_time = connection.time_of_day.now() - timedelta(hours=2)
    connection.time_of_day.observe(cloud_time)
    credentials = Credentials(access_key_id="temporary", expires_at=cloud_time + timedelta(seconds=HOUR))
    exchanges = iter([credentials])
    session = Session(lambda _: next(exchanges), connection, description="the role ci")

    assert {*ids(session, fake_time, 0, 10, HOUR - 300)} == {"temporary"}


def test_credentials_without_an_end_are_a_bug_of_an_exchange(connection: Connection) -> None:
    session = Session(lambda _: Credentials(access_key_id="a"), connection, description="the role ci")

    with pytest.raises(AssertionError, match="when they end"):
        session.credentials()


def test_stored_keys_are_read_once_and_again_after_a_refusal() -> None:
    found = iter([Credentials(auth_token="first"), Credentials(auth_token="second")])
    keys = StoredKeys(lambda: next(found))

    assert [keys.credentials().auth_token, keys.credentials().auth_token] == ["first", "first"]
    assert [keys.renewed().auth_token, keys.credentials().auth_token] == ["second", "second"]


def test_stored_keys_that_cannot_be_read_again_stay_as_they_are() -> None:
    files = {"token": "first"}

    def find() -> Credentials:
        if "token" not in files:
            raise NotAuthorised("The file is gone.")
        return Credentials(auth_token=files["token"])

    keys = StoredKeys(find)
    keys.credentials()
    files.clear()

    assert (keys.renewed().auth_token, keys.last_failure) == ("first", "The file is gone.")
    files["token"] = "second"
    assert (keys.renewed().auth_token, keys.last_failure) == ("second", "")
