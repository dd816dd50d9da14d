"""Which request is for which operation of HSS, IAM, STS, SWR and the metadata service.

Most operations have the vendor's own names.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from gate.simulator.cloud import ApiResponse
from gate.simulator.huawei import (
    base_images,
    federation,
    findings,
    hss,
    iam,
    metadata,
    parameters,
    row_query,
    sts,
    swr,
    swr_enterprise,
    vulnerabilities,
    whitelists,
)
from gate.simulator.huawei.call import Call
from gate.simulator.huawei.checks import DEFAULTS, ENTERPRISE_PROJECT, PAGES, Check, length, list_of, one_of
from gate.simulator.huawei.registries import REGISTRY_TYPES


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One operation."""

    method: str
    path: re.Pattern[str]
    respond: Callable[[Call], ApiResponse]
    checks: Mapping[str, Check] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    is_public: bool = False
    """Whether the gateway lets requests without a signature or a token through."""


def _path(template: str) -> re.Pattern[str]:
    """The pattern of a path with variable parts in braces, none of which has a slash that is not encoded."""
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))


PROJECT: Final = {"enterprise_project_id": ENTERPRISE_PROJECT}
IMAGE: Final = "/v5/{project}/image"
ORGANISATION: Final = "/v2/{project}/instances/{instance}/namespaces/{namespace}"
ARTIFACTS: Final = f"{ORGANISATION}/repositories/{{repository}}/artifacts"
TAGS: Final = "/v2/manage/namespaces/{namespace}/repos/{repository}/tags"
OF_REGISTRIES: Final[Mapping[str, Check]] = {
    **PAGES,
    "registry_name": length(1, 128),
    "registry_type": list_of(*REGISTRY_TYPES),
}

ROUTES: Final[Mapping[str, Route]] = {
    "tasks": Route(
        method="GET",
        path=_path(f"{IMAGE}/tasks"),
        respond=hss.list_tasks,
        checks=parameters.CHECKS,
        required=("type",),
        defaults=DEFAULTS,
    ),
    "projects": Route(method="GET", path=_path("/v3/projects"), respond=iam.list_projects),
    "ListRegistryImages": Route(
        method="GET",
        path=_path(f"{IMAGE}/registries/images"),
        respond=hss.list_images,
        checks=row_query.CHECKS,
        defaults=DEFAULTS,
    ),
    "ListRegistry": Route(
        method="GET",
        path=_path(f"{IMAGE}/registries"),
        respond=hss.list_registries,
        checks={
            **OF_REGISTRIES,
            "registry_id": length(1, 64),
            "registry_addr": length(1, 256),
            "status": one_of("success", "fail", "accessing"),
        },
        defaults=DEFAULTS,
    ),
    "CreateImageSynchronizeTask": Route(
        method="POST",
        path=_path(f"{IMAGE}/image-sync/tasks"),
        respond=hss.start_sync,
        checks=PROJECT,
        defaults=DEFAULTS,
    ),
    "ListAssociateRegistries": Route(
        method="GET",
        path=_path(f"{IMAGE}/image-sync/tasks/{{task}}/registries"),
        respond=hss.list_synchronised,
        checks={**OF_REGISTRIES, "sync_status": one_of("finished", "running", "failed")},
        defaults=DEFAULTS,
    ),
    "CreateManualImageScanTask": Route(
        method="POST",
        path=_path(f"{IMAGE}/image-scan/tasks"),
        respond=hss.start_scan,
        checks={**PROJECT, "global_image_type": one_of("local", "registry")},
        defaults={**DEFAULTS, "global_image_type": "registry"},
    ),
    "StopImageScanTask": Route(
        method="PUT",
        path=_path(f"{IMAGE}/image-scan/tasks/{{task}}/stop"),
        respond=hss.stop_scan,
        checks=PROJECT,
        defaults=DEFAULTS,
    ),
    "ShowImagePayPerScanStatistics": Route(
        method="GET",
        path=_path(f"{IMAGE}/pay-per-scan/statistics"),
        respond=hss.show_statistics,
        checks=PROJECT,
        defaults=DEFAULTS,
    ),
    "ListImageVulnerabilities": Route(
        method="GET",
        path=_path(f"{IMAGE}/{{image_id}}/vulnerabilities"),
        respond=hss.list_vulnerabilities,
        checks=vulnerabilities.CHECKS,
        required=vulnerabilities.REQUIRED,
        defaults=DEFAULTS,
    ),
    "ListVulnerabilityCve": Route(
        method="GET",
        path=_path(f"{IMAGE}/vulnerability/{{vul_id}}/cve"),
        respond=hss.list_cves,
        checks=PAGES,
        defaults=DEFAULTS,
    ),
    "ListImageMalware": Route(
        method="GET",
        path=_path(f"{IMAGE}/{{image_id}}/malwares"),
        respond=hss.list_malware,
        checks=findings.MALWARE_CHECKS,
        required=("image_type",),
        defaults=DEFAULTS,
    ),
    "ListImageRiskConfigs": Route(
        method="GET",
        path=_path(f"{IMAGE}/baseline/risk-configs"),
        respond=hss.list_baselines,
        checks=findings.BASELINE_CHECKS,
        required=("image_type",),
        defaults=DEFAULTS,
    ),
    "ListImageSensitive": Route(
        method="GET",
        path=_path(f"{IMAGE}/{{image_id}}/sensitive"),
        respond=hss.list_sensitive,
        checks=findings.SENSITIVE_CHECKS,
        required=("image_type",),
        defaults=DEFAULTS,
    ),
    "ListImageBasicImage": Route(
        method="GET",
        path=_path(f"{IMAGE}/{{image_id}}/basic-image"),
        respond=hss.list_base_images,
        checks=base_images.CHECKS,
        required=base_images.REQUIRED,
        defaults=DEFAULTS,
    ),
    "ListImageWhiteLists": Route(
        method="GET",
        path=_path(f"{IMAGE}/whitelists"),
        respond=hss.list_whitelists,
        checks=whitelists.CHECKS,
        defaults=DEFAULTS,
    ),
    "ShowRepoTag": Route(method="GET", path=_path(f"{TAGS}/{{tag}}"), respond=swr.show_tag),
    "ListRepositoryTags": Route(method="GET", path=_path(TAGS), respond=swr.list_tags, checks=swr.CHECKS),
    "ListInstanceArtifacts": Route(
        method="GET",
        path=_path(ARTIFACTS),
        respond=swr_enterprise.list_artifacts,
        checks=swr_enterprise.LIST_CHECKS,
        defaults=swr_enterprise.LIST_DEFAULTS,
    ),
    "ShowInstanceNamespace": Route(method="GET", path=_path(ORGANISATION), respond=swr_enterprise.show_namespace),
    "ShowInstanceArtifact": Route(
        method="GET",
        path=_path(f"{ARTIFACTS}/{{digest}}"),
        respond=swr_enterprise.show_artifact,
        checks=swr_enterprise.SHOW_CHECKS,
        defaults=swr_enterprise.SHOW_DEFAULTS,
    ),
    "StartManualScanning": Route(
        method="POST", path=_path(f"{ARTIFACTS}/{{digest}}/scan"), respond=swr_enterprise.start_scan
    ),
    "ListInstanceArtifactVulnerabilities": Route(
        method="GET", path=_path(f"{ARTIFACTS}/{{digest}}/vulnerabilities"), respond=swr_enterprise.list_vulnerabilities
    ),
    "AssumeAgencyWithOIDC": Route(
        method="POST", path=_path("/v5/agencies/assume-with-oidc"), respond=sts.assume_with_oidc, is_public=True
    ),
    "AssumeAgency": Route(method="POST", path=_path("/v5/agencies/assume"), respond=sts.assume),
    "CreateTokenWithIdToken": Route(
        method="POST", path=_path("/v3.0/OS-AUTH/id-token/tokens"), respond=federation.create_token, is_public=True
    ),
    "CreateTemporaryAccessKeyByToken": Route(
        method="POST", path=_path("/v3.0/OS-CREDENTIAL/securitytokens"), respond=federation.create_keys, is_public=True
    ),
    "MetadataToken": Route(
        method="PUT", path=_path("/meta-data/latest/api/token"), respond=metadata.create_token, is_public=True
    ),
    "MetadataSecurityKey": Route(
        method="GET", path=_path("/openstack/latest/securitykey"), respond=metadata.security_key, is_public=True
    ),
}
"""By the names of the operations; the first two are older here than the others."""
