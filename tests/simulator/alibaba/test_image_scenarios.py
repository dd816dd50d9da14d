"""Tests every scenario of images on Alibaba Cloud: a careful client ends with the exit code that it states."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import IMAGE_SCENARIOS, PushedImage, Simulator
from tests.simulator.alibaba.actions import leaves
from tests.simulator.alibaba.pushed import SYNC, TAG, UNFINISHED, bare, member, of_tag, rows

if TYPE_CHECKING:
    from tests.simulator.conftest import CallAction, Clock

NAMES = [name for name, scenario in IMAGE_SCENARIOS.items() if scenario.only_cloud in {"", "alibaba"}]
JUST_PUSHED = ["images-clean", "images-risky", "listed-late", "image-failed", "oversized"]


@dataclass(frozen=True, kw_only=True)
class CarefulClient:
    """Imports and scans exactly the images of a scenario, waits long enough, and believes only what proves itself."""

    simulator: Simulator
    call: CallAction
    clock: Clock

    @property
    def images(self) -> list[PushedImage]:
        """The images that the scenario asks for."""
        return [PushedImage.parse(reference) for reference in self.simulator.scenario.images]

    def exit_code(self) -> int:
        """What a gate has to exit with."""
        if any(self.unfinished(image) for image in self.images):
            self.clock.now += 30
        started = self.clock.now * 1000
        response = self.start()
        if response.status != 200:
            return 4
        self.clock.now += 30
        outcomes = {
            leaf["Target"][-64:]: (leaf["StatusText"], leaf.get("ResultInfo") or "SUCCESS")
            for leaf in leaves(self.call, self.simulator, TaskId=response.document["Data"]["TaskId"])
        }
        shown = self.rows()
        if None in shown or not {bare(image) for image in self.images} <= outcomes.keys():
            return 7
        if any(outcomes[bare(image)] != ("SUCCESS", "SUCCESS") for image in self.images):
            return 1
        assert all(row["LastScanTime"] >= started for row in shown if row)
        return int(any(row["RiskStatus"] == "YES" for row in shown if row))

    def start(self) -> Any:
        """The response to one scan of all images."""
        members = [member(self.call, self.simulator, image) for image in self.images]
        return self.call(self.simulator, SYNC, Images=json.dumps(members))

    def unfinished(self, image: PushedImage) -> bool:
        """Whether somebody scans this digest."""
        query = {"TaskType": "IMAGE_SCAN", "Target": bare(image)}
        return bool(self.call(self.simulator, UNFINISHED, **query).document["OnceTasks"])

    def rows(self) -> list[dict[str, Any] | None]:
        """The row of each image; None if its digest is not listed under its names."""
        every = rows(self.call, self.simulator, Criteria="[]", PageSize=1000)
        return [self._row(image, every) for image in self.images]

    @staticmethod
    def _row(image: PushedImage, every: list[dict[str, Any]]) -> dict[str, Any] | None:
        names = {
            "RepoNamespace": image.namespace,
            "RepoName": image.name,
            "Tag": image.tag,
            "RegistryType": "acr",
        }
        found = [row for row in every if row.items() >= names.items() and row["Digest"][-64:] == bare(image)]
        return found[0] if found else None


def careful(simulator: Simulator, call: CallAction, clock: Clock) -> CarefulClient:
    """A client of this simulator."""
    simulator.page_cap = 1000
    return CarefulClient(simulator=simulator, call=call, clock=clock)


@pytest.mark.parametrize("name", NAMES)
def test_a_careful_client_ends_with_the_exit_code_of_the_scenario(name: str, call: CallAction, clock: Clock) -> None:
    with Simulator(name, now=clock) as simulator:
        assert careful(simulator, call, clock).exit_code() == IMAGE_SCENARIOS[name].expected_exit


@pytest.mark.parametrize("name", NAMES)
def test_similar_images_have_the_opposite_result(name: str, call: CallAction, clock: Clock) -> None:
    """One of them has the same names in a registry of another type."""
    with Simulator(name, now=clock) as simulator:
        careful(simulator, call, clock)
        every = rows(call, simulator, Criteria="[]", PageSize=1000)
    own = ("team", "shop/web", "1.4.2", "acr")
    similar = [
        row
        for row in every
        if row["RepoName"].endswith(("web", "web-admin"))
        and (row["RepoNamespace"], row["RepoName"], row["Tag"], row["RegistryType"]) != own
    ]

    assert len(similar) == 5
    assert {row["RiskStatus"] for row in similar} == {"NO" if IMAGE_SCENARIOS[name].expected_exit else "YES"}
    assert [row["RegistryType"] for row in similar].count("harbor") == 1


@pytest.mark.parametrize("name", JUST_PUSHED)
def test_images_that_were_just_pushed_are_not_listed(name: str, call: CallAction, clock: Clock) -> None:
    """Their registry knows them."""
    with Simulator(name, now=clock) as simulator:
        client = careful(simulator, call, clock)
        listed = client.rows()
        tags = [call(simulator, TAG, **of_tag(call, simulator, image)).document for image in client.images]

    assert listed == [None, None]
    assert [tag["Digest"] for tag in tags] == [bare(image) for image in client.images]


def test_an_image_that_is_listed_late_is_scanned_late(call: CallAction, clock: Clock) -> None:
    """The whole task waits for it."""
    with Simulator("listed-late", now=clock) as simulator:
        client = careful(simulator, call, clock)
        client.start()
        seen = []
        for step in (7.9, 0.1, 3.0):
            clock.now += step
            seen.append([row and row["ScaStatus"] for row in client.rows()])

    assert seen == [[None, "INIT"], ["INIT", "INIT"], ["SUCCESS", "SUCCESS"]]


def test_late_results_come_four_seconds_after_the_scan_time(call: CallAction, clock: Clock) -> None:
    """Until then, the new time stands beside the old risk."""
    with Simulator("results-late", now=clock) as simulator:
        client, started = careful(simulator, call, clock), clock.now
        client.start()
        seen = []
        for seconds in (0.0, 3.0, 6.9, 7.0):
            clock.now = started + seconds
            row, _ = client.rows()
            assert row is not None
            seen.append((row["LastScanTime"] == (started + 3) * 1000, row["RiskStatus"]))

    assert seen == [(False, "NO"), (True, "NO"), (True, "NO"), (True, "YES")]


def test_somebody_elses_scan_ends_four_seconds_later(call: CallAction, clock: Clock) -> None:
    """Until then, a scan of that image is refused."""
    with Simulator("already-scanning", now=clock) as simulator:
        client = careful(simulator, call, clock)
        data = client.start().document["Data"]
        seen = []
        for step in (3.9, 0.1):
            clock.now += step
            seen.append(client.unfinished(client.images[0]))
        results = [leaf.get("ResultInfo") for leaf in leaves(call, simulator, TaskId=data["TaskId"])]

    assert seen == [True, False]
    assert "forbid_create_repeat_task" in results


def test_the_moved_tag_has_its_other_digest_in_the_registry(call: CallAction, clock: Clock) -> None:
    with Simulator("tag-moved", now=clock) as simulator:
        client = careful(simulator, call, clock)
        tag = call(simulator, TAG, **of_tag(call, simulator, client.images[0])).document

    assert tag["IsSuccess"]
    assert tag["Digest"] != bare(client.images[0])
