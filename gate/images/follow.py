"""Following the images that were asked for: has them listed, starts their scan once, and polls until all have ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gate.clock import Deadline
from gate.find_task import policy_in_force
from gate.image import ImageState, ScannedImage
from gate.images import messages
from gate.images.counts import as_task
from gate.policy import CLOCK_TOLERANCE, contradiction
from gate.scan import TaskState
from gate.settlement import Settlement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gate.clouds import Connection, ImageScans
    from gate.image import ImageRef
    from gate.scan import ScanTask
    from gate.wait import Poller

_NEEDS_SCAN = frozenset({ImageState.WAITING, ImageState.OUTDATED, ImageState.FAILED})
_IS_OPEN = frozenset({ImageState.SCANNING, ImageState.UNKNOWN})
"""The states in which a scan of somebody else may be running."""


class ImageFollower:
    """The images of one run, from the first look to the last."""

    def __init__(self, scans: ImageScans, images: Sequence[ImageRef], poller: Poller, connection: Connection) -> None:
        self._scans = scans
        self._images = images
        self._poller = poller
        self._connection = connection
        self._has_asked_for_listing = False
        self._before: dict[ImageRef, ScannedImage] = {}
        """Each image whose scan this run has started, as it was just before."""
        self._started_at: datetime | None = None
        self._seen_running: set[ImageRef] = set()
        self._accepted: dict[tuple[ImageRef, datetime], float] = {}
        """When a result of another scan was first seen, in s since the start of the run: it ages no further."""
        self._known: dict[tuple[ImageRef, datetime | None], ScannedImage] = {}
        policy, clock = connection.settings.policy, connection.clock
        self._settlement = Settlement(settle=policy.settle, min_interval=poller.schedule.min_interval, clock=clock)
        self.last: ScanTask = as_task(tuple(_not_seen(image) for image in images))
        """All images as they were last seen."""

    @property
    def is_settled(self) -> bool:
        """Whether what the last look has shown may be believed."""
        return self._settlement.is_reached

    @property
    def has_unfinished_scan(self) -> bool:
        """Whether a scan that this run has started may still be running."""
        return any(image.image in self._before and not image.state.has_ended for image in self.last.images)

    def follow(self) -> ScanTask:
        """Polls until the scan of every image has ended and its result is settled, or waiting is of no use."""
        self._poller.until(self._reason_to_wait, self._poll, _ListingDeadline(self._connection, self))
        # The last poll may have run out of time while it started the scan of an image that had failed before.
        return self.last

    @property
    def waits_for_listing(self) -> bool:
        """Whether an image is not listed yet, and no scan was started, which may list it."""
        return not self._before and any(self._is_unlisted(image) for image in self.last.images)

    def look(self) -> tuple[ScannedImage, ...]:
        """Looks at all images once, with the state that the result of each has for this run; asks for nothing else."""
        looked = self._scans.look(self._images)
        self._seen_running |= {image.image for image in looked if image.state is ImageState.SCANNING}
        seen = tuple(map(self._assessed, looked))
        if not any(image.state in self._undecided_states or self._is_unlisted(image) for image in seen):
            seen = self._verified(seen)
        return seen

    def _poll(self) -> ScanTask:
        clock = self._connection.clock
        started = clock.elapsed()
        seen = self.look()
        self._ask_for_listing(seen)
        self.last = as_task(self._with_severities(self._with_scan_started(seen)))
        # A look may take minutes where it takes many calls, and an image may have been read at its start.
        took = timedelta(seconds=clock.elapsed() - started)
        time_of_day = self._connection.time_of_day
        sign = contradiction(self.last, time_of_day.latest())
        self._settlement.observe(self.last, time_of_day.earliest() - took, contradiction=sign)
        return self.last

    @property
    def _undecided_states(self) -> frozenset[ImageState]:
        """The states of an image before what other scans looked for matters, as it takes a request of its own."""
        return _IS_OPEN | {ImageState.WAITING} if self._before else _IS_OPEN

    def _reason_to_wait(self, task: ScanTask) -> str | None:
        states = {image.state for image in task.images}
        cannot_change = ImageState.NOT_SCANNABLE in states or (self._before and ImageState.OUTDATED in states)
        if cannot_change:
            return None
        if task.state is not TaskState.COMPLETE:
            return ""
        if sign := contradiction(task, self._connection.time_of_day.latest()):
            return messages.contradicted(sign)
        return None if self.is_settled else messages.NOT_SETTLED_YET

    def _assessed(self, image: ScannedImage) -> ScannedImage:
        """The image with the state that its result has for this run: one that is too old is none."""
        before = self._before.get(image.image)
        if before and image.state is ImageState.OUTDATED:
            return replace(image, state=ImageState.WAITING)
        if not image.state.has_ended:
            return image
        if before:
            return image if self._is_later(image, before) else replace(image, state=ImageState.WAITING)
        is_result = image.state is ImageState.SCANNED or self._is_failure_of_others(image)
        if is_result and not self._is_accepted(image):
            return replace(image, state=ImageState.OUTDATED, reason="")
        return image

    def _is_failure_of_others(self, image: ScannedImage) -> bool:
        """Whether a scan of others failed at a known time, and this run starts none in its place."""
        has_time = image.state is ImageState.FAILED and image.scanned_at is not None
        return has_time and self._connection.settings.scan == "never"

    def _is_later(self, image: ScannedImage, before: ScannedImage) -> bool:
        """Whether this result is that of the scan that was started, or of a later one, by the cloud's own clock."""
        had_no_failure = before.state not in {ImageState.FAILED, ImageState.MISSING}
        is_new_failure = image.state is ImageState.FAILED and (had_no_failure or image.image in self._seen_running)
        if image.scanned_at is None or is_new_failure:
            return is_new_failure
        since_start = image.scanned_at - (self._started_at or image.scanned_at)
        # An image that shows no earlier scan, or one from long ago, may show a later one that is old all the same.
        if since_start < -CLOCK_TOLERANCE:
            return False
        if before.scanned_at is not None:
            return image.scanned_at > before.scanned_at
        return before.state is not ImageState.MISSING or since_start >= timedelta()

    def _is_accepted(self, image: ScannedImage) -> bool:
        """Whether the result of another scan is fresh; it was so when it was first seen, or it is not."""
        if image.scanned_at is None or self._connection.settings.scan == "always":
            return False
        elapsed = self._connection.clock.elapsed()
        at = self._accepted.setdefault((image.image, image.scanned_at), elapsed)
        # By all that is known of the time of day by now.
        now = self._connection.time_of_day.latest() - timedelta(seconds=elapsed - at)
        policy = policy_in_force(self._connection)
        is_young = policy.max_age is None or now - image.scanned_at <= policy.max_age
        return is_young and (policy.started_after is None or image.scanned_at >= policy.started_after)

    def _verified(self, seen: tuple[ScannedImage, ...]) -> tuple[ScannedImage, ...]:
        """The same images; a result of another image, or of a scan that looked for less than is required, is none."""
        unknown = [
            image
            for image in seen
            if image.state is ImageState.SCANNED and (image.image, image.scanned_at) not in self._known
        ]
        if unknown:
            for image in self._scans.verified(unknown):
                self._known[image.image, image.scanned_at] = image
        return tuple(map(self._as_verified, seen))

    def _as_verified(self, image: ScannedImage) -> ScannedImage:
        known = self._known.get((image.image, image.scanned_at))
        if image.state is not ImageState.SCANNED or known is None:
            return image
        if known.state is ImageState.OUTDATED or known.scopes is None:
            return replace(image, state=known.state, reason=known.reason)
        missing = self._connection.settings.policy.required_scopes - known.scopes
        if not missing:
            return replace(image, scopes=known.scopes)
        return replace(
            image, state=ImageState.OUTDATED, scopes=known.scopes, reason=messages.did_not_look_for(sorted(missing))
        )

    def _ask_for_listing(self, seen: Sequence[ScannedImage]) -> None:
        unlisted = [image for image in seen if self._is_unlisted(image)]
        if unlisted and not self._has_asked_for_listing:
            self._has_asked_for_listing = True
            self._scans.request_listing([image.image for image in unlisted])

    def _is_unlisted(self, image: ScannedImage) -> bool:
        is_started = self._connection.settings.scan != "never" and self._scans.can_start(image)
        return image.state is ImageState.MISSING and not is_started

    def _with_scan_started(self, seen: tuple[ScannedImage, ...]) -> tuple[ScannedImage, ...]:
        """Starts the scan of all images that need one together, once none of them can change by itself any more."""
        wanted = [image for image in seen if self._needs_scan(image)]
        cannot_start = any(
            image.state in _IS_OPEN or image.state is ImageState.NOT_SCANNABLE or self._is_unlisted(image)
            for image in seen
        )
        if self._before or cannot_start or not wanted:
            return seen
        self._connection.event_log.acted(messages.starting(len(wanted), len(seen)))
        self._started_at = self._connection.time_of_day.earliest()
        self._before = {image.image: image for image in wanted}
        self._seen_running.clear()
        started = tuple(replace(image, state=ImageState.WAITING) if image in wanted else image for image in seen)
        # Before the start: one that fails may have started the scan all the same, which is then stopped.
        self.last = as_task(started)
        self._scans.start(wanted)
        return started

    def _with_severities(self, seen: tuple[ScannedImage, ...]) -> tuple[ScannedImage, ...]:
        """The same images; with the numbers by severity that the policy needs, which may be as late as any result."""
        is_needed = self._connection.settings.policy.findings.uses_severities
        return self._scans.with_severities(seen) if is_needed and all(one.state.has_ended for one in seen) else seen

    def _needs_scan(self, image: ScannedImage) -> bool:
        if self._connection.settings.scan == "never":
            return False
        return image.state in _NEEDS_SCAN or image.state is ImageState.MISSING


class _ListingDeadline(Deadline):
    """The end of the appear timeout while an image is not listed yet; once all are, the end of the run.

    It starts with the first look: to resolve many tags may take longer than the appear timeout where they have a quota.
    """

    def __init__(self, connection: Connection, follower: ImageFollower) -> None:
        clock, settings = connection.clock, connection.settings
        super().__init__(clock, min(clock.elapsed() + settings.appear_timeout, settings.timeout))
        self._end_of_run = connection.deadline
        self._follower = follower

    def left(self) -> float:
        """See `Deadline.left`."""
        return super().left() if self._follower.waits_for_listing else self._end_of_run.left()


def _not_seen(image: ImageRef) -> ScannedImage:
    return ScannedImage(image=image, state=ImageState.MISSING)
