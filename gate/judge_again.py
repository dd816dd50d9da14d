"""Judges a run again from its json report, by another policy and without the cloud: what would it have decided?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.findings.evaluate import evaluated, today
from gate.findings.messages import incomplete
from gate.image import ImageState
from gate.images.counts import as_task
from gate.images.judge import judge_images
from gate.policy import Decision, Reason, Verdict, judge, not_settled, nothing_to_judge
from gate.scan import RISK_SCOPES
from gate.selection import narrow_scope, staleness, unknown_trigger
from gate.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gate.image import ScannedImage
    from gate.policy import Policy
    from gate.scan import ScanTask
    from gate.stored_report import StoredRun

_NO_IMAGES = Reason(
    code="findings-incomplete",
    message="The policy goes by findings or severities, and the report is of a scan task, which lists none. "
    "Name the images of the release with --image when it is checked.",
)


def judge_again(run: StoredRun, policy: Policy) -> Verdict:
    """The verdict of this policy on a stored run; for the policy of a run without a baseline, it is that of the run.

    An undecided run stays undecided, whatever the policy: nobody knows what its images had. Whether results were fresh
    is not judged again. Waivers are judged by `as_of`, else by the day of the run.
    """
    if run.decision is Decision.UNDECIDED or run.task is None:
        return Verdict(decision=Decision.UNDECIDED, exit_code=run.exit_code, reasons=run.reasons)
    if run.task.asks_for_images:
        return _of_images(run, run.task, policy)
    if policy.findings.uses_severities or policy.findings.needs_lists:
        return nothing_to_judge(_NO_IMAGES)
    return _of_task(run, run.task, policy)


def _of_images(run: StoredRun, task: ScanTask, policy: Policy) -> Verdict:
    images = evaluated(task.images, policy.findings, today(policy.findings, run.judged_at))
    settings = Settings(cloud=run.cloud, policy=policy, images=tuple(image.image for image in images))
    verdict = judge_images(
        as_task(images),
        settings,
        now=run.judged_at,
        is_settled=run.is_settled,
        is_time_up=False,
        where=f"the report {run.path}",
    )
    doubt = _not_looked_for(run, policy) or _not_listed(images, policy)
    return nothing_to_judge(doubt) if doubt and verdict.decision is Decision.PASSED else verdict


def _not_looked_for(run: StoredRun, policy: Policy) -> Reason | None:
    """The reason if the policy wants more kinds of findings than the run: it states no others of its images."""
    more = sorted(policy.required_scopes - run.policy.required_scopes)
    if not more:
        return None
    message = (
        f"The policy wants scans that look for {', '.join(more)}, and the run did not ask whether its scans did. "
        "Check the images again with this policy."
    )
    return Reason(code="scope-too-narrow", message=message)


def _not_listed(images: Iterable[ScannedImage], policy: Policy) -> Reason | None:
    """The reason if the policy goes by findings of kinds that only a list has, and an image of the run has none."""
    kinds = policy.required_scopes - RISK_SCOPES
    if not (policy.findings.uses_severities or policy.findings.needs_lists):
        return None
    scanned = (image for image in images if image.state is ImageState.SCANNED and image.findings is None)
    unlisted = [image for image in scanned if any(image.number_of(kind) != 0 for kind in kinds)]
    return Reason(code="findings-incomplete", message=incomplete(unlisted)) if unlisted else None


def _of_task(run: StoredRun, task: ScanTask, policy: Policy) -> Verdict:
    verdict = judge(task, policy, now=run.judged_at)
    if verdict.decision is not Decision.PASSED or run.decision is Decision.PASSED:
        return verdict
    if not run.is_settled:
        return not_settled(task, Settings(cloud=run.cloud, policy=policy).timeout)
    # A run that blocked was not asked what would have kept it from passing.
    doubt = staleness(task, policy, run.judged_at) or unknown_trigger(task, by_id=False) or narrow_scope(task, policy)
    return nothing_to_judge(doubt) if doubt else verdict
