"""Option values on the command line: where each comes from, what an error says of it, and what the help shows."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gate import cli
from gate.clouds import CLOUDS
from gate.errors import ExitCode
from gate.options import OPTIONS, SECRETS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.harness import Gate


@pytest.fixture
def error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a check that has to end with a usage error; returns the last line of the log."""

    def run(*arguments: str, environ: Mapping[str, str] | None = None, config: str = "") -> str:
        for name, value in (environ or {}).items():
            monkeypatch.setenv(name, value)
        if config:
            Path("gate.toml").write_text(config)
            arguments = (*arguments, "--config", "gate.toml")
        assert cli.main(["check", *arguments]) == ExitCode.USAGE
        return capsys.readouterr().err.splitlines()[-1]

    return run


# The source of a value.


@pytest.mark.parametrize(
    ("given", "source"),
    [
        ({"arguments": ["--max-risky", "x"]}, "--max-risky"),
        ({"environ": {"GITHUB_ACTIONS": "true", "INPUT_MAX-RISKY": "x"}}, "the input 'max-risky'"),
        ({"environ": {"SCAN_GATE_MAX_RISKY": "x"}}, "the variable SCAN_GATE_MAX_RISKY"),
        ({"config": "max-risky = 'x'"}, "the key 'max-risky' of gate.toml"),
        (
            {"environ": {"GITHUB_ACTIONS": "true", "INPUT_MAX-RISKY": "x", "SCAN_GATE_MAX_RISKY": "1"}},
            "the input 'max-risky'",
        ),
        (
            {"environ": {"GITHUB_ACTIONS": "true", "INPUT_MAX-RISKY": "", "SCAN_GATE_MAX_RISKY": "x"}},
            "the variable SCAN_GATE_MAX_RISKY",
        ),
        (
            {"arguments": ["--max-risky", "x"], "environ": {"GITHUB_ACTIONS": "true", "INPUT_MAX-RISKY": "1"}},
            "--max-risky",
        ),
    ],
    ids=["option", "input", "variable", "file", "input-before-variable", "empty-input", "option-before-input"],
)
def test_an_error_in_a_value_names_the_one_place_that_it_comes_from(
    given: dict[str, object], source: str, error: Callable[..., str]
) -> None:
    arguments = given.get("arguments", [])
    assert isinstance(arguments, list)
    elsewhere = {name: value for name, value in given.items() if name != "arguments"}

    assert error(*arguments, **elsewhere) == (
        f"scan-gate: Invalid value for {source}: 'x' is not a whole number such as 0 or 5. See scan-gate check --help."
    )


@pytest.mark.parametrize(
    ("given", "source"),
    [
        ({"environ": {"GITHUB_ACTIONS": "true", "INPUT_LIMIT": "3"}}, "the input 'limit'"),
        ({"environ": {"SCAN_GATE_LIMIT": "3"}}, "the variable SCAN_GATE_LIMIT"),
        ({"config": "limit = 3"}, "the key 'limit' of gate.toml"),
    ],
    ids=["input", "variable", "file"],
)
def test_so_does_an_error_in_a_value_for_one_cloud(
    given: dict[str, object], source: str, error: Callable[..., str]
) -> None:
    assert error("--cloud", "huawei", **given) == (
        f"scan-gate: Invalid value for {source}: '3' is not a whole number from 10 to 200. See scan-gate check --help."
    )


def test_a_choice_names_its_source_too(error: Callable[..., str]) -> None:
    known = ", ".join(map(repr, CLOUDS))

    assert error(environ={"GITHUB_ACTIONS": "true", "INPUT_CLOUD": "nimbus"}) == (
        f"scan-gate: Invalid value for the input 'cloud': 'nimbus' is not one of {known}. See scan-gate check --help."
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "the value is empty; a variable of the shell may not be set. Correct it, or set it to 'none'."),
        ("--timeout", "--timeout is another option; a variable of the shell before it may not be set."),
        ("cn\u200b", "the value has invisible characters."),
        ("cn-\udcff", "the value is not UTF-8, or the locale is not; if so, set LC_ALL=C.UTF-8."),
    ],
    ids=["empty", "option", "invisible", "not-utf-8"],
)
def test_a_value_that_is_probably_a_slip_is_refused(value: str, message: str, error: Callable[..., str]) -> None:
    assert error("--region", value) == f"scan-gate: Invalid value for --region: {message} See scan-gate check --help."


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"arguments": ["--max-age", ""]},
            (
                "--max-age: the value is empty; a variable of the shell may not be set. "
                "Correct it, or set it to 'default'."
            ),
        ),
        (
            {"config": "max-age = ''"},
            "the key 'max-age' of gate.toml: the value is empty. Correct it, or set it to 'default'.",
        ),
        (
            {"arguments": ["--max-risky", ""]},
            "--max-risky: the value is empty; a variable of the shell may not be set.",
        ),
        ({"config": "max-risky = ''"}, "the key 'max-risky' of gate.toml: the value is empty."),
    ],
    ids=["option", "file", "option-without-a-word", "file-without-a-word"],
)
def test_an_empty_value_is_answered_by_the_word_that_stands_for_none(
    given: dict[str, object], message: str, error: Callable[..., str]
) -> None:
    """No shell has to do with an empty value of the config file."""
    arguments = given.get("arguments", [])
    assert isinstance(arguments, list)
    elsewhere = {name: value for name, value in given.items() if name != "arguments"}

    assert error(*arguments, **elsewhere) == f"scan-gate: Invalid value for {message} See scan-gate check --help."


@pytest.mark.parametrize(
    ("given", "source"),
    [
        ({"environ": {"SCAN_GATE_IMAGE": " \n"}}, "the variable SCAN_GATE_IMAGE"),
        ({"environ": {"GITHUB_ACTIONS": "true", "INPUT_IMAGE": "\n"}}, "the input 'image'"),
        ({"config": "image = []"}, "the key 'image' of gate.toml"),
        ({"config": 'image = "\\n"'}, "the key 'image' of gate.toml"),
    ],
    ids=["variable", "input", "list", "text"],
)
def test_images_of_blank_lines_only_do_not_let_a_scan_task_be_judged_in_their_place(
    given: dict[str, Any], source: str, error: Callable[..., str]
) -> None:
    """Such as one of a step that has failed, in a list of lines."""
    message = error("--cloud", "huawei", **given)

    assert message.startswith(f"scan-gate: Invalid value for {source}: the value is empty")
    assert "or set it to 'none'." in message


def test_reports_of_blank_lines_only_are_none(gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCAN_GATE_REPORT", " \n")

    assert gate_in("clean").run("check").code == ExitCode.PASSED


@pytest.mark.parametrize(
    ("given", "source"),
    [
        ({"environ": {"SCAN_GATE_WARN_ONLY": "maybe"}}, "the variable SCAN_GATE_WARN_ONLY"),
        ({"environ": {"GITHUB_ACTIONS": "true", "INPUT_WARN-ONLY": "maybe"}}, "the input 'warn-only'"),
        ({"config": "warn-only = 'maybe'"}, "the key 'warn-only' of gate.toml"),
    ],
    ids=["variable", "input", "file"],
)
def test_a_flag_that_is_neither_true_nor_false_is_refused(
    given: dict[str, object], source: str, error: Callable[..., str]
) -> None:
    message = error(**given)

    assert message.startswith(f"scan-gate: Invalid value for {source}: 'maybe' is not true or false. ")


@pytest.mark.parametrize(
    ("arguments", "environ", "config", "is_verbose", "is_quiet"),
    [
        (["-q"], {"SCAN_GATE_VERBOSE": "true"}, "", False, True),
        (["-v"], {"SCAN_GATE_QUIET": "true"}, "", True, False),
        ([], {"SCAN_GATE_QUIET": "true"}, "verbose = true", False, True),
        (["-v"], {}, "quiet = true", True, False),
        (["-q", "-v"], {}, "", False, False),
        ([], {"SCAN_GATE_VERBOSE": "true"}, "", True, False),
        ([], {}, "quiet = true", False, True),
        ([], {}, "", False, False),
    ],
)
def test_of_quiet_and_verbose_the_one_whose_source_comes_first_counts(
    arguments: list[str],
    environ: dict[str, str],
    config: str,
    gate_in: Callable[..., Gate],
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_verbose: bool,
    is_quiet: bool,
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    if config:
        Path("gate.toml").write_text(config)
        arguments = [*arguments, "--config", "gate.toml"]
    log = gate_in("clean").run("check", *arguments).err

    assert ("bytes, request id" in log) is is_verbose
    assert ("scan task" not in log) is is_quiet


@pytest.mark.parametrize(
    ("environ", "how"),
    [
        ({}, "--cloud or SCAN_GATE_CLOUD"),
        ({"SCAN_GATE_CLOUD": ""}, "--cloud or SCAN_GATE_CLOUD"),
        ({"GITHUB_ACTIONS": "true"}, "--cloud or SCAN_GATE_CLOUD"),
        ({"GITHUB_ACTIONS": "true", "INPUT_CLOUD": ""}, "the input 'cloud'"),
    ],
    ids=["nothing", "empty-variable", "command-in-a-workflow", "action"],
)
def test_an_absent_value_is_answered_by_how_to_give_it_here(
    environ: dict[str, str], how: str, error: Callable[..., str]
) -> None:
    """The runner of GitHub sets a variable for each input of the action, given or not."""
    assert error(environ=environ) == f"scan-gate: No cloud is given. Set {how} to one of: {', '.join(CLOUDS)}."


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({}, "No region is given. "),
        ({}, " Set --region or SCAN_GATE_REGION, such as cn-"),
        ({"GITHUB_ACTIONS": "true", "INPUT_REGION": "none", "INPUT_CLOUD": ""}, " Set the input 'region', such as cn-"),
        ({"SCAN_GATE_REGION": "xx"}, "'xx' (the variable SCAN_GATE_REGION) is not a region of "),
        ({"GITHUB_ACTIONS": "true", "INPUT_REGION": "xx"}, "'xx' (the input 'region') is not a region of "),
    ],
)
def test_a_cloud_names_where_its_region_was_given_or_can_be_given(
    environ: dict[str, str],
    message: str,
    cloud: str,
    gate_in: Callable[..., Gate],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    gate = replace(gate_in("clean", cloud), omitted=("endpoint", "region"))

    ending = gate.run("check")

    assert ending.code == ExitCode.USAGE
    assert message in ending.out


def test_a_config_file_that_does_not_exist_names_what_named_it(error: Callable[..., str]) -> None:
    assert error(environ={"GITHUB_ACTIONS": "true", "INPUT_CONFIG": "absent.toml"}) == (
        "scan-gate: The file absent.toml does not exist. Correct the input 'config', or add the file to the checkout."
    )


# Secrets.


@pytest.mark.parametrize("command", ["check", "status"])
@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("joined", [True, False], ids=["joined", "apart"])
def test_a_secret_on_the_command_line_is_answered_by_where_secrets_come_from(
    command: str, name: str, capsys: pytest.CaptureFixture[str], *, joined: bool
) -> None:
    given = [f"--{name}=hush"] if joined else [f"--{name}", "hush"]

    assert cli.main([command, *given]) == ExitCode.USAGE

    variable = f"SCAN_GATE_{name.upper().replace('-', '_')}"
    log = capsys.readouterr().err
    assert log == (
        f"scan-gate: --{name} is not an option: a secret on a command line can be read by other processes, and ends up "
        "in logs. If a real secret was given there, revoke it. "
        f"Set the variable {variable}, or name a file in {variable}_FILE; in a GitHub workflow, set the input '{name}' "
        "of the action.\n"
    )
    assert "hush" not in log


def test_another_unknown_option_is_answered_by_a_similar_one(error: Callable[..., str]) -> None:
    assert error("--poll-intervall") == (
        "scan-gate: No such option '--poll-intervall'. Did you mean '--poll-interval'? See scan-gate check --help."
    )


# The help.


@pytest.fixture
def help_of(capsys: pytest.CaptureFixture[str]) -> Callable[[str], str]:
    """Returns the help of a command."""

    def run(command: str) -> str:
        assert cli.main([*command.split(), "--help"]) == ExitCode.PASSED
        return capsys.readouterr().out

    return run


def section(text: str, title: str) -> str:
    """One section of a help, without line breaks."""
    body = text.partition(f"\n{title}:\n")[2]
    assert body, f"there is no section {title!r}"
    return " ".join(body.partition("\n\n")[0].split())


@pytest.mark.parametrize("command", ["check", "status", "policy", "judge", "verify", "doctor", "simulate", "demo"])
def test_every_command_has_help(command: str, help_of: Callable[[str], str]) -> None:
    assert help_of(command).startswith(f"Usage: scan-gate {command} ")


@pytest.mark.parametrize(
    ("command", "titles"),
    [
        ("check", ["Example", "Connection", "Sign-in", "Images", "Judgement", "Findings", "Reports"]),
        ("status", ["Example", "Connection", "Sign-in", "Images"]),
    ],
)
def test_the_help_has_an_example_the_options_by_section_the_credentials_and_the_exit_codes(
    command: str, titles: list[str], help_of: Callable[[str], str]
) -> None:
    clouds = [f"Only with --cloud {name}" for name in CLOUDS]
    last = ["Log", "Credentials (environment variables, never options)", "Exit codes", "Other"]

    shown = [line[:-1] for line in help_of(command).splitlines() if line.endswith(":") and line[0] != " "]
    assert shown == [*titles, *clouds, *last]


def test_the_help_of_judge_needs_no_cloud_and_no_credentials(help_of: Callable[[str], str]) -> None:
    shown = [line[:-1] for line in help_of("judge").splitlines() if line.endswith(":") and line[0] != " "]

    assert shown == ["Example", "Judgement", "Findings", "Exit codes", "Other"]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_help_shows_each_option_of_a_cloud_under_that_cloud(cloud: str, help_of: Callable[[str], str]) -> None:
    text = section(help_of("check"), f"Only with --cloud {cloud}")

    assert [option.name for option in CLOUDS[cloud].options if f"--{option.name} " not in text] == []
    assert [option.help for option in CLOUDS[cloud].options if option.help not in text] == []


def test_an_option_with_another_meaning_on_each_cloud_is_shown_with_its_own_on_each(
    help_of: Callable[[str], str],
) -> None:
    text = help_of("check")

    assert "--task-type [cycle|manual|autoSync|manualSync] select only tasks with this trigger" in section(
        text, "Only with --cloud huawei"
    )
    assert "--task-type TYPE select tasks of this type: IMAGE_SCAN, ASSETS_COLLECTION" in section(
        text, "Only with --cloud alibaba"
    )


def test_the_help_shows_the_default_of_each_option(help_of: Callable[[str], str]) -> None:
    text = " ".join(help_of("check").split())

    assert "--max-age DURATION ignore tasks that started longer ago than this; `none` turns the check off" in text
    for option in OPTIONS:
        default = option.default or option.default_note
        assert not default or f"[default: {default}]" in text


def test_the_help_names_the_variables_of_the_credentials_of_each_cloud(help_of: Callable[[str], str]) -> None:
    text = section(help_of("check"), "Credentials (environment variables, never options)")

    assert "SCAN_GATE_ACCESS_KEY_SECRET access key secret (SK)" in text
    assert "SCAN_GATE_AUTH_TOKEN token of a user, in place of an access key (Huawei Cloud only)" in text
    assert "Huawei Cloud also HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK, HUAWEICLOUD_SDK_SECURITY_TOKEN; " in text
    assert "..._FILE each of these variables with _FILE at its end is the path of a file that holds the value" in text
    names = {
        getattr(source, part.name)
        for provider in CLOUDS.values()
        for source in provider.credential_sources
        for part in fields(source)
    }
    assert [name for name in sorted(names) if name not in text] == []


@pytest.mark.parametrize("command", ["check", "status"])
def test_the_help_names_the_variables_of_the_region_of_each_cloud(command: str, help_of: Callable[[str], str]) -> None:
    text = section(help_of(command), "Connection")

    assert [name for cloud in CLOUDS.values() for name in cloud.region_variables if name not in text] == []


def test_the_help_of_status_speaks_of_no_verdict_and_of_its_own_exit_codes(help_of: Callable[[str], str]) -> None:
    """It judges nothing, and a run whose time is up ends with 4."""
    text = " ".join(help_of("status").split())

    assert "judge" not in text
    assert text.count("verdict") == text.count("without a verdict") == 1
    assert "exit with 4 if the cloud has not responded by then" in text
    assert "exit with 5" not in text
    assert "-q, --quiet print only the state of the scan task or the images, and warnings" in text


def test_the_help_of_check_explains_every_exit_code(help_of: Callable[[str], str]) -> None:
    lines = [line.split()[0] for line in help_of("check").partition("\nExit codes:\n")[2].splitlines() if line.split()]

    assert [code for code in ExitCode if str(int(code)) not in lines] == []


@pytest.mark.parametrize("command", ["check", "status"])
def test_the_example_of_the_help_can_be_run(command: str, help_of: Callable[[str], str]) -> None:
    """Without its first line it ends for want of credentials, and not with a usage error."""
    export, example = help_of(command).partition("Example:\n")[2].splitlines()[:2]

    assert export.split() == ["export", "SCAN_GATE_ACCESS_KEY_ID=...", "SCAN_GATE_ACCESS_KEY_SECRET=..."]
    program, *arguments = example.split()
    assert program == "scan-gate"
    assert cli.main([*arguments]) == ExitCode.NOT_AUTHORISED


def test_the_help_of_the_program_shows_its_commands(help_of: Callable[[str], str]) -> None:
    assert "check wait for the scan of images or the newest scan task, and judge" in section(help_of(""), "Commands")
