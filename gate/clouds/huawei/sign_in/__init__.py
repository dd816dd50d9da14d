"""Signing in to Huawei Cloud: which way is used, by what is asked for and what the environment has."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gate.clouds.huawei.options import (
    AGENCY_VARIABLES,
    IAM_TOKEN_VARIABLES,
    IDENTITY_PROVIDER_VARIABLES,
    PROVIDER_VARIABLES,
    SOURCES,
)
from gate.clouds.sign_in.chain import Way, Ways, choose, stored_keys
from gate.clouds.sign_in.stored_keys import StoredKeys

if TYPE_CHECKING:
    from gate.clouds.interface import Connection, SignIn

WAYS = Ways(
    vendor="Huawei Cloud",
    roles=("agency-urn", "identity-provider-id"),
    of_oidc=("oidc-provider-urn",),
    keyless_variables=(
        (*PROVIDER_VARIABLES, *AGENCY_VARIABLES),
        (*IDENTITY_PROVIDER_VARIABLES, *IAM_TOKEN_VARIABLES),
    ),
    sources=SOURCES,
    takes_token=True,
)
"""In the order of the vendor's own chain (sign-in.md 2.7)."""


def sign_in(connection: Connection) -> SignIn:
    """Chooses the way to sign in; sends no request.

    Raises:
        UsageError: Options contradict each other, or what the way needs is not given.
        NotAuthorised: There is no OIDC token, or a profile has no credentials.
    """
    first = _first(connection, choose(connection, WAYS))
    if not connection.settings.for_cloud.get("assume-agency-urn"):
        return first
    from gate.clouds.huawei.sign_in.oidc import with_agency  # noqa: PLC0415 - few runs assume another agency

    return with_agency(connection, first)


def with_profile(connection: Connection) -> Connection:
    """The same connection, with what the profile says beside credentials, if one is asked for.

    Raises:
        UsageError: The profile cannot be used, or contradicts other settings.
    """
    settings = connection.settings.sign_in
    if settings.credentials != Way.PROFILE and (settings.credentials != "auto" or settings.profile is None):
        return connection
    from gate.clouds.huawei.sign_in.profile import with_settings  # noqa: PLC0415 - only a run with a profile reads one

    return with_settings(connection)


def _first(connection: Connection, way: Way) -> SignIn:
    # Each way is loaded when it is used.
    if way is Way.OIDC:
        from gate.clouds.huawei.sign_in.oidc import with_token  # noqa: PLC0415

        return with_token(connection)
    if way is Way.PROFILE:
        from gate.clouds.huawei.sign_in.profile import with_profile_file  # noqa: PLC0415

        return with_profile_file(connection)
    if way is Way.INSTANCE:
        from gate.clouds.huawei.sign_in.instance import with_instance  # noqa: PLC0415

        return with_instance(connection)
    return StoredKeys(partial(stored_keys, connection, WAYS))
