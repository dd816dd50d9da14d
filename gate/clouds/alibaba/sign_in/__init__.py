"""Signing in to Alibaba Cloud: which way is used, by what is asked for and what the environment has."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gate.clouds.alibaba.options import PROVIDER_VARIABLES, ROLE_VARIABLES, SOURCES, TOKEN_VARIABLES
from gate.clouds.sign_in.chain import Way, Ways, choose, stored_keys
from gate.clouds.sign_in.stored_keys import StoredKeys

if TYPE_CHECKING:
    from gate.clouds.interface import Connection, SignIn

WAYS = Ways(
    vendor="Alibaba Cloud",
    roles=("role-arn",),
    of_oidc=("oidc-provider-arn",),
    keyless_variables=((*ROLE_VARIABLES, *PROVIDER_VARIABLES, *TOKEN_VARIABLES),),
    sources=SOURCES,
)


def sign_in(connection: Connection) -> SignIn:
    """Chooses the way to sign in; sends no request.

    Raises:
        UsageError: Options contradict each other, or the way that is asked for lacks something.
        NotAuthorised: There is no OIDC token where one is needed.
    """
    way = choose(connection, WAYS)
    role = str(connection.settings.for_cloud.get("assume-role-arn") or "")
    if way is Way.KEYS and not role:
        return _stored_keys(connection)
    # Only these ways send requests of their own.
    from gate.clouds.alibaba.sign_in.roles import assume_on_top, first_way  # noqa: PLC0415

    if not role:
        return first_way(connection, way)
    first = _stored_keys(connection) if way is Way.KEYS else first_way(connection, way, before=role)
    return assume_on_top(connection, first, role)


def _stored_keys(connection: Connection) -> SignIn:
    return StoredKeys(partial(stored_keys, connection, WAYS))
