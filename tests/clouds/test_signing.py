"""The parts of a canonical request that all clouds build alike: host, headers and query."""

from __future__ import annotations

import pytest

from gate.clouds.signing import canonical_query, host_header, signed_headers


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X-Sdk-Date": "d", "Host": "h", "Content-Type": "c"}, {"content-type": "c", "host": "h", "x-sdk-date": "d"}),
        ({"User-Agent": "gate", "Accept": "*/*", "Accept-Encoding": "gzip", "Connection": "keep-alive"}, {}),
        ({"Authorization": "old", "Cookie": "c", "Content-Length": "0"}, {}),
        ({"x-b": "2", "X-A": "1"}, {"x-a": "1", "x-b": "2"}),
        ({"X-A": " spaced \t"}, {"x-a": "spaced"}),
        ({"X-A": b"bytes\xfc"}, {"x-a": "bytesü"}),
        ({}, {}),
    ],
    ids=["sorted", "headers-that-a-proxy-may-change", "other-headers", "any-case", "spaces", "bytes", "none"],
)
def test_host_content_type_and_headers_with_the_prefix_are_signed(
    headers: dict[str, str | bytes], expected: dict[str, str]
) -> None:
    assert list(signed_headers(headers, prefix="x-").items()) == list(expected.items())


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://hss.cn-north-4.myhuaweicloud.com/v5", "hss.cn-north-4.myhuaweicloud.com"),
        ("https://example.com:443/", "example.com"),
        ("https://example.com:80/", "example.com:80"),
        ("https://example.com:8443", "example.com:8443"),
        ("http://127.0.0.1:80/", "127.0.0.1"),
        ("http://127.0.0.1:443/", "127.0.0.1:443"),
        ("http://127.0.0.1:8080/?a=b:1", "127.0.0.1:8080"),
        ("http://[::1]/", "[::1]"),
        ("http://[::1]:8080/", "[::1]:8080"),
        ("https://[2001:DB8::1]:443/", "[2001:db8::1]"),
        ("https://EXAMPLE.com/", "example.com"),
        ("https://example.com:/", "example.com"),
    ],
)
def test_the_host_header_has_a_port_only_if_it_is_not_the_schemes_default(url: str, expected: str) -> None:
    assert host_header(url) == expected


def test_headers_with_the_prefix_of_another_cloud_are_not_signed() -> None:
    headers = {"x-acs-date": "d", "x-other": "o", "Host": "h"}

    assert signed_headers(headers, prefix="x-acs-") == {"host": "h", "x-acs-date": "d"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ""),
        ("b=2&a=2&a=1", "a=1&a=2&b=2"),
        ("a", "a="),
        ("a=b=c", "a=b%3Dc"),
        ("a=%7E%20%2A%2F", "a=~%20%2A%2F"),
        ("a=+", "a=%2B"),
        ("%C3%BC=%E5%A4%A7", "%C3%BC=%E5%A4%A7"),
        ("&&a=1&", "a=1"),
    ],
)
def test_the_canonical_query_is_sorted_and_percent_encoded(query: str, expected: str) -> None:
    assert canonical_query(f"https://host/?{query}") == expected
