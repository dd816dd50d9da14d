"""Names the risky images of a task that blocks, where the cloud lists them in another place.

It comes after the verdict, and changes nothing of it. So it makes one attempt at each of few requests, within seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds.exchange import Exchange
from gate.errors import GateError

if TYPE_CHECKING:
    from gate.clouds import Cloud, Connection
    from gate.policy import Verdict
    from gate.scan import ScanTask

_MAX_SECONDS = 10.0


def explain(verdict: Verdict, task: ScanTask, cloud: Cloud, connection: Connection) -> None:
    """Adds the risky images to the task for the reports if there are too many of them; else logs why it cannot.

    Args:
        verdict: The verdict about the task.
        task: As it was judged.
        cloud: The cloud, which may name the images.
        connection: What the cloud is connected with.
    """
    if task.images or not any(reason.code == "too-many-risky" for reason in verdict.reasons):
        return
    log, seconds = connection.event_log, min(_MAX_SECONDS, connection.deadline.left())
    try:
        explained = Exchange(lambda _: cloud.explain(task)).result(seconds)
    except Exception as error:  # noqa: BLE001 - the verdict stands, whatever goes wrong; a signal is no Exception
        log.warned(f"Which images are risky is not known: {_what_happened(error)}")
        return
    if explained.images:
        log.task = explained
    else:
        log.warned("Which images are risky is not known: the cloud names none of them.")


def _what_happened(error: Exception) -> str:
    if isinstance(error, GateError):
        return error.happened
    if isinstance(error, TimeoutError):
        return "the cloud did not answer in time."
    return f"the gate failed to read them ({type(error).__name__})."
