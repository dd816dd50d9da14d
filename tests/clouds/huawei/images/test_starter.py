"""Starting one scan of exactly the images that need one, never a second one unseen, and stopping it."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import GateError, NotAuthorised, Refused, ScanNotStarted, ScanQuotaUsedUp, Throttled, Unreachable
from gate.image import ImageState
from gate.outcome import EventKind
from gate.simulator import (
    EarlierScan,
    Fault,
    Findings,
    HttpResponse,
    SimulatedTask,
    Simulator,
    Stage,
    connection_reset,
    error_response,
    server_error,
)
from tests.clouds.builders import events_of_kind
from tests.clouds.huawei.images.builders import (
    INSTANCE_HOST,
    a_digest,
    a_push,
    a_ref,
    connected,
    in_rows,
    listed,
    operations,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gate.clouds import Connection, ImageScans
    from gate.image import ScannedImage
    from gate.simulator import AnyResponse
    from tests.builders import FakeTime

POST, STOP, TASKS, ROWS = "CreateManualImageScanTask", "StopImageScanTask", "tasks", "ListRegistryImages"
IMAGE = a_ref()
NEVER_ENDS = float("inf")


@pytest.fixture
def simulator(fake_time: FakeTime) -> Iterator[Simulator]:
    """A project without images."""
    with Simulator("empty", now=fake_time.wall) as simulator:
        yield simulator


def looked_at(simulator: Simulator, time: FakeTime, *pushes: Any) -> tuple[ImageScans, Connection, list[ScannedImage]]:
    """The images of these pushes, as they are listed."""
    for push in pushes:
        simulator.push(push)
    scans, connection = connected(simulator, time)
    images = [
        a_ref(push.name, tag=push.tag, number=int(push.digest[-8:], 16), registry=push.registry) for push in pushes
    ]
    return scans, connection, [*scans.look(images)]


def started(simulator: Simulator) -> list[SimulatedTask]:
    """The scans that were started."""
    return [task for task in simulator.tasks if task.kind == "image_scan"]


def texts(connection: Connection, kind: EventKind) -> list[str]:
    """The texts of the events of one kind."""
    return [event.text for event in events_of_kind(connection, kind)]


# The request.


@pytest.mark.parametrize("registry", ["swr.cn-north-4.myhuaweicloud.com", INSTANCE_HOST])
def test_one_scan_of_exactly_these_images_is_started(simulator: Simulator, fake_time: FakeTime, registry: str) -> None:
    """The simulator compares each field with its row, and starts nothing if one is wrong."""
    pushes = [listed(f"web{number}", number=number, registry=registry) for number in range(3)]
    scans, _, images = looked_at(simulator, fake_time, *pushes)
    scans.start(images[:2])

    (task,) = started(simulator)
    assert [image.digest for image in task.images] == [a_digest(0), a_digest(1)]
    assert (task.all_images, len(task.scopes or ())) == (False, 5)
    assert operations(simulator) == [ROWS, TASKS, POST]
    assert simulator.requests[-1].query == {"global_image_type": ["registry"]}


def test_the_scan_is_started_in_the_enterprise_project_of_the_option(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.push(listed(enterprise_project="ep-1"))
    known = simulator.describe()["huawei"]
    scans, _ = connected(
        simulator, fake_time, for_cloud={"project-id": known["project_id"], "enterprise-project-id": "ep-1"}
    )
    scans.start(scans.look([IMAGE]))

    assert started(simulator)[0].enterprise_project_id == "ep-1"


def test_an_image_that_was_asked_for_twice_is_scanned_once(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.push(listed())
    scans, _ = connected(simulator, fake_time)
    scans.start(scans.look([IMAGE, replace(IMAGE, tag="")]))

    assert len(started(simulator)[0].images) == 1


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        (lambda row: without(row, "id"), "its row lacks id"),
        (lambda row: {**row, "id": str(row["id"])}, "its row lacks id"),
        (lambda row: without(row, "registry_id", "registry_name"), "its row lacks registry_id, registry_name"),
        (lambda row: {**row, "registry_name": ""}, "its row lacks registry_name"),
        (lambda row: {**row, "image_version": 7}, "its row lacks image_version"),
        (lambda row: without(row, "instance_id"), "its row lacks instance_id"),
    ],
    ids=["id", "id-as-text", "registry", "empty", "number", "instance"],
)
def test_nothing_is_sent_for_an_image_whose_row_lacks_what_a_scan_repeats(
    simulator: Simulator, fake_time: FakeTime, broken: Callable[[dict[str, Any]], dict[str, Any]], named: str
) -> None:
    simulator.rewrite = lambda name, document: (
        {**document, "data_list": [broken(row) for row in document["data_list"]]} if name == ROWS else document
    )
    scans, _, images = looked_at(simulator, fake_time, listed(registry=INSTANCE_HOST))

    with pytest.raises(ScanNotStarted, match=f"cannot be started: {named}"):
        scans.start(images)
    scans.stop()
    assert operations(simulator) == [ROWS]


def test_an_image_of_another_registry_type_is_not_started(simulator: Simulator, fake_time: FakeTime) -> None:
    """It is not even found, so that its type is always one that is documented."""
    simulator.rewrite = lambda _name, document: {
        **document,
        "data_list": [{**row, "registry_type": "Local"} for row in document["data_list"]],
    }
    scans, _, images = looked_at(simulator, fake_time, listed(registry="registry.example.com"))

    assert not scans.can_start(images[0])
    with pytest.raises(ScanNotStarted, match="HSS does not list it"):
        scans.start(images)


def test_only_a_listed_image_can_be_started(simulator: Simulator, fake_time: FakeTime) -> None:
    scans, _, images = looked_at(simulator, fake_time, listed(), a_push("api", number=2))

    assert [scans.can_start(image) for image in images] == [True, False]


# What the cloud says to it.


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("HSS.0014", ScanQuotaUsedUp),
        ("HSS.1002", ScanQuotaUsedUp),
        ("HSS.0013", NotAuthorised),
        ("HSS.0001", Refused),
        ("HSS.0011", Refused),
    ],
)
def test_a_refusal_keeps_its_name_and_nothing_is_left_to_stop(
    simulator: Simulator, fake_time: FakeTime, code: str, error: type[GateError]
) -> None:
    body = b'{"error_code": "%b", "error_msg": "why"}' % code.encode()
    simulator.faults.append(Fault(response=HttpResponse(status=400, body=body), operation=POST))
    scans, connection, images = looked_at(simulator, fake_time, listed())

    with pytest.raises(GateError, match=code) as caught:
        scans.start(images)
    scans.stop()
    assert type(caught.value) is error
    assert operations(simulator) == [ROWS, TASKS, POST]
    assert texts(connection, EventKind.ACTION) == []


def test_a_quota_that_is_used_up_is_named(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.account.scans_left = 1
    scans, _, images = looked_at(simulator, fake_time, listed(), listed("api", number=2))

    with pytest.raises(ScanQuotaUsedUp, match="pay-per-use"):
        scans.start(images)
    assert started(simulator) == []


def test_the_same_code_has_its_general_meaning_elsewhere(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.faults.append(Fault(response=error_response("HSS.0014")))
    scans, _ = connected(simulator, fake_time)

    with pytest.raises(Refused, match=r"refuses the request \(HTTP 400, HSS\.0014"):
        scans.look([IMAGE])


@pytest.mark.parametrize(
    ("code", "advice"),
    [("HSS.0013", "pay-per-use scans of images are not switched on"), ("APIGW.0302", "write access")],
)
def test_a_user_who_may_not_start_scans_is_told_what_to_do(
    simulator: Simulator, fake_time: FakeTime, code: str, advice: str
) -> None:
    simulator.faults.append(Fault(response=error_response(code), operation=POST))
    scans, _, images = looked_at(simulator, fake_time, listed())

    with pytest.raises(NotAuthorised, match=advice):
        scans.start(images)


def test_a_request_over_the_rate_limit_did_not_run_and_is_sent_again(simulator: Simulator, fake_time: FakeTime) -> None:
    limited = error_response("APIGW.0308")
    simulator.faults.append(Fault(response=limited, operation=POST, requests=frozenset({1, 2})))
    scans, _, images = looked_at(simulator, fake_time, listed())
    scans.start(images)

    assert operations(simulator) == [ROWS, TASKS, POST, POST, POST]
    assert len(started(simulator)) == 1


def test_a_rate_limit_until_the_deadline_leaves_nothing_to_stop(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.faults.append(Fault(response=error_response("APIGW.0308"), operation=POST))
    simulator.push(listed())
    scans, connection = connected(simulator, fake_time, timeout=100.0)
    with pytest.raises(Throttled):
        scans.start(scans.look([IMAGE]))
    scans.stop()

    assert operations(simulator)[-1] == POST
    assert texts(connection, EventKind.ACTION) == []


def test_after_the_deadline_nothing_is_started(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.push(listed())
    scans, connection = connected(simulator, fake_time, timeout=100.0)
    images = scans.look([IMAGE])
    fake_time.sleep(99.995)
    connection.deadline.pause(0.0)
    with pytest.raises(Unreachable, match="The time is up"):
        scans.start(images)

    assert operations(simulator) == [ROWS, TASKS]


# A start of which nobody knows whether it had an effect.

UNCERTAIN = pytest.mark.parametrize(
    "response",
    [server_error(), connection_reset(), HttpResponse(body=b'{"x": ')],
    ids=["server-error", "connection-reset", "truncated"],
)


@UNCERTAIN
@pytest.mark.parametrize(
    "fields",
    [
        {"scan_seconds": 60.0},
        {"scan_seconds": NEVER_ENDS},
        {"scan_seconds": 2.0},
        {"scan_seconds": 2.0, "earlier": EarlierScan(ago=300)},
        {"scan_seconds": 2.0, "failure": "oversized"},
        {"scan_seconds": 2.0, "failure": "oversized", "earlier": EarlierScan(ago=300)},
    ],
    ids=["running", "endless", "over", "over-again", "failed", "failed-again"],
)
def test_a_scan_that_was_started_all_the_same_is_not_started_again(
    simulator: Simulator, fake_time: FakeTime, response: AnyResponse, fields: dict[str, Any]
) -> None:
    """The task shows it while it is running, and the rows once it is over."""
    scans, connection, images = looked_at(simulator, fake_time, listed(**fields))
    simulator.rewrite = lambda name, document: response if name == POST else document
    scans.start(images)

    assert operations(simulator).count(POST) == 1
    assert len(started(simulator)) == 1
    assert "whether the scan was started is not known" in "".join(texts(connection, EventKind.NOTE))
    assert fake_time.slept == [12.0]


@UNCERTAIN
@pytest.mark.parametrize("earlier", [None, EarlierScan(ago=300), EarlierScan(ago=300, failure="broken")])
def test_a_scan_of_which_nothing_is_to_be_seen_is_asked_for_once_more(
    simulator: Simulator, fake_time: FakeTime, response: AnyResponse, earlier: EarlierScan | None
) -> None:
    scans, connection, images = looked_at(simulator, fake_time, listed(earlier=earlier))
    simulator.faults.append(Fault(response=response, operation=POST, requests=frozenset({1})))
    scans.start(images)

    assert operations(simulator) == [ROWS, TASKS, POST, TASKS, ROWS, POST]
    assert len(started(simulator)) == 1
    assert texts(connection, EventKind.ACTION) == ["starting the scan again: nothing shows that it was started"]


def test_a_row_that_has_another_digest_while_the_scan_is_looked_for_has_moved(
    simulator: Simulator, fake_time: FakeTime
) -> None:
    """A later result of it is not certainly that of the scan."""
    scans, _, images = looked_at(simulator, fake_time, listed(earlier=EarlierScan(ago=300)))
    simulator.faults.append(Fault(response=server_error(), operation=POST, requests=frozenset({1})))
    simulator.rewrite = lambda name, document: document if name != ROWS else {"data_list": [], "total_num": 0}
    scans.start(images)
    fake_time.sleep(12)
    simulator.rewrite = partial(in_rows, latest_sync_time=4_000_000_000_000)

    assert [image.state for image in scans.look([IMAGE])] == [ImageState.OUTDATED]


def test_a_second_failure_ends_the_run(simulator: Simulator, fake_time: FakeTime) -> None:
    scans, _, images = looked_at(simulator, fake_time, listed())
    simulator.faults.append(Fault(response=server_error(), operation=POST))

    with pytest.raises(Unreachable):
        scans.start(images)
    assert operations(simulator).count(POST) == 2


@pytest.mark.parametrize(("time_left", "slept"), [(8.0, [8.0]), (0.0, []), (-5.0, [])])
def test_a_scan_whose_response_was_lost_is_not_looked_for_after_the_deadline_and_is_stopped(
    simulator: Simulator, fake_time: FakeTime, time_left: float, slept: list[float]
) -> None:
    simulator.push(listed(scan_seconds=NEVER_ENDS))
    scans, connection = connected(simulator, fake_time, timeout=100.0)
    images = scans.look([IMAGE])

    def lose(name: str, document: AnyResponse) -> AnyResponse:
        if name != POST:
            return document
        fake_time.elapsed = 100.0 - time_left
        return server_error()

    simulator.rewrite = lose
    with nullcontext() if slept else pytest.raises(Unreachable):
        scans.start(images)
    assert fake_time.slept == slept
    assert operations(simulator) == [ROWS, TASKS, POST, *[TASKS for _ in slept]]
    with connection.deadline.extended(5.0):
        scans.stop()
    assert operations(simulator)[-1] == STOP


# Stopping.


def a_foreign_task(**fields: Any) -> SimulatedTask:
    """A scan of selected images that goes on, and was not started by this run."""
    stages = (Stage(state="running", progress=10),)
    return SimulatedTask(
        **{"id": "foreign", "name": "other", "stages": stages, "all_images": False, "total": 1, **fields}
    )


def test_without_a_scan_of_this_run_nothing_is_stopped(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.tasks = [a_foreign_task()]
    scans, connection, _ = looked_at(simulator, fake_time, listed())
    scans.stop()

    assert operations(simulator) == [ROWS]
    assert texts(connection, EventKind.ACTION) == []


@pytest.mark.parametrize(
    "others",
    [
        [],
        [a_foreign_task()],
        [a_foreign_task(started_ago=-1.0, all_images=True)],
        [a_foreign_task(started_ago=-1.0, total=2)],
        [a_foreign_task(started_ago=-1.0, task_type="cycle")],
        [a_foreign_task(started_ago=-1.0, image_type="local")],
    ],
    ids=["none", "before", "of-all-images", "of-others", "by-schedule", "of-local-images"],
)
def test_the_task_of_this_run_is_stopped(
    simulator: Simulator, fake_time: FakeTime, others: list[SimulatedTask]
) -> None:
    simulator.tasks = others
    scans, connection, images = looked_at(simulator, fake_time, listed(scan_seconds=NEVER_ENDS))
    scans.start(images)
    fake_time.sleep(12)
    scans.stop()

    own = started(simulator)[-1]
    assert operations(simulator)[-2:] == [TASKS, STOP]
    assert simulator.requests[-1].path.endswith(f"/image-scan/tasks/{own.id}/stop")
    assert texts(connection, EventKind.ACTION) == [f"stopped scan task {own.id}"]


@pytest.mark.parametrize("seconds", [2.0, NEVER_ENDS], ids=["over", "not-to-be-told-from-another"])
def test_a_task_that_is_over_or_cannot_be_told_from_others_is_not_stopped(
    simulator: Simulator, fake_time: FakeTime, seconds: float
) -> None:
    others = [] if seconds == 2.0 else [a_foreign_task(started_ago=-1.0)]
    simulator.tasks = others
    scans, connection, images = looked_at(simulator, fake_time, listed(scan_seconds=seconds))
    scans.start(images)
    fake_time.sleep(12)
    scans.stop()

    assert STOP not in operations(simulator)
    assert texts(connection, EventKind.ACTION) == [
        "no scan was stopped: its task is over, or cannot be told from others"
    ]


@pytest.mark.parametrize("operation", [TASKS, STOP])
def test_a_scan_that_cannot_be_stopped_is_told_and_raises_nothing(
    simulator: Simulator, fake_time: FakeTime, operation: str
) -> None:
    scans, connection, images = looked_at(simulator, fake_time, listed(scan_seconds=NEVER_ENDS))
    scans.start(images)
    simulator.faults.append(Fault(response=error_response("HSS.0013"), operation=operation))
    scans.stop()

    (text,) = texts(connection, EventKind.ACTION)
    assert text.startswith("the scan could not be stopped, and may go on: Huawei Cloud does not let this user call")


def test_a_scan_counts_as_that_of_the_image_once_it_has_ended(simulator: Simulator, fake_time: FakeTime) -> None:
    """The row has the time of the end; the caller compares it with the time before."""
    scans, _, images = looked_at(simulator, fake_time, listed(earlier=EarlierScan(ago=30, findings=Findings())))
    scans.start(images)
    (scanning,) = scans.look([IMAGE])
    fake_time.sleep(12)
    (ended,) = scans.look([IMAGE])

    assert (scanning.state, ended.state) == (ImageState.SCANNING, ImageState.SCANNED)
    assert images[0].scanned_at is not None
    assert ended.scanned_at is not None
    assert ended.scanned_at - images[0].scanned_at == timedelta(seconds=33)


def test_a_scan_of_no_image_is_never_asked_for(simulator: Simulator, fake_time: FakeTime) -> None:
    """It may be one of all images."""
    scans, _ = connected(simulator, fake_time)

    with pytest.raises(ValueError, match="a scan needs an image"):
        scans.start(())

    assert "CreateManualImageScanTask" not in operations(simulator)
