"""Counts the images that were asked for: one poll of all of them, in the form of a scan task."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from gate.image import FailedImage, ImageState
from gate.scan import Counts, ScanTask, TaskState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gate.image import ScannedImage

_WORDS = {
    ImageState.FAILED: "failed",
    ImageState.SCANNING: "being scanned",
    ImageState.WAITING: "waiting for the scan",
    ImageState.MISSING: "waiting to be listed",
    ImageState.OUTDATED: "with an old result only",
    ImageState.NOT_SCANNABLE: "that cannot be scanned",
    ImageState.UNKNOWN: "in an unknown state",
}


def as_task(images: tuple[ScannedImage, ...]) -> ScanTask:
    """What one look at these images says of all of them; complete once the scan of each has ended.

    An image without a usable statement of its risk leaves the number of risky images unknown.
    """
    ended = [image for image in images if image.state.has_ended]
    failed = tuple(
        FailedImage(image=image.image, reason=image.reason) for image in ended if image.state is ImageState.FAILED
    )
    scanned = [image for image in ended if image.state is ImageState.SCANNED]
    ends = [image.scanned_at for image in scanned]
    are_known = all(image.is_risky is not None for image in scanned)
    return ScanTask(
        id="",
        name="1 image" if len(images) == 1 else f"{len(images)} images",
        state=TaskState.COMPLETE if len(ended) == len(images) else TaskState.RUNNING,
        raw_state=progress_in_words(images),
        progress=len(ended) * 100 // len(images),
        ended_at=None if None in ends else max(filter(None, ends), default=None),
        counts=Counts(
            total=len(images),
            succeeded=len(scanned),
            failed=len(failed),
            risky=sum(image.is_risky is True for image in scanned) if are_known else None,
        ),
        failed_images=failed,
        images=images,
        asks_for_images=True,
    )


def progress_in_words(images: Sequence[ScannedImage]) -> str:
    """How many images are in which state, the finished ones first: `8 of 12 scanned, 1 failed, 3 waiting`."""
    number = Counter(image.state for image in images)
    others = (f"{number[state]} {words}" for state, words in _WORDS.items() if number[state])
    return ", ".join((f"{number[ImageState.SCANNED]} of {len(images)} scanned", *others))
