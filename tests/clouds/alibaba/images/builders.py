"""Builders of what the APIs of Alibaba Cloud say of single images."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gate.image import ImageRef
from tests.builders import NOW

if TYPE_CHECKING:
    from datetime import datetime

DIGEST = "b1064a5007786b6f82a50772858e8156bc1e5fbddb7dd20af6922761ad197fe4"
"""That of the golden vectors (alibaba-images.md 6)."""
HOST = "demo-registry.cn-hangzhou.cr.aliyuncs.com"
"""An instance of the Enterprise Edition (2)."""


def in_ms(time: datetime) -> int:
    """A time as Security Center states it."""
    return round(time.timestamp() * 1000)


def a_row(digest: str = DIGEST, **fields: Any) -> dict[str, Any]:
    """The row of an image that was scanned an hour ago, and is clean; a field with None is absent."""
    row = {
        "Uuid": f"uuid-{digest[:8]}",
        "Digest": digest,
        "RepoNamespace": "shop",
        "RepoName": "api",
        "Tag": "1.0",
        "RegistryType": "acr",
        "ScaStatus": "SUCCESS",
        "ScaProgress": 100,
        "LastScanTime": in_ms(NOW - timedelta(hours=1)),
        "RiskStatus": "NO",
        "VulStatus": "NO",
        "VulCount": 0,
        "HcStatus": "NO",
        "HcCount": 0,
        "AlarmStatus": "NO",
        "AlarmCount": 0,
        **fields,
    }
    return {name: value for name, value in row.items() if value is not None}


def a_digest(number: int) -> str:
    """A digest without its prefix, different for each number."""
    return f"{number:064x}"


def an_image(digest: str = DIGEST, *, name: str = "api", tag: str = "1.0", registry: str = HOST) -> ImageRef:
    """The reference of an image by its digest, which is given without its prefix."""
    return ImageRef(
        registry=registry, namespace="shop", name=name, tag=tag, digest=f"sha256:{digest}" if digest else ""
    )
