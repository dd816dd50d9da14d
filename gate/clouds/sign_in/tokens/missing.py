"""The error where a job has no OIDC token: what has to be set in this CI system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.errors import NotAuthorised

if TYPE_CHECKING:
    from collections.abc import Mapping

_GITHUB = (
    "GitHub Actions has set no ACTIONS_ID_TOKEN_REQUEST_URL and ..._TOKEN",
    "The job may not request a token: it has no permission to, or is for a pull request from a fork, which gets none.",
    "Set `permissions: id-token: write` for this job, and pass both variables on into a container of its own.",
)
_AZURE_ACCESS = (
    "SYSTEM_ACCESSTOKEN is not set",
    "Azure Pipelines gives it only to a step that asks for it.",
    "Map it in the step, by `env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)`.",
)
_AZURE_ADDRESS = (
    "SYSTEM_OIDCREQUESTURI is not set",
    "The server is an Azure DevOps Server, or a container that the step starts itself did not get the variable.",
    "Pass it on into the container.",
)
_BITBUCKET = (
    "BITBUCKET_STEP_OIDC_TOKEN is not set",
    "Bitbucket gives a token only to a step that asks for one.",
    "Set `oidc: true` in this step of the pipeline.",
)
_GITLAB = (
    "SCAN_GATE_OIDC_TOKEN is not set",
    "GitLab gives a token only to a job that asks for one.",
    "Add `id_tokens: SCAN_GATE_OIDC_TOKEN: aud: ...` to this job.",
)
_BUILDKITE = (
    "BUILDKITE_JOB_ID is not set",
    "A container that the step starts itself got only some of the variables.",
    "Pass on BUILDKITE_* into the container, or request the token before, and pass it in SCAN_GATE_OIDC_TOKEN.",
)
_ELSEWHERE = (
    "no CI system that issues one was detected",
    "GitHub Actions, GitLab, Azure Pipelines, Bitbucket and Buildkite issue them.",
    "Give the token in a file with --oidc-token-file, or in the variable SCAN_GATE_OIDC_TOKEN.",
)


def no_token(environ: Mapping[str, str]) -> NotAuthorised:
    """The error for a job without a token, by the CI system that these variables are those of (ci-hosts.md 4)."""
    what, means, remedy = _what_is_missing(environ)
    return NotAuthorised(f"There is no OIDC token to sign in with: {what}.", means=means, remedy=remedy)


def _what_is_missing(environ: Mapping[str, str]) -> tuple[str, str, str]:
    if environ.get("GITHUB_ACTIONS") == "true":
        return _GITHUB
    if environ.get("GITLAB_CI") == "true":
        return _GITLAB
    if environ.get("SYSTEM_OIDCREQUESTURI"):
        return _AZURE_ACCESS
    if environ.get("TF_BUILD"):
        return _AZURE_ADDRESS
    if environ.get("BITBUCKET_BUILD_NUMBER"):
        return _BITBUCKET
    return _BUILDKITE if environ.get("BUILDKITE") else _ELSEWHERE
