"""Temporary credentials in a response: only whole ones that are still valid are taken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.sign_in.issued import Names, credentials_in
from gate.errors import NotUnderstood
from tests.builders import NOW
from tests.clouds.builders import a_connection

if TYPE_CHECKING:
    from tests.builders import FakeTime

NAMES = Names(
    service="the service",
    container="Keys",
    access_key_id="Id",
    access_key_secret="Secret",
    security_token="Token",
    expires_at="End",
)
PARTS: dict[str, Any] = {
    "Id": "an-access-key-id",
    "Secret": "an-access-key-secret",
    "Token": "a-security-token/+=",
    "End": "2026-01-31T13:00:00Z",
}


@pytest.mark.parametrize("end", ["2026-01-31T13:00:00Z", "2026-01-31T13:00:00.000000Z"])
def test_whole_credentials_are_read(end: str, fake_time: FakeTime) -> None:
    connection = a_connection(fake_time)
    found = credentials_in({"Keys": {**PARTS, "End": end}}, NAMES, connection)

    assert found.expires_at == datetime(2026, 1, 31, 13, tzinfo=UTC)
    assert set(found.secrets) == {PARTS["Id"], PARTS["Secret"], PARTS["Token"]}


def test_credentials_may_be_the_response_itself(fake_time: FakeTime) -> None:
    names = Names(**{name: getattr(NAMES, name) for name in Names.__slots__} | {"container": ""})

    assert credentials_in(PARTS, names, a_connection(fake_time)).access_key_id == PARTS["Id"]
    with pytest.raises(NotUnderstood, match="no credentials: Id is not there, or empty"):
        credentials_in({}, names, a_connection(fake_time))


@pytest.mark.parametrize("name", ["Id", "Secret", "Token"])
@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "is not there, or empty"),
        ("", "is not there, or empty"),
        (12345678, "is not there, or empty"),
        (["an-access-key"], "is not there, or empty"),
        ("with a blank", "cannot be one"),
        ("with-a-line\nX-Injected: 1", "cannot be one"),
        ("schlüssel", "cannot be one"),
        ("short", "cannot be one"),
    ],
)
def test_a_part_that_cannot_be_one_is_not_understood_and_not_shown(
    name: str, value: object, why: str, fake_time: FakeTime
) -> None:
    with pytest.raises(NotUnderstood) as caught:
        credentials_in({"Keys": {**PARTS, name: value}}, NAMES, a_connection(fake_time))

    assert caught.value.happened == f"The response of the service has no credentials: Keys.{name} {why}."


@pytest.mark.parametrize("container", [None, [], "text", {"Keys": PARTS}])
def test_a_response_without_the_object_is_not_understood(container: object, fake_time: FakeTime) -> None:
    with pytest.raises(NotUnderstood, match=r"no credentials: Keys\.Id is not there"):
        credentials_in({"Keys": container}, NAMES, a_connection(fake_time))


@pytest.mark.parametrize(
    "end",
    [
        None,
        "",
        1769864400,
        "tomorrow",
        "2026-01-31T13:00:00",
        "2026-01-31T13:00:00+08:00",
        "2026-02-30T13:00:00Z",
        "2026-01-31 13:00:00Z",
    ],
)
def test_credentials_without_an_end_that_can_be_read_are_not_understood(end: object, fake_time: FakeTime) -> None:
    with pytest.raises(NotUnderstood, match="does not say when the credentials end"):
        credentials_in({"Keys": {**PARTS, "End": end}}, NAMES, a_connection(fake_time))


@pytest.mark.parametrize("name", ["Id", "Secret", "Token"])
def test_a_part_that_is_in_the_place_of_the_end_too_is_not_shown(name: str, fake_time: FakeTime) -> None:
    with pytest.raises(NotUnderstood, match=r"'\*\*\*' is no time") as caught:
        credentials_in({"Keys": {**PARTS, "End": PARTS[name]}}, NAMES, a_connection(fake_time))

    assert PARTS[name] not in str(caught.value)


@pytest.mark.parametrize("end", ["2026-01-31T12:00:00Z", "2025-01-31T13:00:00Z"])
def test_credentials_that_have_ended_are_not_understood(end: str, fake_time: FakeTime) -> None:
    with pytest.raises(NotUnderstood, match=f"has just issued have ended at {end}"):
        credentials_in({"Keys": {**PARTS, "End": end}}, NAMES, a_connection(fake_time))


def test_the_end_is_compared_with_the_clock_of_the_cloud_where_it_is_known(fake_time: FakeTime) -> None:
    """By that of the machine, which is two hours slow, or fast, it would be the other way round."""
    slow, fast = a_connection(fake_time), a_connection(fake_time)
    slow.time_of_day.observe(NOW + timedelta(hours=2))
    fast.time_of_day.observe(NOW - timedelta(hours=2))

    with pytest.raises(NotUnderstood, match="have ended"):
        credentials_in({"Keys": PARTS}, NAMES, slow)
    assert credentials_in({"Keys": {**PARTS, "End": "2026-01-31T11:00:00Z"}}, NAMES, fast).is_key_pair
