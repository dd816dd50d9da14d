"""The GitLab component as GitLab reads it: its inputs, and the job that results from them."""

from __future__ import annotations

import importlib.resources
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from gate.options import CONFIG, OPTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "templates" / "scan-gate.yml").read_text()
HEADER, JOBS = yaml.safe_load_all(TEXT)
INPUTS: dict[str, dict[str, Any]] = HEADER["spec"]["inputs"]
GATE = "/opt/scan-gate/bin/scan-gate"
SHELLS = [shell for shell in ("sh", "bash", "dash") if shutil.which(shell)]
NUMBERS = {"max-failed": 3, "max-risky": 0, "waiver-max-days": 30, "limit": 50}
"""The inputs that are numbers, each with one that its option takes."""
GIVEN = {"cloud": "huawei", "gate-image": "registry.example.com/scan-gate:1"}


def interpolated(text: str, given: Mapping[str, object]) -> str:
    """The second document with these inputs, or the default of each, inserted into its text as GitLab does it."""

    def value(found: re.Match[str]) -> str:
        value = {**GIVEN, **given}.get(found[1], INPUTS[found[1]].get("default"))
        return value if isinstance(value, str) else json.dumps(value)

    return re.sub(r"\$\[\[ inputs\.([a-z-]+) \]\]", value, text)


def job(**given: object) -> dict[str, Any]:
    """The job that results from these inputs."""
    inputs = {name.replace("_", "-"): value for name, value in given.items()}
    (definition,) = yaml.safe_load(interpolated(TEXT.split("\n---\n")[1], inputs)).values()
    assert isinstance(definition, dict)
    return definition


def arguments(
    folder: Path, *, shell: str = "sh", variables: Mapping[str, str] | None = None, **given: object
) -> list[str]:
    """The arguments that the gate gets from the script of the job, run by this shell as GitLab's runner does."""
    printer = folder / "printer"
    # No interpreter of Python, which takes ten times as long to start.
    printer.write_text("#!/bin/sh\nprintf '%s\\0' \"$@\"\n")
    printer.chmod(0o755)
    script = "\n".join(job(**given)["script"]).replace(GATE, str(printer))
    environ = {**os.environ, **(variables or {})}
    ended = subprocess.run(
        [shell, "-e", "-c", script], cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout.removesuffix("\0").split("\0")


def reports_of(folder: Path, **given: Any) -> dict[str, str]:
    """The reports that the gate writes, by format."""
    words = [word.removeprefix("--report=") for word in arguments(folder, **given) if word.startswith("--report=")]
    return dict(word.split("=", 1) for word in words)


def test_every_option_is_an_input_except_those_that_the_component_sets() -> None:
    assert {option.name for option in OPTIONS} - INPUTS.keys() == {"ci"}


def test_every_input_has_a_type_a_description_and_a_default_unless_it_is_required() -> None:
    assert [name for name, spec in INPUTS.items() if not spec["type"] or not spec["description"]] == []
    assert {name for name, spec in INPUTS.items() if "default" not in spec} == {"cloud", "gate-image"}


def test_all_inputs_are_used_and_no_others() -> None:
    assert set(re.findall(r"\$\[\[ inputs\.([a-z-]+) \]\]", TEXT)) == INPUTS.keys()


def test_flags_are_booleans_and_choices_are_options() -> None:
    flags = {option.name for option in OPTIONS if option.is_flag}

    assert {name for name, spec in INPUTS.items() if spec["type"] == "boolean"} == flags
    for option in OPTIONS:
        if option.choices and option.name != "ci":
            assert [choice for choice in INPUTS[option.name]["options"] if choice != "default"] == [*option.choices]


def test_whole_numbers_are_numbers() -> None:
    """Times and durations are not: they have units, and may be a variable of an earlier job."""
    assert {name for name, spec in INPUTS.items() if spec["type"] == "number"} == {*NUMBERS}
    assert NUMBERS.keys() == {option.name for option in OPTIONS if option.metavar == "N"}


def test_a_number_that_is_not_given_is_one_that_no_option_takes() -> None:
    assert {name: INPUTS[name]["default"] for name in NUMBERS} == dict.fromkeys(NUMBERS, -1)
    for option in OPTIONS:
        if option.metavar == "N" and option.parse is not str:
            with pytest.raises(ValueError, match="whole number"):
                option.parse("-1")


def test_an_input_whose_absence_loosens_something_is_none_by_default() -> None:
    """An empty text is refused by GitLab where a number or a choice is wanted, and by the gate everywhere else."""
    loosening = [option for option in (*OPTIONS, CONFIG) if option.unset and option.name not in NUMBERS]

    assert {option.name: INPUTS[option.name]["default"] for option in loosening} == {
        option.name: option.unset for option in loosening
    }
    assert [option.name for option in loosening if INPUTS[option.name].keys().isdisjoint({"regex", "options"})] == []


@pytest.mark.parametrize("text", ["a\nb", "a\r", "\n", "a\x85b", "a\u2028b", "a\u2029b"])
def test_no_input_of_free_text_takes_a_line_break(text: str) -> None:
    """GitLab inserts it into the text of the YAML, where it could start another key."""
    patterns = {spec["regex"] for spec in INPUTS.values() if "regex" in spec}
    free = {name for name, spec in INPUTS.items() if spec["type"] == "string" and "options" not in spec}

    (pattern,) = patterns
    # In Python `$` also matches before a line break at the end; in RE2 it does not.
    in_python = re.sub(r"\\x\{([0-9]+)\}", lambda found: f"\\u{found[1]:0>4}", pattern).replace("$", r"\Z")
    assert not re.search(in_python, text)
    assert re.search(in_python, 'it\'s "a" $NAME')
    assert free - {name for name, spec in INPUTS.items() if "regex" in spec} == {"job-name", "stage", "gate-image"}


@pytest.mark.parametrize("shell", SHELLS)
def test_an_input_that_is_not_given_leaves_the_option_to_the_config_file(shell: str, tmp_path: Path) -> None:
    given = [word for word in arguments(tmp_path, shell=shell) if not word.startswith("--report=")]

    assert given == ["check", "--no-variables", "--ci=gitlab", "--cloud=huawei"]


@pytest.mark.parametrize("shell", SHELLS)
def test_every_input_becomes_an_option(shell: str, tmp_path: Path) -> None:
    options = [option for option in (*OPTIONS, CONFIG) if option.name not in {"cloud", "report", "ci"}]
    free = {option.name: f"the {option.name}" for option in options if not option.is_flag}
    inputs = {**free, **NUMBERS, **{option.name: True for option in options if option.is_flag}}

    given: dict[str, Any] = {name.replace("-", "_"): value for name, value in inputs.items()}
    words = arguments(tmp_path, shell=shell, **given)

    assert {word for word in words if word.startswith("--")} >= {
        f"--{name}" if value is True else f"--{name}={value}" for name, value in inputs.items()
    }


HOSTILE_INPUTS = (
    "a b",
    " a  b ",
    "it's",
    'say "x"',
    "'\"'",
    "$HOME/x",
    "${HOME}",
    "$(touch pwned)",
    "`touch pwned`",
    "a; touch pwned",
    "a && touch pwned #",
    "$1",
    "$",
    "$@",
    "$HOME$PWD",
    "*",
    "\\",
    "a\\n\\",
    "!x",
    "{a,b}",
    "x=none",
    "end-of-options",
    "--endpoint=https://evil.example",
    "- a: b",
    "a: b # c",
    "%s",
)


@pytest.mark.divided
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("value", HOSTILE_INPUTS)
def test_an_input_is_one_word_whatever_is_in_it(value: str, shell: str, tmp_path: Path) -> None:
    words = arguments(tmp_path, shell=shell, task_name=value, source=value)

    assert [word for word in words if word.startswith(("--task-name=", "--source="))] == [
        f"--task-name={value}",
        f"--source={value}",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["printer"]


@pytest.mark.divided
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("value", ["2026-01-31T12:00:00Z", "", *HOSTILE_INPUTS])
def test_an_input_that_is_one_variable_is_its_value_and_is_not_read_again(
    value: str, shell: str, tmp_path: Path
) -> None:
    """Where the variable does not exist, the value is empty, which the gate refuses."""
    words = arguments(
        tmp_path, shell=shell, started_after="$CI_PIPELINE_CREATED_AT", variables={"CI_PIPELINE_CREATED_AT": value}
    )

    assert [word for word in words if word.startswith("--started-after")] == [f"--started-after={value}"]
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (10**15, "1000000000000000"), (-2, "-2"), (2.5, "2.5"), (-1.0, "-1.0")]
)
def test_the_gate_reads_a_number_as_it_is_and_refuses_those_that_it_does_not_take(
    number: float, text: str, shell: str, tmp_path: Path
) -> None:
    words = arguments(tmp_path, shell=shell, max_risky=number)

    assert [word for word in words if word.startswith("--max-risky")] == [f"--max-risky={text}"]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_word_for_a_number_that_is_not_given_is_a_text_like_others_where_a_text_is_wanted(
    shell: str, tmp_path: Path
) -> None:
    words = arguments(tmp_path, shell=shell, task_name="-1", task_id="-1")

    assert {"--task-name=-1", "--task-id=-1"} <= {*words}


@pytest.mark.parametrize("shell", SHELLS)
def test_an_empty_input_is_an_empty_value_for_which_the_gate_has_an_error(shell: str, tmp_path: Path) -> None:
    """Newer versions of GitLab take an empty text where an input has a pattern: ci-hosts.md 4.2."""
    names = {name for name, spec in INPUTS.items() if "regex" in spec} - {"report"}

    empty: dict[str, Any] = dict.fromkeys(names, "")

    words = arguments(tmp_path, shell=shell, **empty)

    assert {word.removeprefix("--").removesuffix("=") for word in words if word.endswith("=")} == names


@pytest.mark.parametrize("shell", SHELLS)
def test_no_check_of_the_age_is_another_thing_than_no_age_given(shell: str, tmp_path: Path) -> None:
    assert "--max-age=none" in arguments(tmp_path, shell=shell, max_age="none")
    assert not [word for word in arguments(tmp_path, shell=shell, max_age="default") if "max-age" in word]


def test_no_variable_of_the_job_is_an_option() -> None:
    """A variable of an earlier job would override it."""
    assert job()["variables"] == {"GIT_STRATEGY": "none"}


def test_the_job_gets_no_artifacts_and_no_variables_of_other_jobs_unless_it_is_told_to() -> None:
    assert job()["dependencies"] == []
    assert job(dependencies=["build"])["dependencies"] == ["build"]


def test_reports_are_kept_whatever_the_exit_code(tmp_path: Path) -> None:
    artifacts = job()["artifacts"]
    written = reports_of(tmp_path, image="team/web:1.0")

    assert artifacts["when"] == "always"
    assert artifacts["paths"] == ["scan-gate/"]
    assert artifacts["reports"] == {
        "junit": written["junit"],
        "codequality": written["code-quality"],
        "container_scanning": written["container-scanning"],
        "dotenv": written["dotenv"],
    }
    assert all(path.startswith("scan-gate/") for path in written.values())


def test_the_reports_are_linked_in_merge_requests_by_a_path_that_gitlab_can_link() -> None:
    """ci-hosts.md 4.2: no variable, no pattern, and a slash after a folder; of the text, no other signs."""
    artifacts = job()["artifacts"]

    assert re.fullmatch(r"\w[-\w ]*", artifacts["expose_as"])
    assert [path for path in artifacts["paths"] if not re.fullmatch(r"[\w.-]+/", path)] == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, False), ({"image": "team/web:1.0"}, True), ({"images-from": "images.txt"}, True), ({"name": "image"}, False)],
)
def test_findings_are_listed_for_gitlab_where_images_are_named(
    given: dict[str, str], *, expected: bool, tmp_path: Path
) -> None:
    assert ("container-scanning" in reports_of(tmp_path, **given)) is expected


def test_more_reports_are_separated_by_spaces(tmp_path: Path) -> None:
    (tmp_path / "x").touch()

    more = reports_of(tmp_path, report="sarif=a.sarif  json=*")

    assert (more["sarif"], more["json"]) == ("a.sarif", "*")


def test_files_left_by_an_earlier_job_are_not_used() -> None:
    assert job()["script"][0] == "rm -rf scan-gate"


def test_the_gate_is_found_without_a_variable() -> None:
    """An earlier job may have set PATH."""
    assert job()["script"][-1].splitlines()[-1] == f'{GATE} "$@"'
    assert f'ENTRYPOINT ["{GATE}"]' in (ROOT / "Dockerfile").read_text()


def test_by_default_no_exit_code_of_the_gate_is_allowed_to_fail() -> None:
    assert job()["allow_failure"] == {"exit_codes": [200]}


def test_the_definition_is_valid_by_gitlabs_schema() -> None:
    pytest.importorskip("check_jsonschema", reason="GitLab's schema comes with check-jsonschema")
    schemas = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    schema = json.loads((schemas / "gitlab-ci.json").read_text())

    jsonschema.validate({"scan-gate": job()}, schema)
