"""Tests the registries of HSS and their synchronisation (huawei-images.md 1.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import Simulator, Stage, Unverified
from tests.simulator.huawei.calls import INSTANCE_HOST, hss, image_rows, post_to
from tests.simulator.images import image, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulator.conftest import Clock, SendRequest

NOW = 1_790_000_000_000


@pytest.fixture
def simulator(clock: Clock) -> Iterator[Simulator]:
    """A running simulator whose account has images in three registries."""
    with Simulator("empty", now=clock) as simulator:
        simulator.push(image())
        simulator.push(image(registry=INSTANCE_HOST))
        simulator.push(image(registry="harbor.example.com", kind="harbor"))
        yield simulator


def registries(send: SendRequest, simulator: Simulator, **query: Any) -> dict[str, dict[str, Any]]:
    """The registries by their types."""
    rows = hss(send, simulator, "registries", **query).document["data_list"]
    return {row["registry_type"]: row for row in rows}


def synchronise(send: SendRequest, simulator: Simulator, *rows: dict[str, Any]) -> None:
    """Synchronises these registries."""
    infos = [{"registry_id": row["id"], "registry_type": row["registry_type"]} for row in rows]
    response = post_to(send, simulator, "image-sync/tasks", {"sync_all_registries": False, "registry_info": infos})
    assert (response.status, response.document) == (200, {})


def sync_task(send: SendRequest, simulator: Simulator) -> dict[str, Any]:
    """The only synchronisation."""
    (task,) = hss(send, simulator, "tasks", type="image_sync").document["data_list"]
    assert isinstance(task, dict)
    return task


def test_a_registry_has_every_documented_field_in_its_documented_type(
    send: SendRequest, simulator: Simulator, clock: Clock
) -> None:
    """One that was never synchronised has no time."""
    first = registries(send, simulator)
    synchronise(send, simulator, first["SwrEnterprise"])
    clock.now += 10
    second = registries(send, simulator)

    assert first.keys() == {"SwrPrivate", "SwrEnterprise", "Harbor"}
    assert first["SwrEnterprise"] == {
        "id": first["SwrEnterprise"]["id"],
        "registry_name": "SWR enterprise acme-x1",
        "registry_type": "SwrEnterprise",
        "registry_addr": INSTANCE_HOST,
        "status": "success",
        "images_num": 1,
    }
    assert second["SwrEnterprise"]["latest_sync_time"] == NOW + 2000
    assert "registry_addr" not in first["SwrPrivate"]
    assert "latest_sync_time" not in second["SwrPrivate"]


def test_the_id_of_a_registry_is_that_of_its_images(send: SendRequest, simulator: Simulator) -> None:
    simulator.push(listed(tag="listed"))
    (row,) = image_rows(send, simulator, image_version="listed")

    assert row["registry_id"] == registries(send, simulator)["SwrPrivate"]["id"]


@pytest.mark.parametrize(
    ("query", "types"),
    [
        ({"registry_type": "SwrPrivate"}, {"SwrPrivate"}),
        ({"registry_type": "SwrPrivate,Harbor"}, {"SwrPrivate", "Harbor"}),
        ({"registry_type": "Other"}, set()),
        ({"registry_name": "enterprise"}, {"SwrEnterprise"}),
        ({"registry_addr": "harbor.example.com"}, {"Harbor"}),
        ({"registry_id": "unknown"}, set()),
        ({"status": "success"}, {"SwrPrivate", "SwrEnterprise", "Harbor"}),
        ({"status": "fail"}, set()),
        ({"offset": 3}, set()),
    ],
)
def test_registries_are_filtered(
    query: dict[str, Any], types: set[str], send: SendRequest, simulator: Simulator
) -> None:
    assert registries(send, simulator, **query).keys() == types


def test_a_registry_is_found_by_its_id(send: SendRequest, simulator: Simulator) -> None:
    harbor = registries(send, simulator)["Harbor"]["id"]

    assert registries(send, simulator, registry_id=harbor).keys() == {"Harbor"}


def test_swr_may_not_be_among_the_registries(send: SendRequest, simulator: Simulator) -> None:
    """No document says that it is."""
    simulator.account.unverified = Unverified(lists_swr_registries=False)

    assert registries(send, simulator).keys() == {"Harbor"}


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("registries", {"limit": 9}),
        ("registries", {"registry_type": "swr"}),
        ("registries", {"status": "finished"}),
        ("image-sync/tasks/t/registries", {"limit": 201}),
        ("image-sync/tasks/t/registries", {"sync_status": "success"}),
    ],
)
def test_a_parameter_out_of_its_range_is_rejected(
    path: str, query: dict[str, Any], send: SendRequest, simulator: Simulator
) -> None:
    response = hss(send, simulator, path, **query)

    assert (response.status, response.document["error_code"]) == (400, "HSS.0001")


def test_a_synchronisation_lists_the_images_of_its_registries_only(
    send: SendRequest, simulator: Simulator, clock: Clock
) -> None:
    """Images of SWR are one registry, whatever their host is called."""
    simulator.push(image(tag="by-host", registry="swr.example.com"))
    synchronise(send, simulator, registries(send, simulator)["SwrPrivate"])
    clock.now += 2

    assert sorted(row["image_version"] for row in image_rows(send, simulator)) == ["1.4.2", "by-host"]
    assert {row["registry_type"] for row in image_rows(send, simulator)} == {"SwrPrivate"}


def test_all_registries_can_be_synchronised(send: SendRequest, simulator: Simulator, clock: Clock) -> None:
    """The list of tasks shows how many there are."""
    post_to(send, simulator, "image-sync/tasks", {"sync_all_registries": True})
    running = sync_task(send, simulator)
    clock.now += 2
    complete = sync_task(send, simulator)

    assert (running["task_type"], running["task_status"], running["total_num"]) == ("manualSync", 50, 3)
    assert (complete["task_status"], complete["success_num"]) == (100, 3)
    assert len(image_rows(send, simulator)) == 3


@pytest.mark.parametrize(
    ("stages", "states"),
    [
        ((Stage(state="running", seconds=5), Stage(state="complete")), ["running", "finished"]),
        ((Stage(state="queued", seconds=5), Stage(state="failed")), ["running", "failed"]),
    ],
)
def test_the_registries_of_a_synchronisation_show_its_state(
    stages: tuple[Stage, ...], states: list[str], send: SendRequest, simulator: Simulator, clock: Clock
) -> None:
    """A reason is there only if it failed."""
    simulator.account.sync_stages = stages
    synchronise(send, simulator, registries(send, simulator)["Harbor"])
    path = f"image-sync/tasks/{sync_task(send, simulator)['task_id']}/registries"
    rows = []
    for _ in range(2):
        rows += hss(send, simulator, path).document["data_list"]
        clock.now += 5

    assert [(row["registry_type"], row["sync_status"]) for row in rows] == [("Harbor", state) for state in states]
    assert [bool(row["failed_reason"]) for row in rows] == [state == "failed" for state in states]
    assert rows[0].keys() == {"registry_id", "registry_name", "registry_type", "sync_status", "failed_reason"}


def test_the_registries_of_a_synchronisation_are_filtered(send: SendRequest, simulator: Simulator) -> None:
    """All of them belong to one of all registries."""
    post_to(send, simulator, "image-sync/tasks", {"sync_all_registries": True})
    path = f"image-sync/tasks/{sync_task(send, simulator)['task_id']}/registries"
    totals = [
        hss(send, simulator, path, **query).document["total_num"]
        for query in ({}, {"registry_type": "Harbor"}, {"sync_status": "finished"}, {"sync_status": "running"})
    ]

    assert totals == [3, 1, 0, 3]


def test_a_synchronisation_is_in_the_enterprise_project_of_the_request(send: SendRequest, simulator: Simulator) -> None:
    """A request for all of them starts it in the default one."""
    document = {"sync_all_registries": True}
    for project in ("e-1", "all_granted_eps"):
        post_to(send, simulator, "image-sync/tasks", document, enterprise_project_id=project)
    ids = {
        project: {
            row["task_id"] for row in hss(send, simulator, "tasks", type="image_sync", **query).document["data_list"]
        }
        for project, query in (("0", {}), ("e-1", {"enterprise_project_id": "e-1"}))
    }
    path = f"image-sync/tasks/{next(iter(ids['e-1']))}/registries"

    assert [len(found) for found in ids.values()] == [1, 1]
    assert hss(send, simulator, path).document["error_code"] == "HSS.0011"
    assert hss(send, simulator, path, enterprise_project_id="e-1").status == 200


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ([], "HSS.0002"),
        ({}, "HSS.0001"),
        ({"sync_all_registries": "true"}, "HSS.0001"),
        ({"sync_all_registries": False, "registry_info": "r-1"}, "HSS.0001"),
        ({"sync_all_registries": False}, "HSS.0011"),
        ({"sync_all_registries": False, "registry_info": []}, "HSS.0011"),
        ({"sync_all_registries": False, "registry_info": ["r-1"]}, "HSS.0011"),
        (
            {"sync_all_registries": False, "registry_info": [{"registry_id": "r-1", "registry_type": "SwrPrivate"}]},
            "HSS.0011",
        ),
    ],
)
def test_a_synchronisation_of_no_known_registry_is_rejected(
    document: Any, code: str, send: SendRequest, simulator: Simulator
) -> None:
    response = post_to(send, simulator, "image-sync/tasks", document)

    assert (response.status, response.document["error_code"]) == (400, code)
    assert hss(send, simulator, "tasks", type="image_sync").document["total_num"] == 0


def test_a_body_that_is_not_json_is_rejected(send: SendRequest, simulator: Simulator) -> None:
    response = hss(send, simulator, "image-sync/tasks", method="POST")

    assert response.document["error_code"] == "HSS.0002"


def test_the_registries_of_an_unknown_synchronisation_are_not_found(send: SendRequest, simulator: Simulator) -> None:
    response = hss(send, simulator, "image-sync/tasks/unknown/registries")

    assert (response.status, response.document["error_code"]) == (400, "HSS.0011")
