"""Recomputes the SDK-HMAC-SHA256 signature of a request as it was received (huawei-hss.md 4.1)."""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote, unquote

from gate.simulator.cloud import query_pairs

ALGORITHM: Final = "SDK-HMAC-SHA256"
FORM: Final = re.compile(
    rf"{ALGORITHM} Access=(?P<access>[^,\s]+), "
    r"SignedHeaders=(?P<signed>[^,\s]+), "
    r"Signature=(?P<signature>[0-9a-f]{64})"
)
UNSIGNED: Final = "UNSIGNED-PAYLOAD"


def canonical_request(
    *, method: str, target: str, headers: Mapping[str, str], body: bytes, signed_headers: Sequence[str]
) -> str:
    """The canonical request; header names are in any case, and every signed header must be present."""
    lowered = {name.lower(): text.strip() for name, text in headers.items()}
    path = "/".join(quote(segment, safe="~") for segment in unquote(target.partition("?")[0]).split("/"))
    query = "&".join(f"{quote(name, safe='~')}={quote(text, safe='~')}" for name, text in sorted(query_pairs(target)))
    unsigned = body and lowered.get("x-sdk-content-sha256") == UNSIGNED
    return "\n".join(
        [
            method,
            path if path.endswith("/") else f"{path}/",
            query,
            *(f"{name}:{lowered[name]}" for name in signed_headers),
            "",
            ";".join(signed_headers),
            UNSIGNED if unsigned else hashlib.sha256(body).hexdigest(),
        ]
    )


def sign(canonical: str, *, date: str, secret: str) -> str:
    """The signature of a canonical request; the date is the text of X-Sdk-Date."""
    # Latin-1 restores the bytes of the received headers; everything else in the text is ASCII.
    digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
    return hmac.new(secret.encode(), f"{ALGORITHM}\n{date}\n{digest}".encode(), hashlib.sha256).hexdigest()
