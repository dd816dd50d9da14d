"""Tests the simulator with the vendor's SDK as the client, whose signatures are correct by definition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import Simulator
from tests.simulator.huawei.sdk import client, sdk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _temporary_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The SDK writes an application id to the home directory when it is imported."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def request(**query: object) -> Any:
    """A request for scan tasks."""
    return sdk("hss.v5", "ListImageScanTaskRequest")(type="image_scan", **query)


@pytest.mark.parametrize("query", [{}, {"task_name": "a b/c~测试+*", "limit": 200, "scan_scope": 0x7FFFFFFF}])
def test_the_sdk_lists_tasks(query: dict[str, object]) -> None:
    """The query includes characters that have to be escaped."""
    with Simulator() as simulator:
        listed = client(simulator).list_image_scan_task(request(**query))

        assert listed.total_num == (0 if query else 6)
        assert simulator.requests[0].query["type"] == ["image_scan"]
        assert simulator.requests[0].status == 200


def test_the_sdk_reads_every_field() -> None:
    """Each field has the type that its model declares."""
    with Simulator("failed") as simulator:
        hss = client(simulator)
        polls = [hss.list_image_scan_task(request(task_name="manual")).data_list for _ in range(3)]
    (task,) = polls[-1]

    assert (task.task_status, task.failed_num, task.success_num, task.risky_num) == (100, 1, 2, 0)
    assert task.is_all is True
    assert task.failed_images[0].registry_type == "SwrPrivate"


def test_the_sdk_authenticates_with_temporary_keys() -> None:
    """The security token is part of the signature."""
    with Simulator() as simulator:
        token = simulator.describe()["huawei"]["security_token"]

        assert client(simulator, security_token=token).list_image_scan_task(request()).total_num == 6


@pytest.mark.parametrize(
    "wrong", [{"access_key_secret": "wrong"}, {"access_key_id": "UNKNOWN"}, {"security_token": "old"}]
)
def test_the_sdk_with_wrong_credentials_gets_an_authentication_error(wrong: dict[str, str]) -> None:
    """It can read status, code and request id of the error."""
    with Simulator() as simulator:
        hss = client(simulator, **wrong)
        with pytest.raises(sdk("core.exceptions.exceptions", "ClientRequestException")) as error:
            hss.list_image_scan_task(request())

    assert error.value.status_code == 401
    assert error.value.error_code == "APIGW.0301"
    assert error.value.request_id == f"{1:032x}"


def test_the_sdk_finds_the_project_by_its_region() -> None:
    """It signs the lookup like any other request, and uses the one project in the response."""
    with Simulator() as simulator:
        assert client(simulator, project_id="").list_image_scan_task(request()).total_num == 6
        assert [request.operation for request in simulator.requests] == ["projects", "tasks"]
