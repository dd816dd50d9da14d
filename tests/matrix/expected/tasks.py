"""Expected exit codes of wrong clocks, of changes to the scan task, and of faults in paginated lists."""

from __future__ import annotations

from typing import Final

from tests.matrix.cell import COUNTS, FIRST_POLL, FIRST_REQUEST, LAST_POLL, LISTS, MID_WAIT, POLLS, row
from tests.matrix.faults import clock, pages, tasks
from tests.matrix.faults.tasks import in_state
from tests.matrix.faults.timeouts import once
from tests.matrix.injection_points import ALIBABA, HUAWEI

CLOCK: Final = (
    *row(clock.CLOCK_AN_HOUR_AHEAD, 0),
    *row(clock.CLOCK_AN_HOUR_BEHIND, 0),
    # Every signature is rejected until the gate corrects its clock from the Date header.
    # At the deadline itself there is time for one request only, and not for the same one signed again.
    *row(clock.CLOUD_CLOCK_AN_HOUR_AHEAD, 0, {LAST_POLL: 5}, cloud=HUAWEI),
    *row(clock.CLOUD_CLOCK_AN_HOUR_AHEAD, 0, cloud=ALIBABA),
    *row(clock.CACHED_RESPONSE, 7, cloud=HUAWEI),
    *row(clock.DEADLINE_BETWEEN_REQUESTS, 5, cloud=ALIBABA, at=LISTS),
)
TASK: Final = (
    *row(tasks.STARTED_THREE_DAYS_AGO, 7, at=POLLS),
    *row(tasks.STARTS_IN_AN_HOUR, 5, {FIRST_REQUEST: 7}, at=POLLS),
    # It ended before it started, or no image was scanned since that start time.
    *row(tasks.STARTS_IN_TEN_MINUTES, 5, at=POLLS),
    # At the first request, only the stale task is left to be found.
    *row(tasks.TASK_DISAPPEARS, 5, {FIRST_REQUEST: 7}),
    *row(once(tasks.TASK_DISAPPEARS), 0, {LAST_POLL: 5}),
    # At the first request, the newer task is the one to judge.
    *row(tasks.NEWER_RISKY_TASK, 0, {FIRST_REQUEST: 1}),
    # Requested by its id, the task is not found, or the response is about another one.
    *row(tasks.TASK_ID_CHANGES, 5, cloud=HUAWEI, at=POLLS),
    *row(tasks.TASK_ID_CHANGES, 4, {FIRST_REQUEST: 5}, cloud=ALIBABA, at=POLLS),
    # The same id with a later start time is the same task, and as old as its first start.
    *row(tasks.START_TIME_CHANGES, 0, at=POLLS),
    *row(tasks.PROGRESS_GOES_BACKWARDS, 0, at=(FIRST_REQUEST, FIRST_POLL, MID_WAIT)),
    *row(tasks.STAYS_RUNNING, 5, at=POLLS),
    *row(tasks.STAYS_QUEUED, 5, at=POLLS),
    *row(in_state(142, "HIBERNATED"), 5, at=POLLS),
    *row(in_state(101, "FINISHED"), 5, at=POLLS),
    *row(in_state(-4, "success"), 5, at=POLLS),
    *row(in_state(1000, "SUCCESS "), 5, at=POLLS),
    *row(in_state(-1, "FAIL"), 6, at=POLLS),
    *row(in_state(-2, "TIMEOUT"), 6, at=POLLS),
    *row(in_state(-3, "TIMOUT"), 6, at=POLLS),
    # On Huawei Cloud the last poll returns the counts too; on Alibaba Cloud there is no time to request them.
    *row(tasks.COMPLETE_AT_THE_DEADLINE, 0, cloud=HUAWEI, at=(FIRST_REQUEST, FIRST_POLL, MID_WAIT)),
    *row(tasks.COMPLETE_AT_THE_DEADLINE, 5, cloud=ALIBABA, at=POLLS),
)
IMAGES: Final = (
    *row(tasks.TOTAL_DROPS_TO_ZERO, 7, cloud=HUAWEI, at=POLLS),
    *row(tasks.ALL_COUNTS_ZERO, 7, cloud=HUAWEI, at=POLLS),
    *row(tasks.TOTAL_BELOW_COUNTS, 7, cloud=HUAWEI, at=POLLS),
    # Of the stated total and the leaves, the larger number counts: the vendor's own sample contradicts itself.
    *row(tasks.TOTAL_DROPS_TO_ZERO, 0, cloud=ALIBABA, at=POLLS),
    *row(tasks.TOTAL_BELOW_COUNTS, 0, cloud=ALIBABA, at=POLLS),
    # A task does not lose images; at the first request it never had more.
    *row(tasks.TOTAL_AND_COUNTS_DROP, 7, {FIRST_REQUEST: 0}, at=POLLS),
    *row(tasks.IMAGE_REPLACED, 7, cloud=ALIBABA, at=(FIRST_REQUEST, FIRST_POLL, MID_WAIT)),
    *row(tasks.TOTAL_ABOVE_COUNTS, 1, cloud=HUAWEI, at=POLLS),
    *row(tasks.TOTAL_ABOVE_COUNTS, 5, cloud=ALIBABA, at=POLLS),
    *row(tasks.REPOSITORY_FAILED, 1, cloud=ALIBABA, at=(*POLLS, COUNTS)),
    *row(tasks.REPOSITORY_RUNNING, 1, cloud=ALIBABA, at=(*POLLS, COUNTS)),
    *row(tasks.REPOSITORY_WITHOUT_STATUS, 1, cloud=ALIBABA, at=(*POLLS, COUNTS)),
)
PAGES: Final = (
    # After an earlier poll, the run ends with the result of that poll; at the first request there is none.
    *row(pages.ENDLESS_PAGES, 5, {FIRST_REQUEST: 4}, cloud=HUAWEI),
    *row(pages.ENDLESS_PAGES, 5, cloud=ALIBABA, at=LISTS),
    *row(pages.ENDLESS_FAST_PAGES, 4, cloud=HUAWEI, at=(FIRST_REQUEST,)),
    # Contradictory pages are requested again, for which there is no time at the deadline.
    *row(pages.TOTAL_TOO_LARGE, 4, {LAST_POLL: 5}, cloud=HUAWEI),
    *row(pages.TOTAL_TOO_SMALL, 4, {LAST_POLL: 5}, cloud=HUAWEI),
    *row(pages.TOTAL_ZERO, 4, {LAST_POLL: 5}, cloud=HUAWEI),
    *row(pages.TOTAL_TOO_LARGE, 4, cloud=ALIBABA, at=LISTS),
    *row(pages.TOTAL_TOO_SMALL, 4, cloud=ALIBABA, at=LISTS),
    *row(pages.TOTAL_ZERO, 4, cloud=ALIBABA, at=LISTS),
    *row(pages.PAGE_COUNT_WRONG, 4, cloud=ALIBABA, at=LISTS),
    *row(pages.PAGE_NUMBER_WRONG, 4, cloud=ALIBABA, at=LISTS),
    *row(pages.SAME_PAGE_REPEATED, 4, cloud=HUAWEI, at=(FIRST_REQUEST,)),
    *row(pages.SAME_PAGE_REPEATED, 4, cloud=ALIBABA, at=LISTS),
    *row(pages.EMPTY_LIST, 5, {FIRST_REQUEST: 7}, cloud=HUAWEI),
    *row(pages.EMPTY_LIST, 5, cloud=ALIBABA, at=LISTS),
)
TASKS: Final = (*CLOCK, *TASK, *IMAGES, *PAGES)
