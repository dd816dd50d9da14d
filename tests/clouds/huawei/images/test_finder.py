"""How the rows of images are found: with few calls, and by their exact names and digests alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.huawei.images.calls import pages_of
from gate.clouds.huawei.images.finder import FoundRows
from gate.clouds.huawei.images.rows import parse_row
from gate.errors import NotUnderstood
from gate.image import ImageState
from gate.simulator import EarlierScan, PushedImage, Simulator
from tests.clouds.huawei.images.builders import (
    INSTANCE_HOST,
    a_digest,
    a_ref,
    a_row,
    connected,
    listed,
    operations,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.image import ImageRef
    from tests.builders import FakeTime

ROWS = "ListRegistryImages"
SCANNED = EarlierScan(ago=30)


@pytest.fixture
def simulator(fake_time: FakeTime) -> Iterator[Simulator]:
    """A project without images."""
    with Simulator("empty", now=fake_time.wall) as simulator:
        yield simulator


def queries(simulator: Simulator) -> list[dict[str, str]]:
    """The filters of each call for rows."""
    return [
        {name: values[0] for name, values in request.query.items() if name not in {"limit", "offset"}}
        for request in simulator.requests
        if request.operation == ROWS
    ]


def looks(simulator: Simulator, time: FakeTime, *images: ImageRef, number: int = 1) -> list[list[ImageState]]:
    """The states of these images in each of so many looks."""
    scans, _ = connected(simulator, time)
    return [[image.state for image in scans.look(images)] for _ in range(number)]


def show(simulator: Simulator, *rows: dict[str, Any], total: int | None = None) -> None:
    """Has HSS list these rows, whatever the filters are."""
    simulator.rewrite = lambda _operation, _document: {"data_list": [*rows], "total_num": total or len(rows)}


# Which rows are those of an image.


@pytest.mark.parametrize("of_row", [{}, {"image_digest": a_digest().removeprefix("sha256:")}], ids=["full", "bare"])
def test_a_row_with_the_exact_names_and_the_digest_is_that_of_the_image(
    simulator: Simulator, fake_time: FakeTime, of_row: dict[str, object]
) -> None:
    show(simulator, a_row(**of_row))

    assert looks(simulator, fake_time, a_ref()) == [[ImageState.SCANNED]]


@pytest.mark.parametrize(
    "of_row",
    [
        {"namespace": "team2"},
        {"namespace": "Team"},
        {"namespace": None},
        {"namespace": ["team"]},
        {"image_name": "shop/web2"},
        {"image_name": "web"},
        {"image_name": {"shop": "web"}},
        {"image_digest": a_digest(2)},
        {"image_digest": None},
        {"image_version": ["1.4.2"], "image_digest": ""},
        {"registry_type": "Harbor"},
        {"registry_type": "SwrEnterprise"},
        {"registry_type": None},
    ],
    ids=repr,
)
def test_any_other_row_is_not_even_if_the_filters_find_it(
    simulator: Simulator, fake_time: FakeTime, of_row: dict[str, object]
) -> None:
    """Whether the filters find parts of names is not documented."""
    show(simulator, a_row(**of_row))

    assert looks(simulator, fake_time, a_ref()) == [[ImageState.MISSING]]


@pytest.mark.parametrize(
    ("registry", "types"),
    [
        ("swr.cn-north-4.myhuaweicloud.com", "SwrPrivate SwrShared"),
        (INSTANCE_HOST, "SwrEnterprise"),
        ("registry.example.com:5000", "SwrPrivate SwrShared SwrEnterprise Harbor Jfrog Other"),
        ("[::1", "SwrPrivate SwrShared SwrEnterprise Harbor Jfrog Other"),
        ("", "SwrPrivate SwrShared SwrEnterprise Harbor Jfrog Other"),
    ],
)
def test_the_host_of_the_registry_tells_of_which_types_a_row_can_be(
    simulator: Simulator, fake_time: FakeTime, registry: str, types: str
) -> None:
    found = []
    for type_ in ("SwrPrivate", "SwrShared", "SwrEnterprise", "Harbor", "Jfrog", "Other", "Local", "swrprivate", ""):
        show(simulator, a_row(registry_type=type_))
        found += [type_] if looks(simulator, fake_time, a_ref(registry=registry)) == [[ImageState.SCANNED]] else []

    assert " ".join(found) == types


def test_the_image_is_found_under_any_tag_by_its_digest(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.push(listed(tag="latest", earlier=SCANNED))

    assert looks(simulator, fake_time, a_ref(tag="1.4.2"), a_ref(tag="")) == [[ImageState.SCANNED] * 2]


def test_a_missing_image_has_the_digest_that_its_tag_has_instead(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.push(listed(number=2))
    scans, _ = connected(simulator, fake_time)

    found = scans.look([a_ref(), a_ref(tag="other"), a_ref(tag="")])

    assert [image.state for image in found] == [ImageState.MISSING] * 3
    assert [image.listed_digest for image in found] == [a_digest(2), "", ""]


# How few calls it takes.


def test_one_image_takes_one_call_for_its_repository(simulator: Simulator, fake_time: FakeTime) -> None:
    """Its name may have slashes."""
    simulator.push(listed(earlier=SCANNED))
    connected(simulator, fake_time)[0].look([a_ref()])

    assert operations(simulator) == [ROWS]
    assert simulator.requests[0].query == {
        "namespace": ["team"],
        "image_name": ["shop/web"],
        "limit": ["200"],
        "offset": ["0"],
    }


def test_the_enterprise_project_is_that_of_the_option(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.push(listed(earlier=SCANNED, enterprise_project="ep-1"))
    known = simulator.describe()["huawei"]
    options = {"project-id": known["project_id"], "enterprise-project-id": "ep-1"}
    scans, _ = connected(simulator, fake_time, for_cloud=options)

    assert [image.state for image in scans.look([a_ref()])] == [ImageState.SCANNED]
    assert looks(simulator, fake_time, a_ref()) == [[ImageState.MISSING]]


def test_images_of_one_repository_take_one_call(simulator: Simulator, fake_time: FakeTime) -> None:
    for number in (1, 2):
        simulator.push(listed(tag=f"1.{number}", number=number, earlier=SCANNED))
    images = [a_ref(tag=f"1.{number}", number=number) for number in (1, 2)]

    assert looks(simulator, fake_time, *images) == [[ImageState.SCANNED] * 2]
    assert queries(simulator) == [{"namespace": "team", "image_name": "shop/web"}]


def test_images_of_one_namespace_take_one_call(simulator: Simulator, fake_time: FakeTime) -> None:
    for number in range(20):
        simulator.push(listed(f"web{number}", number=number, earlier=SCANNED))
    images = [a_ref(f"web{number}", number=number) for number in range(20)]

    assert looks(simulator, fake_time, *images) == [[ImageState.SCANNED] * 20]
    assert queries(simulator) == [{"namespace": "team"}]


def test_each_namespace_takes_a_call_of_its_own(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.push(listed(earlier=SCANNED))
    other = replace(listed(number=2, earlier=SCANNED), repository="shop/web")
    simulator.push(other)
    images = [a_ref(), a_ref("web", namespace="shop", number=2)]

    assert looks(simulator, fake_time, *images) == [[ImageState.SCANNED] * 2]
    assert queries(simulator) == [
        {"namespace": "team", "image_name": "shop/web"},
        {"namespace": "shop", "image_name": "web"},
    ]


def crowd(simulator: Simulator, number: int, name: str = "{0}", tag: str = "1.4.2") -> None:
    """Pushes so many other images."""
    for one in range(number):
        simulator.push(listed(name.format(f"other{one}"), tag=tag.format(one), number=1000 + one))


def test_a_full_page_that_is_as_long_as_its_total_is_the_last(simulator: Simulator, fake_time: FakeTime) -> None:
    crowd(simulator, 198)
    for number in (1, 2):
        simulator.push(listed(f"web{number}", number=number, earlier=SCANNED))
    images = [a_ref(f"web{number}", number=number) for number in (1, 2)]

    assert looks(simulator, fake_time, *images) == [[ImageState.SCANNED] * 2]
    assert queries(simulator) == [{"namespace": "team"}]


def test_a_namespace_with_more_pages_than_repositories_is_not_read(simulator: Simulator, fake_time: FakeTime) -> None:
    """Nor is it asked for again: it has not become shorter."""
    crowd(simulator, 400)
    for number in (1, 2):
        simulator.push(listed(f"web{number}", number=number, earlier=SCANNED))
    images = [a_ref(f"web{number}", number=number) for number in (1, 2)]

    assert looks(simulator, fake_time, *images, number=2) == [[ImageState.SCANNED] * 2] * 2
    of_images = [{"namespace": "team", "image_name": f"web{number}"} for number in (1, 2)]
    assert queries(simulator) == [{"namespace": "team"}, *of_images, *of_images]


def test_a_namespace_with_as_many_pages_as_repositories_is_read(simulator: Simulator, fake_time: FakeTime) -> None:
    crowd(simulator, 397)
    for number in (1, 2):
        simulator.push(listed(f"web{number}", number=number, earlier=SCANNED))
    images = [a_ref(f"web{number}", number=number) for number in (1, 2)]

    assert looks(simulator, fake_time, *images) == [[ImageState.SCANNED] * 2]
    assert [request.query["offset"] for request in simulator.requests] == [["0"], ["199"]]
    assert queries(simulator) == [{"namespace": "team"}] * 2


def test_a_repository_with_more_pages_than_tags_is_asked_for_the_tags(
    simulator: Simulator, fake_time: FakeTime
) -> None:
    crowd(simulator, 250, name="shop/web", tag="build-{0}")
    simulator.push(listed(earlier=SCANNED))

    assert looks(simulator, fake_time, a_ref(), number=2) == [[ImageState.SCANNED]] * 2
    repository = {"namespace": "team", "image_name": "shop/web"}
    by_tag = {**repository, "image_version": "1.4.2"}
    assert queries(simulator) == [repository, by_tag, by_tag]


def test_without_a_tag_all_of_the_repository_is_read_until_the_image_was_found(
    simulator: Simulator, fake_time: FakeTime
) -> None:
    crowd(simulator, 250, name="shop/web", tag="build-{0}")
    simulator.push(listed(earlier=SCANNED))

    assert looks(simulator, fake_time, a_ref(tag=""), number=3) == [[ImageState.SCANNED]] * 3
    repository = {"namespace": "team", "image_name": "shop/web"}
    by_tag = {**repository, "image_version": "1.4.2"}
    assert queries(simulator) == [repository, repository, repository, by_tag, by_tag]


@pytest.mark.parametrize(("length", "calls"), [(64, 2), (65, 2)])
def test_a_tag_that_is_too_long_for_a_filter_is_not_sent(
    simulator: Simulator, fake_time: FakeTime, length: int, calls: int
) -> None:
    tag = "x" * length
    crowd(simulator, 250, name="shop/web", tag="build-{0}")
    simulator.push(listed(tag=tag, earlier=SCANNED))

    assert looks(simulator, fake_time, a_ref(tag=tag)) == [[ImageState.SCANNED]]
    assert [query.get("image_version") for query in queries(simulator)] == [None, tag if length == 64 else None]
    assert len(simulator.requests) == calls


@pytest.mark.parametrize(
    ("total", "pages"), [(0, 1), (1, 1), (200, 1), (201, 2), (399, 2), (400, 3), (598, 3), (599, 4)]
)
def test_each_page_but_the_first_has_199_new_rows(total: int, pages: int) -> None:
    assert pages_of(total) == pages


def test_the_number_of_pages_is_that_which_is_read(simulator: Simulator, fake_time: FakeTime) -> None:
    crowd(simulator, 398, name="shop/web", tag="build-{0}")
    simulator.push(listed(earlier=SCANNED))
    looks(simulator, fake_time, a_ref(tag=""))

    assert len(simulator.requests) == pages_of(399) == 2


# Lists that do not fit together.


def test_a_list_that_does_not_end_where_its_total_says_is_not_understood(
    simulator: Simulator, fake_time: FakeTime
) -> None:
    show(simulator, a_row(), total=3)
    scans, _ = connected(simulator, fake_time)

    with pytest.raises(NotUnderstood, match="The list of registry images does not end where its total says"):
        scans.look([a_ref(tag="")])


def test_a_total_is_not_needed(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.rewrite = lambda _operation, _document: {"data_list": [a_row()]}

    assert looks(simulator, fake_time, a_ref()) == [[ImageState.SCANNED]]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "has no list of registry images"),
        ({"data_list": [7]}, "has no list of registry images"),
        ({"data_list": [], "total_num": "0"}, "The number of registry images in the response is not a whole number"),
        ({"data_list": [a_row(), a_row()]}, "lists one registry image twice"),
        ({"data_list": [a_row(error_code="HSS.0001")]}, "has an error in the place of a registry image"),
    ],
)
def test_a_response_without_a_list_does_not_mean_that_there_are_no_images(
    simulator: Simulator, fake_time: FakeTime, document: dict[str, object], message: str
) -> None:
    simulator.rewrite = lambda _operation, _document: document
    scans, _ = connected(simulator, fake_time)

    with pytest.raises(NotUnderstood, match=message):
        scans.look([a_ref()])


def test_rows_without_an_id_are_read_too(simulator: Simulator, fake_time: FakeTime) -> None:
    show(simulator, without(a_row(), "id"), without(a_row(image_version="latest"), "id"))

    assert looks(simulator, fake_time, a_ref()) == [[ImageState.SCANNED]]


def test_an_image_of_another_registry_with_the_same_names_is_not_taken(
    simulator: Simulator, fake_time: FakeTime
) -> None:
    harbor = PushedImage(
        registry="harbor.example.com",
        repository="team/shop/web",
        tag="1.4.2",
        digest=a_digest(),
        kind="harbor",
        pushed_ago=60.0,
        listed_after=0.0,
        earlier=SCANNED,
    )
    simulator.push(harbor)

    assert looks(simulator, fake_time, a_ref(), a_ref(registry="harbor.example.com")) == [
        [ImageState.MISSING, ImageState.SCANNED]
    ]


@pytest.mark.parametrize(
    ("id_", "is_found"),
    [(1, True), ("1", True), (True, False), (1.0, False), (None, False)],
    ids=["number", "text", "true", "fraction", "none"],
)
def test_a_row_is_found_again_by_its_id_and_not_by_another_value_that_is_equal(id_: object, *, is_found: bool) -> None:
    row = parse_row(a_row(id=id_))

    assert FoundRows(with_digest=(row,)).by_id(1) is (row if is_found else None)
    assert FoundRows(with_other_digest=(row,)).by_id(1) is (row if is_found else None)
