"""What tags stand for in the basic and the enterprise edition of SWR."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.huawei import PROVIDER
from gate.errors import GateError, NotAuthorised, NotUnderstood, Refused, UsageError
from gate.image import TaggedDigest
from gate.simulator import Fault, HttpResponse, Platform, Simulator, error_response
from tests.clouds.builders import a_connection, first_host_called_by
from tests.clouds.huawei.images.builders import (
    HOST,
    INSTANCE_HOST,
    a_digest,
    a_push,
    a_tag,
    connected,
    listed,
    operations,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.image import ImageRef
    from tests.builders import FakeTime

INDEX = (Platform(digest=a_digest(2)), Platform(digest=a_digest(3), platform="linux/arm64"))
SHOW, LIST, ROWS = "ShowRepoTag", "ListInstanceArtifacts", "ListRegistryImages"
OF_INSTANCE = a_tag(registry=INSTANCE_HOST)


@pytest.fixture
def simulator(fake_time: FakeTime) -> Iterator[Simulator]:
    """A project without images."""
    with Simulator("empty", now=fake_time.wall) as simulator:
        yield simulator


def resolve(simulator: Simulator, time: FakeTime, image: ImageRef, **settings: Any) -> TaggedDigest | None:
    """What the tag stands for."""
    return connected(simulator, time, **settings)[0].resolve(image)


def respond_with(simulator: Simulator, operation: str, **fields: Any) -> None:
    """Replaces fields of the documents of an operation."""
    simulator.rewrite = lambda name, document: {**document, **fields} if name == operation else document


@pytest.mark.parametrize("name", ["web", "shop/web", "a/b/c"])
@pytest.mark.parametrize("registry", [HOST, ""])
def test_a_tag_of_the_basic_edition_takes_one_call(
    simulator: Simulator, fake_time: FakeTime, name: str, registry: str
) -> None:
    """A slash of the repository is sent as the vendor's SDK does."""
    simulator.push(a_push(name, registry=registry))

    assert resolve(simulator, fake_time, a_tag(name, registry=registry)) == TaggedDigest(digest=a_digest())
    (request,) = simulator.requests
    repository = name.replace("/", "%24")
    assert (request.operation, request.path) == (
        SHOW,
        f"/v2/manage/namespaces/team/repos/{repository}/tags/1.4.2",
    )
    assert request.headers["X-Project-Id"] == simulator.describe()["huawei"]["project_id"]


def test_a_tag_is_looked_up_anew_each_time(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.push(a_push())
    scans, _ = connected(simulator, fake_time)
    first = scans.resolve(a_tag())
    simulator.push(a_push(number=2, pushed_ago=0.0))

    assert (first, scans.resolve(a_tag())) == (TaggedDigest(digest=a_digest()), TaggedDigest(digest=a_digest(2)))


@pytest.mark.parametrize("registry", [HOST, INSTANCE_HOST])
def test_an_index_is_named_as_one_and_its_images_are_not_known(
    simulator: Simulator, fake_time: FakeTime, registry: str
) -> None:
    simulator.push(listed(registry=registry, children=INDEX))

    expected = TaggedDigest(digest=a_digest(), is_index=True)
    assert resolve(simulator, fake_time, a_tag(registry=registry)) == expected


@pytest.mark.parametrize(("tag_type", "is_index"), [(0, False), (None, False), (1, True), (2, True), ("0", True)])
def test_only_the_documented_number_stands_for_an_image(
    simulator: Simulator, fake_time: FakeTime, tag_type: object, *, is_index: bool
) -> None:
    simulator.push(a_push())
    respond_with(simulator, SHOW, tag_type=tag_type)
    found = resolve(simulator, fake_time, a_tag())

    assert found is not None
    assert found.is_index is is_index


@pytest.mark.parametrize("digest", [None, "", "sha512:ab", 7])
def test_a_tag_without_a_digest_is_not_understood(simulator: Simulator, fake_time: FakeTime, digest: object) -> None:
    simulator.push(a_push())
    respond_with(simulator, SHOW, digest=digest)

    with pytest.raises(NotUnderstood, match="SWR states no digest for"):
        resolve(simulator, fake_time, a_tag())


@pytest.mark.parametrize(
    "body",
    [
        b'{"errors": [{"errorCode": "SVCSTG.SWR.4040010", "errorMessage": "no such image"}]}',
        b'[{"errorCode": "SVCSTG.SWR.4040010", "errorMessage": "no such image"}]',
        b' [{"errorCode": "SVCSTG.SWR.4040001"}]',
    ],
)
def test_a_tag_that_swr_does_not_know_is_none(simulator: Simulator, fake_time: FakeTime, body: bytes) -> None:
    simulator.faults.append(Fault(response=HttpResponse(status=404, body=body)))

    assert resolve(simulator, fake_time, a_tag()) is None


def test_a_tag_that_was_not_pushed_is_none(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.push(listed("other", registry=INSTANCE_HOST))

    assert resolve(simulator, fake_time, a_tag()) is None
    assert resolve(simulator, fake_time, OF_INSTANCE) is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b""),
        (404, b"<html>Not found</html>"),
        (404, b'{"error_code": "APIGW.0101"}'),
        (404, b"[]"),
        (400, b'{"errors": [{"errorCode": "SVCSTG.SWR.4000014"}]}'),
        (403, b'{"errors": [{"errorCode": "SVCSTG.SWR.4040010"}]}'),
        (200, b"[]"),
    ],
)
def test_any_other_error_is_not_that_the_tag_is_unknown(
    simulator: Simulator, fake_time: FakeTime, status: int, body: bytes
) -> None:
    simulator.faults.append(Fault(response=HttpResponse(status=status, body=body)))

    with pytest.raises(GateError):
        resolve(simulator, fake_time, a_tag(), timeout=0.0)


def test_the_code_of_swr_is_shown(simulator: Simulator, fake_time: FakeTime) -> None:
    body = b'{"errors": [{"errorCode": "SVCSTG.SWR.4000014", "errorMessage": "Invalid parameter."}]}'
    simulator.faults.append(Fault(response=HttpResponse(status=400, body=body)))

    with pytest.raises(Refused, match=r"HTTP 400, SVCSTG\.SWR\.4000014: Invalid parameter\)"):
        resolve(simulator, fake_time, a_tag())


def test_a_user_without_the_permission_for_swr_is_told_how_to_do_without_it(
    simulator: Simulator, fake_time: FakeTime
) -> None:
    simulator.faults.append(Fault(response=error_response("APIGW.0302")))

    with pytest.raises(NotAuthorised, match="read access to SWR, or give the digest of the image"):
        resolve(simulator, fake_time, a_tag())


# Where SWR is asked.


@pytest.mark.parametrize(
    ("settings", "registry", "host"),
    [
        ({"region": "cn-north-4"}, "", "swr-api.cn-north-4.myhuaweicloud.com"),
        ({"region": "eu-west-101"}, "", "swr-api.eu-west-101.myhuaweicloud.eu"),
        ({"region": "cn-east-3"}, HOST, "swr-api.cn-north-4.myhuaweicloud.com"),
        ({"endpoint": "https://hss.example.com"}, HOST, "swr-api.cn-north-4.myhuaweicloud.com"),
        ({"region": "cn-north-4", "registry_endpoint": "https://swr.example.com"}, HOST, "swr.example.com"),
        (
            {"region": "cn-north-4", "registry_endpoint": "https://swr.example.com"},
            "web.example.com",
            "swr.example.com",
        ),
    ],
)
def test_the_region_of_the_image_selects_the_address(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], registry: str, host: str
) -> None:
    keys = {"HW_ACCESS_KEY": "id", "HW_SECRET_KEY": "secret"}
    connection = a_connection(fake_time, environ=keys, timeout=0.0, for_cloud={"project-id": "0a1b"}, **settings)

    def look_up(cloud: Any) -> None:
        cloud.image_scans().resolve(a_tag(registry=registry))

    assert first_host_called_by(PROVIDER, connection, monkeypatch, look_up) == host


def test_without_a_region_the_user_is_told_what_to_give(simulator: Simulator, fake_time: FakeTime) -> None:
    with pytest.raises(UsageError, match="Give --region or --registry-endpoint, or the digest of the image"):
        resolve(simulator, fake_time, a_tag(registry=""), region=None, registry_endpoint=None)


# The enterprise edition.


@pytest.mark.parametrize("name", ["web", "shop/web"])
def test_a_tag_of_an_instance_is_looked_up_in_the_instance_that_hss_knows_by_its_host(
    simulator: Simulator, fake_time: FakeTime, name: str
) -> None:
    """The instance is looked for once."""
    simulator.push(listed(name, registry=INSTANCE_HOST))
    simulator.push(listed(name, registry="other-x2.swr-pro.myhuaweicloud.com", number=2))
    scans, _ = connected(simulator, fake_time)
    image = a_tag(name, registry=INSTANCE_HOST)

    assert [scans.resolve(image), scans.resolve(image)] == [TaggedDigest(digest=a_digest())] * 2
    assert operations(simulator) == [ROWS, LIST, LIST]


def test_of_artifacts_whose_tags_contain_the_tag_only_that_with_exactly_this_tag_counts(
    simulator: Simulator, fake_time: FakeTime
) -> None:
    for number in range(2, 230):
        simulator.push(listed(registry=INSTANCE_HOST, tag=f"1.4.2-{number}", number=number))
    simulator.push(listed(registry=INSTANCE_HOST))

    assert resolve(simulator, fake_time, OF_INSTANCE) == TaggedDigest(digest=a_digest())
    assert operations(simulator).count(LIST) == 3


@pytest.mark.parametrize("rows", [None, {}, [7], "none"])
def test_a_response_without_a_list_of_artifacts_is_not_understood(
    simulator: Simulator, fake_time: FakeTime, rows: object
) -> None:
    simulator.push(listed(registry=INSTANCE_HOST))
    respond_with(simulator, LIST, artifacts=rows)

    with pytest.raises(NotUnderstood, match="no list of artifacts"):
        resolve(simulator, fake_time, OF_INSTANCE)


def test_an_endless_list_of_artifacts_is_not_understood(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.push(listed(registry=INSTANCE_HOST))
    simulator.quota = None
    respond_with(simulator, LIST, artifacts=[{"digest": a_digest(4), "tags": []}] * 100)

    with pytest.raises(NotUnderstood, match="does not end"):
        resolve(simulator, fake_time, OF_INSTANCE)


@pytest.mark.parametrize(
    ("artifacts", "found"),
    [
        ([{"digest": a_digest(4), "tags": [{"name": "1.4.2"}]}], TaggedDigest(digest=a_digest(4))),
        ([{"digest": a_digest(4), "tags": [{"name": "1.4.20"}]}], None),
        ([{"digest": a_digest(4), "tags": "1.4.2"}, {"tags": ["1.4.2", None]}, {"digest": a_digest(4)}], None),
    ],
)
def test_artifacts_are_told_by_their_tags(
    simulator: Simulator, fake_time: FakeTime, artifacts: list[dict[str, Any]], found: TaggedDigest | None
) -> None:
    simulator.push(listed(registry=INSTANCE_HOST))
    respond_with(simulator, LIST, artifacts=artifacts)

    assert resolve(simulator, fake_time, OF_INSTANCE) == found


@pytest.mark.parametrize(
    ("media_type", "is_index"),
    [
        ("application/vnd.docker.distribution.manifest.list.v2+json", True),
        ("application/vnd.oci.image.index.v1+json", True),
        ("application/vnd.oci.image.manifest.v1+json", False),
        (None, False),
    ],
)
def test_an_index_of_an_instance_is_told_by_its_media_type(
    simulator: Simulator, fake_time: FakeTime, media_type: object, *, is_index: bool
) -> None:
    simulator.push(listed(registry=INSTANCE_HOST))
    artifact = {"digest": a_digest(), "tags": [{"name": "1.4.2"}], "manifest_media_type": media_type}
    respond_with(simulator, LIST, artifacts=[artifact])

    assert resolve(simulator, fake_time, OF_INSTANCE) == TaggedDigest(digest=a_digest(), is_index=is_index)


def test_a_tag_that_several_images_have_is_not_understood(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.push(listed(registry=INSTANCE_HOST))
    tagged = [{"digest": a_digest(number), "tags": [{"name": "1.4.2"}]} for number in (1, 2)]
    respond_with(simulator, LIST, artifacts=tagged)

    with pytest.raises(NotUnderstood, match="for 2 images of one repository"):
        resolve(simulator, fake_time, OF_INSTANCE)


def test_a_repository_that_the_instance_does_not_know_has_no_tag(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.push(listed(registry=INSTANCE_HOST))
    body = b'{"errors": [{"errorCode": "SVCSTG.SWR.4040010"}]}'
    simulator.faults.append(Fault(response=HttpResponse(status=404, body=body), operation=LIST))

    assert resolve(simulator, fake_time, OF_INSTANCE) is None


@pytest.mark.parametrize("registry", [INSTANCE_HOST, "registry.example.com"])
def test_a_tag_in_a_registry_that_hss_does_not_know_is_a_usage_error(
    simulator: Simulator, fake_time: FakeTime, registry: str
) -> None:
    simulator.push(listed(registry="other-x2.swr-pro.myhuaweicloud.com"))

    with pytest.raises(UsageError, match="HSS knows no instance of SWR Enterprise with the host"):
        resolve(simulator, fake_time, a_tag(registry=registry), registry_endpoint=None)


@pytest.mark.parametrize("instance_id", ["", None, 7])
def test_an_instance_without_an_id_is_none(simulator: Simulator, fake_time: FakeTime, instance_id: object) -> None:
    simulator.push(listed(registry=INSTANCE_HOST))
    simulator.rewrite = lambda _operation, document: {
        **document,
        "data_list": [{**row, "instance_id": instance_id} for row in document["data_list"]],
    }

    with pytest.raises(UsageError, match="Give the digest of the image"):
        resolve(simulator, fake_time, OF_INSTANCE)
