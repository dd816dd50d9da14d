"""Where the OIDC token of a job comes from: the first source that is there; they are never mixed."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from gate.clouds.sign_in.tokens.fixed import FileToken, VariableToken
from gate.clouds.sign_in.tokens.missing import no_token
from gate.interrupt import signals_delayed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gate.clouds.endpoint import Endpoint
    from gate.clouds.interface import Connection

OUR_VARIABLE = "SCAN_GATE_OIDC_TOKEN"
_FILE = "_FILE"
_CI_SYSTEMS = {
    "github": ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
    "azure": ("SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN"),
    "bitbucket": ("BITBUCKET_STEP_OIDC_TOKEN",),
    "buildkite": ("BUILDKITE_JOB_ID",),
}
"""The variables that have to be there for the token of each, by the name of its module."""


class TokenSource(Protocol):
    """Where the OIDC token of this job comes from."""

    @property
    def name(self) -> str:
        """Says whose token it is, for `the OIDC token of ...`."""
        ...

    @property
    def is_fresh(self) -> bool:
        """Whether each call gets a new token, so that a sign-in can be repeated for as long as the job runs."""
        ...

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        """The addresses that the gate itself asks for a token; see `SignIn.endpoints`."""
        ...

    def token(self, *, is_retried: bool = True) -> str:
        """Gets a token, which looks like one and is masked; it is the only secret of a sign-in.

        Args:
            is_retried: False for a try that the run can do without: a request is then sent once.

        Raises:
            NotAuthorised: The CI system does not issue one, or what there is is no token.
            UsageError: The file of the token cannot be read, or an address is wrong.
            GateError: What the request for one raises; see `ApiClient.call`.
        """
        ...


def find_token_source(connection: Connection, variables: Sequence[str], *, default_audience: str) -> TokenSource:
    """Finds the source of the OIDC token, and says in the event log which it is; sends no request.

    The file of --oidc-token-file comes first, then SCAN_GATE_OIDC_TOKEN, then the vendor's variables, then the CI
    system.

    Args:
        connection: The environment and the settings.
        variables: The names that the vendor's own tools use, best first; one that ends in _FILE names a file.
        default_audience: The audience to ask for unless --oidc-audience is given.

    Raises:
        NotAuthorised: There is none; the error says what is missing in this CI system.
        UsageError: What the CI system has set cannot be used.
    """
    audience = connection.settings.sign_in.oidc_audience or default_audience
    source = _given(connection, variables) or _of_ci_system(connection, audience)
    if source is None:
        raise no_token(connection.environ)
    connection.event_log.note(f"the OIDC token comes from {source.name}")
    return source


def _given(connection: Connection, variables: Sequence[str]) -> TokenSource | None:
    settings = connection.settings
    if settings.sign_in.oidc_token_file:
        named_by = settings.source_of("oidc-token-file")
        return FileToken(connection, str(settings.sign_in.oidc_token_file), named_by=named_by)
    found = next((name for name in (OUR_VARIABLE, *variables) if _has(connection, name)), "")
    if found.endswith(_FILE):
        return FileToken(connection, connection.environ[found].strip(), named_by=f"the variable {found}")
    return VariableToken(connection, found) if found else None


def _of_ci_system(connection: Connection, audience: str) -> TokenSource | None:
    for module, needed in _CI_SYSTEMS.items():
        if all(_has(connection, name) for name in needed):
            # Only the one that is used is imported.
            with signals_delayed():
                source = import_module(f"{__name__}.{module}").SOURCE
            token_source: TokenSource = source(connection, audience)
            return token_source
    return None


def _has(connection: Connection, variable: str) -> bool:
    # An empty variable is how a CI system passes a secret that does not exist.
    return bool(connection.environ.get(variable, "").strip())
