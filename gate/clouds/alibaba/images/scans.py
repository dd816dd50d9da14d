"""Judging exactly the images that were asked for, with Security Center and Container Registry of one account."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from gate.clouds.alibaba.images.finding_checks import ScannedDigest
from gate.clouds.alibaba.images.names import bare_digest, full_digest
from gate.clouds.alibaba.images.rows import as_image, with_result, without_result
from gate.clouds.alibaba.images.severities import with_vulnerabilities
from gate.clouds.alibaba.leaves import ScanWindow
from gate.clouds.whitelists import with_whitelisted
from gate.errors import Refused, ScanNotStarted, UsageError
from gate.image import ImageState, ScannedImage, TaggedDigest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from gate.clouds.alibaba.images.creation import ScanStarter
    from gate.clouds.alibaba.images.finder import RowFinder
    from gate.clouds.alibaba.images.findings import FindingReader, ListedFindings
    from gate.clouds.alibaba.images.records import ScanRecord
    from gate.clouds.alibaba.images.registry import RegisteredTag, TagResolver
    from gate.clouds.alibaba.images.rows import ImageRow
    from gate.clouds.alibaba.images.severities import Vulnerabilities
    from gate.clouds.alibaba.images.started import StartedScans
    from gate.event_log import EventLog
    from gate.image import ImageRef
    from gate.scan import ScanScope

_MAX_ATTEMPTS = 2
"""How many scan tasks are started for one image: another one if the first has no record of it."""
_NO_RESULT_YET = "scanned, its result is not there yet"
_NO_RECORD = "no record of it in the scan task"
_NOT_IMPORTED = "the scan that was to import it has no record of it, and it is not listed; it may be an index"
_AHEAD = "two scan times, one of them in the future"
_OF_ANOTHER = "its result may be that of the image that had its tag before"


class AlibabaImageScans:
    """The images of one account; `gate.clouds.interface.ImageScans` documents its methods."""

    def __init__(
        self,
        *,
        finder: RowFinder,
        tags: TagResolver,
        starter: ScanStarter,
        started: StartedScans,
        fetch: Callable[[Sequence[ImageRow]], dict[str, Vulnerabilities]],
        findings: FindingReader,
        window_of_scan: Callable[[str, datetime], ScanWindow | None],
        event_log: EventLog,
        now: Callable[[], datetime],
        place: str,
    ) -> None:
        self._finder = finder
        self._tags = tags
        self._starter = starter
        self._started = started
        self._fetch = fetch
        self._findings = findings
        self._window_of_scan = window_of_scan
        self._event_log = event_log
        self._now = now
        self._place = place
        self._before: dict[str, datetime | None] = {}
        """When each image was last scanned before this run started a scan of it, by its digest without prefix."""
        self._had_digest: dict[str, frozenset[tuple[str, ...]]] = {}
        """The rows that had a digest when this run started its scan; none of one that the scan was to import."""
        self._windows: dict[tuple[str, datetime | None], ScanWindow | None] = {}
        """When a scan of others ran, by the digest and the time of its result; None if that is not proven."""
        self._numbers: dict[str, Vulnerabilities] = {}
        """How many vulnerabilities rows have, by uuid."""
        self._last: dict[ImageRef, ScannedImage] = {}
        self._not_startable: set[ImageRef] = set()
        """The images of which the registry has said since the last look that a scan cannot be started."""

    def resolve(self, image: ImageRef) -> TaggedDigest | None:
        """See `ImageScans.resolve`; whether it is an index is not shown by any operation (alibaba-images.md 2)."""
        found = self._tags.resolve(image)
        return TaggedDigest(digest=full_digest(found.digest)) if found else None

    def look(self, images: Sequence[ImageRef]) -> tuple[ScannedImage, ...]:
        """See `ImageScans.look`; while scans of this run go on, only their tasks are asked for."""
        self._not_startable.clear()
        self._started.poll()
        if self._started.is_running:
            return tuple(map(self._while_running, images))
        self._finder.find(images)
        self._start_again()
        self._last = {image: self._seen(image) for image in images}
        return tuple(self._last[image] for image in images)

    def verified(self, images: Sequence[ScannedImage]) -> tuple[ScannedImage, ...]:
        """See `ImageScans.verified`: a result of another scan may be that of the image that had the tag before.

        Security Center does not state what a scan looked for.
        """
        return tuple(
            one if self._is_proven(one) else replace(one, state=ImageState.OUTDATED, reason=_OF_ANOTHER)
            for one in images
        )

    def with_severities(self, images: Sequence[ScannedImage]) -> tuple[ScannedImage, ...]:
        """See `ImageScans.with_severities`."""
        rows = {one.image: self._finder.rows_of(one.image) for one in images if one.state is ImageState.SCANNED}
        self._numbers = self._fetch([row for of_image in rows.values() for row in of_image])
        return tuple(with_vulnerabilities(one, rows.get(one.image, ()), self._numbers) for one in images)

    def with_findings(self, images: Sequence[ScannedImage], kinds: frozenset[ScanScope]) -> tuple[ScannedImage, ...]:
        """See `ImageScans.with_findings`; a digest that is there under several tags is read once."""
        listed: dict[str, ListedFindings] = {}
        for one in images:
            digest = bare_digest(one.image)
            if digest not in listed:
                results = [row for row in self._finder.rows_of(one.image) if row.state is ImageState.SCANNED]
                scanned = ScannedDigest(digest=digest, rows=results, window=self._window(one), numbers=self._numbers)
                listed[digest] = self._findings.read(scanned, kinds)
        of = [(one, listed[bare_digest(one.image)]) for one in images]
        return tuple(replace(one, findings=found.findings, findings_doubt=found.doubt) for one, found in of)

    @property
    def cve_source(self) -> None:
        """See `ImageScans.cve_source`; lists name them (alibaba-images.md 3.2)."""
        return None

    def explained(self, images: Sequence[ScannedImage], *, for_findings: bool) -> tuple[ScannedImage, ...]:
        """See `ImageScans.explained`: whitelists; what is stated of the images was needed to judge them."""
        return with_whitelisted(images, self._findings.whitelist, self._event_log) if for_findings else tuple(images)

    def request_listing(self, images: Sequence[ImageRef]) -> None:
        """See `ImageScans.request_listing`; a scan imports what it is about."""

    def can_start(self, image: ScannedImage) -> bool:
        """See `ImageScans.can_start`: one that is not listed is imported by its tag, if that stands for its digest."""
        return image.state is not ImageState.MISSING or self._tag_to_import(image.image) is not None

    def start(self, images: Sequence[ScannedImage]) -> None:
        """See `ImageScans.start`; several tasks if the images are many, or only some of them are listed."""
        listed: dict[str, int] = {}
        unlisted: list[RegisteredTag] = []
        for image in images:
            digest = bare_digest(image.image)
            # A row may state two times, of which the later one is to be exceeded.
            rows = self._finder.rows_of(image.image)
            times = (*(row.latest_at for row in rows), image.scanned_at, self._before.get(digest))
            self._before[digest] = max(filter(None, times), default=None)
            self._had_digest[digest] = frozenset(row.key for row in rows)
            if image.state is not ImageState.MISSING:
                listed[digest] = len(rows)
            elif tag := self._tag_to_import(image.image):
                unlisted.append(tag)
            else:
                raise _no_longer_startable(image.image)
        self._started.add(self._starter.scan_listed(listed))
        self._started.add(self._starter.scan_unlisted(unlisted))

    def stop(self) -> None:
        """See `ImageScans.stop`; a task that cannot be cancelled is told in the event log."""
        self._started.cancel()

    def search_description(self) -> str:
        """See `ImageScans.search_description`."""
        return f"Alibaba Cloud ({self._place})"

    def _is_proven(self, image: ScannedImage) -> bool:
        """Whether this result is certainly that of this digest; that of a scan of this run is."""
        return bare_digest(image.image) in self._started.digests or self._window(image) is not None

    def _window(self, image: ScannedImage) -> ScanWindow | None:
        """When the scan ran whose result this is; None if that is not known."""
        digest, scanned_at = bare_digest(image.image), image.scanned_at
        if digest in self._started.digests:
            record = self._started.record_of(digest)
            return record.window if record else None
        if scanned_at and (digest, scanned_at) not in self._windows:
            self._windows[digest, scanned_at] = self._window_of_scan(digest, scanned_at)
        return self._windows.get((digest, scanned_at))

    def _while_running(self, image: ImageRef) -> ScannedImage:
        if bare_digest(image) in self._started.digests:
            return ScannedImage(image=image, state=ImageState.SCANNING, raw_state=self._started.raw_state)
        return self._last.get(image, as_image(image, ()))

    def _seen(self, image: ImageRef) -> ScannedImage:
        rows, digest = self._finder.rows_of(image), bare_digest(image)
        if digest not in self._started.digests:
            return as_image(image, [*map(self._unless_ahead, rows)], self._finder.other_digest(image))
        record = self._started.record_of(digest)
        if record is None or record.state is ImageState.SCANNING or self._may_have_record(digest, record):
            return ScannedImage(image=image, state=ImageState.SCANNING)
        if record.state is ImageState.SCANNED:
            return self._with_later_result(image, rows, record)
        if not record.reason and not rows:
            return ScannedImage(image=image, state=ImageState.NOT_SCANNABLE, reason=_NOT_IMPORTED)
        state = ImageState.FAILED if record.reason else ImageState.UNKNOWN
        seen = without_result(image, rows, state)
        return replace(seen, raw_state=record.reason or _NO_RECORD, reason=record.reason, scanned_at=record.ended_at)

    def _unless_ahead(self, row: ImageRow) -> ImageRow:
        """The row, in an unknown state if it states two times of its last scan, and the later one is in the future.

        One time in the future is a sign against the whole result; see `gate.policy.contradiction`.
        """
        if row.latest_at in {None, row.scanned_at} or not ScanWindow(now=self._now()).ends_before(row.latest_at):
            return row
        return replace(row, state=ImageState.UNKNOWN, raw_state=_AHEAD)

    def _may_have_record(self, digest: str, record: ScanRecord) -> bool:
        """Whether the image has no record, and may get one: its task was just started, or is still to be started."""
        if record.state is not ImageState.MISSING or digest not in self._started.without_record:
            return record.state is ImageState.MISSING
        return bool(self._finder.rows_of_digest(digest)) and self._started.count_attempts(digest) < _MAX_ATTEMPTS

    def _with_later_result(self, image: ImageRef, rows: Sequence[ImageRow], record: ScanRecord) -> ScannedImage:
        """The image with the result of the scan of this run, or of a later one.

        Results are minutes late (alibaba-security-center.md 2.2). A tag that was moved to this image meanwhile may
        still show the result of the image before.
        """
        is_scanning = any(row.state is ImageState.SCANNING for row in rows)
        is_later = partial(self._is_later, bare_digest(image), record)
        results = [row for row in rows if row.state is ImageState.SCANNED and is_later(row)]
        if results and not is_scanning:
            return with_result(image, rows, results)
        return ScannedImage(image=image, state=ImageState.SCANNING, raw_state=_NO_RESULT_YET)

    def _is_later(self, digest: str, record: ScanRecord, row: ImageRow) -> bool:
        before, window = self._before[digest], replace(record.window, now=self._now())
        if row.scanned_at is None or row.latest_at is None or (before and row.scanned_at <= before):
            return False
        had_digest = self._had_digest[digest]
        if row.is_from_before_push or (had_digest and row.key not in had_digest):
            return False
        is_earlier = window.starts_after(row.scanned_at) or window.cannot_contain(row.scanned_at)
        return not is_earlier and not window.ends_before(row.latest_at)

    def _start_again(self) -> None:
        """Starts one more scan of the images of which no task has a record, once none of them is being scanned."""
        rows = {digest: self._finder.rows_of_digest(digest) for digest in sorted(self._started.without_record)}
        wanted = {
            digest: len(of_digest)
            for digest, of_digest in rows.items()
            # By a digest that is not listed, a scan might be one of everything.
            if of_digest
            and self._started.count_attempts(digest) < _MAX_ATTEMPTS
            and not any(row.state is ImageState.SCANNING for row in of_digest)
        }
        if wanted:
            self._event_log.acted(f"starting the scan of {len(wanted)} images again: {_NO_RECORD}")
            self._had_digest |= {digest: frozenset(row.key for row in rows[digest]) for digest in wanted}
            self._started.add(self._starter.scan_listed(wanted))

    def _tag_to_import(self, image: ImageRef) -> RegisteredTag | None:
        """The tag by which this image can be imported; None if the registry does not have it, or for another digest."""
        if not image.tag or image in self._not_startable:
            return None
        tag, digest = self._tags.last(image), bare_digest(image)
        if tag is None or tag.digest != digest:
            tag = self._resolved(image)
        if tag and tag.digest == digest:
            return tag
        if tag:
            self._finder.has_other_digest(image, tag.digest)
        self._not_startable.add(image)
        return None

    def _resolved(self, image: ImageRef) -> RegisteredTag | None:
        try:
            return self._tags.resolve(image)
        except (UsageError, Refused) as error:
            self._event_log.note(f"no scan of {image} can be started before it is listed: {error.happened}")
            return None


def _no_longer_startable(image: ImageRef) -> ScanNotStarted:
    return ScanNotStarted(
        f"The scan of {image} cannot be started: Security Center does not list it, nor has the registry its tag.",
        means="The tag was moved or deleted meanwhile.",
        remedy="Run the gate again, with the digest of the image that is released.",
    )
