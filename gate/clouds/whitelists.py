"""Vulnerabilities that users have put on a whitelist in the console of a cloud, so that results may lack them.

No document says whether they do. So what a result does not list is named: it decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gate.errors import GateError
from gate.image import ImageState
from gate.text import first_of, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gate.event_log import EventLog
    from gate.image import ImageRef, ScannedImage

_NAMED_IN_LOG, _NAMED_OF_IMAGE = 10, 3
_MAX_REASON = 100
"""Characters."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Whitelisted:
    """One vulnerability on a whitelist; in the consoles, none has a last day."""

    id: str
    """As lists of findings name it."""
    reason: str = ""
    """What the user has written."""
    repositories: tuple[str, ...] = ()
    """The images that it is about, as NAMESPACE/NAME; none where the cloud names none, so that it may be any."""

    def __str__(self) -> str:
        return f"{self.id} ({one_line(self.reason, _MAX_REASON)})" if self.reason else self.id

    def is_about(self, image: ImageRef) -> bool:
        """Whether it may be about this image."""
        return not self.repositories or f"{image.namespace}/{image.name}" in self.repositories


@dataclass(frozen=True, kw_only=True, slots=True)
class Whitelist:
    """What one request has shown of the whitelists of an account."""

    entries: Sequence[Whitelisted]
    unnamed: int = 0
    """How many more there are: on further pages, or without a name."""

    @classmethod
    def of(cls, entries: Iterable[Whitelisted], *, total: int | None) -> Whitelist:
        """The entries of one page, and how many there are in all, if that is stated."""
        every = [*entries]
        named = [one for one in every if one.id]
        return cls(entries=named, unnamed=max(total or 0, len(every)) - len(named))


def with_whitelisted(
    images: Sequence[ScannedImage], read: Callable[[], Whitelist], event_log: EventLog
) -> tuple[ScannedImage, ...]:
    """The same images; one whose result may lack what is on a whitelist has a warning, and the log has the reasons."""
    try:
        whitelist = read()
    except GateError as error:
        event_log.warned(f"What is on a whitelist in the console is not known: {error.happened}")
        return tuple(images)
    if whitelist.unnamed:
        event_log.warned(f"{whitelist.unnamed} more entries of whitelists in the console are not named.")
    missing = {image.image: _missing(image, whitelist.entries) for image in images}
    if named := list(dict.fromkeys(str(one) for of_image in missing.values() for one in of_image)):
        event_log.warned(
            f"On a whitelist in the console, so that results may lack them: {first_of(named, _NAMED_IN_LOG)}."
        )
    return tuple(_warned(image, missing[image.image]) for image in images)


def _missing(image: ScannedImage, entries: Sequence[Whitelisted]) -> list[Whitelisted]:
    """What the result of this image may lack: where it is listed, it counts as any other."""
    if image.state is not ImageState.SCANNED:
        return []
    listed = {id_ for finding in image.findings or () for id_ in (finding.id, *finding.cves)}
    return [one for one in entries if one.id not in listed and one.is_about(image.image)]


def _warned(image: ScannedImage, missing: Sequence[Whitelisted]) -> ScannedImage:
    if not missing:
        return image
    ids = list(dict.fromkeys(one.id for one in missing))
    text = f"on a whitelist in the console, so that this result may lack it: {first_of(ids, _NAMED_OF_IMAGE)}"
    return replace(image, warning="; ".join(filter(None, (image.warning, text))))
