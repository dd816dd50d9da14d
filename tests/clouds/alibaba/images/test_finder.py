"""Which requests find the rows of images, and that an exact digest decides."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gate.image import ImageState
from tests.clouds.alibaba.images.builders import DIGEST, a_digest, a_row, an_image
from tests.clouds.alibaba.images.scripted import ScriptedCloud, images

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.builders import FakeTime
    from tests.clouds.alibaba.images.scripted import Document

LIST = "DescribeImageInstances"
OTHER = a_digest(7)


def criteria(query: dict[str, str]) -> list[tuple[str, str]]:
    """Names and values of the criteria of a request, all of which are joined alike."""
    sent: list[dict[str, str]] = json.loads(query["Criteria"])
    assert {one["logicalExp"] for one in sent} == {query["LogicalExp"]}
    return [(one["name"], one["value"]) for one in sent]


def account(*rows: Document, joins: bool = True) -> Any:
    """A list that finds rows by their digests, by any or by all that are named; or by exactly their names."""

    def fits(row: Document, query: dict[str, str]) -> bool:
        fields = {"digest": "Digest", "repoNamespace": "RepoNamespace", "repoName": "RepoName", "tag": "Tag"}
        found = [row[fields[name]] == value for name, value in criteria(query)]
        return any(found) if joins and query["LogicalExp"] == "OR" else all(found)

    return lambda query: images(*(row for row in rows if fits(row, query)))


def states(cloud: ScriptedCloud, time: FakeTime, digests: Iterable[str] = (DIGEST,), looks: int = 1) -> list[Any]:
    scans, _ = cloud.connect(time)
    named = [an_image(digest) for digest in digests]
    for _ in range(looks - 1):
        scans.look(named)
    return [image.state for image in scans.look(named)]


def test_one_image_is_found_with_one_request_that_has_one_criterion(fake_time: FakeTime) -> None:
    cloud = ScriptedCloud()
    cloud.on(LIST, account(a_row()))

    assert states(cloud, fake_time) == [ImageState.SCANNED]
    (query,) = cloud.queries(LIST)
    assert query == {
        "Criteria": f'[{{"name":"digest","value":"{DIGEST}","logicalExp":"AND"}}]',
        "LogicalExp": "AND",
        "CurrentPage": "1",
        "PageSize": "100",
    }
    (asked,) = cloud.asked
    assert (asked.host, asked.method, asked.version) == ("tds.cn-shanghai.aliyuncs.com", "POST", "2018-12-03")


def test_fifty_images_are_found_with_three_requests(fake_time: FakeTime) -> None:
    cloud, digests = ScriptedCloud(), [a_digest(number) for number in range(1, 51)]
    cloud.on(LIST, account(*map(a_row, digests)))

    assert states(cloud, fake_time, digests) == [ImageState.SCANNED] * 50
    asked = [[value for _, value in criteria(query)] for query in cloud.queries(LIST)]
    assert [len(values) for values in asked] == [40, 40, 20]
    assert set().union(*asked) == {spelt for digest in digests for spelt in (digest, f"sha256:{digest}")}


def test_a_row_of_another_digest_is_not_that_of_the_image_although_the_list_has_it(fake_time: FakeTime) -> None:
    """Equality is documented for no criterion (alibaba-images.md 2)."""
    cloud = ScriptedCloud()
    cloud.on(LIST, images(a_row(f"{DIGEST[:-1]}0"), a_row(f"{DIGEST}0"), a_row(Digest=None), a_row(Digest=7)))

    assert states(cloud, fake_time) == [ImageState.MISSING]


def test_the_rows_of_an_image_in_every_repository_are_its_own(fake_time: FakeTime) -> None:
    cloud = ScriptedCloud()
    cloud.on(LIST, images(a_row(), a_row(Digest=f"sha256:{DIGEST}", RepoName="copy", ScaStatus="START")))

    assert states(cloud, fake_time) == [ImageState.SCANNING]


def test_two_images_with_one_digest_have_the_same_rows(fake_time: FakeTime) -> None:
    cloud = ScriptedCloud()
    cloud.on(LIST, account(a_row()))
    scans, _ = cloud.connect(fake_time)
    found = scans.look([an_image(tag="1.0"), an_image(tag="2.0")])

    assert [(image.image.tag, image.state) for image in found] == [("1.0", "scanned"), ("2.0", "scanned")]
    assert len(cloud.asked) == 1


def test_where_a_list_of_digests_finds_nothing_the_first_alone_shows_whether_lists_work(fake_time: FakeTime) -> None:
    """How criteria are joined is documented, and was not verified."""
    cloud = ScriptedCloud()
    cloud.on(LIST, account(a_row(), a_row(OTHER), joins=False))

    assert states(cloud, fake_time, [DIGEST, OTHER], looks=2) == [ImageState.SCANNED] * 2
    assert [criteria(query) for query in cloud.queries(LIST)[1:]] == [
        [("digest", OTHER)],
        *[[("digest", OTHER)], [("digest", DIGEST)]] * 2,
    ]


def test_a_list_that_has_found_one_image_is_trusted_for_the_others(fake_time: FakeTime) -> None:
    cloud = ScriptedCloud()
    cloud.on(LIST, account(a_row()), images())

    assert states(cloud, fake_time, [DIGEST, OTHER]) == [ImageState.SCANNED, ImageState.MISSING]
    assert len(cloud.asked) == 1


def test_a_list_that_finds_nothing_is_checked_until_it_is_known_to_work(fake_time: FakeTime) -> None:
    cloud, nameless = ScriptedCloud(), [an_image(digest, tag="") for digest in (DIGEST, OTHER)]
    cloud.on(LIST, images())
    scans, _ = cloud.connect(fake_time)
    for _ in range(2):
        assert [image.state for image in scans.look(nameless)] == [ImageState.MISSING] * 2

    assert [len(criteria(query)) for query in cloud.queries(LIST)] == [4, 1, 4, 1]


# By name.


def test_an_image_that_stays_missing_is_asked_for_by_its_name_once(fake_time: FakeTime) -> None:
    cloud = ScriptedCloud()
    cloud.on(LIST, images())

    assert states(cloud, fake_time, looks=4) == [ImageState.MISSING]
    named = [("repoNamespace", "shop"), ("repoName", "api"), ("tag", "1.0")]
    one = [("digest", DIGEST)]
    assert [criteria(query) for query in cloud.queries(LIST)] == [one, one, named, one, one]


def test_its_name_shows_the_other_digest_of_its_tag(fake_time: FakeTime) -> None:
    cloud = ScriptedCloud()
    cloud.on(LIST, account(a_row(OTHER), a_row(a_digest(8), Tag="2.0")))
    scans, _ = cloud.connect(fake_time)
    image = an_image()
    looks = [scans.look([image])[0] for _ in range(3)]

    assert [seen.state for seen in looks] == [ImageState.MISSING] * 3
    assert [seen.listed_digest for seen in looks] == ["", f"sha256:{OTHER}", f"sha256:{OTHER}"]


def test_an_image_that_only_its_name_finds_is_asked_for_by_it_from_then_on(fake_time: FakeTime) -> None:
    cloud = ScriptedCloud()
    cloud.on(LIST, lambda query: images(*([a_row()] if "repoName" in query["Criteria"] else [])))
    scans, _ = cloud.connect(fake_time)
    looks = [scans.look([an_image()])[0].state for _ in range(3)]

    assert looks == [ImageState.MISSING, ImageState.SCANNED, ImageState.SCANNED]
    assert len(cloud.asked) == 5


@pytest.mark.parametrize(
    "other",
    [{"RepoName": "ap"}, {"Tag": "1"}, {"RepoNamespace": "shops"}, {"Tag": None}, {"Digest": None}],
    ids=str,
)
def test_a_row_with_another_name_or_without_a_digest_does_not_stand_for_the_tag(
    fake_time: FakeTime, other: dict[str, Any]
) -> None:
    cloud = ScriptedCloud()
    cloud.on(LIST, images({**a_row(OTHER), **other}))
    scans, _ = cloud.connect(fake_time)

    assert [scans.look([an_image()])[0].listed_digest for _ in range(2)] == ["", ""]


@pytest.mark.parametrize("image", [an_image(tag=""), an_image(name="")], ids=["no-tag", "no-name"])
def test_an_image_without_a_whole_name_is_asked_for_by_its_digest_alone(fake_time: FakeTime, image: Any) -> None:
    cloud = ScriptedCloud()
    cloud.on(LIST, images())
    scans, _ = cloud.connect(fake_time)
    for _ in range(3):
        scans.look([image])

    assert [criteria(query) for query in cloud.queries(LIST)] == [[("digest", DIGEST)]] * 3


def test_only_the_first_part_of_a_name_is_the_namespace(fake_time: FakeTime) -> None:
    cloud = ScriptedCloud()
    cloud.on(LIST, account(a_row(OTHER, RepoName="team/api")))
    scans, _ = cloud.connect(fake_time)

    looks = [scans.look([an_image(name="team/api")])[0].listed_digest for _ in range(2)]
    assert looks[-1] == f"sha256:{OTHER}"


def test_pages_are_read_to_their_end(fake_time: FakeTime) -> None:
    rows = [a_row(Tag=str(number), ScaStatus="SUCCESS" if number < 9 else "START") for number in range(10)]
    cloud = ScriptedCloud()
    paging = {"Count": 5, "TotalCount": 10}
    cloud.on(
        LIST,
        {"ImageInstanceList": rows[:5], "PageInfo": {"CurrentPage": 1, **paging}},
        {"ImageInstanceList": rows[5:], "PageInfo": {"CurrentPage": 2, **paging}},
    )

    assert states(cloud, fake_time) == [ImageState.SCANNING]
