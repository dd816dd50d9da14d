"""The whole run: find the scan task, check that it is fresh, pin it, poll until it is final, judge it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gate import __version__
from gate.clouds import CLOUDS
from gate.errors import GateError, Interrupted
from gate.explain import explain_task
from gate.find_task import find_task, named_clock, policy_in_force
from gate.follow_task import follow_task
from gate.outcome import Outcome
from gate.policy import (
    Decision,
    Reason,
    changed_since,
    has_lost_images,
    judge,
    no_task,
    not_settled,
    nothing_to_judge,
    undecided,
)
from gate.run_context import RunContext
from gate.selection import narrow_scope, newest, other_that_fits, staleness, unknown_trigger
from gate.settlement import has_changed
from gate.wait import Poller, PollSchedule

if TYPE_CHECKING:
    from gate.clouds import Cloud, Connection
    from gate.finding import KnownFinding, WaiverUse
    from gate.follow_task import Followed
    from gate.image import ScannedImage
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
        context=RunContext(
            region=event_log.region,
            endpoint=settings.endpoint or "",
            account=event_log.account,
            started_tasks=tuple(event_log.started_tasks),
            policy_sources=settings.policy_sources,
        ),
        task=event_log.task,
        is_settled=event_log.is_settled,
        waivers=_waiver_uses(connection),
        gone=_gone(connection),
        events=event_log.events,
        seconds=connection.clock.elapsed(),
        gate_version=__version__,
        generated_at=connection.time_of_day.now(),
        judged_at=connection.time_of_day.latest(),
    )


def _waiver_uses(connection: Connection) -> tuple[WaiverUse, ...]:
    policy, task = connection.settings.policy.findings, connection.event_log.task
    if not policy.waivers:
        return ()
    from gate.findings.evaluate import today  # noqa: PLC0415 - only a policy with waivers needs it
    from gate.findings.waivers import waiver_uses  # noqa: PLC0415 - only runs with waivers need it

    images = task.images if task else ()
    return waiver_uses(policy.waivers, images, today(policy, connection.time_of_day.latest()))


def _gone(connection: Connection) -> tuple[KnownFinding, ...]:
    baseline, task = connection.settings.policy.findings.baseline, connection.event_log.task
    if not baseline or task is None:
        return ()
    from gate.findings.gone import gone_findings  # noqa: PLC0415 - only a run with a baseline needs it

    return gone_findings(task.images, baseline)


def poll_once(connection: Connection) -> ScanTask | Reason:
    """Polls once for the task that a check would find now, fresh or not; returns the reason if there is none.

    Raises:
        GateError: The cloud could not be reached, or refused.
    """
    task_id = connection.settings.task_id
    cloud = CLOUDS[connection.settings.cloud].connect(connection)
    task = cloud.task_by_id(task_id) if task_id else newest(cloud.matching_tasks())
    return task or no_task(task_id, cloud.search_description(task_id))


def read_images(connection: Connection) -> tuple[ScannedImage, ...]:
    """Reads once what a check would find now of the images of the settings, fresh or not; starts nothing.

    Raises:
        GateError: The cloud could not be reached, or refused.
    """
    from gate.images import status  # noqa: PLC0415 - only status needs it

    # What is shown and not judged has nothing to fulfil.
    policy = replace(connection.settings.policy, required_scopes=frozenset())
    connection = replace(connection, settings=replace(connection.settings, policy=policy))
    cloud = CLOUDS[connection.settings.cloud].connect(connection)
    return status.read_images(cloud.image_scans(), connection.settings)


def _decide(connection: Connection) -> Verdict:
    settings, time_of_day = connection.settings, connection.time_of_day
    cloud, poller = CLOUDS[settings.cloud].connect(connection), poller_of(connection)
    if settings.images:
        from gate.images.check import check_images  # noqa: PLC0415 - only this mode needs it, and each start-up counts

        return check_images(cloud.image_scans(), poller, connection)
    found = find_task(cloud, poller, connection)
    if isinstance(found, Reason):
        return nothing_to_judge(found)
    connection.event_log.note(f"following scan task {found.id} and no other")
    followed = follow_task(cloud, poller, found, connection)
    connection.event_log.is_settled = followed.is_settled
    verdict = judge(followed.last, settings.policy, now=time_of_day.latest(), timeout=settings.timeout)
    if verdict.decision is not Decision.PASSED:
        explain_task(verdict, followed.last, cloud, connection)
        return verdict
    if not followed.is_settled:
        return not_settled(followed.last, settings.timeout)
    if doubt := _doubt(followed, connection):
        return nothing_to_judge(doubt)
    return _since_last_poll(followed, cloud, connection) or verdict


def _doubt(followed: Followed, connection: Connection) -> Reason | None:
    """What has come to light since the task was selected, and would have kept it from being judged."""
    first, last, policy = followed.first, followed.last, policy_in_force(connection)
    if has_lost_images(last, connection.event_log.polls_of(first.id)):
        return _LOST
    task = replace(last, started_at=followed.started_at)
    if stale := staleness(task, policy, followed.selected_at):
        return named_clock(stale, task, followed.selected_at, connection)
    return unknown_trigger(last, by_id=connection.settings.task_id is not None) or narrow_scope(last, policy)


def _since_last_poll(followed: Followed, cloud: Cloud, connection: Connection) -> Verdict | None:
    """The verdict if by now another task fits too, or this one is listed otherwise than it was judged.

    Where the task was final at once, the list was read just now.
    """
    policy, judged = connection.settings.policy, followed.last
    is_unlisted = connection.settings.task_id or policy.started_after is None
    if is_unlisted or judged is followed.first:
        return None
    listed, now = cloud.matching_tasks(judged), connection.time_of_day.latest()
    ours = [task for task in listed if task.id == followed.first.id]
    if has_lost_images(judged, ours):
        return nothing_to_judge(_LOST)
    if any(has_changed(task, judged, now) for task in ours):
        return changed_since()
    other = other_that_fits(followed.first, listed, policy, now)
    return nothing_to_judge(other) if other else None


def poller_of(connection: Connection) -> Poller:
    """The poll loop of a run, by its settings and the quota of the cloud."""
    settings, clock = connection.settings, connection.clock
    min_interval = settings.poll_interval or CLOUDS[settings.cloud].min_poll_interval
    return Poller(
        schedule=PollSchedule(min_interval=min_interval, random=clock.random),
        clock=clock,
        time_of_day=connection.time_of_day,
        pause=connection.deadline.pause,
        event_log=connection.event_log,
    )


_LOST = Reason(
    code="images-lost",
    message="The scan task has lost images that it had before, so not all of its images were judged. Run the gate "
    "again, and check the task in the cloud's console if this stays so.",
)
