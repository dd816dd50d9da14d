"""Finds the evidence for a verdict in the responses of Huawei Cloud: which task is meant, and its counts.

Every word and number here is from the documents of the vendor (huawei-hss.md 1 and 2), and none from the gate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.properties.evidence import (
    Evidence,
    contradiction,
    earliest,
    known_count,
    never_decreased,
    read_time,
    require,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.properties.evidence import Row
    from tests.properties.oracle_history import History

_TRIGGERS = {"image_scan": ("cycle", "manual"), "image_sync": ("autoSync", "manualSync")}
_SCOPE_GROUPS = {"vulnerability": 0x000F0000, "baseline": 0x0000F000, "malicious-file": 0x00000F00}
_FIELDS_OF_FILTERS = {"task-type": "task_type", "global-image-type": "image_type"}
_POLL_INTERVAL = 12.0
"""In seconds: five calls a minute (huawei-hss.md 5)."""
_COUNTS = ("total_num", "success_num", "failed_num", "risky_num")


@dataclass(frozen=True, kw_only=True)
class TaskList:
    """One reading of the list, of one or more pages."""

    is_by_id: bool
    rows: dict[str, Row] = field(default_factory=dict)
    is_whole: bool
    """Whether no page can follow, nor is one missing: the last one brought nothing new, or is not full, and has a total
    of all rows that came or none. A list that is not whole shows nothing: it is read again, or the deadline cut it."""
    ended_at: float


def huawei_evidence(history: History) -> Evidence:
    """The counts of the task in the last list.

    Raises:
        MissingEvidence: The task is not the one that is meant, or not complete and fresh.
    """
    lists = [one for one in _lists(history) if one.is_whole]
    of_task = [one for one in lists if history.task_id in one.rows]
    require(of_task, "no list has the task")
    chosen_in, last_list = _chosen_in(history, lists), _last_list(of_task)
    chosen, row = chosen_in.rows[history.task_id], last_list.rows[history.task_id]
    history.require_no_other_task("task_id")
    started = _with_earliest_starts(lists, chosen_in).rows[history.task_id].get("begin_time")
    require(history.is_fresh(started, chosen_in.ended_at), "the task was never chosen while it was fresh")
    now = history.now(history.ended_at)
    require(type(row.get("task_status")) is int and row["task_status"] == 100, "the task is not complete")
    is_scan = history.settings.for_cloud.get("type") != "image_sync"
    sign = _states_failure_or_rest(row) or contradiction(row.get("begin_time"), row.get("end_time"), now)
    require(not sign, "the end is contradicted")
    options = history.settings.for_cloud
    require(_fits(chosen, options) and _fits(row, options), "the task does not fit the filters")
    require(_has_known_trigger(chosen, options), "the task may be of another kind")
    if not history.settings.task_id:
        _require_right_task(history, _with_earliest_starts(lists, chosen_in))
    require(not is_scan or _has_scope(chosen, history), "the scope is too narrow")
    total = known_count(row.get("total_num"))
    require(total != 0, "there are no images")
    signs_of_a_pass = (
        never_decreased(total or 0, (one.rows[history.task_id].get("total_num") for one in of_task)),
        not is_scan or _has_scope(row, history),
        _has_known_trigger(row, options),
        _is_settled(history, of_task, last_list),
        _is_still_fresh(history, lists, chosen_in, row),
        _is_still_the_only_one(history, lists, chosen_in, row),
    )
    found = _evidence_of_counts(row, is_scan=is_scan)
    return replace(found, is_consistent=found.is_consistent and all(signs_of_a_pass))


def _evidence_of_counts(row: Row, *, is_scan: bool) -> Evidence:
    """What the counts of a row show, each of which may be missing."""
    total, succeeded, failed, risky = (known_count(row.get(name)) for name in _COUNTS)
    risky = risky if is_scan else 0
    listed = [] if row.get("failed_images") is None else row["failed_images"]
    is_list = isinstance(listed, list)
    without_result = 0 if total is None or succeeded is None else total - succeeded
    return Evidence(
        failed=max(failed or 0, len(listed) if is_list else 0, without_result),
        risky=risky or 0,
        is_complete=is_list and None not in (total, succeeded, failed, risky),
        is_consistent=max(risky or 0, (failed or 0) + (succeeded or 0)) <= (total or 0),
    )


def _lists(history: History) -> list[TaskList]:
    """Each reading of the list; pages overlap by one row, of which the later one counts."""
    lists: list[TaskList] = []
    read, last_id, continues = 0, None, False
    for page in (response for response in history.responses if response.operation == "tasks"):
        is_first = page.query["offset"] == "0" and not continues
        rows, total = page.document.get("data_list") or (), page.document.get("total_num")
        read = len(rows) if is_first else read - 1 + len(rows)
        overlaps = is_first or [row.get("task_id") for row in rows[:1]] == [last_id]
        has_new, is_full = len(rows) > (0 if is_first else 1), len(rows) >= int(page.query["limit"])
        is_at_its_end = not has_new or (not is_full and total == read)
        # After a page with a single row of several, the next page starts with that row and has the offset 0 too.
        continues = is_first and read == 1 and not is_at_its_end
        last_id = rows[-1].get("task_id") if rows else None
        before = {} if is_first or not lists else lists.pop().rows
        found = {row["task_id"]: row for row in rows if isinstance(row.get("task_id"), str)}
        lists.append(
            TaskList(
                is_by_id="task_id" in page.query,
                rows=before | found,
                is_whole=overlaps and is_at_its_end and total in (None, read),
                ended_at=page.ended_at,
            )
        )
    return lists


def _chosen_in(history: History, lists: list[TaskList]) -> TaskList:
    """The list by which the task was chosen: the last one before the first that was requested by its id."""
    by_id = [number for number, one in enumerate(lists) if one.is_by_id]
    if history.settings.task_id:
        candidates = [one for one in lists if history.task_id in one.rows]
        require(candidates, "the task was never listed")
        with_earliest = ((one, _with_earliest_starts(lists, one)) for one in candidates)
        return next((one for one, earliest in with_earliest if _may_be_chosen(history, earliest)), candidates[0])
    before = lists[: by_id[0]] if by_id else lists
    require(before and history.task_id in before[-1].rows, "the task was followed without having been chosen")
    return before[-1]


def _last_list(of_task: list[TaskList]) -> TaskList:
    """The list that is judged: one of the id, unless the task was final in the list in which it was chosen."""
    return ([one for one in of_task if one.is_by_id] or of_task)[-1]


def _may_be_chosen(history: History, one: TaskList) -> bool:
    """Whether nothing that can change speaks against the task that was asked for by its id."""
    row, options = one.rows[history.task_id], history.settings.for_cloud
    is_fresh = history.is_fresh(row.get("begin_time"), one.ended_at)
    return is_fresh and _fits(row, options) and _has_known_trigger(row, options)


def _require_right_task(history: History, chosen_in: TaskList) -> None:
    """Requires that the task is the newest one that fits, and that no other one can be meant."""
    fitting = {task_id: row for task_id, row in chosen_in.rows.items() if _fits(row, history.settings.for_cloud)}
    policy = history.settings.policy
    is_any_age = policy.max_age is None and policy.started_after is None
    started = {task_id: row for task_id, row in fitting.items() if read_time(row.get("begin_time"))}
    candidates = started if is_any_age and started else fitting
    require(history.task_id in candidates, "a task with a start time goes first")
    others = [row for task_id, row in candidates.items() if task_id != history.task_id]
    own = _latest_start(candidates[history.task_id])
    require(all(_latest_start(other) < own for other in others), "another task is as new, or newer")
    require(not _other_since(history, fitting, chosen_in.ended_at), "another task has started since, too")


def _with_earliest_starts(lists: list[TaskList], until: TaskList) -> TaskList:
    """A list, with the earliest start of each task by all lists up to it: a later one under the same id counts not."""
    earlier = lists[: lists.index(until) + 1]
    rows: dict[str, Row] = {}
    for task_id, row in until.rows.items():
        starts = [one.rows[task_id].get("begin_time") for one in earlier if task_id in one.rows]
        times = [start for start in starts if type(start) is int and read_time(start)]
        rows[task_id] = {**row, "begin_time": min(times)} if read_time(row.get("begin_time")) else row
    return replace(until, rows=rows)


def _other_since(history: History, fitting: Mapping[str, Row], at: float) -> bool:
    """Whether another task fits --started-after; without that option, none does."""
    others = [row for task_id, row in fitting.items() if task_id != history.task_id]
    return history.settings.policy.started_after is not None and any(
        history.is_fresh(other.get("begin_time"), at) for other in others
    )


def _latest_start(row: Row) -> float:
    time = read_time(row.get("begin_time")) or read_time(row.get("end_time"))
    return time.timestamp() if time else math.inf


def _fits(row: Row, options: Mapping[str, object]) -> bool:
    """Whether a row fits every filter and is not of the other list type; one that lacks a field does not fit."""
    list_type = str(options.get("type", "image_scan"))
    others = [trigger for name, triggers in _TRIGGERS.items() if name != list_type for trigger in triggers]
    asked = [(name, options[option]) for option, name in _FIELDS_OF_FILTERS.items() if option in options]
    of_fields = all(row.get(name) == value for name, value in asked)
    name, mask = str(options.get("task-name", "")), options.get("scan-scope")
    task_name, scope = row.get("task_name"), row.get("scan_scope")
    has_name = not name or (isinstance(task_name, str) and name.lower() in task_name.lower())
    has_scope = mask is None or (type(scope) is int and type(mask) is int and scope & mask == mask)
    return row.get("task_type") not in others and of_fields and has_name and has_scope


def _has_known_trigger(row: Row, options: Mapping[str, object]) -> bool:
    return row.get("task_type") in _TRIGGERS[str(options.get("type", "image_scan"))]


def _states_failure_or_rest(row: Row) -> bool:
    """Whether a task states a failure or a remaining time, or something there or as its end that is none of them."""
    reason, minutes, ended = (row.get(name) for name in ("failed_reason", "remain_min", "end_time"))
    has_failure = bool(reason.strip()) if isinstance(reason, str) else _says_something(reason)
    has_rest = minutes > 0 if type(minutes) is int else _says_something(minutes)
    return has_failure or has_rest or (read_time(ended) is None and _says_something(ended))


def _says_something(value: object) -> bool:
    return value is False or bool(value)


def _has_scope(row: Row, history: History) -> bool:
    """Whether the scan looked for what the policy requires; a scope that is not stated is accepted."""
    scope = row.get("scan_scope")
    groups = [_SCOPE_GROUPS[str(name)] for name in history.settings.policy.required_scopes]
    return scope is None or (type(scope) is int and scope >= 0 and all(scope & group == group for group in groups))


def _is_settled(history: History, of_task: list[TaskList], last: TaskList) -> bool:
    """Whether the task ended long enough ago, or two polls that are far enough apart agree on its counts."""
    settle, row = history.settings.policy.settle, last.rows[history.task_id]
    ended = read_time(row.get("end_time"))
    if settle == 0 or (ended and history.seconds_since(ended) >= settle - 1):
        return True
    is_scan = history.settings.for_cloud.get("type") != "image_sync"
    counts = _counts(row, is_scan=is_scan)
    polls = of_task[: of_task.index(last)]
    interval = history.settings.poll_interval or _POLL_INTERVAL
    for poll in reversed(polls):
        earlier = poll.rows[history.task_id]
        if earlier.get("task_status") != 100 or _counts(earlier, is_scan=is_scan) != counts:
            return False
        if last.ended_at - poll.ended_at >= interval - 1:
            return True
    return False


def _counts(row: Row, *, is_scan: bool) -> list[object]:
    """The counts of a task, with the number of failed images that it lists: a list that is absent is an empty one.

    A task that only synchronises a registry has no risks, whatever it states of them.
    """
    listed, names = row.get("failed_images"), [name for name in _COUNTS if is_scan or name != "risky_num"]
    return [*(row.get(name) for name in names), len(listed) if isinstance(listed, list) else 0]


def _is_still_fresh(history: History, lists: list[TaskList], chosen_in: TaskList, row: Row) -> bool:
    """Whether the earliest of all start times is fresh too: a later one under the same id changes nothing."""
    chosen = _with_earliest_starts(lists, chosen_in).rows[history.task_id]
    starts = (one.get("begin_time") for one in (chosen, row))
    return history.is_fresh(earliest(starts), chosen_in.ended_at)


def _is_still_the_only_one(history: History, lists: list[TaskList], chosen_in: TaskList, judged: Row) -> bool:
    """Whether, with --started-after, a later list shows no other task that fits, nor this one otherwise."""
    settings = history.settings
    by_id = [number for number, one in enumerate(lists) if one.is_by_id]
    if settings.task_id or settings.policy.started_after is None or not by_id:
        return True
    later = lists[by_id[-1] + 1 :]
    if not later or later[-1] is chosen_in:
        return False
    fitting = {key: row for key, row in later[-1].rows.items() if _fits(row, settings.for_cloud)}
    listed, is_scan = later[-1].rows.get(history.task_id), settings.for_cloud.get("type") != "image_sync"
    is_same = listed is None or (history.task_id in fitting and not _has_changed(listed, judged, is_scan=is_scan))
    return is_same and not _other_since(history, fitting, later[-1].ended_at)


def _has_changed(listed: Row, judged: Row, *, is_scan: bool) -> bool:
    """Whether a row shows a task as not complete, or with other counts than before."""
    is_complete = type(listed.get("task_status")) is int and listed["task_status"] == 100
    later, before = (_counts(row, is_scan=is_scan) for row in (listed, judged))
    return not is_complete or later != before or _states_failure_or_rest(listed)
