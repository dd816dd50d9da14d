"""The command `policy`: the policy that a check with these options has, and where each value comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gate import cli
from gate.clouds import CLOUDS
from gate.errors import ExitCode
from gate.finding import FindingPolicy
from gate.finding_options import FINDING_OPTIONS
from gate.image import Severity
from gate.options import JUDGEMENT_OPTIONS
from gate.policy import Policy
from gate.policy_digest import policy_digest
from tests.test_finding_options import a_baseline

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.builders import FakeTime

IMAGE = ("--image", "team/web:1.0")
WAIVERS = """[[waiver]]
id = "CVE-2026-1"
package = "openssl"
images = ["team/*", "shop/*"]
reason = "not reachable"
owner = "security"
until = 2026-03-01

[[waiver]]
id = "X-2"
images = []
reason = "fixed by a setting"
until = 2026-02-01
"""
VEX = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "@id": "https://example.com/vex/1",
    "author": "security",
    "timestamp": "2026-01-01T00:00:00Z",
    "version": 1,
    "statements": [
        {
            "vulnerability": {"name": "CVE-2026-3"},
            "products": [{"@id": f"registry.example.com/team/web@sha256:{'a' * 64}"}],
            "status": "fixed",
        }
    ],
}
every_cloud = pytest.mark.parametrize("cloud", CLOUDS)


@pytest.fixture
def text(capsys: pytest.CaptureFixture[str], fake_time: FakeTime) -> Callable[..., str]:
    """Prints the policy as text; returns it."""

    def run(*arguments: str, cloud: str = "huawei") -> str:
        assert cli.main(["policy", "--cloud", cloud, *arguments], fake_time.clock()) == ExitCode.PASSED
        return capsys.readouterr().out

    return run


@pytest.fixture
def document(text: Callable[..., str]) -> Callable[..., dict[str, Any]]:
    """Prints the policy as JSON; returns it."""

    def run(*arguments: str, cloud: str = "huawei") -> dict[str, Any]:
        found: dict[str, Any] = json.loads(text("--json", *arguments, cloud=cloud))
        return found

    return run


def line_of(text: str, name: str) -> str:
    """The line of an option, with single spaces."""
    (found,) = [" ".join(line.split()) for line in text.splitlines() if line.startswith(f"  {name} ")]
    return found


def test_each_value_is_printed_with_the_one_place_that_it_comes_from(
    text: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("gate.toml").write_text('max-risky = 1\nmax-failed = 1\nsettle = "5m"\nmax-age = "6h"\n')
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("INPUT_MAX-FAILED", "2")
    monkeypatch.setenv("SCAN_GATE_MAX_FAILED", "3")
    monkeypatch.setenv("SCAN_GATE_SETTLE", "90")

    printed = text("--config", "gate.toml", "--max-risky", "4")

    assert line_of(printed, "max-risky") == "max-risky 4 --max-risky"
    assert line_of(printed, "max-failed") == "max-failed 2 the input 'max-failed'"
    assert line_of(printed, "settle") == "settle 90s the variable SCAN_GATE_SETTLE"
    assert line_of(printed, "max-age") == "max-age 6h the key 'max-age' of gate.toml"
    assert line_of(printed, "on-undecided") == "on-undecided fail default"


def test_as_json_each_value_has_the_kind_of_its_source_too(
    document: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("gate.toml").write_text('max-age = "6h"\n')
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("INPUT_MAX-FAILED", "2")
    monkeypatch.setenv("SCAN_GATE_SETTLE", "90")

    found = document("--config", "gate.toml", "--warn-only")

    assert found["schema"] == "scan-gate/policy/1"
    options = found["options"]
    assert options["warn-only"] == {"value": True, "source": "option", "source_name": "--warn-only"}
    assert options["max-failed"] == {"value": 2, "source": "input", "source_name": "the input 'max-failed'"}
    assert options["settle"] == {"value": "90s", "source": "variable", "source_name": "the variable SCAN_GATE_SETTLE"}
    assert options["max-age"] == {
        "value": "6h",
        "source": "config",
        "source_name": "the key 'max-age' of gate.toml",
    }
    assert options["max-risky"] == {"value": 0, "source": "default", "source_name": "default"}


@every_cloud
def test_without_images_the_selection_of_the_task_and_the_judgement_are_printed(
    cloud: str, text: Callable[..., str], document: Callable[..., dict[str, Any]]
) -> None:
    titles = [line for line in text(cloud=cloud).splitlines() if line and not line.startswith(" ")]
    judgement = [option.name for option in JUDGEMENT_OPTIONS if option.name != "task-id"]

    assert titles == ["Scan task", "Judgement", "Digest of the policy"]
    assert [*document(cloud=cloud)["options"]] == ["cloud", "task-id", *CLOUDS[cloud].task_options, *judgement]


@every_cloud
def test_with_images_the_images_and_the_rules_about_findings_are_printed_and_no_selection_of_a_task(
    cloud: str, text: Callable[..., str], document: Callable[..., dict[str, Any]]
) -> None:
    titles = [line for line in text(*IMAGE, cloud=cloud).splitlines() if line and not line.startswith(" ")]
    names = [*document(*IMAGE, cloud=cloud)["options"]]

    assert titles == ["Images", "Judgement", "Findings", "Digest of the policy"]
    assert names[:4] == ["cloud", "image", "images-from", "scan"]
    assert names[-len(FINDING_OPTIONS) :] == [option.name for option in FINDING_OPTIONS]
    assert "task-id" not in names


@pytest.mark.parametrize(
    ("arguments", "name", "value"),
    [
        (["--max-age", "none"], "max-age", "none"),
        (["--max-age", "default"], "max-age", "24h"),
        (["--max-age", "90"], "max-age", "90s"),
        (["--max-age", "7d"], "max-age", "168h"),
        (["--settle", "0"], "settle", "0s"),
        (["--settle", "2.50"], "settle", "2.5s"),
        (["--settle", "60"], "settle", "1m"),
        (["--started-after", "2026-01-31T12:00:00+01:00"], "started-after", "2026-01-31T11:00:00Z"),
        (["--started-after", "none"], "started-after", None),
        (["--required-scope", "baseline, vulnerability"], "required-scope", "vulnerability,baseline"),
        (["--task-id", "abc"], "task-id", "abc"),
        (["--task-type", "manual"], "task-type", "manual"),
        (["--type", "none"], "type", "image_scan"),
        ([], "type", "image_scan"),
        ([*IMAGE], "image", ["team/web:1.0"]),
        ([*IMAGE, "--image", "none"], "image", ["team/web:1.0"]),
        ([*IMAGE], "images-from", None),
        ([*IMAGE, "--as-of", "2026-02-03"], "as-of", "2026-02-03"),
        ([*IMAGE, "--max-findings", "low=9,high=2", "--max-findings", "high=1"], "max-findings", ["low=9", "high=1"]),
        ([*IMAGE], "max-findings", None),
        ([*IMAGE], "severity-cutoff", "any"),
        ([*IMAGE, "--severity-cutoff", "medium"], "severity-cutoff", "medium"),
        ([*IMAGE], "waivers", None),
        ([*IMAGE, "--only-fixable"], "only-fixable", True),
    ],
)
def test_a_value_is_printed_as_the_run_takes_it(
    arguments: list[str], name: str, value: object, document: Callable[..., dict[str, Any]]
) -> None:
    assert document(*arguments)["options"][name]["value"] == value


def test_the_images_of_a_file_are_printed_by_their_names(document: Callable[..., dict[str, Any]]) -> None:
    Path("images.txt").write_text("team/web:1.0\nteam/worker:1.0\n")

    options = document("--images-from", "images.txt")["options"]

    assert options["images-from"]["value"] == ["team/web:1.0", "team/worker:1.0"]


def test_what_applies_without_a_value_is_printed_in_its_place(text: Callable[..., str]) -> None:
    printed = text()

    assert line_of(printed, "task-id") == "task-id the newest one default"
    assert line_of(printed, "started-after") == "started-after none default"
    assert line_of(printed, "warn-only") == "warn-only false default"


@pytest.mark.parametrize("cloud", [cloud for cloud in CLOUDS if not CLOUDS[cloud].states_critical({}, ())])
def test_critical_is_printed_as_high_where_the_cloud_has_no_word_for_it_and_the_notice_says_so(
    cloud: str, document: Callable[..., dict[str, Any]]
) -> None:
    found = document(*IMAGE, "--severity-cutoff", "critical", "--max-findings", "critical=3", cloud=cloud)

    assert found["options"]["severity-cutoff"]["value"] == "high"
    assert found["options"]["max-findings"]["value"] == ["high=3"]
    (notice,) = found["notices"]
    assert notice.endswith("has no severity critical: critical means high here, since its highest word may be either")


def test_a_notice_and_an_unknown_variable_are_warnings_in_the_log(
    capsys: pytest.CaptureFixture[str], fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCAN_GATE_COLOUR_OF_THE_DOOR", "red")
    arguments = ["policy", "--cloud", "huawei", *IMAGE, "--severity-cutoff", "critical"]

    cli.main(arguments, fake_time.clock())
    read = capsys.readouterr().err
    cli.main([*arguments, "--no-variables"], fake_time.clock())
    ignored = capsys.readouterr().err

    assert "critical means high here, since its highest word may be either.\n" in read
    assert "The variable SCAN_GATE_COLOUR_OF_THE_DOOR is not one of the gate's; it is ignored.\n" in read
    assert "The variable SCAN_GATE_COLOUR_OF_THE_DOOR is ignored, since --no-variables is given.\n" in ignored


def test_the_accepted_findings_are_printed_with_the_images_the_last_day_and_the_file(
    text: Callable[..., str], document: Callable[..., dict[str, Any]]
) -> None:
    Path("waivers.toml").write_text(WAIVERS)
    Path("vex.json").write_text(json.dumps(VEX))
    image = ("--image", f"registry.example.com/team/web@sha256:{'a' * 64}")
    arguments = (*image, "--waivers", "waivers.toml", "--vex", "vex.json", "--as-of", "2026-01-31")

    printed = text(*arguments)
    first, second, third = document(*arguments)["waivers"]

    assert line_of(printed, "waivers") == "waivers waivers.toml --waivers"
    assert line_of(printed, "CVE-2026-1") == (
        "CVE-2026-1 openssl in team/*, shop/*, until 2026-03-01 waivers.toml, waiver 1"
    )
    assert line_of(printed, "X-2") == "X-2 no image, until 2026-02-01 waivers.toml, waiver 2"
    assert line_of(printed, "CVE-2026-3") == f"CVE-2026-3 sha256:{'a' * 64} vex.json, statement 1"
    assert first == {
        "id": "CVE-2026-1",
        "images": ["team/*", "shop/*"],
        "digests": [],
        "package": "openssl",
        "version": "",
        "reason": "not reachable",
        "owner": "security",
        "until": "2026-03-01",
        "justification": "",
        "source": "waivers.toml, waiver 1",
    }
    assert (second["images"], third["until"], third["digests"]) == ([], None, [f"sha256:{'a' * 64}"])


@every_cloud
@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--max-age", "none", "--started-after", "2026-01-31T11:00:00Z", "--task-id", "abc", "--max-risky", "7"),
        (*IMAGE, "--max-findings", "high=0,low=5", "--severity-cutoff", "high", "--scan", "never", "--warn-only"),
        (*IMAGE, "--waivers", "waivers.toml", "--as-of", "2026-02-01", "--waiver-max-days", "60"),
    ],
)
def test_a_config_file_with_the_printed_values_gives_the_same_policy(
    arguments: tuple[str, ...], cloud: str, document: Callable[..., dict[str, Any]]
) -> None:
    Path("waivers.toml").write_text(WAIVERS)
    printed = values_of(document(*arguments, cloud=cloud))

    # JSON of these values is TOML too.
    lines = (f"{name} = {json.dumps(value)}\n" for name, value in printed.items() if value is not None)
    Path("gate.toml").write_text("".join(lines))
    again = document("--config", "gate.toml", cloud=cloud)

    assert values_of(again) == printed
    sources = {name: row["source"] for name, row in again["options"].items() if row["value"] is not None}
    assert sources == dict.fromkeys(sources, "config") | {"cloud": "option"}


def test_every_option_about_findings_can_stand_in_the_config_file(document: Callable[..., dict[str, Any]]) -> None:
    limits = {Severity.HIGH: 0, Severity.MEDIUM: 9}
    findings = FindingPolicy(severity_cutoff=Severity.HIGH, max_findings=limits, only_fixable=True)
    a_baseline(Path("baseline.json"), policy=Policy(findings=findings))
    Path("waivers.toml").write_text(WAIVERS)
    Path("vex.json").write_text(json.dumps(VEX))
    given: dict[str, Any] = {
        "severity-cutoff": "high",
        "max-findings": ["high=0", "medium=9"],
        "only-fixable": True,
        "waivers": ["waivers.toml"],
        "waiver-max-days": 45,
        "unused-waivers": "block",
        "as-of": "2026-01-31",
        "vex": ["vex.json"],
        "baseline": "baseline.json",
        "baseline-max-age": "48h",
        "list-findings": True,
    }
    # JSON of these values is TOML too.
    Path("gate.toml").write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in given.items()))

    found = document(*IMAGE, "--config", "gate.toml")["options"]

    assert [*given] == [option.name for option in FINDING_OPTIONS]
    assert {name: found[name]["value"] for name in given} == given
    assert {found[name]["source"] for name in given} == {"config"}


def values_of(document: dict[str, Any]) -> dict[str, Any]:
    return {name: row["value"] for name, row in document["options"].items()}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "No cloud is given."),
        (["--cloud", "huawei", "--max-risky", "many"], "Invalid value for --max-risky: 'many' is not a whole number"),
        (["--cloud", "huawei", "--only-fixable"], "No image is named, but --only-fixable is about the findings"),
        (["--cloud", "huawei", *IMAGE, "--waivers", "absent.toml"], "absent.toml"),
        (["--cloud", "huawei", "--config", "absent.toml"], "The file absent.toml does not exist."),
    ],
)
def test_what_check_refuses_as_a_usage_error_is_one_here_too(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["policy", *arguments]) == ExitCode.USAGE

    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.out == ""


def test_a_misspelt_variable_is_an_error_here_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCAN_GATE_MAX_RISKYY", "5")

    assert cli.main(["policy", "--cloud", "huawei"]) == ExitCode.USAGE
    assert "did you mean SCAN_GATE_MAX_RISKY?" in capsys.readouterr().err


def test_reports_of_an_earlier_run_stay_and_nothing_is_published(
    document: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line of a job can be taken as it is; `check` deletes and writes these files."""
    Path("report.json").write_text("earlier")
    Path("summary").write_text("")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary")

    document("--report", "json=report.json", "--ci", "github")

    assert (Path("report.json").read_text(), Path("summary").read_text()) == ("earlier", "")


def test_no_value_can_be_a_command_of_the_ci_system(text: Callable[..., str]) -> None:
    printed = text("--task-name", "a##[error]b::c")

    assert "##[" not in printed
    assert "::" not in printed


def test_a_long_value_moves_its_own_source_only(text: Callable[..., str]) -> None:
    printed = text("--task-name", "x" * 60)
    lines = printed.partition("\n\n")[0].splitlines()[1:]

    assert {line.index("default") for line in lines if line.endswith("default")} == {2 + 17 + 2 + 40 + 2}
    assert line_of(printed, "task-name") == f"task-name {'x' * 60} --task-name"


def test_the_help_has_an_example_that_can_be_run_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["policy", "--help"])
    shown = capsys.readouterr().out
    (example,) = [line.split() for line in shown.partition("Example:\n")[2].splitlines()[:1]]

    assert "--json" in shown.partition("Output:\n")[2].partition("\n\n")[0]
    assert "Credentials" not in shown
    assert "the policy is printed" in shown.partition("Exit codes:\n")[2]
    assert example[0] == "scan-gate"
    assert cli.main(example[1:]) == ExitCode.PASSED


def test_the_digest_is_that_of_the_policy_as_text_and_as_json(
    text: Callable[..., str], document: Callable[..., dict[str, Any]]
) -> None:
    digest = policy_digest(Policy(max_risky=2))

    assert line_of(text("--max-risky", "2"), "policy-digest") == f"policy-digest {digest} for scan-gate verify"
    assert document("--max-risky", "2", "--warn-only")["digest"] == digest
    assert document("--max-risky", "3")["digest"] != digest
