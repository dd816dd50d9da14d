"""Starting a scan: of exactly the images that were asked for, each once, and by the requests that the facts show."""

from __future__ import annotations

import functools
import json
import operator
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from gate.errors import (
    NotAuthorised,
    NotUnderstood,
    Refused,
    ScanNotStarted,
    ScanQuotaUsedUp,
    ScanTooLarge,
    Throttled,
    TruncatedResponse,
    Unreachable,
)
from gate.image import ImageState
from gate.outcome import EventKind
from tests.builders import NOW
from tests.clouds.alibaba.images.builders import DIGEST, a_digest, a_row, an_image, in_ms
from tests.clouds.alibaba.images.scripted import TAG, a_registry, a_tag, created, images
from tests.clouds.builders import events_of_kind

if TYPE_CHECKING:
    from gate.clouds import ImageScans
    from gate.errors import (
        GateError,
    )
    from gate.image import ImageRef, ScannedImage
    from tests.builders import FakeTime
    from tests.clouds.alibaba.images.scripted import Answer, Document, ScriptedCloud

LIST, UNFINISHED, LAST = "DescribeImageInstances", "ListUnfinishedOnceTask", "GetLastOnceTaskInfo"
CREATE, SYNC, CANCEL = "PublicCreateImageScanTask", "PublicSyncAndCreateImageScanTask", "CancelOnceTask"
LOST = Unreachable("The response was lost.")


def listing(*digests: str) -> Any:
    """A list of images that were never scanned, each with one row."""
    return lambda query: images(*(a_row(digest, ScaStatus=None) for digest in digests if digest in query["Criteria"]))


def a_cloud(*listed: str) -> ScriptedCloud:
    """A cloud that lists these digests, and in whose registry every tag stands for the golden digest."""
    cloud = a_registry()
    cloud.on(LIST, listing(*listed))
    cloud.on(CREATE, lambda query: created(total=query["Digests"].count(",") + 1))
    cloud.on(SYNC, lambda query: created(total=len(json.loads(query["Images"]))))
    cloud.on(CANCEL, {})
    return cloud


def started(scans: ImageScans, *wanted: ImageRef) -> tuple[ScannedImage, ...]:
    """Looks at these images, which can all be started, and starts their scan."""
    seen = scans.look(wanted)
    assert all(map(scans.can_start, seen))
    scans.start(seen)
    return seen


# Images that Security Center lists.


def test_listed_images_are_scanned_by_one_task_by_their_digests_alone(fake_time: FakeTime) -> None:
    digests = [a_digest(number) for number in range(50)]
    cloud = a_cloud(*digests)
    scans, _ = cloud.connect(fake_time)
    started(scans, *map(an_image, digests))

    assert cloud.queries(CREATE) == [{"Digests": ",".join(digests)}]
    assert cloud.operations == [*[LIST] * 3, CREATE]


def test_two_tags_of_one_digest_are_one_image_to_scan(fake_time: FakeTime) -> None:
    cloud = a_cloud(DIGEST)
    scans, _ = cloud.connect(fake_time)
    started(scans, an_image(tag="1"), an_image(tag="2"))

    assert cloud.queries(CREATE) == [{"Digests": DIGEST}]


def test_very_many_images_are_scanned_by_several_tasks_whose_addresses_stay_short(fake_time: FakeTime) -> None:
    digests = [a_digest(number) for number in range(201)]
    cloud = a_cloud(*digests)
    scans, _ = cloud.connect(fake_time)
    started(scans, *map(an_image, digests))

    queries = [query["Digests"] for query in cloud.queries(CREATE)]
    assert [digest for query in queries for digest in query.split(",")] == digests
    assert max(len(quote(query, safe="")) for query in queries) < 7000


# Images that it does not list.


def test_an_image_that_is_not_listed_is_imported_by_its_tag(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    scans, _ = cloud.connect(fake_time)
    started(scans, an_image(name="team/api", tag="v1.2+3"))

    assert cloud.operations == [LIST, "ListInstance", "GetRepository", TAG, SYNC]
    (query,) = cloud.queries(SYNC)
    assert query.keys() == {"Images"}
    assert json.loads(query["Images"]) == [
        {
            "registryType": "acr",
            "repoId": "crr-team/api",
            "instanceId": "cri-demo",
            "repoNamespace": "shop",
            "regionId": "cn-hangzhou",
            "repoName": "team/api",
            "digest": DIGEST,
            "tag": "v1.2+3",
            "createTime": 1572839125000,
            "updateTime": 1572875608000,
        }
    ]


def test_the_request_is_that_of_the_golden_vector(fake_time: FakeTime) -> None:
    """alibaba-images.md 6, c."""
    cloud = a_cloud()
    cloud.on("GetRepository", {"RepoId": "crr-red9kgqqi0fh75d5"})
    cloud.on(TAG, a_tag(ImageCreate="1641267666666", ImageUpdate=1641267909090))
    scans, _ = cloud.connect(fake_time, for_cloud={"registry-instance": "cri-1x2qtjd75ofqvfa8"})
    started(scans, an_image(tag="v1.2+3"))

    assert cloud.queries(SYNC) == [
        {
            "Images": '[{"registryType":"acr","repoId":"crr-red9kgqqi0fh75d5","instanceId":"cri-1x2qtjd75ofqvfa8",'
            '"repoNamespace":"shop","regionId":"cn-hangzhou","repoName":"api",'
            f'"digest":"{DIGEST}","tag":"v1.2+3","createTime":1641267666666,"updateTime":1641267909090}}]'
        }
    ]


def test_what_the_registry_does_not_state_is_left_out(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    cloud.on(TAG, {"Status": "NORMAL", "Digest": DIGEST, "ImageCreate": None, "ImageUpdate": "yesterday"})
    scans, _ = cloud.connect(fake_time)
    started(scans, an_image())

    (image,) = json.loads(cloud.queries(SYNC)[0]["Images"])
    assert not {"createTime", "updateTime"} & image.keys()


def test_a_tag_that_was_just_resolved_is_not_looked_up_again(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    scans, _ = cloud.connect(fake_time)
    found = scans.resolve(an_image(""))
    assert found is not None
    started(scans, replace(an_image(""), digest=found.digest))

    assert cloud.operations.count(TAG) == 1


def test_images_that_are_not_listed_are_imported_in_tens(fake_time: FakeTime) -> None:
    digests = [a_digest(number) for number in range(21)]
    cloud = a_cloud()
    cloud.on(TAG, lambda query: a_tag(a_digest(int(query["Tag"]))))
    scans, _ = cloud.connect(fake_time)
    started(scans, *(an_image(digest, tag=str(number)) for number, digest in enumerate(digests)))

    chunks = [[image["digest"] for image in json.loads(query["Images"])] for query in cloud.queries(SYNC)]
    assert [len(chunk) for chunk in chunks] == [10, 10, 1]
    assert functools.reduce(operator.iadd, chunks, []) == digests
    assert max(len(quote(query["Images"], safe="")) for query in cloud.queries(SYNC)) < 6000


def test_listed_and_unlisted_images_are_started_together(fake_time: FakeTime) -> None:
    cloud = a_cloud(a_digest(1))
    scans, _ = cloud.connect(fake_time)
    started(scans, an_image(a_digest(1)), an_image(DIGEST))

    assert cloud.queries(CREATE) == [{"Digests": a_digest(1)}]
    assert [image["digest"] for image in json.loads(cloud.queries(SYNC)[0]["Images"])] == [DIGEST]


# Which can be started.


def can_start(cloud: ScriptedCloud, time: FakeTime, image: ImageRef, **settings: Any) -> bool:
    scans, _ = cloud.connect(time, **settings)
    (seen,) = scans.look([image])
    return scans.can_start(seen)


def test_a_listed_image_can_be_started_without_asking_anything(fake_time: FakeTime) -> None:
    cloud = a_cloud(DIGEST)

    assert can_start(cloud, fake_time, an_image(registry="", tag=""))
    assert cloud.operations == [LIST]


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        (an_image(tag=""), a_tag()),
        (an_image(registry="harbor.example.com"), a_tag()),
        (an_image(registry="other-registry.cn-hangzhou.cr.aliyuncs.com"), a_tag()),
        (an_image(), a_tag(a_digest(2))),
        (an_image(), a_tag(Status="DELETING")),
        (an_image(), (404, {"Code": "TAG_NOT_EXIST"})),
        (an_image(), (400, {"Code": "WHATEVER"})),
    ],
    ids=["no-tag", "other-host", "other-account", "other-digest", "deleting", "unknown", "refused"],
)
def test_an_unlisted_image_that_the_registry_does_not_have_so_cannot_be_started(
    fake_time: FakeTime, image: ImageRef, tag: Answer
) -> None:
    cloud = a_cloud()
    cloud.on(TAG, tag)

    assert not can_start(cloud, fake_time, image)


def test_a_missing_permission_of_the_registry_is_an_error(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    cloud.on(TAG, (403, {"Code": "NoPrivilege"}))

    with pytest.raises(NotAuthorised, match="cr:ListRepositoryTag"):
        can_start(cloud, fake_time, an_image())


def test_the_registry_is_asked_once_per_look_and_its_other_digest_is_shown(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    cloud.on(TAG, a_tag(a_digest(2)), a_tag(a_digest(3)), a_tag())
    scans, _ = cloud.connect(fake_time)
    answers = []
    for _ in range(3):
        (seen,) = scans.look([an_image()])
        answers.append((seen.listed_digest, [scans.can_start(seen) for _ in range(3)]))

    assert [able for _, able in answers] == [[False] * 3, [False] * 3, [True] * 3]
    assert [digest for digest, _ in answers][:2] == ["", f"sha256:{a_digest(2)}"]
    assert cloud.operations.count(TAG) == 3


def test_why_an_image_cannot_be_started_is_noted(fake_time: FakeTime) -> None:
    scans, connection = a_cloud().connect(fake_time)
    (seen,) = scans.look([an_image(registry="harbor.example.com")])
    scans.can_start(seen)

    notes = [event.text for event in events_of_kind(connection, EventKind.NOTE)]
    assert any(note.startswith("no scan of harbor.example.com/shop/api:1.0@sha256:") for note in notes)


def test_an_image_whose_tag_is_gone_when_its_scan_starts_is_an_error(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    cloud.on(TAG, a_tag(a_digest(2)))
    scans, _ = cloud.connect(fake_time)
    with pytest.raises(ScanNotStarted, match=r"shop/api:1\.0@sha256:b106.* cannot be started"):
        scans.start(scans.look([an_image()]))

    assert SYNC not in cloud.operations


def test_the_cloud_is_not_asked_to_list_images_since_a_scan_imports_them(fake_time: FakeTime) -> None:
    cloud = a_cloud()
    scans, _ = cloud.connect(fake_time)
    scans.request_listing([an_image()])

    assert cloud.asked == []


# A scan that does not start, or is another one.


@pytest.mark.parametrize(
    ("document", "error", "named"),
    [
        (created(Status="FAIL"), ScanNotStarted, r"did not start the scan \(FAIL, SUCCESS\)"),
        (created(Result="TASK_NOT_SUPPORT_REGION"), ScanNotStarted, r"\(INIT, TASK_NOT_SUPPORT_REGION\)"),
        (created(Result=["x"]), ScanNotStarted, r"\(INIT, \['x'\]\)"),
        ({"Data": {}}, ScanNotStarted, r"\(no id of a task\)"),
        ({"Data": {"TaskId": "0"}}, ScanNotStarted, "no id"),
        ({}, NotUnderstood, "no Data"),
        ({"Data": []}, NotUnderstood, "no Data"),
        (created(TaskId="a\nb"), NotUnderstood, "unprintable"),
        ((400, {"Code": "BeyondQuata", "Message": "Please check the scan quota"}), ScanQuotaUsedUp, "Please check"),
        ((403, {"Code": "NoPermission"}), NotAuthorised, "yundun-sas:PublicCreateImageScanTask"),
        ((400, {"Code": "InvalidDigests"}), Refused, "InvalidDigests"),
    ],
    ids=str,
)
def test_a_scan_that_was_not_started_is_an_error(
    fake_time: FakeTime, document: Answer, error: type[GateError], named: str
) -> None:
    cloud = a_cloud(DIGEST)
    cloud.on(CREATE, document)
    scans, _ = cloud.connect(fake_time)
    with pytest.raises(error, match=named):
        started(scans, an_image())

    assert cloud.operations.count(CREATE) == 1


@pytest.mark.parametrize("data", [{"Result": None}, {"Result": ""}, {"CanCreate": False}, {"Status": None}], ids=str)
def test_a_task_with_an_id_is_started_also_if_it_is_the_last_one(fake_time: FakeTime, data: dict[str, Any]) -> None:
    cloud = a_cloud(DIGEST)
    cloud.on(CREATE, created(**data))
    scans, _ = cloud.connect(fake_time)
    started(scans, an_image())

    assert cloud.operations.count(CREATE) == 1


def test_a_scan_that_waits_for_a_place_is_asked_for_again_within_the_deadline(fake_time: FakeTime) -> None:
    cloud = a_cloud(DIGEST)
    cloud.on(CREATE, {"Data": {"CanCreate": False}}, {"Data": {"CanCreate": False}}, created())
    scans, connection = cloud.connect(fake_time)
    started(scans, an_image())

    assert len(fake_time.slept) == 2
    assert all(
        event.text.startswith("Security Center runs as many scan tasks as the account may have")
        for event in events_of_kind(connection, EventKind.RETRY)
    )


def test_a_scan_that_gets_no_place_ends_at_the_deadline(fake_time: FakeTime) -> None:
    cloud = a_cloud(DIGEST)
    cloud.on(CREATE, {"Data": {"CanCreate": False}})
    scans, _ = cloud.connect(fake_time, timeout=600.0)
    with pytest.raises(Throttled, match="as many scan tasks"):
        started(scans, an_image())

    assert fake_time.elapsed == pytest.approx(600)


def test_a_scan_of_more_images_than_were_asked_for_is_cancelled_at_once(fake_time: FakeTime) -> None:
    cloud = a_cloud(DIGEST)
    cloud.on(CREATE, created("1a2b", total=2))
    scans, connection = cloud.connect(fake_time)
    with pytest.raises(ScanTooLarge, match=r"a scan of 2 images where 1 were asked for.*The scan was cancelled;"):
        started(scans, an_image())

    assert cloud.queries(CANCEL) == [{"TaskId": "1a2b"}]
    assert [event.text for event in events_of_kind(connection, EventKind.ACTION)] == ["cancelled scan task 1a2b"]


def test_a_scan_that_cannot_be_cancelled_is_told_too(fake_time: FakeTime) -> None:
    cloud = a_cloud(DIGEST)
    cloud.on(CREATE, created("1a2b", total=2))
    cloud.on(CANCEL, (403, {"Code": "NoPermission"}))
    scans, connection = cloud.connect(fake_time)
    with pytest.raises(ScanTooLarge, match="Cancel the scan in the console;"):
        started(scans, an_image())

    (action,) = (event.text for event in events_of_kind(connection, EventKind.ACTION))
    assert action.startswith("scan task 1a2b could not be cancelled: Alibaba Cloud does not let this user call Cancel")


def test_an_image_may_be_counted_once_for_each_of_its_rows(fake_time: FakeTime) -> None:
    """Whether a task counts digests or tags is not documented."""
    cloud = a_cloud()
    cloud.on(LIST, images(a_row(ScaStatus=None), a_row(ScaStatus=None, RepoName="copy")))
    cloud.on(CREATE, created(total=2))
    scans, _ = cloud.connect(fake_time)
    started(scans, an_image())

    assert CANCEL not in cloud.operations


@pytest.mark.parametrize("total", [0, 1, None, "2"])
def test_a_scan_that_states_fewer_images_goes_on_as_their_records_decide(fake_time: FakeTime, total: Any) -> None:
    cloud = a_cloud(a_digest(1), a_digest(2))
    cloud.on(CREATE, created("1a2b", total=total))
    scans, connection = cloud.connect(fake_time)
    started(scans, an_image(a_digest(1)), an_image(a_digest(2)))

    notes = [event.text for event in events_of_kind(connection, EventKind.NOTE)]
    assert ("scan task 1a2b has 1 images where 2 were asked for" in notes) == (total == 1)
    assert CANCEL not in cloud.operations


# A response that is lost.


def unfinished(*digests: str) -> Any:
    """The parts of tasks that go on: these digests have one."""
    return lambda query: {"OnceTasks": [{"TaskId": "part"}] if query["Target"] in digests else []}


def a_last_task(**fields: Any) -> Document:
    """The newest task of the account, which has just started."""
    return {
        "TaskId": "1a2b",
        "CollectTime": in_ms(NOW),
        "TotalCount": 1,
        "TaskInfo": {"Status": "START", "Progress": 0},
        **fields,
    }


@pytest.mark.parametrize("error", [LOST, TruncatedResponse("cut off"), (500, {"Code": "ServerError"})], ids=str)
def test_a_lost_request_is_sent_once_more_if_none_of_its_images_is_being_scanned(
    fake_time: FakeTime, error: Answer
) -> None:
    cloud = a_cloud(DIGEST)
    cloud.on(CREATE, error, created())
    cloud.on(UNFINISHED, unfinished())
    scans, _ = cloud.connect(fake_time)
    started(scans, an_image())

    assert cloud.operations == [LIST, CREATE, UNFINISHED, CREATE]
    assert cloud.queries(UNFINISHED) == [{"TaskType": "IMAGE_SCAN", "Target": DIGEST}]
    assert fake_time.slept == [5]


def test_a_request_that_is_lost_at_the_deadline_is_not_looked_for(fake_time: FakeTime) -> None:
    cloud = a_cloud(DIGEST)
    scans, _ = cloud.connect(fake_time, timeout=10.0)
    seen = scans.look([an_image()])

    def lose(_: dict[str, str]) -> Answer:
        fake_time.elapsed = 10.0
        return LOST

    cloud.on(CREATE, lose)
    with pytest.raises(Unreachable, match="lost"):
        scans.start(seen)

    assert (cloud.operations, fake_time.slept) == ([LIST, CREATE], [])


def test_a_request_that_is_lost_twice_is_an_error(fake_time: FakeTime) -> None:
    cloud = a_cloud(DIGEST)
    cloud.on(CREATE, LOST)
    cloud.on(UNFINISHED, unfinished())
    scans, _ = cloud.connect(fake_time)
    with pytest.raises(Unreachable, match="lost"):
        started(scans, an_image())

    assert cloud.operations.count(CREATE) == 2


def test_a_task_that_was_started_although_the_response_was_lost_is_followed_and_not_started_again(
    fake_time: FakeTime,
) -> None:
    cloud = a_cloud(DIGEST)
    cloud.on(CREATE, LOST)
    cloud.on(UNFINISHED, unfinished(DIGEST))
    cloud.on(LAST, a_last_task())
    cloud.on("GetOnceTaskResultInfo", a_last_task())
    scans, connection = cloud.connect(fake_time)
    started(scans, an_image())
    (seen,) = scans.look([an_image()])

    assert cloud.operations == [LIST, CREATE, UNFINISHED, LAST, "GetOnceTaskResultInfo"]
    assert cloud.queries(LAST) == [{"TaskType": "IMAGE_SCAN", "TaskName": "IMAGE_SCAN"}]
    assert (seen.state, seen.raw_state) == (ImageState.SCANNING, "START")
    assert any("scan task 1a2b was started at that time" in event.text for event in connection.event_log.events)


def test_a_task_that_may_be_of_another_pipeline_is_never_cancelled(fake_time: FakeTime) -> None:
    cloud = a_cloud(DIGEST)
    cloud.on(CREATE, LOST)
    cloud.on(UNFINISHED, unfinished(DIGEST))
    cloud.on(LAST, a_last_task())
    scans, _ = cloud.connect(fake_time)
    started(scans, an_image())
    scans.stop()

    assert CANCEL not in cloud.operations


@pytest.mark.parametrize(
    "last",
    [
        a_last_task(CollectTime=in_ms(NOW) - 3_600_000),
        a_last_task(CollectTime=None),
        a_last_task(TotalCount=2),
        a_last_task(TotalCount=0),
        a_last_task(TotalCount=None),
        a_last_task(TaskId=0),
        {},
    ],
    ids=["older", "no-time", "more-images", "no-images", "no-number", "no-id", "none"],
)
def test_images_that_are_scanned_by_a_task_that_cannot_be_found_are_not_scanned_twice(
    fake_time: FakeTime, last: Document
) -> None:
    cloud = a_cloud(DIGEST)
    cloud.on(CREATE, LOST)
    cloud.on(UNFINISHED, unfinished(DIGEST))
    cloud.on(LAST, last)
    scans, _ = cloud.connect(fake_time)
    with pytest.raises(Unreachable, match="lost"):
        started(scans, an_image())

    assert cloud.operations.count(CREATE) == 1


@pytest.mark.parametrize("operation", [UNFINISHED, LAST])
def test_without_permission_to_look_a_lost_request_is_not_repeated(fake_time: FakeTime, operation: str) -> None:
    cloud = a_cloud(DIGEST)
    cloud.on(CREATE, LOST)
    cloud.on(UNFINISHED, unfinished(DIGEST))
    cloud.on(operation, (403, {"Code": "NoPermission"}))
    scans, connection = cloud.connect(fake_time)
    with pytest.raises(Unreachable, match="lost"):
        started(scans, an_image())

    assert cloud.operations.count(CREATE) == 1
    assert any("cannot be found out: Alibaba Cloud does not let" in event.text for event in connection.event_log.events)


def test_of_many_images_three_are_looked_for(fake_time: FakeTime) -> None:
    digests = [a_digest(number) for number in range(5)]
    cloud = a_cloud(*digests)
    cloud.on(CREATE, LOST, created(total=5))
    cloud.on(UNFINISHED, unfinished())
    scans, _ = cloud.connect(fake_time)
    started(scans, *map(an_image, digests))

    assert [query["Target"] for query in cloud.queries(UNFINISHED)] == digests[:3]


def test_a_list_of_unfinished_scans_that_is_none_is_an_error(fake_time: FakeTime) -> None:
    cloud = a_cloud(DIGEST)
    cloud.on(CREATE, LOST)
    cloud.on(UNFINISHED, {})
    scans, _ = cloud.connect(fake_time)
    with pytest.raises(NotUnderstood, match="no list of OnceTasks"):
        started(scans, an_image())


def test_a_request_that_could_not_be_sent_any_more_is_not_looked_for(fake_time: FakeTime) -> None:
    cloud = a_cloud(DIGEST)
    scans, _ = cloud.connect(fake_time, timeout=10.0)
    seen = scans.look([an_image()])
    fake_time.elapsed += 11
    with pytest.raises(Unreachable, match="The time is up"):
        scans.start(seen)

    assert cloud.operations == [LIST]
