"""Outcomes to render: one of each kind, with a chosen text in each field that comes from outside."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gate.finding import FindingPolicy
from gate.image import FailedImage, ImageRef, ImageState, Severity
from gate.policy import Decision, Policy
from gate.scan import ScanScope, TaskState
from gate.text import one_line
from tests.builders import a_context, a_finding, a_release, a_risky_image, a_task, a_waiver, an_image, an_outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gate.finding import Finding
    from gate.image import ScannedImage
    from gate.outcome import Outcome
    from gate.run_context import RunContext

PARTS = ("registry", "namespace", "name", "tag", "digest")
FIELDS = (
    *(*PARTS, "reason", "task id", "task name", "task type", "image type", "raw state", "task reason", "cloud"),
    *("job", "listed digest", "moved to"),
    *("finding id", "cve", "package", "version", "fixed version", "raw severity", "handled"),
    *("waiver reason", "waiver owner", "waiver source"),
    *("region", "endpoint", "account", "repository", "commit", "branch", "pipeline", "job name", "gate image"),
    "policy source",
)
"""Every field that comes from outside."""

_WAIVED = "HW-2026-0002"
ENDINGS = {
    "passed": (Decision.PASSED, TaskState.COMPLETE),
    "blocked": (Decision.BLOCKED, TaskState.COMPLETE),
    "unknown state": (Decision.UNDECIDED, TaskState.UNKNOWN),
    "ended badly": (Decision.UNDECIDED, TaskState.FAILED),
    "passed with a risky image": (Decision.PASSED, TaskState.COMPLETE),
    "blocked by a risky image": (Decision.BLOCKED, TaskState.COMPLETE),
    "release passed": (Decision.PASSED, TaskState.COMPLETE),
    "release blocked": (Decision.BLOCKED, TaskState.COMPLETE),
    "release with findings": (Decision.BLOCKED, TaskState.COMPLETE),
    "release undecided": (Decision.UNDECIDED, TaskState.RUNNING),
}
"""The decision, and the state of the task; a release is judged by the images that were asked for."""


def an_ending(ending: str, texts: Mapping[str, str] | None = None) -> Outcome:
    """A run with one image that could not be scanned, which the policy of a pass allows, perhaps with more images."""
    decision, state = ENDINGS[ending]
    text = dict.fromkeys(FIELDS, "shop") | {"job": ""} | dict(texts or {})
    # Without one, a report has a row less.
    text["cloud"] = text["cloud"] if one_line(text["cloud"]) else "shop"
    if ending.startswith("release"):
        outcome = _a_release(decision, text, has_findings="findings" in ending)
        assert outcome.verdict.decision is decision
        return replace(outcome, identity=text["job"], context=_context(text))
    failed = _named(an_image(state=ImageState.FAILED), text)
    risky = (_named(a_risky_image(), text),) if "risky" in ending else ()
    task = a_task(
        id=text["task id"],
        name=text["task name"],
        state=state,
        failed=1,
        succeeded=2,
        risky=len(risky),
        failed_images=(FailedImage(image=failed.image, reason=failed.reason),),
        images=risky,
        # A complete task with a reason would contradict itself, and not be judged.
        reason="" if state is TaskState.COMPLETE else text["task reason"],
        raw_state=text["raw state"],
    )
    allowed = int(decision is Decision.PASSED)
    outcome = an_outcome(
        replace(task, type=text["task type"], image_type=text["image type"]),
        policy=Policy(max_failed=allowed, max_risky=allowed),
        cloud=text["cloud"],
    )
    assert outcome.verdict.decision is decision
    return replace(outcome, identity=text["job"], context=_context(text))


def _context(text: Mapping[str, str]) -> RunContext:
    known = {name: f"a {value}" for name, value in text.items()}
    return a_context(
        region=known["region"],
        endpoint=known["endpoint"],
        account=known["account"],
        task=known["task id"],
        source=known["policy source"],
        repository=known["repository"],
        commit=known["commit"],
        branch=known["branch"],
        pipeline=known["pipeline"],
        name=known["job name"],
        gate_image=known["gate image"],
    )


def _a_release(decision: Decision, text: Mapping[str, str], *, has_findings: bool) -> Outcome:
    """A release with an image in each state that such a verdict can be about, and with a tag that moved."""
    images = [an_image(), a_risky_image(), an_image(state=ImageState.FAILED)]
    if decision is Decision.UNDECIDED:
        images += [an_image(state=state) for state in ImageState if not state.has_ended]
    allowed = int(decision is not Decision.BLOCKED)
    if has_findings:
        images = [an_image(findings=()), a_risky_image(findings=_findings(text))]
    named = (_named(image, text) for image in images)
    policy = Policy(max_failed=allowed, max_risky=allowed, findings=_policy(text) if has_findings else FindingPolicy())
    return a_release(*named, policy=policy, cloud=text["cloud"])


def _findings(text: Mapping[str, str]) -> tuple[Finding, ...]:
    """A finding that counts, one that is waived, and one without a package."""
    # None of them is empty, or the same as another one: reports show such findings in another way.
    named = a_finding(
        f"HW {text['finding id']}",
        cves=(f"CVE {text['cve']}",),
        package=f"lib {text['package']}",
        version=f"1 {text['version']}",
        fixed_version=f"2 {text['fixed version']}",
        raw_severity=text["raw severity"],
        handled=text["handled"],
    )
    return named, replace(named, id=_WAIVED), replace(named, kind=ScanScope.MALICIOUS_FILE, package="")


def _policy(text: Mapping[str, str]) -> FindingPolicy:
    waiver = a_waiver(_WAIVED, reason=text["waiver reason"], owner=text["waiver owner"], source=text["waiver source"])
    return FindingPolicy(waivers=(waiver, a_waiver("HW-9")), max_findings={Severity.HIGH: 0, Severity.LOW: 0})


def _named(image: ScannedImage, text: Mapping[str, str]) -> ScannedImage:
    return replace(
        image,
        image=ImageRef(**{part: text[part] for part in PARTS}),
        raw_state=text["raw state"],
        reason=text["reason"],
        # An empty one says that there is no other digest.
        listed_digest=text["listed digest"] if one_line(text["listed digest"]) else "shop",
        moved_to=text["moved to"] if one_line(text["moved to"]) else "shop",
    )


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
