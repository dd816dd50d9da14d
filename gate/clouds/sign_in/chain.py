"""Which way to sign in: the one that is asked for, else what the environment has; one table for all clouds.

1. What is asked for: `--credentials`, a role that is given as an option, or `--profile`.
2. Keys that are stored in variables, as many tools leave them there.
3. The OIDC variables of the vendor's tools, if all of them are set.

Profile files and the role of an instance are never used unasked, and ways are never mixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from gate.clouds.credentials import has_stored
from gate.errors import NotAuthorised, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gate.clouds.credentials import Credentials, Source
    from gate.clouds.interface import Connection


class Way(StrEnum):
    """One way to sign in; its value is that of `--credentials`."""

    KEYS = "keys"
    OIDC = "oidc"
    PROFILE = "profile"
    INSTANCE = "instance"


_SIGNS_IN = {
    Way.KEYS: "with stored keys",
    Way.OIDC: "with an OIDC token",
    Way.PROFILE: "with a profile file",
    Way.INSTANCE: "with the role of this instance",
}
_OF_OIDC = ("oidc-token-file", "oidc-audience")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ways:
    """What tells the ways of one cloud apart."""

    vendor: str
    """The name of the cloud, for messages."""
    roles: tuple[str, ...]
    """The options of which each asks for OIDC, since it names whom to be."""
    of_oidc: tuple[str, ...]
    """Its other options that mean nothing without OIDC."""
    keyless_variables: tuple[tuple[str, ...], ...]
    """The OIDC variables of the vendor's tools; each set of them signs in if all are set."""
    sources: Sequence[Source]
    """Where keys are stored, beside the gate's own variables."""
    takes_token: bool = False
    """Whether one can sign in with the token of a user, without an access key."""

    def of(self, way: Way) -> tuple[str, ...]:
        """The options that mean nothing without this way."""
        return {Way.OIDC: (*self.roles, *self.of_oidc, *_OF_OIDC), Way.PROFILE: ("profile",)}.get(way, ())


def choose(connection: Connection, ways: Ways) -> Way:
    """Chooses the way; sends no request.

    Raises:
        UsageError: Options ask for two ways, or one of them means nothing with the way that is used.
    """
    way, reason = _asked(connection, ways) or _found(connection, ways)
    for other in Way:
        misplaced = next(_given(connection, ways.of(other)), "") if other is not way else ""
        if misplaced:
            raise UsageError(
                f"{connection.settings.source_of(misplaced)} is set, but the gate signs in {_SIGNS_IN[way]}: {reason}.",
                means="One way to sign in is used, and no other one fills in what it lacks.",
                remedy=f"Omit {misplaced}, or {_how_to_ask(other, ways)}.",
            )
    return way


def stored_keys(connection: Connection, ways: Ways) -> Credentials:
    """Finds the keys that are stored; see `Connection.credentials`.

    Raises:
        NotAuthorised: There are none, or not whole ones. Beside an incomplete set of OIDC variables, it names these.
        UsageError: A file cannot be read.
    """
    try:
        return connection.credentials(ways.sources, vendor=ways.vendor, takes_token=ways.takes_token)
    except NotAuthorised as error:
        absent = _absent_variables(connection, ways)
        if absent and not has_stored(connection.environ, ways.sources, takes_token=ways.takes_token):
            error.remedy = f"{error.remedy} Or sign in with an OIDC token: {absent}, or give --{ways.roles[0]}."
        raise


def required(connection: Connection, option: str, variables: Iterable[str], *, what: str) -> tuple[str, str]:
    """The value of an option without which OIDC is impossible, or of a variable of the vendor's tools; and its source.

    Args:
        connection: The settings and the environment.
        option: The name of an option that only this cloud has.
        variables: The vendor's own variables for it.
        what: What it is, such as `the role`.

    Raises:
        UsageError: It is not given.
    """
    names = tuple(variables)
    value, source = connection.option_or_variable(option, connection.settings.for_cloud.get(option), names)
    if not value:
        raise UsageError(
            f"{what[:1].upper()}{what[1:]} is not given, and the sign-in with an OIDC token needs it.",
            means=f"Neither {source} nor {' or '.join(names)} is set." if names else f"{source} is not set.",
            remedy=f"Give --{option}, or sign in another way with --credentials.",
        )
    return value, source


def is_complete(connection: Connection, variables: Iterable[str]) -> bool:
    """Whether all of these variables are set, and variables of the vendor's tools count in this run."""
    return connection.settings.reads_variables and all(connection.environ.get(name, "").strip() for name in variables)


def _asked(connection: Connection, ways: Ways) -> tuple[Way, str] | None:
    settings = connection.settings
    if settings.sign_in.credentials != "auto":
        asked = settings.sign_in.credentials
        return Way(asked), f"{settings.source_of('credentials')} is {asked}"
    for way, options in ((Way.OIDC, ways.roles), (Way.PROFILE, ways.of(Way.PROFILE))):
        if option := next(_given(connection, options), ""):
            return way, f"{settings.source_of(option)} asks for it"
    return None


def _found(connection: Connection, ways: Ways) -> tuple[Way, str]:
    complete = next((names for names in ways.keyless_variables if is_complete(connection, names)), ())
    if has_stored(connection.environ, ways.sources, takes_token=ways.takes_token):
        if complete:
            connection.event_log.note(
                f"signing in with stored keys; {' and '.join(complete)} are not used, as without --credentials oidc"
            )
        return Way.KEYS, "nothing asks for another way, and keys come first"
    if complete:
        return Way.OIDC, f"{' and '.join(complete)} are set"
    return Way.KEYS, "nothing asks for another way"


def _given(connection: Connection, options: Iterable[str]) -> Iterator[str]:
    settings = connection.settings
    for name in options:
        common = getattr(settings.sign_in, name.replace("-", "_"), None)
        if common is not None or settings.for_cloud.get(name):
            yield name


def _how_to_ask(way: Way, ways: Ways) -> str:
    if way is Way.OIDC:
        return f"ask for OIDC with --credentials oidc and {' or '.join(f'--{name}' for name in ways.roles)}"
    return f"ask for it with --credentials {way}"


def _absent_variables(connection: Connection, ways: Ways) -> str:
    """Says what is missing of the OIDC variables of the vendor's tools; empty if none or all of a set are there."""
    if not connection.settings.reads_variables:
        return ""
    for names in ways.keyless_variables:
        present = [name for name in names if connection.environ.get(name, "").strip()]
        if present and len(present) < len(names):
            absent = [name for name in names if name not in present]
            verb = "is" if len(present) == 1 else "are"
            return f"set {' and '.join(absent)} too ({' and '.join(present)} {verb} set)"
    return ""
