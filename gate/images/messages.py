"""The words of image mode: what the gate does in the cloud, what it waits for, and why images are not judged.

`gate.image_description` describes a single image.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.text import first_of, one_line
from gate.verdict_messages import format_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gate.image import ImageRef, ScannedImage

NOT_SETTLED_YET = "the scan has just ended: looking once more, since its results may still change"
STOPPING = "stopping the scan that this run has started, since nobody waits for it any more"
NO_LONGER_THERE = "no image any more"
UNKNOWN_TAG = "the registry does not know this tag"
UNLISTED_INDEX = "it is an index of several images, and the cloud does not list it"
_MOST_NAMES = 5
_MAX_NAME = 300


def starting(count: int, total: int) -> str:
    """What the log says before a scan is started, which may cost money."""
    return f"starting a scan of {_of(count, total)}; the cloud may charge for it"


def not_stopped(why: str) -> str:
    """What the log says when the scan could not be stopped."""
    return (
        f"the scan could not be stopped: {why or 'the cloud did not answer in time.'} It may go on and be charged for"
    )


def contradicted(sign: str) -> str:
    """What is waited for when every scan has ended, and something speaks against it."""
    return f"every image is scanned, but {sign}"


def did_not_look_for(scopes: Iterable[str]) -> str:
    """Why the result of another scan is not taken."""
    return f"its last scan did not look for {', '.join(scopes)}"


def unknown_tags(images: Sequence[ImageRef], where: str) -> str:
    """The reason when the registry does not know tags of the release."""
    return (
        f"The registry does not know {_names(images)} ({where}). It was not pushed, or to another registry, region or "
        "organisation, or its tag was deleted. Check the reference, or give the digest that the push printed."
    )


def indexes(images: Sequence[ImageRef]) -> str:
    """The reason when tags stand for indexes, whose images the registry does not name."""
    return (
        f"These are indexes of several images, which the cloud does not scan as one: {_names(images)}. A build with "
        "attestations makes an index too. Push one tag for each platform with attestations off (--provenance=false "
        "--sbom=false), or name the digest of each image."
    )


def missing(images: Sequence[ScannedImage], limit: str, where: str) -> str:
    """The reason when the cloud did not list images in time.

    Args:
        images: The images.
        limit: For how long the gate waited for them; empty if it did not, because of another image.
        where: Where they were searched.
    """
    others = [image for image in images if image.listed_digest]
    moved = f" Under the tag of {_names([others[0].image])} it lists {others[0].listed_digest}." if others else ""
    start = f"After {limit} the" if limit else "The"
    return (
        f"{start} cloud does not list {_names([image.image for image in images])} ({where}).{moved} "
        "The registry was not read since the push, or is another one, or these credentials do not see it. Check it in "
        f"the cloud's console{', or raise --appear-timeout' if limit else ''}."
    )


def not_scannable(images: Sequence[ScannedImage]) -> str:
    """The reason when the cloud does not scan images."""
    return (
        f"The cloud does not scan {_named_with_reasons(images)}. For an image of several platforms, push one tag for "
        "each platform, with attestations off (--provenance=false --sbom=false)."
    )


def outdated(images: Sequence[ScannedImage], *, may_start: bool, is_age_of_use: bool) -> str:
    """The reason when images have no result but one that is too old, or of a scan that looked for less.

    Args:
        images: The images.
        may_start: Whether the gate may start scans, and did not start one of these.
        is_age_of_use: Whether a higher --max-age would let all of these results count.
    """
    older = ", or allow older results with --max-age" if is_age_of_use else ""
    how = ", or run the gate again once every image can be scanned" if may_start else ", or let the gate (--scan auto)"
    return f"No scan has a result that counts for {_named_with_reasons(images)}. Scan these images again{how}{older}."


def unknown_state(images: Sequence[ScannedImage], limit: str) -> str:
    """The reason when images were last seen in a state that no document has; `limit` is that of `not_scanned`."""
    states = ", ".join(sorted({one_line(image.raw_state, 80) or "none given" for image in images}))
    start = f"The time is up after {limit} and the" if limit else "The"
    return (
        f"{start} state of {_names([image.image for image in images])} is unknown "
        f"({states}). Check it in the cloud's console; what is scanned there is a reason to report this state to the "
        "gate's project."
    )


def not_scanned(images: Sequence[ScannedImage], total: int, limit: str) -> str:
    """The reason when the scan of images had not ended.

    Args:
        images: The images.
        total: How many were asked for.
        limit: The time that was up by then; empty if the wait ended before, because of another image.
    """
    have, names = f"{_of(len(images), total)} {_have(len(images))}", _names([image.image for image in images])
    if not limit:
        return (
            f"{have} no result, and the gate waits for none while another image is not listed or cannot be scanned: "
            f"{names}. Correct that first, and run the gate again."
        )
    return (
        f"The time is up after {limit} and {have} no result yet: {names}. Raise --timeout, or run the gate again later."
    )


def _named_with_reasons(images: Sequence[ScannedImage]) -> str:
    return first_of([f"{_name(image.image)} ({_why(image)})" for image in images], _MOST_NAMES)


def _why(image: ScannedImage) -> str:
    if image.reason:
        return one_line(image.reason, _MAX_NAME).rstrip(".")
    return f"last scanned at {format_time(image.scanned_at)}" if image.scanned_at else "never scanned"


def _names(images: Sequence[ImageRef]) -> str:
    return first_of([*map(_name, images)], _MOST_NAMES)


def _name(image: ImageRef) -> str:
    return one_line(str(image), _MAX_NAME)


def _of(count: int, total: int) -> str:
    return f"{count} of {total} image{'' if total == 1 else 's'}"


def _have(count: int) -> str:
    return "has" if count == 1 else "have"
