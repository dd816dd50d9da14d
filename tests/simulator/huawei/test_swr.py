"""Tests the tags of SWR (huawei-images.md 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import Platform, Simulator, Unverified
from tests.simulator.huawei.calls import INSTANCE_HOST, query_of
from tests.simulator.images import digest, image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulator.conftest import Clock, Response, SendRequest


@pytest.fixture
def simulator(clock: Clock) -> Iterator[Simulator]:
    """A running simulator with three tags of one repository, and one of another registry."""
    with Simulator("empty", now=clock) as simulator:
        for age, tag in enumerate(("1.4.2", "1.4.2-rc1", "2.0"), start=1):
            simulator.push(image(f"web-{tag}", tag=tag, pushed_ago=100.0 * age))
        simulator.push(image("enterprise", tag="ee", registry=INSTANCE_HOST))
        yield simulator


def tags(
    send: SendRequest, simulator: Simulator, rest: str = "", repository: str = "shop%24web", **query: object
) -> Response:
    """Requests the tags of a repository, or one of them."""
    return send(simulator, f"/v2/manage/namespaces/team/repos/{repository}/tags{rest}{query_of(query)}")


def names(response: Response) -> list[str]:
    """The names of the tags in a list."""
    return [tag["Tag"] for tag in response.document]


def test_a_tag_has_every_documented_field(send: SendRequest, simulator: Simulator) -> None:
    """The registry knows it at once, with the digest in full."""
    simulator.push(image())
    response = tags(send, simulator, "/1.4.2")

    assert response.status == 200
    assert response.document == {
        "id": response.document["id"],
        "repo_id": response.document["repo_id"],
        "image_id": response.document["image_id"],
        "manifest": "",
        "digest": digest(),
        "schema": 2,
        "path": "swr/team/shop/web:1.4.2",
        "internal_path": "10.125.0.198:20202/team/shop/web:1.4.2",
        "size": 186_400_000,
        "is_trusted": False,
        "created": "2026-09-21T14:13:20Z",
        "updated": "2026-09-21T14:13:20Z",
        "domain_id": "fedcba9876543210fedcba9876543210",
        "tag": "1.4.2",
        "tag_type": 0,
    }


def test_a_tag_of_an_index_has_another_type(send: SendRequest, simulator: Simulator) -> None:
    """Its images are not shown."""
    simulator.push(image("index", children=(Platform(digest=digest("amd64")),)))
    document = tags(send, simulator, "/1.4.2").document

    assert (document["tag_type"], document["digest"]) == (1, digest("index"))


@pytest.mark.parametrize(
    ("repository", "tag"),
    [
        ("shop%24web", "unknown"),
        ("shop%24other", "1.4.2"),
        ("shop%2Fweb", "1.4.2"),
        ("web", "1.4.2"),
        ("shop%24web", "ee"),
    ],
)
def test_an_unknown_tag_is_not_found(repository: str, tag: str, send: SendRequest, simulator: Simulator) -> None:
    """A slash that is left as it is names no repository, and SWR Enterprise has a service of its own."""
    response = tags(send, simulator, f"/{tag}", repository)

    assert (response.status, response.document["errors"][0]["errorCode"]) == (404, "SVCSTG.SWR.4040010")


def test_a_dollar_sign_need_not_be_encoded(send: SendRequest, simulator: Simulator) -> None:
    assert tags(send, simulator, "/2.0", "shop$web").document["digest"] == digest("web-2.0")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, {"1.4.2", "1.4.2-rc1", "2.0"}),
        ({"tag": "1.4.2"}, {"1.4.2", "1.4.2-rc1"}),
        ({"tag": "3"}, set()),
    ],
)
def test_all_tags_are_listed_or_those_with_a_part_of_a_name(
    query: dict[str, Any], expected: set[str], send: SendRequest, simulator: Simulator
) -> None:
    """The name of a tag has a capital letter."""
    response = tags(send, simulator, **query)

    assert {*names(response)} == expected
    assert all("tag" not in row and row["scanned"] is False for row in response.document)


def test_a_tag_may_have_to_match_as_a_whole(send: SendRequest, simulator: Simulator) -> None:
    simulator.account.unverified = Unverified(fuzzy_names=False)

    assert names(tags(send, simulator, tag="1.4.2")) == ["1.4.2"]
    assert len(names(tags(send, simulator))) == 3


def test_tags_are_listed_in_pages(send: SendRequest, simulator: Simulator) -> None:
    """A header says which part of how many it is; an empty page has none."""
    pages = [tags(send, simulator, limit=2, offset=offset) for offset in (0, 2, 4)]

    assert [len(names(page)) for page in pages] == [2, 1, 0]
    assert [page.headers["Content-Range"] for page in pages] == ["0-1/3", "2-2/3", None]


def test_tags_are_sorted_by_their_time_on_request(send: SendRequest, simulator: Simulator) -> None:
    orders = [names(tags(send, simulator, order_column="updated_at", order_type=order)) for order in ("asc", "desc")]

    assert orders == [["2.0", "1.4.2-rc1", "1.4.2"], ["1.4.2", "1.4.2-rc1", "2.0"]]


@pytest.mark.parametrize(
    "query",
    [{"limit": 10}, {"offset": 0}, {"limit": 0, "offset": 0}, {"limit": 1001, "offset": 0}, {"order_type": "up"}],
)
def test_a_parameter_out_of_its_range_is_rejected(
    query: dict[str, Any], send: SendRequest, simulator: Simulator
) -> None:
    """Limit and offset belong together."""
    response = tags(send, simulator, **query)

    assert (response.status, response.document["errors"][0]["errorCode"]) == (400, "SVCSTG.SWR.4000014")


def test_an_unknown_repository_has_no_list_of_tags(send: SendRequest, simulator: Simulator) -> None:
    assert tags(send, simulator, repository="other").status == 404
