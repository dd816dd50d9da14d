"""The latest task and the images of a survey by what matters for a verdict (alibaba-security-center.md 2.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds.alibaba.security_center import digest_of
from gate.clouds.alibaba.survey import probes
from gate.clouds.alibaba.translate import normalise_digest
from gate.clouds.survey import SeenImage, SeenTask
from gate.clouds.values import count, text

if TYPE_CHECKING:
    from gate.clouds.survey import Exchanges, Row

_STATES = {"INIT": "queued", "START": "running", "SUCCESS": "complete", "TIMEOUT": "timed-out", "FAIL": "failed"}
_FINE = frozenset({"", "SUCCESS"})
_IMAGE_STATES = {"SUCCESS": "scanned", "INIT": "unscanned", "FAIL": "failed", "TIMEOUT": "failed", "TIMOUT": "failed"}


def seen_tasks(exchanges: Exchanges) -> list[SeenTask]:
    """The latest task, with what the first page of its sub-tasks and the first page of images say of it."""
    found = exchanges.of(probes.LATEST)
    if not found or not probes.latest_id(exchanges):
        return []
    document = found.document or {}
    info, started = document.get("TaskInfo"), count(document.get("CollectTime"))
    status = text(info.get("Status")) if isinstance(info, dict) else ""
    leaves = exchanges.rows(probes.LEAVES, probes.LEAF_ROWS)
    images = [row for row in leaves if row.get("TargetType") != "IMAGE_REPO"]
    unfinished = [row for row in images if _is_unfinished(row)]
    failed = [row for row in images if not _is_scanned(row) and not _is_unfinished(row)]
    return [
        SeenTask(
            state=_STATES.get(status, "unknown"),
            trigger="manual",
            started=started / 1000 if started else None,
            total=len(images) if leaves else count(document.get("TotalCount")),
            failed=len(failed),
            risky=_risky(images, exchanges, started),
            unfinished=len(unfinished) if status == "SUCCESS" else None,
        )
    ]


def seen_images(exchanges: Exchanges) -> list[SeenImage]:
    """The images that were asked for, each by the first of its rows."""
    return [_image(rows[0]) if rows else SeenImage(state="missing") for rows in exchanges.wanted]


def _is_unfinished(row: Row) -> bool:
    return text(row.get("StatusText")) in {"INIT", "START"}


def _is_scanned(row: Row) -> bool:
    return row.get("StatusText") == "SUCCESS" and text(row.get("ResultInfo")) in _FINE


def _risky(leaves: list[Row], exchanges: Exchanges, started: int | None) -> int | None:
    """How many of these images are risky, by results of this scan; None if that is not certain of each."""
    scanned = {normalise_digest(row.get("Target")) for row in leaves if _is_scanned(row)}
    risks: dict[str, set[object]] = {digest: set() for digest in scanned}
    for row in exchanges.rows(probes.IMAGES_OF_TASK, probes.IMAGE_ROWS):
        if digest_of(row) in risks and (_scan_time(row) or 0) >= (started or 0):
            risks[digest_of(row)].add(text(row.get("RiskStatus")))
    is_certain = all("YES" in words or words == {"NO"} for words in risks.values())
    return sum("YES" in words for words in risks.values()) if is_certain else None


def _scan_time(row: Row) -> int | None:
    return count(row.get("LastScanTime")) or count(row.get("lastScanTime"))


def _image(row: Row) -> SeenImage:
    scanned = _scan_time(row)
    state, pushed = text(row.get("ScaStatus")), count(row.get("ImageUpdate"))
    return SeenImage(
        state=_IMAGE_STATES.get(state, "running"),
        scanned=scanned / 1000 if scanned else None,
        pushed=pushed / 1000 if pushed else None,
        vulnerabilities=count(row.get("VulCount")),
        malicious_files=count(row.get("AlarmCount")),
        baseline=count(row.get("HcCount")),
    )
