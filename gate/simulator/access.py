"""Holds who may sign in to the simulated clouds without stored keys, and the temporary keys that were given out.

A role (an agency of Huawei Cloud) trusts the tokens of one OIDC issuer, which is the simulator's own; a second role
trusts the first one, and an instance of the account may have a role too. Each cloud has its own names and errors.
"""

import hmac
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from math import inf
from typing import Any, Final, Literal
from uuid import NAMESPACE_URL, uuid5

from gate.simulator.oidc import jwt
from gate.simulator.oidc.claims import AZURE_AUDIENCE, BITBUCKET_AUDIENCE, CI_SYSTEMS, SUBJECTS, Job
from gate.simulator.oidc.rsa import KEY

HOUR: Final = 3600
KEY_ID: Final = "simulated-key-1"
CLOCK_TOLERANCE: Final = 60.0
OLDEST_TOKEN: Final = 12 * HOUR

RefusedBecause = Literal["parts", "form", "algorithm", "signature", "issuer", "audience", "expired", "age", "subject"]
MetadataTokens = Literal["unknown", "optional", "required"]


class TokenRefusedError(Exception):
    """A token is not accepted; each cloud says why in its own words."""

    def __init__(self, why: RefusedBecause, detail: str = "") -> None:
        super().__init__(why, detail)
        self.why = why
        self.detail = detail


@dataclass(frozen=True, kw_only=True, slots=True)
class Trust:
    """The trust policy of the role, and what the provider in the account knows."""

    audiences: tuple[str, ...] | None = None
    """The client ids of the provider; None for that of the cloud, and those that two CI systems give unasked."""
    subjects: tuple[str, ...] = SUBJECTS
    """Patterns, as for the condition StringLike."""
    longest_session: int = 12 * HOUR
    """Of the role, in seconds; roles have an hour unless somebody sets more."""

    def knows_audience(self, audience: object, own: str) -> bool:
        """Whether a token for this audience, or these ones, is meant for a cloud that has this one of its own."""
        known = self.audiences or (own, AZURE_AUDIENCE, BITBUCKET_AUDIENCE)
        return any(one in known for one in (audience if isinstance(audience, list) else [audience]))

    def knows_subject(self, subject: object) -> bool:
        """Whether the role trusts tokens with this subject."""
        return any(fnmatchcase(str(subject), pattern) for pattern in self.subjects)


@dataclass(frozen=True, kw_only=True, slots=True)
class Keys:
    """An access key, and the security token that belongs to it."""

    access_key_id: str
    secret: str
    token: str
    expires_at: float = inf
    """From when the token is refused, in seconds since the epoch."""
    is_temporary: bool = True
    """Whether they are accepted with their token only."""
    policy: str = ""
    """The session policy, as JSON; empty for none."""

    def accepts(self, token: str | None, now: float) -> bool:
        """Whether a request with this token, or with none, may be signed with this key now."""
        if token is None:
            return not self.is_temporary
        return hmac.compare_digest(token.encode(), self.token.encode()) and now < self.expires_at


class Access:
    """Who may sign in to the account, and the keys that it has given out; a test may change its attributes.

    The methods must be called under the lock of the simulator, as those of `Account`.
    """

    trust: Trust
    job: Job
    """What is in the tokens of every CI system."""
    token_seconds: float | None
    """How long a token lives; None for as long as those of its CI system."""
    has_instance_role: bool
    """Whether the instance, on which the metadata service answers, has a role."""
    metadata_tokens: MetadataTokens
    """Whether the metadata service knows session tokens: the old one does not, a hardened one requires them."""
    instance_seconds: float
    """How long the keys of the instance's role live."""

    def __init__(self, *, trust: Trust, job: Job, token_seconds: float | None) -> None:
        self.trust = trust
        self.job = job
        self.token_seconds = token_seconds
        self.has_instance_role = True
        self.metadata_tokens = "optional"
        self.instance_seconds = 6.0 * HOUR
        self._keys: dict[tuple[str, str], Keys] = {}
        self._tokens: dict[tuple[str, str], float] = {}
        self._issued = 0

    def token(self, system: str, issuer: str, now: float, *, audience: str = "", connection: str = "") -> str:
        """A new token of a CI system of `CI_SYSTEMS`, for this audience or its default one."""
        known, job = CI_SYSTEMS[system], replace(self.job, service_connection=connection)
        claims = {
            "jti": self._new_id("jti"),
            "iss": issuer,
            "aud": known.audience(audience) if audience else known.default_audience,
            "iat": int(now),
            "nbf": int(now),
            "exp": int(now + (known.seconds if self.token_seconds is None else self.token_seconds)),
            **known.claims(job),
            **job.others,
        }
        return jwt.encode(claims, KEY, key_id=KEY_ID)

    def verified_claims(self, token: str, issuer: str, now: float, *, audience: str) -> jwt.Claims:
        """The claims of a token that the provider accepts; whether the role trusts its subject is another question.

        Raises:
            TokenRefusedError: It is not signed by the issuer, not for this cloud, or no longer valid.
        """
        claims = _signed_claims(token)
        if claims.get("iss") != issuer:
            raise TokenRefusedError("issuer", str(claims.get("iss")))
        if not self.trust.knows_audience(claims.get("aud"), audience):
            raise TokenRefusedError("audience", str(claims.get("aud")))
        if now >= _time(claims, "exp"):
            raise TokenRefusedError("expired")
        if not now - OLDEST_TOKEN <= _time(claims, "iat") <= now + CLOCK_TOLERANCE:
            raise TokenRefusedError("age")
        if "nbf" in claims and _time(claims, "nbf") > now + CLOCK_TOLERANCE:
            raise TokenRefusedError("age")
        return claims

    def trusted_claims(self, token: str, issuer: str, now: float, *, audience: str) -> jwt.Claims:
        """The claims of a token that the provider accepts and the role trusts.

        Raises:
            TokenRefusedError: It does not, or the provider does not accept it.
        """
        claims = self.verified_claims(token, issuer, now, audience=audience)
        if not self.trust.knows_subject(claims.get("sub")):
            raise TokenRefusedError("subject", str(claims.get("sub")))
        return claims

    def issue_keys(self, cloud: str, expires_at: float, *, prefix: str, policy: str = "") -> Keys:
        """New temporary keys of a cloud; their id starts with the prefix."""
        number = self._new_id(f"{cloud}/keys").replace("-", "")
        keys = Keys(
            access_key_id=f"{prefix}{number[:20].upper()}",
            secret=f"simulated-temporary-secret-{number}",
            token=f"simulated-temporary-token-{number}",
            expires_at=expires_at,
            policy=policy,
        )
        self._keys[cloud, keys.access_key_id] = keys
        return keys

    def keys(self, cloud: str, access_key_id: str) -> Keys | None:
        """The temporary keys with this id, also those that have expired; None if no such keys were given out."""
        return self._keys.get((cloud, access_key_id))

    def issue_token(self, kind: str, expires_at: float) -> str:
        """A new opaque token, such as that of a metadata service."""
        token = f"simulated-{kind}-token-{self._new_id(kind)}"
        self._tokens[kind, token] = expires_at
        return token

    def knows_token(self, kind: str, token: str | None, now: float) -> bool:
        """Whether it is a token of this kind that has not expired."""
        return now < self._tokens.get((kind, token or ""), -inf)

    def _new_id(self, kind: str) -> str:
        self._issued += 1
        return str(uuid5(NAMESPACE_URL, f"{kind}/{self._issued}"))


def _signed_claims(text: str) -> jwt.Claims:
    try:
        token = jwt.decode(text)
    except ValueError as error:
        raise TokenRefusedError("parts" if text.count(".") != jwt.PARTS - 1 else "form", str(error)) from None
    if token.header.get("alg") != jwt.ALGORITHM:
        raise TokenRefusedError("algorithm", str(token.header.get("alg")))
    if token.header.get("kid") != KEY_ID or not token.is_signed_by(KEY.public):
        raise TokenRefusedError("signature")
    return token.claims


def _time(claims: jwt.Claims, name: str) -> float:
    found: Any = claims.get(name)
    if not isinstance(found, int):
        raise TokenRefusedError("form", name)
    return found
