"""Authentication for Huawei Cloud: SDK-HMAC-SHA256 signatures and user tokens, each as a `requests` auth.

Each step of the algorithm is a function of its own, because the vendor publishes a value for each (huawei-hss.md 4.1).
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from requests.auth import AuthBase

from gate.clouds.signing import body_bytes, canonical_query, host_header, signed_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from requests import PreparedRequest

    from gate.clouds.credentials import Credentials

ALGORITHM = "SDK-HMAC-SHA256"


class KeyPairAuth(AuthBase):
    """Signs each request with the time at which it is sent."""

    def __init__(self, credentials: Credentials, now: Callable[[], datetime]) -> None:
        self._credentials = credentials
        self._now = now

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Adds the signed headers and the signature."""
        url, date = r.url or "", f"{self._now():%Y%m%dT%H%M%SZ}"
        r.headers["Host"] = host_header(url)
        r.headers["X-Sdk-Date"] = date
        if self._credentials.security_token:
            r.headers["X-Security-Token"] = self._credentials.security_token
        # The gateway requires only that X-Sdk-Date is signed.
        signed = signed_headers(r.headers, prefix="x-")
        request = canonical_request(r.method or "", url, signed, body_bytes(r))
        mac = signature(self._credentials.access_key_secret, string_to_sign(date, request))
        r.headers["Authorization"] = (
            f"{ALGORITHM} Access={self._credentials.access_key_id}, SignedHeaders={';'.join(signed)}, Signature={mac}"
        )
        return r


class TokenAuth(AuthBase):
    """Sends a user token, which the gate is given and does not request itself."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Adds the token's header."""
        r.headers["X-Auth-Token"] = self._token
        return r


def canonical_request(method: str, url: str, headers: Mapping[str, str], body: bytes) -> str:
    """The canonical request, which client and gateway hash; `headers` as `signing.signed_headers` returns them."""
    # The vendor's signer treats %2F like any other slash, so the path is split after it is unquoted.
    path = "/".join(quote(segment, safe="~") for segment in unquote(urlsplit(url).path).split("/"))
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    # The canonical path always ends with a slash; the path that is sent does not (huawei-hss.md 4.1).
    path = path if path.endswith("/") else f"{path}/"
    return "\n".join(
        (method.upper(), path, canonical_query(url), lines, ";".join(headers), hashlib.sha256(body).hexdigest())
    )


def string_to_sign(date: str, request: str) -> str:
    """The algorithm, the time as in X-Sdk-Date, and the SHA-256 of the canonical request."""
    return "\n".join((ALGORITHM, date, hashlib.sha256(request.encode()).hexdigest()))


def signature(secret: str, text: str) -> str:
    """The signature, in hex; the key of the HMAC is the secret itself, no derived key."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
