"""What a cloud shows of the images of a release at this moment: read once, without a scan, a wait or a verdict."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gate.image import ImageState, ScannedImage
from gate.images import messages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gate.clouds import ImageScans
    from gate.image import ImageRef
    from gate.settings import Settings


def read_images(scans: ImageScans, settings: Settings) -> tuple[ScannedImage, ...]:
    """The images of the settings, in their order, with the results that a check would find now, fresh or not.

    An image whose tag the registry does not know is missing, and has no digest. An index is looked for like any image,
    since the cloud may list it.

    Raises:
        GateError: The cloud could not be reached, or refused.
    """
    indexes = set(settings.indexes)
    refs: list[ImageRef] = []
    for image in settings.images:
        found = None if image.digest else scans.resolve(image)
        digests = (found.children or (found.digest,)) if found else (image.digest,)
        pinned = [replace(image, digest=digest) for digest in digests]
        indexes |= {*pinned} if found and found.is_index and not found.children else set()
        refs += pinned
    unique = dict.fromkeys(refs)
    seen = _read(scans, [ref for ref in unique if ref.digest])
    return tuple(_explained(seen[ref], is_index=ref in indexes) if ref.digest else _unknown(ref) for ref in unique)


def _read(scans: ImageScans, refs: Sequence[ImageRef]) -> dict[ImageRef, ScannedImage]:
    if not refs:
        return {}
    seen = {image.image: image for image in scans.look(refs)}
    scanned = [image for image in seen.values() if image.state is ImageState.SCANNED]
    if scanned:
        seen |= {image.image: image for image in scans.with_severities(scans.verified(scanned))}
    return seen


def _unknown(tag: ImageRef) -> ScannedImage:
    return ScannedImage(image=tag, state=ImageState.MISSING, reason=messages.UNKNOWN_TAG)


def _explained(image: ScannedImage, *, is_index: bool) -> ScannedImage:
    is_unexplained = is_index and image.state is ImageState.MISSING
    return replace(image, reason=messages.UNLISTED_INDEX) if is_unexplained else image
