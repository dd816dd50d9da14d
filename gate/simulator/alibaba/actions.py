"""Defines the parameters of every action of both products.

Those about tasks are in alibaba-security-center.md 1.1, 2.1 and 2.2, and those about exactly some images in
alibaba-images.md 1 to 4. The maximum length of a page is not documented; see `pages`.
"""

from collections.abc import Mapping
from typing import Final

from gate.simulator.alibaba import sts
from gate.simulator.alibaba.criteria import JOINS, parse
from gate.simulator.alibaba.parameters import Parameter, Table, boolean, comma_list, json_words, number, words
from gate.simulator.task import Kind

TASK_TYPES: Final[Mapping[str, Kind]] = {
    "CLIENT_PROBLEM_CHECK": "client_problem_check",
    "CLIENT_DEV_OPS": "client_dev_ops",
    "ASSET_SECURITY_CHECK": "asset_security_check",
    "ASSETS_COLLECTION": "assets_collection",
    "IMAGE_SCAN": "image_scan",
    "AI_SECURITY_CHECK": "ai_security_check",
    "IDC_PROBE_SCAN": "idc_probe_scan",
    "ATTACK_SURFACE_SCAN": "attack_surface_scan",
    "ASSET_EXPOSURE_SCAN": "asset_exposure_scan",
    "VUL_CHECK_TASK": "vul_check_task",
}
"""The ten task types that a request can name."""
LEAF_TYPES: Final[Mapping[str, Kind]] = {"IMAGE_SCAN": "image_scan", "IMAGE_REGISTRY_PULL": "image_sync"}
"""The task types with sub-tasks."""

ANY: Final = Parameter()
REQUIRED: Final = Parameter(required=True)
BOOLEAN: Final = Parameter(accepts=boolean)
TASK_TYPE: Final = Parameter(accepts=TASK_TYPES.__contains__, required=True)
CURRENT_PAGE: Final = Parameter(accepts=number(1), default="1")
PAGE_SIZE: Final = Parameter(accepts=number(1), default="20")
NECESSITY: Final = Parameter(accepts=words("asap", "later", "nntf"))
SCAN_RANGE: Final = Parameter(accepts=words("image", "container"), is_list=True)
IMAGE_FILTERS: Final[Table] = {
    "RegistryTypes": Parameter(accepts=comma_list("acr", "harbor", "quay")),
    "RegionIds": ANY,
    "InstanceIds": ANY,
    "RepoNamespaces": ANY,
    "RepoIds": ANY,
    "RepoNames": ANY,
    "Digests": ANY,
    "Tags": ANY,
    "SourceIp": ANY,
}
"""All are lists with commas, except for the last one, which filters nothing."""
ONE_TAG: Final[Table] = {"InstanceId": REQUIRED, "RepoId": ANY, "Tag": ANY, "Digest": ANY, "ScanTaskId": ANY}

SECURITY_CENTER: Final[Mapping[str, Table]] = {
    "GetLastOnceTaskInfo": {"TaskType": TASK_TYPE, "TaskName": TASK_TYPE, "Source": ANY},
    "GetOnceTaskResultInfo": {"TaskId": REQUIRED, "TaskType": TASK_TYPE, "TaskName": TASK_TYPE},
    "DescribeOnceTaskLeafRecordPage": {
        "TaskType": Parameter(accepts=LEAF_TYPES.__contains__, required=True),
        "CurrentPage": Parameter(accepts=number(1), required=True),
        # Documented as required and with a default; the default is harmless.
        "PageSize": PAGE_SIZE,
        "RelateInfo": Parameter(accepts=boolean, required=True),
        "TaskId": ANY,
        "Source": ANY,
        "StartTime": Parameter(accepts=number(0)),
        "EndTime": Parameter(accepts=number(0)),
        "StatusList": Parameter(is_list=True),
    },
    "DescribeImageInstances": {
        "Criteria": Parameter(accepts=lambda text: parse(text) is not None, default="[]"),
        "LogicalExp": Parameter(accepts=JOINS.__contains__, default="AND"),
        "CurrentPage": CURRENT_PAGE,
        "PageSize": PAGE_SIZE,
        "Scanned": BOOLEAN,
    },
    # `scans` validates the form of the images.
    "PublicSyncAndCreateImageScanTask": {"Images": REQUIRED, "SourceIp": ANY},
    "PublicCreateImageScanTask": IMAGE_FILTERS,
    "PublicPreCheckImageScanTask": IMAGE_FILTERS,
    "DescribeImageScanAuthCount": {},
    # A missing target has an error of its own.
    "ListUnfinishedOnceTask": {
        "TaskType": Parameter(accepts=words("ASSETS_COLLECTION", "IMAGE_SCAN"), required=True),
        "Target": ANY,
    },
    "CancelOnceTask": {"TaskId": REQUIRED},
    "DescribeImageLatestScanTask": {"Digest": REQUIRED},
    "DescribeImage": {
        "ImageRegionId": REQUIRED,
        "ImageInstanceId": REQUIRED,
        "ImageRepoId": REQUIRED,
        "ImageTag": REQUIRED,
    },
    "DescribeUuidVulNumClassifyStatistic": {
        "Uuids": REQUIRED,
        "ImageVul": Parameter(accepts=boolean, default="false"),
    },
    "DescribeImageVulList": {
        "Type": REQUIRED,
        "Digest": ANY,
        "Uuids": ANY,
        "Necessity": NECESSITY,
        "Dealed": Parameter(accepts=words("y", "n")),
        "StatusList": Parameter(accepts=comma_list("1", "4", "7")),
        "Name": ANY,
        "RepoNamespace": ANY,
        "RepoName": ANY,
        "GroupByAsset": Parameter(accepts=boolean, default="false"),
        "ScanRange": SCAN_RANGE,
        "Lang": Parameter(accepts=words("zh", "en")),
        "CurrentPage": CURRENT_PAGE,
        "PageSize": Parameter(accepts=number(1), default="10"),
    },
    "DescribeImageGroupedVulList": {
        "Type": Parameter(accepts=words("cve", "sca"), default="cve"),
        "ImageDigest": ANY,
        "Uuids": ANY,
        "Necessity": NECESSITY,
        "CveId": ANY,
        "Name": ANY,
        "RepoNamespace": ANY,
        "RepoName": ANY,
        "IsLatest": Parameter(accepts=words("0", "1")),
        "ScanRange": SCAN_RANGE,
        "Lang": Parameter(accepts=words("zh", "en")),
        "CurrentPage": CURRENT_PAGE,
        "PageSize": PAGE_SIZE,
    },
    "DescribeGroupedMaliciousFiles": {
        "ImageDigest": ANY,
        "Levels": Parameter(accepts=comma_list("serious", "suspicious", "remind")),
        "RepoNamespace": ANY,
        "RepoName": ANY,
        "ScanRange": SCAN_RANGE,
        "Lang": Parameter(accepts=words("zh", "en")),
        "CurrentPage": Parameter(accepts=number(1), required=True),
        "PageSize": Parameter(accepts=number(1), required=True),
    },
    "DescribeImageBaselineCheckResult": {
        "ImageUuid": REQUIRED,
        "RiskLevel": Parameter(accepts=comma_list("high", "medium", "low")),
        "ScanRange": SCAN_RANGE,
        "Lang": Parameter(accepts=words("zh", "en")),
        "CurrentPage": CURRENT_PAGE,
        "PageSize": PAGE_SIZE,
    },
    "DescribeImageSensitiveFileList": {
        "ImageUuid": ANY,
        "RiskLevel": Parameter(accepts=words("high", "medium", "low")),
        # A JSON array here, and no numbered list.
        "ScanRange": Parameter(accepts=lambda text: json_words(text, "image", "container"), default='["image"]'),
        "Lang": Parameter(accepts=words("zh", "en")),
        "CurrentPage": CURRENT_PAGE,
        "PageSize": PAGE_SIZE,
    },
    "DescribeImageVulWhiteList": {
        "AliasName": ANY,
        "Source": Parameter(accepts=words("image", "agentless"), default="image"),
        "Lang": Parameter(accepts=words("zh", "en"), default="zh"),
        "CurrentPage": CURRENT_PAGE,
        "PageSize": PAGE_SIZE,
    },
}

CONTAINER_REGISTRY: Final[Mapping[str, Table]] = {
    "ListInstance": {
        "InstanceName": ANY,
        "InstanceStatus": Parameter(
            accepts=words(
                *("PENDING", "INIT_ERROR", "STARTING", "RUNNING", "STOPPING", "STOPPED", "DELETING", "DELETED")
            )
        ),
        "PageNo": CURRENT_PAGE,
        "PageSize": Parameter(accepts=number(1), default="30"),
    },
    "GetRepository": {"InstanceId": REQUIRED, "RepoId": ANY, "RepoNamespaceName": ANY, "RepoName": ANY},
    "GetRepoTag": {"InstanceId": REQUIRED, "RepoId": REQUIRED, "Tag": REQUIRED},
    "CreateRepoTagScanTask": {
        "InstanceId": REQUIRED,
        "RepoId": REQUIRED,
        "Tag": REQUIRED,
        "Digest": ANY,
        "ScanService": Parameter(accepts=words("SAS_SCAN_SERVICE", "ACR_SCAN_SERVICE"), default="ACR_SCAN_SERVICE"),
        "ScanType": ANY,
    },
    "GetRepoTagScanStatus": {**ONE_TAG, "ScanType": ANY},
    "GetRepoTagScanSummary": ONE_TAG,
    "ListRepoTagScanResult": {
        **ONE_TAG,
        "Severity": Parameter(accepts=words("High", "Medium", "Low", "Unknown")),
        "ScanType": Parameter(accepts=words("cve", "sca")),
        "VulQueryKey": ANY,
        "FilterValue": ANY,
        "PageNo": CURRENT_PAGE,
        "PageSize": Parameter(accepts=number(1), default="30"),
    },
}

PRODUCTS: Final[Mapping[str, Mapping[str, Table]]] = {
    "2018-12-03": SECURITY_CENTER,
    "2018-12-01": CONTAINER_REGISTRY,
    sts.VERSION: sts.TABLES,
}
"""The actions of each product by the version of its API, by which a request names it; no action is in two."""
ACTIONS: Final[Mapping[str, Table]] = {**SECURITY_CENTER, **CONTAINER_REGISTRY, **sts.TABLES}
GET_ONLY: Final = frozenset({"GetRepoTag"})
"""All others accept POST too (alibaba-images.md 4)."""
