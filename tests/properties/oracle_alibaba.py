"""Finds the evidence for a verdict in the responses of Alibaba Cloud: the task, its leaves, and the image list."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.properties.evidence import (
    Evidence,
    MissingEvidence,
    earliest,
    never_decreased,
    read_count,
    read_time,
    require,
)
from tests.properties.oracle_clock import SKEW

if TYPE_CHECKING:
    from datetime import datetime

    from tests.properties.evidence import ParsedResponse, Row
    from tests.properties.oracle_history import History

_LAST_TASK, _RESULT = "GetLastOnceTaskInfo", "GetOnceTaskResultInfo"
_LEAVES, _IMAGES = "DescribeOnceTaskLeafRecordPage", "DescribeImageInstances"
_NO_ID = ("", "0")
_SUCCESS = (None, "", "SUCCESS")
_FUTURE = timedelta(minutes=2)
_POLL_INTERVAL = 5.0
"""In seconds: no quota is documented, and the gate leaves so much between polls (alibaba-security-center.md 9)."""
_STATES = ("INIT", "START", "SUCCESS")


def alibaba_evidence(history: History) -> Evidence:
    """The counts of the task: its total, its leaves, and the risks of its images.

    Raises:
        MissingEvidence: The task is not complete, fresh and fully counted.
    """
    if "task-type" in history.settings.for_cloud:
        return _collection_evidence(history)
    require(history.task_id.strip("0"), "the task has no id")
    choice, last = history.choice(_LAST_TASK, "TaskId"), _last_counted(history)
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
    return Evidence(failed=found.failed, risky=found.risky, is_consistent=all(signs_of_a_pass))


def _last_counted(history: History) -> ParsedResponse:
    """The last poll; the one before it if the deadline came before all lists of a complete task were read."""
    polls = [one for one in history.responses if one.operation == _RESULT]
    last = history.last(_RESULT)
    if len(polls) > 1 and history.ended_at >= history.settings.timeout - _POLL_INTERVAL:
        _require_complete(last.document)
        try:
            _counts_at(history, last)
        except MissingEvidence:
            return polls[-2]
    return last


def _counts_at(history: History, poll: ParsedResponse) -> Evidence:
    """The counts at one poll, by the lists that were read after it."""
    _require_complete(poll.document)
    stated, started = read_count(poll.document.get("TotalCount")), read_time(poll.document.get("CollectTime"))
    leaves = [row for row in history.rows(_LEAVES, "OnceTasks", poll) if _is_counted(row, started)]
    total = max(stated, sum(row.get("TargetType") != "IMAGE_REPO" for row in leaves))
    _require_all_leaves(leaves, stated, total, started)
    scanned = [leaf for leaf in leaves if _has_succeeded(leaf, started)]
    digests = {_digest(leaf) for leaf in scanned}
    images = history.rows(_IMAGES, "ImageInstanceList", poll) if digests else []
    risks = [_is_risky(digest, images, poll, history) for digest in digests]
    earlier_totals = (one.document.get("TotalCount") for one in history.responses if _shows_task(one, history.task_id))
    end = _end_of(leaves, [row for row in images if _bare(row.get("Digest")) in digests])
    latest = history.now(history.ended_at)
    require(end is None or end <= latest + _FUTURE, "the end is in the future")
    return Evidence(
        failed=len(leaves) - len(scanned),
        risky=sum(risks),
        is_consistent=len(leaves) <= total and never_decreased(total, earlier_totals),
    )


def _end_of(leaves: list[Row], images: list[Row]) -> datetime | None:
    """When the last part of the task ended; None if a leaf does not state it."""
    ends = [read_time(leaf.get("EndTime")) for leaf in leaves]
    scans = [time for row in images if (time := _scan_time(row))]
    stated = [end for end in ends if end]
    return max((*stated, *scans), default=None) if len(stated) == len(ends) else None


def _is_settled(history: History, found: Evidence) -> bool:
    """Whether the task ended long enough ago, or two polls that are far enough apart agree on its counts."""
    settle, last = history.settings.policy.settle, _last_counted(history)
    started = read_time(last.document.get("CollectTime"))
    leaves = [row for row in history.rows(_LEAVES, "OnceTasks", last) if _is_counted(row, started)]
    digests = {_digest(leaf) for leaf in leaves if _has_succeeded(leaf, started)}
    images = history.rows(_IMAGES, "ImageInstanceList", last) if digests else []
    end = _end_of(leaves, [row for row in images if _bare(row.get("Digest")) in digests])
    if settle == 0 or (end and history.seconds_since(end) >= settle - 1):
        return True
    polls = [one for one in history.responses if one.operation == _RESULT and one.ended_at < last.ended_at]
    interval = history.settings.poll_interval or _POLL_INTERVAL
    for poll in reversed(polls):
        try:
            earlier = _counts_at(history, poll)
        except MissingEvidence:
            return False
        if (earlier.failed, earlier.risky) != (found.failed, found.risky):
            return False
        if last.ended_at - poll.ended_at >= interval - 1:
            return True
    return False


def _is_still_fresh(history: History, choice: ParsedResponse, last: ParsedResponse) -> bool:
    """Whether the earlier one of the two start times is fresh too: a later one under the same id changes nothing."""
    starts = (one.document.get("CollectTime") for one in (choice, last))
    return history.is_fresh(earliest(starts), choice.ended_at)


def _is_still_the_latest(history: History, last: ParsedResponse) -> bool:
    """Whether, with --started-after, no other task has started by the end of the run."""
    if history.settings.task_id or history.settings.policy.started_after is None:
        return True
    later = [one for one in history.responses if one.operation == _LAST_TASK and one.ended_at > last.ended_at]
    return bool(later) and not (
        str(later[-1].document.get("TaskId")) != history.task_id
        and history.is_fresh(later[-1].document.get("CollectTime"), later[-1].ended_at)
        and later[-1].document.get("TaskInfo")
    )


def _require_same_id(response: ParsedResponse, task_id: str) -> None:
    value = response.document.get("TaskId")
    # A response without a usable id is accepted, since the request had the id.
    shown_id = str(value).strip() if isinstance(value, str) or type(value) is int else ""
    require(shown_id in {task_id, *_NO_ID}, "the response is about another task")


def _require_complete(document: Row) -> None:
    info = document.get("TaskInfo")
    require(isinstance(info, dict), "the task has no state")
    assert isinstance(info, dict)
    require(info.get("Status") == "SUCCESS" and info.get("Result") in _SUCCESS, "the task is not complete")


def _require_all_leaves(leaves: list[Row], stated: int, total: int, started: datetime | None) -> None:
    require(len(leaves) >= stated and total > 0, "there are fewer leaves than images")
    require(all(row.get("TaskType") in (None, "", "IMAGE_SCAN") for row in leaves), "a leaf is of another task type")
    scanned = [leaf for leaf in leaves if _has_succeeded(leaf, started)]
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
    has_id = not history.task_id.startswith("collected-at-")
    polls = [one for one in history.responses if one.operation == _RESULT or not has_id] or [choice]
    if not has_id and history.settings.policy.started_after and len(polls) > 1:
        # The last response only shows whether another task has started, unless it is the last poll of a block.
        try:
            _counts_of_collection(polls[-1], history.task_id)
        except MissingEvidence:
            polls.pop()
    last = polls[-1]
    failed = _counts_of_collection(last, history.task_id)
    signs_of_a_pass = (
        _is_still_fresh(history, choice, last),
        history.settings.policy.settle == 0 or _has_agreeing_poll(history, polls),
        not has_id or last is choice or _is_still_the_latest(history, last),
    )
    return Evidence(failed=failed, risky=0, is_consistent=all(signs_of_a_pass))


def _counts_of_collection(poll: ParsedResponse, task_id: str) -> int:
    """How many assets failed."""
    has_id = not task_id.startswith("collected-at-")
    require(has_id or _is_of_start(poll, task_id), "the response is about another task")
    _require_complete(poll.document)
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
    return task_id == f"collected-at-{response.document.get('CollectTime')}"


def _has_agreeing_poll(history: History, polls: list[ParsedResponse]) -> bool:
    """Whether an earlier poll, far enough apart, had the same counts; such a task does not say when it ended."""
    interval = history.settings.poll_interval or _POLL_INTERVAL
    last, shown = polls[-1], [one for one in history.responses if one.operation in {_LAST_TASK, _RESULT}]
    agreeing = [one for one in shown if _finished_of_total(one) == _finished_of_total(last)]
    return any(last.ended_at - one.ended_at >= interval - 1 for one in agreeing)


def _is_risky(digest: str, images: list[Row], poll: ParsedResponse, history: History) -> bool:
    require(digest, "an image has no digest")
    rows = [row for row in images if _bare(row.get("Digest")) == digest]
    started, latest = read_time(poll.document.get("CollectTime")), history.now(history.ended_at) + SKEW
    require(started, "the task has no start time")
    current = [row for row in rows if (time := _scan_time(row)) and started and started <= time <= latest]
    require(current, "an image has no result of this scan")
    is_risky = any(row.get("RiskStatus") == "YES" for row in rows)
    require(is_risky or all(map(_is_clean, current)), "the risk of an image is unknown")
    return is_risky


def _scan_time(image: Row) -> datetime | None:
    """When an image was scanned, by either spelling of the field; None while it has no result."""
    has_result = all(_is_in(image.get(name), _SUCCESS) for name in ("ScaStatus", "ScaResult"))
    times = [time for name in ("LastScanTime", "lastScanTime") if (time := read_time(image.get(name)))]
    return min(times, default=None) if has_result else None


def _is_clean(image: Row) -> bool:
    fields = (f"{kind}{suffix}" for kind in ("Vul", "Hc", "Alarm") for suffix in ("Status", "Count"))
    return image.get("RiskStatus") == "NO" and all(
        _is_in(image.get(field), (None, "", "NO", 0, "0")) for field in fields
    )


def _is_counted(leaf: Row, started: datetime | None) -> bool:
    """Whether a leaf counts as an image; a repository counts if it has not succeeded, since its images may not have."""
    return leaf.get("TargetType") != "IMAGE_REPO" or not _has_succeeded(leaf, None) or not _has_succeeded(leaf, started)


def _has_succeeded(leaf: Row, started: datetime | None) -> bool:
    """Whether a leaf says so, and nothing in it contradicts that (alibaba-security-center.md 2.1)."""
    is_success = leaf.get("StatusText") == "SUCCESS" and _is_in(leaf.get("ResultInfo"), _SUCCESS)
    is_finished = _is_in(leaf.get("Finish"), (None, "", 1, "1"))
    # DescribeOnceTask: 1 started, 3 failed, 4 timed out.
    is_other = _is_in(leaf.get("Status"), ("1", "3", "4", 1, 3, 4))
    finished, total = (_leaf_count(leaf.get(name)) for name in ("FinishCount", "TotalCount"))
    start, end, run = (read_time(leaf.get(name)) for name in ("StartTime", "EndTime", "RealRunTime"))
    is_reversed = start is not None and end is not None and end < start
    times = [time for time in (start, end, run) if time]
    is_earlier = started is not None and bool(times) and max(times) < started
    is_partial = finished is not None and total is not None and finished < total
    return is_success and is_finished and not (is_other or is_reversed or is_earlier or is_partial)


def _leaf_count(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value if type(value) is int and value >= 0 else None


def _is_in(value: object, values: tuple[object, ...]) -> bool:
    """Whether a value is one of these, and of its type: 1 == True == 1.0 in Python."""
    return any(type(value) is type(one) and value == one for one in values)


def _digest(leaf: Row) -> str:
    info = leaf.get("TaskImageInfo")
    digest = _bare(info.get("Digest")) if isinstance(info, dict) else ""
    return digest or _bare(leaf.get("Target"))


def _bare(digest: object) -> str:
    return digest.strip().lower().removeprefix("sha256:") if isinstance(digest, str) else ""
