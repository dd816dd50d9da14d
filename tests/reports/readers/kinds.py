"""An outcome of each kind, with any number of failed images, and what every reader has to show of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gate.errors import Unreachable
from gate.image import FailedImage, ImageRef
from gate.policy import Policy, undecided
from gate.scan import TaskState
from tests.builders import a_failed_image, a_task, an_outcome
from tests.hostile import HOSTILE
from tests.reports.endings import PARTS

if TYPE_CHECKING:
    from gate.outcome import Outcome
    from tests.reports.readers.shown import State


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of outcome."""

    verdict: State
    """Of the case for the verdict: a warning is a failed case in a job that passes."""
    images: State
    """Of the cases for the images."""
    risky: int = 0
    are_allowed: bool = True
    """Whether the policy allows the images that could not be scanned."""
    warn_only: bool = False
    state: TaskState = TaskState.COMPLETE


KINDS = {
    "passed": Kind(verdict="passed", images="skipped"),
    "blocked by failed images": Kind(verdict="failed", images="failed", are_allowed=False),
    "blocked by risky images": Kind(verdict="failed", images="skipped", risky=2),
    "blocked by both": Kind(verdict="failed", images="failed", risky=2, are_allowed=False),
    "undecided": Kind(verdict="error", images="skipped", state=TaskState.UNKNOWN),
    "warned of failed images": Kind(verdict="failed", images="failed", are_allowed=False, warn_only=True),
    "warned of risky images": Kind(verdict="failed", images="skipped", risky=2, warn_only=True),
}


def outcome_of(kind: str, images: tuple[FailedImage, ...] = (), *, cloud: str = "huawei", name: str = "") -> Outcome:
    """An outcome of this kind; if images must have failed and none is given, the cloud states their number only."""
    about = KINDS[kind]
    failed = len(images) or int(not about.are_allowed)
    task = a_task(
        total=failed + 3, succeeded=3, failed=failed, risky=about.risky, failed_images=images, state=about.state
    )
    policy = Policy(max_failed=failed if about.are_allowed else 0, warn_only=about.warn_only)
    outcome = replace(an_outcome(task, policy=policy, cloud=cloud), name=name, identity=name)
    assert (outcome.verdict.decision, outcome.enforced) == (
        {"passed": "passed", "failed": "blocked", "error": "undecided"}[about.verdict],
        not about.warn_only,
    )
    return outcome


OTHER_KINDS = ("passed", "blocked by both", "undecided")
"""For a second gate: one of each verdict."""

NO_TASK = an_outcome(verdict=undecided(Unreachable("The API cannot be reached.")))
"""Undecided before there was a task."""


def plain_images(count: int) -> tuple[FailedImage, ...]:
    """So many images, with names of their own."""
    return tuple(a_failed_image(f"shop-{number}", reason=f"reason {number}") for number in range(count))


def hostile_images() -> tuple[FailedImage, ...]:
    """Images with each hostile text in their names and reasons, also in every part of a name; each of them twice."""
    texts = [*HOSTILE.values(), "..", "/"]
    whole = [FailedImage(image=ImageRef(**dict.fromkeys(PARTS, text)), reason=text) for text in texts]
    return (*(a_failed_image(text, reason=text) for text in texts), *whole) * 2
