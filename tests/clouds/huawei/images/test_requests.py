"""The requests about images are those that the vendor's code sends and signs (huawei-images.md 6)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.api_client import Api, ApiClient
from gate.clouds.credentials import Credentials
from gate.clouds.huawei.error_response import read
from gate.clouds.huawei.hss import Hss
from gate.clouds.huawei.images.calls import ImageCalls
from gate.clouds.huawei.images.swr import Swr
from gate.clouds.huawei.instance.calls import ArtifactCalls
from gate.clouds.huawei.signature import KeyPairAuth
from gate.clouds.response import Response
from gate.clouds.transport import Transport
from gate.errors import GateError
from gate.policy import Policy
from gate.scan import ScanScope
from gate.simulator import BySeverity, EarlierScan, Findings, Simulator
from tests.builders import FakeTime, a_finding
from tests.clouds.builders import a_connection
from tests.clouds.huawei.images.builders import INSTANCE_HOST, a_push, a_ref, a_tag, connected, listed

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests import PreparedRequest, Request

PROJECT = "0123456789abcdef0123456789abcdef"
NORTH = "https://hss.cn-north-4.myhuaweicloud.com"
SWR_NORTH = "https://swr-api.cn-north-4.myhuaweicloud.com"
KEYS = Credentials(access_key_id="AKIDEXAMPLE0000000000", access_key_secret="SKEXAMPLEKEY000000000000000000000000000")
INFO: dict[str, Any] = {
    "id": 123456,
    "image_digest": "sha256:57b605845a6367c34bfb6ea6477f16852f59aa1861a2b51d10ab77ae0a1dc9c3",
    "namespace": "team",
    "image_name": "shop/web",
    "image_version": "1.4.2",
    "registry_id": "r-1",
    "registry_name": "SWR",
    "registry_type": "SwrPrivate",
}


class RecordingTransport(Transport):
    """Keeps each request as it would be sent, and responds with an empty object."""

    def __init__(self) -> None:
        self.host = "recorded"
        self.requests: list[PreparedRequest] = []

    def send(self, request: Request) -> Response:
        """See `Transport.send`."""
        self.requests.append(request.prepare())
        return Response(status=200, headers={}, body=b"{}")

    def close(self) -> None:
        """See `Transport.close`; there is nothing to close."""


def sent_by(call: Callable[[ApiClient], object], url: str, key: Credentials = KEYS) -> PreparedRequest:
    """The only request of a call at the time of the golden vectors."""
    time, transport = FakeTime(at=datetime(2026, 1, 1, tzinfo=UTC)), RecordingTransport()
    connection = replace(a_connection(time), transport=lambda _url, **_: transport)
    auth = KeyPairAuth(key, connection.time_of_day.now)
    client = ApiClient(Api(base_url=url, auth=auth, secrets=(), read=read), connection)
    with suppress(GateError):
        call(client)
    (request,) = transport.requests
    return request


def hss(call: Callable[[ImageCalls], object]) -> Callable[[ApiClient], object]:
    """A call to HSS."""
    return lambda client: call(ImageCalls(Hss(client, lambda: PROJECT), ()))


@pytest.mark.parametrize(
    ("call", "url", "signature"),
    [
        (
            hss(lambda calls: calls.synchronise([{"registry_id": "r-1", "registry_type": "SwrPrivate"}])),
            NORTH,
            "ba60c680dff86113f8894354946b838c4e858dcf815d876306919a141606b3a3",
        ),
        (
            hss(lambda calls: calls.start_scan([INFO])),
            NORTH,
            "9b26be2ae9757cfbeb33b40b367f624a2bec982bb62753019098094e67b6b50b",
        ),
        (
            hss(lambda calls: calls.stop_scan("d5ceaaf4-0124-4f15-b039-b8fc4b07e340")),
            NORTH,
            "2d1b1364d3c9dc1547f1bced81f45b9b55293bf9e905c45e43643ad00884d8ba",
        ),
        (
            hss(lambda calls: calls.cve_page("CESA-2022:0274", 0)),
            NORTH,
            "d63e63ceaf1fbff1db1415d95886f0521116deed6d6aa7931a5dfd859bed0743",
        ),
        (
            lambda client: Swr(client, PROJECT).tag(a_tag()),
            SWR_NORTH,
            "8506a6edb89d9040f060cf472a8ad7c6b4d1dc6e4e5b4df5278c0d927d315162",
        ),
        (
            lambda client: ArtifactCalls(client, PROJECT).show(replace(a_ref(), digest=INFO["image_digest"]), "i-1"),
            SWR_NORTH,
            "0ff1bfcfa8014d7dc78e0cb0352b838befa4baaa1464089a1312e2861ab23934",
        ),
    ],
    ids=["synchronise", "scan", "stop", "CVEs", "tag", "artifact"],
)
def test_the_whole_request_has_the_signature_of_the_vendors_signer(
    call: Callable[[ApiClient], object], url: str, signature: str
) -> None:
    """Method, path, query, headers and body are in the signature."""
    assert str(sent_by(call, url).headers["Authorization"]).endswith(
        f"SignedHeaders=content-type;host;x-project-id;x-sdk-date, Signature={signature}"
    )


def test_a_temporary_key_has_its_token_signed_in_a_request_to_swr() -> None:
    request = sent_by(
        lambda client: Swr(client, PROJECT).tag(a_tag()), SWR_NORTH, replace(KEYS, security_token="STSTOKENEXAMPLE")
    )

    assert request.headers["X-Security-Token"] == "STSTOKENEXAMPLE"
    assert str(request.headers["Authorization"]).endswith(
        "SignedHeaders=content-type;host;x-project-id;x-sdk-date;x-security-token, "
        "Signature=3eda14a666e921981907975c5fd9cf74d11cca6ded5e7c27eb2ad7c8bb7a3cae"
    )


def test_a_synchronisation_of_all_registries_names_none() -> None:
    body = sent_by(hss(lambda calls: calls.synchronise([])), NORTH).body

    assert body == b'{"sync_all_registries":true}'


def test_no_scan_is_sent_without_an_image() -> None:
    """What an empty list means is not documented; it might be all images, each of which costs money."""
    with pytest.raises(ValueError, match="a scan needs an image"):
        sent_by(hss(lambda calls: calls.start_scan([])), NORTH)


@pytest.mark.parametrize("registry", ["", INSTANCE_HOST])
def test_the_vendors_sdk_sends_the_same_requests(
    sdk: Callable[[str, str], Any], fake_time: FakeTime, registry: str
) -> None:
    """With the rows that it has read, it starts the same scan and the same synchronisation."""
    fake_time.at = datetime.now(UTC)
    with Simulator("empty", now=fake_time.wall) as simulator:
        simulator.push(a_push("other", number=2, registry=registry))
        simulator.push(listed(registry=registry, scan_seconds=float("inf")))
        by_gate = _by_gate(simulator, fake_time, registry)
        tasks = [(task.kind, task.images, task.registries, task.scopes) for task in simulator.tasks]
    with Simulator("empty", now=fake_time.wall) as simulator:
        simulator.push(a_push("other", number=2, registry=registry))
        simulator.push(listed(registry=registry, scan_seconds=float("inf")))
        by_sdk = _by_sdk(sdk, simulator, registry)

        assert [(task.kind, task.images, task.registries, task.scopes) for task in simulator.tasks] == tasks
    assert sorted(by_sdk) == sorted(by_gate)


@pytest.mark.parametrize("registry", ["", INSTANCE_HOST])
def test_the_vendors_sdk_asks_for_the_same_findings(
    sdk: Callable[[str, str], Any], fake_time: FakeTime, registry: str
) -> None:
    """With the row that it has read."""
    fake_time.at = datetime.now(UTC)
    one = BySeverity(high=1)
    findings = Findings(vulnerabilities=one, malicious_files=one, baseline=one, sensitive_files=one)
    sent = []
    for ask in (_findings_by_gate, _findings_by_sdk):
        with Simulator("empty", now=fake_time.wall) as simulator:
            simulator.push(listed(registry=registry, earlier=EarlierScan(ago=30, findings=findings)))
            ask(sdk, simulator, fake_time, registry)
            sent.append([request for request in _sent(simulator) if not request[1].endswith("/registries/images")])

    assert len(sent[0]) == 6
    assert sorted(sent[0]) == sorted(sent[1])


@pytest.mark.parametrize("vul_id", ["HCE-SA-2025-1000", "CESA-2022:0274", "a/b c%2F~ü?#"])
def test_the_vendors_sdk_asks_for_the_same_cves(
    sdk: Callable[[str, str], Any], fake_time: FakeTime, vul_id: str
) -> None:
    """Whatever the id of an advisory is made of."""
    fake_time.at = datetime.now(UTC)
    with Simulator("empty", now=fake_time.wall) as simulator:
        scans, _ = connected(simulator, fake_time)
        assert scans.cve_source
        scans.cve_source.cves_of(a_finding(vul_id, has_unknown_cves=True))
        request = sdk("hss.v5", "ListVulnerabilityCveRequest")(vul_id=vul_id, limit=200, offset=0)
        _client(sdk, simulator, "hss.v5", "HssClient").list_vulnerability_cve(request)
        by_gate, by_sdk = _sent(simulator)

        assert by_gate == by_sdk
        assert {request.operation for request in simulator.requests} == {"ListVulnerabilityCve"}


def _findings_by_gate(_sdk: object, simulator: Simulator, time: FakeTime, registry: str) -> None:
    scans, _ = connected(simulator, time)
    (image,) = scans.with_findings(scans.look([a_ref(registry=registry)]), frozenset(ScanScope))
    assert len(image.findings or ()) == 5


def _findings_by_sdk(sdk: Callable[[str, str], Any], simulator: Simulator, _time: FakeTime, _registry: str) -> None:
    hss = _client(sdk, simulator, "hss.v5", "HssClient")
    (row,) = hss.list_registry_images(sdk("hss.v5", "ListRegistryImagesRequest")(namespace="team")).data_list
    names = {"namespace": row.namespace, "image_name": row.image_name, "limit": 200, "offset": 0}
    key = {"image_id": row.image_id, "image_type": row.image_type, **names}
    tag, version = {"tag_name": row.image_version}, {"image_version": row.image_version}
    instance = {"instance_id": row.instance_id} if row.instance_id else {}
    for status in ("unhandled", "handled"):
        of_status = {**key, "handle_status": status}
        hss.list_image_vulnerabilities(sdk("hss.v5", "ListImageVulnerabilitiesRequest")(**of_status, **tag, **instance))
        hss.list_image_sensitive(sdk("hss.v5", "ListImageSensitiveRequest")(**of_status, **version))
    hss.list_image_malware(sdk("hss.v5", "ListImageMalwareRequest")(**key, **tag))
    hss.list_image_risk_configs(sdk("hss.v5", "ListImageRiskConfigsRequest")(**key, **version, **instance))


def test_the_vendors_sdk_asks_an_instance_in_the_same_way(sdk: Callable[[str, str], Any], fake_time: FakeTime) -> None:
    """The overview of an image, its scan, and the list of its vulnerabilities."""
    fake_time.at = datetime.now(UTC)
    sent = []
    for ask in (_of_instance_by_gate, _of_instance_by_sdk):
        with Simulator("empty", now=fake_time.wall) as simulator:
            simulator.push(listed(registry=INSTANCE_HOST, earlier=EarlierScan(ago=30)))
            ask(sdk, simulator, fake_time)
            sent.append([request for request in _sent(simulator) if "/artifacts/" in request[1]])

    assert [method for method, _, _ in sent[0]] == ["GET", "GET", "GET", "POST"]
    assert [(method, path, _lower(query)) for method, path, query in sent[1]] == sent[0]


def _lower(query: list[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    """The SDK for Python writes a boolean as its own word."""
    return [(name, [value.lower() for value in values]) for name, values in query]


def _of_instance_by_gate(_sdk: object, simulator: Simulator, time: FakeTime) -> None:
    image = a_ref(registry=INSTANCE_HOST)
    known = simulator.describe()["huawei"]
    options = {"project-id": known["project_id"], "swr-enterprise-scanner": "instance"}
    policy = Policy(required_scopes=frozenset({ScanScope.VULNERABILITY}))
    scans, _ = connected(simulator, time, images=(image,), for_cloud=options, policy=policy)
    images = scans.look([image])
    scans.with_findings(images, frozenset(ScanScope))
    scans.start(images)


def _of_instance_by_sdk(sdk: Callable[[str, str], Any], simulator: Simulator, _time: FakeTime) -> None:
    hss, swr = _client(sdk, simulator, "hss.v5", "HssClient"), _client(sdk, simulator, "swr.v2", "SwrClient")
    (row,) = hss.list_registry_images(sdk("hss.v5", "ListRegistryImagesRequest")(namespace="team")).data_list
    names = {"namespace_name": "team", "repository_name": "shop%2Fweb", "reference": a_ref().digest}
    artifact = {"instance_id": row.instance_id, **names}
    show = sdk("swr.v2", "ShowInstanceArtifactRequest")(with_scan_overview=True, **artifact)
    swr.show_instance_artifact(show)
    swr.list_instance_artifact_vulnerabilities(sdk("swr.v2", "ListInstanceArtifactVulnerabilitiesRequest")(**artifact))
    swr.show_instance_artifact(show)
    swr.start_manual_scanning(sdk("swr.v2", "StartManualScanningRequest")(**artifact))


Sent = tuple[str, str, list[tuple[str, list[str]]]]


def _sent(simulator: Simulator) -> list[Sent]:
    """The requests without those for tasks, which are older."""
    return [
        (request.method, request.path, sorted(request.query.items()))
        for request in simulator.requests
        if request.operation != "tasks"
    ]


def _by_gate(simulator: Simulator, time: FakeTime, registry: str) -> list[Sent]:
    scans, _ = connected(simulator, time)
    scans.resolve(a_tag(registry=registry))
    images = scans.look([a_ref(registry=registry)])
    scans.request_listing([a_ref("other", number=2, registry=registry)])
    scans.start(images)
    scans.stop()
    return _sent(simulator)


def _by_sdk(sdk: Callable[[str, str], Any], simulator: Simulator, registry: str) -> list[Sent]:
    def model(name: str, **fields: Any) -> Any:
        return sdk("hss.v5", name)(**fields)

    hss, swr = _client(sdk, simulator, "hss.v5", "HssClient"), _client(sdk, simulator, "swr.v2", "SwrClient")
    page, names = {"limit": 200, "offset": 0}, {"namespace": "team", "image_name": "shop/web"}
    if registry:
        (row,) = hss.list_registry_images(
            model("ListRegistryImagesRequest", namespace="team", image_type="instance_image", **page)
        ).data_list
        swr.list_instance_artifacts(
            sdk("swr.v2", "ListInstanceArtifactsRequest")(
                instance_id=row.instance_id,
                namespace_name="team",
                repository_name="shop%2Fweb",
                tags="1.4.2",
                limit=100,
                offset=0,
            )
        )
    else:
        swr.show_repo_tag(sdk("swr.v2", "ShowRepoTagRequest")(namespace="team", repository="shop$web", tag="1.4.2"))
    (row,) = hss.list_registry_images(model("ListRegistryImagesRequest", **names, **page)).data_list
    types = ["SwrEnterprise"] if registry else ["SwrPrivate", "SwrShared"]
    listing = model("ListRegistryRequest", registry_type=",".join(types), **page)
    infos = [
        model("CreateImageSynchronizeTaskRequestInfoRegistryInfo", registry_id=one.id, registry_type=one.registry_type)
        for one in hss.list_registry(listing).data_list
    ]
    sync = model("CreateImageSynchronizeTaskRequestInfo", sync_all_registries=False, registry_info=infos)
    hss.create_image_synchronize_task(model("CreateImageSynchronizeTaskRequest", body=sync))
    wanted = sdk("hss.v5", "CreateManualImageScanTaskReqInfoImageInfo").openapi_types
    info = {name: value for name in wanted if (value := getattr(row, name, None)) is not None}
    scan = model(
        "CreateManualImageScanTaskReqInfo",
        scan_scope=0x7FFFFFFF,
        is_all=False,
        image_info=[model("CreateManualImageScanTaskReqInfoImageInfo", **info)],
    )
    hss.create_manual_image_scan_task(
        model("CreateManualImageScanTaskRequest", global_image_type="registry", body=scan)
    )
    hss.stop_image_scan_task(model("StopImageScanTaskRequest", task_id=simulator.tasks[-1].id))
    return _sent(simulator)


def _client(sdk: Callable[[str, str], Any], simulator: Simulator, service: str, name: str) -> Any:
    known = simulator.describe()["huawei"]
    credentials = sdk("core.auth.credentials", "BasicCredentials")(
        known["access_key_id"], known["access_key_secret"], known["project_id"]
    )
    region = sdk("core.region.region", "Region")(known["region"], known["endpoint"])
    return sdk(service, name).new_builder().with_credentials(credentials).with_region(region).build()
