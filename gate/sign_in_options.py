"""The options about signing in: with which credentials, and how long they are valid."""

from __future__ import annotations

from gate.settings import Option, base_url, duration, of_form
from gate.unexpanded import path_of

SHORTEST_SESSION, LONGEST_SESSION = 900, 43_200
"""Seconds that both clouds allow (sign-in.md 1.1 and 2.1)."""


def session_duration(text: str) -> float:
    """Parses the lifetime of temporary credentials; returns s."""
    seconds = duration(text)
    if not SHORTEST_SESSION <= seconds <= LONGEST_SESSION:
        raise ValueError(f"{text!r} is not from 15m to 12h, which is what the clouds allow")
    return seconds


session_name = of_form(r"[A-Za-z0-9.@_-]{2,64}", "a name of 2 to 64 letters, digits, dots, dashes, underscores and @")
"""Parses the name of a session, as both clouds allow it (sign-in.md 1.1 and 2.1)."""

SIGN_IN_OPTIONS = (
    Option(
        name="credentials",
        help="sign in with stored keys, with the OIDC token of the CI system, with a profile file, or with the role of "
        "this instance; auto: as a role or a profile that is named asks for, else with stored keys, else with the "
        "OIDC variables of the vendor's tools",
        choices=("auto", "keys", "oidc", "profile", "instance"),
        default="auto",
        is_lenient_by_default=True,
    ),
    Option(name="profile", help="sign in with this profile of the vendor's credential file", metavar="NAME"),
    Option(
        name="oidc-token-file",
        help="take the OIDC token from this file, which is read anew for every exchange",
        parse=path_of,
        metavar="PATH",
        default_note="SCAN_GATE_OIDC_TOKEN, else the token of the CI system",
    ),
    Option(
        name="oidc-audience",
        help="ask the CI system for an OIDC token with this audience",
        default_note="the address of the cloud's STS, sts.myhuaweicloud.com or sts.aliyuncs.com",
    ),
    Option(
        name="session-name",
        help="name the session of temporary credentials so, for the cloud's audit log",
        parse=session_name,
        metavar="NAME",
        default_note="scan-gate and the id of the CI run",
    ),
    Option(
        name="session-duration",
        help="ask for temporary credentials that are valid for this time, 15m to 12h",
        parse=session_duration,
        metavar="DURATION",
        default_note="1h; where the CI system has one token only, as long as the run may take",
    ),
    Option(
        name="sts-endpoint",
        help="exchange tokens at this address of the Security Token Service",
        parse=base_url,
        metavar="URL",
        default_note="that of the region",
    ),
    Option(
        name="metadata-endpoint",
        help="ask for the role of this instance at this address",
        parse=base_url,
        metavar="URL",
        default_note="the metadata service of the cloud",
    ),
)
"""How to sign in; every command that polls a cloud has these."""
