"""Reads verification summaries: what a statement says of which digests, strictly; a wrong type is never passed over.

The fields are those of version 1 (attestations.md 1 and 2). What is of another kind, version or verifier is told apart
by its name, and no more of it is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gate.in_toto import FAILED, PASSED, STATEMENT_TYPE, SUMMARY_TYPE, VERIFIER
from gate.verify.envelopes import damaged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gate.json_object import JsonObject
    from gate.verify.envelopes import Stated

_OTHER_VERSION = re.compile(r"https://in-toto\.io/Statement/|https://slsa\.dev/verification_summary/")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)", flags=re.ASCII)
"""RFC 3339; Python alone takes weeks, and texts without separators, for times too."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """What one statement says of the images with these digests."""

    stated: Stated
    digests: frozenset[str]
    """By sha256, each with its algorithm."""
    policy: str
    """The digest of the policy, with its algorithm; empty if it has none by sha256."""
    has_passed: bool
    verified_at: datetime | None
    """None without a time in RFC 3339."""
    gate_version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Other:
    """A statement that is no summary of this gate, and why."""

    stated: Stated
    digests: frozenset[str]
    """Empty where they are not known."""
    why: str


def summaries(stated: Iterable[Stated]) -> tuple[list[Summary], list[Other]]:
    """Reads the summaries of this gate among the statements, and what the others are.

    Raises:
        UsageError: One that names itself a summary of version 1 of this gate is damaged.
    """
    found: list[Summary] = []
    others: list[Other] = []
    for each in stated:
        try:
            one = _read(each)
        except (ValueError, LookupError, TypeError, OverflowError) as error:
            raise damaged(each.where, error) from None
        if isinstance(one, Summary):
            found.append(one)
        else:
            others.append(one)
    return found, others


def _read(stated: Stated) -> Summary | Other:
    statement = stated.statement
    if (kind := statement.text("_type")) != STATEMENT_TYPE:
        # Nobody knows what the subjects of another version look like.
        return Other(stated=stated, digests=frozenset(), why=_why(kind, STATEMENT_TYPE))
    digests, predicate_type = _subjects(statement), statement.text("predicateType")
    if predicate_type != SUMMARY_TYPE:
        return Other(stated=stated, digests=digests, why=_why(predicate_type, SUMMARY_TYPE))
    predicate = statement.object("predicate")
    verifier = predicate.object("verifier")
    if (verifier_id := verifier.text("id")) != VERIFIER:
        return Other(stated=stated, digests=digests, why=f"is by the verifier {verifier_id!r}, not by {VERIFIER!r}")
    return Summary(
        stated=stated,
        digests=digests,
        policy=_policy(predicate.object("policy")),
        has_passed=_has_passed(predicate),
        verified_at=_time(predicate),
        gate_version=_gate_version(verifier),
    )


def _why(kind: str, expected: str) -> str:
    if _OTHER_VERSION.match(kind):
        return f"is of another version, {kind!r}; this gate reads {expected} only"
    return f"is of another kind, {kind!r}"


def _subjects(statement: JsonObject) -> frozenset[str]:
    digests = [subject.object("digest") for subject in statement.objects("subject")]
    # A subject is matched by its digest alone; one by another algorithm is none of an image.
    return frozenset(f"sha256:{digest.text('sha256')}" for digest in digests if digest.has("sha256"))


def _policy(policy: JsonObject) -> str:
    policy.text("uri")
    if not policy.has("digest"):
        return ""
    digest = policy.object("digest")
    return f"sha256:{digest.text('sha256')}" if digest.has("sha256") else ""


def _has_passed(predicate: JsonObject) -> bool:
    predicate.text("resourceUri")
    result, levels = predicate.text("verificationResult"), predicate.texts("verifiedLevels")
    if result not in {PASSED, FAILED}:
        raise ValueError(f"its result is {result!r}, and neither {PASSED} nor {FAILED}")
    if result == PASSED and FAILED in levels:
        raise ValueError(f"its result is {PASSED}, and its levels say {FAILED}")
    return result == PASSED


def _time(predicate: JsonObject) -> datetime | None:
    if not predicate.has("timeVerified"):
        return None
    text = predicate.text("timeVerified")
    if not _TIME.fullmatch(text):
        raise ValueError(f"its time is {text!r}, and not in RFC 3339")
    return datetime.fromisoformat(text).astimezone(UTC)


def _gate_version(verifier: JsonObject) -> str:
    if not verifier.has("version"):
        return ""
    version = verifier.object("version")
    return version.text("scan-gate") if version.has("scan-gate") else ""
