"""Encodes, decodes and verifies JSON Web Tokens that are signed with RS256 (RFC 7519)."""

import json
from base64 import b64decode, urlsafe_b64encode
from binascii import Error as BinasciiError
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from gate.simulator.oidc.rsa import PrivateKey, PublicKey

ALGORITHM: Final = "RS256"
PARTS: Final = 3

Claims: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """A token that was decoded; nothing of it is verified."""

    header: Mapping[str, Any]
    claims: Claims
    signed: bytes
    signature: bytes

    def is_signed_by(self, key: PublicKey) -> bool:
        """Whether the signature was made with this key."""
        return key.verifies(self.signature, self.signed)


def encode(claims: Claims, key: PrivateKey, *, key_id: str) -> str:
    """A signed token with these claims."""
    header = {"typ": "JWT", "alg": ALGORITHM, "kid": key_id}
    signed = f"{base64url(_json(header))}.{base64url(_json(claims))}"
    return f"{signed}.{base64url(key.sign(signed.encode()))}"


def decode(text: str) -> Token:
    """The parts of a token.

    Raises:
        ValueError: It does not have three parts in base64url, of which the first two are JSON objects.
    """
    parts = text.split(".")
    if len(parts) != PARTS:
        raise ValueError(f"a token has {PARTS} parts, and not {len(parts)}")
    header, claims, signature = map(_decoded, parts)
    return Token(
        header=_object(header),
        claims=_object(claims),
        signed=text.rpartition(".")[0].encode(),
        signature=signature,
    )


def base64url(content: bytes) -> str:
    """The content in base64url, without padding."""
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(part: str) -> bytes:
    try:
        return b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except BinasciiError:
        raise ValueError("a part is not base64url") from None


def _object(content: bytes) -> Mapping[str, Any]:
    document = json.loads(content)
    if not isinstance(document, dict):
        raise ValueError("a part is not a JSON object")  # noqa: TRY004 - all that is wrong with a token is one error
    return document


def _json(document: Claims) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
