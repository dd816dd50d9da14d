"""The rules of judgement for the images that were asked for: none of them is ever left out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gate.errors import ExitCode
from gate.findings import messages as finding_messages
from gate.findings.evaluate import is_certain
from gate.findings.reasons import finding_reasons, unneeded_waivers
from gate.image import ImageState
from gate.images import messages
from gate.images.counts import as_task
from gate.policy import Decision, Reason, Verdict, contradiction, judge, not_settled, nothing_to_judge
from gate.scan import TaskState
from gate.verdict_messages import format_limit

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gate.image import ScannedImage
    from gate.scan import ScanTask
    from gate.settings import Settings

_NOT_FINAL = frozenset({"image-state-unknown", "not-final"})
"""The codes of reasons that more time may remove; with any other, there is nothing to judge."""


def judge_images(
    task: ScanTask, settings: Settings, *, now: datetime, is_settled: bool, is_time_up: bool, where: str
) -> Verdict:
    """Decides whether these images may be released.

    What exceeds a limit blocks, also when other images have no result, or one that cannot be believed: no result of
    theirs could make it pass.

    Args:
        task: All images, as they were when the wait ended.
        settings: The settings of the run.
        now: The latest time that is known.
        is_settled: Whether the last look at them may be believed.
        is_time_up: Whether the wait ended because the run had no time left.
        where: Where they were searched, for a message.
    """
    verdict = _by_counts(task, settings, now=now, is_settled=is_settled, is_time_up=is_time_up, where=where)
    believed = [image for image in task.images if not contradiction(as_task((image,)), now)]
    reasons = finding_reasons(believed, settings.policy.findings)
    if verdict.decision is not Decision.UNDECIDED:
        # An undecided run may have waivers whose findings it does not know.
        reasons += unneeded_waivers(task.images, settings.policy.findings, now)
    if not reasons:
        return verdict
    others = verdict.reasons if verdict.decision is Decision.BLOCKED else ()
    return Verdict(decision=Decision.BLOCKED, exit_code=ExitCode.BLOCKED, reasons=(*others, *reasons))


def decision_by_findings(images: tuple[ScannedImage, ...], settings: Settings, now: datetime) -> Decision:
    """The decision on these images, which were evaluated, whether or not waivers are needed."""
    policy = settings.policy
    policy = replace(policy, findings=replace(policy.findings, unused_waivers_block=False))
    by_findings = replace(settings, policy=policy)
    return judge_images(as_task(images), by_findings, now=now, is_settled=True, is_time_up=False, where="").decision


def _by_counts(
    task: ScanTask, settings: Settings, *, now: datetime, is_settled: bool, is_time_up: bool, where: str
) -> Verdict:
    policy, timeout = settings.policy, settings.timeout
    certain = tuple(image for image in task.images if _is_certain(image, now))
    of_certain = judge(as_task(certain), policy, now=now) if certain else None
    if task.state is TaskState.COMPLETE:
        verdict = judge(task, policy, now=now, timeout=timeout)
        if verdict.decision is Decision.PASSED and not is_settled:
            return not_settled(task, timeout)
        # If some risk is not known, the images that are certain may have more reasons.
        if verdict.decision is Decision.BLOCKED and task.counts.risky is not None:
            return verdict
        verdict = _for_want_of_findings(task, settings) or verdict
    else:
        verdict = _without_results(task, settings, where, is_time_up=is_time_up)
    return of_certain if of_certain and of_certain.decision is Decision.BLOCKED else verdict


def _for_want_of_findings(task: ScanTask, settings: Settings) -> Verdict | None:
    """The verdict if the policy goes by findings that are not all known; None if something else is missing."""
    policy = settings.policy.findings
    unsure = [image for image in task.images if not is_certain(image, policy)]
    if not unsure or not (policy.uses_severities or policy.needs_lists):
        return None
    message = finding_messages.incomplete(unsure)
    return nothing_to_judge(Reason(code="findings-incomplete", message=message))


def _is_certain(image: ScannedImage, now: datetime) -> bool:
    """Whether the scan of this image has ended, and what it says of its risk may be believed."""
    if image.state is ImageState.FAILED:
        return True
    return image.state.has_ended and image.is_risky is not None and not contradiction(as_task((image,)), now)


def _without_results(task: ScanTask, settings: Settings, where: str, *, is_time_up: bool) -> Verdict:
    reasons = tuple(_reasons(task, settings, where, is_time_up=is_time_up))
    is_hopeless = any(reason.code not in _NOT_FINAL for reason in reasons)
    exit_code = ExitCode.NOTHING_TO_JUDGE if is_hopeless else ExitCode.NOT_FINAL
    return Verdict(decision=Decision.UNDECIDED, exit_code=exit_code, reasons=reasons)


def _reasons(task: ScanTask, settings: Settings, where: str, *, is_time_up: bool) -> list[Reason]:
    """One reason for each state of images that keeps the release from being judged."""
    of = {state: [image for image in task.images if image.state is state] for state in ImageState}
    limit = format_limit(settings.timeout, "--timeout") if is_time_up else ""
    appear_limit = format_limit(min(settings.appear_timeout, settings.timeout), "--appear-timeout")
    # One that cannot be scanned ends the wait at once.
    waited = "" if of[ImageState.NOT_SCANNABLE] else appear_limit
    waiting = [*of[ImageState.WAITING], *of[ImageState.SCANNING]]
    found: dict[str, tuple[list[ScannedImage], Callable[[list[ScannedImage]], str]]] = {
        "image-missing": (of[ImageState.MISSING], lambda images: messages.missing(images, waited, where)),
        "image-not-scannable": (of[ImageState.NOT_SCANNABLE], messages.not_scannable),
        "image-outdated": (of[ImageState.OUTDATED], lambda images: _outdated(images, settings)),
        "image-state-unknown": (of[ImageState.UNKNOWN], lambda images: messages.unknown_state(images, limit)),
        "not-final": (waiting, lambda images: messages.not_scanned(images, len(task.images), limit)),
    }
    return [Reason(code=code, message=message(images)) for code, (images, message) in found.items() if images]


def _outdated(images: list[ScannedImage], settings: Settings) -> str:
    policy = settings.policy
    are_only_old = settings.scan != "always" and not any(image.reason for image in images)
    is_allowed = all(
        image.scanned_at and (policy.started_after is None or image.scanned_at >= policy.started_after)
        for image in images
    )
    return messages.outdated(images, may_start=settings.scan != "never", is_age_of_use=are_only_old and is_allowed)
