"""Where credentials are read from, and that they are never shown."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from textwrap import wrap
from typing import TYPE_CHECKING

import pytest

from gate.clouds import CLOUDS
from gate.clouds.credentials import INPUT, OURS, Credentials, Source, find_credentials, first_variable, has_stored
from gate.clouds.huawei.options import SOURCES
from gate.errors import NotAuthorised, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from gate.clouds import CloudProvider

NATIVE = (
    Source(access_key_id="FIRST_ID", access_key_secret="FIRST_SECRET"),
    Source(access_key_id="SECOND_ID", access_key_secret="SECOND_SECRET", auth_token="SECOND_TOKEN"),
)
ALL = (INPUT, OURS, *NATIVE)


def a_pair(source: Source, mark: str = "x") -> dict[str, str]:
    return {source.access_key_id: f"id-{mark}", source.access_key_secret: f"secret-{mark}"}


def pairs_of(*, sources: tuple[Source, ...]) -> dict[str, str]:
    return {name: value for number, source in enumerate(sources) for name, value in a_pair(source, str(number)).items()}


@pytest.mark.parametrize("first", range(len(ALL)), ids=["input", "ours", "native-first", "native-second"])
def test_the_first_source_with_credentials_is_used(first: int) -> None:
    environ = pairs_of(sources=ALL[first:])

    assert find_credentials(environ, NATIVE) == Credentials(access_key_id="id-0", access_key_secret="secret-0")


@pytest.mark.parametrize("empty", ["", " ", "\n", "\t \r\n"], ids=repr)
def test_an_empty_variable_counts_as_absent(empty: str) -> None:
    """A CI job gets an empty variable for a secret that does not exist."""
    environ = dict.fromkeys([*a_pair(INPUT), *a_pair(OURS)], empty) | a_pair(NATIVE[0])

    assert find_credentials(environ, NATIVE).access_key_id == "id-x"


def test_white_space_around_a_value_is_removed() -> None:
    environ = {INPUT.access_key_id: " id\n", INPUT.access_key_secret: "\tsecret \r\n"}

    assert find_credentials(environ, ()) == Credentials(access_key_id="id", access_key_secret="secret")


def test_credentials_are_equal_wherever_they_come_from() -> None:
    token = Credentials(auth_token="a")

    assert token == replace(token, origin="a file", account="1") != replace(token, auth_token="b")
    assert (token.origin, token.account) == ("", "")


def test_a_source_has_no_variable_that_it_does_not_name() -> None:
    source = Source()

    assert (source.access_key_id, source.access_key_secret, source.security_token, source.auth_token) == ("",) * 4


OUR_HALVES = "SCAN_GATE_ACCESS_KEY_ID and SCAN_GATE_ACCESS_KEY_SECRET"


@pytest.mark.parametrize(
    ("environ", "present", "missing"),
    [
        ({INPUT.access_key_id: "x", **a_pair(OURS)}, "the input 'access-key-id' is", "the input 'access-key-secret'"),
        (
            {INPUT.access_key_secret: "x", **a_pair(OURS)},
            "the input 'access-key-secret' is",
            "the input 'access-key-id'",
        ),
        ({OURS.access_key_id: "x", INPUT.access_key_secret: ""}, "SCAN_GATE_ACCESS_KEY_ID is", OURS.access_key_secret),
        (
            {OURS.access_key_id: "x", NATIVE[0].access_key_secret: "x"},
            "SCAN_GATE_ACCESS_KEY_ID is",
            "SCAN_GATE_ACCESS_KEY_SECRET",
        ),
        ({OURS.security_token: "x"}, "SCAN_GATE_SECURITY_TOKEN is", OUR_HALVES),
        (
            {OURS.access_key_id: "x", OURS.security_token: "x"},
            "SCAN_GATE_ACCESS_KEY_ID and SCAN_GATE_SECURITY_TOKEN are",
            "SCAN_GATE_ACCESS_KEY_SECRET",
        ),
        ({NATIVE[0].access_key_secret: "x", **a_pair(NATIVE[1])}, "FIRST_SECRET is", "FIRST_ID"),
    ],
    ids=["input-id", "input-secret", "ours-id", "two-sources", "only-a-security-token", "no-secret", "native-secret"],
)
def test_an_incomplete_pair_is_not_completed_from_another_source(
    environ: dict[str, str], present: str, missing: str
) -> None:
    with pytest.raises(NotAuthorised) as caught:
        find_credentials(environ, NATIVE)

    assert caught.value.happened == f"The credentials are incomplete: {present} set, but not {missing}."


def test_a_half_that_is_left_over_before_a_complete_pair_is_named_as_the_one_that_counts() -> None:
    with pytest.raises(NotAuthorised) as caught:
        find_credentials({OURS.access_key_id: "x", NATIVE[0].access_key_id: "x", **a_pair(NATIVE[1])}, NATIVE)

    assert caught.value.means.startswith("SECOND_ID and SECOND_SECRET are complete, but come later: ")
    assert caught.value.remedy == "Unset SCAN_GATE_ACCESS_KEY_ID, or set the rest."


def test_of_two_parts_before_a_complete_pair_both_are_to_be_unset() -> None:
    with pytest.raises(NotAuthorised) as caught:
        find_credentials({OURS.access_key_id: "x", OURS.security_token: "x", **a_pair(NATIVE[0])}, NATIVE)

    assert caught.value.remedy == "Unset SCAN_GATE_ACCESS_KEY_ID and SCAN_GATE_SECURITY_TOKEN, or set the rest."


def test_an_incomplete_pair_names_the_variable_of_a_file_that_is_empty(tmp_path: Path) -> None:
    (tmp_path / "id").write_text("id")
    (tmp_path / "secret").write_text("\n")
    environ = {f"{name}_FILE": str(tmp_path / path) for name, path in zip(a_pair(OURS), ("id", "secret"), strict=True)}
    with pytest.raises(NotAuthorised) as caught:
        find_credentials(environ, NATIVE)

    assert caught.value.happened == (
        "The credentials are incomplete: SCAN_GATE_ACCESS_KEY_ID_FILE is set, but not SCAN_GATE_ACCESS_KEY_SECRET "
        "(the file that SCAN_GATE_ACCESS_KEY_SECRET_FILE names is empty)."
    )


def test_where_all_files_are_empty_the_error_names_the_variable_of_one(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("")
    with pytest.raises(NotAuthorised, match="no credentials") as caught:
        find_credentials({"SCAN_GATE_AUTH_TOKEN_FILE": str(tmp_path / "token")}, NATIVE)

    assert caught.value.means == "The file that SCAN_GATE_AUTH_TOKEN_FILE names is empty."


@pytest.mark.parametrize("cloud", CLOUDS)
def test_without_credentials_for_this_cloud_those_of_another_are_named(cloud: str) -> None:
    provider, (other, *_) = CLOUDS[cloud], (one for name, one in CLOUDS.items() if name != cloud)
    with pytest.raises(NotAuthorised) as caught:
        find_credentials(
            a_pair(other.credential_sources[0]),
            provider.credential_sources,
            vendor=provider.vendor,
            takes_token=provider.takes_token,
            others={other.vendor: other.credential_sources},
        )

    key_id = other.credential_sources[0].access_key_id
    assert caught.value.means == f"{key_id} is set, but that is for {other.vendor} only."
    assert caught.value.remedy.endswith(", or correct --cloud.")
    assert len(wrap(str(caught.value), width=110)) <= 3


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({INPUT.auth_token: "t"}, Credentials(auth_token="t")),
        ({OURS.auth_token: "t", **a_pair(NATIVE[0])}, Credentials(auth_token="t")),
        (
            {OURS.security_token: "s", **a_pair(OURS)},
            Credentials(access_key_id="id-x", access_key_secret="secret-x", security_token="s"),
        ),
        ({**a_pair(OURS), NATIVE[1].auth_token: "t"}, Credentials(access_key_id="id-x", access_key_secret="secret-x")),
    ],
    ids=["token-as-input", "token-before-native-pair", "temporary-pair", "pair-before-native-token"],
)
def test_a_token_or_a_temporary_pair_is_complete(environ: dict[str, str], expected: Credentials) -> None:
    assert find_credentials(environ, NATIVE) == expected


@pytest.mark.parametrize("value", ["hush\nhush", "hush hush", "hush\u200b", "hush-ü", "令牌", "\ufeffhush"], ids=ascii)
@pytest.mark.parametrize("part", ["access_key_id", "access_key_secret", "security_token", "auth_token"])
def test_a_credential_that_cannot_be_sent_in_a_header_is_refused_and_not_shown(part: str, value: str) -> None:
    environ = {**a_pair(OURS), getattr(OURS, part): value}
    with pytest.raises(NotAuthorised) as caught:
        find_credentials(environ, ())

    assert f"The value of {getattr(OURS, part)} is not a credential" in caught.value.happened
    assert value not in str(caught.value)
    assert "hush" not in str(caught.value)


NOT_SET = "None of their variables is set. "
EMPTY = "A secret that does not exist arrives as an empty variable, and pull requests from forks get no secrets. "
OUR_PAIR = "SCAN_GATE_ACCESS_KEY_ID and SCAN_GATE_ACCESS_KEY_SECRET"
INPUT_PAIR = "the input 'access-key-id' and the input 'access-key-secret'"


@pytest.mark.parametrize(
    ("environ", "takes_token", "how"),
    [
        ({}, True, f"Set {OUR_PAIR}, or FIRST_ID and FIRST_SECRET, or a token in SCAN_GATE_AUTH_TOKEN."),
        ({}, False, f"Set {OUR_PAIR}, or FIRST_ID and FIRST_SECRET."),
        ({INPUT.auth_token: ""}, True, f"Set {INPUT_PAIR}, or a token in the input 'auth-token'."),
        ({INPUT.access_key_id: ""}, False, f"Set {INPUT_PAIR}."),
        ({"FIRST_ID": ""}, False, f"Set {OUR_PAIR}, or FIRST_ID and FIRST_SECRET."),
    ],
    ids=["variables-or-token", "variables", "inputs-or-token", "inputs", "empty-variable"],
)
def test_without_credentials_the_error_names_only_what_applies_to_this_cloud_and_this_ci_system(
    environ: dict[str, str], how: str, *, takes_token: bool
) -> None:
    """The runner of GitHub sets a variable for each input of the action; only a CI system sets empty variables."""
    with pytest.raises(NotAuthorised) as caught:
        find_credentials({"PATH": "/bin", **environ}, NATIVE, vendor="Nimbus", takes_token=takes_token)

    why = EMPTY if environ else NOT_SET
    assert str(caught.value) == f"There are no credentials for Nimbus. {why}{how}"


@pytest.mark.parametrize("provider", CLOUDS.values(), ids=CLOUDS)
@pytest.mark.parametrize("environ", [{}, {INPUT.access_key_id: ""}], ids=["variables", "inputs"])
def test_the_error_without_credentials_fits_in_three_lines(environ: dict[str, str], provider: CloudProvider) -> None:
    sources, takes_token = provider.credential_sources, provider.takes_token
    with pytest.raises(NotAuthorised) as caught:
        find_credentials(environ, sources, vendor=provider.vendor, takes_token=takes_token)

    assert len(wrap(str(caught.value), width=110)) <= 3


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        (
            {OURS.auth_token: "t"},
            (
                "Nimbus takes no token alone: SCAN_GATE_AUTH_TOKEN is set, but no access key. "
                f"Set {OUR_PAIR}, or FIRST_ID and FIRST_SECRET."
            ),
        ),
        (
            {INPUT.auth_token: "t"},
            f"Nimbus takes no token alone: the input 'auth-token' is set, but no access key. Set {INPUT_PAIR}.",
        ),
    ],
    ids=["variable", "input"],
)
def test_a_token_alone_on_a_cloud_that_takes_none_is_named(environ: dict[str, str], message: str) -> None:
    with pytest.raises(NotAuthorised) as caught:
        find_credentials(environ, NATIVE, vendor="Nimbus", takes_token=False)

    assert str(caught.value) == message


def test_a_token_beside_an_access_key_is_not_used_on_a_cloud_that_takes_none() -> None:
    environ = {OURS.auth_token: "t", **a_pair(NATIVE[0])}

    assert find_credentials(environ, NATIVE, takes_token=False) == Credentials(
        access_key_id="id-x", access_key_secret="secret-x"
    )


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, ("", "")),
        ({"A": " ", "B": " b\n"}, ("B", "b")),
        ({"A": "a", "B": "b"}, ("A", "a")),
    ],
    ids=["none", "empty-first", "both"],
)
def test_the_first_variable_that_has_a_value_is_taken(environ: dict[str, str], expected: tuple[str, str]) -> None:
    assert first_variable(environ, ("A", "B")) == expected


def test_a_variable_can_name_a_file(tmp_path: Path) -> None:
    (tmp_path / "id").write_text("id\n")
    (tmp_path / "secret").write_text("  secret\r\n")
    environ = {
        "SCAN_GATE_ACCESS_KEY_ID_FILE": str(tmp_path / "id"),
        "SCAN_GATE_ACCESS_KEY_SECRET_FILE": str(tmp_path / "secret"),
    }

    assert find_credentials(environ, ()) == Credentials(access_key_id="id", access_key_secret="secret")


def test_a_value_takes_precedence_over_its_file(tmp_path: Path) -> None:
    environ = {"SCAN_GATE_AUTH_TOKEN": "value", "SCAN_GATE_AUTH_TOKEN_FILE": str(tmp_path / "missing")}

    assert find_credentials(environ, ()) == Credentials(auth_token="value")


@pytest.mark.parametrize("content", ["", "\n"], ids=repr)
def test_an_empty_file_counts_as_absent(tmp_path: Path, content: str) -> None:
    (tmp_path / "token").write_text(content)
    environ = {"SCAN_GATE_AUTH_TOKEN_FILE": str(tmp_path / "token"), **a_pair(NATIVE[0])}

    assert find_credentials(environ, NATIVE).access_key_id == "id-x"


@pytest.mark.parametrize("path", ["absent", "folder", "binary", "large", "\0"], ids=repr)
def test_a_file_that_cannot_be_read_is_named_and_its_content_is_not(tmp_path: Path, path: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary").write_bytes(b"hush\xff")
    (tmp_path / "large").write_bytes(b"hush" * 16_384 + b"\n")
    with pytest.raises(UsageError) as caught:
        find_credentials({"SCAN_GATE_ACCESS_KEY_SECRET_FILE": str(tmp_path / path)}, ())

    assert caught.value.happened.startswith("SCAN_GATE_ACCESS_KEY_SECRET_FILE names a file that cannot be read: ")
    assert "hush" not in str(caught.value)


def test_the_means_of_an_unreadable_file_is_that_of_its_cause(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff")
    for path, means in (("absent", "not mounted"), ("binary", "something other than the file of one credential")):
        with pytest.raises(UsageError, match=means):
            find_credentials({"SCAN_GATE_AUTH_TOKEN_FILE": str(tmp_path / path)}, ())


@pytest.mark.parametrize("path", ["{}\r", " {}", "{} "], ids=repr)
def test_the_path_of_a_file_may_have_blanks_around_it(tmp_path: Path, path: str) -> None:
    """As Docker leaves a carriage return of an --env-file."""
    (tmp_path / "token").write_text("the-token")
    environ = {"SCAN_GATE_AUTH_TOKEN_FILE": path.replace("{}", str(tmp_path / "token"))}

    assert find_credentials(environ, ()).auth_token == "the-token"


@pytest.mark.parametrize(
    ("path", "mistake"),
    [("~/token", "only a shell"), ("$HOME/token", "a reference"), ("'/run/token'", "in quotes"), ("null", "no value")],
)
def test_the_path_of_a_file_that_was_never_filled_in_is_named_as_one(path: str, mistake: str) -> None:
    with pytest.raises(UsageError, match="SCAN_GATE_AUTH_TOKEN_FILE names a file that cannot be read: ") as caught:
        find_credentials({"SCAN_GATE_AUTH_TOKEN_FILE": path}, ())

    assert mistake in caught.value.happened
    assert path not in str(caught.value)


def test_the_path_of_a_file_is_not_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("the-token")
    with pytest.raises(NotAuthorised, match="it is the path of a file, which a variable ending in _FILE") as caught:
        find_credentials({"SCAN_GATE_AUTH_TOKEN": str(tmp_path / "token")}, ())

    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("token", ["/9j/4AAQ", "/", "/" + "a" * 5000, "token"])
def test_a_credential_may_begin_with_a_slash(token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text("a file with the name of the token")
    monkeypatch.chdir(tmp_path)

    assert find_credentials({"SCAN_GATE_AUTH_TOKEN": token}, ()).auth_token == token


def test_a_file_without_an_end_is_not_read_to_its_end() -> None:
    with pytest.raises(UsageError, match="it is larger than 65536 bytes"):
        find_credentials({"SCAN_GATE_AUTH_TOKEN_FILE": "/dev/zero"}, ())


def test_a_file_of_64_kib_is_read(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"t" * 65_536)
    environ = {"SCAN_GATE_AUTH_TOKEN_FILE": str(tmp_path / "token")}

    assert find_credentials(environ, ()).auth_token == "t" * 65_536


def test_a_byte_order_mark_is_removed_from_a_secret(tmp_path: Path) -> None:
    """Some editors write one; with it, headers could not be sent and signatures would be wrong."""
    (tmp_path / "token").write_bytes(b"\xef\xbb\xbftoken\r\n")
    environ = {"SCAN_GATE_AUTH_TOKEN_FILE": str(tmp_path / "token")}

    assert find_credentials(environ, ()) == Credentials(auth_token="token")


def test_a_variable_that_belongs_to_no_source_is_not_read(tmp_path: Path) -> None:
    """A source without a variable for a token has no `_FILE` variable for it, either."""
    (tmp_path / "other").write_text("something else\n")
    environ = {"_FILE": str(tmp_path / "other"), "": "something else"}

    with pytest.raises(NotAuthorised) as caught:
        find_credentials(environ, SOURCES)

    assert caught.value.happened == "There are no credentials for the cloud."


def test_repr_and_str_of_credentials_show_none_of_them() -> None:
    credentials = Credentials(
        access_key_id="hush-1", access_key_secret="hush-2", security_token="hush-3", auth_token="hush-4"
    )

    assert "hush" not in f"{credentials!r} {credentials}"


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [
        (Credentials(), ()),
        (Credentials(access_key_id="id", access_key_secret="secret"), ("secret",)),
        (Credentials(access_key_id="i", access_key_secret="s", security_token="t"), ("s", "t")),
        (
            Credentials(access_key_id="i", access_key_secret="s", expires_at=datetime(2026, 1, 31, tzinfo=UTC)),
            ("i", "s"),
        ),
        (Credentials(auth_token="a"), ("a",)),
    ],
    ids=["none", "pair", "temporary", "exchanged", "token"],
)
def test_every_credential_but_the_id_of_a_lasting_key_is_a_secret(
    credentials: Credentials, expected: tuple[str, ...]
) -> None:
    assert credentials.secrets == expected


@pytest.mark.parametrize(
    ("environ", "origin"),
    [
        (a_pair(OURS), "SCAN_GATE_ACCESS_KEY_ID, SCAN_GATE_ACCESS_KEY_SECRET"),
        ({**a_pair(OURS), OURS.auth_token: "t"}, "SCAN_GATE_ACCESS_KEY_ID, SCAN_GATE_ACCESS_KEY_SECRET"),
        (
            {**a_pair(INPUT), INPUT.security_token: "s"},
            "the input 'access-key-id', the input 'access-key-secret', the input 'security-token'",
        ),
        ({OURS.auth_token: "t"}, "SCAN_GATE_AUTH_TOKEN"),
        ({"X_INPUT_ID": "id", "X_INPUT_SECRET": "secret"}, "X_INPUT_ID, X_INPUT_SECRET"),
    ],
    ids=["pair", "pair-beside-a-token", "inputs", "token", "not-an-input"],
)
def test_credentials_know_what_has_them_but_not_what_is_not_used(environ: dict[str, str], origin: str) -> None:
    source = Source(access_key_id="X_INPUT_ID", access_key_secret="X_INPUT_SECRET")

    assert find_credentials(environ, [source]).origin == origin


@pytest.mark.parametrize("part", ["access_key_id", "access_key_secret", "security_token", "auth_token"])
@pytest.mark.parametrize("takes_token", [True, False])
def test_credentials_are_stored_where_any_part_of_them_is_set(part: str, *, takes_token: bool, tmp_path: Path) -> None:
    """Of a pipe it is not known what is in it: it is not read, as it gives its contents once."""
    name = getattr(OURS, part)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").touch()
    counts = takes_token or part != "auth_token"
    assert has_stored({name: "x"}, NATIVE)

    assert has_stored({name: "x"}, NATIVE, takes_token=takes_token) is counts
    assert has_stored({f"{name}_FILE": f" {tmp_path / 'pipe'}\n"}, NATIVE, takes_token=takes_token) is counts
    assert not has_stored({name: " ", f"{name}_FILE": str(tmp_path / "empty")}, NATIVE, takes_token=takes_token)
