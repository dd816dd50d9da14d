"""Finds the evidence for a verdict in the responses of Huawei Cloud: one row of the last list has all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.properties.evidence import Evidence, never_decreased, read_count, require, require_same_start
from tests.properties.oracle_history import start_in_list

if TYPE_CHECKING:
    from tests.properties.evidence import Row
    from tests.properties.oracle_history import History


def huawei_evidence(history: History) -> Evidence:
    """The counts of the task in the last list.

    Raises:
        MissingEvidence: The task is not complete, fresh and fully counted.
    """
    rows = _rows_of_task(history)
    row = rows[-1]
    choice = history.choice("tasks", "task_id")
    require_same_start(start_in_list(choice, history.task_id), row.get("begin_time"))
    is_scan = history.settings.for_cloud.get("type") != "image_sync"
    other_types = ("autoSync", "manualSync") if is_scan else ("cycle", "manual")
    require(type(row.get("task_status")) is int and row["task_status"] == 100, "the task is not complete")
    require(row.get("task_type") not in other_types, "the task is of another type")
    total, succeeded, failed = (read_count(row.get(f"{name}_num")) for name in ("total", "success", "failed"))
    risky = read_count(row.get("risky_num")) if is_scan else 0
    listed = row.get("failed_images")
    require(listed is None or isinstance(listed, list), "failed_images is not a list")
    require(total > 0, "there are no images")
    is_consistent = max(risky, failed + succeeded) <= total
    return Evidence(
        failed=max(failed, len(listed or ()), total - succeeded),
        risky=risky,
        is_consistent=is_consistent and never_decreased(total, (one.get("total_num") for one in rows)),
    )


def _rows_of_task(history: History) -> list[Row]:
    """The row of the task in each list that has one; pages overlap by one row, of which the later one counts."""
    lists: list[list[Row]] = [[]]
    continues = False
    for page in (response for response in history.responses if response.operation == "tasks"):
        if page.query["offset"] == "0" and not continues:
            lists.append([])
        lists[-1] += page.document.get("data_list") or ()
        # After a page with a single row of several, the next page starts with that row and has the offset 0 too.
        continues = len(lists[-1]) == 1 and page.document.get("total_num") != 1
    rows_of_task = [[row for row in rows if row.get("task_id") == history.task_id] for rows in lists]
    require(rows_of_task[-1], "the task is not in the last list")
    return [rows[-1] for rows in rows_of_task if rows]
