"""What several reports say of the images that could not be scanned: in one sentence each, and under a lasting name."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.outcome import Outcome
    from gate.scan import FailedImage


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """An image that could not be scanned."""

    failed: FailedImage
    text: str
    identity: str
    """The same from run to run whatever tag the image has; two tags of one repository are two failures."""


def exceeds_failed_limit(outcome: Outcome) -> bool:
    """Whether these images are what blocks the release; if not, the policy allows them."""
    return any(reason.code == "too-many-failed" for reason in outcome.verdict.reasons)


def failures(outcome: Outcome, most: int) -> tuple[list[Failure], str]:
    """At most so many of them, and a sentence about those that are left out, empty where all are there."""
    failed = outcome.task.failed_images if outcome.task else ()
    shown = failed if len(failed) <= most else failed[: max(most - 1, 0)]
    return list(_failures(shown)), left_out(len(failed) - len(shown))


def left_out(count: int) -> str:
    """The sentence about images for which there is no room."""
    return f"{count} more images could not be scanned; the json report has them all." if count else ""


def fingerprint(*parts: str) -> str:
    """A name for whatever these parts are, in 64 hexadecimal digits."""
    return hashlib.sha256("/".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _failures(images: tuple[FailedImage, ...]) -> Iterator[Failure]:
    met: Counter[str] = Counter()
    for one in images:
        repository = f"{one.image.registry}/{one.image.namespace}/{one.image.name}"
        met[repository] += 1
        name, why = one_line(str(one.image)) or "An image", one_line(one.reason).rstrip(".") or "no reason given"
        text = f"{name} could not be scanned: {why}."
        yield Failure(failed=one, text=text, identity=f"{repository}/{met[repository]}")
