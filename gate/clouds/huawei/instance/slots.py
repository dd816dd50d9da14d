"""Starts the scans of one run, at most ten at a time in one instance of SWR Enterprise (huawei-images.md 5).

What more of them does is not documented (9), so the others wait for a place. Nor is what the refusal of a scan looks
like: one that may be for want of a place is asked for again when a scan of this run has ended, and no other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gate.errors import DeadlineExceeded, Refused, ScanNotStarted, Throttled, TransientError
from gate.image import ImageState
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gate.clouds.huawei.instance.overview import ShownArtifact
    from gate.event_log import EventLog
    from gate.image import ImageRef

MAX_SCANS = 10
"""Of one instance, at the same time."""
_HAS_ENDED = frozenset({"Success", "Error"})
_MAX_REASON = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class _Running:
    """A scan that was started."""

    report: tuple[str, ...]
    """The report of the scan before it."""
    is_certain: bool = True
    """Whether it was accepted; the response may have been lost."""
    was_seen: bool = False
    is_repeated: bool = False


class ScanSlots:
    """The scans of one run that are running, and those that wait for a place."""

    def __init__(
        self, start: Callable[[ImageRef], None], instance_of: Callable[[ImageRef], str | None], event_log: EventLog
    ) -> None:
        self._start = start
        self._instance_of = instance_of
        self._event_log = event_log
        self._waiting: dict[ImageRef, tuple[str, ...]] = {}
        """The reports that they had before, in the order in which they are started."""
        self._running: dict[ImageRef, _Running] = {}
        self._has_started = False
        self.refused: dict[ImageRef, str] = {}
        """The images whose scan is refused for good, with the reason."""

    @property
    def running(self) -> frozenset[ImageRef]:
        """The images whose scan was started and has not ended, as far as it was seen."""
        return frozenset(self._running)

    @property
    def waiting(self) -> frozenset[ImageRef]:
        """The images whose scan waits for a place."""
        return frozenset(self._waiting)

    def add(self, artifacts: Iterable[ShownArtifact]) -> None:
        """Starts the scans of these images, as they were last seen, or lets them wait.

        Raises:
            ScanNotStarted: The first one is refused.
        """
        self._waiting |= {one.image.image: one.report for one in artifacts}
        self.fill()

    def observe(self, artifact: ShownArtifact) -> None:
        """Notes what an image has just shown, so that the place of a scan that has ended is free."""
        image = artifact.image.image
        if (scan := self._running.get(image)) is None:
            return
        if artifact.image.state is ImageState.SCANNING:
            self._running[image] = replace(scan, was_seen=True)
        elif artifact.status in _HAS_ENDED and (scan.was_seen or artifact.report != scan.report):
            del self._running[image]
        elif not (scan.is_certain or scan.is_repeated or scan.was_seen):
            self._repeat(image, scan)

    def fill(self) -> None:
        """Starts scans that wait while there are places.

        Raises:
            ScanNotStarted: The first one is refused.
        """
        full: set[str | None] = set()
        for image in [*self._waiting]:
            instance = self._instance_of(image)
            if instance in full or self._number_in(instance) >= MAX_SCANS:
                continue
            try:
                is_certain = self._is_accepted(image)
            except Refused as error:
                full.add(instance)
                self._was_refused(image, error, may_be_full=self._number_in(instance) > 0)
                continue
            self._running[image] = _Running(report=self._waiting.pop(image), is_certain=is_certain)
            self._has_started = True
            if not is_certain:
                return

    def _is_accepted(self, image: ImageRef) -> bool:
        """Starts one scan; False if the response was lost."""
        try:
            self._start(image)
        except (DeadlineExceeded, Throttled):
            raise
        except TransientError as error:
            self._event_log.note(f"whether the scan of {image} was started is not known ({error.happened})")
            return False
        return True

    def _was_refused(self, image: ImageRef, error: Refused, *, may_be_full: bool) -> None:
        if may_be_full:
            # To the end: it may be refused for a reason of its own.
            self._waiting[image] = self._waiting.pop(image)
            self._event_log.note(f"the scan of {image} is refused while others run, and waits: {error.happened}")
        elif self._has_started:
            self.refused[image] = one_line(f"its instance of SWR Enterprise refuses it: {error.happened}", _MAX_REASON)
            del self._waiting[image]
        else:
            raise _not_started(image, error) from None

    def _repeat(self, image: ImageRef, scan: _Running) -> None:
        """Starts a scan once more after a response was lost, and nothing shows that it was started."""
        self._event_log.acted(f"starting the scan of {image} again: nothing shows that it was started")
        self._running[image] = replace(scan, is_repeated=True)
        try:
            self._start(image)
        except Refused as error:
            self._event_log.note(f"the scan of {image} is refused, as one may be that is running: {error.happened}")

    def _number_in(self, instance: str | None) -> int:
        return sum(self._instance_of(image) == instance for image in self._running)


def _not_started(image: ImageRef, error: Refused) -> ScanNotStarted:
    return ScanNotStarted(
        f"The instance of SWR Enterprise does not start the scan of {image}: {error.happened}",
        means="Most often it is of a version before v25.7.20, which has no scan of its own. It may also be that ten "
        "scans of others are running, or that scans are not paid for in HSS.",
        remedy="Check the instance in the console of SWR, and scan the image there once; or give "
        "--swr-enterprise-scanner hss.",
    )
