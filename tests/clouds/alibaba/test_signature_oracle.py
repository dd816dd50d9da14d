"""The gate signs any request exactly as the vendor's own signer does."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import requests
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gate.clouds.alibaba.signature import KeyPairAuth
from gate.clouds.credentials import Credentials
from gate.clouds.signing import host_header

if TYPE_CHECKING:
    from collections.abc import Callable

# Lone surrogates cannot be sent.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
# Names that encoding does not change, each used once: the vendor's signer does not encode names, although its own
# document does, and it takes the query as a dict.
PARAMETER = st.text("abcXYZ019-_.~", max_size=12)
# Header values are ASCII, because other characters are not sent reliably.
HEADER_VALUE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20).map(str.strip)
# The only headers that both sign: the gate signs no others, and the vendor's signer signs all that it is given.
HEADER_NAME = st.just("content-type") | st.from_regex(r"x-acs-[a-z0-9]{1,4}(-[a-z0-9]{1,4})?", fullmatch=True)
# Clients resolve the segments "." and "..".
SEGMENT = TEXT.filter(lambda text: text not in {"", ".", ".."})


@dataclass(frozen=True, kw_only=True)
class SampleRequest:
    method: str = "POST"
    base_url: str = "https://tds.cn-shanghai.aliyuncs.com"
    segments: tuple[str, ...] = ("",)
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    security_token: str = ""
    nonce: str = "0123456789abcdef0123456789abcdef"
    at: datetime = datetime(2026, 1, 31, tzinfo=UTC)

    @property
    def path(self) -> str:
        return "".join(f"/{quote(segment, safe='')}" for segment in self.segments)

    @property
    def url(self) -> str:
        pairs = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in self.query)
        return f"{self.base_url}{self.path}" + (f"?{pairs}" if pairs else "")


REQUESTS = st.builds(
    SampleRequest,
    # In upper case: the vendor's signer leaves the method as it is, and requests sends it in upper case.
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    base_url=st.sampled_from(
        ["https://tds.cn-shanghai.aliyuncs.com", "http://127.0.0.1:8080", "http://[::1]:1", "https://h.example:443"]
    ),
    segments=st.just(("",)) | st.lists(SEGMENT, min_size=1, max_size=3).map(tuple),
    query=st.dictionaries(PARAMETER, TEXT, max_size=5).map(lambda query: tuple(query.items())),
    headers=st.dictionaries(HEADER_NAME, HEADER_VALUE, max_size=3).map(lambda headers: tuple(headers.items())),
    body=st.binary(max_size=40),
    security_token=st.text("abcXYZ019+/=", max_size=20),
    nonce=st.text("0123456789abcdef-", min_size=1, max_size=40),
    at=st.datetimes(datetime(2020, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds
)
SECRETS = st.text(min_size=1, max_size=40).filter(lambda text: text.isprintable())


def sign_with_gate(sample: SampleRequest, secret: str) -> str:
    credentials = Credentials(access_key_id="LTAI", access_key_secret=secret, security_token=sample.security_token)
    request = requests.Request(
        sample.method,
        sample.url,
        dict(sample.headers),
        data=sample.body,
        auth=KeyPairAuth(credentials, lambda: sample.at, lambda: sample.nonce),
    )
    return str(request.prepare().headers["Authorization"])


@pytest.fixture(scope="module")
def sign_with_vendor() -> Callable[[SampleRequest, str], str]:
    signer: Any = import_module("alibabacloud_tea_openapi.utils").Utils
    dara: Any = import_module("darabonba.request").DaraRequest

    def sign(sample: SampleRequest, secret: str) -> str:
        digest = hashlib.sha256(sample.body).hexdigest()
        request = dara()
        request.method, request.pathname, request.query = sample.method, sample.path, dict(sample.query)
        request.headers = {
            **dict(sample.headers),
            "host": host_header(sample.url),
            "x-acs-date": f"{sample.at:%Y-%m-%dT%H:%M:%SZ}",
            "x-acs-signature-nonce": sample.nonce,
            "x-acs-content-sha256": digest,
            **({"x-acs-security-token": sample.security_token} if sample.security_token else {}),
        }
        return str(signer.get_authorization(request, "ACS3-HMAC-SHA256", digest, "LTAI", secret))

    return sign


@given(sample=REQUESTS, secret=SECRETS)
@example(sample=SampleRequest(query=(("TaskType", "IMAGE_SCAN"), ("TaskName", "IMAGE_SCAN"))), secret="s")
@example(sample=SampleRequest(query=(("Criteria", '[{"name":"tag","value":"a b/c~测试+*"}]'),)), secret="s")
@example(sample=SampleRequest(query=(("StatusList.10", "a"), ("StatusList.2", "b"), ("StatusList", "c"))), secret="s")
@example(sample=SampleRequest(query=(("a", ""), ("", "x"), ("A", "%41"), ("~", "~"))), secret="s")
@example(sample=SampleRequest(query=(("a", "\uffff\U00010000"),)), secret="geheim-ü")
@example(sample=SampleRequest(segments=("%2e%2e", "a+b", "*'()!", "é", "~", "a/b")), secret="s")
@example(sample=SampleRequest(headers=(("X-Acs-Action", "A"), ("CONTENT-TYPE", "b"), ("x-acs-a", ""))), secret="s")
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_request_is_signed_as_by_the_vendors_signer(
    sign_with_vendor: Callable[[SampleRequest, str], str], sample: SampleRequest, secret: str
) -> None:
    """The Authorization headers are equal byte by byte."""
    assert sign_with_gate(sample, secret) == sign_with_vendor(sample, secret)
