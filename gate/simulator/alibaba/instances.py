"""Renders the images of the account as DescribeImageInstances does (alibaba-security-center.md 2.2)."""

from collections.abc import Iterable
from typing import Any, Final

from gate.simulator.alibaba.criteria import matching_rows, parse
from gate.simulator.alibaba.identity import REGION
from gate.simulator.alibaba.parameters import Parameters
from gate.simulator.alibaba.tasks import milliseconds
from gate.simulator.task import Snapshot
from gate.simulator.task_images import Instance, instances

IMAGE_SIZE: Final = "186.4"


def select(tasks: Iterable[Snapshot], parameters: Parameters) -> list[dict[str, Any]]:
    """The rows that match the parameters, in an order that is independent of tasks and times."""
    criteria = parse(parameters["Criteria"][0]) or ()
    rows = sorted(map(document, instances(tasks)), key=lambda row: str(row["Uuid"]))
    scanned = parameters["Scanned"][0].lower() == "true" if "Scanned" in parameters else None
    rows = [row for row in rows if scanned in {None, "LastScanTime" in row}]
    return matching_rows(criteria, parameters["LogicalExp"][0], rows)


def document(instance: Instance) -> dict[str, Any]:
    """One element of ImageInstanceList, without empty fields."""
    image, risk = instance.image, {True: "YES", False: "NO", None: None}[instance.risky]
    # The opposite form of the leaf of the same image, and alternating between its tags.
    prefix = "sha256:" if (image.number + instance.tag_index) % 2 else ""
    fields = {
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
        **_findings(risk),
        **_scan(instance),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _findings(risk: str | None) -> dict[str, Any]:
    return {
        "VulStatus": risk or "NO",
        "VulCount": 3 if risk == "YES" else 0,
        "HcStatus": "NO",
        "HcCount": 0,
        "AlarmStatus": "NO",
        "AlarmCount": 0,
    }


def _scan(instance: Instance) -> dict[str, Any]:
    if instance.scanned is None:
        return {"ScaStatus": "INIT", "ScaProgress": 0}
    return {"ScaStatus": "SUCCESS", "ScaProgress": 100, "LastScanTime": milliseconds(instance.scanned)}
