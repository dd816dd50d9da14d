"""The signature of Alibaba Cloud, step by step, against values that the vendor publishes or its signer produced."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import requests

from gate.clouds.alibaba.signature import KeyPairAuth, canonical_request, signature, string_to_sign
from gate.clouds.credentials import Credentials
from gate.clouds.signing import signed_headers

EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
CHINA = "https://tds.cn-shanghai.aliyuncs.com"
NONCE = "0123456789abcdef0123456789abcdef"

# The example in the vendor's documentation (alibaba-security-center.md 4.1).
PUBLISHED_URL = (
    "https://ecs.cn-shanghai.aliyuncs.com/"
    "?ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai"
)
PUBLISHED_HEADERS = {
    "host": "ecs.cn-shanghai.aliyuncs.com",
    "x-acs-action": "RunInstances",
    "x-acs-content-sha256": EMPTY_HASH,
    "x-acs-date": "2023-10-26T10:22:32Z",
    "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
    "x-acs-version": "2014-05-26",
}
PUBLISHED_REQUEST = f"""\
POST
/
ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai
host:ecs.cn-shanghai.aliyuncs.com
x-acs-action:RunInstances
x-acs-content-sha256:{EMPTY_HASH}
x-acs-date:2023-10-26T10:22:32Z
x-acs-signature-nonce:3156853299f313e23d1673dc12e1703d
x-acs-version:2014-05-26

host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version
{EMPTY_HASH}"""
PUBLISHED_HASH = "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259"
PUBLISHED_STRING_TO_SIGN = f"ACS3-HMAC-SHA256\n{PUBLISHED_HASH}"
PUBLISHED_SIGNATURE = "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"


def test_the_canonical_request_is_the_published_one() -> None:
    request = canonical_request("post", PUBLISHED_URL, PUBLISHED_HEADERS, EMPTY_HASH)

    assert request == PUBLISHED_REQUEST
    assert hashlib.sha256(request.encode()).hexdigest() == PUBLISHED_HASH


def test_the_string_to_sign_is_the_published_one() -> None:
    assert string_to_sign(PUBLISHED_REQUEST) == PUBLISHED_STRING_TO_SIGN


def test_the_signature_is_the_published_one() -> None:
    assert signature("YourAccessKeySecret", PUBLISHED_STRING_TO_SIGN) == PUBLISHED_SIGNATURE


@dataclass(frozen=True, kw_only=True)
class Vector:
    url: str
    action: str
    version: str = "2018-12-03"
    access_key_id: str = "LTAI-dummy-id"
    access_key_secret: str = "dummy-secret"
    security_token: str = ""
    at: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    nonce: str = NONCE
    signed: str = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version"
    method: str = "POST"
    hash: str = ""
    """Empty where only the signature is known."""
    signature: str


# The published request, and two of this product (alibaba-security-center.md 4.1).
VECTORS = {
    "published": Vector(
        url=PUBLISHED_URL,
        action="RunInstances",
        version="2014-05-26",
        access_key_id="YourAccessKeyId",
        access_key_secret="YourAccessKeySecret",
        at=datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
        nonce="3156853299f313e23d1673dc12e1703d",
        hash=PUBLISHED_HASH,
        signature=PUBLISHED_SIGNATURE,
    ),
    "newest-task": Vector(
        url=f"{CHINA}/?TaskName=IMAGE_SCAN&TaskType=IMAGE_SCAN",
        action="GetLastOnceTaskInfo",
        hash="4b0ae1d1c9f40803ea6d40130d0e4b5c92a23b76c1ddfb43234fcacdc989c75d",
        signature="ad51819743b2fb8d1894381e7e2f5268110c6142bc7b0885a6370ac5e5bf9c7f",
    ),
    "temporary-key": Vector(
        url=f"{CHINA}/?CurrentPage=1&PageSize=20&RelateInfo=true&StatusList.1=FAIL&StatusList.2=TIMEOUT"
        "&TaskType=IMAGE_SCAN",
        action="DescribeOnceTaskLeafRecordPage",
        security_token="dummy-sts-token",
        signed="host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-security-token;x-acs-signature-nonce;"
        "x-acs-version",
        hash="0e608f22fd237db10d91db1fe98e303a2d82f5d38cb133a118c1dfba13d88e61",
        signature="df7129627220552ad9d4f1f66cad15068fd811589b9547d95841e488729341c6",
    ),
}

D = "b1064a5007786b6f82a50772858e8156bc1e5fbddb7dd20af6922761ad197fe4"
INSTANCE, REPOSITORY = "cri-1x2qtjd75ofqvfa8", "crr-red9kgqqi0fh75d5"
OF_TAG = {"InstanceId": INSTANCE, "RepoId": REPOSITORY, "Tag": "v1.2"}


def of_images(action: str, query: dict[str, str], **others: Any) -> Vector:
    """A request for single images: to Container Registry if the query names one of its instances."""
    encoded = urlencode(query, quote_via=quote, safe="~")
    if "InstanceId" in query:
        return Vector(
            url=f"https://cr.cn-hangzhou.aliyuncs.com/?{encoded}", version="2018-12-01", action=action, **others
        )
    return Vector(url=f"{CHINA}/?{encoded}", action=action, **others)


# Requests for single images (alibaba-images.md 6).
VECTORS |= {
    "import": of_images(
        "PublicSyncAndCreateImageScanTask",
        {
            "Images": f'[{{"registryType":"acr","repoId":"{REPOSITORY}","instanceId":"{INSTANCE}",'
            '"repoNamespace":"shop","regionId":"cn-hangzhou","repoName":"api",'
            f'"digest":"{D}","tag":"v1.2+3","createTime":1641267666666,"updateTime":1641267909090}}]'
        },
        hash="8da4ba810e91524ec839c8a5582f80e49f138a9f8bbb866a185f3812e2d48323",
        signature="c54e3cf8cb151b617d7b2dd47be3a824c83695a4e057e72a04fa22df1bfd40a1",
    ),
    "rows": of_images(
        "DescribeImageInstances",
        {
            "Criteria": f'[{{"name":"digest","value":"{D}","logicalExp":"AND"}}]',
            "LogicalExp": "AND",
            "CurrentPage": "1",
            "PageSize": "20",
        },
        signature="b6c786873afcc7431531ced6cd65fe02526d7fe371abc4559244012643477c2b",
    ),
    "numbers-by-severity": of_images(
        "DescribeUuidVulNumClassifyStatistic",
        {"ImageVul": "true", "Uuids": "391abd09184cbd3743d7f5ec125d0000,e6aeb2a5b6004479398b0bcd11600000"},
        signature="7e7fac11ebde0103711948d7911930d62a4ac3ee5fe2a12d2b38961206f29549",
    ),
    "vulnerabilities": of_images(
        "DescribeImageVulList",
        {"CurrentPage": "1", "Digest": D, "Lang": "en", "PageSize": "100", "Type": "cve"},
        security_token="dummy-sts-token",
        signed=VECTORS["temporary-key"].signed,
        signature="d0feae432e16790bf982e7793a0f53bb54491b3d75e20428f7cc73c24caa6253",
    ),
    "repository": of_images(
        "GetRepository",
        {"InstanceId": INSTANCE, "RepoName": "team/api", "RepoNamespaceName": "shop"},
        signature="a0e8ed2d8684acf76533e7c7c693b09c364cf7b0d8406848bc5f70289930bac2",
    ),
    "tag": of_images(
        "GetRepoTag",
        OF_TAG,
        method="GET",
        hash="bad24bc4ba2557ed226f19f26a07db670333a2fd9748bdffddd61c8c9e9bd7c5",
        signature="3c7b599b63f29691efd20d575d583a489892f69859fc77b3a421fa37b461daf0",
    ),
    "scan-by-the-registry": of_images(
        "CreateRepoTagScanTask",
        {**OF_TAG, "Digest": f"sha256:{D}", "ScanService": "SAS_SCAN_SERVICE"},
        signature="22d3368209b7463e5965ac09f72eed50ab046fbc92e28c0f872121648ec3691c",
    ),
    "results-of-the-registry": of_images(
        "ListRepoTagScanResult",
        {**OF_TAG, "Digest": f"sha256:{D}", "PageNo": "1", "PageSize": "100"},
        security_token="dummy-sts-token",
        signed=VECTORS["temporary-key"].signed,
        signature="e1d6cb6686f19c220e4837b1cf4946b6a3bcc53ce372b15982fa73d5f8d9e78d",
    ),
}
NEWEST = VECTORS["newest-task"]
each_vector = pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)


def a_request(vector: Vector, body: str | bytes = b"", **headers: str) -> requests.Request:
    credentials = Credentials(
        access_key_id=vector.access_key_id,
        access_key_secret=vector.access_key_secret,
        security_token=vector.security_token,
    )
    auth = KeyPairAuth(credentials, lambda: vector.at, lambda: vector.nonce)
    headers |= {"x-acs-action": vector.action, "x-acs-version": vector.version}
    return requests.Request(vector.method, vector.url, headers, data=body, auth=auth)


def signature_of(prepared: requests.PreparedRequest) -> str:
    return str(prepared.headers["Authorization"]).partition(",Signature=")[2]


@pytest.mark.parametrize("vector", [vector for vector in VECTORS.values() if vector.hash], ids=lambda one: one.action)
def test_the_hash_of_a_canonical_request_is_that_of_the_vendors_signer(vector: Vector) -> None:
    prepared = a_request(vector).prepare()
    signed = signed_headers(prepared.headers, prefix="x-acs-")
    request = canonical_request(vector.method, prepared.url or "", signed, EMPTY_HASH)

    assert hashlib.sha256(request.encode()).hexdigest() == vector.hash


@each_vector
def test_a_request_is_signed_as_by_the_vendors_signer(vector: Vector) -> None:
    headers = a_request(vector).prepare().headers

    assert headers["Authorization"] == (
        f"ACS3-HMAC-SHA256 Credential={vector.access_key_id},SignedHeaders={vector.signed},Signature={vector.signature}"
    )
    assert headers["x-acs-date"] == f"{vector.at:%FT%TZ}"
    assert headers.get("x-acs-security-token", "") == vector.security_token


def test_headers_that_a_proxy_may_change_are_not_signed() -> None:
    """User-Agent, Accept and the like are sent, but the signature is that of the vector without them."""
    prepared = requests.Session().prepare_request(a_request(NEWEST))

    assert {"User-Agent", "Accept", "Accept-Encoding", "Content-Length"} <= set(prepared.headers)
    assert signature_of(prepared) == NEWEST.signature


def test_a_security_token_is_signed() -> None:
    plain, one, other = (a_request(replace(NEWEST, security_token=token)).prepare() for token in ("", "one", "other"))

    assert "x-acs-security-token" not in str(plain.headers["Authorization"])
    assert ";x-acs-security-token;" in str(one.headers["Authorization"])
    assert len({signature_of(plain), signature_of(one), signature_of(other)}) == 3


def test_a_request_that_is_prepared_again_has_a_new_nonce_and_a_new_signature() -> None:
    """A used nonce is refused (SignatureNonceUsed), so every attempt needs its own."""
    auth = KeyPairAuth(Credentials(access_key_id="id", access_key_secret="secret"), lambda: NEWEST.at)
    request = requests.Request("POST", NEWEST.url, auth=auth)
    attempts = [request.prepare().headers for _ in range(20)]
    nonces = {str(headers["x-acs-signature-nonce"]) for headers in attempts}

    assert len(nonces) == len({headers["Authorization"] for headers in attempts}) == 20
    assert all(re.fullmatch("[0-9a-f]{32}", nonce) for nonce in nonces)


def test_each_request_is_signed_with_its_own_time() -> None:
    times = iter(datetime(2026, 1, 31, 12, 0, second, 999_999, tzinfo=UTC) for second in (7, 8))
    credentials = Credentials(access_key_id="id", access_key_secret="secret")
    request = requests.Request("POST", NEWEST.url, auth=KeyPairAuth(credentials, partial(next, times), lambda: NONCE))
    first, second = request.prepare().headers, request.prepare().headers

    assert (first["x-acs-date"], second["x-acs-date"]) == ("2026-01-31T12:00:07Z", "2026-01-31T12:00:08Z")
    assert first["Authorization"] != second["Authorization"]


@pytest.mark.parametrize(
    ("base_url", "host"),
    [
        ("http://127.0.0.1:8080", "127.0.0.1:8080"),
        ("http://[::1]:8080", "[::1]:8080"),
        ("https://tds.example:443", "tds.example"),
        ("https://tds.example:8443", "tds.example:8443"),
    ],
)
def test_the_signed_host_is_the_host_that_is_sent(base_url: str, host: str) -> None:
    prepared = a_request(replace(NEWEST, url=NEWEST.url.replace(CHINA, base_url))).prepare()
    signed = signed_headers(prepared.headers, prefix="x-acs-")
    request = canonical_request("POST", prepared.url or "", signed, EMPTY_HASH)

    assert prepared.headers["Host"] == host
    assert f"\nhost:{host}\n" in request
    assert signature_of(prepared) == signature("dummy-secret", string_to_sign(request))


@pytest.mark.parametrize("body", ['{"a": "ü"}', '{"a": "ü"}'.encode()], ids=["text", "bytes"])
def test_the_hash_of_a_body_is_sent_and_signed(body: str | bytes) -> None:
    prepared, digest = a_request(NEWEST, body).prepare(), hashlib.sha256('{"a": "ü"}'.encode()).hexdigest()
    signed = signed_headers(prepared.headers, prefix="x-acs-")
    request = canonical_request("POST", NEWEST.url, signed, digest)

    assert prepared.headers["x-acs-content-sha256"] == digest
    assert request.endswith(f"\n{digest}")
    assert signature_of(prepared) == signature("dummy-secret", string_to_sign(request))


def test_a_content_type_is_signed_if_it_is_sent() -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    assert "SignedHeaders=content-type;host;x-acs-action;" in str(
        a_request(NEWEST, "a=b", **headers).prepare().headers["Authorization"]
    )


@pytest.mark.parametrize(
    ("url", "path"),
    [
        (CHINA, "/"),
        (f"{CHINA}/", "/"),
        (f"{CHINA}?a=b", "/"),
        (f"{CHINA}/sas", "/sas"),
        (f"{CHINA}/sas/", "/sas/"),
        (f"{CHINA}/a%20b", "/a%20b"),
    ],
)
def test_the_path_is_signed_as_it_is_sent(url: str, path: str) -> None:
    """The API has no path, but --endpoint can have one."""
    assert canonical_request("POST", url, {}, "").split("\n")[:2] == ["POST", path]


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("b=2&a=2&a=1", "a=1&a=2&b=2"),
        ("a=x%20y~*", "a=x%20y~%2A"),
        ("Criteria=%5B%7B%22name%22%3A%22tag%22%7D%5D", "Criteria=%5B%7B%22name%22%3A%22tag%22%7D%5D"),
        ("StatusList.2=b&StatusList.1=a", "StatusList.1=a&StatusList.2=b"),
        # The published algorithm encodes names as well; the vendor's SDK does not, but has no names that need it.
        ("a%2Fb=1", "a%2Fb=1"),
    ],
)
def test_the_query_is_signed_sorted_and_percent_encoded(query: str, canonical: str) -> None:
    assert canonical_request("POST", f"{CHINA}/?{query}", {}, "").split("\n")[2] == canonical
