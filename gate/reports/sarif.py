"""The `sarif` report for code scanning: the reasons of a block, and each image that is risky or could not be scanned.

SARIF 2.1.0, as GitHub takes it (ci-hosts.md 5). GitHub closes an alert when a later upload lacks it, so this report is
made of verdicts only: an undecided run has none, and must not be written.
"""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gate.outcome import coverage
from gate.reports.images import (
    CHECKS,
    NOT_SCANNED,
    RISKY,
    failed_check,
    findings,
    fingerprint,
    named_images,
    shown_findings,
)
from gate.reports.json_text import RowLayout, object_chunks
from gate.reports.size_limits import MAX_SARIF_SIZE
from gate.text import MAX_REASON_LENGTH, distinct_name, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gate.image import ImageRef
    from gate.outcome import Outcome
    from gate.policy import Reason

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MAX_RESULTS = 5_000
"""In one run; GitHub takes 25,000, stores 5,000 of them and drops the others silently (report-readers.md 3.1)."""
_MIN_RESULTS = 3
"""Both reasons of a block, and the number of images left out."""
_BLOCK_SIZE = 1_000_000
"""Bytes."""
_HOME = "https://github.com/your-org/scan-gate"
_LEFT_OUT = "more-images"
_LEVELS = {True: "error", False: "note"}
"""Of an image, by whether it blocks the release."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rule:
    title: str
    meaning: str
    remedy: str
    severity: str
    """From 0 to 10, with one decimal."""


_RULES = {
    "too-many-failed": _Rule(
        title="Too many images could not be scanned",
        meaning="More images could not be scanned than the policy allows, so their risks are unknown.",
        remedy="Look at the failed images, fix what the cloud names as the cause, and scan again.",
        severity="7.0",
    ),
    "too-many-risky": _Rule(
        title="Too many images are risky",
        meaning="The cloud's scan found risks in more images than the policy allows.",
        remedy="Look at the findings of the risky images in the cloud's console, fix them, and scan again.",
        severity="8.0",
    ),
    RISKY: _Rule(
        title="An image is risky",
        meaning="The cloud's scan found risks in this image.",
        remedy="Look at its findings in the cloud's console, fix them, and scan again.",
        severity="6.0",
    ),
    NOT_SCANNED: _Rule(
        title="An image could not be scanned",
        meaning="The cloud's scan of this image failed, so its risks are unknown.",
        remedy="Fix what the cloud names as the cause, and scan again.",
        severity="5.0",
    ),
    _LEFT_OUT: _Rule(
        title="More images are risky or could not be scanned",
        meaning="There are more such images than one upload can hold; the json report has them all.",
        remedy="Open the json report of the run.",
        severity="5.0",
    ),
}
_RESULT = RowLayout(
    {
        "ruleId": "%(rule)s",
        "level": "%(level)s",
        "message": {"text": "%(text)s"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "%(place)s"},
                    "region": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1},
                }
            }
        ],
        "partialFingerprints": {"primaryLocationLineHash": "%(fingerprint)s"},
        "ruleIndex": "%(index)s",
    },
    depth=4,
)


def render(outcome: Outcome, max_size: int = MAX_SARIF_SIZE) -> Iterator[str]:
    """Renders one run of results, of at most `max_size` bytes when compressed, in ASCII.

    Meant for verdicts only, since an empty upload closes every alert.
    """
    reasons = [reason for reason in outcome.verdict.reasons if reason.code in _RULES]
    most = min(MAX_RESULTS, len(reasons) + len(named_images(outcome)))
    while most > _MIN_RESULTS:
        # Kept compressed while its size is measured, it need not be rendered twice.
        if compressed := _compress(_chunks(outcome, reasons, most), max_size):
            return _decompress(compressed)
        most //= 2
    return _chunks(outcome, reasons, most)


def _compress(chunks: Iterable[str], max_size: int) -> bytes:
    """Returns the chunks compressed; empty if that is more than that."""
    # The fastest level compresses least, so that a report that fits here fits with any level.
    compressor = zlib.compressobj(level=1)
    compressed = bytearray()
    for chunk in chunks:
        compressed += compressor.compress(chunk.encode())
        if len(compressed) > max_size:
            return b""
    compressed += compressor.flush()
    return bytes(compressed) if len(compressed) <= max_size else b""


def _decompress(compressed: bytes) -> Iterator[str]:
    decompressor = zlib.decompressobj()
    while not decompressor.eof:
        yield decompressor.decompress(compressed, _BLOCK_SIZE).decode()
        compressed = decompressor.unconsumed_tail


def _chunks(outcome: Outcome, reasons: list[Reason], most: int) -> Iterator[str]:
    shown = shown_findings(outcome, most - len(reasons))
    checks = {failed_check(image) for image in shown.images}
    rules = [reason.code for reason in reasons]
    rules += [check for check in CHECKS if check in checks]
    rules += [_LEFT_OUT] if shown.left_out else []
    met: Counter[tuple[str, str]] = Counter()

    def results() -> Iterator[str]:
        for reason in reasons:
            yield result(reason.code, reason.message, "error", "scan-gate", outcome.cloud)
        for finding in findings(shown.images, outcome):
            place = _place(finding.image.image)
            yield result(finding.check, finding.text, _LEVELS[finding.blocks], place, finding.identity)
        if shown.left_out:
            yield result(_LEFT_OUT, shown.left_out, _LEVELS[shown.left_out_block], "scan-gate", outcome.cloud)

    def result(rule: str, text: str, level: str, place: str, identity: str) -> str:
        # Even a plain message may hold links, [text](target): SARIF 2.1.0, 3.11.6.
        shown = one_line(text, MAX_REASON_LENGTH).replace("](", "] (")
        # Jenkins shows one of two results with the same message (report-readers.md 3.2).
        met[rule, shown] += 1
        return _RESULT.fill(
            rule=rule,
            level=level,
            text=shown if met[rule, shown] == 1 else f"{shown} ({met[rule, shown]})",
            place=place,
            fingerprint=f"{fingerprint(rule, identity)}:1",
            index=rules.index(rule),
        )

    return object_chunks(_document(outcome, rules), {"results": results()})


def _document(outcome: Outcome, rules: list[str]) -> dict[str, Any]:
    driver = {
        "name": "scan-gate",
        "informationUri": _HOME,
        "semanticVersion": outcome.gate_version,
        "rules": [_described(name, outcome) for name in rules],
    }
    # Only where it was asked for: GitHub would prefer it to the category that the user gives to the upload.
    category = {"automationDetails": {"id": f"scan-gate/{distinct_name(outcome.name)}/"}} if outcome.name else {}
    covered = coverage(outcome.task) if outcome.task else {}
    properties = {name: one_line(value) for name, value in covered.items()}
    run = {"tool": {"driver": driver}, **category, "properties": properties, "results": []}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _described(name: str, outcome: Outcome) -> dict[str, Any]:
    rule = _RULES[name]
    # By this, Jenkins tells the findings of two gates apart (report-readers.md 3.2).
    category = {"category": f"scan-gate.{distinct_name(outcome.name)}"} if outcome.name else {}
    return {
        "id": name,
        "name": name.title().replace("-", ""),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.meaning},
        "help": {"text": f"{rule.meaning} {rule.remedy}", "markdown": f"{rule.meaning}\n\n{rule.remedy}"},
        "defaultConfiguration": {"level": "error"},
        "properties": {
            "security-severity": rule.severity,
            "precision": "very-high",
            "tags": ["security", "container"],
            **category,
        },
    }


def _place(image: ImageRef) -> str:
    # A colon before the first slash would make the rest of the URI a scheme, one that starts with / is refused, and
    # dots alone would lead out of the repository.
    parts = one_line(f"{image.namespace}/{image.name}").split("/")
    return "/".join(quote(part, safe="") for part in parts if part.strip(" .")) or "image"
