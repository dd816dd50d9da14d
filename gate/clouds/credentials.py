"""Credentials: what the gate signs in with, and where in the environment it is found. Never on the command line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gate.errors import NotAuthorised, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """Either a key pair, with a security token if it is temporary, or a token of a signed-in user."""

    access_key_id: str = field(default="", repr=False)
    access_key_secret: str = field(default="", repr=False)
    security_token: str = field(default="", repr=False)
    auth_token: str = field(default="", repr=False)

    @property
    def is_key_pair(self) -> bool:
        """Whether both halves are there; a token beside them is then not used."""
        return bool(self.access_key_id and self.access_key_secret)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be seen in a log."""
        values = (self.access_key_secret, self.security_token, self.auth_token)
        return tuple(value for value in values if value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """The environment names under which one tool keeps its credentials; an absent name is the empty string."""

    access_key_id: str = ""
    access_key_secret: str = ""
    security_token: str = ""
    auth_token: str = ""


INPUT = Source(
    access_key_id="INPUT_ACCESS-KEY-ID",
    access_key_secret="INPUT_ACCESS-KEY-SECRET",
    security_token="INPUT_SECURITY-TOKEN",
    auth_token="INPUT_AUTH-TOKEN",
)
"""The inputs of the GitHub Action; the runner keeps their hyphens (ci-hosts.md 4.1)."""

OURS = Source(
    access_key_id="SCAN_GATE_ACCESS_KEY_ID",
    access_key_secret="SCAN_GATE_ACCESS_KEY_SECRET",
    security_token="SCAN_GATE_SECURITY_TOKEN",
    auth_token="SCAN_GATE_AUTH_TOKEN",
)
"""The gate's own variables; each may instead name a file, with `_FILE` at its end."""


def find_credentials(environ: Mapping[str, str], native: Iterable[Source], *, takes_token: bool = True) -> Credentials:
    """Takes the credentials of the first source that has any; sources are never mixed.

    Args:
        environ: The environment; an empty variable counts as absent.
        native: The names that this cloud's own tools use, best first; the gate's own come before them.
        takes_token: Whether one can sign in to this cloud with a token alone; if not, one that is there is not used.

    Raises:
        NotAuthorised: There are none, or only one half of a key pair.
        UsageError: A variable names a file that cannot be read.
    """
    sources = (INPUT, OURS, *native)
    sources = sources if takes_token else tuple(replace(source, auth_token="") for source in sources)
    for source in sources:
        found = Credentials(**{part.name: _read(environ, getattr(source, part.name)) for part in fields(Source)})
        if found != Credentials():
            return _complete(found, source)
    keys = ", ".join(f"{source.access_key_id} and {source.access_key_secret}" for source in sources[1:])
    or_token = "; or a token in SCAN_GATE_AUTH_TOKEN" if takes_token else ""
    raise NotAuthorised(
        "There are no credentials.",
        means="A secret that is not set arrives as an empty variable, and pull requests from forks get no secrets.",
        remedy="In GitHub give the inputs access-key-id and access-key-secret; elsewhere set one of these pairs, or "
        f"the same names ending in _FILE: {keys}{or_token}.",
    )


def first_of(environ: Mapping[str, str], names: Iterable[str]) -> str:
    """The value of the first of these variables that has one; empty where none has.

    Raises:
        UsageError: It has characters in it that nobody can read, or is not UTF-8.
    """
    name, value = next(((name, value) for name in names if (value := environ.get(name, "").strip())), ("", ""))
    if not value.isprintable():
        raise UsageError(
            f"The variable {name} has characters in it that nobody can read, or is not UTF-8.",
            means="It was perhaps pasted with a line break, or damaged on its way.",
            remedy="Set it anew.",
        )
    return value


def _read(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "").strip() if name else ""
    path = environ.get(f"{name}_FILE", "") if name else ""
    if value or not path:
        return value
    try:
        return Path(path).read_text(encoding="utf-8-sig").strip()
    except (OSError, ValueError) as error:
        # What it names is not cited: the secret itself may stand there by mistake.
        why = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise UsageError(
            f"{name}_FILE names a file that cannot be read: {why}.",
            means="The secret is not mounted into this job, or this user may not read it.",
            remedy="Correct the path, or unset the variable.",
        ) from None


def _named(found: Credentials, source: Source) -> tuple[list[str], list[str]]:
    names = [part.name for part in fields(Source)]
    return [getattr(source, name) for name in names], [getattr(found, name) for name in names]


def _complete(found: Credentials, source: Source) -> Credentials:
    odd = [name for name, value in zip(*_named(found, source), strict=True) if not re.fullmatch(r"[!-~]*", value)]
    if odd:
        raise NotAuthorised(
            f"What {' and '.join(odd)} holds cannot be a credential: it has characters that no header can carry.",
            means="It was pasted with a line break, or is the secret of something else.",
            remedy="Set it again, as the cloud's console shows it.",
        )
    if found.auth_token or found.is_key_pair:
        return found
    pair = (source.access_key_id, source.access_key_secret)
    absent = [
        name for name, value in zip(pair, (found.access_key_id, found.access_key_secret), strict=True) if not value
    ]
    raise NotAuthorised(
        f"The credentials are incomplete: {' and '.join(absent)} not set.",
        means="A secret of that name does not exist here, or this job may not read it.",
        remedy="Set both halves of the key pair, from the same key.",
    )
