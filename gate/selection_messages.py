"""The words about which scan task is judged: why none can be, which option decides that, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.text import one_line
from gate.verdict_messages import format_difference, format_duration, format_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gate.scan import ScanTask


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """What was found, and what to do about it unless it changes while the gate waits."""

    happened: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.happened} {self.remedy}"


QUEUED = Message(
    happened="The scan task is queued and has not started yet.", remedy="Raise --timeout, or run the gate again later."
)
_MAX_TRIGGER_LENGTH = 60


def no_task_found(task_id: str | None, where: str, waited: str) -> str:
    """The reason when there is no task to follow.

    Args:
        task_id: The id that was asked for, if any.
        where: Where the cloud was searched; see `gate.clouds.interface.Cloud.search_description`.
        waited: For how long, as `format_limit` writes it; empty as long as the gate still waits.
    """
    which = f"No scan task with the id {task_id!r}" if task_id else "No scan task"
    if not waited:
        return f"{which} was found yet in {where}."
    first = "Correct --task-id" if task_id else "Start a scan before the gate runs"
    return f"{which} was found in {where} within {waited}. {first}, or correct where the gate searches for it."


def no_longer_listed(task: ScanTask) -> Message:
    """The reason when the newest task was listed before, and is not any more."""
    return Message(
        happened=f"The newest scan task, {_named(task)}, was listed before, and is not listed any more.",
        remedy="It may have been deleted: scan again, or select another task with --task-id.",
    )


def waiting_for_task(obstacle: str, limit: str) -> str:
    """The line of the log while the gate waits: why the last task cannot be judged, and for how long it waits."""
    return f"{obstacle} Waiting up to {limit} from the start of the run for a task that can be judged."


def waited_for_task(obstacle: str, limit: str) -> str:
    """The same at the end of the wait, before what to do."""
    return f"{obstacle} No task that can be judged was found within {limit}."


def _new(scan: str, *, by_id: bool) -> str:
    return f"Start {scan}, and select it with --task-id" if by_id else f"Start {scan}"


def too_old(started_at: datetime, max_age: float, *, is_judged_at_any_age: bool, by_id: bool) -> Message:
    """The reason when a task started more than `max_age` s ago.

    Args:
        started_at: When it started.
        max_age: In s.
        is_judged_at_any_age: Whether nothing else is against the task.
        by_id: Whether --task-id selects it, and would not select another one.
    """
    return Message(
        happened=f"The scan task started {format_time(started_at)}, longer ago than --max-age allows "
        f"({format_duration(max_age)}).",
        remedy=_new("a scan for this release", by_id=by_id)
        + (", or raise --max-age." if is_judged_at_any_age else "."),
    )


def started_too_early(started_at: datetime, started_after: datetime, *, is_ahead: bool, by_id: bool) -> Message:
    """The reason when a task started before --started-after.

    Args:
        started_at: When it started.
        started_after: The earliest start time that is allowed.
        is_ahead: Whether that lies in the future, before which no task can start.
        by_id: As for `too_old`.
    """
    return Message(
        happened=f"The scan task started {format_time(started_at)}, before {format_time(started_after)} "
        "(--started-after).",
        remedy="That time is in the future: record it in UTC, on a machine whose clock is right."
        if is_ahead
        else f"{_new('a scan for this release', by_id=by_id)}.",
    )


def wrong_clock(*, lead: float, lag: float) -> str:
    """The warning about this machine's clock, where it is ahead of the cloud's or behind it; empty if it is neither."""
    if not lead and not lag:
        return ""
    how = f"{format_difference(lead)} ahead of" if lead else f"{format_difference(lag)} behind"
    return f"This machine's clock is {how} the cloud's: correct it."


def likely_cause(lead: float) -> str:
    """What a reason adds where the task would be fresh if this machine's clock were not so many s ahead."""
    ahead = format_difference(lead)
    return f"The likely cause is this machine's clock, which is {ahead} ahead of the cloud's: correct it."


def shifted_start_time(started_after: datetime, lag: float) -> str:
    """What a reason adds where --started-after was moved by so many s, which this machine's clock is behind."""
    return (
        f"The value given was {format_time(started_after)}; this machine's clock is {format_difference(lag)} behind "
        "the cloud's, so it counts as that much later: correct the clock."
    )


def no_start_time(*, is_judged_at_any_age: bool, by_id: bool) -> Message:
    """The reason when a task that is not queued states no start time; the arguments are those of `too_old`."""
    return Message(
        happened="The scan task states no start time, so its age is unknown.",
        remedy=_new("another scan", by_id=by_id)
        + (", or judge tasks of any age with --max-age none." if is_judged_at_any_age else "."),
    )


def starts_in_future(started_at: datetime) -> Message:
    """The reason when a task claims a start time that neither this machine's clock nor the cloud's has reached."""
    return Message(
        happened=f"The scan task states a start time in the future, {format_time(started_at)}.",
        remedy="Check the task in the cloud's console, and the clock of this machine.",
    )


def scope_too_narrow(missing: Sequence[str], *, is_judged_by_less: bool, by_id: bool) -> Message:
    """The reason when the scan did not look for everything that is required.

    Args:
        missing: What it did not look for.
        is_judged_by_less: Whether it looked for a part of what is required, and has not ended badly.
        by_id: As for `too_old`.
    """
    return Message(
        happened=f"The scan did not look for: {', '.join(missing)}. It was started with a narrower scope, so no risk "
        "of that kind could be found.",
        remedy=_new("a scan with the full scope", by_id=by_id)
        + (", or require less with --required-scope." if is_judged_by_less else "."),
    )


def unknown_trigger(task: ScanTask, *, by_id: bool) -> Message:
    """The reason when a task that may be meant does not state a trigger that is documented.

    Args:
        task: The task.
        by_id: Whether it is the one of --task-id, so that no other one is selected by a trigger.
    """
    trigger = one_line(task.type, _MAX_TRIGGER_LENGTH) or "not stated"
    remedy = "Select the task that is meant with --task-id, or by its trigger with --task-type."
    return Message(
        happened=f"The scan task {_named(task)} states no documented trigger (trigger: {trigger}), so it may be of "
        "another kind and is not judged.",
        remedy="Check it in the cloud's console, or start another scan." if by_id else remedy,
    )


def ambiguous(one: ScanTask, other: ScanTask) -> Message:
    """The reason when two tasks fit, and nothing tells which one is meant."""
    return Message(
        happened=f"Two scan tasks fit: {_named(one)} and {_named(other)}. Another pipeline or a schedule probably "
        "started one of them.",
        remedy="Select one with --task-id"
        + (", or by its name with --task-name." if _have_own_names(one, other) else "."),
    )


def _have_own_names(one: ScanTask, other: ScanTask) -> bool:
    """Whether --task-name, which is looked for anywhere in a name in any case, can select each of these tasks alone."""
    first, second = one.name.casefold(), other.name.casefold()
    return first not in second and second not in first


def _named(task: ScanTask) -> str:
    queued = ", queued" if task.is_queued else ""
    started = f", started {format_time(task.started_at)}" if task.started_at else queued
    return f"{task.name or 'unnamed'} (id {task.id}{started})"
