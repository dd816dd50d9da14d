"""Profiles of the vendor's credential file, `~/.huaweicloud/credentials`, by the rules of its SDK (sign-in.md 2.7).

A profile is a section: `basic`, or the one that --profile names. With an identity provider and the file of a token in
it, keys beside them are not used.
"""

from __future__ import annotations

import configparser
import re
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gate.clouds.credentials import Credentials
from gate.clouds.huawei.options import PROJECT_VARIABLES
from gate.clouds.sign_in.home import home
from gate.clouds.sign_in.parsed import parsed
from gate.clouds.sign_in.stored_keys import StoredKeys
from gate.errors import NotAuthorised, UsageError
from gate.reading import read_text
from gate.settings import base_url
from gate.text import one_line
from gate.unexpanded import mistake_in

if TYPE_CHECKING:
    from gate.clouds.interface import Connection, SignIn

_FILE_VARIABLE = "HUAWEICLOUD_SDK_CREDENTIALS_FILE"
_DEFAULT_FILE = Path(".huaweicloud", "credentials")
_DEFAULT_PROFILE = "basic"
_MAX_FILE_SIZE = 1_000_000
"""Bytes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """One section of the file; an absent value is the empty string."""

    name: str
    ak: str = field(default="", repr=False)
    sk: str = field(default="", repr=False)
    security_token: str = field(default="", repr=False)
    idp_id: str = ""
    id_token_file: str = ""
    project_id: str = ""
    iam_endpoint: str = ""

    def source_of(self, key: str) -> str:
        """Names one of its values for a message."""
        return f"{key} of the profile {self.name}"


def read_profile(connection: Connection) -> Profile:
    """Reads the profile of this run.

    Raises:
        UsageError: The file cannot be read, or has no such section.
    """
    name = connection.settings.sign_in.profile or _DEFAULT_PROFILE
    parser = _parse(_path(connection), connection)
    if not parser.has_section(name):
        known = ", ".join(one_line(section, 60) for section in parser.sections()[:10]) or "none"
        raise UsageError(
            f"The credential file of Huawei Cloud has no profile {name!r}.",
            means=f"Its profiles are: {known}.",
            remedy="Correct --profile, or add the section to the file.",
        )
    try:
        values = {key: parser.get(name, key, fallback="").strip() for key in _KEYS}
    except configparser.InterpolationError:
        raise UsageError(
            f"The profile {name} of Huawei Cloud has a percent sign that stands for no other value.",
            means="The vendor's SDK takes %(name)s for another value of the file, and %% for a percent sign.",
            remedy="Write %% for each percent sign.",
        ) from None
    return Profile(name=name, **values)


def with_profile_file(connection: Connection) -> SignIn:
    """Signs in with the keys of the profile, or with its identity provider; sends no request.

    Raises:
        UsageError: The file cannot be read, or has no such section.
        NotAuthorised: The profile has no credentials, or not whole ones.
    """
    profile = read_profile(connection)
    if profile.idp_id and profile.id_token_file:
        from gate.clouds.huawei.sign_in.oidc import with_identity_provider  # noqa: PLC0415 - few profiles have one
        from gate.clouds.sign_in.tokens.fixed import FileToken  # noqa: PLC0415 - few profiles have one

        source = FileToken(connection, profile.id_token_file, named_by=profile.source_of("id_token_file"))
        return with_identity_provider(connection, source, profile.idp_id)
    _keys(profile)
    connection.event_log.note(f"signing in with the keys of the profile {profile.name}")
    return StoredKeys(partial(_read_keys, connection), description=f"the profile {profile.name}")


def with_settings(connection: Connection) -> Connection:
    """The same connection, with the project and the address of IAM that the profile names, if it does.

    Raises:
        UsageError: The profile cannot be used, or another project or address is given too.
    """
    profile, settings = read_profile(connection), connection.settings
    project_id = _agreed(connection, profile, "project-id", profile.project_id, PROJECT_VARIABLES)
    address = parsed(profile.iam_endpoint, profile.source_of("iam_endpoint"), base_url) if profile.iam_endpoint else ""
    endpoint = _agreed(connection, profile, "iam-endpoint", address, ())
    added = {"project-id": project_id, "iam-endpoint": endpoint}
    for_cloud = {**settings.for_cloud, **{name: value for name, value in added.items() if value}}
    named = {
        name: profile.source_of(name.replace("-", "_"))
        for name, value in added.items()
        if value and not settings.for_cloud.get(name)
    }
    for name, source in named.items():
        connection.event_log.note(f"using {added[name]} as --{name}: {source}")
    sources = {**settings.sources, **named}
    return replace(connection, settings=replace(settings, for_cloud=for_cloud, sources=sources))


def _agreed(connection: Connection, profile: Profile, option: str, value: str, variables: tuple[str, ...]) -> str:
    """The value in the profile for an option, unless another one is given; empty if the profile has none."""
    given, source = connection.option_or_variable(option, connection.settings.for_cloud.get(option), variables)
    if value and given and given != value:
        raise UsageError(
            f"{profile.source_of(option.replace('-', '_'))} and {source} are not the same.",
            means="Keys and project of one account are not mixed with those of another.",
            remedy="Unset one of them, or use another profile.",
        )
    return value


_KEYS = ("ak", "sk", "security_token", "idp_id", "id_token_file", "project_id", "iam_endpoint")


def _read_keys(connection: Connection) -> Credentials:
    credentials = _keys(read_profile(connection))
    connection.mask(credentials.secrets)
    return credentials


def _keys(profile: Profile) -> Credentials:
    found = {"ak": profile.ak, "sk": profile.sk, "security_token": profile.security_token}
    if not (profile.ak and profile.sk):
        given = [name for name in ("ak", "sk", "idp_id", "id_token_file") if getattr(profile, name)]
        raise NotAuthorised(
            f"The profile {profile.name} of Huawei Cloud has no credentials.",
            means=f"Of them it has only {' and '.join(given)}." if given else "It has neither ak and sk nor idp_id.",
            remedy="Add ak and sk, or idp_id and id_token_file.",
        )
    for name, value in found.items():
        if mistake := mistake_in(value) or ("" if re.fullmatch(r"[!-~]*", value) else "no header can carry it"):
            raise NotAuthorised(
                f"{profile.source_of(name)} is not a credential: {mistake}.",
                remedy="Set it as the cloud's console shows it.",
            )
    return Credentials(access_key_id=profile.ak, access_key_secret=profile.sk, security_token=profile.security_token)


def _path(connection: Connection) -> Path:
    named = _named_file(connection)
    return Path(named) if named else home(connection.environ) / _DEFAULT_FILE


def _named_file(connection: Connection) -> str:
    return connection.environ.get(_FILE_VARIABLE, "").strip() if connection.settings.reads_variables else ""


def _parse(path: Path, connection: Connection) -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    try:
        parser.read_string(read_text(path, max_size=_MAX_FILE_SIZE))
    except configparser.Error as error:
        # Its own message quotes the line, which may be a secret.
        numbers = [number for number, _ in getattr(error, "errors", ())] or [getattr(error, "lineno", None)]
        where = f" in line {numbers[0]}" if numbers[0] else ""
        raise _unreadable(connection, f"it is no ini file{where}") from None
    except UnicodeDecodeError:
        raise _unreadable(connection, "it is not text in UTF-8") from None
    except (OSError, ValueError) as error:
        raise _unreadable(connection, getattr(error, "strerror", None) or str(error)) from None
    return parser


def _unreadable(connection: Connection, why: str) -> UsageError:
    # Not by its path, which may be a secret by mistake.
    which = (
        f"The file that {_FILE_VARIABLE} names" if _named_file(connection) else "The file ~/.huaweicloud/credentials"
    )
    return UsageError(
        f"{which} cannot be read: {why}.",
        means="A profile was asked for, and profiles are in this file.",
        remedy=f"Correct it, name another one with {_FILE_VARIABLE}, or sign in another way with --credentials.",
    )
