"""The `json` report, version 2: everything that a later step may need; its schema is `report-2.schema.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gate.image import Severity
from gate.policy_digest import policy_digest
from gate.reports.json_findings import finding_list, finding_policy, known_row, waiver_rows
from gate.reports.json_text import RowLayout, encoded_texts, object_chunks
from gate.scan import ScanScope

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from gate.image import FailedImage, ImageRef, ScannedImage
    from gate.outcome import Outcome
    from gate.policy import Policy
    from gate.scan import ScanTask

SCHEMA = "scan-gate/report/2"
_PARTS = ("registry", "namespace", "name", "tag", "digest")
_SEVERITIES = tuple(severity for severity in Severity if severity is not Severity.NONE)


def _placeholders(*names: str) -> dict[str, str]:
    return {name: f"%({name})s" for name in names}


_FAILED_IMAGE = RowLayout(_placeholders(*_PARTS, "reason"), depth=2)
_IMAGE = RowLayout(
    {
        **_placeholders("reference", *_PARTS, "state", "raw_state", "scanned_at", "risky", "cloud_risky"),
        **_placeholders("scope", "highest"),
        "findings": {scope: f"%(kind_{scope.name})s" for scope in ScanScope},
        "severities": {severity: f"%(severity_{severity.name})s" for severity in _SEVERITIES},
        **_placeholders("listed_findings", "findings_doubt", "reason", "warning", "listed_digest", "moved_to"),
    },
    depth=2,
)


def render(outcome: Outcome) -> Iterator[str]:
    """Renders the outcome as one JSON object, in ASCII.

    `exit_code` names what happened; where `enforced` is false, the process ended with 0 instead. Counts are as the
    cloud gave them; those that the verdict was reached by are in `reasons`.
    """
    task = outcome.task
    failed, images = (task.failed_images, task.images) if task else ((), ())
    numbers = {id(use.waiver): number for number, use in enumerate(outcome.waivers)}
    lists = {"failed_images": map(_failed_image, failed), "images": (_image(image, numbers) for image in images)}
    return object_chunks(_document(outcome), lists)


def _document(outcome: Outcome) -> dict[str, Any]:
    task, verdict = outcome.task, outcome.verdict
    counts = task.counts if task else None
    return {
        "schema": SCHEMA,
        "verdict": verdict.decision,
        "exit_code": verdict.exit_code,
        "enforced": outcome.enforced,
        "reasons": [
            {"code": reason.code, "message": reason.message, "actual": reason.actual, "limit": reason.limit}
            for reason in verdict.reasons
        ],
        "name": outcome.name or None,
        "cloud": outcome.cloud or None,
        "context": _context(outcome),
        "task": _task(task) if task else None,
        "counts": {
            name: getattr(counts, name) if counts else None for name in ("total", "succeeded", "failed", "risky")
        },
        "failed_images": [],
        "images": [],
        "waivers": waiver_rows(outcome.waivers),
        "gone": [known_row(known) for known in outcome.gone],
        "policy": {**_policy(outcome.policy), "sources": dict(outcome.context.policy_sources)},
        "wait": _wait(outcome),
        "gate_version": outcome.gate_version,
        "generated_at": _time(outcome.generated_at),
    }


def _context(outcome: Outcome) -> dict[str, Any]:
    context, job = outcome.context, outcome.context.job
    values = {
        "region": context.region,
        "endpoint": context.endpoint,
        "account": context.account,
        "ci": job.ci,
        "repository": job.repository,
        "repository_url": job.repository_url,
        "commit": job.commit,
        "branch": job.branch,
        "pipeline": job.pipeline,
        "pipeline_url": job.pipeline_url,
        "job": job.name,
        "job_url": job.url,
        "gate_image": job.gate_image,
    }
    known = {name: value or None for name, value in values.items()}
    return {**known, "started_tasks": list(context.started_tasks)}


def _task(task: ScanTask) -> dict[str, Any]:
    return {
        "asks_for_images": task.asks_for_images,
        "id": task.id,
        "name": task.name,
        "type": task.type,
        "scope": None if task.scopes is None else sorted(task.scopes),
        "is_all": task.covers_all_images,
        "image_type": task.image_type,
        "risk_applies": task.risk_applies,
        "has_unread_failures": task.has_unread_failures,
        "state": task.state,
        "raw_state": task.raw_state,
        "progress": task.progress,
        "began_at": _time(task.started_at),
        "ended_at": _time(task.ended_at),
    }


def _failed_image(failed: FailedImage) -> str:
    return _FAILED_IMAGE.fill(**_parts(failed.image), reason=failed.reason)


def _image(image: ScannedImage, waiver_numbers: Mapping[int, int]) -> str:
    return _IMAGE.fill(
        reference=str(image.image),
        **_parts(image.image),
        state=image.state,
        raw_state=image.raw_state,
        scanned_at=_time(image.scanned_at),
        risky=image.is_risky,
        cloud_risky=image.stated_risk if image.goes_by_findings else image.is_risky,
        scope=None if image.scopes is None else encoded_texts(sorted(image.scopes), 3),
        listed_findings=finding_list(image, waiver_numbers, depth=3),
        findings_doubt=image.findings_doubt,
        highest=image.highest,
        **{f"kind_{scope.name}": image.kinds.get(scope) for scope in ScanScope},
        **{f"severity_{severity.name}": image.severities.get(severity) for severity in _SEVERITIES},
        reason=image.reason,
        warning=image.warning,
        listed_digest=image.listed_digest,
        moved_to=image.moved_to,
    )


def _parts(image: ImageRef) -> dict[str, str]:
    return {
        "registry": image.registry,
        "namespace": image.namespace,
        "name": image.name,
        "tag": image.tag,
        "digest": image.digest,
    }


def _policy(policy: Policy) -> dict[str, Any]:
    return {
        "digest": policy_digest(policy),
        "max_failed": policy.max_failed,
        "max_risky": policy.max_risky,
        "max_age": policy.max_age.total_seconds() if policy.max_age is not None else None,
        "started_after": _time(policy.started_after),
        "required_scope": sorted(policy.required_scopes),
        "settle": policy.settle,
        **finding_policy(policy.findings),
        "warn_only": policy.warn_only,
        "on_undecided": "warn" if policy.warn_undecided else "fail",
    }


def _wait(outcome: Outcome) -> dict[str, Any]:
    return {
        "looks": outcome.polls,
        "retries": outcome.retries,
        "seconds": round(outcome.seconds, 3),
        "settled": outcome.is_settled,
        "judged_at": _time(outcome.judged_at or outcome.generated_at),
    }


def _time(time: datetime | None) -> str | None:
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03}Z" if time else None
