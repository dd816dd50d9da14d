"""Tests the signature against every test vector of alibaba-security-center.md 4.1."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import pytest

from gate.simulator.alibaba.signature import FORM, canonical_request, sign
from gate.simulator.authorization import Authorization

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


def canonical(vector: Vector) -> str:
    """The canonical request of a vector, with all headers signed."""
    return canonical_request(
        method="POST",
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
