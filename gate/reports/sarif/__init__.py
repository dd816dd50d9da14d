"""The `sarif` report for code scanning: the reasons of a block, and each image that is risky or could not be scanned.

SARIF 2.1.0, as GitHub takes it (ci-hosts.md 5). GitHub closes an alert when a later upload lacks it, so this report is
made of verdicts only: an undecided run has none, and must not be written.
"""

from __future__ import annotations

import zlib
from itertools import chain
from typing import TYPE_CHECKING, Any

from gate.outcome import coverage
from gate.reports.context import context_rows
from gate.reports.images import named_images
from gate.reports.json_text import object_chunks
from gate.reports.listed_findings import are_of_all_images
from gate.reports.sarif.findings import finding_results, of_findings
from gate.reports.sarif.images import of_images
from gate.reports.sarif.results import GATE, Result, rows
from gate.reports.sarif.rules import RULES, described
from gate.reports.size_limits import MAX_SARIF_SIZE
from gate.text import distinct_name, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gate.outcome import Outcome
    from gate.reports.sarif.findings import FoundFinding

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MAX_RESULTS = 5_000
"""In one run; GitHub takes 25,000, stores 5,000 of them and drops the others silently (report-readers.md 3.1)."""
_BLOCK_SIZE = 1_000_000
"""Bytes."""
_HOME = "https://github.com/your-org/scan-gate"


def render(outcome: Outcome, max_size: int = MAX_SARIF_SIZE) -> Iterator[str]:
    """Renders one run of results, of at most `max_size` bytes when compressed, in ASCII.

    It has single findings if all of them are known, since GitHub closes an alert that a later upload lacks. Meant for
    verdicts only: an empty upload closes every alert.
    """
    reasons = {code: text for code, text in outcome.reasons_by_code.items() if code in RULES}
    found = finding_results(outcome) if are_of_all_images(outcome) else None
    most = min(MAX_RESULTS, len(reasons) + len(named_images(outcome) if found is None else found))
    # With the reasons, one that says how much is left out.
    least = len(reasons) + 1
    while most > least:
        # Kept compressed while its size is measured, it need not be rendered twice.
        if compressed := _compress(_chunks(outcome, reasons, found, most), max_size):
            return _decompress(compressed)
        most = max(most // 2, least)
    return _chunks(outcome, reasons, found, most)


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


def _chunks(outcome: Outcome, reasons: Mapping[str, str], found: list[FoundFinding] | None, most: int) -> Iterator[str]:
    room = most - len(reasons)
    rules, of_release = of_images(outcome, room) if found is None else of_findings(outcome, found, room)
    rules = [*(described(code, outcome) for code in reasons), *rules]
    of_reasons = (
        Result(rule=code, text=text, level="error", place=GATE, identity=outcome.cloud)
        for code, text in reasons.items()
    )
    rendered = rows(chain(of_reasons, of_release), rules, has_findings=found is not None)
    return object_chunks(_document(outcome, rules), {"results": rendered})


def _document(outcome: Outcome, rules: list[dict[str, Any]]) -> dict[str, Any]:
    driver = {
        "name": "scan-gate",
        "informationUri": _HOME,
        "semanticVersion": outcome.gate_version,
        "rules": rules,
    }
    # Only where it was asked for: GitHub would prefer it to the category that the user gives to the upload.
    category = {"automationDetails": {"id": f"scan-gate/{distinct_name(outcome.name)}/"}} if outcome.name else {}
    covered = coverage(outcome.task) if outcome.task else {}
    covered |= {row.title: row.value for row in context_rows(outcome)}
    properties = {name: one_line(value) for name, value in covered.items()}
    run = {"tool": {"driver": driver}, **category, **_revision(outcome), "properties": properties, "results": []}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _revision(outcome: Outcome) -> dict[str, Any]:
    """The commit that the run is about, where the address of its repository is known."""
    job = outcome.context.job
    if not job.repository_url:
        return {}
    known = {"revisionId": one_line(job.commit), "branch": one_line(job.branch)}
    found = {name: value for name, value in known.items() if value}
    return {"versionControlProvenance": [{"repositoryUri": job.repository_url, **found}]}
