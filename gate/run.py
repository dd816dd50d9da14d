"""The whole run: find the scan task, check that it is fresh, pin it, poll until it is final, judge it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gate import __version__
from gate.clouds import CLOUDS
from gate.errors import DeadlineExceeded, GateError, Interrupted
from gate.find_task import find_task, policy_in_force
from gate.follow_task import follow_task
from gate.outcome import Outcome
from gate.policy import (
    Decision,
    Reason,
    future_end,
    has_lost_images,
    judge,
    not_plainly_complete,
    not_settled,
    nothing_to_judge,
    undecided,
)
from gate.selection import narrow_scope, newest, others_that_fit, staleness
from gate.wait import Poller, PollSchedule

if TYPE_CHECKING:
    from gate.clouds import Cloud, Connection
    from gate.follow_task import Followed
    from gate.policy import Verdict
    from gate.scan import ScanTask


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


def poll_once(connection: Connection) -> ScanTask | None:
    """Polls once for the task that a check would find now, fresh or not.

    Raises:
        GateError: The cloud could not be reached, or refused.
    """
    task_id = connection.settings.task_id
    cloud = CLOUDS[connection.settings.cloud].connect(connection)
    return cloud.task_by_id(task_id) if task_id else newest(cloud.matching_tasks())


def _decide(connection: Connection) -> Verdict:
    settings = connection.settings
    cloud, poller = CLOUDS[settings.cloud].connect(connection), _poller(connection)
    pinned = find_task(cloud, poller, connection)
    if isinstance(pinned, Reason):
        return nothing_to_judge(pinned)
    connection.event_log.note(f"following scan task {pinned.id} and no other")
    followed = follow_task(cloud, poller, pinned, connection)
    verdict = judge(followed.last, settings.policy, timeout=settings.timeout)
    return verdict if verdict.decision is not Decision.PASSED else _confirmed(verdict, followed, cloud, connection)


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


def _confirmed(verdict: Verdict, followed: Followed, cloud: Cloud, connection: Connection) -> Verdict:
    """The verdict "passed", unless something has come to light against it since the task was selected."""
    timeout = connection.settings.timeout
    if sign := future_end(followed.last, connection.time_of_day.latest()):
        return not_plainly_complete(sign, timeout)
    if doubt := _doubt(followed, connection):
        return nothing_to_judge(doubt)
    return (
        _unless_ambiguous(verdict, cloud, followed.pinned, connection) if followed.is_settled else not_settled(timeout)
    )


def _doubt(followed: Followed, connection: Connection) -> Reason | None:
    pinned, last, policy = followed.pinned, followed.last, policy_in_force(connection)
    if has_lost_images(last, connection.event_log.polls_of(pinned.id)):
        return _LOST
    # A task that starts again under the same id is no fresher than its first start.
    earliest = min(filter(None, (pinned.started_at, last.started_at)), default=None)
    return staleness(replace(pinned, started_at=earliest), policy, followed.known_at) or narrow_scope(last, policy)


def _unless_ambiguous(verdict: Verdict, cloud: Cloud, pinned: ScanTask, connection: Connection) -> Verdict:
    """The verdict, unless by now another task fits `started_after` too, so that either may be the one that is meant."""
    settings = connection.settings
    if settings.task_id or settings.policy.started_after is None:
        return verdict
    try:
        tasks = cloud.matching_tasks()
    except DeadlineExceeded:
        return not_settled(settings.timeout)
    other = others_that_fit(pinned, tasks, policy_in_force(connection), connection.time_of_day.latest())
    return nothing_to_judge(other) if other else verdict


_LOST = Reason(
    code="images-lost",
    message="The scan task has lost images that it had before, so not all of its images were judged. Run the gate "
    "again, and check the task in the cloud's console if this stays so.",
)
