"""The claims of a token in messages: one short line of plain text, whatever the token has in it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.clouds.sign_in.claims import audiences_of, claims_of, describe_claims, describe_validity, is_token
from gate.text import one_line
from tests.builders import NOW
from tests.clouds.sign_in.tokens import GITHUB_CLAIMS, SIGNATURE, a_token, parts_of

TEXT = st.text("aZ0-_=.,:;#[]{}<>\"'\\ \t\r\n\x00\x1b\x85\u2028\u202e\ufeff\ud800ß中", max_size=30)
VALUE = st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.lists(TEXT, max_size=12)
NAMES = st.sampled_from(["iss", "sub", "aud", "azp", "exp", "iat", "nbf", "jti"])
few = settings(deadline=None, max_examples=40)
BASE64URL = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=80)


def test_the_claims_of_a_token_are_those_that_a_trust_policy_can_go_by() -> None:
    token = a_token(**GITHUB_CLAIMS, azp="client", jti="1", repository="octo/app")

    assert claims_of(token) == {
        "iss": "https://token.actions.githubusercontent.com",
        "sub": "repo:octo/app:ref:refs/heads/main",
        "aud": "sts.example",
        "azp": "client",
        "iat": "2026-01-31T12:00:00Z",
        "exp": "2026-01-31T12:05:00Z",
    }
    assert describe_claims(token) == (
        "issuer https://token.actions.githubusercontent.com, subject repo:octo/app:ref:refs/heads/main, "
        "audience sts.example, authorised party client, issued at 2026-01-31T12:00:00Z, expires at 2026-01-31T12:05:00Z"
    )


@pytest.mark.parametrize(
    ("audience", "expected"),
    [
        (["a", "b"], "a, b"),
        ([], "(none)"),
        (["a", 7], "a, (no text)"),
        ([str(number) for number in range(12)], "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more"),
        (7, "(no text)"),
        (None, "(no text)"),
        ("", "(empty)"),
    ],
    ids=repr,
)
def test_an_audience_can_be_one_or_several_and_says_so_if_it_is_neither(audience: object, expected: str) -> None:
    assert claims_of(a_token(aud=audience)) == {"aud": expected}


@pytest.mark.parametrize(
    ("audience", "expected"),
    [("a", ("a",)), (["a", 7, "b"], ("a", "b")), ([], ()), (7, ()), ({"a": "b"}, ())],
    ids=repr,
)
def test_audiences_to_compare_are_texts_as_the_token_has_them(audience: object, expected: tuple[str, ...]) -> None:
    assert audiences_of(a_token(aud=audience)) == expected


@pytest.mark.parametrize("time", ["soon", None, True, [], 1e300, -1e300, 10**30, float("nan"), float("inf")], ids=repr)
@pytest.mark.parametrize("name", ["exp", "iat"])
def test_a_time_that_is_none_is_named_so(name: str, time: object) -> None:
    token = a_token({name: time})

    assert claims_of(token) == {name: "(no time)"}
    assert describe_validity(token, NOW) == ""


def test_a_claim_is_one_short_line_without_controls() -> None:
    claims = claims_of(a_token(sub="one\r\n::error::two\x1b[2J\u202e\ud800", iss="x" * 5000))

    assert claims["sub"] == "one  ::error::two [2J"
    assert claims["iss"] == "x" * 200 + "…"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "not a token",
        "one.two",
        "e30.e30.",
        "e30.A.x",
        "e30.!!!.x",
        a_token(b"\xff\xfe"),
        a_token(b"{"),
        a_token(b"[" * 14_000),
        a_token(b'{"sub": ' + b"9" * 5000 + b"}"),
        a_token([GITHUB_CLAIMS]),
        a_token("text"),
        a_token(sub="x" * 20_000),
    ],
    ids=[
        "empty",
        "words",
        "two-parts",
        "no-signature",
        "no-base64",
        "other-characters",
        "no-utf-8",
        "no-json",
        "nested",
        "a-long-number",
        "a-list",
        "a-text",
        "too-long",
    ],
)
def test_a_text_without_claims_is_said_to_have_none(token: str) -> None:
    assert claims_of(token) == {}
    assert audiences_of(token) == ()
    assert describe_claims(token, NOW) == "a token without claims that can be read"


def test_a_token_without_any_of_these_claims_is_said_to_have_none() -> None:
    assert describe_claims(a_token(jti="1")) == "a token without claims that can be read"


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"exp": -1}, "by this machine's clock, it expired 1 s ago"),
        ({"exp": 0}, "by this machine's clock, it expired 0 s ago"),
        ({"exp": -119.2}, "by this machine's clock, it expired 119 s ago"),
        ({"exp": -7200}, "by this machine's clock, it expired 2 h ago"),
        ({"iat": 90, "exp": 300}, "by this machine's clock, it is valid only in 90 s"),
        ({"nbf": 600, "iat": 0, "exp": 900}, "by this machine's clock, it is valid only in 10 min"),
        ({"nbf": -600, "iat": 90, "exp": 900}, ""),
        ({"iat": 0, "exp": 1}, ""),
        ({}, ""),
    ],
    ids=repr,
)
def test_a_token_that_is_not_valid_by_the_machines_clock_is_said_to_be_so(
    claims: dict[str, float], expected: str
) -> None:
    token = a_token({"sub": "s", **{name: NOW.timestamp() + seconds for name, seconds in claims.items()}})

    assert describe_validity(token, NOW) == expected
    assert describe_claims(token, NOW).endswith(f"; {expected}" if expected else claims_of(token).get("exp", "s"))
    assert "clock" not in describe_claims(token)


def test_how_far_a_token_is_from_being_valid_depends_on_the_time_that_is_given() -> None:
    assert describe_validity(a_token(**GITHUB_CLAIMS), NOW + timedelta(hours=3)).endswith("it expired 3 h ago")


@pytest.mark.parametrize("name", ["sub", "iss", "aud"])
def test_a_claim_that_repeats_a_part_of_the_token_is_not_shown(name: str) -> None:
    assert claims_of(a_token({name: f"it is {SIGNATURE[3:11]}"})) == {name: "(a part of the token itself)"}
    assert claims_of(a_token({name: f"it is {SIGNATURE[3:10]}"})) == {name: f"it is {SIGNATURE[3:10]}"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a.b.c", True), ("a.b", False), ("a.b.c.d", False), ("a.b.", False), ("a.b.c\n", False), ("ä.b.c", False)],
    ids=repr,
)
def test_a_token_has_three_parts_in_base64url(text: str, *, expected: bool) -> None:
    assert is_token(text) is expected


@pytest.mark.parametrize(("length", "expected"), [(20_000, True), (20_001, False)])
def test_a_token_is_not_longer_than_the_clouds_take(length: int, *, expected: bool) -> None:
    assert is_token("a.b." + "c" * (length - 4)) is expected


@few
@given(claims=st.dictionaries(NAMES, VALUE), signature=BASE64URL)
def test_whatever_the_claims_are_they_become_one_line_without_a_part_of_the_token(
    claims: dict[str, Any], signature: str
) -> None:
    token = a_token(json.dumps(claims).encode(), signature)

    shown = " ".join(claims_of(token).values())

    assert one_line(shown, 5000) == shown.strip()
    assert not [part for part in parts_of(token) if part in shown]
    assert one_line(describe_claims(token, NOW), 5000) == describe_claims(token, NOW)


@few
@given(text=TEXT | st.builds(a_token, st.binary(max_size=60), BASE64URL))
def test_no_text_in_place_of_a_token_raises_an_error(text: str) -> None:
    assert isinstance(describe_claims(text, NOW), str)
    assert isinstance(audiences_of(text), tuple)
