"""Which findings to ask for: none that neither the policy nor a report needs, and the cheapest question first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gate.errors import GateError
from gate.findings.evaluate import open_findings
from gate.image import ImageState
from gate.scan import RISK_SCOPES

if TYPE_CHECKING:
    from gate.clouds import Connection, ImageScans
    from gate.image import ScannedImage
    from gate.scan import ScanScope
    from gate.settings import Settings


def with_findings(
    images: tuple[ScannedImage, ...], scans: ImageScans, connection: Connection, *, for_reports: bool
) -> tuple[ScannedImage, ...]:
    """The images with the findings that are needed: numbers by severity for all, lists where these do not suffice.

    Args:
        images: All images, whose scans have ended.
        scans: The cloud.
        connection: The settings, and the event log.
        for_reports: Whether a report of this run lists single findings.

    Raises:
        GateError: The cloud did not answer, and the policy needs what it was asked for.
    """
    policy = connection.settings.policy.findings
    images = scans.with_severities(images)
    needed = [image for image in images if _needs_list(image, connection.settings)]
    wanted = [image for image in images if image not in needed and _has_findings(image)] if for_reports else []
    listed = {image.image: image for image in _listed(needed, scans, connection)}
    try:
        listed |= {image.image: image for image in _listed(wanted, scans, connection)}
    except GateError as error:
        connection.event_log.note(f"the findings of the images are not listed in the reports: {error.happened}")
    lists_clean = policy.needs_lists or for_reports
    return tuple(listed.get(image.image) or _without_list(image, lists_clean=lists_clean) for image in images)


def kinds_to_list(settings: Settings) -> frozenset[ScanScope]:
    """The kinds of findings that count: those that the clouds call a risk, and what else the scan has to look for."""
    return RISK_SCOPES | settings.policy.required_scopes


def _listed(images: list[ScannedImage], scans: ImageScans, connection: Connection) -> tuple[ScannedImage, ...]:
    return scans.with_findings(images, kinds_to_list(connection.settings)) if images else ()


def _needs_list(image: ScannedImage, settings: Settings) -> bool:
    policy = settings.policy.findings
    if not _has_findings(image):
        return False
    return policy.needs_lists or (policy.uses_severities and not open_findings(image).is_complete)


def _has_findings(image: ScannedImage) -> bool:
    """Whether findings of this image may be listed: not where the cloud states that there are none."""
    is_clean = image.is_risky is False and all(image.kinds.get(kind) == 0 for kind in RISK_SCOPES)
    return image.state is ImageState.SCANNED and not is_clean


def _without_list(image: ScannedImage, *, lists_clean: bool) -> ScannedImage:
    is_clean = image.state is ImageState.SCANNED and not _has_findings(image)
    return replace(image, findings=()) if lists_clean and is_clean else image
