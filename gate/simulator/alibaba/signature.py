"""Recomputes the ACS3-HMAC-SHA256 signature of a request as it was received (alibaba-security-center.md 4.1)."""

import hashlib
import hmac
import re
from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import quote

from gate.simulator.cloud import query_pairs

ALGORITHM: Final = "ACS3-HMAC-SHA256"
FORM: Final = re.compile(
    rf"{ALGORITHM} Credential=(?P<access>[^,\s]+),"
    r"SignedHeaders=(?P<signed>[^,\s]+),"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)


def query_parameters(target: str) -> list[tuple[str, str]]:
    """The parameters of a target, decoded.

    A plus sign is a space: the vendor's own SDK for Python sends one where it has signed %20.
    """
    return query_pairs(target.replace("+", "%20"))


def canonical_request(
    *, method: str, target: str, headers: Mapping[str, str], body: bytes, signed_headers: Collection[str]
) -> str:
    """The canonical request; header names are in any case, and every signed header must be present."""
    lowered = {name.lower(): text.strip() for name, text in headers.items()}
    names = sorted(signed_headers)
    query = "&".join(
        f"{quote(name, safe='~')}={quote(text, safe='~')}" for name, text in sorted(query_parameters(target))
    )
    return "\n".join(
        [
            method,
            target.partition("?")[0],
            query,
            *(f"{name}:{lowered[name]}" for name in names),
            "",
            ";".join(names),
            hashlib.sha256(body).hexdigest(),
        ]
    )


def sign(canonical: str, *, secret: str) -> str:
    """The signature of a canonical request."""
    # Latin-1 restores the bytes of the received headers; everything else in the text is ASCII.
    digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
    return hmac.new(secret.encode(), f"{ALGORITHM}\n{digest}".encode(), hashlib.sha256).hexdigest()
