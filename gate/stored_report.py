"""Reads a json report of an earlier run, strictly: what is missing or of another type makes it damaged, never empty."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from gate.errors import ExitCode, UsageError
from gate.finding import Finding, FindingPolicy, FindingStatus, Waiver
from gate.image import FailedImage, ImageRef, ImageState, ScannedImage, Severity
from gate.images.counts import as_task
from gate.json_object import JsonObject, parse_time
from gate.policy import Decision, Policy, Reason
from gate.policy_digest import policy_digest
from gate.reading import read_text
from gate.scan import Counts, ScanScope, ScanTask, TaskState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

_SCHEMA = "scan-gate/report/2"
MAX_SIZE = 200_000_000
"""Bytes; a report of 50 images with 20,000 findings has 10 million."""
_SEVERITIES = tuple(severity for severity in Severity if severity is not Severity.NONE)
_DECISIONS = {ExitCode.PASSED: Decision.PASSED, ExitCode.BLOCKED: Decision.BLOCKED}
"""What an exit code says; every other one is that of an undecided run."""
_REF = ("registry", "namespace", "name", "tag", "digest")


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredRun:
    """One run, as its json report states it."""

    path: Path
    cloud: str
    decision: Decision
    exit_code: ExitCode
    reasons: tuple[Reason, ...]
    policy: Policy
    """Without the findings of its baseline, which the report does not repeat."""
    has_baseline: bool
    task: ScanTask | None
    """With images that are risky or not by the cloud, and findings that are all open."""
    statuses: Mapping[ImageRef, Sequence[FindingStatus]]
    """The status of each listed finding by the policy of that run, in the order of the list."""
    is_settled: bool
    judged_at: datetime
    """The latest time that was known, by any clock, when the verdict was reached."""
    generated_at: datetime


def is_report(text: str) -> bool:
    """Whether a text starts like a json report of this gate, of whatever version."""
    return '"schema": "scan-gate/report/' in text[:200]


def read_report(path: Path, *, source: str) -> StoredRun:
    """Reads the json report of an earlier run.

    Args:
        path: The file.
        source: What named it, for a message.

    Raises:
        UsageError: It cannot be read, is no report of this version, or is damaged.
    """
    try:
        text = read_text(path, max_size=MAX_SIZE)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"The report {path} cannot be read: {why}.", remedy=f"Correct {source}.") from None
    return parse_report(text, path, source=source)


def parse_report(text: str, path: Path, *, source: str) -> StoredRun:
    """Parses the text of a json report; see `read_report`."""
    try:
        return _run(path, json.loads(text, parse_constant=_no_number))
    except (ValueError, LookupError, TypeError, ArithmeticError, RecursionError) as error:
        raise UsageError(
            f"The report {path} is damaged, or no json report of this version of the gate: {error}.",
            means="It must be the file that `--report json=...` has written, unchanged.",
            remedy=f"Correct {source}, or write the report again.",
        ) from None


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _run(path: Path, document: object) -> StoredRun:
    run = JsonObject(document, "the report")
    if run.text("schema") != _SCHEMA:
        raise ValueError(f"its schema is not {_SCHEMA}")
    waivers = [_waiver(waiver) for waiver in run.objects("waivers")]
    policy = run.object("policy")
    decision, exit_code = Decision(run.text("verdict")), ExitCode(run.number("exit_code"))
    if _DECISIONS.get(exit_code, Decision.UNDECIDED) is not decision:
        raise ValueError(f"its verdict is {decision}, and its exit code {exit_code:d}")
    judged_by = _policy(policy, waivers)
    # A baseline is a part of the digest, and not of the report.
    if policy.text("digest") != policy_digest(judged_by) and not policy.flag("has_baseline"):
        raise ValueError("its policy is not that of the digest")
    return StoredRun(
        path=path,
        cloud=run.text_or_null("cloud") or "",
        decision=decision,
        exit_code=exit_code,
        reasons=tuple(_reason(reason) for reason in run.objects("reasons")),
        policy=judged_by,
        has_baseline=policy.flag("has_baseline"),
        task=_task(run) if run.value("task") is not None else None,
        statuses={_ref(image): _statuses(image) for image in run.objects("images")},
        is_settled=run.object("wait").flag("settled"),
        judged_at=parse_time(run.object("wait").text("judged_at")),
        generated_at=parse_time(run.text("generated_at")),
    )


def _reason(reason: JsonObject) -> Reason:
    return Reason(
        code=reason.text("code"),
        message=reason.text("message"),
        actual=reason.number_or_null("actual"),
        limit=reason.number_or_null("limit"),
    )


def _policy(policy: JsonObject, waivers: Sequence[Waiver]) -> Policy:
    max_age, cutoff = policy.value("max_age"), policy.text_or_null("severity_cutoff")
    limits = policy.object("max_findings")
    return Policy(
        max_failed=policy.number("max_failed"),
        max_risky=policy.number("max_risky"),
        max_age=None if max_age is None else timedelta(seconds=policy.seconds("max_age")),
        started_after=policy.time_or_null("started_after"),
        required_scopes=frozenset(map(ScanScope, policy.texts("required_scope"))),
        settle=policy.seconds("settle"),
        findings=FindingPolicy(
            severity_cutoff=Severity(cutoff) if cutoff else None,
            max_findings={Severity(level): limits.number(level) for level in policy.names("max_findings")},
            has_critical=policy.flag("has_critical"),
            only_fixable=policy.flag("only_fixable"),
            waivers=tuple(waivers),
            unused_waivers_block=_choice(policy, "unused_waivers", "block", "warn"),
            as_of=policy.day_or_null("as_of"),
        ),
        warn_only=policy.flag("warn_only"),
        warn_undecided=_choice(policy, "on_undecided", "warn", "fail"),
    )


def _choice(policy: JsonObject, key: str, true: str, false: str) -> bool:
    return {true: True, false: False}[policy.text(key)]


def _waiver(waiver: JsonObject) -> Waiver:
    return Waiver(
        id=waiver.text("id"),
        images=waiver.texts("images"),
        digests=frozenset(waiver.texts("digests")),
        package=waiver.text("package"),
        version=waiver.text("version"),
        reason=waiver.text("reason"),
        owner=waiver.text("owner"),
        until=waiver.day_or_null("until"),
        justification=waiver.text("justification"),
        source=waiver.text("source"),
    )


def _scopes(found: JsonObject) -> frozenset[ScanScope] | None:
    return None if found.value("scope") is None else frozenset(map(ScanScope, found.texts("scope")))


def _task(run: JsonObject) -> ScanTask:
    task, counts = run.object("task"), run.object("counts")
    if task.flag("asks_for_images"):
        return as_task(_images(run))
    return ScanTask(
        id=task.text("id"),
        name=task.text("name"),
        type=task.text("type"),
        scopes=_scopes(task),
        covers_all_images=task.flag_or_null("is_all"),
        image_type=task.text("image_type"),
        state=TaskState(task.text("state")),
        raw_state=task.text("raw_state"),
        progress=task.number_or_null("progress"),
        started_at=task.time_or_null("began_at"),
        ended_at=task.time_or_null("ended_at"),
        counts=Counts(
            total=counts.number_or_null("total"),
            succeeded=counts.number_or_null("succeeded"),
            failed=counts.number_or_null("failed"),
            risky=counts.number_or_null("risky"),
        ),
        failed_images=tuple(
            FailedImage(image=_ref(image), reason=image.text("reason")) for image in run.objects("failed_images")
        ),
        images=tuple(map(_image, run.objects("images"))),
        risk_applies=task.flag("risk_applies"),
        has_unread_failures=task.flag("has_unread_failures"),
    )


def _images(run: JsonObject) -> tuple[ScannedImage, ...]:
    """The images that were asked for: at least one, and each once."""
    images = tuple(map(_image, run.objects("images")))
    if not images or len({image.image for image in images}) < len(images):
        raise ValueError("it has no image, or one of them twice")
    return images


def _ref(image: JsonObject) -> ImageRef:
    return ImageRef(**{part: image.text(part) for part in _REF})


def _image(image: JsonObject) -> ScannedImage:
    highest, findings = image.text_or_null("highest"), image.value("listed_findings")
    return ScannedImage(
        image=_ref(image),
        state=ImageState(image.text("state")),
        raw_state=image.text("raw_state"),
        scanned_at=image.time_or_null("scanned_at"),
        scopes=_scopes(image),
        kinds={ScanScope(kind): number for kind, number in image.numbers("findings", ScanScope).items()},
        severities={
            Severity(severity): number for severity, number in image.numbers("severities", _SEVERITIES).items()
        },
        highest=Severity(highest) if highest else None,
        is_risky=image.flag_or_null("cloud_risky"),
        findings=None if findings is None else tuple(map(_finding, image.objects("listed_findings"))),
        findings_doubt=image.text("findings_doubt"),
        reason=image.text("reason"),
        warning=image.text("warning"),
        listed_digest=image.text("listed_digest"),
        moved_to=image.text("moved_to"),
    )


def _finding(finding: JsonObject) -> Finding:
    has_unknown_cves = finding.value("cves") is None
    return Finding(
        id=finding.text("id"),
        cves=() if has_unknown_cves else finding.texts("cves"),
        has_unknown_cves=has_unknown_cves,
        package=finding.text("package"),
        version=finding.text("version"),
        fixed_version=finding.text("fixed_version"),
        is_fixable=finding.flag_or_null("fixable"),
        severity=Severity(finding.text("severity")),
        raw_severity=finding.text("raw_severity"),
        kind=ScanScope(finding.text("kind")),
        handled=finding.text("handled"),
    )


def _statuses(image: JsonObject) -> tuple[FindingStatus, ...]:
    if image.value("listed_findings") is None:
        return ()
    return tuple(FindingStatus(finding.text("status")) for finding in image.objects("listed_findings"))
