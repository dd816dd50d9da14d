"""Expected exit codes of faults in runs with other options: warnings, limits, a task id, or another task type."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tests.matrix.cell import (
    COUNTS,
    FIRST_POLL,
    FIRST_REQUEST,
    LAST_POLL,
    LISTS,
    MID_WAIT,
    POINTS_WITHOUT_RETRY,
    POLLS,
    RISKS,
    row,
    with_options,
    with_warnings,
)
from tests.matrix.faults import clock, pages, tasks
from tests.matrix.faults.api_errors import TEMPORARY_KEYS_EXPIRE, THROTTLED
from tests.matrix.faults.connection import CONNECTION_REFUSED
from tests.matrix.faults.none import NO_FAULT
from tests.matrix.faults.responses import FORBIDDEN, LOGIN_PAGE
from tests.matrix.faults.tasks import in_state
from tests.matrix.injection_points import ALIBABA, HUAWEI, TASK_ID

if TYPE_CHECKING:
    from tests.matrix.fault import Fault

WARNINGS: Final = (
    *with_warnings(LOGIN_PAGE, 4, at=POINTS_WITHOUT_RETRY),
    *with_warnings(CONNECTION_REFUSED, 4, at=POINTS_WITHOUT_RETRY),
    *with_warnings(THROTTLED, 4, at=POINTS_WITHOUT_RETRY),
    *with_warnings(FORBIDDEN, 4, at=POINTS_WITHOUT_RETRY),
    *with_warnings(TEMPORARY_KEYS_EXPIRE, 3, at=POINTS_WITHOUT_RETRY),
    *with_warnings(tasks.TASK_DISAPPEARS, 5, {FIRST_REQUEST: 7}, at=POINTS_WITHOUT_RETRY),
    *with_warnings(tasks.STAYS_RUNNING, 5, at=(FIRST_REQUEST, LAST_POLL)),
    *with_warnings(clock.DEADLINE_BETWEEN_REQUESTS, 5, cloud=ALIBABA, at=LISTS),
    *with_warnings(in_state(-1, "FAIL"), 6, at=(FIRST_REQUEST, LAST_POLL)),
    *with_warnings(tasks.STARTED_THREE_DAYS_AGO, 7, at=(FIRST_REQUEST, LAST_POLL)),
    *with_warnings(tasks.TOTAL_DROPS_TO_ZERO, 7, cloud=HUAWEI, at=(FIRST_REQUEST, LAST_POLL)),
    *with_warnings(tasks.NEWER_RISKY_TASK, 0, {FIRST_REQUEST: 1}, at=(FIRST_REQUEST, LAST_POLL)),
    *with_warnings(pages.TOTAL_TOO_LARGE, 4, cloud=HUAWEI, at=(FIRST_REQUEST, COUNTS)),
    *with_warnings(pages.TOTAL_TOO_LARGE, 4, cloud=ALIBABA, at=LISTS),
    *with_warnings(tasks.RISKY_IMAGES, 1, at=(LAST_POLL, RISKS)),
    *with_warnings(tasks.UNKNOWN_RISK, 7, at=(LAST_POLL, RISKS)),
    *with_warnings(tasks.REPOSITORY_FAILED, 1, cloud=ALIBABA, at=(LAST_POLL, COUNTS)),
)
_HIGH_LIMITS = ("--max-risky", "9", "--max-failed", "9")
LIMITS: Final = (
    # A limit allows images that are known to be risky, and not images whose risk is unknown.
    *row(with_options(tasks.RISKY_IMAGES, "within-max-risky", "--max-risky", "9"), 0, at=(LAST_POLL, RISKS)),
    *row(with_options(tasks.UNKNOWN_RISK, "with-high-limits", *_HIGH_LIMITS), 7, at=(LAST_POLL, RISKS)),
    # A failed repository stands for an unknown number of images, which may be more than the limit.
    *row(
        with_options(tasks.REPOSITORY_FAILED, "with-max-failed", "--max-failed", "9"),
        7,
        cloud=ALIBABA,
        at=(LAST_POLL, COUNTS),
    ),
    *row(
        with_options(tasks.TOTAL_DROPS_TO_ZERO, "with-high-limits", *_HIGH_LIMITS),
        7,
        cloud=HUAWEI,
        at=(FIRST_REQUEST, LAST_POLL),
    ),
    *row(
        with_options(tasks.STARTED_THREE_DAYS_AGO, "without-max-age", "--max-age", "none"),
        0,
        at=(FIRST_POLL, MID_WAIT, LAST_POLL),
    ),
)


def _by_id(fault: Fault, name: str = "by-id", task_id: str = TASK_ID) -> Fault:
    return with_options(fault, name, "--task-id", task_id)


BY_ID: Final = (
    *row(_by_id(LOGIN_PAGE), 4, at=POINTS_WITHOUT_RETRY),
    *row(_by_id(TEMPORARY_KEYS_EXPIRE), 3, at=POINTS_WITHOUT_RETRY),
    *row(_by_id(tasks.TASK_DISAPPEARS), 5, {FIRST_REQUEST: 7}),
    *row(_by_id(tasks.NEWER_RISKY_TASK), 0),
    *row(_by_id(tasks.TASK_ID_CHANGES), 5, {FIRST_REQUEST: 7}, cloud=HUAWEI, at=POLLS),
    *row(_by_id(tasks.TASK_ID_CHANGES), 4, cloud=ALIBABA, at=POLLS),
    *row(_by_id(tasks.STARTED_THREE_DAYS_AGO), 7, at=POLLS),
    *row(_by_id(tasks.STARTS_IN_AN_HOUR), 5, {FIRST_REQUEST: 7}, at=POLLS),
    *row(_by_id(tasks.START_TIME_CHANGES), 0, at=POLLS),
    *row(_by_id(tasks.STAYS_RUNNING), 5, at=POLLS),
    *row(_by_id(in_state(142, "HIBERNATED")), 5, at=POLLS),
    *row(_by_id(in_state(-2, "TIMEOUT")), 6, at=POLLS),
    *row(_by_id(tasks.TOTAL_DROPS_TO_ZERO), 7, cloud=HUAWEI, at=POLLS),
    *row(_by_id(tasks.TOTAL_DROPS_TO_ZERO), 0, cloud=ALIBABA, at=POLLS),
    *row(_by_id(pages.EMPTY_LIST), 5, {FIRST_REQUEST: 7}, cloud=HUAWEI),
    *row(_by_id(pages.EMPTY_LIST), 5, cloud=ALIBABA, at=LISTS),
    *row(_by_id(pages.TOTAL_TOO_LARGE), 4, {LAST_POLL: 5}, cloud=HUAWEI),
    *row(_by_id(tasks.COMPLETE_AT_THE_DEADLINE), 0, cloud=HUAWEI, at=(FIRST_REQUEST, FIRST_POLL, MID_WAIT)),
    *row(_by_id(tasks.COMPLETE_AT_THE_DEADLINE), 5, cloud=ALIBABA, at=POLLS),
    *row(_by_id(NO_FAULT, "by-unknown-id", "unknown"), 7, at=(FIRST_REQUEST,)),
    *row(_by_id(NO_FAULT, "by-the-id-of-a-stale-task", "stale"), 7, at=(FIRST_REQUEST,)),
)


def _of_other_type(fault: Fault) -> Fault:
    return replace(fault, name=f"{fault.name}-of-other-type", is_other_type=True)


# On Alibaba Cloud, a task of another type has no leaves and no images: its counts are in the polled task.
OTHER_TYPE: Final = (
    *row(_of_other_type(LOGIN_PAGE), 4, at=POLLS),
    *row(_of_other_type(THROTTLED), 4, at=POLLS),
    *row(_of_other_type(TEMPORARY_KEYS_EXPIRE), 3, at=POLLS),
    *row(_of_other_type(tasks.TASK_DISAPPEARS), 5, {FIRST_REQUEST: 7}, at=POLLS),
    *row(_of_other_type(tasks.STARTED_THREE_DAYS_AGO), 7, at=POLLS),
    *row(_of_other_type(tasks.START_TIME_CHANGES), 0, at=POLLS),
    *row(_of_other_type(tasks.STAYS_RUNNING), 5, at=POLLS),
    *row(_of_other_type(in_state(142, "HIBERNATED")), 5, at=POLLS),
    *row(_of_other_type(in_state(-3, "FAIL")), 6, at=POLLS),
    *row(_of_other_type(tasks.TOTAL_DROPS_TO_ZERO), 7, at=POLLS),
    *row(_of_other_type(tasks.TOTAL_BELOW_COUNTS), 7, cloud=HUAWEI, at=POLLS),
    # The vendor's sample has a FinishCount above its TotalCount, so the gate accepts that at the first request.
    *row(_of_other_type(tasks.TOTAL_BELOW_COUNTS), 7, {FIRST_REQUEST: 0}, cloud=ALIBABA, at=POLLS),
    *row(_of_other_type(tasks.TOTAL_ABOVE_COUNTS), 1, at=POLLS),
    # The last poll is enough for a verdict on either cloud.
    *row(_of_other_type(tasks.COMPLETE_AT_THE_DEADLINE), 0, at=(FIRST_REQUEST, FIRST_POLL, MID_WAIT)),
)
_SETTLED: Final = ("--settle", "60s")
_SINCE: Final = ("--started-after", "2026-01-31T11:00:00Z")
"""An hour before the start of the run."""
_NAMED: Final = ("--task-name", TASK_ID)
_ID: Final = ("--task-id", TASK_ID)
_MANUAL: Final = ("--task-type", "manual")
MEANING: Final = (
    # Counts of a task that has just ended are polled twice, for which there is no time at the deadline.
    *row(with_options(NO_FAULT, "with-settle", *_SETTLED), 0, {LAST_POLL: 5}),
    *row(with_options(tasks.RISKY_IMAGES, "with-settle", *_SETTLED), 1, at=(MID_WAIT, RISKS)),
    *row(with_options(NO_FAULT, "since", *_SINCE), 0, cloud=ALIBABA),
    *row(with_options(tasks.NEWER_RISKY_TASK, "since", *_SINCE), 7, {FIRST_REQUEST: 7}, cloud=HUAWEI, at=POLLS[:3]),
    *row(with_options(tasks.SAME_START_TIME, "by-default"), 7, cloud=HUAWEI, at=(FIRST_REQUEST,)),
    # A task that stops fitting a filter may fit it again, and is not judged before.
    *row(with_options(tasks.OTHER_NAME, "by-name", *_NAMED), 5, {FIRST_REQUEST: 7}, cloud=HUAWEI, at=POLLS),
    *row(
        with_options(tasks.OTHER_NAME, "by-name-and-id", *_NAMED, *_ID), 5, {FIRST_REQUEST: 7}, cloud=HUAWEI, at=POLLS
    ),
    *row(with_options(NO_FAULT, "by-name-and-id", *_NAMED, *_ID), 0, cloud=HUAWEI, at=POLLS),
    *row(with_options(tasks.NEWER_TASK_WITHOUT_TRIGGER, "by-default"), 0, {FIRST_REQUEST: 7}, cloud=HUAWEI, at=POLLS),
    *row(with_options(tasks.NEWER_TASK_WITHOUT_TRIGGER, "by-type", *_MANUAL), 0, cloud=HUAWEI, at=POLLS),
    *row(with_options(tasks.NEWER_TASK_WITHOUT_TRIGGER, "since", *_SINCE), 7, cloud=HUAWEI, at=POLLS[:3]),
    *row(with_options(tasks.NARROW_SCOPE, "by-default"), 7, cloud=HUAWEI, at=POLLS),
    *row(with_options(tasks.NARROW_SCOPE, "required", "--required-scope", "vulnerability"), 0, cloud=HUAWEI, at=POLLS),
)
OPTIONS: Final = (*WARNINGS, *LIMITS, *BY_ID, *OTHER_TYPE, *MEANING)
