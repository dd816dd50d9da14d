"""The body of a response: decompressed, whole, and never larger than its limit while it is read."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zlib
from itertools import count
from typing import TYPE_CHECKING

import pytest
import requests
from urllib3.response import HTTPResponse

from gate.clouds.body import MAX_BODY_BYTES, read_body
from gate.errors import NotUnderstood, TruncatedResponse

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = b'{"data_list": []}' * 100
MEMBER = gzip.compress(TEXT)
EMPTY_BLOCK = b"\x00\x00\x00\xff\xff"
"""Of deflate: it yields nothing."""


def a_response(body: io.RawIOBase | io.BytesIO, status: int = 200) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.raw = HTTPResponse(body, preload_content=False)
    return response


def read(data: bytes, encoding: str, status: int = 200) -> bytes:
    return read_body(a_response(io.BytesIO(data), status), encoding, str)


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data, wbits=-zlib.MAX_WBITS)


def stored(data: bytes, *, padding: int = 0) -> bytes:
    """Deflate without a header and without compression, whose first byte has unused bits (RFC 1951, 3.2.4)."""
    size = len(data).to_bytes(2, "little")
    return bytes([padding]) + size + bytes(0xFF - byte for byte in size) + data + raw_deflate(b"")


class Endless(io.RawIOBase):
    """The same part again and again; counts the bytes that were read."""

    def __init__(self, start: bytes, part: bytes) -> None:
        self._next: Iterator[bytes] = (start + part if number == 0 else part for number in count())
        self.sent = 0

    def readable(self) -> bool:
        return True

    def read1(self, _size: int = -1, /) -> bytes:
        part = next(self._next)
        self.sent += len(part)
        return part


@pytest.mark.parametrize(
    ("data", "encoding", "expected"),
    [
        (TEXT, "", TEXT),
        (TEXT, " Identity ", TEXT),
        (MEMBER, "gzip", TEXT),
        (MEMBER, " GZIP", TEXT),
        (MEMBER * 3, "gzip", TEXT * 3),
        (gzip.compress(b"") + MEMBER, "gzip", TEXT),
        (zlib.compress(TEXT), "deflate", TEXT),
        (zlib.compress(TEXT, 9), "deflate", TEXT),
        (zlib.compress(TEXT, wbits=9), "deflate", TEXT),
        (raw_deflate(TEXT), "deflate", TEXT),
        (stored(TEXT[:31]), "deflate", TEXT[:31]),
        (stored(TEXT[:30], padding=0x08), "deflate", TEXT[:30]),
        (b"", "", b""),
        (b"", "gzip", b""),
        (b"", "deflate", b""),
        (gzip.compress(bytes(MAX_BODY_BYTES)), "gzip", bytes(MAX_BODY_BYTES)),
        (bytes(MAX_BODY_BYTES), "", bytes(MAX_BODY_BYTES)),
    ],
    ids=[
        "plain",
        "identity",
        "gzip",
        "gzip-in-capitals",
        "gzip-of-three-members",
        "gzip-with-an-empty-member",
        "deflate",
        "deflate-at-its-best",
        "deflate-with-a-small-window",
        "deflate-without-a-header",
        "deflate-whose-start-has-the-sum-of-a-header",
        "deflate-whose-start-has-the-method-of-a-header",
        "empty",
        "empty-gzip",
        "empty-deflate",
        "largest-gzip",
        "largest",
    ],
)
def test_a_body_is_decompressed(data: bytes, encoding: str, expected: bytes) -> None:
    assert read(data, encoding) == expected


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "x-gzip", "*"])
def test_an_encoding_that_was_not_requested_is_refused_before_anything_is_read(encoding: str) -> None:
    body = Endless(b"", b"{}")
    with pytest.raises(NotUnderstood, match="has a content encoding that was not requested"):
        read_body(a_response(body), encoding, str)

    assert body.sent == 0


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (b"{}", "gzip"),
        (b"no deflate at all", "deflate"),
        (zlib.compress(TEXT), "gzip"),
        (MEMBER, "deflate"),
        (MEMBER + b"{}", "gzip"),
        (MEMBER[:-8] + b"\0" * 8, "gzip"),
        (zlib.compress(TEXT)[:-4] + b"\0" * 4, "deflate"),
    ],
    ids=[
        "no-gzip",
        "no-deflate",
        "deflate-as-gzip",
        "gzip-as-deflate",
        "more-behind",
        "wrong-sum",
        "wrong-sum-deflate",
    ],
)
def test_a_body_that_cannot_be_decompressed_is_not_understood(data: bytes, encoding: str) -> None:
    with pytest.raises(NotUnderstood, match=r"cannot be decompressed \(Error"):
        read(data, encoding)


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (MEMBER[:-1], "gzip"),
        (MEMBER[:5], "gzip"),
        (MEMBER + MEMBER[:20], "gzip"),
        (zlib.compress(TEXT)[:-1], "deflate"),
        (raw_deflate(TEXT)[:-1], "deflate"),
    ],
    ids=["sum", "header", "second-member", "deflate", "deflate-without-a-header"],
)
def test_a_compressed_body_that_ends_in_the_middle_is_truncated(data: bytes, encoding: str) -> None:
    """All of its text may be there, but nothing tells that."""
    with pytest.raises(TruncatedResponse) as caught:
        read(data, encoding)

    assert str(caught.value) == (
        "The compressed response ends in the middle. It was truncated on its way. Check the proxy if this error comes "
        "again."
    )

    # Of an error, the status says enough.
    assert TEXT.startswith(read(data, encoding, 403)[:10])


@pytest.mark.parametrize(
    ("start", "part", "encoding"),
    [
        (b"", b" " * 65_536, ""),
        (b"", gzip.compress(b" " * 1_000_000), "gzip"),
        (b"", MEMBER[:10] + EMPTY_BLOCK * 1000, "gzip"),
        (MEMBER[:10], EMPTY_BLOCK * 10_000, "gzip"),
        (b"\x78\x9c", EMPTY_BLOCK * 10_000, "deflate"),
        (EMPTY_BLOCK, EMPTY_BLOCK * 10_000, "deflate"),
        (MEMBER[:3] + b"\x08" + bytes(6), b"a name without an end " * 3000, "gzip"),
        (b"", gzip.compress(b"") * 100, "gzip"),
    ],
    ids=[
        "plain",
        "gzip",
        "gzip-of-parts",
        "gzip-of-nothing",
        "deflate-of-nothing",
        "raw-deflate-of-nothing",
        "gzip-with-a-name",
        "empty-members",
    ],
)
def test_a_body_without_an_end_is_given_up_at_the_limit(start: bytes, part: bytes, encoding: str) -> None:
    body = Endless(start, part)
    tracemalloc.start()
    try:
        with pytest.raises(NotUnderstood, match=f"larger than {MAX_BODY_BYTES} bytes|cannot be decompressed"):
            read_body(a_response(body), encoding, str)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert body.sent < MAX_BODY_BYTES + 2_000_000
    # A buffer that grows has some room to spare.
    assert peak < 1.3 * MAX_BODY_BYTES + 1_000_000


@pytest.mark.parametrize("before", [b"", gzip.compress(bytes(10_000_000))], ids=["alone", "behind-another-member"])
def test_of_a_part_that_decompresses_to_very_much_only_the_limit_is_decompressed(before: bytes) -> None:
    compressor = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    bomb = before + b"".join(compressor.compress(bytes(1_000_000)) for _ in range(60)) + compressor.flush()
    tracemalloc.start()
    try:
        with pytest.raises(NotUnderstood, match="larger than"):
            read(bomb, "gzip")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    # The part, and its copy in the body.
    assert peak < 2.5 * MAX_BODY_BYTES


def test_one_byte_more_than_the_limit_is_too_much() -> None:
    for data, encoding in ((bytes(MAX_BODY_BYTES + 1), ""), (gzip.compress(bytes(MAX_BODY_BYTES + 1)), "gzip")):
        with pytest.raises(NotUnderstood, match="The response is larger than 12582912 bytes"):
            read(data, encoding)


def test_reading_ends_when_the_check_says_so() -> None:
    body = Endless(b"", b" " * 1000)

    def check() -> None:
        if body.sent > 100_000:
            raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        read_body(a_response(body), "", check)

    assert body.sent < 300_000
