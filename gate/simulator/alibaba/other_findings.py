"""Lists the malicious files, baseline risks and sensitive files of pushed images (alibaba-images.md 3.2 and 3.3)."""

import json
from collections.abc import Mapping
from hashlib import md5
from typing import Any, Final

from gate.simulator.alibaba import catalog
from gate.simulator.alibaba.instances import findings_of, result_time
from gate.simulator.alibaba.pages import page
from gate.simulator.alibaba.parameters import Parameters, value, values
from gate.simulator.alibaba.responses import ok
from gate.simulator.alibaba.severities import LEVELS, RISK_LEVELS
from gate.simulator.alibaba.vulnerabilities import selected_rows
from gate.simulator.cloud import ApiResponse, CloudState
from gate.simulator.image import BySeverity, SeverityName
from gate.simulator.listing import ListedImage

SENSITIVE: Final[Mapping[str, str]] = {"high": "rsa_private_key", "medium": "npm_token", "low": "git_cfg"}
"""A kind of sensitive file for each level."""
LEAST_FIRST: Final[tuple[SeverityName, ...]] = ("low", "medium", "high", "critical")


def malicious_files(parameters: Parameters, state: CloudState) -> ApiResponse:
    """The page of DescribeGroupedMaliciousFiles: one row for each file, the least severe first, with its images."""
    levels = values(parameters, "Levels")
    images: dict[tuple[str, str], list[ListedImage]] = {}
    for row in selected_rows(parameters, state, digest="ImageDigest"):
        for level, number in _by_level(findings_of(row).malicious_files, LEVELS).items():
            for position in range(number if levels is None or level in levels else 0):
                images.setdefault((level, f"{level}-{position}.elf"), []).append(row)
    on_page, info = page([*images.items()], parameters, state.page_cap)
    rows = [_file(level, name, found) for (level, name), found in on_page]
    return ok({"GroupedMaliciousFileResponse": rows, "PageInfo": info})


def baseline(parameters: Parameters, state: CloudState) -> ApiResponse:
    """The page of DescribeImageBaselineCheckResult: one row for each level, which counts its failed items."""
    levels = values(parameters, "RiskLevel")
    rows = [
        _baseline(row, level, number)
        for row in catalog.rows(state)
        if catalog.uuid(row.image) == value(parameters, "ImageUuid")
        for level, number in _by_level(findings_of(row).baseline, RISK_LEVELS).items()
        if number and (levels is None or level in levels)
    ]
    on_page, info = page(rows, parameters, state.page_cap)
    return ok({"BaselineResult": on_page, "PageInfo": info})


def sensitive_files(parameters: Parameters, state: CloudState) -> ApiResponse:
    """The page of DescribeImageSensitiveFileList: one row for each kind of file, which counts them.

    What is in the files is in no field.
    """
    is_about_images = "image" in json.loads(value(parameters, "ScanRange"))
    rows = [
        _sensitive(row, level, number)
        for row in (catalog.rows(state) if is_about_images else ())
        if value(parameters, "ImageUuid") in {"", catalog.uuid(row.image)}
        for level, number in _by_level(findings_of(row).sensitive_files, RISK_LEVELS).items()
        if number and value(parameters, "RiskLevel") in {"", level}
    ]
    on_page, info = page(rows, parameters, state.page_cap)
    outcome = {"Code": "200", "HttpStatusCode": 200, "Success": True, "Message": "success"}
    return ok({**outcome, "SensitiveFileList": on_page, "PageInfo": info})


def _by_level(counts: BySeverity, words: Mapping[SeverityName, str]) -> dict[str, int]:
    by_level: dict[str, int] = {}
    for severity in LEAST_FIRST:
        by_level[words[severity]] = by_level.get(words[severity], 0) + getattr(counts, severity)
    return by_level


def _file(level: str, name: str, rows: list[ListedImage]) -> dict[str, Any]:
    scanned = max(map(result_time, rows))
    return {
        "Level": level,
        "Status": 0,
        "ImageCount": len(rows),
        "MaliciousName": name,
        "MaliciousKey": f"malware.{name}",
        "MaliciousMd5": md5(name.encode(), usedforsecurity=False).hexdigest(),
        "FirstScanTimestamp": scanned,
        "LatestScanTimestamp": scanned,
    }


def _baseline(row: ListedImage, level: str, number: int) -> dict[str, Any]:
    items = {f"{name}RiskItemCount": 0 for name in ("High", "Middle", "Low")}
    name = {"high": "High", "medium": "Middle", "low": "Low"}[level]
    return {
        "BaselineNameLevel": level,
        "BaselineNameKey": f"hc_image_{level}",
        "BaselineNameAlias": f"Access keys, {level} risk",
        "BaselineClassAlias": "Access keys",
        "BaselineItemCount": number,
        **items,
        f"{name}RiskItemCount": number,
        "Status": 0,
        "FirstScanTime": result_time(row),
        "LastScanTime": result_time(row),
    }


def _sensitive(row: ListedImage, level: str, number: int) -> dict[str, Any]:
    return {
        "RiskLevel": level,
        "SensitiveFileKey": SENSITIVE[level],
        "SensitiveFileName": f"{SENSITIVE[level]} in a file",
        "ClassKey": "password",
        "ClassName": "Passwords",
        "Count": number,
        "UnprocessedNum": 1,
        "Status": 0,
        "FirstScanTime": result_time(row),
        "LastScanTime": result_time(row),
    }
