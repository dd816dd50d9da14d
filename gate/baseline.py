"""The baseline: what stood in an earlier json report of the same release does not block again, and is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.errors import UsageError
from gate.finding import FindingStatus
from gate.findings.known import numbered
from gate.image import ImageState
from gate.policy import Decision

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gate.finding import FindingPolicy, KnownFinding
    from gate.image import ImageRef, ScannedImage, Severity
    from gate.policy import Policy
    from gate.stored_report import StoredRun

_STOOD = frozenset({FindingStatus.OPEN, FindingStatus.KNOWN})
"""Not those that did not count for another reason: one blocks when its waiver has ended, or when it has a fix."""


def baseline_of(
    run: StoredRun, images: Iterable[ImageRef], policy: Policy, *, cloud: str, source: str
) -> Mapping[KnownFinding, Severity]:
    """The findings that stood in an earlier run, each with the highest severity that it had.

    Args:
        run: The earlier run.
        images: Those of this release, which must be of the same repositories.
        policy: That of this run, which must be the same but for its waivers and its baseline.
        cloud: That of this run, whose ids are its own.
        source: What names the report, for a message.

    Raises:
        UsageError: The report is of other repositories, of another policy or of an undecided run, or does not list
            the findings of all images.
    """
    if problem := _problem(run, images, policy, cloud):
        raise UsageError(
            f"The report {run.path} cannot be the baseline: {problem}.",
            means="A baseline is the json report of a passed or blocked run with the same repositories and policy, "
            "written with --list-findings.",
            remedy=f"Correct {source}, or make a new baseline.",
        )
    known: dict[KnownFinding, Severity] = {}
    for finding, severity in _stood(run):
        before = known.get(finding)
        known[finding] = severity if before is None or severity.is_at_least(before) else before
    return known


def _problem(run: StoredRun, images: Iterable[ImageRef], policy: Policy, cloud: str) -> str:
    """Why this report is no baseline; empty if it is one."""
    if run.decision is Decision.UNDECIDED:
        return "its run was undecided"
    if run.task is None or not run.task.asks_for_images:
        return "it is of a scan task, and not of images"
    if run.cloud != cloud:
        return f"it is of another cloud ({run.cloud})"
    asked, stored = {image.repository for image in images}, {image.image.repository for image in run.task.images}
    if asked != stored:
        named = ", ".join(sorted(asked ^ stored))
        return f"it is of other repositories (in only one of both: {named})"
    if other := _other_policy(run.policy, policy):
        return f"its policy is another one ({other})"
    unlisted = next((image for image in run.task.images if not _is_listed(image)), None)
    return f"it does not list all findings of {unlisted.image}" if unlisted else ""


def _other_policy(stored: Policy, policy: Policy) -> str:
    """The options that differ, by name; empty if none does."""
    values = [_compared(stored, stored.findings), _compared(policy, policy.findings)]
    return ", ".join(f"--{name}" for name in values[0] if values[0][name] != values[1][name])


def _compared(policy: Policy, findings: FindingPolicy) -> dict[str, object]:
    return {
        "max-failed": policy.max_failed,
        "max-risky": policy.max_risky,
        "required-scope": policy.required_scopes,
        "severity-cutoff": findings.severity_cutoff,
        "max-findings": dict(findings.max_findings),
        "only-fixable": findings.only_fixable,
    }


def _is_listed(image: ScannedImage) -> bool:
    return image.state is not ImageState.SCANNED or (image.findings is not None and not image.findings_doubt)


def _stood(run: StoredRun) -> Iterator[tuple[KnownFinding, Severity]]:
    for image in run.task.images if run.task else ():
        statuses = zip(image.findings or (), run.statuses[image.image], strict=True)
        yield from numbered((one for one, status in statuses if status in _STOOD), image.image.repository)
