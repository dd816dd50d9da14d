"""The keys and words of responses that the vendor documents (huawei-hss.md 2, 3, 5; huawei-images.md 1, 3, 5, 7)."""

from __future__ import annotations

from gate.clouds.survey import Vocabulary

TASK_KEYS = frozenset(
    {
        *("task_id", "policy_id", "task_name", "begin_time", "end_time", "remain_min", "task_type", "image_type"),
        *("task_status", "scan_scope", "rate_limit", "is_all", "failed_num", "success_num", "total_num", "risky_num"),
        *("sync_task_type", "failed_reason", "failed_images"),
    }
)
"""The fields of a scan task (huawei-hss.md 2)."""
IMAGE_KEYS = frozenset(
    {
        *("id", "namespace", "image_name", "image_id", "image_digest", "image_version", "image_type", "registry_id"),
        *("registry_name", "registry_type", "latest_version", "scan_status", "scan_failed_desc", "scan_failed_code"),
        *("image_size", "latest_update_time", "latest_scan_time", "latest_sync_time", "vul_num"),
        *("unsafe_setting_num", "malicious_file_num", "domain_name", "shared_status", "scannable"),
        *("is_multiple_arch", "instance_name", "instance_id", "instance_url", "severity_level", "association_images"),
    }
)
"""The fields of a row of ListRegistryImages (huawei-images.md 1.2)."""
_OTHER_KEYS = frozenset(
    {
        *("data_list", "total_num", "error_code", "error_msg", "error_description", "request_id"),
        *("registry_addr", "status", "fail_reason", "images_num", "sync_status"),
        *("vul_id", "repair_necessity", "description", "position", "app_name", "app_path", "version", "solution"),
        *("cve_id", "cvss_score", "publish_time", "url"),
        *("projects", "name", "parent_id", "enabled", "is_domain", "domain_id"),
        *("tag", "manifest", "digest", "schema", "path", "size", "created", "updated", "tag_type", "artifacts", "tags"),
        *("manifest_media_type", "push_time", "pull_time", "repository_name", "errors", "errorCode", "errorMessage"),
        *("scan_overview", "report_id", "severity", "duration", "summary", "fixable", "start_time", "end_time"),
        *("complete_percent", "generated_at", "vulnerabilities", "package", "fix_version", "preferred_cvss", "links"),
    }
)
_SCOPES = (0, 0x7FFFFFFF, 0x000FFFFF, 0x000F0000, 0x0000F000, 0x00000F00, 0x000000F0, 0x0000000F)
_CODES = (
    *(f"HSS.{number:04}" for number in (1, 2, 10, 11, 13, 14, *range(1001, 1022))),
    *(f"APIGW.{number:04}" for number in (101, 201, 301, 302, 303, 305, 306, 307, 308, 310, 401, 402)),
    *(f"APIGW.{number:04}" for number in (601, 602, 605, 606, 610, 613, 802)),
)
"""Of HSS and of the gateway before it (huawei-hss.md 5)."""
_FAILURES = (
    *("unknown_error", "authentication_failed", "download_failed", "image_over_sized", "get_detail_info_not_found"),
    *("image_layer_over_sized", "schema_v1_not_support", "access_swr_failed", "swr_authentication_error"),
    *("failed_to_scan_vulnerability", "failed_to_scan_file", "failed_to_scan_software", "failed_to_check_baseline"),
    *("failed_to_check_sensitive_information", "failed_to_check_software_compliance", "failed_to_check_build_cmd"),
    *("failed_to_query_basic_image_information", "response_timed_out", "database_error"),
    *("failed_to_send_the_scan_request", "CREATE_JOB_FAILED", "REQUEST_API_ERROR", "SERVER_ERROR"),
)
_IMAGE_TYPES = ("local", "registry", "private_image", "shared_image", "instance_image", "harbor", "jfrog", "cicd")
_REGISTRY_TYPES = ("SwrPrivate", "SwrShared", "SwrEnterprise", "Harbor", "Jfrog", "Other", "Local")

VOCABULARY = Vocabulary(
    keys=TASK_KEYS | IMAGE_KEYS | _OTHER_KEYS,
    words={
        "task_type": frozenset({"cycle", "manual", "autoSync", "manualSync"}),
        "sync_task_type": frozenset({"autoSync", "manualSync"}),
        "task_status": frozenset({-3, -2, -1, 0, 100}),
        "scan_scope": frozenset(_SCOPES),
        "image_type": frozenset(_IMAGE_TYPES),
        "registry_type": frozenset(_REGISTRY_TYPES),
        "scan_status": frozenset(
            {"unscan", "waiting_for_scan", "scanning", "success", "failed", "download_failed", "image_oversized"}
        ),
        "scan_failed_code": frozenset(_FAILURES),
        "failed_reason": frozenset(_FAILURES),
        "fail_reason": frozenset(_FAILURES),
        "severity_level": frozenset({"Security", "Low", "Medium", "High", "Critical"}),
        "shared_status": frozenset({"expired", "effective"}),
        "status": frozenset({"success", "fail", "accessing"}),
        "sync_status": frozenset({"finished", "running", "failed"}),
        "repair_necessity": frozenset({"immediate_repair", "delay_repair", "not_needed_repair"}),
        "tag_type": frozenset({0, 1}),
        "error_code": frozenset(_CODES),
    },
    percents=frozenset({"task_status"}),
)
