"""The commands: where values come from, what each prints, and the boundary that owns every exit code."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from gate import __version__, cli
from gate.errors import Interrupted
from gate.simulator import IMAGE_SCENARIOS, SCENARIOS, Fault, HttpResponse, Quota, Scenario, SimulatedTask, Simulator
from tests.builders import FakeTime
from tests.github_runner import parse_outputs
from tests.harness import CLOUDS
from tests.hostile import HOSTILE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Gate


@pytest.fixture
def risky(gate_in: Callable[..., Gate]) -> Gate:
    """A gate before two risky images, so that the limit in force decides the exit code."""
    return gate_in("risky")


def limits(gate: Gate, *arguments: str) -> int:
    """The limit of risky images that was in force."""
    limit: int = gate.check(*arguments).report["policy"]["max_risky"]
    return limit


def test_the_command_line_beats_the_input_beats_the_variable_beats_the_file(
    risky: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = [limits(risky)]
    Path("gate.toml").write_text("max-risky = 11\n")
    monkeypatch.setenv("SCAN_GATE_CONFIG", "gate.toml")
    seen.append(limits(risky))
    monkeypatch.setenv("SCAN_GATE_MAX_RISKY", "12")
    seen.append(limits(risky))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("INPUT_MAX-RISKY", "13")
    seen.append(limits(risky))
    seen.append(limits(risky, "--max-risky", "14"))

    assert seen == [0, 11, 12, 13, 14]


@pytest.mark.parametrize(
    ("text", "note"),
    [("max-risky = 2\nmax-age = '2h'\n", "options are taken from own.toml too: max-risky, max-age\n"), ("", "")],
)
def test_the_log_names_the_options_that_a_config_file_sets(text: str, note: str, risky: Gate) -> None:
    """The file came with the checkout, whose author may be another person."""
    Path("own.toml").write_text(text)

    ending = risky.run("check", "--config", "own.toml")

    assert ending.code == (0 if text else 1)
    assert note in ending.err
    assert ("options are taken" in ending.err) is bool(note)


def test_an_empty_variable_counts_as_unset(risky: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("INPUT_MAX-RISKY", "")
    monkeypatch.setenv("SCAN_GATE_MAX_RISKY", "5")

    assert limits(risky) == 5


def test_a_file_can_be_named(risky: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("other.toml").write_text('max-risky = 7\nwarn-only = true\nmax-age = "none"\n')

    by_option = risky.check("--config", "other.toml")
    monkeypatch.setenv("SCAN_GATE_CONFIG", "other.toml")
    by_variable = risky.check()

    for ending in (by_option, by_variable):
        assert (ending.code, ending.report["policy"]["max_risky"]) == (0, 7)
        assert (ending.report["policy"]["warn_only"], ending.report["policy"]["max_age"]) == (True, None)


def test_a_variable_holds_one_report_per_line(risky: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCAN_GATE_REPORT", "json=a b.json\n\n  markdown=page.md \n")

    risky.run("check")

    assert json.loads(Path("a b.json").read_text())["verdict"] == "blocked"
    assert Path("page.md").read_text().startswith("## ⛔")


@pytest.mark.parametrize(
    ("arguments", "warning"),
    [
        (["--max-failed", "-1"], "'-1' is not a whole number such as 0 or 5"),
        (["--timeout", "soon"], "'soon' is not a duration"),
        (["--started-after", "yesterday"], "'yesterday' is not a time"),
        (["--endpoint", "http://hss.example.com"], "plain http is for loopback addresses only"),
        (["--report", "pdf=a.pdf"], "'pdf' is not a report format; known are json, markdown"),
        (["--cloud", "nimbus"], "is not 'huawei'|'nimbus' is not"),
        (["--on-undecided", "pass"], "'pass' is not one of"),
        (["--max-riskyy", "1"], "No such option"),
        (["--ca-bundle", "absent.pem"], "is not a file of PEM certificates"),
        (["--config", "absent.toml"], "The file absent.toml does not exist"),
        (["--task-id", ""], "the value is empty"),
        (["--region", " "], "the value is empty"),
        (["stray"], "unexpected extra argument"),
    ],
)
def test_a_usage_error_ends_with_2_before_any_request_is_sent(arguments: list[str], warning: str, risky: Gate) -> None:
    ending = risky.run("check", *arguments)

    assert ending.code == 2
    assert any(part in ending.err + ending.out for part in warning.split("|"))
    assert risky.operations == []


def test_an_unknown_command_or_none_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["chekc"]) == 2
    assert cli.main([]) == 2
    assert "No such command 'chekc'" in capsys.readouterr().err


def test_a_misspelt_variable_is_a_usage_error_and_not_ignored(risky: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCAN_GATE_STARTED_AFTR", "2026-01-31T00:00:00Z")

    ending = risky.check("--max-risky", "99")

    assert ending.code == 2
    assert (
        "The variable SCAN_GATE_STARTED_AFTR is not one of the gate's; did you mean SCAN_GATE_STARTED_AFTER? It would "
        "be ignored silently. Correct its name, or unset it.\n"
    ) in ending.err
    assert risky.operations == []


@pytest.mark.parametrize("name", ["scan_gate_started_after", "Scan_Gate_Started_After", "SCAN-GATE-STARTED-AFTER"])
def test_a_variable_in_other_letters_is_a_usage_error_and_not_ignored(
    risky: Gate, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "2026-01-31T00:00:00Z")

    ending = risky.check("--max-risky", "99")

    assert ending.code == 2
    assert f"{name} is not one of the gate's; did you mean SCAN_GATE_STARTED_AFTER?" in ending.err
    assert risky.operations == []


def test_an_unknown_variable_is_a_warning(risky: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCAN_GATE_CONTAINER", "scan-gate:1")

    ending = risky.check()

    assert ending.code == 1
    assert "The variable SCAN_GATE_CONTAINER is not one of the gate's; it is ignored." in ending.err


def test_the_variables_of_a_kubernetes_service_with_the_gates_name_are_not_misspelt(
    risky: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "SCAN_GATE_PORT": "tcp://10.0.0.11:80",
        "SCAN_GATE_PORT_80_TCP": "tcp://10.0.0.11:80",
        "SCAN_GATE_PORT_80_TCP_ADDR": "10.0.0.11",
        "SCAN_GATE_PORT_80_TCP_PORT": "80",
        "SCAN_GATE_PORT_80_TCP_PROTO": "tcp",
        "SCAN_GATE_SERVICE_HOST": "10.0.0.11",
        "SCAN_GATE_SERVICE_PORT": "80",
        "SCAN_GATE_SERVICE_PORT_HTTP": "80",
    }.items():
        monkeypatch.setenv(name, value)

    ending = risky.check()

    assert ending.code == 1
    assert "The variable SCAN_GATE_PORT is not one of the gate's; it is ignored." in ending.err


def test_a_variable_with_the_name_of_a_service_but_another_value_is_misspelt(
    risky: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCAN_GATE_PORT", "json=report.json")

    assert risky.run("check").code == 2


@pytest.mark.parametrize("value", ["", " "])
def test_a_config_file_named_by_an_empty_value_is_not_the_default_file(value: str, risky: Gate) -> None:
    Path(".scan-gate.toml").write_text("max-risky = 11\n")

    ending = risky.run("check", "--config", value)

    assert ending.code == 2
    assert "the value is empty" in ending.err


@pytest.mark.parametrize("around", ["{}\r", " {}", "{} "], ids=repr)
def test_so_it_is_around_one_of_several_words(around: str, risky: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCAN_GATE_ON_UNDECIDED", around.replace("{}", "warn"))
    monkeypatch.setenv("SCAN_GATE_COLOR", around.replace("{}", "always"))

    ending = risky.check("--max-age", "1s", "--appear-timeout", "0")

    assert (ending.code, ending.out[0]) == (0, "\x1b")


@pytest.mark.parametrize("around", ["{}\n", " {}", "{}\r\n", "\t{} "], ids=repr)
def test_whitespace_around_a_value_is_removed(around: str, risky: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes with a variable that is set from a file or by hand."""
    task = risky.simulator.tasks[0]
    monkeypatch.setenv("SCAN_GATE_TASK_ID", around.format(task.id))
    monkeypatch.setenv("SCAN_GATE_TASK_TYPE", around.format("manual"))

    assert risky.check().code == 1


def test_a_number_of_thousands_of_digits_is_a_usage_error(risky: Gate) -> None:
    Path("gate.toml").write_text(f"max-risky = 0x{'F' * 5000}\n")

    ending = risky.run("check", "--config", "gate.toml")

    assert ending.code == 2
    assert "the number is too large" in ending.err


@pytest.mark.parametrize("value", ["cn-\udcff", "cn\n-north-4"])
def test_a_region_with_invisible_characters_is_a_usage_error(
    value: str, risky: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUAWEICLOUD_SDK_REGION", value)

    ending = replace(risky, omitted=("region",)).run("check")

    assert ending.code == 2
    assert "The variable HUAWEICLOUD_SDK_REGION has invisible characters" in ending.out


def test_the_verdict_stands_if_the_working_directory_is_gone(
    risky: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()

    ending = risky.run("check", "--report", "json=report.json")

    assert ending.code == 1
    assert "report.json cannot be written" in ending.err


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link", "pipe"])
def test_a_config_file_that_nobody_named_is_mentioned_once_and_not_read(kind: str, risky: Gate) -> None:
    """An earlier job, or the author of a checkout, could set the policy and the endpoint with it."""
    path = Path(".scan-gate.toml")
    create: dict[str, Callable[[], object]] = {
        "file": lambda: path.write_text("max-risky = 11\nendpoint = 'https://evil.example'\n"),
        "folder": path.mkdir,
        "dangling link": lambda: path.symlink_to("absent"),
        "pipe": lambda: os.mkfifo(path),
    }
    create[kind]()

    ending = risky.check()

    assert (ending.code, ending.report["policy"]["max_risky"]) == (1, 0)
    note = "scan-gate: .scan-gate.toml is not read: only --config or SCAN_GATE_CONFIG names a config file.\n"
    assert ending.err.count(note) == ending.err.count("scan-gate.toml") == 1


def test_without_a_config_file_there_is_no_word_of_one(risky: Gate) -> None:
    assert "config" not in risky.check().err


@pytest.mark.parametrize("name", ["pipe", "/dev/zero", "/dev/null", "/dev/tty", "folder"])
def test_a_config_file_that_is_no_regular_file_is_a_usage_error_at_once(name: str, risky: Gate) -> None:
    """Opening a pipe would wait for a writer, and reading a device may never end."""
    os.mkfifo("pipe")
    Path("folder").mkdir()

    ending = risky.run("check", "--config", name)

    assert ending.code == 2
    assert f"The file {name} cannot be read: " in ending.err
    assert risky.operations == []


def test_the_variable_of_shell_completion_changes_nothing(risky: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_SCAN_GATE_COMPLETE", "bash_source")

    assert risky.check().code == 1


class Obliging(dict[str, str]):
    """An environment that has every variable, for a reader that gives no default; none can have an empty name."""

    def get(self, key: str, default: Any = None) -> Any:
        return "bash_source" if key and default is None else default


def test_no_variable_starts_shell_completion(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as context:
        context.setattr("os.environ", Obliging())
        code = cli.main(["--version"])

    assert (code, capsys.readouterr().out) == (0, f"scan-gate, version {__version__}\n")


# Where it looked, and for how long.


@pytest.mark.parametrize(
    ("cloud", "place"),
    [
        (
            "huawei",
            (
                "Huawei Cloud (region cn-north-4, endpoint {url}, project {project_id}, the default enterprise "
                "project, --type image_scan)"
            ),
        ),
        ("alibaba", "Alibaba Cloud (region cn-hangzhou, endpoint {url}, --task-type IMAGE_SCAN)"),
    ],
)
def test_no_task_found_names_where_the_gate_looked_and_for_how_long(
    cloud: str, place: str, gate_in: Callable[..., Gate]
) -> None:
    """The project of Huawei Cloud is found by IAM, with the first poll."""
    gate = replace(gate_in("empty", cloud), omitted=("project_id",))
    place = place.format(url=gate.simulator.url, **gate.simulator.describe()[cloud])

    ending = gate.check("--appear-timeout", "5m")

    (reason,) = ending.report["reasons"]
    assert f"No scan task was found yet in {place}. Waiting up to 5 min (--appear-timeout) from the start" in ending.err
    assert reason["message"].startswith(f"No scan task was found in {place} within 5 min (--appear-timeout). ")


def test_where_the_timeout_is_shorter_it_is_the_option_that_ended_the_wait(gate_in: Callable[..., Gate]) -> None:
    ending = gate_in("empty").check("--appear-timeout", "5m", "--timeout", "90s")

    assert "Waiting up to 90 s (--timeout) from the start of the run for a task" in ending.err
    assert " within 90 s (--timeout). " in ending.report["reasons"][0]["message"]


def test_a_task_that_is_not_final_in_time_names_the_timeout_that_was_in_force(gate_in: Callable[..., Gate]) -> None:
    ending = gate_in("stuck").check("--timeout", "10m")

    assert ending.report["reasons"][0]["message"].startswith("The time is up after 10 min (--timeout) and ")


# Help and version.


@pytest.mark.parametrize("command", ["simulate", "demo"])
def test_the_help_of_a_simulated_cloud_shows_its_defaults_and_lists_the_scenarios(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main([command, "--help"])
    text = " ".join(capsys.readouterr().out.split())

    what = "simulate this cloud" if command == "demo" else "print the variables for this cloud"
    assert f"--cloud [{'|'.join(CLOUDS)}] {what} [default: huawei]" in text
    assert "--scenario SCENARIO what happens in the simulated cloud; see below [default: clean]" in text
    assert "<=" not in text
    listed = dict(re.findall(r"Scenarios in which a check exits with (\d): (.*?)(?= Scenarios in|$)", text))
    taken = {**SCENARIOS, **IMAGE_SCENARIOS}
    assert [name for name, it in taken.items() if f"{name} {it.summary}" not in listed[str(it.expected_exit)]] == []
    assert "risky Two of three images are risky." in listed["1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["simulate", "--port", "65536"],
            "Invalid value for --port: '65536' is no port, such as 8080.",
        ),
        (["simulate", "--port", "http"], "Invalid value for --port: 'http' is no port, such as 8080."),
        (
            ["simulate", "--push", "web:1.4.2"],
            "Invalid value for --push: 'web:1.4.2' is not of the form [REGISTRY/]NAMESPACE/NAME:TAG@sha256:DIGEST.",
        ),
        (["demo", "stray"], "Got unexpected extra argument (stray)."),
        (
            ["check", "--cloud", "huawei", "--limit", "3"],
            "Invalid value for --limit: '3' is not a whole number from 10 to 200.",
        ),
        (["status", "--limits"], "No such option '--limits'. Did you mean '--limit'?"),
        (
            ["check", "--max-risk", "1"],
            "No such option '--max-risk'. (Did you mean one of: '--max-failed', '--max-findings', '--max-risky'?)",
        ),
        (["foo"], "No such command 'foo'."),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_every_usage_error_ends_with_the_help_of_the_command_concerned(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = f" {arguments[0]}" if arguments[0] != "foo" else ""

    assert cli.main(arguments) == 2
    assert capsys.readouterr().err == f"scan-gate: {message} See scan-gate{command} --help.\n"


def test_the_version_is_that_of_the_distribution(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"scan-gate, version {__version__}\n"
    assert version("scan-gate") == __version__


# The other commands.


def test_status_polls_once_and_gives_no_verdict(gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("risky")

    ending = gate.run("status")

    identity = "id 0e719c2a-4fa2-5934-a2ce-38c317df1432, started 2026-01-31T11:59:00Z"
    assert (ending.code, ending.out) == (0, f"scan task manual-image-scan: running, 20 % ({identity})\n")
    assert len(gate.operations) == 1


def test_no_name_from_the_cloud_is_a_command_in_the_output_of_status(gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("clean")
    gate.simulator.tasks[:] = [replace(gate.simulator.tasks[0], name="x\n::error::forged\x1b[2J##[error]")]

    ending = gate.run("status")

    assert ending.out.count("\n") == 1
    assert "::" not in ending.out
    assert "##" not in ending.out
    assert "\x1b" not in ending.out


def is_harmless(log: str) -> bool:
    """Whether each line of a log has our prefix, and none has a command of a CI system or a terminal."""
    lines = log.removesuffix("\n").split("\n")
    is_ours = all(line.startswith("scan-gate: ") and line.isprintable() for line in lines)
    return is_ours and not {"::", "##"} & {log[at : at + 2] for at in range(len(log))}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_error_of_the_cloud_is_a_command_in_the_log_of_status(
    cloud: str, text: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("clean", cloud)
    body = json.dumps({"error_code": "HSS.0001", "error_msg": text, "Code": "-101", "Message": text})
    gate.simulator.faults.append(Fault(response=HttpResponse(status=400, body=body.encode())))

    ending = gate.run("status")

    assert (ending.code, ending.out) == (4, "")
    assert is_harmless(ending.err)


def test_no_path_is_a_command_in_the_log(gate_in: Callable[..., Gate]) -> None:
    Path("file").touch()
    path = "file/##vso[task.complete result=Succeeded;]/::error::"

    ending = gate_in("clean").run("check", "--report", f"json={path}")

    assert "task.complete" in ending.err
    assert is_harmless(ending.err)


def test_the_demo_publishes_nothing_to_the_ci_system(
    fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("output").touch()
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", "output")

    assert cli.main(["demo"], fake_time.clock()) == 0
    assert Path("output").read_text() == ""
    assert "PASSED" in capsys.readouterr().out


@pytest.mark.parametrize("cloud", CLOUDS)
def test_status_without_a_task_is_7_and_names_where_the_gate_searched(cloud: str, gate_in: Callable[..., Gate]) -> None:
    ending = gate_in("empty", cloud).run("status")

    assert ending.code == 7
    assert ending.out.startswith(f"No scan task was found yet in {cloud.capitalize()} Cloud (region cn-")
    assert ending.out.count("\n") == 1


def test_status_can_name_a_task_and_takes_the_same_file(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("gate.toml").write_text("max-risky = 11\n")
    monkeypatch.setenv("SCAN_GATE_CONFIG", "gate.toml")
    gate = gate_in("clean")
    task = gate.simulator.tasks[0]

    assert gate.run("status", "--task-id", task.id).code == 0
    absent = gate.run("status", "--task-id", "other", "--task-name", "nightly")
    assert absent.code == 7
    assert absent.out.startswith("No scan task with the id 'other' was found yet in Huawei Cloud (")
    # Filters hold for a task that is asked for by its id too.
    assert "--task-name nightly)" in absent.out


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_demo_ends_as_its_scenario_says(
    scenario: str, fake_time: FakeTime, capsys: pytest.CaptureFixture[str]
) -> None:
    code = cli.main(["demo", "--scenario", scenario], fake_time.clock())

    out = capsys.readouterr().out
    assert out.startswith(f"Scenario {scenario}: ")
    assert f"(exit {SCENARIOS[scenario].expected_exit})" in out
    assert code == SCENARIOS[scenario].expected_exit


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("scenario", IMAGE_SCENARIOS)
def test_a_demo_of_images_ends_as_its_scenario_says(scenario: str, cloud: str, fake_time: FakeTime) -> None:
    chosen = IMAGE_SCENARIOS[scenario]
    code = chosen.expected_exit if chosen.only_cloud in {"", cloud} else 2

    assert cli.main(["demo", "--cloud", cloud, "--scenario", scenario], fake_time.clock()) == code
    assert fake_time.elapsed < 40


def test_a_demo_of_a_scenario_that_another_cloud_has_says_which(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["demo", "--cloud", "alibaba", "--scenario", "wrong-enterprise-project"]) == 2
    assert capsys.readouterr().err == (
        "scan-gate: The scenario wrong-enterprise-project is one of Huawei Cloud only. "
        "Give --cloud huawei, or another scenario.\n"
    )


@pytest.mark.parametrize(
    "real",
    [
        {"SCAN_GATE_SECURITY_TOKEN": "real"},
        {"SCAN_GATE_AUTH_TOKEN_FILE": "absent"},
        {"GITHUB_ACTIONS": "true", "INPUT_ACCESS-KEY-ID": "real", "INPUT_ACCESS-KEY-SECRET": "real"},
        {"SCAN_GATE_MAX_RISK": "1"},
    ],
    ids=lambda real: next(iter(real)),
)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_demo_uses_no_variable_that_is_set_for_a_check(
    cloud: str, real: dict[str, str], fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in real.items():
        monkeypatch.setenv(name, value)

    assert cli.main(["demo", "--cloud", cloud], fake_time.clock()) == 0


class InterruptedTime(FakeTime):
    """A clock on which a sleep is interrupted by Ctrl-C."""

    def sleep(self, seconds: float) -> None:
        raise Interrupted(signal.SIGINT if seconds else signal.SIGTERM)


def test_an_interrupted_status_is_130_and_sets_no_outputs_of_a_check(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("output").touch()
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", "output")
    gate = gate_in("flaky")

    ending = replace(gate, time=InterruptedTime()).run("status")

    assert ending.code == 130
    assert ending.err.endswith(f"scan-gate: {Interrupted(signal.SIGINT)}\n")
    assert Path("output").read_text() == ""


def test_a_stream_that_is_not_a_text_io_wrapper_is_written_to_too(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stdout", stream)

    assert cli.main(["--version"]) == 0
    assert "scan-gate, version" in stream.getvalue()


class LateTime(FakeTime):
    """A clock on which the read with the number `last` is interrupted by Ctrl-C."""

    asked = 0
    last = 0

    def monotonic(self) -> float:
        self.asked += 1
        if self.asked == self.last:
            raise Interrupted(signal.SIGINT)
        return super().monotonic()


def test_a_signal_after_the_verdict_and_before_the_reports_is_an_interruption_with_reports(
    gate_in: Callable[..., Gate],
) -> None:
    """The last read of the clock is the one that completes the outcome."""
    steady, late = LateTime(), LateTime()
    assert replace(gate_in("stuck"), time=steady).check("--timeout", "0").code == 5
    late.last = steady.asked

    ending = replace(gate_in("stuck"), time=late).check("--timeout", "0")

    assert (ending.code, ending.report["exit_code"]) == (130, 130)


A_BUG = "The gate itself failed. Report this with the traceback from the log."


class BrokenTime(FakeTime):
    """A clock that raises; it stands for any bug."""

    def sleep(self, seconds: float) -> None:
        raise LookupError(f"a bug after {seconds} s")


def test_a_bug_outside_of_check_is_70_too(gate_in: Callable[..., Gate]) -> None:
    ending = replace(gate_in("flaky"), time=BrokenTime()).run("status")

    assert ending.code == 70
    assert ending.err.endswith(f"\nscan-gate: {A_BUG}\n")


class ShortOfMemory(FakeTime):
    """A clock for which there is not enough memory; it stands for anything else."""

    def sleep(self, seconds: float) -> None:
        raise MemoryError(seconds)


@pytest.mark.parametrize("command", ["check", "status"])
def test_running_out_of_memory_is_not_a_bug(command: str, gate_in: Callable[..., Gate]) -> None:
    gate = replace(gate_in("flaky"), time=ShortOfMemory())

    ending = gate.check() if command == "check" else gate.run(command)

    assert ending.code == 4
    assert "The gate has run out of memory." in ending.out + ending.err
    assert "Traceback" not in ending.err
    if command == "check":
        assert [reason["code"] for reason in ending.report["reasons"]] == ["out-of-memory"]


@pytest.mark.parametrize("command", ["check", "status"])
def test_a_command_that_cannot_be_loaded_is_70_and_leaves_no_stale_report(
    command: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("report.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "gate.commands", None)

    ending = gate_in("clean").run(command, "--report", "json=report.json")

    assert ending.code == 70
    assert ending.err.endswith(f"\nscan-gate: {A_BUG}\n")
    assert Path("report.json").exists() == (command != "check")


class FullDisk(io.StringIO):
    """A stream on a full disk."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, f"no room for {len(text)} characters")


def test_a_bug_is_70_even_where_its_traceback_cannot_be_written(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = replace(gate_in("clean"), time=BrokenTime())
    monkeypatch.setattr("sys.stderr", FullDisk())

    assert gate.check().code == 70


def test_an_unexpected_exception_is_70_and_still_sets_the_outputs(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("output").touch()
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", "output")
    gate = gate_in("clean")

    ending = replace(gate, time=BrokenTime()).check()

    assert (ending.code, ending.report["reasons"]) == (
        70,
        [{"code": "bug", "message": A_BUG, "actual": None, "limit": None}],
    )
    assert "LookupError: a bug" in ending.err
    values = parse_outputs(Path("output").read_text())
    assert (values["verdict"], values["exit-code"]) == ("undecided", "70")


@pytest.mark.parametrize("words", [[], ["--ci", "github"]])
def test_without_a_command_help_is_shown_and_the_exit_code_is_2(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(words) == 2
    output = capsys.readouterr()
    assert ("\n  check " in output.out) is (not words)
    assert "Usage: scan-gate [OPTIONS]" in output.out or "No such option" in output.err


def test_status_has_no_option_for_a_ci_system(
    gate_in: Callable[..., Gate],
) -> None:
    assert gate_in("clean").run("status", "--ci", "github").code == 2


# Demo, simulator, streams.


@pytest.mark.parametrize(("scenario", "seconds"), [("empty", 3.0), ("stuck", 6.0)])
def test_a_demo_of_a_wait_ends_after_seconds(scenario: str, seconds: float, fake_time: FakeTime) -> None:
    assert cli.main(["demo", "--scenario", scenario], fake_time.clock()) == SCENARIOS[scenario].expected_exit
    assert fake_time.elapsed == pytest.approx(seconds)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_demo_of_a_quota_of_seconds_does_not_wait_for_a_minute(cloud: str, fake_time: FakeTime) -> None:
    assert cli.main(["demo", "--cloud", cloud, "--scenario", "throttled"], fake_time.clock()) == 0
    assert fake_time.elapsed < 30


def test_a_demo_polls_twice_a_second_at_first(fake_time: FakeTime) -> None:
    assert cli.main(["demo"], fake_time.clock()) == 0
    assert 0.5 <= fake_time.slept[0] <= 0.55


@pytest.fixture
def stopped_asleep(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds of the one sleep of this process, which SIGTERM ends; backoff's own, of 0 s, not counted."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        if seconds:
            slept.append(seconds)
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr("time.sleep", sleep)
    return slept


def test_simulate_prints_commands_for_a_shell_and_serves_until_stopped(
    stopped_asleep: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["simulate", "--cloud", "alibaba"]) == 0
    assert stopped_asleep == [1]
    *exports, hint, end = capsys.readouterr().out.split("\n")
    assert exports[0] == "export SCAN_GATE_CLOUD=alibaba"
    assert {line.partition("=")[0] for line in exports[1:]} == {
        f"export SCAN_GATE_{name}"
        for name in (
            *("ENDPOINT", "REGISTRY_ENDPOINT", "REGISTRY_INSTANCE", "REGION"),
            *("ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN"),
        )
    }
    assert hint == (
        "# Paste these lines into a second shell, and run the check there by the path of this scan-gate, such as "
        "`.venv/bin/scan-gate check`; Ctrl-C stops the simulator."
    )
    assert end == ""


@pytest.mark.usefixtures("stopped_asleep")
def test_simulate_names_the_images_of_a_scenario_to_a_check(capsys: pytest.CaptureFixture[str]) -> None:
    """In one variable, one per line."""
    assert cli.main(["simulate", "--scenario", "index"]) == 0

    variable = capsys.readouterr().out.partition("export SCAN_GATE_IMAGE='")[2].partition("'\n")[0]
    assert tuple(variable.split("\n")) == IMAGE_SCENARIOS["index"].images


def test_simulate_starts_with_the_images_that_it_is_told_were_pushed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The registry of a cloud shows them."""
    shown: list[str] = []

    def sleep(_seconds: float) -> None:
        huawei = json.loads(capsys.readouterr().out)["huawei"]
        for name in ("web", "api"):
            url = f"{huawei['endpoint']}/v2/manage/namespaces/team/repos/shop%24{name}/tags/1"
            response = requests.get(url, headers={"X-Auth-Token": huawei["auth_token"]}, timeout=5)
            shown.append(response.json()["digest"])
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr("time.sleep", sleep)
    pushes = [f"--push=team/shop/{name}:1@sha256:{digit * 64}" for name, digit in (("web", "a"), ("api", "b"))]

    assert cli.main(["simulate", "--json", *pushes]) == 0
    assert shown == [f"sha256:{digit * 64}" for digit in "ab"]


@pytest.mark.usefixtures("stopped_asleep")
def test_simulate_prints_json_with_all_clouds(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["simulate", "--json"]) == 0

    settings = json.loads(capsys.readouterr().out)
    assert [*settings] == [*CLOUDS]
    assert settings["huawei"]["region"] == "cn-north-4"
    assert settings["alibaba"]["region"] == "cn-hangzhou"


@pytest.mark.usefixtures("stopped_asleep")
@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("asked", [["--oidc"], ["--scenario", "wrong-audience"]])
def test_simulate_prints_the_variables_of_a_job_that_signs_in_with_a_token(
    asked: list[str], cloud: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without any key: where and as whom to sign in, and where the token comes from."""
    assert cli.main(["simulate", "--cloud", cloud, *asked]) == 0

    exports = dict(re.findall(r"^export (\w+)=(.*)$", capsys.readouterr().out, flags=re.MULTILINE))
    roles = {
        name for name in Simulator().describe_sign_in()[cloud] if re.match(r"(?!assume).*_([au]rn|audience)", name)
    }
    assert len(roles) == 3
    assert exports.keys() >= {f"SCAN_GATE_{name.upper()}" for name in ("cloud", "endpoint", "sts_endpoint", *roles)}
    assert exports["ACTIONS_ID_TOKEN_REQUEST_URL"].startswith("'http://127.0.0.1:")
    others = ("ACCESS_KEY", "SECURITY_TOKEN", "AUTH_TOKEN", "ASSUME", "IDENTITY", "METADATA")
    assert not [name for name in exports if name.startswith(tuple(f"SCAN_GATE_{one}" for one in others))]


@pytest.mark.usefixtures("stopped_asleep")
def test_simulate_prints_json_with_all_that_signing_in_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["simulate", "--json", "--oidc"]) == 0

    settings = json.loads(capsys.readouterr().out)
    assert [*settings] == [*CLOUDS, "sign_in"]
    assert [*settings["sign_in"]] == [*CLOUDS, "ci"]


def test_the_help_of_simulate_lists_the_scenarios_of_signing_in(capsys: pytest.CaptureFixture[str]) -> None:
    """`demo` has them not: it never signs in."""
    cli.main(["simulate", "--help"])
    simulate = " ".join(capsys.readouterr().out.split())
    cli.main(["demo", "--help"])
    demo = capsys.readouterr().out

    assert "Scenarios in which a check that signs in with a token exits with 3: wrong-audience" in simulate
    assert "wrong-audience" not in demo


def test_simulate_refuses_a_port_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    with Simulator("clean") as simulator:
        port = simulator.describe()["huawei"]["endpoint"].rpartition(":")[2]

        assert cli.main(["simulate", "--port", port]) == 2

    log = capsys.readouterr().err
    assert log.startswith(f"scan-gate: The simulator cannot listen on port {port} ({os.strerror(errno.EADDRINUSE)}")
    assert log.endswith("). Another program listens there. Give another --port, or leave it out for any free one.\n")


@pytest.mark.parametrize(
    ("user", "cause"),
    [
        (1000, "This user may not listen there; ports below 1024 are reserved for the administrator."),
        (0, "This root may not listen there: a container can lack the capability NET_BIND_SERVICE."),
    ],
    ids=["user", "root"],
)
def test_simulate_refuses_a_port_that_this_user_may_not_use(
    user: int, cause: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def deny(*_address: object, **_options: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("socket.create_server", deny)
    monkeypatch.setattr(os, "geteuid", lambda: user)

    assert cli.main(["simulate", "--port", "80"]) == 2
    assert capsys.readouterr().err == (
        f"scan-gate: The simulator cannot listen on port 80 (Permission denied). {cause} "
        "Give another --port, or leave it out for any free one.\n"
    )


@pytest.mark.parametrize("words", [["check"], ["status"], ["demo", "--scenario", "empty"]], ids=lambda words: words[0])
def test_a_command_without_a_clock_waits_by_that_of_the_machine(
    words: list[str], gate_in: Callable[..., Gate], stopped_asleep: list[float]
) -> None:
    gate = gate_in(Scenario(name="full", summary="", expected_exit=5, quota=Quota(calls=0, seconds=60)))

    assert cli.main([*words, *(gate.cloud_options() if words[0] != "demo" else ())]) == 143
    assert len(stopped_asleep) == 1


@pytest.mark.parametrize(
    ("lacks", "identity"),
    [
        ({}, "(id ours, started 2026-01-31T11:59:00Z)"),
        ({"task_id": None}, "(id none, started 2026-01-31T11:59:00Z)"),
        ({"begin_time": None}, "(id ours)"),
    ],
)
def test_status_prints_the_id_and_the_start_time_of_the_task(
    lacks: dict[str, None], identity: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("empty")
    gate.simulator.tasks.append(SimulatedTask(id="ours", name="nightly", started_ago=60))
    gate.simulator.rewrite = lambda _operation, true: {**true, "data_list": [{**true["data_list"][0], **lacks}]}

    ending = gate.run("status")

    assert (ending.code, ending.out) == (0, f"scan task nightly: complete {identity}\n")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_closed_stream_is_not_written_to(
    stream: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python starts like this after `>&-` in a shell."""
    gate = gate_in("risky")
    monkeypatch.setattr(sys, stream, None)

    assert gate.check().code == 1
    assert isinstance(getattr(sys, stream), io.StringIO)


def test_a_character_that_a_stream_cannot_encode_is_escaped(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("empty")
    gate.simulator.tasks.append(SimulatedTask(id="ours", name="\u955c\u50cf", started_ago=60))
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding="ascii", write_through=True))

    assert gate.run("status").code == 0
    assert written.getvalue().startswith(b"scan task \\u955c\\u50cf: complete (id ours")


class ClosedPipe(io.StringIO):
    """A stream whose reader has closed the pipe."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(errno.EPIPE, f"nobody reads these {len(text)} characters")


@pytest.mark.parametrize(
    ("stream", "why"),
    [(ClosedPipe(), ": its reader has closed the pipe"), (FullDisk(), " (no room for")],
    ids=lambda value: type(value).__name__,
)
def test_help_that_cannot_be_printed_is_a_usage_error(
    stream: io.StringIO, why: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as context:
        context.setattr("sys.stdout", stream)
        code = cli.main(["--help"])

    assert code == 2
    assert capsys.readouterr().err.startswith(f"scan-gate: The output cannot be printed{why}")


class FailingTime(FakeTime):
    """A clock whose sleep the operating system denies."""

    def sleep(self, seconds: float) -> None:
        raise OSError(errno.EPERM, f"nobody may sleep for {seconds} s")


def test_an_os_error_that_is_not_of_standard_output_is_a_bug(gate_in: Callable[..., Gate]) -> None:
    assert replace(gate_in("flaky"), time=FailingTime()).run("status").code == 70


def test_a_report_that_cannot_be_written_is_a_warning_in_the_log(gate_in: Callable[..., Gate]) -> None:
    Path("file").touch()

    ending = gate_in("risky").run("check", "--report", "json=file/report.json")

    assert ending.code == 1
    assert "scan-gate: file/report.json cannot be written (Not a directory)." in ending.err


def test_the_wait_is_a_section_of_the_log_of_gitlab(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITLAB_CI", "true")

    ending = gate_in("stuck").run("check", "--timeout", "60s")

    began = int(datetime(2026, 1, 31, 12, tzinfo=UTC).timestamp())
    assert f"section_start:{began}:scan_gate_wait" in ending.err
    assert f"section_end:{began + 60}:scan_gate_wait" in ending.out


def test_a_folder_of_the_ci_system_that_cannot_exist_hides_no_verdict(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BITBUCKET_BUILD_NUMBER", "1")
    monkeypatch.setenv("BITBUCKET_CLONE_DIR", "x" * 300)

    ending = gate_in("risky").run("check")

    assert ending.code == 1
    assert "there will be no report in Bitbucket" in ending.err


def a_fixture_file(**fields: object) -> Path:
    """The file of a fixture of an account with one complete scan task."""
    task = {"state": "complete", "trigger": "manual", "started": "hours", "total": "2-9", "failed": "1"}
    document = {
        "format": "scan-gate fixture",
        "version": 1,
        "gate": "0.1.0",
        "date": "2026-11-28",
        "cloud": "alibaba",
        "answers": [{"id": "throttling-status", "answer": "429"}],
        "tasks": [{**task, "risky": "0", "unfinished": "0"}],
        "images": [],
        "exchanges": [],
    }
    path = Path("fixture.json")
    path.write_text(json.dumps(document | fields))
    return path


@pytest.mark.usefixtures("stopped_asleep")
def test_simulate_plays_a_fixture_and_names_what_it_cannot_play(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["simulate", "--fixture", str(a_fixture_file())]) == 0

    printed = capsys.readouterr()
    assert printed.out.startswith("export SCAN_GATE_CLOUD=alibaba\n")
    assert printed.err == "scan-gate: The simulator cannot play this of the fixture: throttling-status: 429.\n"


@pytest.mark.parametrize(("arguments", "tasks"), [([], 1), (["--scenario", "clean"], 7)])
def test_a_fixture_comes_with_its_account_unless_a_scenario_is_given(
    arguments: list[str], tasks: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[int] = []
    monkeypatch.setattr(Simulator, "start", lambda simulator: started.append(len(simulator.tasks)))
    monkeypatch.setattr("time.sleep", lambda _seconds: signal.raise_signal(signal.SIGTERM))

    assert cli.main(["simulate", "--json", "--fixture", str(a_fixture_file(answers=[])), *arguments]) == 0
    assert started == [tasks]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{}", "'fixture.json' is not a fixture: it does not say that it is a scan-gate fixture."),
        (b"\xff", "'fixture.json' is not a fixture: it is not UTF-8."),
        (None, "'fixture.json' cannot be read (No such file or directory)."),
    ],
)
def test_a_damaged_or_foreign_fixture_is_a_usage_error(
    content: bytes | None, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        Path("fixture.json").write_bytes(content)

    assert cli.main(["simulate", "--fixture", "fixture.json"]) == 2
    assert f"Invalid value for --fixture: {message}" in capsys.readouterr().err


def test_a_fixture_of_one_cloud_is_not_printed_for_another(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["simulate", "--cloud", "huawei", "--fixture", str(a_fixture_file())]) == 2
    assert "The fixture is one of Alibaba Cloud. Give --cloud alibaba, or leave it out." in " ".join(
        capsys.readouterr().err.split()
    )
