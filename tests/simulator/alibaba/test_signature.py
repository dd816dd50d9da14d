"""Tests the signature against every vector of alibaba-security-center.md 4.1 and alibaba-images.md 6."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace

import pytest

from gate.simulator.alibaba.signature import FORM, canonical_request, sign
from gate.simulator.authorization import Authorization
from tests.simulator.alibaba.signing import target

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@dataclass(frozen=True, kw_only=True)
class Vector:
    """A request, the hash of its canonical request, and its signature, from the vendor's page or the vendor's SDK."""

    target: str = "/"
    canonical_hash: str = ""
    signature: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    secret: str = "dummy-secret"
    body: bytes = b""
    method: str = "POST"


HEADERS = {
    "host": "tds.cn-shanghai.aliyuncs.com",
    "x-acs-version": "2018-12-03",
    "x-acs-date": "2026-01-02T03:04:05Z",
    "x-acs-signature-nonce": "0123456789abcdef0123456789abcdef",
    "x-acs-content-sha256": EMPTY,
}
PUBLISHED = Vector(
    target="/?ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai",
    headers={
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-version": "2014-05-26",
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-content-sha256": EMPTY,
    },
    secret="YourAccessKeySecret",
    canonical_hash="7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259",
    signature="06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
)
PLAIN = Vector(
    target="/?TaskName=IMAGE_SCAN&TaskType=IMAGE_SCAN",
    headers={**HEADERS, "x-acs-action": "GetLastOnceTaskInfo"},
    canonical_hash="4b0ae1d1c9f40803ea6d40130d0e4b5c92a23b76c1ddfb43234fcacdc989c75d",
    signature="ad51819743b2fb8d1894381e7e2f5268110c6142bc7b0885a6370ac5e5bf9c7f",
)
TEMPORARY = Vector(
    target="/?CurrentPage=1&PageSize=20&RelateInfo=true&StatusList.1=FAIL&StatusList.2=TIMEOUT&TaskType=IMAGE_SCAN",
    headers={
        **HEADERS,
        "x-acs-action": "DescribeOnceTaskLeafRecordPage",
        "x-acs-security-token": "dummy-sts-token",
    },
    canonical_hash="0e608f22fd237db10d91db1fe98e303a2d82f5d38cb133a118c1dfba13d88e61",
    signature="df7129627220552ad9d4f1f66cad15068fd811589b9547d95841e488729341c6",
)
DIGEST = "b1064a5007786b6f82a50772858e8156bc1e5fbddb7dd20af6922761ad197fe4"
INSTANCE = "cri-1x2qtjd75ofqvfa8"
REPOSITORY = "crr-red9kgqqi0fh75d5"
IMAGE = {
    "registryType": "acr",
    "repoId": REPOSITORY,
    "instanceId": INSTANCE,
    "repoNamespace": "shop",
    "regionId": "cn-hangzhou",
    "repoName": "api",
    "digest": DIGEST,
    "tag": "v1.2+3",
    "createTime": 1641267666666,
    "updateTime": 1641267909090,
}


def sas(action: str, signature: str, canonical_hash: str = "", *, token: str = "", **query: object) -> Vector:
    """A vector of Security Center."""
    headers = {**HEADERS, "x-acs-action": action, **({"x-acs-security-token": token} if token else {})}
    return Vector(target=target(query), headers=headers, signature=signature, canonical_hash=canonical_hash)


def cr(action: str, signature: str, canonical_hash: str = "", *, token: str = "", **query: object) -> Vector:
    """A vector of Container Registry."""
    vector = sas(action, signature, canonical_hash, token=token, InstanceId=INSTANCE, **query)
    registry = {"host": "cr.cn-hangzhou.aliyuncs.com", "x-acs-version": "2018-12-01"}
    return replace(vector, headers={**vector.headers, **registry})


STATISTIC = "DescribeUuidVulNumClassifyStatistic"
UUIDS = "391abd09184cbd3743d7f5ec125d0000,e6aeb2a5b6004479398b0bcd11600000"
OF_IMAGES = {
    "c": sas(
        "PublicSyncAndCreateImageScanTask",
        "c54e3cf8cb151b617d7b2dd47be3a824c83695a4e057e72a04fa22df1bfd40a1",
        "8da4ba810e91524ec839c8a5582f80e49f138a9f8bbb866a185f3812e2d48323",
        Images=json.dumps([IMAGE], separators=(",", ":")),
    ),
    "e": sas(
        "DescribeImageInstances",
        "b6c786873afcc7431531ced6cd65fe02526d7fe371abc4559244012643477c2b",
        Criteria=f'[{{"name":"digest","value":"{DIGEST}","logicalExp":"AND"}}]',
        LogicalExp="AND",
        CurrentPage=1,
        PageSize=20,
    ),
    "f": sas(
        STATISTIC, "7e7fac11ebde0103711948d7911930d62a4ac3ee5fe2a12d2b38961206f29549", ImageVul="true", Uuids=UUIDS
    ),
    "g": sas(
        "DescribeImageVulList",
        "d0feae432e16790bf982e7793a0f53bb54491b3d75e20428f7cc73c24caa6253",
        token="dummy-sts-token",
        CurrentPage=1,
        Digest=DIGEST,
        Lang="en",
        PageSize=100,
        Type="cve",
    ),
    "h": cr(
        "GetRepository",
        "a0e8ed2d8684acf76533e7c7c693b09c364cf7b0d8406848bc5f70289930bac2",
        RepoName="team/api",
        RepoNamespaceName="shop",
    ),
    "i": replace(
        cr(
            "GetRepoTag",
            "3c7b599b63f29691efd20d575d583a489892f69859fc77b3a421fa37b461daf0",
            "bad24bc4ba2557ed226f19f26a07db670333a2fd9748bdffddd61c8c9e9bd7c5",
            RepoId=REPOSITORY,
            Tag="v1.2",
        ),
        method="GET",
    ),
    "j": cr(
        "CreateRepoTagScanTask",
        "22d3368209b7463e5965ac09f72eed50ab046fbc92e28c0f872121648ec3691c",
        Digest=f"sha256:{DIGEST}",
        RepoId=REPOSITORY,
        ScanService="SAS_SCAN_SERVICE",
        Tag="v1.2",
    ),
    "k": cr(
        "ListRepoTagScanResult",
        "e1d6cb6686f19c220e4837b1cf4946b6a3bcc53ce372b15982fa73d5f8d9e78d",
        token="dummy-sts-token",
        Digest=f"sha256:{DIGEST}",
        PageNo=1,
        PageSize=100,
        RepoId=REPOSITORY,
        Tag="v1.2",
    ),
}


def canonical(vector: Vector) -> str:
    """The canonical request of a vector, with all headers signed."""
    return canonical_request(
        method=vector.method,
        target=vector.target,
        headers=vector.headers,
        body=vector.body,
        signed_headers=[name.lower() for name in vector.headers],
    )


@pytest.mark.parametrize("vector", [PUBLISHED, PLAIN, TEMPORARY])
def test_every_published_vector_is_reproduced(vector: Vector) -> None:
    """Both the canonical request and the signature are equal to the vendor's."""
    form = canonical(vector)

    assert hashlib.sha256(form.encode()).hexdigest() == vector.canonical_hash
    assert sign(form, secret=vector.secret) == vector.signature


@pytest.mark.parametrize("name", OF_IMAGES)
def test_every_vector_of_the_operations_about_images_is_reproduced(name: str) -> None:
    """The vendor's signer made them; where it is given, the hash of the canonical request is equal too."""
    vector = OF_IMAGES[name]
    form = canonical(vector)

    assert vector.canonical_hash in {"", hashlib.sha256(form.encode()).hexdigest()}
    assert sign(form, secret=vector.secret) == vector.signature


def test_the_order_of_parameters_and_of_headers_does_not_matter() -> None:
    """The canonical request sorts both."""
    one = canonical(Vector(target="/?b=2&a=1&b=1", headers={"Host": "h", "x-acs-a": " b "}))
    other = canonical(Vector(target="/?b=1&b=2&a=1", headers={"x-acs-a": "b", "host": "h"}))

    assert one == other


@pytest.mark.parametrize(
    ("sent", "signed"),
    [
        ("a%20b", "a%20b"),
        ("a+b", "a%20b"),
        ("a%2Bb", "a%2Bb"),
        ("a%2fb", "a%2Fb"),
        ("*", "%2A"),
        ("~-_.", "~-_."),
        ("%E6%B5%8B", "%E6%B5%8B"),
        ('[{"name":"tag"}]', "%5B%7B%22name%22%3A%22tag%22%7D%5D"),
    ],
)
def test_the_canonical_request_normalises_percent_encoding(sent: str, signed: str) -> None:
    """A plus sign in the request is a space."""
    assert f"\nk={signed}\n" in canonical(Vector(target=f"/?k={sent}"))


def test_the_hash_of_the_body_is_the_last_line_of_the_canonical_request() -> None:
    assert canonical(Vector()).endswith(f"\n{EMPTY}")
    assert canonical(Vector(body=b"a=1")).endswith(f"\n{hashlib.sha256(b'a=1').hexdigest()}")


def test_an_authorization_header_is_parsed_into_key_signed_headers_and_signature() -> None:
    signature = "0" * 64
    read = Authorization.read(
        f"ACS3-HMAC-SHA256 Credential=AK,SignedHeaders=host;x-acs-date,Signature={signature}", FORM
    )

    assert read == Authorization(access_key_id="AK", signed_headers=("host", "x-acs-date"), signature=signature)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Bearer token",
        "ACS3-HMAC-SHA256 Credential=AK,SignedHeaders=host",
        "ACS3-HMAC-SHA256 Credential=AK,SignedHeaders=host,Signature=short",
        f"ACS3-HMAC-SHA256 Credential=AK, SignedHeaders=host, Signature={'0' * 64}",
        f"ACS3-HMAC-SM3 Credential=AK,SignedHeaders=host,Signature={'0' * 64}",
    ],
)
def test_a_header_that_is_not_of_the_published_form_is_not_parsed(text: str) -> None:
    assert Authorization.read(text, FORM) is None
