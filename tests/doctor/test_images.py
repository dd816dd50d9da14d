"""The images of a release: listed or not, scannable or not, and what a run would do about each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gate.simulator import Scenario
from gate.simulator.fault import Fault, Forbidden
from gate.simulator.image import EarlierScan
from gate.simulator.image_scenario import API, INDEX, KNOWN_WEB, RISKY, THEIR_SCAN, WEB, digest
from gate.simulator.scenario import DAY, HOUR
from tests.doctor.expected import EXPECTED
from tests.doctor.reading import doctor
from tests.harness import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.simulator import PushedImage
    from tests.doctor.reading import Told
    from tests.harness import Gate

SCANNED = replace(KNOWN_WEB, pushed_ago=DAY, earlier=EarlierScan(ago=HOUR))
OLD = replace(KNOWN_WEB, pushed_ago=9 * DAY, earlier=EarlierScan(ago=3 * DAY))
AGAIN = replace(WEB, pushed_ago=1.0, digest=digest("again"))
NAME = f"image team/shop/web:1.4.2@{digest('web')[:19]}"
QUOTA = "scans left"


def release(*pushes: PushedImage, **fields: object) -> Scenario:
    return Scenario(name="release", summary="", expected_exit=0, pushes=pushes, **fields)  # type: ignore[arg-type] # its fields


def told_of(gate: Gate, *options: str, image: str = WEB.reference) -> Told:
    return doctor(gate, "--image", image, *options)


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(("findings", "verdict"), [(None, "passed."), (RISKY, "blocked.")])
def test_an_image_with_a_result_that_counts_would_be_judged_now(
    cloud: str, findings: object, verdict: str, gate_in: Callable[..., Gate]
) -> None:
    earlier = EarlierScan(ago=HOUR, findings=RISKY) if findings else EarlierScan(ago=HOUR)
    told = told_of(gate_in(release(replace(SCANNED, earlier=earlier)), cloud))

    assert (told.code, told.state(NAME), told.state("release")) == (0, "ok", "ok")
    assert f"would be judged now: {verdict}" in told.text("release")
    assert told.text(QUOTA).endswith("this run needs 0")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_policy_by_findings_that_are_not_certain_is_a_failure(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in(release(replace(SCANNED, earlier=EarlierScan(ago=HOUR, findings=RISKY))), cloud)
    gate.simulator.rewrite = EXPECTED[cloud].missing_findings.get

    told = told_of(gate, "--only-fixable")

    assert (told.code, told.failures) == (7, ["release"])


@pytest.mark.parametrize("cloud", CLOUDS)
def test_an_image_that_is_not_scanned_or_long_ago_would_be_scanned_unless_no_scan_may_be_started(
    cloud: str, gate_in: Callable[..., Gate]
) -> None:
    for image in (KNOWN_WEB, OLD):
        gate = gate_in(release(image), cloud)

        told, never = told_of(gate), told_of(gate, "--scan", "never")

        assert (told.code, told.state(NAME)) == (0, "ok")
        assert told.text(NAME).endswith("A run starts a scan of it.")
        assert told.not_checked["release"] == "there is no verdict before every image has a result that counts"
        assert (never.code, never.failures) == (7, [NAME])
        assert "--scan never" in never.text(NAME)
        assert QUOTA not in {row["name"] for row in never.rows}


def test_on_huawei_cloud_an_image_whose_scan_has_failed_would_be_scanned_again_or_count_as_failed(
    gate_in: Callable[..., Gate],
) -> None:
    """On Alibaba Cloud its row does not say so."""
    gate = gate_in(release(replace(KNOWN_WEB, failure="broken")))
    gate.check("--image", WEB.reference)

    told, never = told_of(gate), told_of(gate, "--scan", "never")

    assert told.text(NAME).endswith("A run starts a scan of it.")
    assert never.text(NAME).endswith("A run counts it as failed.")
    assert (told.code, never.code) == (0, 0)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_scan_that_is_running_is_waited_for(cloud: str, gate_in: Callable[..., Gate]) -> None:
    told = told_of(gate_in(release(KNOWN_WEB, tasks=(THEIR_SCAN,)), cloud))

    assert (told.code, told.state(NAME)) == (0, "warning")
    assert told.text(NAME).endswith("A run waits for it.")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_an_image_that_is_not_listed_can_be_listed_if_a_run_may_have_it_scanned(
    cloud: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in(release(WEB, API), cloud)

    told, never = told_of(gate), told_of(gate, "--scan", "never")

    assert (told.code, told.state(NAME)) == (0, "warning")
    assert told.text(NAME).endswith(EXPECTED[cloud].when_unlisted)
    assert (never.code, never.failures) == (7, [NAME])


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(
    ("pushes", "image", "words"),
    [
        ((API,), WEB.reference, "The registry does not know this tag."),
        ((WEB, AGAIN), WEB.reference, f"The tag stands for {AGAIN.digest} by now."),
        ((WEB,), "team/shop/web:2", "The registry does not know team/shop/web:2"),
    ],
    ids=["unknown", "moved", "tag alone"],
)
def test_an_image_that_the_registry_does_not_have_is_a_failure(
    cloud: str, pushes: tuple[PushedImage, ...], image: str, words: str, gate_in: Callable[..., Gate]
) -> None:
    told = told_of(gate_in(release(*pushes), cloud), image=image)

    alone = image.endswith(":2")
    assert told.code == 7
    # Of a tag alone, the lookup is a check of the permission too.
    (name,) = told.failures
    assert name == ("images" if alone else NAME)
    assert words in told.text(name)
    if alone:
        assert told.not_checked[QUOTA] == "images has failed"


def test_on_huawei_cloud_an_index_is_told_by_the_registry_and_by_its_row(gate_in: Callable[..., Gate]) -> None:
    unlisted = told_of(gate_in(release(INDEX)))
    listed = told_of(gate_in(release(replace(INDEX, listed_after=0.0, pushed_ago=HOUR))))

    assert "It is an index of several images" in unlisted.text(NAME)
    assert "No run judges it so." in listed.text(NAME)
    assert unlisted.code == listed.code == 7


def test_on_huawei_cloud_an_image_that_was_passed_over_when_its_registry_was_read_is_a_failure(
    gate_in: Callable[..., Gate],
) -> None:
    gate = gate_in("wrong-enterprise-project")
    before = told_of(gate)
    gate.check("--image", WEB.reference, "--appear-timeout", "1m")

    after = told_of(gate)

    assert (before.code, before.state(NAME)) == (0, "warning")
    assert (after.code, after.state(NAME)) == (7, "failure")
    assert "The cloud has last read the registry at " in after.text(NAME)
    assert "enterprise project" in after.text(NAME)


def test_on_huawei_cloud_what_the_registry_says_of_a_digest_is_not_needed(gate_in: Callable[..., Gate]) -> None:
    """A run with a digest does not ask the registry, nor does one whose image has no tag."""
    gate = gate_in(release(WEB, API))
    gate.simulator.faults = [Fault(operation="ShowRepoTag", response=Forbidden())]

    told, without_tag = told_of(gate), told_of(gate, image=f"team/shop/web@{digest('web')}")

    assert (told.code, told.state(NAME)) == (0, "warning")
    assert (without_tag.code, without_tag.state(f"image team/shop/web@{digest('web')[:19]}")) == (0, "warning")


def test_on_alibaba_cloud_an_image_without_a_tag_cannot_be_imported(gate_in: Callable[..., Gate]) -> None:
    told = told_of(gate_in(release(WEB), "alibaba"), image=f"team/shop/web@{digest('web')}")

    assert told.code == 7
    assert "It cannot be imported" in told.text(told.failures[0])


def test_the_edition_of_the_registry_is_told(gate_in: Callable[..., Gate]) -> None:
    host = "swr.cn-north-4.myhuaweicloud.com"
    told = told_of(gate_in(release(replace(SCANNED, registry=host))), image=f"{host}/{WEB.reference}")

    assert told.text(f"image {host}/team/shop/web:1.4.2@{digest('web')[:19]}").startswith("basic edition, ")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_baseline_that_is_too_old_is_a_failure(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in(release(SCANNED), cloud)
    gate.check("--image", WEB.reference, "--list-findings")
    gate.time.elapsed += 40 * DAY

    told = told_of(gate, "--baseline", "report.json", "--baseline-max-age", "1d", "--max-age", "none")

    assert (told.code, told.failures) == (7, ["release"])
    assert "baseline" in told.text("release")


# Scans left.


@pytest.mark.parametrize(("left", "state", "code"), [(1, "ok", 0), (0, "failure", 4)])
def test_on_alibaba_cloud_too_few_scans_are_a_failure(
    left: int, state: str, code: int, gate_in: Callable[..., Gate]
) -> None:
    told = told_of(gate_in(release(KNOWN_WEB, scans_left=left), "alibaba"))

    assert (told.state(QUOTA), told.code) == (state, code)
    assert f"{1000 - left} of 1000 images were scanned in this cycle; this run needs 1" in told.text(QUOTA)


def test_on_alibaba_cloud_an_image_that_was_scanned_before_takes_no_more_of_the_quota(
    gate_in: Callable[..., Gate],
) -> None:
    told = told_of(gate_in(release(OLD, scans_left=0), "alibaba"))

    assert (told.state(QUOTA), told.code) == ("ok", 0)


@pytest.mark.parametrize(("left", "state"), [(1, "ok"), (0, "warning")])
def test_on_huawei_cloud_scans_beyond_the_free_ones_are_a_warning(
    left: int, state: str, gate_in: Callable[..., Gate]
) -> None:
    told = told_of(gate_in(release(KNOWN_WEB, scans_left=left)))

    assert (told.state(QUOTA), told.code) == (state, 0)
    assert f"{left} of 10 free scans of this month are left; this run needs 1" in told.text(QUOTA)


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("document", [{}, None], ids=["empty", "refused"])
def test_a_quota_that_is_not_told_is_a_warning(
    cloud: str, document: dict[str, object] | None, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in(release(KNOWN_WEB), cloud)
    operation = EXPECTED[cloud].quota
    if document is None:
        gate.simulator.faults = [Fault(operation=operation, response=Forbidden())]
    else:
        gate.simulator.rewrite = lambda name, true: document if name == operation else true

    told = told_of(gate)

    assert (told.state(QUOTA), told.code) == ("warning", 0)
    assert told.text(QUOTA).startswith("not known: ")


def test_on_huawei_cloud_the_number_of_free_scans_need_not_be_told(gate_in: Callable[..., Gate]) -> None:
    gate = gate_in(release(KNOWN_WEB))
    gate.simulator.rewrite = lambda name, true: {"free_quota_num": 3} if "Statistics" in name else true

    assert told_of(gate).text(QUOTA) == "3 free scans of this month are left; this run needs 1"
