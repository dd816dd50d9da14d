"""Which waiver covers which finding. An empty scope matches nothing; a waiver counts to the end of its last day."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase
from itertools import product
from typing import TYPE_CHECKING

from gate.finding import WaiverUse, names_cve
from gate.scan import ScanScope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from gate.finding import Finding, Waiver
    from gate.image import ImageRef, ScannedImage

ENDS_SOON = timedelta(days=14)
"""How long before its last day a waiver is named."""


@dataclass(kw_only=True, slots=True)
class WaiverIndex:
    """The waivers by what they name, for very many findings."""

    _by_id: dict[str, list[Waiver]] = field(default_factory=lambda: defaultdict(list))
    today: date

    @classmethod
    def of(cls, waivers: Iterable[Waiver], today: date) -> WaiverIndex:
        """Makes the index of these waivers.

        Args:
            waivers: Those of all files, in the order in which they count.
            today: The day, in UTC, on which they must not have expired.
        """
        index = cls(today=today)
        for waiver in waivers:
            index._by_id[waiver.id].append(waiver)
        return index

    def waiver_of(self, finding: Finding, image: ImageRef) -> Waiver | None:
        """The waiver by which this finding is waived; None if it is not.

        A finding of several CVEs is waived by its own id, unless that is one of them, or if each of its CVEs is
        (alibaba-images.md 3.2). Where its CVEs are not known, a CVE that is its id may be one of several.
        """
        is_one_cve = finding.id in finding.cves or (finding.has_unknown_cves and names_cve(finding))
        by_id = None if is_one_cve else self._first_in_force(finding.id, finding, image)
        if by_id or not finding.cves:
            return by_id
        of_cves = [self._first_in_force(cve, finding, image) for cve in finding.cves]
        return of_cves[0] if all(of_cves) else None

    def matching(self, finding: Finding, image: ImageRef) -> Iterator[Waiver]:
        """All waivers that name this finding or one of its CVEs, expired ones too."""
        for name in dict.fromkeys((finding.id, *finding.cves)):
            yield from (waiver for waiver in self._by_id.get(name, ()) if _covers(waiver, finding, image))

    def cve_waivers(self, image: ImageRef) -> Mapping[tuple[str, str], Waiver]:
        """The waivers of CVEs that are in force for this image: one for each pair of `pairs_of`."""
        return {
            (waiver.package, waiver.version): waiver
            for waivers in self._by_id.values()
            for waiver in waivers
            if names_cve(waiver) and not is_expired(waiver, self.today) and covers_image(waiver, image)
        }

    def _first_in_force(self, name: str, finding: Finding, image: ImageRef) -> Waiver | None:
        return next(
            (
                waiver
                for waiver in self._by_id.get(name, ())
                if not is_expired(waiver, self.today) and _covers(waiver, finding, image)
            ),
            None,
        )


def is_expired(waiver: Waiver, today: date) -> bool:
    """Whether the last day of this waiver is over."""
    return waiver.until is not None and waiver.until < today


def waiver_uses(waivers: Sequence[Waiver], images: Sequence[ScannedImage], today: date) -> tuple[WaiverUse, ...]:
    """What each of these waivers did for the findings of these images."""
    index, matches = WaiverIndex.of(waivers, today), Counter[int]()
    may_match = [_with_unknown_cves(image) for image in images]
    for image in images:
        for finding in image.findings or ():
            matches.update(map(id, index.matching(finding, image.image)))
    return tuple(
        WaiverUse(
            waiver=waiver,
            matches=matches[id(waiver)],
            is_expired=is_expired(waiver, today),
            ends_soon=waiver.until is not None and today <= waiver.until <= today + ENDS_SOON,
            is_unused=not matches[id(waiver)] and _is_unneeded(waiver, images, may_match),
        )
        for waiver in waivers
    )


def _is_unneeded(
    waiver: Waiver, images: Sequence[ScannedImage], may_match: Sequence[frozenset[tuple[str, str]]]
) -> bool:
    """Whether a waiver that matches nothing is for one of these images, and no finding can have been overlooked.

    A file of several projects has waivers for other images, and a VEX document is about more than was found.

    Args:
        waiver: The waiver.
        images: All images.
        may_match: What `_with_unknown_cves` says of each of them.
    """
    covered = [at for at, image in enumerate(images) if covers_image(waiver, image.image)]
    are_listed = all(images[at].findings is not None and not images[at].findings_doubt for at in covered)
    if waiver.until is None or not covered or not are_listed:
        return False
    return not names_cve(waiver) or all((waiver.package, waiver.version) not in may_match[at] for at in covered)


def _with_unknown_cves(image: ScannedImage) -> frozenset[tuple[str, str]]:
    """The pairs of `pairs_of` of the findings of this image whose CVEs are not known: any CVE may be one of them."""
    return frozenset(pair for one in image.findings or () if one.has_unknown_cves for pair in pairs_of(one))


def _covers(waiver: Waiver, finding: Finding, image: ImageRef) -> bool:
    # A file in an image can have any name, and a statement of a VEX document has no last day.
    is_of_vulnerabilities = waiver.until is None or names_cve(waiver)
    if is_of_vulnerabilities and finding.kind is not ScanScope.VULNERABILITY:
        return False
    return (waiver.package, waiver.version) in pairs_of(finding) and covers_image(waiver, image)


def pairs_of(finding: Finding) -> Iterator[tuple[str, str]]:
    """The pairs of package and version of the waivers that can cover a finding; an empty one is for any."""
    return product(("", finding.package), ("", finding.version))


def covers_image(waiver: Waiver, image: ImageRef) -> bool:
    """Whether this image is in the scope of a waiver; none is in an empty one."""
    if image.digest and image.digest in waiver.digests:
        return True
    names = (f"{image.namespace}/{image.name}".removeprefix("/"), image.repository)
    return any(fnmatchcase(name, pattern) for pattern in waiver.images for name in names)
