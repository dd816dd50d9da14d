"""The requests for findings are those that the vendor's SDK sends (alibaba-images.md 3.2, and g in 6)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from gate.clouds.alibaba.connect import connect
from gate.image import ImageRef
from gate.scan import RISK_SCOPES, ScanScope
from gate.simulator import BySeverity, EarlierScan, Findings, Simulator
from tests.builders import FakeTime
from tests.clouds.alibaba.images.builders import a_row, an_image
from tests.clouds.alibaba.images.findings import APPLICATIONS, KEYS, SYSTEM, a_list
from tests.clouds.alibaba.images.scripted import ScriptedCloud, images
from tests.clouds.alibaba.test_signature import VECTORS
from tests.clouds.builders import a_connection
from tests.simulator.alibaba.pushed import bare
from tests.simulator.alibaba.sdk import client, request
from tests.simulator.images import image, listed

FINDINGS = Findings(malicious_files=BySeverity(high=1), baseline=BySeverity(medium=2))
PAGE: dict[str, Any] = {"current_page": 1, "page_size": 100}


@pytest.fixture(autouse=True)
def _bypass_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests to loopback do not go through a proxy of this machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def of_gate(simulator: Simulator, time: FakeTime) -> str:
    """Lists every finding of the image with the gate; returns the id of its row."""
    known = simulator.describe()["alibaba"]
    keys = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": known["access_key_id"],
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": known["access_key_secret"],
    }
    connection = a_connection(time, environ=keys, cloud="alibaba", region=known["region"], endpoint=known["endpoint"])
    scans = connect(connection).image_scans()
    seen = scans.look([ImageRef(namespace="team", name="shop/web", tag="1.4.2", digest=image().digest)])
    scans.with_findings(seen, RISK_SCOPES | {ScanScope.SENSITIVE_INFORMATION})
    (uuid,) = {query["ImageUuid"][0] for one in simulator.requests if "ImageUuid" in (query := one.query)}
    return uuid


def of_sdk(simulator: Simulator, uuid: str) -> None:
    """Calls the same operations with the SDK."""
    sas, digest = client(simulator), bare(image())
    for dealed in (None, "y"):
        of_system: dict[str, Any] = {"type": "cve", "digest": digest, "lang": "en", "dealed": dealed, **PAGE}
        sas.describe_image_vul_list(request("DescribeImageVulList", **of_system))
    sas.describe_image_grouped_vul_list(request("DescribeImageGroupedVulList", type="sca", image_digest=digest, **PAGE))
    # The size of a page is a text in this one.
    files: dict[str, Any] = {"image_digest": digest, "current_page": 1, "page_size": "100"}
    sas.describe_grouped_malicious_files(request("DescribeGroupedMaliciousFiles", **files))
    sas.describe_image_baseline_check_result(request("DescribeImageBaselineCheckResult", image_uuid=uuid, **PAGE))
    sas.describe_image_sensitive_file_list(request("DescribeImageSensitiveFileList", image_uuid=uuid, **PAGE))


def test_the_vendors_sdk_sends_the_same_requests_for_findings() -> None:
    # The clock of the SDK is that of this machine.
    time = FakeTime(at=datetime.now(UTC))
    with Simulator("empty") as simulator:
        simulator.push(listed(earlier=EarlierScan(ago=900, findings=FINDINGS)))
        uuid = of_gate(simulator, time)
        sent = len(simulator.requests)
        of_sdk(simulator, uuid)

    requests = [(one.operation, one.method, one.path, sorted(one.query.items())) for one in simulator.requests]
    by_gate = [one for one in requests[:sent] if one[0] in KEYS]
    assert len(by_gate) == 6
    assert sorted(by_gate) == sorted(requests[sent:])


def test_the_list_of_vulnerabilities_is_asked_for_as_in_the_golden_vector(fake_time: FakeTime) -> None:
    cloud = ScriptedCloud()
    cloud.on("DescribeImageInstances", images(a_row()))
    cloud.on("DescribeImageLatestScanTask", {"Task": []})
    cloud.on(SYSTEM, a_list(SYSTEM))
    cloud.on(APPLICATIONS, a_list(APPLICATIONS))
    scans, _ = cloud.connect(fake_time)
    scans.with_findings(scans.look([an_image()]), RISK_SCOPES)

    assert cloud.queries(SYSTEM)[0] == dict(parse_qsl(urlsplit(VECTORS["vulnerabilities"].url).query))
