"""The words of a verdict's reasons: what was found, which option sets the limit, and what to do next."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.scan import TaskState
from gate.text import one_line

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
NO_IMAGES = "The scan task has no images: nothing was scanned. Check which images the scan covers."
_MAX_TRIGGER_LENGTH = 60
_ENDINGS = {TaskState.STOPPED: "was stopped", TaskState.TIMED_OUT: "timed out", TaskState.FAILED: "failed"}
_FILLERS = frozenset({"the", "scan", "task", "is", "was", "has", "been"})
"""Words that add nothing to the ending of a task."""


def format_duration(seconds: float) -> str:
    """Writes a duration for a person: `90 s`, `5 min`, `24 h`."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:g} s"


def format_limit(seconds: float, option: str) -> str:
    """Writes how long the gate may wait, and which option sets it: `5 min (--appear-timeout)`."""
    return f"{format_duration(seconds)} ({option})"


def format_time(moment: datetime) -> str:
    """Writes a time in UTC to the second, in RFC 3339."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def too_many_failed(
    failed: int, total: int, limit: int, *, stated: int, names_causes: bool, is_judged_above: bool
) -> str:
    """The reason of a block by images without a result.

    Args:
        failed: How many there are.
        total: Of how many.
        limit: How many are allowed.
        stated: The cloud's own count of them.
        names_causes: Whether the cloud says why an image failed.
        is_judged_above: Whether there would be a verdict with a higher limit.
    """
    note = "" if failed == stated else f" (the cloud states {stated})"
    return (
        f"{_share(failed, total)} could not be scanned{note}; --max-failed allows {limit}. "
        f"{_fix(names_causes=names_causes)} and scan again{_or_raise('--max-failed', is_judged_above)}."
    )


def too_many_risky(risky: int, total: int, limit: int, *, is_judged_above: bool) -> str:
    """The reason of a block by images with risks; the arguments are those of `too_many_failed`."""
    are = "is" if risky == 1 else "are"
    return (
        f"{_share(risky, total)} {are} risky; --max-risky allows {limit}. "
        f"Fix the images named in the cloud's console and scan again{_or_raise('--max-risky', is_judged_above)}."
    )


def is_cause(reason: str) -> bool:
    """Whether the cloud's words about a failed image say why; a mere state, such as FAIL or START, does not."""
    return not re.fullmatch(r"[A-Z_, ]*", reason)


def _share(count: int, total: int) -> str:
    if count > total:
        return f"The counts contradict each other: by them, {count} of only {total} images"
    return f"{count} of {total} images"


def _or_raise(option: str, is_of_use: bool) -> str:  # noqa: FBT001 - private, and named at both calls
    return f", or raise {option}" if is_of_use else ""


def _fix(*, names_causes: bool) -> str:
    return "Fix the causes that the cloud names" if names_causes else "Check these images in the cloud's console"


def ended_badly(task: ScanTask) -> str:
    """The reason when the scan task ended without a result, with the cloud's own words where it gives any."""
    ending = _ENDINGS[task.state]
    says_more = {*re.findall(r"\w+", task.reason.lower())} - _FILLERS - {*ending.split()}
    why = f": {task.reason.rstrip('.')}" if says_more else ""
    return f"The scan task itself {ending}{why}. Its images were not all scanned; scan them again."


def not_final(task: ScanTask, timeout: float) -> str:
    """The reason when the scan task was not over, or its state not known, after so many s."""
    limit = format_limit(timeout, "--timeout")
    if task.is_gone:
        return (
            f"The time is up after {limit} and the cloud does not list the scan task any more. "
            "It may have been deleted; check it in the cloud's console, and scan again if it is not there."
        )
    if task.is_unfit:
        return (
            f"The time is up after {limit} and the scan task does not fit the filters any more by its own fields, so "
            "it is not judged. Check it in the cloud's console, and correct the filters or scan again."
        )
    if task.state is TaskState.UNKNOWN:
        return (
            f"The time is up after {limit} and the scan task is in an unknown state ({task.raw_state}). "
            "Check the task in the cloud's console; if it has ended there, report this state to the gate's project."
        )
    progress = "" if task.progress is None else f" ({task.progress} %)"
    return (
        f"The time is up after {limit} and the scan task is still running{progress}. "
        "Raise --timeout, or run the gate again later."
    )


def results_pending(task: ScanTask, timeout: float) -> str:
    """The reason when the results of a complete task were not all there after so many s."""
    if task.results_pending is None:
        missing = "the gate had no time to ask for them"
    else:
        missing = f"images without a result: {task.results_pending}"
    return (
        f"The time is up after {format_limit(timeout, '--timeout')} and the scan task is complete, but its results are "
        f"not all there yet ({missing}). Raise --timeout; if the results never arrive, check these images in the "
        "cloud's console."
    )


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
        remedy=f"{_new('a scan for this release', by_id=by_id)}{_or_raise('--max-age', is_judged_at_any_age)}.",
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


def counts_missing(names: list[str]) -> str:
    """The reason when the cloud gave no usable number for these counts of a complete task."""
    return (
        f"The cloud calls the scan task complete but gave no usable number for: {', '.join(names)}. "
        "The task may be of another type; check it in the cloud's console."
    )


def counts_contradict(claims: list[str], total: int) -> str:
    """The reason when counts cannot all be true, each with its name."""
    return (
        f"The counts contradict each other: {', '.join(claims)} of {total} images. "
        "Run the gate again, and check the task in the cloud's console if this stays so."
    )


def nothing_scanned(total: int, *, names_causes: bool) -> str:
    """The reason when no image of a complete task was scanned, whatever the limits allow."""
    return (
        f"None of {total} images was scanned, so there is nothing to judge. "
        f"{_fix(names_causes=names_causes)} and scan again."
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


def not_plainly_complete(sign: str, timeout: float) -> str:
    """The reason when the cloud's own answer contradicted that the task is complete until the time was up."""
    return (
        f"The time is up after {format_limit(timeout, '--timeout')} and the cloud calls the scan task complete, but "
        f"{sign}. It may still be running, or have failed. Check it in the cloud's console, and scan again."
    )


def not_settled(timeout: float, *, states_end: bool) -> str:
    """The reason when the counts were within the limits, and could still change when the time was up.

    Args:
        timeout: In s.
        states_end: Whether the task states when it ended; if not, two polls are needed however late the gate runs.
    """
    time_is_up = f"The time is up after {format_limit(timeout, '--timeout')} and the scan task"
    if not states_end:
        return f"{time_is_up} does not state when it ended, so its counts may still change. Raise --timeout."
    return (
        f"{time_is_up} has just ended, or its counts changed while the gate waited, so they may still change. "
        "Raise --timeout, or run the gate again later."
    )


def _named(task: ScanTask) -> str:
    queued = ", queued" if task.is_queued else ""
    started = f", started {format_time(task.started_at)}" if task.started_at else queued
    return f"{task.name or 'unnamed'} (id {task.id}{started})"
