"""The keys and words of responses that the vendor documents.

They are in alibaba-security-center.md 1, 2 and 5, and in alibaba-images.md 2 to 5.
"""

from __future__ import annotations

from gate.clouds.survey import Vocabulary

TASK_KEYS = frozenset({"TaskId", "CollectTime", "TotalCount", "FinishCount", "TaskInfo"})
"""The fields of a task (alibaba-security-center.md 1.2)."""
LEAF_KEYS = frozenset(
    {
        *("TaskId", "TaskName", "TaskType", "Target", "TargetType", "StatusText", "Status", "Finish", "Progress"),
        *("FinishCount", "TotalCount", "ResultInfo", "StartTime", "EndTime", "RealRunTime", "TaskImageInfo"),
    }
)
"""The fields of a sub-task (alibaba-security-center.md 2.1)."""
IMAGE_KEYS = frozenset(
    {
        *("RiskStatus", "VulStatus", "VulCount", "HcStatus", "HcCount", "AlarmStatus", "AlarmCount", "ScaStatus"),
        *("ScaProgress", "ScaResult", "LastScanTime", "Digest", "Tag", "Uuid", "RepoNamespace", "RepoName", "RepoId"),
        *("InstanceId", "RegionId", "RegistryType"),
    }
)
"""The fields of a row of DescribeImageInstances (alibaba-security-center.md 2.2)."""
_OTHER_KEYS = frozenset(
    {
        *("RequestId", "HostId", "Code", "Message", "Recommend", "IsSuccess", "AccessDeniedDetail", "Data", "PageInfo"),
        *("CurrentPage", "PageSize", "PageNo", "Count", "OnceTasks", "ImageInstanceList", "Result"),
        *("RepoRegionId", "Image", "AppName", "ClusterId", "ClusterName", "NodeName", "NodeIp", "NodeInstanceId"),
        *("Pod", "CostTimeInfo", "ImageId", "ImageSize", "ImageCreate", "ImageUpdate", "Deployed", "RepoType"),
        *("lastScanTime", "VulRecords", "Type", "Necessity", "Name", "AliasName", "Related", "CanFix", "CanUpdate"),
        *("ImageDigest", "FirstTs", "LastTs", "ScanTime", "PrimaryId", "Layers", "ExtendContentJson", "Os"),
        *("OsRelease", "RpmEntityList", "Version", "FullVersion", "Path", "UpdateCmd", "MatchList", "Layer"),
        *("VulAsapSum", "VulLaterSum", "VulNntfSum", "CveNum", "ScaNum", "SysAsapNum", "EmgNum", "SysNum", "CmsNum"),
        *("AppNum", "MaliciousSource", "Instances", "InstanceName", "InstanceStatus", "InstanceSpecification"),
        *("CreateTime", "ModifiedTime", "Tags", "RepoNamespaceName", "RepoStatus", "RepoBuildType"),
        *("TagImmutability", "Summary", "Detail"),
    }
)
_STATUSES = frozenset({"INIT", "START", "SUCCESS", "TIMEOUT", "TIMOUT", "FAIL", "DISPATCH", "PROCESSING"})
_STEPS = frozenset(
    {
        *("MESSAGE_SEND", "START_RUN", "DOWNLOAD", "PRE_ANALYZER", "WEB_SHELL_ANALYZER", "CVE_ANALYZER"),
        *("BIN_ANALYZER", "OTHER_ANALYZER", "PRE_ANALYZER_SUCCESS"),
    }
)
_RESULTS = frozenset({"SUCCESS", "TASK_NOT_SUPPORT_REGION", "TASK_NOT_EXISTS", "forbid_create_repeat_task"})
_TASK_TYPES = frozenset({"IMAGE_SCAN", "IMAGE_REGISTRY_PULL"})
_YES_NO = frozenset({"YES", "NO"})
_CODES = frozenset(
    {
        *("success", "200", "NoPermission", "NoPrivilege", "ServerError", "Throttling", "Throttling.User"),
        *("Throttling.Api", "Rejected.Throttling", "ServiceUnavailable", "InternalError", "SystemError"),
        *("InvalidTimeStamp.Expired", "SignatureNonceUsed", "SignatureDoesNotMatch", "IncompleteSignature"),
        *("InvalidAccessKeyId.NotFound", "InvalidAccessKeyId.Inactive", "InvalidSecurityToken.Expired"),
        *("MissingSecurityToken", "InvalidApi.NotFound", "UnsupportedHTTPMethod", "BeyondQuata"),
    }
)

VOCABULARY = Vocabulary(
    keys=TASK_KEYS | LEAF_KEYS | IMAGE_KEYS | _OTHER_KEYS,
    words={
        "Status": _STATUSES | {"NORMAL", "DELETING", "0", "1", "2", "3", "4", 0, 1, 2, 3, 4, 7},
        "StatusText": _STATUSES,
        "ScaStatus": _STATUSES | _STEPS,
        "Result": _RESULTS,
        "ResultInfo": _RESULTS,
        "ScaResult": _RESULTS,
        "TaskType": _TASK_TYPES,
        "TaskName": _TASK_TYPES,
        "TargetType": frozenset({"IMAGE_REPO", "IMAGE"}),
        "Finish": frozenset({0, 1}),
        "RiskStatus": _YES_NO,
        "VulStatus": _YES_NO,
        "HcStatus": _YES_NO,
        "AlarmStatus": _YES_NO,
        "RegistryType": frozenset({"acr", "harbor", "quay", "CI/CD"}),
        "Type": frozenset({"cve", "sca"}),
        "Necessity": frozenset({"asap", "later", "nntf"}),
        "CanFix": frozenset({"yes", "no"}),
        "Code": _CODES,
        "TaskId": frozenset({0}),
    },
    percents=frozenset({"Progress", "ScaProgress"}),
)
