"""Tells which findings of the baseline are gone: listed in no image of their repository any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.findings.known import numbered
from gate.image import ImageState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from gate.finding import KnownFinding
    from gate.image import ScannedImage, Severity


def gone_findings(
    images: Collection[ScannedImage], baseline: Mapping[KnownFinding, Severity]
) -> tuple[KnownFinding, ...]:
    """The findings of the baseline that are gone, in its order.

    None is called gone in a repository of which an image has no result, or not all of its findings are listed.
    """
    unknown = {image.image.repository for image in images if not _is_listed(image)}
    listed = {known for image in images for known, _ in numbered(image.findings or (), image.image.repository)}
    return tuple(known for known in baseline if known not in listed and known.repository not in unknown)


def _is_listed(image: ScannedImage) -> bool:
    return image.state is ImageState.SCANNED and image.findings is not None and not image.findings_doubt
