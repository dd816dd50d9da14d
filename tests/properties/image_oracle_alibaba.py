"""Finds, in the responses of Alibaba Cloud, what is shown of one image (alibaba-images.md 1, 2, 3 and 7)."""

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
)
from tests.properties.oracle_alibaba import has_succeeded, is_before_push

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from gate.image import ImageRef
    from tests.properties.evidence import Row
    from tests.properties.image_evidence import Answer, ImageHistory

IMPORT, SCAN = "PublicSyncAndCreateImageScanTask", "PublicCreateImageScanTask"
_ROWS, _RECORDS, _TASK = "DescribeImageInstances", "DescribeOnceTaskLeafRecordPage", "GetOnceTaskResultInfo"
_NOT_STATED = (None, "")
_SUCCESS = (*_NOT_STATED, "SUCCESS")
_RUNNING = (
    *("START", "MESSAGE_SEND", "START_RUN", "DOWNLOAD", "PRE_ANALYZER", "PRE_ANALYZER_SUCCESS"),
    *("WEB_SHELL_ANALYZER", "CVE_ANALYZER", "BIN_ANALYZER", "OTHER_ANALYZER"),
)
_FAILURES = ("FAIL", "TIMEOUT", "TIMOUT")
_PROOF = timedelta(minutes=5)
"""Results are that late (alibaba-security-center.md 2.2)."""
_MINUTE = timedelta(minutes=1)
_COUNTS = ("VulCount", "HcCount", "AlarmCount")
_NUMBERS = ("VulAsapSum", "VulLaterSum", "VulNntfSum", "CveNum", "ScaNum")


def is_scan_start(answer: Answer) -> bool:
    """Whether a request asks for a scan."""
    return answer.request.operation in {IMPORT, SCAN}


def started_digests(answer: Answer) -> list[str]:
    """The digests of a request that asks for a scan, without their prefixes."""
    query = answer.request.query
    if answer.request.operation == IMPORT:
        return [image["digest"] for image in json.loads(query["Images"])]
    return query["Digests"].split(",")


class AlibabaEvidence:
    """What is shown."""

    def __init__(self, history: ImageHistory, *, is_for_pass: bool) -> None:
        self._history = history
        self._is_for_pass = is_for_pass
        rows = list(_readings(history, _ROWS, "Criteria", "ImageInstanceList"))
        records = list(_readings(history, _RECORDS, "TaskId", "OnceTasks"))
        # What a whole list has shown blocks, also if the deadline then came in the middle of the next one.
        self._readings = rows if is_for_pass else [one for one in rows if one.is_whole]
        self._records = records if is_for_pass else [one for one in records if one.is_whole]

    def result(self, image: ImageRef, digest: str) -> str:
        """Whether an image is clean, risky or failed, by its last result.

        Raises:
            MissingEvidence: It has no result of this digest that is complete, fresh and settled.
        """
        wanted = bare_digest(digest)
        tasks = self._own_tasks(wanted)
        covering = last_of_looks([one for one in self._readings if _covers(one, image, wanted)])
        readings = _without_first_tries(covering, image, wanted)
        require(readings or tasks, "its rows were never read")
        by = partial(self._by, image, wanted, tasks)
        return self._history.result_of(by, readings, is_for_pass=self._is_for_pass)

    def _by(
        self, image: ImageRef, digest: str, tasks: Sequence[tuple[Answer, str]], readings: Sequence[Reading]
    ) -> str:
        rows = _rows_of(readings[-1], image, digest) if readings else []
        if tasks:
            if self._has_failed(tasks, digest):
                return FAILED
            results = self._own_results(image, digest, tasks, readings)
        else:
            require(rows, "no row has its digest")
            if failure := self._failure(rows):
                return failure
            results = self._results_of_others(image, digest, rows, readings)
        require(not any(_is_running(row) for row in rows), "a scan of it is running")
        times = [time for row in results for time in _times(row)]
        if not tasks:
            self._history.require_no_future(times)
        shown = [(one.ended_at, _shown(_rows_of(one, image, digest))) for one in readings]
        if self._is_for_pass:
            self._history.require_settled(max(min(_times(row)) for row in results), shown)
        return self._risk(rows, results)

    def _risk(self, rows: Sequence[Row], results: Sequence[Row]) -> str:
        risky = [row for row in rows if row.get("RiskStatus") == "YES" or _is_above_zero(self._numbers(row))]
        if not all(map(is_before_push, risky)):
            return RISKY
        require(not risky, "its risk may be that of the image that had the tag before")
        require(all(map(_is_clean, results)), "its risk is unknown")
        return CLEAN

    def _numbers(self, row: Row) -> Row:
        """The numbers by severity of the image of a row, as they were stated last."""
        found: Row = {}
        for answer in self._history.named("DescribeUuidVulNumClassifyStatistic"):
            data = answer.document.get("Data") if answer.document else None
            if isinstance(data, dict) and isinstance(data.get(str(row.get("Uuid"))), dict):
                found = data[str(row.get("Uuid"))]
        return found

    def _failure(self, rows: Sequence[Row]) -> str:
        """That the last scan of the image has failed, if it has; empty otherwise."""
        failed = [
            row
            for row in rows
            if row.get("ScaStatus") in _FAILURES and row.get("ScaResult") != "TASK_NOT_SUPPORT_REGION"
        ]
        results = [row for row in rows if _has_result(row) and not is_before_push(row)]
        require(not any(_is_running(row) for row in rows), "a scan of it is running")
        for row in failed:
            times = _times(row)
            if not times or all(min(_times(one)) <= min(times) for one in results):
                return FAILED
        return ""

    def _results_of_others(
        self, image: ImageRef, digest: str, rows: Sequence[Row], readings: Sequence[Reading]
    ) -> list[Row]:
        require(self._history.settings.scan != "always", "its result is that of another scan")
        results = [row for row in rows if _has_result(row) and not is_before_push(row)]
        require(results, "no row has a result since the tag was pushed")
        time = max(min(_times(row)) for row in results)
        seen = next(
            one.ended_at
            for one in readings
            if any(_has_result(row) and min(_times(row)) == time for row in _rows_of(one, image, digest))
        )
        require(self._history.is_young(time, seen), "its result is too old")
        proofs = self._history.named("DescribeImageLatestScanTask")
        tasks = [task for one in proofs for task in dict_rows(one.document, "Task")]
        is_proven = any(_proves(task, digest, time) for task in tasks)
        require(is_proven or not self._is_for_pass, "its result may be that of another image")
        return results

    def _own_tasks(self, digest: str) -> list[tuple[Answer, str]]:
        """The requests for a scan of this digest that were accepted, with the ids of their tasks."""
        found = []
        for number, answer in enumerate(self._history.answers):
            if not is_scan_start(answer) or digest not in started_digests(answer):
                continue
            data = answer.document.get("Data") if answer.document else None
            id_ = _task_id(data.get("TaskId")) if isinstance(data, dict) else ""
            if answer.status in {0, 500, 502, 503, 504} or (answer.document is None and answer.status == 200):
                # Its response was lost: the task may have been found by its start.
                later = (
                    one for one in self._history.answers[number:] if one.request.operation == "GetLastOnceTaskInfo"
                )
                id_ = next((_task_id(one.document.get("TaskId")) for one in later if one.document), "")
            if id_:
                found.append((answer, id_))
        return found

    def _has_failed(self, tasks: Sequence[tuple[Answer, str]], digest: str) -> bool:
        """Whether the last task that says anything of this digest says that its scan failed."""
        for answer, id_ in reversed(tasks):
            if self._records_of(id_, digest):
                of_task = [self._has_success(id_, one) for one in started_digests(answer)]
                # That all went well contradicts the end of a task that went badly.
                return not self._has_success(id_, digest) or (all(of_task) and self._ended_badly(id_))
        return False

    def _has_success(self, id_: str, digest: str) -> bool:
        records = self._records_of(id_, digest)
        return bool(records) and all(self._is_success(record, id_) for record in records)

    def _states(self, id_: str) -> list[Answer]:
        return [one for one in self._history.named(_TASK) if one.request.query["TaskId"] == id_]

    def _ended_badly(self, id_: str) -> bool:
        return any(_is_bad_end(one) for one in self._states(id_))

    def _own_results(
        self, image: ImageRef, digest: str, tasks: Sequence[tuple[Answer, str]], readings: Sequence[Reading]
    ) -> list[Row]:
        with_records = [(answer, id_) for answer, id_ in tasks if self._records_of(id_, digest)]
        require(with_records, "no task has a record of it")
        start, id_ = with_records[-1]
        states = self._states(id_)
        require(any(_is_complete(one) or _is_bad_end(one) for one in states), "its task is not over")
        rows = _rows_of(readings[-1], image, digest) if readings else []
        before = {
            _key(row): _times(row) for one in readings if one.ended_at <= tasks[0][0].started_at for row in one.rows
        }
        looks = [one for one in readings if one.ended_at <= start.started_at]
        had_digest = {_key(row) for row in _rows_of(looks[-1], image, digest)} if looks else set()
        starts = self._starts(states)
        since = max(starts) if starts else self._history.earliest_at_decision(start, readings) - SKEW
        latest = self._history.latest(self._history.elapsed) + SKEW
        results = [
            row
            for row in rows
            if _has_result(row)
            # A tag that was moved to the image meanwhile may show the result of the image before.
            and not is_before_push(row)
            and (not had_digest or _key(row) in had_digest)
            and min(_times(row)) >= since
            and max(_times(row)) <= latest
            and all(min(_times(row)) > time for time in before.get(_key(row), ()))
        ]
        require(results, "no row has a result of its own scan")
        return results

    def _starts(self, states: Iterable[Answer]) -> list[datetime]:
        stated = (read_time(one.document.get("CollectTime")) for one in states if one.document)
        return [time for time in stated if time]

    def _records_of(self, id_: str, digest: str) -> list[Row]:
        readings = [one for one in self._records if one.key == (id_,)]
        rows = readings[-1].rows if readings else []
        return [row for row in rows if row.get("TargetType") != "IMAGE_REPO" and _target(row) == digest]

    def _is_success(self, record: Row, id_: str) -> bool:
        """Whether a record says so, and nothing in it contradicts that (alibaba-security-center.md 2.1)."""
        starts = self._starts(self._states(id_))
        return has_succeeded(record, (min(starts), max(starts)) if starts else None)


def _readings(history: ImageHistory, operation: str, key: str, rows: str) -> Iterator[Reading]:
    """Each reading of a list, page after page."""
    last: Reading | None = None
    for answer in history.all_of(operation):
        query = answer.request.query
        if answer.document is None:
            if last and query["CurrentPage"] == "1":
                last.note_failure(answer, (query.get(key, ""),))
            continue
        if last and last.key == (query.get(key, ""),) and query["CurrentPage"] != "1":
            last.rows += dict_rows(answer.document, rows)
            last.ended_at = answer.ended_at
            continue
        if last:
            yield last
        last = Reading(
            key=(query.get(key, ""),),
            started_at=answer.started_at,
            ended_at=answer.ended_at,
            rows=dict_rows(answer.document, rows),
            total=_total(answer.document),
        )
    if last:
        yield last


def _total(document: Row) -> object:
    page = document.get("PageInfo")
    return page.get("TotalCount") if isinstance(page, dict) else None


def _without_first_tries(readings: Sequence[Reading], image: ImageRef, digest: str) -> list[Reading]:
    """The readings, without those that found nothing and were followed by another question about the image."""
    following: list[Reading | None] = [*readings, None][1:]
    return [
        one
        for one, next_one in zip(readings, following, strict=True)
        if next_one is None or next_one.key == one.key or _rows_of(one, image, digest)
    ]


def _covers(reading: Reading, image: ImageRef, digest: str) -> bool:
    """Whether a reading was asked for rows of this image, by its digest or by its name and tag."""
    parts = json.loads(reading.key[0] or "[]")
    return not parts or any(bare_digest(part["value"]) == digest for part in parts) or _is_by_name(parts, image)


def _is_by_name(parts: Sequence[Row], image: ImageRef) -> bool:
    by_name = {part["name"]: part["value"] for part in parts}
    return (by_name.get("repoNamespace"), by_name.get("repoName"), by_name.get("tag")) == (*names_of(image), image.tag)


def _rows_of(reading: Reading, image: ImageRef, digest: str) -> list[Row]:
    """The rows of a reading that have the digest, and the names if it was asked for these."""
    rows = [row for row in reading.rows if bare_digest(row.get("Digest")) == digest]
    if not _is_by_name(json.loads(reading.key[0] or "[]"), image):
        return rows
    wanted = (*names_of(image), image.tag)
    return [row for row in rows if (row.get("RepoNamespace"), row.get("RepoName"), row.get("Tag")) == wanted]


def _times(row: Row) -> list[datetime]:
    """When an image was scanned, by both spellings of the field; none if one of them is no time."""
    stated = [row[name] for name in ("LastScanTime", "lastScanTime") if row.get(name) is not None]
    times = [time for one in stated if (time := read_time(one))]
    return times if len(times) == len(stated) else []


def _has_result(row: Row) -> bool:
    return row.get("ScaStatus") == "SUCCESS" and is_one_of(row.get("ScaResult"), _SUCCESS) and bool(_times(row))


def _is_running(row: Row) -> bool:
    """Whether a scan of this row is running, for all that is known."""
    status = row.get("ScaStatus")
    is_pending = status == "INIT" and bool(_times(row))
    return (isinstance(status, str) and status in _RUNNING) or is_pending


def _is_clean(row: Row) -> bool:
    fields = (f"{kind}{suffix}" for kind in ("Vul", "Hc", "Alarm") for suffix in ("Status", "Count"))
    return row.get("RiskStatus") == "NO" and all(is_one_of(row.get(one), (None, "", "NO", 0, "0")) for one in fields)


def _is_above_zero(numbers: Row) -> bool:
    return any(type(numbers.get(name)) is int and numbers[name] > 0 for name in _NUMBERS)


def _proves(task: Row, digest: str, time: datetime) -> bool:
    """Whether the last scan of a digest succeeded and ended at this time."""
    ended = read_time(task.get("FinishTime"))
    if task.get("Status") != "SUCCESS" or bare_digest(task.get("Target")) != digest or ended is None:
        return False
    started = read_time(task.get("StartTime")) or ended
    return started <= time <= ended + _PROOF


def _is_complete(answer: Answer) -> bool:
    info = answer.document.get("TaskInfo") if answer.document else None
    return isinstance(info, dict) and info.get("Status") == "SUCCESS" and is_one_of(info.get("Result"), _SUCCESS)


def _is_bad_end(answer: Answer) -> bool:
    """Whether a task is over, and not well (alibaba-security-center.md 1.2)."""
    info = answer.document.get("TaskInfo") if answer.document else None
    if not isinstance(info, dict):
        return False
    return info.get("Result") == "TASK_NOT_SUPPORT_REGION" or is_one_of(info.get("Status"), _FAILURES)


def _target(row: Row) -> str:
    info = row.get("TaskImageInfo")
    return (bare_digest(info.get("Digest")) if isinstance(info, dict) else "") or bare_digest(row.get("Target"))


def _task_id(value: object) -> str:
    return str(value).strip() if (isinstance(value, str) or type(value) is int) and str(value).strip("0 ") else ""


def _key(row: Row) -> tuple[str, ...]:
    return tuple(str(row.get(name)) for name in ("Uuid", "Tag", "RepoNamespace", "RepoName"))


def _shown(rows: Iterable[Row]) -> object:
    """What each row with a result shows of it, whatever the rows of other tags show.

    The results of rows are late (alibaba-security-center.md 2.2), each by itself, and any of them is part of the
    verdict. So it is those of each row that two looks have to agree on, and not the worst of all.
    """
    shown = (
        [*_key(row), min(_times(row)), max(_times(row)), *(row.get(name) for name in ("RiskStatus", *_COUNTS))]
        for row in rows
        if _has_result(row)
    )
    return sorted(map(str, shown))
