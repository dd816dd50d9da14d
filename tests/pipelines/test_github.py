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
from tests.pipelines.engine import ROOT, reason_to_skip, run

if TYPE_CHECKING:
    import subprocess

ACT = Path(sysconfig.get_path("scripts")) / "act"
# The image of the runner needs a shell only, like all steps but the action.
RUNNER = "python:3.13-slim"
ISOLATED = (
    f"--platform=ubuntu-latest={RUNNER}",
    "--pull=false",
    "--no-cache-server",
    "--container-daemon-socket=-",
    "--rm",
)
AUTHOR = ("-c", "user.name=t", "-c", "user.email=t@example.com")
WORKFLOW = "tests/pipelines/workflows/gate.yml"
TWO_GATES = "tests/pipelines/workflows/two-gates.yml"
IMAGES = "tests/pipelines/workflows/images.yml"
ACTION = ("action.yml", "Dockerfile", ".dockerignore", "requirements", "pyproject.toml", "README.md", "LICENSE", "gate")
FILES = (*ACTION, "tests/pipelines/cloud_over_tls.py")
OUTPUTS = yaml.safe_load((ROOT / "action.yml").read_text())["outputs"]

pytestmark = [
    pytest.mark.pipelines,
    pytest.mark.xdist_group("container"),
    pytest.mark.skipif(bool(reason := reason_to_skip(ACT)), reason=reason or "nothing is missing"),
]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A run of the workflow, and its expected results."""

    scenario: str
    is_github_secret: bool = True
    """Whether the secret key is a secret of the repository; otherwise only the gate masks it."""
    continue_on_error: bool = False
    step: tuple[str, str]
    """The outcome, and the conclusion after `continue-on-error`."""
    release: str
    outputs: dict[str, str]
    """Those that are compared."""
    reports: str = "report.json scan.sarif"
    annotation: tuple[str, str]
    summary: str


def counted(verdict: str, code: str, *, risky: str) -> dict[str, str]:
    """The outputs for a complete task."""
    numbers = {"total-num": "3", "success-num": "3", "failed-num": "0", "risky-num": risky}
    return {"verdict": verdict, "exit-code": code, "task-state": "complete", **numbers}


CASES = {
    "passed": Case(
        scenario="clean",
        is_github_secret=False,
        step=("success", "success"),
        release="success",
        outputs=counted("passed", "0", risky="0"),
        annotation=("notice", "Image scan passed"),
        summary="## ✅ Image scan: passed",
    ),
    "blocked": Case(
        scenario="risky",
        continue_on_error=True,
        step=("failure", "success"),
        release="success",
        outputs=counted("blocked", "1", risky="2"),
        annotation=("error", "Image scan blocked"),
        summary="## ⛔ Image scan: blocked",
    ),
    "undecided": Case(
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
    """The result of a job in act."""

    case: Case
    settings: dict[str, str]
    """The settings of the simulated cloud."""
    code: int
    log: str

    def events(self, step: str) -> list[dict[str, Any]]:
        """The events of this step in the log of act, in order."""
        lines = (json.loads(line) for line in self.log.splitlines() if line.startswith("{"))
        return [line for line in lines if step in line.get("stepID", ())]

    def commands(self, *names: str) -> list[dict[str, Any]]:
        """The workflow commands of the gate with these names, as act parses them."""
        return [event for event in self.events("scan") if event.get("command") in names]

    def later_step(self, name: str) -> str:
        """The line that the later step printed under this name."""
        lines: list[str] = [event["msg"] for event in self.events("later") if event.get("raw_output")]
        return next(line.removeprefix(f"{name}: ").strip() for line in lines if line.startswith(f"{name}: "))


@pytest.fixture(params=CLOUDS)
def cloud(request: pytest.FixtureRequest) -> str:
    """Each cloud."""
    name: str = request.param
    return name


@pytest.fixture(params=CASES)
def job(request: pytest.FixtureRequest, cloud: str) -> Job:
    """Each case on each cloud."""
    return run_workflow(cloud, request.param)


@cache
def run_workflow(cloud: str, name: str) -> Job:
    """Runs the workflow once for all tests of this case."""
    case = CASES[name]
    with Simulator(case.scenario) as simulator:
        settings = simulator.describe()[cloud]
        variables = {name: settings.get(name, "") for name in ("endpoint", "region", "project_id")}
        variables |= {"cloud": cloud, "go_on": str(case.continue_on_error).lower()}
        options = [f"--var={name.upper()}={value}" for name, value in variables.items()]
        options.append(f"--secret=ACCESS_KEY_ID={settings['access_key_id']}")
        options.append(
            f"--{'secret' if case.is_github_secret else 'var'}=ACCESS_KEY_SECRET={settings['access_key_secret']}"
        )
        ended = act(WORKFLOW, "--json", *options)
    return Job(case=case, settings=settings, code=ended.returncode, log=ended.stdout)


def act(workflow: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Runs a workflow of this project in a new repository with the action only."""
    with tempfile.TemporaryDirectory() as folder:
        repository = Path(folder)
        for name in FILES:
            copy(ROOT / name, repository / name)
        # act names its containers after the file, and another run may be in progress.
        name = f".github/workflows/{repository.name}.yml"
        copy(ROOT / workflow, repository / name)
        for words in (("init", "-q"), ("add", "-A"), (*AUTHOR, "commit", "-qm", "x")):
            run("git", *words, cwd=repository)
        return run(str(ACT), "push", f"--workflows={name}", *ISOLATED, *options, cwd=repository)


def copy(source: Path, target: Path) -> None:
    """Copies a file, or a folder without the cache of Python."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def test_a_later_step_reads_every_output_in_every_case(job: Job) -> None:
    outputs = json.loads(job.later_step("scan"))["outputs"]

    assert list(outputs) == sorted(OUTPUTS)
    assert outputs | job.case.outputs == outputs
    assert outputs["task-id"] in job.commands("summary")[0]["content"]


def test_the_step_fails_unless_the_scan_passed_and_stops_the_release_unless_errors_are_ignored(job: Job) -> None:
    step = json.loads(job.later_step("scan"))

    assert (step["outcome"], step["conclusion"]) == job.case.step
    assert job.later_step("release") == job.case.release
    assert (job.code == 0) is (job.case.step[1] == "success")


def test_the_verdict_is_an_annotation(job: Job) -> None:
    first, *others = job.commands("error", "warning", "notice")

    assert (first["command"], first["kvPairs"]["title"]) == job.case.annotation
    # Where the cloud says which images of a task are risky, each has one too.
    assert {found["kvPairs"]["title"] for found in others} <= {"Image risky"}
    assert len(others) in {0, int(job.case.outputs.get("risky-num", 0))}


def test_the_log_of_the_wait_is_a_group_and_the_verdict_follows_it(job: Job) -> None:
    lines = [event.get("command") or event["msg"] for event in job.events("scan")]
    verdict = next(line for line in lines if line.startswith(f"scan-gate: {job.case.outputs['verdict'].upper()}"))

    assert lines.index("group") < lines.index("endgroup") < lines.index(verdict)


def test_the_job_summary_reaches_the_runner(job: Job) -> None:
    assert [found["content"].splitlines()[0] for found in job.commands("summary")] == [job.case.summary]


def test_an_input_with_a_hyphen_is_read(cloud: str) -> None:
    assert (
        run_workflow(cloud, "blocked")
        .commands("error")[0]["arg"]
        .startswith("2 of 3 images are risky; --max-risky allows 1.")
    )


def test_later_steps_find_the_reports_in_the_workspace(job: Job) -> None:
    assert job.later_step("reports") == job.case.reports


def test_no_key_is_shown(job: Job) -> None:
    assert job.later_step("keys") == "*** ***"
    # What act shows; its JSON has the command itself in another field.
    printed = "".join(event["msg"] for step in ("scan", "release", "later") for event in job.events(step))
    assert [name for name in ("access_key_id", "access_key_secret") if job.settings[name] in printed] == []


def test_two_gates_in_one_job_are_told_apart() -> None:
    with Simulator("risky") as production, Simulator("clean") as staging:
        settings = production.describe()["huawei"]
        assert settings["access_key_id"] == staging.describe()["huawei"]["access_key_id"]
        ended = act(
            TWO_GATES,
            "--json",
            f"--var=PRODUCTION={settings['endpoint']}",
            f"--var=STAGING={staging.describe()['huawei']['endpoint']}",
            f"--var=PROJECT_ID={settings['project_id']}",
            f"--secret=ACCESS_KEY_ID={settings['access_key_id']}",
            f"--secret=ACCESS_KEY_SECRET={settings['access_key_secret']}",
        )

    events = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
    printed = [event["msg"].strip() for event in events if "later" in event.get("stepID", ())]
    assert "verdicts: blocked passed" in printed, ended.stdout
    assert "categories: scan-gate/production/ scan-gate/staging/" in printed
    summaries = [event["content"].splitlines()[0] for event in events if event.get("command") == "summary"]
    assert summaries == ["## ⛔ Image scan production: blocked", "## ✅ Image scan staging: passed"]


def gate_by_digest(registry: Simulator, cloud: str, findings: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Runs a job that builds an image, pushes it to this simulator and gates it by its digest."""
    settings = registry.describe()[cloud]
    names = ("endpoint", "region", "project_id", "registry_instance")
    variables = {name.upper(): settings.get(name, "") for name in names}
    variables |= {"CLOUD": cloud, "REGISTRY": registry.url, "FINDINGS": findings}
    return act(IMAGES, "--json", *(f"--var={name}={value}" for name, value in variables.items()), *options)


def result_of(ended: subprocess.CompletedProcess[str]) -> str:
    """What the later step of such a job prints of the verdict."""
    events = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
    printed = [event["msg"].strip() for event in events if "later" in event.get("stepID", ())]
    return next((line for line in printed if line.startswith("verdict: ")), ended.stdout)


@pytest.mark.parametrize(
    ("findings", "words"),
    [("{}", "passed, 0 of 1 risky (exit 0)"), ('{"vulnerabilities": {"high": 2}}', "blocked, 1 of 1 risky (exit 1)")],
    ids=["clean", "risky"],
)
def test_a_job_builds_pushes_and_gates_by_digest(cloud: str, findings: str, words: str) -> None:
    with Simulator("empty") as registry:
        settings = registry.describe()[cloud]
        secrets = {name.upper(): settings[name] for name in ("access_key_id", "access_key_secret")}
        ended = gate_by_digest(
            registry, cloud, findings, *(f"--secret={name}={value}" for name, value in secrets.items())
        )

    assert result_of(ended) == f"verdict: {words}"


@pytest.mark.parametrize(
    ("audience", "words"),
    [("", "passed, 0 of 1 risky (exit 0)"), ("another", "undecided,  of  risky (exit 3)")],
    ids=["trusted", "wrong-audience"],
)
def test_a_job_without_any_stored_key_gates_by_digest_with_its_oidc_token(
    cloud: str, audience: str, words: str
) -> None:
    with Simulator("empty") as registry:
        described = registry.describe_sign_in()
        token = described["ci"]["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
        roles = [name for name in described[cloud] if name.endswith(("_arn", "_urn")) and not name.startswith("assume")]
        options = [f"--var={name.upper()}={described[cloud][name]}" for name in roles]
        options += [f"--var=AUDIENCE={audience}", f"--var=TOKEN_URL={described['ci']['ACTIONS_ID_TOKEN_REQUEST_URL']}"]
        ended = gate_by_digest(registry, cloud, "{}", *options, f"--secret=TOKEN={token}")

    assert result_of(ended) == f"verdict: {words}"
    # What act shows; its JSON has the commands that mask a secret in another field.
    events = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
    shown = "".join(event["msg"] for event in events if event.get("command") != "add-mask")
    assert ("audience another" in shown) is bool(audience)
    assert not [word for word in (token, "simulated-temporary", "eyJ") if word in shown]


def test_the_pipeline_of_this_project_runs_the_action_against_a_cloud_outside_its_loopback() -> None:
    """As on GitHub, where the container of an action has its own network."""
    ended = act(".github/workflows/ci.yml", "--job=action", "--concurrent-jobs=2")

    assert ended.returncode == 0, ended.stdout
    assert ended.stdout.count("expected: success passed 0; found: success passed 0") == len(CLOUDS)
    assert ended.stdout.count("expected: failure blocked 2; found: failure blocked 2") == len(CLOUDS)
