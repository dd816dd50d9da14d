"""The whole story: find the scan task, make sure that it is fresh, pin it, wait until it is final, judge it."""

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
from gate.scan import TaskState
from gate.verdict_messages import format_limit, waiting_for_task
from gate.wait import Poller, PollSchedule

if TYPE_CHECKING:
    from gate.clock import Clock
    from gate.clouds import Cloud, Connection
    from gate.policy import Policy, Verdict
    from gate.scan import ScanTask
    from gate.settings import Settings


def check(connection: Connection) -> Outcome:
    """Runs the gate once; whatever keeps it from a verdict becomes an undecided one that says so."""
    try:
        verdict = _decide(connection)
    except (GateError, Interrupted) as cause:
        verdict = undecided(cause)
    return outcome_of(verdict, connection)


def outcome_of(verdict: Verdict, connection: Connection) -> Outcome:
    """What the run came to, with all that was seen until now."""
    settings, clock, event_log = connection.settings, connection.clock, connection.event_log
    return Outcome(
        cloud=settings.cloud,
        verdict=verdict,
        policy=settings.policy,
        task=event_log.task,
        events=event_log.events,
        seconds=clock.elapsed(),
        gate_version=__version__,
        generated_at=clock.now(),
    )


def poll_once(connection: Connection) -> ScanTask | None:
    """Looks once at the task that a check would find now, fresh or not.

    Raises:
        GateError: The cloud could not be asked.
    """
    task_id = connection.settings.task_id
    cloud = CLOUDS[connection.settings.cloud].connect(connection)
    return cloud.task_by_id(task_id) if task_id else cloud.newest_task()


def _decide(connection: Connection) -> Verdict:
    settings, clock, event_log = connection.settings, connection.clock, connection.event_log
    kind = CLOUDS[settings.cloud]
    cloud = kind.connect(connection)
    schedule = PollSchedule(shortest=settings.poll_interval or kind.min_poll_interval, jitter=clock.chance)
    poller = Poller(schedule=schedule, clock=clock, event_log=event_log)

    pinned = _select_task(cloud, poller, settings, connection.deadline)
    if isinstance(pinned, Reason):
        return nothing_to_judge(pinned)
    event_log.note(f"following scan task {pinned.id} and no other")
    chosen_at, elapsed = clock.latest_time(), clock.elapsed()
    last = _wait_until_final(cloud, poller, pinned, connection.deadline)
    if is_different_task(last, pinned):
        return nothing_to_judge(_CHANGED)
    verdict = judge(last, settings.policy, timeout=settings.timeout)
    if verdict.decision is not Decision.PASSED:
        return verdict
    # What has come to light since it was chosen may speak against it.
    if has_lost_images(last, event_log.polls_of(pinned.id)):
        return nothing_to_judge(_LOST)
    known_since = clock.latest_time() - timedelta(seconds=clock.elapsed() - elapsed)
    doubt = staleness(pinned, _policy_corrected_for_lag(settings.policy, clock), max(chosen_at, known_since))
    return nothing_to_judge(doubt) if doubt else verdict


def _select_task(cloud: Cloud, poller: Poller, settings: Settings, deadline: Deadline) -> ScanTask | Reason:
    """Waits for a task that may be judged; returns what speaks against the last one seen where none came."""

    def find() -> ScanTask | None:
        deadline.grant()
        return cloud.task_by_id(settings.task_id) if settings.task_id else cloud.newest_task()

    def objection(task: ScanTask | None, waited: str = "") -> Reason | None:
        if not (task and task.id):
            return no_task(settings.task_id, cloud.search_description(settings.task_id), waited)
        return staleness(task, _policy_corrected_for_lag(settings.policy, poller.clock), poller.clock.latest_time())

    def obstacle(task: ScanTask | None) -> str | None:
        reason = objection(task)
        # A newer task may still appear in the place of a stale one, but not where one was asked for by its id.
        is_hopeless = reason and reason.code == "stale" and settings.task_id
        return waiting_for_task(reason.message, limit) if reason and not is_hopeless else None

    appears, option = min((settings.appear_timeout, "--appear-timeout"), (settings.timeout, "--timeout"))
    limit = format_limit(appears, option)
    task = poller.until(obstacle, find, Deadline(poller.clock, appears))
    return objection(task, limit) or task or no_task(settings.task_id, "")


def _policy_corrected_for_lag(policy: Policy, clock: Clock) -> Policy:
    """The policy with its earliest begin as late as it was meant, if it was noted on this machine with a slow clock."""
    if policy.started_after is None or not clock.lag:
        return policy
    room = datetime.max.replace(tzinfo=UTC) - policy.started_after
    return replace(policy, started_after=policy.started_after + min(room, timedelta(seconds=clock.lag)))


def _wait_until_final(cloud: Cloud, poller: Poller, pinned: ScanTask, deadline: Deadline) -> ScanTask:
    """Waits until this task is final, and returns what was seen of it last."""
    gone = replace(pinned, state=TaskState.UNKNOWN, raw_state="no longer listed", progress=None)

    def poll() -> ScanTask:
        deadline.grant()
        return cloud.poll(pinned) or gone

    # The look that chose it was granted at the deadline; another one would end a whole request later.
    if pinned.results_pending is not None or deadline.is_over():
        return poller.until(_not_final, poll, deadline, seen=pinned)
    try:
        # A task that is complete but not counted yet need not be given time before the first look at its counts.
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
