"""The words of a verdict's reasons: what was found, which option sets the limit, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.scan import TaskState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gate.scan import ScanTask

NO_START_TIME = "The scan task ended and states no start time, so its age is unknown. Start another scan."
QUEUED = "The scan task is queued: it has not started yet."
NO_IMAGES = "The scan task has no images: nothing was scanned. Check which images the scan covers."
_ENDINGS = {TaskState.STOPPED: "was stopped", TaskState.TIMED_OUT: "timed out", TaskState.FAILED: "failed"}


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


def too_many_failed(failed: int, total: int, limit: int, *, stated: int) -> str:
    """The reason of a block by images without a result; `stated` is the cloud's own count of them."""
    note = "" if failed == stated else f" (the cloud states {stated})"
    return (
        f"{failed} of {total} images could not be scanned{note}; --max-failed allows {limit}. "
        "Fix what the cloud names as the cause and scan again, or raise --max-failed."
    )


def too_many_risky(risky: int, total: int, limit: int) -> str:
    """The reason of a block by images with risks."""
    are = "is" if risky == 1 else "are"
    return (
        f"{risky} of {total} images {are} risky; --max-risky allows {limit}. "
        "Fix the images named in the cloud's console and scan again, or raise --max-risky."
    )


def ended_badly(task: ScanTask) -> str:
    """The reason when the scan task ended without a result, with the cloud's own words where it gives any."""
    why = f": {task.reason.rstrip('.')}" if task.reason else ""
    return f"The scan task itself {_ENDINGS[task.state]}{why}. Its images were not all scanned; scan them again."


def not_final(task: ScanTask, timeout: float) -> str:
    """The reason when the scan task was not over, or its state not known, after so many s."""
    limit = format_limit(timeout, "--timeout")
    if task.state is TaskState.UNKNOWN:
        return (
            f"The time is up after {limit} and the scan task is in a state that the gate does not know "
            f"({task.raw_state}). Check the task in the cloud's console; if it has ended there, report this state to "
            "the gate's project."
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
    return (
        f"{which} was found in {where} within {waited}. "
        "Start a scan before the gate runs, or correct where the gate looks for it."
    )


def waiting_for_task(obstacle: str, limit: str) -> str:
    """The line of the log while the gate waits: why the last task cannot be judged, and for how long it waits."""
    return f"{obstacle} Waiting up to {limit} for a task that can be judged."


def too_old(started_at: datetime, max_age: float) -> str:
    """The reason when a task started more than `max_age` s ago."""
    return (
        f"The scan task started {format_time(started_at)}, longer ago than --max-age allows "
        f"({format_duration(max_age)}). Start a scan for this release, or raise --max-age."
    )


def started_too_early(started_at: datetime, started_after: datetime) -> str:
    """The reason when a task started before --started-after."""
    return (
        f"The scan task started {format_time(started_at)}, before {format_time(started_after)} (--started-after). "
        "Start a scan for this release."
    )


def starts_in_future(started_at: datetime) -> str:
    """The reason when a task claims a start time that this machine's clock has not reached."""
    return (
        f"The scan task states a start time in the future, {format_time(started_at)}. "
        "Correct the clock of this machine."
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


def nothing_scanned(total: int) -> str:
    """The reason when no image of a complete task has a result, whatever the limits allow."""
    return (
        f"None of {total} images was scanned, so there is nothing to judge. "
        "Fix what the cloud names as the cause and scan again."
    )


def scope_too_narrow(missing: Sequence[str]) -> str:
    """The reason when the scan did not look for everything that is required."""
    return (
        f"The scan did not look for: {', '.join(missing)}. Start a scan that does, or require less with "
        "--required-scope."
    )


def ambiguous(one: ScanTask, other: ScanTask) -> str:
    """The reason when two tasks fit, and nothing tells which one is meant."""
    return (
        f"Two scan tasks fit: {_named(one)} and {_named(other)}. "
        "Select one with --task-id, or tell them apart with --task-name."
    )


def not_plainly_complete(sign: str, timeout: float) -> str:
    """The reason when the cloud's own answer contradicted that the task is complete until the time was up."""
    return (
        f"The time is up after {format_limit(timeout, '--timeout')} and the cloud calls the scan task complete, but "
        f"{sign}. Check the task in the cloud's console, and scan again."
    )


def not_settled(timeout: float) -> str:
    """The reason when the counts were within the limits, and may still have changed when the time was up."""
    return (
        f"The time is up after {format_limit(timeout, '--timeout')} and the scan task ended so recently that its "
        "counts may still change. Raise --timeout."
    )


def _named(task: ScanTask) -> str:
    started = f", started {format_time(task.started_at)}" if task.started_at else ""
    return f"{task.name or 'unnamed'} (id {task.id}{started})"
