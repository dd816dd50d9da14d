"""`scan-gate status` for images: what the cloud shows of each, by requests that read, without a scan or a wait."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.image import ImageState, TaggedDigest
from gate.images.status import read_images
from gate.policy import Policy
from gate.settings import Settings
from gate.simulator import PushedImage, Scenario
from gate.simulator.image import EarlierScan
from gate.simulator.image_scenario import RISKY, TAG, digest
from tests.harness import CLOUDS
from tests.images.scripted import API, WEB, ScriptedScans, a_digest, a_ref, an_image

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.image import ScannedImage
    from tests.harness import Ending, Gate

TAGGED = a_ref(digest="")
OLD_RISKY = PushedImage(
    repository="team/shop/web",
    tag=TAG,
    digest=digest("web"),
    pushed_ago=9 * 86_400.0,
    listed_after=0.0,
    earlier=EarlierScan(ago=3 * 86_400.0, findings=RISKY),
)
UNSCANNED = PushedImage(
    repository="team/shop/api", tag=TAG, digest=digest("api"), pushed_ago=9 * 86_400.0, listed_after=0.0
)
RELEASE = Scenario(name="release", summary="", expected_exit=0, pushes=(OLD_RISKY, UNSCANNED))
FOUND = {
    "huawei": "7 vulnerabilities, highest severity high",
    "alibaba": "7 vulnerabilities (2 high, 5 medium)",
}
READING = ("Get", "List", "Describe", "Show", "tasks")
"""The starts of the names of operations that change nothing."""


def seen(scans: ScriptedScans, *images: Any, **fields: Any) -> list[ScannedImage]:
    return [*read_images(scans, Settings(cloud="huawei", policy=Policy(), images=images, **fields))]


def status(gate: Gate, *images: str) -> Ending:
    return gate.run("status", *(word for image in images for word in ("--image", image)))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_status_shows_each_image_whatever_its_age_and_starts_and_waits_for_nothing(
    cloud: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in(RELEASE, cloud)

    ending = status(gate, OLD_RISKY.reference, UNSCANNED.reference)

    assert ending.out.splitlines() == [
        f"team/shop/web:{TAG}@{digest('web')[:19]} risky: {FOUND[cloud]}; last scan 2026-01-28T12:00:00Z",
        f"team/shop/api:{TAG}@{digest('api')[:19]} waiting for its scan",
    ]
    assert (ending.code, ending.err, gate.time.elapsed) == (0, "", 0)
    assert [name for name in gate.operations if not name.startswith(READING)] == []


@pytest.mark.parametrize("cloud", CLOUDS)
def test_status_is_7_if_the_cloud_does_not_list_an_image_or_the_registry_does_not_know_its_tag(
    cloud: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in(RELEASE, cloud)

    for image, why in (
        (f"team/shop/web@{digest('other')}", "the cloud does not list this digest"),
        ("team/shop/web:2", "the registry does not know this tag"),
    ):
        ending = status(gate, UNSCANNED.reference, image)

        assert ending.code == 7
        assert ending.out.splitlines()[1].endswith(f" missing: {why}")
    assert [name for name in gate.operations if not name.startswith(READING)] == []


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_tag_is_shown_with_the_digest_that_it_stands_for(cloud: str, gate_in: Callable[..., Gate]) -> None:
    ending = status(gate_in(RELEASE, cloud), f"team/shop/web:{TAG}")

    assert ending.code == 0
    assert ending.out.startswith(f"team/shop/web:{TAG}@{digest('web')[:19]} risky: ")


def test_the_images_are_read_as_a_check_reads_them_and_nothing_else_is_asked_for() -> None:
    scans = ScriptedScans([[an_image(is_risky=True), an_image(API, ImageState.WAITING)]])

    assert [image.state for image in seen(scans, WEB, API)] == [ImageState.SCANNED, ImageState.WAITING]
    assert scans.calls == ["look", "verify", "severities"]


def test_a_result_that_may_be_that_of_another_image_is_not_shown_as_one() -> None:
    (image,) = seen(ScriptedScans([[an_image()]], of_others={"web"}), WEB)

    assert (image.state, image.reason) == (ImageState.OUTDATED, "of another image")


def test_without_a_result_nothing_is_asked_about_results() -> None:
    scans = ScriptedScans([[an_image(state=ImageState.FAILED)]])

    assert [image.state for image in seen(scans, WEB)] == [ImageState.FAILED]
    assert scans.calls == ["look"]


def test_an_image_is_shown_once_under_one_name_and_nothing_is_looked_for_without_a_digest() -> None:
    scans = ScriptedScans([[an_image()]], tags={TAGGED: [TaggedDigest(digest=a_digest())]})
    unknown = ScriptedScans([[]], tags={TAGGED: [None]})

    assert [image.image for image in seen(scans, TAGGED, WEB)] == [WEB]
    assert [image.image for image in seen(unknown, TAGGED)] == [TAGGED]
    assert unknown.calls == ["resolve web"]


def test_the_images_of_an_index_are_shown_where_the_registry_names_them() -> None:
    children = (a_digest("c"), a_digest("d"))
    scans = ScriptedScans([[an_image(replace(TAGGED, digest=children[0]))]])
    scans.tags[TAGGED] = [TaggedDigest(digest=a_digest(), is_index=True, children=children)]

    images = seen(scans, TAGGED)

    assert [(image.image.digest, image.state) for image in images] == [
        (children[0], ImageState.SCANNED),
        (children[1], ImageState.MISSING),
    ]
    assert {image.reason for image in images} == {""}


@pytest.mark.parametrize("is_named", [True, False], ids=["by a file", "by its tag"])
def test_an_index_that_the_cloud_does_not_list_is_missing_and_called_one(is_named: bool) -> None:  # noqa: FBT001 - a parameter
    scans = ScriptedScans([[]], tags={TAGGED: [TaggedDigest(digest=a_digest(), is_index=True)]})
    indexes = frozenset({WEB} if is_named else ())

    (image,) = seen(scans, WEB if is_named else TAGGED, indexes=indexes)

    assert image.state is ImageState.MISSING
    assert image.reason == "it is an index of several images, and the cloud does not list it"


def test_an_index_that_the_cloud_lists_is_shown_as_the_cloud_shows_it() -> None:
    shown = an_image(state=ImageState.NOT_SCANNABLE, reason="an index")

    assert seen(ScriptedScans([[shown]]), WEB, indexes=frozenset({WEB})) == [shown]
