"""Finds the evidence for a verdict in the responses of Alibaba Cloud: the task, its leaves, and the image list."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

from tests.properties.evidence import (
    Evidence,
    MissingEvidence,
    earliest,
    known_count,
    never_decreased,
    read_count,
    read_time,
    require,
)
from tests.properties.oracle_clock import SKEW
from tests.properties.oracle_history import START_TIME_ID

if TYPE_CHECKING:
    from datetime import datetime

    from tests.properties.evidence import ParsedResponse, Row
    from tests.properties.oracle_history import History

_LAST_TASK, _RESULT = "GetLastOnceTaskInfo", "GetOnceTaskResultInfo"
_LEAVES, _IMAGES = "DescribeOnceTaskLeafRecordPage", "DescribeImageInstances"
_NO_ID = ("", "0")
_NOT_STATED = (None, "")
_SUCCESS = (*_NOT_STATED, "SUCCESS")
_DIGEST_LENGTH = 64
_NO_NUMBER = -1
_Starts: TypeAlias = "tuple[datetime, datetime] | None"
_FUTURE = timedelta(minutes=2)
_POLL_INTERVAL = 5.0
"""In seconds: no quota is documented, and the gate leaves so much between polls (alibaba-security-center.md 9)."""
_STATES = ("INIT", "START", "SUCCESS")


def alibaba_evidence(history: History) -> Evidence:
    """The counts of the task: its total, its leaves, and the risks of its images.

    Raises:
        MissingEvidence: The task is not complete and fresh, or not all of its results are there.
    """
    if "task-type" in history.settings.for_cloud:
        return _collection_evidence(history)
    require(history.task_id.strip("0"), "the task has no id")
    choice, last = _choice(history), _last_counted(history)
    for response in (choice, last):
        _require_same_id(response, history.task_id)
    found = _counts_at(history, last)
    signs_of_a_pass = (
        found.is_consistent,
        _has_all_earlier_images(history, last),
        _is_settled(history, found),
        _is_still_fresh(history, choice, last),
        _is_still_the_latest(history, last),
    )
    return replace(found, is_consistent=all(signs_of_a_pass))


def _choice(history: History) -> ParsedResponse:
    """The response by which the task was chosen.

    The latest task is asked for once more where only that could take back a Result that was no success. By then it may
    be another one, and the task that was chosen is followed all the same.
    """
    asked = history.before_first_id(_LAST_TASK, "TaskId")
    if history.settings.task_id or len(asked) <= 1 or _is_about(asked[-1], history.task_id):
        return history.choice(_LAST_TASK, "TaskId")
    before = asked[-2]
    info = before.document.get("TaskInfo")
    result = info.get("Result") if isinstance(info, dict) else None
    is_taken_back = _is_about(before, history.task_id) and not _is_in(result, _SUCCESS)
    return before if is_taken_back else history.choice(_LAST_TASK, "TaskId")


def _last_counted(history: History) -> ParsedResponse:
    """The last poll; the one before it if the deadline came before all lists of a complete task were read."""
    polls = [one for one in history.responses if one.operation == _RESULT]
    last = history.last(_RESULT)
    if len(polls) > 1 and history.ended_at >= history.settings.timeout - _POLL_INTERVAL:
        _require_complete(history, last)
        try:
            _require_whole_lists(history, last)
            _counts_at(history, last)
        except MissingEvidence:
            return polls[-2]
    return last


def _require_whole_lists(history: History, poll: ParsedResponse) -> None:
    """Requires that the list of leaves was read after a poll, and that of images, and the last of them to its end."""
    following = history.responses[history.responses.index(poll) + 1 :]
    lists = [one for one in following if one.operation in {_LEAVES, _IMAGES}]
    started = _start_of_scan(history, poll)
    leaves = [row for row in history.rows(_LEAVES, "OnceTasks", poll) if _is_counted(row, started)]
    are_scanned = any(has_succeeded(leaf, started) for leaf in leaves)
    require(lists and (lists[-1].operation == _IMAGES or not are_scanned), "a list was not read")
    of_list = [one for one in lists if one.query.get("Criteria") == lists[-1].query.get("Criteria")]
    pages = {one.query["CurrentPage"]: one.document for one in of_list}
    rows = sum(len(page.get("OnceTasks") or page.get("ImageInstanceList") or ()) for page in pages.values())
    info = lists[-1].document.get("PageInfo")
    total = known_count(info.get("TotalCount")) if isinstance(info, dict) else None
    require(total is None or rows >= total, "a list was not read to its end")


def _counts_at(history: History, poll: ParsedResponse) -> Evidence:
    """The counts at one poll, by the lists that were read after it."""
    _require_complete(history, poll)
    stated, started = known_count(poll.document.get("TotalCount")), _start_of_scan(history, poll)
    rows = history.rows(_LEAVES, "OnceTasks", poll)
    require(all(isinstance(row, dict) for row in rows), "a leaf is no object")
    leaves = [row for row in rows if _is_counted(row, started)]
    total = max(stated or 0, sum(row.get("TargetType") != "IMAGE_REPO" for row in leaves))
    require(stated is None or total > 0, "there are no images")
    require(all(row.get("TaskType") in (None, "", "IMAGE_SCAN") for row in leaves), "a leaf is of another task type")
    scanned = [leaf for leaf in leaves if has_succeeded(leaf, started)]
    digests = {_digest(leaf) for leaf in scanned}
    require(len(leaves) >= (stated or 0), "there are fewer leaves than images")
    # Without the digest of each image and the start of the task, no result is known to be missing.
    can_miss = started is not None and "" not in digests
    if can_miss:
        _require_distinct_leaves(leaves, stated or 0, started)
    images = history.rows(_IMAGES, "ImageInstanceList", poll) if digests else []
    risks = [_is_risky(digest, images, started, history, can_miss=can_miss) for digest in digests]
    earlier_totals = (one.document.get("TotalCount") for one in history.responses if _shows_task(one, history.task_id))
    end = _end_of(leaves, [row for row in images if _bare(row.get("Digest")) in digests])
    latest = history.now(history.ended_at)
    ends = [end, *(read_time(row.get("EndTime")) for row in rows)]
    require(all(one is None or one <= latest + _FUTURE for one in ends), "the end is in the future")
    # A start after a stated end is a contradiction of the leaf itself.
    open_rows = [row for row in rows if read_time(row.get("EndTime")) is None]
    starts = [read_time(row.get(name)) for row in open_rows for name in ("StartTime", "RealRunTime")]
    require(all(one is None or one <= latest + SKEW for one in starts), "a start is in the future")
    return Evidence(
        failed=len(leaves) - len(scanned),
        risky=risks.count(True),
        is_complete=stated is not None and can_miss and None not in risks,
        is_consistent=len(leaves) <= total and never_decreased(total, earlier_totals),
    )


def _end_of(leaves: list[Row], images: list[Row]) -> datetime | None:
    """When the last part of the task ended; None if a leaf does not state it."""
    ends = [read_time(leaf.get("EndTime")) for leaf in leaves]
    scans = [time for row in images for time in _scan_times(row)]
    stated = [end for end in ends if end]
    return max((*stated, *scans), default=None) if len(stated) == len(ends) else None


def _is_settled(history: History, found: Evidence) -> bool:
    """Whether the task ended long enough ago, or two polls that are far enough apart agree on its counts."""
    settle, last = history.settings.policy.settle, _last_counted(history)
    started = _start_of_scan(history, last)
    leaves = [row for row in history.rows(_LEAVES, "OnceTasks", last) if _is_counted(row, started)]
    digests = {_digest(leaf) for leaf in leaves if has_succeeded(leaf, started)}
    images = history.rows(_IMAGES, "ImageInstanceList", last) if digests else []
    end = _end_of(leaves, [row for row in images if _bare(row.get("Digest")) in digests])
    if settle == 0 or (end and history.seconds_since(end) >= settle - 1):
        return True
    # An error is no poll: the request is sent again.
    shown = [one for one in history.responses if one.operation == _RESULT and not _is_error(one)]
    polls = [one for one in shown if one.ended_at < last.ended_at]
    interval = history.settings.poll_interval or _POLL_INTERVAL
    for poll in reversed(polls):
        try:
            earlier = _counts_at(history, poll)
        except MissingEvidence:
            return False
        if not earlier.is_complete or (earlier.failed, earlier.risky) != (found.failed, found.risky):
            return False
        if last.ended_at - poll.ended_at >= interval - 1:
            return True
    return False


def _is_still_fresh(history: History, choice: ParsedResponse, last: ParsedResponse) -> bool:
    """Whether the earlier one of the two start times is fresh too: a later one under the same id changes nothing."""
    starts = (history.earliest_start(choice), last.document.get("CollectTime"))
    return history.is_fresh(earliest(starts), choice.ended_at)


def _is_still_the_latest(history: History, last: ParsedResponse) -> bool:
    """Whether, with --started-after, no other task has started by the end of the run, nor this one has changed."""
    if history.settings.task_id or history.settings.policy.started_after is None:
        return True
    later = [one for one in history.responses if one.operation == _LAST_TASK and one.ended_at > last.ended_at]
    if not later or _has_changed(later[-1], last, history):
        return False
    return not (
        str(later[-1].document.get("TaskId")) != history.task_id
        and history.is_fresh(later[-1].document.get("CollectTime"), later[-1].ended_at)
        and later[-1].document.get("TaskInfo")
    )


def _has_changed(later: ParsedResponse, last: ParsedResponse, history: History) -> bool:
    """Whether a response shows a task as not complete, or one without leaves with other counts than before."""
    if not _is_about(later, history.task_id):
        return False
    info = later.document["TaskInfo"]
    if info.get("Status") != "SUCCESS" or not _is_in(info.get("Result"), _SUCCESS):
        return True
    if "task-type" not in history.settings.for_cloud:
        return False
    return _finished_of_total(later) != _finished_of_total(last)


def _require_same_id(response: ParsedResponse, task_id: str) -> None:
    value = response.document.get("TaskId")
    # A response without a usable id is accepted, since the request had the id.
    shown_id = str(value).strip() if isinstance(value, str) or type(value) is int else ""
    require(shown_id in {task_id, *_NO_ID}, "the response is about another task")


def _require_complete(history: History, poll: ParsedResponse) -> None:
    info = poll.document.get("TaskInfo")
    require(isinstance(info, dict), "the task has no state")
    assert isinstance(info, dict)
    require(info.get("Status") == "SUCCESS", "the task is not complete")
    # GetOnceTaskResultInfo has no Result (1.2), so the last one that was stated counts.
    results = [one.document["TaskInfo"].get("Result") for one in _about_the_task(history, poll)]
    stated = [result for result in (*results, info.get("Result")) if not _is_in(result, _NOT_STATED)]
    require(not stated or _is_in(stated[-1], _SUCCESS), "the result is not a success")


def _about_the_task(history: History, until: ParsedResponse) -> list[ParsedResponse]:
    """The responses that show this task, up to this one."""
    shown = history.responses[: history.responses.index(until) + 1]
    return [one for one in shown if one.operation in {_LAST_TASK, _RESULT} and _is_about(one, history.task_id)]


def _is_error(response: ParsedResponse) -> bool:
    code, success = (response.document.get(name) for name in ("Code", "Success"))
    return success is False or not _is_in(code, (*_NOT_STATED, 200, "200", "OK", "Success"))


def _is_about(response: ParsedResponse, task_id: str) -> bool:
    document = response.document
    info = document.get("TaskInfo")
    if _is_error(response) or not isinstance(info, dict) or info.get("Result") == "TASK_NOT_EXISTS":
        return False
    value = document.get("TaskId")
    shown_id = str(value).strip() if isinstance(value, str) or type(value) is int else ""
    has_id = bool(shown_id.strip("0")) and shown_id == task_id
    return has_id or response.query.get("TaskId") == task_id or _is_of_start(response, task_id)


def _start_of_scan(history: History, poll: ParsedResponse) -> _Starts:
    """The earliest and the latest start that were stated for this task until a poll; None if the poll states none."""
    starts = [read_time(one.document.get("CollectTime")) for one in (*_about_the_task(history, poll), poll)]
    known = [start for start in starts if start]
    return (min(known), max(known)) if starts[-1] else None


def _require_distinct_leaves(leaves: list[Row], stated: int, started: _Starts) -> None:
    scanned = [leaf for leaf in leaves if has_succeeded(leaf, started)]
    distinct = {(_digest(leaf), json.dumps(leaf.get("TaskImageInfo"), sort_keys=True)) for leaf in scanned}
    require(len(distinct) + len(leaves) - len(scanned) >= stated, "a leaf is duplicated, and another one is missing")


def _has_all_earlier_images(history: History, last: ParsedResponse) -> bool:
    """Whether every image of an earlier poll is still among the leaves of the last one, by its digest."""
    polls = [one for one in history.responses if one.operation == last.operation and one is not last]
    lists = [history.rows(_LEAVES, "OnceTasks", poll) for poll in polls]
    earlier = {_digest(row) for rows in lists for row in rows if _is_counted(row, None)} - {""}
    return earlier <= {_digest(row) for row in history.rows(_LEAVES, "OnceTasks", last)}


def _shows_task(response: ParsedResponse, task_id: str) -> bool:
    info = response.document.get("TaskInfo")
    has_state = isinstance(info, dict) and info.get("Status") in _STATES and info.get("Result") in _SUCCESS
    return response.operation == _RESULT and has_state and response.document.get("TaskId") == task_id


def _collection_evidence(history: History) -> Evidence:
    """The counts of a task without leaves, in which everything unfinished has failed."""
    choice = history.choice(_LAST_TASK, "TaskId")
    # A task without an id is polled as the latest one; the last of these may be another one (--started-after).
    has_id = not history.task_id.startswith(START_TIME_ID)
    polls = [one for one in history.responses if one.operation == _RESULT or not has_id] or [choice]
    if not has_id and history.settings.policy.started_after and len(polls) > 1:
        # The last response only shows whether another task has started, unless it is the last poll of a block.
        try:
            _counts_of_collection(history, polls[-1])
        except MissingEvidence:
            polls.pop()
    last = polls[-1]
    failed = _counts_of_collection(history, last)
    signs_of_a_pass = (
        _is_still_fresh(history, choice, last),
        history.settings.policy.settle == 0 or _has_agreeing_poll(history, polls),
        not has_id or last is choice or _is_still_the_latest(history, last),
    )
    return Evidence(failed=failed, risky=0, is_consistent=all(signs_of_a_pass))


def _counts_of_collection(history: History, poll: ParsedResponse) -> int:
    """How many assets failed."""
    has_id = not history.task_id.startswith(START_TIME_ID)
    require(has_id or _is_of_start(poll, history.task_id), "the response is about another task")
    _require_complete(history, poll)
    total, finished = (read_count(poll.document.get(name)) for name in ("TotalCount", "FinishCount"))
    require(total > 0, "the task is empty")
    return max(0, total - finished)


def _finished_of_total(response: ParsedResponse) -> tuple[object, object]:
    """Both counts; more finished ones than there are count as all of them."""
    finished, total = (response.document.get(name) for name in ("FinishCount", "TotalCount"))
    if isinstance(finished, int) and isinstance(total, int):
        return min(finished, total), total
    return finished, total


def _is_of_start(response: ParsedResponse, task_id: str) -> bool:
    return task_id == f"{START_TIME_ID}{response.document.get('CollectTime')}"


def _has_agreeing_poll(history: History, polls: list[ParsedResponse]) -> bool:
    """Whether an earlier poll, far enough apart, had the same counts; such a task does not say when it ended."""
    interval = history.settings.poll_interval or _POLL_INTERVAL
    last, shown = polls[-1], [one for one in history.responses if one.operation in {_LAST_TASK, _RESULT}]
    agreeing = [one for one in shown if _finished_of_total(one) == _finished_of_total(last)]
    return any(last.ended_at - one.ended_at >= interval - 1 for one in agreeing)


def _is_risky(digest: str, images: list[Row], started: _Starts, history: History, *, can_miss: bool) -> bool | None:
    """Whether an image is risky under any tag; None if that is not certain, as for one without a digest.

    Raises:
        MissingEvidence: It has no result of this scan, and that is known to be missing.
    """
    rows = [row for row in images if digest and _bare(row.get("Digest")) == digest]
    latest = history.now(history.ended_at) + SKEW
    current = [
        row
        for row in rows
        if started
        and (times := _scan_times(row))
        and started[1] <= min(times) <= max(times) <= latest
        and not is_before_push(row)
    ]
    require(current or not can_miss, "an image has no result of this scan")
    if not current:
        return None
    risky = [row for row in rows if row.get("RiskStatus") == "YES"]
    if not all(map(is_before_push, risky)):
        return True
    # A risk from before the push may be that of the image that had the tag before.
    return False if not risky and all(map(_is_clean, current)) else None


def _scan_times(image: Row) -> list[datetime]:
    """When an image was scanned, by both spellings of the field; none while it has no result, or if one is no time."""
    has_result = all(_is_in(image.get(name), _SUCCESS) for name in ("ScaStatus", "ScaResult"))
    stated = [image[name] for name in ("LastScanTime", "lastScanTime") if image.get(name) is not None]
    times = [time for one in stated if (time := read_time(one))]
    return times if has_result and len(times) == len(stated) else []


def is_before_push(image: Row) -> bool:
    """Whether an image came under its tag after its scan, by any time that is stated (alibaba-images.md 7)."""
    stated = image.get("ImageUpdate")
    pushed = read_time(int(stated) if isinstance(stated, str) and stated.isdecimal() and len(stated) < 16 else stated)
    scans = [image[name] for name in ("LastScanTime", "lastScanTime") if image.get(name) is not None]
    times = [read_time(one) for one in scans]
    return pushed is not None and None not in times and any(one < pushed for one in times if one)


def _is_clean(image: Row) -> bool:
    fields = (f"{kind}{suffix}" for kind in ("Vul", "Hc", "Alarm") for suffix in ("Status", "Count"))
    return image.get("RiskStatus") == "NO" and all(
        _is_in(image.get(field), (None, "", "NO", 0, "0")) for field in fields
    )


def _is_counted(leaf: Row, started: _Starts) -> bool:
    """Whether a leaf counts as an image; a repository counts if it has not succeeded, since its images may not have."""
    return leaf.get("TargetType") != "IMAGE_REPO" or not has_succeeded(leaf, None) or not has_succeeded(leaf, started)


def has_succeeded(leaf: Row, started: _Starts) -> bool:
    """Whether a leaf says so, and nothing in it contradicts that (alibaba-security-center.md 2.1)."""
    is_success = leaf.get("StatusText") == "SUCCESS" and _is_in(leaf.get("ResultInfo"), _SUCCESS)
    is_finished = _is_in(leaf.get("Finish"), (*_NOT_STATED, 1, "1"))
    # DescribeOnceTask: 2 is completed; the documented example of a leaf has 0.
    is_completed = _is_in(leaf.get("Status"), (*_NOT_STATED, "0", 0, "2", 2, "SUCCESS"))
    return (
        (is_success and is_finished and is_completed)
        and _has_counts_of_a_success(leaf)
        and _has_times_of_a_success(leaf, started)
        and not _names_two_images(leaf)
    )


def _has_counts_of_a_success(leaf: Row) -> bool:
    """Whether its counts, which are texts, are counts if they are there, and nothing is unfinished."""
    finished, total = (_leaf_count(leaf.get(name)) for name in ("FinishCount", "TotalCount"))
    if _NO_NUMBER in {finished, total}:
        return False
    return finished is None or finished >= (1 if total is None else total)


def _leaf_count(value: object) -> int | None:
    """A count; None if it is not there, and _NO_NUMBER if it is something else."""
    if _is_in(value, _NOT_STATED):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 40:
        return int(value)
    return value if type(value) is int and value >= 0 else _NO_NUMBER


def _has_times_of_a_success(leaf: Row, started: _Starts) -> bool:
    """Whether its times are times if they are there, in order, and not before the start of the scan."""
    names = ("StartTime", "RealRunTime", "EndTime")
    stated = {name: leaf[name] for name in names if not _is_in(leaf.get(name), (*_NOT_STATED, 0))}
    times = {name: time for name, value in stated.items() if (time := read_time(value))}
    end = times.get("EndTime")
    is_ordered = end is None or all(time <= end for time in times.values())
    # A start that moves while the scan runs is that of the same scan; what ended before the latest one is older.
    # Which of both is written first, a task or its leaf, is not known: a minute is tolerated (2.3).
    is_of_scan = (
        not times
        or not started
        or (min(times.values()) >= started[0] - timedelta(minutes=1) and max(times.values()) >= started[1])
    )
    return len(times) == len(stated) and is_ordered and is_of_scan


def _names_two_images(leaf: Row) -> bool:
    info, target = leaf.get("TaskImageInfo"), _bare(leaf.get("Target"))
    digest = _bare(info.get("Digest")) if isinstance(info, dict) else ""
    is_image = leaf.get("TargetType") != "IMAGE_REPO"
    return is_image and digest not in {"", target} and len(target) >= _DIGEST_LENGTH


def _is_in(value: object, values: tuple[object, ...]) -> bool:
    """Whether a value is one of these, and of its type: 1 == True == 1.0 in Python."""
    return any(type(value) is type(one) and value == one for one in values)


def _digest(leaf: Row) -> str:
    info = leaf.get("TaskImageInfo")
    digest = _bare(info.get("Digest")) if isinstance(info, dict) else ""
    return digest or _bare(leaf.get("Target"))


def _bare(digest: object) -> str:
    return digest.strip().lower().removeprefix("sha256:") if isinstance(digest, str) else ""
