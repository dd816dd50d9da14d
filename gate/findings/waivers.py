"""Which waiver covers which finding. An empty scope matches nothing; a waiver counts to the end of its last day."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from gate.finding import WaiverUse
from gate.scan import ScanScope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
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
        (alibaba-images.md 3.2).
        """
        by_id = None if finding.id in finding.cves else self._first_in_force(finding.id, finding, image)
        if by_id or not finding.cves:
            return by_id
        of_cves = [self._first_in_force(cve, finding, image) for cve in finding.cves]
        return of_cves[0] if all(of_cves) else None

    def matching(self, finding: Finding, image: ImageRef) -> Iterator[Waiver]:
        """All waivers that name this finding or one of its CVEs, expired ones too."""
        for name in dict.fromkeys((finding.id, *finding.cves)):
            yield from (waiver for waiver in self._by_id.get(name, ()) if _covers(waiver, finding, image))

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
    for image in images:
        for finding in image.findings or ():
            matches.update(map(id, index.matching(finding, image.image)))
    return tuple(
        WaiverUse(
            waiver=waiver,
            matches=matches[id(waiver)],
            is_expired=is_expired(waiver, today),
            ends_soon=waiver.until is not None and today <= waiver.until <= today + ENDS_SOON,
            is_unused=not matches[id(waiver)] and _is_unneeded(waiver, images),
        )
        for waiver in waivers
    )


def _is_unneeded(waiver: Waiver, images: Iterable[ScannedImage]) -> bool:
    """Whether a waiver that matches nothing is for one of these images, and no finding can have been overlooked.

    A file of several projects has waivers for other images, and a VEX document is about more than was found.
    """
    covered = [image for image in images if covers_image(waiver, image.image)]
    are_listed = all(image.findings is not None and not image.findings_doubt for image in covered)
    return waiver.until is not None and bool(covered) and are_listed


def _covers(waiver: Waiver, finding: Finding, image: ImageRef) -> bool:
    # A file in an image can have any name, and a statement of a VEX document has no last day.
    is_of_vulnerabilities = waiver.until is None or waiver.id.startswith("CVE-")
    if is_of_vulnerabilities and finding.kind is not ScanScope.VULNERABILITY:
        return False
    is_package = waiver.package in {"", finding.package} and waiver.version in {"", finding.version}
    return is_package and covers_image(waiver, image)


def covers_image(waiver: Waiver, image: ImageRef) -> bool:
    """Whether this image is in the scope of a waiver; none is in an empty one."""
    if image.digest and image.digest in waiver.digests:
        return True
    names = (f"{image.namespace}/{image.name}".removeprefix("/"), image.repository)
    return any(fnmatchcase(name, pattern) for pattern in waiver.images for name in names)
