"""The vendor's own SDK as the client: what it signs is right by definition."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import Simulator

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _home_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The SDK leaves an application id in the home directory as soon as it is imported."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def sdk(module: str, name: str) -> Any:
    """A name of the SDK, whose import takes a second, so that only those who need it pay for it."""
    return getattr(import_module(f"huaweicloudsdk{module}"), name)


def client(simulator: Simulator, **other: str) -> Any:
    """An HssClient with the simulator's keys, or with others; it looks up the project itself if given none."""
    known = {**simulator.describe()["huawei"], "security_token": "", **other}
    credentials = sdk("core.auth.credentials", "BasicCredentials")(
        known["access_key_id"], known["access_key_secret"], known["project_id"] or None
    ).with_iam_endpoint(known["iam_endpoint"])
    if known["security_token"]:
        credentials = credentials.with_security_token(known["security_token"])
    region = sdk("core.region.region", "Region")(known["region"], known["endpoint"])
    return sdk("hss.v5", "HssClient").new_builder().with_credentials(credentials).with_region(region).build()


def request(**query: object) -> Any:
    """A request for scan tasks."""
    return sdk("hss.v5", "ListImageScanTaskRequest")(type="image_scan", **query)


@pytest.mark.parametrize("query", [{}, {"task_name": "a b/c~测试+*", "limit": 200, "scan_scope": 0x7FFFFFFF}])
def test_the_sdk_lists_tasks(query: dict[str, object]) -> None:
    """Whatever it has to escape."""
    with Simulator() as simulator:
        listed = client(simulator).list_image_scan_task(request(**query))

        assert listed.total_num == (0 if query else 6)
        assert simulator.requests[0].query["type"] == ["image_scan"]
        assert simulator.requests[0].status == 200


def test_the_sdk_reads_every_field() -> None:
    """In the type that its model declares."""
    with Simulator("failed") as simulator:
        hss = client(simulator)
        polls = [hss.list_image_scan_task(request(task_name="manual")).data_list for _ in range(3)]
    (task,) = polls[-1]

    assert (task.task_status, task.failed_num, task.success_num, task.risky_num) == (100, 1, 2, 0)
    assert task.is_all is True
    assert task.failed_images[0].registry_type == "SwrPrivate"


def test_the_sdk_signs_in_with_temporary_keys() -> None:
    """The token goes into the signature."""
    with Simulator() as simulator:
        token = simulator.describe()["huawei"]["security_token"]

        assert client(simulator, security_token=token).list_image_scan_task(request()).total_num == 6


@pytest.mark.parametrize(
    "wrong", [{"access_key_secret": "wrong"}, {"access_key_id": "NOBODY"}, {"security_token": "old"}]
)
def test_the_sdk_with_a_wrong_key_is_refused(wrong: dict[str, str]) -> None:
    """And understands why."""
    with Simulator() as simulator:
        hss = client(simulator, **wrong)
        with pytest.raises(sdk("core.exceptions.exceptions", "ClientRequestException")) as refusal:
            hss.list_image_scan_task(request())

    assert refusal.value.status_code == 401
    assert refusal.value.error_code == "APIGW.0301"
    assert refusal.value.request_id == f"{1:032x}"


def test_the_sdk_finds_the_project_by_its_region() -> None:
    """It signs the look-up like any other call, and takes the one project it is given."""
    with Simulator() as simulator:
        assert client(simulator, project_id="").list_image_scan_task(request()).total_num == 6
        assert [request.operation for request in simulator.requests] == ["projects", "tasks"]
