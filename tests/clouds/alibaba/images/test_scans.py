"""Following the scans that a run has started: their own records and later results decide, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import NotUnderstood, ScanTooLarge
from gate.finding import FindingPolicy
from gate.image import ImageState, ScannedImage, Severity
from gate.images.check import check_images
from gate.outcome import EventKind
from gate.policy import CLOCK_TOLERANCE, Policy
from tests.builders import NOW
from tests.clouds.alibaba.images.builders import DIGEST, a_digest, a_row, an_image, in_ms
from tests.clouds.alibaba.images.scripted import TAG, a_registry, a_tag, created, images, leaves
from tests.clouds.builders import events_of_kind
from tests.images.scripted import a_poller

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from gate.clouds import Connection, ImageScans
    from gate.image import ImageRef
    from tests.builders import FakeTime
    from tests.clouds.alibaba.images.scripted import Answer, Document, ScriptedCloud

LIST, LEAVES, RESULT = "DescribeImageInstances", "DescribeOnceTaskLeafRecordPage", "GetOnceTaskResultInfo"
CREATE, SYNC, CANCEL = "PublicCreateImageScanTask", "PublicSyncAndCreateImageScanTask", "CancelOnceTask"
BEFORE, MINUTE = NOW - timedelta(hours=1), timedelta(minutes=1)
AFTER = NOW + 2 * MINUTE
"""The end of the scan that the run has started; the task started at NOW."""
LATEST, NUMBERS = "DescribeImageLatestScanTask", "DescribeUuidVulNumClassifyStatistic"
TASK, SECOND = "a" * 32, "b" * 32
OTHER = a_digest(2)


def a_task(status: str = "SUCCESS", task_id: str = TASK, total: int | None = 1, at: datetime | None = NOW) -> Document:
    return {
        "TaskId": task_id,
        "CollectTime": in_ms(at) if at else None,
        "TotalCount": total,
        "TaskInfo": {"Status": status},
    }


def a_leaf(digest: str = DIGEST, **fields: Any) -> Document:
    leaf = {
        "TaskId": "part",
        "TaskType": "IMAGE_SCAN",
        "TargetType": "IMAGE",
        "Target": digest,
        "StatusText": "SUCCESS",
        "StartTime": in_ms(NOW + MINUTE),
        "EndTime": in_ms(AFTER),
        "TaskImageInfo": {"Digest": f"sha256:{digest}", "RepoName": "api", "Tag": "1.0"},
        **fields,
    }
    return {name: value for name, value in leaf.items() if value is not None}


def before(*digests: str) -> Document:
    return images(*(a_row(digest, LastScanTime=in_ms(BEFORE)) for digest in digests))


def after(*digests: str, **fields: Any) -> Document:
    return images(*(a_row(digest, **{"LastScanTime": in_ms(AFTER), **fields}) for digest in digests))


def a_cloud(*digests: str) -> ScriptedCloud:
    """A cloud in which these images have an old result, and get a new one at once when they are scanned."""
    cloud = a_registry()
    cloud.on(LIST, before(*(digests or (DIGEST,))), after(*(digests or (DIGEST,))))
    cloud.on(CREATE, created(TASK), created(SECOND))
    cloud.on(RESULT, a_task())
    cloud.on(LEAVES, leaves(*map(a_leaf, digests or (DIGEST,))))
    return cloud


def started(
    cloud: ScriptedCloud, time: FakeTime, *wanted: ImageRef, also: tuple[ImageRef, ...] = ()
) -> tuple[ImageScans, Connection]:
    """Starts the scan of these images, after a look at them and at others; keeps the requests from then on."""
    scans, connection = cloud.connect(time)
    wanted = wanted or (an_image(),)
    seen = scans.look([*wanted, *also])[: len(wanted)]
    scans.start(seen)
    cloud.asked.clear()
    time.elapsed += 180
    return scans, connection


def state_after(cloud: ScriptedCloud, time: FakeTime, looks: int = 1) -> ScannedImage:
    scans, _ = started(cloud, time)
    for _ in range(looks - 1):
        scans.look([an_image()])
    (seen,) = scans.look([an_image()])
    return seen


# The tasks.


def test_while_a_scan_goes_on_a_look_is_one_request_per_task(fake_time: FakeTime) -> None:
    cloud = a_cloud(DIGEST, OTHER)
    cloud.on(LIST, before(DIGEST))
    cloud.on("GetRepoTag", {"Status": "NORMAL", "Digest": OTHER})
    cloud.on(CREATE, created(TASK))
    cloud.on(SYNC, created(SECOND))
    cloud.on(RESULT, lambda query: a_task("START" if query["TaskId"] == TASK else "INIT", query["TaskId"]))
    scans, _ = started(cloud, fake_time, an_image(), an_image(OTHER, tag="2"))
    seen = scans.look([an_image(), an_image(OTHER, tag="2")])

    assert [(image.state, image.raw_state) for image in seen] == [(ImageState.SCANNING, "START, INIT")] * 2
    assert [(one.operation, one.query) for one in cloud.asked] == [
        (RESULT, {"TaskId": task_id, "TaskType": "IMAGE_SCAN", "TaskName": "IMAGE_SCAN"}) for task_id in (TASK, SECOND)
    ]


def test_a_task_that_is_over_is_not_asked_for_again_while_another_one_goes_on(fake_time: FakeTime) -> None:
    cloud = a_cloud(DIGEST, OTHER)
    cloud.on(LIST, before(DIGEST))
    cloud.on("GetRepoTag", {"Status": "NORMAL", "Digest": OTHER})
    cloud.on(SYNC, created(SECOND))
    cloud.on(RESULT, lambda query: a_task("SUCCESS" if query["TaskId"] == TASK else "START", query["TaskId"]))
    wanted = an_image(), an_image(OTHER, tag="2")
    scans, _ = started(cloud, fake_time, *wanted)
    for _ in range(2):
        assert {image.state for image in scans.look(wanted)} == {ImageState.SCANNING}

    assert [query["TaskId"] for query in cloud.queries(RESULT)] == [TASK, SECOND, SECOND]
    assert set(cloud.operations) == {RESULT}


def test_an_image_that_was_not_started_stays_as_it_was_seen_while_the_others_are_scanned(fake_time: FakeTime) -> None:
    cloud = a_cloud(DIGEST, OTHER)
    cloud.on(RESULT, a_task("START"))
    fresh = an_image(OTHER)
    scans, _ = started(cloud, fake_time, also=(fresh,))
    first, second = scans.look([an_image(), fresh])

    assert first.state is ImageState.SCANNING
    assert (second.image, second.state, second.scanned_at) == (fresh, ImageState.SCANNED, BEFORE)


def test_an_image_that_was_never_seen_is_missing_meanwhile(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    cloud.on(RESULT, a_task("START"))
    scans, _ = started(cloud, fake_time)

    assert scans.look([an_image(OTHER)])[0].state is ImageState.MISSING


@pytest.mark.parametrize(
    "task",
    [a_task("START"), a_task("INIT"), a_task("WHATEVER"), {}, {"TaskInfo": {"Result": "TASK_NOT_EXISTS"}}],
    ids=["running", "pending", "unknown", "not-there-yet", "said-not-to-exist"],
)
def test_only_a_task_that_says_so_is_over(fake_time: FakeTime, task: Document) -> None:
    cloud = a_cloud()
    cloud.on(RESULT, task)

    assert state_after(cloud, fake_time).state is ImageState.SCANNING
    assert set(cloud.operations) == {RESULT}


def test_an_answer_about_another_task_is_an_error(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    cloud.on(RESULT, a_task(task_id=SECOND))
    scans, _ = started(cloud, fake_time)
    with pytest.raises(NotUnderstood, match="another scan task"):
        scans.look([an_image()])


def test_a_task_that_states_too_many_images_only_later_is_cancelled_then(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    cloud.on(CREATE, created(TASK, total=0))
    cloud.on(RESULT, a_task("START", total=3))
    cloud.on(CANCEL, {})
    scans, _ = started(cloud, fake_time)
    with pytest.raises(ScanTooLarge, match="a scan of 3 images where 1 were asked for"):
        scans.look([an_image()])

    assert cloud.queries(CANCEL) == [{"TaskId": TASK}]


def test_the_first_number_of_images_that_a_task_states_counts(fake_time: FakeTime) -> None:
    """In the vendor's own sample the numbers of one task do not fit each other (alibaba-security-center.md 1.2)."""
    cloud = a_cloud()
    cloud.on(RESULT, a_task("START", total=44))

    assert state_after(cloud, fake_time).state is ImageState.SCANNING


# The result.


def test_a_scan_that_ended_well_has_the_result_that_is_later_than_before(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    cloud.on(LIST, before(DIGEST), after(DIGEST, RiskStatus="YES", VulCount=3))
    seen = state_after(cloud, fake_time)

    assert (seen.state, seen.scanned_at, seen.is_risky) == (ImageState.SCANNED, AFTER, True)
    assert cloud.operations == [RESULT, LEAVES, LIST]
    assert cloud.queries(LEAVES)[0]["TaskId"] == TASK


def test_records_are_read_once_and_rows_until_the_results_are_there(fake_time: FakeTime) -> None:
    """Results are one to five minutes late (alibaba-security-center.md 2.2)."""
    cloud = a_cloud()
    cloud.on(LIST, before(DIGEST), before(DIGEST), images(), after(DIGEST))
    scans, _ = started(cloud, fake_time)
    looks = [scans.look([an_image()])[0] for _ in range(3)]

    assert [seen.state for seen in looks] == [ImageState.SCANNING, ImageState.SCANNING, ImageState.SCANNED]
    assert [seen.raw_state for seen in looks] == [*["scanned, its result is not there yet"] * 2, "SUCCESS"]
    assert [cloud.operations.count(operation) for operation in (RESULT, LEAVES, LIST)] == [1, 1, 3]


@pytest.mark.parametrize(
    "row",
    [
        {"LastScanTime": in_ms(BEFORE)},
        {"LastScanTime": in_ms(BEFORE), "lastScanTime": in_ms(AFTER)},
        {"LastScanTime": in_ms(NOW - timedelta(seconds=1))},
        {"LastScanTime": in_ms(NOW + timedelta(days=1))},
        {"LastScanTime": in_ms(AFTER), "lastScanTime": in_ms(NOW + timedelta(days=1))},
        {"LastScanTime": None},
        {"LastScanTime": in_ms(AFTER), "ScaStatus": "CVE_ANALYZER"},
        {"LastScanTime": in_ms(AFTER), "ScaStatus": "FAIL"},
        {"LastScanTime": in_ms(AFTER), "ScaStatus": "DONE"},
        {"LastScanTime": in_ms(AFTER), "ScaStatus": None},
        {"LastScanTime": in_ms(AFTER), "ScaResult": "forbid_create_repeat_task"},
        {"LastScanTime": in_ms(AFTER), "Digest": OTHER},
    ],
    ids=[
        "old",
        "two-times",
        "before-the-task",
        "in-the-future",
        "one-in-the-future",
        "no-time",
        "scanned-once-more",
        "failed",
        "unknown-state",
        "no-state",
        "refused",
        "other-digest",
    ],
)
def test_a_row_without_a_result_of_this_scan_is_waited_for(fake_time: FakeTime, row: dict[str, Any]) -> None:
    cloud = a_cloud()
    cloud.on(LIST, before(DIGEST), images(a_row(**row)))

    assert state_after(cloud, fake_time).state is ImageState.SCANNING


def test_a_result_at_the_very_start_of_the_task_is_one_of_it(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    cloud.on(LIST, before(DIGEST), images(a_row(LastScanTime=in_ms(NOW))))

    assert state_after(cloud, fake_time).state is ImageState.SCANNED


def test_an_image_without_a_result_before_needs_one_of_the_time_since_the_start(fake_time: FakeTime) -> None:
    """Whether the row of a tag that has moved keeps the result of the image before is not documented."""
    cloud = a_cloud()
    cloud.on(LIST, images(a_row(ScaStatus=None, LastScanTime=None)), before(DIGEST), after(DIGEST))
    scans, _ = started(cloud, fake_time)

    looks = [scans.look([an_image()])[0] for _ in range(2)]
    assert [seen.state for seen in looks] == [ImageState.SCANNING, ImageState.SCANNED]


@pytest.mark.parametrize(
    ("time", "state"),
    [(NOW - 2 * MINUTE, ImageState.SCANNING), (NOW, ImageState.SCANNED)],
    ids=["before-it-was-asked-for", "since-then"],
)
def test_where_no_task_states_its_start_the_request_is_the_start(
    fake_time: FakeTime, time: datetime, state: ImageState
) -> None:
    cloud = a_cloud()
    cloud.on(RESULT, a_task(at=None))
    cloud.on(LIST, images(a_row(ScaStatus=None, LastScanTime=None)), images(a_row(LastScanTime=in_ms(time))))

    assert state_after(cloud, fake_time).state is state


@pytest.mark.parametrize(
    ("times", "state"),
    [
        ({"LastScanTime": in_ms(BEFORE), "lastScanTime": in_ms(NOW + CLOCK_TOLERANCE)}, ImageState.SCANNED),
        ({"LastScanTime": in_ms(BEFORE), "lastScanTime": in_ms(NOW + CLOCK_TOLERANCE) + 1}, ImageState.UNKNOWN),
        ({"LastScanTime": in_ms(NOW + CLOCK_TOLERANCE) + 1}, ImageState.SCANNED),
    ],
    ids=["not-in-the-future", "one-in-the-future", "only-one-time"],
)
def test_a_result_of_another_scan_has_no_second_time_in_the_future(
    fake_time: FakeTime, times: Document, state: ImageState
) -> None:
    """One that is the only time speaks against the whole result, as with a task."""
    cloud = a_registry()
    cloud.on(LIST, images(a_row(DIGEST, **times)))
    scans, _ = cloud.connect(fake_time)
    (seen,) = scans.look([an_image()])

    assert seen.state is state
    assert (seen.raw_state == "two scan times, one of them in the future") is (state is ImageState.UNKNOWN)


def test_where_no_task_states_its_start_no_record_of_it_can_be_older(fake_time: FakeTime) -> None:
    """The clock of this machine may be ahead, so that the records seem to be older than the request."""
    cloud = a_cloud()
    cloud.on(RESULT, a_task(at=None))
    cloud.on(LEAVES, leaves(a_leaf(StartTime=in_ms(NOW - 9 * MINUTE), EndTime=in_ms(NOW - 8 * MINUTE))))

    assert state_after(cloud, fake_time).state is ImageState.SCANNED


def test_a_result_under_one_tag_is_enough_and_a_risk_under_another_one_counts(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    old = a_row(LastScanTime=in_ms(BEFORE), Tag="old", RiskStatus="YES")
    cloud.on(LIST, before(DIGEST), images(a_row(LastScanTime=in_ms(AFTER)), old))
    seen = state_after(cloud, fake_time)

    assert (seen.state, seen.is_risky) == (ImageState.SCANNED, True)


def test_another_scan_under_another_tag_is_waited_for(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    cloud.on(LIST, before(DIGEST), images(a_row(LastScanTime=in_ms(AFTER)), a_row(Tag="2", ScaStatus="START")))

    assert state_after(cloud, fake_time).state is ImageState.SCANNING


# Its own records.


@pytest.mark.parametrize(
    ("leaf", "reason"),
    [
        ({"StatusText": "FAIL"}, "FAIL"),
        ({"StatusText": "TIMEOUT"}, "TIMEOUT"),
        ({"ResultInfo": "TASK_NOT_SUPPORT_REGION"}, "TASK_NOT_SUPPORT_REGION"),
        ({"StatusText": None}, "no state given"),
        ({"StatusText": ["INIT"]}, "['INIT']"),
        ({"Finish": 0}, "not finished"),
        ({"StartTime": in_ms(NOW - 2 * MINUTE)}, "it ran before the task started"),
        ({"StartTime": in_ms(BEFORE), "EndTime": in_ms(BEFORE)}, "it ran before the task started"),
    ],
    ids=str,
)
def test_an_image_whose_own_record_is_no_success_has_failed_whatever_its_row_says(
    fake_time: FakeTime, leaf: dict[str, Any], reason: str
) -> None:
    cloud = a_cloud()
    cloud.on(LEAVES, leaves(a_leaf(**leaf)))
    seen = state_after(cloud, fake_time)

    assert (seen.state, seen.reason) == (ImageState.FAILED, reason)
    assert seen.scanned_at == (BEFORE if leaf.get("EndTime") else AFTER)
    assert seen.is_risky is None


def test_a_failure_stays_one(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    cloud.on(LEAVES, leaves(a_leaf(StatusText="FAIL")))

    assert state_after(cloud, fake_time, looks=3).state is ImageState.FAILED
    assert cloud.operations.count(LEAVES) == 1


def test_an_image_that_failed_under_one_tag_has_failed(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    failed = a_leaf(TaskId="2", StatusText="FAIL", ResultInfo="no access", EndTime=None)
    cloud.on(LEAVES, leaves(a_leaf(), failed, {**failed, "TaskId": "3"}))
    seen = state_after(cloud, fake_time)

    assert (seen.state, seen.reason, seen.scanned_at) == (ImageState.FAILED, "FAIL, no access", None)


def test_an_image_whose_row_is_risky_is_so_also_if_its_scan_failed(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    cloud.on(LIST, before(DIGEST), after(DIGEST, RiskStatus="YES"))
    cloud.on(LEAVES, leaves(a_leaf(StatusText="FAIL")))

    assert state_after(cloud, fake_time).is_risky is True


@pytest.mark.parametrize("status", ["INIT", "START"])
def test_a_record_that_goes_on_is_read_again(fake_time: FakeTime, status: str) -> None:
    cloud = a_cloud()
    cloud.on(LEAVES, leaves(a_leaf(StatusText=status, EndTime=None)), leaves(a_leaf()))
    scans, _ = started(cloud, fake_time)

    assert [scans.look([an_image()])[0].state for _ in range(2)] == [ImageState.SCANNING, ImageState.SCANNED]


def test_a_record_with_an_end_in_the_future_is_read_again(fake_time: FakeTime) -> None:
    """The clock of this machine may be behind, so that it is no failure; nor is it plainly a success."""
    cloud = a_cloud()
    cloud.on(LEAVES, leaves(a_leaf(EndTime=in_ms(NOW + 60 * MINUTE))), leaves(a_leaf()))
    scans, _ = started(cloud, fake_time)

    assert [scans.look([an_image()])[0].state for _ in range(2)] == [ImageState.SCANNING, ImageState.SCANNED]


@pytest.mark.parametrize("status", ["TIMEOUT", "FAIL"])
def test_a_record_that_goes_on_when_its_task_ended_badly_has_failed(fake_time: FakeTime, status: str) -> None:
    cloud = a_cloud()
    cloud.on(RESULT, a_task(status))
    cloud.on(LEAVES, leaves(a_leaf(StatusText="START", EndTime=None)))
    seen = state_after(cloud, fake_time)

    assert (seen.state, seen.reason) == (ImageState.FAILED, "START")


@pytest.mark.parametrize(
    ("others", "state"),
    [([], ImageState.SCANNING), ([a_leaf(OTHER, StatusText="TIMEOUT")], ImageState.FAILED)],
    ids=["no-record-yet", "timed-out"],
)
def test_an_image_that_was_scanned_before_another_one_made_its_task_end_badly_has_its_result(
    fake_time: FakeTime, others: list[Document], state: ImageState
) -> None:
    cloud = a_cloud(DIGEST, OTHER)
    cloud.on(RESULT, a_task("TIMEOUT", total=2))
    cloud.on(LEAVES, leaves(a_leaf(), *others))
    wanted = an_image(), an_image(OTHER)
    scans, _ = started(cloud, fake_time, *wanted)

    assert [image.state for image in scans.look(wanted)] == [ImageState.SCANNED, state]


@pytest.mark.parametrize("status", ["TIMEOUT", "FAIL"])
def test_a_task_that_ended_badly_contradicts_records_that_all_went_well(fake_time: FakeTime, status: str) -> None:
    cloud = a_cloud(DIGEST, OTHER)
    cloud.on(RESULT, a_task(status, total=2))
    wanted = an_image(), an_image(OTHER)
    scans, _ = started(cloud, fake_time, *wanted)

    assert [(image.state, image.reason) for image in scans.look(wanted)] == [(ImageState.FAILED, status)] * 2


def test_an_image_that_is_waited_for_failed_or_cannot_be_imported_is_the_one_that_was_asked_for(
    fake_time: FakeTime,
) -> None:
    cloud = a_cloud()
    cloud.on(LEAVES, leaves(a_leaf(StatusText="START", EndTime=None)), leaves(a_leaf(StatusText="FAIL", EndTime=None)))
    scans, _ = started(cloud, fake_time)

    assert scans.look([an_image()]) == (ScannedImage(image=an_image(), state=ImageState.SCANNING),)
    assert scans.look([an_image()]) == (
        ScannedImage(image=an_image(), state=ImageState.FAILED, raw_state="FAIL", reason="FAIL"),
    )


def test_a_result_has_to_be_later_than_those_of_all_repositories_that_have_its_digest(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    rows = a_row(LastScanTime=in_ms(AFTER)), a_row(LastScanTime=in_ms(BEFORE), RepoName="web")
    cloud.on(LIST, images(*rows), images(*({**row, "LastScanTime": in_ms(AFTER)} for row in rows)))
    wanted = an_image(), an_image(name="web")
    scans, _ = started(cloud, fake_time, *wanted)

    assert [image.state for image in scans.look(wanted)] == [ImageState.SCANNING] * 2


def test_a_result_has_to_be_later_than_each_time_that_was_seen_of_its_digest(fake_time: FakeTime) -> None:
    scans, _ = a_cloud().connect(fake_time)
    (seen,) = scans.look([an_image()])
    scans.start([replace(seen, scanned_at=AFTER), seen])
    fake_time.elapsed += 180

    assert scans.look([an_image()])[0].state is ImageState.SCANNING


def test_a_result_has_to_be_later_than_both_times_that_its_row_stated_before(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    cloud.on(LIST, images(a_row(DIGEST, LastScanTime=in_ms(BEFORE), lastScanTime=in_ms(AFTER))), after(DIGEST))

    assert state_after(cloud, fake_time).state is ImageState.SCANNING


def test_records_of_other_images_do_not_count_and_are_noted(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    repository = a_leaf("crr-1", TargetType="IMAGE_REPO", TaskImageInfo=None)
    cloud.on(LEAVES, leaves(a_leaf(), a_leaf(OTHER, StatusText="FAIL"), repository, a_leaf("", TaskImageInfo=None)))
    scans, connection = started(cloud, fake_time)

    assert scans.look([an_image()])[0].state is ImageState.SCANNED
    notes = [event.text for event in events_of_kind(connection, EventKind.NOTE)]
    assert f"scan task {TASK} has records of 2 other images too" in notes


def test_a_record_of_another_kind_of_task_is_an_error(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    cloud.on(LEAVES, leaves(a_leaf(TaskType="IMAGE_REGISTRY_PULL")))
    scans, _ = started(cloud, fake_time)
    with pytest.raises(NotUnderstood, match="another type"):
        scans.look([an_image()])


# The second try.


def one_after_the_other(of_task: Mapping[str, Sequence[Answer]]) -> Any:
    """Answers by the id of the task."""
    left = dict(of_task)

    def answer(query: dict[str, str]) -> Answer:
        first, *others = left[query["TaskId"]]
        left[query["TaskId"]] = others or [first]
        return first

    return answer


def without_record(*second: Document) -> ScriptedCloud:
    """A cloud whose first task has no record of the image, and whose second one has these."""
    cloud = a_cloud()
    cloud.on(RESULT, lambda query: a_task(task_id=query["TaskId"]))
    cloud.on(LEAVES, one_after_the_other({TASK: [leaves()], SECOND: [leaves(*second)]}))
    return cloud


def test_an_image_without_a_record_is_scanned_once_more_by_its_digest(fake_time: FakeTime) -> None:
    cloud = without_record(a_leaf())
    scans, connection = started(cloud, fake_time)
    looks = [scans.look([an_image()])[0].state for _ in range(3)]

    assert looks == [ImageState.SCANNING, ImageState.SCANNING, ImageState.SCANNED]
    # Its record is looked for twice.
    assert cloud.operations == [RESULT, LEAVES, LIST, LEAVES, LIST, CREATE, RESULT, LEAVES, LIST]
    assert cloud.queries(CREATE) == [{"Digests": DIGEST}]
    assert [event.text for event in events_of_kind(connection, EventKind.ACTION)] == [
        "starting the scan of 1 images again: no record of it in the scan task"
    ]


def test_a_record_that_comes_late_needs_no_second_try(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    cloud.on(LEAVES, leaves(), leaves(a_leaf()))

    assert state_after(cloud, fake_time, looks=2).state is ImageState.SCANNED
    assert CREATE not in cloud.operations


def test_there_is_no_third_try_and_what_happened_is_not_known(fake_time: FakeTime) -> None:
    cloud = without_record()
    seen = state_after(cloud, fake_time, looks=6)

    assert (seen.state, seen.raw_state) == (ImageState.UNKNOWN, "no record of it in the scan task")
    assert cloud.operations.count(CREATE) == 1


def test_an_image_that_no_scan_has_a_record_of_and_that_is_not_listed_is_not_scanned_by_its_digest(
    fake_time: FakeTime,
) -> None:
    """By a digest that Security Center does not list, it might scan everything; an index is never listed."""
    cloud = without_record()
    cloud.on(LIST, images())
    cloud.on(SYNC, created(TASK))
    cloud.on(TAG, a_tag())
    seen = state_after(cloud, fake_time, looks=3)

    assert (seen.image, seen.state) == (an_image(), ImageState.NOT_SCANNABLE)
    assert "it may be an index" in seen.reason
    assert CREATE not in cloud.operations


def test_a_second_failure_to_scan_is_one(fake_time: FakeTime) -> None:
    seen = state_after(without_record(a_leaf(StatusText="FAIL")), fake_time, looks=3)

    assert (seen.state, seen.reason) == (ImageState.FAILED, "FAIL")


def test_an_image_without_a_record_in_a_task_that_ended_badly_twice_has_failed(fake_time: FakeTime) -> None:
    cloud = without_record()
    cloud.on(RESULT, lambda query: a_task("TIMEOUT", query["TaskId"]))
    seen = state_after(cloud, fake_time, looks=4)

    assert (seen.state, seen.reason) == (ImageState.FAILED, "TIMEOUT")


def test_a_scan_that_was_refused_since_another_one_ran_is_tried_again_once_that_is_over(fake_time: FakeTime) -> None:
    refused = a_leaf(StatusText="FAIL", ResultInfo="forbid_create_repeat_task")
    cloud = a_cloud()
    running = images(a_row(ScaStatus="START"))
    cloud.on(LIST, before(DIGEST), running, running, running, before(DIGEST), after(DIGEST))
    cloud.on(RESULT, lambda query: a_task(task_id=query["TaskId"]))
    cloud.on(LEAVES, one_after_the_other({TASK: [leaves(refused)], SECOND: [leaves(a_leaf())]}))
    scans, _ = started(cloud, fake_time)
    states = [(scans.look([an_image()])[0].state, cloud.operations.count(CREATE)) for _ in range(5)]

    assert states == [*[(ImageState.SCANNING, 0)] * 3, (ImageState.SCANNING, 1), (ImageState.SCANNED, 1)]


def test_a_scan_that_is_refused_twice_has_failed(fake_time: FakeTime) -> None:
    refused = a_leaf(StatusText="FAIL", ResultInfo="forbid_create_repeat_task")
    cloud = without_record(refused)
    cloud.on(LEAVES, leaves(refused))
    seen = state_after(cloud, fake_time, looks=6)

    assert (seen.state, seen.reason) == (ImageState.FAILED, "FAIL, forbid_create_repeat_task")
    assert cloud.operations.count(CREATE) == 1


def test_only_the_images_without_a_record_are_scanned_once_more(fake_time: FakeTime) -> None:
    cloud = a_cloud(DIGEST, OTHER)
    cloud.on(CREATE, created(TASK, total=2), created(SECOND))
    cloud.on(RESULT, lambda query: a_task(task_id=query["TaskId"]))
    cloud.on(LEAVES, one_after_the_other({TASK: [leaves(a_leaf())], SECOND: [leaves(a_leaf(OTHER))]}))
    wanted = an_image(), an_image(OTHER)
    scans, _ = started(cloud, fake_time, *wanted)
    looks = [[image.state for image in scans.look(wanted)] for _ in range(3)]

    assert cloud.queries(CREATE) == [{"Digests": OTHER}]
    assert looks == [
        [ImageState.SCANNED, ImageState.SCANNING],
        [ImageState.SCANNED, ImageState.SCANNING],
        [ImageState.SCANNED, ImageState.SCANNED],
    ]


# Stopping, and what else the protocol has.


def test_only_the_tasks_that_go_on_are_cancelled(fake_time: FakeTime) -> None:
    cloud = a_cloud(DIGEST, OTHER)
    cloud.on(LIST, before(DIGEST))
    cloud.on("GetRepoTag", {"Status": "NORMAL", "Digest": OTHER})
    cloud.on(SYNC, created(SECOND))
    cloud.on(CANCEL, {})
    cloud.on(RESULT, lambda query: a_task("SUCCESS" if query["TaskId"] == TASK else "START", query["TaskId"]))
    wanted = an_image(), an_image(OTHER, tag="2")
    scans, connection = started(cloud, fake_time, *wanted)
    scans.look(wanted)
    scans.stop()

    assert cloud.queries(CANCEL) == [{"TaskId": SECOND}]
    assert [event.text for event in events_of_kind(connection, EventKind.ACTION)] == [f"cancelled scan task {SECOND}"]


def test_a_task_that_cannot_be_cancelled_does_not_keep_the_others_from_it(fake_time: FakeTime) -> None:
    cloud = a_cloud(DIGEST, OTHER)
    cloud.on(LIST, before(DIGEST))
    cloud.on("GetRepoTag", {"Status": "NORMAL", "Digest": OTHER})
    cloud.on(SYNC, created(SECOND))
    cloud.on(CANCEL, (400, {"Code": "InvalidTaskId"}), {})
    scans, connection = started(cloud, fake_time, an_image(), an_image(OTHER, tag="2"))
    scans.stop()

    first, second = (event.text for event in events_of_kind(connection, EventKind.ACTION))
    assert first.startswith(f"scan task {TASK} could not be cancelled: Alibaba Cloud refuses the request")
    assert second == f"cancelled scan task {SECOND}"


def test_without_a_scan_there_is_nothing_to_stop(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    scans, _ = cloud.connect(fake_time)
    scans.look([an_image()])
    scans.stop()

    assert cloud.operations == [LIST]


# Whether a result is of this image.


def a_last_scan(**fields: Any) -> Document:
    """The last scan of the image, which ended when the row says so; a field with None is absent."""
    task = {
        "Status": "SUCCESS",
        "Target": DIGEST,
        "TargetType": "IMAGE",
        "StartTime": in_ms(BEFORE - MINUTE),
        "FinishTime": in_ms(BEFORE),
        **fields,
    }
    return {name: value for name, value in task.items() if value is not None}


def verified(cloud: ScriptedCloud, time: FakeTime, *wanted: ImageRef) -> tuple[ScannedImage, ...]:
    scans, _ = cloud.connect(time)
    return scans.verified(scans.look(wanted or [an_image()]))


@pytest.mark.parametrize(
    ("tasks", "is_own"),
    [
        ([a_last_scan()], True),
        ([a_last_scan(Target=f"sha256:{DIGEST}")], True),
        ([a_last_scan(StartTime=None)], True),
        ([a_last_scan(FinishTime=in_ms(BEFORE - 5 * MINUTE))], True),
        ([a_last_scan(FinishTime=in_ms(BEFORE + 60 * MINUTE))], True),
        ([a_last_scan(StartTime=in_ms(BEFORE), FinishTime=in_ms(BEFORE + 9 * MINUTE))], True),
        ([a_last_scan(Target=OTHER), a_last_scan()], True),
        ([], False),
        ([a_last_scan(FinishTime=in_ms(BEFORE - 5 * MINUTE) - 1, StartTime=None)], False),
        ([a_last_scan(StartTime=in_ms(BEFORE) + 1, FinishTime=in_ms(BEFORE + 9 * MINUTE))], False),
        ([a_last_scan(StartTime=None, FinishTime=in_ms(BEFORE) + 1)], False),
        ([a_last_scan(FinishTime="")], False),
        ([a_last_scan(FinishTime=None)], False),
        ([a_last_scan(FinishTime=in_ms(NOW + 3 * MINUTE))], False),
        ([a_last_scan(FinishTime=253_402_300_799_999)], False),
        ([a_last_scan(Target=OTHER)], False),
        ([a_last_scan(Target=None)], False),
        ([a_last_scan(Status="PROCESSING")], False),
        ([a_last_scan(Status="FAIL")], False),
        ([a_last_scan(Status=["SUCCESS"])], False),
        ([a_last_scan(Status=None)], False),
    ],
    ids=[
        *("at-the-same-time", "with-the-prefix", "no-start", "shown-later", "shown-while-it-ran", "shown-at-its-start"),
        *("one-of-two", "none", "long-before", "shown-before-its-start", "shown-before-its-end"),
        *("no-end-yet", "no-end"),
        *("end-in-the-future", "end-of-all-years", "other-digest", "no-digest"),
        *("running", "failed", "no-word", "no-status"),
    ],
)
def test_a_result_is_that_of_this_image_if_its_own_last_scan_ended_then(
    fake_time: FakeTime, tasks: list[Document], *, is_own: bool
) -> None:
    """A row may keep the scan time of the image that had the tag before."""
    cloud = a_cloud()
    cloud.on(LATEST, {"Task": tasks})
    (seen,) = verified(cloud, fake_time)

    assert seen.state is (ImageState.SCANNED if is_own else ImageState.OUTDATED)
    assert seen.reason == ("" if is_own else "its result may be that of the image that had its tag before")
    assert cloud.queries(LATEST) == [{"Digest": DIGEST}]


def test_the_newest_of_several_results_is_the_one_to_prove(fake_time: FakeTime) -> None:
    """Another tag that was moved to this image may show the later scan of the image that it stood for before."""
    cloud = a_cloud()
    cloud.on(LIST, images(a_row(LastScanTime=in_ms(BEFORE)), a_row(Tag="latest", LastScanTime=in_ms(NOW))))
    cloud.on(LATEST, {"Task": [a_last_scan()]})
    (seen,) = verified(cloud, fake_time)

    assert seen.state is ImageState.OUTDATED


def test_two_names_of_one_digest_are_proven_by_one_request(fake_time: FakeTime) -> None:
    cloud = a_cloud(DIGEST, OTHER)
    cloud.on(LATEST, lambda query: {"Task": [a_last_scan()] if query["Digest"] == DIGEST else []})
    seen = verified(cloud, fake_time, an_image(), an_image(OTHER), an_image(tag="2"))

    assert [image.state for image in seen] == [ImageState.SCANNED, ImageState.OUTDATED, ImageState.SCANNED]
    assert len(cloud.queries(LATEST)) == 2


@pytest.mark.parametrize("refusal", [(403, {"Code": "NoPermission"}), (404, {"Code": "InvalidApi.NotFound"})], ids=str)
def test_a_result_that_the_user_may_not_prove_is_none(fake_time: FakeTime, refusal: Answer) -> None:
    cloud = a_cloud()
    cloud.on(LATEST, refusal)
    scans, connection = cloud.connect(fake_time)
    (seen,) = scans.verified(scans.look([an_image()]))

    assert seen.state is ImageState.OUTDATED
    notes = [event.text for event in events_of_kind(connection, EventKind.NOTE)]
    assert notes[-1].startswith("whether a result is that of this very image is not known: ")


@pytest.mark.parametrize("document", [{}, {"Task": {}}, {"Task": ["SUCCESS"]}], ids=str)
def test_an_answer_without_a_list_of_scans_is_an_error(fake_time: FakeTime, document: Document) -> None:
    cloud = a_cloud()
    cloud.on(LATEST, document)
    with pytest.raises(NotUnderstood, match="no list of Task"):
        verified(cloud, fake_time)


def test_an_image_without_a_scan_time_has_nothing_to_prove(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    cloud.on(LIST, images(a_row(ScaStatus=None, LastScanTime=None)))
    (seen,) = verified(cloud, fake_time)

    assert seen.state is ImageState.OUTDATED
    assert LATEST not in cloud.operations


def test_the_result_of_a_scan_of_this_run_needs_no_other_proof(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    scans, _ = started(cloud, fake_time)
    seen = scans.look([an_image()])

    assert scans.verified(seen) == seen
    assert LATEST not in cloud.operations


def test_two_names_of_one_digest_are_scanned_as_one_and_have_the_same_result(fake_time: FakeTime) -> None:
    wanted = an_image(), replace(an_image(), tag="2")
    cloud = a_cloud()
    scans, _ = started(cloud, fake_time, *wanted)
    seen = scans.look(wanted)

    assert [image.image for image in seen] == [*wanted]
    assert [image.scanned_at for image in seen] == [AFTER, AFTER]
    assert cloud.operations == [RESULT, LEAVES, LIST]


def test_a_result_that_has_just_changed_under_one_tag_is_not_settled_by_that_of_another_tag(
    fake_time: FakeTime,
) -> None:
    """Of its vulnerabilities only the first, a low one, is there at the second look (alibaba-images.md 7)."""
    ended = in_ms(NOW + timedelta(seconds=5))
    other = a_row(Uuid="b", Tag="b", LastScanTime=ended, RiskStatus="YES", VulCount=1)
    late = (("NO", 0), ("YES", 1), ("YES", 5))
    looks = [
        images(a_row(Uuid="a", LastScanTime=ended, RiskStatus=risk, VulCount=found), other) for risk, found in late
    ]
    cloud = a_cloud()
    cloud.on(
        LIST,
        images(*(a_row(Uuid=uuid, Tag=tag, LastScanTime=in_ms(BEFORE)) for uuid, tag in (("a", "1.0"), ("b", "b")))),
        *looks,
    )
    cloud.on(LEAVES, leaves(a_leaf(StartTime=in_ms(NOW), EndTime=ended)))
    low = {"CveNum": 1, "ScaNum": 0, "VulAsapSum": 0, "VulLaterSum": 0, "VulNntfSum": 1}
    high = {**low, "CveNum": 5, "VulAsapSum": 4}
    cloud.on(NUMBERS, lambda _: {"Data": {"a": high if len(cloud.queries(LIST)) > len(looks) else low, "b": low}})
    policy = Policy(settle=60.0, findings=FindingPolicy(severity_cutoff=Severity.HIGH))
    scans, connection = cloud.connect(fake_time, scan="always", images=(an_image(),), policy=policy)

    verdict = check_images(scans, a_poller(connection), connection)

    assert [reason.code for reason in verdict.reasons] == ["too-many-risky"]
    assert len(cloud.queries(LIST)) == 1 + len(looks) + 1


MOVED: Document = {"Uuid": "latest", "Tag": "latest", "LastScanTime": in_ms(NOW + MINUTE)}
"""The row of another tag, which showed another image when that was scanned, after the gate had started its scan."""


@pytest.mark.parametrize(
    "listed",
    [
        (a_row(ScaStatus=None, LastScanTime=None), {"ImageUpdate": in_ms(AFTER)}),
        (a_row(ScaStatus=None, LastScanTime=None), {}),
        (None, {"ImageUpdate": in_ms(AFTER)}),
    ],
    ids=["pushed-since", "without-the-time-of-the-push", "image-that-the-scan-imports"],
)
def test_a_tag_that_was_moved_to_the_image_while_it_was_scanned_shows_no_result_of_it(
    fake_time: FakeTime, listed: tuple[Document | None, Document]
) -> None:
    """Results are minutes late, and that of the image itself comes last (alibaba-security-center.md 2.2)."""
    own, pushed = listed
    late, moved = a_row(ScaStatus=None, LastScanTime=None), a_row(**MOVED, **pushed)
    found = a_row(LastScanTime=in_ms(AFTER), RiskStatus="YES", VulStatus="YES", VulCount=9)
    cloud = a_cloud()
    cloud.on(LIST, images(*([own] if own else [])), *[images(late, moved)] * 5, images(found, moved))
    cloud.on(TAG, a_tag(DIGEST))
    cloud.on(SYNC, created(TASK))
    cloud.on(NUMBERS, {"Data": {}})
    scans, connection = cloud.connect(fake_time, images=(an_image(),), policy=Policy())

    verdict = check_images(scans, a_poller(connection), connection)

    assert [reason.code for reason in verdict.reasons] == ["too-many-risky"]


def test_a_scan_that_is_started_again_goes_by_the_rows_of_its_own_start(fake_time: FakeTime) -> None:
    """The row of the image has another id by then, as if it had been imported once more."""
    cloud = without_record(a_leaf())
    imported = images(a_row(Uuid="again", LastScanTime=in_ms(BEFORE)))
    cloud.on(LIST, before(DIGEST), imported, imported, after(DIGEST, Uuid="again"))
    scans, _ = started(cloud, fake_time)

    states = [scans.look([an_image()])[0].state for _ in range(3)]

    assert states == [ImageState.SCANNING, ImageState.SCANNING, ImageState.SCANNED]
    assert CREATE in cloud.operations


def numbers(**of_severities: int) -> Document:
    """The vulnerabilities of the one image, in three severities."""
    stated = {"VulAsapSum": 0, "VulLaterSum": 0, "VulNntfSum": 0, **of_severities}
    return {"Data": {a_row()["Uuid"]: {**stated, "CveNum": sum(stated.values()), "ScaNum": 0}}}


def test_numbers_by_severity_that_decide_have_to_agree_in_two_polls(fake_time: FakeTime) -> None:
    """At first they are those of the scan before; the number of all vulnerabilities is the same."""
    found: Document = {"RiskStatus": "YES", "VulStatus": "YES", "VulCount": 3}
    cloud = a_cloud()
    cloud.on(LIST, images(a_row(LastScanTime=in_ms(BEFORE), **found)), after(DIGEST, **found))
    cloud.on(NUMBERS, numbers(VulLaterSum=3), numbers(VulAsapSum=1, VulLaterSum=2))
    policy = Policy(settle=60.0, findings=FindingPolicy(severity_cutoff=Severity.HIGH))
    scans, connection = cloud.connect(fake_time, scan="always", images=(an_image(),), policy=policy)

    verdict = check_images(scans, a_poller(connection), connection)

    assert [reason.code for reason in verdict.reasons] == ["too-many-risky"]
    assert len(cloud.queries(NUMBERS)) == len(cloud.queries(LIST)) - 1 == 3


@pytest.mark.parametrize("fields", [{"RiskStatus": "YES"}, {"RiskStatus": "YES", "VulStatus": "YES", "VulCount": 9}])
def test_a_risk_from_before_a_tag_was_moved_to_the_image_neither_passes_nor_blocks(
    fake_time: FakeTime, fields: Document
) -> None:
    moved = a_row(Uuid="b", Tag="b", LastScanTime=in_ms(BEFORE - MINUTE), ImageUpdate=in_ms(BEFORE), **fields)
    cloud = a_registry()
    cloud.on(LIST, images(a_row(LastScanTime=in_ms(BEFORE)), moved))
    cloud.on(NUMBERS, {"Data": {"b": {"CveNum": 9}}})
    cloud.on(LATEST, {"Task": [{"Status": "SUCCESS", "Target": DIGEST, "FinishTime": in_ms(BEFORE)}]})
    scans, connection = cloud.connect(fake_time, images=(an_image(),), policy=Policy())

    verdict = check_images(scans, a_poller(connection), connection)

    assert (verdict.decision, connection.event_log.task.images[0].is_risky) == ("undecided", None)  # type: ignore[union-attr] # a run without a task fails here


def test_with_scan_never_a_failure_that_is_too_old_is_waited_out_and_a_younger_one_blocks(fake_time: FakeTime) -> None:
    for age, code in (
        (timedelta(days=400), "image-outdated"),
        (timedelta(hours=1), "too-many-failed"),
        (None, "too-many-failed"),
    ):
        cloud = a_registry()
        failed_at = in_ms(NOW - age) if age else None
        cloud.on(LIST, images(a_row(ScaStatus="FAIL", LastScanTime=failed_at, RiskStatus=None)))
        scans, connection = cloud.connect(fake_time, images=(an_image(),), policy=Policy(), scan="never")

        verdict = check_images(scans, a_poller(connection), connection)

        assert [reason.code for reason in verdict.reasons] == [code]
        assert ("2024-12-27T12:00:00Z)" in verdict.reasons[0].message) is (code == "image-outdated")


def test_a_result_of_a_scan_that_ended_after_the_record_was_read_counts_too(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    late, later = a_row(ScaStatus=None, LastScanTime=None), a_row(LastScanTime=in_ms(NOW + 12 * MINUTE))
    cloud.on(LIST, before(DIGEST), images(late), images(later))
    scans, _ = started(cloud, fake_time)
    first = scans.look([an_image()])[0]
    fake_time.elapsed += 600
    second = scans.look([an_image()])[0]

    assert (first.state, second.state) == (ImageState.SCANNING, ImageState.SCANNED)
