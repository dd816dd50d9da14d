"""Annotations, which a CI system shows beside its log: the verdict first, then the images that could not be scanned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.policy import Decision
from gate.reports.failures import failures, shown_images

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.outcome import Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Annotation:
    """One annotation; all of one outcome have its severity."""

    title: str
    text: str


def severity(outcome: Outcome) -> str:
    """`error` where the job fails, `warning` where the policy lets it continue, `notice` for a pass."""
    if outcome.verdict.decision is Decision.PASSED:
        return "notice"
    return "error" if outcome.enforced else "warning"


def annotations_of(outcome: Outcome, most: int) -> Iterator[Annotation]:
    """Yields at most so many annotations; the last one says how many images are left out."""
    verdict = outcome.verdict
    why = " ".join(reason.message for reason in verdict.reasons)
    title = " ".join(filter(None, ("Image scan", outcome.name, verdict.decision)))
    yield Annotation(title=title, text=why or _passed_text(outcome))
    images, left_out = shown_images(outcome, most - 1)
    for failure in failures(images):
        yield Annotation(title="Image not scanned", text=failure.text)
    if left_out:
        yield Annotation(title="Images not scanned", text=left_out)


def _passed_text(outcome: Outcome) -> str:
    counts = outcome.outputs
    return f"{counts['total-num']} images, {counts['failed-num']} failed, {counts['risky-num'] or 'no'} risky."
