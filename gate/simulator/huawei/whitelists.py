"""Lists what users of the console have put on a whitelist, as ListImageWhiteLists does (huawei-images.md 3.3)."""

from collections.abc import Mapping
from typing import Any, Final

from gate.simulator.huawei.call import Call
from gate.simulator.huawei.checks import PAGES, Check, length, one_of
from gate.simulator.vulnerability import WhitelistEntry

CHECKS: Final[Mapping[str, Check]] = {
    **PAGES,
    "global_image_type": one_of("local", "registry"),
    "type": one_of("vulnerability"),
    "vul_name": length(0, 256),
    "vul_type": one_of("linux_vul", "app_vul"),
}


def select(call: Call) -> list[dict[str, Any]]:
    """The whitelist entries of registry images; which images one is about, only its detail says."""
    if call.query.get("global_image_type") == "local":
        return []
    return [_document(number, entry) for number, entry in enumerate(call.state.account.whitelist)]


def _document(number: int, entry: WhitelistEntry) -> dict[str, Any]:
    return {
        "id": f"whitelist-{number}",
        "vul_id": entry.id,
        "vul_name": entry.id,
        "vul_type": "linux_vul",
        "cves": [{"cve_id": cve, "cvss": 7.5} for cve in entry.cve_ids],
        "rule_type": "specific_images" if entry.repository else "all_images",
        "query_info": {"image_type": "private_image"},
        "description": entry.reason,
    }
