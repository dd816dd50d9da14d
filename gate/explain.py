"""Looks up what explains a verdict, after it was reached: names of risky images, severities, and doubts about results.

Nothing here changes a verdict. So each request is sent once, and all of them have a few seconds together.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from gate.clouds.exchange import Exchange
from gate.errors import GateError
from gate.policy import Decision

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.clouds import Cloud, Connection, ImageScans
    from gate.policy import Verdict
    from gate.scan import ScanTask

_MAX_SECONDS = 10.0
_RISKY = "Which images are risky is not known"
_MORE = "More about the results of the images is not known"
Value = TypeVar("Value")


def explain_task(verdict: Verdict, task: ScanTask, cloud: Cloud, connection: Connection) -> None:
    """Adds the risky images to the task for the reports if there are too many of them; else logs why it cannot.

    Args:
        verdict: The verdict about the task.
        task: As it was judged.
        cloud: The cloud, which may name the images.
        connection: What the cloud is connected with.
    """
    if task.images or not any(reason.code == "too-many-risky" for reason in verdict.reasons):
        return
    explained = _attempt(lambda: cloud.explain(task), connection, _RISKY)
    if explained is None:
        return
    if explained.images:
        connection.event_log.task = explained
    else:
        connection.event_log.warned(f"{_RISKY}: the cloud names none of them.")


def explain_images(
    verdict: Verdict, task: ScanTask, scans: ImageScans, connection: Connection, *, for_findings: bool
) -> None:
    """Adds to the images that were asked for, once they are judged, what else the cloud states of their results.

    Args:
        verdict: The verdict about the images.
        task: The images, as they were judged.
        scans: The cloud.
        connection: What the cloud is connected with.
        for_findings: Whether the policy or a report goes by findings.
    """
    if verdict.decision is Decision.UNDECIDED:
        return
    images = _attempt(lambda: scans.explained(task.images, for_findings=for_findings), connection, _MORE)
    if images is not None:
        connection.event_log.task = replace(task, images=images)


def _attempt(work: Callable[[], Value], connection: Connection, not_known: str) -> Value | None:
    """The result; None if there is none in time, which the log says."""
    seconds = min(_MAX_SECONDS, connection.deadline.left())
    try:
        return Exchange(lambda _: work()).result(seconds)
    except Exception as error:  # noqa: BLE001 - the verdict stands, whatever goes wrong; a signal is no Exception
        connection.event_log.warned(f"{not_known}: {_what_happened(error)}")
        return None


def _what_happened(error: Exception) -> str:
    if isinstance(error, GateError):
        return error.happened
    if isinstance(error, TimeoutError):
        return "no answer came in time."
    return f"the gate failed to read it ({type(error).__name__})."
