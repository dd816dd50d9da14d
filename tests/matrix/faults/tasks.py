"""Faults of the scan task: it disappears, is replaced, restarts, or its counts and results contradict each other."""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeAlias

from gate.simulator import SimulatedTask
from tests.matrix.fault import response_fault
from tests.matrix.faults.clock import HOUR, state_fault
from tests.matrix.faults.pages import ROWS, without_rows
from tests.matrix.injection_points import DAY, IMAGES, LAST_TASK, LEAVES, RESULT, TASK_ID, TASKS, TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.matrix.fault import Change, Fault, FaultContext

Edit: TypeAlias = "Callable[[Mapping[str, Any]], Mapping[str, Any]]"
"""Maps a task, which is a row of a list or a whole document, to a changed one."""


def _task_fault(name: str, edit: Edit) -> Fault:
    """A fault in the task that the gate has to judge, in every response that shows it."""
    return response_fault(name, _in_task(edit))


def _in_task(edit: Edit) -> Change:
    def change(_context: FaultContext, operation: str, true: Any) -> Any:
        if operation == TASKS:
            rows = [edit(row) if row["task_id"] == TASK_ID else row for row in true["data_list"]]
            return {**true, "data_list": rows}
        return edit(true) if operation in {LAST_TASK, RESULT} and true.get("TaskId") == TASK_ID else true

    return change


# The task itself.


def _remove_task(context: FaultContext) -> None:
    context.gate.simulator.tasks.remove(context.task)


def _restore_task(context: FaultContext) -> None:
    context.gate.simulator.tasks.append(context.task)


def _is_removed(context: FaultContext) -> bool:
    return context.task not in context.gate.simulator.tasks


def _add_newer_task(context: FaultContext) -> None:
    newer = SimulatedTask(id="newer", name="newer", started_ago=-context.gate.time.elapsed, risky=1)
    context.gate.simulator.tasks.append(newer)


def _is_not_newest(context: FaultContext) -> bool:
    return min(context.gate.simulator.tasks, key=attrgetter("started_ago")) is not context.task


def _id_field(task: Mapping[str, Any]) -> str:
    return "task_id" if "task_id" in task else "TaskId"


def _start_moved(seconds: float) -> Edit:
    def edit(task: Mapping[str, Any]) -> Mapping[str, Any]:
        name = "begin_time" if "begin_time" in task else "CollectTime"
        return {**task, name: task[name] + round(seconds * 1000)}

    return edit


TASK_DISAPPEARS = state_fault("task-disappears", _remove_task, _is_removed, remove=_restore_task)
NEWER_RISKY_TASK = state_fault("newer-risky-task", _add_newer_task, _is_not_newest)
TASK_ID_CHANGES = _task_fault("task-id-changes", lambda task: {**task, _id_field(task): "another"})
START_TIME_CHANGES = _task_fault("start-time-changes", _start_moved(1))
STARTED_THREE_DAYS_AGO = _task_fault("started-three-days-ago", _start_moved(-3 * DAY))
STARTS_IN_AN_HOUR = _task_fault("starts-in-an-hour", _start_moved(HOUR))
STARTS_IN_TEN_MINUTES = _task_fault("starts-in-ten-minutes", _start_moved(600))


# Its state and progress.


def _state(number: int, text: str) -> Edit:
    def edit(task: Mapping[str, Any]) -> Mapping[str, Any]:
        if "task_status" in task:
            return {**task, "task_status": number}
        return {**task, "TaskInfo": {**task["TaskInfo"], "Status": text}}

    return edit


def _less_progress(task: Mapping[str, Any]) -> Mapping[str, Any]:
    if "task_status" in task:
        return {**task, "task_status": min(task["task_status"], 100 if task["task_status"] == 100 else 1)}
    return {**task, "FinishCount": 0, "TaskInfo": {**task["TaskInfo"], "Progress": 1}}


def _running_until_the_deadline(context: FaultContext, operation: str, true: Any) -> Any:
    # Sums of floats may end slightly before the deadline.
    is_over = context.gate.time.elapsed > TIMEOUT - 0.01
    return true if is_over else _in_task(_state(10, "START"))(context, operation, true)


def in_state(number: int, text: str) -> Fault:
    """The task in this state, given as each cloud shows it."""
    return _task_fault(f"state-{number}-{text}", _state(number, text))


PROGRESS_GOES_BACKWARDS = _task_fault("progress-goes-backwards", _less_progress)
STAYS_RUNNING = _task_fault("stays-running", _state(10, "START"))
STAYS_QUEUED = _task_fault("stays-queued", _state(0, "INIT"))
COMPLETE_AT_THE_DEADLINE = response_fault("complete-at-the-deadline", _running_until_the_deadline)


# Its meaning.


def _add_twin(context: FaultContext) -> None:
    context.gate.simulator.tasks.append(replace(context.task, id="twin", name="twin"))


def _with_newer_task_without_trigger(_context: FaultContext, operation: str, true: Any) -> Any:
    own = [row for row in true["data_list"] if row["task_id"] == TASK_ID] if operation == TASKS else []
    newer = [{**row, "task_id": "newer", "begin_time": row["begin_time"] + 1, "task_type": None} for row in own]
    rows = [*true["data_list"], *newer] if newer else ()
    return {**true, "data_list": rows, "total_num": len(rows)} if newer else true


SAME_START_TIME = state_fault(
    "a-second-task-with-the-same-start-time", _add_twin, lambda context: len(context.gate.simulator.tasks) > 2
)
OTHER_NAME = _task_fault("another-name", lambda task: {**task, "task_name": "another"})
NEWER_TASK_WITHOUT_TRIGGER = response_fault("a-newer-task-without-a-trigger", _with_newer_task_without_trigger)
NARROW_SCOPE = _task_fault("scope-of-vulnerabilities", lambda task: {**task, "scan_scope": 0x000F0000})


# Its counts.


def _total(images: int) -> Edit:
    return lambda task: {**task, "total_num" if "total_num" in task else "TotalCount": images}


def _one_image(_context: FaultContext, operation: str, true: Any) -> Any:
    if operation == TASKS:
        counts = {"total_num": 1, "success_num": 1}
        rows = [{**row, **counts} if row["task_id"] == TASK_ID else row for row in true["data_list"]]
        return {**true, "data_list": rows}
    if operation == LEAVES:
        rows = [row for row in true["OnceTasks"] if row["TargetType"] == "IMAGE"][:1]
        return {**true, "OnceTasks": rows, "PageInfo": {**true["PageInfo"], "TotalCount": 1, "Count": 1}}
    return {**true, "TotalCount": 1} if operation != IMAGES else true


TOTAL_DROPS_TO_ZERO = _task_fault("total-drops-to-zero", _total(0))
ALL_COUNTS_ZERO = _task_fault(
    "all-counts-zero", lambda row: {**row, "total_num": 0, "success_num": 0, "failed_num": 0, "risky_num": 0}
)
TOTAL_BELOW_COUNTS = _task_fault("total-below-counts", _total(2))
TOTAL_AND_COUNTS_DROP = response_fault("total-and-counts-drop", _one_image)
TOTAL_ABOVE_COUNTS = _task_fault("total-above-counts", _total(5))


# Its leaves and images.


def _repository(**fields: object) -> Change:
    """Changes the leaf of the repository; the leaves of the images stay as they are."""

    def change(_context: FaultContext, operation: str, true: Any) -> Any:
        if operation != LEAVES:
            return true
        rows = [row | (fields if row["TargetType"] == "IMAGE_REPO" else {}) for row in true["OnceTasks"]]
        return {**true, "OnceTasks": rows}

    return change


def _image_replaced(context: FaultContext, operation: str, true: Any) -> Any:
    """At the first poll of the counts there are no results; from the second on, another image replaces the last one."""
    if operation == LEAVES:
        context.memory["counts"] = context.memory.get("counts", 0) + 1
    if operation not in {LEAVES, IMAGES}:
        return true
    if context.memory["counts"] == 1:
        return true if operation == LEAVES else without_rows(context, operation, true)
    rows = true[ROWS[operation]]
    if operation == LEAVES:
        return {**true, "OnceTasks": [*rows[:-1], {**rows[-1], "Target": "f" * 64, "TaskImageInfo": None}]}
    another = {**rows[0], "Uuid": "another", "Digest": "f" * 64}
    return {"ImageInstanceList": [*rows, another], "PageInfo": {"TotalCount": len(rows) + 1}}


def _findings(task_fields: Mapping[str, object], image_fields: Mapping[str, object]) -> Change:
    """Sets fields of the task on Huawei Cloud, and of every image on Alibaba Cloud."""

    def change(context: FaultContext, operation: str, true: Any) -> Any:
        if operation == IMAGES:
            return {**true, "ImageInstanceList": [{**row, **image_fields} for row in true["ImageInstanceList"]]}
        return _in_task(lambda row: {**row, **task_fields})(context, operation, true) if operation == TASKS else true

    return change


REPOSITORY_FAILED = response_fault(
    "repository-failed", _repository(StatusText="FAIL", ResultInfo="TASK_NOT_SUPPORT_REGION")
)
REPOSITORY_RUNNING = response_fault("repository-running", _repository(StatusText="START", Finish=0))
REPOSITORY_WITHOUT_STATUS = response_fault("repository-without-a-status", _repository(StatusText=None))
IMAGE_REPLACED = response_fault("image-replaced-while-results-are-pending", _image_replaced)
RISKY_IMAGES = response_fault("risky-images", _findings({"risky_num": 3}, {"RiskStatus": "YES"}))
UNKNOWN_RISK = response_fault("images-with-unknown-risk", _findings({"risky_num": None}, {"RiskStatus": None}))
