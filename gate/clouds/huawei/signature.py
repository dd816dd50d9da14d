"""Signing for Huawei Cloud: SDK-HMAC-SHA256 as a `requests` auth, and the token of a signed-in user.

Each step of the algorithm is a function of its own, since the vendor publishes a value for each (huawei-hss.md 4.1).
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from requests.auth import AuthBase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from requests import PreparedRequest

    from gate.clouds.credentials import Credentials

ALGORITHM = "SDK-HMAC-SHA256"


class KeyPairAuth(AuthBase):
    """Signs every request that is sent with it, each with the time at which it is sent."""

    def __init__(self, credentials: Credentials, now: Callable[[], datetime]) -> None:
        self._credentials = credentials
        self._now = now

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Adds the headers that the signature needs, and the signature."""
        url, date = r.url or "", f"{self._now():%Y%m%dT%H%M%SZ}"
        r.headers["Host"] = host(url)
        r.headers["X-Sdk-Date"] = date
        if self._credentials.security_token:
            r.headers["X-Security-Token"] = self._credentials.security_token
        signed = signed_part(r.headers)
        request = canonical_request(r.method or "", url, signed, _body(r))
        proof = signature(self._credentials.access_key_secret, string_to_sign(date, request))
        r.headers["Authorization"] = (
            f"{ALGORITHM} Access={self._credentials.access_key_id}, SignedHeaders={';'.join(signed)}, Signature={proof}"
        )
        return r


class TokenAuth(AuthBase):
    """Sends the token of a user who signed in elsewhere."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Adds the token."""
        r.headers["X-Auth-Token"] = self._token
        return r


def host(url: str) -> str:
    """The Host header that goes with a URL: the port stands there only where it is not the scheme's own."""
    parts = urlsplit(url)
    name, default = parts.hostname or "", {"http": 80, "https": 443}.get(parts.scheme)
    name = f"[{name}]" if ":" in name else name
    return name if parts.port in {None, default} else f"{name}:{parts.port}"


def signed_part(headers: Mapping[str, str | bytes]) -> dict[str, str]:
    """The headers that are signed, by lower-case name, sorted.

    The gateway demands only X-Sdk-Date. Headers that a proxy may change, such as User-Agent, stay out of it.
    """
    names = {name.lower(): _text(value).strip() for name, value in headers.items()}
    return {name: names[name] for name in sorted(names) if name in {"host", "content-type"} or name.startswith("x-")}


def canonical_request(method: str, url: str, headers: Mapping[str, str], body: bytes) -> str:
    """The request in the one form that both sides hash; `headers` as `signed_part` gives them."""
    parts = urlsplit(url)
    # The vendor's signer reads %2F as a slash like any other, so the path is taken apart only when it is unquoted.
    path = "/".join(quote(segment, safe="~") for segment in unquote(parts.path).split("/"))
    pairs = sorted(_unquoted(pair) for pair in parts.query.split("&") if pair)
    query = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    # The canonical path always ends with a slash, the one that is sent does not (huawei-hss.md 4.1).
    path = path if path.endswith("/") else f"{path}/"
    return "\n".join((method.upper(), path, query, lines, ";".join(headers), hashlib.sha256(body).hexdigest()))


def string_to_sign(date: str, request: str) -> str:
    """The algorithm, the time as in X-Sdk-Date, and the hash of the canonical request."""
    return "\n".join((ALGORITHM, date, hashlib.sha256(request.encode()).hexdigest()))


def signature(secret: str, text: str) -> str:
    """The proof, in hex; the secret itself is the key, none is derived from it."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def _unquoted(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return unquote(name), unquote(value)


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


def _body(request: PreparedRequest) -> bytes:
    # The gate sends no streams, so a body is text, bytes or none.
    body = request.body
    return body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else b""
