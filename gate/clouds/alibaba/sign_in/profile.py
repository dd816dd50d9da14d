"""The profiles in the files of the vendor's tools: which one is used, and how it signs in.

They are the CLI's ~/.aliyun/config.json and, where that has no such profile, the ini file of the SDKs, in the order of
the vendor's own chain (sign-in.md 1.5). The fields are those that its Python package reads.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gate.clouds.alibaba.options import provider_arn, role_arn
from gate.clouds.alibaba.sign_in.instance import instance_role
from gate.clouds.alibaba.sign_in.profile_files import find_profile
from gate.clouds.alibaba.sign_in.roles import given_session_name, with_other_credentials, with_token
from gate.clouds.alibaba.sign_in.session_policy import policy_to_assume
from gate.clouds.alibaba.sign_in.sts import Role
from gate.clouds.credentials import Credentials
from gate.clouds.sign_in.lifetime import lifetime
from gate.clouds.sign_in.parsed import parsed
from gate.clouds.sign_in.stored_keys import StoredKeys
from gate.clouds.sign_in.tokens.fixed import FileToken
from gate.errors import NotAuthorised, UsageError
from gate.sign_in_options import session_name
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.clouds.alibaba.sign_in.profile_files import Profile
    from gate.clouds.interface import Connection, SignIn


def sign_in_as_profile(connection: Connection, policy: str) -> SignIn:
    """Signs in as the profile that is asked for says; sends no request.

    Args:
        connection: What the cloud is connected with.
        policy: The session policy for a role of the profile, unless the profile has one itself.

    Raises:
        UsageError: There is no such profile, or it cannot be used.
        NotAuthorised: It has no whole key.
    """
    return _sign_in(connection, find_profile(connection), policy, seen=())


def _sign_in(connection: Connection, profile: Profile, policy: str, *, seen: tuple[str, ...]) -> SignIn:
    if profile.mode == "ChainableRamRoleArn":
        return _chained(connection, profile, policy, seen=seen)
    build = _MODES.get(profile.mode)
    if build is None:
        mode = one_line(profile.mode, 60) or "of no name"
        raise UsageError(
            f"{profile.at_start} has the mode {mode}, with which the gate cannot sign in.",
            means="Such a profile needs a browser, another program or a key pair of RSA.",
            remedy=f"Use a profile with one of these modes: {', '.join((*_MODES, 'ChainableRamRoleArn'))}.",
        )
    return build(connection, profile, policy)


def _stored(connection: Connection, profile: Profile, policy: str = "") -> SignIn:  # noqa: ARG001 - as the others
    _keys_of(connection, profile)
    return StoredKeys(partial(_read_keys, connection, profile), description=f"the keys of {profile}")


def _read_keys(connection: Connection, profile: Profile) -> Credentials:
    return _keys_of(connection, find_profile(connection, profile.name))


def _keys_of(connection: Connection, profile: Profile) -> Credentials:
    needs_token = profile.mode == "StsToken"
    found = Credentials(
        access_key_id=profile.value("access_key_id"),
        access_key_secret=profile.value("access_key_secret"),
        security_token=profile.value("sts_token") if needs_token else "",
    )
    names = ["access_key_id", "access_key_secret", *(["sts_token"] if needs_token else [])]
    if absent := [name for name in names if not profile.value(name)]:
        raise NotAuthorised(
            f"{profile.at_start} has no {' and no '.join(absent)}.",
            means="The profile was not configured to its end, or its keys are kept elsewhere.",
            remedy="Configure it again with the vendor's CLI, or use another profile.",
        )
    if not all(value.isascii() and value.isprintable() and " " not in value for value in found.secrets):
        raise NotAuthorised(
            f"{profile.at_start} has a key that is none: no HTTP header can carry its characters.",
            remedy="Configure it again with the vendor's CLI.",
        )
    connection.mask(found.secrets)
    return found


def _assumed(connection: Connection, profile: Profile, policy: str) -> SignIn:
    return with_other_credentials(connection, _role(connection, profile, policy), _stored(connection, profile))


def _chained(connection: Connection, profile: Profile, policy: str, *, seen: tuple[str, ...]) -> SignIn:
    role, source = _role(connection, profile, policy), profile.value("source_profile")
    if not source or source in (*seen, profile.name):
        has = "itself for source_profile, directly or not" if source else "no source_profile"
        raise UsageError(
            f"{profile.at_start} has {has}.",
            means="It assumes a role with the credentials of that profile.",
            remedy="Name another profile there.",
        )
    found = find_profile(connection, source)
    first = _sign_in(connection, found, policy_to_assume(role.arn), seen=(*seen, profile.name))
    return with_other_credentials(connection, role, first)


def _with_token(connection: Connection, profile: Profile, policy: str) -> SignIn:
    source = FileToken(connection, profile.required("oidc_token_file"), named_by=str(profile))
    provider = parsed(profile.required("oidc_provider_arn"), str(profile), provider_arn)
    return with_token(connection, _role(connection, profile, policy, is_fresh=False), source, provider=provider)


def _instance(connection: Connection, profile: Profile, policy: str) -> SignIn:  # noqa: ARG001 - as the others
    return instance_role(connection, profile.value("ram_role_name"))


def _role(connection: Connection, profile: Profile, policy: str, *, is_fresh: bool = True) -> Role:
    named, seconds = profile.value("ram_session_name"), profile.value("expired_seconds")
    if named:
        parsed(named, str(profile), session_name)
    if seconds and not (seconds.isascii() and seconds.isdecimal()):
        raise UsageError(f"{profile.at_start} has no number for expired_seconds.", remedy="Correct it.")
    return Role(
        arn=parsed(profile.required("ram_role_arn"), str(profile), role_arn),
        named_by=f"ram_role_arn of {profile}",
        session_name=given_session_name(connection, named),
        lifetime=lifetime(connection, is_renewable=is_fresh, given=float(seconds or 0)),
        policy=profile.value("policy") or policy,
        external_id=profile.value("external_id"),
    )


_MODES: dict[str, Callable[[Connection, Profile, str], SignIn]] = {
    "AK": _stored,
    "StsToken": _stored,
    "RamRoleArn": _assumed,
    "EcsRamRole": _instance,
    "OIDC": _with_token,
}
