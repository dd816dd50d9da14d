"""Reads statements from a file: plain ones, in DSSE envelopes, in Sigstore bundles; one, or JSON Lines of them.

No signature is checked here. So a text of which another reader could see another statement is refused: one with a name
twice in an object, also in other capitals, or with the parts of two forms in one object (attestations.md 4 and 5).
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gate.errors import UsageError
from gate.in_toto import PAYLOAD_TYPE
from gate.json_object import JsonObject
from gate.reading import read_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_SIZE = 20_000_000
"""Bytes; a bundle with a summary in it has some ten thousand, and there may be larger statements beside it."""
_FORMS = {"_type": "a statement", "payload": "an envelope", "dsseEnvelope": "a bundle"}
"""The name that only one form has, with what it is."""
_OTHER_SPELLINGS = {"dsse_envelope", "messageSignature", "message_signature"}
"""What a bundle may have in place of its envelope, and a reader of bundles would take too."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stated:
    """One statement, and the text that it was read from."""

    statement: JsonObject
    text: str
    """The whole document, which the signer's tool reads: the statement, or what is around it."""
    where: str
    """For a message."""


def read_statements(path: Path) -> list[Stated]:
    """Reads all statements of a file, of whatever type; at least one.

    Raises:
        UsageError: It cannot be read, or something in it is damaged or ambiguous.
    """
    try:
        text = read_text(path, max_size=MAX_SIZE)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"The statement {path} cannot be read: {why}.", remedy="Name another file.") from None
    return parse_statements(text, path)


def parse_statements(text: str, path: Path) -> list[Stated]:
    """Parses the text of a file; see `read_statements`."""
    where, found = str(path), []
    try:
        for line, document in _documents(text):
            where = f"line {line} of {path}" if line else str(path)
            found.append(Stated(statement=_statement(_parsed(document)), text=document, where=where))
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise damaged(where, error) from None
    return found


def damaged(where: str, error: Exception) -> UsageError:
    """The error for a statement that is damaged."""
    return UsageError(
        f"{where} is damaged, or neither a statement, an envelope nor a bundle: {error}.",
        means="No statement of a file is believed if one of them cannot be read.",
        remedy="Get the file again, as the signer's tool has written it.",
    )


def _documents(text: str) -> Iterator[tuple[int, str]]:
    """The documents of a text, each with its line: the text as line 0 if it is one, else its lines but blank ones."""
    try:
        _parsed(text)
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":
            raise
    else:
        yield 0, text
        return
    # Not by `splitlines`, which would split a text at characters that JSON has no line ends in.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip(" \t\r"):
            yield number, line


def _parsed(text: str | bytes) -> Any:
    return json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Some readers of JSON, such as that of Go, take a name in other capitals for the same, and the last one counts.
    if len({name.casefold() for name, _ in pairs}) < len(pairs):
        names = [name.casefold() for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"an object has {twice!r} twice, perhaps in other capitals")
    return dict(pairs)


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _statement(document: object) -> JsonObject:
    found = JsonObject(document, "it")
    forms = [what for name, what in _FORMS.items() if found.has(name)]
    if len(forms) != 1:
        raise ValueError(f"it is {' and '.join(forms)} at once" if forms else f"it has none of {', '.join(_FORMS)}")
    if found.has("_type"):
        return found
    if found.has("payload"):
        return _payload(found)
    if others := [name for name in _OTHER_SPELLINGS if found.has(name)]:
        raise ValueError(f"it has {others[0]!r} beside its envelope")
    return _payload(found.object("dsseEnvelope"))


def _payload(envelope: JsonObject) -> JsonObject:
    if (kind := envelope.text("payloadType")) != PAYLOAD_TYPE:
        raise ValueError(f"its payload is of the type {kind!r}, and not {PAYLOAD_TYPE}")
    if not envelope.objects("signatures"):
        raise ValueError("its envelope has no signature")
    encoded = envelope.text("payload").encode("ascii")
    payload = base64.b64decode(encoded, validate=True)
    # Versions of Python differ in what they take for base64 beside this.
    if base64.b64encode(payload) != encoded:
        raise ValueError("its payload is not in base64 as it is written")
    statement = JsonObject(_parsed(payload.decode()), "its payload")
    if not statement.has("_type"):
        raise ValueError("its payload is not a statement")
    return statement
