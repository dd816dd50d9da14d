"""Redacts secrets in what servers send back: a gateway repeats the headers of a wrong signature in its error."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from requests import PreparedRequest

MIN_SECRET_LENGTH = 8
"""Characters; a shorter text is no secret of any cloud, and redacting it would damage every response and log."""
_WINDOW = 256 * 1024
_MAX_BYTES_PER_CHAR = 24
"""Of the longest escape, `\\u0026#x0000000NNNNNN;`."""


class Redactor:
    """Replaces secrets by `***`, plain or in base64, however their special characters are escaped.

    Texts of fewer than 8 characters are left alone by default; only messages that nobody but people read may lose more.
    """

    def __init__(self, secrets: Iterable[str], *, min_length: int = MIN_SECRET_LENGTH) -> None:
        # The longest first: one may be a part of another.
        longest_first = sorted({secret for secret in secrets if len(secret) >= min_length}, key=len, reverse=True)
        self._patterns = [_pattern_of(secret) for secret in longest_first]

    def redact(self, body: bytes, check: Callable[[], object] = str) -> bytes:
        """The bytes without any secret.

        Special characters may be escaped as in JSON, HTML or a URL, also twice; letters and digits are plain.

        Args:
            body: The bytes.
            check: Called again and again meanwhile; what it raises ends the search.
        """
        for pattern in self._patterns:
            body = pattern.redact(body, check)
        return body

    def redact_text(self, text: str) -> str:
        """The same for the value of a header, or for a message."""
        return self.redact(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pattern:
    """Finds one secret in all its forms."""

    forms: re.Pattern[bytes]
    max_length: int
    """Bytes of the longest text that it can match."""

    def redact(self, body: bytes, check: Callable[[], object]) -> bytes:
        """See `Redactor.redact`."""
        # In windows: a search holds Python's lock until it ends, and no other thread could see to the time or a signal.
        redacted, copied, at = bytearray(), 0, 0
        while at < len(body):
            check()
            found = self.forms.search(body, at, at + _WINDOW + self.max_length)
            if found and found.start() < at + _WINDOW:
                redacted += body[copied : found.start()] + b"***"
                copied = at = found.end()
            else:
                at += _WINDOW
        return bytes(redacted + body[copied:]) if copied else body


# Compiling takes longer than searching, and most secrets are the same in every request.
@lru_cache(maxsize=32)
def _pattern_of(secret: str) -> _Pattern:
    texts = [secret, *(_in_base64(secret) if len(secret) >= MIN_SECRET_LENGTH else ())]
    # The longest first: of several that start at one place, the first that fits is taken.
    patterns = [b"".join(map(_escapes_of, text)) for text in sorted(texts, key=len, reverse=True)]
    return _Pattern(forms=re.compile(b"|".join(patterns)), max_length=_MAX_BYTES_PER_CHAR * max(map(len, texts)))


def signatures_of(request: PreparedRequest) -> list[str]:
    """The signatures in a request: with one of them, anybody who reads a log could send the request once more."""
    return re.findall(r"Signature=(\w+)", str(request.headers.get("Authorization", "")))


def proxy_passwords(proxies: Mapping[str, str]) -> Iterator[str]:
    """The passwords in the addresses of proxies, in all forms in which a proxy may repeat them in its status line."""
    for address in proxies.values():
        before_host = address.rpartition("@")[0]
        # A password may have two slashes in it, and a mistyped address may have two schemes.
        for user_info in {re.sub(r"\A(?:[\w+.-]*:)?//", "", before_host), before_host.rpartition("//")[2]}:
            yield from _forms_of(user_info)


def _forms_of(user_info: str) -> Iterator[str]:
    decoded = unquote(user_info)
    yield from (user_info.partition(":")[2], decoded.partition(":")[2])
    # requests writes it in Latin-1, and other programs in UTF-8.
    for code in ("utf-8", "latin-1"):
        yield b64encode(decoded.encode(code, "surrogateescape" if code == "utf-8" else "ignore")).decode()


def _escapes_of(char: str) -> bytes:
    if char.isalnum():
        return char.encode()
    code, plain = ord(char), re.escape(char).encode("utf-8", "surrogateescape")
    quoted = rb"\\u%04x|%%(?:25){0,4}%02x|(?:&|\\u0026)#(?:0{0,7}%d|x0{0,7}%x);" % (code, code, code, code)
    return rb"(?:\\{0,4}%b|(?i:%b))" % (plain, quoted)


def _in_base64(secret: str) -> Iterator[str]:
    # Three bytes are four digits there, so that the same secret looks different behind one or two other bytes; its
    # first and its last digit may depend on the bytes beside it.
    for before in range(3):
        whole = bytes(before) + secret.encode("utf-8", "surrogateescape")
        yield b64encode(whole).decode()[-(-before * 8 // 6) : len(whole) * 8 // 6]
