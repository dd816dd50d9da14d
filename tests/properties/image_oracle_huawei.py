"""Finds, in the responses of Huawei Cloud, what its rows show of one image (huawei-images.md 1, 2 and 8.1)."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from tests.properties.evidence import read_time
from tests.properties.image_evidence import (
    CLEAN,
    FAILED,
    RISKY,
    SKEW,
    Reading,
    bare_digest,
    dict_rows,
    is_one_of,
    last_of_looks,
    names_of,
    require,
    require_time,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from gate.image import ImageRef
    from tests.properties.evidence import Row
    from tests.properties.image_evidence import Answer, ImageHistory

_SWR = {"swr.cn-north-4.myhuaweicloud.com": ("SwrPrivate", "SwrShared")}
_SWR_ENTERPRISE = ".swr-pro.myhuaweicloud.com"
_COUNTS = ("vul_num", "unsafe_setting_num", "malicious_file_num")
_FAILURES = ("failed", "download_failed", "image_oversized")
_GROUPS = {"vulnerability": 0x000F0000, "baseline": 0x0000F000, "malicious-file": 0x00000F00}
_SHOWN = ("id", "scan_status", "latest_scan_time", *_COUNTS, "severity_level")
_MINUTE = timedelta(minutes=1)


def is_scan_start(answer: Answer) -> bool:
    """Whether a request asks for a scan."""
    return answer.request.path.startswith("POST") and answer.request.path.endswith("/image/image-scan/tasks")


def started_images(answer: Answer) -> list[Row]:
    """The images of a request that asks for a scan."""
    images: list[Row] = json.loads(answer.request.body)["image_info"]
    return images


class HuaweiEvidence:
    """What the rows show."""

    def __init__(self, history: ImageHistory, *, is_for_pass: bool) -> None:
        self._history = history
        self._is_for_pass = is_for_pass
        self._readings = list(_readings(history))
        self._lists = [one for one in history.named("tasks") if one.request.path.startswith("GET")]

    def result(self, image: ImageRef, digest: str) -> str:
        """Whether an image is clean, risky or failed, by its last result.

        Raises:
            MissingEvidence: It has no result of this digest that is complete, fresh and settled.
        """
        readings = last_of_looks(self._of(image))
        require(readings, "its rows were never read")
        return self._history.result_of(partial(self._by, image, digest), readings, is_for_pass=self._is_for_pass)

    def _by(self, image: ImageRef, digest: str, readings: Sequence[Reading]) -> str:
        rows = self._rows(readings[-1], image, digest)
        require(rows, "no row has its names and its digest")
        row = self._main(rows, image, digest)
        require(not _obstacle(row), "it cannot be scanned")
        start = self._own_start(row.get("id"), digest)
        if is_one_of(row.get("scan_status"), _FAILURES):
            self._require_own_failure(row, start, image, readings)
            return FAILED
        time = self._require_result(image, digest, row, start, readings)
        risks = [_risk(one) for one in rows if one is row or _is_certain(one)]
        # What time was left for may be the look before: a clean row is no evidence before its scope was read.
        if self._is_for_pass or RISKY not in risks:
            self._require_scopes(row, time, readings)
        self._history.require_no_future([time])
        if self._is_for_pass:
            self._history.require_settled(time, [(one.ended_at, self._shown(one, image, digest)) for one in readings])
        require(RISKY in risks or all(risks), "its risk is unknown")
        return RISKY if RISKY in risks else CLEAN

    def _require_result(
        self, image: ImageRef, digest: str, row: Row, start: Answer | None, readings: Sequence[Reading]
    ) -> datetime:
        require(row.get("scan_status") == "success", "it is not scanned")
        time = require_time(row.get("latest_scan_time"))
        pushed, listed = read_time(row.get("latest_update_time")), self._first_listed(row)
        is_since_push = pushed is not None and listed is not None and time >= max(pushed, listed)
        if start:
            before = self._before(row.get("id"), start, image)
            is_since_start = time >= self._history.earliest_at_decision(start, self._of(image)) - SKEW
            has_moved = any(
                bare_digest(one.get("image_digest")) != bare_digest(digest)
                for reading in readings
                if reading.started_at > start.started_at
                for one in reading.rows
                if one.get("id") == row.get("id")
            )
            require(is_since_start and (before is None or time > before), "its result is not that of its own scan")
            # A risk blocks before it is proven to be that of this image: nothing could let the release pass.
            is_proven = is_since_push or not has_moved
            require(is_proven or not self._is_for_pass, "its row had another digest meanwhile")
        else:
            require(self._history.settings.scan != "always", "its result is that of another scan")
            require(is_since_push, "its tag was pushed since its scan, or its last push is not known")
            seen = next(
                reading.ended_at
                for reading in readings
                if any(
                    one.get("latest_scan_time") == row["latest_scan_time"] and one.get("scan_status") == "success"
                    for one in self._rows(reading, image, digest)
                )
            )
            require(self._history.is_young(time, seen), "its result is too old")
        return time

    def _require_scopes(self, row: Row, time: datetime, readings: Sequence[Reading]) -> None:
        first = next(
            one.started_at
            for one in readings
            if any(seen.get("latest_scan_time") == row["latest_scan_time"] for seen in one.rows)
        )
        has_scopes = any(self._has_scopes(one, time) for one in self._lists if one.started_at >= first)
        require(has_scopes, "its scope is narrow")

    def _first_listed(self, row: Row) -> datetime | None:
        """When the registry had been read at the first look at a row with this digest and this result."""
        same = ("id", "latest_scan_time")
        times = [
            read_time(one.get("latest_sync_time"))
            for reading in self._readings
            for one in reading.rows
            if all(one.get(name) == row.get(name) for name in same)
            and bare_digest(one.get("image_digest")) == bare_digest(row.get("image_digest"))
        ]
        return min(filter(None, times), default=None)

    def _require_own_failure(
        self, row: Row, start: Answer | None, image: ImageRef, readings: Sequence[Reading]
    ) -> None:
        """Requires that a failure after a scan was started is one of this scan."""
        if start is None:
            return
        before = [one for one in self._of(image) if one.ended_at <= start.started_at][-1:]
        was_failed = any(
            one.get("id") == row.get("id") and is_one_of(one.get("scan_status"), _FAILURES)
            for reading in before
            for one in reading.rows
        )
        was_running = any(
            one.get("id") == row.get("id") and one.get("scan_status") in {"scanning", "waiting_for_scan"}
            for reading in readings
            if reading.started_at >= start.started_at
            for one in reading.rows
        )
        # While its task runs, the rows are not read: what failed before is being scanned.
        was_running = was_running or any(
            _is_running(task)
            for answer in self._lists
            if answer.started_at >= start.started_at
            for task in (answer.document or {}).get("data_list", ())
        )
        times = [
            read_time(one.get("latest_scan_time"))
            for reading in before
            for one in reading.rows
            if one.get("id") == row.get("id")
        ]
        time = read_time(row.get("latest_scan_time"))
        is_later = time is not None and all(one is None or time > one for one in times)
        require(not was_failed or was_running or is_later, "its failure may be that of another scan")

    def _shown(self, reading: Reading, image: ImageRef, digest: str) -> object:
        rows = self._rows(reading, image, digest)
        if not rows:
            return None
        row = self._main(rows, image, digest)
        # Each row whose risk counts: the worst of all may stay the same while one of them changes.
        shown = ([one.get(name) for name in _SHOWN] for one in rows if one is row or _is_certain(one))
        return sorted(map(str, shown))

    def _of(self, image: ImageRef) -> list[Reading]:
        """The looks at the rows of an image: readings of its namespace, of its repository, or of its tags."""
        namespace, name = names_of(image)
        return [one for one in self._readings if one.key[0] == namespace and one.key[1] in {"", name}]

    def _rows(self, reading: Reading, image: ImageRef, digest: str) -> list[Row]:
        return [
            row
            for row in reading.rows
            if (row.get("namespace"), row.get("image_name")) == names_of(image)
            and row.get("registry_type") in _types(image)
            and _digest(row) == bare_digest(digest)
        ]

    def _main(self, rows: Sequence[Row], image: ImageRef, digest: str) -> Row:
        """The row of the scan that was started, else that of the tag, else the one that was scanned last."""
        own = [row for row in rows if self._own_start(row.get("id"), digest)]
        if len(own) > 1:
            own = [row for row in own if row.get("image_version") == image.tag] or own
        tagged = [row for row in rows if image.tag and row.get("image_version") == image.tag]
        if own:
            return own[-1]
        # Of several with the same time or without one the first: nothing tells which was scanned last.
        return max(
            tagged or rows,
            key=lambda row: (time := read_time(row.get("latest_scan_time"))) is not None and time.timestamp(),
        )

    def _own_start(self, id_: object, digest: str) -> Answer | None:
        """The request by which this row with this digest was scanned."""
        starts = [
            one
            for one in self._history.answers
            if is_scan_start(one)
            and (one.status in {0, 200, 202, 204} or one.status >= 500)
            and any(
                _id(info["id"]) == id_ and bare_digest(info["image_digest"]) == bare_digest(digest)
                for info in started_images(one)
            )
        ]
        return starts[0] if starts else None

    def _before(self, id_: object, start: Answer, image: ImageRef) -> datetime | None:
        """The scan time of a row just before a scan was started; None if it had none."""
        before = [one for one in self._of(image) if one.ended_at <= start.started_at]
        rows = [row for row in before[-1].rows if row.get("id") == id_] if before else []
        require(rows, "its scan was started without a row")
        return read_time(rows[-1].get("latest_scan_time"))

    def _has_scopes(self, answer: Answer, time: datetime) -> bool:
        """Whether, by this list, all scans that may have been that of this time looked for what is required."""
        wanted = [_GROUPS[str(name)] for name in self._history.settings.policy.required_scopes]
        if not {"task_id", "task_status"}.isdisjoint(answer.request.query):
            return False
        for task in dict_rows(answer.document, "data_list"):
            scope, started, ended = (
                task.get("scan_scope"),
                read_time(task.get("begin_time")),
                read_time(task.get("end_time")),
            )
            until = (ended or self._history.now(answer.ended_at)) + _MINUTE
            is_elsewhere = task.get("image_type") == "local" or (started is not None and started - _MINUTE > time)
            if scope is None or is_elsewhere or time > until:
                continue
            if type(scope) is not int or scope < 0 or any(scope & group != group for group in wanted):
                return False
        return True


def _readings(history: ImageHistory) -> Iterator[Reading]:
    """Each reading of the rows; pages overlap by one row, of which the later one counts."""
    last: Reading | None = None
    for answer in history.all_of("images"):
        query = answer.request.query
        if "image_type" in query:
            continue
        key = (query.get("namespace", ""), query.get("image_name", ""), query.get("image_version", ""))
        if answer.document is None:
            if last and query["offset"] == "0":
                last.note_failure(answer, key)
            continue
        # An id is the same as a text and as a number.
        rows = [{**row, "id": _id(row.get("id"))} for row in dict_rows(answer.document, "data_list")]
        if last and last.key == key and query["offset"] != "0":
            ids = [row.get("id") for row in rows]
            last.rows = [row for row in last.rows if row.get("id") not in ids] + rows
            last.ended_at = answer.ended_at
            continue
        if last:
            yield last
        last = Reading(key=key, started_at=answer.started_at, ended_at=answer.ended_at, rows=rows)
    if last:
        yield last


def _types(image: ImageRef) -> tuple[str, ...]:
    if image.registry.endswith(_SWR_ENTERPRISE):
        return ("SwrEnterprise",)
    every = ("SwrPrivate", "SwrShared", "SwrEnterprise", "Harbor", "Jfrog", "Other")
    return _SWR.get(image.registry, every)


def _id(value: object) -> object:
    return str(value) if type(value) is int else value


def _digest(row: Row) -> str:
    value = row.get("image_digest")
    return value.lower().removeprefix("sha256:") if isinstance(value, str) else ""


def _obstacle(row: Row) -> bool:
    """Whether anything rules a scan out (huawei-images.md 1.2 and 1.3)."""
    return not (
        is_one_of(row.get("is_multiple_arch"), (None, False))
        and row.get("association_images") in (None, [])
        and is_one_of(row.get("shared_status"), (None, "", "effective"))
        and is_one_of(row.get("scannable"), (None, True))
    )


def _is_running(task: object) -> bool:
    percent = task.get("task_status") if isinstance(task, dict) else None
    return type(percent) is int and 0 <= percent < 100


def _is_certain(row: Row) -> bool:
    """Whether a row of another tag has a result of its digest."""
    time, pushed = read_time(row.get("latest_scan_time")), read_time(row.get("latest_update_time"))
    is_since_push = time is not None and pushed is not None and time >= pushed
    return row.get("scan_status") == "success" and is_since_push and not _obstacle(row)


def _risk(row: Row) -> str:
    """Clean or risky; empty if that is not known."""
    counts, level = [row.get(name) for name in _COUNTS], row.get("severity_level")
    if any(type(one) is int and one > 0 for one in counts) or level in ("Low", "Medium", "High"):
        return RISKY
    has_counts = all(type(one) is int and one == 0 for one in counts)
    return CLEAN if has_counts and is_one_of(level, (None, "", "Security")) else ""
