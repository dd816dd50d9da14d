"""Renders the images of the account as DescribeImageInstances and DescribeImage do (alibaba-security-center.md 2.2)."""

from collections.abc import Iterator
from typing import Any, Final

from gate.simulator.alibaba import catalog
from gate.simulator.alibaba.criteria import matching_rows, parse
from gate.simulator.alibaba.identity import REGION
from gate.simulator.alibaba.leaves import FAILED
from gate.simulator.alibaba.pages import page
from gate.simulator.alibaba.parameters import Parameters, is_true, value
from gate.simulator.alibaba.responses import ok
from gate.simulator.alibaba.tasks import milliseconds
from gate.simulator.cloud import ApiResponse, CloudState
from gate.simulator.image import CLEAN, Findings
from gate.simulator.listing import ListedImage
from gate.simulator.task import DONE
from gate.simulator.task_images import Instance, instances
from gate.simulator.unverified import Unverified

IMAGE_SIZE: Final = "186.4"
RUNNING: Final = ("START", "MESSAGE_SEND", "START_RUN", "DOWNLOAD", "PRE_ANALYZER", "CVE_ANALYZER", "OTHER_ANALYZER")
"""Some of the documented steps of a running scan."""

Row = dict[str, Any]


def list_images(parameters: Parameters, state: CloudState) -> ApiResponse:
    """The page of DescribeImageInstances, in an order that is independent of tasks and times."""
    unverified = state.account.unverified
    rows = sorted(_rows(state), key=lambda row: str(row["Uuid"]))
    if "Scanned" in parameters:
        rows = [row for row in rows if is_true(parameters, "Scanned") == (unverified.scan_time_field in row)]
    criteria = parse(parameters["Criteria"][0]) or ()
    matching = matching_rows(criteria, parameters["LogicalExp"][0], rows, is_fuzzy=unverified.fuzzy_filters)
    on_page, info = page(matching, parameters, state.page_cap)
    return ok({"ImageInstanceList": on_page, "PageInfo": info})


def describe_image(parameters: Parameters, state: CloudState) -> ApiResponse:
    """The digest that a tag has in Security Center; without one, the document is empty: no page says what it is."""
    wanted = catalog.Ids(instance_id=value(parameters, "ImageInstanceId"), repo_id=value(parameters, "ImageRepoId"))
    for shown in catalog.rows(state):
        image, place = shown.image, catalog.instance(shown.image)
        is_there = place is not None and place.region == value(parameters, "ImageRegionId")
        is_repository = wanted in {catalog.registry_ids(image), catalog.row_ids(image, state.account.unverified)}
        if is_there and is_repository and image.tag == value(parameters, "ImageTag"):
            return ok({"Data": {"Digest": catalog.bare(image.digest)}})
    return ok({})


def findings_of(shown: ListedImage) -> Findings:
    """The findings that a row shows, which are none if there are no results: one cannot tell it from a clean image."""
    return shown.results.findings if shown.results else CLEAN


def result_time(shown: ListedImage) -> int:
    """When the scan ended whose findings a row shows, in milliseconds since the epoch; 0 without any."""
    return milliseconds(shown.results.ended) if shown.results else 0


def is_risky(findings: Findings, unverified: Unverified) -> bool:
    """Whether these findings make an image risky."""
    return findings.is_risky or bool(unverified.handled_findings_count and findings.handled.total)


def vulnerability_count(findings: Findings, unverified: Unverified) -> int:
    """How many vulnerabilities a row counts."""
    handled = findings.handled.total if unverified.handled_findings_count else 0
    return findings.vulnerabilities.total + findings.libraries.total + handled


def _rows(state: CloudState) -> Iterator[Row]:
    unverified = state.account.unverified
    documents = [
        *map(_generated, instances(state.tasks)),
        *(_pushed(shown, unverified) for shown in catalog.rows(state)),
    ]
    for row in documents:
        yield {_spelled(name, unverified): value for name, value in row.items() if value is not None}


def _spelled(name: str, unverified: Unverified) -> str:
    return unverified.scan_time_field if name == "LastScanTime" else name


def _generated(instance: Instance) -> Row:
    image, risk = instance.image, _yes_or_no(instance.risky)
    # The opposite form of the leaf of the same image, and alternating between its tags.
    prefix = "sha256:" if (image.number + instance.tag_index) % 2 else ""
    scanned = instance.scanned
    return {
        "Uuid": f"image-{image.digest[:24]}-{instance.tag_index}",
        "Digest": f"{prefix}{image.digest}",
        "Tag": image.tags[instance.tag_index],
        "ImageId": image.digest[32:],
        "RepoName": image.repository,
        "RepoNamespace": image.namespace,
        "RepoId": f"crr-{image.namespace}-{image.repository}",
        "RepoType": "private",
        "InstanceId": "cri-simulated",
        "RegionId": REGION,
        "RegistryType": "acr",
        "ImageSize": IMAGE_SIZE,
        "Status": "NORMAL",
        "Deployed": 0,
        "RiskStatus": risk,
        "VulStatus": risk or "NO",
        "VulCount": 3 if risk == "YES" else 0,
        "HcStatus": "NO",
        "HcCount": 0,
        "AlarmStatus": "NO",
        "AlarmCount": 0,
        "ScaStatus": "INIT" if scanned is None else "SUCCESS",
        "ScaProgress": 0 if scanned is None else DONE,
        "LastScanTime": None if scanned is None else milliseconds(scanned),
    }


def _pushed(shown: ListedImage, unverified: Unverified) -> Row:
    image, ids = shown.image, catalog.row_ids(shown.image, unverified)
    return {
        "Uuid": catalog.uuid(image),
        "Digest": catalog.row_digest(image),
        "Tag": image.tag,
        "ImageId": catalog.image_id(image),
        "RepoName": image.name,
        "RepoNamespace": image.namespace,
        "RepoId": ids.repo_id,
        "RepoType": "private",
        "InstanceId": ids.instance_id,
        "RegionId": (catalog.instance(image) or catalog.DEFAULT).region,
        "RegistryType": catalog.registry_type(image),
        "ImageSize": f"{image.size / catalog.MEGABYTE:.1f}",
        "Status": "NORMAL",
        "Deployed": 0,
        **_risks(shown, unverified),
        **_scan(shown),
    }


def _risks(shown: ListedImage, unverified: Unverified) -> Row:
    findings = findings_of(shown)
    says_risk = shown.results is not None or unverified.unscanned_images_have_no_risk
    vulnerabilities = vulnerability_count(findings, unverified)
    return {
        "RiskStatus": _yes_or_no(is_risky(findings, unverified) if says_risk else None),
        "VulStatus": _yes_or_no(vulnerabilities > 0),
        "VulCount": vulnerabilities,
        "HcStatus": _yes_or_no(findings.baseline.total > 0),
        "HcCount": findings.baseline.total,
        "AlarmStatus": _yes_or_no(findings.malicious_files.total > 0),
        "AlarmCount": findings.malicious_files.total,
    }


def _scan(shown: ListedImage) -> Row:
    status, progress, result = _scan_state(shown)
    scanned = None if shown.scanned is None else milliseconds(shown.scanned)
    return {"ScaStatus": status, "ScaProgress": progress, "ScaResult": result, "LastScanTime": scanned}


def _scan_state(shown: ListedImage) -> tuple[str, int, str | None]:
    match shown.state:
        case "unscanned":
            return "INIT", 0, None
        case "waiting":
            return "INIT", 0, None
        case "scanning":
            return RUNNING[shown.image.number % len(RUNNING)], DONE // 2, None
        case "scanned":
            return "SUCCESS", DONE, None
        case _:
            failure = shown.last_scan.failure if shown.last_scan else None
            status, result = FAILED[failure or "broken"]
            return status, DONE, result


def _yes_or_no(is_so: bool | None) -> str | None:  # noqa: FBT001 - None is the third value
    if is_so is None:
        return None
    return "YES" if is_so else "NO"
