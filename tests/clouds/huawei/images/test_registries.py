"""Which registries are synchronised for images that are not listed: only theirs, or all where they are not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.huawei.images.registries import registries_of
from gate.clouds.huawei.images.rows import parse_row
from gate.errors import NotAuthorised
from gate.image import ImageState
from gate.simulator import Fault, Forbidden, Simulator, Unverified
from tests.clouds.huawei.images.builders import INSTANCE_HOST, a_push, a_ref, a_row, connected, listed, operations

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.builders import FakeTime

HARBOR = "harbor.example.com"
LISTED: list[dict[str, Any]] = [
    {"id": "r-1", "registry_type": "SwrPrivate"},
    {"id": "r-2", "registry_type": "SwrShared"},
    {"id": "r-3", "registry_type": "SwrEnterprise", "registry_addr": f"https://{INSTANCE_HOST}/"},
    {"id": "r-4", "registry_type": "SwrEnterprise", "registry_addr": "other-x2.swr-pro.myhuaweicloud.com"},
    {"id": "r-5", "registry_type": "Harbor", "registry_addr": HARBOR},
    {"id": "r-6", "registry_type": "Harbor", "registry_addr": "http://[::1"},
    {"id": "", "registry_type": "SwrPrivate"},
    {"id": 7, "registry_type": "SwrPrivate"},
    {"id": "r-8", "registry_type": ["SwrPrivate"]},
]


class ListedRegistries:
    """Lists registries, whatever types are asked for."""

    def __init__(self, rows: Sequence[dict[str, Any]] = ()) -> None:
        self.rows = rows
        self.types: list[str] = []

    def registries(self, types: Sequence[str]) -> Sequence[dict[str, Any]]:
        """Notes the types."""
        self.types += types
        return self.rows


@pytest.fixture
def simulator(fake_time: FakeTime) -> Iterator[Simulator]:
    """A project without images."""
    with Simulator("empty", now=fake_time.wall) as simulator:
        yield simulator


def chosen(registry: str, calls: Any) -> list[str]:
    """The ids of the registries of an image with this host, of which nothing is listed."""
    return [one["registry_id"] for one in registries_of({a_ref(registry=registry): ()}, calls)]


@pytest.mark.parametrize(
    ("registry", "ids", "types"),
    [
        ("swr.cn-north-4.myhuaweicloud.com", ["r-1", "r-2"], ["SwrPrivate", "SwrShared"]),
        ("", ["r-1", "r-2"], ["SwrPrivate", "SwrShared"]),
        (INSTANCE_HOST, ["r-3"], ["SwrEnterprise"]),
        ("new-x3.swr-pro.myhuaweicloud.com", ["r-3", "r-4"], ["SwrEnterprise"]),
        (HARBOR, ["r-5"], ["Harbor", "Jfrog", "Other", "SwrEnterprise", "SwrPrivate", "SwrShared"]),
        (f"{HARBOR}:443", ["r-5"], ["Harbor", "Jfrog", "Other", "SwrEnterprise", "SwrPrivate", "SwrShared"]),
    ],
)
def test_the_registries_of_an_image_are_told_by_its_host(registry: str, ids: list[str], types: list[str]) -> None:
    calls = ListedRegistries(LISTED)

    assert chosen(registry, calls) == ids
    assert calls.types == types


@pytest.mark.parametrize(
    ("registry", "rows"),
    [
        ("unknown.example.com", LISTED),
        ("[::1", LISTED),
        ("swr.cn-north-4.myhuaweicloud.com", []),
        ("swr.cn-north-4.myhuaweicloud.com", [{"id": "r-5", "registry_type": "Harbor"}]),
    ],
)
def test_all_registries_are_synchronised_if_that_of_an_image_is_not_known(
    registry: str, rows: list[dict[str, Any]]
) -> None:
    assert registries_of({a_ref(): (parse_row(a_row()),), a_ref(registry=registry): ()}, _as_calls(rows)) == []


def test_a_row_of_the_same_tag_tells_the_registry_without_a_call() -> None:
    calls: Any = ListedRegistries()
    rows = [parse_row(a_row(registry_id="r-9")), parse_row(a_row(registry_id=None))]

    assert registries_of({a_ref(): rows}, calls) == [{"registry_id": "r-9", "registry_type": "SwrPrivate"}]
    assert calls.types == []


@pytest.mark.parametrize("row", [{"registry_id": ""}, {"registry_type": "Local"}, {"registry_type": None}])
def test_a_row_that_does_not_name_its_registry_tells_nothing(row: dict[str, object]) -> None:
    calls = _as_calls(LISTED)

    assert [one["registry_id"] for one in registries_of({a_ref(): [parse_row(a_row(**row))]}, calls)] == ["r-1", "r-2"]


def test_each_registry_is_named_once() -> None:
    images = {a_ref(number=number): [parse_row(a_row())] for number in range(3)}

    assert len(registries_of(images, _as_calls([]))) == 1


def _as_calls(rows: Sequence[dict[str, Any]]) -> Any:
    return ListedRegistries(rows)


@pytest.mark.parametrize("registry", ["", "swr.cn-north-4.myhuaweicloud.com", INSTANCE_HOST])
@pytest.mark.parametrize("is_listed", [True, False], ids=["listed", "not-listed"])
def test_an_image_is_listed_after_the_synchronisation(
    simulator: Simulator, fake_time: FakeTime, registry: str, *, is_listed: bool
) -> None:
    """Whether HSS lists the registries of SWR is not documented."""
    simulator.account.unverified = Unverified(lists_swr_registries=is_listed)
    simulator.push(a_push(registry=registry))
    simulator.push(a_push(registry="other.example.com", kind="harbor"))
    scans, _ = connected(simulator, fake_time)
    images = [a_ref(registry=registry)]
    before = scans.look(images)
    scans.request_listing(images)
    fake_time.sleep(12)
    (after,) = scans.look(images)

    assert before[0].state is ImageState.MISSING
    assert after.state is ImageState.WAITING
    assert operations(simulator)[1:3] == ["ListRegistry", "CreateImageSynchronizeTask"]
    # All of them are synchronised if that of the image is not among those that are listed.
    assert ("other.example.com" in simulator.tasks[-1].registries) is not is_listed


def test_a_tag_that_has_moved_needs_no_list_of_registries(simulator: Simulator, fake_time: FakeTime) -> None:
    simulator.push(listed(number=2, pushed_ago=120.0))
    simulator.push(a_push())
    scans, _ = connected(simulator, fake_time)
    scans.look([a_ref()])
    scans.request_listing([a_ref()])
    fake_time.sleep(12)

    assert scans.look([a_ref()])[0].state is ImageState.WAITING
    assert "ListRegistry" not in operations(simulator)


@pytest.mark.parametrize("operation", ["ListRegistry", "CreateImageSynchronizeTask"])
def test_a_user_without_the_permission_is_told_it(simulator: Simulator, fake_time: FakeTime, operation: str) -> None:
    simulator.faults.append(Fault(response=Forbidden(), operation=operation))
    scans, _ = connected(simulator, fake_time)
    scans.look([a_ref()])

    with pytest.raises(NotAuthorised, match="read access" if operation == "ListRegistry" else "write access"):
        scans.request_listing([a_ref()])
