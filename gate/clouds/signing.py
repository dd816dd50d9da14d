"""What the signatures of all clouds have in common: one way to write a request down before it is hashed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests import PreparedRequest


def host(url: str) -> str:
    """The Host header that goes with a URL: the port stands there only where it is not the scheme's own."""
    parts = urlsplit(url)
    name, default = parts.hostname or "", {"http": 80, "https": 443}.get(parts.scheme)
    name = f"[{name}]" if ":" in name else name
    return name if parts.port in {None, default} else f"{name}:{parts.port}"


def signed_part(headers: Mapping[str, str | bytes], *, prefix: str) -> dict[str, str]:
    """The headers that are signed, by lower-case name, sorted: host, content-type and all that begin with this prefix.

    Headers that a proxy may change on the way, such as User-Agent, stay out of it.
    """
    names = {name.lower(): _text(value).strip() for name, value in headers.items()}
    return {name: names[name] for name in sorted(names) if name in {"host", "content-type"} or name.startswith(prefix)}


def canonical_query(url: str) -> str:
    """The query of a URL, sorted by name and value, each escaped as RFC 3986 has it."""
    pairs = sorted(_unquoted(pair) for pair in urlsplit(url).query.split("&") if pair)
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)


def body_of(request: PreparedRequest) -> bytes:
    """The bytes that are sent; the gate sends no streams, so a body is text, bytes or none."""
    body = request.body
    return body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else b""


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


def _unquoted(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return unquote(name), unquote(value)
