"""Tells which findings stood in the baseline: no more of one name than there were, and none that is worse."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from gate.finding import KnownFinding
from gate.scan import ScanScope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gate.finding import Finding
    from gate.image import Severity


def numbered(findings: Iterable[Finding], repository: str) -> Iterator[tuple[KnownFinding, Severity]]:
    """What a later run knows of the findings of one image, with the severity of each; several can be the same.

    Args:
        findings: Those that count.
        repository: That of the image.
    """
    numbers = Counter[KnownFinding]()
    for finding in sorted(findings, key=_rank):
        first = _first(finding, repository)
        numbers[first] += 1
        yield _nth(first, numbers[first]), finding.severity


def known_places(
    findings: Sequence[Finding], candidates: Iterable[int], baseline: Mapping[KnownFinding, Severity], repository: str
) -> frozenset[int]:
    """The places of the findings of one image that the baseline has; one whose severity has risen is new.

    Args:
        findings: All findings of the image.
        candidates: The places of those that count otherwise.
        baseline: What stood in the earlier report.
        repository: That of the image.
    """
    numbers = Counter[KnownFinding]()
    places = set()
    # The most severe first: what is left of the baseline then suffices for each one, or for none that follow.
    for place in sorted(candidates, key=lambda place: _rank(findings[place])):
        first = _first(findings[place], repository)
        before = baseline.get(_nth(first, numbers[first] + 1))
        if before is not None and before.is_at_least(findings[place].severity):
            numbers[first] += 1
            places.add(place)
    return frozenset(places)


def _first(finding: Finding, repository: str) -> KnownFinding:
    return KnownFinding(id=finding.id, package=finding.package, kind=finding.kind, repository=repository)


def _nth(first: KnownFinding, number: int) -> KnownFinding:
    """The finding with this number among those of one name; a vulnerability of a package is one in all its versions."""
    is_one = first.kind is ScanScope.VULNERABILITY and first.package
    return first if is_one else replace(first, number=number)


def _rank(finding: Finding) -> int:
    return finding.severity.rank
