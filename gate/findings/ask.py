"""Which findings to ask for: none that neither the policy nor a report needs, and the cheapest question first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gate.errors import GateError
from gate.findings import messages
from gate.findings.cves import covered_at_best, open_questions, with_cves
from gate.findings.evaluate import evaluated, open_findings, today
from gate.image import ImageState
from gate.policy import Decision
from gate.scan import RISK_SCOPES

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

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
        images: All images, whose scans have ended; with the numbers, if the policy goes by them.
        scans: The cloud.
        connection: The settings, and the event log.
        for_reports: Whether a report of this run lists single findings.

    Raises:
        GateError: The cloud did not answer, and the policy needs what it was asked for.
    """
    policy = connection.settings.policy.findings
    if not policy.uses_severities:
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


def with_needed_cves(
    images: tuple[ScannedImage, ...],
    scans: ImageScans,
    connection: Connection,
    decide: Callable[[tuple[ScannedImage, ...], Settings, datetime], Decision],
) -> tuple[ScannedImage, ...]:
    """The images, with the CVEs of those findings by which waivers of CVEs decide; each id is asked about once.

    A finding whose CVEs the cloud does not name, or not before the deadline, stays open: no error ends the run.

    Args:
        images: All images, with the findings that are needed.
        scans: The cloud.
        connection: The settings, and the event log.
        decide: The rules of judgement, at this time.
    """
    source = scans.cve_source
    if source is None:
        return images
    policy, log, now = connection.settings.policy.findings, connection.event_log, connection.time_of_day.latest()
    day = today(policy, now)

    def decision_on(images: tuple[ScannedImage, ...]) -> Decision:
        return decide(images, connection.settings, now)

    asked: set[str] = set()
    # What is known by now is not asked for again, so that these are the ones without an answer.
    while questions := open_questions(images, policy, day, decision_on, unanswered=asked):
        if not asked:
            log.acted(messages.asking_for_cves(len(questions), source.calls_per_minute))
        asked.add(questions[0].id)
        try:
            cves = source.cves_of(questions[0])
        except GateError as error:
            log.warned(messages.cves_unanswered(len(questions), str(error)))
            return images
        images = images if cves is None else with_cves(images, questions[0].id, cves)
    number = covered_at_best(images, policy, day, unanswered=asked)
    if number and decision_on(evaluated(images, policy, day)) is Decision.BLOCKED:
        log.warned(messages.cves_unneeded(number))
    return images


def kinds_to_list(settings: Settings) -> frozenset[ScanScope]:
    """The kinds of findings that count: those that the clouds call a risk, and what else the scan has to look for."""
    return RISK_SCOPES | settings.policy.required_scopes


def _listed(images: list[ScannedImage], scans: ImageScans, connection: Connection) -> tuple[ScannedImage, ...]:
    return scans.with_findings(images, kinds_to_list(connection.settings)) if images else ()


def _needs_list(image: ScannedImage, policy: FindingPolicy, kinds: frozenset[ScanScope]) -> bool:
    if policy.needs_lists or not policy.uses_severities:
        return policy.needs_lists
    has_others = any(image.number_of(kind) != 0 for kind in kinds - RISK_SCOPES)
    return has_others or not open_findings(image).is_complete


def _may_have_findings(image: ScannedImage, kinds: frozenset[ScanScope]) -> bool:
    """Whether an image may have findings of these kinds: not where the cloud states that there are none."""
    is_clean = image.is_risky is False and all(image.number_of(kind) == 0 for kind in kinds)
    return image.state is ImageState.SCANNED and not is_clean
