"""The signature of Huawei Cloud, step by step, against values that the vendor publishes or its signer produced."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
import requests

from gate.clouds.credentials import Credentials
from gate.clouds.huawei.signature import (
    KeyPairAuth,
    TokenAuth,
    canonical_request,
    signature,
    string_to_sign,
)
from gate.clouds.signing import signed_headers

EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

# The example in the vendor's documentation (huawei-hss.md 4.1).
PUBLISHED_SECRET = "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc"
PUBLISHED_URL = (
    "https://service.region.example.com/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs"
    "?limit=2&marker=13551d6b-755d-4757-b956-536f674975c0"
)
PUBLISHED_HEADERS = {
    "Content-Type": "application/json",
    "Host": "service.region.example.com",
    "X-Sdk-Date": "20191115T033655Z",
}
PUBLISHED_REQUEST = f"""\
GET
/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs/
limit=2&marker=13551d6b-755d-4757-b956-536f674975c0
content-type:application/json
host:service.region.example.com
x-sdk-date:20191115T033655Z

content-type;host;x-sdk-date
{EMPTY_HASH}"""
PUBLISHED_HASH = "b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a"
PUBLISHED_STRING_TO_SIGN = f"SDK-HMAC-SHA256\n20191115T033655Z\n{PUBLISHED_HASH}"
PUBLISHED_SIGNATURE = "7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe"


def test_the_canonical_request_is_the_published_one() -> None:
    request = canonical_request("get", PUBLISHED_URL, signed_headers(PUBLISHED_HEADERS, prefix="x-"), b"")

    assert request == PUBLISHED_REQUEST
    assert hashlib.sha256(request.encode()).hexdigest() == PUBLISHED_HASH


def test_the_string_to_sign_is_the_published_one() -> None:
    assert string_to_sign("20191115T033655Z", PUBLISHED_REQUEST) == PUBLISHED_STRING_TO_SIGN


def test_the_signature_is_the_published_one() -> None:
    assert signature(PUBLISHED_SECRET, PUBLISHED_STRING_TO_SIGN) == PUBLISHED_SIGNATURE


PROJECT = "0123456789abcdef0123456789abcdef"
TASKS = f"/v5/{PROJECT}/image/tasks"
NORTH = "https://hss.cn-north-4.myhuaweicloud.com"
SOUTH = "https://hss.ap-southeast-3.myhuaweicloud.com"
PROJECT_HEADERS = {"Content-Type": "application/json", "X-Project-Id": PROJECT}


@dataclass(frozen=True, kw_only=True)
class Vector:
    url: str
    method: str = "GET"
    headers: tuple[str, ...] = ("content-type", "host", "x-project-id", "x-sdk-date")
    body: str = ""
    security_token: str = ""
    hash: str
    signature: str


IMAGES = f"{NORTH}/v5/{PROJECT}/image"
SWR = "https://swr-api.cn-north-4.myhuaweicloud.com/v2"
DIGEST = "sha256%3A57b605845a6367c34bfb6ea6477f16852f59aa1861a2b51d10ab77ae0a1dc9c3"
IMAGE_ID = "741f24a795d6d93d7c6edd11780d63c13e16c39615dd9d223378a57a836f2ee6"

# Produced with the vendor's signer (huawei-hss.md 4.1, huawei-images.md 6).
VECTORS = {
    "A-list": Vector(
        url=f"{NORTH}{TASKS}?type=image_scan&limit=10&offset=0&global_image_type=registry",
        hash="146b4368b324fd97ca8cc242202b38b9a6635544268b113dc68e42398de660fb",
        signature="f118df58907af008e3187868be42fadd4d7b105809975a8598d54e4d9104abec",
    ),
    "B-temporary-key": Vector(
        url=f"{NORTH}{TASKS}?type=image_scan&limit=10",
        headers=("content-type", "host", "x-project-id", "x-sdk-date", "x-security-token"),
        security_token="STSTOKENEXAMPLE",
        hash="16b40dd9922d79e3da016f0b610a0e956b370548133227ef5bb96cbec4c667a1",
        signature="13426ea5d80c8c47b56d723b16bba6552769fe70033ee6fd5e3c403e1bf5c86a",
    ),
    "C-percent-encoding": Vector(
        url=f"{SOUTH}{TASKS}?type=image_scan"
        f"&task_name={quote('a b/c~测试+*', safe='~')}&task_id={quote('x=y&z', safe='~')}",
        hash="ffdd995cb420a44f227c34b59a6362b0ed40b529dd0b9c70a6c03411cc602f82",
        signature="59f2cb1373c791672778d6dfd22776b563f0d697af53b2efc6ffa6ff9d372220",
    ),
    "D-body": Vector(
        method="POST",
        url=f"{NORTH}/v5/{PROJECT}/image/image-scan/tasks?global_image_type=registry",
        body='{"is_all": true, "scan_scope": 2147483647}',
        hash="bfc46649a1ed91248b6200b7fe0f9ada28a8515d218e806f194740828d1b2a0b",
        signature="6faa8ff888985ad4abd0c663cdd9e2db1543d1424384a6ebd60158592476beae",
    ),
    "E-iam-projects": Vector(
        url="https://iam.myhuaweicloud.com/v3/projects?name=cn-north-4",
        headers=("host", "x-sdk-date"),
        hash="88c5cc984687115126e9279d43f10bc6348eda21f39ab75c7f10d7f47d0b54ef",
        signature="0cb9a09d5844bf363e320652802bfa141505a1e03cc488e4309b1258491bf1d7",
    ),
    "F-images": Vector(
        url=f"{IMAGES}/registries/images?enterprise_project_id=all_granted_eps&image_name=shop%2Fweb"
        "&image_type=private_image&image_version=1.4.2&limit=200&namespace=team&offset=0",
        hash="ebe28be84036016d57755e7a04963dceb1124399852b33b5fee6a666fc76f737",
        signature="d413508078b20eebcafe65e264915179e0e03fa111a2bf3293f81936916ae543",
    ),
    "I-vulnerabilities": Vector(
        url=f"{IMAGES}/{IMAGE_ID}/vulnerabilities?image_name=shop%2Fweb&image_type=private_image&limit=200"
        "&namespace=team&offset=0&repair_necessity=immediate_repair&tag_name=1.4.2",
        hash="440619397c5d8528b5d29d7c814b663d4e2a360667e3b744eb3dad1697a90f05",
        signature="b8a82264a369b87dfbfc269286b8412328cbc3007d908d5b480f566694d4100e",
    ),
    "L-slash-as-dollar": Vector(
        url=f"{SWR}/manage/namespaces/team/repos/shop%24web/tags/1.4.2",
        hash="7aff9a2b82d038f0dd9451eed8dfe5f2f48a6d1b41232e2230aed5636f3c7542",
        signature="8506a6edb89d9040f060cf472a8ad7c6b4d1dc6e4e5b4df5278c0d927d315162",
    ),
    "N-slash-encoded-twice": Vector(
        url=f"{SWR}/{PROJECT}/instances/i-1/namespaces/team/repositories/shop%252Fweb/artifacts/{DIGEST}"
        "?with_scan_overview=true",
        hash="1799c34cdf2b0743f88f2deba0ecf4752059007d1984028fb1e63ff6da3a3c95",
        signature="0ff1bfcfa8014d7dc78e0cb0352b838befa4baaa1464089a1312e2861ab23934",
    ),
}


def new_year() -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC)


def key_pair(security_token: str = "") -> Credentials:
    return Credentials(
        access_key_id="AKIDEXAMPLE0000000000",
        access_key_secret="SKEXAMPLEKEY000000000000000000000000000",
        security_token=security_token,
    )


def prepare(vector: Vector, body: str | bytes) -> requests.PreparedRequest:
    auth = KeyPairAuth(key_pair(vector.security_token), new_year)
    headers = PROJECT_HEADERS if "x-project-id" in vector.headers else {}
    return requests.Request(vector.method, vector.url, headers, data=body, auth=auth).prepare()


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS.keys())
def test_the_hash_of_a_canonical_request_is_that_of_the_vendors_signer(vector: Vector) -> None:
    prepared = prepare(vector, vector.body)
    request = canonical_request(
        vector.method, prepared.url or "", signed_headers(prepared.headers, prefix="x-"), vector.body.encode()
    )

    assert hashlib.sha256(request.encode()).hexdigest() == vector.hash


@pytest.mark.parametrize("as_bytes", [False, True], ids=["text", "bytes"])
@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS.keys())
def test_a_request_is_signed_as_by_the_vendors_signer(vector: Vector, *, as_bytes: bool) -> None:
    prepared = prepare(vector, vector.body.encode() if as_bytes else vector.body)

    assert prepared.headers["Authorization"] == (
        f"SDK-HMAC-SHA256 Access=AKIDEXAMPLE0000000000, SignedHeaders={';'.join(vector.headers)}, "
        f"Signature={vector.signature}"
    )
    assert prepared.headers["X-Sdk-Date"] == "20260101T000000Z"
    assert prepared.headers.get("X-Security-Token", "") == vector.security_token


def test_the_order_of_a_query_does_not_change_the_signature() -> None:
    first, second = (
        canonical_request("GET", f"{NORTH}{TASKS}?{query}", {}, b"") for query in ("b=2&a=2&a=1", "a=1&a=2&b=2")
    )

    assert first == second
    assert "\na=1&a=2&b=2\n" in first


def test_only_the_canonical_path_ends_with_a_slash() -> None:
    prepared = prepare(VECTORS["A-list"], "")

    assert prepared.path_url.startswith(f"{TASKS}?")
    assert canonical_request("GET", f"{NORTH}/v5/", {}, b"").startswith("GET\n/v5/\n")
    assert canonical_request("GET", NORTH, {}, b"").startswith("GET\n/\n")


def test_the_signed_host_is_the_host_that_is_sent() -> None:
    prepared = requests.Request("GET", "http://[::1]:8080/v5", auth=KeyPairAuth(key_pair(), new_year)).prepare()

    assert prepared.headers["Host"] == "[::1]:8080"
    assert "SignedHeaders=host;x-sdk-date," in prepared.headers["Authorization"]


def test_each_request_is_signed_with_its_own_time() -> None:
    times = iter(datetime(2026, 1, 31, 12, 0, second, 999_999, tzinfo=UTC) for second in (7, 8))
    request = requests.Request("GET", f"{NORTH}{TASKS}", auth=KeyPairAuth(key_pair(), lambda: next(times)))
    first, second = request.prepare().headers, request.prepare().headers

    assert (first["X-Sdk-Date"], second["X-Sdk-Date"]) == ("20260131T120007Z", "20260131T120008Z")
    assert first["Authorization"] != second["Authorization"]


def test_a_token_is_sent_unchanged_and_nothing_is_signed() -> None:
    headers = requests.Request("GET", f"{NORTH}{TASKS}", auth=TokenAuth("token")).prepare().headers

    assert dict(headers) == {"X-Auth-Token": "token"}
