"""Tests the signature against every test vector of huawei-hss.md 4.1 and huawei-images.md 6."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

import pytest

from gate.simulator.authorization import Authorization
from gate.simulator.huawei.signature import FORM, canonical_request, sign

HSS = "hss.cn-north-4.myhuaweicloud.com"
PATH = "/v5/0123456789abcdef0123456789abcdef/image/tasks"
PROJECT_HEADERS = {"Content-Type": "application/json", "X-Project-Id": "0123456789abcdef0123456789abcdef"}


@dataclass(frozen=True, kw_only=True)
class Vector:
    """A request, the hash of its canonical request, and its signature, from the vendor's page or the vendor's SDK."""

    target: str
    canonical_hash: str
    signature: str
    host: str = HSS
    headers: dict[str, str] = field(default_factory=lambda: PROJECT_HEADERS)
    method: str = "GET"
    body: bytes = b""
    date: str = "20260101T000000Z"
    secret: str = "SKEXAMPLEKEY000000000000000000000000000"


PUBLISHED = Vector(
    target="/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs?limit=2&marker=13551d6b-755d-4757-b956-536f674975c0",
    host="service.region.example.com",
    headers={"Content-Type": "application/json"},
    date="20191115T033655Z",
    secret="MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc",
    canonical_hash="b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a",
    signature="7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe",
)
PLAIN = Vector(
    target=f"{PATH}?global_image_type=registry&limit=10&offset=0&type=image_scan",
    canonical_hash="146b4368b324fd97ca8cc242202b38b9a6635544268b113dc68e42398de660fb",
    signature="f118df58907af008e3187868be42fadd4d7b105809975a8598d54e4d9104abec",
)
TEMPORARY = Vector(
    target=f"{PATH}?limit=10&type=image_scan",
    headers={**PROJECT_HEADERS, "X-Security-Token": "STSTOKENEXAMPLE"},
    canonical_hash="16b40dd9922d79e3da016f0b610a0e956b370548133227ef5bb96cbec4c667a1",
    signature="13426ea5d80c8c47b56d723b16bba6552769fe70033ee6fd5e3c403e1bf5c86a",
)
ESCAPED = Vector(
    target=f"{PATH}?task_id=x%3Dy%26z&task_name=a%20b%2Fc~%E6%B5%8B%E8%AF%95%2B%2A&type=image_scan",
    host="hss.ap-southeast-3.myhuaweicloud.com",
    canonical_hash="ffdd995cb420a44f227c34b59a6362b0ed40b529dd0b9c70a6c03411cc602f82",
    signature="59f2cb1373c791672778d6dfd22776b563f0d697af53b2efc6ffa6ff9d372220",
)
WITH_BODY = Vector(
    method="POST",
    target="/v5/0123456789abcdef0123456789abcdef/image/image-scan/tasks?global_image_type=registry",
    body=b'{"is_all": true, "scan_scope": 2147483647}',
    canonical_hash="bfc46649a1ed91248b6200b7fe0f9ada28a8515d218e806f194740828d1b2a0b",
    signature="6faa8ff888985ad4abd0c663cdd9e2db1543d1424384a6ebd60158592476beae",
)
IAM = Vector(
    target="/v3/projects?name=cn-north-4",
    host="iam.myhuaweicloud.com",
    headers={},
    canonical_hash="88c5cc984687115126e9279d43f10bc6348eda21f39ab75c7f10d7f47d0b54ef",
    signature="0cb9a09d5844bf363e320652802bfa141505a1e03cc488e4309b1258491bf1d7",
)

IMAGES = "/v5/0123456789abcdef0123456789abcdef/image"
SWR = "swr-api.cn-north-4.myhuaweicloud.com"
DIGEST = "57b605845a6367c34bfb6ea6477f16852f59aa1861a2b51d10ab77ae0a1dc9c3"
ROWS = Vector(
    target=f"{IMAGES}/registries/images?enterprise_project_id=all_granted_eps&image_name=shop%2Fweb"
    "&image_type=private_image&image_version=1.4.2&limit=200&namespace=team&offset=0",
    canonical_hash="ebe28be84036016d57755e7a04963dceb1124399852b33b5fee6a666fc76f737",
    signature="d413508078b20eebcafe65e264915179e0e03fa111a2bf3293f81936916ae543",
)
SYNC = Vector(
    method="POST",
    target=f"{IMAGES}/image-sync/tasks",
    body=b'{"sync_all_registries":false,"registry_info":[{"registry_id":"r-1","registry_type":"SwrPrivate"}]}',
    canonical_hash="5edd8655a1c102dcf7a6963f00c905bfee460d0bce9e29ff3aa872ad0b951c22",
    signature="ba60c680dff86113f8894354946b838c4e858dcf815d876306919a141606b3a3",
)
SCAN = Vector(
    method="POST",
    target=f"{IMAGES}/image-scan/tasks?global_image_type=registry",
    body=(
        b'{"scan_scope":2147483647,"is_all":false,"image_info":[{"id":123456,"image_digest":"sha256:%s",'
        b'"namespace":"team","image_name":"shop/web","image_version":"1.4.2","registry_id":"r-1",'
        b'"registry_name":"SWR","registry_type":"SwrPrivate"}]}'
    )
    % DIGEST.encode(),
    canonical_hash="beb150de92872d4aa5bd7380f2b8382bd8fc1c273244e47f1514d0b0eaba3ba9",
    signature="9b26be2ae9757cfbeb33b40b367f624a2bec982bb62753019098094e67b6b50b",
)
SCAN_IN_REGION = replace(
    SCAN,
    headers={**PROJECT_HEADERS, "region": "cn-north-4"},
    canonical_hash="",
    signature="e44d4cdd9dc5de3590a077c6f5c94d4facb4ecef78504ddff2f9078fd90386bd",
)
VULNERABILITIES = Vector(
    target=f"{IMAGES}/741f24a795d6d93d7c6edd11780d63c13e16c39615dd9d223378a57a836f2ee6/vulnerabilities"
    "?image_name=shop%2Fweb&image_type=private_image&limit=200&namespace=team&offset=0"
    "&repair_necessity=immediate_repair&tag_name=1.4.2",
    canonical_hash="440619397c5d8528b5d29d7c814b663d4e2a360667e3b744eb3dad1697a90f05",
    signature="b8a82264a369b87dfbfc269286b8412328cbc3007d908d5b480f566694d4100e",
)
CVES = Vector(
    target=f"{IMAGES}/vulnerability/CESA-2022%3A0274/cve?limit=200&offset=0",
    canonical_hash="",
    signature="d63e63ceaf1fbff1db1415d95886f0521116deed6d6aa7931a5dfd859bed0743",
)
STOP = Vector(
    method="PUT",
    target=f"{IMAGES}/image-scan/tasks/d5ceaaf4-0124-4f15-b039-b8fc4b07e340/stop",
    canonical_hash="",
    signature="2d1b1364d3c9dc1547f1bced81f45b9b55293bf9e905c45e43643ad00884d8ba",
)
ONE_CVE = Vector(
    target="/v5/0123456789abcdef0123456789abcdef/images/vulnerabilities?cve_id=CVE-2024-3094"
    "&handle_status=unhandled&image_type=registry&limit=200&offset=0&type=linux_vul",
    canonical_hash="",
    signature="8bbc6da2a0d957d092339daed8e54f1287e3d7e9aa9ffbb51487f8aa26aecd3f",
)
TAG = Vector(
    target="/v2/manage/namespaces/team/repos/shop%24web/tags/1.4.2",
    host=SWR,
    canonical_hash="7aff9a2b82d038f0dd9451eed8dfe5f2f48a6d1b41232e2230aed5636f3c7542",
    signature="8506a6edb89d9040f060cf472a8ad7c6b4d1dc6e4e5b4df5278c0d927d315162",
)
TAG_BY_TEMPORARY_KEY = replace(
    TAG,
    headers=TEMPORARY.headers,
    canonical_hash="",
    signature="3eda14a666e921981907975c5fd9cf74d11cca6ded5e7c27eb2ad7c8bb7a3cae",
)
LOGIN = Vector(
    method="POST",
    target="/v2/manage/utils/secret?projectname=cn-north-4",
    host=SWR,
    canonical_hash="",
    signature="a6d0db21276203fc112de068b89fefc508c90394cc7a72a5d480d5425c879cd5",
)
ARTIFACT = Vector(
    target="/v2/0123456789abcdef0123456789abcdef/instances/i-1/namespaces/team/repositories/shop%252Fweb"
    f"/artifacts/sha256%3A{DIGEST}?with_scan_overview=true",
    host=SWR,
    canonical_hash="1799c34cdf2b0743f88f2deba0ecf4752059007d1984028fb1e63ff6da3a3c95",
    signature="0ff1bfcfa8014d7dc78e0cb0352b838befa4baaa1464089a1312e2861ab23934",
)


def canonical(vector: Vector) -> str:
    """The canonical request of a vector, with all headers signed."""
    headers = {**vector.headers, "Host": vector.host, "X-Sdk-Date": vector.date}
    return canonical_request(
        method=vector.method,
        target=vector.target,
        headers=headers,
        body=vector.body,
        signed_headers=sorted(name.lower() for name in headers),
    )


OF_TASKS = (PUBLISHED, PLAIN, TEMPORARY, ESCAPED, WITH_BODY, IAM)
OF_IMAGES = (ROWS, SYNC, SCAN, SCAN_IN_REGION, VULNERABILITIES, CVES, STOP, ONE_CVE, ARTIFACT)
OF_SWR = (TAG, TAG_BY_TEMPORARY_KEY, LOGIN)


@pytest.mark.parametrize("vector", [*OF_TASKS, *OF_IMAGES, *OF_SWR])
def test_every_published_vector_is_reproduced(vector: Vector) -> None:
    """Both the canonical request and the signature are equal to the vendor's, where the vendor's is known."""
    form = canonical(vector)

    assert vector.canonical_hash in {hashlib.sha256(form.encode()).hexdigest(), ""}
    assert sign(form, date=vector.date, secret=vector.secret) == vector.signature


@pytest.mark.parametrize("host", ["service.example.com", "service.region.example.com."])
def test_the_host_is_part_of_the_canonical_request(host: str) -> None:
    """A signed request cannot be sent to another host."""
    form = canonical(Vector(target="/", host=host, canonical_hash="", signature=""))
    other = canonical(Vector(target="/", canonical_hash="", signature=""))

    assert form != other


def test_the_order_of_parameters_does_not_matter() -> None:
    """The canonical request sorts them by name, then by value."""
    one = canonical(Vector(target="/p?b=2&a=1&b=1", canonical_hash="", signature=""))
    other = canonical(Vector(target="/p?b=1&b=2&a=1", canonical_hash="", signature=""))

    assert one == other


def test_a_plus_sign_is_not_a_space() -> None:
    """A client that encodes a space as a plus signs a different request from the one it sends."""
    plus = canonical(Vector(target="/p?name=a+b", canonical_hash="", signature=""))
    space = canonical(Vector(target="/p?name=a%20b", canonical_hash="", signature=""))

    assert "name=a%2Bb" in plus
    assert "name=a%20b" in space


def test_an_encoded_slash_is_signed_as_a_slash() -> None:
    """The path is unquoted as a whole; only one that is encoded twice stays encoded."""
    once = canonical(Vector(target="/p/shop%2Fweb", canonical_hash="", signature=""))
    twice = canonical(Vector(target="/p/shop%252Fweb", canonical_hash="", signature=""))

    assert once == canonical(Vector(target="/p/shop/web", canonical_hash="", signature=""))
    assert "/p/shop%252Fweb/" in twice


def test_a_trailing_slash_does_not_matter() -> None:
    """The path of the canonical request always ends in one."""
    assert canonical(Vector(target="/p", canonical_hash="", signature="")) == canonical(
        Vector(target="/p/", canonical_hash="", signature="")
    )


def test_a_body_can_be_left_unsigned() -> None:
    """The value of the header takes the place of the hash."""
    form = canonical(
        Vector(
            method="POST",
            target="/p",
            body=b"anything",
            headers={"X-Sdk-Content-Sha256": "UNSIGNED-PAYLOAD"},
            canonical_hash="",
            signature="",
        )
    )

    assert form.endswith("\nUNSIGNED-PAYLOAD")


def test_an_authorization_header_is_parsed_into_key_signed_headers_and_signature() -> None:
    signature = "0" * 64
    read = Authorization.read(f"SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature={signature}", FORM)

    assert read == Authorization(access_key_id="AK", signed_headers=("host", "x-sdk-date"), signature=signature)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Bearer token",
        "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host",
        "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host, Signature=short",
        f"V11-HMAC-SHA256 Access=AK, SignedHeaders=host, Signature={'0' * 64}",
    ],
)
def test_a_header_that_is_not_of_the_published_form_is_not_parsed(text: str) -> None:
    assert Authorization.read(text, FORM) is None
