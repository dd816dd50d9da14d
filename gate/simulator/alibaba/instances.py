"""Writes the images of the whole account as DescribeImageInstances does (alibaba-security-center.md 2.2)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from gate.simulator.alibaba.criteria import fit, read
from gate.simulator.alibaba.identity import REGION
from gate.simulator.alibaba.images import Image, images, others
from gate.simulator.alibaba.parameters import Asked
from gate.simulator.alibaba.tasks import milliseconds
from gate.simulator.task import Snapshot

EARLIER: Final = 30 * 24 * 3600.0
LONG_AGO: Final = 1_704_067_200.0
"""2024-01-01, when those images were scanned that no task here looks at."""
SIZE: Final = "186.4"


@dataclass(frozen=True, kw_only=True, slots=True)
class Instance:
    """An image under one of its tags, with what is known of it."""

    image: Image
    place: int
    """Which one of its tags, from 0."""
    scanned: float | None
    risky: bool | None


def wanted(tasks: Iterable[Snapshot], asked: Asked) -> list[dict[str, Any]]:
    """The rows that are asked for, in an order that has nothing to do with tasks or times."""
    criteria = read(asked["Criteria"][0]) or ()
    rows = sorted(map(document, instances(tasks)), key=lambda row: str(row["Uuid"]))
    scanned = asked["Scanned"][0].lower() == "true" if "Scanned" in asked else None
    rows = [row for row in rows if scanned in {None, "LastScanTime" in row}]
    return fit(criteria, asked["LogicalExp"][0], rows)


def instances(tasks: Iterable[Snapshot]) -> Iterator[Instance]:
    """Every image that there is, as often as it has tags."""
    for seen in tasks:
        for image in images(seen.task):
            scanned, risky = _known(image, seen)
            for place in range(len(image.tags)):
                yield Instance(image=image, place=place, scanned=scanned, risky=risky)
    for image in others():
        # One in ten was never scanned, and nobody knows what is in it.
        never = image.number % 10 == 0
        yield Instance(
            image=image,
            place=0,
            scanned=None if never else LONG_AGO + image.number,
            risky=None if never else image.risky,
        )


def document(instance: Instance) -> dict[str, Any]:
    """One element of ImageInstanceList, without the fields that have nothing to say."""
    image, risk = instance.image, {True: "YES", False: "NO", None: None}[instance.risky]
    # The opposite of what the leaf of the image does, and each tag does it differently.
    prefix = "sha256:" if (image.number + instance.place) % 2 else ""
    everything = {
        "Uuid": f"image-{image.digest[:24]}-{instance.place}",
        "Digest": f"{prefix}{image.digest}",
        "Tag": image.tags[instance.place],
        "ImageId": image.digest[32:],
        "RepoName": image.repository,
        "RepoNamespace": image.namespace,
        "RepoId": f"crr-{image.namespace}-{image.repository}",
        "RepoType": "private",
        "InstanceId": "cri-simulated",
        "RegionId": REGION,
        "RegistryType": "acr",
        "ImageSize": SIZE,
        "Status": "NORMAL",
        "Deployed": 0,
        "RiskStatus": risk,
        **_findings(risk),
        **_scan(instance),
    }
    return {name: value for name, value in everything.items() if value is not None}


def _known(image: Image, seen: Snapshot) -> tuple[float | None, bool | None]:
    if seen.settled and image.fate == "scanned":
        return seen.ended, image.risky
    if not seen.task.scanned_before:
        return None, None
    # The other way round, so that whoever does not look at the time of the scan is found out.
    return seen.started - EARLIER, None if image.risky is None else not image.risky


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
