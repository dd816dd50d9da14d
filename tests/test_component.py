"""The GitLab component as GitLab reads it: its inputs, and the job that results from them."""

from __future__ import annotations

import importlib.resources
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from gate.environment import variable
from gate.options import OPTIONS

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "templates" / "scan-gate.yml").read_text()
HEADER, JOBS = yaml.safe_load_all(TEXT)
INPUTS: dict[str, dict[str, Any]] = HEADER["spec"]["inputs"]
GIVEN = {"cloud": "huawei", "image": "registry.example.com/scan-gate:1"}


def with_defaults(text: str) -> str:
    """The second document with the default of every input inserted, as GitLab does it."""

    def value(found: re.Match[str]) -> str:
        given = GIVEN.get(found[1], INPUTS[found[1]].get("default"))
        return given if isinstance(given, str) else json.dumps(given)

    return re.sub(r"\$\[\[ inputs\.([a-z-]+) \]\]", value, text)


def job() -> dict[str, Any]:
    (definition,) = yaml.safe_load(with_defaults(TEXT.split("\n---\n")[1])).values()
    assert isinstance(definition, dict)
    return definition


def test_every_option_is_an_input_except_those_that_the_component_sets() -> None:
    assert {option.name for option in OPTIONS} - INPUTS.keys() == {"ci"}


def test_every_input_has_a_type_a_description_and_a_default_unless_it_is_required() -> None:
    assert [name for name, spec in INPUTS.items() if not spec["type"] or not spec["description"]] == []
    assert {name for name, spec in INPUTS.items() if "default" not in spec} == {"cloud", "image"}


def test_all_inputs_are_used_and_no_others() -> None:
    assert set(re.findall(r"\$\[\[ inputs\.([a-z-]+) \]\]", TEXT)) == INPUTS.keys()


def test_flags_are_booleans_and_choices_are_options() -> None:
    flags = {option.name for option in OPTIONS if option.is_flag}

    assert {name for name, spec in INPUTS.items() if spec["type"] == "boolean"} == flags
    for option in OPTIONS:
        if option.choices and option.name != "ci":
            assert [choice for choice in INPUTS[option.name]["options"] if choice] == [*option.choices]


def test_an_input_without_a_value_leaves_the_gates_default() -> None:
    variables = job()["variables"]

    assert variables[variable("cloud")] == "huawei"
    options = {name: value for name, value in variables.items() if name.startswith("SCAN_GATE_")}
    set_by_default = {name for name, value in options.items() if value}
    flags = ("quiet", "verbose", "warn-only")
    assert set_by_default == {variable(name) for name in ("cloud", "report", *flags)}
    assert {options[variable(name)] for name in ("quiet", "verbose", "warn-only")} == {"false"}


def test_reports_are_kept_whatever_the_exit_code() -> None:
    artifacts = job()["artifacts"]
    written = dict(line.split("=", 1) for line in job()["variables"]["SCAN_GATE_REPORT"].split())

    assert artifacts["when"] == "always"
    assert artifacts["reports"] == {
        "junit": written["junit"],
        "codequality": written["code-quality"],
        "dotenv": written["dotenv"],
    }
    assert all(path.startswith("scan-gate/") for path in written.values())


def test_files_left_by_an_earlier_job_are_not_used() -> None:
    assert job()["variables"][variable("config")] == ""
    assert job()["script"] == ["rm -rf scan-gate", "scan-gate check"]


def test_by_default_no_exit_code_of_the_gate_is_allowed_to_fail() -> None:
    assert job()["allow_failure"] == {"exit_codes": [200]}


def test_the_definition_is_valid_by_gitlabs_schema() -> None:
    pytest.importorskip("check_jsonschema", reason="GitLab's schema comes with check-jsonschema")
    schemas = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    schema = json.loads((schemas / "gitlab-ci.json").read_text())

    jsonschema.validate({"scan-gate": job()}, schema)
