"""Image mode end to end: the real command line against a simulated cloud, in every scenario of images."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import IMAGE_SCENARIOS, PushedImage, Scenario
from gate.simulator.image import EarlierScan
from gate.simulator.image_scenario import RISKY, digest
from gate.simulator.scenario import DAY
from tests.harness import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Ending, Gate

CASES = [
    (cloud, name)
    for name, scenario in IMAGE_SCENARIOS.items()
    for cloud in CLOUDS
    if scenario.only_cloud in {"", cloud}
]
CODES = {0: "passed", 1: "blocked"}
STARTS = {
    "huawei": ("CreateManualImageScanTask",),
    "alibaba": ("PublicSyncAndCreateImageScanTask", "PublicCreateImageScanTask"),
}
"""The operations that start a scan, which may cost money."""


def check(gate: Gate, scenario: str, *options: str) -> Ending:
    images = [word for image in IMAGE_SCENARIOS[scenario].images for word in ("--image", image)]
    return gate.check(*images, "--appear-timeout", "1m", *options)


@pytest.mark.parametrize(("cloud", "scenario"), CASES)
def test_every_scenario_of_images_ends_with_its_exit_code(
    cloud: str, scenario: str, gate_in: Callable[..., Gate]
) -> None:
    ending = check(gate_in(scenario, cloud), scenario)

    assert ending.code == IMAGE_SCENARIOS[scenario].expected_exit
    assert ending.report["verdict"] == CODES.get(ending.code, "undecided")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_only_the_images_that_were_asked_for_are_scanned_and_only_once(
    cloud: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("images-clean", cloud)

    assert check(gate, "images-clean").code == 0
    assert sum(gate.operations.count(operation) for operation in STARTS[cloud]) == 1

    again = Counter(gate.operations)
    assert check(gate, "images-clean").code == 0
    assert [operation for operation in STARTS[cloud] if gate.operations.count(operation) > again[operation]] == []


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_gate_that_may_start_no_scan_starts_none(cloud: str, gate_in: Callable[..., Gate]) -> None:
    """On Huawei Cloud the images are listed, once the registry was read; on Alibaba Cloud a scan would list them."""
    gate = gate_in("images-clean", cloud)

    ending = check(gate, "images-clean", "--scan", "never", "--timeout", "5m")

    assert ending.code in {5, 7}
    assert not {*gate.operations} & {*STARTS[cloud]}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_an_image_that_is_scanned_already_costs_few_calls(cloud: str, gate_in: Callable[..., Gate]) -> None:
    """Issue 13 allows four for one image by its digest."""
    gate = gate_in("images-clean", cloud)
    (first, *_) = IMAGE_SCENARIOS["images-clean"].images
    gate.check("--image", first)
    gate.time.elapsed += 600
    before = len(gate.operations)

    assert gate.check("--image", first).code == 0
    assert len(gate.operations) - before <= 4


def test_a_scan_between_a_push_and_the_next_look_at_the_registry_is_that_of_the_image_before(
    gate_in: Callable[..., Gate],
) -> None:
    """It is later than the push, and the row may keep its clean result when it takes over the digest that is risky."""
    name: dict[str, Any] = {"repository": "team/shop/web", "tag": "1"}
    earlier = EarlierScan(ago=60.0)
    old = PushedImage(**name, digest=digest("old"), pushed_ago=DAY, listed_after=0.0, earlier=earlier)
    new = PushedImage(**name, digest=digest("new"), pushed_ago=600.0, listed_after=590.0, findings=RISKY)
    gate = gate_in(Scenario(name="between", summary="", expected_exit=1, pushes=(old, new)), "alibaba")

    assert gate.check("--image", new.reference, "--scan", "never", "--timeout", "2m").code == 7
    assert gate.check("--image", new.reference).code == 1
