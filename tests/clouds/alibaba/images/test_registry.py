"""What a tag stands for in Container Registry, and with which requests that is found out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gate.errors import NotAuthorised, NotUnderstood, Refused, UsageError
from gate.image import TaggedDigest
from tests.clouds.alibaba.images.builders import DIGEST, HOST, a_digest, an_image
from tests.clouds.alibaba.images.scripted import (
    INSTANCES,
    REPOSITORY,
    TAG,
    ScriptedCloud,
    a_registry,
    a_tag,
    an_instance,
)

if TYPE_CHECKING:
    from gate.errors import GateError
    from tests.builders import FakeTime
    from tests.clouds.alibaba.images.scripted import Answer, Document

WEB = an_image("", name="web")
API = an_image("")


def test_a_tag_is_resolved_with_three_requests_and_once_more_with_one(fake_time: FakeTime) -> None:
    cloud = a_registry()
    scans, _ = cloud.connect(fake_time)
    cloud.on(TAG, a_tag(), a_tag(f"sha256:{a_digest(2)}"))

    assert scans.resolve(API) == TaggedDigest(digest=f"sha256:{DIGEST}")
    assert scans.resolve(API) == TaggedDigest(digest=f"sha256:{a_digest(2)}")
    assert [(one.operation, one.method, one.query) for one in cloud.asked] == [
        (INSTANCES, "POST", {"InstanceName": "demo", "PageNo": "1", "PageSize": "100"}),
        (REPOSITORY, "POST", {"InstanceId": "cri-demo", "RepoNamespaceName": "shop", "RepoName": "api"}),
        *[(TAG, "GET", {"InstanceId": "cri-demo", "RepoId": "crr-api", "Tag": "1.0"})] * 2,
    ]
    assert {(one.host, one.version) for one in cloud.asked} == {("cr.cn-hangzhou.aliyuncs.com", "2018-12-01")}


def test_each_instance_and_each_repository_is_looked_up_once(fake_time: FakeTime) -> None:
    cloud = a_registry()
    scans, _ = cloud.connect(fake_time)
    for image in (API, an_image("", tag="2.0"), WEB, API):
        scans.resolve(image)

    assert [cloud.operations.count(operation) for operation in (INSTANCES, REPOSITORY, TAG)] == [1, 2, 4]


def test_the_host_of_an_image_names_its_region(fake_time: FakeTime) -> None:
    cloud = a_registry()
    scans, _ = cloud.connect(fake_time, region="cn-shanghai")
    scans.resolve(an_image("", registry="demo-registry-vpc.cn-beijing.cr.aliyuncs.com"))

    assert {one.host for one in cloud.asked} == {"cr.cn-beijing.aliyuncs.com"}
    assert cloud.queries(INSTANCES)[0]["InstanceName"] == "demo"


@pytest.mark.parametrize("registry", [HOST, HOST.upper(), f"{HOST}:443"])
def test_the_host_of_an_instance_is_read_without_its_port_and_in_small_letters(
    fake_time: FakeTime, registry: str
) -> None:
    scans, _ = a_registry().connect(fake_time)

    assert scans.resolve(an_image("", registry=registry)) is not None


@pytest.mark.parametrize("registry", [HOST, "", "images.example.com"])
def test_an_instance_that_is_given_is_not_looked_up(fake_time: FakeTime, registry: str) -> None:
    cloud = a_registry()
    scans, _ = cloud.connect(fake_time, for_cloud={"registry-instance": "cri-given"})

    assert scans.resolve(an_image("", registry=registry)) is not None
    assert cloud.operations == [REPOSITORY, TAG]
    assert {query["InstanceId"] for query in (*cloud.queries(REPOSITORY), *cloud.queries(TAG))} == {"cri-given"}
    assert {one.host for one in cloud.asked} == {"cr.cn-hangzhou.aliyuncs.com"}


def test_a_registry_endpoint_that_is_given_is_used_for_every_region(fake_time: FakeTime) -> None:
    cloud = a_registry()
    settings = {"endpoint": "https://sas.example", "registry_endpoint": "https://cr.example"}
    scans, _ = cloud.connect(fake_time, region=None, **settings)
    scans.resolve(API)

    assert {one.host for one in cloud.asked} == {"cr.example"}


def test_without_a_region_container_registry_has_no_address(fake_time: FakeTime) -> None:
    settings = {"endpoint": "https://sas.example", "for_cloud": {"registry-instance": "cri-given"}}
    scans, _ = a_registry().connect(fake_time, region=None, **settings)

    with pytest.raises(UsageError, match="--registry-endpoint"):
        scans.resolve(an_image("", registry=""))


@pytest.mark.parametrize(
    "registry",
    [
        "",
        "images.example.com",
        "demo-registry.cn-hangzhou.cr.aliyuncs.com.example",
        "registry.cn-hangzhou.aliyuncs.com",
    ],
)
def test_a_host_that_names_no_instance_is_an_error_that_says_how_to_give_it(fake_time: FakeTime, registry: str) -> None:
    cloud = a_registry()
    scans, _ = cloud.connect(fake_time)
    with pytest.raises(UsageError, match=r"shop/api:1\.0 is not known.*--registry-instance"):
        scans.resolve(an_image("", registry=registry))

    assert cloud.asked == []


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [an_instance("demo2")],
        [an_instance("DEMO")],
        [an_instance(id_="")],
        [{"InstanceName": "demo"}],
        [an_instance(), an_instance(id_="cri-2")],
    ],
    ids=["none", "longer-name", "capitals", "empty-id", "no-id", "two"],
)
def test_an_instance_that_is_not_there_exactly_once_is_an_error(fake_time: FakeTime, rows: list[Document]) -> None:
    cloud = a_registry()
    cloud.on(INSTANCES, {"Instances": rows})
    scans, _ = cloud.connect(fake_time)

    with pytest.raises(Refused, match=r"lists [02] instances with the name demo in cn-hangzhou.*cr:ListInstance"):
        scans.resolve(API)


def test_an_instance_is_found_among_others_with_similar_names(fake_time: FakeTime) -> None:
    cloud = a_registry()
    cloud.on(INSTANCES, {"Instances": [an_instance("demo2", "cri-2"), an_instance(), an_instance()]})
    scans, _ = cloud.connect(fake_time)
    scans.resolve(API)

    assert cloud.queries(REPOSITORY)[0]["InstanceId"] == "cri-demo"


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        (REPOSITORY, (400, {"Code": "REPO_NOT_EXIST", "Message": "no"})),
        (REPOSITORY, {"Code": "NAMESPACE_NOT_EXIST", "IsSuccess": False}),
        (TAG, (404, {"Code": "TAG_NOT_EXIST"})),
        (TAG, {"Code": "TAG_NOT_EXIST", "IsSuccess": False}),
        (TAG, a_tag(Status="DELETING")),
        (TAG, {"Digest": DIGEST}),
        (TAG, a_tag("")),
        (TAG, {"Status": "NORMAL"}),
    ],
    ids=str,
)
def test_a_tag_that_the_registry_does_not_know_or_deletes_stands_for_nothing(
    fake_time: FakeTime, operation: str, answer: Answer
) -> None:
    cloud = a_registry()
    cloud.on(operation, answer)
    scans, _ = cloud.connect(fake_time)

    assert scans.resolve(API) is None


def test_a_repository_that_was_not_there_is_looked_up_again(fake_time: FakeTime) -> None:
    """It may be pushed meanwhile."""
    cloud = a_registry()
    cloud.on(REPOSITORY, (400, {"Code": "REPO_NOT_EXIST"}), {"RepoId": "crr-api"})
    scans, _ = cloud.connect(fake_time)

    assert [scans.resolve(API) is None for _ in range(2)] == [True, False]


def test_the_id_of_a_repository_that_no_url_can_have_is_malformed(fake_time: FakeTime) -> None:
    cloud = a_registry()
    cloud.on(REPOSITORY, {"RepoId": "crr-\ud800"})
    scans, _ = cloud.connect(fake_time)

    with pytest.raises(NotUnderstood, match="is no valid Unicode"):
        scans.resolve(API)


@pytest.mark.parametrize(
    ("operation", "answer", "error"),
    [
        (INSTANCES, {}, NotUnderstood),
        (INSTANCES, {"Instances": {}}, NotUnderstood),
        (INSTANCES, {"Instances": ["cri-demo"]}, NotUnderstood),
        (INSTANCES, {"IsSuccess": False}, Refused),
        (REPOSITORY, {}, NotUnderstood),
        (REPOSITORY, {"RepoId": 7}, NotUnderstood),
        (REPOSITORY, {"RepoId": "crr-1", "RepoName": "ap"}, NotUnderstood),
        (REPOSITORY, {"RepoId": "crr-1", "RepoNamespaceName": "shops"}, NotUnderstood),
        (REPOSITORY, {"RepoId": "crr-1", "InstanceId": "cri-2"}, NotUnderstood),
        (REPOSITORY, (403, {"Code": "NoPrivilege"}), NotAuthorised),
        (TAG, a_tag(Tag="1"), NotUnderstood),
        (TAG, a_tag("abc"), NotUnderstood),
        (TAG, a_tag(DIGEST[:-1]), NotUnderstood),
        (TAG, a_tag(f"sha512:{DIGEST}"), NotUnderstood),
        (TAG, {"Code": "whatever", "IsSuccess": False}, Refused),
        (TAG, (403, {"Code": "NoPrivilege"}), NotAuthorised),
    ],
    ids=str,
)
def test_an_answer_about_something_else_is_an_error(
    fake_time: FakeTime, operation: str, answer: Answer, error: type[GateError]
) -> None:
    cloud = a_registry()
    cloud.on(operation, answer)
    scans, _ = cloud.connect(fake_time)

    with pytest.raises(error):
        scans.resolve(API)


def test_the_tag_itself_may_be_repeated_in_the_answer(fake_time: FakeTime) -> None:
    scans, _ = a_registry(a_tag(Tag="1.0")).connect(fake_time)

    assert scans.resolve(API) is not None


def test_connecting_to_the_images_sends_nothing(fake_time: FakeTime) -> None:
    cloud = ScriptedCloud()
    scans, connection = cloud.connect(fake_time)

    assert scans.search_description() == "Alibaba Cloud (region cn-hangzhou)"
    assert (cloud.asked, connection.event_log.events) == ([], ())
