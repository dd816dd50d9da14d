"""Pushes images to the simulated Container Registry, and finds and scans them as a client does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.simulator.images import listed

if TYPE_CHECKING:
    from gate.simulator import PushedImage, Simulator
    from tests.simulator.conftest import CallAction

SYNC = "PublicSyncAndCreateImageScanTask"
CREATE = "PublicCreateImageScanTask"
PRE_CHECK = "PublicPreCheckImageScanTask"
QUOTA = "DescribeImageScanAuthCount"
CANCEL = "CancelOnceTask"
UNFINISHED = "ListUnfinishedOnceTask"
LATEST = "DescribeImageLatestScanTask"
IMAGE = "DescribeImage"
NUMBERS = "DescribeUuidVulNumClassifyStatistic"
BY_IMAGE = "DescribeImageVulList"
GROUPED = "DescribeImageGroupedVulList"
FILES = "DescribeGroupedMaliciousFiles"
BASELINE = "DescribeImageBaselineCheckResult"
SENSITIVE = "DescribeImageSensitiveFileList"

INSTANCES = "ListInstance"
REPOSITORY = "GetRepository"
TAG = "GetRepoTag"
SCAN = "CreateRepoTagScanTask"
STATUS = "GetRepoTagScanStatus"
SUMMARY = "GetRepoTagScanSummary"
RESULT = "ListRepoTagScanResult"

INSTANCE = "cri-simulated"
"""The instance of an image whose registry has no host."""
HOST = "demo-registry.cn-beijing.cr.aliyuncs.com"
"""The registry of another instance."""


def bare(image: PushedImage) -> str:
    """Its digest as Security Center takes it."""
    return image.digest.removeprefix("sha256:")


def repository_id(call: CallAction, simulator: Simulator, image: PushedImage, instance: str = INSTANCE) -> str:
    """The id of its repository, by its names."""
    names = {"RepoNamespaceName": image.namespace, "RepoName": image.name}
    repo_id: str = call(simulator, REPOSITORY, InstanceId=instance, **names).document["RepoId"]
    return repo_id


def of_tag(call: CallAction, simulator: Simulator, image: PushedImage, instance: str = INSTANCE) -> dict[str, str]:
    """The parameters of Container Registry for a tag."""
    return {
        "InstanceId": instance,
        "RepoId": repository_id(call, simulator, image, instance),
        "Tag": image.tag,
    }


def member(call: CallAction, simulator: Simulator, image: PushedImage, **changes: object) -> dict[str, object]:
    """An element of Images, from what Container Registry says of the image; None leaves a name out."""
    parameters = of_tag(call, simulator, image)
    tag = call(simulator, TAG, **parameters).document
    names = {
        "registryType": "acr",
        "repoId": parameters["RepoId"],
        "instanceId": INSTANCE,
        "repoNamespace": image.namespace,
        "regionId": "cn-hangzhou",
        "repoName": image.name,
        "digest": bare(image),
        "tag": image.tag,
        "createTime": tag["ImageCreate"],
        "updateTime": tag["ImageUpdate"],
        **changes,
    }
    return {name: value for name, value in names.items() if value is not None}


def sync(call: CallAction, simulator: Simulator, *images: PushedImage) -> dict[str, Any]:
    """Imports and scans these images: the data of the response."""
    members = [member(call, simulator, image) for image in images]
    data: dict[str, Any] = call(simulator, SYNC, Images=json.dumps(members)).document["Data"]
    return data


def rows(call: CallAction, simulator: Simulator, **query: object) -> list[dict[str, Any]]:
    """The rows of pushed images, by tag."""
    query = {"Criteria": json.dumps([{"name": "repoNamespace", "value": "team"}]), "PageSize": 50, **query}
    found = call(simulator, "DescribeImageInstances", **query).document["ImageInstanceList"]
    return sorted(found, key=lambda row: str(row["Tag"]))


def row(call: CallAction, simulator: Simulator) -> dict[str, Any]:
    """The only row of a pushed image."""
    (one,) = rows(call, simulator)
    return one


def scanned(of: str = "web", **others: Any) -> PushedImage:
    """An image that Security Center lists, and that is scanned at once when a scan of it starts."""
    return listed(of, **{"scan_seconds": 0.0, **others})
