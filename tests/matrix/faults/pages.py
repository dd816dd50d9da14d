"""Faults of paginated lists: endless, repeated or empty pages, and wrong totals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.matrix.fault import response_fault
from tests.matrix.injection_points import IMAGES, LEAVES, TASKS

if TYPE_CHECKING:
    from tests.matrix.fault import Change, FaultContext

ROWS = {TASKS: "data_list", LEAVES: "OnceTasks", IMAGES: "ImageInstanceList"}
"""The field with the rows, by operation."""


def _endless(seconds: float) -> Change:
    """Consistent pages without an end, each of which takes this many seconds."""

    def change(context: FaultContext, operation: str, _true: Any) -> Any:
        context.gate.time.elapsed += seconds
        page = context.memory["page"] = context.memory.get("page", -1) + 1
        # The gate requests overlapping pages from Huawei Cloud: each starts with the last row of the one before.
        rows = [{"task_id": f"endless-{page * 199 + number}", "Uuid": page, "TaskId": page} for number in range(200)]
        return {ROWS[operation]: rows if operation == TASKS else rows[:1]}

    return change


def _page_info(**offsets: int) -> Change:
    """Adds to the counts of a page; on Huawei Cloud to the total."""

    def change(_context: FaultContext, operation: str, true: Any) -> Any:
        if operation == TASKS:
            return {**true, "total_num": max(0, true["total_num"] + offsets["TotalCount"])}
        info = true["PageInfo"]
        changed = {name: max(0, info[name] + offset) for name, offset in offsets.items()}
        return {**true, "PageInfo": {**info, **changed}}

    return change


def _first_page(context: FaultContext, operation: str, true: Any) -> Any:
    key = ROWS[operation]
    return {key: context.memory.setdefault(key, true[key])}


def without_rows(_context: FaultContext, operation: str, true: Any) -> Any:
    """The same page without rows, and with a total of 0."""
    if operation == TASKS:
        return {"data_list": [], "total_num": 0}
    return {ROWS[operation]: [], "PageInfo": {**true["PageInfo"], "TotalCount": 0, "Count": 0}}


ENDLESS_PAGES = response_fault("endless-pages", _endless(1.0))
ENDLESS_FAST_PAGES = response_fault("endless-pages-that-take-no-time", _endless(0.0))
TOTAL_TOO_LARGE = response_fault("page-total-too-large", _page_info(TotalCount=1))
TOTAL_TOO_SMALL = response_fault("page-total-too-small", _page_info(TotalCount=-1))
TOTAL_ZERO = response_fault("page-total-zero", _page_info(TotalCount=-1000))
PAGE_COUNT_WRONG = response_fault("page-count-wrong", _page_info(Count=1))
PAGE_NUMBER_WRONG = response_fault("page-number-wrong", _page_info(CurrentPage=1))
SAME_PAGE_REPEATED = response_fault("same-page-repeated", _first_page)
EMPTY_LIST = response_fault("empty-list", without_rows)
