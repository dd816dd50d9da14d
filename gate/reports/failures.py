"""The images that could not be scanned, for several reports: one sentence and one lasting identity for each."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gate.image import FailedImage
    from gate.outcome import Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """An image that could not be scanned."""

    failed: FailedImage
    text: str
    identity: str
    """The same from run to run, whatever tag the image has; two tags of one repository are two failures."""


def exceeds_failed_limit(outcome: Outcome) -> bool:
    """Whether the failed images block the release; if not, the policy allows them or the run is undecided."""
    return any(reason.code == "too-many-failed" for reason in outcome.verdict.reasons)


def shown_images(outcome: Outcome, most: int) -> tuple[tuple[FailedImage, ...], str]:
    """Returns the failed images that fit into so many lines, and the line about those left out, empty if none is."""
    failed = outcome.task.failed_images if outcome.task else ()
    shown = failed if len(failed) <= most else failed[: max(most - 1, 0)]
    return shown, left_out(len(failed) - len(shown), outcome)


def left_out(count: int, outcome: Outcome) -> str:
    """The sentence about images for which there is no room; empty for 0."""
    if not count:
        return ""
    return f"{count} more images could not be scanned{outcome.counts_note}; the json report has them all."


def fingerprint(*parts: str) -> str:
    """Hashes these parts to 64 hexadecimal digits."""
    return hashlib.sha256("/".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def fingerprint_in_pipeline(outcome: Outcome, *parts: str) -> str:
    """The same, and different for two gates of one pipeline whose findings are shown in one list."""
    return fingerprint(*filter(None, (outcome.identity,)), *parts)


def failures(images: Iterable[FailedImage]) -> Iterator[Failure]:
    """Yields the failure of each image."""
    met: Counter[str] = Counter()
    for failed in images:
        repository = f"{failed.image.registry}/{failed.image.namespace}/{failed.image.name}"
        met[repository] += 1
        name = one_line(str(failed.image)) or "An image"
        why = one_line(failed.reason).rstrip(".") or "no reason given"
        text = f"{name} could not be scanned: {why}."
        yield Failure(failed=failed, text=text, identity=f"{repository}/{met[repository]}")
