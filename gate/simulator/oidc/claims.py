"""Shapes the tokens of each CI system as it does itself (sign-in.md 3.1 to 3.5), all for one job of one repository."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from uuid import NAMESPACE_URL, uuid5

Claims: TypeAlias = dict[str, Any]

COMMIT: Final = "0123456789abcdef0123456789abcdef01234567"
BRANCH: Final = "main"
OWNER: Final = "acme"
REPOSITORY: Final = "app"
OWNER_ID: Final = "123456"
REPOSITORY_ID: Final = "456789"


def _uuid(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"ci/{name}"))


AZURE_AUDIENCE: Final = "api://AzureADTokenExchange"
"""No other can be asked for."""
BITBUCKET_AUDIENCE: Final = f"ari:cloud:bitbucket::workspace/{_uuid('workspace')}"
"""The default one; others are set in the pipeline's file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CiSystem:
    """How the tokens of one CI system look."""

    default_audience: str
    """That of a token for which none is asked for."""
    claims: Callable[["Job"], Claims]
    """All but those that every token has."""
    seconds: float = 300.0
    """How long a token lives: that of GitLab as long as its job may run."""
    audience: Callable[[str], object] = str
    """What the claim is if this audience is asked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """What differs between the tokens of one CI system."""

    subject_has_ids: bool = True
    """Whether the subject of GitHub has the ids of owner and repository: of new repositories since 15 July 2026."""
    service_connection: str = ""
    """The id of the service connection for which a token of Azure Pipelines is asked for; empty for none."""
    others: Mapping[str, Any] = field(default_factory=dict)
    """Claims that replace those of the CI system."""


def _github(job: Job) -> Claims:
    place = f"{OWNER}/{REPOSITORY}"
    named = f"{OWNER}@{OWNER_ID}/{REPOSITORY}@{REPOSITORY_ID}" if job.subject_has_ids else place
    workflow = f"{place}/.github/workflows/release.yml@refs/heads/{BRANCH}"
    return {
        "sub": f"repo:{named}:ref:refs/heads/{BRANCH}",
        "ref": f"refs/heads/{BRANCH}",
        "sha": COMMIT,
        "repository": place,
        "repository_owner": OWNER,
        "repository_owner_id": OWNER_ID,
        "repository_id": REPOSITORY_ID,
        "repository_visibility": "private",
        "run_id": "9001",
        "run_number": "17",
        "run_attempt": "1",
        "actor": "octocat",
        "workflow": "release",
        "event_name": "push",
        "ref_type": "branch",
        "job_workflow_ref": workflow,
        "workflow_ref": workflow,
        "runner_environment": "github-hosted",
    }


def _gitlab(_job: Job) -> Claims:
    place = f"{OWNER}/{REPOSITORY}"
    return {
        "sub": f"project_path:{place}:ref_type:branch:ref:{BRANCH}",
        "namespace_id": OWNER_ID,
        "namespace_path": OWNER,
        "project_id": REPOSITORY_ID,
        "project_path": place,
        "user_login": "octocat",
        "pipeline_id": "9001",
        "pipeline_source": "push",
        "job_id": "9002",
        "ref": BRANCH,
        "ref_type": "branch",
        "ref_path": f"refs/heads/{BRANCH}",
        "ref_protected": "true",
        "sha": COMMIT,
    }


def _buildkite(_job: Job) -> Claims:
    place = f"organization:{OWNER}:pipeline:{REPOSITORY}"
    return {
        "sub": f"{place}:ref:refs/heads/{BRANCH}:commit:{COMMIT}:step:scan-gate",
        "organization_slug": OWNER,
        "pipeline_slug": REPOSITORY,
        "build_number": 17,
        "build_branch": BRANCH,
        "build_commit": COMMIT,
        "step_key": "scan-gate",
        "job_id": _uuid("job"),
        "agent_id": _uuid("agent"),
    }


def _azure(job: Job) -> Claims:
    place = f"{OWNER}/{REPOSITORY}"
    return {
        "sub": f"sc://{place}/production" if job.service_connection else f"p://{place}/release",
        "org_id": _uuid("organization"),
        "prj_id": _uuid("project"),
        "def_id": "1",
        "rpo_id": _uuid("repository"),
        "rpo_uri": f"https://dev.azure.com/{OWNER}/{REPOSITORY}/_git/{REPOSITORY}",
        "rpo_ver": COMMIT,
        "rpo_ref": f"refs/heads/{BRANCH}",
        "run_id": "17",
    }


def _bitbucket(_job: Job) -> Claims:
    repository, step = f"{{{_uuid('repository')}}}", f"{{{_uuid('step')}}}"
    return {
        "sub": f"{repository}:{step}",
        "repositoryUuid": repository,
        "stepUuid": step,
        "pipelineUuid": f"{{{_uuid('pipeline')}}}",
        "workspaceUuid": f"{{{_uuid('workspace')}}}",
        "branchName": BRANCH,
    }


CI_SYSTEMS: Final[Mapping[str, CiSystem]] = {
    "github": CiSystem(default_audience=f"https://github.com/{OWNER}", claims=_github),
    "gitlab": CiSystem(default_audience="https://gitlab.com", claims=_gitlab, seconds=3600.0),
    "buildkite": CiSystem(default_audience=f"https://buildkite.com/{OWNER}", claims=_buildkite),
    "azure": CiSystem(
        default_audience=AZURE_AUDIENCE, claims=_azure, seconds=600.0, audience=lambda _asked: AZURE_AUDIENCE
    ),
    "bitbucket": CiSystem(default_audience=BITBUCKET_AUDIENCE, claims=_bitbucket, audience=lambda asked: [asked]),
}
SUBJECTS: Final = (
    f"repo:{OWNER}/{REPOSITORY}:*",
    f"repo:{OWNER}@{OWNER_ID}/{REPOSITORY}@{REPOSITORY_ID}:*",
    f"project_path:{OWNER}/{REPOSITORY}:*",
    f"organization:{OWNER}:pipeline:{REPOSITORY}:*",
    f"p://{OWNER}/{REPOSITORY}/*",
    f"sc://{OWNER}/{REPOSITORY}/*",
    f"{{{_uuid('repository')}}}:*",
)
"""What a trust policy says that trusts this repository in every CI system."""
