"""The questions to Security Center: one task is found and followed, and each of its images is asked for."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlencode
from zlib import crc32

import pytest

from gate.clouds.alibaba import PROVIDER
from gate.clouds.alibaba.options import TASK_TYPES
from gate.errors import DeadlineExceeded, GateError, NotAuthorised, NotUnderstood
from gate.policy import Decision, Policy, is_different_task, judge
from gate.scan import Counts, TaskState
from gate.simulator import Fault, Forbidden, Scenario, SimulatedTask, Simulator, Stage, alibaba
from tests.clouds.builders import a_connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gate.clouds import Cloud
    from gate.scan import ScanTask
    from gate.simulator import Request
    from gate.simulator.cloud import NoTask
    from gate.simulator.task import IdForm
    from tests.builders import FakeTime

Document = dict[str, Any]
Saying: TypeAlias = "Callable[[Document], Document]"
LAST, RESULT = "GetLastOnceTaskInfo", "GetOnceTaskResultInfo"
LEAVES, IMAGES = "DescribeOnceTaskLeafRecordPage", "DescribeImageInstances"
OURS = SimulatedTask(id="ours", name="ours", started_ago=600)
RUNNING = (Stage(state="running", progress=40),)
COLLECTION = SimulatedTask(id="collection", name="assets", kind="assets_collection", started_ago=600, total=5)


def simulated(time: FakeTime, *tasks: SimulatedTask) -> Simulator:
    return Simulator(Scenario(name="own", summary="", expected_exit=0, tasks=tasks or (OURS,)), now=time.wall)


def connected(simulator: Simulator, time: FakeTime, *, timeout: float = 1800.0, **wishes: Any) -> Cloud:
    """The simulator's account; a wish names an option with underscores."""
    known = simulator.describe()["alibaba"]
    connection = a_connection(
        time,
        cloud="alibaba",
        timeout=timeout,
        environ={
            "ALIBABA_CLOUD_ACCESS_KEY_ID": known["access_key_id"],
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": known["access_key_secret"],
        },
        region=known["region"],
        endpoint=known["endpoint"],
        for_cloud={name.replace("_", "-"): value for name, value in wishes.items()},
    )
    return PROVIDER.connect(connection)


def newest(simulator: Simulator, time: FakeTime, **wishes: Any) -> ScanTask:
    found = connected(simulator, time, **wishes).newest_task()
    assert found is not None, "there is no task"
    return found


def seen_again(simulator: Simulator, time: FakeTime, **wishes: Any) -> ScanTask:
    """The newest task, as a second look shows it; only the questions of that look are kept."""
    cloud = connected(simulator, time, **wishes)
    pinned = cloud.newest_task()
    assert pinned is not None, "there is no task"
    simulator.requests.clear()
    found = cloud.poll(pinned)
    assert found is not None, "the task is gone"
    return found


def asked(simulator: Simulator, operation: str) -> list[Request]:
    return [request for request in simulator.requests if request.operation == operation]


def operations(simulator: Simulator) -> list[str]:
    return [request.operation for request in simulator.requests]


def query(request: Request) -> dict[str, str]:
    return {name: value for name, (value,) in request.query.items()}


def says(simulator: Simulator, sayings: Mapping[str, Iterable[Saying]]) -> None:
    """Lets it make something else of each of its answers to these questions, one after another."""
    following = {operation: iter(each) for operation, each in sayings.items()}
    simulator.rewrite = lambda called, true: next(following[called])(true) if called in following else true


def the_truth(document: Document) -> Document:
    return document


def no_rows(document: Document) -> Document:
    return with_rows(document, [])


def with_rows(document: Document, rows: list[Document]) -> Document:
    key = "OnceTasks" if "OnceTasks" in document else "ImageInstanceList"
    return {key: rows, "PageInfo": {"CurrentPage": 1, "Count": len(rows), "TotalCount": len(rows)}}


def keeping(kept: list[Document]) -> Saying:
    """The truth, of which the rows are kept."""

    def keep(document: Document) -> Document:
        kept.extend(document.get("OnceTasks") or document["ImageInstanceList"])
        return document

    return keep


def is_pending(task: ScanTask) -> bool:
    return judge(task, Policy(max_failed=99, max_risky=99)).reasons[0].code == "results-pending"


# The newest.


def test_the_latest_task_is_found_with_one_question(fake_time: FakeTime) -> None:
    older = replace(OURS, id="older", started_ago=900)
    with simulated(
        fake_time, older, replace(OURS, stages=RUNNING), replace(OURS, id="oldest", started_ago=9000)
    ) as simulator:
        found = newest(simulator, fake_time)
        (request,) = simulator.requests

    assert (found.id, found.state, found.progress) == ("ours", TaskState.RUNNING, 40)
    assert found.started_at is not None
    assert found.started_at.timestamp() == fake_time.wall() - 600
    assert (request.method, request.path, request.operation) == ("POST", "/", LAST)
    assert query(request) == {"TaskType": "IMAGE_SCAN", "TaskName": "IMAGE_SCAN"}
    assert (request.headers["x-acs-action"], request.headers["x-acs-version"]) == (LAST, "2018-12-03")


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ({}, {"TaskType": "IMAGE_SCAN", "TaskName": "IMAGE_SCAN"}),
        ({"task_type": "CLIENT_DEV_OPS"}, {"TaskType": "CLIENT_DEV_OPS", "TaskName": "CLIENT_DEV_OPS"}),
        ({"task_name": "VUL_CHECK_TASK"}, {"TaskType": "IMAGE_SCAN", "TaskName": "VUL_CHECK_TASK"}),
        ({"source": "openapi"}, {"TaskType": "IMAGE_SCAN", "TaskName": "IMAGE_SCAN", "Source": "openapi"}),
    ],
    ids=str,
)
def test_type_name_and_source_are_asked_for_as_wished(
    fake_time: FakeTime, wishes: dict[str, Any], expected: dict[str, str]
) -> None:
    with simulated(fake_time) as simulator:
        connected(simulator, fake_time, **wishes).newest_task()

        assert [query(request) for request in simulator.requests] == [expected]


def test_only_a_task_of_the_source_is_found(fake_time: FakeTime) -> None:
    with simulated(fake_time, OURS, replace(OURS, id="api", task_type="openapi", started_ago=900)) as simulator:
        assert newest(simulator, fake_time, source="openapi").id == "api"


@pytest.mark.parametrize("no_task", ["result-code", "empty"])
def test_no_task_at_all_is_none(fake_time: FakeTime, no_task: NoTask) -> None:
    with simulated(fake_time, COLLECTION) as simulator:
        simulator.no_task = no_task
        cloud = connected(simulator, fake_time)

        assert cloud.newest_task() is None
        assert cloud.task_by_id("ours") is None


def test_images_in_another_region_are_a_scan_that_failed(fake_time: FakeTime) -> None:
    with simulated(fake_time, replace(OURS, unsupported=True)) as simulator:
        found = newest(simulator, fake_time)

    assert (found.state, found.is_final) == (TaskState.FAILED, True)


# One task.


def test_a_task_is_named_with_one_question_and_not_counted_yet(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        found = connected(simulator, fake_time).task_by_id("ours")

        assert found is not None
        assert (found.id, found.state, found.results_pending) == ("ours", TaskState.COMPLETE, None)
        assert [query(request) for request in asked(simulator, RESULT)] == [
            {"TaskId": "ours", "TaskType": "IMAGE_SCAN", "TaskName": "IMAGE_SCAN"}
        ]
        assert len(simulator.requests) == 1


def test_a_name_that_nobody_has_is_none(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        assert connected(simulator, fake_time).task_by_id("theirs") is None


@pytest.mark.parametrize("name", ["0", "000", " "])
def test_what_stands_for_no_id_is_not_asked_for(fake_time: FakeTime, name: str) -> None:
    with simulated(fake_time) as simulator:
        assert connected(simulator, fake_time).task_by_id(name) is None
        assert simulator.requests == []


@pytest.mark.parametrize("id_form", ["zero", "empty", "absent"])
def test_an_image_scan_without_an_id_cannot_be_followed(fake_time: FakeTime, id_form: IdForm) -> None:
    with simulated(fake_time, replace(OURS, id_form=id_form)) as simulator:
        assert newest(simulator, fake_time).id == ""


@pytest.mark.parametrize("id_form", ["text", "number"])
def test_a_task_is_followed_and_counted_by_its_id_in_either_form(fake_time: FakeTime, id_form: IdForm) -> None:
    with simulated(fake_time, replace(OURS, id_form=id_form)) as simulator:
        found = seen_again(simulator, fake_time)
        ids = {query(request)["TaskId"] for request in simulator.requests if "TaskId" in request.query}

    assert found.counts == Counts(total=3, succeeded=3, failed=0, risky=0)
    assert found.id == ("ours" if id_form == "text" else str(crc32(b"ours")))
    assert ids == {found.id}


def test_a_running_task_is_looked_at_with_one_question(fake_time: FakeTime) -> None:
    with simulated(fake_time, replace(OURS, stages=RUNNING)) as simulator:
        found = seen_again(simulator, fake_time)

        assert (found.state, found.counts, found.results_pending) == (TaskState.RUNNING, Counts(total=3), 0)
        assert operations(simulator) == [RESULT]


def test_another_task_never_takes_the_place_of_the_one_that_was_found(fake_time: FakeTime) -> None:
    with simulated(fake_time, OURS) as simulator:
        cloud = connected(simulator, fake_time)
        pinned = cloud.newest_task()
        assert pinned is not None
        simulator.tasks.append(replace(OURS, id="theirs", started_ago=1, risky=3))
        found = cloud.poll(pinned)

        assert newest(simulator, fake_time).id == "theirs"
        assert found is not None
        assert (found.id, found.counts.risky) == ("ours", 0)


def test_a_named_task_keeps_its_name_where_the_answer_says_none(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        says(simulator, {RESULT: [lambda document: {**document, "TaskId": None}]})
        found = connected(simulator, fake_time).task_by_id("ours")

    assert found is not None
    assert found.id == "ours"


def test_another_task_in_the_place_of_the_named_one_is_not_understood(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        says(simulator, {RESULT: [lambda document: {**document, "TaskId": "theirs"}]})
        with pytest.raises(NotUnderstood, match="about another scan task"):
            connected(simulator, fake_time).task_by_id("ours")


def test_an_answer_about_another_task_is_not_understood(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        says(simulator, {RESULT: [lambda document: {**document, "TaskId": "theirs"}]})
        with pytest.raises(NotUnderstood, match="about another scan task"):
            seen_again(simulator, fake_time)


@pytest.mark.parametrize(
    "moved", [{"CollectTime": 1_769_860_000_000}, {"CollectTime": 0}, {"CollectTime": "now"}], ids=str
)
def test_a_begin_that_moves_makes_it_another_task(fake_time: FakeTime, moved: Document) -> None:
    with simulated(fake_time) as simulator:
        says(simulator, {RESULT: [lambda document: {**document, **moved}]})
        pinned, found = newest(simulator, fake_time), seen_again(simulator, fake_time)

    assert is_different_task(found, pinned)


def test_a_task_that_is_gone_is_none(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        cloud = connected(simulator, fake_time)
        pinned = cloud.newest_task()
        assert pinned is not None
        simulator.tasks.clear()

        assert cloud.poll(pinned) is None


# Counting.


def test_a_complete_task_is_counted_by_its_leaves_and_their_images(fake_time: FakeTime) -> None:
    with simulated(fake_time, replace(OURS, total=10, failed=3, without_result=1, risky=2)) as simulator:
        found = seen_again(simulator, fake_time)

        assert (found.counts, found.results_pending) == (Counts(total=10, succeeded=6, failed=4, risky=2), 0)
        assert sorted(failed.reason for failed in found.failed_images) == [
            *("FAIL", "START", "TASK_NOT_SUPPORT_REGION", "TIMEOUT")
        ]
        assert operations(simulator) == [RESULT, LEAVES, IMAGES]
        assert query(asked(simulator, LEAVES)[0]) == {
            "TaskType": "IMAGE_SCAN",
            "TaskId": "ours",
            "RelateInfo": "true",
            "CurrentPage": "1",
            "PageSize": "100",
        }


def test_images_are_asked_for_by_their_digests_in_both_spellings(fake_time: FakeTime) -> None:
    with simulated(fake_time, replace(OURS, total=3, failed=1)) as simulator:
        found = seen_again(simulator, fake_time)
        (request,) = asked(simulator, IMAGES)
    place = query(request)
    criteria = json.loads(place.pop("Criteria"))

    digests = {criterion["value"].removeprefix("sha256:") for criterion in criteria}
    assert place == {"LogicalExp": "OR", "CurrentPage": "1", "PageSize": "100"}
    assert {(criterion["name"], criterion["logicalExp"]) for criterion in criteria} == {("digest", "OR")}
    assert sorted(criterion["value"] for criterion in criteria) == sorted(
        [*digests, *(f"sha256:{one}" for one in digests)]
    )
    assert len(digests) == 2
    assert found.failed_images[0].image.digest not in digests


def test_an_image_that_has_no_digest_is_not_asked_for(fake_time: FakeTime) -> None:
    def without_a_digest(document: Document) -> Document:
        return with_rows(document, [{**document["OnceTasks"][-1], "Target": "", "TaskImageInfo": {}}])

    with simulated(fake_time, replace(OURS, total=1)) as simulator:
        says(simulator, {LEAVES: repeat(without_a_digest)})
        found = seen_again(simulator, fake_time)

    assert operations(simulator) == [RESULT, LEAVES]
    assert found.counts.risky is None


def test_every_question_asks_for_an_answer_in_json(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        seen_again(simulator, fake_time)

    assert [request.headers["Accept"] for request in simulator.requests] == ["application/json"] * 3


def test_a_question_for_images_wastes_no_byte_of_its_url(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        seen_again(simulator, fake_time)
        (request,) = asked(simulator, IMAGES)

    assert " " not in query(request)["Criteria"]


@pytest.mark.parametrize(("images", "expected"), [(1, [1]), (20, [20]), (21, [20, 1]), (45, [20, 20, 5])])
def test_twenty_images_go_into_one_question_and_it_into_a_url(
    fake_time: FakeTime, images: int, expected: list[int]
) -> None:
    with simulated(fake_time, replace(OURS, total=images)) as simulator:
        simulator.page_cap = 100
        found = seen_again(simulator, fake_time)
        requests = asked(simulator, IMAGES)

    batches = [{one["value"][-64:] for one in json.loads(query(request)["Criteria"])} for request in requests]
    assert [len(batch) for batch in batches] == expected
    assert len(frozenset[str]().union(*batches)) == images
    assert all(len(urlencode(query(request))) < 8000 for request in requests)
    assert (found.counts.total, found.results_pending) == (images, 0)


@pytest.mark.parametrize("page_cap", [1, 2, 7, 100])
def test_pages_may_be_shorter_than_they_were_asked_for(fake_time: FakeTime, page_cap: int) -> None:
    """Failed images come last, where whoever reads one page misses them."""
    with simulated(fake_time, replace(OURS, total=9, failed=2, risky=1)) as simulator:
        simulator.page_cap = page_cap
        found = seen_again(simulator, fake_time)
        numbers = [int(query(request)["CurrentPage"]) for request in asked(simulator, LEAVES)]

    assert found.counts == Counts(total=9, succeeded=7, failed=2, risky=1)
    # The leaf of the repository is one more.
    assert numbers == [*range(1, -(-10 // page_cap) + 1)]


def test_no_image_needs_no_question_about_images(fake_time: FakeTime) -> None:
    with simulated(fake_time, replace(OURS, total=0)) as simulator:
        found = seen_again(simulator, fake_time)

        assert (found.counts.total, found.results_pending) == (0, 0)
        assert operations(simulator) == [RESULT, LEAVES]


def test_the_same_images_under_a_shared_uuid_are_read(fake_time: FakeTime) -> None:
    """No document says that each tag has a Uuid of its own."""

    def shared(document: Document) -> Document:
        rows = [{**row, "Uuid": row["Uuid"].rpartition("-")[0]} for row in document["ImageInstanceList"]]
        return {**document, "ImageInstanceList": rows}

    with simulated(fake_time, replace(OURS, risky=1)) as simulator:
        says(simulator, {IMAGES: repeat(shared)})

        assert seen_again(simulator, fake_time).counts.risky == 1


# Results that come later.


@pytest.mark.parametrize("scanned_before", [True, False], ids=["scanned-before", "never-scanned"])
def test_results_of_an_earlier_scan_are_waited_past(fake_time: FakeTime, *, scanned_before: bool) -> None:
    """What the earlier scan had found is the opposite of what this one finds."""
    task = replace(OURS, total=4, risky=1, failed=1, results_lag=600, scanned_before=scanned_before)
    with simulated(fake_time, task) as simulator:
        cloud = connected(simulator, fake_time)
        pinned = cloud.newest_task()
        assert pinned is not None
        early = cloud.poll(pinned)
        fake_time.sleep(600)
        late = cloud.poll(pinned)

    assert early is not None
    assert (early.results_pending, early.counts.risky, early.is_final) == (3, None, False)
    assert late is not None
    assert (late.results_pending, late.counts.risky, late.is_final) == (0, 1, True)


@pytest.mark.parametrize(("ahead", "results_pending"), [(0, 0), (900, 0), (901, 3)])
def test_a_scan_may_be_as_far_ahead_as_any_clock_but_not_in_the_future(
    fake_time: FakeTime, ahead: int, results_pending: int
) -> None:
    """What was found is then of an earlier scan, or of none."""
    scanned = round((fake_time.wall() + ahead) * 1000)

    def moved(document: Document) -> Document:
        return changed(document, "ImageInstanceList", "LastScanTime", scanned)

    with simulated(fake_time) as simulator:
        says(simulator, {IMAGES: repeat(moved)})

        assert seen_again(simulator, fake_time).results_pending == results_pending


@pytest.mark.parametrize(("left", "results_pending"), [(0, 3), (1, 3), (2, 2), (3, 1)])
def test_leaves_that_are_not_listed_any_more_are_waited_for(
    fake_time: FakeTime, left: int, results_pending: int
) -> None:
    """The first of them is that of the repository, which is no image."""
    with simulated(fake_time) as simulator:
        says(simulator, {LEAVES: repeat(lambda document: with_rows(document, document["OnceTasks"][:left]))})
        found = seen_again(simulator, fake_time)

    assert (found.results_pending, is_pending(found)) == (results_pending, True)


# Images that are exchanged. The list is told first, and then told again.

REPOSITORY, ONE, TWO = (
    {"TaskId": "r", "Target": "crr-1", "TargetType": "IMAGE_REPO", "StatusText": "SUCCESS"},
    {"TaskId": "1", "Target": "a" * 64, "TargetType": "IMAGE", "StatusText": "SUCCESS"},
    {"TaskId": "2", "Target": "b" * 64, "TargetType": "IMAGE", "StatusText": "SUCCESS"},
)
OTHER = {**TWO, "Target": "c" * 64}
NAMELESS = {**TWO, "Target": None}
FAILED = {**REPOSITORY, "StatusText": "FAIL"}


@pytest.mark.parametrize(
    ("before", "now", "lost"),
    [
        ([REPOSITORY, ONE, TWO], [REPOSITORY, ONE, OTHER], 1),
        ([ONE, TWO], [OTHER, NAMELESS], 2),
        ([ONE, TWO], [ONE, NAMELESS], 1),
        ([ONE, {**TWO, "StatusText": "START"}], [ONE, OTHER], 1),
        ([FAILED, ONE], [ONE, TWO], 1),
        ([FAILED, ONE], [REPOSITORY, ONE, TWO], 0),
        ([REPOSITORY, ONE], [ONE, TWO], 0),
        ([ONE, NAMELESS], [ONE, TWO], 0),
        ([ONE], [REPOSITORY, OTHER, TWO, ONE], 0),
        ([ONE, TWO], [{**TWO, "Target": f"sha256:{'B' * 64}"}, {**ONE, "StatusText": "FAIL", "TaskId": "9"}], 0),
        ([ONE, TWO], [{**ONE, "TaskImageInfo": {"Tag": "2.0"}}, {"TaskImageInfo": {"Digest": "b" * 64}}], 0),
    ],
    ids=[
        "exchanged",
        "all-exchanged",
        "no-longer-named",
        "exchanged-while-it-ran",
        "failed-repository-gone",
        "failed-repository-now-fine",
        "fine-repository-gone",
        "named-only-now",
        "more-than-before",
        "otherwise-written",
        "otherwise-described",
    ],
)
def test_images_that_an_earlier_list_named_are_missed_whatever_came_in_their_place(
    before: list[Document], now: list[Document], lost: int, fake_time: FakeTime
) -> None:
    with simulated(fake_time, replace(OURS, total=2)) as simulator:
        says(simulator, {LEAVES: iter([lambda one: with_rows(one, before), *[lambda one: with_rows(one, now)] * 2])})
        cloud, pinned = connected(simulator, fake_time), newest(simulator, fake_time)
        polls = [cloud.poll(pinned) for _ in range(3)]

    assert [poll and poll.lost_images for poll in polls] == [0, lost, lost]


def test_an_image_that_is_listed_again_is_not_lost(fake_time: FakeTime) -> None:
    with simulated(fake_time, replace(OURS, total=2)) as simulator:
        lists = ([ONE, TWO], [ONE, OTHER], [ONE, OTHER, TWO])
        says(simulator, {LEAVES: (partial(with_rows, rows=rows) for rows in lists)})
        cloud, pinned = connected(simulator, fake_time), newest(simulator, fake_time)
        polls = [cloud.poll(pinned) for _ in lists]

    assert [poll and poll.lost_images for poll in polls] == [0, 1, 0]


def test_an_image_that_moves_to_another_page_is_not_lost(fake_time: FakeTime) -> None:
    """Also when it moves while the list is read, which then is read again."""

    def page(number: int, *rows: Document) -> Saying:
        return lambda _: {"OnceTasks": [*rows], "PageInfo": {"CurrentPage": number, "TotalCount": 4}}

    whole = [page(1, REPOSITORY, ONE), page(2, TWO, OTHER)]
    moved = [page(1, OTHER, TWO), page(2, ONE, REPOSITORY)]
    torn = [page(1, REPOSITORY, ONE), page(2, ONE, TWO)]
    with simulated(fake_time) as simulator:
        says(simulator, {LEAVES: [*whole, *moved, *torn, *whole]})
        cloud, pinned = connected(simulator, fake_time), newest(simulator, fake_time)
        polls = [cloud.poll(pinned) for _ in range(3)]

    assert [poll and poll.lost_images for poll in polls] == [0, 0, 0]
    assert len(asked(simulator, LEAVES)) == 8


def test_an_image_is_missed_in_no_other_task_than_its_own(fake_time: FakeTime) -> None:
    theirs = replace(OURS, id="theirs", name="theirs", started_ago=700)
    with simulated(fake_time, OURS, theirs) as simulator:
        says(simulator, {LEAVES: (partial(with_rows, rows=[row]) for row in (ONE, TWO))})
        cloud = connected(simulator, fake_time)
        polls = [cloud.poll(task) for task in (cloud.task_by_id("ours"), cloud.task_by_id("theirs")) if task]

    assert [poll and (poll.id, poll.lost_images) for poll in polls] == [("ours", 0), ("theirs", 0)]


def test_without_time_for_all_questions_there_is_no_look(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        cloud = connected(simulator, fake_time, timeout=0.0)
        pinned = cloud.task_by_id("ours")
        assert pinned is not None
        with pytest.raises(DeadlineExceeded):
            cloud.poll(pinned)


# Lists that cannot be right.


@pytest.mark.parametrize(
    "other",
    [{"TaskImageInfo": {"Tag": "another"}}, {"Target": "0" * 64}, {"TargetType": None}, {"TaskId": None}],
    ids=repr,
)
def test_leaves_that_differ_in_anything_but_times_are_no_twins(other: Document, fake_time: FakeTime) -> None:
    def and_another(document: Document) -> Document:
        last = document["OnceTasks"][-1]
        return with_rows(document, [last, {**last, **other}])

    with simulated(fake_time, replace(OURS, total=2)) as simulator:
        says(simulator, {LEAVES: repeat(and_another)})

        assert seen_again(simulator, fake_time).counts.succeeded == 2


def test_a_leaf_that_comes_twice_in_the_place_of_another_is_not_understood(fake_time: FakeTime) -> None:
    """Also when the times in it have moved meanwhile."""

    def twice(document: Document) -> Document:
        first, *_, last = document["OnceTasks"]
        moved = {**last, "TaskImageInfo": {**last["TaskImageInfo"], "CostTimeInfo": "{}"}}
        return with_rows(document, [first, last, last | moved])

    with simulated(fake_time) as simulator:
        says(simulator, {LEAVES: repeat(twice)})
        with pytest.raises(NotUnderstood, match="scan task's images does not end where its total says"):
            seen_again(simulator, fake_time)


def test_an_image_that_comes_twice_in_the_place_of_another_is_not_understood(fake_time: FakeTime) -> None:
    def twice(document: Document) -> Document:
        row = document["ImageInstanceList"][0]
        return with_rows(document, [row, {**row, "RiskStatus": "YES"}])

    with simulated(fake_time) as simulator:
        says(simulator, {IMAGES: repeat(twice)})
        with pytest.raises(NotUnderstood, match="list of images does not end where its total says"):
            seen_again(simulator, fake_time)


def test_a_task_that_is_named_and_complete_is_counted_without_asking_the_same_again(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        cloud = connected(simulator, fake_time)
        named = cloud.task_by_id("ours")
        assert named is not None
        polls = [cloud.poll(named) for _ in range(2)]

        assert operations(simulator) == [RESULT, LEAVES, IMAGES, RESULT, LEAVES, IMAGES]
    assert [poll and poll.counts.succeeded for poll in polls] == [3, 3]


def test_a_task_that_is_named_while_it_runs_is_asked_for_again(fake_time: FakeTime) -> None:
    with simulated(fake_time, replace(OURS, stages=RUNNING)) as simulator:
        cloud = connected(simulator, fake_time)
        named = cloud.task_by_id("ours")
        assert named is not None
        cloud.poll(named)

        assert operations(simulator) == [RESULT, RESULT]


@pytest.mark.parametrize(
    "name", ["Uuid", "Digest", "Tag", "InstanceId", "RegionId", "RepoId", "RepoNamespace", "RepoName"]
)
def test_images_that_differ_in_one_of_their_names_are_no_twins(name: str, fake_time: FakeTime) -> None:
    def and_another(document: Document) -> Document:
        rows = document["ImageInstanceList"]
        return with_rows(document, [*rows, {**rows[-1], name: "another"}])

    with simulated(fake_time) as simulator:
        says(simulator, {IMAGES: repeat(and_another)})

        assert seen_again(simulator, fake_time).counts.succeeded == 3


@pytest.mark.parametrize("operation", [LEAVES, IMAGES])
@pytest.mark.parametrize(
    "document",
    [{}, {"OnceTasks": None, "ImageInstanceList": None}, {"OnceTasks": [7], "ImageInstanceList": ["x"]}],
    ids=str,
)
def test_an_answer_without_a_list_is_not_understood(fake_time: FakeTime, operation: str, document: Document) -> None:
    with simulated(fake_time) as simulator:
        says(simulator, {operation: repeat(lambda _true: document)})
        with pytest.raises(NotUnderstood, match="has no list of"):
            seen_again(simulator, fake_time)


def test_leaves_of_all_tasks_are_never_taken_for_those_of_one(fake_time: FakeTime) -> None:
    """A cloud that does not look at TaskId lists more than the task says that it has."""
    theirs = replace(OURS, id="theirs", started_ago=500)
    with simulated(fake_time, OURS, theirs) as simulator:
        cloud = connected(simulator, fake_time)
        known = [cloud.task_by_id("ours"), cloud.task_by_id("theirs")]
        kept: list[Document] = []
        says(simulator, {LEAVES: repeat(keeping(kept))})
        for task in known:
            assert task is not None
            cloud.poll(task)
        says(simulator, {LEAVES: repeat(lambda document: with_rows(document, kept))})
        found = seen_again(simulator, fake_time)

    assert (found.counts.total, found.counts.succeeded) == (3, 6)
    assert judge(found, Policy()).exit_code in {5, 7}


# Where a list cannot be asked for as it should.


def test_where_the_id_gives_no_leaves_no_others_stand_in_for_them(fake_time: FakeTime) -> None:
    """Leaves that began since may be those of another pipeline."""
    theirs = replace(OURS, id="theirs", started_ago=9000)
    with simulated(fake_time, OURS, theirs) as simulator:
        says(simulator, {LEAVES: [no_rows]})
        found = seen_again(simulator, fake_time)

        assert (found.results_pending, is_pending(found)) == (3, True)
        assert operations(simulator) == [RESULT, LEAVES]
        assert all(query(one)["TaskId"] == "ours" for one in asked(simulator, LEAVES))


@pytest.mark.parametrize("lacks", [{"TotalCount": None}, {"TotalCount": 0}, {"CollectTime": None}], ids=str)
def test_without_leaves_and_without_a_number_or_a_begin_there_is_nothing_to_judge(
    fake_time: FakeTime, lacks: Document
) -> None:
    with simulated(fake_time) as simulator:
        says(simulator, {RESULT: [lambda document: {**document, **lacks}], LEAVES: [no_rows]})
        found = seen_again(simulator, fake_time)

        assert operations(simulator) == [RESULT, LEAVES]
        assert judge(found, Policy(max_failed=99)).exit_code == 7


@pytest.mark.parametrize("images", [3, 30])
def test_where_criteria_give_nothing_the_list_of_all_images_is_read(fake_time: FakeTime, images: int) -> None:
    with simulated(fake_time, replace(OURS, total=images, risky=2)) as simulator:
        batches = -(-images // 20)
        says(simulator, {IMAGES: [*[no_rows] * batches, *[the_truth] * 9]})
        found = seen_again(simulator, fake_time)
        last = [query(request) for request in asked(simulator, IMAGES)][batches:]

    assert (found.counts.risky, found.results_pending) == (2, 0)
    assert last[0] == {"CurrentPage": "1", "PageSize": "100"}
    assert [one["CurrentPage"] for one in last] == [str(number + 1) for number in range(len(last))]
    assert len(last) > 1


def test_an_image_that_no_list_has_is_waited_for(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        says(simulator, {IMAGES: repeat(no_rows)})
        found = seen_again(simulator, fake_time)

        assert (found.results_pending, is_pending(found)) == (3, True)
        assert len(asked(simulator, IMAGES)) == 2


def test_rows_of_other_images_answer_for_none_of_ours(fake_time: FakeTime) -> None:
    def others(document: Document) -> Document:
        rows = [{**row, "Digest": row["Digest"][:-1] + "-"} for row in document["ImageInstanceList"]]
        return {**document, "ImageInstanceList": rows}

    with simulated(fake_time) as simulator:
        says(simulator, {IMAGES: repeat(others)})

        assert seen_again(simulator, fake_time).results_pending == 3


def test_a_cloud_that_does_not_look_at_criteria_costs_calls_and_no_truth(fake_time: FakeTime) -> None:
    with simulated(fake_time, replace(OURS, total=25, risky=4)) as simulator:
        simulator.page_cap = 1000
        rows: list[Document] = []
        says(simulator, {IMAGES: [no_rows, no_rows, keeping(rows), keeping(rows)]})
        seen_again(simulator, fake_time)
        says(simulator, {IMAGES: repeat(lambda document: with_rows(document, rows))})
        found = seen_again(simulator, fake_time)

        assert len(rows) == 158
        assert (found.counts.risky, found.results_pending) == (4, 0)
        assert len(asked(simulator, IMAGES)) == 2


# What the user may not ask.


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        (LAST, "yundun-aegis:GetLastOnceTaskInfo"),
        (RESULT, "yundun-aegis:GetOnceTaskResultInfo"),
        (LEAVES, "yundun-sas:DescribeOnceTaskLeafRecordPage"),
        (IMAGES, "yundun-sas:DescribeImageInstances"),
    ],
)
def test_what_is_forbidden_is_named_and_never_nothing(fake_time: FakeTime, operation: str, action: str) -> None:
    with simulated(fake_time) as simulator:
        simulator.faults.append(Fault(operation=operation, response=Forbidden()))
        with pytest.raises(NotAuthorised, match=f"Allow {action};"):
            seen_again(simulator, fake_time)


def test_an_error_beside_an_empty_list_is_no_empty_list(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        says(simulator, {LEAVES: repeat(lambda document: {**no_rows(document), "Code": "NoPermission"})})
        with pytest.raises(NotAuthorised):
            seen_again(simulator, fake_time)


def test_a_page_that_fails_once_is_asked_for_again(fake_time: FakeTime) -> None:
    with simulated(fake_time, replace(OURS, total=9)) as simulator:
        simulator.page_cap = 5
        simulator.faults.append(
            Fault(requests=frozenset({2}), operation=LEAVES, response=alibaba.error_response("ServiceUnavailable"))
        )
        found = seen_again(simulator, fake_time)
        numbers = [query(request)["CurrentPage"] for request in asked(simulator, LEAVES)]

    assert found.counts.total == 9
    assert numbers == ["1", "2", "2"]


# Other types of tasks.


@pytest.mark.parametrize("task_type", [kind for kind in TASK_TYPES if kind != "IMAGE_SCAN"])
@pytest.mark.parametrize("id_form", ["text", "zero"])
def test_another_type_of_task_is_judged_from_its_own_answer(
    fake_time: FakeTime, task_type: str, id_form: IdForm
) -> None:
    kind: Any = task_type.lower()
    task = replace(COLLECTION, kind=kind, id_form=id_form, failed=2)
    with simulated(fake_time, task) as simulator:
        found = seen_again(simulator, fake_time, task_type=task_type)

        assert (found.risk_applies, found.is_final) == (False, True)
        assert found.counts == Counts(total=5, succeeded=3, failed=2)
        assert operations(simulator) == [RESULT if id_form == "text" else LAST]


@pytest.mark.parametrize("id_form", ["zero", "empty", "absent"])
def test_a_task_without_an_id_is_followed_by_its_begin(fake_time: FakeTime, id_form: IdForm) -> None:
    began = round((fake_time.wall() - 600) * 1000)
    stages = (Stage(state="running", progress=50, polls=1), Stage(state="complete"))
    with simulated(fake_time, replace(COLLECTION, id_form=id_form, stages=stages)) as simulator:
        cloud = connected(simulator, fake_time, task_type="ASSETS_COLLECTION")
        pinned = cloud.newest_task()
        assert pinned is not None
        found = cloud.poll(pinned)
        named = cloud.task_by_id(f"collected-at-{began}")

    assert (pinned.id, pinned.state) == (f"collected-at-{began}", TaskState.RUNNING)
    assert found is not None
    assert (found.id, found.state) == (pinned.id, TaskState.COMPLETE)
    assert named == found


def test_a_task_without_an_id_that_is_no_longer_the_latest_is_gone(fake_time: FakeTime) -> None:
    with simulated(fake_time, replace(COLLECTION, id_form="zero")) as simulator:
        cloud = connected(simulator, fake_time, task_type="ASSETS_COLLECTION")
        pinned = cloud.newest_task()
        assert pinned is not None
        simulator.tasks.append(replace(COLLECTION, id="theirs", id_form="zero", started_ago=1))

        assert cloud.poll(pinned) is None
        simulator.tasks.clear()
        assert cloud.poll(pinned) is None


def test_an_image_scan_cannot_be_named_by_its_begin(fake_time: FakeTime) -> None:
    began = round((fake_time.wall() - 600) * 1000)
    with simulated(fake_time, replace(OURS, id_form="zero")) as simulator:
        assert connected(simulator, fake_time).task_by_id(f"collected-at-{began}") is None


# Whatever one field becomes.

ABSENT = object()
ODD: list[object] = [
    ABSENT,
    None,
    True,
    False,
    0,
    1,
    -1,
    0.5,
    10**30,
    "",
    "0",
    "x",
    "\ud800",
    "\0",
    [],
    [None],
    {},
    {"a": 1},
]
FIELDS = [
    (RESULT, "TaskId TaskInfo CollectTime TotalCount FinishCount"),
    (LEAVES, "OnceTasks PageInfo"),
    (IMAGES, "ImageInstanceList PageInfo"),
]
FIELDS_OF_ROWS = [
    (RESULT, "TaskInfo", "Status Result Progress"),
    (LEAVES, "PageInfo", "CurrentPage Count TotalCount"),
    (IMAGES, "PageInfo", "CurrentPage Count TotalCount"),
    (LEAVES, "OnceTasks", "TaskId TargetType Target StatusText ResultInfo TaskImageInfo StartTime"),
    (IMAGES, "ImageInstanceList", "Uuid Digest RiskStatus LastScanTime"),
]
PLACES = [
    *((operation, "", field) for operation, fields in FIELDS for field in fields.split()),
    *((operation, within, field) for operation, within, fields in FIELDS_OF_ROWS for field in fields.split()),
]


def changed(document: Document, within: str, field: str, value: object) -> Document:
    """The document with this value in this field: its own, or that of all rows within it."""
    if within:
        held = document[within]
        inner = (
            [changed(row, "", field, value) for row in held]
            if isinstance(held, list)
            else changed(held, "", field, value)
        )
        return {**document, within: inner}
    kept = {name: old for name, old in document.items() if name != field}
    return kept if value is ABSENT else {**kept, field: value}


@pytest.mark.parametrize(("operation", "within", "field"), PLACES, ids=map(" ".join, PLACES))
@pytest.mark.parametrize(
    "task",
    [replace(OURS, risky=3), replace(OURS, failed=1), replace(OURS, risky=3, results_lag=9999)],
    ids=["risky", "failed", "lagging"],
)
def test_what_must_not_pass_does_not_whatever_one_field_becomes(
    fake_time: FakeTime, task: SimulatedTask, operation: str, within: str, field: str
) -> None:
    """Where it says anything at all, and no exception comes but those that say what happened."""
    verdicts: list[Decision] = []
    with simulated(fake_time, task) as simulator:
        pinned = newest(simulator, fake_time)
        cloud = connected(simulator, fake_time)
        for value in ODD:
            says(simulator, {operation: repeat(partial(changed, within=within, field=field, value=value))})
            with suppress(GateError):
                found = cloud.poll(pinned)
                verdicts += [judge(found, Policy()).decision] if found and not is_different_task(found, pinned) else []

    assert Decision.PASSED not in verdicts
