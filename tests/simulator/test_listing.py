"""Tests what the security service shows of pushed images, as it follows from pushes, synchronisations and scans."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gate.simulator import EarlierScan, Platform, SimulatedTask, Simulator, Stage, Unverified
from tests.simulator.images import RISKY, digest, image, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.simulator.account import Account
    from gate.simulator.listing import ListedImage
    from tests.simulator.conftest import Clock

COMPLETE = (Stage(state="complete"),)


@pytest.fixture
def simulator(clock: Clock) -> Iterator[Simulator]:
    """A running simulator without images and tasks."""
    with Simulator("empty", now=clock) as simulator:
        yield simulator


@pytest.fixture
def account(simulator: Simulator) -> Account:
    """Its account."""
    return simulator.account


def shown(account: Account, clock: Clock) -> ListedImage:
    """The only image that is listed."""
    (one,) = account.listed(clock.now)
    return one


def digests(account: Account, clock: Clock) -> list[str]:
    """The digests that are listed."""
    return [one.image.digest for one in account.listed(clock.now)]


def test_a_pushed_image_is_listed_when_a_synchronisation_has_ended(
    simulator: Simulator, account: Account, clock: Clock
) -> None:
    """The registry itself knows it at once."""
    simulator.push(image())
    seen = [digests(account, clock)]
    account.start_sync([], clock.now)
    for step in (1.9, 0.1):
        clock.now += step
        seen.append(digests(account, clock))

    assert seen == [[], [], [digest()]]
    assert [push.image.digest for push in account.tags(clock.now).values()] == [digest()]
    assert shown(account, clock).listed == clock.now


def test_a_synchronisation_reads_the_tags_as_they_are_when_it_starts(
    simulator: Simulator, account: Account, clock: Clock
) -> None:
    """It is for some registries, or for all."""
    simulator.push(image("before"))
    account.start_sync(["another"], clock.now)
    account.start_sync([""], clock.now)
    clock.now += 1
    simulator.push(image("after"))
    clock.now += 9
    first = digests(account, clock)
    account.start_sync([], clock.now)
    clock.now += 2

    assert (first, digests(account, clock)) == ([digest("before")], [digest("after")])


def test_a_synchronisation_that_fails_lists_nothing(simulator: Simulator, account: Account, clock: Clock) -> None:
    simulator.push(image())
    account.sync_stages = (Stage(state="failed"),)
    account.start_sync([], clock.now)
    clock.now += 60

    assert digests(account, clock) == []
    assert account.sync_time("", clock.now) is None


def test_the_time_of_the_last_synchronisation_is_that_of_its_end(account: Account, clock: Clock) -> None:
    """It is per registry."""
    started = clock.now
    account.start_sync(["one"], started)
    clock.now += 5
    account.start_sync(["other"], clock.now)
    clock.now += 5

    assert account.sync_time("one", clock.now) == started + 2
    assert account.sync_time("other", clock.now) == started + 7
    assert account.sync_time("third", clock.now) is None


def test_an_image_can_be_listed_late(simulator: Simulator, account: Account, clock: Clock) -> None:
    """Either some time after its push, or some time after the synchronisation."""
    simulator.push(image(tag="unasked", listed_after=30))
    simulator.push(image(tag="synchronised", sync_lag=60))
    account.start_sync(["another"], clock.now)
    clock.now += 30
    tags = [[one.image.tag for one in account.listed(clock.now)]]
    account.start_sync([""], clock.now)
    clock.now += 62
    tags.append(sorted(one.image.tag for one in account.listed(clock.now)))

    assert tags == [["unasked"], ["synchronised", "unasked"]]


def test_a_tag_that_moved_before_it_was_listed_unasked_is_never_listed_with_its_first_digest(
    simulator: Simulator, account: Account, clock: Clock
) -> None:
    simulator.push(image("first", listed_after=30))
    clock.now += 10
    simulator.push(image("second"))
    clock.now += 60

    assert digests(account, clock) == []


def test_a_moved_tag_keeps_its_row_and_its_old_digest_until_it_is_read_again(
    simulator: Simulator, account: Account, clock: Clock
) -> None:
    simulator.push(listed("old", earlier=EarlierScan(ago=600)))
    clock.now += 10
    simulator.push(image("new"))
    before = shown(account, clock)
    account.start_sync([], clock.now)
    clock.now += 10
    after = shown(account, clock)

    assert (before.image.digest, after.image.digest) == (digest("old"), digest("new"))
    assert before.image.number == after.image.number


@pytest.mark.parametrize(("keeps", "state"), [(True, "scanned"), (False, "unscanned")])
def test_a_moved_tag_may_keep_the_results_of_its_old_digest(
    *, keeps: bool, state: str, simulator: Simulator, account: Account, clock: Clock
) -> None:
    """No document says whether it does; that it does is harder for a client."""
    assert account.unverified.moved_tag_keeps_results
    account.unverified = Unverified(moved_tag_keeps_results=keeps)
    simulator.push(listed("old", pushed_ago=600.0, earlier=EarlierScan(ago=300, findings=RISKY)))
    simulator.push(listed("new"))
    one = shown(account, clock)

    assert (one.image.digest, one.state) == (digest("new"), state)
    assert (one.scanned, one.results is not None) == ((clock.now - 300, True) if keeps else (None, False))


def test_of_two_pushes_at_one_time_the_later_call_wins(simulator: Simulator, account: Account, clock: Clock) -> None:
    simulator.push(listed("first"))
    simulator.push(listed("second"))

    assert digests(account, clock) == [digest("second")]


def test_an_image_is_waiting_then_scanning_then_scanned(simulator: Simulator, account: Account, clock: Clock) -> None:
    """Until then, the findings of the last scan are shown."""
    simulator.push(listed(findings=RISKY, earlier=EarlierScan(ago=600), scan_seconds=10))
    started = clock.now
    account.start_scan([shown(account, clock).image], started)
    seen = []
    for seconds in (0.0, 1.0, 10.9, 11.0):
        clock.now = started + seconds
        one = shown(account, clock)
        assert one.results is not None
        seen.append((one.state, one.scanned, one.results.findings == RISKY, one.running is not None))

    assert seen == [
        ("waiting", started - 600, False, True),
        ("scanning", started - 600, False, True),
        ("scanning", started - 600, False, True),
        ("scanned", started + 11, True, False),
    ]


@pytest.mark.parametrize(("time_first", "scanned"), [(True, 3.0), (False, -600.0)])
def test_findings_can_be_late(
    *, time_first: bool, scanned: float, simulator: Simulator, account: Account, clock: Clock
) -> None:
    """The new scan time is there before them, or with them."""
    account.unverified = Unverified(scan_time_before_findings=time_first)
    simulator.push(listed(findings=RISKY, earlier=EarlierScan(ago=600), results_lag=5))
    started = clock.now
    account.start_scan([shown(account, clock).image], started)
    clock.now = started + 7.9
    before = shown(account, clock)
    clock.now = started + 8
    after = shown(account, clock)

    assert before.results is not None
    assert after.results is not None
    assert (before.state, before.scanned, before.results.findings.is_risky) == ("scanned", started + scanned, False)
    assert (after.state, after.scanned, after.results.findings.is_risky) == ("scanned", started + 3, True)


@pytest.mark.parametrize(("moves", "scanned"), [(False, -600.0), (True, 3.0)])
def test_a_failed_scan_leaves_the_findings_of_the_scan_before(
    *, moves: bool, scanned: float, simulator: Simulator, account: Account, clock: Clock
) -> None:
    """Whether it moves the scan time is not documented."""
    account.unverified = Unverified(failed_scan_moves_scan_time=moves)
    simulator.push(listed(failure="oversized", earlier=EarlierScan(ago=600, findings=RISKY)))
    started = clock.now
    account.start_scan([shown(account, clock).image], started)
    clock.now += 60
    one = shown(account, clock)

    assert one.last_scan is not None
    assert one.results is not None
    assert (one.state, one.last_scan.failure) == ("failed", "oversized")
    assert (one.scanned, one.results.findings) == (started + scanned, RISKY)


def test_an_earlier_scan_can_have_failed(simulator: Simulator, account: Account, clock: Clock) -> None:
    simulator.push(listed(earlier=EarlierScan(ago=600, failure="broken")))
    one = shown(account, clock)

    assert (one.state, one.scanned, one.results) == ("failed", None, None)


def test_an_earlier_scan_counts_from_the_push_of_an_image_that_is_pushed_later(
    simulator: Simulator, account: Account, clock: Clock
) -> None:
    clock.now += 1000
    simulator.push(image(listed_after=0, earlier=EarlierScan(ago=10)))

    assert shown(account, clock).scanned == clock.now - 10


def test_images_of_one_scan_end_one_after_another(simulator: Simulator, account: Account, clock: Clock) -> None:
    """Each has its own time, and one whose scan never ends keeps the task running."""
    for tag, seconds in (("slow", 9.0), ("quick", 1.0), ("never", math.inf)):
        simulator.push(listed(tag=tag, scan_seconds=seconds))
    started = clock.now
    account.start_scan([one.image for one in account.listed(started)], started)
    clock.now += 3600

    assert {one.image.tag: (one.state, one.scanned) for one in account.listed(clock.now)} == {
        "quick": ("scanned", started + 2),
        "slow": ("scanned", started + 10),
        "never": ("scanning", None),
    }


def test_the_stages_of_a_scan_can_be_given(simulator: Simulator, account: Account, clock: Clock) -> None:
    """Images that it does not reach before it ends badly are as they were."""
    account.scan_stages = (Stage(state="running", progress=10, seconds=5), Stage(state="failed", progress=50))
    simulator.push(listed(tag="1"))
    simulator.push(listed(tag="2"))
    account.start_scan([one.image for one in account.listed(clock.now)], clock.now)
    clock.now += 60

    assert sorted(one.state for one in account.listed(clock.now)) == ["scanned", "unscanned"]


def test_a_stopped_scan_leaves_no_result(simulator: Simulator, account: Account, clock: Clock) -> None:
    """A scan that has ended cannot be stopped."""
    simulator.push(listed())
    task = account.start_scan([shown(account, clock).image], clock.now)
    clock.now += 2
    account.stop(task, clock.now)
    clock.now += 60
    account.stop(task, clock.now)
    (stopped,) = account.snapshots(clock.now)

    assert (stopped.stage.state, stopped.ended) == ("stopped", clock.now - 60)
    assert shown(account, clock).state == "unscanned"


def test_a_scan_that_has_ended_cannot_be_stopped(simulator: Simulator, account: Account, clock: Clock) -> None:
    simulator.push(listed())
    task = account.start_scan([shown(account, clock).image], clock.now)
    clock.now += 60
    account.stop(task, clock.now)

    assert shown(account, clock).state == "scanned"


def test_a_task_of_the_scenario_can_scan_images(account: Account, simulator: Simulator, clock: Clock) -> None:
    """So another user may be scanning the image already."""
    simulator.push(listed())
    one = shown(account, clock).image
    stages = (Stage(state="running", progress=0, seconds=20), *COMPLETE)
    account.tasks.append(SimulatedTask(id="theirs", name="theirs", images=(one,), stages=stages))
    states = [(shown(account, clock).state, account.is_being_scanned(one, clock.now))]
    clock.now += 20
    states.append((shown(account, clock).state, account.is_being_scanned(one, clock.now)))

    assert states == [("scanning", True), ("scanned", False)]


def test_a_complete_task_of_the_scenario_is_an_old_result(account: Account, simulator: Simulator, clock: Clock) -> None:
    simulator.push(listed())
    old = replace(shown(account, clock).image, findings=RISKY)
    account.tasks.append(SimulatedTask(id="old", name="old", images=(old,), stages=COMPLETE, started_ago=900))
    one = shown(account, clock)

    assert one.results is not None
    assert (one.scanned, one.results.findings) == (clock.now - 660, RISKY)


def test_scans_of_another_digest_or_tag_do_not_concern_an_image(
    account: Account, simulator: Simulator, clock: Clock
) -> None:
    """Nor is an image being scanned while a scan of its tag runs for an older digest."""
    account.unverified = Unverified(moved_tag_keeps_results=False)
    simulator.push(listed())
    account.start_scan([image("old"), image(tag="another")], clock.now)
    states = [shown(account, clock).state]
    clock.now += 60
    states.append(shown(account, clock).state)

    assert states == ["unscanned", "unscanned"]


def test_an_image_of_another_plane_is_never_listed(account: Account, simulator: Simulator, clock: Clock) -> None:
    """Its registry knows it."""
    simulator.push(listed(on_other_plane=True))

    assert digests(account, clock) == []
    assert len(account.tags(clock.now)) == 1


@pytest.mark.parametrize(("have_rows", "count"), [(False, 1), (True, 3)])
def test_the_images_of_an_index_may_be_listed_beside_it(
    *, have_rows: bool, count: int, account: Account, simulator: Simulator, clock: Clock
) -> None:
    """Each has scans of its own, and no scan of a digest that the tag had before counts for it."""
    account.unverified = Unverified(lists_platform_images=have_rows)
    simulator.push(listed("before", pushed_ago=600.0, earlier=EarlierScan(ago=300)))
    simulator.push(
        listed(
            "index",
            children=(
                Platform(digest=digest("amd64"), findings=RISKY),
                Platform(digest=digest("arm64"), platform="linux/arm64"),
            ),
        )
    )
    (index,) = [one for one in account.listed(clock.now) if one.image.is_index]
    account.start_scan([index.platforms[0].image], clock.now)
    clock.now += 60
    (index,) = [one for one in account.listed(clock.now) if one.image.is_index]

    assert len(account.listed(clock.now)) == count
    assert [(one.image.platform, one.state) for one in index.platforms] == [
        ("linux/amd64", "scanned"),
        ("linux/arm64", "unscanned"),
    ]
    assert index.platforms[0].results is not None
    assert index.platforms[0].results.findings == RISKY


def test_an_index_may_have_no_row_of_its_own(account: Account, simulator: Simulator, clock: Clock) -> None:
    """Then its images have rows, or nothing of it is listed."""
    simulator.push(listed("index", children=(Platform(digest=digest("amd64")),)))
    found = []
    for have_rows in (True, False):
        account.unverified = Unverified(lists_index=False, lists_platform_images=have_rows)
        found.append(digests(account, clock))

    assert found == [[digest("amd64")], []]


def test_a_scan_can_import_its_images(account: Account, simulator: Simulator, clock: Clock) -> None:
    """They are listed some time after its start, by whichever of their images, and also if their tags have moved."""
    simulator.push(image("moved", tag="1"))
    simulator.push(image("slow", tag="2", sync_lag=30))
    simulator.push(image("index", tag="3", children=(Platform(digest=digest("amd64")),)))
    simulator.push(image("not imported", tag="4"))
    simulator.push(image("moved here", tag="1"))
    pushed = {one.image.digest: one.image for one in account.pushed(clock.now)}
    (platform_image,) = pushed[digest("index")].platform_images
    account.start_scan([pushed[digest("moved")], pushed[digest("slow")], platform_image], clock.now, is_import=True)
    seen = []
    for step in (0, 29, 1):
        clock.now += step
        seen.append(sorted(digests(account, clock)))

    at_once = sorted([digest("moved"), digest("index")])
    assert seen == [at_once, at_once, sorted([*at_once, digest("slow")])]


def test_a_scan_by_the_registry_itself_is_not_shown(account: Account, simulator: Simulator, clock: Clock) -> None:
    """Neither while it runs nor as a result."""
    simulator.push(listed(findings=RISKY))
    account.start_scan([image()], clock.now, kind="registry_scan")
    is_being_scanned = account.is_being_scanned(image(), clock.now)
    states = [shown(account, clock).state]
    clock.now += 60
    states.append(shown(account, clock).state)

    assert (is_being_scanned, states) == (False, ["unscanned", "unscanned"])


def test_images_that_were_scanned_last_move_to_the_end_of_the_list(
    account: Account, simulator: Simulator, clock: Clock
) -> None:
    """No document states the order, so a client that reads pages during a scan has to check that it has all."""
    for tag in ("1", "2", "3"):
        simulator.push(listed(tag=tag))
    first, *others = [one.image.tag for one in account.listed(clock.now)]
    account.start_scan([account.listed(clock.now)[0].image], clock.now)
    clock.now += 60

    assert [one.image.tag for one in account.listed(clock.now)] == [*others, first]
