"""The blocks of docs/attestations.md: they parse, and name commands, options, inputs and artifacts that exist."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from gate.errors import ExitCode
from gate.help import page_of
from gate.in_toto import SUMMARY_TYPE
from gate.options import CONFIG, OPTIONS
from gate.reports import REPORTS
from gate.verify.signature import signature_command
from gate.verify_options import VERIFY_OPTIONS

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "attestations.md").read_text()
FACTS = (ROOT / "docs" / "facts" / "attestations.md").read_text()
SHELL = re.findall(r"^```sh\n(.*?)```", PAGE, flags=re.MULTILINE | re.DOTALL)
COMMANDS = [
    words
    for block in SHELL
    for line in re.sub(r"\\\n\s*|&&\s*\n\s*", " ", block).splitlines()
    if (words := shlex.split(line.partition(" | ")[0])[:])
]
TOOLS = {
    "gh": r"gh attestation (?:verify|download) ",
    "cosign": r"cosign (?:attest|verify-attestation|verify-blob-attestation) ",
}


def test_the_page_has_blocks_of_each_kind() -> None:
    assert len(SHELL) > 4
    assert "uses: actions/attest@" in PAGE
    assert "cosign attest " in PAGE
    assert "# .gitlab-ci.yml" in PAGE


@pytest.mark.parametrize("block", SHELL)
def test_every_block_of_shell_parses(block: str) -> None:
    subprocess.run(["sh", "-n"], input=block, text=True, check=True)


@pytest.mark.parametrize("command", [words for words in COMMANDS if "scan-gate" in words], ids=" ".join)
def test_every_command_of_the_gate_exists_with_its_options(command: list[str]) -> None:
    words = command[command.index("scan-gate") + 1 :]
    known = {"verify": {option.name for option in VERIFY_OPTIONS}, "policy": {"json", CONFIG.name}}
    known["policy"] |= {option.name for option in OPTIONS}

    assert {word.removeprefix("--") for word in words if word.startswith("--")} <= known[words[0]]


@pytest.mark.parametrize(
    "text", [words[words.index("--verify-with") + 1] for words in COMMANDS if "--verify-with" in words]
)
def test_every_command_that_checks_a_signature_checks_the_statement_of_this_type_and_who_has_signed(text: str) -> None:
    words = signature_command(text)

    assert SUMMARY_TYPE in words
    assert {"--signer-workflow", "--certificate-identity"} & {*words}
    assert set(re.findall(r"\{\w+\}", text)) <= {"{statement}", "{image}", "{digest}"}


@pytest.mark.parametrize("name", TOOLS)
def test_every_option_of_a_tool_is_one_of_the_facts(name: str) -> None:
    found = [found for block in SHELL for found in re.findall(TOOLS[name] + r".*", block.replace("\\\n", " "))]
    options = {option for line in found for option in re.findall(r"--[a-z][\w-]*", line)} - {
        f"--{option.name}" for option in VERIFY_OPTIONS
    }

    assert found
    assert {option for option in options if f"`{option}" not in FACTS} == set()


def test_the_step_that_signs_gives_inputs_that_are_facts_and_the_type_of_the_summary() -> None:
    (workflow,) = [block for block in _yaml() if "actions/attest@" in block]
    (step,) = [step for step in yaml.safe_load(workflow)["jobs"]["scan"]["steps"] if "attest@" in step.get("uses", "")]

    assert {name for name in step["with"] if f"`{name}`" not in FACTS} == set()
    assert step["with"]["predicate-type"] == SUMMARY_TYPE


def test_the_report_of_each_job_is_the_attestation_where_later_steps_read_it() -> None:
    paths = re.findall(r"report: (\S+)=(\S+)", PAGE)

    assert [name for name, _ in paths] == ["attestation"] * 2
    assert "attestation" in REPORTS
    assert all(PAGE.count(path) > 1 for _, path in paths)


def test_the_job_of_gitlab_gives_the_component_inputs_that_exist() -> None:
    (job,) = [block for block in _yaml() if block.startswith("# .gitlab-ci.yml")]
    (component,) = yaml.safe_load(job)["include"]
    spec: dict[str, Any] = next(yaml.safe_load_all((ROOT / "templates" / "scan-gate.yml").read_text()))

    assert component["inputs"].keys() <= spec["spec"]["inputs"].keys()


def test_the_page_has_every_option_and_every_exit_code_of_verify() -> None:
    options = set(re.findall(r"^\| `--([\w-]+)` \|", PAGE, flags=re.MULTILINE))
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, flags=re.MULTILINE)}

    assert options == {option.name for option in VERIFY_OPTIONS}
    assert codes == {ExitCode.PASSED, ExitCode.BLOCKED, ExitCode.USAGE, ExitCode.NOTHING_TO_JUDGE}
    shown = {row[0] for row in page_of("verify").sections["Exit codes"]}
    assert {str(int(code)) for code in codes} <= shown


def _yaml() -> list[str]:
    return re.findall(r"^```yaml\n(.*?)```", PAGE, flags=re.MULTILINE | re.DOTALL)
