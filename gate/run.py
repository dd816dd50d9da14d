"""The whole run: find the scan task, check that it is fresh, pin it, poll until it is final, judge it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gate import __version__
from gate.clock import Deadline
from gate.clouds import CLOUDS
from gate.errors import DeadlineExceeded, GateError, Interrupted
from gate.outcome import Outcome
from gate.policy import (
    Decision,
    Reason,
    has_lost_images,
    is_different_task,
    judge,
    no_task,
    nothing_to_judge,
    staleness,
    undecided,
)
from gate.scan import NOT_LISTED, TaskState
from gate.verdict_messages import format_limit, waiting_for_task
from gate.wait import Poller, PollSchedule

if TYPE_CHECKING:
    from gate.clouds import Cloud, Connection
    from gate.policy import Policy, Verdict
    from gate.scan import ScanTask
    from gate.settings import Settings
    from gate.time_of_day import TimeOfDay


def check(connection: Connection) -> Outcome:
    """Runs the gate once; an error becomes an undecided verdict with its reason."""
    try:
        verdict = _decide(connection)
    except (GateError, Interrupted) as cause:
        verdict = undecided(cause)
    return outcome_of(verdict, connection)


def outcome_of(verdict: Verdict, connection: Connection) -> Outcome:
    """The outcome of the run: this verdict, with all events so far."""
    settings, event_log = connection.settings, connection.event_log
    return Outcome(
        cloud=settings.cloud,
        verdict=verdict,
        policy=settings.policy,
        task=event_log.task,
        events=event_log.events,
        seconds=connection.clock.elapsed(),
        gate_version=__version__,
        generated_at=connection.time_of_day.now(),
    )


def poll_once(connection: Connection) -> ScanTask | Reason:
    """Polls once for the task that a check would find now, fresh or not; returns the reason if there is none.

    Raises:
        GateError: The cloud could not be reached, or refused.
    """
    task_id = connection.settings.task_id
    cloud = CLOUDS[connection.settings.cloud].connect(connection)
    task = cloud.task_by_id(task_id) if task_id else cloud.newest_task()
    return task or no_task(task_id, cloud.search_description(task_id))


def _decide(connection: Connection) -> Verdict:
    settings, clock, time_of_day = connection.settings, connection.clock, connection.time_of_day
    cloud, poller = CLOUDS[settings.cloud].connect(connection), _poller(connection)

    pinned = _select_task(cloud, poller, settings)
    if isinstance(pinned, Reason):
        return nothing_to_judge(pinned)
    connection.event_log.note(f"following scan task {pinned.id} and no other")
    selected_at, elapsed = time_of_day.latest(), clock.elapsed()
    last = _wait_until_final(cloud, poller, pinned, connection.deadline)
    if is_different_task(last, pinned):
        return nothing_to_judge(_CHANGED)
    verdict = judge(last, settings.policy, timeout=settings.timeout)
    if verdict.decision is not Decision.PASSED:
        return verdict
    if has_lost_images(last, connection.event_log.polls_of(pinned.id)):
        return nothing_to_judge(_LOST)
    # A server may have stated a later time since the task was selected: by that time it may have been stale then.
    known_since = time_of_day.latest() - timedelta(seconds=connection.clock.elapsed() - elapsed)
    doubt = staleness(pinned, _corrected_for_lag(settings.policy, time_of_day), max(selected_at, known_since))
    return nothing_to_judge(doubt) if doubt else verdict


def _poller(connection: Connection) -> Poller:
    settings, clock = connection.settings, connection.clock
    min_interval = settings.poll_interval or CLOUDS[settings.cloud].min_poll_interval
    return Poller(
        schedule=PollSchedule(min_interval=min_interval, random=clock.random),
        clock=clock,
        time_of_day=connection.time_of_day,
        pause=connection.deadline.pause,
        event_log=connection.event_log,
    )


def _select_task(cloud: Cloud, poller: Poller, settings: Settings) -> ScanTask | Reason:
    """Waits for a task that may be judged; returns the reason against the last one seen if none came in time."""
    appear_timeout, option = min((settings.appear_timeout, "--appear-timeout"), (settings.timeout, "--timeout"))
    limit = format_limit(appear_timeout, option)

    def find() -> ScanTask | None:
        return cloud.task_by_id(settings.task_id) if settings.task_id else cloud.newest_task()

    def objection(task: ScanTask | None, waited: str = "") -> Reason | None:
        if not (task and task.id):
            return no_task(settings.task_id, cloud.search_description(settings.task_id), waited)
        policy = _corrected_for_lag(settings.policy, poller.time_of_day)
        return staleness(task, policy, poller.time_of_day.latest())

    def obstacle(task: ScanTask | None) -> str | None:
        reason = objection(task)
        # A newer task may still appear in the place of a stale one, but not where one was selected by its id.
        is_hopeless = reason and reason.code == "stale" and settings.task_id
        return waiting_for_task(reason.while_waiting or reason.message, limit) if reason and not is_hopeless else None

    task = poller.until(obstacle, find, Deadline(poller.clock, appear_timeout))
    return objection(task, limit) or task or no_task(settings.task_id, "")


def _corrected_for_lag(policy: Policy, time_of_day: TimeOfDay) -> Policy:
    """The policy with `started_after` moved by the lag of this machine's clock, on which it was probably noted."""
    if policy.started_after is None or not time_of_day.lag:
        return policy
    room = datetime.max.replace(tzinfo=UTC) - policy.started_after
    return replace(policy, started_after=policy.started_after + min(room, timedelta(seconds=time_of_day.lag)))


def _wait_until_final(cloud: Cloud, poller: Poller, pinned: ScanTask, deadline: Deadline) -> ScanTask:
    """Polls until this task is final or the run is over, and returns what was seen of it last."""
    gone = replace(pinned, state=TaskState.UNKNOWN, raw_state=NOT_LISTED, progress=None)

    def poll() -> ScanTask:
        return cloud.poll(pinned) or gone

    # At the deadline, the poll that found the task was the last one.
    if pinned.results_pending is not None or deadline.is_over():
        return poller.until(_not_final, poll, deadline, seen=pinned)
    try:
        # A complete task without counts needs no delay before they are requested.
        return poller.until(_not_final, poll, deadline)
    except DeadlineExceeded:
        return pinned


def _not_final(task: ScanTask) -> str | None:
    if task.is_final:
        return None
    # While the scan itself goes on, its state says all there is to say.
    return f"waiting for results; images without one: {task.results_pending}" if task.results_pending else ""


_CHANGED = Reason(
    code="task-changed",
    message="The scan task has another start time than when it was chosen, so it may be another task. Run the gate "
    "again.",
)
_LOST = Reason(
    code="images-lost",
    message="The scan task has lost images that it had before, so not all of its images were judged. Run the gate "
    "again, and check the task in the cloud's console if this stays so.",
)
