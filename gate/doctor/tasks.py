"""The newest scan tasks, and which one would be judged now: chosen and judged by the rules of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.doctor.check import failure, not_checked, ok, warning
from gate.find_task import SeenTasks, choose_among, listed_tasks
from gate.log import describe
from gate.policy import Decision, judge, no_task
from gate.scan import TaskState
from gate.text import first_of, one_line
from gate.verdict_messages import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gate.doctor.check import Check
    from gate.doctor.examination import Examination
    from gate.policy import Verdict
    from gate.scan import ScanTask
    from gate.selection import Choice

_MOST_TASKS = 5
_NEWEST, _JUDGED = "newest tasks", "task to judge"


def check_tasks(examination: Examination) -> Iterator[Check]:
    """Yields the newest tasks, and what a run would do about the one that it would choose."""
    cloud, settings = examination.cloud, examination.settings
    tasks = listed_tasks(cloud, settings)
    choice = choose_among(tasks, SeenTasks(), examination.connection)
    if choice.task is None:
        reason = no_task(settings.task_id, cloud.search_description(settings.task_id))
        yield failure(_NEWEST, reason.message)
        yield not_checked(_JUDGED, "there is none")
        return
    yield ok(_NEWEST, _newest(tasks))
    yield _objection(choice, choice.task) or _followed(choice.task, examination)


def _objection(choice: Choice, task: ScanTask) -> Check | None:
    """What keeps a run from following the task; None if nothing does."""
    if choice.objection is None:
        return None
    text = f"{_named(task)} would be chosen, and not judged: {choice.objection.message}"
    if choice.is_queued and choice.objection.code == "no-begin":
        return warning(_JUDGED, f"{_named(task)} would be chosen, and is still queued: a run waits for it.")
    return failure(_JUDGED, text)


def _followed(task: ScanTask, examination: Examination) -> Check:
    """What a run would make of the task that it follows."""
    policy, now = examination.settings.policy, examination.connection.time_of_day.latest()
    last = examination.cloud.poll(task)
    if last is None:
        return failure(_JUDGED, f"{_named(task)} was listed a moment ago, and is not found any more. Run this again.")
    verdict = judge(last, policy, now=now, timeout=examination.settings.timeout)
    if verdict.decision is not Decision.UNDECIDED:
        return ok(_JUDGED, f"{_named(last)} is the newest that fits, and would be judged now: {conclusion(verdict)}")
    if last.state is TaskState.RUNNING:
        return warning(
            _JUDGED, f"{_named(last)} would be followed: a run waits until it is over, for --timeout at most."
        )
    if last.state is TaskState.COMPLETE and last.results_pending:
        return warning(_JUDGED, f"{_named(last)} is over, and a run waits for its last results.")
    return failure(_JUDGED, f"{_named(last)} would be followed, and not judged: {_reasons(verdict)}")


def conclusion(verdict: Verdict) -> str:
    """The decision in a few words, with its reasons."""
    return " ".join(filter(None, (f"{verdict.decision}.", _reasons(verdict))))


def _reasons(verdict: Verdict) -> str:
    return " ".join(reason.message for reason in verdict.reasons)


def _newest(tasks: Sequence[ScanTask]) -> str:
    def started(task: ScanTask) -> float:
        return task.started_at.timestamp() if task.started_at else float("inf")

    return first_of([_named(task) for task in sorted(tasks, key=started, reverse=True)], _MOST_TASKS, "; ")


def _named(task: ScanTask) -> str:
    start = f", started {format_time(task.started_at)}" if task.started_at else ", not started"
    return one_line(f"{describe(task)} (id {task.id or 'none'}{start})", 300)
