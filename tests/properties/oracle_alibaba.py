"""Finds the evidence for a verdict in the responses of Alibaba Cloud: the task, its leaves, and the image list."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.properties.evidence import Evidence, never_decreased, read_count, require, require_same_start
from tests.properties.oracle_clock import SKEW

if TYPE_CHECKING:
    from tests.properties.evidence import ParsedResponse, Row
    from tests.properties.oracle_history import History

_LAST_TASK, _RESULT = "GetLastOnceTaskInfo", "GetOnceTaskResultInfo"
_LEAVES, _IMAGES = "DescribeOnceTaskLeafRecordPage", "DescribeImageInstances"
_NO_ID = ("", "0")
_SUCCESS = (None, "", "SUCCESS")
_STATES = ("INIT", "START", "SUCCESS")


def alibaba_evidence(history: History) -> Evidence:
    """The counts of the task: its total, its leaves, and the risks of its images.

    Raises:
        MissingEvidence: The task is not complete, fresh and fully counted.
    """
    if "task-type" in history.settings.for_cloud:
        return _collection_evidence(history)
    require(history.task_id.strip("0"), "the task has no id")
    choice, last = history.choice(_LAST_TASK, "TaskId"), history.last(_RESULT)
    require_same_start(choice.document.get("CollectTime"), last.document.get("CollectTime"))
    for response in (choice, last):
        _require_same_id(response, history.task_id)
    _require_complete(last.document)
    total = read_count(last.document.get("TotalCount"))
    leaves = [row for row in history.rows(_LEAVES, "OnceTasks", last) if _is_counted(row)]
    _require_all_leaves(leaves, total)
    scanned = [leaf for leaf in leaves if _has_succeeded(leaf)]
    digests = {_digest(leaf) for leaf in scanned}
    images = history.rows(_IMAGES, "ImageInstanceList", last) if digests else []
    risks = [_is_risky(digest, images, last, history) for digest in digests]
    earlier_totals = (one.document.get("TotalCount") for one in history.responses if _shows_task(one, history.task_id))
    is_consistent = len(leaves) == total and never_decreased(total, earlier_totals)
    return Evidence(
        failed=len(leaves) - len(scanned),
        risky=sum(risks),
        is_consistent=is_consistent and _has_all_earlier_images(history, last),
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


def _require_all_leaves(leaves: list[Row], total: int) -> None:
    require(len(leaves) >= total > 0, "there are fewer leaves than images")
    require(all(row.get("TaskType") in (None, "", "IMAGE_SCAN") for row in leaves), "a leaf is of another task type")
    scanned = [leaf for leaf in leaves if _has_succeeded(leaf)]
    distinct = {(_digest(leaf), json.dumps(leaf.get("TaskImageInfo"), sort_keys=True)) for leaf in scanned}
    require(len(distinct) + len(leaves) - len(scanned) >= total, "a leaf is duplicated, and another one is missing")


def _has_all_earlier_images(history: History, last: ParsedResponse) -> bool:
    """Whether every image of an earlier poll is still among the leaves of the last one, by its digest."""
    polls = [one for one in history.responses if one.operation == last.operation and one is not last]
    lists = [history.rows(_LEAVES, "OnceTasks", poll) for poll in polls]
    earlier = {_digest(row) for rows in lists for row in rows if _is_counted(row)} - {""}
    return earlier <= {_digest(row) for row in history.rows(_LEAVES, "OnceTasks", last)}


def _shows_task(response: ParsedResponse, task_id: str) -> bool:
    info = response.document.get("TaskInfo")
    has_state = isinstance(info, dict) and info.get("Status") in _STATES and info.get("Result") in _SUCCESS
    return response.operation == _RESULT and has_state and response.document.get("TaskId") == task_id


def _collection_evidence(history: History) -> Evidence:
    """The counts of a task without leaves, in which everything unfinished has failed."""
    has_no_id = history.task_id.startswith("collected-at-")
    choice, last = history.choice(_LAST_TASK, "TaskId"), history.responses[-1]
    require_same_start(choice.document.get("CollectTime"), last.document.get("CollectTime"))
    is_same = not has_no_id or history.task_id == f"collected-at-{last.document['CollectTime']}"
    require(is_same, "the response is about another task")
    _require_complete(last.document)
    total, finished = (read_count(last.document.get(name)) for name in ("TotalCount", "FinishCount"))
    require(total > 0, "the task is empty")
    return Evidence(failed=max(0, total - finished), risky=0, is_consistent=True)


def _is_risky(digest: str, images: list[Row], last: ParsedResponse, history: History) -> bool:
    require(digest, "an image has no digest")
    rows = [row for row in images if _bare(row.get("Digest")) == digest]
    started_at = last.document["CollectTime"]
    latest = (history.now(history.ended_at) + SKEW).timestamp() * 1000
    ended = [row for row in rows if row.get("ScaStatus") in _SUCCESS and row.get("ScaResult") in _SUCCESS]
    current = [
        row for row in ended if type(row.get("LastScanTime")) is int and started_at <= row["LastScanTime"] <= latest
    ]
    require(current, "an image has no result of this scan")
    is_risky = any(row.get("RiskStatus") == "YES" for row in rows)
    require(is_risky or all(map(_is_clean, current)), "the risk of an image is unknown")
    return is_risky


def _is_clean(image: Row) -> bool:
    fields = (f"{kind}{suffix}" for kind in ("Vul", "Hc", "Alarm") for suffix in ("Status", "Count"))
    return image.get("RiskStatus") == "NO" and all(image.get(field) in (None, "", "NO", 0, "0") for field in fields)


def _is_counted(leaf: Row) -> bool:
    """Whether a leaf counts as an image; a repository counts if it has not succeeded, since its images may not have."""
    return leaf.get("TargetType") != "IMAGE_REPO" or not _has_succeeded(leaf)


def _has_succeeded(leaf: Row) -> bool:
    is_success = leaf.get("StatusText") == "SUCCESS" and leaf.get("ResultInfo") in _SUCCESS
    return is_success and leaf.get("Finish") in (None, "", 1, "1")


def _digest(leaf: Row) -> str:
    info = leaf.get("TaskImageInfo")
    digest = _bare(info.get("Digest")) if isinstance(info, dict) else ""
    return digest or _bare(leaf.get("Target"))


def _bare(digest: object) -> str:
    return digest.strip().lower().removeprefix("sha256:") if isinstance(digest, str) else ""
