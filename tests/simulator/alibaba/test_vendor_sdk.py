"""Tests the simulator with the vendor's SDK as the client, whose signatures and models are correct by definition."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import Quota, Simulator
from tests.simulator.alibaba.sdk import client, request, sdk

if TYPE_CHECKING:
    from tests.simulator.conftest import Clock


@pytest.fixture(autouse=True)
def _bypass_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests to loopback do not go through a proxy of this machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def last() -> Any:
    """The request for the last scan."""
    return request("GetLastOnceTaskInfo", task_type="IMAGE_SCAN", task_name="IMAGE_SCAN")


def test_the_sdk_polls_a_scan_to_its_end() -> None:
    """It requests the last scan first, and then the scan by its id."""
    with Simulator() as simulator:
        sas = client(simulator)
        first = sas.get_last_once_task_info(last()).body
        query = {"task_id": first.task_id, "task_type": "IMAGE_SCAN", "task_name": "IMAGE_SCAN"}
        later = [
            sas.get_once_task_result_info(request("GetOnceTaskResultInfo", **query)).body.task_info.status
            for _ in range(3)
        ]

    assert (first.task_info.status, first.task_info.progress, first.total_count) == ("START", 20, 3)
    assert len(first.task_id) == 32
    assert later == ["START", "SUCCESS", "SUCCESS"]


def test_the_sdk_lists_leaves() -> None:
    """It filters them by root and status, and reads their image info."""
    with Simulator("failed") as simulator:
        sas = client(simulator)
        root = [sas.get_last_once_task_info(last()).body for _ in range(3)][-1]
        query = {"task_type": "IMAGE_SCAN", "task_id": root.task_id, "current_page": 1, "page_size": 20}
        leaves = request("DescribeOnceTaskLeafRecordPage", **query, relate_info=True, status_list=["FAIL", "TIMEOUT"])
        body = sas.describe_once_task_leaf_record_page(leaves).body

        assert simulator.requests[-1].query["StatusList.2"] == ["TIMEOUT"]
        assert simulator.requests[-1].query["RelateInfo"] == ["True"]
    (leaf,) = body.once_tasks

    assert (leaf.status_text, leaf.target_type, leaf.total_count) == ("FAIL", "IMAGE", "1")
    assert leaf.task_image_info.repo_name == "service-1"
    assert body.page_info.total_count == 1


def test_the_sdk_lists_images() -> None:
    """The criteria include characters that have to be escaped."""
    criteria = json.dumps([{"name": "repoNamespace", "value": "shop", "logicalExp": "AND"}])
    with Simulator() as simulator:
        images = request("DescribeImageInstances", criteria=criteria, logical_exp="AND", page_size=100, scanned=True)
        body = client(simulator).describe_image_instances(images).body
        escaped = request("DescribeImageInstances", criteria=json.dumps([{"name": "tag", "value": "a b/c~测试+*"}]))

        assert client(simulator).describe_image_instances(escaped).body.page_info.total_count == 0
    assert {image.repo_namespace for image in body.image_instance_list} == {"shop"}
    assert {image.risk_status for image in body.image_instance_list} == {"YES", "NO"}
    assert body.page_info.count == len(body.image_instance_list) == 30


def test_the_sdk_authenticates_with_temporary_keys() -> None:
    """The security token is part of the signature."""
    with Simulator() as simulator:
        token = simulator.describe()["alibaba"]["security_token"]

        assert client(simulator, security_token=token).get_last_once_task_info(last()).status_code == 200
        assert simulator.requests[0].headers["x-acs-security-token"] == token


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({"access_key_secret": "wrong"}, 400, "SignatureDoesNotMatch"),
        ({"access_key_id": "UNKNOWN"}, 404, "InvalidAccessKeyId.NotFound"),
        ({"security_token": "old"}, 400, "InvalidSecurityToken.Expired"),
    ],
)
def test_the_sdk_with_wrong_credentials_gets_an_authentication_error(
    wrong: dict[str, str], status: int, code: str
) -> None:
    """It can read status, code and request id of the error."""
    with Simulator() as simulator, pytest.raises(sdk("tea_openapi.exceptions", "ClientException")) as error:
        client(simulator, **wrong).get_last_once_task_info(last())

    assert (error.value.status_code, error.value.code) == (status, code)
    assert error.value.request_id == "00000000-0000-0000-0000-000000000001"


def test_the_sdk_with_a_wrong_clock_gets_an_authentication_error(clock: Clock) -> None:
    """The SDK uses the clock of this machine, and the simulator that of the test."""
    clock.now = 1_000_000_000.0
    with Simulator(now=clock) as simulator, pytest.raises(sdk("tea_openapi.exceptions", "ClientException")) as error:
        client(simulator).get_last_once_task_info(last())

    assert error.value.code == "InvalidTimeStamp.Expired"


def test_the_sdk_reads_the_retry_after_header_as_milliseconds() -> None:
    with Simulator() as simulator:
        simulator.quota = Quota(calls=0, seconds=60, retry_after=True)
        with pytest.raises(sdk("tea_openapi.exceptions", "ThrottlingException")) as error:
            client(simulator).get_last_once_task_info(last())

    assert error.value.retry_after == 60_000
