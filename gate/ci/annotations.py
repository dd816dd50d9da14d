"""Annotations, which a CI system shows beside its log: the verdict first, then the images that speak against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.image_description import moved, sentence
from gate.policy import Decision
from gate.reports.images import NOT_SCANNED, RISKY, failed_checks, named_images, passed_release, shown_images
from gate.waiver_messages import warnings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.outcome import Outcome

_TITLES = {RISKY: "Image risky", NOT_SCANNED: "Image not scanned"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Annotation:
    """One annotation."""

    title: str
    text: str
    severity: str


def severity(outcome: Outcome) -> str:
    """`error` where the job fails, `warning` where the policy lets it continue, `notice` for a pass."""
    if outcome.verdict.decision is Decision.PASSED:
        return "notice"
    return "error" if outcome.enforced else "warning"


def annotations_of(outcome: Outcome, most: int) -> Iterator[Annotation]:
    """Yields at most so many annotations, at least four; one says how many images are left out."""
    verdict, kind, about_waivers = outcome.verdict, severity(outcome), [*waiver_annotations(outcome)]
    why = " ".join(reason.message for reason in verdict.reasons)
    title = " ".join(filter(None, ("Image scan", outcome.name, verdict.decision)))
    yield Annotation(title=title, text=why or _passed_text(outcome), severity=kind)
    yield from about_waivers
    with_moved_tag = [image for image in named_images(outcome).others if moved(image)]
    shown = shown_images(outcome, most - 1 - len(about_waivers) - bool(with_moved_tag))
    for finding in failed_checks(shown.images, outcome):
        yield Annotation(title=_TITLES[finding.check], text=finding.text, severity=kind)
    if shown.left_out:
        yield Annotation(title="More images", text=shown.left_out, severity=kind)
    if with_moved_tag:
        count = len(with_moved_tag)
        more = f" So have the tags of more images: {count - 1}." if count > 1 else ""
        yield Annotation(title="Image tag moved", text=sentence(with_moved_tag[0]) + more, severity=kind)


def waiver_annotations(outcome: Outcome) -> Iterator[Annotation]:
    """Yields an annotation with all that has to be done about waivers, if there is anything; a warning at most."""
    if text := " ".join(warnings(outcome)):
        yield Annotation(title="Waivers", text=text, severity="warning")


def _passed_text(outcome: Outcome) -> str:
    if text := passed_release(outcome):
        return f"{text}."
    counts = outcome.outputs
    # A task that looks for no risks has no count of them, and does not say that there are none.
    risky = f", {counts['risky-num']} risky" if counts["risky-num"] else ""
    return f"{counts['total-num']} images, {counts['failed-num']} failed{risky}."
