"""What the vendor's own signer signs is right by definition: ours signs everything the same."""

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

# Lone surrogates are no text that could be sent.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
# What is sent in a header is ASCII: other letters reach no cloud unharmed.
HEADER_VALUE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20).map(str.strip)
HEADER_NAME = st.from_regex(r"x-[a-z0-9]{1,8}(-[a-z0-9]{1,4})?", fullmatch=True).filter(
    lambda name: name not in {"x-sdk-date", "x-security-token"}
)


@dataclass(frozen=True, kw_only=True)
class Question:
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


QUESTIONS = st.builds(
    Question,
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "get"]),
    base_url=st.sampled_from(
        ["https://hss.cn-north-4.myhuaweicloud.com", "http://127.0.0.1:8080", "http://[::1]:1", "https://h.example:443"]
    ),
    # A segment of dots is a way through the tree to every client, not a name; a slash has a test of its own.
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


def signed_by_us(question: Question, secret: str) -> str:
    credentials = Credentials(access_key_id="AKID", access_key_secret=secret, security_token=question.security_token)
    request = requests.Request(
        question.method,
        question.url,
        dict(question.headers),
        data=question.body,
        auth=KeyPairAuth(credentials, lambda: question.at),
    )
    return str(request.prepare().headers["Authorization"])


@pytest.fixture(scope="module")
def signed_by_the_vendor(sdk: Callable[[str, str], Any]) -> Callable[[Question, str], str]:
    signer, request = sdk("core.signer.signer", "Signer"), sdk("core.sdk_request", "SdkRequest")

    def sign(question: Question, secret: str) -> str:
        headers = {
            **dict(question.headers),
            "Host": host_header(question.url),
            "X-Sdk-Date": f"{question.at:%Y%m%dT%H%M%SZ}",
            **({"X-Security-Token": question.security_token} if question.security_token else {}),
        }
        signed = signer(SimpleNamespace(ak="AKID", sk=secret)).sign(
            request(
                method=question.method,
                resource_path=question.path,
                query_params=list(question.query),
                header_params=headers,
                body=question.body,
            )
        )
        return str(signed.header_params["Authorization"])

    return sign


@given(question=QUESTIONS, secret=SECRETS)
@example(question=Question(query=(("task_name", "a b/c~测试+*"), ("task_id", "x=y&z"))), secret="s")
@example(question=Question(query=(("a", "2"), ("a", "10"), ("a", ""), ("", "x"))), secret="s")
@example(question=Question(query=(("a-", "1"), ("a", "="), ("a%", "%41"))), secret="s")
@example(question=Question(query=(("\uffff", ""), ("\U00010000", ""))), secret="s")
@example(question=Question(segments=("%2e%2e", "a+b", "*'()!", "é", "~")), secret="geheim-ü")
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_request_is_signed_as_the_vendors_signer_signs_it(
    signed_by_the_vendor: Callable[[Question, str], str], question: Question, secret: str
) -> None:
    """To the last byte of the Authorization header."""
    assert signed_by_us(question, secret) == signed_by_the_vendor(question, secret)


@pytest.mark.parametrize("segments", [("v5", "a/b", "image", "tasks"), ("/",), ("v5", "a/")], ids=repr)
def test_a_slash_inside_a_segment_is_signed_as_the_vendors_signer_signs_it(
    signed_by_the_vendor: Callable[[Question, str], str], segments: tuple[str, ...]
) -> None:
    """It unquotes the whole path before it parts it, so that such a slash is like any other."""
    question = Question(segments=segments)

    assert signed_by_us(question, "s") == signed_by_the_vendor(question, "s")
