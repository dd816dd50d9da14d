"""Lists malicious files, baselines and sensitive information of one image as HSS does (huawei-images.md 3.4)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from gate.simulator.huawei.call import Call
from gate.simulator.huawei.checks import PAGES, Check, is_in_enterprise_project, length, one_of
from gate.simulator.huawei.rows import Row, milliseconds, rows
from gate.simulator.image import BySeverity, SeverityName

LONG_TEXT: Final = length(0, 65_535)
OF_IMAGE: Final[Mapping[str, Check]] = {
    **PAGES,
    # There is no word for images of JFrog.
    "image_type": one_of("private_image", "shared_image", "instance_image", "cicd", "harbor"),
    "namespace": LONG_TEXT,
    "image_name": LONG_TEXT,
}
MALWARE_CHECKS: Final[Mapping[str, Check]] = {**OF_IMAGE, "tag_name": LONG_TEXT, "file_name": LONG_TEXT}
SENSITIVE_CHECKS: Final[Mapping[str, Check]] = {
    **OF_IMAGE,
    "image_version": LONG_TEXT,
    "file_path": LONG_TEXT,
    "severity": one_of("critical", "high", "medium", "low"),
    "handle_status": one_of("unhandled", "handled"),
}
BASELINE_CHECKS: Final[Mapping[str, Check]] = {**PAGES, "image_id": length(0, 128)}
"""Values out of the ranges of the others have an empty result."""
BASELINE_TYPES: Final = frozenset({"private_image", "shared_image", "instance_image"})
EVERY_TYPE: Final = "registry"
LEVELS: Final[Mapping[SeverityName, str]] = {"critical": "High", "high": "High", "medium": "Medium", "low": "Low"}
SEVERITIES: Final[tuple[SeverityName, ...]] = ("low", "medium", "high", "critical")
STANDARDS: Final = {"low": "cn_standard", "medium": "hw_standard", "high": "cn_standard", "critical": "hw_standard"}
BASELINES: Final = {"low": "EulerOS", "medium": "EulerOS", "high": "Ubuntu16", "critical": "Ubuntu16"}
SECRET: Final = "password = correct-horse-battery"  # noqa: S105 - what a client must not show
"""The content of each piece of sensitive information."""


def malware(call: Call) -> list[dict[str, Any]]:
    """The rows of ListImageMalware that match a valid query; they state no severity."""
    return [
        document
        for row in _of_image(call, "tag_name")
        for document in _malicious_files(row.findings.malicious_files)
        if call.query.get("file_name", "") in document["file_name"]
    ]


def baselines(call: Call) -> list[dict[str, Any]]:
    """The rows of ListImageRiskConfigs that match a valid query: one for each baseline of an image, kept or not."""
    query = call.query
    return [
        document
        for row in rows(call.state.account, call.at)
        if row.shown.results and _is_selected(row, query)
        for document in _baselines(row.findings.baseline)
        if all(query.get(name, document[name]) == document[name] for name in ("check_name", "severity", "standard"))
    ]


def sensitive_information(call: Call) -> list[dict[str, Any]]:
    """The rows of ListImageSensitive that match a valid query, the secrets themselves included."""
    query = call.query
    return [
        document
        for row in _of_image(call, "image_version")
        for document in _secrets(row)
        if all(query.get(name, document[name]) == document[name] for name in ("severity", "handle_status"))
        and query.get("file_path", "") in document["file_path"]
    ]


def _of_image(call: Call, tag_parameter: str) -> Sequence[Row]:
    """The rows of the image that the path names, under the names that were given."""
    query = call.query
    names = {"image_type": "image_type", "namespace": "namespace", "image_name": "image_name"}
    given = {field: query[name] for name, field in {**names, tag_parameter: "image_version"}.items() if name in query}
    wanted = {**given, "image_id": call.path["image_id"]}
    matching = (row for row in rows(call.state.account, call.at) if _is_visible(row, query))
    return [*(row for row in matching if wanted.items() <= row.document.items())][:1]


def _is_visible(row: Row, query: Mapping[str, str]) -> bool:
    return is_in_enterprise_project(query["enterprise_project_id"], row.shown.image.enterprise_project)


def _is_selected(row: Row, query: Mapping[str, str]) -> bool:
    """Whether a query for baselines finds this image: by its id, else by parts of its name; without any, it does."""
    document, kind = row.document, query["image_type"]
    has_kind = document["image_type"] in BASELINE_TYPES and kind in {EVERY_TYPE, document["image_type"]}
    if not (has_kind and _is_visible(row, query)):
        return False
    if "image_id" in query:
        return bool(document["image_id"] == query["image_id"])
    has_version = "image_name" not in query or query.get("image_version") in {None, document["image_version"]}
    has_namespace = kind == "instance_image" or query.get("namespace") in {None, document["namespace"]}
    return query.get("image_name", "") in document["image_name"] and has_version and has_namespace


def _malicious_files(counts: BySeverity) -> Iterator[dict[str, Any]]:
    for number in range(counts.total):
        name = f"miner-{number}"
        yield {"file_name": name, "file_path": f"/usr/bin/{name}", "size": 4096, "description": "A miner."}


def _baselines(counts: BySeverity) -> Iterator[dict[str, Any]]:
    """A row for each severity that has failed items, and one of a baseline that is kept."""
    failed = {severity: getattr(counts, severity) for severity in SEVERITIES if getattr(counts, severity)}
    rows = [(LEVELS[one], BASELINES[one], STANDARDS[one], number) for one, number in failed.items()]
    for level, name, standard, number in [("Security", "CentOS 7", "hw_standard", 0), *rows]:
        yield {
            "severity": level,
            "check_name": name,
            "check_type": name,
            "standard": standard,
            "check_rule_num": number + 10,
            "failed_rule_num": number,
            "check_type_desc": f"Items of {name}.",
        }


def _secrets(row: Row) -> Iterator[dict[str, Any]]:
    severities = [one for one in SEVERITIES for _ in range(getattr(row.findings.sensitive_files, one))]
    for number, severity in enumerate(severities):
        yield {
            "sensitive_info_id": f"event-{number}",
            "severity": severity,
            "name": f"Password in a file ({severity})",
            "description": "A file has a password.",
            "position": "sha256:8ac8",
            "file_path": f"/app/config-{number}.ini",
            "content": SECRET,
            "latest_scan_time": milliseconds(row.shown.scanned),
            "handle_status": "unhandled",
        }
