"""The clouds: what the gate needs of one, and which there are.

A cloud is a folder: `signature` signs its requests, `api` asks its questions, `translate` turns its answers into the
vocabulary of `gate.scan`, and its `__init__` says how it is built. Nothing of its peculiarities leaves the folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds import alibaba, huawei
from gate.clouds.interface import Cloud, CloudProvider, Connection

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CLOUDS", "Cloud", "CloudProvider", "Connection"]

CLOUDS: Mapping[str, CloudProvider] = {"huawei": huawei.PROVIDER, "alibaba": alibaba.PROVIDER}
