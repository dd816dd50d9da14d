"""The words of a verdict's reasons: what was found, which option sets the limit, and what to do next."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gate.image import ImageState
from gate.scan import TaskState
from gate.text import first_of, one_line

if TYPE_CHECKING:
    from datetime import datetime

    from gate.image import ScannedImage
    from gate.scan import ScanTask


NO_IMAGES = "The scan task has no images: nothing was scanned. Check which images the scan covers."
CHANGED_SINCE = (
    "The scan task was complete and within the limits, and a later list contradicts that: by it, the task is not "
    "plainly complete, does not fit the filters, or has other counts. Run the gate again, and check the task in the "
    "cloud's console if this stays so."
)
_ENDINGS = {TaskState.STOPPED: "was stopped", TaskState.TIMED_OUT: "timed out", TaskState.FAILED: "failed"}
_FILLERS = frozenset({"the", "scan", "task", "is", "was", "has", "been"})
"""Words that add nothing to the ending of a task."""
_MOST_NAMES = 5
_MAX_NAME = 300


def format_duration(seconds: float) -> str:
    """Writes a duration for a person: `90 s`, `5 min`, `24 h`."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:g} s"


def format_difference(seconds: float) -> str:
    """Writes how far two clocks are apart, in the largest unit of which there are two: `2 min`, `36 h`, `365 d`."""
    unit, size = next((pair for pair in (("d", 86400), ("h", 3600)) if seconds >= 2 * pair[1]), ("min", 60))
    return f"{seconds / size:.0f} {unit}"


def format_limit(seconds: float, option: str) -> str:
    """Writes how long the gate may wait, and which option sets it: `5 min (--appear-timeout)`."""
    return f"{format_duration(seconds)} ({option})"


def format_time(moment: datetime) -> str:
    """Writes a time in UTC to the second, in RFC 3339."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def too_many_failed(failed: int, limit: int, *, task: ScanTask, is_exact: bool, is_judged_above: bool) -> str:
    """The reason of a block by images without a result.

    Args:
        failed: How many there are.
        limit: How many are allowed.
        task: The task, with its own count of them, and their causes if it names any.
        is_exact: Whether there are no more than that.
        is_judged_above: Whether there would be a verdict with a higher limit.
    """
    note = "" if task.counts.failed in {failed, None} else f" (the cloud states {task.counts.failed})"
    return (
        f"{_share(failed, task.counts.total, is_exact=is_exact)} could not be scanned{note}; "
        f"--max-failed allows {limit}. "
        f"{_fix(task)} and scan again{_or_raise('--max-failed', is_judged_above)}."
    )


def too_many_risky(risky: int, limit: int, *, task: ScanTask, is_judged_above: bool) -> str:
    """The reason of a block by images with risks, which the task may name; see `too_many_failed`."""
    are = "is" if risky == 1 else "are"
    return (
        f"{_share(risky, task.counts.total, is_exact=task.counts.risky is not None)} {are} risky; "
        f"--max-risky allows {limit}. {_fix_risky(risky, task)}{_or_raise('--max-risky', is_judged_above)}."
    )


def _fix_risky(risky: int, task: ScanTask) -> str:
    if task.asks_for_images:
        return "Fix the images that the gate names, push them, and run it with their new digests"
    are_named = sum(image.is_risky is True for image in task.images) >= risky
    which = "that the gate names" if are_named else "named in the cloud's console"
    return f"Fix the images {which} and scan again"


def passed_images(scanned: int, total: int, *, failed: int, risky: int) -> str:
    """What a pass says of the images that were asked for: a digest cannot be scanned before it was pushed.

    Args:
        scanned: How many have a result.
        total: How many were asked for.
        failed: How many could not be scanned, which the policy allows.
        risky: How many are risky, which the policy allows.
    """
    pushed = "it was pushed" if total == 1 else "they were pushed"
    everything = "all " if scanned == total > 1 else ""
    parts = [f"{scanned} of {total} image{'' if total == 1 else 's'}, {everything}scanned since {pushed}"]
    parts += [f"{failed} could not be scanned, which --max-failed allows"] if failed else []
    parts += [f"{risky} {'is' if risky == 1 else 'are'} risky, which --max-risky allows"] if risky else []
    return "; ".join(parts)


def is_cause(reason: str) -> bool:
    """Whether the cloud's words about a failed image say why; a mere state, such as FAIL or START, does not."""
    return not re.fullmatch(r"[A-Z_, ]*", reason)


def _share(count: int, total: int | None, *, is_exact: bool) -> str:
    if total is None:
        return f"At least {count} image{'' if count == 1 else 's'}"
    if count > total:
        return f"The counts contradict each other: by them, {count} of only {total} images"
    return f"{count} of {total} images" if is_exact else f"At least {count} of {total} images"


def _or_raise(option: str, is_of_use: bool) -> str:  # noqa: FBT001 - private, and named at both calls
    return f", or raise {option}" if is_of_use else ""


def _fix(task: ScanTask) -> str:
    names_causes = any(is_cause(image.reason) for image in task.failed_images)
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


def counts_missing(names: list[str], task: ScanTask) -> str:
    """The reason when the cloud gave no usable number for these counts of a complete task."""
    if task.asks_for_images:
        unclear = [one_line(str(image.image), _MAX_NAME) for image in task.images if _has_unclear_risk(image)]
        return (
            "The cloud does not say whether these images are risky, or contradicts itself: "
            f"{first_of(unclear, _MOST_NAMES)}. Check them in the cloud's console, and scan them again."
        )
    return (
        f"The cloud calls the scan task complete but gave no usable number for: {', '.join(names)}. "
        "The task may be of another type; check it in the cloud's console."
    )


def _has_unclear_risk(image: ScannedImage) -> bool:
    return image.state is ImageState.SCANNED and image.is_risky is None


def counts_contradict(claims: list[str], total: int) -> str:
    """The reason when counts cannot all be true, each with its name."""
    return (
        f"The counts contradict each other: {', '.join(claims)} of {total} images. "
        "Run the gate again, and check the task in the cloud's console if this stays so."
    )


def nothing_scanned(task: ScanTask) -> str:
    """The reason when no image of a complete task was scanned, whatever the limits allow."""
    return f"None of {task.counts.total} images was scanned, so there is nothing to judge. {_fix(task)} and scan again."


def not_plainly_complete(sign: str, timeout: float, *, of_images: bool = False) -> str:
    """The reason when the cloud's own answer contradicted that the task is complete until the time was up.

    Args:
        sign: What contradicts it.
        timeout: In s.
        of_images: Whether images were asked for, and not a task.
    """
    return (
        f"The time is up after {format_limit(timeout, '--timeout')} and the cloud calls {_the_scan(of_images)} "
        f"complete, but {sign}. It may still be running, or have failed. Check it in the cloud's console, and scan "
        "again."
    )


def not_settled(timeout: float, *, states_end: bool, of_images: bool = False) -> str:
    """The reason when the counts were within the limits, and could still change when the time was up.

    Args:
        timeout: In s.
        states_end: Whether the task states when it ended; if not, two polls are needed however late the gate runs.
        of_images: As for `not_plainly_complete`.
    """
    time_is_up = f"The time is up after {format_limit(timeout, '--timeout')} and {_the_scan(of_images)}"
    if not states_end:
        return f"{time_is_up} does not state when it ended, so its counts may still change. Raise --timeout."
    return (
        f"{time_is_up} has just ended, or its counts changed while the gate waited, so they may still change. "
        "Raise --timeout, or run the gate again later."
    )


def _the_scan(of_images: bool) -> str:  # noqa: FBT001 - private, and named at both calls
    return "the scan of the images" if of_images else "the scan task"
