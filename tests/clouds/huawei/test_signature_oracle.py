"""The gate signs any request exactly as the vendor's own signer does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import requests
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gate.clouds.credentials import Credentials
from gate.clouds.huawei.signature import KeyPairAuth
from gate.clouds.signing import host_header

if TYPE_CHECKING:
    from collections.abc import Callable

# Lone surrogates cannot be sent.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
# Header values are ASCII, because other characters are not sent reliably.
HEADER_VALUE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20).map(str.strip)
HEADER_NAME = st.from_regex(r"x-[a-z0-9]{1,8}(-[a-z0-9]{1,4})?", fullmatch=True).filter(
    lambda name: name not in {"x-sdk-date", "x-security-token"}
)


@dataclass(frozen=True, kw_only=True)
class SampleRequest:
    method: str = "GET"
    base_url: str = "https://hss.cn-north-4.myhuaweicloud.com"
    segments: tuple[str, ...] = ("v5", "0123456789abcdef0123456789abcdef", "image", "tasks")
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    security_token: str = ""
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
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "get"]),
    base_url=st.sampled_from(
        ["https://hss.cn-north-4.myhuaweicloud.com", "http://127.0.0.1:8080", "http://[::1]:1", "https://h.example:443"]
    ),
    # Clients resolve the segments "." and ".."; a slash inside a segment has a test of its own.
    segments=st.lists(
        TEXT.filter(lambda text: text not in {"", ".", ".."} and "/" not in text), min_size=1, max_size=5
    ).map(tuple),
    query=st.lists(st.tuples(TEXT, TEXT), max_size=5).map(tuple),
    headers=st.dictionaries(HEADER_NAME, HEADER_VALUE, max_size=3).map(lambda headers: tuple(headers.items())),
    body=st.binary(max_size=40),
    security_token=st.text("abcXYZ019+/=", max_size=20),
    at=st.datetimes(datetime(2020, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds
)
SECRETS = st.text(min_size=1, max_size=40).filter(lambda text: text.isprintable())


def sign_with_gate(sample: SampleRequest, secret: str) -> str:
    credentials = Credentials(access_key_id="AKID", access_key_secret=secret, security_token=sample.security_token)
    request = requests.Request(
        sample.method,
        sample.url,
        dict(sample.headers),
        data=sample.body,
        auth=KeyPairAuth(credentials, lambda: sample.at),
    )
    return str(request.prepare().headers["Authorization"])


@pytest.fixture(scope="module")
def sign_with_vendor(sdk: Callable[[str, str], Any]) -> Callable[[SampleRequest, str], str]:
    signer, request = sdk("core.signer.signer", "Signer"), sdk("core.sdk_request", "SdkRequest")

    def sign(sample: SampleRequest, secret: str) -> str:
        headers = {
            **dict(sample.headers),
            "Host": host_header(sample.url),
            "X-Sdk-Date": f"{sample.at:%Y%m%dT%H%M%SZ}",
            **({"X-Security-Token": sample.security_token} if sample.security_token else {}),
        }
        signed = signer(SimpleNamespace(ak="AKID", sk=secret)).sign(
            request(
                method=sample.method,
                resource_path=sample.path,
                query_params=list(sample.query),
                header_params=headers,
                body=sample.body,
            )
        )
        return str(signed.header_params["Authorization"])

    return sign


@given(sample=REQUESTS, secret=SECRETS)
@example(sample=SampleRequest(query=(("task_name", "a b/c~测试+*"), ("task_id", "x=y&z"))), secret="s")
@example(sample=SampleRequest(query=(("a", "2"), ("a", "10"), ("a", ""), ("", "x"))), secret="s")
@example(sample=SampleRequest(query=(("a-", "1"), ("a", "="), ("a%", "%41"))), secret="s")
@example(sample=SampleRequest(query=(("\uffff", ""), ("\U00010000", ""))), secret="s")
@example(sample=SampleRequest(segments=("%2e%2e", "a+b", "*'()!", "é", "~")), secret="geheim-ü")
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_request_is_signed_as_by_the_vendors_signer(
    sign_with_vendor: Callable[[SampleRequest, str], str], sample: SampleRequest, secret: str
) -> None:
    """The Authorization headers are equal byte by byte."""
    assert sign_with_gate(sample, secret) == sign_with_vendor(sample, secret)


@pytest.mark.parametrize("segments", [("v5", "a/b", "image", "tasks"), ("/",), ("v5", "a/")], ids=repr)
def test_a_slash_inside_a_segment_is_signed_as_by_the_vendors_signer(
    sign_with_vendor: Callable[[SampleRequest, str], str], segments: tuple[str, ...]
) -> None:
    """The vendor's signer unquotes the whole path before it splits it."""
    sample = SampleRequest(segments=segments)

    assert sign_with_gate(sample, "s") == sign_with_vendor(sample, "s")
