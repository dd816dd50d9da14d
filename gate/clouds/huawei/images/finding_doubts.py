"""Says why a list of findings may not be all of an image: none states which scan it is of (huawei-images.md 3, 8.1)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gate.clouds.huawei.images.finding_rows import NO_ID
from gate.clouds.values import as_text, datetime_from_ms, text
from gate.image import Severity
from gate.scan import RISK_SCOPES, ScanScope
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gate.clouds.huawei.images.finding_pages import ListedRows
    from gate.clouds.huawei.images.finding_rows import FindingList
    from gate.clouds.huawei.images.rows import ImageRow
    from gate.finding import Finding
    from gate.image import ScannedImage

_LONGEST = {"image_id": 128, "namespace": 64, "image_name": 128, "image_version": 64}
"""The parts of its row that name an image, and how many characters HSS takes in a request (3.2)."""
_MAX_WORD = 40
_TOLERANCE = timedelta(minutes=10)
"""Between the time in a row of sensitive information and the end of the image's scan, which are of one scan."""


def why_unlisted(of: FindingList, row: ImageRow) -> str:
    """Why HSS cannot be asked for this list of the image with this row; empty if it can."""
    image_type = row.raw.get("image_type")
    if text(image_type) not in of.image_types:
        return f"HSS does not list them for the image type {one_line(as_text(image_type), _MAX_WORD)}"
    for name, longest in _LONGEST.items():
        if not 0 < len(text(row.raw.get(name))) <= longest:
            return f"HSS cannot be asked for them by the {name} of its row"
    return ""


def doubts_of_list(of: FindingList, listed: ListedRows, image: ScannedImage) -> Iterator[str]:
    """Why this list may not be all of its kind: it contradicts itself, or states less than the rows of the image."""
    if listed.doubt:
        yield f"the list of {of.what}: {listed.doubt}"
    number, stated = of.count_rows(listed.rows), image.kinds.get(of.kind)
    if stated is None and of.kind in RISK_SCOPES:
        yield f"the list of {of.what}: HSS does not say how many there are"
    # There may be more: HSS counts a vulnerability once, and may list it for each package (3.2). None at all are what
    # it lists for a wrong key.
    if stated is not None and number < stated:
        yield f"the list of {of.what}: HSS counts {stated}, and lists {number}"
    times = [time for row in listed.rows if (time := datetime_from_ms(row.get("latest_scan_time")))]
    if image.scanned_at and times and min(times) < image.scanned_at - _TOLERANCE:
        yield f"the list of {of.what}: it is older than the scan"


def doubts_of_image(image: ScannedImage, findings: Sequence[Finding], kinds: frozenset[ScanScope]) -> Iterator[str]:
    """Why these findings may not be all of the image: HSS states severities that none of them has."""
    if any(finding.id == NO_ID for finding in findings):
        yield "HSS lists findings without an id"
    severities = [finding.severity for finding in findings if finding.kind is ScanScope.VULNERABILITY]
    if ScanScope.VULNERABILITY in kinds:
        for level, number in image.severities.items():
            if (found := severities.count(level)) < number:
                yield f"the list of vulnerabilities: HSS counts {number} of severity {level}, and lists {found}"
    highest = image.highest or Severity.NONE
    has_highest = any(finding.severity.is_at_least(highest) for finding in findings)
    if kinds >= RISK_SCOPES and highest is not Severity.NONE and not has_highest:
        yield f"HSS states the severity {highest}, and lists nothing of it"
