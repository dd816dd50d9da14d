"""The CI systems: how each is detected, and that none gets what only another one understands."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gate import ci
from gate.ci.azure import Azure
from gate.ci.bitbucket import Bitbucket
from gate.ci.buildkite import Buildkite
from gate.ci.github import GitHub
from gate.ci.gitlab import GitLab
from gate.log import Log
from gate.publish import publish
from tests.builders import NOW, a_failed_image, a_task, an_outcome
from tests.harness import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Gate

VARIABLES = {
    "github": {"GITHUB_ACTIONS": "true"},
    "gitlab": {"GITLAB_CI": "true"},
    "azure": {"TF_BUILD": "True"},
    "buildkite": {"BUILDKITE": "true"},
    "bitbucket": {"BITBUCKET_BUILD_NUMBER": "7"},
    "none": {"CI": "true"},
}
CLASSES = {
    "github": GitHub,
    "gitlab": GitLab,
    "azure": Azure,
    "buildkite": Buildkite,
    "bitbucket": Bitbucket,
    "none": ci.CISystem,
}


@pytest.mark.parametrize(("name", "environ"), VARIABLES.items())
def test_each_ci_system_is_detected_by_the_variable_that_it_sets(name: str, environ: dict[str, str]) -> None:
    assert type(ci.detect(environ)) is CLASSES[name]


@pytest.mark.parametrize("environ", [{"GITHUB_ACTIONS": ""}, {"GITLAB_CI": "false"}, {"TF_BUILD": ""}, {}])
def test_a_variable_that_is_empty_or_false_detects_nothing(environ: dict[str, str]) -> None:
    assert type(ci.detect(environ)) is ci.CISystem


@pytest.mark.parametrize("name", ci.CI_SYSTEMS)
def test_the_option_is_stronger_than_what_is_detected(name: str) -> None:
    assert type(ci.detect(VARIABLES["github"], name)) is CLASSES[name]


def test_every_ci_system_is_in_these_tests() -> None:
    assert set(VARIABLES) == set(CLASSES) == set(ci.CI_SYSTEMS)


def test_on_a_plain_machine_nothing_is_published(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    ci_system = ci.detect({})

    assert list(ci_system.publish(an_outcome(a_task(risky=2)))) == []
    assert (
        ci_system.mask_command("secret-canary") == ci_system.start_group("title", NOW) == ci_system.end_group(NOW) == ""
    )
    assert capsys.readouterr().out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ci.CI_SYSTEMS)
def test_no_ci_system_writes_the_files_of_another(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The environment names all files, as when one CI system runs inside of another."""
    files = {"GITHUB_OUTPUT": "github", "GITHUB_STEP_SUMMARY": "github", "AGENT_TEMPDIRECTORY": "azure"}
    monkeypatch.chdir(tmp_path)

    list(ci.detect({**files, "PATH": "/nowhere"}, name).publish(an_outcome(a_task(risky=2))))

    written = {path.parts[0] for path in Path().rglob("*") if path.is_file()}
    assert written == {"github": {"github"}, "azure": {"azure"}, "bitbucket": {"scan-gate-bitbucket"}}.get(name, set())
    commands = {"github": "::error", "azure": "##vso["}.get(name, "")
    assert commands in capsys.readouterr().out


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_log_of_the_wait_is_a_group_and_the_verdict_is_outside_of_it(
    cloud: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    ending = gate_in("risky", cloud).check()

    assert ending.err.startswith("::group::Waiting for the image scan\n")
    assert "BLOCKED" not in ending.err
    # On the stream of the verdict: of two streams, one could overtake the other.
    lines = ending.out.splitlines()
    assert lines.index("::endgroup::") < lines.index("scan-gate: BLOCKED (exit 1)")
    assert not [line for line in lines[: lines.index("::endgroup::")] if not line.startswith("::add-mask::")]


@pytest.mark.parametrize("arguments", [("--ci", "none"), ("--ci=none",), ("-q", "--ci", "none")])
def test_ci_none_publishes_to_no_ci_system(
    arguments: tuple[str, ...], gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", "output")
    gate = gate_in("risky")

    for more in ((), ("--max-risky", "many")):
        ending = gate.check(*arguments, *more)

        assert ending.code == (2 if more else 1)
        assert "::" not in ending.out + ending.err
        assert not Path("output").exists()


def test_quiet_prints_no_group_as_there_is_nothing_to_fold(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    ending = gate_in("clean").check("-q")

    assert ending.err == ""
    assert "endgroup" not in ending.out


def test_a_demo_publishes_to_no_ci_system(gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", "output")
    gate = gate_in("clean")
    from gate import cli  # noqa: PLC0415 - the command itself, without the options of the harness

    assert cli.main(["demo"], gate.time.clock()) == 0
    assert not Path("output").exists()


def test_the_ci_system_comes_after_the_files_and_the_verdict(tmp_path: Path) -> None:
    stream, environ = io.StringIO(), {"GITHUB_OUTPUT": str(tmp_path / "absent" / "output")}

    publish(an_outcome(a_task(failed_images=(a_failed_image(),))), [], ci.detect(environ, "github"), Log(stream))

    assert stream.getvalue().startswith("scan-gate: GITHUB_OUTPUT cannot be written")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_secret_is_masked_before_it_is_used(
    cloud: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    gate = gate_in("forbidden", cloud)

    ending = gate.run("check", "-v")

    assert ending.code == 3
    secret = gate.simulator.describe()[cloud]["access_key_secret"]
    assert ending.out.splitlines()[0] == f"::add-mask::{secret}"
    assert (ending.out + ending.err).count(secret) == 1


def test_output_that_is_often_captured_holds_no_secret(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    assert gate_in("clean").run("status").out.startswith("scan task ")


def test_a_value_that_is_too_short_for_a_secret_is_not_masked_as_that_would_spoil_the_log(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("SCAN_GATE_ACCESS_KEY_SECRET", "3")

    assert "add-mask" not in gate.check().out
