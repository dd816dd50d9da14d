"""The whitelists of Security Center: vulnerabilities that its users have put there (alibaba-images.md 3.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gate.clouds.alibaba.security_center import PAGE_SIZE
from gate.clouds.values import count, malformed, text
from gate.clouds.whitelists import Whitelist, Whitelisted

if TYPE_CHECKING:
    from gate.clouds.alibaba.pages import Row
    from gate.clouds.alibaba.security_center import SecurityCenter

_REPOSITORY = re.compile('"([^"/]+/[^"]+)"')


def read_whitelist(sas: SecurityCenter) -> Whitelist:
    """The first page of DescribeImageVulWhiteList, once, without retries.

    Raises:
        GateError: The list could not be read.
    """
    query = {"Source": "image", "Lang": "en", "CurrentPage": "1", "PageSize": str(PAGE_SIZE)}
    document = sas.call("DescribeImageVulWhiteList", query, is_retried=False)
    rows, info = document.get("ImageVulWhitelist"), document.get("PageInfo")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise malformed("The response has no list of vulnerabilities on a whitelist.")
    total = count(info.get("TotalCount")) if isinstance(info, dict) else None
    return Whitelist.of(map(_parse, rows), total=total)


def _parse(row: Row) -> Whitelisted:
    """Translates an entry; its target is JSON in a text, of whose form only the repositories are documented."""
    target = text(row.get("Target")).replace("\\/", "/")
    return Whitelisted(
        id=text(row.get("Name")) or text(row.get("AliasName")),
        reason=text(row.get("Reason")),
        repositories=tuple(_REPOSITORY.findall(target)),
    )
