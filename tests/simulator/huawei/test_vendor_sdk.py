"""Tests the operations of images with the vendor's SDKs as clients, whose requests are correct by definition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import BySeverity, EarlierScan, Findings, Platform, Simulator
from gate.simulator.vulnerability import WhitelistEntry
from tests.simulator.huawei.calls import INSTANCE_HOST
from tests.simulator.huawei.sdk import client, sdk
from tests.simulator.images import RISKY, digest, image, listed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPORT = "application/vnd.security.vulnerability.report; version=1.1"


@pytest.fixture(autouse=True)
def _temporary_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The SDK writes an application id to the home directory when it is imported."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A running simulator without images that a test pushed; the SDK signs with the time of the machine."""
    with Simulator("empty") as simulator:
        yield simulator


def hss(name: str, **fields: object) -> Any:
    """A request or model of HSS."""
    return sdk("hss.v5", name)(**fields)


def swr(simulator: Simulator) -> Any:
    """A client of SWR."""
    return client(simulator, service="swr.v2", name="SwrClient")


def swr_request(name: str, **fields: object) -> Any:
    """A request of SWR."""
    return sdk("swr.v2", name)(**fields)


def rows(simulator: Simulator, **query: object) -> list[Any]:
    """The images of the organisation of the tests, as the SDK reads them."""
    request = hss("ListRegistryImagesRequest", **{"namespace": "team", "limit": 200, **query})
    listed: list[Any] = client(simulator).list_registry_images(request).data_list
    return listed


def scan_request(*images: Any) -> Any:
    """A request for a scan of exactly these rows, all of their fields that the model of the request has."""
    names = sdk("hss.v5", "CreateManualImageScanTaskReqInfoImageInfo").openapi_types
    infos = [
        hss("CreateManualImageScanTaskReqInfoImageInfo", **{name: getattr(image, name) for name in names})
        for image in images
    ]
    body = hss("CreateManualImageScanTaskReqInfo", scan_scope=0x7FFFFFFF, is_all=False, image_info=infos)
    return hss("CreateManualImageScanTaskRequest", global_image_type="registry", body=body)


def test_the_sdk_reads_every_field_of_a_row(simulator: Simulator) -> None:
    """Each field has the type that its model declares."""
    simulator.push(listed(earlier=EarlierScan(ago=300, findings=RISKY)))
    (row,) = rows(simulator, risky=True, image_name="shop/web", scan_status="success")

    assert (row.image_name, row.image_version, row.registry_type) == ("shop/web", "1.4.2", "SwrPrivate")
    assert (row.vul_num, row.scan_status, row.severity_level) == (7, "success", "High")
    assert (row.scannable, row.is_multiple_arch, row.latest_version) == (True, False, True)
    assert all(getattr(row, name) is None for name in ("association_images", "instance_id", "scan_failed_code"))


def test_the_sdk_reads_the_platforms_of_an_index(simulator: Simulator) -> None:
    simulator.push(listed(children=(Platform(digest=digest("amd64")),)))
    (row,) = rows(simulator, is_multarch=True)

    assert [one.image_digest[-64:] for one in row.association_images] == [digest("amd64")[-64:]]


def test_the_sdk_synchronises_a_registry_and_follows_it(simulator: Simulator) -> None:
    """From a push to its row."""
    simulator.push(image())
    api = client(simulator)
    (registry,) = api.list_registry(hss("ListRegistryRequest", registry_type="SwrPrivate")).data_list
    info = hss("CreateImageSynchronizeTaskRequestInfoRegistryInfo", registry_id=registry.id, registry_type="SwrPrivate")
    body = hss("CreateImageSynchronizeTaskRequestInfo", sync_all_registries=False, registry_info=[info])
    simulator.account.sync_stages = simulator.account.sync_stages[-1:]
    api.create_image_synchronize_task(hss("CreateImageSynchronizeTaskRequest", body=body))
    (task,) = api.list_image_scan_task(
        hss("ListImageScanTaskRequest", type="image_sync", task_type="manualSync")
    ).data_list
    (followed,) = api.list_associate_registries(hss("ListAssociateRegistriesRequest", task_id=task.task_id)).data_list

    assert (followed.registry_id, followed.sync_status) == (registry.id, "finished")
    assert [row.image_digest[-64:] for row in rows(simulator)] == [digest()[-64:]]


def test_the_sdk_starts_a_scan_of_a_row_and_stops_it(simulator: Simulator) -> None:
    """What it sends back of the row is what it has read."""
    simulator.push(listed(tag="1"))
    simulator.push(listed(tag="2", registry=INSTANCE_HOST))
    api = client(simulator)
    api.create_manual_image_scan_task(scan_request(*rows(simulator)))
    statuses = {row.scan_status for row in rows(simulator)}
    (task,) = api.list_image_scan_task(hss("ListImageScanTaskRequest", type="image_scan")).data_list
    api.stop_image_scan_task(hss("StopImageScanTaskRequest", task_id=task.task_id))
    (stopped,) = api.list_image_scan_task(hss("ListImageScanTaskRequest", type="image_scan")).data_list

    assert statuses == {"waiting_for_scan"}
    assert (task.is_all, task.total_num, stopped.task_status) == (False, 2, -1)


def test_the_sdk_reads_the_scans_that_are_left(simulator: Simulator) -> None:
    simulator.account.scans_left = 4
    statistics = client(simulator).show_image_pay_per_scan_statistics(hss("ShowImagePayPerScanStatisticsRequest"))

    assert (statistics.repository_scan_num, statistics.free_quota_num, statistics.total.registry) == (0, 4, 120)


def test_the_sdk_reads_an_error(simulator: Simulator) -> None:
    simulator.account.scans_left = 0
    simulator.push(listed())
    with pytest.raises(sdk("core.exceptions.exceptions", "ClientRequestException")) as error:
        client(simulator).create_manual_image_scan_task(scan_request(*rows(simulator)))

    assert (error.value.status_code, error.value.error_code) == (400, "HSS.0014")


def test_the_sdk_lists_the_vulnerabilities_of_an_image(simulator: Simulator) -> None:
    findings = Findings(vulnerabilities=BySeverity(high=2, low=3), libraries=BySeverity(high=1))
    simulator.push(listed(earlier=EarlierScan(ago=300, findings=findings)))
    (row,) = rows(simulator)
    request = hss(
        "ListImageVulnerabilitiesRequest",
        image_id=row.image_id,
        image_type=row.image_type,
        namespace=row.namespace,
        image_name=row.image_name,
        tag_name=row.image_version,
        repair_necessity="immediate_repair",
        limit=200,
    )
    found = client(simulator).list_image_vulnerabilities(request).data_list

    assert len({one.vul_id for one in found}) == 3
    assert {one.repair_necessity for one in found} == {"immediate_repair"}


def test_the_sdk_lists_the_cves_of_an_advisory(simulator: Simulator) -> None:
    """Each field of a row is one that its model has."""
    found = client(simulator).list_vulnerability_cve(
        hss("ListVulnerabilityCveRequest", vul_id="HCE-SA-2025-1003", limit=200, offset=0)
    )
    first, _second = found.data_list

    assert (found.total_num, first.cve_id, first.cvss_score) == (2, "CVE-2025-10003", 7.5)
    assert None not in first.to_dict().values()


def test_the_sdk_lists_the_other_findings_of_an_image(simulator: Simulator) -> None:
    """Each field of a row is one that its model has."""
    counts = BySeverity(high=1)
    findings = Findings(malicious_files=counts, baseline=counts, sensitive_files=counts)
    simulator.push(listed(earlier=EarlierScan(ago=300, findings=findings)))
    (row,) = rows(simulator)
    api, names = client(simulator), {"namespace": row.namespace, "image_name": row.image_name, "limit": 200}
    key = {"image_id": row.image_id, "image_type": row.image_type, **names}
    (malware,) = api.list_image_malware(hss("ListImageMalwareRequest", tag_name=row.image_version, **key)).data_list
    kept, failed = api.list_image_risk_configs(
        hss("ListImageRiskConfigsRequest", image_version=row.image_version, **key)
    ).data_list
    (secret,) = api.list_image_sensitive(
        hss("ListImageSensitiveRequest", image_version=row.image_version, handle_status="unhandled", **key)
    ).data_list

    assert (malware.file_name, malware.size) == ("miner-0", 4096)
    assert [(one.severity, one.failed_rule_num) for one in (kept, failed)] == [("Security", 0), ("High", 1)]
    assert (secret.severity, secret.handle_status) == ("high", "unhandled")
    for model in (malware, failed, secret):
        known = {**model.to_dict(), "operate_accept": ""}
        assert None not in known.values()


def test_the_sdk_reads_the_distribution_of_an_image(simulator: Simulator) -> None:
    simulator.push(listed(earlier=EarlierScan(ago=300), distribution=("Alpine", "3.20")))
    (row,) = rows(simulator)
    names = {
        name: getattr(row, name) for name in ("image_id", "image_type", "namespace", "image_name", "image_version")
    }
    (found,) = client(simulator).list_image_basic_image(hss("ListImageBasicImageRequest", **names)).data_list
    other = client(simulator).list_image_basic_image(hss("ListImageBasicImageRequest", **names, os_name="HCE"))

    assert (found.os_name, found.os_version) == ("Alpine", "3.20")
    assert other.data_list == []


def test_an_image_that_was_never_scanned_has_no_distribution(simulator: Simulator) -> None:
    simulator.push(listed())
    (row,) = rows(simulator)
    names = {name: getattr(row, name) for name in ("image_type", "namespace", "image_name", "image_version")}
    request = hss("ListImageBasicImageRequest", image_id=row.image_id, **names)

    assert client(simulator).list_image_basic_image(request).data_list == []


def test_the_sdk_lists_what_is_on_a_whitelist_of_the_console(simulator: Simulator) -> None:
    entry = WhitelistEntry(id="CESA-2022:0274", reason="not reachable", cve_ids=("CVE-2022-1",))
    simulator.account.whitelist += [entry, WhitelistEntry(id="X-2", repository="team/web")]
    asked = {"global_image_type": "registry", "type": "vulnerability", "limit": 200, "offset": 0}
    found = client(simulator).list_image_white_lists(hss("ListImageWhiteListsRequest", **asked))
    local = client(simulator).list_image_white_lists(
        hss("ListImageWhiteListsRequest", **{**asked, "global_image_type": "local"})
    )

    first, second = found.data_list
    assert found.total_num == 2
    assert (first.vul_id, first.rule_type, first.description) == ("CESA-2022:0274", "all_images", "not reachable")
    assert [cve.cve_id for cve in first.cves] == ["CVE-2022-1"]
    assert (second.rule_type, second.image_info) == ("specific_images", None)
    assert local.data_list == []


def test_the_sdk_reads_the_allowlist_of_an_organisation(simulator: Simulator) -> None:
    simulator.push(listed(registry=INSTANCE_HOST))
    simulator.account.whitelist += [
        WhitelistEntry(id="X-1", cve_ids=("CVE-2022-1", "CVE-2022-2")),
        WhitelistEntry(id="X-2", cve_ids=("CVE-2022-3",), repository="team/other"),
    ]
    names = {"instance_id": rows(simulator)[0].instance_id, "namespace_name": "team"}
    found = swr(simulator).show_instance_namespace(swr_request("ShowInstanceNamespaceRequest", **names))

    assert (found.name, found.repo_count) == ("team", 1)
    assert [one.cve_id for one in found.cve_allowlist.items] == ["CVE-2022-1", "CVE-2022-2"]


@pytest.mark.parametrize("change", [{"namespace_name": "other"}, {"instance_id": "other"}])
def test_an_organisation_that_the_instance_does_not_have_is_unknown(
    change: dict[str, str], simulator: Simulator
) -> None:
    simulator.push(listed(registry=INSTANCE_HOST))
    names = {"instance_id": rows(simulator)[0].instance_id, "namespace_name": "team", **change}
    request = swr_request("ShowInstanceNamespaceRequest", **names)

    with pytest.raises(sdk("core.exceptions.exceptions", "ClientRequestException")) as error:
        swr(simulator).show_instance_namespace(request)

    assert error.value.status_code == 404


def test_the_sdk_resolves_a_tag(simulator: Simulator) -> None:
    """The slash of the repository is a dollar sign."""
    simulator.push(image(children=(Platform(digest=digest("amd64")),)))
    api, repository = swr(simulator), {"namespace": "team", "repository": "shop$web"}
    tag = api.show_repo_tag(swr_request("ShowRepoTagRequest", tag="1.4.2", **repository))
    listed_tags = api.list_repository_tags(swr_request("ListRepositoryTagsRequest", tag="1.4", **repository))

    assert (tag.digest, tag.tag, tag.tag_type) == (digest(), "1.4.2", 1)
    assert [(one.tag, one.digest) for one in listed_tags.body] == [("1.4.2", digest())]
    assert listed_tags.content_range == "0-0/1"


def test_the_sdk_does_not_find_an_unconverted_slash(simulator: Simulator) -> None:
    simulator.push(image())
    request = swr_request("ShowRepoTagRequest", namespace="team", repository="shop/web", tag="1.4.2")
    with pytest.raises(sdk("core.exceptions.exceptions", "ClientRequestException")) as error:
        swr(simulator).show_repo_tag(request)

    # The SDK reads no code from a list of errors, and keeps the whole body as the message.
    assert error.value.status_code == 404
    assert "SVCSTG.SWR.4040010" in error.value.error_msg


def test_the_sdk_scans_an_artifact_of_swr_enterprise(simulator: Simulator) -> None:
    """By its digest, from the tag to the counts by severity."""
    simulator.push(listed(registry=INSTANCE_HOST, findings=RISKY))
    (row,) = rows(simulator)
    artifact = {"instance_id": row.instance_id, "namespace_name": "team", "repository_name": "shop/web"}
    api = swr(simulator)
    (found,) = api.list_instance_artifacts(
        swr_request("ListInstanceArtifactsRequest", tags="1.4.2", **artifact)
    ).artifacts
    artifact["reference"] = found.digest
    simulator.account.scan_stages = simulator.account.sync_stages[-1:]
    api.start_manual_scanning(swr_request("StartManualScanningRequest", **artifact))
    shown = api.show_instance_artifact(swr_request("ShowInstanceArtifactRequest", with_scan_overview=True, **artifact))
    report = api.list_instance_artifact_vulnerabilities(
        swr_request("ListInstanceArtifactVulnerabilitiesRequest", **artifact)
    ).body[REPORT]

    assert [tag.name for tag in found.tags] == ["1.4.2"]
    assert shown.scan_overview[REPORT].scan_status == "Success"
    assert shown.scan_overview[REPORT].summary.summary == {"High": 2, "Medium": 1, "Low": 4}
    assert len(report.vulnerabilities) == 7
