"""Judging exactly the images that were asked for, with HSS and SWR of one project."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from gate.clouds.huawei.images.cves import AdvisoryCves
from gate.clouds.huawei.images.distributions import with_distributions
from gate.clouds.huawei.images.findings import FindingLister
from gate.clouds.huawei.images.registries import synchronise
from gate.clouds.huawei.images.risky import risky_images
from gate.clouds.huawei.images.rows import as_image, chosen_row
from gate.clouds.huawei.images.scopes import with_scopes
from gate.clouds.huawei.images.severities import with_severities
from gate.clouds.huawei.images.whitelists import read_whitelist
from gate.clouds.values import as_text
from gate.clouds.whitelists import with_whitelisted
from gate.image import ImageState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from gate.clouds.huawei.images.calls import ImageCalls
    from gate.clouds.huawei.images.finder import RowFinder
    from gate.clouds.huawei.images.rows import ImageRow
    from gate.clouds.huawei.images.starter import ScanStarter
    from gate.clouds.huawei.images.tags import TagResolver
    from gate.clouds.huawei.tasks import TaskList
    from gate.event_log import EventLog
    from gate.image import ImageRef, ScannedImage, TaggedDigest
    from gate.scan import ScanScope, ScanTask


class HuaweiImageScans:
    """The images of one project; `gate.clouds.interface.ImageScans` documents its methods."""

    def __init__(
        self,
        *,
        calls: ImageCalls,
        finder: RowFinder,
        starter: ScanStarter,
        tags: TagResolver,
        tasks: TaskList,
        event_log: EventLog,
        now: Callable[[], datetime],
        describe: Callable[[], str],
    ) -> None:
        self._calls = calls
        self._finder = finder
        self._starter = starter
        self._tags = tags
        self._tasks = tasks
        self._event_log = event_log
        self._now = now
        self._describe = describe
        self._lister = FindingLister(calls, finder, self._row_of)
        self._cves = AdvisoryCves(calls, event_log)
        self._proven: set[tuple[str, str, datetime | None]] = set()
        """The results that were later than the reading of the registry when they were seen: row, digest and time."""
        self._last: dict[ImageRef, ScannedImage] = {}
        self._of_others: dict[str, datetime] = {}
        """When a row was last scanned while it had another digest, by its id: that is no result of a later digest."""

    def resolve(self, image: ImageRef) -> TaggedDigest | None:
        """See `ImageScans.resolve`; SWR does not list the images of an index."""
        return self._tags.resolve(image)

    def look(self, images: Sequence[ImageRef]) -> tuple[ScannedImage, ...]:
        """See `ImageScans.look`; while the scan of this run goes on, only its task is asked for if that is less."""
        if self._finder.last_calls > 1 and (task := self._starter.poll()):
            raw_state = f"scan task at {task.progress or 0} %"
            return tuple(self._while_running(image, raw_state) for image in images)
        self._finder.find(images)
        self._starter.note_moved()
        self._last = {image: self._seen(image) for image in images}
        return tuple(self._last[image] for image in images)

    def verified(self, images: Sequence[ScannedImage]) -> tuple[ScannedImage, ...]:
        """See `ImageScans.verified`; a result of another image is not SCANNED by its row already."""
        tasks = self._tasks.parse(self._tasks.read(()))
        return tuple(with_scopes(image, tasks, self._now()) for image in images)

    def with_severities(self, images: Sequence[ScannedImage]) -> tuple[ScannedImage, ...]:
        """See `ImageScans.with_severities`; the counts of HSS show each risk, and lists of it explain them only."""
        return tuple(images)

    def with_findings(self, images: Sequence[ScannedImage], kinds: frozenset[ScanScope]) -> tuple[ScannedImage, ...]:
        """See `ImageScans.with_findings`; CVEs take a call for each id, so findings have none."""
        return self._lister.with_findings(images, kinds)

    @property
    def cve_source(self) -> AdvisoryCves:
        """See `ImageScans.cve_source`."""
        return self._cves

    def explained(self, images: Sequence[ScannedImage], *, for_findings: bool) -> tuple[ScannedImage, ...]:
        """See `ImageScans.explained`: vulnerabilities by severity, distributions of images without any, whitelists."""
        counted = with_severities(images, self._finder, self._calls, self._event_log)
        images = with_distributions(counted, self._finder, self._calls, self._event_log)
        read = partial(read_whitelist, self._calls)
        return with_whitelisted(images, read, self._event_log) if for_findings else images

    def request_listing(self, images: Sequence[ImageRef]) -> None:
        """See `ImageScans.request_listing`: synchronises the registries of these images."""
        rows = {image: self._finder.rows_of(image).with_other_digest for image in images}
        synchronise(rows, self._calls, self._event_log)

    def can_start(self, image: ScannedImage) -> bool:
        """See `ImageScans.can_start`: a scan repeats what the row of the image says."""
        return bool(self._finder.rows_of(image.image).with_digest)

    def start(self, images: Sequence[ScannedImage]) -> None:
        """See `ImageScans.start`."""
        self._starter.start(images)

    def stop(self) -> None:
        """See `ImageScans.stop`; a scan that cannot be stopped is noted in the event log."""
        self._starter.stop()

    def search_description(self) -> str:
        """See `ImageScans.search_description`."""
        return self._describe()

    def _row_of(self, image: ImageRef) -> ImageRow | None:
        """The row whose result is that of the image, as in `as_image`; None if there is none any more."""
        if image in self._starter.row_ids:
            return self._starter.scanned_row(image)
        rows = self._finder.rows_of(image).with_digest
        return chosen_row(image, rows) if rows else None

    def risky_images(self, task: ScanTask) -> tuple[ScannedImage, ...]:
        """The images of the project that are risky and were scanned while this task was running, by all that shows."""
        return risky_images(task, self._calls)

    def _while_running(self, image: ImageRef, raw_state: str) -> ScannedImage:
        last = self._last.get(image, as_image(image, ()))
        is_scanning = image in self._starter.row_ids
        return replace(last, state=ImageState.SCANNING, raw_state=raw_state, reason="") if is_scanning else last

    def _seen(self, image: ImageRef) -> ScannedImage:
        rows = self._finder.rows_of(image)
        listed_digest = next((row.digest for row in rows.with_other_digest), "")
        self._of_others.update({as_text(row.id): row.scanned_at for row in rows.with_other_digest if row.scanned_at})
        with_digest = [self._as_proven(self._without_result_of_others(row)) for row in rows.with_digest]
        if image not in self._starter.row_ids:
            return as_image(image, with_digest, listed_digest=listed_digest)
        # Its row must have the same digest still: another row with it may have an older result.
        row = self._starter.scanned_row(image)
        if row is None:
            return as_image(image, (), listed_digest=listed_digest)
        return as_image(image, rows.with_digest, scanned_row=row, has_moved=image in self._starter.moved)

    def _without_result_of_others(self, row: ImageRow) -> ImageRow:
        """The row; its result is from before the push if it is one that was seen when the row had another digest.

        A scan of the image before may end after the push, and its row may keep the result (huawei-images.md 9).
        """
        of_other = self._of_others.get(as_text(row.id))
        is_of_other = of_other is not None and row.scanned_at is not None and row.scanned_at <= of_other
        return replace(row, is_from_before_push=True) if is_of_other else row

    def _as_proven(self, row: ImageRow) -> ImageRow:
        """The row; a result that it had with this digest before the registry was read again is proven still."""
        result = (as_text(row.id), row.digest, row.scanned_at)
        if not row.is_from_before_sync:
            self._proven.add(result)
        return replace(row, is_from_before_sync=False) if result in self._proven else row
