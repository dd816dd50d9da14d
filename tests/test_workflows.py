"""The workflows of this project: what each job may do, that every action is pinned, and the order of a release."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / ".github" / "workflows"
TEXTS = {path.name: path.read_text() for path in FOLDER.glob("*.yml")}
WORKFLOWS: dict[str, dict[str, Any]] = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
RELEASE: dict[str, Any] = WORKFLOWS["release.yml"]["jobs"]
GITLAB: dict[str, Any] = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text())
PERMISSIONS = {
    "check": {"contents": "read"},
    "build": {"contents": "read"},
    "rebuild": {"contents": "read"},
    "bill": {"contents": "read"},
    "image": {"contents": "read", "packages": "write"},
    "manifest": {"packages": "write"},
    "attest-files": {"attestations": "write", "id-token": "write"},
    "attest-image": {"attestations": "write", "id-token": "write", "packages": "write"},
    "tag": {"contents": "write"},
    "pypi": {"id-token": "write"},
    "tag-image": {"packages": "write"},
    "release": {"contents": "write"},
}
"""What each job of a release may do, and no more."""
PUBLIC = {"tag", "pypi", "tag-image", "release"}
"""The jobs whose results everybody sees, and which cannot be undone."""


def needed(job: str) -> set[str]:
    """The jobs that have to succeed before this one starts, directly and through others."""
    needs = RELEASE[job].get("needs", [])
    direct = {needs} if isinstance(needs, str) else set(needs)
    return direct.union(*(needed(other) for other in direct))


def steps(job: dict[str, Any]) -> list[dict[str, Any]]:
    """The steps of a job; none of one that calls a workflow."""
    found: list[dict[str, Any]] = job.get("steps", [])
    return found


JOBS = [(name, job) for name, workflow in WORKFLOWS.items() for job in workflow["jobs"]]


def test_each_job_of_a_release_has_exactly_the_permissions_that_it_needs() -> None:
    assert {name: job["permissions"] for name, job in RELEASE.items()} == PERMISSIONS


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_gives_no_permission_to_all_jobs_and_says_why_it_gives_one_to_a_job(name: str) -> None:
    assert WORKFLOWS[name]["permissions"] == {}
    given = re.findall(r"^ {6}[a-z-]+: (?:read|write)(.*)$", TEXTS[name], flags=re.MULTILINE)
    assert len(given) == sum(len(job["permissions"]) for job in WORKFLOWS[name]["jobs"].values())
    assert [reason for reason in given if not reason.startswith(" # to ")] == []


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_action_is_pinned_to_a_commit_with_its_version(name: str) -> None:
    used = re.findall(r"uses: (.*)$", TEXTS[name], flags=re.MULTILINE)
    foreign = [action for action in used if not action.startswith("./")]

    assert foreign or name != "release.yml"
    assert [action for action in foreign if not re.fullmatch(r"\S+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)] == []


def test_an_action_has_the_same_commit_in_all_workflows() -> None:
    used = {line for text in TEXTS.values() for line in re.findall(r"uses: (\S+@.*)$", text, flags=re.MULTILINE)}

    assert len({line.partition("@")[0] for line in used}) == len(used)


@pytest.mark.parametrize(("name", "job"), JOBS)
def test_a_job_has_a_deadline_and_keeps_no_token_in_its_checkout(name: str, job: str) -> None:
    described = WORKFLOWS[name]["jobs"][job]
    checkouts = [step for step in steps(described) if step.get("uses", "").startswith("actions/checkout@")]

    assert "timeout-minutes" in described or "uses" in described
    assert [step for step in checkouts if step["with"]["persist-credentials"] is not False] == []


@pytest.mark.parametrize(("name", "job"), JOBS)
def test_no_script_of_a_job_has_an_expression_in_it(name: str, job: str) -> None:
    """The name of a tag would be run as a command; scripts take values from variables."""
    scripts = [step.get("run", "") for step in steps(WORKFLOWS[name]["jobs"][job])]

    assert [script for script in scripts if "${{" in script] == []


@pytest.mark.parametrize("job", sorted(PUBLIC))
def test_nothing_is_public_before_everything_is_built_compared_and_signed(job: str) -> None:
    assert PERMISSIONS.keys() - PUBLIC <= needed(job)


def test_a_reviewer_approves_before_the_tag_and_pypi_before_the_release() -> None:
    assert RELEASE["tag"]["environment"] == "release"
    assert [job for job in PUBLIC - {"tag"} if "tag" not in needed(job)] == []
    assert RELEASE["pypi"]["environment"] == "pypi"
    assert PUBLIC - {"release"} <= needed("release")


def test_only_a_tag_starts_a_release() -> None:
    """YAML takes the key `on` for a boolean."""
    triggers: dict[Any, Any] = WORKFLOWS["release.yml"]

    assert triggers[True] == {"push": {"tags": ["v*"]}}


def test_each_architecture_is_built_on_a_machine_of_its_own() -> None:
    (axis,) = RELEASE["image"]["strategy"]["matrix"].values()

    assert {entry["architecture"]: entry["runner"] for entry in axis} == {
        "amd64": "ubuntu-24.04",
        "arm64": "ubuntu-24.04-arm",
    }
    assert "qemu" not in TEXTS["release.yml"]


def test_a_job_that_signs_or_publishes_runs_no_file_of_the_repository_but_the_one_that_commits() -> None:
    """Its identity or its right to write is then not in reach of what a build downloads."""
    privileged = {job for job, given in PERMISSIONS.items() if {*given} & {"id-token", "attestations"} or job in PUBLIC}
    with_checkout = {job for job in privileged if "actions/checkout" in str(steps(RELEASE[job]))}

    assert with_checkout == {"tag"}
    assert [step for step in steps(RELEASE["tag"]) if "pip" in step.get("run", "")] == []


def test_no_job_of_a_release_uses_a_cache() -> None:
    text = TEXTS["release.yml"]

    assert "actions/cache" not in text
    assert "type=gha" not in text
    assert text.count("setup-buildx-action@") == text.count("cache-binary: false") > 0


def test_every_script_that_a_workflow_runs_is_there() -> None:
    called = {path for text in TEXTS.values() for path in re.findall(r"bash (\.ci/\S+)", text)}

    assert called == {".ci/run", ".ci/build-image"}
    assert [path for path in called if not (ROOT / path).is_file()] == []


def test_gitlab_releases_only_the_tag_of_a_version_and_after_all_other_jobs() -> None:
    version = "$CI_COMMIT_TAG =~ /^v\\d+\\.\\d+\\.\\d+$/"
    release = GITLAB["release"]

    assert release["rules"] == [{"if": version}]
    assert GITLAB["release-image"]["rules"] == [{"if": version}]
    assert GITLAB["stages"].index(release["stage"]) == len(GITLAB["stages"]) - 1
    assert release["release"]["tag_name"] == "$CI_COMMIT_TAG"
    assert release["needs"] == ["release-image"]
