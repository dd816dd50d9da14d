"""The words of image mode: what the gate does in the cloud, what it waits for, and why images are not judged.

`gate.image_description` describes a single image.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.text import one_line
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


def asking_for_listing(count: int, total: int) -> str:
    """What the log says before the cloud is asked to read a registry again."""
    return f"asking the cloud to read the registry again: it does not list {_of(count, total)}"


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
    """The reason when the cloud did not list images in time."""
    others = [image for image in images if image.listed_digest]
    moved = f" Under the tag of {_names([others[0].image])} it lists {others[0].listed_digest}." if others else ""
    return (
        f"After {limit} the cloud does not list {_names([image.image for image in images])} ({where}).{moved} "
        "The registry was not read since the push, or is another one, or these credentials do not see it. Check it in "
        "the cloud's console, or raise --appear-timeout."
    )


def not_scannable(images: Sequence[ScannedImage]) -> str:
    """The reason when the cloud does not scan images."""
    return (
        f"The cloud does not scan {_named_with_reasons(images)}. For an image of several platforms, push one tag for "
        "each platform, with attestations off (--provenance=false --sbom=false)."
    )


def outdated(images: Sequence[ScannedImage]) -> str:
    """The reason when images have no result but one that is too old, or of a scan that looked for less."""
    return (
        f"No scan since then has a result for {_named_with_reasons(images)}. Scan these images again, let the gate do "
        "so (--scan auto), or allow older results with --max-age."
    )


def unknown_state(images: Sequence[ScannedImage], limit: str) -> str:
    """The reason when images were in a state that nobody documents until the time was up."""
    states = ", ".join(sorted({one_line(image.raw_state, 80) or "none given" for image in images}))
    return (
        f"The time is up after {limit} and the state of {_names([image.image for image in images])} is unknown "
        f"({states}). Check it in the cloud's console; what is scanned there is a reason to report this state to the "
        "gate's project."
    )


def not_scanned_in_time(images: Sequence[ScannedImage], total: int, limit: str) -> str:
    """The reason when the scan of images had not ended when the time was up."""
    return (
        f"The time is up after {limit} and {_of(len(images), total)} {_have(len(images))} no result yet: "
        f"{_names([image.image for image in images])}. Raise --timeout, or run the gate again later."
    )


def _named_with_reasons(images: Sequence[ScannedImage]) -> str:
    parts = [f"{_name(image.image)} ({_why(image)})" for image in images[:_MOST_NAMES]]
    return ", ".join(parts) + _more(len(images))


def _why(image: ScannedImage) -> str:
    if image.reason:
        return one_line(image.reason, _MAX_NAME).rstrip(".")
    return f"last scanned at {format_time(image.scanned_at)}" if image.scanned_at else "never scanned"


def _names(images: Sequence[ImageRef]) -> str:
    return ", ".join(map(_name, images[:_MOST_NAMES])) + _more(len(images))


def _name(image: ImageRef) -> str:
    return one_line(str(image), _MAX_NAME)


def _more(count: int) -> str:
    return f" and {count - _MOST_NAMES} more" if count > _MOST_NAMES else ""


def _of(count: int, total: int) -> str:
    return f"{count} of {total} image{'' if total == 1 else 's'}"


def _have(count: int) -> str:
    return "has" if count == 1 else "have"
