"""The GitLab component in a real pipeline: gitlab-ci-local runs it in containers, against the simulator.

Install the runner with `npm ci --prefix tests/pipelines`. Without it, or without a Docker Engine, these tests skip,
unless NEEDS_PIPELINES is set, as `.ci/run` does.
"""

from __future__ import annotations

import json
import re
import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from gate.simulator import Simulator
from tests.harness import CLOUDS, option_values
from tests.pipelines.engine import IMAGE, ROOT, build, reason_to_skip, run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

RUNNER = ROOT / "tests" / "pipelines" / "node_modules" / ".bin" / "gitlab-ci-local"
HELPER = "scan-gate-gitlab-helper"
RUNNER_OPTIONS = (
    "--shell-executor-no-image",
    "--no-color",
    "--pull-policy",
    "if-not-present",
    "--helper-image",
    HELPER,
)
PIPELINE = """
stages: [build, test, deploy]
include:
  - local: templates/scan-gate.yml
    inputs: {inputs}
print-outputs:
  stage: deploy
  script:
    - echo "later job sees $SCAN_VERDICT, exit code $SCAN_EXIT_CODE, $SCAN_RISKY_NUM risky, task $SCAN_TASK_ID"
"""
EARLIER_JOB = r"""
build:
  stage: build
  script:
    - printf '%s\n' SCAN_GATE_MAX_RISKY=99 SCAN_GATE_WARN_ONLY=true SCAN_GATE_CONFIG=evil.toml > build.env
    - printf '%s\n' SCAN_GATE_ENDPOINT=https://evil.example PYTHONPATH=. TASK_OF_THE_BUILD=build-17 >> build.env
    - printf 'max-risky = 99\n' > evil.toml
    - printf 'import os; os._exit(0)\n' | tee sitecustomize.py > click.py
  artifacts:
    paths: [evil.toml, sitecustomize.py, click.py]
    reports:
      dotenv: build.env
"""
"""A job before the gate that tries to set its policy, with variables and with files."""
PUSH = """
import json, sys, urllib.request
registry, image, findings = sys.argv[1:]
body = json.dumps({"image": image, "findings": json.loads(findings)}).encode()
assert urllib.request.urlopen(urllib.request.Request(registry + "/simulate/push", body)).status == 201
"""
"""A stand-in for `docker push`."""
FIXED_INPUTS = {"gate-image": IMAGE, "poll-interval": "0.1", "report": "sarif=scan-gate/scan.sarif"}

pytestmark = [
    pytest.mark.pipelines,
    pytest.mark.xdist_group("container"),
    pytest.mark.skipif(bool(reason := reason_to_skip(RUNNER)), reason=reason or "nothing is missing"),
]


@pytest.fixture(scope="session")
def images() -> None:
    """The image of the gate, and the helper image of the runner."""
    build(IMAGE, ".")
    build(HELPER, "--file", "tests/pipelines/Dockerfile.gitlab-helper", "tests/pipelines")


def pipeline(folder: Path, cloud: str, scenario: str, *, earlier_job: str = "", **inputs: object) -> str:
    """Runs a pipeline that includes the component with these inputs, in its own repository; returns its log."""
    with Simulator(scenario) as simulator:
        settings = simulator.describe()[cloud]
        # The gate finds the project by itself.
        of_cloud = option_values(cloud, settings, omitted=("project_id",))
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        yml = PIPELINE.format(inputs=json.dumps({**FIXED_INPUTS, **of_cloud, **given})) + earlier_job
        return run_pipeline(folder, yml, settings)


def run_pipeline(folder: Path, yml: str, settings: Mapping[str, str]) -> str:
    """Runs a pipeline in its own repository, with the credentials of a simulated cloud, if any; returns its log."""
    (folder / ".gitlab-ci.yml").write_text(yml)
    shutil.copytree(ROOT / "templates", folder / "templates")
    for step in (("init", "-q"), ("remote", "add", "origin", "http://127.0.0.1/team/shop.git"), ("add", "-A")):
        run("git", *step, cwd=folder)
    run("git", "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "x", cwd=folder)
    names = ("access_key_id", "access_key_secret")
    variables = [f"SCAN_GATE_{name.upper()}={settings[name]}" for name in names if name in settings]
    words = [word for pair in variables for word in ("--variable", pair)]
    words += ["--network", "host", *RUNNER_OPTIONS]
    return run(str(RUNNER), *words, cwd=folder).stdout


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.usefixtures("images")
def test_a_later_job_sees_the_verdict_after_a_pass(cloud: str, tmp_path: Path) -> None:
    log = pipeline(tmp_path, cloud, "clean")

    assert "later job sees passed, exit code 0, 0 risky" in log, log
    assert "PASS  scan-gate" in log


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.usefixtures("images")
def test_an_allowed_block_warns_and_later_jobs_see_it(cloud: str, tmp_path: Path) -> None:
    log = pipeline(tmp_path, cloud, "risky", allow_exit_codes=[1])

    assert "later job sees blocked, exit code 1, 2 risky" in log, log
    assert "WARN  scan-gate" in log


@pytest.mark.parametrize("named", [True, False], ids=["named", "by-job"])
@pytest.mark.usefixtures("images")
def test_a_later_job_sees_both_verdicts_of_two_gates(tmp_path: Path, *, named: bool) -> None:
    gates = {"production": "risky", "staging": "clean"}
    settings: dict[str, str] = {}
    with ExitStack() as stack:
        includes = []
        for name, scenario in gates.items():
            settings = stack.enter_context(Simulator(scenario)).describe()["huawei"]
            of_cloud = option_values("huawei", settings, omitted=("project_id",))
            inputs = {**FIXED_INPUTS, **of_cloud, "job-name": f"gate-{name}", "allow-exit-codes": [1]}
            inputs |= {"name": name} if named else {}
            includes.append({"local": "templates/scan-gate.yml", "inputs": inputs})
        job = "" if named else "GATE_"
        words = f"$SCAN_VERDICT_{job}PRODUCTION and $SCAN_VERDICT_{job}STAGING"
        later = {"stage": "deploy", "script": [f'echo "later job sees {words}"']}
        log = run_pipeline(
            tmp_path,
            json.dumps({"stages": ["test", "deploy"], "include": includes, "print-outputs": later}),
            settings,
        )

    assert "later job sees blocked and passed" in log, log
    assert "WARN  gate-production" in log
    assert "PASS  gate-staging" in log


@pytest.mark.usefixtures("images")
def test_a_block_fails_the_job_by_default(tmp_path: Path) -> None:
    log = pipeline(tmp_path, "huawei", "risky")

    assert "FAIL  scan-gate" in log, log
    assert "BLOCKED (exit 1)" in log


@pytest.mark.usefixtures("images")
def test_inputs_are_options_of_the_gate(tmp_path: Path) -> None:
    assert "PASSED (exit 0)" in pipeline(tmp_path, "huawei", "risky", max_risky=2)


@pytest.mark.parametrize("number", ["2", "$LIMIT", ""])
def test_a_number_is_nothing_else(number: str, tmp_path: Path) -> None:
    """The runner refuses it before any job, as GitLab does; newer versions of GitLab take a text of digits."""
    log = pipeline(tmp_path, "huawei", "risky", max_risky=number)

    assert "`max-risky` input: provided value is not a number" in log, log
    assert "scan-gate >" not in log


@pytest.mark.usefixtures("images")
def test_the_job_gets_nothing_of_an_earlier_job_by_default(tmp_path: Path) -> None:
    log = pipeline(tmp_path, "huawei", "risky", earlier_job=EARLIER_JOB, task_id="$TASK_OF_THE_BUILD")

    assert "Invalid value for --task-id: the value is empty" in log, log
    assert "is ignored" not in log


@pytest.mark.usefixtures("images")
def test_an_earlier_job_whose_variables_it_gets_sets_no_policy(tmp_path: Path) -> None:
    log = pipeline(tmp_path, "huawei", "risky", earlier_job=EARLIER_JOB, dependencies=["build"])

    assert "BLOCKED (exit 1)" in log, log
    for name in ("MAX_RISKY", "WARN_ONLY", "ENDPOINT", "CONFIG"):
        assert f"The variable SCAN_GATE_{name} is ignored, since --no-variables is given." in log


@pytest.mark.usefixtures("images")
def test_an_input_can_be_a_variable_of_an_earlier_job(tmp_path: Path) -> None:
    inputs = {"dependencies": ["build"], "task_id": "$TASK_OF_THE_BUILD", "appear_timeout": "1s"}

    log = pipeline(tmp_path, "huawei", "risky", earlier_job=EARLIER_JOB, **inputs)

    assert "UNDECIDED (exit 7)" in log, log
    assert "build-17" in log


@pytest.mark.usefixtures("images")
def test_an_input_is_one_word_whatever_is_in_it(tmp_path: Path) -> None:
    name = 'it\'s  a "name"; $(exit 0) `exit 0` $HOME * -a: b # c'

    log = pipeline(tmp_path, "huawei", "clean", task_name=name, appear_timeout="1s")

    assert "UNDECIDED (exit 7)" in log, log
    assert f"--task-name {name}" in log


@pytest.mark.usefixtures("images")
def test_the_wait_is_a_section_of_the_log(tmp_path: Path) -> None:
    log = pipeline(tmp_path, "huawei", "clean")

    # The runner renders the two markers like this.
    assert re.search(r"scan_gate_wait-\d+_\d{3}_started", log), log
    assert re.search(r"scan_gate_wait-\d+_\d{3} took", log)
    assert "section_start" not in log


@pytest.mark.usefixtures("images")
def test_every_report_is_an_artifact_even_after_a_block(tmp_path: Path) -> None:
    pipeline(tmp_path, "huawei", "failed")

    folder = tmp_path / ".gitlab-ci-local" / "artifacts" / "scan-gate" / "scan-gate"
    names = ["code-quality.json", "junit.xml", "report.html", "report.json", "report.md", "scan.env", "scan.sarif"]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert json.loads((folder / "report.json").read_text())["verdict"] == "blocked"


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(
    ("findings", "words"),
    [("{}", "passed, 0 of 1 risky"), ('{"vulnerabilities": {"high": 2}}', "blocked, 1 of 1 risky")],
    ids=["clean", "risky"],
)
@pytest.mark.usefixtures("images")
def test_a_job_builds_and_pushes_and_the_gate_judges_by_the_digest_that_it_passed_on(
    cloud: str, findings: str, words: str, tmp_path: Path
) -> None:
    with Simulator("empty") as registry:
        settings = registry.describe()[cloud]
        of_cloud = option_values(cloud, settings, omitted=("project_id",))
        own = {"image": "$RELEASE_IMAGE", "dependencies": ["build"], "allow-exit-codes": [1], "poll-interval": "0.5"}
        inputs: dict[str, object] = {**FIXED_INPUTS, **of_cloud, **own}
        reference = "team/shop/web:1.4.2@sha256:$(sha256sum layer | cut -d' ' -f1)"
        build_job = {
            "stage": "build",
            "image": {"name": IMAGE, "entrypoint": [""]},
            "script": [
                "echo layer > layer",
                f'reference="{reference}"',
                f"""python3 -c '{PUSH}' {registry.url} "$reference" '{findings}'""",
                'echo "RELEASE_IMAGE=$reference" > build.env',
            ],
            "artifacts": {"reports": {"dotenv": "build.env"}},
        }
        later = {
            "stage": "deploy",
            "script": ['echo "later job sees $SCAN_VERDICT, $SCAN_RISKY_NUM of $SCAN_TOTAL_NUM risky"'],
        }
        stages = {"stages": ["build", "test", "deploy"], "build": build_job, "print-outputs": later}
        include = [{"local": "templates/scan-gate.yml", "inputs": inputs}]
        log = run_pipeline(tmp_path, json.dumps({**stages, "include": include}), settings)

    assert f"later job sees {words}" in log, log


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(
    ("audience", "words"),
    [("", "PASSED (exit 0)"), ("another", "UNDECIDED (exit 3)")],
    ids=["trusted", "wrong-audience"],
)
@pytest.mark.usefixtures("images")
def test_a_job_without_any_stored_key_signs_in_with_its_id_token(
    cloud: str, audience: str, words: str, tmp_path: Path
) -> None:
    """`id_tokens` is added to the job of the component by its name.

    The runner takes the keyword but has no issuer, so the token that GitLab would issue is a variable of the same job.
    """
    with Simulator("clean") as simulator:
        described = simulator.describe_sign_in()[cloud]
        of_cloud = option_values(cloud, simulator.describe()[cloud], omitted=("project_id",))
        roles = {name.replace("_", "-"): described[name] for name in described if name.endswith(("_arn", "_urn"))}
        roles = {name: value for name, value in roles.items() if not name.startswith("assume")}
        inputs = {**FIXED_INPUTS, **of_cloud, **roles, "sts-endpoint": described["sts_endpoint"]}
        audience = audience or described["oidc_audience"]
        token = simulator.token("gitlab", audience=audience)
        gate = {
            "id_tokens": {"SCAN_GATE_OIDC_TOKEN": {"aud": audience}},
            "variables": {"SCAN_GATE_OIDC_TOKEN": token},
        }
        include = [{"local": "templates/scan-gate.yml", "inputs": inputs}]
        log = run_pipeline(tmp_path, json.dumps({"include": include, "scan-gate": gate}), {})

    assert words in log, log
    assert f"{'PASS' if 'PASSED' in words else 'FAIL'}  scan-gate" in log
    assert ("audience another" in log) is (audience == "another")
    assert not [word for word in (token, "simulated-temporary") if word in log]


@pytest.mark.usefixtures("images")
def test_the_pipeline_of_this_project_uses_its_own_component(tmp_path: Path) -> None:
    """Only the job of the component: the others need a registry, and would run this test again."""
    run("git", "clone", "-q", str(ROOT), str(tmp_path / "copy"))
    for name in (".gitlab-ci.yml", "templates/scan-gate.yml"):
        shutil.copy(ROOT / name, tmp_path / "copy" / name)
    run("git", "remote", "set-url", "origin", "http://127.0.0.1/team/scan-gate.git", cwd=tmp_path / "copy")

    log = run(
        str(RUNNER), "--variable", f"GATE_IMAGE={IMAGE}", *RUNNER_OPTIONS, "scan-gate", cwd=tmp_path / "copy"
    ).stdout

    assert "PASSED (exit 0)" in log, log
    assert "PASS  scan-gate" in log
