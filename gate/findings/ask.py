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
    from gate.finding import FindingPolicy
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
    kinds = kinds_to_list(connection.settings)
    may_have = [image for image in images if _may_have_findings(image, kinds)]
    needed = [image for image in may_have if _needs_list(image, policy, kinds)]
    wanted = [image for image in may_have if image not in needed] if for_reports else []
    listed = {image.image: image for image in _listed(needed, scans, connection)}
    try:
        listed |= {image.image: image for image in _listed(wanted, scans, connection)}
    except GateError as error:
        connection.event_log.note(f"the findings of the images are not listed in the reports: {error.happened}")
    lists_clean = policy.needs_lists or for_reports
    clean = {image.image for image in images if image.state is ImageState.SCANNED and image not in may_have}
    return tuple(
        replace(image, findings=()) if lists_clean and image.image in clean else listed.get(image.image, image)
        for image in images
    )


def kinds_to_list(settings: Settings) -> frozenset[ScanScope]:
    """The kinds of findings that count: those that the clouds call a risk, and what else the scan has to look for."""
    return RISK_SCOPES | settings.policy.required_scopes


def _listed(images: list[ScannedImage], scans: ImageScans, connection: Connection) -> tuple[ScannedImage, ...]:
    return scans.with_findings(images, kinds_to_list(connection.settings)) if images else ()


def _needs_list(image: ScannedImage, policy: FindingPolicy, kinds: frozenset[ScanScope]) -> bool:
    if policy.needs_lists or not policy.uses_severities:
        return policy.needs_lists
    has_others = any(image.kinds.get(kind) != 0 for kind in kinds - RISK_SCOPES)
    return has_others or not open_findings(image).is_complete


def _may_have_findings(image: ScannedImage, kinds: frozenset[ScanScope]) -> bool:
    """Whether an image may have findings of these kinds: not where the cloud states that there are none."""
    is_clean = image.is_risky is False and all(image.kinds.get(kind) == 0 for kind in kinds)
    return image.state is ImageState.SCANNED and not is_clean
