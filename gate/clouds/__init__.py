"""The clouds: what the gate needs of one, and which there are.

A cloud is a folder: `signature` signs its requests, `api` asks its questions, `translate` turns its answers into the
vocabulary of `gate.scan`, and its `__init__` says how it is built. Nothing of its peculiarities leaves the folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds import alibaba, huawei
from gate.clouds.kind import Cloud, CloudKind, Connection

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CLOUDS", "Cloud", "CloudKind", "Connection"]

CLOUDS: Mapping[str, CloudKind] = {"huawei": huawei.KIND, "alibaba": alibaba.KIND}
