"""The images of a release: whether the registry knows them, the cloud lists and can scan them, and what is judged."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gate.clouds.registry_host import RegistryEdition
from gate.doctor.check import failure, not_checked, ok, warning
from gate.doctor.tasks import conclusion
from gate.errors import GateError
from gate.findings.reasons import stale_baseline
from gate.image import ImageState
from gate.image_description import predicate, short_name
from gate.images import messages
from gate.images.check import pin
from gate.images.follow import ImageFollower
from gate.images.preview import preview
from gate.images.registry import registry_of
from gate.policy import Decision, Verdict
from gate.run import poller_of
from gate.verdict_messages import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from gate.doctor.check import Check
    from gate.doctor.examination import Examination
    from gate.image import ImageRef, ScannedImage, TaggedDigest

_TIME_TO_LIST = timedelta(seconds=30)
"""Since a registry was read; what is not listed by then was not read (a sample took 4 s, huawei-images.md 1.1)."""
_NEEDS_SCAN = frozenset({ImageState.WAITING, ImageState.OUTDATED, ImageState.FAILED})
_RELEASE = "release"


def check_images(examination: Examination) -> Iterator[Check]:
    """Yields each image with what a run would do about it, and what the verdict would be if it needs no scan."""
    settings, scans = examination.settings, examination.scans
    pinned = pin(settings.images, scans, settings.indexes)
    if isinstance(pinned, Verdict):
        yield from (failure("images", reason.message) for reason in pinned.reasons)
        return
    seen = ImageFollower(scans, pinned, poller_of(examination.connection), examination.connection).look()
    checks = [_image(image, examination) for image in seen]
    yield from checks
    yield _release(seen, examination)


def _release(seen: Sequence[ScannedImage], examination: Examination) -> Check:
    """What a run would say of all of them now."""
    connection = examination.connection
    if stale := stale_baseline(examination.settings.policy.findings, connection.time_of_day.latest()):
        return failure(_RELEASE, stale.message)
    if not all(image.state.has_ended for image in seen) or examination.to_scan:
        return not_checked(_RELEASE, "there is no verdict before every image has a result that counts")
    verdict = preview(tuple(seen), examination.scans, connection)
    if verdict.decision is Decision.UNDECIDED:
        return failure(_RELEASE, " ".join(reason.message for reason in verdict.reasons))
    return ok(_RELEASE, f"would be judged now: {conclusion(verdict)}")


def _image(image: ScannedImage, examination: Examination) -> Check:
    name = f"image {short_name(image.image)}"
    text = f"{_edition(image.image, examination)}{predicate(image)}"
    if image.state is ImageState.MISSING:
        return _unlisted(name, text, image, examination)
    if image.state in _NEEDS_SCAN:
        return _to_be_scanned(name, text, image, examination)
    if image.state is ImageState.SCANNED:
        return ok(name, text)
    if image.state is ImageState.SCANNING:
        return warning(name, f"{text} A run waits for it.")
    return failure(name, f"{text} No run judges it so.", "Check the image in the cloud's console.")


def _to_be_scanned(name: str, text: str, image: ScannedImage, examination: Examination) -> Check:
    if examination.settings.scan != "never":
        examination.to_scan.append(image)
        return ok(name, f"{text} A run starts a scan of it.")
    if image.state is ImageState.FAILED:
        return ok(name, f"{text} A run counts it as failed.")
    return failure(name, f"{text} No result of it counts, and --scan never starts no scan.", "Have it scanned.")


def _unlisted(name: str, text: str, image: ScannedImage, examination: Examination) -> Check:
    if examination.settings.scan == "never":
        advice = "Have the registry read and the image scanned, or let the gate do so (--scan auto)."
        return failure(name, f"{text} --scan never starts no scan of it.", advice)
    examination.to_scan.append(image)
    if examination.scans.can_start(image):
        return warning(name, f"{text} A run imports it from its registry and scans it; only that shows whether it can.")
    return _in_registry(name, text, image.image, examination)


def _in_registry(name: str, text: str, image: ImageRef, examination: Examination) -> Check:
    """Whether an image that is not listed can be: the registry knows its tag, and was not read since the push."""
    found, problem = _looked_up(image, examination)
    reading = None if problem else examination.diagnosis.registry_reading(image)
    if reading is None:
        why = problem or "It cannot be imported, which takes a tag that its registry knows for it."
        return failure(name, f"{text} {why}", "Check the reference, or push the image again.")
    read_at = reading.at
    read = f"The cloud has last read the registry at {format_time(read_at)}" if read_at else ""
    if read_at and found and found.pushed_at and _was_passed_over(found.pushed_at, read_at, examination):
        advice = "Check the enterprise project, the region, and the authorisation to read the registry."
        return failure(name, f"{text} {read}, after the push of {format_time(found.pushed_at)}.", advice)
    return warning(name, " ".join(filter(None, (text, f"{read}." if read else "", "A run has it read again."))))


def _was_passed_over(pushed_at: datetime, read_at: datetime, examination: Examination) -> bool:
    return pushed_at < read_at < examination.connection.time_of_day.latest() - _TIME_TO_LIST


def _looked_up(image: ImageRef, examination: Examination) -> tuple[TaggedDigest | None, str]:
    """What the registry says of the tag of an image that has both, and what speaks against a scan of it."""
    if not image.tag:
        return None, ""
    try:
        found = examination.scans.resolve(image)
    except GateError as error:
        # A run does not look up the tag of an image with a digest.
        examination.connection.event_log.note(f"whether the registry has {image} is not known: {error.happened}")
        return None, ""
    if found is None:
        return None, f"{messages.UNKNOWN_TAG.capitalize()}."
    if found.is_index:
        return found, "It is an index of several images, which the cloud does not scan as one."
    if found.digest != image.digest:
        return found, f"The tag stands for {found.digest} by now."
    return found, ""


def _edition(image: ImageRef, examination: Examination) -> str:
    registry = registry_of(image, examination.settings.cloud)
    is_known = registry and registry.edition is not RegistryEdition.UNKNOWN
    return f"{registry.edition} edition, " if registry and is_known else ""
