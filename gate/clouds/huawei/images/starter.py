"""Starts one scan of exactly the images that need one, never twice, and stops it (huawei-images.md 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds.huawei.images.editions import ENTERPRISE
from gate.clouds.huawei.images.rows import as_image, chosen_row
from gate.clouds.values import text
from gate.errors import DeadlineExceeded, GateError, NotAuthorised, Refused, ScanNotStarted, Throttled, TransientError
from gate.image import ImageState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gate.clock import RunDeadline
    from gate.clouds.huawei.images.calls import ImageCalls
    from gate.clouds.huawei.images.finder import RowFinder
    from gate.clouds.huawei.images.own_scan import OwnScan
    from gate.clouds.huawei.images.rows import ImageRow
    from gate.event_log import EventLog
    from gate.image import ImageRef, ScannedImage
    from gate.scan import ScanTask

_TEXTS = ("image_digest", "namespace", "image_name", "image_version", "registry_id", "registry_name", "registry_type")
"""What a scan has to repeat of a row, beside its id."""
_UNTIL_SHOWN = 12.0
"""Seconds until a scan that was started is looked for: as long as between two polls."""


class ScanStarter:
    """The scan of one run."""

    def __init__(
        self, calls: ImageCalls, finder: RowFinder, own: OwnScan, *, deadline: RunDeadline, event_log: EventLog
    ) -> None:
        self._calls = calls
        self._finder = finder
        self._own = own
        self._deadline = deadline
        self._event_log = event_log
        self.row_ids: dict[ImageRef, object] = {}
        """The images whose scan was started, with the ids of their rows."""
        self.moved: set[ImageRef] = set()
        """Those of them whose rows were found with another digest since, or not at all."""

    def start(self, images: Sequence[ScannedImage]) -> None:
        """Starts one scan of these images, which are as they were last seen.

        Raises:
            ScanNotStarted: The row of an image lacks what the scan needs.
            TransientError: Whether it was started is not known, and nothing shows that it was.
        """
        rows = {image.image: self._row_of(image.image) for image in images}
        # An image that was asked for by two names has one row.
        infos = {row.id: _image_info(row, image) for image, row in rows.items()}
        self._own.prepare(len(infos))
        self.row_ids = {image: row.id for image, row in rows.items()}
        try:
            self._calls.start_scan([*infos.values()])
        except (DeadlineExceeded, NotAuthorised, Refused, Throttled):
            # It was not sent, or not accepted.
            self.row_ids = {}
            raise
        except TransientError as error:
            # After the end of the run, `stop` looks for it; a pause would let one more request be sent.
            if self._deadline.is_over():
                raise
            self._event_log.note(f"whether the scan was started is not known ({error.happened}); looking for it")
            self._deadline.pause(min(_UNTIL_SHOWN, self._deadline.left()))
            if not self._is_started(images):
                self._event_log.acted("starting the scan again: nothing shows that it was started")
                self._calls.start_scan([*infos.values()])

    def note_moved(self) -> None:
        """Notes the images whose rows have another digest by now, by the last search.

        By its digest alone, a row that has another one is not found, so one that is not found may have another.
        """
        self.moved |= {image for image in self.row_ids if self.scanned_row(image) is None}

    def scanned_row(self, image: ImageRef) -> ImageRow | None:
        """The row of this image whose scan was started; None if by the last search it is gone or has another digest."""
        row = self._finder.rows_of(image).by_id(self.row_ids[image])
        return row if row and row.digest == image.digest else None

    def poll(self) -> ScanTask | None:
        """The task of the scan if it is running; None if there is none, it is over, or it cannot be told."""
        return self._own.poll() if self.row_ids else None

    def stop(self) -> None:
        """Stops the scan, if there is one that is certainly of this run."""
        if not self.row_ids:
            return
        try:
            if task := self._own.poll():
                self._calls.stop_scan(task.id)
                self._event_log.acted(f"stopped scan task {task.id}")
            else:
                self._event_log.acted("no scan was stopped: its task is over, or cannot be told from others")
        except GateError as error:
            self._event_log.acted(f"the scan could not be stopped, and may go on: {error.happened}")

    def _row_of(self, image: ImageRef) -> ImageRow:
        rows = self._finder.rows_of(image).with_digest
        if not rows:
            raise _not_startable(image, "HSS does not list it")
        return chosen_row(image, rows)

    def _is_started(self, images: Sequence[ScannedImage]) -> bool:
        """Whether the task of the scan or a row of its images shows that it was started, or even that it is over."""
        if self._own.may_be_running():
            return True
        self._finder.find([image.image for image in images])
        self.note_moved()
        return any(self._has_changed(image) for image in images)

    def _has_changed(self, before: ScannedImage) -> bool:
        now = as_image(before.image, self._finder.rows_of(before.image).with_digest)
        is_later = now.scanned_at is not None and (before.scanned_at is None or now.scanned_at > before.scanned_at)
        has_failed = now.state is ImageState.FAILED and before.state is not ImageState.FAILED
        return now.state is ImageState.SCANNING or is_later or has_failed


def _image_info(row: ImageRow, image: ImageRef) -> Mapping[str, object]:
    """What a scan repeats of this row.

    Raises:
        ScanNotStarted: The row lacks a part of it.
    """
    names = (*_TEXTS, "instance_id") if row.registry_type in ENTERPRISE else _TEXTS
    missing = [name for name in names if not text(row.raw.get(name))]
    missing += [] if type(row.id) is int else ["id"]
    if missing:
        raise _not_startable(image, f"its row lacks {', '.join(missing)}")
    return {"id": row.id, **{name: row.raw[name] for name in names}}


def _not_startable(image: ImageRef, why: str) -> ScanNotStarted:
    return ScanNotStarted(
        f"The scan of {image} cannot be started: {why}.",
        means="HSS is still reading the registry, or its list of images has changed.",
        remedy="Check the image in the console of HSS, and scan it there once; then run the gate again.",
    )
