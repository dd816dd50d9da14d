"""Mutates the responses of a cloud at random: values, fields, bytes, statuses, and lost responses."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.hostile import HOSTILE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

Document: TypeAlias = dict[str, Any]
UnencodedResponse: TypeAlias = tuple[int, dict[str, str], object]
"""Status, headers, and a document; or bytes that need not be JSON."""

HOSTILE_TEXTS = tuple(text for text in HOSTILE.values() if text)
HARMLESS_TEXTS = ("shop",) * len(HOSTILE_TEXTS)
"""As many as HOSTILE_TEXTS, so that the same seed generates the same run with other texts."""

RETRY_AFTER = ("0", "1", "7", "60", "400", "86400", "-1", "1.5", "soon", "9" * 30, "Sat, 31 Jan 2026 12:01:00 GMT")
_GARBAGE = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b"true",
    b"\xff\xfe{}",
    b"\xef\xbb\xbf{}",
    b"<html><body>Sign in</body></html>",
    b"<?xml version='1.0'?><Error><Code>NoPermission</Code></Error>",
    b'{"data_list": [], "total_num": 0}',
    b'{"TaskInfo": null}',
    b'{"total_num": NaN}',
    b'{"total_num": 1e999}',
    b"[" * 3000,
)


@dataclass
class ResponseMutator:
    """Mutates some of the responses of a cloud."""

    rng: Random
    texts: Sequence[str]
    """Texts that users may have chosen."""
    odd_values: Sequence[object]
    """Values that may be in any field."""
    rate: float
    """The share of responses that are mutated."""
    is_text_only: bool = False
    """Whether texts appear only in fields that decide nothing, and bytes are never corrupted."""
    is_unrelated: bool = False
    """Whether most documents are unrelated to the request."""

    def text(self) -> str:
        """A text that a user may have chosen."""
        return self.rng.choice(self.texts)

    def odd_value(self) -> object:
        """A value that may replace a documented one."""
        # With other texts as ids or digests, a run would go differently.
        is_text = self.rng.random() < 0.2 and not self.is_text_only
        return self.text() if is_text else self.rng.choice(self.odd_values)

    def mutate(self, document: Document, error: Callable[[], UnencodedResponse]) -> UnencodedResponse | None:
        """The response with this document, perhaps mutated; None if it is lost."""
        if self.rng.random() >= self.rate:
            return 200, {}, document
        kind = self.rng.random()
        if kind < 0.5:
            for _ in range(self.rng.choice((1, 1, 1, 2, 5))):
                self._mutate_document(document)
            return 200, {}, document
        if kind < 0.75:
            return error()
        if kind < 0.85:
            return None
        return self._corrupted(document)

    def _corrupted(self, document: Document) -> UnencodedResponse:
        status = self.rng.choice((200, 200, 200, 204, 302, 404, 502))
        if self.is_text_only:
            return status, {}, document
        body = bytearray(as_bytes(document))
        kind, position = self.rng.random(), int(self.rng.random() * len(body))
        if kind < 0.1:
            return status, {}, document
        if kind < 0.3:
            return status, {}, bytes(body[:position])
        if kind < 0.6 and body:
            body[position] = int(self.rng.random() * 256)
            return 200, {}, bytes(body)
        if kind < 0.7:
            return 200, {}, re.sub(rb'("\w*(?i:status)":)', rb"\g<1>null,\g<1>", bytes(body))
        return status, {}, self.rng.choice(_GARBAGE)

    def _mutate_document(self, document: Document) -> None:
        node: Any = document
        while node:
            key = self.rng.choice(list(node)) if isinstance(node, dict) else int(self.rng.random() * len(node))
            if node[key] and isinstance(node[key], dict | list) and self.rng.random() < 0.85:
                node = node[key]
                continue
            self._mutate_value(node, key)
            return

    def _mutate_value(self, node: Any, key: Any) -> None:
        kind = self.rng.random()
        if kind < 0.55:
            node[key] = self.odd_value()
        elif kind < 0.7:
            del node[key]
        elif kind < 0.8 and type(node[key]) is int:
            node[key] += self.rng.choice((-1, 1, 1, 1000, -1000))
        elif isinstance(node, list):
            node.append(node[key])
        elif kind < 0.9:
            node[self.rng.choice(("error_code", "errors", "code", "Success", "Code", "error"))] = self.odd_value()
        else:
            node[key] = [node[key]] if kind < 0.95 else {"value": node[key]}


def as_bytes(document: object) -> bytes:
    """A document as JSON in ASCII, in which lone surrogates are escaped."""
    return json.dumps(document, separators=(",", ":")).encode()
