"""Signing in with an OIDC token, by STS or by the older API of IAM, and assuming another agency afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds.endpoint import Endpoint
from gate.clouds.huawei.options import (
    AGENCY_VARIABLES,
    IAM_TOKEN_VARIABLES,
    IDENTITY_PROVIDER_VARIABLES,
    OIDC_AUDIENCE,
    PROVIDER_VARIABLES,
    REGION_VARIABLES,
    STS_TOKEN_VARIABLES,
    agency_urn,
    provider_urn,
)
from gate.clouds.huawei.regions import GLOBAL_IAM, REGIONS, iam_endpoint, sts_endpoints
from gate.clouds.huawei.sign_in import variables
from gate.clouds.huawei.sign_in.iam import WithIdentityProvider
from gate.clouds.huawei.sign_in.sts import Sts, WithOtherCredentials, WithToken, agency_name
from gate.clouds.sign_in.chain import is_complete, required
from gate.clouds.sign_in.lifetime import lifetime
from gate.clouds.sign_in.parsed import parsed
from gate.clouds.sign_in.session import Session
from gate.clouds.sign_in.session_name import session_name
from gate.clouds.sign_in.token_exchange import TokenExchange
from gate.clouds.sign_in.tokens import find_token_source
from gate.errors import UsageError

if TYPE_CHECKING:
    from gate.clouds.interface import Connection, SignIn
    from gate.clouds.sign_in.tokens import TokenSource

_STS, _IAM = "agency-urn", "identity-provider-id"


def with_token(connection: Connection) -> SignIn:
    """Signs in with the OIDC token of this job; sends no request.

    Raises:
        UsageError: Options contradict each other, or what the exchange needs is not given.
        NotAuthorised: There is no token.
    """
    if _is_by_iam(connection):
        provider, _ = required(connection, _IAM, IDENTITY_PROVIDER_VARIABLES, what="the id of the identity provider")
        source = _token_source(connection, IAM_TOKEN_VARIABLES)
        return with_identity_provider(connection, source, provider)
    agency = _urn(connection, _STS, AGENCY_VARIABLES, what="the URN of the agency")
    provider = _urn(connection, "oidc-provider-urn", PROVIDER_VARIABLES, what="the URN of the OIDC provider")
    sts = Sts(connection, _sts_endpoints(connection))
    source = _token_source(connection, STS_TOKEN_VARIABLES)
    exchange = WithToken(
        connection,
        sts,
        agency=agency,
        fields={
            "provider_urn": provider,
            "agency_session_name": session_name(connection, variables.session_name(connection)),
            **variables.policies(connection),
        },
        lifetime=lifetime(connection, is_renewable=source.is_fresh, given=variables.duration(connection)),
    )
    description = f"{agency_name(agency)}, with the OIDC token from {source.name}"
    tokens = TokenExchange(connection, source, exchange)
    return Session(tokens, connection, description=description, endpoints=(*source.endpoints, *sts.endpoints))


def with_identity_provider(connection: Connection, source: TokenSource, provider: str) -> SignIn:
    """Signs in with a token by the older API of IAM; sends no request."""
    given, region = connection.settings.for_cloud.get("iam-endpoint"), _region(connection)
    url = str(given or (iam_endpoint(region) if region in REGIONS else GLOBAL_IAM))
    exchange = WithIdentityProvider(
        connection,
        url=url,
        provider=provider,
        seconds=lifetime(connection, is_renewable=source.is_fresh).seconds,
    )
    description = f"the identity provider {provider} of IAM, with the OIDC token from {source.name}"
    tokens, iam = TokenExchange(connection, source, exchange), Endpoint(service="IAM", url=url)
    return Session(tokens, connection, description=description, endpoints=(*source.endpoints, iam))


def with_agency(connection: Connection, first: SignIn) -> SignIn:
    """Assumes the agency of --assume-agency-urn with the credentials of another way to sign in; sends no request."""
    agency = str(connection.settings.for_cloud["assume-agency-urn"])
    sts = Sts(connection, _sts_endpoints(connection))
    exchange = WithOtherCredentials(
        connection,
        sts,
        first,
        agency=agency,
        session_name=session_name(connection),
        lifetime=lifetime(connection, is_renewable=True),
    )
    description = f"{agency_name(agency)}, assumed with {first.description}"
    return Session(exchange, connection, description=description, endpoints=(*first.endpoints, *sts.endpoints))


def _is_by_iam(connection: Connection) -> bool:
    """Whether the older API is to be used: where an option asks for it, or only its variables are set."""
    settings = connection.settings
    of_sts = next((name for name in (_STS, "oidc-provider-urn") if settings.for_cloud.get(name)), "")
    if not settings.for_cloud.get(_IAM):
        sets = ((*PROVIDER_VARIABLES, *AGENCY_VARIABLES), (*IDENTITY_PROVIDER_VARIABLES, *IAM_TOKEN_VARIABLES))
        by_sts, by_iam = (is_complete(connection, names) for names in sets)
        return by_iam and not (of_sts or by_sts)
    if of_sts:
        raise UsageError(
            f"{settings.source_of(_IAM)} and {settings.source_of(of_sts)} are both set.",
            means="An identity provider is of the older API of IAM, and an agency with an OIDC provider is of STS.",
            remedy="Give those of one of them.",
        )
    return True


def _token_source(connection: Connection, names: tuple[str, ...]) -> TokenSource:
    variables = names if connection.settings.reads_variables else ()
    return find_token_source(connection, variables, default_audience=OIDC_AUDIENCE)


def _urn(connection: Connection, option: str, names: tuple[str, ...], *, what: str) -> str:
    parse = agency_urn if option == _STS else provider_urn
    return parsed(*required(connection, option, names, what=what), parse)


def _region(connection: Connection) -> str:
    """The region of the run; empty if none is given."""
    return connection.option_or_variable("region", connection.settings.region, REGION_VARIABLES)[0]


def _sts_endpoints(connection: Connection) -> tuple[str, ...]:
    given, region = variables.sts_endpoint(connection), _region(connection)
    known = (given,) if given else sts_endpoints(region)
    if not known:
        raise UsageError(
            f"The address of STS in the region {region} is not documented.",
            means="This region has a domain of its own, and other regions do not know its agencies.",
            remedy="Give it with --sts-endpoint.",
        )
    return known
