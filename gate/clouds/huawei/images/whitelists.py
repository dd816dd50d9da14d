"""The whitelists of HSS: vulnerabilities that its users have put there (huawei-images.md 3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.clouds.values import text
from gate.clouds.whitelists import Whitelist, Whitelisted

if TYPE_CHECKING:
    from gate.clouds.huawei.images.calls import ImageCalls


def read_whitelist(calls: ImageCalls) -> Whitelist:
    """The first page of the whitelists of vulnerabilities; which images one is about is in another answer (3.2).

    Raises:
        GateError: The list could not be read.
    """
    page = calls.whitelists()
    entries = (
        Whitelisted(id=text(row.get("vul_id")) or text(row.get("vul_name")), reason=text(row.get("description")))
        for row in page.rows
    )
    return Whitelist.of(entries, total=page.total)
