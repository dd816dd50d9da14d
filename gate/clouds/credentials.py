"""Credentials: what the gate signs in with, and where in the environment they are found; never on a command line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gate.clouds.secret_file import mistaken_for_its_file, read_secret_file
from gate.errors import NotAuthorised, UsageError
from gate.unexpanded import mistake_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """Either a key pair, with a security token if it is temporary, or a token of a signed-in user."""

    access_key_id: str = field(default="", repr=False)
    access_key_secret: str = field(default="", repr=False)
    security_token: str = field(default="", repr=False)
    auth_token: str = field(default="", repr=False)
    expires_at: datetime | None = None
    """When these end, of temporary ones that were exchanged in this run; None if that is not known."""
    origin: str = field(default="", compare=False)
    """The variables, inputs or files that have these, for a message; empty if they were exchanged."""
    account: str = field(default="", compare=False)
    """The account that they are of, where their exchange says it."""

    @property
    def is_key_pair(self) -> bool:
        """Whether both halves are there; a token beside them is not used then."""
        return bool(self.access_key_id and self.access_key_secret)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The parts that must never appear in a log."""
        # The id of a key that lives for minutes is no name that a log needs.
        temporary_id = self.access_key_id if self.expires_at else ""
        values = (temporary_id, self.access_key_secret, self.security_token, self.auth_token)
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
"""The gate's own variables; with `_FILE` at its end, each may name a file instead."""


def find_credentials(
    environ: Mapping[str, str],
    native: Sequence[Source],
    *,
    vendor: str = "the cloud",
    takes_token: bool = True,
    others: Mapping[str, Sequence[Source]] | None = None,
) -> Credentials:
    """Takes the credentials of the first source that has any; sources are never mixed.

    Args:
        environ: The environment; an empty variable counts as absent.
        native: The names that the vendor's own tools use, best first; the gate's own come before them.
        vendor: The name of the cloud, for messages.
        takes_token: Whether one can sign in with a token alone; if not, a token without a key pair is an error.
        others: The names that the tools of other vendors use, by vendor; not read, but named in a message.

    Raises:
        NotAuthorised: There are none, or only one half of a key pair, or only a token where none is taken.
        UsageError: A variable names a file that cannot be read.
    """
    given = [(source, _credentials(environ, source)) for source in (INPUT, OURS, *native)]
    for place, (source, found) in enumerate(given):
        usable = found if takes_token else replace(found, auth_token="")
        if usable != Credentials():
            _check_values(usable, source)
            if not usable.auth_token and not usable.is_key_pair:
                raise _incomplete(environ, usable, source, given[place + 1 :])
            return replace(usable, origin=_origins(environ, usable, source))
    for source, found in given:
        if found.auth_token:
            raise NotAuthorised(
                f"{vendor} takes no token alone: {_display(source.auth_token)} is set, but no access key.",
                remedy=_how_to_set(environ, native, takes_token=False),
            )
    of_others = _set_for_others(environ, others or {})
    how = _how_to_set(environ, native, takes_token=takes_token)
    raise NotAuthorised(
        f"There are no credentials for {vendor}.",
        means=of_others or _why_none(environ, native),
        remedy=f"{how.removesuffix('.')}, or correct --cloud." if of_others else how,
    )


def has_stored(environ: Mapping[str, str], native: Sequence[Source], *, takes_token: bool = True) -> bool:
    """Whether any variable has a part of what `find_credentials` would take, be it complete or not.

    Raises:
        UsageError: A variable names a file that cannot be read.
    """
    parts = [part.name for part in fields(Source) if takes_token or part.name != "auth_token"]
    names = (getattr(source, part) for source in (INPUT, OURS, *native) for part in parts)
    # A pipe gives its contents once, and they are still needed.
    return any(_is_pipe(environ.get(f"{name}_FILE", "").strip()) or _read(environ, name) for name in names if name)


def first_variable(environ: Mapping[str, str], names: Iterable[str]) -> tuple[str, str]:
    """Returns the name and the value of the first of these variables that has one; both empty where none has.

    Raises:
        UsageError: The value has invisible characters, or is not UTF-8.
    """
    name, value = next(((name, value) for name in names if (value := environ.get(name, "").strip())), ("", ""))
    if not value.isprintable():
        raise UsageError(
            f"The variable {name} has invisible characters, or is not UTF-8.",
            means="It may have been pasted with a line break, or damaged in transfer.",
            remedy="Set it again.",
        )
    if mistake := mistake_in(value):
        raise UsageError(f"The variable {name} has no value: {mistake}.", remedy="Set it to the value itself.")
    return name, value


def _credentials(environ: Mapping[str, str], source: Source) -> Credentials:
    return Credentials(
        access_key_id=_read(environ, source.access_key_id),
        access_key_secret=_read(environ, source.access_key_secret),
        security_token=_read(environ, source.security_token),
        auth_token=_read(environ, source.auth_token),
    )


def _why_none(environ: Mapping[str, str], native: Sequence[Source]) -> str:
    names = [
        *filter(None, (getattr(source, part.name) for source in (INPUT, OURS, *native) for part in fields(Source)))
    ]
    if file := next((file for name in names if environ.get(file := f"{name}_FILE")), ""):
        return f"The file that {file} names is empty."
    # In a CI system; elsewhere nobody sets an empty one.
    if any(name in environ for name in names):
        return "A secret that does not exist arrives as an empty variable, and pull requests from forks get no secrets."
    return "None of their variables is set."


def _set_for_others(environ: Mapping[str, str], others: Mapping[str, Sequence[Source]]) -> str:
    """Says which key of another cloud is set; empty if there is none."""
    keys = ((vendor, source.access_key_id) for vendor, sources in others.items() for source in sources)
    return next((f"{key} is set, but that is for {vendor} only." for vendor, key in keys if environ.get(key)), "")


def _how_to_set(environ: Mapping[str, str], native: Sequence[Source], *, takes_token: bool) -> str:
    """Names the inputs in the GitHub Action, whose runner sets a variable for each, and variables elsewhere."""
    is_action = any(getattr(INPUT, part.name) in environ for part in fields(Source))
    sources = (INPUT,) if is_action else (OURS, *native[:1])
    pairs = [f"{_display(source.access_key_id)} and {_display(source.access_key_secret)}" for source in sources]
    tokens = [f"a token in {_display(sources[0].auth_token)}"] if takes_token else []
    return f"Set {', or '.join(pairs + tokens)}."


def _display(name: str) -> str:
    """Names an input of the action as a workflow does, and any other variable as it is."""
    prefix, is_input, parameter = name.partition("INPUT_")
    return f"the input {parameter.lower()!r}" if is_input and not prefix else name


def _read(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "").strip() if name else ""
    path = environ.get(f"{name}_FILE", "").strip() if name else ""
    if value or not path:
        return value
    return read_secret_file(path, named_by=f"{name}_FILE")


def _is_pipe(path: str) -> bool:
    return bool(path) and Path(path).is_fifo()


def _check_values(found: Credentials, source: Source) -> None:
    for part in fields(Source):
        value = getattr(found, part.name)
        if mistake := mistake_in(value) or mistaken_for_its_file(value):
            raise NotAuthorised(
                f"The value of {_display(getattr(source, part.name))} is not a credential: {mistake}.",
                means="The secret does not exist here, or was not set as it is, but with quotes or in another form.",
                remedy="Set it to the value itself, as the cloud's console shows it.",
            )
    malformed = [
        _display(getattr(source, part.name))
        for part in fields(Source)
        if not re.fullmatch(r"[!-~]*", getattr(found, part.name))
    ]
    if malformed:
        raise NotAuthorised(
            f"The value of {' and '.join(malformed)} is not a credential: no HTTP header can carry its characters.",
            means="It was pasted with a line break, or is the secret of something else.",
            remedy="Set it again, as the cloud's console shows it.",
        )


def _incomplete(
    environ: Mapping[str, str], found: Credentials, source: Source, later: Iterable[tuple[Source, Credentials]]
) -> NotAuthorised:
    present = [_origin(environ, getattr(source, part.name)) for part in fields(Source) if getattr(found, part.name)]
    pair = {source.access_key_id: found.access_key_id, source.access_key_secret: found.access_key_secret}
    absent = [f"{_display(name)}{_note_of_file(environ, name)}" for name, value in pair.items() if not value]
    happened = (
        f"The credentials are incomplete: {' and '.join(present)} {'is' if len(present) == 1 else 'are'} set, but not "
        f"{' and '.join(absent)}."
    )
    if complete := next((other for other, its in later if its.is_key_pair), None):
        pair_names = f"{_display(complete.access_key_id)} and {_display(complete.access_key_secret)}"
        return NotAuthorised(
            happened,
            means=f"{pair_names} are complete, but come later: the first source with any value counts, and none are "
            "mixed.",
            remedy=f"Unset {' and '.join(present)}, or set the rest.",
        )
    return NotAuthorised(
        happened,
        means="A secret of that name does not exist here, or this job may not read it.",
        remedy="Set both halves of the key pair, from the same key.",
    )


def _origins(environ: Mapping[str, str], found: Credentials, source: Source) -> str:
    """Names what has those parts that are used: a token beside a key pair is not."""
    parts = [part.name for part in fields(Source) if not (found.is_key_pair and part.name == "auth_token")]
    return ", ".join(_origin(environ, getattr(source, name)) for name in parts if getattr(found, name))


def _origin(environ: Mapping[str, str], name: str) -> str:
    return _display(name) if environ.get(name, "").strip() else f"{name}_FILE"


def _note_of_file(environ: Mapping[str, str], name: str) -> str:
    return f" (the file that {name}_FILE names is empty)" if environ.get(f"{name}_FILE") else ""
