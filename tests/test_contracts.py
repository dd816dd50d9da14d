"""What is stated in two places agrees: options, inputs, outputs, exit codes, clouds, versions, examples."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from gate import __version__, cli, clouds, simulator
from gate.ci.github import outputs
from gate.clouds.credentials import find_credentials
from gate.clouds.retry_schedule import RETRY_TIMEOUT_WITHOUT_RESPONSE
from gate.clouds.sign_in.tokens import OUR_VARIABLE
from gate.clouds.sign_in.tokens.azure import SERVICE_CONNECTION
from gate.environment import variable, variables
from gate.errors import ExitCode, NotAuthorised
from gate.options import CONFIG, OPTIONS, SECRETS
from gate.policy import CLOCK_TOLERANCE, Decision, Policy
from gate.reports import dotenv
from gate.reports.size_limits import MAX_SUMMARY_SIZE
from gate.simulator import IMAGE_SCENARIOS, SCENARIOS, SIGN_IN_SCENARIOS
from gate.wait import MAX_POLL_DELAY
from gate.writing import write_atomically
from tests.builders import an_outcome
from tests.github_runner import parse_outputs
from tools import document

if TYPE_CHECKING:
    from tests.builders import FakeTime

ROOT = Path(__file__).parent.parent
NUMBERS = {2: "two", 5: "five"}
STALL_TIMEOUT = inspect.signature(write_atomically).parameters["stall_timeout"].default
README = (ROOT / "README.md").read_text()
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
NAMES = [option.name for option in OPTIONS] + ["config"]
PAGES = [README, *(page.read_text() for page in sorted((ROOT / "docs").glob("*.md")))]
EXAMPLES = [
    block for page in PAGES for block in re.findall(r"^```yaml\n(.*?)```", page, flags=re.MULTILINE | re.DOTALL)
]


def page(name: str) -> str:
    """The text of a page of the documentation."""
    return (ROOT / "docs" / f"{name}.md").read_text()


def section(title: str) -> str:
    """The section of the README with this title."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", README, flags=re.MULTILINE | re.DOTALL)
    assert found, f"the README has no section {title!r}"
    return found[1]


def test_the_action_takes_every_option_and_every_secret_and_nothing_else() -> None:
    assert sorted(ACTION["inputs"]) == sorted([*NAMES, *SECRETS])


def test_an_input_whose_absence_loosens_something_has_a_word_for_it_as_its_default_and_no_other_input_has_one() -> None:
    """A default that is a value would override the variable and the file; that word does not."""
    defaults = {name: spec["default"] for name, spec in ACTION["inputs"].items() if "default" in spec}

    assert defaults == {option.name: option.unset for option in (*OPTIONS, CONFIG) if option.unset}


def test_no_secret_is_an_option_of_the_command_line() -> None:
    assert ACTION["runs"]["args"] == ["check"]
    assert not set(NAMES) & set(SECRETS)


def test_the_action_names_every_output_that_is_set_and_no_other() -> None:
    assert list(ACTION["outputs"]) == list(parse_outputs(outputs(an_outcome())))


@pytest.mark.parametrize("name", document.DOCUMENTS)
def test_the_documentation_of_the_options_is_up_to_date(name: str) -> None:
    """`python -m tools.document` updates it."""
    text = (ROOT / name).read_text()

    assert document.DOCUMENTS[name](text) == text


def test_the_page_of_reports_lists_every_output() -> None:
    text = page("reports")

    assert [name for name in ACTION["outputs"] if f"| `{name}` |" not in text] == []


def test_the_pages_of_azure_and_gitlab_list_every_output() -> None:
    azure, gitlab = ((ROOT / "docs" / f"{name}.md").read_text() for name in ("azure", "gitlab"))
    (of_azure,) = re.findall(r"^- output variables: (.*);$", azure, flags=re.MULTILINE)
    (of_gitlab,) = re.findall(r"^\| variables for later jobs: (.*?) \|", gitlab, flags=re.MULTILINE)

    names = [name.replace("-", "_") for name in ACTION["outputs"]]
    assert re.findall(r"`(\w+)`", of_azure) == names
    assert re.findall(r"`(\w+)`", of_gitlab) == [f"{dotenv.PREFIX}{name.upper()}" for name in names]


@pytest.mark.parametrize(
    "text",
    [
        f"waits at least {clouds.CLOUDS['huawei'].min_poll_interval:.0f} s between two polls",
        (f"and the gate waits at least {clouds.CLOUDS['alibaba'].min_poll_interval:.0f} s (`--poll-interval`)"),
        f"at most {NUMBERS[round(MAX_POLL_DELAY / 60)]} minutes, and shorter if",
        f"the gate retries for at most {NUMBERS[round(RETRY_TIMEOUT_WITHOUT_RESPONSE / 60)]} minutes",
        f"If nothing reads from a pipe for {NUMBERS[STALL_TIMEOUT]} seconds",
        (f"by more than {CLOCK_TOLERANCE.total_seconds() / 60:.0f} minutes, the gate adopts the cloud's time"),
        f"the job summary in GitHub, at most {MAX_SUMMARY_SIZE:,} bytes",
        f"| `--settle` `DURATION` | `{Policy().settle:.0f}s` |",
    ],
)
def test_a_number_in_the_documents_is_that_of_the_gate(text: str) -> None:
    assert sum(text in page for page in PAGES) == 1


def test_the_readme_explains_every_exit_code_once() -> None:
    rows = re.findall(r"^\| ([0-9, ]+) \|", section("Exit codes"), flags=re.MULTILINE)
    codes = [int(code) for row in rows for code in row.split(", ")]

    assert codes == sorted(int(code) for code in ExitCode)


def test_the_documents_name_every_verdict_and_every_scenario() -> None:
    assert [verdict for verdict in Decision if verdict not in section("Exit codes")] == []
    known = (*SCENARIOS, *IMAGE_SCENARIOS, *SIGN_IN_SCENARIOS)
    assert [name for name in known if f"`{name}`" not in page("simulator")] == []


def test_every_cloud_has_a_simulator_in_the_same_order() -> None:
    """The simulator does not import the registry of the gate, so it has its own."""
    assert [*simulator.CLOUDS] == [*clouds.CLOUDS]


def test_the_page_of_the_options_shows_the_variable_of_one() -> None:
    assert variables("max-failed", {}) == ["SCAN_GATE_MAX_FAILED"]
    assert "SCAN_GATE_MAX_FAILED" in page("options")


def test_the_readme_has_at_most_two_hundred_lines() -> None:
    assert README.count("\n") <= 200


@pytest.mark.parametrize("page", [README, (ROOT / "docs" / "policy.md").read_text()], ids=["README", "policy"])
def test_a_reader_is_told_that_severities_are_priorities_and_not_cvss(page: str) -> None:
    assert re.search(r"\*\*[^*\n]*priorities of a repair[^*\n]*and not CVSS\.?\*\*", page)


def test_the_quick_start_is_two_commands_of_one_line() -> None:
    blocks = re.findall(r"^```sh\n(.*?)```", section("Quick start"), flags=re.MULTILINE | re.DOTALL)

    assert [block.count("\n") for block in blocks[:2]] == [1, 1]
    assert "scan-gate demo" in blocks[0]
    assert "pytest" in blocks[1]


def test_the_sample_output_in_the_readme_is_what_the_demo_prints(
    fake_time: FakeTime, capfd: pytest.CaptureFixture[str]
) -> None:
    """But for the times; the two streams are in the order in which a terminal shows them."""
    blocks = re.findall(r"^```(.*?)\n(.*?)^```", section("Quick start"), flags=re.MULTILINE | re.DOTALL)
    (sample,) = [text for language, text in blocks if not language]

    cli.main(["demo", "--scenario", "risky"], fake_time.clock())
    out, log = capfd.readouterr()
    introduction, end, verdict = out.partition("\n")

    assert re.sub(r"\d", "0", introduction + end + log + verdict) == re.sub(r"\d", "0", sample)


def test_the_pictured_job_of_gitlab_shows_what_the_gate_prints_today(
    fake_time: FakeTime, capfd: pytest.CaptureFixture[str]
) -> None:
    """`python -m tools.pictures` renders the picture anew."""
    job = (ROOT / "docs" / "images" / "gitlab-job.txt").read_text()
    pictured = "".join(f"{line}\n" for line in re.findall(r"^scan-gate > (.*)$", job, flags=re.MULTILINE))

    cli.main(["demo", "--scenario", "risky"], fake_time.clock())
    verdict, log = capfd.readouterr()

    assert re.sub(r"\d", "0", log + verdict.partition("\n")[2]) == re.sub(r"\d", "0", pictured)


def test_the_page_of_github_quotes_the_message_about_absent_credentials_as_it_is_there() -> None:
    page = (ROOT / "docs" / "github.md").read_text()
    (quoted,) = re.findall(r'^\*\*"(There are no credentials .*)"\*\* \(3\)$', page, flags=re.MULTILINE)
    with pytest.raises(NotAuthorised) as caught:
        find_credentials({"INPUT_ACCESS-KEY-ID": ""}, ())

    message = f"{caught.value.happened} {caught.value.means}"
    assert re.fullmatch(".*".join(map(re.escape, quoted.split("..."))), message)


@pytest.mark.parametrize("block", EXAMPLES)
def test_every_example_is_yaml_with_inputs_that_exist(block: str) -> None:
    assert yaml.safe_load(block)
    steps = [step for step in _steps(yaml.safe_load(block)) if "scan-gate@" in str(step.get("uses"))]

    assert {name for step in steps for name in step["with"]} <= ACTION["inputs"].keys()
    names = set(re.findall(r"SCAN_GATE_[A-Z_]+", block))
    known = {variable(name) for name in (*NAMES, *SECRETS)}
    assert names <= known | {f"{name}_FILE" for name in known} | {OUR_VARIABLE, SERVICE_CONNECTION}


def test_every_workflow_of_github_says_on_what_it_runs() -> None:
    """GitHub refuses a file without it; YAML takes the key for a boolean."""
    workflows = [yaml.safe_load(block) for block in EXAMPLES if block.startswith("# .github/workflows/")]

    assert len(workflows) > 1
    assert [workflow for workflow in workflows if True not in workflow] == []


def _steps(part: object) -> list[dict[str, Any]]:
    if isinstance(part, dict):
        own = [part] if "uses" in part else []
        return own + [step for value in part.values() for step in _steps(value)]
    return [step for value in part for step in _steps(value)] if isinstance(part, list) else []


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    dockerfile = (ROOT / "Dockerfile").read_text()

    assert project["version"] == __version__
    assert f'org.opencontainers.image.version="{__version__}"' in dockerfile
    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text()


def test_every_example_names_this_version() -> None:
    named = [version for block in EXAMPLES for version in re.findall(r"scan-gate(?:@v|:)(\d+\.\d+\.\d+)", block)]

    assert len(named) > 10
    assert {*named} == {__version__}


@pytest.mark.parametrize("lock", ["run", "test", "check", "build", "sbom", "site"])
def test_a_lock_has_a_hash_for_everything_and_names_no_registry(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    pinned = re.findall(r"^([A-Za-z0-9_.\[\]-]+)==", text, flags=re.MULTILINE)
    hashed = re.findall(r"^([A-Za-z0-9_.\[\]-]+)==[^\n]*\\\n    --hash=sha256:", text, flags=re.MULTILINE)

    assert pinned
    assert pinned == hashed
    assert "://" not in text


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", ".ci/run"])
def test_an_editable_install_uses_the_locked_build_tools(name: str) -> None:
    """With build isolation, pip would download their newest versions."""
    text = (ROOT / name).read_text()

    assert text.count("--editable") == text.count("--no-build-isolation --editable") > 0
    assert text.count("-r requirements/build.txt") == text.count("--editable")


def test_the_lock_of_the_container_has_the_dependencies_and_theirs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[<>=]", dependency)[0] for dependency in project["dependencies"]}
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements" / "run.txt").read_text(), flags=re.MULTILINE))

    assert names == {"click", "python-backoff", "requests", "urllib3"}
    assert locked == names | {"certifi", "charset-normalizer", "idna"}
