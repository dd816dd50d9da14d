"""The whole story: find the scan task, make sure that it is fresh, pin it, wait until it is final, judge it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gate import __version__
from gate.clock import Deadline
from gate.clouds import CLOUDS
from gate.errors import GateError, Interrupted, OutOfTime
from gate.outcome import Outcome
from gate.policy import (
    Decision,
    Reason,
    has_lost_images,
    is_another,
    judge,
    no_task,
    nothing_to_judge,
    staleness,
    undecided,
)
from gate.scan import TaskState
from gate.wait import Pace, Watch

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
    return ended(verdict, connection)


def ended(verdict: Verdict, connection: Connection) -> Outcome:
    """What the run came to, with all that was seen until now."""
    settings, clock, journal = connection.settings, connection.clock, connection.journal
    return Outcome(
        cloud=settings.cloud,
        verdict=verdict,
        policy=settings.policy,
        task=journal.task,
        events=journal.events,
        seconds=clock.elapsed(),
        gate_version=__version__,
        generated_at=clock.now(),
    )


def glance(connection: Connection) -> ScanTask | None:
    """Looks once at the task that a check would find now, fresh or not.

    Raises:
        GateError: The cloud could not be asked.
    """
    task_id = connection.settings.task_id
    cloud = CLOUDS[connection.settings.cloud].connect(connection)
    return cloud.named(task_id) if task_id else cloud.newest()


def _decide(connection: Connection) -> Verdict:
    settings, clock, journal = connection.settings, connection.clock, connection.journal
    kind = CLOUDS[settings.cloud]
    cloud = kind.connect(connection)
    pace = Pace(shortest=settings.poll_interval or kind.shortest_pause, jitter=clock.chance)
    watch = Watch(pace=pace, clock=clock, journal=journal)

    pinned = _choose(cloud, watch, settings, connection.deadline)
    if isinstance(pinned, Reason):
        return nothing_to_judge(pinned)
    journal.note(f"following scan task {pinned.id} and no other")
    chosen_at, elapsed = clock.latest(), clock.elapsed()
    last = _follow(cloud, watch, pinned, connection.deadline)
    if is_another(last, pinned):
        return nothing_to_judge(_CHANGED)
    verdict = judge(last, settings.policy)
    if verdict.decision is not Decision.PASSED:
        return verdict
    # What has come to light since it was chosen may speak against it.
    if has_lost_images(last, journal.looks_at(pinned.id)):
        return nothing_to_judge(_LOST)
    known_since = clock.latest() - timedelta(seconds=clock.elapsed() - elapsed)
    doubt = staleness(pinned, _by_the_true_clock(settings.policy, clock), max(chosen_at, known_since))
    return nothing_to_judge(doubt) if doubt else verdict


def _choose(cloud: Cloud, watch: Watch, settings: Settings, deadline: Deadline) -> ScanTask | Reason:
    """Waits for a task that may be judged; returns what speaks against the last one seen where none came."""

    def find() -> ScanTask | None:
        deadline.grant()
        return cloud.named(settings.task_id) if settings.task_id else cloud.newest()

    def objection(task: ScanTask | None) -> Reason | None:
        if not (task and task.id):
            return no_task(settings.task_id)
        return staleness(task, _by_the_true_clock(settings.policy, watch.clock), watch.clock.latest())

    def obstacle(task: ScanTask | None) -> str | None:
        reason = objection(task)
        # A newer task may still appear in the place of a stale one, but not where one was asked for by its id.
        is_hopeless = reason and reason.code == "stale" and settings.task_id
        return f"{reason.message} Waiting for one until {appears:.0f} s." if reason and not is_hopeless else None

    appears = min(settings.appear_timeout, settings.timeout)
    until = Deadline(watch.clock, appears)
    task = watch.until(obstacle, find, until)
    return objection(task) or task or no_task(settings.task_id)


def _by_the_true_clock(policy: Policy, clock: Clock) -> Policy:
    """The policy with its earliest begin as late as it was meant, if it was noted on this machine with a slow clock."""
    if policy.started_after is None or not clock.lost:
        return policy
    room = datetime.max.replace(tzinfo=UTC) - policy.started_after
    return replace(policy, started_after=policy.started_after + min(room, timedelta(seconds=clock.lost)))


def _follow(cloud: Cloud, watch: Watch, pinned: ScanTask, deadline: Deadline) -> ScanTask:
    """Waits until this task is final, and returns what was seen of it last."""
    gone = replace(pinned, state=TaskState.UNKNOWN, raw_state="no longer listed", progress=None)

    def look() -> ScanTask:
        deadline.grant()
        return cloud.look(pinned) or gone

    # The look that chose it was granted at the deadline; another one would end a whole request later.
    if pinned.awaited is not None or deadline.is_over():
        return watch.until(_not_final, look, deadline, seen=pinned)
    try:
        # A task that is complete but not counted yet need not be given time before the first look at its counts.
        return watch.until(_not_final, look, deadline)
    except OutOfTime:
        return pinned


def _not_final(task: ScanTask) -> str | None:
    if task.is_final:
        return None
    # While the scan itself goes on, its state says all there is to say.
    return f"waiting for results; images without one: {task.awaited}" if task.awaited else ""


_CHANGED = Reason(
    code="task-changed",
    message="The scan task has another begin than when it was chosen, so it is not known to be the same. Run the gate "
    "again.",
)
_LOST = Reason(
    code="images-lost",
    message="The scan task has lost images that it had before, so not all of its images were judged. Run the gate "
    "again, and look at the task in the cloud's console if this stays so.",
)
