"""The clouds: the interface that each implements, and the registry of those that there are.

A cloud is a folder: `__init__` has its entry for the registry, `options` its options, `connect` connects to it, `api`
sends its requests, `signature` signs them, `translate` turns its responses into the vocabulary of `gate.scan`, and
`error_response` its errors into those of `gate.errors`. Only the registry imports anything of the folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds import alibaba, huawei
from gate.clouds.interface import Cloud, CloudProvider, Connection, ImageScans

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CLOUDS", "Cloud", "CloudProvider", "Connection", "ImageScans"]

CLOUDS: Mapping[str, CloudProvider] = {
    "huawei": huawei.PROVIDER,
    "alibaba": alibaba.PROVIDER,
}
"""By the value of `--cloud`; the first one is that of a demo. CONTRIBUTING.md lists what else a cloud needs."""
