"""What the last scan of an image looked for: its row does not state it, the scan tasks do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import reduce
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gate.image import ScannedImage
    from gate.scan import ScanTask

_LOCAL = "local"
_TOLERANCE = timedelta(minutes=1)
"""Between the end of an image's scan and those of a task: they may be written at different times."""


def with_scopes(image: ScannedImage, tasks: Sequence[ScanTask], now: datetime) -> ScannedImage:
    """The image with what all scans looked for that may have been its last one; unchanged if none states it.

    The tasks do not name their images, so any of them that went on at its scan time may have scanned it.
    """
    stated = [task.scopes for task in tasks if task.scopes is not None and _may_have_scanned(task, image, now)]
    return replace(image, scopes=reduce(frozenset.intersection, stated)) if stated else image


def _may_have_scanned(task: ScanTask, image: ScannedImage, now: datetime) -> bool:
    if task.image_type == _LOCAL or image.scanned_at is None or task.is_queued:
        return False
    has_started = task.started_at is None or task.started_at - image.scanned_at <= _TOLERANCE
    # A difference is always a valid one; a time near the end of all years has no later one.
    return has_started and image.scanned_at - (task.ended_at or now) <= _TOLERANCE
