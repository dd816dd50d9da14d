"""Renders a scan task as GetLastOnceTaskInfo and GetOnceTaskResultInfo do (alibaba-security-center.md 1)."""

import re
from collections.abc import Sequence
from typing import Any, Final, assert_never
from zlib import crc32

from gate.simulator.alibaba.actions import TASK_TYPES
from gate.simulator.alibaba.parameters import Parameters
from gate.simulator.cloud import NoTask
from gate.simulator.task import SimulatedTask, Snapshot, State

STATUS: Final[dict[State, str]] = {
    "queued": "INIT",
    "running": "START",
    "complete": "SUCCESS",
    "timed-out": "TIMEOUT",
    # This action documents no status for either; other actions show FAIL for the same tasks (1.2).
    "stopped": "FAIL",
    "failed": "FAIL",
    # Not documented for any action.
    "unknown": "HIBERNATED",
}
SOURCE: Final = {
    "manual": "console_batch",
    "cycle": "schedule",
    "autoSync": "schedule",
    "manualSync": "console_batch",
}
"""Triggers by this cloud's names; any other one, such as `openapi`, is used as it is."""
UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def milliseconds(seconds: float) -> int:
    """A time in the unit of Security Center."""
    return round(seconds * 1000)


def task_id(task: SimulatedTask) -> str | int | None:
    """The id of a task: declared as a number, documented as 32 hexadecimal digits, and 0 in the sample."""
    text = task.id.replace("-", "") if UUID.fullmatch(task.id) else task.id
    match task.id_form:
        case "text":
            return text
        case "number":
            return int(text) if text.isdecimal() else crc32(text.encode())
        case "zero":
            return 0
        case "empty":
            return ""
        case "absent":
            return None
        case _:
            assert_never(task.id_form)


def has_id(task: SimulatedTask, requested: str) -> bool:
    """Whether a request for this id finds the task."""
    return task.id_form in {"text", "number"} and str(task_id(task)) == requested


def source(task: SimulatedTask) -> str:
    """The trigger of a task by this cloud's name."""
    return SOURCE.get(task.task_type, task.task_type)


def select(tasks: Sequence[Snapshot], parameters: Parameters) -> list[Snapshot]:
    """The tasks of the requested type, which two parameters name, and of the requested source, if any.

    Whether the source filters tasks is not verified (1.1).
    """
    kinds = {TASK_TYPES[parameters[name][0]] for name in ("TaskType", "TaskName")}
    sources = parameters.get("Source")
    return [
        snapshot
        for snapshot in tasks
        if {snapshot.task.kind} == kinds and (sources is None or source(snapshot.task) == sources[0])
    ]


def last_task_info(task: Snapshot) -> dict[str, Any]:
    """The document of GetLastOnceTaskInfo."""
    # Two result codes are documented for a task that exists; SUCCESS is the one that is not about regions.
    result = "TASK_NOT_SUPPORT_REGION" if task.task.unsupported else "SUCCESS"
    return _with_info(task, {"Status": STATUS[task.stage.state], "Progress": task.stage.progress, "Result": result})


def task_result_info(task: Snapshot) -> dict[str, Any]:
    """The document of GetOnceTaskResultInfo, which has neither progress nor result."""
    return _with_info(task, {"Status": STATUS[task.stage.state]})


def no_task_document(form: NoTask) -> dict[str, Any]:
    """The document if there is no task: with the sample's id 0, and with or without the documented result code.

    No document shows such a response.
    """
    result = {"TaskInfo": {"Result": "TASK_NOT_EXISTS"}} if form == "result-code" else {}
    return {"TaskId": 0, "TotalCount": 0, "FinishCount": 0, **result}


def _with_info(snapshot: Snapshot, info: dict[str, Any]) -> dict[str, Any]:
    shown_id = task_id(snapshot.task)
    return {
        "CollectTime": milliseconds(snapshot.started),
        "TotalCount": snapshot.counts.total,
        **({} if shown_id is None else {"TaskId": shown_id}),
        "FinishCount": _finished(snapshot) if snapshot.task.finished is None else snapshot.task.finished,
        "TaskInfo": info,
    }


def _finished(snapshot: Snapshot) -> int:
    # A failed image counts as finished. In other tasks, only the difference to the total shows what failed (2.3).
    counts = snapshot.counts
    return counts.succeeded + (counts.failed if snapshot.task.kind == "image_scan" else 0)
