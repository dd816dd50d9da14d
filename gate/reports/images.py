"""The images that reports name, the most important first, and what each of them is called in lists of findings."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from gate import image_description, verdict_messages
from gate.image import ImageState, ScannedImage
from gate.policy import Decision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from gate.image import FailedImage
    from gate.outcome import Outcome

NOT_SCANNED, RISKY = "image-not-scanned", "image-risky"
CHECKS = (RISKY, NOT_SCANNED)
"""Those that an image can fail, the more important first."""
_LIMITS = {NOT_SCANNED: "too-many-failed", RISKY: "too-many-risky"}
"""The reason that speaks against the release where so many images fail a check."""
_LEFT_OUT = {
    frozenset({NOT_SCANNED}): "could not be scanned",
    frozenset({RISKY}): "are risky",
    frozenset({NOT_SCANNED, RISKY}): "are risky or could not be scanned",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedImages:
    """Some images: those that fail a check first, then those without a result, then the others.

    A task of the cloud may have very many failed images, so what reports need of them is made one by one.
    """

    bad: tuple[ScannedImage, ...] = ()
    failed: tuple[FailedImage, ...] = ()
    others: tuple[ScannedImage, ...] = ()

    def __len__(self) -> int:
        return len(self.bad) + len(self.failed) + len(self.others)

    def __iter__(self) -> Iterator[ScannedImage]:
        return chain(self.bad, map(_as_scanned, self.failed), self.others)

    def parted(self, count: int) -> tuple[NamedImages, NamedImages]:
        """The first so many, and those after them."""
        bad = count
        failed = max(bad - len(self.bad), 0)
        others = max(failed - len(self.failed), 0)
        return (
            NamedImages(bad=self.bad[:bad], failed=self.failed[:failed], others=self.others[:others]),
            NamedImages(bad=self.bad[bad:], failed=self.failed[failed:], others=self.others[others:]),
        )

    def count(self, key: Callable[[ScannedImage], str]) -> Counter[str]:
        """How many have which key, where the failed ones of a task have the same."""
        counts = Counter(map(key, chain(self.bad, self.others)))
        if self.failed:
            counts[key(_as_scanned(self.failed[0]))] += len(self.failed)
        return counts


@dataclass(frozen=True, kw_only=True, slots=True)
class FailedCheck:
    """An image that fails a check."""

    image: ScannedImage
    check: str
    text: str
    identity: str
    """The same from run to run, whatever tag and digest the image has; two tags of one repository are two."""
    blocks: bool
    """Whether the images that fail this check block the release; if not, they are allowed or the run is undecided."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownImages:
    """The images that fail a check, as far as a list has room for them."""

    images: NamedImages
    left_out: str = ""
    """The sentence about those for which there is no room; empty if there is none."""
    left_out_block: bool = False
    """Whether some of these block the release."""


def named_images(outcome: Outcome) -> NamedImages:
    """All images that the outcome knows by name: those that were asked for, else those that fail a check."""
    task = outcome.task
    if task is None:
        return NamedImages()
    ordered = sorted(task.images, key=rank)
    count = sum(failed_check(image) != "" for image in ordered)
    # Of the images that were asked for, the failed ones are among them.
    failed = () if task.asks_for_images else task.failed_images
    return NamedImages(bad=tuple(ordered[:count]), failed=failed, others=tuple(ordered[count:]))


def failed_check(image: ScannedImage) -> str:
    """The check that an image fails; empty if it fails none."""
    if image.state is ImageState.FAILED:
        return NOT_SCANNED
    return RISKY if image.state is ImageState.SCANNED and image.is_risky else ""


def rank(image: ScannedImage) -> int:
    """The place of an image among others by its result: those that fail a check are first, those without risks last."""
    ranks = {check: number for number, check in enumerate(CHECKS)}
    return ranks.get(failed_check(image), len(ranks) + is_clean(image))


def is_clean(image: ScannedImage) -> bool:
    """Whether an image has a result, and no risks by it."""
    return image.state is ImageState.SCANNED and image.is_risky is False


def blocks(check: str, outcome: Outcome) -> bool:
    """Whether the images that fail this check block the release."""
    return any(reason.code == _LIMITS[check] for reason in outcome.verdict.reasons)


def shown_images(outcome: Outcome, most: int) -> ShownImages:
    """Returns the images that fail a check and fit into so many lines, one of which is about those left out."""
    named = named_images(outcome)
    images = NamedImages(bad=named.bad, failed=named.failed)
    count = len(images) if len(images) <= most else max(most - 1, 0)
    shown, left_out = images.parted(count)
    if not left_out:
        return ShownImages(images=shown)
    checks = frozenset(left_out.count(failed_check))
    return ShownImages(
        images=shown,
        left_out=f"{len(left_out)} more images {_LEFT_OUT[checks]}{outcome.counts_note}; the json report has them all.",
        left_out_block=any(blocks(check, outcome) for check in checks),
    )


def failed_checks(images: Iterable[ScannedImage], outcome: Outcome) -> Iterator[FailedCheck]:
    """Yields the failed check of each of these images, all of which fail one."""
    met: Counter[tuple[str, str]] = Counter()
    is_blocking = {check: blocks(check, outcome) for check in CHECKS}
    for image in images:
        ref, check = image.image, failed_check(image)
        repository = f"{ref.registry}/{ref.namespace}/{ref.name}"
        met[check, repository] += 1
        yield FailedCheck(
            image=image,
            check=check,
            text=image_description.sentence(image),
            identity=f"{repository}/{met[check, repository]}",
            blocks=is_blocking[check],
        )


def left_out(count: int) -> str:
    """The sentence about images for which a list of all has no room."""
    return f"{count} more image{' is' if count == 1 else 's are'} left out here; the json report has them all."


def passed_release(outcome: Outcome) -> str:
    """What a pass says of the images that were asked for; empty if none was, or for another verdict."""
    task = outcome.task
    if task is None or not task.asks_for_images or outcome.verdict.decision is not Decision.PASSED:
        return ""
    counts = task.counts
    return verdict_messages.passed_images(
        counts.succeeded or 0, counts.total or 0, failed=counts.failed or 0, risky=counts.risky or 0
    )


def unmatched_names(outcome: Outcome) -> str:
    """What to know where a task counts more or less risky images than it names; empty if it names none."""
    task = outcome.task
    if task is None or task.asks_for_images or not task.images or task.counts.risky is None:
        return ""
    return image_description.names_and_count(
        sum(failed_check(image) == RISKY for image in task.images), task.counts.risky
    )


def fingerprint(*parts: str) -> str:
    """Hashes these parts to 64 hexadecimal digits."""
    return hashlib.sha256("/".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def fingerprint_in_pipeline(outcome: Outcome, *parts: str) -> str:
    """The same, and different for two gates of one pipeline whose findings are shown in one list."""
    return fingerprint(*filter(None, (outcome.identity,)), *parts)


_NO_FINDINGS: Mapping[Any, int] = {}


def _as_scanned(failed: FailedImage) -> ScannedImage:
    # Of 100,000 failed images, each would have two empty dicts of its own.
    return ScannedImage(
        image=failed.image,
        state=ImageState.FAILED,
        reason=failed.reason,
        kinds=_NO_FINDINGS,
        severities=_NO_FINDINGS,
    )
