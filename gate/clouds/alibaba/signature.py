"""Authentication for Alibaba Cloud: ACS3-HMAC-SHA256 signatures as a `requests` auth (alibaba-security-center.md 4.1).

Each step of the algorithm is a function of its own, because the vendor publishes a value for each.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from requests.auth import AuthBase

from gate.clouds.signing import body_bytes, canonical_query, host_header, signed_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from requests import PreparedRequest

    from gate.clouds.credentials import Credentials

ALGORITHM = "ACS3-HMAC-SHA256"
PREFIX = "x-acs-"


def _nonce() -> str:
    return secrets.token_hex(16)


class KeyPairAuth(AuthBase):
    """Signs each request with the time at which it is sent and a new nonce."""

    def __init__(
        self, credentials: Credentials, now: Callable[[], datetime], nonce: Callable[[], str] = _nonce
    ) -> None:
        self._credentials = credentials
        self._now = now
        self._nonce = nonce

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Adds the signed headers and the signature."""
        url, digest = r.url or "", hashlib.sha256(body_bytes(r)).hexdigest()
        r.headers["Host"] = host_header(url)
        r.headers["x-acs-date"] = f"{self._now():%Y-%m-%dT%H:%M:%SZ}"
        r.headers["x-acs-signature-nonce"] = self._nonce()
        r.headers["x-acs-content-sha256"] = digest
        if self._credentials.security_token:
            r.headers["x-acs-security-token"] = self._credentials.security_token
        signed = signed_headers(r.headers, prefix=PREFIX)
        request = canonical_request(r.method or "", url, signed, digest)
        mac = signature(self._credentials.access_key_secret, string_to_sign(request))
        r.headers["Authorization"] = (
            f"{ALGORITHM} Credential={self._credentials.access_key_id},SignedHeaders={';'.join(signed)},Signature={mac}"
        )
        return r


def canonical_request(method: str, url: str, headers: Mapping[str, str], digest: str) -> str:
    """The canonical request, which client and gateway hash; `digest` is the body's SHA-256 in hex."""
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    path = urlsplit(url).path or "/"
    return "\n".join((method.upper(), path, canonical_query(url), lines, ";".join(headers), digest))


def string_to_sign(request: str) -> str:
    """The algorithm and the SHA-256 of the canonical request."""
    return f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"


def signature(secret: str, text: str) -> str:
    """The signature, in hex; the key of the HMAC is the secret itself, without the `&` that older signatures add."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
