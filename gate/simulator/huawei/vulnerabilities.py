"""Lists the vulnerabilities of one image as ListImageVulnerabilities does, and the CVEs of one (huawei-images.md 3)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from gate.simulator.huawei.call import Call
from gate.simulator.huawei.checks import PAGES, Check, is_in_enterprise_project, length, one_of
from gate.simulator.huawei.registries import WORDS
from gate.simulator.huawei.rows import Row, rows
from gate.simulator.image import SeverityName
from gate.simulator.vulnerability import FIRST_CVE, Vulnerability, vulnerabilities

NECESSITY: Final[Mapping[SeverityName, str]] = {
    "critical": "immediate_repair",
    "high": "immediate_repair",
    "medium": "delay_repair",
    "low": "not_needed_repair",
}
"""There is no word for critical."""
REQUIRED: Final = ("image_type", "namespace", "image_name", "tag_name")
CHECKS: Final[Mapping[str, Check]] = {
    **PAGES,
    "image_type": one_of(*(words.image_type for words in WORDS.values()), "cicd"),
    "namespace": length(0, 64),
    "image_name": length(0, 128),
    "tag_name": length(0, 64),
    "instance_id": length(0, 128),
    "repair_necessity": one_of("immediate_repair", "delay_repair", "not_needed_repair"),
    "vul_id": length(0, 128),
    "app_name": length(0, 64),
    "type": one_of("linux_vul", "app_vul"),
    "handle_status": one_of("unhandled", "handled"),
}
SECOND_PACKAGE: Final = "-devel"
FIRST_ADVISORY: Final = 1000
ADVISORY: Final = re.compile(r"HCE-SA-2025-([1-9][0-9]{3,5})")
WITHOUT_CVE: Final = range(5, 1_000_000, 7)
WITH_TWO_CVES: Final = range(3, 1_000_000, 4)
"""By the number of the advisory after the first one."""
PUBLISHED: Final = 1_641_035_700_000


def select(call: Call) -> list[dict[str, Any]]:
    """The rows that match a valid query; none, and no error, for an image that is not listed as the query says."""
    query, unverified = call.query, call.state.account.unverified
    if (row := row_of(call, {"image_version": query["tag_name"], "instance_id": query.get("instance_id")})) is None:
        return []
    return [
        document
        for one in vulnerabilities(row.findings)
        if _is_wanted(one, query, lists_handled=unverified.lists_handled_vulnerabilities)
        for document in _documents(one, in_packages=unverified.repeats_vulnerabilities)
        if query.get("app_name") in {None, document["app_name"]}
    ]


def cves(call: Call) -> list[dict[str, Any]]:
    """The rows of ListVulnerabilityCve: one of most advisories, two or none of some, and none of what is unknown."""
    advisory = ADVISORY.fullmatch(call.path["vul_id"])
    return [
        {"cve_id": cve, "cvss_score": 7.5, "publish_time": PUBLISHED, "description": f"About {cve}."}
        for cve in (cves_of(int(advisory[1]) - FIRST_ADVISORY) if advisory else ())
    ]


def cves_of(number: int) -> tuple[str, ...]:
    """The CVEs of the advisory with this number after the first one."""
    years = () if number in WITHOUT_CVE else (2025, 2024) if number in WITH_TWO_CVES else (2025,)
    return tuple(f"CVE-{year}-{FIRST_CVE + number}" for year in years)


def row_of(call: Call, names: Mapping[str, str | None]) -> Row | None:
    """The row of the image that a request names; None if none has exactly these names and its id."""
    query = call.query
    given = {name: query[name] for name in ("image_type", "namespace", "image_name")}
    names = {**names, **given, "image_id": call.path["image_id"]}
    return next((row for row in rows(call.state.account, call.at) if _is_of(row, names, query)), None)


def _is_of(row: Row, names: Mapping[str, str | None], query: Mapping[str, str]) -> bool:
    is_visible = is_in_enterprise_project(query["enterprise_project_id"], row.shown.image.enterprise_project)
    return is_visible and all(row.document.get(name) == value for name, value in names.items())


def _is_wanted(one: Vulnerability, query: Mapping[str, str], *, lists_handled: bool) -> bool:
    status, kind = query.get("handle_status"), "app_vul" if one.is_library else "linux_vul"
    return (
        query.get("repair_necessity", NECESSITY[one.severity]) == NECESSITY[one.severity]
        and query.get("type", kind) == kind
        and query.get("vul_id", "") in vul_id(one.number)
        and (lists_handled or not one.is_handled if status is None else (status == "handled") == one.is_handled)
    )


def vul_id(number: int) -> str:
    """The id of the advisory with this number after the first one."""
    return f"HCE-SA-2025-{FIRST_ADVISORY + number}"


def _documents(one: Vulnerability, *, in_packages: bool) -> Iterator[dict[str, Any]]:
    """A row for each package that has it, without empty fields."""
    names = (one.package, f"{one.package}{SECOND_PACKAGE}") if in_packages and one.number % 3 == 0 else (one.package,)
    for name in names:
        yield {
            "vul_id": vul_id(one.number),
            "repair_necessity": NECESSITY[one.severity],
            "description": f"{one.cve_id} in {name}.",
            "position": "sha256:8ac8",
            "app_name": name,
            **({"app_path": f"/app/{name}.jar"} if one.is_library else {}),
            "version": "1.0.0",
            "solution": f"Update {name}.",
            "url": "https://example.com/advisory",
        }
