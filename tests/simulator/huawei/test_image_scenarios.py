"""Tests every scenario of images on Huawei Cloud: a careful client ends with the exit code that it states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import IMAGE_SCENARIOS, SCENARIOS, PushedImage, Simulator
from tests.simulator.huawei.calls import image_rows, post_to, scan

if TYPE_CHECKING:
    from tests.simulator.conftest import Clock, SendRequest

EXPECTED = {
    "images-clean": 0,
    "images-risky": 1,
    "image-failed": 1,
    "oversized": 1,
    "listed-late": 0,
    "tag-moved": 7,
    "old-result": 1,
    "tag-reused": 1,
    "already-scanning": 0,
    "index": 7,
    "scan-quota-used-up": 4,
    "results-late": 1,
    "wrong-enterprise-project": 7,
    "other-plane": 7,
}
FAILED = {"failed", "download_failed", "image_oversized"}


@dataclass(frozen=True, kw_only=True)
class CarefulClient:
    """Reads rows of exactly the images of a scenario, has them listed and scanned, and waits long enough."""

    simulator: Simulator
    send: SendRequest
    clock: Clock

    def exit_code(self) -> int:
        """What a gate has to exit with."""
        if None in self.rows():
            post_to(self.send, self.simulator, "image-sync/tasks", {"sync_all_registries": True})
        # By then a scan of somebody else has ended, too.
        self.clock.now += 30
        before = self.rows()
        listed = [row for row in before if row is not None]
        if len(listed) < len(before) or not all(row["scannable"] for row in listed):
            return 7
        if scan(self.send, self.simulator, *listed).status != 200:
            return 4
        self.clock.now += 30
        after = [row for row in self.rows() if row is not None]
        assert [row["image_digest"] for row in after] == [row["image_digest"] for row in listed]
        return int(any(row["scan_status"] in FAILED or row["vul_num"] for row in after))

    def rows(self) -> list[dict[str, Any] | None]:
        """The row of each image that the scenario asks for; None if its digest is not listed under its names."""
        rows = image_rows(self.send, self.simulator)
        return [self._row(PushedImage.parse(reference), rows) for reference in self.simulator.scenario.images]

    @staticmethod
    def _row(image: PushedImage, rows: list[dict[str, Any]]) -> dict[str, Any] | None:
        names = {
            "namespace": image.namespace,
            "image_name": image.name,
            "image_version": image.tag,
            "registry_type": "SwrPrivate",
        }
        for row in rows:
            if row.items() >= names.items() and row["image_digest"][-64:] == image.digest[-64:]:
                return row
        return None


def careful(simulator: Simulator, send: SendRequest, clock: Clock) -> CarefulClient:
    """A client of this simulator."""
    return CarefulClient(simulator=simulator, send=send, clock=clock)


def test_every_scenario_of_images_has_a_name_a_one_line_summary_and_its_exit_code() -> None:
    """No other scenario has its name, and no other names images."""
    assert {name: scenario.expected_exit for name, scenario in IMAGE_SCENARIOS.items()} == EXPECTED
    assert all(name == scenario.name and scenario.images for name, scenario in IMAGE_SCENARIOS.items())
    assert all("\n" not in it.summary and it.summary.endswith(".") for it in IMAGE_SCENARIOS.values())
    assert not SCENARIOS.keys() & IMAGE_SCENARIOS.keys()
    assert not any(scenario.images for scenario in SCENARIOS.values())


@pytest.mark.parametrize("name", IMAGE_SCENARIOS)
def test_a_careful_client_ends_with_the_exit_code_of_the_scenario(name: str, send: SendRequest, clock: Clock) -> None:
    with Simulator(name, now=clock) as simulator:
        assert careful(simulator, send, clock).exit_code() == EXPECTED[name]


@pytest.mark.parametrize("name", IMAGE_SCENARIOS)
def test_similar_images_have_the_opposite_result(name: str, send: SendRequest, clock: Clock) -> None:
    """They are found by parts of the same names, and one of them has the same names in another registry."""
    with Simulator(name, now=clock) as simulator:
        rows = image_rows(send, simulator, image_name="web")
    similar = [
        row
        for row in rows
        if (row["namespace"], row["image_name"], row["image_version"], row["registry_type"])
        != ("team", "shop/web", "1.4.2", "SwrPrivate")
    ]

    assert len(similar) == 5
    assert {row["vul_num"] > 0 for row in similar} == {EXPECTED[name] == 0}
    assert sum(row["registry_type"] == "Harbor" for row in similar) == 1


@pytest.mark.parametrize("name", ["images-clean", "images-risky", "listed-late", "image-failed", "oversized"])
def test_images_that_were_just_pushed_are_not_listed(name: str, send: SendRequest, clock: Clock) -> None:
    with Simulator(name, now=clock) as simulator:
        assert careful(simulator, send, clock).rows() == [None, None]


def test_an_image_that_is_listed_late_is_not_there_when_the_synchronisation_ends(
    send: SendRequest, clock: Clock
) -> None:
    """The other one is."""
    with Simulator("listed-late", now=clock) as simulator:
        client = careful(simulator, send, clock)
        post_to(send, simulator, "image-sync/tasks", {"sync_all_registries": True})
        seen = []
        for step in (2.0, 7.9, 0.1):
            clock.now += step
            seen.append([row is not None for row in client.rows()])

    assert seen == [[False, True], [False, True], [True, True]]


@pytest.mark.parametrize(
    ("name", "age"), [("old-result", 3 * 86_400), ("results-late", 3 * 86_400), ("tag-reused", 600)]
)
def test_the_result_from_before_is_clean(name: str, age: int, send: SendRequest, clock: Clock) -> None:
    """That of the reused tag is of another digest, and older than the push of this one."""
    with Simulator(name, now=clock) as simulator:
        row, _ = careful(simulator, send, clock).rows()

    assert row is not None
    assert (row["scan_status"], row["vul_num"]) == ("success", 0)
    assert row["latest_scan_time"] == (clock.now - age) * 1000
    assert (row["latest_scan_time"] < row["latest_update_time"]) == (name == "tag-reused")


def test_late_results_come_four_seconds_after_the_end_of_the_scan(send: SendRequest, clock: Clock) -> None:
    """In the meantime, the new scan time stands beside the old counts."""
    with Simulator("results-late", now=clock) as simulator:
        client = careful(simulator, send, clock)
        row, _ = client.rows()
        assert row is not None
        scan(send, simulator, row)
        started, seen = clock.now, []
        for seconds in (3.0, 6.9, 7.0):
            clock.now = started + seconds
            row, _ = client.rows()
            assert row is not None
            seen.append((row["latest_scan_time"] == (started + 3) * 1000, row["vul_num"]))

    assert seen == [(True, 0), (True, 0), (True, 7)]


def test_somebody_elses_scan_ends_four_seconds_later(send: SendRequest, clock: Clock) -> None:
    statuses = []
    with Simulator("already-scanning", now=clock) as simulator:
        for step in (0.0, 3.9, 0.1):
            clock.now += step
            row, _ = careful(simulator, send, clock).rows()
            assert row is not None
            statuses.append(row["scan_status"])

    assert statuses == ["scanning", "scanning", "success"]


def test_the_moved_tag_is_listed_with_its_other_digest(send: SendRequest, clock: Clock) -> None:
    with Simulator("tag-moved", now=clock) as simulator:
        post_to(send, simulator, "image-sync/tasks", {"sync_all_registries": True})
        clock.now += 10
        rows = image_rows(send, simulator, image_version="1.4.2", scan_status="unscan")
        listed = careful(simulator, send, clock).rows()

    of_tag = [row for row in rows if (row["namespace"], row["image_name"]) == ("team", "shop/web")]
    assert listed[0] is None
    assert [row["image_version"] for row in of_tag] == ["1.4.2"]


def test_the_image_of_the_other_enterprise_project_is_there_on_request(send: SendRequest, clock: Clock) -> None:
    """That of the other plane is not."""
    counts = []
    for name in ("wrong-enterprise-project", "other-plane"):
        with Simulator(name, now=clock) as simulator:
            post_to(send, simulator, "image-sync/tasks", {"sync_all_registries": True})
            clock.now += 10
            query = {"image_name": "shop/web", "image_version": "1.4.2", "image_type": "private_image"}
            every = image_rows(send, simulator, enterprise_project_id="all_granted_eps", **query)
            counts.append(len(every) - len(image_rows(send, simulator, **query)))

    assert counts == [1, 0]
