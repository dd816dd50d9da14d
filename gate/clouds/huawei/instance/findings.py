"""Translates the list of vulnerabilities of one image, and doubts one that may not be all of it.

The list is on one page, and states when it was generated, but neither its digest nor its length (huawei-images.md 5).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gate.clouds.huawei.images.finding_rows import NO_ID, row_text, severity_of
from gate.clouds.huawei.instance.overview import time_of
from gate.clouds.huawei.instance.reports import find_report
from gate.clouds.huawei.severity_words import INSTANCE_LEVELS
from gate.clouds.values import malformed
from gate.finding import Finding, is_cve
from gate.image import Severity
from gate.scan import ScanScope

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from gate.image import ScannedImage


def listed(image: ScannedImage, document: Mapping[str, Any] | None, started_at: datetime | None) -> ScannedImage:
    """The image with the findings of this response.

    Args:
        image: The image, with its numbers.
        document: The response of ListInstanceArtifactVulnerabilities; None if there is no report.
        started_at: The start of the scan whose result the image has.

    Raises:
        NotUnderstood: The report has no list of vulnerabilities.
    """
    if document is None:
        return replace(image, findings=(), findings_doubt="its instance has no list of its vulnerabilities")
    found = find_report(document)
    if found.report is None:
        return replace(image, findings=(), findings_doubt=f"its instance lists {found.problem}")
    rows = found.report.get("vulnerabilities")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise malformed("The response of ListInstanceArtifactVulnerabilities has no list of vulnerabilities.")
    findings = tuple(map(_finding, rows))
    doubts = _doubts(image, findings, time_of(found.report.get("generated_at")), started_at)
    return replace(image, findings=findings, findings_doubt="; ".join(doubts))


def _finding(row: Mapping[str, Any]) -> Finding:
    id_, fixed = row_text(row, "id"), row_text(row, "fix_version")
    severity, word = severity_of(row.get("severity"), INSTANCE_LEVELS)
    return Finding(
        id=id_ or NO_ID,
        cves=(id_,) if is_cve(id_) else (),
        package=row_text(row, "package"),
        version=row_text(row, "version"),
        fixed_version=fixed,
        # That an empty version means no fix is not documented.
        is_fixable=True if fixed else None,
        severity=severity,
        raw_severity=word,
        kind=ScanScope.VULNERABILITY,
    )


def _doubts(
    image: ScannedImage, findings: Sequence[Finding], generated_at: datetime | None, started_at: datetime | None
) -> Iterator[str]:
    """Why these findings may not be all of the image."""
    if generated_at is None or started_at is None:
        yield "the list of vulnerabilities does not state when it was generated"
    elif generated_at < started_at:
        yield "the list of vulnerabilities is from before the scan"
    if any(finding.id == NO_ID for finding in findings):
        yield "vulnerabilities are listed without an id"
    total = image.kinds.get(ScanScope.VULNERABILITY)
    if total is None:
        yield "their number is not stated"
    # There may be more: one may be listed for each package.
    elif len(findings) < total:
        yield f"{total} vulnerabilities are counted, and {len(findings)} listed"
    numbers = Counter(finding.severity for finding in findings)
    for level, number in image.severities.items():
        if numbers[level] < number:
            yield f"{number} vulnerabilities of severity {level} are counted, and {numbers[level]} listed"
    highest = image.highest or Severity.NONE
    if highest is not Severity.NONE and not any(severity.is_at_least(highest) for severity in numbers):
        yield f"the severity {highest} is stated, and none of it is listed"
