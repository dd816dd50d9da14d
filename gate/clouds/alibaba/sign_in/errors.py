"""What it means that STS gives no credentials: which condition of the trust policy is likely wrong, and so on.

The codes are those of sign-in.md 1.3. That of a session which is too long, and those of parameters, were not verified;
they are told by how they begin.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from gate.clouds.alibaba.error_response import find_error, general_error
from gate.clouds.error_response import AUTH_STATUSES, describe_error, read_document, refused
from gate.clouds.sign_in.claims import claims_of, describe_claims, describe_validity
from gate.clouds.sign_in.github_subject import other_form_of_subject
from gate.clouds.sign_in.tokens.check import without_tokens
from gate.errors import NotAuthorised
from gate.verdict_messages import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gate.clouds.error_response import CloudError
    from gate.clouds.response import Response
    from gate.errors import GateError

_NO_PERMISSION = "AuthenticationFail.NoPermission"
_OF_TOKEN = "AuthenticationFail.OIDCToken."  # noqa: S105 - the start of a code
_REFUSED = ("AuthenticationFail.", "NoPermission", "Forbidden")
_NO_ROLE = ("EntityNotExist.Role", "InvalidParameter.RoleArn")
_NO_PROVIDER = ("EntityNotExist.OIDCProvider", "InvalidParameter.OIDCProviderArn")
_TOO_LONG = "InvalidParameter.DurationSeconds"
_GITHUB = "https://token.actions.githubusercontent.com"


class SessionTooLong(NotAuthorised):
    """Raised when the role allows no session of the length that was asked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What credentials are asked for, as far as a message about the refusal names it."""

    role: str
    named_by: str
    """What names the role, such as `--role-arn`."""
    provider: str = ""
    """The OIDC provider; empty where an access key signs the request."""
    token: str = field(default="", repr=False)
    """The OIDC token; empty with a key too."""
    by: str = ""
    """Which key signs the request."""
    seconds: int
    """How long the credentials are to be valid."""
    now: datetime
    """The time by this machine's clock."""

    def claim(self, name: str) -> str:
        """A claim of the token, for a message."""
        return claims_of(self.token).get(name, "unstated")


def read(response: Response, *, asked: Asked) -> dict[str, Any]:
    """Reads a response of STS; see `gate.clouds.error_response.read_document`.

    Raises:
        SessionTooLong: The role allows no session of this length.
        NotAuthorised: STS knows the request, and refuses it.
        GateError: Any other error; a rate limit and a fault of the service are transient.
    """
    return read_document(response, find_error, partial(_refusal, asked))


def _refusal(asked: Asked, response: Response, found: CloudError) -> GateError:
    # A message could repeat a part of the token.
    error = replace(found, message=without_tokens(found.message))
    described = f"({describe_error(response, error)})"
    if error.code.startswith(_TOO_LONG):
        return _too_long(asked, described)
    if error.code.startswith(_NO_ROLE):
        return NotAuthorised(
            f"STS does not know the role {asked.role} {described}.",
            means="Its name or the id of the account is mistyped, or it was deleted.",
            remedy=f"Correct {asked.named_by}: the console of RAM shows the ARN of each role.",
        )
    if error.code.startswith(_NO_PROVIDER):
        return _no_provider(asked, described)
    if general := general_error(response, error):
        return general
    if error.code.startswith(_REFUSED) or (error.code and response.status in AUTH_STATUSES):
        return _of_token(asked, error, described) if asked.token else _of_key(asked, described)
    return refused("STS of Alibaba Cloud", response, error, remedy="Check --endpoint.")


def _too_long(asked: Asked, described: str) -> SessionTooLong:
    return SessionTooLong(
        f"The role {asked.role} allows no session of {format_duration(asked.seconds)} {described}.",
        means="Each role has a longest session, an hour unless it was raised; with the credentials of another role it "
        "is an hour in any case.",
        remedy="Lower --session-duration, or raise the longest session of the role in RAM.",
    )


def _no_provider(asked: Asked, described: str) -> NotAuthorised:
    return NotAuthorised(
        f"STS does not know the OIDC provider {asked.provider} {described}.",
        means="Its name or the id of the account is mistyped, it was deleted, or it is in another account than the "
        "role.",
        remedy="Correct --oidc-provider-arn: the console of RAM shows the ARN of each identity provider.",
    )


def _of_key(asked: Asked, described: str) -> NotAuthorised:
    return NotAuthorised(
        f"STS does not let {asked.by} assume the role {asked.role} {described}.",
        means="It needs a RAM policy that allows sts:AssumeRole, and the trust policy of the role has to name its "
        "account or role.",
        remedy=f"Allow both in RAM, or correct {asked.named_by}.",
    )


def _of_token(asked: Asked, error: CloudError, described: str) -> NotAuthorised:
    if error.code == _NO_PERMISSION and "provider" in error.message.lower():
        return _no_provider(asked, described)
    explain = _CAUSES.get(error.code.removeprefix(_OF_TOKEN), _conditions)
    means, remedy = explain(asked)
    return NotAuthorised(
        f"STS, asked for the role {asked.role}, does not accept the OIDC token {described}. "
        f"The token has {describe_claims(asked.token)}.",
        means=means,
        remedy=remedy,
    )


def _conditions(asked: Asked) -> tuple[str, str]:
    subject = claims_of(asked.token).get("sub", "")
    means = (
        "A condition of the role's trust policy does not hold: most often oidc:sub, which has to match "
        f"{asked.claim('sub')!r}, else oidc:aud ({asked.claim('aud')}) or oidc:iss ({asked.claim('iss')}); or the "
        "policy names another provider."
    )
    if other := other_form_of_subject(subject):
        means += (
            " GitHub changed the subject of repositories that were made or renamed since July 2026: a condition for "
            f"{other!r} does not match this one."
        )
    return means, "Compare these claims with the trust policy of the role in RAM, and correct its conditions."


def _audience(asked: Asked) -> tuple[str, str]:
    return (
        f"The OIDC provider {asked.provider} does not list this audience as a client id.",
        "Add it to the client ids of the provider in RAM, or ask for one of them with --oidc-audience.",
    )


def _expiry(asked: Asked) -> tuple[str, str]:
    validity = describe_validity(asked.token, asked.now)
    return (
        f"{validity[:1].upper()}{validity[1:]}." if validity else "By the clock of the cloud, it has ended.",
        "Start the gate while the token is valid, or sign in where the CI system gives a new one for each exchange.",
    )


def _form(asked: Asked) -> tuple[str, str]:
    issuer = asked.claim("iss")
    means = (
        f"The OIDC provider may be for another issuer than {issuer}, or take no token as old as this one: RAM has a "
        "limit for the time since it was issued."
    )
    return means, "Compare the issuer, its algorithm and this limit with the OIDC provider in RAM."


def _signature(asked: Asked) -> tuple[str, str]:
    issuer = asked.claim("iss")
    means = (
        f"The keys that RAM has for {issuer} are not those that signed it: the issuer has new ones, or the token was "
        "changed or is not of this issuer."
    )
    return means, "Check the issuer of the OIDC provider in RAM, and that the token is passed on as it is."


def _issuer_address(asked: Asked) -> tuple[str, str]:
    issuer = asked.claim("iss")
    means = (
        f"RAM cannot read the keys of the issuer at {issuer}: it has to be reachable from the internet, with a "
        "certificate that is trusted."
    )
    return means, "Make the discovery document of the issuer public, or use stored keys."


def _thumbprint(asked: Asked) -> tuple[str, str]:
    issuer = asked.claim("iss")
    known = " GitHub has changed its certificate authority before." if issuer == _GITHUB else ""
    means = f"The certificate of {issuer} has another fingerprint than the OIDC provider lists.{known}"
    return means, "Add the new fingerprint of the issuer's certificate authority to the OIDC provider in RAM."


_CAUSES: dict[str, Callable[[Asked], tuple[str, str]]] = {
    "AudienceNotMatch": _audience,
    "Expired": _expiry,
    "Invalid": _form,
    "InvalidSignature": _signature,
    "HttpsUrlInvalid": _issuer_address,
    "PublicKeyFingerprintMismatch": _thumbprint,
}
"""What each refusal of a token usually means and what to do, by the end of its code; any other is about conditions."""
