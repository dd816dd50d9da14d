"""The images of a release in both editions of SWR: each is scanned and judged by what its edition has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds.huawei.instance.choice import is_in_instance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gate.clouds.interface import CveSource, ImageScans
    from gate.image import ImageRef, ScannedImage, TaggedDigest
    from gate.scan import ScanScope


class ScansByEdition:
    """Asks for each image where it is scanned; `gate.clouds.interface.ImageScans` documents its methods."""

    def __init__(self, *, by_hss: ImageScans, by_instance: ImageScans) -> None:
        self._by_hss = by_hss
        self._by_instance = by_instance

    def resolve(self, image: ImageRef) -> TaggedDigest | None:
        """See `ImageScans.resolve`."""
        return self._of(image).resolve(image)

    def look(self, images: Sequence[ImageRef]) -> tuple[ScannedImage, ...]:
        """See `ImageScans.look`."""
        found = {image.image: image for scans, own in self._divided(images) for image in scans.look(own)}
        return tuple(found[image] for image in images)

    def verified(self, images: Sequence[ScannedImage]) -> tuple[ScannedImage, ...]:
        """See `ImageScans.verified`."""
        return self._each(images, lambda scans, own: scans.verified(own))

    def with_severities(self, images: Sequence[ScannedImage]) -> tuple[ScannedImage, ...]:
        """See `ImageScans.with_severities`."""
        return self._each(images, lambda scans, own: scans.with_severities(own))

    def explained(self, images: Sequence[ScannedImage], *, for_findings: bool) -> tuple[ScannedImage, ...]:
        """See `ImageScans.explained`."""
        return self._each(images, lambda scans, own: scans.explained(own, for_findings=for_findings))

    def with_findings(self, images: Sequence[ScannedImage], kinds: frozenset[ScanScope]) -> tuple[ScannedImage, ...]:
        """See `ImageScans.with_findings`."""
        return self._each(images, lambda scans, own: scans.with_findings(own, kinds))

    @property
    def cve_source(self) -> CveSource | None:
        """See `ImageScans.cve_source`."""
        return self._by_instance.cve_source or self._by_hss.cve_source

    def request_listing(self, images: Sequence[ImageRef]) -> None:
        """See `ImageScans.request_listing`."""
        for scans, own in self._divided(images):
            scans.request_listing(own)

    def can_start(self, image: ScannedImage) -> bool:
        """See `ImageScans.can_start`."""
        return self._of(image.image).can_start(image)

    def start(self, images: Sequence[ScannedImage]) -> None:
        """See `ImageScans.start`; the scan of HSS first, as that can be stopped if the other one is refused."""
        found = {image.image: image for image in images}
        for scans, own in self._divided([*found]):
            scans.start([found[image] for image in own])

    def stop(self) -> None:
        """See `ImageScans.stop`."""
        self._by_hss.stop()
        self._by_instance.stop()

    def search_description(self) -> str:
        """See `ImageScans.search_description`; both search in one project."""
        return self._by_instance.search_description()

    def _each(
        self,
        images: Sequence[ScannedImage],
        ask: Callable[[ImageScans, Sequence[ScannedImage]], Sequence[ScannedImage]],
    ) -> tuple[ScannedImage, ...]:
        """What is said of each of these images where it is scanned, in their order."""
        given = {image.image: image for image in images}
        found = {
            image.image: image
            for scans, own in self._divided([*given])
            for image in ask(scans, [given[one] for one in own])
        }
        return tuple(found[image.image] for image in images)

    def _divided(self, images: Sequence[ImageRef]) -> Iterator[tuple[ImageScans, list[ImageRef]]]:
        for scans in (self._by_hss, self._by_instance):
            if own := [image for image in images if self._of(image) is scans]:
                yield scans, own

    def _of(self, image: ImageRef) -> ImageScans:
        return self._by_instance if is_in_instance(image) else self._by_hss
