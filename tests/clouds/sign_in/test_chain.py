"""Which way to sign in is used: what is asked for, then stored keys, then the OIDC variables of the vendor's tools."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.credentials import Source
from gate.clouds.sign_in.chain import Way, Ways, choose, required, stored_keys
from gate.errors import NotAuthorised, UsageError
from gate.outcome import EventKind
from gate.settings import SignInSettings
from tests.clouds.builders import a_connection, events_of_kind

if TYPE_CHECKING:
    from gate.clouds import Connection
    from tests.builders import FakeTime

WAYS = Ways(
    vendor="Nimbus",
    roles=("role", "other-role"),
    of_oidc=("oidc-provider",),
    keyless_variables=(("NIMBUS_ROLE", "NIMBUS_TOKEN_FILE"), ("NIMBUS_IDP", "NIMBUS_ID_TOKEN")),
    sources=(Source(access_key_id="NIMBUS_KEY", access_key_secret="NIMBUS_SECRET"),),
)
KEYS = {"NIMBUS_KEY": "id", "NIMBUS_SECRET": "secret"}
KEYLESS = {"NIMBUS_ROLE": "r", "NIMBUS_TOKEN_FILE": "token"}
ROLE: dict[str, Any] = {"for_cloud": {"role": "r"}}


def a_run(time: FakeTime, environ: dict[str, str] | None = None, **settings: Any) -> Connection:
    given = {name: settings.pop(name) for name in [*settings] if name in SignInSettings.__slots__}
    return a_connection(time, environ=environ or {}, sign_in=SignInSettings(**given), **settings)


@pytest.mark.parametrize(
    ("environ", "settings", "way"),
    [
        ({}, {}, Way.KEYS),
        (KEYS, {}, Way.KEYS),
        ({"NIMBUS_KEY": "half"}, {}, Way.KEYS),
        ({**KEYS, **KEYLESS}, {}, Way.KEYS),
        (KEYLESS, {}, Way.OIDC),
        ({"NIMBUS_IDP": "i", "NIMBUS_ID_TOKEN": "t"}, {}, Way.OIDC),
        ({"SCAN_GATE_AUTH_TOKEN": "not taken by this cloud", **KEYLESS}, {}, Way.OIDC),
        ({"NIMBUS_ROLE": "r", "NIMBUS_TOKEN_FILE": " "}, {}, Way.KEYS),
        ({"NIMBUS_ROLE": "r", "NIMBUS_ID_TOKEN": "of another set"}, {}, Way.KEYS),
        (KEYLESS, {"reads_variables": False}, Way.KEYS),
        ({**KEYS, **KEYLESS}, ROLE, Way.OIDC),
        (KEYS, {"for_cloud": {"other-role": "r"}}, Way.OIDC),
        (KEYS, {"credentials": "oidc"}, Way.OIDC),
        (KEYS, {"profile": "ci"}, Way.PROFILE),
        (KEYS, {"credentials": "profile"}, Way.PROFILE),
        (KEYS, {"credentials": "instance"}, Way.INSTANCE),
        (KEYLESS, {"credentials": "keys"}, Way.KEYS),
        (KEYLESS, {"oidc_token_file": Path("token"), "oidc_audience": "sts"}, Way.OIDC),
        ({}, {"credentials": "oidc", "for_cloud": {"role": "r", "oidc-provider": "p"}}, Way.OIDC),
    ],
)
def test_what_is_asked_for_comes_first_then_keys_then_whole_sets_of_variables(
    environ: dict[str, str], settings: dict[str, Any], way: Way, fake_time: FakeTime
) -> None:
    assert choose(a_run(fake_time, environ, **settings), WAYS) is way


def test_a_key_in_a_pipe_is_there_and_can_still_be_read_when_it_is_used(fake_time: FakeTime) -> None:
    """As of `SCAN_GATE_ACCESS_KEY_SECRET_FILE=<(...)` in a shell."""
    reading, writing = os.pipe()
    os.write(writing, b"a-secret-key")
    os.close(writing)
    in_pipe = {"SCAN_GATE_ACCESS_KEY_SECRET_FILE": f"/dev/fd/{reading}", **KEYLESS}
    connection = a_run(fake_time, {**in_pipe, "SCAN_GATE_ACCESS_KEY_ID": "id"})
    try:
        assert choose(a_run(fake_time, in_pipe), WAYS) is Way.KEYS
        assert stored_keys(connection, WAYS).access_key_secret == "a-secret-key"
    finally:
        os.close(reading)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (
            {**ROLE, "credentials": "keys"},
            "--role is set, but the gate signs in with stored keys: --credentials is keys",
        ),
        ({**ROLE, "credentials": "profile"}, "--role is set, but the gate signs in with a profile file"),
        ({**ROLE, "credentials": "instance"}, "signs in with the role of this instance: --credentials is instance"),
        ({**ROLE, "profile": "ci"}, "--profile is set, but the gate signs in with an OIDC token: --role asks for it"),
        ({"profile": "ci", "credentials": "keys"}, "--profile is set, but the gate signs in with stored keys"),
        ({"profile": "ci", "credentials": "oidc"}, "--profile is set, but the gate signs in with an OIDC token"),
        ({"oidc_token_file": Path("t")}, "--oidc-token-file is set, but the gate signs in with stored keys: nothing"),
        ({"oidc_audience": "sts"}, "--oidc-audience is set, but the gate signs in with stored keys: nothing asks"),
        ({"for_cloud": {"oidc-provider": "p"}}, "--oidc-provider is set, but the gate signs in with stored keys"),
    ],
)
@pytest.mark.parametrize("environ", [{}, KEYS], ids=["without-keys", "beside-keys"])
def test_an_option_of_another_way_is_an_error_that_says_how_to_ask_for_that_way(
    settings: dict[str, Any], says: str, environ: dict[str, str], fake_time: FakeTime
) -> None:
    with pytest.raises(UsageError) as caught:
        choose(a_run(fake_time, environ, **settings), WAYS)

    assert says in caught.value.happened
    assert "ask for" in caught.value.remedy


def test_the_error_says_where_the_option_was_given(fake_time: FakeTime) -> None:
    run = a_run(fake_time, **ROLE, credentials="keys", sources={"role": "the variable SCAN_GATE_ROLE"})

    with pytest.raises(UsageError, match=r"^the variable SCAN_GATE_ROLE is set, but") as caught:
        choose(run, WAYS)
    assert caught.value.remedy == "Omit role, or ask for OIDC with --credentials oidc and --role or --other-role."


def test_oidc_variables_that_are_not_used_beside_keys_are_named_in_the_log(fake_time: FakeTime) -> None:
    run = a_run(fake_time, {**KEYS, **KEYLESS})
    choose(run, WAYS)

    (note,) = events_of_kind(run, EventKind.NOTE)
    assert note.text == (
        "signing in with stored keys; NIMBUS_ROLE and NIMBUS_TOKEN_FILE are not used, as without --credentials oidc"
    )


def test_stored_keys_are_found_and_masked(fake_time: FakeTime) -> None:
    run = a_run(fake_time, {"NIMBUS_KEY": "id", "NIMBUS_SECRET": "a-long-secret"})

    assert stored_keys(run, WAYS).access_key_secret == "a-long-secret"
    assert run.masked == {"a-long-secret"}


@pytest.mark.parametrize(
    ("environ", "settings", "named"),
    [
        ({"NIMBUS_ROLE": "r"}, {}, "set NIMBUS_TOKEN_FILE too (NIMBUS_ROLE is set), or give --role."),
        ({"NIMBUS_ID_TOKEN": "t"}, {}, "set NIMBUS_IDP too (NIMBUS_ID_TOKEN is set), or give --role."),
        ({}, {}, ""),
        ({"NIMBUS_ROLE": "r"}, {"reads_variables": False}, ""),
        ({"NIMBUS_ROLE": "r", "NIMBUS_KEY": "half a pair"}, {}, ""),
    ],
)
def test_without_keys_a_half_set_of_oidc_variables_is_named(
    environ: dict[str, str], settings: dict[str, Any], named: str, fake_time: FakeTime
) -> None:
    with pytest.raises(NotAuthorised) as caught:
        stored_keys(a_run(fake_time, environ, **settings), WAYS)

    assert ("Or sign in with an OIDC token" in caught.value.remedy) is bool(named)
    assert caught.value.remedy.endswith(named)


@pytest.mark.parametrize(
    ("settings", "found"),
    [(ROLE, ("r", "--role")), ({}, ("of-the-variable", "the variable NIMBUS_ROLE"))],
)
def test_what_oidc_needs_is_an_option_or_a_variable(
    settings: dict[str, Any], found: tuple[str, str], fake_time: FakeTime
) -> None:
    run = a_run(fake_time, {"NIMBUS_ROLE": "of-the-variable"}, **settings)

    assert required(run, "role", ("NIMBUS_ROLE",), what="the role") == found


@pytest.mark.parametrize(
    ("variables", "means"),
    [(("NIMBUS_ROLE", "N_R"), "Neither --role nor NIMBUS_ROLE or N_R is set."), ((), "--role is not set.")],
)
def test_what_oidc_needs_and_is_not_given_is_an_error(
    variables: tuple[str, ...], means: str, fake_time: FakeTime
) -> None:
    with pytest.raises(UsageError, match=r"^The role is not given, and the sign-in with an OIDC token") as caught:
        required(a_run(fake_time), "role", variables, what="the role")
    assert caught.value.means == means
    assert caught.value.remedy == "Give --role, or sign in another way with --credentials."
