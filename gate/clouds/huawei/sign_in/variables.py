"""The variables with which the vendor's SDK is told how to exchange an OIDC token (sign-in.md 2.1, 2.7)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gate.clouds.sign_in.parsed import parsed
from gate.errors import UsageError
from gate.settings import base_url
from gate.sign_in_options import LONGEST_SESSION, SHORTEST_SESSION
from gate.text import one_line

if TYPE_CHECKING:
    from gate.clouds.interface import Connection

_STS_ENDPOINT = "HUAWEICLOUD_SDK_STS_ENDPOINT"
_SESSION_NAME = "HUAWEICLOUD_OIDC_SESSION_NAME"
_DURATION = "HUAWEICLOUD_OIDC_DURATION_SECONDS"
_POLICY, _POLICY_IDS = "HUAWEICLOUD_OIDC_POLICY", "HUAWEICLOUD_OIDC_POLICY_IDS"
_SHORTEST_POLICY, _LONGEST_POLICY, _MOST_POLICIES = 2, 4096, 20


def sts_endpoint(connection: Connection) -> str:
    """The address of STS that an option or a variable names; empty if none does."""
    given = connection.option_or_variable("sts-endpoint", connection.settings.sign_in.sts_endpoint, (_STS_ENDPOINT,))
    return parsed(*given, base_url) if given[0] else ""


def session_name(connection: Connection) -> str:
    """The name of the session in a variable; empty if it is not set."""
    name = _value(connection, _SESSION_NAME)
    if name and not re.fullmatch(r"[A-Za-z0-9_+=,.@-]{2,128}", name):
        raise _unusable(_SESSION_NAME, f"{one_line(name, 60)!r} is no name of 2 to 128 letters, digits and _+=,.@-")
    return name


def duration(connection: Connection) -> float | None:
    """The lifetime of credentials in a variable, in s; None if it is not set."""
    text = _value(connection, _DURATION)
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,6}", text) or not SHORTEST_SESSION <= int(text) <= LONGEST_SESSION:
        raise _unusable(
            _DURATION, f"{one_line(text, 20)!r} is no number of seconds from {SHORTEST_SESSION} to {LONGEST_SESSION}"
        )
    return float(text)


def policies(connection: Connection) -> dict[str, object]:
    """The fields of a request that restrict what the credentials may do, as far as variables have them.

    The gate sends none of its own: which actions its calls need is not documented.
    """
    policy, listed = _value(connection, _POLICY), _value(connection, _POLICY_IDS)
    ids = [one.strip() for one in listed.split(",") if one.strip()]
    if policy and not _SHORTEST_POLICY <= len(policy) <= _LONGEST_POLICY:
        raise _unusable(_POLICY, f"a policy has {_SHORTEST_POLICY} to {_LONGEST_POLICY} characters, not {len(policy)}")
    if len(ids) > _MOST_POLICIES:
        raise _unusable(_POLICY_IDS, f"{len(ids)} policies are too many; STS takes {_MOST_POLICIES}")
    return {**({"policy": policy} if policy else {}), **({"policy_ids": ids} if ids else {})}


def _value(connection: Connection, name: str) -> str:
    return connection.environ.get(name, "").strip() if connection.settings.reads_variables else ""


def _unusable(name: str, why: str) -> UsageError:
    return UsageError(f"The variable {name} cannot be used: {why}.", remedy="Correct it, or unset it.")
