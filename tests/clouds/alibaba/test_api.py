"""The calls to Security Center: one task is found and polled, and the result of each of its images is requested."""

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
from gate.policy import Decision, Policy, judge
from gate.scan import Counts, TaskState
from gate.simulator import Fault, Forbidden, Scenario, SimulatedTask, Simulator, Stage, alibaba
from tests.builders import NOW
from tests.clouds.builders import a_connection, newest_task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gate.clouds import Cloud
    from gate.scan import ScanTask
    from gate.simulator import Request
    from gate.simulator.cloud import NoTask
    from gate.simulator.task import IdForm
    from tests.builders import FakeTime

Document = dict[str, Any]
Rewrite: TypeAlias = "Callable[[Document], Document]"
LAST, RESULT = "GetLastOnceTaskInfo", "GetOnceTaskResultInfo"
LEAVES, IMAGES = "DescribeOnceTaskLeafRecordPage", "DescribeImageInstances"
OURS = SimulatedTask(id="ours", name="ours", started_ago=600)
RUNNING = (Stage(state="running", progress=40),)
COLLECTION = SimulatedTask(id="collection", name="assets", kind="assets_collection", started_ago=600, total=5)


def simulated(time: FakeTime, *tasks: SimulatedTask) -> Simulator:
    return Simulator(Scenario(name="own", summary="", expected_exit=0, tasks=tasks or (OURS,)), now=time.wall)


def connected(simulator: Simulator, time: FakeTime, *, timeout: float = 1800.0, **options: Any) -> Cloud:
    """The simulator's account; options are named with underscores."""
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
        for_cloud={name.replace("_", "-"): value for name, value in options.items()},
    )
    return PROVIDER.connect(connection)


def newest(simulator: Simulator, time: FakeTime, **options: Any) -> ScanTask:
    found = newest_task(connected(simulator, time, **options))
    assert found is not None, "there is no task"
    return found


def polled(simulator: Simulator, time: FakeTime, **options: Any) -> ScanTask:
    """The newest task after one poll; only the requests of that poll are kept."""
    cloud = connected(simulator, time, **options)
    pinned = newest_task(cloud)
    assert pinned is not None, "there is no task"
    simulator.requests.clear()
    found = cloud.poll(pinned)
    assert found is not None, "the task has disappeared"
    return found


def requests_of(simulator: Simulator, operation: str) -> list[Request]:
    return [request for request in simulator.requests if request.operation == operation]


def operations(simulator: Simulator) -> list[str]:
    return [request.operation for request in simulator.requests]


def query(request: Request) -> dict[str, str]:
    return {name: value for name, (value,) in request.query.items()}


def rewrite(simulator: Simulator, rewrites: Mapping[str, Iterable[Rewrite]]) -> None:
    """Has the simulator rewrite its responses to these operations, each with the next function."""
    remaining = {operation: iter(functions) for operation, functions in rewrites.items()}
    simulator.rewrite = lambda operation, document: (
        next(remaining[operation])(document) if operation in remaining else document
    )


def unchanged(document: Document) -> Document:
    return document


def with_result(result: object) -> Rewrite:
    """Has the task state this Result."""
    return lambda document: {**document, "TaskInfo": {**document["TaskInfo"], "Result": result}}


def no_rows(document: Document) -> Document:
    return with_rows(document, [])


def with_rows(document: Document, rows: list[Document]) -> Document:
    key = "OnceTasks" if "OnceTasks" in document else "ImageInstanceList"
    return {key: rows, "PageInfo": {"CurrentPage": 1, "Count": len(rows), "TotalCount": len(rows)}}


def recording(recorded: list[Document]) -> Rewrite:
    """Leaves the response unchanged, and records its rows."""

    def record(document: Document) -> Document:
        recorded.extend(document.get("OnceTasks") or document["ImageInstanceList"])
        return document

    return record


def is_pending(task: ScanTask) -> bool:
    return judge(task, Policy(max_failed=99, max_risky=99), now=NOW).reasons[0].code == "results-pending"


def test_the_newest_task_is_found_with_one_request(fake_time: FakeTime) -> None:
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
    ("options", "expected"),
    [
        ({}, {"TaskType": "IMAGE_SCAN", "TaskName": "IMAGE_SCAN"}),
        ({"task_type": "CLIENT_DEV_OPS"}, {"TaskType": "CLIENT_DEV_OPS", "TaskName": "CLIENT_DEV_OPS"}),
        ({"task_name": "VUL_CHECK_TASK"}, {"TaskType": "IMAGE_SCAN", "TaskName": "VUL_CHECK_TASK"}),
        ({"source": "openapi"}, {"TaskType": "IMAGE_SCAN", "TaskName": "IMAGE_SCAN", "Source": "openapi"}),
    ],
    ids=str,
)
def test_type_name_and_source_are_sent_as_the_options_say(
    fake_time: FakeTime, options: dict[str, Any], expected: dict[str, str]
) -> None:
    with simulated(fake_time) as simulator:
        newest_task(connected(simulator, fake_time, **options))

        assert [query(request) for request in simulator.requests] == [expected]


def test_only_a_task_from_the_source_is_found(fake_time: FakeTime) -> None:
    with simulated(fake_time, OURS, replace(OURS, id="api", task_type="openapi", started_ago=900)) as simulator:
        assert newest(simulator, fake_time, source="openapi").id == "api"


def test_a_task_is_explained_by_what_was_read_to_count_it(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        task = polled(simulator, fake_time)
        before = operations(simulator)

        assert connected(simulator, fake_time).explain(task) is task
        assert operations(simulator) == before


@pytest.mark.parametrize("no_task", ["result-code", "empty"])
def test_an_account_without_tasks_has_no_newest_task(fake_time: FakeTime, no_task: NoTask) -> None:
    with simulated(fake_time, COLLECTION) as simulator:
        simulator.no_task = no_task
        cloud = connected(simulator, fake_time)

        assert newest_task(cloud) is None
        assert cloud.task_by_id("ours") is None


def test_a_scan_of_images_in_an_unsupported_region_has_failed(fake_time: FakeTime) -> None:
    with simulated(fake_time, replace(OURS, unsupported=True)) as simulator:
        found = newest(simulator, fake_time)

    assert (found.state, found.is_final) == (TaskState.FAILED, True)


def test_a_task_is_found_by_its_id_with_one_request_and_without_counts(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        found = connected(simulator, fake_time).task_by_id("ours")

        assert found is not None
        assert (found.id, found.state, found.results_pending) == ("ours", TaskState.COMPLETE, None)
        assert [query(request) for request in requests_of(simulator, RESULT)] == [
            {"TaskId": "ours", "TaskType": "IMAGE_SCAN", "TaskName": "IMAGE_SCAN"}
        ]
        assert len(simulator.requests) == 1


def test_an_unknown_id_finds_no_task(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        assert connected(simulator, fake_time).task_by_id("theirs") is None


@pytest.mark.parametrize("task_id", ["0", "000", " "])
def test_a_value_that_stands_for_no_id_is_not_requested(fake_time: FakeTime, task_id: str) -> None:
    with simulated(fake_time) as simulator:
        assert connected(simulator, fake_time).task_by_id(task_id) is None
        assert simulator.requests == []


@pytest.mark.parametrize("id_form", ["zero", "empty", "absent"])
def test_an_image_scan_without_an_id_cannot_be_polled(fake_time: FakeTime, id_form: IdForm) -> None:
    with simulated(fake_time, replace(OURS, id_form=id_form)) as simulator:
        assert newest(simulator, fake_time).id == ""


@pytest.mark.parametrize("id_form", ["text", "number"])
def test_a_task_is_polled_and_counted_by_an_id_that_is_a_string_or_a_number(
    fake_time: FakeTime, id_form: IdForm
) -> None:
    with simulated(fake_time, replace(OURS, id_form=id_form)) as simulator:
        found = polled(simulator, fake_time)
        ids = {query(request)["TaskId"] for request in simulator.requests if "TaskId" in request.query}

    assert found.counts == Counts(total=3, succeeded=3, failed=0, risky=0)
    assert found.id == ("ours" if id_form == "text" else str(crc32(b"ours")))
    assert ids == {found.id}


def test_a_running_task_is_polled_with_one_request(fake_time: FakeTime) -> None:
    with simulated(fake_time, replace(OURS, stages=RUNNING)) as simulator:
        found = polled(simulator, fake_time)

        assert (found.state, found.counts, found.results_pending) == (TaskState.RUNNING, Counts(total=3), 0)
        assert operations(simulator) == [RESULT]


def test_only_where_a_task_has_stated_a_result_that_is_no_success_it_is_asked_for_another_one(
    fake_time: FakeTime,
) -> None:
    with simulated(fake_time) as simulator:
        rewrite(simulator, {LAST: [with_result("NEW"), with_result(None), with_result("SUCCESS")]})
        cloud = connected(simulator, fake_time)
        pinned = newest_task(cloud)
        assert pinned is not None
        states = [task.state for task in map(cloud.poll, [pinned] * 3) if task]

    assert states == [TaskState.UNKNOWN, TaskState.COMPLETE, TaskState.COMPLETE]
    assert [name for name in operations(simulator) if name in {LAST, RESULT}] == [
        LAST,
        LAST,
        RESULT,
        LAST,
        RESULT,
        RESULT,
    ]


def test_a_newer_task_never_replaces_the_one_that_was_found(fake_time: FakeTime) -> None:
    with simulated(fake_time, OURS) as simulator:
        cloud = connected(simulator, fake_time)
        pinned = newest_task(cloud)
        assert pinned is not None
        simulator.tasks.append(replace(OURS, id="theirs", started_ago=1, risky=3))
        found = cloud.poll(pinned)

        assert newest(simulator, fake_time).id == "theirs"
        assert found is not None
        assert (found.id, found.counts.risky) == ("ours", 0)


def test_a_requested_task_keeps_its_id_if_the_response_has_none(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        rewrite(simulator, {RESULT: [lambda document: {**document, "TaskId": None}]})
        found = connected(simulator, fake_time).task_by_id("ours")

    assert found is not None
    assert found.id == "ours"


def test_another_task_instead_of_the_requested_one_is_not_understood(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        rewrite(simulator, {RESULT: [lambda document: {**document, "TaskId": "theirs"}]})
        with pytest.raises(NotUnderstood, match="about another scan task"):
            connected(simulator, fake_time).task_by_id("ours")


def test_another_task_in_the_response_to_a_poll_is_not_understood(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        rewrite(simulator, {RESULT: [lambda document: {**document, "TaskId": "theirs"}]})
        with pytest.raises(NotUnderstood, match="about another scan task"):
            polled(simulator, fake_time)


@pytest.mark.parametrize(
    "moved", [{"CollectTime": 1_769_860_000_000}, {"CollectTime": 0}, {"CollectTime": "now"}], ids=str
)
def test_a_task_whose_start_time_changes_is_a_different_task(fake_time: FakeTime, moved: Document) -> None:
    with simulated(fake_time) as simulator:
        rewrite(simulator, {RESULT: [lambda document: {**document, **moved}]})
        pinned, found = newest(simulator, fake_time), polled(simulator, fake_time)

    assert found.started_at != pinned.started_at


def test_a_task_that_has_disappeared_is_none(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        cloud = connected(simulator, fake_time)
        pinned = newest_task(cloud)
        assert pinned is not None
        simulator.tasks.clear()

        assert cloud.poll(pinned) is None


def test_a_complete_task_is_counted_by_its_leaf_records_and_their_images(fake_time: FakeTime) -> None:
    with simulated(fake_time, replace(OURS, total=10, failed=3, without_result=1, risky=2)) as simulator:
        found = polled(simulator, fake_time)

        assert (found.counts, found.results_pending) == (Counts(total=10, succeeded=6, failed=4, risky=2), 0)
        assert sorted(failed.reason for failed in found.failed_images) == [
            *("FAIL", "START", "TASK_NOT_SUPPORT_REGION", "TIMEOUT")
        ]
        assert operations(simulator) == [RESULT, LEAVES, IMAGES]
        assert query(requests_of(simulator, LEAVES)[0]) == {
            "TaskType": "IMAGE_SCAN",
            "TaskId": "ours",
            "RelateInfo": "true",
            "CurrentPage": "1",
            "PageSize": "100",
        }


def test_images_are_requested_by_their_digests_in_both_spellings(fake_time: FakeTime) -> None:
    with simulated(fake_time, replace(OURS, total=3, failed=1)) as simulator:
        found = polled(simulator, fake_time)
        (request,) = requests_of(simulator, IMAGES)
    parameters = query(request)
    criteria = json.loads(parameters.pop("Criteria"))

    digests = {criterion["value"].removeprefix("sha256:") for criterion in criteria}
    assert parameters == {"LogicalExp": "OR", "CurrentPage": "1", "PageSize": "100"}
    assert {(criterion["name"], criterion["logicalExp"]) for criterion in criteria} == {("digest", "OR")}
    assert sorted(criterion["value"] for criterion in criteria) == sorted(
        [*digests, *(f"sha256:{digest}" for digest in digests)]
    )
    assert len(digests) == 2
    assert found.failed_images[0].image.digest not in digests


def test_an_image_without_a_digest_is_not_requested(fake_time: FakeTime) -> None:
    def without_a_digest(document: Document) -> Document:
        return with_rows(document, [{**document["OnceTasks"][-1], "Target": "", "TaskImageInfo": {}}])

    with simulated(fake_time, replace(OURS, total=1)) as simulator:
        rewrite(simulator, {LEAVES: repeat(without_a_digest)})
        found = polled(simulator, fake_time)

    assert operations(simulator) == [RESULT, LEAVES]
    assert found.counts.risky is None


@pytest.mark.parametrize("length", [10, 900_000])
def test_the_images_of_a_task_count_for_the_memory_that_their_results_may_take(
    fake_time: FakeTime, length: int
) -> None:
    def of_this_length(document: Document) -> Document:
        leaf = document["OnceTasks"][-1]
        rows = [
            {**leaf, "Target": f"{number}" * 64, "TaskImageInfo": {"RepoName": "x" * length}} for number in range(9)
        ]
        return with_rows(document, rows)

    with simulated(fake_time, replace(OURS, total=1)) as simulator:
        large: Document = {"Details": [[]] * 350_000}
        rewrite(simulator, {LEAVES: [of_this_length], IMAGES: repeat(lambda document: {**document, **large})})
        if length == 10:
            assert polled(simulator, fake_time).counts.succeeded == 9
            return
        with pytest.raises(NotUnderstood, match="could take more than 80 MB"):
            polled(simulator, fake_time)


def test_every_request_accepts_json(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        polled(simulator, fake_time)

    assert [request.headers["Accept"] for request in simulator.requests] == ["application/json"] * 3


def test_the_criteria_in_the_url_have_no_white_space(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        polled(simulator, fake_time)
        (request,) = requests_of(simulator, IMAGES)

    assert " " not in query(request)["Criteria"]


@pytest.mark.parametrize(("images", "expected"), [(1, [1]), (20, [20]), (21, [20, 1]), (45, [20, 20, 5])])
def test_one_request_has_up_to_twenty_images_and_its_url_stays_short(
    fake_time: FakeTime, images: int, expected: list[int]
) -> None:
    with simulated(fake_time, replace(OURS, total=images)) as simulator:
        simulator.page_cap = 100
        found = polled(simulator, fake_time)
        requests = requests_of(simulator, IMAGES)

    batches = [
        {criterion["value"][-64:] for criterion in json.loads(query(request)["Criteria"])} for request in requests
    ]
    assert [len(batch) for batch in batches] == expected
    assert len(frozenset[str]().union(*batches)) == images
    assert all(len(urlencode(query(request))) < 8000 for request in requests)
    assert (found.counts.total, found.results_pending) == (images, 0)


@pytest.mark.parametrize("page_cap", [1, 2, 7, 100])
def test_pages_may_be_shorter_than_requested(fake_time: FakeTime, page_cap: int) -> None:
    """Failed images come last: a client that reads only one page misses them."""
    with simulated(fake_time, replace(OURS, total=9, failed=2, risky=1)) as simulator:
        simulator.page_cap = page_cap
        found = polled(simulator, fake_time)
        numbers = [int(query(request)["CurrentPage"]) for request in requests_of(simulator, LEAVES)]

    assert found.counts == Counts(total=9, succeeded=7, failed=2, risky=1)
    # One more for the leaf record of the repository.
    assert numbers == [*range(1, -(-10 // page_cap) + 1)]


def test_without_images_none_are_requested(fake_time: FakeTime) -> None:
    with simulated(fake_time, replace(OURS, total=0)) as simulator:
        found = polled(simulator, fake_time)

        assert (found.counts.total, found.results_pending) == (0, 0)
        assert operations(simulator) == [RESULT, LEAVES]


def test_tags_of_an_image_with_the_same_uuid_are_read(fake_time: FakeTime) -> None:
    """Whether each tag has its own Uuid is not documented."""

    def shared(document: Document) -> Document:
        rows = [{**row, "Uuid": row["Uuid"].rpartition("-")[0]} for row in document["ImageInstanceList"]]
        return {**document, "ImageInstanceList": rows}

    with simulated(fake_time, replace(OURS, risky=1)) as simulator:
        rewrite(simulator, {IMAGES: repeat(shared)})

        assert polled(simulator, fake_time).counts.risky == 1


@pytest.mark.parametrize("scanned_before", [True, False], ids=["scanned-before", "never-scanned"])
def test_results_of_an_earlier_scan_do_not_count(fake_time: FakeTime, *, scanned_before: bool) -> None:
    """The results of the earlier scan are the opposite of those of this scan."""
    task = replace(OURS, total=4, risky=1, failed=1, results_lag=600, scanned_before=scanned_before)
    with simulated(fake_time, task) as simulator:
        cloud = connected(simulator, fake_time)
        pinned = newest_task(cloud)
        assert pinned is not None
        early = cloud.poll(pinned)
        fake_time.sleep(600)
        late = cloud.poll(pinned)

    assert early is not None
    assert (early.results_pending, early.counts.risky, early.is_final) == (3, None, False)
    assert late is not None
    assert (late.results_pending, late.counts.risky, late.is_final) == (0, 1, True)


@pytest.mark.parametrize(("ahead", "results_pending"), [(0, 0), (900, 0), (901, 3)])
def test_a_scan_time_may_be_ahead_by_the_clock_tolerance_and_no_more(
    fake_time: FakeTime, ahead: int, results_pending: int
) -> None:
    """A scan time further in the future is invalid."""
    scanned_at = round((fake_time.wall() + ahead) * 1000)

    def moved(document: Document) -> Document:
        return changed(document, "ImageInstanceList", "LastScanTime", scanned_at)

    with simulated(fake_time) as simulator:
        rewrite(simulator, {IMAGES: repeat(moved)})

        assert polled(simulator, fake_time).results_pending == results_pending


@pytest.mark.parametrize(("left", "results_pending"), [(0, 3), (1, 3), (2, 2), (3, 1)])
def test_leaf_records_that_are_missing_are_pending(fake_time: FakeTime, left: int, results_pending: int) -> None:
    """The first record is that of the repository and counts for no image."""
    with simulated(fake_time) as simulator:
        rewrite(simulator, {LEAVES: repeat(lambda document: with_rows(document, document["OnceTasks"][:left]))})
        found = polled(simulator, fake_time)

    assert (found.results_pending, is_pending(found)) == (results_pending, True)


REPOSITORY, ONE, TWO = (
    {"TaskId": "r", "Target": "crr-1", "TargetType": "IMAGE_REPO", "StatusText": "SUCCESS"},
    {"TaskId": "1", "Target": "a" * 64, "TargetType": "IMAGE", "StatusText": "SUCCESS"},
    {"TaskId": "2", "Target": "b" * 64, "TargetType": "IMAGE", "StatusText": "SUCCESS"},
)
OTHER = {**TWO, "Target": "c" * 64}
UNNAMED = {**TWO, "Target": None}
FAILED = {**REPOSITORY, "StatusText": "FAIL"}


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        ([REPOSITORY, ONE, TWO], [REPOSITORY, ONE, OTHER], 1),
        ([ONE, TWO], [OTHER, UNNAMED], 2),
        ([ONE, TWO], [ONE, UNNAMED], 1),
        ([ONE, {**TWO, "StatusText": "START"}], [ONE, OTHER], 1),
        ([FAILED, ONE], [ONE, TWO], 1),
        ([FAILED, ONE], [REPOSITORY, ONE, TWO], 0),
        ([REPOSITORY, ONE], [ONE, TWO], 0),
        ([ONE, UNNAMED], [ONE, TWO], 0),
        ([ONE], [REPOSITORY, OTHER, TWO, ONE], 0),
        ([ONE, TWO], [{**TWO, "Target": f"sha256:{'B' * 64}"}, {**ONE, "StatusText": "FAIL", "TaskId": "9"}], 0),
        ([ONE, TWO], [{**ONE, "TaskImageInfo": {"Tag": "2.0"}}, {"TaskImageInfo": {"Digest": "b" * 64}}], 0),
    ],
    ids=[
        "replaced",
        "all-replaced",
        "no-longer-named",
        "replaced-while-its-scan-ran",
        "failed-repository-gone",
        "failed-repository-now-succeeded",
        "succeeded-repository-gone",
        "newly-named",
        "more-than-before",
        "digest-in-another-spelling",
        "other-details",
    ],
)
def test_images_that_are_no_longer_listed_are_lost_even_if_others_are_new(
    before: list[Document], after: list[Document], lost: int, fake_time: FakeTime
) -> None:
    with simulated(fake_time, replace(OURS, total=2)) as simulator:
        rewrite(simulator, {LEAVES: iter([partial(with_rows, rows=before), *[partial(with_rows, rows=after)] * 2])})
        cloud, pinned = connected(simulator, fake_time), newest(simulator, fake_time)
        polls = [cloud.poll(pinned) for _ in range(3)]

    assert [poll and poll.lost_images for poll in polls] == [0, lost, lost]


def test_an_image_that_is_listed_again_is_not_lost(fake_time: FakeTime) -> None:
    with simulated(fake_time, replace(OURS, total=2)) as simulator:
        lists = ([ONE, TWO], [ONE, OTHER], [ONE, OTHER, TWO])
        rewrite(simulator, {LEAVES: (partial(with_rows, rows=rows) for rows in lists)})
        cloud, pinned = connected(simulator, fake_time), newest(simulator, fake_time)
        polls = [cloud.poll(pinned) for _ in lists]

    assert [poll and poll.lost_images for poll in polls] == [0, 1, 0]


def test_an_image_that_moves_to_another_page_is_not_lost(fake_time: FakeTime) -> None:
    """Even if it moves while the list is read: then the list is read again."""

    def page(number: int, *rows: Document) -> Rewrite:
        return lambda _: {"OnceTasks": [*rows], "PageInfo": {"CurrentPage": number, "TotalCount": 4}}

    whole = [page(1, REPOSITORY, ONE), page(2, TWO, OTHER)]
    moved = [page(1, OTHER, TWO), page(2, ONE, REPOSITORY)]
    inconsistent = [page(1, REPOSITORY, ONE), page(2, ONE, TWO)]
    with simulated(fake_time) as simulator:
        rewrite(simulator, {LEAVES: [*whole, *moved, *inconsistent, *whole]})
        cloud, pinned = connected(simulator, fake_time), newest(simulator, fake_time)
        polls = [cloud.poll(pinned) for _ in range(3)]

    assert [poll and poll.lost_images for poll in polls] == [0, 0, 0]
    assert len(requests_of(simulator, LEAVES)) == 8


def test_an_image_of_one_task_is_not_lost_in_another_task(fake_time: FakeTime) -> None:
    theirs = replace(OURS, id="theirs", name="theirs", started_ago=700)
    with simulated(fake_time, OURS, theirs) as simulator:
        rewrite(simulator, {LEAVES: (partial(with_rows, rows=[row]) for row in (ONE, TWO))})
        cloud = connected(simulator, fake_time)
        polls = [cloud.poll(task) for task in (cloud.task_by_id("ours"), cloud.task_by_id("theirs")) if task]

    assert [poll and (poll.id, poll.lost_images) for poll in polls] == [("ours", 0), ("theirs", 0)]


def test_a_poll_without_time_for_all_its_requests_raises_deadline_exceeded(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        cloud = connected(simulator, fake_time, timeout=0.0)
        pinned = cloud.task_by_id("ours")
        assert pinned is not None
        with pytest.raises(DeadlineExceeded):
            cloud.poll(pinned)


@pytest.mark.parametrize(
    "other",
    [{"TaskImageInfo": {"Tag": "another"}}, {"Target": "another"}, {"TargetType": None}, {"TaskId": None}],
    ids=repr,
)
def test_leaf_records_that_differ_in_more_than_times_are_not_duplicates(other: Document, fake_time: FakeTime) -> None:
    def with_another(document: Document) -> Document:
        last = document["OnceTasks"][-1]
        return with_rows(document, [last, {**last, **other}])

    with simulated(fake_time, replace(OURS, total=2)) as simulator:
        rewrite(simulator, {LEAVES: repeat(with_another)})

        assert polled(simulator, fake_time).counts.succeeded == 2


def test_a_repeated_leaf_record_does_not_make_up_for_a_missing_one(fake_time: FakeTime) -> None:
    """Even if the times in it have changed."""

    def twice(document: Document) -> Document:
        first, *_, last = document["OnceTasks"]
        changed_times = {**last, "TaskImageInfo": {**last["TaskImageInfo"], "CostTimeInfo": "{}"}}
        return with_rows(document, [first, last, last | changed_times])

    with simulated(fake_time) as simulator:
        rewrite(simulator, {LEAVES: repeat(twice)})
        with pytest.raises(NotUnderstood, match="scan task's images does not end where its total says"):
            polled(simulator, fake_time)


def test_a_repeated_image_does_not_make_up_for_a_missing_one(fake_time: FakeTime) -> None:
    def twice(document: Document) -> Document:
        row = document["ImageInstanceList"][0]
        return with_rows(document, [row, {**row, "RiskStatus": "YES"}])

    with simulated(fake_time) as simulator:
        rewrite(simulator, {IMAGES: repeat(twice)})
        with pytest.raises(NotUnderstood, match="list of images does not end where its total says"):
            polled(simulator, fake_time)


def test_a_complete_task_found_by_its_id_is_counted_without_a_second_request_for_it(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        cloud = connected(simulator, fake_time)
        found = cloud.task_by_id("ours")
        assert found is not None
        polls = [cloud.poll(found) for _ in range(2)]

        assert operations(simulator) == [RESULT, LEAVES, IMAGES, RESULT, LEAVES, IMAGES]
    assert [poll and poll.counts.succeeded for poll in polls] == [3, 3]


def test_a_running_task_found_by_its_id_is_requested_again(fake_time: FakeTime) -> None:
    with simulated(fake_time, replace(OURS, stages=RUNNING)) as simulator:
        cloud = connected(simulator, fake_time)
        found = cloud.task_by_id("ours")
        assert found is not None
        cloud.poll(found)

        assert operations(simulator) == [RESULT, RESULT]


@pytest.mark.parametrize(
    "field", ["Uuid", "Digest", "Tag", "InstanceId", "RegionId", "RepoId", "RepoNamespace", "RepoName"]
)
def test_images_that_differ_in_one_identifying_field_are_not_duplicates(field: str, fake_time: FakeTime) -> None:
    def with_another(document: Document) -> Document:
        rows = document["ImageInstanceList"]
        return with_rows(document, [*rows, {**rows[-1], field: "another"}])

    with simulated(fake_time) as simulator:
        rewrite(simulator, {IMAGES: repeat(with_another)})

        assert polled(simulator, fake_time).counts.succeeded == 3


@pytest.mark.parametrize("operation", [LEAVES, IMAGES])
@pytest.mark.parametrize(
    "document",
    [{}, {"OnceTasks": None, "ImageInstanceList": None}, {"OnceTasks": [7], "ImageInstanceList": ["x"]}],
    ids=str,
)
def test_a_response_without_a_list_is_not_understood(fake_time: FakeTime, operation: str, document: Document) -> None:
    with simulated(fake_time) as simulator:
        rewrite(simulator, {operation: repeat(lambda _document: document)})
        with pytest.raises(NotUnderstood, match="has no list of"):
            polled(simulator, fake_time)


def test_leaf_records_of_all_tasks_are_not_taken_for_those_of_one(fake_time: FakeTime) -> None:
    """If the cloud ignored TaskId, it would list records that ran before the task, which count as failed.

    So does the record of their repository.
    """
    theirs = replace(OURS, id="theirs", started_ago=100)
    with simulated(fake_time, OURS, theirs) as simulator:
        cloud = connected(simulator, fake_time)
        known = [cloud.task_by_id("ours"), cloud.task_by_id("theirs")]
        recorded: list[Document] = []
        rewrite(simulator, {LEAVES: repeat(recording(recorded))})
        for task in known:
            assert task is not None
            cloud.poll(task)
        rewrite(simulator, {LEAVES: repeat(lambda document: with_rows(document, recorded))})
        found = polled(simulator, fake_time)

    assert (found.counts.total, found.counts.succeeded, found.counts.failed) == (6, 3, 4)
    assert judge(found, Policy(), now=NOW).exit_code == 1


def test_if_the_id_gives_no_leaf_records_they_are_not_searched_otherwise(fake_time: FakeTime) -> None:
    """Records that started since may belong to the scan of another pipeline."""
    theirs = replace(OURS, id="theirs", started_ago=9000)
    with simulated(fake_time, OURS, theirs) as simulator:
        rewrite(simulator, {LEAVES: [no_rows]})
        found = polled(simulator, fake_time)

        assert (found.results_pending, is_pending(found)) == (3, True)
        assert operations(simulator) == [RESULT, LEAVES]
        assert all(query(request)["TaskId"] == "ours" for request in requests_of(simulator, LEAVES))


@pytest.mark.parametrize(
    ("missing", "exit_code"), [({"TotalCount": None}, 7), ({"TotalCount": 0}, 7), ({"CollectTime": None}, 5)], ids=str
)
def test_leaf_records_are_waited_for_where_the_task_says_how_many_there_are(
    fake_time: FakeTime, missing: Document, exit_code: int
) -> None:
    with simulated(fake_time) as simulator:
        rewrite(simulator, {RESULT: [lambda document: {**document, **missing}], LEAVES: [no_rows]})
        found = polled(simulator, fake_time)

        assert operations(simulator) == [RESULT, LEAVES]
        assert judge(found, Policy(max_failed=99), now=NOW).exit_code == exit_code


@pytest.mark.parametrize("images", [3, 30])
def test_if_criteria_find_no_images_the_list_of_all_images_is_read(fake_time: FakeTime, images: int) -> None:
    with simulated(fake_time, replace(OURS, total=images, risky=2)) as simulator:
        batches = -(-images // 20)
        rewrite(simulator, {IMAGES: [*[no_rows] * batches, *[unchanged] * 9]})
        found = polled(simulator, fake_time)
        unfiltered = [query(request) for request in requests_of(simulator, IMAGES)][batches:]

    assert (found.counts.risky, found.results_pending) == (2, 0)
    assert unfiltered[0] == {"CurrentPage": "1", "PageSize": "100"}
    assert [page["CurrentPage"] for page in unfiltered] == [str(n + 1) for n in range(len(unfiltered))]
    assert len(unfiltered) > 1


def test_an_image_that_is_in_no_list_is_pending(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        rewrite(simulator, {IMAGES: repeat(no_rows)})
        found = polled(simulator, fake_time)

        assert (found.results_pending, is_pending(found)) == (3, True)
        assert len(requests_of(simulator, IMAGES)) == 2


def test_results_of_other_images_do_not_count(fake_time: FakeTime) -> None:
    def others(document: Document) -> Document:
        rows = [{**row, "Digest": row["Digest"][:-1] + "-"} for row in document["ImageInstanceList"]]
        return {**document, "ImageInstanceList": rows}

    with simulated(fake_time) as simulator:
        rewrite(simulator, {IMAGES: repeat(others)})

        assert polled(simulator, fake_time).results_pending == 3


def test_if_the_cloud_ignores_criteria_the_counts_are_still_right(fake_time: FakeTime) -> None:
    with simulated(fake_time, replace(OURS, total=25, risky=4)) as simulator:
        simulator.page_cap = 1000
        rows: list[Document] = []
        rewrite(simulator, {IMAGES: [no_rows, no_rows, recording(rows), recording(rows)]})
        polled(simulator, fake_time)
        rewrite(simulator, {IMAGES: repeat(lambda document: with_rows(document, rows))})
        found = polled(simulator, fake_time)

        assert len(rows) == 158
        assert (found.counts.risky, found.results_pending) == (4, 0)
        assert len(requests_of(simulator, IMAGES)) == 2


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        (LAST, "yundun-aegis:GetLastOnceTaskInfo"),
        (RESULT, "yundun-aegis:GetOnceTaskResultInfo"),
        (LEAVES, "yundun-sas:DescribeOnceTaskLeafRecordPage"),
        (IMAGES, "yundun-sas:DescribeImageInstances"),
    ],
)
def test_a_forbidden_operation_is_an_error_that_names_the_permission(
    fake_time: FakeTime, operation: str, action: str
) -> None:
    with simulated(fake_time) as simulator:
        simulator.faults.append(Fault(operation=operation, response=Forbidden()))
        with pytest.raises(NotAuthorised, match=f"Allow {action};"):
            polled(simulator, fake_time)


def test_an_error_beside_an_empty_list_is_an_error(fake_time: FakeTime) -> None:
    with simulated(fake_time) as simulator:
        rewrite(simulator, {LEAVES: repeat(lambda document: {**no_rows(document), "Code": "NoPermission"})})
        with pytest.raises(NotAuthorised):
            polled(simulator, fake_time)


def test_a_page_with_a_transient_error_is_requested_again(fake_time: FakeTime) -> None:
    with simulated(fake_time, replace(OURS, total=9)) as simulator:
        simulator.page_cap = 5
        simulator.faults.append(
            Fault(requests=frozenset({2}), operation=LEAVES, response=alibaba.error_response("ServiceUnavailable"))
        )
        found = polled(simulator, fake_time)
        numbers = [query(request)["CurrentPage"] for request in requests_of(simulator, LEAVES)]

    assert found.counts.total == 9
    assert numbers == ["1", "2", "2"]


@pytest.mark.parametrize("task_type", [task_type for task_type in TASK_TYPES if task_type != "IMAGE_SCAN"])
@pytest.mark.parametrize("id_form", ["text", "zero"])
def test_another_type_of_task_is_judged_by_its_own_response(
    fake_time: FakeTime, task_type: str, id_form: IdForm
) -> None:
    kind: Any = task_type.lower()
    task = replace(COLLECTION, kind=kind, id_form=id_form, failed=2)
    with simulated(fake_time, task) as simulator:
        found = polled(simulator, fake_time, task_type=task_type)

        assert (found.risk_applies, found.is_final) == (False, True)
        assert found.counts == Counts(total=5, succeeded=3, failed=2)
        assert operations(simulator) == [RESULT if id_form == "text" else LAST]


@pytest.mark.parametrize("id_form", ["zero", "empty", "absent"])
def test_a_task_without_an_id_is_polled_by_its_start_time(fake_time: FakeTime, id_form: IdForm) -> None:
    started_ms = round((fake_time.wall() - 600) * 1000)
    stages = (Stage(state="running", progress=50, polls=1), Stage(state="complete"))
    with simulated(fake_time, replace(COLLECTION, id_form=id_form, stages=stages)) as simulator:
        cloud = connected(simulator, fake_time, task_type="ASSETS_COLLECTION")
        pinned = newest_task(cloud)
        assert pinned is not None
        found = cloud.poll(pinned)
        by_id = cloud.task_by_id(f"collected-at-{started_ms}")

    assert (pinned.id, pinned.state) == (f"collected-at-{started_ms}", TaskState.RUNNING)
    assert found is not None
    assert (found.id, found.state) == (pinned.id, TaskState.COMPLETE)
    assert by_id == found


def test_a_task_without_an_id_that_is_no_longer_the_newest_is_none(fake_time: FakeTime) -> None:
    with simulated(fake_time, replace(COLLECTION, id_form="zero")) as simulator:
        cloud = connected(simulator, fake_time, task_type="ASSETS_COLLECTION")
        pinned = newest_task(cloud)
        assert pinned is not None
        simulator.tasks.append(replace(COLLECTION, id="theirs", id_form="zero", started_ago=1))

        assert cloud.poll(pinned) is None
        simulator.tasks.clear()
        assert cloud.poll(pinned) is None


def test_an_image_scan_cannot_be_requested_by_its_start_time(fake_time: FakeTime) -> None:
    started_ms = round((fake_time.wall() - 600) * 1000)
    with simulated(fake_time, replace(OURS, id_form="zero")) as simulator:
        assert connected(simulator, fake_time).task_by_id(f"collected-at-{started_ms}") is None


ABSENT = object()
VALUES: list[object] = [
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
    """The document with this value in a field of its own, or of the object or all rows in its field `within`."""
    if within:
        content = document[within]
        inner = (
            [changed(row, "", field, value) for row in content]
            if isinstance(content, list)
            else changed(content, "", field, value)
        )
        return {**document, within: inner}
    kept = {name: old for name, old in document.items() if name != field}
    return kept if value is ABSENT else {**kept, field: value}


@pytest.mark.divided
@pytest.mark.parametrize(("operation", "within", "field"), PLACES, ids=map(" ".join, PLACES))
@pytest.mark.parametrize(
    "task",
    [replace(OURS, risky=3), replace(OURS, failed=1), replace(OURS, risky=3, results_lag=9999)],
    ids=["risky", "failed", "lagging"],
)
def test_a_task_that_must_not_pass_never_passes_whatever_the_value_of_one_field(
    fake_time: FakeTime, task: SimulatedTask, operation: str, within: str, field: str
) -> None:
    """And the only exceptions are errors of the gate."""
    verdicts: list[Decision] = []
    with simulated(fake_time, task) as simulator:
        pinned = newest(simulator, fake_time)
        cloud = connected(simulator, fake_time)
        for value in VALUES:
            rewrite(simulator, {operation: repeat(partial(changed, within=within, field=field, value=value))})
            with suppress(GateError):
                found = cloud.poll(pinned)
                verdicts += (
                    [judge(found, Policy(), now=NOW).decision]
                    if found and found.started_at == pinned.started_at
                    else []
                )

    assert Decision.PASSED not in verdicts
