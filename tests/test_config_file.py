"""The config file: TOML with options by name, and an error for everything else."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from gate.config_file import config_values
from gate.errors import UsageError
from gate.options import OPTIONS

if TYPE_CHECKING:
    from pathlib import Path

    from gate.settings import Option

NAMES = ("max-failed", "max-risky", "report", "max-age", "warn-only", "started-after")


def test_the_file_holds_options_by_name(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_text('max-failed = 2\nmax-age = "48h"\nreport = "json=a\\nmarkdown=b"\nwarn-only = true\n')

    assert config_values(path, NAMES) == {
        "max-failed": 2,
        "max-age": "48h",
        "report": ["json=a", "markdown=b"],
        "warn-only": True,
    }


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("max-riskyy = 1", r"unknown key 'max-riskyy'; did you mean 'max-risky'\? .*Correct the key"),
        ("zzz = 1", r"unknown key 'zzz'\. Its keys are the names of options\. Correct the key or remove it\."),
        ('access-key-secret = "x"', r"the key 'access-key-secret', which is a secret\. .*pass a new one in the env"),
        ('SCAN_GATE_ACCESS_KEY_SECRET = "x"', r"which is a secret\. .*Revoke this secret"),
        ('access_key_secret = "x"', r"which is a secret\. .*Revoke this secret"),
        ("[gate]\nmax-failed = 1", "unknown key 'gate'"),
        ("max-failed = true", "for the key 'max-failed' of .*: it has the wrong type"),
        ("max-failed = [1]", "for the key 'max-failed' of .*: it has the wrong type"),
        ("max-failed = {a = 1}", "for the key 'max-failed' of .*: it has the wrong type"),
        ("report = 1", "for the key 'report' of .*: it has the wrong type"),
        ("report = true", "for the key 'report' of .*: it has the wrong type"),
        ("report = [1]", "for the key 'report' of .*: it has the wrong type. A repeatable option is a text or a list"),
        ("report = ['json=a', true]", "for the key 'report' of .*: it has the wrong type"),
        ("report = [['json=a']]", "for the key 'report' of .*: it has the wrong type"),
        ("warn-only = 2", "for the key 'warn-only' of .*: 2 is not true or false. .* without quotes"),
        ('warn-only = "true"', "for the key 'warn-only' of .*: 'true' is not true or false. .* without quotes"),
        ("max-failed = " + "[" * 5000, r"has (a value that cannot be read|a syntax error)"),
        ("max-failed = 1" + "0" * 5000, "has a value that cannot be read: Exceeds the limit"),
    ],
)
def test_a_file_with_anything_but_options_is_refused(text: str, warning: str, tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_text(text)

    with pytest.raises(UsageError, match=warning):
        config_values(path, NAMES)


REPEATABLE = [option for option in OPTIONS if option.is_repeatable]
LENIENT = [option for option in REPEATABLE if option.unset]


@pytest.mark.parametrize("option", REPEATABLE, ids=lambda option: option.name)
def test_every_repeatable_option_may_be_a_list_or_a_text_with_a_line_for_each(option: Option, tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    for text in ('["a=1", "b=2"]', '"a=1\\nb=2"', '"""\na=1\n\n \nb=2\n"""'):
        path.write_text(f"{option.name} = {text}\n")

        assert config_values(path, [option.name]) == {option.name: ["a=1", "b=2"]}


@pytest.mark.parametrize("text", ['""', '" \\n"', "[]"])
def test_nothing_is_an_empty_value_where_a_run_would_be_looser_without_one(text: str, tmp_path: Path) -> None:
    """Without an image, a scan task would be judged in its place; an empty value is refused later."""
    path = tmp_path / "gate.toml"
    path.write_text("".join(f"{option.name} = {text}\n" for option in REPEATABLE))

    values = config_values(path, [option.name for option in REPEATABLE])

    assert {"image", "max-findings", "waivers"} <= {option.name for option in LENIENT}
    assert [name for name, value in values.items() if value == [""]] == [option.name for option in LENIENT]
    assert values["report"] == []


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbfmax-failed = 1\n", b"max-failed = 1\r\n"], ids=["byte-order-mark", "CRLF"]
)
def test_a_file_may_have_been_saved_on_windows(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "gate.toml"
    path.write_bytes(content)

    assert config_values(path, NAMES) == {"max-failed": 1}


def test_a_syntax_error_is_named_as_one_with_its_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_text("max-failed = 1\nmax-age = 48h\n")

    with pytest.raises(UsageError) as caught:
        config_values(path, NAMES)

    assert caught.value.happened.startswith(f"The file {path} has a syntax error: ")
    assert "(at line 2, column 13)" in caught.value.happened
    assert "exist" not in str(caught.value)


def test_a_file_that_does_not_exist_is_named_with_what_named_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        config_values(tmp_path / "absent.toml", NAMES, source="the input 'config'")

    assert str(caught.value) == (
        f"The file {tmp_path}/absent.toml does not exist. Correct the input 'config', or add the file to the checkout."
    )


def test_a_file_that_is_not_text_says_where(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_bytes(b"a = 1\xff")

    with pytest.raises(UsageError, match=r"is not text in UTF-8: invalid start byte at byte 5\. Save it as UTF-8\."):
        config_values(path, NAMES)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "it is a folder, a pipe or a device, and not a regular file"),
        ("pipe", "it is a folder, a pipe or a device, and not a regular file"),
        ("a\0b", "embedded null byte"),
        ("x" * 300, os.strerror(errno.ENAMETOOLONG)),
    ],
    ids=["folder", "pipe", "no-path", "long"],
)
def test_a_file_that_cannot_be_read_says_why(name: str, why: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(UsageError, match=rf"cannot be read: {why}\. Correct --config or"):
        config_values(tmp_path / name, NAMES)


def test_a_file_that_is_too_large_is_not_parsed(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    largest = b"max-failed = 1\n#".ljust(100_000, b"x")
    path.write_bytes(largest)
    assert config_values(path, NAMES) == {"max-failed": 1}

    path.write_bytes(largest + b"x")
    with pytest.raises(UsageError, match=r"cannot be read: it is larger than 100000 bytes\."):
        config_values(path, NAMES)


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    """Kubernetes mounts files as links."""
    (tmp_path / "gate.toml").write_text("max-failed = 2\n")
    (tmp_path / "link").symlink_to("gate.toml")

    assert config_values(tmp_path / "link", NAMES) == {"max-failed": 2}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "auth-token = 'x'",
            (
                "The file {} has the key 'auth-token', which is a secret. A config file is in the checkout, where "
                "everybody can read it. Revoke this secret, and pass a new one in the environment."
            ),
        ),
        (
            "warn-only = 1",
            (
                "Invalid value for the key 'warn-only' of {}: 1 is not true or false. A flag is one of these words, "
                "without quotes. Correct the value."
            ),
        ),
        (
            "max-failed = true",
            (
                "Invalid value for the key 'max-failed' of {}: it has the wrong type. A repeatable option is a text or "
                "a list of texts, a flag is true or false, any other a text or a number. Correct the value."
            ),
        ),
        (
            "max-failed = ",
            (
                "The file {} has a syntax error: Invalid value (at end of document). It must be TOML, such as max-age "
                '= "48h". Correct the file.'
            ),
        ),
        (
            "zzz = 1",
            "The file {} has the unknown key 'zzz'. Its keys are the names of options. Correct the key or remove it.",
        ),
    ],
    ids=["secret", "flag", "type", "syntax", "unknown"],
)
def test_an_error_says_what_is_wrong_what_it_means_and_what_to_do(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        config_values(path, NAMES)

    assert str(caught.value) == message.format(path)


def test_a_value_that_python_cannot_hold_has_to_be_corrected(tmp_path: Path) -> None:
    (tmp_path / "gate.toml").write_text("max-failed = 1" + "0" * 5000)
    with pytest.raises(UsageError) as caught:
        config_values(tmp_path / "gate.toml", NAMES)

    assert caught.value.remedy == "Correct it."
