"""The calls to Huawei Cloud: all pages are read, the order of a list does not matter, and its total is checked."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle, permutations, repeat
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.huawei import PROVIDER
from gate.errors import GateError, NotUnderstood, Unreachable, UsageError
from gate.scan import ScanTask, TaskState
from gate.simulator import (
    SCENARIOS,
    Fault,
    Scenario,
    SimulatedTask,
    Simulator,
    error_response,
    login_page,
    server_error,
)
from tests.clouds.builders import a_connection, newest_task

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gate.clouds import Cloud, Connection
    from gate.simulator import HttpResponse, Request
    from tests.builders import FakeTime

Document = dict[str, Any]
NEWEST = SCENARIOS["clean"].tasks[0]
NOON_MS = 1_769_860_800_000
DOES_NOT_END = "does not end where its total says, or changes faster than it can be read"


def connected(simulator: Simulator, time: FakeTime, **options: Any) -> Cloud:
    """The simulator's project; options are named with underscores, and `project_id=None` has the gate call IAM."""
    return PROVIDER.connect(a_connection_to(simulator, time, **options))


def a_connection_to(simulator: Simulator, time: FakeTime, *, timeout: float = 1800.0, **options: object) -> Connection:
    """A connection to the simulator; options as for `connected`."""
    known = simulator.describe()["huawei"]
    for_cloud = {"project_id": known["project_id"], "iam_endpoint": known["iam_endpoint"], **options}
    return a_connection(
        time,
        timeout=timeout,
        environ={"HW_ACCESS_KEY": known["access_key_id"], "HW_SECRET_KEY": known["access_key_secret"]},
        region=known["region"],
        endpoint=known["endpoint"],
        for_cloud={name.replace("_", "-"): value for name, value in for_cloud.items() if value is not None},
    )


def simulated(time: FakeTime, *tasks: SimulatedTask) -> Simulator:
    return Simulator(Scenario(name="own", summary="", expected_exit=0, tasks=tasks), now=time.wall)


def many(number: int) -> list[SimulatedTask]:
    """This many tasks, the newest first."""
    return [SimulatedTask(id=f"task-{n}", name="nightly", started_ago=60.0 + n) for n in range(number)]


def a_row(id: str, started: int | None = None, **fields: object) -> Document:  # noqa: A002 - the field's own name
    """An entry of data_list with this start time, in minutes after noon."""
    times = {} if started is None else {"begin_time": NOON_MS + started * 60_000}
    return {"task_id": id, "task_type": "manual", "task_status": 100, **times, **fields}


def a_row_without_start(id: str, ended: int) -> Document:  # noqa: A002 - the field's own name
    """An entry without a start time, with this end time in minutes after noon."""
    return a_row(id, end_time=NOON_MS + ended * 60_000)


def a_page(*rows: Document, total: object = None) -> Document:
    """A page; its total is by default the number of its rows."""
    return {"data_list": [*rows], "total_num": len(rows) if total is None else total}


def pages_of(rows: Sequence[Document], *starts: int, total: object = None) -> list[Document]:
    """The pages of ten rows that start at these offsets of a list."""
    return [a_page(*rows[start : start + 10], total=len(rows) if total is None else total) for start in starts]


def without_a_total(pages: Iterable[Document]) -> list[Document]:
    return [{"data_list": page["data_list"]} for page in pages]


def serve(simulator: Simulator, documents: Iterable[object]) -> None:
    """Has the simulator send these documents one after another, whatever the request."""
    remaining = iter(documents)
    simulator.rewrite = lambda _operation, _document: next(remaining)


def offsets(requests: Iterable[Request]) -> list[int]:
    return [int(request.query["offset"][0]) for request in requests]


def id_of(task: ScanTask | None) -> str | None:
    return task.id if task else None


def test_the_newest_task_of_a_shuffled_list_is_found_with_one_request(fake_time: FakeTime) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        found = newest_task(connected(simulator, fake_time))

        assert found is not None
        assert (found.id, found.state, found.progress) == (NEWEST.id, TaskState.RUNNING, 20)
        assert found.started_at is not None
        assert found.started_at.timestamp() == fake_time.wall() - 60
        assert len(simulator.requests) == 1


def test_an_empty_list_has_no_newest_task(fake_time: FakeTime) -> None:
    with Simulator("empty", now=fake_time.wall) as simulator:
        cloud = connected(simulator, fake_time)

        assert newest_task(cloud) is None
        assert cloud.task_by_id("task-1") is None


@pytest.mark.parametrize(
    ("number", "expected_offsets"),
    [
        (1, [0]),
        (9, [0]),
        # A full page may be the last, but only a page with nothing new after it proves that.
        (10, [0, 9]),
        (11, [0, 9]),
        (18, [0, 9]),
        (19, [0, 9, 18]),
        (20, [0, 9, 18]),
        (25, [0, 9, 18]),
    ],
)
def test_all_pages_are_read(fake_time: FakeTime, number: int, expected_offsets: list[int]) -> None:
    tasks = many(number)
    with simulated(fake_time, *tasks) as simulator:
        found = newest_task(connected(simulator, fake_time, limit=10))

        assert id_of(found) == "task-0"
        assert offsets(simulator.requests) == expected_offsets


def test_pages_have_the_largest_size_that_the_cloud_allows(fake_time: FakeTime) -> None:
    with simulated(fake_time, *many(401)) as simulator:
        found = newest_task(connected(simulator, fake_time))

        assert id_of(found) == "task-0"
        assert [request.query["limit"] for request in simulator.requests] == [["200"]] * 3
        assert offsets(simulator.requests) == [0, 199, 398]


@pytest.mark.parametrize(
    "rows", [*permutations([a_row("a", 1), a_row("b", 3), a_row("c", 2), a_row_without_start("d", 2)])]
)
def test_the_newest_task_does_not_depend_on_the_order_of_the_list(
    fake_time: FakeTime, rows: tuple[Document, ...]
) -> None:
    """A task without a start time is older than one that started after its end."""
    with simulated(fake_time) as simulator:
        serve(simulator, [a_page(*rows)])

        assert id_of(newest_task(connected(simulator, fake_time))) == "b"


@pytest.mark.parametrize(
    "rows", [*permutations([a_row("a", 1), a_row_without_start("b", 4), a_row("c", 2), a_row_without_start("d", 3)])]
)
def test_a_task_without_a_start_time_counts_as_started_at_its_end(
    fake_time: FakeTime, rows: tuple[Document, ...]
) -> None:
    with simulated(fake_time) as simulator:
        serve(simulator, [a_page(*rows)])
        found = newest_task(connected(simulator, fake_time))

        assert found is not None
        assert (found.id, found.started_at) == ("b", None)


@pytest.mark.parametrize("rows", [*permutations([a_row("a", 1), a_row("c", 1), a_row("b", 1)])])
def test_a_tie_is_broken_by_the_id_and_not_by_the_order_of_the_list(
    fake_time: FakeTime, rows: tuple[Document, ...]
) -> None:
    with simulated(fake_time) as simulator:
        serve(simulator, [a_page(*rows)])

        assert id_of(newest_task(connected(simulator, fake_time))) == "c"


NO_START_TIME: dict[str, Document] = {
    "absent": {},
    "null": {"begin_time": None},
    "zero": {"begin_time": 0},
    "word": {"begin_time": "soon"},
    "milliseconds-as-string": {"begin_time": str(NOON_MS)},
    "fraction": {"begin_time": float(NOON_MS)},
    "microseconds": {"begin_time": NOON_MS * 1000},
}


@pytest.mark.parametrize("is_first", [True, False], ids=["first", "last"])
@pytest.mark.parametrize("start", NO_START_TIME.values(), ids=NO_START_TIME)
def test_a_queued_task_is_newer_than_an_older_complete_one(
    fake_time: FakeTime, start: Document, *, is_first: bool
) -> None:
    """It is the scan of this release, and the complete one that of an earlier release."""
    queued, complete = a_row("a", task_status=0, **start), a_row("b", 5)
    with simulated(fake_time) as simulator:
        serve(simulator, [a_page(queued, complete) if is_first else a_page(complete, queued)])
        found = newest_task(connected(simulator, fake_time))

        assert found is not None
        assert (found.id, found.started_at, found.state) == ("a", None, TaskState.RUNNING)


@pytest.mark.parametrize("start", NO_START_TIME.values(), ids=NO_START_TIME)
@pytest.mark.parametrize(("ended", "expected"), [(4, "b"), (6, "a")], ids=["before", "after"])
def test_a_task_without_a_valid_start_time_is_as_new_as_its_end(
    fake_time: FakeTime, start: Document, ended: int, expected: str
) -> None:
    unstarted = {**a_row_without_start("a", ended), **start}
    with simulated(fake_time) as simulator:
        serve(simulator, repeat(a_page(unstarted, a_row("b", 5, end_time=NOON_MS + 3_600_000))))

        assert id_of(newest_task(connected(simulator, fake_time))) == expected


def test_a_task_with_neither_a_valid_start_nor_end_time_counts_as_the_newest(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        serve(simulator, [a_page(a_row("a", end_time=str(NOON_MS)), a_row("b", 5))])

        assert id_of(newest_task(connected(simulator, fake_time))) == "a"


def test_of_tasks_without_any_time_one_is_found(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        serve(simulator, [a_page(a_row("a"), a_row("b", begin_time="soon"))])

        assert id_of(newest_task(connected(simulator, fake_time))) == "b"


@pytest.mark.parametrize("total", [0, 1, 10, 18, 19, 24, 26, 1000, 10**30])
@pytest.mark.parametrize("is_last", [False, True], ids=["newest-first", "newest-last"])
def test_a_total_that_is_too_low_or_too_high_is_not_understood(
    fake_time: FakeTime, total: int, *, is_last: bool
) -> None:
    """It never hides a page: the list is read to its end, three times, before the gate gives up."""
    rows = [a_row(f"task-{n}", n if is_last else 25 - n) for n in range(25)]
    with simulated(fake_time) as simulator:
        serve(simulator, cycle(pages_of(rows, 0, 9, 18, 24, total=total)))
        with pytest.raises(NotUnderstood, match=DOES_NOT_END):
            newest_task(connected(simulator, fake_time, limit=10))

        assert offsets(simulator.requests) == [0, 9, 18, 24] * 3


@pytest.mark.parametrize("total", [-1, "25", 25.0, True, False, "", [25], {}], ids=repr)
def test_a_total_that_is_not_a_whole_number_is_not_understood_and_not_read_again(
    fake_time: FakeTime, total: object
) -> None:
    with simulated(fake_time) as simulator:
        serve(simulator, [{"data_list": [a_row("a", 1)], "total_num": total}])
        with pytest.raises(NotUnderstood, match="number of scan tasks in the response is not a whole number"):
            newest_task(connected(simulator, fake_time))

        assert len(simulator.requests) == 1


@pytest.mark.parametrize(
    ("number", "starts"), [(0, [0]), (1, [0, 0]), (10, [0, 9]), (19, [0, 9, 18]), (25, [0, 9, 18, 24])]
)
@pytest.mark.parametrize("is_last", [False, True], ids=["newest-first", "newest-last"])
@pytest.mark.parametrize("is_null", [False, True], ids=["absent", "null"])
def test_without_a_total_the_list_is_read_until_a_page_has_no_new_row(
    fake_time: FakeTime, number: int, starts: list[int], *, is_last: bool, is_null: bool
) -> None:
    rows = [a_row(f"task-{n}", n if is_last else number - n) for n in range(number)]
    pages = without_a_total(pages_of(rows, *starts))
    if is_null:
        pages = [{**page, "total_num": None} for page in pages]
    with simulated(fake_time) as simulator:
        serve(simulator, pages)
        found = newest_task(connected(simulator, fake_time, limit=10))

        assert id_of(found) == (None if not rows else f"task-{number - 1}" if is_last else "task-0")
        assert offsets(simulator.requests) == starts


def test_pages_smaller_than_the_limit_are_read_up_to_the_total(fake_time: FakeTime) -> None:
    """A cloud may return fewer rows than the limit although there are more."""
    rows = [a_row(f"task-{n}", n) for n in range(25)]
    with simulated(fake_time) as simulator:
        serve(simulator, pages_of(rows, 0, 9, 18))

        assert id_of(newest_task(connected(simulator, fake_time))) == "task-24"
        assert offsets(simulator.requests) == [0, 9, 18]


TEN = [a_row(f"task-{n}", n) for n in range(10)]


@pytest.mark.parametrize(
    ("pages", "starts"),
    [
        (cycle([a_page(total=7)]), [0]),
        (cycle([a_page(a_row("a", 1), total=7)]), [0, 0]),
        (cycle([a_page(a_row("a", 1), total=7), a_page(total=7)]), [0, 0]),
        (cycle([a_page(a_row("a", 1), total=7), a_page(a_row("b", 1), total=7)]), [0, 0]),
        (cycle([a_page(*TEN)]), [0, 9]),
        (cycle([a_page(*TEN, total=11), a_page(a_row("task-10"), total=11)]), [0, 9]),
        (cycle([a_page(*TEN, total=11), a_page(a_row("task-10"), TEN[9], total=11)]), [0, 9]),
        (cycle([a_page(*TEN, total=11), a_page(TEN[9], total=11)]), [0, 9]),
        (cycle([a_page(*TEN, total=10), a_page(TEN[9], a_row("task-10"), total=10), a_page(total=10)]), [0, 9, 10]),
        (cycle([a_page(*TEN, total=11), a_page({}, a_row("task-10"), total=11)]), [0, 9]),
        (cycle([a_page(*TEN, total=11), a_page(a_row("TASK-9"), a_row("task-10"), total=11)]), [0, 9]),
    ],
    ids=[
        "total-without-a-row",
        "one-row-repeated",
        "one-row-and-an-empty-page",
        "one-row-and-another",
        "one-full-page-repeated",
        "next-page-without-the-last-row",
        "last-row-in-second-place",
        "only-the-last-row",
        "one-more-than-the-total",
        "row-without-an-id-first",
        "id-in-another-case-first",
    ],
)
def test_a_list_that_does_not_end_at_its_total_is_not_understood(
    fake_time: FakeTime, pages: Iterator[Document], starts: list[int]
) -> None:
    """The newest task may be on a page that was not returned."""
    with simulated(fake_time) as simulator:
        serve(simulator, pages)
        with pytest.raises(NotUnderstood, match=DOES_NOT_END) as caught:
            newest_task(connected(simulator, fake_time, limit=10))

        assert offsets(simulator.requests) == starts * 3
    assert "--task-name" in caught.value.remedy


@pytest.mark.parametrize(
    "pages",
    [
        [a_page(a_row("a", 1), a_row("b", 2), a_row("a", 1))],
        [a_page(*TEN, total=19), a_page(TEN[9], *[a_row("task-10", 10)] * 9, total=19)],
        [a_page(*({"task_id": ["a", {}]} for _ in range(10)))],
    ],
    ids=["first-page", "second-page", "id-that-is-not-a-string"],
)
def test_a_page_with_one_task_twice_is_not_understood_and_not_read_again(
    fake_time: FakeTime, pages: list[Document]
) -> None:
    with simulated(fake_time) as simulator:
        serve(simulator, pages)
        with pytest.raises(NotUnderstood, match="lists one scan task twice"):
            newest_task(connected(simulator, fake_time, limit=10))

        assert len(simulator.requests) == len(pages)


def test_a_repeated_row_does_not_make_up_for_a_missing_one(fake_time: FakeTime) -> None:
    """Eleven rows of eleven, but one of them came twice: another one, perhaps the newest, is missing."""
    with simulated(fake_time) as simulator:
        serve(simulator, cycle([a_page(*TEN, total=11), a_page(TEN[9], TEN[3], total=11)]))
        with pytest.raises(NotUnderstood):
            newest_task(connected(simulator, fake_time, limit=10))


@pytest.mark.parametrize(("total", "has_ids"), [(None, True), (0, False), (10**9, False)])
def test_an_endless_list_is_not_understood(fake_time: FakeTime, total: int | None, *, has_ids: bool) -> None:
    """At 20,000 tasks, twenty times the documented maximum."""
    starts = range(0, 20_000, 199)
    pages = [
        {"data_list": [{"task_id": f"{n}" if has_ids else None} for n in range(start, start + 200)], "total_num": total}
        for start in starts
    ]
    with simulated(fake_time) as simulator:
        serve(simulator, pages * 3)
        with pytest.raises(NotUnderstood, match=DOES_NOT_END):
            newest_task(connected(simulator, fake_time))

        assert offsets(simulator.requests) == [*starts] * 3


def test_a_list_of_large_pages_is_not_understood_before_it_fills_the_memory(fake_time: FakeTime) -> None:
    """Each page alone may be parsed; each takes 36 MB for that, and 12 MB from then on."""
    rows = [{"task_id": f"{number}", "task_name": "x" * 800_000} for number in range(15 * 6)]
    with simulated(fake_time) as simulator:
        serve(simulator, [{"data_list": rows[start : start + 15]} for start in range(0, len(rows), 14)])
        with pytest.raises(NotUnderstood, match="with what is kept of those before it, could take more than 80 MB"):
            newest_task(connected(simulator, fake_time))

        assert offsets(simulator.requests) == [0, 14, 28, 42, 56]


NEWEST_FIRST = [a_row(f"task-{n:02}", 30 - n) for n in range(1, 13)]
OLDEST_FIRST = NEWEST_FIRST[::-1]
NEW = a_row("task-00", 30)
SHIFTS: dict[str, tuple[list[Document], list[Document], str]] = {
    "insert-at-the-start": (NEWEST_FIRST, [NEW, *NEWEST_FIRST], "task-00"),
    "delete-at-the-start": (NEWEST_FIRST, NEWEST_FIRST[1:], "task-02"),
    "insert-at-the-start-and-delete-at-the-end": (NEWEST_FIRST, [NEW, *NEWEST_FIRST[:-1]], "task-00"),
    "delete-at-the-start-and-insert-at-the-end": (OLDEST_FIRST, [*OLDEST_FIRST[1:], NEW], "task-00"),
    "delete-on-the-first-page": (OLDEST_FIRST, [*OLDEST_FIRST[:3], *OLDEST_FIRST[4:]], "task-01"),
    "delete-of-the-last-row": (OLDEST_FIRST, [*OLDEST_FIRST[:9], *OLDEST_FIRST[10:], NEW], "task-00"),
    "reordered": (OLDEST_FIRST, NEWEST_FIRST, "task-01"),
}


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize(("before", "after", "newest"), SHIFTS.values(), ids=SHIFTS)
def test_a_list_that_shifts_between_two_pages_is_read_again(
    fake_time: FakeTime, before: list[Document], after: list[Document], newest: str, times: int
) -> None:
    """A row that moved from one page to another may be the newest, and the total does not show that."""
    inconsistent = [*pages_of(before, 0), *pages_of(after, 9)]
    with simulated(fake_time) as simulator:
        serve(simulator, [*inconsistent * times, *pages_of(after, 0, 9)])

        assert id_of(newest_task(connected(simulator, fake_time, limit=10))) == newest
        assert offsets(simulator.requests) == [0, 9] * (times + 1)
    assert fake_time.slept == []


@pytest.mark.parametrize(("before", "after", "newest"), SHIFTS.values(), ids=SHIFTS)
def test_a_list_that_shifts_at_every_reading_is_not_understood(
    fake_time: FakeTime, before: list[Document], after: list[Document], newest: str
) -> None:
    with simulated(fake_time) as simulator:
        serve(simulator, cycle([*pages_of(before, 0), *pages_of(after, 9)]))
        with pytest.raises(NotUnderstood, match=DOES_NOT_END):
            connected(simulator, fake_time, limit=10).task_by_id(newest)

        assert offsets(simulator.requests) == [0, 9] * 3


def test_a_list_that_shrinks_to_one_page_is_read_again(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        left = NEWEST_FIRST[:9]
        serve(simulator, [*pages_of(NEWEST_FIRST, 0), *pages_of(left, 9, 0)])

        assert id_of(newest_task(connected(simulator, fake_time, limit=10))) == "task-01"
        assert offsets(simulator.requests) == [0, 9, 0]


@pytest.mark.parametrize("total", [True, False], ids=["with-a-total", "without"])
def test_a_list_that_grows_at_its_end_is_read_to_its_new_end(fake_time: FakeTime, *, total: bool) -> None:
    pages = [*pages_of(OLDEST_FIRST, 0), *pages_of([*OLDEST_FIRST, NEW], 9)]
    if not total:
        pages = without_a_total([*pages, *pages_of([*OLDEST_FIRST, NEW], 12)])
    with simulated(fake_time) as simulator:
        serve(simulator, pages)

        assert id_of(newest_task(connected(simulator, fake_time, limit=10))) == "task-00"
        assert offsets(simulator.requests) == ([0, 9] if total else [0, 9, 12])


def test_a_task_on_two_pages_is_taken_from_the_later_page(fake_time: FakeTime) -> None:
    """A clean task that became risky while the list was read is not missed."""
    clean, risky = a_row("a", 5, risky_num=0), a_row("a", 5, risky_num=1)
    with Simulator(now=fake_time.wall) as simulator:
        serve(simulator, without_a_total([a_page(clean), a_page(risky)]))
        found = connected(simulator, fake_time).task_by_id("a")

    assert found is not None
    assert found.counts.risky == 1


@pytest.mark.parametrize("has_paused", [True, False], ids=["after-a-pause", "without-a-pause"])
def test_after_the_deadline_no_further_page_is_requested(fake_time: FakeTime, *, has_paused: bool) -> None:
    """One request is still sent after a pause, and a part of a list is not used."""
    with simulated(fake_time, *many(25)) as simulator:
        connection = a_connection_to(simulator, fake_time, timeout=60.0, limit=10)
        cloud = PROVIDER.connect(connection)
        newest_task(cloud)
        fake_time.elapsed += 60
        sent = len(simulator.requests)
        if has_paused:
            connection.deadline.pause(0)
        with pytest.raises(Unreachable, match=r"The time is up after 1 min \(--timeout\), before"):
            newest_task(cloud)

        assert len(simulator.requests) == sent + has_paused


def test_a_transient_error_between_two_pages_is_retried_at_that_page(fake_time: FakeTime) -> None:
    with simulated(fake_time, *many(25)) as simulator:
        simulator.faults.append(Fault(requests=frozenset({2}), response=server_error()))

        assert id_of(newest_task(connected(simulator, fake_time, limit=10))) == "task-0"
        assert offsets(simulator.requests) == [0, 9, 9, 18]


@pytest.mark.parametrize(
    "document", [[], {}, {"total_num": 3}, {"data_list": None, "total_num": 0}, {"data_list": [1]}], ids=repr
)
def test_a_response_without_a_list_is_not_understood(fake_time: FakeTime, document: object) -> None:
    with simulated(fake_time) as simulator:
        serve(simulator, [document])
        with pytest.raises(NotUnderstood):
            newest_task(connected(simulator, fake_time))


@pytest.mark.parametrize(
    ("list_type", "expected"), [(None, "scan-2"), ("image_scan", "scan-2"), ("image_sync", "sync-2")]
)
def test_a_task_of_the_other_list_type_is_ignored_even_if_the_cloud_lists_it(
    fake_time: FakeTime, list_type: str | None, expected: str
) -> None:
    rows = [
        a_row("scan-1", 1, task_type="cycle"),
        a_row("scan-2", 2, task_type="manual"),
        a_row("sync-1", 3, task_type="manualSync"),
        a_row("sync-2", 4, task_type="autoSync"),
    ]
    if list_type == "image_sync":
        rows.append(a_row("scan-3", 5))
    with simulated(fake_time) as simulator:
        serve(simulator, [a_page(*rows)])

        assert id_of(newest_task(connected(simulator, fake_time, type=list_type))) == expected
        assert simulator.requests[0].query["type"] == [list_type or "image_scan"]


NO_KNOWN_TRIGGER: list[object] = [None, "", "cicd", "Manual", 7, ["autoSync"], {}]


@pytest.mark.parametrize("list_type", ["image_scan", "image_sync"])
@pytest.mark.parametrize("task_type", NO_KNOWN_TRIGGER, ids=repr)
def test_a_task_that_does_not_state_a_documented_trigger_is_not_passed_over(
    fake_time: FakeTime, task_type: object, list_type: str
) -> None:
    """It may be the scan of this release, and the one before it an older one."""
    known = a_row("a", 1, task_type="autoSync" if list_type == "image_sync" else "manual")
    with simulated(fake_time) as simulator:
        serve(simulator, [a_page(known, a_row("b", 2, task_type=task_type))])
        found = {task.id: task for task in connected(simulator, fake_time, type=list_type).matching_tasks()}

        assert (found["a"].has_unknown_type, found["b"].has_unknown_type) == (False, True)


@pytest.mark.parametrize("task_type", NO_KNOWN_TRIGGER, ids=repr)
def test_a_filter_of_triggers_leaves_out_a_task_that_does_not_state_its_own(
    fake_time: FakeTime, task_type: object
) -> None:
    with simulated(fake_time) as simulator:
        serve(simulator, [a_page(a_row("a", 1), a_row("b", 2, task_type=task_type))])

        assert id_of(newest_task(connected(simulator, fake_time, task_type="manual"))) == "a"


MISFITS: list[tuple[dict[str, object], Document]] = [
    ({"task_name": "release-A"}, {"task_name": "release-B"}),
    ({"task_name": "release-A"}, {}),
    ({"task_type": "manual"}, {"task_type": "cycle"}),
    ({"task_type": "manual"}, {"task_type": None}),
    ({"global_image_type": "local"}, {"image_type": "registry"}),
    ({"scan_scope": 0xFF000}, {"scan_scope": 0xF0F00}),
    ({"create_time": NOON_MS}, {"begin_time": NOON_MS - 1}),
    ({"end_time": NOON_MS}, {"end_time": NOON_MS + 1}),
    ({"type": "image_sync"}, {"task_type": "manual"}),
]


@pytest.mark.parametrize(("options", "fields"), MISFITS, ids=repr)
def test_a_task_is_not_found_by_its_id_if_it_does_not_fit_the_filters(
    fake_time: FakeTime, options: dict[str, object], fields: Document
) -> None:
    """They are not sent with the id, and hold for the task that is found by it; other tasks are not counted."""
    with simulated(fake_time) as simulator:
        serve(simulator, repeat(a_page(a_row("ours", 1) | fields, a_row("theirs", 2) | fields)))
        cloud = connected(simulator, fake_time, **options)

        assert cloud.task_by_id("ours") is None
        assert "; 1 listed task does not fit by its own fields)" in cloud.search_description("ours")
        (name, value), *_ = options.items()
        assert f"--{name.replace('_', '-')} {value}" in cloud.search_description("ours")
        assert cloud.task_by_id("another") is None
        assert "listed" not in cloud.search_description("another")


@pytest.mark.parametrize("status", [0, 100], ids=["scanning", "finished"])
def test_a_filter_of_the_state_does_not_hold_beside_an_id(fake_time: FakeTime, status: int) -> None:
    """It is about one moment, and the task goes on."""
    with simulated(fake_time) as simulator:
        serve(simulator, [a_page(a_row("ours", 1, task_status=status))])
        cloud = connected(simulator, fake_time, task_status="scanning" if status else "finished")

        assert id_of(cloud.task_by_id("ours")) == "ours"
        assert "--task-status" not in cloud.search_description("ours")


@pytest.mark.parametrize(("options", "fields"), MISFITS, ids=repr)
def test_a_task_that_stops_fitting_the_filters_is_in_a_state_of_its_own(
    fake_time: FakeTime, options: dict[str, object], fields: Document
) -> None:
    """The rest of it is shown as it is now."""
    pinned = ScanTask(id="ours", state=TaskState.RUNNING, progress=50)
    with simulated(fake_time) as simulator:
        serve(simulator, [a_page(a_row("ours", 1, total_num=3) | fields)])
        polled = connected(simulator, fake_time, **options).poll(pinned)

        assert polled is not None
        assert (polled.id, polled.counts.total) == ("ours", 3)
        assert (polled.state, polled.raw_state) == (TaskState.UNKNOWN, "no longer fits the filters")
        assert polled.progress is None


def test_an_id_that_cannot_be_read_is_not_understood_whatever_filters_it_fits(fake_time: FakeTime) -> None:
    """It may be the task that is polled."""
    with simulated(fake_time) as simulator:
        serve(simulator, [a_page(a_row("ours\n", 1, task_type="cycle"))])
        with pytest.raises(NotUnderstood, match="unprintable"):
            connected(simulator, fake_time, task_type="manual").task_by_id("ours")


def test_a_synchronisation_has_no_risks(fake_time: FakeTime) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        found = newest_task(connected(simulator, fake_time, type="image_sync"))

        assert found is not None
        assert (found.type, found.risk_applies, found.counts.risky) == ("autoSync", False, None)


def test_filters_are_sent_until_a_task_is_found_and_not_while_it_is_polled(fake_time: FakeTime) -> None:
    """A request for an id needs no filter; the gate checks the task itself against those that last."""
    filters = {
        "global_image_type": "registry",
        "task_type": "manual",
        "task_name": "a b/c~测试+*",
        "task_status": "finished",
        "scan_scope": 2147483647,
        "create_time": 0,
        "end_time": 4070880000000,
    }
    ended = NEWEST.stages[-1:]
    scan = replace(NEWEST, name="my a b/c~测试+* scan", enterprise_project_id="shop", stages=ended)
    common = {"type": ["image_scan"], "limit": ["200"], "offset": ["0"], "enterprise_project_id": ["shop"]}
    with simulated(fake_time, scan) as simulator:
        cloud = connected(simulator, fake_time, enterprise_project_id="shop", **filters)
        newest_task(cloud)
        pinned = cloud.task_by_id(scan.id)
        assert pinned is not None
        polled = cloud.poll(pinned)

        assert id_of(polled) == scan.id
        assert [request.status for request in simulator.requests] == [200, 200, 200]
        assert [request.query for request in simulator.requests] == [
            {**common, **{name: [str(value)] for name, value in filters.items()}},
            {**common, "task_id": [scan.id]},
            {**common, "task_id": [scan.id]},
        ]


def test_each_request_has_the_project_and_content_type_in_its_headers(fake_time: FakeTime) -> None:
    """The vendor's SDK sends the same headers (huawei-hss.md 4.1)."""
    with Simulator(now=fake_time.wall) as simulator:
        newest_task(connected(simulator, fake_time))
        headers = simulator.requests[0].headers

        assert headers["X-Project-Id"] == simulator.describe()["huawei"]["project_id"]
        assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("task_id", "expected"),
    [("task-1", "task-1"), ("task", None), ("task-1 ", None), ("TASK-1", None), ("task-10", "task-10"), ("7", None)],
)
def test_a_task_is_found_only_by_exactly_its_id(fake_time: FakeTime, task_id: str, expected: str | None) -> None:
    """Even if the cloud returns tasks with similar ids."""
    rows = [a_row("task-10", 3), a_row("task-1", 1), a_row("task-11", 2), {"task_id": 7}]
    with simulated(fake_time) as simulator:
        serve(simulator, [a_page(*rows)])

        assert id_of(connected(simulator, fake_time).task_by_id(task_id)) == expected
        assert simulator.requests[0].query["task_id"] == [task_id]


def test_a_task_is_found_by_its_id_on_any_page(fake_time: FakeTime) -> None:
    rows = [a_row(f"task-{n}", n) for n in range(12)]
    with simulated(fake_time) as simulator:
        serve(simulator, pages_of(rows, 0, 9))

        assert id_of(connected(simulator, fake_time, limit=10).task_by_id("task-11")) == "task-11"


def test_a_polled_task_is_never_replaced_by_a_newer_one(fake_time: FakeTime) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        cloud = connected(simulator, fake_time)
        pinned = newest_task(cloud)
        assert pinned is not None
        simulator.tasks.append(SimulatedTask(id="newer", name="another pipeline", started_ago=0.0))
        polls = [cloud.poll(pinned) for _ in range(3)]

        assert [id_of(poll) for poll in polls] == [pinned.id] * 3
        assert [poll and poll.state for poll in polls] == [TaskState.RUNNING, TaskState.COMPLETE, TaskState.COMPLETE]
        assert id_of(newest_task(cloud)) == "newer"


def test_a_task_that_has_disappeared_is_none(fake_time: FakeTime) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        cloud = connected(simulator, fake_time)
        pinned = newest_task(cloud)
        assert pinned is not None
        simulator.tasks.clear()

        assert cloud.poll(pinned) is None


@pytest.mark.parametrize("task_id", ["a&b=c", "a b+c", "../..", "測試", "%00%", "?#"], ids=ascii)
def test_an_id_with_any_characters_reaches_the_cloud_unchanged(fake_time: FakeTime, task_id: str) -> None:
    task = replace(NEWEST, id=task_id)
    with simulated(fake_time, task) as simulator:
        cloud = connected(simulator, fake_time)
        pinned = newest_task(cloud)
        assert pinned is not None

        assert id_of(cloud.poll(pinned)) == task_id


def test_an_id_with_a_lone_surrogate_is_not_understood(fake_time: FakeTime) -> None:
    """JSON can hold one, but it cannot be sent in a query."""
    with simulated(fake_time) as simulator:
        serve(simulator, repeat(a_page(a_row("\ud800", 1))))
        cloud = connected(simulator, fake_time)

        with pytest.raises(GateError) as caught:
            cloud.poll(newest_task(cloud) or ScanTask(id="", state=TaskState.UNKNOWN))
    assert isinstance(caught.value, NotUnderstood)


def test_the_project_of_the_region_is_requested_once(fake_time: FakeTime) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        cloud = connected(simulator, fake_time, project_id=None)
        found = [newest_task(cloud), cloud.task_by_id(NEWEST.id)]
        first, *rest = simulator.requests

        assert [id_of(task) for task in found] == [NEWEST.id] * 2
        assert (first.operation, first.query) == ("projects", {"name": ["cn-north-4"]})
        assert [request.operation for request in rest] == ["tasks", "tasks"]
        assert "X-Project-Id" not in first.headers


@pytest.mark.parametrize(
    "response",
    [server_error(503), login_page(), error_response("APIGW.0101"), error_response("APIGW.0308")],
    ids=["unreachable", "web-page", "refused", "throttled"],
)
def test_an_error_of_iam_names_the_options_that_are_about_iam(fake_time: FakeTime, response: HttpResponse) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(operation="projects", response=response))
        with pytest.raises(GateError) as caught:
            newest_task(connected(simulator, fake_time, project_id=None, timeout=30.0))

    assert "--endpoint" not in caught.value.remedy
    assert caught.value.remedy.endswith(" With --project-id, the gate does not call IAM.")


def test_where_iam_cannot_be_reached_its_own_endpoint_is_to_be_checked(
    fake_time: FakeTime, unused_address: str
) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        cloud = connected(simulator, fake_time, project_id=None, iam_endpoint=f"http://{unused_address}", timeout=1.0)
        with pytest.raises(Unreachable) as caught:
            newest_task(cloud)

    assert caught.value.remedy == (
        "Check --iam-endpoint, HTTPS_PROXY and NO_PROXY, and whether the firewall allows it. With --project-id, the "
        "gate does not call IAM."
    )


def a_project(name: object = "cn-north-4", **fields: object) -> Document:
    return {"id": "0123456789abcdef0123456789abcdef", "name": name, "enabled": True, **fields}


@pytest.mark.parametrize(
    "projects",
    [
        [a_project()],
        [a_project("cn-north-4_team", id="other"), a_project()],
        [a_project(), a_project("MOS", id="other"), a_project("CN-NORTH-4", id="other")],
        [{}, a_project()],
        [a_project(None), a_project()],
        # HSS reports a disabled project itself, with a better message (huawei-hss.md 5, APIGW.0310).
        [a_project(enabled=False)],
    ],
    ids=["one", "sub-project-first", "others-after-it", "empty-object-first", "nameless-first", "disabled"],
)
def test_the_project_is_the_one_with_the_name_of_the_region(fake_time: FakeTime, projects: list[Document]) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        simulator.rewrite = lambda operation, document: {"projects": projects} if operation == "projects" else document

        assert id_of(newest_task(connected(simulator, fake_time, project_id=None))) == NEWEST.id


@pytest.mark.parametrize(
    ("projects", "number"),
    [
        ([], 0),
        ([a_project("cn-north-1")], 0),
        ([a_project("cn-north-4_team"), a_project("cn-north-4_shop")], 0),
        ([a_project(id="a"), a_project(id="b")], 2),
        ([a_project(id="a"), a_project(id="b", enabled=False)], 2),
        ([a_project(id="")], 1),
        ([a_project(id=None)], 1),
        ([a_project(id=7)], 1),
        ([{"name": "cn-north-4"}], 1),
    ],
    ids=[
        "none",
        "another-region",
        "only-sub-projects",
        "two",
        "two-with-one-disabled",
        "empty-id",
        "null-id",
        "number-as-id",
        "no-id",
    ],
)
def test_anything_but_one_project_with_an_id_is_a_usage_error(
    fake_time: FakeTime, projects: list[Document], number: int
) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        serve(simulator, [{"projects": projects}])
        with pytest.raises(UsageError) as caught:
            newest_task(connected(simulator, fake_time, project_id=None))

        assert f"{number} projects named 'cn-north-4'" in caught.value.happened
        assert "--project-id" in caught.value.remedy
        assert [request.operation for request in simulator.requests] == ["projects"]


@pytest.mark.parametrize("project_id", ["\ud800", "a b", "项目", "a\nb"], ids=ascii)
def test_a_project_whose_id_cannot_be_sent_is_a_usage_error(fake_time: FakeTime, project_id: str) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        serve(simulator, [{"projects": [a_project(id=project_id)]}])
        with pytest.raises(UsageError) as caught:
            newest_task(connected(simulator, fake_time, project_id=None))

        assert "--project-id" in caught.value.remedy
        assert [request.operation for request in simulator.requests] == ["projects"]


@pytest.mark.parametrize(
    "document",
    [{}, {"projects": None}, {"projects": {}}, {"projects": "cn-north-4"}, {"projects": [None]}, {"projects": [[]]}],
    ids=repr,
)
def test_a_response_without_projects_is_not_understood(fake_time: FakeTime, document: object) -> None:
    with Simulator(now=fake_time.wall) as simulator:
        serve(simulator, [document])
        with pytest.raises(NotUnderstood, match="no list of projects"):
            newest_task(connected(simulator, fake_time, project_id=None))
