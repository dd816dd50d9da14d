"""Lists what users of the console have put on a whitelist (alibaba-images.md 3.2)."""

import json
from typing import Any

from gate.simulator.alibaba.pages import page
from gate.simulator.alibaba.parameters import Parameters, value
from gate.simulator.alibaba.responses import ok
from gate.simulator.cloud import ApiResponse, CloudState
from gate.simulator.vulnerability import WhitelistEntry


def list_whitelist(parameters: Parameters, state: CloudState) -> ApiResponse:
    """The page of DescribeImageVulWhiteList."""
    alias = value(parameters, "AliasName")
    is_about_images = value(parameters, "Source") == "image"
    entries = [one for one in state.account.whitelist if is_about_images and alias in {"", one.id}]
    on_page, info = page([*enumerate(entries)], parameters, state.page_cap)
    rows = [_document(number, entry) for number, entry in on_page]
    return ok({"Code": "200", "Success": True, "ImageVulWhitelist": rows, "PageInfo": info})


def _document(number: int, entry: WhitelistEntry) -> dict[str, Any]:
    target = {"type": "repo", "target": [entry.repository] if entry.repository else []}
    return {
        "Id": number,
        "Name": entry.id,
        "AliasName": entry.id,
        "Type": "cve",
        "Reason": entry.reason,
        "Target": json.dumps(target),
    }
