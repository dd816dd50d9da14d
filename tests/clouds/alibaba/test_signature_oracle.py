"""What the vendor's own signer signs is right by definition: ours signs everything the same."""

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

# Lone surrogates are no text that could be sent.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
# The vendor's signer leaves the names of parameters as they are, though its own document escapes them like values;
# and it is given its query as a dict. So they are what no escaping changes, and each stands there once.
PARAMETER = st.text("abcXYZ019-_.~", max_size=12)
# What is sent in a header is ASCII: other letters reach no cloud unharmed.
HEADER_VALUE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20).map(str.strip)
# Of other headers only these two are signed by both; the vendor signs all that it is given.
HEADER_NAME = st.just("content-type") | st.from_regex(r"x-acs-[a-z0-9]{1,4}(-[a-z0-9]{1,4})?", fullmatch=True)
# A segment of dots is a way through the tree to every client, not a name.
SEGMENT = TEXT.filter(lambda text: text not in {"", ".", ".."})


@dataclass(frozen=True, kw_only=True)
class Question:
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


QUESTIONS = st.builds(
    Question,
    # The vendor's signer takes a method as it is; requests sends it in capitals.
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


def signed_by_us(question: Question, secret: str) -> str:
    credentials = Credentials(access_key_id="LTAI", access_key_secret=secret, security_token=question.security_token)
    request = requests.Request(
        question.method,
        question.url,
        dict(question.headers),
        data=question.body,
        auth=KeyPairAuth(credentials, lambda: question.at, lambda: question.nonce),
    )
    return str(request.prepare().headers["Authorization"])


@pytest.fixture(scope="module")
def signed_by_the_vendor() -> Callable[[Question, str], str]:
    signer: Any = import_module("alibabacloud_tea_openapi.utils").Utils
    dara: Any = import_module("darabonba.request").DaraRequest

    def sign(question: Question, secret: str) -> str:
        digest = hashlib.sha256(question.body).hexdigest()
        request = dara()
        request.method, request.pathname, request.query = question.method, question.path, dict(question.query)
        request.headers = {
            **dict(question.headers),
            "host": host_header(question.url),
            "x-acs-date": f"{question.at:%Y-%m-%dT%H:%M:%SZ}",
            "x-acs-signature-nonce": question.nonce,
            "x-acs-content-sha256": digest,
            **({"x-acs-security-token": question.security_token} if question.security_token else {}),
        }
        return str(signer.get_authorization(request, "ACS3-HMAC-SHA256", digest, "LTAI", secret))

    return sign


@given(question=QUESTIONS, secret=SECRETS)
@example(question=Question(query=(("TaskType", "IMAGE_SCAN"), ("TaskName", "IMAGE_SCAN"))), secret="s")
@example(question=Question(query=(("Criteria", '[{"name":"tag","value":"a b/c~测试+*"}]'),)), secret="s")
@example(question=Question(query=(("StatusList.10", "a"), ("StatusList.2", "b"), ("StatusList", "c"))), secret="s")
@example(question=Question(query=(("a", ""), ("", "x"), ("A", "%41"), ("~", "~"))), secret="s")
@example(question=Question(query=(("a", "\uffff\U00010000"),)), secret="geheim-ü")
@example(question=Question(segments=("%2e%2e", "a+b", "*'()!", "é", "~", "a/b")), secret="s")
@example(question=Question(headers=(("X-Acs-Action", "A"), ("CONTENT-TYPE", "b"), ("x-acs-a", ""))), secret="s")
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_request_is_signed_as_the_vendors_signer_signs_it(
    signed_by_the_vendor: Callable[[Question, str], str], question: Question, secret: str
) -> None:
    """To the last byte of the Authorization header."""
    assert signed_by_us(question, secret) == signed_by_the_vendor(question, secret)
