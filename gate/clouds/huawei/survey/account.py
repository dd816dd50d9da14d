"""The scan tasks and images of a survey by what matters for a verdict (huawei-hss.md 2, huawei-images.md 1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds.huawei.survey import probes
from gate.clouds.survey import SeenImage, SeenTask
from gate.clouds.values import count, text

if TYPE_CHECKING:
    from gate.clouds.survey import Exchanges, Row

_COMPLETE = 100
_STATES = {_COMPLETE: "complete", 0: "queued", -1: "stopped", -2: "timed-out", -3: "failed"}
_IMAGE_STATES = {
    "success": "scanned",
    "unscan": "unscanned",
    **dict.fromkeys(("scanning", "waiting_for_scan"), "running"),
    **dict.fromkeys(("failed", "download_failed", "image_oversized"), "failed"),
}


def seen_tasks(exchanges: Exchanges) -> list[SeenTask]:
    """The scan tasks of the first page, newest first."""
    rows = exchanges.rows(probes.TASKS, probes.ROWS)
    return [_task(row) for row in sorted(rows, key=lambda row: -(count(row.get("begin_time")) or 0))]


def seen_images(exchanges: Exchanges) -> list[SeenImage]:
    """The images that were asked for, each by the first of its rows."""
    return [_image(rows[0]) if rows else SeenImage(state="missing") for rows in exchanges.wanted]


def _task(row: Row) -> SeenTask:
    status, trigger = row.get("task_status"), text(row.get("task_type"))
    is_running = type(status) is int and 0 < status < _COMPLETE
    known = _STATES.get(status, "unknown") if type(status) is int else "unknown"
    total, failed, succeeded = (count(row.get(f"{name}_num")) for name in ("total", "failed", "success"))
    is_counted = total is not None and failed is not None and succeeded is not None and status == _COMPLETE
    return SeenTask(
        state="running" if is_running else known,
        trigger=trigger if trigger in {"manual", "cycle"} else "unknown",
        started=_seconds(row.get("begin_time")),
        total=total,
        failed=failed,
        risky=count(row.get("risky_num")),
        unfinished=max(0, (total or 0) - (failed or 0) - (succeeded or 0)) if is_counted else None,
    )


def _image(row: Row) -> SeenImage:
    return SeenImage(
        state=_IMAGE_STATES.get(text(row.get("scan_status")), "missing"),
        scanned=_seconds(row.get("latest_scan_time")),
        pushed=_seconds(row.get("latest_update_time")),
        vulnerabilities=count(row.get("vul_num")),
        malicious_files=count(row.get("malicious_file_num")),
        baseline=count(row.get("unsafe_setting_num")),
        is_index=row.get("is_multiple_arch") is True,
    )


def _seconds(value: object) -> float | None:
    milliseconds = count(value)
    return milliseconds / 1000 if milliseconds else None
