"""The risky images of a scan task: the task counts them, and the rows of the images name them (huawei-images.md 1.2).

No operation lists the images of one task (huawei-hss.md 2). So these are those that were scanned while it was running,
by whatever task.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gate.clouds.huawei.images.rows import parse_row
from gate.clouds.values import memory_of_images, text
from gate.image import ImageRef, ImageState, ScannedImage

if TYPE_CHECKING:
    from datetime import datetime

    from gate.clouds.huawei.images.calls import ImageCalls
    from gate.clouds.huawei.images.rows import ImageRow
    from gate.scan import ScanTask

_OF_REGISTRIES = frozenset({"registry", ""})
"""The words for the images of a task that may be in a registry."""
_MAX_PAGES = 2
"""As many calls as the names of risky images are worth."""
_TOLERANCE = timedelta(minutes=1)
"""Between the end of an image's scan and that of its task: they may be written at different times."""


def risky_images(task: ScanTask, calls: ImageCalls) -> tuple[ScannedImage, ...]:
    """The risky images that this task may have scanned; not all if they are very many, none if it has no start time."""
    start = task.started_at
    if start is None or task.image_type not in _OF_REGISTRIES:
        return ()
    filters = (("risky", "true"), ("start_latest_scan_time", str(round(start.timestamp() * 1000))))
    kept = memory_of_images(task.failed_images)
    rows = map(parse_row, calls.first_image_rows(filters, max_pages=_MAX_PAGES, bytes_kept=kept))
    named = (_as_listed(row) for row in rows if row.is_risky and _is_scanned_between(row, start, task.ended_at))
    # An image has a row for each of its tags.
    return tuple({(one.image.repository, one.image.digest or one.image.tag): one for one in named}.values())


def _is_scanned_between(row: ImageRow, start: datetime, end: datetime | None) -> bool:
    if row.state is not ImageState.SCANNED or row.scanned_at is None:
        return False
    return row.scanned_at >= start and (end is None or row.scanned_at <= end + _TOLERANCE)


def _as_listed(row: ImageRow) -> ScannedImage:
    """The image of a row, by the names that the row itself has."""
    registry, namespace, name = (text(row.raw.get(field)) for field in ("registry_name", "namespace", "image_name"))
    image = ImageRef(registry=registry, namespace=namespace, name=name, tag=row.tag, digest=row.digest)
    return ScannedImage(
        # The result of a tag that has moved is that of the digest before.
        image=replace(image, digest="") if row.is_from_before_push else image,
        state=row.state,
        raw_state=row.raw_state,
        scanned_at=row.scanned_at,
        kinds=row.kinds,
        highest=row.highest,
        is_risky=row.is_risky,
    )
