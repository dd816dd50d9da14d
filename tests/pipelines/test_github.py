"""The action in a real workflow: act builds it from its Dockerfile and runs it as a step, against the simulator.

act is installed by `requirements/check.txt`. Without it, or without a Docker Engine, these tests skip, unless
NEEDS_PIPELINES is set, as `.ci/run` does. act is not GitHub: docs/github.md lists what it leaves open.
"""

from __future__ import annotations

import json
import shutil
import sysconfig
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from gate.simulator import Simulator
from tests.harness import CLOUDS
from tests.pipelines.engine import ROOT, run, why_not

if TYPE_CHECKING:
    import subprocess

ACT = Path(sysconfig.get_path("scripts")) / "act"
# The runner's own image needs a shell and no more: all the steps but the action's are shell.
RUNNER = "python:3.13-slim"
ALONE = (
    f"--platform=ubuntu-latest={RUNNER}",
    "--pull=false",
    "--no-cache-server",
    "--container-daemon-socket=-",
    "--rm",
)
AS_SOMEBODY = ("-c", "user.name=t", "-c", "user.email=t@example.com")
WORKFLOW = "tests/pipelines/workflows/gate.yml"
ACTION = ("action.yml", "Dockerfile", ".dockerignore", "requirements", "pyproject.toml", "README.md", "LICENSE", "gate")
PARTS = (*ACTION, "tests/pipelines/cloud_over_tls.py")
OUTPUTS = yaml.safe_load((ROOT / "action.yml").read_text())["outputs"]

pytestmark = [
    pytest.mark.pipelines,
    pytest.mark.xdist_group("container"),
    pytest.mark.skipif(bool(reason := why_not(ACT)), reason=reason or "all is here"),
]


@dataclass(frozen=True, kw_only=True)
class Story:
    """A run of the workflow, and what should come of it."""

    scenario: str
    host_masks: bool = True
    """Whether the secret key is a secret to the host too; if not, only the gate hides it."""
    go_on: bool = False
    """Whether the step has `continue-on-error`."""
    step: tuple[str, str]
    """Outcome, and conclusion after `continue-on-error`."""
    release: str
    outputs: dict[str, str]
    """Some or all of them."""
    reports: str = "report.json scan.sarif"
    annotation: tuple[str, str]
    summary: str


def counted(verdict: str, code: str, *, risky: str) -> dict[str, str]:
    """The outputs of a task that was complete."""
    numbers = {"total-num": "3", "success-num": "3", "failed-num": "0", "risky-num": risky}
    return {"verdict": verdict, "exit-code": code, "task-state": "complete", **numbers}


STORIES = {
    "passed": Story(
        scenario="clean",
        host_masks=False,
        step=("success", "success"),
        release="success",
        outputs=counted("passed", "0", risky="0"),
        annotation=("notice", "Image scan passed"),
        summary="## ✅ Image scan: passed",
    ),
    "blocked": Story(
        scenario="risky",
        go_on=True,
        step=("failure", "success"),
        release="success",
        outputs=counted("blocked", "1", risky="2"),
        annotation=("error", "Image scan blocked"),
        summary="## ⛔ Image scan: blocked",
    ),
    "undecided": Story(
        scenario="stopped",
        step=("failure", "failure"),
        release="skipped",
        outputs={"verdict": "undecided", "exit-code": "6"},
        reports="report.json",
        annotation=("error", "Image scan undecided"),
        summary="## ⚠️ Image scan: undecided",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Job:
    """What came of a job in act."""

    stages: Story
    known: dict[str, str]
    """What the simulator says of itself."""
    code: int
    log: str

    def events(self, step: str) -> list[dict[str, Any]]:
        """What act understood of this step, in order."""
        lines = (json.loads(line) for line in self.log.splitlines() if line.startswith("{"))
        return [line for line in lines if step in line.get("stepID", ())]

    def commands(self, *names: str) -> list[dict[str, Any]]:
        """The workflow commands of the gate, as act reads them."""
        return [event for event in self.events("scan") if event.get("command") in names]

    def told(self, name: str) -> str:
        """What the later step says of this."""
        lines: list[str] = [event["msg"] for event in self.events("later") if event.get("raw_output")]
        return next(line.removeprefix(f"{name}: ").strip() for line in lines if line.startswith(f"{name}: "))


@pytest.fixture(params=CLOUDS)
def cloud(request: pytest.FixtureRequest) -> str:
    """Each of the clouds."""
    name: str = request.param
    return name


@pytest.fixture(params=STORIES)
def job(request: pytest.FixtureRequest, cloud: str) -> Job:
    """Each of the stories, on each of the clouds."""
    return ran(cloud, request.param)


@cache
def ran(cloud: str, name: str) -> Job:
    """Runs the workflow once, however many tests look at it."""
    stages = STORIES[name]
    with Simulator(stages.scenario) as simulator:
        known = simulator.describe()[cloud]
        variables = {name: known.get(name, "") for name in ("endpoint", "region", "project_id")}
        variables |= {"cloud": cloud, "go_on": str(stages.go_on).lower()}
        options = [f"--var={name.upper()}={value}" for name, value in variables.items()]
        options.append(f"--secret=ACCESS_KEY_ID={known['access_key_id']}")
        options.append(f"--{'secret' if stages.host_masks else 'var'}=ACCESS_KEY_SECRET={known['access_key_secret']}")
        ended = act(WORKFLOW, "--json", *options)
    return Job(stages=stages, known=known, code=ended.returncode, log=ended.stdout)


def act(workflow: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Runs a workflow of ours in a repository that has been checked out just now."""
    with tempfile.TemporaryDirectory() as folder:
        repository = Path(folder)
        for part in PARTS:
            copy(ROOT / part, repository / part)
        # act names its containers after the file, and another run may be under way.
        name = f".github/workflows/{repository.name}.yml"
        copy(ROOT / workflow, repository / name)
        for words in (("init", "-q"), ("add", "-A"), (*AS_SOMEBODY, "commit", "-qm", "x")):
            run("git", *words, cwd=repository)
        return run(str(ACT), "push", f"--workflows={name}", *ALONE, *options, cwd=repository)


def copy(source: Path, target: Path) -> None:
    """Copies a file or a folder, without what Python leaves in it."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def test_a_later_step_reads_every_output_whatever_the_ending(job: Job) -> None:
    outputs = json.loads(job.told("scan"))["outputs"]

    assert list(outputs) == sorted(OUTPUTS)
    assert outputs | job.stages.outputs == outputs
    assert outputs["task-id"] in job.commands("summary")[0]["content"]


def test_the_step_fails_unless_the_scan_passed_and_holds_the_release_unless_told_to_go_on(job: Job) -> None:
    step = json.loads(job.told("scan"))

    assert (step["outcome"], step["conclusion"]) == job.stages.step
    assert job.told("release") == job.stages.release
    assert (job.code == 0) is (job.stages.step[1] == "success")


def test_the_verdict_is_an_annotation(job: Job) -> None:
    annotations = job.commands("error", "warning", "notice")

    assert [(found["command"], found["kvPairs"]["title"]) for found in annotations] == [job.stages.annotation]


def test_the_log_of_the_wait_is_folded_and_the_verdict_stands_below_it(job: Job) -> None:
    said = [event.get("command") or event["msg"] for event in job.events("scan")]
    verdict = next(line for line in said if line.startswith(f"scan-gate: {job.stages.outputs['verdict'].upper()}"))

    assert said.index("group") < said.index("endgroup") < said.index(verdict)


def test_the_job_summary_reaches_the_runner(job: Job) -> None:
    assert [found["content"].splitlines()[0] for found in job.commands("summary")] == [job.stages.summary]


def test_an_input_with_a_hyphen_arrives(cloud: str) -> None:
    assert (
        ran(cloud, "blocked").commands("error")[0]["arg"].startswith("2 of 3 images are risky; --max-risky allows 1.")
    )


def test_later_steps_find_the_reports_in_the_workspace(job: Job) -> None:
    assert job.told("reports") == job.stages.reports


def test_no_key_is_shown(job: Job) -> None:
    assert job.told("keys") == "*** ***"
    # All that act prints to a person; its JSON has the command itself beside it.
    printed = "".join(event["msg"] for step in ("scan", "release", "later") for event in job.events(step))
    assert [name for name in ("access_key_id", "access_key_secret") if job.known[name] in printed] == []


def test_the_projects_own_pipeline_runs_the_action_against_a_cloud_that_is_not_on_its_loopback() -> None:
    """As on GitHub, where the container of an action has a network of its own."""
    ended = act(".github/workflows/ci.yml", "--job=action", "--concurrent-jobs=2")

    assert ended.returncode == 0, ended.stdout
    assert ended.stdout.count("expected: success passed 0; found: success passed 0") == len(CLOUDS)
    assert ended.stdout.count("expected: failure blocked 2; found: failure blocked 2") == len(CLOUDS)
