"""The `sarif` report for code scanning: what speaks against the release, and each image that could not be scanned.

SARIF 2.1.0, as GitHub takes it (ci-hosts.md 5). An alert is closed when a later upload lacks it, so this report is
made of verdicts only: an undecided run has none, and must not be written.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gate.reports.failures import exceeds_failed_limit, failures, fingerprint
from gate.text import MAX_REASON_LENGTH, as_json, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.outcome import Outcome
    from gate.scan import ImageRef

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST_RESULTS = 25_000
"""In one run; above it, GitHub refuses the whole upload."""
BUDGET = 9_500_000
"""Bytes when compressed: GitHub takes 10 MB. Names that are all alike stay far below, names like noise do not."""
_FEWEST_RESULTS = 3
_HOME = "https://github.com/your-org/scan-gate"
_NOT_SCANNED = "image-not-scanned"
_LEFT_OUT = "more-images-not-scanned"
# id: (name, what it means, what to do, how bad it is from 0 to 10)
_RULES = {
    "too-many-failed": (
        "Too many images could not be scanned",
        "More images of the scan task failed than the policy allows, so nobody knows what is in them.",
        "Look at the failed images, mend what kept the cloud from scanning them, and scan again.",
        "7.0",
    ),
    "too-many-risky": (
        "Too many images are risky",
        "The cloud's scan found risks in more images than the policy allows.",
        "Look at the risky images in the cloud's console, mend them, and scan again.",
        "8.0",
    ),
    _NOT_SCANNED: (
        "An image could not be scanned",
        "The cloud's scan of this image failed, so nobody knows what is in it.",
        "Mend what kept the cloud from scanning it, and scan again.",
        "5.0",
    ),
    _LEFT_OUT: (
        "More images could not be scanned",
        "More images failed than one upload can hold; the json report has them all.",
        "Open the json report of the run.",
        "5.0",
    ),
}


def render(outcome: Outcome, budget: int = BUDGET) -> str:
    """Renders one run of results, of at most `budget` bytes when compressed, in ASCII.

    Meant for verdicts only, since an empty upload closes every alert.
    """
    results = list(_results(outcome, MOST_RESULTS))
    text = _log(outcome, results)
    while len(results) > _FEWEST_RESULTS and len(text) > budget and _compressed(text) > budget:
        results = list(_results(outcome, len(results) // 2))
        text = _log(outcome, results)
    return text


def _compressed(text: str) -> int:
    # The fastest level leaves more than the usual one would, so that what fits here fits there.
    return len(zlib.compress(text.encode(), level=1))


def _log(outcome: Outcome, results: list[dict[str, Any]]) -> str:
    used = [rule for rule in _RULES if any(result["ruleId"] == rule for result in results)]
    for result in results:
        result["ruleIndex"] = used.index(result["ruleId"])
    run = {
        "tool": {
            "driver": {
                "name": "scan-gate",
                "informationUri": _HOME,
                "semanticVersion": outcome.gate_version,
                "rules": [_rule(name) for name in used],
            }
        },
        "automationDetails": {"id": f"scan-gate/{outcome.cloud}/"},
        "results": results,
    }
    return as_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _results(outcome: Outcome, most: int) -> Iterator[dict[str, Any]]:
    reasons = [reason for reason in outcome.verdict.reasons if reason.code in _RULES]
    for reason in reasons:
        yield _result(reason.code, reason.message, "error", "scan-gate", outcome.cloud)
    shown, left_out = failures(outcome, most - len(reasons))
    level = "error" if exceeds_failed_limit(outcome) else "note"
    for failure in shown:
        yield _result(_NOT_SCANNED, failure.text, level, _place(failure.failed.image), failure.identity)
    if left_out:
        yield _result(_LEFT_OUT, left_out, level, "scan-gate", outcome.cloud)


def _result(rule: str, text: str, level: str, place: str, identity: str) -> dict[str, Any]:
    return {
        "ruleId": rule,
        "level": level,
        # Even a plain message may hold links, [text](target): SARIF 2.1.0, 3.11.6.
        "message": {"text": one_line(text, MAX_REASON_LENGTH).replace("](", "] (")},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": place},
                    "region": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1},
                }
            }
        ],
        "partialFingerprints": {"primaryLocationLineHash": f"{fingerprint(rule, identity)}:1"},
    }


def _place(image: ImageRef) -> str:
    # A colon before the first slash would make the rest of the URI a scheme, one that begins with / is refused, and
    # dots alone would lead out of the repository.
    parts = one_line(f"{image.namespace}/{image.name}").split("/")
    return "/".join(quote(part, safe="") for part in parts if part.strip(" .")) or "image"


def _rule(name: str) -> dict[str, Any]:
    title, means, remedy, severity = _RULES[name]
    return {
        "id": name,
        "name": name.title().replace("-", ""),
        "shortDescription": {"text": title},
        "fullDescription": {"text": means},
        "help": {"text": f"{means} {remedy}", "markdown": f"{means}\n\n{remedy}"},
        "defaultConfiguration": {"level": "error"},
        "properties": {"security-severity": severity, "precision": "very-high", "tags": ["security", "container"]},
    }
