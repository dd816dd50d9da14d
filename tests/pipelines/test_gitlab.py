"""The GitLab component in a real pipeline: gitlab-ci-local runs it in containers, against the simulator.

Install the runner with `npm ci --prefix tests/pipelines`. Without it, or without a Docker Engine, these tests skip,
unless NEEDS_PIPELINES is set, as `.ci/run` does.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from gate.simulator import Simulator
from tests.harness import CLOUDS
from tests.pipelines.engine import IMAGE, ROOT, build, run, why_not

if TYPE_CHECKING:
    from pathlib import Path

RUNNER = ROOT / "tests" / "pipelines" / "node_modules" / ".bin" / "gitlab-ci-local"
HELPER = "scan-gate-gitlab-helper"
PIPELINE = """
stages: [test, deploy]
include:
  - local: templates/scan-gate.yml
    inputs:
      image: {image}
      cloud: {cloud}
      region: {region}
      endpoint: {endpoint}
      {more}
      poll-interval: "0.1"
      max-risky: "{max_risky}"
      allow-exit-codes: [{allowed}]
      report: sarif=scan-gate/scan.sarif
tell:
  stage: deploy
  script:
    - echo "later job sees $SCAN_VERDICT, exit code $SCAN_EXIT_CODE, $SCAN_RISKY_NUM risky, task $SCAN_TASK_ID"
"""

pytestmark = [
    pytest.mark.pipelines,
    pytest.mark.xdist_group("container"),
    pytest.mark.skipif(bool(reason := why_not(RUNNER)), reason=reason or "all is here"),
]


@pytest.fixture(scope="session")
def images() -> None:
    """The gate's own image, and that of the runner's helper."""
    build(IMAGE, ".")
    build(HELPER, "--file", "tests/pipelines/Dockerfile.gitlab-helper", "tests/pipelines")


def pipeline(folder: Path, cloud: str, scenario: str, *, max_risky: str = "0", allowed: str = "200") -> str:
    """Runs a pipeline that includes the component, in a repository of its own; returns its log."""
    with Simulator(scenario) as simulator:
        known = simulator.describe()[cloud]
        more = f"iam-endpoint: {known['iam_endpoint']}" if "iam_endpoint" in known else ""
        text = PIPELINE.format(
            image=IMAGE,
            cloud=cloud,
            region=known["region"],
            endpoint=known["endpoint"],
            more=more,
            max_risky=max_risky,
            allowed=allowed,
        )
        (folder / ".gitlab-ci.yml").write_text(text)
        shutil.copytree(ROOT / "templates", folder / "templates")
        for step in (("init", "-q"), ("remote", "add", "origin", "http://127.0.0.1/team/shop.git"), ("add", "-A")):
            run("git", *step, cwd=folder)
        run("git", "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "x", cwd=folder)
        secrets = {name: known[name] for name in ("access_key_id", "access_key_secret")}
        variables = [f"SCAN_GATE_{name.upper()}={value}" for name, value in secrets.items()]
        # The runner says of itself that it is not GitLab; here it has to stand for it.
        words = [part for pair in ("GITLAB_CI=true", *variables) for part in ("--variable", pair)]
        options = [
            "--ignore-predefined-vars",
            "GITLAB_CI",
            "--shell-executor-no-image",
            "--network",
            "host",
            "--no-color",
        ]
        options += ["--pull-policy", "if-not-present", "--helper-image", HELPER]
        return run(str(RUNNER), *words, *options, cwd=folder).stdout


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.usefixtures("images")
def test_a_later_job_sees_the_verdict_after_a_pass(cloud: str, tmp_path: Path) -> None:
    log = pipeline(tmp_path, cloud, "clean")

    assert "later job sees passed, exit code 0, 0 risky" in log, log
    assert "PASS  scan-gate" in log


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.usefixtures("images")
def test_a_block_that_is_allowed_warns_and_is_seen_by_later_jobs(cloud: str, tmp_path: Path) -> None:
    log = pipeline(tmp_path, cloud, "risky", allowed="1")

    assert "later job sees blocked, exit code 1, 2 risky" in log, log
    assert "WARN  scan-gate" in log


@pytest.mark.usefixtures("images")
def test_a_block_that_is_not_allowed_fails_the_job(tmp_path: Path) -> None:
    log = pipeline(tmp_path, "huawei", "risky")

    assert "FAIL  scan-gate" in log, log
    assert "BLOCKED (exit 1)" in log


@pytest.mark.usefixtures("images")
def test_inputs_are_wishes(tmp_path: Path) -> None:
    assert "PASSED (exit 0)" in pipeline(tmp_path, "huawei", "risky", max_risky="2")


@pytest.mark.usefixtures("images")
def test_the_wait_is_a_section_of_the_log(tmp_path: Path) -> None:
    log = pipeline(tmp_path, "huawei", "clean")

    # So the runner renders the two markers, which it understands as GitLab does.
    assert "scan_gate_wait_started" in log, log
    assert "scan_gate_wait took" in log
    assert "section_start" not in log


@pytest.mark.usefixtures("images")
def test_every_report_is_an_artifact_also_after_a_block(tmp_path: Path) -> None:
    pipeline(tmp_path, "huawei", "failed")

    folder = tmp_path / ".gitlab-ci-local" / "artifacts" / "scan-gate" / "scan-gate"
    names = ["code-quality.json", "junit.xml", "report.html", "report.json", "report.md", "scan.env", "scan.sarif"]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert json.loads((folder / "report.json").read_text())["verdict"] == "blocked"


@pytest.mark.usefixtures("images")
def test_the_projects_own_pipeline_judges_by_its_own_component(tmp_path: Path) -> None:
    """Only the job of the component: the others need a registry, and this test is a part of what they would do."""
    run("git", "clone", "-q", str(ROOT), str(tmp_path / "copy"))
    for name in (".gitlab-ci.yml", "templates/scan-gate.yml"):
        shutil.copy(ROOT / name, tmp_path / "copy" / name)
    run("git", "remote", "set-url", "origin", "http://127.0.0.1/team/scan-gate.git", cwd=tmp_path / "copy")
    options = ["--variable", f"GATE_IMAGE={IMAGE}", "--shell-executor-no-image", "--no-color"]
    options += ["--pull-policy", "if-not-present", "--helper-image", HELPER]

    log = run(str(RUNNER), *options, "scan-gate", cwd=tmp_path / "copy").stdout

    assert "PASSED (exit 0)" in log, log
    assert "PASS  scan-gate" in log
