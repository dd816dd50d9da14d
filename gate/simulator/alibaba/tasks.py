"""Writes a scan task as GetLastOnceTaskInfo and GetOnceTaskResultInfo do (alibaba-security-center.md 1)."""

import re
from collections.abc import Sequence
from typing import Any, Final, assert_never
from zlib import crc32

from gate.simulator.alibaba.parameters import TASK_TYPES, Asked
from gate.simulator.cloud import NoTask
from gate.simulator.task import SimulatedTask, Snapshot, State

STATUS: Final[dict[State, str]] = {
    "queued": "INIT",
    "running": "START",
    "complete": "SUCCESS",
    "timed-out": "TIMEOUT",
    # Neither has a word in the documents of this action; other actions say FAIL of the same tasks (1.2).
    "stopped": "FAIL",
    "failed": "FAIL",
    # In no document of any action.
    "unknown": "HIBERNATED",
}
SOURCE: Final = {
    "manual": "console_batch",
    "cycle": "schedule",
    "autoSync": "schedule",
    "manualSync": "console_batch",
}
"""Who starts a task, in the words of this cloud; another word, such as `openapi`, is one of its own."""
UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def milliseconds(seconds: float) -> int:
    """A moment as Security Center writes it."""
    return round(seconds * 1000)


def task_id(task: SimulatedTask) -> str | int | None:
    """What the task is called: declared as a number, documented as 32 hexadecimal digits, and 0 in the sample."""
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


def is_called(task: SimulatedTask, wanted: str) -> bool:
    """Whether a task can be asked for by this name."""
    return task.id_form in {"text", "number"} and str(task_id(task)) == wanted


def source(task: SimulatedTask) -> str:
    """Who started a task."""
    return SOURCE.get(task.task_type, task.task_type)


def wanted(tasks: Sequence[Snapshot], asked: Asked) -> list[Snapshot]:
    """The tasks of the type that is asked for, which goes by two names, and of the source if one is asked for.

    Whether the source keeps tasks back is not verified (1.1).
    """
    kinds = {TASK_TYPES[asked[name][0]] for name in ("TaskType", "TaskName")}
    sources = asked.get("Source")
    return [
        seen for seen in tasks if {seen.task.kind} == kinds and (sources is None or source(seen.task) == sources[0])
    ]


def latest(seen: Snapshot) -> dict[str, Any]:
    """The whole answer about a task."""
    # The documents know two words for the result of a task that exists; this is the one that is not about regions.
    result = "TASK_NOT_SUPPORT_REGION" if seen.task.unsupported else "SUCCESS"
    return _with_info(seen, {"Status": STATUS[seen.stage.state], "Progress": seen.stage.progress, "Result": result})


def outcome(seen: Snapshot) -> dict[str, Any]:
    """The same without progress and result."""
    return _with_info(seen, {"Status": STATUS[seen.stage.state]})


def nothing(no_task: NoTask) -> dict[str, Any]:
    """That there is no task, which no document shows: by the sample's id, and by the word for it unless told bare."""
    stated = {"TaskInfo": {"Result": "TASK_NOT_EXISTS"}} if no_task == "told" else {}
    return {"TaskId": 0, "TotalCount": 0, "FinishCount": 0, **stated}


def _with_info(seen: Snapshot, info: dict[str, Any]) -> dict[str, Any]:
    shown_id = task_id(seen.task)
    return {
        "CollectTime": milliseconds(seen.started),
        "TotalCount": seen.task.total,
        **({} if shown_id is None else {"TaskId": shown_id}),
        "FinishCount": _finished(seen) if seen.task.finished is None else seen.task.finished,
        "TaskInfo": info,
    }


def _finished(seen: Snapshot) -> int:
    # An image that failed is done with. Of other tasks nothing but the rest of this count tells what failed (2.3).
    counts = seen.counts
    return counts.succeeded + (counts.failed if seen.task.kind == "image_scan" else 0)
