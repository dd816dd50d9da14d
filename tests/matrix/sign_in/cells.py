"""The cells of the matrix of signing in: a fault at a point, with the exit code that the contract asks for.

- Without credentials there is no verdict: 3 where the cloud refuses to give any, else 4.
- An exchange that fails once is repeated. One that fails at each renewal does no harm while the credentials are valid,
  so a run that ends before them passes; a longer one ends as if there never were any.
- A token of another job, of another issuer or of another time is refused.
- A response about something else gives no credentials: those of another role, expired ones, or half of a key.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gate.simulator.access import KEY_ID
from gate.simulator.oidc import jwt
from gate.simulator.oidc.claims import OWNER, REPOSITORY
from gate.simulator.oidc.rsa import KEY
from tests.matrix.fault import response_fault
from tests.matrix.faults import responses
from tests.matrix.faults.api_errors import alibaba_error, error, huawei_error
from tests.matrix.field_faults import MISSING, field_fault
from tests.matrix.images.general import FOR_A_DAY, NOT_UNDERSTOOD, TRANSIENT
from tests.matrix.injection_points import ALIBABA, HUAWEI, Timing
from tests.matrix.sign_in.situations import OPTIONS, POINTS, TOKEN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from tests.matrix.fault import Fault, FaultContext
    from tests.matrix.sign_in.situations import Point


@dataclass(frozen=True, kw_only=True)
class SignInCell:
    """A fault at one point, and the exit code that the gate must have."""

    fault: Fault
    point: Point
    code: int
    is_once: bool = False
    """Whether it affects one response, and none after it."""

    def __str__(self) -> str:
        return f"{self.point}-{self.fault.name}{'-once' if self.is_once else ''}-exits-{self.code}"

    @property
    def options(self) -> tuple[str, ...]:
        """The options of the run; one that never gets credentials does not have to take long."""
        return (*OPTIONS, "--timeout", "3m") if self.code and not self.point.is_renewal else OPTIONS

    @property
    def timing(self) -> Timing:
        """Which responses have the fault."""
        first = 2 if self.point.is_renewal else 1
        return Timing(
            injected_at=0,
            completed_at=0,
            operations=frozenset({self.point.operation}),
            first_call=first,
            last_call=first if self.is_once else math.inf,
        )


_EXPENSIVE: Final = (
    *("json-arrays", "json-objects", "half-a-million", "string-of", "headers-of", "gzip-bomb", "body-over"),
    *("stall", "nan", "infinity", "1e400", "number-of"),
)
"""How the names of faults begin that take real time, or that differ in numbers, of which these responses have none."""
_EXPIRY: Final = {
    "AssumeAgencyWithOIDC": "credentials.expiration",
    "AssumeAgency": "credentials.expiration",
    "CreateTemporaryAccessKeyByToken": "credential.expires_at",
    "AssumeRoleWithOIDC": "Credentials.Expiration",
    "AssumeRole": "Credentials.Expiration",
}
_PARTS: Final = {
    "AssumeAgencyWithOIDC": (
        "credentials.access_key_id",
        "credentials.secret_access_key",
        "credentials.security_token",
    ),
    "AssumeAgency": ("credentials.access_key_id", "credentials.secret_access_key", "credentials.security_token"),
    "CreateTemporaryAccessKeyByToken": ("credential.access", "credential.secret", "credential.securitytoken"),
    "AssumeRoleWithOIDC": ("Credentials.AccessKeyId", "Credentials.AccessKeySecret", "Credentials.SecurityToken"),
    "AssumeRole": ("Credentials.AccessKeyId", "Credentials.AccessKeySecret", "Credentials.SecurityToken"),
}
_IDENTITY: Final = {
    **dict.fromkeys(("AssumeAgencyWithOIDC", "AssumeAgency"), "assumed_agency.urn"),
    **dict.fromkeys(("AssumeRoleWithOIDC", "AssumeRole"), "AssumedRoleUser.Arn"),
}
"""The field that says whose credentials these are; IAM has none."""
_OTHER_IDENTITIES: Final[Mapping[str, Mapping[str, object]]] = {
    "assumed_agency.urn": {
        "another": "sts::fedcba9876543210fedcba9876543210:assumed-agency:another/session",
        "of-another-account": "sts::00000000000000000000000000000000:assumed-agency:{name}/session",
        "whose-name-goes-on": "sts::fedcba9876543210fedcba9876543210:assumed-agency:{name}-2/session",
        "user": "iam::fedcba9876543210fedcba9876543210:user:{name}",
        "missing": MISSING,
    },
    "AssumedRoleUser.Arn": {
        "another": "acs:sts::1000000000000001:assumed-role/another/session",
        "of-another-account": "acs:ram::2000000000000002:role/{name}/session",
        "whose-name-goes-on": "acs:ram::1000000000000001:role/{name}-2/session",
        "user": "acs:ram::1000000000000001:user/{name}",
        "missing": MISSING,
    },
}
_REFUSED: Final[Mapping[str, tuple[Fault, ...]]] = {
    HUAWEI: (huawei_error(403, "STS5.1001"), huawei_error(404, "STS5.1106"), huawei_error(400, "STS5.0000")),
    ALIBABA: tuple(
        alibaba_error(401, f"AuthenticationFail.{name}")
        for name in (
            "NoPermission",
            *("OIDCToken.AudienceNotMatch", "OIDCToken.Expired", "OIDCToken.Invalid", "OIDCToken.InvalidSignature"),
            "OIDCToken.PublicKeyFingerprintMismatch",
        )
    ),
}
"""Documented refusals (sign-in.md 1.3 and 2.5)."""
_TOKEN_REFUSED: Final = (error(403, "of-github", {"message": "no"}), error(401, "of-github", {"message": "no"}))
_UNAVAILABLE: Final = {
    HUAWEI: (huawei_error(500, "STS5.9999"), huawei_error(429, "APIGW.0308")),
    ALIBABA: (alibaba_error(500, "ServerError"), alibaba_error(400, "Throttling.User")),
}


def _cheap(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    return tuple(fault for fault in faults if not fault.name.startswith(_EXPENSIVE))


def _at(faults: Iterable[Fault], points: Iterable[Point], code: int) -> Iterator[SignInCell]:
    """Cells of faults that last: a run that ends within its first session does not need what fails."""
    for point in points:
        for fault in faults:
            yield SignInCell(fault=fault, point=point, code=code if point.is_long or not point.is_renewal else 0)


def _once(faults: Iterable[Fault], points: Iterable[Point]) -> Iterator[SignInCell]:
    for point in points:
        for fault in faults:
            yield SignInCell(fault=fault, point=point, code=0, is_once=True)


def _refused(points: Iterable[Point], most: int | None = None) -> Iterator[SignInCell]:
    for point in points:
        faults = _TOKEN_REFUSED if point.operation == TOKEN else _REFUSED[point.cloud]
        yield from _at(faults[:most], [point], 3)


def _unavailable(points: Iterable[Point]) -> Iterator[SignInCell]:
    for point in points:
        if point.operation != TOKEN:
            yield from _at(_UNAVAILABLE[point.cloud], [point], 4)


def _about_something_else(points: Iterable[Point], names: Collection[str] = ()) -> Iterator[SignInCell]:
    """Well-formed responses that give no credentials of this role, or none that can be used."""
    for point in points:
        variants = (variant for variant in _variants(point) if not names or variant[1] in names)
        yield from _at(map(_without_fields, variants), [point], 4)


def _without_fields(variant: tuple[str, str, object, str]) -> Fault:
    path, name, value, operation = variant
    return field_fault(path, name, value, (operation,))


def _variants(point: Point) -> Iterator[tuple[str, str, object, str]]:
    operation = point.operation
    for path in _PARTS.get(operation, ()):
        yield from ((path, name, value, operation) for name, value in _BAD_PARTS.items())
    if operation in _EXPIRY:
        yield from ((_EXPIRY[operation], name, value, operation) for name, value in _BAD_ENDS.items())
    if operation in _IDENTITY:
        role = "ci" if operation.endswith("WithOIDC") else "scan-gate"
        for name, value in _OTHER_IDENTITIES[_IDENTITY[operation]].items():
            other = value.format(name=role) if isinstance(value, str) else value
            yield (_IDENTITY[operation], name, other, operation)


_BAD_PARTS: Final[Mapping[str, object]] = {"missing": MISSING, "empty": "", "null": None, "number": 7, "list": []}
_BAD_ENDS: Final[Mapping[str, object]] = {
    "missing": MISSING,
    "null": None,
    "text": "soon",
    "past": "2020-01-01T00:00:00Z",
    "number": 7,
}


def _that_never_end(points: Iterable[Point]) -> Iterator[SignInCell]:
    """Credentials that are valid for centuries by what is said of them: the cloud's refusal has them renewed."""
    for point in points:
        if point.operation in _EXPIRY:
            fault = _without_fields((_EXPIRY[point.operation], "in-a-thousand-years", _NEVER, point.operation))
            yield SignInCell(fault=fault, point=point, code=0)


_NEVER: Final = "2999-12-31T23:59:59Z"


def _with_claims(name: str, **claims: Any) -> Fault:
    """A token that the issuer of the job has signed, with other claims; a time is in seconds after the true one."""

    def change(_context: FaultContext, _operation: str, true: Any) -> Any:
        stated = jwt.decode(true["value"]).claims
        times = {name: stated[name] + value for name, value in claims.items() if isinstance(value, int)}
        return {**true, "value": jwt.encode({**stated, **claims, **times}, KEY, key_id=KEY_ID)}

    return response_fault(f"token-{name}", change)


_DAY: Final = 86_400
_NOT_TRUSTED: Final = (
    _with_claims("of-another-issuer", iss="https://issuer.example"),
    _with_claims("of-another-repository", sub="repo:another/app:ref:refs/heads/main"),
    _with_claims("of-a-repository-whose-name-goes-on", sub=f"repo:{OWNER}/{REPOSITORY}-2:ref:refs/heads/main"),
    _with_claims("for-another-audience", aud="another-audience"),
    _with_claims("that-has-expired", iat=-_DAY, nbf=-_DAY, exp=-_DAY),
    _with_claims("issued-tomorrow", iat=_DAY, exp=_DAY),
    _with_claims("valid-from-tomorrow", nbf=_DAY, exp=_DAY),
)
"""Tokens that are well-formed, and of somebody else or of another time: the cloud refuses them, and not the gate."""


def _no_token(context: Any, operation: str, true: Any) -> Any:  # noqa: ARG001 - the signature of a change
    return {**true, "value": "not-a-token"}


_NO_TOKEN: Final = (
    response_fault("text-that-is-no-token", _no_token),
    field_fault("value", "empty", "", (TOKEN,)),
)
_NO_VALUE: Final = tuple(field_fault("value", name, _BAD_PARTS[name], (TOKEN,)) for name in ("missing", "null", "list"))
_FIRST: Final = tuple(point for point in POINTS if not point.is_renewal)
_OF_ROLE: Final = tuple(point for point in _FIRST if point.way == "role")
_RENEWALS: Final = tuple(point for point in POINTS if point.is_renewal)
_EXCHANGES: Final = tuple(point for point in POINTS if point.operation != TOKEN)
_TOKENS: Final = tuple(point for point in POINTS if point.operation == TOKEN)


def _named(faults: Iterable[Fault], *names: str) -> tuple[Fault, ...]:
    found = tuple(fault for fault in faults if fault.name in names)
    assert len(found) == len(names), "a fault has another name now"
    return found


_TRANSIENT: Final = tuple(fault for fault in _cheap(TRANSIENT) if fault not in responses.AUTH_STATUSES)
_SOME_TRANSIENT: Final = _named(_TRANSIENT, "502-as-html")
_SOME_NOT_UNDERSTOOD: Final = _named(
    NOT_UNDERSTOOD, "proxy-login-page", "redirect-to-another-host", "document-in-an-array"
)
_OTHERS: Final = tuple(point for point in POINTS if point not in _OF_ROLE)
_FIRST_EXCHANGES: Final = tuple(point for point in _OF_ROLE if point.operation != TOKEN)
_NOT_FIRST: Final = tuple(point for point in POINTS if point not in _FIRST_EXCHANGES)
_WITH_BODY_ALONE: Final = tuple(point for point in POINTS if point.operation != "CreateTokenWithIdToken")
"""The token of IAM is in a header, which the responses of faults that are harmless elsewhere do not have."""
_BRIEF: Final = ("missing", "past", "another", "whose-name-goes-on")
"""The values that the usual run puts into a field of every response; the first exchange gets all of them."""
_USUAL: Final = (
    *_once(_TRANSIENT, _FIRST_EXCHANGES),
    *_once(_SOME_TRANSIENT, _NOT_FIRST),
    *_at(_SOME_TRANSIENT, POINTS, 4),
    *_at(FOR_A_DAY, _FIRST_EXCHANGES, 4),
    *_at(_cheap(NOT_UNDERSTOOD), _FIRST_EXCHANGES, 4),
    *_at(_SOME_NOT_UNDERSTOOD, _NOT_FIRST, 4),
    *_refused(_FIRST_EXCHANGES),
    *_refused(_NOT_FIRST, most=1),
    *_unavailable(_EXCHANGES),
    *_about_something_else(_FIRST_EXCHANGES),
    *_about_something_else((point for point in _FIRST if point not in _FIRST_EXCHANGES), _BRIEF),
    *_that_never_end(_FIRST_EXCHANGES),
    *_at(_NOT_TRUSTED, _TOKENS[:1], 3),
    *_at(_NOT_TRUSTED[:1], _TOKENS[1:], 3),
    *_at(_NO_TOKEN, _TOKENS, 3),
    *_at(_NO_VALUE, _TOKENS, 4),
    *_once(responses.HARMLESS[:2], _FIRST_EXCHANGES),
)
_NAMES: Final = frozenset(map(str, _USUAL))
_ALL: Final = (
    *_USUAL,
    *_once(_TRANSIENT, POINTS),
    *_at((*_TRANSIENT, *FOR_A_DAY, *_cheap(NOT_UNDERSTOOD)), POINTS, 4),
    *_refused(POINTS),
    *_about_something_else(POINTS),
    *_that_never_end(POINTS),
    *_at(_NOT_TRUSTED, _TOKENS, 3),
    *_once(responses.HARMLESS, _WITH_BODY_ALONE),
)
CELLS: Final = _USUAL
"""The cells of every run of the tests."""
MORE_CELLS: Final = tuple({str(cell): cell for cell in _ALL if str(cell) not in _NAMES}.values())
"""Those that the usual run leaves out: every fault at every point."""
