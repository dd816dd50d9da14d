"""What `verify` has to answer, written from its rules in docs/attestations.md; shares no code with the gate.

The shapes are JSON schemas, the time is taken apart by hand, and the decision is one function.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.verify.attacks import Attack

TEXT = {"type": "string"}
BASE64 = r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?\Z"
"""RFC 4648 4: whole groups of four, and no bits beside those of the bytes."""
DIGEST = {"type": "object", "properties": {"sha256": TEXT}}


def _shape(**properties: Any) -> Draft202012Validator:
    return Draft202012Validator({"type": "object", "required": [*properties], "properties": properties})


ENVELOPE = _shape(
    payloadType={"const": "application/vnd.in-toto+json"},
    payload={"type": "string", "pattern": BASE64},
    signatures={"type": "array", "minItems": 1, "items": {"type": "object"}},
)
STATEMENT = _shape(
    subject={"type": "array", "items": {"type": "object", "required": ["digest"], "properties": {"digest": DIGEST}}},
    predicateType=TEXT,
)
VERIFIED = _shape(predicate={"type": "object", "required": ["verifier"], "properties": {}})
VERIFIER = _shape(id=TEXT)
SUMMARY = Draft202012Validator(
    {
        "type": "object",
        "required": ["resourceUri", "policy", "verificationResult", "verifiedLevels"],
        "properties": {
            "verifier": {
                "properties": {"version": {"type": "object", "properties": {"scan-gate": TEXT}}},
            },
            "resourceUri": TEXT,
            "policy": {"type": "object", "required": ["uri"], "properties": {"uri": TEXT, "digest": DIGEST}},
            "verificationResult": {"enum": ["PASSED", "FAILED"]},
            "verifiedLevels": {"type": "array", "items": TEXT},
            "timeVerified": TEXT,
        },
        "if": {"properties": {"verificationResult": {"const": "PASSED"}}},
        "then": {"properties": {"verifiedLevels": {"not": {"contains": {"const": "FAILED"}}}}},
    }
)
TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:Z|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
)


class Damaged(Exception):
    """Raised for a file that nothing of may be believed."""


class Fact(NamedTuple):
    """One summary of this gate."""

    digests: set[str]
    policy: str | None
    result: str
    time: datetime | None


def exit_code(attack: Attack) -> int:
    """The exit code: 0 only if every image that is asked for has passed."""
    try:
        facts = [fact for document in _documents(attack.content) for fact in _facts(document)]
    except Damaged:
        return 2
    answers = {_answer(image.partition("@")[2], facts, attack) for image in attack.images}
    return 1 if 1 in answers else 7 if 7 in answers else 0


def _answer(digest: str, facts: list[Fact], attack: Attack) -> int:
    mine = [one for one in facts if digest in one.digests and (attack.policy is None or one.policy == attack.policy)]
    oldest, latest = attack.now - timedelta(seconds=attack.max_age), attack.now + timedelta(minutes=1)
    placed = [(one.time, one.result) for one in mine if one.time and oldest <= one.time <= latest]
    if not placed:
        return 7
    newest = max(time for time, _ in placed)
    results = {result for time, result in placed if time == newest}
    if results == {"FAILED"}:
        return 1
    has_doubt = any(one.result == "FAILED" and (one.time is None or one.time > latest) for one in mine)
    return 0 if results == {"PASSED"} and not has_doubt else 7


def _documents(content: bytes) -> Iterator[object]:
    try:
        text = content[3:].decode() if content[:3] == b"\xef\xbb\xbf" else content.decode()
    except UnicodeDecodeError:
        raise Damaged from None
    first, rest = _first_of(text)
    if not rest.strip(" \t\r\n"):
        yield first
        return
    for line in re.split("\n", text):
        if line.strip(" \t\r"):
            document, rest = _first_of(line)
            if rest.strip(" \t\r"):
                raise Damaged
            yield document


def _first_of(text: str) -> tuple[object, str]:
    start = len(text) - len(text.lstrip(" \t\r\n"))
    try:
        document, end = json.JSONDecoder(object_pairs_hook=_unambiguous, parse_constant=_none).raw_decode(text, start)
    except ValueError:
        raise Damaged from None
    return document, text[end:]


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: set[str] = set()
    for name, _ in pairs:
        if name.casefold() in seen:
            raise Damaged
        seen.add(name.casefold())
    return dict(pairs)


def _none(_: str) -> None:
    raise Damaged


def _facts(document: object) -> Iterator[Fact]:
    statement = _unwrapped(document)
    kind = statement["_type"]
    if not isinstance(kind, str):
        raise Damaged
    if kind != "https://in-toto.io/Statement/v1":
        return
    _require(STATEMENT, statement)
    if statement["predicateType"] != "https://slsa.dev/verification_summary/v1":
        return
    _require(VERIFIED, statement)
    predicate = statement["predicate"]
    _require(VERIFIER, predicate["verifier"])
    if predicate["verifier"]["id"] != "urn:scan-gate":
        return
    _require(SUMMARY, predicate)
    policy = predicate["policy"].get("digest", {}).get("sha256")
    yield Fact(
        digests={f"sha256:{one['digest']['sha256']}" for one in statement["subject"] if "sha256" in one["digest"]},
        policy=None if policy is None else f"sha256:{policy}",
        result=predicate["verificationResult"],
        time=_time(predicate["timeVerified"]) if "timeVerified" in predicate else None,
    )


def _unwrapped(document: object) -> dict[str, Any]:
    if not isinstance(document, dict) or len({"_type", "payload", "dsseEnvelope"} & document.keys()) != 1:
        raise Damaged
    if "_type" in document:
        return document
    if {"dsse_envelope", "messageSignature", "message_signature"} & document.keys() and "dsseEnvelope" in document:
        raise Damaged
    envelope = document.get("dsseEnvelope", document)
    _require(ENVELOPE, envelope)
    try:
        payload = base64.b64decode(envelope["payload"]).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise Damaged from None
    statement, rest = _first_of(payload)
    if rest.strip(" \t\r\n") or not isinstance(statement, dict) or "_type" not in statement:
        raise Damaged
    return statement


def _require(shape: Draft202012Validator, document: object) -> None:
    if not shape.is_valid(document):
        raise Damaged


def _time(text: str) -> datetime:
    found = TIME.fullmatch(text)
    if not found:
        raise Damaged
    *whole, fraction, sign, hours, minutes = found.groups()
    try:
        local = datetime(*map(int, whole), int(f"{fraction or 0}000000"[:6]), tzinfo=UTC)  # type: ignore[arg-type, misc]
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        return local + offset if sign == "-" else local - offset
    except (ValueError, OverflowError):
        raise Damaged from None
