"""Reads the files in which the vendor's tools keep profiles (sign-in.md 1.5)."""

from __future__ import annotations

import configparser
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gate.clouds.credentials import first_variable
from gate.clouds.sign_in.home import home
from gate.errors import UsageError
from gate.reading import read_text
from gate.text import first_of, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gate.clouds.interface import Connection

_MAX_SIZE = 1_000_000
"""Bytes."""
_CLI, _INI = ".aliyun/config.json", ".alibabacloud/credentials.ini"
_INI_VARIABLE = "ALIBABA_CLOUD_CREDENTIALS_FILE"
_MODES_OF_INI = {
    "access_key": "AK",
    "ram_role_arn": "RamRoleArn",
    "ecs_ram_role": "EcsRamRole",
    "oidc_role_arn": "OIDC",
}
_NAMES_OF_INI = {
    "role_arn": "ram_role_arn",
    "role_session_name": "ram_session_name",
    "role_name": "ram_role_name",
    "oidc_token_file_path": "oidc_token_file",
}
"""The fields whose names differ from those of the CLI."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """One profile, with the names of the CLI whichever file it is from."""

    name: str
    file: str
    """For messages."""
    mode: str
    values: Mapping[str, str] = field(repr=False)

    def __str__(self) -> str:
        return f"the profile {one_line(self.name, 60)!r} of {self.file}"

    @property
    def at_start(self) -> str:
        """The same at the start of a sentence."""
        return f"The {str(self).removeprefix('the ')}"

    def value(self, name: str) -> str:
        """A field; empty if it is absent."""
        return self.values.get(name, "").strip()

    def required(self, name: str) -> str:
        """A field without which its mode makes no sense.

        Raises:
            UsageError: It is absent.
        """
        if not self.value(name):
            raise UsageError(f"{self.at_start} has no {name}, which its mode {self.mode} needs.", remedy="Add it.")
        return self.value(name)


def find_profile(connection: Connection, name: str = "") -> Profile:
    """Finds a profile: in the CLI's file, else in that of the SDKs.

    Args:
        connection: The settings and the environment.
        name: Its name; empty for that of --profile, else of ALIBABA_CLOUD_PROFILE, else the CLI's current one, else
            `default`.

    Raises:
        UsageError: There is no such profile, or a file cannot be read.
    """
    if not name:
        name, _ = connection.option_or_variable(
            "profile", connection.settings.sign_in.profile, ["ALIBABA_CLOUD_PROFILE"]
        )
    cli, current = _of_cli(connection)
    wanted = name or current or "default"
    ini = _of_ini(connection) if wanted not in cli else {}
    if found := cli.get(wanted) or ini.get(wanted):
        return found
    known = sorted({*cli, *ini})
    raise UsageError(
        f"There is no profile {one_line(wanted, 60)!r} ({connection.settings.source_of('profile')}).",
        means=f"There are: {first_of(known, 20)}." if known else f"Neither ~/{_CLI} nor ~/{_INI} has any.",
        remedy="Correct the name, or configure the profile with the vendor's CLI.",
    )


def _of_cli(connection: Connection) -> tuple[dict[str, Profile], str]:
    """The profiles of the CLI, and the name of the current one."""
    is_disabled = connection.environ.get("ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "").strip().lower() == "true"
    if is_disabled and connection.settings.reads_variables:
        return {}, ""
    text = _read(home(connection.environ) / _CLI, shown=f"~/{_CLI}")
    if not text.strip():
        return {}, ""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise _unreadable(f"~/{_CLI}", "it is not JSON") from None
    document = document if isinstance(document, dict) else {}
    rows = document.get("profiles")
    rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    profiles = [_profile(f"~/{_CLI}", row.get("name"), row.get("mode"), row) for row in rows]
    return {one.name: one for one in reversed(profiles)}, _text(document.get("current"))


def _of_ini(connection: Connection) -> dict[str, Profile]:
    variables = [_INI_VARIABLE] if connection.settings.reads_variables else []
    variable, path = first_variable(connection.environ, variables)
    shown = f"the file that {variable} names" if variable else f"~/{_INI}"
    text = _read(Path(path) if path else home(connection.environ) / _INI, shown=shown, is_needed=bool(path))
    parser = configparser.ConfigParser(interpolation=None, default_section="")
    try:
        parser.read_string(text)
    except configparser.Error:
        raise _unreadable(shown, "it is not an ini file") from None
    found = {}
    for section in parser.sections():
        # As the vendor's package reads it: what follows # is a comment.
        values = {_NAMES_OF_INI.get(key, key): value.partition("#")[0] for key, value in parser.items(section)}
        mode = values.get("type", "").strip()
        found[section] = _profile(shown, section, _MODES_OF_INI.get(mode, mode), values)
    return found


def _profile(file: str, name: object, mode: object, row: Mapping[str, Any]) -> Profile:
    values = {key: _text(value) for key, value in row.items()}
    return Profile(name=_text(name), file=file, mode=_text(mode), values=values)


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value) if type(value) is int else ""


def _read(path: Path, *, shown: str, is_needed: bool = False) -> str:
    try:
        return read_text(path, max_size=_MAX_SIZE)
    except OSError as error:
        if isinstance(error, FileNotFoundError | NotADirectoryError) and not is_needed:
            return ""
        raise _unreadable(shown, str(error.strerror)) from None
    except UnicodeDecodeError:
        raise _unreadable(shown, "it is not text in UTF-8") from None
    except ValueError as error:
        raise _unreadable(shown, str(error)) from None


def _unreadable(shown: str, why: str) -> UsageError:
    return UsageError(f"{shown[:1].upper()}{shown[1:]} cannot be read: {why}.", remedy="Correct it, or its path.")
