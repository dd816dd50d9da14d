"""The CVEs that users of SWR Enterprise have put on the allowlist of an organisation (huawei-images.md 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gate.clouds.values import malformed, text
from gate.clouds.whitelists import Whitelist, Whitelisted

if TYPE_CHECKING:
    from collections.abc import Mapping


def parse_allowlist(document: Mapping[str, Any]) -> Whitelist:
    """Reads the allowlist in a response of ShowInstanceNamespace; an organisation may have none.

    Raises:
        NotUnderstood: It is there, and has no list of CVEs.
    """
    allowlist = document.get("cve_allowlist")
    if allowlist is None:
        return Whitelist(entries=[])
    items = (allowlist.get("items") or []) if isinstance(allowlist, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise malformed("The response has no list of CVEs in the allowlist of an organisation.")
    return Whitelist.of((Whitelisted(id=text(item.get("cve_id"))) for item in items), total=None)
