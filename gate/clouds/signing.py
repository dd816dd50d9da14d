"""The parts of a canonical request that the signatures of all clouds build alike."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests import PreparedRequest


def host_header(url: str) -> str:
    """The Host header for a URL; it has a port only if that is not the scheme's default."""
    parts = urlsplit(url)
    name, default = parts.hostname or "", {"http": 80, "https": 443}.get(parts.scheme)
    name = f"[{name}]" if ":" in name else name
    return name if parts.port in {None, default} else f"{name}:{parts.port}"


def signed_headers(headers: Mapping[str, str | bytes], *, prefix: str) -> dict[str, str]:
    """The headers to sign, by lower-case name, sorted: Host, Content-Type and all that start with this prefix.

    Headers that a proxy may change, such as User-Agent, are not signed.
    """
    names = {name.lower(): _text(value).strip() for name, value in headers.items()}
    return {name: names[name] for name in sorted(names) if name in {"host", "content-type"} or name.startswith(prefix)}


def canonical_query(url: str) -> str:
    """The query of a URL, sorted by name and value, percent-encoded as in RFC 3986."""
    pairs = sorted(_unquoted(pair) for pair in urlsplit(url).query.split("&") if pair)
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)


def body_bytes(request: PreparedRequest) -> bytes:
    """The request's body; the gate sends no streams, so it is text, bytes or absent."""
    body = request.body
    return body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else b""


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


def _unquoted(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return unquote(name), unquote(value)
