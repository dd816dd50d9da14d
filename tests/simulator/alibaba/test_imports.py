"""Tests the form of the images that are to be imported (alibaba-images.md 1.1)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import Platform, Simulator
from tests.simulator.alibaba.actions import leaves
from tests.simulator.alibaba.pushed import SYNC, bare, member
from tests.simulator.alibaba.signing import Signing
from tests.simulator.images import digest, image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulator.conftest import CallAction, Clock, SendRequest

NAMES = (
    *("registryType", "repoId", "instanceId", "repoNamespace", "regionId", "repoName", "digest", "tag"),
    *("createTime", "updateTime"),
)


@pytest.fixture
def simulator(clock: Clock) -> Iterator[Simulator]:
    """A running simulator with an image that was pushed, and no other one."""
    with Simulator("empty", now=clock) as simulator:
        simulator.push(image())
        yield simulator


def upper(name: str) -> str:
    """The name in the other case."""
    return name[0].upper() + name[1:]


def scanned_digests(call: CallAction, simulator: Simulator, images: object) -> list[str]:
    """The digests of the images that a scan of these is about."""
    response = call(simulator, SYNC, Images=images if isinstance(images, str) else json.dumps(images))
    assert response.status == 200, response.document
    rows = leaves(call, simulator, TaskId=response.document["Data"]["TaskId"])
    return [row["Target"].removeprefix("sha256:") for row in rows if row["TargetType"] == "IMAGE"]


@pytest.mark.parametrize(
    "text", ["", "one", "{}", "[]", '["one"]', "[{}]", "[null]", '[{"digest": "one"}]', '"[]"', "[1"]
)
def test_images_that_are_no_list_of_objects_are_rejected(text: str, call: CallAction, simulator: Simulator) -> None:
    response = call(simulator, SYNC, Images=text)

    assert response.status == 400
    assert response.document["Code"] == ("InvalidImages" if text else "MissingImages")
    assert simulator.tasks == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [None, "", True, ["1"], -1])
def test_every_member_is_needed_in_its_type(name: str, value: Any, call: CallAction, simulator: Simulator) -> None:
    """The times are numbers, and all others are texts."""
    response = call(simulator, SYNC, Images=json.dumps([member(call, simulator, image(), **{name: value})]))

    assert response.document["Code"] == "InvalidImages"


@pytest.mark.parametrize("name", ["registryType", "repoId", "digest", "createTime"])
def test_a_name_in_upper_camel_case_is_rejected(name: str, call: CallAction, simulator: Simulator) -> None:
    """Whether it would be is not verified."""
    members = member(call, simulator, image())
    members = {upper(key) if key == name else key: value for key, value in members.items()}

    assert call(simulator, SYNC, Images=json.dumps([members])).document["Code"] == "InvalidImages"


@pytest.mark.parametrize("wrong", [digest(), digest()[7:-1], digest()[7:].upper(), "latest"])
def test_a_digest_with_its_algorithm_or_of_another_form_is_rejected(
    wrong: str, call: CallAction, simulator: Simulator
) -> None:
    assert wrong != bare(image())
    members = member(call, simulator, image(), digest=wrong)

    assert call(simulator, SYNC, Images=json.dumps([members])).document["Code"] == "InvalidImages"


def test_one_wrong_image_is_enough(call: CallAction, simulator: Simulator) -> None:
    """Nothing is started."""
    images = [member(call, simulator, image()), member(call, simulator, image(), tag=None)]

    assert call(simulator, SYNC, Images=json.dumps(images)).document["Code"] == "InvalidImages"
    assert simulator.tasks == []


def test_other_forms_can_be_accepted(call: CallAction, simulator: Simulator) -> None:
    """Names in upper camel case, members that are missing, and a digest with its algorithm."""
    simulator.account.unverified = replace(simulator.account.unverified, other_image_forms=True)
    members = member(call, simulator, image())

    for images in (
        [members],
        [{upper(name): value for name, value in members.items()}],
        [{"Digest": image().digest}],
    ):
        assert scanned_digests(call, simulator, images) == [bare(image())]
    assert call(simulator, SYNC, Images='[{"Tag": "1"}]').document["Code"] == "InvalidImages"


@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith("Time")])
def test_an_image_with_another_name_is_not_found(name: str, call: CallAction, simulator: Simulator) -> None:
    """The times are not compared."""
    value = digest("other").removeprefix("sha256:") if name == "digest" else "other"
    members = member(call, simulator, image(), **{name: value})
    at_another_time = member(call, simulator, image(), createTime=1, updateTime=1)

    assert scanned_digests(call, simulator, [members]) == []
    assert scanned_digests(call, simulator, [at_another_time]) == [bare(image())]


def test_images_can_be_in_a_form(send: SendRequest, call: CallAction, simulator: Simulator, clock: Clock) -> None:
    """That it is accepted is not verified."""
    body = f"Images={json.dumps([member(call, simulator, image())])}".encode()
    signing = Signing(target="/", action=SYNC, body=body, more={"content-type": "application/x-www-form-urlencoded"})
    headers = signing.headers(simulator, clock.now)

    assert send(simulator, "/", method="POST", headers=headers, body=body).status == 200


def test_an_image_of_a_platform_is_imported_by_its_own_digest(call: CallAction, simulator: Simulator) -> None:
    """The index is imported by its digest, and an attestation is no image."""
    children = (
        Platform(digest=digest("amd64")),
        Platform(digest=digest("arm64"), platform="linux/arm64"),
        Platform(digest=digest("attestation"), platform="unknown/unknown"),
    )
    index = image("index", tag="multi", children=children)
    simulator.push(index)
    simulator.account.unverified = replace(simulator.account.unverified, scans_index=True)
    found = [
        scanned_digests(call, simulator, [member(call, simulator, index, digest=one.removeprefix("sha256:"))])
        for one in (index.digest, *(child.digest for child in children))
    ]

    assert found == [[bare(index)], [bare(image("amd64"))], [bare(image("arm64"))], []]
