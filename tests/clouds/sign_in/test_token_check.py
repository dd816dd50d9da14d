"""What is sent as a token looks like one; an error says what it looks like instead, and never shows it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gate.clouds.sign_in.claims import is_token
from gate.clouds.sign_in.tokens.check import TokenCheck, without_tokens
from gate.errors import NotAuthorised
from gate.outcome import EventKind
from tests.builders import FakeTime
from tests.clouds.builders import events_of_kind
from tests.clouds.sign_in.tokens import SIGNATURE, TOKEN, a_job, a_token, parts_of

if TYPE_CHECKING:
    from pathlib import Path

    from gate.clouds import Connection

SECRET = "ZX81QJ7WK4VB9"
"""No part of it is in any message."""


def a_check(connection: Connection) -> TokenCheck:
    return TokenCheck(connection, "the test", remedy="Correct the test.", audience_from="the test sets it")


@pytest.mark.parametrize("around", ["", "\n", " \r\n\t"], ids=repr)
def test_a_token_is_returned_without_the_white_space_around_it(around: str, fake_time: FakeTime) -> None:
    assert a_check(a_job(fake_time)).checked(f"{around}{TOKEN}{around}") == TOKEN


def test_a_token_is_masked_and_what_is_none_is_not(fake_time: FakeTime) -> None:
    masked: list[str] = []
    check = a_check(replace(a_job(fake_time), mask_secret=masked.append))
    with pytest.raises(NotAuthorised):
        check.checked(SECRET)

    assert check.checked(TOKEN) == TOKEN
    assert masked == [TOKEN]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "it is empty"),
        (" \n", "it is empty"),
        (f"${{{SECRET}}}", "it is a reference to a variable, such as ${NAME}, that nothing has replaced"),
        (f"$({SECRET})", "it is a reference to a variable, such as ${NAME}, that nothing has replaced"),
        (f"Bearer ${SECRET}", "it contains a reference to a variable, such as ${NAME}, that nothing has replaced"),
        (f'"{a_token(sub=SECRET)}"', "it is in quotes, which were kept as a part of it"),
        ("***", "it is the mask by which a log hides a secret"),
        ("null", "a program writes this word where it has no value"),
        (f'{{"value": "{SECRET}"}}', "it is JSON, of which one value was meant"),
        (f"bearer {TOKEN}", "it begins with the word Bearer, which is no part of it"),
        (f"/run/secrets/{SECRET}", "it looks like the path of a file that is not here"),
        (f"./{SECRET}", "it looks like the path of a file that is not here"),
        (rf"C:\{SECRET}", "it looks like the path of a file that is not here"),
        (f"https://{SECRET}", "it looks like an address"),
        (f"{SECRET} {SECRET}", "it has spaces, line breaks or other characters that no token has"),
        (f"{SECRET}.a.b\n{SECRET}", "it has spaces, line breaks or other characters that no token has"),
        (f"{SECRET}.a.ü", "it has spaces, line breaks or other characters that no token has"),
        (f"{SECRET}=.a.b", "it has an equals sign, and base64url has none"),
        (SECRET, "it is in one part instead of three, such as a key"),
        (f"{SECRET}.{SECRET}.", "its signature is missing"),
        (f"{SECRET}.a.b.c.d", "it has five parts instead of three, as an encrypted token has"),
        (f"{SECRET}.a", "it has other parts than three"),
        (f".{SECRET}.a", "it has other parts than three"),
        (f"{SECRET}." * 1500, "it has 21000 characters, and a token 20000 at most"),
    ],
    ids=str,
)
def test_what_is_no_token_is_described_and_not_shown(text: str, expected: str, fake_time: FakeTime) -> None:
    with pytest.raises(NotAuthorised) as caught:
        a_check(a_job(fake_time)).checked(text)

    assert caught.value.happened == f"What the test gives is no OIDC token: {expected}."
    assert caught.value.remedy == "Correct the test."
    assert SECRET not in str(caught.value)


def test_the_path_of_a_file_that_exists_is_named_as_one(tmp_path: Path, fake_time: FakeTime) -> None:
    """As of a GitLab `id_tokens` with `file: true`."""
    (tmp_path / SECRET).write_text(TOKEN)
    with pytest.raises(NotAuthorised, match="which a variable ending in _FILE would name"):
        a_check(a_job(fake_time)).checked(str(tmp_path / SECRET))


@settings(deadline=None, max_examples=40)
@given(text=st.text("ZXQJ7KV$(){}[]<>%'\"./\\~ \n\t:=*", min_size=8, max_size=60))
def test_no_part_of_what_is_no_token_is_in_an_error(text: str) -> None:
    assume(not is_token(text.strip()))
    with pytest.raises(NotAuthorised) as caught:
        a_check(a_job(FakeTime())).checked(text)

    shown = f"{caught.value} {caught.value!r} {caught.value.__cause__}"
    assert not [part for part in parts_of(text.strip()) if part in shown]


def test_a_token_for_another_audience_than_the_one_asked_for_is_a_warning_once(fake_time: FakeTime) -> None:
    job = a_job(fake_time, audience="sts.example")
    check = a_check(job)

    assert check.checked(a_token(aud=["workspace", "other"]))
    assert check.checked(a_token(aud="workspace"))
    (warning,) = events_of_kind(job, EventKind.WARNING)
    assert warning.text == (
        "The token from the test is for the audience workspace, other, and not for sts.example (--oidc-audience): "
        "the test sets it."
    )


@pytest.mark.parametrize(
    ("asked", "claims"),
    [
        ("sts.example", {"aud": "sts.example"}),
        ("sts.example", {"aud": ["other", "sts.example"]}),
        ("sts.example", {}),
        (None, {"aud": "other"}),
    ],
    ids=repr,
)
def test_a_token_for_the_audience_that_was_asked_for_or_for_none_is_no_warning(
    asked: str | None, claims: dict[str, object], fake_time: FakeTime
) -> None:
    job = a_job(fake_time, audience=asked)

    assert a_check(job).checked(a_token(claims))
    assert events_of_kind(job, EventKind.WARNING) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"bad token {TOKEN}: refused", "bad token ***: refused"),
        (f"token={TOKEN.rpartition('.')[0]}", "token=***"),
        ("nothing secret.", "nothing secret."),
    ],
    ids=["whole", "without-signature", "none"],
)
def test_what_starts_like_a_token_is_hidden_in_the_message_of_others(text: str, expected: str) -> None:
    assert without_tokens(text) == expected
    assert SIGNATURE not in without_tokens(text)
