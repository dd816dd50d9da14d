"""Image mode: pins the images of the release by digest, has them scanned, follows them, and judges them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gate.clouds.exchange import Exchange
from gate.errors import DeadlineExceeded, ExitCode, GateError
from gate.explain import explain_images
from gate.findings.ask import with_findings, with_needed_cves
from gate.findings.evaluate import evaluated, today
from gate.findings.reasons import stale_baseline
from gate.images import messages
from gate.images.counts import as_task
from gate.images.follow import ImageFollower
from gate.images.judge import decision_by_findings, judge_images
from gate.policy import Decision, Reason, Verdict, nothing_to_judge
from gate.reports import REPORTS

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from gate.clouds import Connection, ImageScans
    from gate.image import ImageRef, ScannedImage
    from gate.scan import ScanTask
    from gate.settings import Settings
    from gate.wait import Poller

_TIME_TO_STOP = 5.0
"""Seconds after the end of the run in which a scan that it has started may be stopped."""


def check_images(scans: ImageScans, poller: Poller, connection: Connection) -> Verdict:
    """Runs the gate for the images of the settings.

    Raises:
        GateError: The cloud could not be reached, or refused.
    """
    asked, settings = connection.settings.images, connection.settings
    if stale := stale_baseline(settings.policy.findings, connection.time_of_day.latest()):
        return nothing_to_judge(stale)
    pinned = pin(asked, scans, settings.indexes)
    if isinstance(pinned, Verdict):
        return pinned
    connection.event_log.note(f"judging {'1 image' if len(pinned) == 1 else f'{len(pinned)} images'} and no other")
    task, is_settled, is_time_up = _follow(scans, pinned, poller, connection)
    images = task.images
    if all(image.state.has_ended for image in images):
        try:
            images = with_findings(images, scans, connection, for_reports=lists_for_reports(settings))
        except DeadlineExceeded:
            # They may still show a risk, so there is no pass without them; a block needs none.
            is_settled = False
    connection.event_log.is_settled = is_settled
    images = with_needed_cves(images, scans, connection, decision_by_findings)
    day = today(settings.policy.findings, connection.time_of_day.latest())
    tags = {image for image in asked if not image.digest}
    judged = evaluated(images, settings.policy.findings, day)
    task = as_task(tuple(_moved(image, tags, scans, connection) for image in judged))
    connection.event_log.task = task
    now = connection.time_of_day.latest()
    where = scans.search_description()
    verdict = judge_images(task, settings, now=now, is_settled=is_settled, is_time_up=is_time_up, where=where)
    explain_images(verdict, task, scans, connection, for_findings=goes_by_findings(settings))
    return verdict


def pin(
    images: Iterable[ImageRef], scans: ImageScans, known_indexes: Container[ImageRef] = ()
) -> tuple[ImageRef, ...] | Verdict:
    """The images by their digests, which alone count from then on; the verdict if one stands for no single image.

    Args:
        images: As they were asked for.
        scans: The cloud.
        known_indexes: Those of them that are said to be indexes.
    """
    pinned: list[ImageRef] = []
    unknown: list[ImageRef] = []
    indexes: list[ImageRef] = []
    for image in images:
        if image in known_indexes:
            indexes.append(image)
        elif image.digest:
            pinned.append(image)
        elif (found := scans.resolve(image)) is None:
            unknown.append(image)
        elif found.is_index and not found.children:
            indexes.append(image)
        else:
            digests = found.children if found.is_index else (found.digest,)
            pinned += [replace(image, digest=digest) for digest in digests]
    reasons = []
    if unknown:
        where = scans.search_description()
        reasons.append(Reason(code="tag-unknown", message=messages.unknown_tags(unknown, where)))
    if indexes:
        reasons.append(Reason(code="image-index", message=messages.indexes(indexes)))
    if reasons:
        return Verdict(decision=Decision.UNDECIDED, exit_code=ExitCode.NOTHING_TO_JUDGE, reasons=tuple(reasons))
    return tuple(dict.fromkeys(pinned))


def _follow(
    scans: ImageScans, images: Sequence[ImageRef], poller: Poller, connection: Connection
) -> tuple[ScanTask, bool, bool]:
    """All images as they were last seen; whether that may be believed, and whether no time was left to wait."""
    follower = ImageFollower(scans, images, poller, connection)
    try:
        return follower.follow(), follower.is_settled, connection.deadline.is_over()
    finally:
        if follower.has_unfinished_scan:
            _stop(scans, connection)


def lists_for_reports(settings: Settings) -> bool:
    """Whether single findings are to be in the reports, whatever the policy needs."""
    return settings.lists_findings or any(REPORTS[target.format].lists_findings for target in settings.reports)


def goes_by_findings(settings: Settings) -> bool:
    """Whether the policy or a report goes by findings, so that it matters which of them a result may lack."""
    policy = settings.policy.findings
    return policy.needs_lists or policy.uses_severities or lists_for_reports(settings)


def _stop(scans: ImageScans, connection: Connection) -> None:
    """Stops the scan that was started, if that takes little time: the reports of the run are still to be written."""
    connection.event_log.acted(messages.STOPPING)
    try:
        with connection.deadline.extended(_TIME_TO_STOP):
            Exchange(lambda _: scans.stop()).result(_TIME_TO_STOP)
    except (GateError, TimeoutError) as error:
        connection.event_log.acted(messages.not_stopped(error.happened if isinstance(error, GateError) else ""))


def _moved(image: ScannedImage, tags: set[ImageRef], scans: ImageScans, connection: Connection) -> ScannedImage:
    """The image, with the digest that its tag has by now if it is another one; the verdict is about its own digest."""
    if replace(image.image, digest="") not in tags:
        return image
    try:
        found = scans.resolve(image.image)
    except GateError as error:
        connection.event_log.note(f"whether the tag of {image.image} has moved is not known: {error.happened}")
        return image
    digests = (found.digest, *found.children) if found else ()
    if image.image.digest in digests:
        return image
    return replace(image, moved_to=found.digest if found else messages.NO_LONGER_THERE)
