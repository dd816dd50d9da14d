"""Builds the ways to sign in as a role: with an OIDC token, with other credentials, and as a profile says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds.alibaba.options import (
    OIDC_AUDIENCE,
    PROVIDER_VARIABLES,
    REGION_VARIABLES,
    ROLE_VARIABLES,
    SESSION_NAME_VARIABLES,
    TOKEN_VARIABLES,
    provider_arn,
    role_arn,
)
from gate.clouds.alibaba.regions import sts_endpoint
from gate.clouds.alibaba.sign_in.session_policy import policy_to_assume, session_policy
from gate.clouds.alibaba.sign_in.sts import Role, WithOtherCredentials, WithToken
from gate.clouds.credentials import first_variable
from gate.clouds.endpoint import Endpoint
from gate.clouds.sign_in.chain import Way, required
from gate.clouds.sign_in.lifetime import lifetime
from gate.clouds.sign_in.parsed import parsed
from gate.clouds.sign_in.session import Session
from gate.clouds.sign_in.session_name import session_name
from gate.clouds.sign_in.token_exchange import TokenExchange
from gate.sign_in_options import session_name as parse_session_name

if TYPE_CHECKING:
    from gate.clouds.interface import Connection, SignIn
    from gate.clouds.sign_in.tokens import TokenSource


def first_way(connection: Connection, way: Way, *, before: str = "") -> SignIn:
    """Builds the way that is used, other than stored keys; sends no request.

    Args:
        connection: What the cloud is connected with.
        way: Which one.
        before: The role that is assumed with its credentials; empty if they are used for the run itself.

    Raises:
        UsageError: Something is missing, or cannot be used.
        NotAuthorised: There is no OIDC token.
    """
    policy = policy_to_assume(before) if before else session_policy(connection.settings)
    if way is Way.OIDC:
        return _with_ci_token(connection, policy)
    if way is Way.PROFILE:
        from gate.clouds.alibaba.sign_in.profile import sign_in_as_profile  # noqa: PLC0415 - only profiles need it

        return sign_in_as_profile(connection, policy)
    from gate.clouds.alibaba.sign_in.instance import instance_role  # noqa: PLC0415 - only an instance needs it

    return instance_role(connection)


def assume_on_top(connection: Connection, first: SignIn, role: str) -> SignIn:
    """Assumes the role of --assume-role-arn, for this run, with the credentials of the first way to sign in."""
    asked = Role(
        arn=role,
        named_by=connection.settings.source_of("assume-role-arn"),
        session_name=given_session_name(connection),
        lifetime=lifetime(connection, is_renewable=True),
        policy=session_policy(connection.settings),
    )
    return with_other_credentials(connection, asked, first)


def with_other_credentials(connection: Connection, role: Role, first: SignIn) -> SignIn:
    """Assumes a role with the credentials of the first way to sign in."""
    sts = _endpoint(connection)
    exchange = WithOtherCredentials(connection, role, first, endpoint=sts.url)
    description = f"the role {role.arn}, assumed with {first.description}"
    return Session(exchange, connection, description=description, endpoints=(*first.endpoints, sts))


def with_token(connection: Connection, role: Role, source: TokenSource, *, provider: str) -> SignIn:
    """Exchanges the OIDC tokens of a source for credentials of a role."""
    sts = _endpoint(connection)
    exchange = WithToken(connection, role, provider=provider, endpoint=sts.url)
    description = f"the role {role.arn}, with the OIDC token of {source.name}"
    tokens = TokenExchange(connection, source, exchange)
    return Session(tokens, connection, description=description, endpoints=(*source.endpoints, sts))


def given_session_name(connection: Connection, given: str = "") -> str:
    """The name of the session, as an option, a profile or a variable of the vendor's tools gives it.

    Raises:
        UsageError: STS would not take it.
    """
    variable, value = first_variable(connection.environ, SESSION_NAME_VARIABLES)
    value = value if connection.settings.reads_variables else ""
    if not given and value:
        parsed(value, f"the variable {variable}", parse_session_name)
    return session_name(connection, given or value)


def _with_ci_token(connection: Connection, policy: str) -> SignIn:
    from gate.clouds.sign_in.tokens import find_token_source  # noqa: PLC0415 - only a sign-in with a token needs it

    settings = connection.settings
    role, named_by = required(connection, "role-arn", ROLE_VARIABLES, what="the role")
    provider, provided_by = required(connection, "oidc-provider-arn", PROVIDER_VARIABLES, what="the OIDC provider")
    variables = TOKEN_VARIABLES if settings.reads_variables else ()
    source = find_token_source(connection, variables, default_audience=OIDC_AUDIENCE)
    asked = Role(
        arn=parsed(role, named_by, role_arn),
        named_by=named_by,
        session_name=given_session_name(connection),
        lifetime=lifetime(connection, is_renewable=source.is_fresh),
        policy=policy,
    )
    return with_token(connection, asked, source, provider=parsed(provider, provided_by, provider_arn))


def _endpoint(connection: Connection) -> Endpoint:
    """That of STS."""
    settings = connection.settings
    region, _ = connection.option_or_variable("region", settings.region, REGION_VARIABLES)
    return Endpoint(service="STS", url=settings.sign_in.sts_endpoint or sts_endpoint(region))
