"""What doctor asks of each cloud: its services, and the operations of each permission."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What is expected of one cloud."""

    service: str
    registry: str
    """The service that is asked for tags."""
    finds_tasks: str
    """The operation that finds tasks, in the word of the simulator."""
    of_tasks: Mapping[str, bool]
    """Each operation of a scan task, and whether there is no verdict without it."""
    of_images: Mapping[str, bool]
    """Each operation of images that is called; likewise."""
    of_listing: Mapping[str, str]
    """Why an operation that lists images is not called."""
    starting: Mapping[str, str]
    """Why an operation that starts a scan, or needs one, is not called."""
    findings: tuple[str, ...]
    whitelists: str
    """The operation that lists what was put on a whitelist in the console."""
    of_a_tag: str
    """An operation that looks up a tag."""
    permission_of_a_tag: str
    optional: str
    """An operation that a run can do without."""
    quota: str
    """The operation that tells the quota."""
    own_operation: str
    """The operation, as the code names it, that a run does not call."""
    no_images: Mapping[str, object]
    """A response without an image."""
    lists_images: str
    missing_findings: Mapping[str, Mapping[str, object]]
    """A list that lacks findings, by its operation."""
    when_unlisted: str
    """The end of what is said of an image that is not listed yet."""
    region: str
    role: Mapping[str, str]
    """The options of a sign-in with an OIDC token, by their names in the simulator, each with a value."""
    second_role: Mapping[str, str]
    """The option of a second role, likewise."""
    sts: tuple[str, ...]
    """The addresses that are asked for credentials in this region."""
    metadata: str
    without_image: tuple[str, ...] = ()
    """What cannot be called without an image, beside the lists of findings."""


EXPECTED = {
    "huawei": Expected(
        service="HSS",
        registry="SWR",
        finds_tasks="tasks",
        of_tasks={"ListImageScanTask": True, "ListRegistryImages": False},
        of_images={
            "ListRegistryImages": True,
            "ListImageScanTask": True,
            "ListRegistry": False,
            "ListImageVulnerabilities": False,
            "ListImageBasicImage": False,
        },
        of_listing={"CreateImageSynchronizeTask": "would have a registry read again"},
        starting={"CreateManualImageScanTask": "would start a scan", "StopImageScanTask": "would stop a scan"},
        findings=("ListImageVulnerabilities", "ListImageMalware", "ListImageRiskConfigs", "ListImageSensitive"),
        whitelists="ListImageWhiteLists",
        of_a_tag="ShowRepoTag",
        permission_of_a_tag="ShowRepoTag",
        optional="ListImageBasicImage",
        quota="ShowImagePayPerScanStatistics",
        own_operation="pay-per-scan/statistics",
        no_images={"total_num": 0, "data_list": []},
        lists_images="ListRegistryImages",
        missing_findings={"ListImageVulnerabilities": {"total_num": 3, "data_list": []}},
        when_unlisted="A run has it read again.",
        region="cn-north-4",
        role={"agency_urn": "iam::09f8:agency:ci", "oidc_provider_urn": "iam::09f8:oidcProvider:ci"},
        second_role={"assume_agency_urn": "iam::09f8:agency:second"},
        sts=("https://sts.cn-north-4.myhuaweicloud.com", "https://sts.cn-east-3.myhuaweicloud.com"),
        metadata="http://169.254.169.254",
        without_image=("ListImageBasicImage",),
    ),
    "alibaba": Expected(
        service="Security Center",
        registry="Container Registry",
        finds_tasks="GetLastOnceTaskInfo",
        of_tasks={
            "GetLastOnceTaskInfo": True,
            "GetOnceTaskResultInfo": True,
            "DescribeOnceTaskLeafRecordPage": True,
            "DescribeImageInstances": True,
        },
        of_images={
            "DescribeImageInstances": True,
            "DescribeImageLatestScanTask": False,
            "DescribeUuidVulNumClassifyStatistic": False,
            "ListUnfinishedOnceTask": False,
            "GetLastOnceTaskInfo": False,
        },
        of_listing={},
        starting={
            "PublicSyncAndCreateImageScanTask": "would start a scan",
            "PublicCreateImageScanTask": "would start a scan",
            "GetOnceTaskResultInfo": "needs the scan that the run starts",
            "DescribeOnceTaskLeafRecordPage": "needs the scan that the run starts",
            "CancelOnceTask": "would stop a scan",
        },
        findings=(
            "DescribeImageVulList",
            "DescribeImageGroupedVulList",
            "DescribeGroupedMaliciousFiles",
            "DescribeImageBaselineCheckResult",
            "DescribeImageSensitiveFileList",
        ),
        whitelists="DescribeImageVulWhiteList",
        of_a_tag="GetRepoTag",
        permission_of_a_tag="ListInstance, GetRepository, GetRepoTag",
        optional="ListUnfinishedOnceTask",
        quota="DescribeImageScanAuthCount",
        own_operation="DescribeImageScanAuthCount",
        no_images={"ImageInstanceList": [], "PageInfo": {"TotalCount": 0, "CurrentPage": 1}},
        lists_images="DescribeImageInstances",
        missing_findings={"DescribeImageVulList": {"VulRecords": [], "PageInfo": {"TotalCount": 3, "CurrentPage": 1}}},
        when_unlisted="only that shows whether it can.",
        region="cn-hangzhou",
        role={"role_arn": "acs:ram::1:role/ci", "oidc_provider_arn": "acs:ram::1:oidc-provider/ci"},
        second_role={"assume_role_arn": "acs:ram::1:role/second"},
        sts=("https://sts.cn-hangzhou.aliyuncs.com",),
        metadata="http://100.100.100.200",
        without_image=(
            "DescribeImageLatestScanTask",
            "DescribeUuidVulNumClassifyStatistic",
            "ListUnfinishedOnceTask",
        ),
    ),
}
