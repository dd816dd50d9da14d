"""What each CI system says of the job, by its variables (ci-hosts.md 4.5)."""

from __future__ import annotations

import pytest

from gate import ci
from gate.run_context import Job

GATE = "registry.example/scan-gate@sha256:" + "a" * 64
JOBS = {
    "github": (
        {
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_REPOSITORY": "team/shop",
            "GITHUB_SHA": "4" * 40,
            "GITHUB_REF_NAME": "main",
            "GITHUB_HEAD_REF": "",
            "GITHUB_RUN_ID": "9001",
            "GITHUB_RUN_ATTEMPT": "2",
            "GITHUB_JOB": "release",
            "SCAN_GATE_OWN_IMAGE": GATE,
        },
        Job(
            ci="github",
            repository="team/shop",
            repository_url="https://github.example/team/shop",
            commit="4" * 40,
            branch="main",
            pipeline="9001",
            pipeline_url="https://github.example/team/shop/actions/runs/9001/attempts/2",
            name="release",
            gate_image=GATE,
        ),
    ),
    "gitlab": (
        {
            "CI_PROJECT_PATH": "team/shop",
            "CI_PROJECT_URL": "https://gitlab.example/team/shop",
            "CI_COMMIT_SHA": "4" * 40,
            "CI_COMMIT_REF_NAME": "main",
            "CI_PIPELINE_ID": "77",
            "CI_PIPELINE_URL": "https://gitlab.example/team/shop/-/pipelines/77",
            "CI_JOB_NAME": "scan-gate",
            "CI_JOB_URL": "https://gitlab.example/team/shop/-/jobs/88",
            "CI_JOB_IMAGE": GATE,
        },
        Job(
            ci="gitlab",
            repository="team/shop",
            repository_url="https://gitlab.example/team/shop",
            commit="4" * 40,
            branch="main",
            pipeline="77",
            pipeline_url="https://gitlab.example/team/shop/-/pipelines/77",
            name="scan-gate",
            url="https://gitlab.example/team/shop/-/jobs/88",
            gate_image=GATE,
        ),
    ),
    "azure": (
        {
            "SYSTEM_COLLECTIONURI": "https://dev.azure.example/org/",
            "SYSTEM_TEAMPROJECT": "the shop",
            "BUILD_REPOSITORY_NAME": "shop",
            "BUILD_REPOSITORY_URI": "https://org@dev.azure.example/org/shop/_git/shop",
            "BUILD_SOURCEVERSION": "4" * 40,
            "BUILD_SOURCEBRANCH": "refs/heads/main",
            "BUILD_BUILDID": "51",
            "SYSTEM_JOBNAME": "release",
            "SYSTEM_JOBID": "12f1170f",
        },
        Job(
            ci="azure",
            repository="shop",
            repository_url="https://dev.azure.example/org/shop/_git/shop",
            commit="4" * 40,
            branch="refs/heads/main",
            pipeline="51",
            pipeline_url="https://dev.azure.example/org/the%20shop/_build/results?buildId=51",
            name="release",
            url="https://dev.azure.example/org/the%20shop/_build/results?buildId=51&view=logs&j=12f1170f",
        ),
    ),
    "buildkite": (
        {
            "BUILDKITE_REPO": "https://user:secret@git.example/team/shop.git",
            "BUILDKITE_COMMIT": "4" * 40,
            "BUILDKITE_BRANCH": "main",
            "BUILDKITE_PIPELINE_SLUG": "shop",
            "BUILDKITE_BUILD_NUMBER": "12",
            "BUILDKITE_BUILD_URL": "https://buildkite.example/team/shop/builds/12",
            "BUILDKITE_LABEL": "release",
            "BUILDKITE_JOB_ID": "0190",
        },
        Job(
            ci="buildkite",
            repository="https://git.example/team/shop.git",
            repository_url="https://git.example/team/shop",
            commit="4" * 40,
            branch="main",
            pipeline="shop/12",
            pipeline_url="https://buildkite.example/team/shop/builds/12",
            name="release",
            url="https://buildkite.example/team/shop/builds/12#0190",
        ),
    ),
    "bitbucket": (
        {
            "BITBUCKET_REPO_FULL_NAME": "team/shop",
            "BITBUCKET_GIT_HTTP_ORIGIN": "http://bitbucket.example/team/shop",
            "BITBUCKET_COMMIT": "4" * 40,
            "BITBUCKET_TAG": "v1",
            "BITBUCKET_BUILD_NUMBER": "9",
            "BITBUCKET_STEP_UUID": "{0b1c}",
        },
        Job(
            ci="bitbucket",
            repository="team/shop",
            repository_url="http://bitbucket.example/team/shop",
            commit="4" * 40,
            branch="v1",
            pipeline="9",
            pipeline_url="http://bitbucket.example/team/shop/addon/pipelines/home#!/results/9",
            name="{0b1c}",
        ),
    ),
    "none": ({"SCAN_GATE_OWN_IMAGE": GATE}, Job(gate_image=GATE)),
}


def test_every_ci_system_is_here() -> None:
    assert JOBS.keys() == ci.CI_SYSTEMS.keys()


@pytest.mark.parametrize("name", JOBS)
def test_the_job_is_what_its_variables_say(name: str) -> None:
    environ, job = JOBS[name]

    assert ci.detect(environ, name).job() == job


@pytest.mark.parametrize("name", JOBS.keys() - {"none"})
def test_of_a_job_without_variables_nothing_is_known(name: str) -> None:
    assert ci.detect({}, name).job() == Job(ci=name)


@pytest.mark.parametrize("name", JOBS.keys() - {"none"})
def test_no_variable_makes_a_report_link_to_anything_but_a_plain_address(name: str) -> None:
    environ, _ = JOBS[name]

    job = ci.detect({variable: f'javascript:"{value} ' for variable, value in environ.items()}, name).job()

    assert (job.repository_url, job.pipeline_url, job.url) == ("", "", "")


@pytest.mark.parametrize("name", JOBS)
def test_braces_in_a_variable_are_text(name: str) -> None:
    environ, job = JOBS[name]

    found = ci.detect({variable: f"{value}{{0}}{{x}}" for variable, value in environ.items()}, name).job()

    assert found.repository == (f"{job.repository}{{0}}{{x}}" if job.repository else "")


def test_a_pull_request_has_the_branch_that_it_would_merge() -> None:
    environ, _ = JOBS["github"]

    assert ci.detect({**environ, "GITHUB_HEAD_REF": "fix"}, "github").job().branch == "fix"


@pytest.mark.parametrize(
    ("given", "repository"),
    [("git@git.example:team/shop.git", "git@git.example:team/shop.git"), ("ssh://user:secret@git.example/shop", "")],
)
def test_the_repository_of_buildkite_never_has_a_password_in_it(given: str, repository: str) -> None:
    job = ci.detect({"BUILDKITE_REPO": given}, "buildkite").job()

    assert (job.repository, job.repository_url) == (repository, "")


def job_with(name: str, **variables: str) -> Job:
    """The job of this CI system with its usual variables and these."""
    return ci.detect({**JOBS[name][0], **variables}, name).job()


def test_where_several_variables_name_a_job_or_a_branch_the_best_one_counts() -> None:
    assert job_with("bitbucket", BITBUCKET_BRANCH="main").branch == "main"
    assert job_with("bitbucket", BITBUCKET_PARALLEL_STEP="2").name == "2"
    assert job_with("buildkite", BUILDKITE_STEP_KEY="key").name == "key"
    assert job_with("buildkite", BUILDKITE_LABEL="").name == "0190"


def test_a_slash_at_the_end_of_an_address_of_azure_is_the_only_character_that_is_left_out() -> None:
    job = job_with("azure", SYSTEM_COLLECTIONURI="https://dev.azure.example/orgX//")

    assert job.pipeline_url == "https://dev.azure.example/orgX/the%20shop/_build/results?buildId=51"


@pytest.mark.parametrize("variable", ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT"])
def test_without_a_part_of_an_address_there_is_no_address(variable: str) -> None:
    assert job_with("github", **{variable: ""}).pipeline_url == ""
    environ = {name: value for name, value in JOBS["github"][0].items() if name != variable}
    assert ci.detect(environ, "github").job().pipeline_url == ""


def test_the_address_of_a_repository_of_github_needs_no_run() -> None:
    job = job_with("github", GITHUB_RUN_ID="")

    assert job.repository_url == "https://github.example/team/shop"


def test_a_slash_in_the_name_of_a_project_of_azure_is_no_part_of_the_path() -> None:
    job = job_with("azure", SYSTEM_TEAMPROJECT="the/shop")

    assert job.pipeline_url == "https://dev.azure.example/org/the%2Fshop/_build/results?buildId=51"


def test_without_the_address_of_a_repository_of_bitbucket_its_pipeline_has_none() -> None:
    assert job_with("bitbucket", BITBUCKET_GIT_HTTP_ORIGIN="").pipeline_url == ""


def test_a_ci_system_without_variables_and_name_gives_the_gate_no_identity() -> None:
    assert ci.CISystem({}).identity == ""


def test_a_pull_request_of_azure_has_its_own_branch() -> None:
    assert job_with("azure", SYSTEM_PULLREQUEST_SOURCEBRANCH="refs/heads/fix").branch == "refs/heads/fix"


@pytest.mark.parametrize("variable", ["SYSTEM_COLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_BUILDID"])
def test_without_a_part_of_an_address_of_azure_there_is_none(variable: str) -> None:
    job = job_with("azure", **{variable: ""})

    assert (job.pipeline_url, job.url) == ("", "")
    assert job_with("azure", SYSTEM_JOBID="").url == ""


@pytest.mark.parametrize("name", [*JOBS])
def test_the_name_of_the_gate_is_its_identity_in_every_ci_system(name: str) -> None:
    assert ci.detect(JOBS[name][0], name, gate_name="staging").identity == "staging"


def test_a_step_of_buildkite_is_told_by_its_key_its_label_or_its_id_and_its_number_among_parallel_ones() -> None:
    environ = {"BUILDKITE_STEP_ID": "id", "BUILDKITE_PARALLEL_JOB": "2"}
    label, key = {"BUILDKITE_LABEL": "label"}, {"BUILDKITE_STEP_KEY": "key"}

    assert [ci.detect({**environ, **more}, "buildkite").identity for more in ({}, label, {**label, **key})] == [
        "id/2",
        "label/2",
        "key/2",
    ]


@pytest.mark.parametrize(
    ("name", "variables", "identity"),
    [
        ("github", {"GITHUB_JOB": "release", "GITHUB_ACTION": "gate"}, "release/gate"),
        ("gitlab", {"CI_JOB_NAME": "release"}, "release"),
        (
            "azure",
            {"SYSTEM_STAGENAME": "deploy", "SYSTEM_JOBNAME": "release", "SYSTEM_TASKINSTANCENAME": "gate"},
            "deploy/release/gate",
        ),
        ("bitbucket", {"BITBUCKET_PARALLEL_STEP": "2"}, "2"),
    ],
)
def test_without_a_name_the_job_and_the_step_tell_a_gate_from_others(
    name: str, variables: dict[str, str], identity: str
) -> None:
    assert ci.detect(variables, name).identity == identity
