"""Tests the operations about pushed images with the vendor's SDKs as the client."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import BySeverity, EarlierScan, Findings, Simulator
from gate.simulator.vulnerability import WhitelistEntry
from tests.simulator.alibaba.pushed import HOST, bare
from tests.simulator.alibaba.sdk import CONTAINER_REGISTRY, client, request, sdk
from tests.simulator.images import RISKY, image, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

FINDINGS = Findings(
    vulnerabilities=BySeverity(high=2, low=1),
    libraries=BySeverity(medium=1),
    malicious_files=BySeverity(high=1),
    baseline=BySeverity(medium=2),
    sensitive_files=BySeverity(low=3),
)


@pytest.fixture(autouse=True)
def _bypass_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests to loopback do not go through a proxy of this machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A running simulator without images and tasks, on the clock of this machine, as the SDKs are."""
    with Simulator("empty") as simulator:
        yield simulator


def registry_request(action: str, **query: object) -> Any:
    """A request to Container Registry."""
    return request(action, product=CONTAINER_REGISTRY, **query)


def registry(simulator: Simulator) -> Any:
    """The client of Container Registry."""
    return client(simulator, CONTAINER_REGISTRY)


def of_tag(simulator: Simulator) -> dict[str, str]:
    """The parameters for the tag of the image that was pushed to the instance `demo`."""
    cr = registry(simulator)
    (instance,) = cr.list_instance(registry_request("ListInstance", instance_name="demo")).body.instances
    names = {"repo_namespace_name": "team", "repo_name": "shop/web"}
    repository = cr.get_repository(registry_request("GetRepository", instance_id=instance.instance_id, **names)).body
    return {"instance_id": instance.instance_id, "repo_id": repository.repo_id, "tag": "1.4.2"}


def test_the_sdks_resolve_import_and_scan_an_image(simulator: Simulator) -> None:
    """From the tag in the registry to the task, its sub-task and the digest that Security Center knows."""
    simulator.account.scan_stages = None
    simulator.push(image(registry=HOST, findings=RISKY, scan_seconds=60))
    parameters, sas = of_tag(simulator), client(simulator)
    tag = registry(simulator).get_repo_tag(registry_request("GetRepoTag", **parameters)).body
    members = {
        "registryType": "acr",
        "repoId": parameters["repo_id"],
        "instanceId": parameters["instance_id"],
        "repoNamespace": "team",
        "regionId": "cn-beijing",
        "repoName": "shop/web",
        "digest": tag.digest,
        "tag": tag.tag,
        "createTime": tag.image_create,
        "updateTime": tag.image_update,
    }
    images = request("PublicSyncAndCreateImageScanTask", images=json.dumps([members]))
    started = sas.public_sync_and_create_image_scan_task(images).body.data
    of_task = {"task_id": started.task_id, "task_type": "IMAGE_SCAN"}
    status = sas.get_once_task_result_info(request("GetOnceTaskResultInfo", **of_task, task_name="IMAGE_SCAN")).body
    unfinished = sas.list_unfinished_once_task(
        request("ListUnfinishedOnceTask", task_type="IMAGE_SCAN", target=tag.digest)
    ).body.once_tasks
    latest = sas.describe_image_latest_scan_task(request("DescribeImageLatestScanTask", digest=tag.digest)).body.task
    shown = sas.describe_image(
        request(
            "DescribeImage",
            image_instance_id=parameters["instance_id"],
            image_region_id="cn-beijing",
            image_repo_id=parameters["repo_id"],
            image_tag=tag.tag,
        )
    ).body

    assert simulator.requests[2].method == "GET"
    assert (tag.digest, started.total_count, started.can_create) == (bare(image()), 1, True)
    assert (status.total_count, status.task_info.status) == (1, "INIT")
    assert [(one.status, one.task_image_info.digest[-64:]) for one in unfinished] == [(0, tag.digest)]
    assert [(one.task_id, one.status, one.source) for one in latest] == [
        (unfinished[0].task_id, "MESSAGE_SEND", "openapi")
    ]
    assert shown.data.digest == tag.digest
    assert sas.cancel_once_task(request("CancelOnceTask", task_id=started.task_id)).status_code == 200
    assert not simulator.account.is_being_scanned(image(registry=HOST), simulator.requests[-1].at)


def test_the_sdk_reads_the_findings_of_an_image(simulator: Simulator) -> None:
    """As numbers by severity, and as lists of each kind."""
    simulator.push(listed(earlier=EarlierScan(ago=900, findings=FINDINGS)))
    sas = client(simulator)
    digest_is = json.dumps([{"name": "digest", "value": bare(image()), "logicalExp": "AND"}])
    (row,) = sas.describe_image_instances(
        request("DescribeImageInstances", criteria=digest_is, logical_exp="AND")
    ).body.image_instance_list
    numbers = sas.describe_uuid_vul_num_classify_statistic(
        request("DescribeUuidVulNumClassifyStatistic", uuids=row.uuid, image_vul=True)
    ).body.data[row.uuid]
    by_image = sas.describe_image_vul_list(
        request("DescribeImageVulList", type="cve", digest=bare(image()), scan_range=["image"], lang="en")
    ).body
    (library,) = sas.describe_image_grouped_vul_list(
        request("DescribeImageGroupedVulList", type="sca", image_digest=bare(image()))
    ).body.grouped_vul_items
    (file,) = sas.describe_grouped_malicious_files(
        request("DescribeGroupedMaliciousFiles", image_digest=bare(image()), current_page=1, page_size="20")
    ).body.grouped_malicious_file_response
    (baseline,) = sas.describe_image_baseline_check_result(
        request("DescribeImageBaselineCheckResult", image_uuid=row.uuid, risk_level="high,medium")
    ).body.baseline_result
    sensitive = sas.describe_image_sensitive_file_list(
        request("DescribeImageSensitiveFileList", image_uuid=row.uuid, scan_range=["image"])
    ).body

    assert (row.risk_status, row.vul_count, row.alarm_count, row.hc_count) == ("YES", 4, 1, 2)
    assert (numbers.vul_asap_sum, numbers.vul_later_sum, numbers.vul_nntf_sum) == (2, 1, 1)
    assert (numbers.cve_num, numbers.sca_num) == (3, 1)
    assert [one.necessity for one in by_image.vul_records] == ["nntf", "asap", "asap"]
    assert {one.last_ts for one in by_image.vul_records} == {row.last_scan_time}
    assert by_image.vul_records[0].extend_content_json.rpm_entity_list[0].name
    assert (library.later_count, library.cve_score) == (1, "5.3")
    assert (file.level, file.image_count) == ("serious", 1)
    assert (baseline.baseline_name_level, baseline.middle_risk_item_count) == ("medium", 2)
    assert (sensitive.success, [one.count for one in sensitive.sensitive_file_list]) == (True, [3])


def test_the_sdk_lists_what_is_on_a_whitelist_of_the_console(simulator: Simulator) -> None:
    simulator.account.whitelist += [
        WhitelistEntry(id="debian:10:CVE-2019-9893", reason="not reachable", repository="team/web"),
        WhitelistEntry(id="X-2"),
    ]
    sas = client(simulator)
    found = sas.describe_image_vul_white_list(request("DescribeImageVulWhiteList", source="image", page_size=1)).body
    (other,) = sas.describe_image_vul_white_list(
        request("DescribeImageVulWhiteList", source="image", alias_name="X-2")
    ).body.image_vul_whitelist
    agentless = sas.describe_image_vul_white_list(request("DescribeImageVulWhiteList", source="agentless")).body

    (first,) = found.image_vul_whitelist
    assert (found.page_info.total_count, found.page_info.count) == (2, 1)
    assert (first.name, first.reason) == ("debian:10:CVE-2019-9893", "not reachable")
    assert json.loads(first.target) == {"type": "repo", "target": ["team/web"]}
    assert json.loads(other.target)["target"] == []
    assert agentless.image_vul_whitelist == []


def test_the_sdk_reads_the_quota_and_its_end(simulator: Simulator) -> None:
    """The error is one that it raises."""
    simulator.push(listed())
    simulator.account.scans_left = 0
    sas = client(simulator)
    quota = sas.describe_image_scan_auth_count().body.image_scan
    costs = sas.public_pre_check_image_scan_task(
        request("PublicPreCheckImageScanTask", digests=bare(image()), registry_types="acr")
    ).body.data
    with pytest.raises(sdk("tea_openapi.exceptions", "ClientException")) as error:
        sas.public_create_image_scan_task(request("PublicCreateImageScanTask", digests=bare(image())))

    assert (quota.image_scan_capacity, quota.scan_count) == (1000, 1000)
    assert (costs.need_auth_count, costs.scan_image_count) == (1, 1)
    assert (error.value.status_code, error.value.code) == (400, "BeyondQuata")


def test_the_sdk_starts_a_scan_by_digest(simulator: Simulator) -> None:
    simulator.push(listed())
    created = request("PublicCreateImageScanTask", digests=bare(image()))
    data = client(simulator).public_create_image_scan_task(created).body.data

    assert (data.total_count, data.result, len(data.task_id)) == (1, "SUCCESS", 32)


def test_the_sdk_scans_in_the_registry_itself(simulator: Simulator) -> None:
    """It starts a scan, and reads the status, the numbers and the list of the one before."""
    simulator.push(image(registry=HOST, earlier=EarlierScan(ago=900, findings=FINDINGS), scan_seconds=60))
    cr, parameters = registry(simulator), of_tag(simulator)
    status = cr.get_repo_tag_scan_status(registry_request("GetRepoTagScanStatus", **parameters)).body
    summary = cr.get_repo_tag_scan_summary(registry_request("GetRepoTagScanSummary", **parameters)).body
    result = cr.list_repo_tag_scan_result(
        registry_request("ListRepoTagScanResult", **parameters, severity="High", page_no=1, page_size=100)
    ).body
    scan = registry_request(
        "CreateRepoTagScanTask", **parameters, digest=image().digest, scan_service="SAS_SCAN_SERVICE"
    )
    created = cr.create_repo_tag_scan_task(scan).body
    running = cr.get_repo_tag_scan_status(registry_request("GetRepoTagScanStatus", **parameters)).body

    assert (status.is_success, status.status, status.scan_service) == (True, "COMPLETE", "ACR_SCAN_SERVICE")
    assert (summary.high_severity, summary.medium_severity, summary.total_severity) == (2, 1, 4)
    assert [one.severity for one in result.vulnerabilities] == ["High", "High"]
    assert result.vulnerabilities[0].version_fixed
    assert (created.is_success, created.code) == (True, "success")
    assert (running.status, running.scan_service) == ("SCANNING", "SAS_SCAN_SERVICE")


def test_the_sdk_takes_an_unknown_tag_for_a_success(simulator: Simulator) -> None:
    """A client has to look at IsSuccess itself."""
    simulator.push(image(registry=HOST))
    tag = registry_request("GetRepoTag", **{**of_tag(simulator), "tag": "2"})
    response = registry(simulator).get_repo_tag(tag)

    assert (response.status_code, response.body.is_success) == (200, False)
    assert (response.body.code, response.body.digest) == ("TAG_NOT_EXIST", None)
