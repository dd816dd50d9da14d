"""Reads and decompresses the body of a response, of which no more than a limit is ever in memory."""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import TYPE_CHECKING

from gate.errors import NotUnderstood, TruncatedResponse
from gate.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests import Response

MAX_BODY_BYTES = 12 * 1024 * 1024
"""Received, and after decompression. 20,000 failed images in one response are about 8 MB.

The text and the document of a response come on top of that, and lists of earlier polls leave gaps between them."""
_CHUNK_SIZE = 64 * 1024
_OK = 200
_ZLIB, _RAW_DEFLATE, _GZIP = zlib.MAX_WBITS, -zlib.MAX_WBITS, 16 + zlib.MAX_WBITS


def read_body(response: Response, encoding: str, check: Callable[[], object]) -> bytes:
    """Reads the whole body, decompressed.

    Args:
        response: A response whose body has not been read.
        encoding: Its content encoding, without any secret; empty if it has none.
        check: Called before each chunk; what it raises ends the reading.

    Raises:
        NotUnderstood: The body is too large, cannot be decompressed, or has an encoding that was not requested.
        TruncatedResponse: The compressed body ends in the middle.
        urllib3.exceptions.HTTPError: The connection broke.
    """
    encoding = encoding.strip().lower() or "identity"
    decoder = _Decoder(encoding) if encoding in {"gzip", "deflate"} else None
    if not decoder and encoding != "identity":
        raise damaged(f"has a content encoding that was not requested ({one_line(encoding, 40)})")
    # A buffer whose value is not a copy.
    body, received = BytesIO(), 0
    # Not decoded by urllib3, whose decoders keep what they are given before there is any output; and not by read(),
    # which has no limit for a chunk that claims to have -1 bytes.
    while chunk := response.raw.read1(_CHUNK_SIZE, decode_content=False):
        check()
        received += len(chunk)
        body.write(decoder.decode(chunk, MAX_BODY_BYTES + 1 - body.tell()) if decoder else chunk)
        if max(received, body.tell()) > MAX_BODY_BYTES:
            raise damaged(f"is larger than {MAX_BODY_BYTES} bytes")
    if decoder and not decoder.is_complete and response.status_code == _OK:
        raise TruncatedResponse(
            "The compressed response ends in the middle.",
            means="It was truncated on its way.",
            remedy="Check the proxy if this error comes again.",
        )
    return body.getvalue()


class _Decoder:
    """Decompresses gzip (RFC 1952, of one or more members) or deflate (zlib or, from some servers, without its header).

    Attributes:
        is_complete: Whether the data so far may end here.
    """

    def __init__(self, encoding: str) -> None:
        self._format = _GZIP if encoding == "gzip" else None
        self._member: zlib._Decompress | None = None
        self.is_complete = True

    def decode(self, data: bytes, max_length: int) -> bytes:
        """Decompresses the next part of the data, and stops after so many bytes."""
        output = bytearray()
        try:
            while data and len(output) < max_length:
                self._member = self._member or zlib.decompressobj(self._format or _format_of(data))
                output += self._member.decompress(data, max_length - len(output))
                data = self._member.unconsumed_tail or self._member.unused_data
                self.is_complete = self._member.eof
                if self._member.eof:
                    self._member = None
        except zlib.error as error:
            raise damaged(f"cannot be decompressed ({one_line(str(error), 100)})") from None
        return bytes(output)


def _format_of(data: bytes) -> int:
    # The two bytes of the zlib header (RFC 1950, 2.2).
    is_zlib = data[0] & 0x0F == zlib.DEFLATED and int.from_bytes(data[:2]) % 31 == 0
    return _ZLIB if is_zlib else _RAW_DEFLATE


def damaged(happened: str) -> NotUnderstood:
    """The error for a response that no server of a cloud sends, whatever is in it."""
    return NotUnderstood(
        f"The response {happened}.",
        means="The server is not this API, or a proxy damages its responses.",
        remedy="Check --endpoint and the proxy.",
    )
