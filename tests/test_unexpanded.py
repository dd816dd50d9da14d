"""Values that were never filled in: they are named before anything is sent, and secrets among them are not shown."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gate.environment import find_variable, variable
from gate.errors import ExitCode, UsageError
from gate.options import OPTIONS
from gate.unexpanded import is_macro, mistake_in, mistake_in_path, mistake_inside, path_of
from tests.harness import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.settings import Option
    from tests.harness import Gate

REFERENCES = [
    "$(ACCESS_KEY_ID)",
    "$(Build.BuildId)",
    "$(accessKeyId)",
    "$(cat key)",
    "${ACCESS_KEY_ID}",
    "${{ secrets.ACCESS_KEY_ID }}",
    "$ACCESS_KEY_ID",
    "$access_key_id",
    "%ACCESS_KEY_ID%",
    "%access_key_id%",
    "{{ access_key_id }}",
    "$[ variables.key ]",
    "$[[ inputs.key ]]",
    "<your access key id>",
]
QUOTED = ["'AKIA'", '"AKIA"', "''", "'it''s'"]
NO_VALUE = "a program writes this word where it has no value"
MASK = "it is the mask by which a log hides a secret"
JSON = "it is JSON, of which one value was meant"
LINE_BREAK = r"it ends with a line break that was written as two characters, \r or \n"
OTHERS = {
    "null": NO_VALUE,
    "undefined": NO_VALUE,
    "None": NO_VALUE,
    "nil": NO_VALUE,
    "[object Object]": NO_VALUE,
    "***": MASK,
    "********": MASK,
    '{"AccessKeyId": "AKIA"}': JSON,
    '{\n "AccessKeyId": "AKIA"\n}': JSON,
    '["AKIA"]': JSON,
    '[{"AccessKeyId": "AKIA"}]': JSON,
    r"AKIA\n": LINE_BREAK,
    r"AKIA\r": LINE_BREAK,
    "AK\nIA\\n": LINE_BREAK,
}
VALUES = [
    "",
    "AKIA",
    "a$b",
    "$",
    "100%",
    "%",
    "a'b",
    "'",
    "wJalr/XUt+nFE=",
    "<",
    "{}",
    "(x)",
    "{{x}",
    "$1",
    "nightly $(x) scan",
    "none",
    "nullable",
    "Nil",
    "**",
    "a***",
    "[nightly]",
    "[1]",
    '"{',
    r"a\nb",
    r"a\d",
]
AZURE = {"TF_BUILD": "True"}


@pytest.mark.parametrize("text", REFERENCES)
def test_a_reference_that_nothing_has_replaced_is_no_value(text: str) -> None:
    assert "reference to a variable" in mistake_in(text)


@pytest.mark.parametrize("text", QUOTED)
def test_a_value_in_quotes_is_no_value(text: str) -> None:
    assert "in quotes" in mistake_in(text)


@pytest.mark.parametrize(("text", "mistake"), OTHERS.items())
def test_so_is_what_programs_write_in_place_of_a_value_or_around_it(text: str, mistake: str) -> None:
    assert mistake == mistake_in(text)


@pytest.mark.parametrize(
    ("path", "mistake"),
    [
        ("$(Build.ArtifactStagingDirectory)/scan.json", "a reference"),
        ("${HOME}/scan.json", "a reference"),
        ("reports/${{ matrix.name }}.json", "a reference"),
        ("$(folder)/scan.json", "a reference"),
        ("$HOME/scan.json", "a reference"),
        ("$home/scan.json", "a reference"),
        ("%TEMP%/scan.json", "a reference"),
        ("%temp%/scan.json", "a reference"),
        ("{{ folder }}/scan.json", "a reference"),
        ("~/scan.json", "only a shell"),
        ('"scan.json"', "in quotes"),
        ("<path>", "a reference"),
        ("null", "has no value"),
    ],
)
def test_a_path_may_not_contain_a_reference_either(path: str, mistake: str) -> None:
    assert mistake in mistake_in_path(path)
    with pytest.raises(ValueError, match=f"^{re.escape(repr(path))} is no path: .*{re.escape(mistake)}"):
        path_of(path)


def test_a_text_with_a_reference_in_it_is_told_from_one_that_is_a_reference() -> None:
    reference = "a reference to a variable, such as ${NAME}, that nothing has replaced"

    assert mistake_inside("team/web:${TAG}") == f"it contains {reference}"
    assert mistake_in("${TAG}") == f"it is {reference}"


def test_a_tilde_belongs_to_a_path_alone() -> None:
    assert mistake_in_path("~/web:1") == "only a shell replaces a ~, and only at the start of a word"
    assert mistake_inside("~/web:1") == ""
    assert mistake_inside("team/web:${TAG}") == mistake_in_path("team/web:${TAG}") != ""
    assert mistake_inside("<image>") == mistake_in_path("<image>") == mistake_in("<image>") != ""


@pytest.mark.parametrize(
    "path", ["scan.json", "/srv/a b/scan.json", "scan~", "100%/a%20b", "$1", "cost$", "{a}", "a=b"]
)
def test_any_other_path_is_one(path: str) -> None:
    assert mistake_in_path(path) == ""
    assert path_of(path) == Path(path)


@pytest.mark.parametrize("text", ["$(ACCESS_KEY_ID)", "$(accessKeyId)", "$(Build.BuildId)", " $(x-y)\n"])
def test_a_macro_is_one_reference_in_parentheses_and_nothing_else(text: str) -> None:
    assert is_macro(text)
    assert not is_macro(f"a{text}")


@pytest.mark.parametrize("text", VALUES)
def test_any_other_text_is_a_value(text: str) -> None:
    assert mistake_in(text) == ""
    assert not is_macro(text)


@pytest.mark.parametrize("part", ["ACCESS_KEY_ID", "ACCESS_KEY_SECRET"])
@pytest.mark.parametrize("text", [*REFERENCES, *QUOTED, *OTHERS])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_credential_that_was_never_filled_in_is_named_and_not_shown_and_nothing_is_sent(
    cloud: str, text: str, part: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean", cloud)
    monkeypatch.setenv(f"SCAN_GATE_{part}", text)

    ending = gate.check()

    assert ending.code == ExitCode.NOT_AUTHORISED
    assert f"The value of SCAN_GATE_{part} is not a credential: {mistake_in(text)}" in ending.out
    assert text not in (ending.out + ending.err).replace("${NAME}", "")
    assert gate.operations == []


@pytest.mark.parametrize("text", ["$(PROJECT)", "'0'"])
def test_so_is_a_variable_of_the_vendor(
    text: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = replace(gate_in("clean"), omitted=("project_id",))
    monkeypatch.setenv("HUAWEICLOUD_SDK_PROJECT_ID", text)

    ending = gate.check()

    assert ending.code == ExitCode.USAGE
    assert "The variable HUAWEICLOUD_SDK_PROJECT_ID has no value: it is" in ending.out


@pytest.mark.parametrize("how", ["option", "variable", "file"])
def test_so_is_an_option_wherever_it_is_given(
    how: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean")
    arguments = []
    if how == "option":
        arguments = ["--task-name", "${NAME}"]
    elif how == "variable":
        monkeypatch.setenv("SCAN_GATE_TASK_NAME", "${NAME}")
    else:
        Path("gate.toml").write_text('task-name = "${NAME}"\n')
        arguments = ["--config", "gate.toml"]

    ending = gate.check(*arguments)

    assert ending.code == ExitCode.USAGE
    assert "${NAME} is no value: it is a reference to a variable" in ending.err
    assert gate.operations == []


@pytest.mark.parametrize("option", [option for option in OPTIONS if not option.unset], ids=lambda option: option.name)
def test_in_azure_a_macro_counts_as_a_variable_that_is_not_set(option: Option) -> None:
    assert find_variable(option, {**AZURE, variable(option.name): "$(NAME)"}) is None


@pytest.mark.parametrize("option", [option for option in OPTIONS if option.unset], ids=lambda option: option.name)
def test_in_azure_a_macro_is_an_error_where_something_is_looser_without_it(option: Option) -> None:
    with pytest.raises(UsageError, match=r"is \$\(NAME\)\. A reference in it may be misspelt"):
        find_variable(option, {**AZURE, variable(option.name): "$(NAME)"})


def test_in_azure_a_secret_that_does_not_exist_gives_way_to_the_vendors_own_variables(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean")
    settings = gate.simulator.describe()["huawei"]
    monkeypatch.setenv("TF_BUILD", "True")
    for name in ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET"):
        monkeypatch.setenv(f"SCAN_GATE_{name}", f"$({name})")
    missing = gate.check()
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", settings["access_key_id"])
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", settings["access_key_secret"])

    assert missing.code == ExitCode.NOT_AUTHORISED
    assert "There are no credentials for Huawei Cloud." in missing.out
    assert gate.check().code == ExitCode.PASSED


@pytest.mark.parametrize("value", ["null", "None", "undefined", "a b", "***", "0", "000", '{"id": 1}'])
@pytest.mark.parametrize("name", ["task-id", "project-id", "enterprise-project-id"])
def test_an_id_that_cannot_be_one_is_named_before_anything_is_sent(
    name: str, value: str, gate_in: Callable[..., Gate]
) -> None:
    """The default enterprise project has the id 0; no scan task has."""
    gate = gate_in("clean")

    ending = gate.run("status", f"--{name}", value)

    is_zero = not value.strip("0")
    assert (ending.code == ExitCode.USAGE) is (name == "task-id" or not is_zero)
    assert (gate.operations == []) is (ending.code == ExitCode.USAGE)


def test_the_none_of_a_program_does_not_turn_the_check_of_the_age_off(gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("stale")

    assert gate.check("--max-age", "None").code == ExitCode.USAGE
    assert gate.check("--max-age", "none").code == ExitCode.PASSED


def test_no_report_is_written_below_a_folder_that_is_named_like_a_variable(gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("clean")

    for path in ("$(Build.ArtifactStagingDirectory)/scan.html", "~/scan.html", '"scan.html"'):
        ending = gate.check("--report", f"html={path}")

        assert ending.code == ExitCode.USAGE
        assert f"{path!r} is no path: " in ending.err
    assert gate.operations == []
    assert [*Path().iterdir()] == []
