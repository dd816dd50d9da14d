"""Checks whether the findings that were listed are all of an image, and of its last scan (alibaba-images.md 7).

Each check says in words why they may not be. What the console has handled may be left out of a number, or not: no
document says which (3.2), so a number may be any from those without to those with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.image import Severity
from gate.scan import ScanScope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from gate.clouds.alibaba.images.finding_rows import FindingRow
    from gate.clouds.alibaba.images.rows import ImageRow
    from gate.clouds.alibaba.images.severities import Vulnerabilities
    from gate.clouds.alibaba.leaves import ScanWindow
    from gate.finding import Finding


@dataclass(frozen=True, kw_only=True, slots=True)
class ScannedDigest:
    """An image whose findings are listed, and what is known of it."""

    digest: str
    """Without its prefix."""
    rows: Sequence[ImageRow]
    """Its rows with a result: one for each tag and repository."""
    window: ScanWindow | None
    """When its last scan ran; None if that is not known."""
    numbers: Mapping[str, Vulnerabilities]
    """How many vulnerabilities its rows have, by uuid, as far as the cloud states it."""


def age_doubts(found: Iterable[FindingRow], scanned: ScannedDigest, what: str) -> Iterator[str]:
    """Whether what was found is of the last scan of this image."""
    window, older = scanned.window, _uuids_of_earlier_scans(scanned)
    for row in found:
        if row.scanned_at is None:
            yield f"a row of {what} has no scan time"
        elif window is None:
            yield "when its last scan started is not known"
        # A tag that was not scanned again has its own, older findings.
        elif _is_before(window, row.scanned_at) and row.uuid not in older:
            yield f"a row of {what} is older than its last scan"


def vulnerability_doubts(
    system: Sequence[Finding], applications: Sequence[Finding], scanned: ScannedDigest
) -> Iterator[str]:
    """Whether the vulnerabilities that were listed add up to the numbers that are stated of this image."""
    # Whether tags share an id is not documented.
    uuids = {row.uuid for row in scanned.rows}
    numbers = [scanned.numbers[uuid] for uuid in sorted(uuids & scanned.numbers.keys())]
    if any(row.uuid not in scanned.numbers and ScanScope.VULNERABILITY not in row.kinds for row in scanned.rows):
        yield "how many vulnerabilities it has is not stated"
    by_severity = [one.by_severity for one in numbers if one.by_severity is not None]
    if len(by_severity) < len(numbers):
        yield "its numbers of vulnerabilities do not add up"
    parts: list[tuple[str, Sequence[Finding], list[int | None]]] = [
        ("vulnerabilities of the system", system, [one.of_system for one in numbers]),
        ("vulnerabilities of applications", applications, [one.of_applications for one in numbers]),
    ]
    both = [*system, *applications]
    for severity in (Severity.HIGH, Severity.MEDIUM, Severity.LOW):
        of_severity = [finding for finding in both if finding.severity is severity]
        parts.append((f"{severity} vulnerabilities", of_severity, [one[severity] for one in by_severity]))
    for what, found, stated in parts:
        known = [number for number in stated if number is not None]
        yield from _number_doubts(what, found, known, is_whole=len(known) == len(uuids))


def row_doubts(found: Mapping[ScanScope, Sequence[Finding]], scanned: ScannedDigest) -> Iterator[str]:
    """Whether at least so many findings of each kind were listed as the rows of this image count.

    A list of more is no reason for doubt: whether files are counted by path or by content is not documented.
    """
    if not scanned.rows:
        yield "it has no row with a result"
    for kind, findings in found.items():
        stated = max((row.kinds[kind] for row in scanned.rows if kind in row.kinds), default=0)
        if stated > len(findings):
            yield f"{len(findings)} findings of kind {kind} are listed, and its row counts {stated}"
        elif not findings and any(kind not in row.clean_kinds for row in scanned.rows):
            yield f"no findings of kind {kind} are listed, and its row does not say that there are none"


def _number_doubts(what: str, found: Sequence[Finding], stated: Sequence[int], *, is_whole: bool) -> Iterator[str]:
    """Compares a list with the numbers of each row; one finding may be in several rows."""
    unhandled = sum(not finding.handled for finding in found)
    if stated and max(stated) > len(found):
        yield f"{len(found)} {what} are listed, and {max(stated)} are counted"
    elif is_whole and unhandled > sum(stated):
        yield f"{unhandled} {what} are listed, and only {sum(stated)} are counted"


def _uuids_of_earlier_scans(scanned: ScannedDigest) -> set[str]:
    """The ids of those rows of this image that the last scan did not scan again."""
    window = scanned.window
    if window is None:
        return set()
    latest = {row.uuid for row in scanned.rows if row.latest_at is None or not _is_before(window, row.latest_at)}
    return {row.uuid for row in scanned.rows} - latest


def _is_before(window: ScanWindow, time: datetime) -> bool:
    return window.starts_after(time) or window.cannot_contain(time)
