"""Tests instances, repositories and tags of Container Registry (alibaba-images.md 4.1)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gate.simulator import Platform, Simulator
from tests.simulator.alibaba.pushed import (
    HOST,
    INSTANCE,
    INSTANCES,
    REPOSITORY,
    TAG,
    bare,
    of_tag,
    repository_id,
)
from tests.simulator.images import digest, image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulator.conftest import CallAction, Clock

NAMES = {"RepoNamespaceName": "team", "RepoName": "shop/web"}


@pytest.fixture
def simulator(clock: Clock) -> Iterator[Simulator]:
    """A running simulator with an image in each of two instances."""
    with Simulator("empty", now=clock) as simulator:
        simulator.push(image())
        simulator.push(image("demo", registry=HOST))
        yield simulator


def instance_id(call: CallAction, simulator: Simulator, name: str) -> str:
    """The id of the instance with this name."""
    ids: list[str] = [
        one["InstanceId"] for one in call(simulator, INSTANCES).document["Instances"] if one["InstanceName"] == name
    ]
    return ids[0]


def test_an_instance_is_found_by_its_name(call: CallAction, simulator: Simulator) -> None:
    """Its name and region are in the host of its registry."""
    document = call(simulator, INSTANCES, InstanceName="demo").document
    (instance,) = document.pop("Instances")

    assert document == {
        "Code": "success",
        "IsSuccess": True,
        "PageNo": 1,
        "PageSize": 30,
        "TotalCount": 1,
        "RequestId": document["RequestId"],
    }
    assert instance == {
        "InstanceId": instance["InstanceId"],
        "InstanceName": "demo",
        "InstanceStatus": "RUNNING",
        "InstanceSpecification": "Enterprise_Advanced",
        "RegionId": "cn-beijing",
        "CreateTime": "2024-01-01T00:00:00Z",
        "ModifiedTime": "2024-01-01T00:00:00Z",
        "Tags": [],
    }
    assert instance["InstanceId"].startswith("cri-")
    assert len(instance["InstanceId"]) == 20


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["demo", "demo-2", "simulated"]),
        ({"InstanceName": "demo"}, ["demo", "demo-2"]),
        ({"InstanceName": "demo-2"}, ["demo-2"]),
        ({"InstanceName": "Demo"}, []),
        ({"InstanceStatus": "RUNNING"}, ["demo", "demo-2", "simulated"]),
        ({"InstanceStatus": "STOPPED"}, []),
        ({"PageSize": 2, "PageNo": 3}, []),
    ],
)
def test_the_filters_of_instances(
    query: dict[str, object], names: list[str], call: CallAction, simulator: Simulator
) -> None:
    """A name also finds longer ones."""
    simulator.push(image(registry="demo-2-registry-vpc.cn-beijing.cr.aliyuncs.com"))
    simulator.push(image(registry="registry.cn-beijing.aliyuncs.com"))
    shown = call(simulator, INSTANCES, **query).document["Instances"]

    assert sorted(one["InstanceName"] for one in shown) == names


def test_the_name_of_an_instance_can_be_compared_exactly(call: CallAction, simulator: Simulator) -> None:
    """Whether it is so is not verified."""
    simulator.account.unverified = replace(simulator.account.unverified, fuzzy_filters=False)
    totals = [call(simulator, INSTANCES, InstanceName=name).document["TotalCount"] for name in ("demo", "dem")]

    assert totals == [1, 0]


def test_a_repository_is_found_by_its_names_and_by_its_id(call: CallAction, simulator: Simulator, clock: Clock) -> None:
    """Its name has slashes, and its namespace has none."""
    clock.now += 60
    simulator.push(image("newer", tag="2"))
    by_names = call(simulator, REPOSITORY, InstanceId=INSTANCE, **NAMES).document
    by_id = call(simulator, REPOSITORY, InstanceId=INSTANCE, RepoId=by_names["RepoId"]).document

    assert by_names == {
        "Code": "success",
        "IsSuccess": True,
        "InstanceId": INSTANCE,
        "RepoId": by_names["RepoId"],
        "RepoNamespaceName": "team",
        "RepoName": "shop/web",
        "RepoStatus": "NORMAL",
        "RepoType": "PRIVATE",
        "RepoBuildType": "MANUAL",
        "TagImmutability": False,
        "Summary": "",
        "Detail": "",
        "CreateTime": 1_704_067_200_000,
        "ModifiedTime": 1_790_000_060_000,
        "RequestId": by_names["RequestId"],
    }
    assert {**by_id, "RequestId": ""} == {**by_names, "RequestId": ""}
    assert by_names["RepoId"].startswith("crr-")


def test_the_same_repository_in_another_instance_has_another_id(call: CallAction, simulator: Simulator) -> None:
    demo = instance_id(call, simulator, "demo")
    ids = {repository_id(call, simulator, image(), instance) for instance in (INSTANCE, demo)}

    assert len(ids) == 2


def test_a_tag_has_every_field_in_its_documented_type(call: CallAction, simulator: Simulator) -> None:
    """Times are numbers, and the digest has no algorithm."""
    document = call(simulator, TAG, **of_tag(call, simulator, image())).document

    assert document == {
        "Code": "success",
        "IsSuccess": True,
        "Tag": "1.4.2",
        "Digest": bare(image()),
        "ImageId": document["ImageId"],
        "ImageCreate": 1_790_000_000_000,
        "ImageUpdate": 1_790_000_000_000,
        "ImageSize": 186_400_000,
        "Status": "NORMAL",
        "RequestId": document["RequestId"],
    }
    assert len(document["ImageId"]) == 64


def test_a_tag_is_what_it_stands_for_now(call: CallAction, simulator: Simulator, clock: Clock) -> None:
    """The registry knows a push at once, also where the security service is on another plane."""
    parameters = of_tag(call, simulator, image())
    clock.now += 60
    simulator.push(image("second", on_other_plane=True))
    document = call(simulator, TAG, **parameters).document

    assert (document["Digest"], document["ImageUpdate"]) == (bare(image("second")), 1_790_000_060_000)


def test_nothing_says_that_a_tag_is_an_index(call: CallAction, simulator: Simulator) -> None:
    """Its digest is that of the index."""
    simulator.push(image("index", tag="multi", children=(Platform(digest=digest("amd64")),)))
    plain = call(simulator, TAG, **of_tag(call, simulator, image())).document
    index = call(simulator, TAG, **of_tag(call, simulator, image(tag="multi"))).document

    assert index["Digest"] == bare(image("index"))
    assert index.keys() == plain.keys()


@pytest.mark.parametrize(
    ("action", "query", "code"),
    [
        (REPOSITORY, {"InstanceId": "cri-other"}, "INSTANCE_NOT_EXIST"),
        (REPOSITORY, {"RepoNamespaceName": "shop"}, "NAMESPACE_NOT_EXIST"),
        (REPOSITORY, {"RepoName": "web"}, "REPO_NOT_EXIST"),
        (REPOSITORY, {"RepoId": "crr-other"}, "REPO_NOT_EXIST"),
        (TAG, {"InstanceId": "cri-other"}, "INSTANCE_NOT_EXIST"),
        (TAG, {"RepoId": "crr-other"}, "REPO_NOT_EXIST"),
        (TAG, {"Tag": "2"}, "TAG_NOT_EXIST"),
    ],
)
@pytest.mark.parametrize("in_success", [True, False])
def test_what_does_not_exist_is_an_error(
    *, in_success: bool, action: str, query: dict[str, str], code: str, call: CallAction, simulator: Simulator
) -> None:
    """It is in a success of HTTP, or an error of it; the client has to expect both."""
    simulator.account.unverified = replace(simulator.account.unverified, registry_errors_in_200=in_success)
    parameters = of_tag(call, simulator, image()) if action == TAG else {"InstanceId": INSTANCE, **NAMES}
    response = call(simulator, action, **{**parameters, **query})

    assert response.document["Code"] == code
    assert (response.status, response.document.get("IsSuccess")) == ((200, False) if in_success else (404, None))


@pytest.mark.parametrize("name", ["registry.cn-hangzhou.aliyuncs.com", "swr.cn-north-4.myhuaweicloud.com"])
def test_an_image_of_another_registry_is_in_no_instance(name: str, call: CallAction, simulator: Simulator) -> None:
    simulator.push(image(repository="other/web", registry=name))
    simulator.push(image(repository="other/web", registry="harbor.example.com", kind="harbor"))
    query = {"InstanceId": INSTANCE, "RepoNamespaceName": "other", "RepoName": "web"}

    assert call(simulator, REPOSITORY, **query).document["Code"] == "NAMESPACE_NOT_EXIST"


@pytest.mark.parametrize(
    ("action", "query", "code"),
    [
        (INSTANCES, {"InstanceStatus": "running"}, "InvalidInstanceStatus"),
        (INSTANCES, {"PageNo": 0}, "InvalidPageNo"),
        (REPOSITORY, NAMES, "MissingInstanceId"),
        (REPOSITORY, {"InstanceId": INSTANCE}, "MissingRepoNamespaceName"),
        (REPOSITORY, {"InstanceId": INSTANCE, "RepoName": "web"}, "MissingRepoNamespaceName"),
        (REPOSITORY, {"InstanceId": INSTANCE, "RepoNamespaceName": "team"}, "MissingRepoName"),
        (TAG, {"RepoId": "r", "Tag": "1"}, "MissingInstanceId"),
        (TAG, {"InstanceId": INSTANCE, "Tag": "1"}, "MissingRepoId"),
        (TAG, {"InstanceId": INSTANCE, "RepoId": "r"}, "MissingTag"),
    ],
)
def test_a_missing_or_invalid_parameter_is_rejected(
    action: str, query: dict[str, object], code: str, call: CallAction, simulator: Simulator
) -> None:
    """The error names the product and its host."""
    response = call(simulator, action, **query)

    assert (response.status, response.document["Code"]) == (400, code)
    assert response.document["HostId"] == "cr.cn-hangzhou.aliyuncs.com"
    assert "&product=cr&" in response.document["Recommend"]
