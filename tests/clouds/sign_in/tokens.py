"""OIDC tokens for tests: in the form of a JWT, with a signature that nothing checks."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from gate.settings import SignInSettings
from tests.builders import NOW
from tests.clouds.builders import Peer, a_connection

if TYPE_CHECKING:
    from gate.clouds import Connection
    from tests.builders import FakeTime

HEADER = b'{"alg":"RS256","typ":"JWT"}'
SIGNATURE = "c2lnbmF0dXJlLW9mLWEtdG9rZW4tb2YtdGhlLXRlc3Rz"
GITHUB_CLAIMS: dict[str, Any] = {
    "iss": "https://token.actions.githubusercontent.com",
    "sub": "repo:octo/app:ref:refs/heads/main",
    "aud": "sts.example",
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 300,
}


def in_base64url(content: bytes) -> str:
    """The content as a part of a token has it: without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def a_token(payload: object = None, signature: str = SIGNATURE, **claims: Any) -> str:
    """A token with these claims, or with this payload in place of an object."""
    document = claims if payload is None else payload
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return f"{in_base64url(HEADER)}.{in_base64url(content)}.{signature}"


TOKEN = a_token(**GITHUB_CLAIMS)


def parts_of(secret: str, length: int = 8) -> set[str]:
    """All that is in a secret, in pieces of this many characters."""
    return {secret[start : start + length] for start in range(len(secret) - length + 1)}


def a_job(time: FakeTime, *, audience: str | None = None, **environ: str) -> Connection:
    """A connection in a job with these variables, and with this value of --oidc-audience."""
    return a_connection(time, environ=environ, sign_in=SignInSettings(oidc_audience=audience))


class Responses(Peer):
    """A server that sends these responses, and the last one again and again."""

    def __init__(self, *responses: bytes) -> None:
        super().__init__()
        self._responses = list(responses)

    def response_to(self, _head: str, /) -> bytes:
        return self._responses.pop(0) if len(self._responses) > 1 else self._responses[0]


def http_response(status: int, body: object = None, **headers: str) -> bytes:
    """The bytes of an HTTP response with this JSON, or these bytes; the keyword `retry_after` is Retry-After."""
    content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    named = {"Content-Length": str(len(content)), "Connection": "close", **headers}
    lines = [f"HTTP/1.1 {status} Status", *(f"{name.replace('_', '-')}: {value}" for name, value in named.items())]
    return "\r\n".join([*lines, "", ""]).encode() + content
