"""The words about a baseline: how many findings are new, known and gone."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from gate.finding import FindingStatus
from gate.text import first_of

if TYPE_CHECKING:
    from gate.finding import KnownFinding
    from gate.outcome import Outcome

_NAMED = 5
"""How many findings a message names."""


def against_baseline(outcome: Outcome) -> str:
    """What has changed since the baseline, in a sentence; empty without one, or where no findings were listed."""
    images = outcome.task.images if outcome.task else ()
    findings = [finding for image in images for finding in image.findings or ()]
    if outcome.policy.findings.baseline is None or all(image.findings is None for image in images):
        return ""
    number = Counter(finding.status for finding in findings)
    counts = f"{number[FindingStatus.OPEN]} new, {number[FindingStatus.KNOWN]} known, {len(outcome.gone)} gone"
    named = first_of([*map(_name, outcome.gone)], _NAMED)
    return f"Against the baseline: {counts}{f' ({named})' if named else ''}."


def _name(known: KnownFinding) -> str:
    return f"{known.id} in {known.package or known.kind} of {known.repository}"
