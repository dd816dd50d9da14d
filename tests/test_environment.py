"""Variables and inputs: where they count, which of them is a mistake, and what stands for "not given"."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gate import cli
from gate.clouds import CLOUDS
from gate.environment import find_variable, ignored_variables, input_variable, unknown_variables, variable
from gate.errors import ExitCode, UsageError
from gate.options import CONFIG, OPTIONS, SECRETS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gate.settings import Option
    from tests.harness import Gate

GITHUB = {"GITHUB_ACTIONS": "true"}
ACTION = {**GITHUB, **{input_variable(option.name): option.unset for option in (*OPTIONS, CONFIG)}}
"""The variables of the action, none of whose inputs was given."""
LATER = "2026-01-31T13:00:00.000Z"
"""After the start of every simulated task."""
WITH_WORD = [option for option in OPTIONS if option.unset]


@pytest.fixture
def started_after(gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch) -> Callable[..., str | None]:
    """Runs a check with these variables and options; returns the start time that was in force."""
    gate = gate_in("clean")

    def run(environ: Mapping[str, str], *arguments: str) -> str | None:
        with monkeypatch.context() as context:
            for name, value in environ.items():
                context.setenv(name, value)
            at: str | None = gate.check(*arguments, "--appear-timeout", "1s").report["policy"]["started_after"]
        return at

    return run


@pytest.mark.parametrize("environ", [{}, {"GITLAB_CI": "true"}, {"GITHUB_ACTIONS": "false"}, {"TF_BUILD": "True"}])
def test_an_input_counts_only_in_github_actions(
    environ: dict[str, str], started_after: Callable[..., str | None]
) -> None:
    """In a job of GitLab, an earlier job may have set INPUT_ENDPOINT."""
    inputs = {"INPUT_STARTED-AFTER": LATER, "INPUT_ENDPOINT": "https://evil.example", "INPUT_ACCESS-KEY-ID": "another"}

    assert started_after({**environ, **inputs}) is None
    assert started_after({**GITHUB, "INPUT_STARTED-AFTER": LATER}) == LATER


@pytest.mark.parametrize("command", ["check", "status"])
@pytest.mark.parametrize("name", ["INPUT_ENDPOINT", "INPUT_ACCESS-KEY-ID", "INPUT_CONFIG"])
def test_an_input_where_two_ci_systems_are_detected_is_a_usage_error(
    name: str, command: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITLAB_CI", "true")
    gate = gate_in("clean")
    monkeypatch.setenv(name, "x")

    ending = gate.run(command)

    assert ending.code == ExitCode.USAGE
    assert (
        f"The input '{name[6:].lower()}' is set, but not only GitHub Actions is detected here. A variable of another "
        "CI system is set too, such as GITLAB_CI; it is not clear who sets inputs. Unset the variables of the CI "
        "system that this is not.\n"
    ) in ending.err
    assert gate.operations == []


def test_inputs_that_were_not_given_are_no_error_where_two_ci_systems_are_detected(
    started_after: Callable[..., str | None],
) -> None:
    assert started_after({**ACTION, "GITLAB_CI": "true", "SCAN_GATE_STARTED_AFTER": LATER}) == LATER


@pytest.mark.parametrize(
    ("name", "similar"),
    [
        ("INPUT_STARTED_AFTER", "started-after"),
        ("INPUT_STARTED-AFTR", "started-after"),
        ("INPUT_TASKID", "task-id"),
        ("INPUT_MAX_AGE", "max-age"),
        ("INPUT_ACCESS_KEY_ID", "access-key-id"),
        ("INPUT_CONFIGS", "config"),
        ("INPUT_MAX_AGESS", "max-age"),
    ],
)
def test_a_misspelt_input_is_a_usage_error_and_not_ignored(
    name: str, similar: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    """GitHub passes an input that the action does not have, too."""
    gate = gate_in("clean")
    for variable_name, value in {**ACTION, name: LATER}.items():
        monkeypatch.setenv(variable_name, value)

    ending = gate.check()

    given = name.removeprefix("INPUT_").lower()
    assert ending.code == ExitCode.USAGE
    assert (
        f"The input '{given}' is not one of the action's; did you mean '{similar}'? It would be ignored silently. "
        "Correct its name, or remove it.\n"
    ) in ending.err
    assert gate.operations == []


def test_a_misspelt_input_is_a_usage_error_also_where_the_image_runs_without_the_action(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By `docker://`, there are inputs, but only those that are given."""
    gate = gate_in("clean")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("INPUT_STARTED_AFTER", LATER)

    ending = gate.check()

    assert ending.code == ExitCode.USAGE
    assert "The input 'started_after' is not one of the gate's; did you mean 'started-after'? " in ending.err
    assert gate.operations == []


def test_the_inputs_of_every_image_are_no_misspelt_ones(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    """GitHub has `args` and `entrypoint` for an image that is run by `docker://`."""
    gate = gate_in("clean")
    for name in ("GITHUB_ACTIONS", "INPUT_ARGS", "INPUT_ENTRYPOINT"):
        monkeypatch.setenv(name, "true")

    ending = gate.check()

    assert ending.code == ExitCode.PASSED
    assert "input" not in ending.err


def test_an_unknown_input_is_a_warning_and_those_of_another_program_are_nothing(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean")
    monkeypatch.setenv("INPUT_FETCH-DEPTH", "1")
    assert "fetch-depth" not in gate.check().err.lower()

    for name, value in ACTION.items():
        monkeypatch.setenv(name, value)
    ending = gate.check()

    assert ending.code == ExitCode.PASSED
    assert "The input 'fetch-depth' is not one of the action's; it is ignored." in ending.err


# The word for "not given".


@pytest.mark.parametrize("option", [*WITH_WORD, CONFIG], ids=lambda option: option.name)
@pytest.mark.parametrize("of", [input_variable, variable])
def test_an_empty_value_is_a_usage_error_where_something_is_looser_without_it(
    of: Callable[[str], str], option: Option, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt id of a step gives exactly that."""
    for name, value in {**ACTION, of(option.name): ""}.items():
        monkeypatch.setenv(name, value)

    assert cli.main(["check"]) == ExitCode.USAGE

    place = f"input {option.name!r}" if of is input_variable else f"variable {variable(option.name)}"
    assert capsys.readouterr().err.endswith(
        f"scan-gate: The {place} is empty. A reference in it may be misspelt, such as the id of a step or the name "
        f"of a variable. Correct it, or set it to {option.unset!r}.\n"
    )


@pytest.mark.parametrize("value", ["", " "])
@pytest.mark.parametrize("option", [*WITH_WORD, CONFIG], ids=lambda option: option.name)
def test_so_is_one_on_the_command_line(option: Option, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", f"--{option.name}", value]) == ExitCode.USAGE
    assert f"Invalid value for --{option.name}: the value is empty" in capsys.readouterr().err


@pytest.mark.parametrize("option", [option for option in OPTIONS if not option.unset], ids=lambda option: option.name)
def test_an_empty_value_of_any_other_option_counts_as_absent(option: Option) -> None:
    environ = {**GITHUB, input_variable(option.name): "", variable(option.name): ""}

    assert find_variable(option, environ) is None


def test_the_word_is_a_value_like_any_other_on_the_command_line_and_in_a_variable(
    started_after: Callable[..., str | None],
) -> None:
    """It turns off what comes after it."""
    Path("gate.toml").write_text(f"started-after = '{LATER}'\n")
    of_file = ("--config", "gate.toml")

    assert started_after({}, *of_file) == LATER
    assert started_after({"SCAN_GATE_STARTED_AFTER": LATER}, "--started-after", "none") is None
    assert started_after({"SCAN_GATE_STARTED_AFTER": "none"}, *of_file) is None


@pytest.mark.parametrize("word", ["none", " none\n"])
def test_an_input_with_that_word_gives_way_to_the_variable_and_the_file(
    word: str, started_after: Callable[..., str | None]
) -> None:
    """It is the default of the input, so that nobody need have written it."""
    Path("gate.toml").write_text(f"started-after = '{LATER}'\n")
    action = {**ACTION, "INPUT_STARTED-AFTER": word}

    assert started_after({**action, "SCAN_GATE_STARTED_AFTER": LATER}) == LATER
    assert started_after(action, "--config", "gate.toml") == LATER
    assert started_after(action) is None


@pytest.mark.parametrize("option", WITH_WORD, ids=lambda option: option.name)
def test_every_option_takes_its_word(
    option: Option, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean")
    monkeypatch.setenv(variable(option.name), option.unset)

    assert gate.check("--config", "none").code == ExitCode.PASSED


def test_the_word_for_the_default_age_is_not_the_one_for_none(gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("clean")

    assert gate.check("--max-age", "default").report["policy"]["max_age"] == 86400
    assert gate.check("--max-age", "none").report["policy"]["max_age"] is None


# Without variables.


def test_without_variables_only_the_command_line_counts(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable may have come from an earlier job; what the command line says was fixed with the pipeline."""
    gate = gate_in("risky")
    Path("evil.toml").write_text("max-failed = 99\n")
    evil = {
        "SCAN_GATE_MAX_RISKY": "99",
        "SCAN_GATE_WARN_ONLY": "true",
        "SCAN_GATE_STARTED_AFTER": "",
        "SCAN_GATE_CONFIG": "evil.toml",
        "SCAN_GATE_REPORT": "json=evil.json",
        "SCAN_GATE_MAX_RISK": "99",
    }
    for name, value in evil.items():
        monkeypatch.setenv(name, value)

    ending = gate.check("--no-variables")

    assert (ending.code, ending.report["policy"]["max_risky"], ending.report["policy"]["max_failed"]) == (1, 0, 0)
    assert not Path("evil.json").exists()
    ignored = [line for line in ending.err.splitlines() if "is ignored" in line]
    assert ignored == [f"scan-gate: The variable {name} is ignored, since --no-variables is given." for name in evil]


@pytest.mark.parametrize(
    "arguments", [["--no-variables", "--config", "own.toml"], ["--config=own.toml", "--no-variables"]]
)
def test_without_variables_the_file_that_the_command_line_names_is_read(
    arguments: list[str], gate_in: Callable[..., Gate]
) -> None:
    Path("own.toml").write_text("max-risky = 7\n")

    assert gate_in("risky").check(*arguments).report["policy"]["max_risky"] == 7


@pytest.mark.parametrize("cloud", CLOUDS)
def test_without_variables_no_variable_of_the_vendor_selects_the_region(
    cloud: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in import_module(f"gate.clouds.{cloud}.options").REGION_VARIABLES:
        monkeypatch.setenv(name, min(CLOUDS[cloud].regions))
    for secret in ("access-key-id", "access-key-secret"):
        assert secret in SECRETS
        monkeypatch.setenv(variable(secret), "x" * 20)

    assert cli.main(["check", "--cloud", cloud, "--no-variables"]) == ExitCode.USAGE

    assert "No region is given." in capsys.readouterr().out


def test_without_variables_a_usage_error_removes_no_report_that_a_variable_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SCAN_GATE_REPORT", "json=kept.json")
    Path("kept.json").write_text("{}")

    assert cli.main(["check", "--no-variables"]) == ExitCode.USAGE
    assert Path("kept.json").read_text() == "{}"


def test_an_error_without_variables_names_the_option_alone(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["check", "--no-variables"])

    assert "No cloud is given. Set --cloud to one of: " in capsys.readouterr().err


@pytest.mark.parametrize("name", ["SCAN_GATE_OIDC_TOKEN", "SCAN_GATE_SERVICE_CONNECTION_ID"])
def test_a_variable_for_signing_in_is_known_though_it_is_neither_an_option_nor_an_input(name: str) -> None:
    assert [*unknown_variables({name: "x"})] == []
    assert [*ignored_variables({name: "x"})] == []


@pytest.mark.parametrize(
    ("name", "similar"),
    [
        ("SCAN_GATE_MAX_RISKI", "SCAN_GATE_MAX_RISKY"),
        ("scan_gate_max_risky", "SCAN_GATE_MAX_RISKY"),
        ("SCAN-GATE-MAX-RISKY", "SCAN_GATE_MAX_RISKY"),
        ("SCAN_GATE_AUTH_TOKEN_FIL", "SCAN_GATE_AUTH_TOKEN_FILE"),
    ],
)
def test_a_variable_that_is_nearly_one_of_the_gates_is_a_usage_error(name: str, similar: str) -> None:
    with pytest.raises(UsageError) as caught:
        list(unknown_variables({"PATH": "/bin", name: "1"}))

    assert str(caught.value) == (
        f"The variable {name} is not one of the gate's; did you mean {similar}? It would be ignored silently. "
        "Correct its name, or unset it."
    )


@pytest.mark.parametrize("name", ["SCAN_GATE_MAX_RISKY", "SCAN_GATE_AUTH_TOKEN_FILE", "SCAN_GATE_AUTH_TOKEN", "SCAN"])
def test_a_variable_of_the_gate_or_of_another_program_is_no_mistake(name: str) -> None:
    assert list(unknown_variables({name: "1"})) == []


def test_every_unknown_variable_with_the_prefix_of_the_gate_has_a_warning() -> None:
    """Kubernetes sets variables of the second kind for each service, here for one named `scan-gate-max-risk`."""
    environ = {"HOME": "/", "SCAN_GATE_ZZZ": "1", "SCAN_GATE_MAX_RISK": "tcp://10.0.0.1:80", "LANG": "C"}

    assert list(unknown_variables(environ)) == [
        f"The variable {name} is not one of the gate's; it is ignored."
        for name in ("SCAN_GATE_ZZZ", "SCAN_GATE_MAX_RISK")
    ]


def test_a_misspelt_input_is_named_with_what_to_do_outside_of_the_action_too() -> None:
    with pytest.raises(UsageError) as caught:
        list(unknown_variables({**GITHUB, "INPUT_MAX-RISKI": "1"}))

    assert str(caught.value) == (
        "The input 'max-riski' is not one of the gate's; did you mean 'max-risky'? It would be ignored silently. "
        "Correct its name, or remove it."
    )
