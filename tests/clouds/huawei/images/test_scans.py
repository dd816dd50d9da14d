"""Following the images of a release: their own rows decide, and the task of their scan saves calls."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import pytest

from gate.clouds.huawei.connect import connect
from gate.errors import NotAuthorised, Refused
from gate.image import ImageState, ScannedImage
from gate.outcome import EventKind
from gate.scan import RISK_SCOPES
from gate.simulator import (
    BySeverity,
    EarlierScan,
    Fault,
    Findings,
    Platform,
    SimulatedTask,
    Simulator,
    Stage,
    error_response,
)
from tests.clouds.builders import a_connection, events_of_kind
from tests.clouds.huawei.images.builders import (
    HOST,
    INSTANCE_HOST,
    a_digest,
    a_push,
    a_ref,
    connected,
    in_rows,
    listed,
    operations,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.clouds import ImageScans
    from gate.image import ImageRef
    from tests.builders import FakeTime

POST, TASKS, ROWS = "CreateManualImageScanTask", "tasks", "ListRegistryImages"
IMAGE, OTHER = a_ref(), a_ref("api", number=2)
SCANNED = EarlierScan(ago=30)
RISKY = Findings(vulnerabilities=BySeverity(high=1))
NEVER_ENDS = float("inf")
VULNERABILITIES: frozenset[Literal["vulnerability"]] = frozenset({"vulnerability"})


@pytest.fixture
def simulator(fake_time: FakeTime) -> Iterator[Simulator]:
    """A project without images."""
    with Simulator("empty", now=fake_time.wall) as simulator:
        yield simulator


def states(scans: ImageScans, *images: ImageRef) -> list[ImageState]:
    """The states of these images in one look."""
    return [image.state for image in scans.look(images)]


def calls_of(simulator: Simulator, scans: ImageScans, *images: ImageRef) -> list[str]:
    """The operations of one look at these images."""
    before = len(simulator.requests)
    scans.look(images)
    return operations(simulator)[before:]


# One look.


def test_images_are_returned_in_the_order_in_which_they_were_asked_for(
    simulator: Simulator, fake_time: FakeTime
) -> None:
    simulator.push(listed(earlier=replace(SCANNED, findings=RISKY)))
    simulator.push(listed("api", number=2, scan_seconds=NEVER_ENDS))
    simulator.push(listed("gone", number=3, failure="oversized", earlier=replace(SCANNED, failure="oversized")))
    scans, _ = connected(simulator, fake_time)
    images = [a_ref("missing", number=4), a_ref("gone", number=3), OTHER, IMAGE]

    found = scans.look(images)

    assert [one.image for one in found] == images
    assert [one.state for one in found] == [
        ImageState.MISSING,
        ImageState.FAILED,
        ImageState.WAITING,
        ImageState.SCANNED,
    ]
    assert [one.is_risky for one in found] == [None, None, None, True]
    assert found[1].reason.startswith("image_over_sized")


def test_an_index_is_not_scanned(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.push(listed(children=(Platform(digest=a_digest(2)), Platform(digest=a_digest(3)))))
    scans, _ = connected(simulator, fake_time)

    assert states(scans, IMAGE) == [ImageState.NOT_SCANNABLE]


def test_the_result_of_the_image_that_had_the_tag_before_is_none(simulator: Simulator, fake_time: FakeTime) -> None:
    """The row of a moved tag keeps time and counts."""
    simulator.push(listed(number=2, earlier=EarlierScan(ago=30), pushed_ago=120.0))
    simulator.push(listed(pushed_ago=10.0))
    scans, _ = connected(simulator, fake_time)

    assert states(scans, IMAGE, replace(IMAGE, digest=a_digest(2))) == [ImageState.OUTDATED, ImageState.MISSING]


def test_a_result_that_the_row_had_with_another_digest_is_none_although_it_is_later_than_the_push(
    simulator: Simulator, fake_time: FakeTime
) -> None:
    """A scan of the image before ended after the push, and the row keeps it when it takes over the new digest."""
    simulator.push(listed(number=2, earlier=EarlierScan(ago=60), pushed_ago=86_400.0))
    simulator.push(listed(pushed_ago=600.0, listed_after=700.0))
    scans, _ = connected(simulator, fake_time)
    before = states(scans, IMAGE)
    fake_time.sleep(101)
    after = states(scans, IMAGE)

    assert (before, after) == ([ImageState.MISSING], [ImageState.OUTDATED])


# After the start of a scan.


def test_the_row_must_have_the_same_digest_still(simulator: Simulator, fake_time: FakeTime) -> None:
    """Under another tag the image may have an older result, which looks later than what was there before."""
    simulator.push(listed(earlier=EarlierScan(ago=50)))
    simulator.push(listed(tag="latest", earlier=EarlierScan(ago=20)))
    scans, _ = connected(simulator, fake_time)
    scans.start(scans.look([IMAGE]))
    simulator.push(a_push(number=2, pushed_ago=0.0, listed_after=0.0))
    (found,) = scans.look([IMAGE])

    assert (found.state, found.listed_digest) == (ImageState.MISSING, a_digest(2))


@pytest.mark.parametrize("image", [IMAGE, replace(IMAGE, tag="")], ids=["by tag and digest", "by digest alone"])
@pytest.mark.parametrize("has_moved", [True, False])
def test_a_result_is_not_certainly_that_of_the_scan_if_the_row_has_had_another_digest_since(
    simulator: Simulator, fake_time: FakeTime, image: ImageRef, *, has_moved: bool
) -> None:
    """The row keeps a result when it takes over another digest, and this may be what was found in the other image."""
    simulator.push(listed(earlier=SCANNED))
    scans, _ = connected(simulator, fake_time)
    scans.start(scans.look([image]))
    if has_moved:
        simulator.rewrite = partial(in_rows, image_digest=a_digest(2))
        assert states(scans, image) == [ImageState.MISSING]
    simulator.rewrite = partial(in_rows, latest_sync_time=4_000_000_000_000)
    fake_time.sleep(12)

    assert states(scans, image) == [ImageState.OUTDATED if has_moved else ImageState.SCANNED]


def test_a_row_that_is_gone_is_missing(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.push(listed())
    scans, _ = connected(simulator, fake_time)
    scans.start(scans.look([IMAGE]))
    simulator.rewrite = lambda _operation, _document: {"data_list": [], "total_num": 0}

    assert scans.look([IMAGE]) == (ScannedImage(image=IMAGE, state=ImageState.MISSING),)


def test_the_result_counts_whatever_the_row_says_of_a_push_meanwhile(simulator: Simulator, fake_time: FakeTime) -> None:
    """The digest was the same before; an image that was not started must not have been pushed since."""
    for number, name in ((1, "shop/web"), (2, "api")):
        simulator.push(listed(name, number=number, earlier=SCANNED))
    scans, _ = connected(simulator, fake_time)
    scans.start(scans.look([IMAGE, OTHER])[:1])
    fake_time.sleep(12)
    simulator.rewrite = partial(in_rows, latest_update_time=4_000_000_000_000)

    assert states(scans, IMAGE, OTHER) == [ImageState.SCANNED, ImageState.OUTDATED]


@pytest.mark.parametrize("is_seen_before", [True, False])
def test_a_result_that_was_proven_before_the_registry_was_read_again_is_proven_still(
    simulator: Simulator, fake_time: FakeTime, *, is_seen_before: bool
) -> None:
    """Else one new image of a release would have all others scanned again."""
    simulator.push(listed(earlier=SCANNED))
    scans, _ = connected(simulator, fake_time)
    if is_seen_before:
        assert states(scans, IMAGE) == [ImageState.SCANNED]
    simulator.rewrite = partial(in_rows, latest_sync_time=4_000_000_000_000)

    assert states(scans, IMAGE) == [ImageState.SCANNED if is_seen_before else ImageState.OUTDATED]


def test_the_risk_under_other_tags_counts_after_the_scan_too(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.push(listed())
    simulator.push(listed(tag="latest", findings=RISKY, earlier=EarlierScan(ago=20, findings=RISKY)))
    scans, _ = connected(simulator, fake_time)
    scans.start(scans.look([IMAGE]))
    fake_time.sleep(12)
    (found,) = scans.look([IMAGE])

    assert (found.state, found.is_risky) == (ImageState.SCANNED, True)


# The task as a hint.


def long_list(simulator: Simulator, **fields: Any) -> None:
    """Two images in organisations of their own, so that a look takes two calls."""
    simulator.push(listed(**fields))
    simulator.push(replace(listed(number=2, **fields), repository="shop/api"))


TWO = (IMAGE, a_ref("api", namespace="shop", number=2))


def test_while_the_scan_runs_only_its_task_is_asked_for_if_that_is_less(
    simulator: Simulator, fake_time: FakeTime
) -> None:
    long_list(simulator, scan_seconds=30.0)
    scans, connection = connected(simulator, fake_time)
    scans.start(scans.look(TWO))
    fake_time.sleep(12)

    assert calls_of(simulator, scans, *TWO) == [TASKS]
    fake_time.sleep(12)
    assert calls_of(simulator, scans, *TWO) == [TASKS]
    assert [one.raw_state for one in scans.look(TWO)] == ["scan task at 0 %"] * 2
    fake_time.sleep(12)
    # It is over: the rows decide, and the task is not asked for any more.
    assert calls_of(simulator, scans, *TWO) == [TASKS, ROWS, ROWS]
    assert calls_of(simulator, scans, *TWO) == [ROWS, ROWS]
    assert states(scans, *TWO) == [ImageState.SCANNED] * 2
    assert any("is task" in event.text for event in events_of_kind(connection, EventKind.NOTE))
    assert len(connection.event_log.started_tasks) == 1


def test_a_look_that_takes_one_call_is_as_good_as_the_task(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.push(listed(scan_seconds=30.0))
    scans, _ = connected(simulator, fake_time)
    scans.start(scans.look([IMAGE]))

    assert calls_of(simulator, scans, IMAGE) == [ROWS]


def test_before_a_scan_was_started_no_task_is_asked_for(simulator: Simulator, fake_time: FakeTime) -> None:
    long_list(simulator)
    scans, _ = connected(simulator, fake_time)
    scans.look(TWO)

    assert calls_of(simulator, scans, *TWO) == [ROWS, ROWS]


def test_images_that_were_not_started_stay_as_they_were_last_seen(simulator: Simulator, fake_time: FakeTime) -> None:
    long_list(simulator, scan_seconds=NEVER_ENDS, earlier=SCANNED)
    scans, _ = connected(simulator, fake_time)
    before = scans.look(TWO)
    scans.start(before[:1])
    (started, other, unseen) = scans.look((*TWO, a_ref("unseen", number=3)))

    assert (started.state, started.scanned_at) == (ImageState.SCANNING, before[0].scanned_at)
    assert other == before[1]
    assert unseen.state is ImageState.MISSING


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"task_id": None},
        {"is_all": None},
        {"total_num": None},
    ],
    ids=["same", "without-an-id", "without-is_all", "without-a-total"],
)
@pytest.mark.parametrize("has_other", [True, False], ids=["two-tasks", "only-this-one"])
def test_a_task_that_may_be_that_of_another_run_is_not_followed(
    simulator: Simulator, fake_time: FakeTime, fields: dict[str, object], *, has_other: bool
) -> None:
    """Where it is the only one, it has to state all that tells it from others."""
    stages = (Stage(state="running", progress=10),)
    simulator.tasks = [
        SimulatedTask(id="foreign", name="other", started_ago=-1.0, stages=stages, all_images=False, total=2)
    ]
    long_list(simulator, scan_seconds=30.0)
    scans, _ = connected(simulator, fake_time)
    scans.start(scans.look(TWO))
    fake_time.sleep(12)

    def rewrite(name: str, document: dict[str, Any]) -> dict[str, Any]:
        if name != TASKS:
            return document
        rows = [{**row, **fields} if row["task_id"] == "foreign" else row for row in document["data_list"]]
        shown = rows if has_other else [row for row in rows if row["task_id"] in {None, "foreign"}]
        return {"data_list": shown, "total_num": len(shown)}

    simulator.rewrite = rewrite
    is_followed = not has_other and not fields
    assert calls_of(simulator, scans, *TWO) == ([TASKS] if is_followed else [TASKS, ROWS, ROWS])


@pytest.mark.parametrize(
    "other",
    [{"all_images": True, "total": 2}, {"all_images": False, "total": 3}, {"all_images": False, "started_ago": 1.0}],
)
def test_a_task_that_is_certainly_another_one_does_not_matter(
    simulator: Simulator, fake_time: FakeTime, other: dict[str, Any]
) -> None:
    stages = (Stage(state="running", progress=10),)
    simulator.tasks = [
        SimulatedTask(**{"id": "foreign", "name": "other", "started_ago": -1.0, "stages": stages, "total": 2, **other})
    ]
    long_list(simulator, scan_seconds=30.0)
    scans, _ = connected(simulator, fake_time)
    scans.start(scans.look(TWO))
    fake_time.sleep(12)

    assert calls_of(simulator, scans, *TWO) == [TASKS]


@pytest.mark.parametrize("code", ["HSS.0001", "HSS.0011"])
def test_a_list_of_tasks_that_cannot_be_read_is_not_asked_for_again(
    simulator: Simulator, fake_time: FakeTime, code: str
) -> None:
    long_list(simulator, scan_seconds=30.0)
    scans, connection = connected(simulator, fake_time)
    scans.start(scans.look(TWO))
    simulator.faults.append(Fault(response=error_response(code), operation=TASKS))

    assert calls_of(simulator, scans, *TWO) == [TASKS, ROWS, ROWS]
    assert calls_of(simulator, scans, *TWO) == [ROWS, ROWS]
    assert any("is not followed any more" in event.text for event in events_of_kind(connection, EventKind.NOTE))


def test_a_user_who_may_not_list_tasks_any_more_is_told_so(simulator: Simulator, fake_time: FakeTime) -> None:
    long_list(simulator, scan_seconds=30.0)
    scans, _ = connected(simulator, fake_time)
    scans.start(scans.look(TWO))
    simulator.faults.append(Fault(response=error_response("HSS.0013"), operation=TASKS))

    with pytest.raises(NotAuthorised):
        scans.look(TWO)


def test_a_task_that_is_gone_is_over(simulator: Simulator, fake_time: FakeTime) -> None:
    long_list(simulator, scan_seconds=NEVER_ENDS)
    scans, _ = connected(simulator, fake_time)
    scans.start(scans.look(TWO))
    scans.look(TWO)
    simulator.rewrite = lambda name, document: {"data_list": [], "total_num": 0} if name == TASKS else document

    assert calls_of(simulator, scans, *TWO) == [TASKS, ROWS, ROWS]
    assert states(scans, *TWO) == [ImageState.SCANNING] * 2


# What else is stated.


def test_what_a_scan_looked_for_is_read_once_for_all_images(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.push(listed())
    simulator.push(listed("api", number=2))
    simulator.tasks = [SimulatedTask(id="old", name="old", started_ago=86_400.0, scopes=VULNERABILITIES)]
    scans, _ = connected(simulator, fake_time)
    scans.start(scans.look([IMAGE, OTHER]))
    fake_time.sleep(12)
    found = scans.look([IMAGE, OTHER])
    before = len(simulator.requests)
    verified = scans.verified(found)

    assert [one.scopes is not None and one.scopes >= RISK_SCOPES for one in verified] == [True, True]
    assert operations(simulator)[before:] == [TASKS]
    assert [replace(one, scopes=None) for one in verified] == [*found]


def test_a_list_of_tasks_that_cannot_be_read_for_it_ends_the_run(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.push(listed(earlier=SCANNED))
    scans, _ = connected(simulator, fake_time)
    found = scans.look([IMAGE])
    simulator.faults.append(Fault(response=error_response("HSS.0001"), operation=TASKS))

    with pytest.raises(Refused):
        scans.verified(found)


def test_severities_take_no_call(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.push(listed(earlier=SCANNED))
    scans, _ = connected(simulator, fake_time)
    found = scans.look([IMAGE])

    assert scans.with_severities(found) == found
    assert len(simulator.requests) == 1


@pytest.mark.usefixtures("socket_disabled")
@pytest.mark.parametrize(
    ("registries", "said"),
    [
        ((), []),
        ((HOST, "registry.example.com", ""), []),
        ((HOST, INSTANCE_HOST, INSTANCE_HOST.upper()), ["2 of 3"]),
    ],
)
def test_the_log_says_that_hss_scans_the_images_of_swr_enterprise_too(
    registries: tuple[str, ...], said: list[str], fake_time: FakeTime
) -> None:
    images = tuple(a_ref(registry=registry) for registry in registries)
    keys = {"HW_ACCESS_KEY": "id", "HW_SECRET_KEY": "secret"}
    connection = a_connection(
        fake_time, environ=keys, region="cn-north-4", for_cloud={"project-id": "0a1b"}, images=images
    )

    connect(connection).image_scans()

    assert [event.text for event in events_of_kind(connection, EventKind.ACTION)] == [
        f"HSS scans the images in SWR Enterprise ({number}); the own scan of an instance looks for vulnerabilities "
        "only, and is used with --swr-enterprise-scanner instance"
        for number in said
    ]


@pytest.mark.usefixtures("socket_disabled")
@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({}, "the default enterprise project"),
        ({"enterprise-project-id": "all_granted_eps"}, "--enterprise-project-id all_granted_eps"),
    ],
)
def test_connecting_sends_nothing_and_the_description_names_the_place(
    fake_time: FakeTime, options: dict[str, str], place: str
) -> None:
    keys = {"HW_ACCESS_KEY": "id", "HW_SECRET_KEY": "secret"}
    for_cloud = {"project-id": "0a1b", "task-name": "nightly", **options}
    connection = a_connection(fake_time, environ=keys, region="cn-north-4", for_cloud=for_cloud)
    scans = connect(connection).image_scans()

    assert scans.search_description() == f"Huawei Cloud (region cn-north-4, project 0a1b, {place})"
    assert connection.event_log.events == ()
