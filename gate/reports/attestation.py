"""The `attestation` report: the verdict as in-toto statements, for the tools that sign and store such statements.

Each line is one statement, without a signature: for each image a verification summary of SLSA, and of a release that
passed also one simple verification result about all images (attestations.md 1 to 3).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gate.image import ImageState
from gate.in_toto import FAILED, PASSED, RESULT_TYPE, STATEMENT_TYPE, SUMMARY_TYPE, VERIFIER
from gate.policy import Decision
from gate.policy_digest import policy_digest
from gate.reports.context import context_rows
from gate.reports.package_urls import package_url
from gate.text import escape_commands_in_json, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from gate.image import ImageRef
    from gate.outcome import Outcome

_LEVEL = "SCAN_GATE_WITHIN_POLICY"
_ALL_SCANNED = "SCAN_GATE_ALL_IMAGES_SCANNED"


def render(outcome: Outcome) -> Iterator[str]:
    """Renders one statement a line, in ASCII; meant for verdicts on the images of a release, each with its digest.

    The release is judged as a whole, so the summary of each image has the verdict on all of them. It is the verdict
    itself: a block that the policy made a warning is `FAILED`.
    """
    images = outcome.task.images if outcome.task else ()
    has_passed = outcome.verdict.decision is Decision.PASSED
    for image in images:
        yield _line([image.image], SUMMARY_TYPE, _summary(image.image, outcome, has_passed=has_passed))
    if has_passed and images:
        are_scanned = all(image.state is ImageState.SCANNED for image in images)
        # A limit of failed images lets a release pass that was not scanned as a whole.
        properties = [*([_ALL_SCANNED] if are_scanned else []), _LEVEL]
        yield _line([image.image for image in images], RESULT_TYPE, _simple_result(outcome, properties))


def _line(images: Iterable[ImageRef], predicate_type: str, predicate: dict[str, Any]) -> str:
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": image.repository, "digest": _digest_set(image.digest)} for image in images],
        "predicateType": predicate_type,
        "predicate": predicate,
    }
    return escape_commands_in_json(json.dumps(statement, separators=(",", ":"))) + "\n"


def _digest_set(digest: str) -> dict[str, str]:
    algorithm, _, value = digest.partition(":")
    return {algorithm: value}


def _summary(image: ImageRef, outcome: Outcome, *, has_passed: bool) -> dict[str, Any]:
    return {
        "verifier": {"id": VERIFIER, "version": {"scan-gate": outcome.gate_version}},
        "timeVerified": _time(outcome.generated_at),
        "resourceUri": package_url(image),
        "policy": _policy(outcome),
        "verificationResult": PASSED if has_passed else FAILED,
        "verifiedLevels": [_LEVEL if has_passed else FAILED],
        **_context(outcome),
    }


def _simple_result(outcome: Outcome, properties: list[str]) -> dict[str, Any]:
    return {
        "verifier": {"id": VERIFIER, "policies": [_policy(outcome)]},
        "timeCreated": _time(outcome.generated_at),
        "properties": properties,
        **_context(outcome),
    }


def _context(outcome: Outcome) -> dict[str, Any]:
    """What the verdict is about beside the images, in a field that the standards leave to the producer."""
    return {"scangate_context": {row.key: one_line(row.value) for row in context_rows(outcome)}}


def _policy(outcome: Outcome) -> dict[str, Any]:
    digest = policy_digest(outcome.policy)
    return {"uri": f"{VERIFIER}:policy:{digest}", "digest": _digest_set(digest)}


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
