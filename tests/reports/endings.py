"""Outcomes to render: one of each kind, with a chosen text in each field that comes from outside."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gate.image import FailedImage, ImageRef
from gate.policy import Decision, Policy
from gate.scan import TaskState
from tests.builders import a_task, an_outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gate.outcome import Outcome

PARTS = ("registry", "namespace", "name", "tag", "digest")
FIELDS = (
    *PARTS,
    "reason",
    "task id",
    "task name",
    "task type",
    "image type",
    "raw state",
    "task reason",
    "cloud",
    "job",
)
"""Every field that comes from outside."""

ENDINGS = {
    "passed": (Decision.PASSED, TaskState.COMPLETE),
    "blocked": (Decision.BLOCKED, TaskState.COMPLETE),
    "unknown state": (Decision.UNDECIDED, TaskState.UNKNOWN),
    "ended badly": (Decision.UNDECIDED, TaskState.FAILED),
}


def an_ending(ending: str, texts: Mapping[str, str] | None = None) -> Outcome:
    """A run with one image that could not be scanned, which the policy of a pass allows."""
    decision, state = ENDINGS[ending]
    text = dict.fromkeys(FIELDS, "shop") | {"job": ""} | dict(texts or {})
    image = ImageRef(**{part: text[part] for part in PARTS})
    task = a_task(
        id=text["task id"],
        name=text["task name"],
        state=state,
        failed=1,
        succeeded=2,
        failed_images=(FailedImage(image=image, reason=text["reason"]),),
        # A complete task with a reason would contradict itself, and not be judged.
        reason="" if state is TaskState.COMPLETE else text["task reason"],
        raw_state=text["raw state"],
    )
    policy = Policy(max_failed=int(decision is Decision.PASSED))
    outcome = an_outcome(
        replace(task, type=text["task type"], image_type=text["image type"]), policy=policy, cloud=text["cloud"]
    )
    assert outcome.verdict.decision is decision
    return replace(outcome, identity=text["job"])


def a_block(*images: FailedImage) -> Outcome:
    """A run that is blocked by these failed images."""
    return an_outcome(a_task(total=len(images), succeeded=0, failed=len(images), failed_images=images))


def many_images(count: int, text: str = "") -> tuple[FailedImage, ...]:
    """So many failed images, each with this text in its name and its reason."""
    image = ImageRef(registry="swr.cn-north-4.myhuaweicloud.com", namespace="team", tag="1.0")
    return tuple(
        FailedImage(
            image=replace(image, name=f"service-{number}{text}", digest=f"sha256:{number:064x}"),
            reason=f"download_failed{text}",
        )
        for number in range(count)
    )
