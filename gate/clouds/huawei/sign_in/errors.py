"""What it means that STS or IAM gives no credentials: which condition of the trust policy is likely wrong, and so on.

The codes for a token that is not valid, and for a session that is too long, are not known (sign-in.md 2.5): any
code of these services with a status of 400 to 499 says that the gate is not authorised.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from gate.clouds.error_response import (
    TOO_MANY_REQUESTS,
    describe_error,
    is_transient,
    rate_limited,
    read_document,
    refused,
    unreachable,
)
from gate.clouds.huawei.error_response import find_error
from gate.clouds.sign_in.claims import claims_of, describe_claims, describe_validity
from gate.clouds.sign_in.github_subject import other_form_of_subject
from gate.clouds.sign_in.tokens.check import without_tokens
from gate.errors import NotAuthorised
from gate.verdict_messages import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from gate.clouds.error_response import CloudError
    from gate.clouds.response import Response
    from gate.errors import GateError

_OK, _CREATED = 200, 201
_REFUSALS = range(400, 500)
_GATEWAY = "APIGW."
_THROTTLED = "APIGW.0308"
_NO_SUCH_AGENCY, _DENIED = "STS5.1106", "STS5.1001"
"""sign-in.md 2.5."""
_SIGNATURE = frozenset({"APIGW.0301", "APIGW.0303", "APIGW.0305", "APIGW.0307"})
"""The codes of the gateway for a signature or key that it does not accept (huawei-hss.md 5)."""
_NOT_ALLOWED = frozenset({f"APIGW.{number}" for number in ("0302", "0306", "0310", "0401", "0402", "0802")})
"""Its codes for a caller, app or address that may not call the API (huawei-hss.md 5), as HSS takes them."""
_LONGEST_BY_DEFAULT = 3600
"""Seconds; the longest session of an agency is set to 1 to 12 hours (sign-in.md 2.1)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What credentials are asked for, as far as a message about the refusal names it."""

    service: str
    """STS or IAM."""
    whom: str
    """Whose credentials, such as `the agency ci of the account 1`."""
    option: str
    """The option that names whom, without its dashes."""
    token: str = field(default="", repr=False)
    """The OIDC token; empty where an access key signs the request."""
    seconds: float = 0
    """How long the credentials are to be valid."""
    now: datetime
    """The time by this machine's clock."""


def read(response: Response, *, asked: Asked) -> dict[str, Any]:
    """Reads a response of STS or IAM; see `gate.clouds.error_response.read_document`.

    Raises:
        NotAuthorised: The service knows the request and refuses it.
        GateError: Any other error; a rate limit and a fault of the service are transient.
    """
    # IAM creates a token, and says so by its status.
    is_created = response.status == _CREATED
    document = replace(response, status=_OK) if is_created else response
    return read_document(document, find_error, partial(_refusal, asked))


def _refusal(asked: Asked, response: Response, found: CloudError) -> GateError:
    # A message could repeat the claims of the token in base64.
    error = replace(found, message=without_tokens(found.message))
    if response.status == TOO_MANY_REQUESTS or error.code == _THROTTLED:
        return rate_limited(f"Huawei Cloud's {asked.service}", response)
    if is_transient(response):
        return unreachable(f"Huawei Cloud's {asked.service}", response, error)
    described = f"({describe_error(response, error)})"
    if error.code in _SIGNATURE | _NOT_ALLOWED:
        return _of_gateway(asked, error, described)
    if not error.code or error.code.startswith(_GATEWAY) or response.status not in _REFUSALS:
        return refused("Huawei Cloud", response, error, remedy="Check --endpoint.")
    if error.code == _NO_SUCH_AGENCY:
        return NotAuthorised(
            f"{asked.service} does not know {asked.whom} {described}.",
            means="Its name or the id of the account is mistyped, it was deleted, or it is no trust agency.",
            remedy=f"Correct --{asked.option}: the console of IAM shows the URN of each agency.",
        )
    return _of_token(asked, error, described) if asked.token else _of_key(asked, described)


def _of_gateway(asked: Asked, error: CloudError, described: str) -> NotAuthorised:
    if error.code in _NOT_ALLOWED:
        return NotAuthorised(
            f"The gateway of Huawei Cloud does not let this run ask {asked.service} for credentials {described}.",
            means="A rule of the gateway is about the account, the region or the network address of this runner.",
            remedy="Ask who manages the account and the network, or sign in from another address.",
        )
    return NotAuthorised(
        f"{asked.service} does not accept the credentials that are to assume {asked.whom} {described}.",
        means="They are wrong or expired, or this machine's clock is wrong by more than 15 minutes.",
        remedy="Check them without --assume-agency-urn.",
    )


def _of_key(asked: Asked, described: str) -> NotAuthorised:
    return NotAuthorised(
        f"{asked.service} does not let these credentials assume {asked.whom} {described}.",
        means="They need the permission sts:agencies:assume, and the trust policy of that agency has to name them.",
        remedy=f"Allow both in IAM, or correct --{asked.option}.",
    )


def _of_token(asked: Asked, error: CloudError, described: str) -> NotAuthorised:
    verb = "does not trust" if error.code == _DENIED else "gives no credentials for"
    return NotAuthorised(
        f"{asked.service}, asked for {asked.whom}, {verb} the OIDC token {described}. "
        f"The token has {describe_claims(asked.token)}.",
        means=" ".join(_likely(asked)),
        remedy=_remedy(asked),
    )


def _likely(asked: Asked) -> Iterator[str]:
    """What is likely wrong, the most likely first."""
    if validity := describe_validity(asked.token, asked.now):
        yield f"The token is not valid: {validity}."
        return
    if asked.service == "STS":
        yield (
            "The trust policy of the agency may allow sts:agencies:assumeWithOIDC to another issuer (oidc:iss), "
            "audience (oidc:aud) or subject (oidc:sub), or the OIDC provider does not list the audience as a client id."
        )
    else:
        yield (
            "The identity provider may be another one or lack this audience as its client id, or none of its "
            "conversion rules fits the token."
        )
    if other := other_form_of_subject(claims_of(asked.token).get("sub", "")):
        yield f"GitHub changed the subject of new repositories in July 2026: a rule for {other} does not fit this one."
    if asked.seconds > _LONGEST_BY_DEFAULT:
        yield f"The agency may also not allow a session of {format_duration(asked.seconds)}."


def _remedy(asked: Asked) -> str:
    if describe_validity(asked.token, asked.now):
        return "Have the token issued shortly before the gate starts, and check the clock of this machine."
    where = "trust policy" if asked.service == "STS" else "identity provider"
    longest = (
        ", or raise the longest session of the agency, or lower --session-duration"
        if asked.seconds > _LONGEST_BY_DEFAULT
        else ""
    )
    return f"Compare these claims with the {where} in IAM{longest}; --oidc-audience sets the audience."
