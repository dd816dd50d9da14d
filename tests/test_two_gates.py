"""Two gates in one pipeline, one that blocks and one that passes: neither overwrites what the other has published."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gate import ci
from gate.ci.bitbucket import FOLDER
from tests.reports.reading import as_variables, as_xml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.harness import Ending, Gate

    RunGates = Callable[..., dict[str, Ending]]

GATES = {"production": ("risky", 1), "staging": ("clean", 0)}
"""The scenario and the exit code of each gate, by its name."""
JOBS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "github": (
        {"GITHUB_ACTIONS": "true", "GITHUB_JOB": "release", "GITHUB_ACTION": "__run"},
        {"GITHUB_ACTIONS": "true", "GITHUB_JOB": "release", "GITHUB_ACTION": "__run_2"},
    ),
    "gitlab": (
        {"GITLAB_CI": "true", "CI_JOB_NAME": "gate: [production]"},
        {"GITLAB_CI": "true", "CI_JOB_NAME": "gate: [staging]"},
    ),
    "azure": (
        {"TF_BUILD": "True", "SYSTEM_JOBNAME": "Gates", "SYSTEM_TASKINSTANCENAME": "CmdLine"},
        {"TF_BUILD": "True", "SYSTEM_JOBNAME": "Gates", "SYSTEM_TASKINSTANCENAME": "CmdLine1"},
    ),
    "buildkite": (
        {"BUILDKITE": "true", "BUILDKITE_STEP_ID": "0190"},
        {"BUILDKITE": "true", "BUILDKITE_STEP_ID": "0191"},
    ),
    "bitbucket": (
        {"BITBUCKET_BUILD_NUMBER": "7", "BITBUCKET_PARALLEL_STEP": "0"},
        {"BITBUCKET_BUILD_NUMBER": "7", "BITBUCKET_PARALLEL_STEP": "1"},
    ),
}
"""The variables of two jobs or steps, as each CI system sets them."""


@pytest.fixture
def run_gates(gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch) -> RunGates:
    """Runs both gates, with their names on the command line or without."""

    def run(jobs: tuple[Mapping[str, str], Mapping[str, str]], *arguments: str, named: bool) -> dict[str, Ending]:
        endings = {}
        for (name, (scenario, code)), variables in zip(GATES.items(), jobs, strict=True):
            for variable, value in variables.items():
                monkeypatch.setenv(variable, value)
            own = [word.replace("{}", name) for word in arguments]
            endings[name] = gate_in(scenario).check(*own, *(["--name", name] if named else []))
            assert endings[name].code == code
        return endings

    return run


def reports(pattern: str) -> dict[str, str]:
    return {name: Path(pattern.replace("{}", name)).read_text() for name in GATES}


named_or_not = pytest.mark.parametrize("named", [True, False], ids=["named", "by-job"])


@named_or_not
def test_buildkite_gets_an_annotation_of_each(run_gates: RunGates, tmp_path: Path, *, named: bool) -> None:
    agent = tmp_path / "bin" / "buildkite-agent"
    agent.parent.mkdir()
    log = f"open({str(tmp_path / 'log')!r}, 'a')"
    script = f"import json, sys\nprint(json.dumps([sys.argv[3], sys.stdin.read()]), file={log})"
    agent.write_text(f"#!{sys.executable}\n{script}\n")
    agent.chmod(0o755)
    # Two steps may have one label.
    one, two = (step | {"BUILDKITE_LABEL": "scan"} for step in JOBS["buildkite"])

    run_gates((one | {"PATH": str(agent.parent)}, two | {"PATH": str(agent.parent)}), named=named)

    annotations = dict(json.loads(line) for line in (tmp_path / "log").read_text().splitlines())
    assert sorted(body.split()[-1] for body in (text.splitlines()[0] for text in annotations.values())) == [
        "blocked",
        "passed",
    ]
    if named:
        assert sorted(annotations) == ["scan-gate-production", "scan-gate-staging"]


@named_or_not
def test_bitbucket_gets_a_report_of_each(run_gates: RunGates, tmp_path: Path, *, named: bool) -> None:
    run_gates(JOBS["bitbucket"], named=named)

    results = {path.parent.name: json.loads(path.read_text()) for path in tmp_path.glob(f"{FOLDER}*/report.json")}
    names = ["production", "staging"] if named else ["0", "1"]
    assert {name: report["result"] for name, report in results.items()} == {
        f"{FOLDER}-{names[0]}": "FAILED",
        f"{FOLDER}-{names[1]}": "PASSED",
    }


@named_or_not
def test_azure_gets_a_summary_of_each(run_gates: RunGates, tmp_path: Path, *, named: bool) -> None:
    one, two = JOBS["azure"]

    endings = run_gates(
        (one | {"AGENT_TEMPDIRECTORY": str(tmp_path)}, two | {"AGENT_TEMPDIRECTORY": str(tmp_path)}), named=named
    )

    paths = [
        Path(line.partition("]")[2])
        for ending in endings.values()
        for line in ending.out.splitlines()
        if line.startswith("##vso[task.uploadsummary]")
    ]
    assert [path.read_text().splitlines()[0].split()[-1] for path in paths] == ["blocked", "passed"]


@named_or_not
@pytest.mark.parametrize("ci_system", JOBS)
def test_findings_of_both_in_one_list_are_told_apart(ci_system: str, run_gates: RunGates, *, named: bool) -> None:
    """GitLab keeps one of two issues with the same fingerprint. Here the same images fail in both gates."""
    fingerprints: dict[str, set[str]] = {}
    for variables in JOBS[ci_system]:
        job = (variables, variables)
        run_gates(job, "--report", "code-quality={}.json", "--max-risky", "0", named=named)
        fingerprints[str(variables)] = {issue["fingerprint"] for issue in json.loads(reports("{}.json")["production"])}

    (one, two) = fingerprints.values()
    assert one
    assert one.isdisjoint(two) is not named


@named_or_not
def test_gitlab_gets_variables_of_each(run_gates: RunGates, *, named: bool) -> None:
    run_gates(JOBS["gitlab"], "--report", "dotenv={}.env", named=named)

    variables = as_variables("".join(reports("{}.env").values()))
    verdicts = {name: value for name, value in variables.items() if name.startswith("SCAN_VERDICT")}
    assert [*verdicts.values()] == ["blocked", "passed"]
    if named:
        assert [*verdicts] == ["SCAN_VERDICT_PRODUCTION", "SCAN_VERDICT_STAGING"]


def test_code_scanning_gets_a_category_of_each(run_gates: RunGates) -> None:
    """Without a name, the category is the one that the user gives to the upload."""
    run_gates(JOBS["github"], "--report", "sarif={}.sarif", named=True)

    runs: list[dict[str, Any]] = [json.loads(text)["runs"][0] for text in reports("{}.sarif").values()]
    categories = [run["automationDetails"]["id"] for run in runs]
    assert categories == ["scan-gate/production/", "scan-gate/staging/"]
    assert [bool(run["results"]) for run in runs] == [True, False]


@named_or_not
@pytest.mark.parametrize("ci_system", JOBS)
def test_readers_of_junit_get_a_suite_of_each(ci_system: str, run_gates: RunGates, *, named: bool) -> None:
    run_gates(JOBS[ci_system], "--report", "junit={}.xml", named=named)

    suites = [suite for text in reports("{}.xml").values() for suite in as_xml(text)]
    names = [suite.attrib["name"] for suite in suites]
    assert names == ["scan-gate.production", "scan-gate.staging"] if named else len({*names}) == 2
    classes = [{case.attrib["classname"] for case in suite.iter("testcase")} for suite in suites]
    assert classes[0].isdisjoint(classes[1])


@pytest.mark.parametrize("names", [("eu-1", "eu_1"), ("a.b", "a-b"), ("Staging", "staging")])
def test_names_that_differ_in_capitals_and_punctuation_only_share_nothing(
    names: tuple[str, str], gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BITBUCKET_BUILD_NUMBER", "7")
    found = []
    for name, verdict in zip(names, ("risky", "clean"), strict=True):
        written = [word for kind in ("dotenv", "sarif", "junit") for word in ("--report", f"{kind}={verdict}.{kind}")]
        gate_in(verdict).check(*written, "--name", name)
        run = json.loads(Path(f"{verdict}.sarif").read_text())["runs"][0]
        # GitHub compares a category without its capitals and punctuation (report-readers.md 3.1).
        category = re.sub("[^A-Z0-9]", "_", run["automationDetails"]["id"].upper())
        suites = {suite.attrib["name"] for suite in as_xml(Path(f"{verdict}.junit").read_text())}
        found.append({category, *suites, *as_variables(Path(f"{verdict}.dotenv").read_text())})

    assert found[0].isdisjoint(found[1])
    assert len([*tmp_path.glob(f"{FOLDER}-*")]) == 2


def test_the_name_stands_in_the_verdict_and_in_every_title(run_gates: RunGates, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    jobs = tuple(variables | {"GITHUB_STEP_SUMMARY": str(summary)} for variables in JOBS["github"])

    endings = run_gates(jobs, "--report", "html={}.html", named=True)

    assert "scan-gate production: BLOCKED" in endings["production"].out
    assert "Image scan staging passed" in endings["staging"].out
    assert "Image scan production: blocked" in summary.read_text()
    assert "Image scan staging: passed" in summary.read_text()
    assert "<title>Image scan staging passed" in reports("{}.html")["staging"]
    assert endings["production"].report["name"] == "production"


@pytest.mark.parametrize("how", ["option", "variable"])
def test_a_run_that_ends_before_its_settings_are_known_is_published_under_its_name_too(
    how: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BITBUCKET_BUILD_NUMBER", "7")
    if how == "variable":
        monkeypatch.setenv("SCAN_GATE_NAME", "staging")

    ending = gate_in().run("check", "--max-risky", "x", *(["--name", "staging"] if how == "option" else []))

    assert ending.code == 2
    report = json.loads((tmp_path / f"{FOLDER}-staging" / "report.json").read_text())
    assert (report["title"], report["result"]) == ("Image scan staging", "FAILED")


def test_a_name_that_cannot_be_a_file_name_is_an_error_and_names_no_file(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BITBUCKET_BUILD_NUMBER", "7")

    ending = gate_in().run("check", "--name", "../staging")

    assert ending.code == 2
    assert "is not a name such as staging" in ending.err
    assert [path.name for path in tmp_path.iterdir()] == [FOLDER]


@pytest.mark.parametrize("own", ["BUILDKITE_STEP_KEY", "BUILDKITE_LABEL", ""])
def test_the_tests_of_a_step_of_buildkite_have_the_names_of_the_build_before_if_it_has_a_key_or_a_label(
    own: str, run_gates: RunGates
) -> None:
    """The id of a step is another one in each build."""
    suites = []
    for build in JOBS["buildkite"]:
        job = build | {"BUILDKITE_LABEL": ":shield: scan", own: "image scan"} if own else build
        run_gates((job, job), "--report", "junit={}.xml", named=False)
        (suite,) = as_xml(reports("{}.xml")["staging"])
        suites.append(suite.attrib["name"])

    assert suites == ["scan-gate.image scan"] * 2 if own else ["scan-gate.0190", "scan-gate.0191"]


@pytest.mark.parametrize("ci_system", JOBS)
def test_outside_a_job_a_gate_without_a_name_has_no_identity(ci_system: str) -> None:
    assert ci.detect({}, ci_system).identity == ""
