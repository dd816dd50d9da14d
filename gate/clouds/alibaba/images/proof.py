"""Proves that the result in a row is that of its digest: the last scan of this digest ended at this time.

Whether the row of a tag that has moved keeps the result of the image before is not documented, nor when a row took over
another digest; so its scan may also be one from between the push of the tag and the next synchronisation.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gate.clouds.alibaba.leaves import ScanWindow
from gate.clouds.alibaba.translate import normalise_digest
from gate.clouds.values import datetime_from_ms, malformed
from gate.errors import NotAuthorised, Refused
from gate.policy import END_TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from gate.clouds.alibaba.security_center import SecurityCenter
    from gate.event_log import EventLog

_TOLERANCE = timedelta(minutes=5)
"""By so much a row may show a later time than the task: results are that late (alibaba-security-center.md 2.2)."""


def window_of_scan(
    sas: SecurityCenter, digest: str, time: datetime, *, now: Callable[[], datetime], event_log: EventLog
) -> ScanWindow | None:
    """When the last scan of this digest ran, if it succeeded and ended at this time, by its own task; else None.

    The task is that of alibaba-images.md 1.4.

    Args:
        sas: Security Center.
        digest: The digest without its prefix.
        time: The scan time in the row of the image.
        now: Returns the latest time that is known, after which no scan can have ended.
        event_log: Is told if the user may not ask for it; nothing is proven then.
    """
    try:
        tasks = sas.call("DescribeImageLatestScanTask", {"Digest": digest}).get("Task")
    except (NotAuthorised, Refused) as error:
        event_log.note(f"whether a result is that of this very image is not known: {error.happened}")
        return None
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise malformed("The response has no list of Task.")
    return next(filter(None, (_window_of(task, digest, time, now()) for task in tasks)), None)


def _window_of(task: Mapping[str, Any], digest: str, time: datetime, now: datetime) -> ScanWindow | None:
    started, ended = (datetime_from_ms(task.get(name)) for name in ("StartTime", "FinishTime"))
    if task.get("Status") != "SUCCESS" or normalise_digest(task.get("Target")) != digest or ended is None:
        return None
    if ended > now + END_TOLERANCE:
        return None
    # Before the scan has started, the row cannot have had its result. A difference is always a valid one; a time near
    # the end of all years has no later one.
    if time < (started or ended) or time - ended > _TOLERANCE:
        return None
    # What it found can be a little older than its end, if it does not state its start.
    return ScanWindow(since=started, earliest=started or ended)
