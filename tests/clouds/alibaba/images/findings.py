"""Builders of the rows of lists of findings, and of whole lists, as Security Center sends them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.builders import NOW
from tests.clouds.alibaba.images.builders import DIGEST, in_ms

if TYPE_CHECKING:
    from tests.clouds.alibaba.images.scripted import Document

SYSTEM, APPLICATIONS = "DescribeImageVulList", "DescribeImageGroupedVulList"
FILES, BASELINE, SECRETS = (
    "DescribeGroupedMaliciousFiles",
    "DescribeImageBaselineCheckResult",
    "DescribeImageSensitiveFileList",
)
KEYS = {
    SYSTEM: "VulRecords",
    APPLICATIONS: "GroupedVulItems",
    FILES: "GroupedMaliciousFileResponse",
    BASELINE: "BaselineResult",
    SECRETS: "SensitiveFileList",
}
"""The field with the rows, by operation."""
UUID = f"uuid-{DIGEST[:8]}"
AT = in_ms(NOW - timedelta(hours=1))
"""When the scan ended that has found it all."""


def without_none(fields: dict[str, Any]) -> dict[str, Any]:
    """A field with None is absent."""
    return {name: value for name, value in fields.items() if value is not None}


def a_vulnerability(number: int | None = None, **fields: Any) -> Document:
    """A vulnerability of the system of high severity; one with a number is another one."""
    cve = "CVE-2019-9893" if number is None else f"CVE-2026-{number}"
    return without_none(
        {
            "Type": "cve",
            "Status": 1,
            "Necessity": "asap",
            "Name": f"debian:10:{cve}",
            "Related": cve,
            "CanFix": "yes",
            "ImageDigest": DIGEST,
            "Uuid": UUID,
            "FirstTs": 1,
            "LastTs": AT,
            "ExtendContentJson": {
                "RpmEntityList": [{"Name": "libseccomp2", "Version": "2.3.3", "FullVersion": "2.3.3-4"}]
            },
            **fields,
        }
    )


def a_group(name: str = "imgsca:java:spring-core:AVD-2022-1124599", **fields: Any) -> Document:
    """A vulnerability of applications of medium severity."""
    counts = {"AsapCount": 0, "LaterCount": 1, "NntfCount": 0}
    return without_none(
        {
            "Type": "sca",
            "Status": 0,
            "Name": name,
            "Related": name.rpartition(":")[2],
            "CveScore": "9.8",
            **counts,
            "LastScanTime": AT,
            "GmtLast": 1,
            **fields,
        }
    )


def a_file(**fields: Any) -> Document:
    """A malicious file of high severity."""
    return without_none(
        {
            "Level": "serious",
            "Status": 0,
            "ImageCount": 1,
            "MaliciousName": "WebShell",
            "MaliciousMd5": "0" * 32,
            "LatestScanTimestamp": AT,
            **fields,
        }
    )


def a_baseline(**fields: Any) -> Document:
    """A baseline with one item of high severity that failed."""
    return without_none(
        {
            "BaselineNameLevel": "high",
            "BaselineNameKey": "hc_image_ak",
            "BaselineItemCount": 3,
            "HighRiskItemCount": 1,
            "MiddleRiskItemCount": 0,
            "LowRiskItemCount": 0,
            "Status": 0,
            "LastScanTime": AT,
            **fields,
        }
    )


def a_secret(**fields: Any) -> Document:
    """A sensitive file of medium severity."""
    return without_none(
        {
            "RiskLevel": "medium",
            "SensitiveFileKey": "npm_token",
            "Count": 1,
            "UnprocessedNum": 1,
            "Status": 0,
            "LastScanTime": AT,
            **fields,
        }
    )


def a_list(operation: str, *rows: Document, total: object = -1, page: int = 1) -> Document:
    """A page of a list; the total is that of the rows unless it is given, and absent if it is None."""
    numbers = without_none({"CurrentPage": page, "TotalCount": len(rows) if total == -1 else total})
    # The two lists of vulnerabilities have no PageInfo.
    return {KEYS[operation]: [*rows], **(numbers if operation in {SYSTEM, APPLICATIONS} else {"PageInfo": numbers})}
