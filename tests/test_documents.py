"""What the documents name exists in the program, and what the program has is in the documents.

Every command line in them is parsed by the real commands, which are not run. Links and citations are in
`test_citations`, and tables that are generated in `test_contracts`.
"""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections import defaultdict
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click
import pytest
import yaml

from gate import __version__, environment
from gate.cli import program
from gate.environment import variable
from gate.errors import ExitCode, GateError
from gate.help import page_of
from gate.image import ImageState
from gate.images import judge
from gate.options import CONFIG, OPTIONS, SECRETS
from gate.reports import REPORTS, attestation
from gate.scan import ScanScope, TaskState
from gate.simulator import IMAGE_SCENARIOS, SCENARIOS, SIGN_IN_SCENARIOS
from gate.simulator.image import ScanFailure
from tests.documents import ROOT, blocks, command_lines, documents, mappings, mentioned_lines, spans
from tests.test_component import INPUTS as COMPONENT_INPUTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gate.settings import Option

WITHOUT_OPTION = environment._WITHOUT_OPTION  # noqa: SLF001 - the list against which the gate knows its variables
"""The variables of the gate that are neither an option nor a secret of the action."""
LEVELS = (attestation._LEVEL, attestation._ALL_SCANNED)  # noqa: SLF001 - they are no variables, and only look alike
DIGEST = f"sha256:{'a' * 64}"
SAMPLES = {
    "DIGEST": DIGEST,
    "REFERENCE": f"team/web:1.0@{DIGEST}",
    "REFERENCE@DIGEST": f"team/web@{DIGEST}",
    "TIME": "2026-01-31T12:00:00Z",
}
"""A value for each place where a block has a variable, by the word of the option's help."""
VARIABLE = re.compile(r"\$\w+|\$[({].*[)}]")
PLACEHOLDER = re.compile(r"[A-Z][A-Z_-]*(=[A-Z]+)?(\.\.\.)?|\[.*|\.\.\.")
"""What stands for a value in a sentence."""
FILES = {
    "build.json": json.dumps({"containerimage.digest": DIGEST, "image.name": "swr.cn-north-4.myhuaweicloud.com/a/b:1"}),
    "images.txt": f"team/web@{DIGEST}\n",
    "waivers.toml": "",
    "security/waivers.toml": "",
    ".scan-gate.toml": "",
    "ci.token": "",
}
"""The files that command lines of the documents name, as far as their contents are read with the options."""
FOREIGN_OPTIONS = {
    "docker": "build-arg entrypoint env metadata-file provenance push raw read-only rm sbom tag user volume workdir",
    "buildx": "label no-cache output prefer-index",
    "imagetools inspect": "format",
    "pip": "editable hash no-build-isolation no-deps quiet require-hashes",
    "sha256sum": "check",
    "zizmor": "pedantic",
    "uvx": "from",
    "uv pip": "extra generate-hashes no-header python-version universal",
    "act": "local-repository network secret",
    "gitlab-ci-local": "network pull-policy variable",
    "npm": "prefix",
    "check-jsonschema": "schemafile",
    "pytest": "hypothesis-profile rewrite-golden timeout",
    "curl": "fail json show-error silent",
    "buildkite-agent": "audience context style",
    "cosign": "bundle certificate-identity certificate-oidc-issuer digest predicate type yes",
    "gh": "bundle predicate-type repo signer-workflow source-ref",
}
"""Options of other programs, by a word that stands in the same document."""


@cache
def commands() -> dict[str, click.Command]:
    """The real commands, by name, with all of their options."""
    found = {}
    for name, lazy in program.commands.items():
        module = import_module(lazy._module)  # type: ignore[attr-defined]  # noqa: SLF001 - a lazy command has no options
        found[name] = getattr(module, name)
    return found


@cache
def options_of(command: str) -> dict[str, click.Option]:
    """The options of a command, by each of their names on the command line."""
    params = (param for param in commands()[command].params if isinstance(param, click.Option))
    return {name: param for param in params for name in (*param.opts, *param.secondary_opts)}


KNOWN_OPTIONS = {"--help", "--version"} | {name for command in program.commands for name in options_of(command)}


def described(parts: Iterable[tuple[str, str]]) -> list[str]:
    """What is wrong in which document, each once."""
    return sorted({f"{path}: {what}" for path, what in parts})


def everywhere() -> str:
    """All documents as one text."""
    return "\n".join(documents().values())


# Commands, and their options.


def all_lines() -> Iterator[tuple[str, list[str]]]:
    """The command lines of all documents, each with the document; those in sentences too."""
    for path, text in documents().items():
        yield from ((path, words) for words in (*command_lines(path, text), *mentioned_lines(path, text)))


def test_every_command_in_the_documents_exists_and_every_command_is_in_a_page() -> None:
    named = [(path, words[0]) for path, words in all_lines()]

    assert described((path, name) for path, name in named if not name.startswith("-") and name not in commands()) == []
    assert sorted(commands().keys() - {name for path, name in named if path.startswith("docs/")}) == []


def sampled(command: str, words: list[str]) -> list[str]:
    """The words of a command line, with a value in place of each variable."""
    found: list[str] = []
    for word in words:
        option = options_of(command).get(found[-1]) if found else None
        if option and not option.is_flag and VARIABLE.fullmatch(word):
            found.append(sample_for(option))
        else:
            found.append(re.sub(r"sha256:\.\.\.|(?<=@)\$\w+", DIGEST, word))
    return found


def sample_for(option: click.Option) -> str:
    """A value that an option takes."""
    of_table = getattr(option, "_option", None) or getattr(option.type, "_option", None)
    return SAMPLES[of_table.metavar if of_table else str(option.metavar)]


@pytest.fixture
def _files() -> None:
    """The files that command lines of the documents name."""
    for name, text in FILES.items():
        path = Path(name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def problem_with(command: str, words: list[str]) -> str:
    """Why a command refuses these words; empty if it takes them. It is not run."""
    try:
        commands()[command].make_context(command, sampled(command, words))
    except click.exceptions.Exit:  # --help
        return ""
    except (click.ClickException, GateError) as error:
        return str(error)
    return ""


@pytest.mark.usefixtures("_files")
def test_every_command_line_to_paste_is_one_that_the_command_takes() -> None:
    parsed = [
        (path, words, problem_with(words[0], words[1:]))
        for path, text in documents().items()
        for words in command_lines(path, text)
    ]

    assert len(parsed) > 30
    assert described((path, f"{' '.join(words)}: {problem}") for path, words, problem in parsed if problem) == []


def in_sentences() -> Iterator[tuple[str, str, list[str]]]:
    """What the sentences of each document say of options: `doctor --fixture FILE`, or `--scan never` alone."""
    for path, text in documents().items():
        for span in spans(path, text):
            if re.match(r"(scan-gate )?([a-z]+ )?--[a-z]", span):
                yield path, span, shlex.split(span.removeprefix("scan-gate "))


def test_an_option_that_a_sentence_gives_a_command_is_one_of_that_command() -> None:
    of_command = [(path, span, words) for path, span, words in in_sentences() if words[0] in commands()]

    assert len(of_command) > 10
    foreign = [
        (path, span)
        for path, span, (command, *words) in of_command
        if {word.partition("=")[0] for word in words if word.startswith("--")} - options_of(command).keys() - {"--help"}
    ]
    assert described(foreign) == []


@pytest.mark.usefixtures("_files")
def test_a_value_that_a_sentence_gives_an_option_is_one_that_a_command_takes() -> None:
    values = [(path, span, words) for path, span, words in in_sentences() if gives_values(words)]

    assert len(values) > 50
    assert described((path, span) for path, span, words in values if not is_taken(words)) == []


def gives_values(words: list[str]) -> bool:
    """Whether these are options of the gate with values, and not with words that stand for one."""
    names = [word.partition("=")[0] for word in words if word.startswith("--")]
    given = [word for word in words if not word.startswith("--") and word not in commands()]
    return bool(given) and set(names) <= KNOWN_OPTIONS and not any(map(PLACEHOLDER.fullmatch, given))


def is_taken(words: list[str]) -> bool:
    """Whether the command takes these options; without a command, whether any does."""
    if words[0] in commands():
        return not problem_with(words[0], words[1:])
    return any(not problem_with(name, words) for name in commands() if words[0] in options_of(name))


OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
PAGE_OF = {"doctor": "doctor", "verify": "attestations", "simulate": "simulator", "demo": "simulator"}
"""The pages of commands that have one of their own; the others are in that of the options."""
TAKES_THOSE_OF_CHECK = {"doctor", "judge", "policy", "status"}


def test_every_option_in_the_documents_is_one_of_the_gate_or_of_a_program_that_the_document_names() -> None:
    unknown = [
        (path, option)
        for path, text in documents().items()
        for option in set(OPTION.findall(text)) - KNOWN_OPTIONS - foreign_options(text)
    ]

    assert described(unknown) == []


def foreign_options(text: str) -> set[str]:
    """The options of the other programs that a document names, those in `tools` and `benchmarks` among them."""
    modules = (ROOT / name.replace(".", "/") for name in re.findall(r"-m ((?:tools|benchmarks)[.\w]*)", text))
    files = [path / "__main__.py" if path.is_dir() else path.with_suffix(".py") for path in modules]
    own = {option for file in files for option in re.findall(r'"(--[a-z-]+)"', file.read_text())}
    named = (options for name, options in FOREIGN_OPTIONS.items() if name in text.lower())
    return own | {f"--{option}" for options in named for option in options.split()}


def test_every_option_of_another_program_is_in_a_document() -> None:
    found = set(OPTION.findall(everywhere()))

    assert [
        option for options in FOREIGN_OPTIONS.values() for option in options.split() if f"--{option}" not in found
    ] == []


@pytest.mark.parametrize("command", [*program.commands])
def test_every_option_of_a_command_is_in_the_page_about_it(command: str) -> None:
    own = options_of(command).keys() - (options_of("check").keys() if command in TAKES_THOSE_OF_CHECK else set())
    text = documents()[f"docs/{PAGE_OF.get(command, 'options')}.md"]

    assert sorted(name for name in own if not re.search(rf"(`|\b{command} .*){name}\b", text)) == []


# Inputs, outputs, variables and versions.


@cache
def parsed_blocks() -> list[tuple[str, Any]]:
    """The YAML of all documents."""
    found = [block for path, text in documents().items() for block in blocks(path, text)]
    return [(block.path, yaml.safe_load(block.text)) for block in found if block.language == "yaml"]


def filled(value: object, option: Option) -> list[str]:
    """The values of an input, with one in place of each expression and each variable."""
    text = re.sub(r"@\$\{\{.*?\}\}", f"@{DIGEST}", str(value).lower() if isinstance(value, bool) else str(value))
    text = SAMPLES.get(option.metavar, "x") if VARIABLE.fullmatch(text) else re.sub(r"\$\{\{.*?\}\}", "team/web", text)
    return text.splitlines() if option.is_repeatable else [text]


def arguments_of(inputs: dict[str, Any]) -> list[str]:
    """The options that these inputs are, as words of a command line."""
    known = {option.name: option for option in (*OPTIONS, CONFIG)}
    given = [(known[name], value) for name, value in inputs.items() if name in known]
    flags = [f"--{option.name}" for option, value in given if option.is_flag and value is True]
    texts = [(option, text) for option, value in given if not option.is_flag for text in filled(value, option)]
    return [*flags, *(f"--{option.name}={text}" for option, text in texts)]


def test_the_inputs_of_every_step_have_values_that_the_gate_takes() -> None:
    """Their names are compared in `test_contracts`."""
    steps = [
        (path, step["with"])
        for path, block in parsed_blocks()
        for step in mappings(block)
        if "/scan-gate@" in str(step.get("uses"))
    ]

    assert len(steps) > 4
    problems = [(path, problem_with("check", arguments_of(inputs))) for path, inputs in steps]
    assert described((path, problem) for path, problem in problems if problem) == []


def test_the_inputs_of_every_component_exist_and_have_values_that_gitlab_and_the_gate_take() -> None:
    included = [
        (path, part["inputs"]) for path, block in parsed_blocks() for part in mappings(block) if "component" in part
    ]

    assert len(included) > 4
    assert described((path, name) for path, inputs in included for name in inputs if name not in COMPONENT_INPUTS) == []
    of_wrong_type = [
        (path, name)
        for path, inputs in included
        for name, value in inputs.items()
        if not isinstance(value, TYPES[COMPONENT_INPUTS[name]["type"]])
        or value not in COMPONENT_INPUTS[name].get("options", [value])
    ]
    assert described(of_wrong_type) == []
    of_options = [(path, {name: inputs[name] for name in inputs if name != "report"}) for path, inputs in included]
    problems = [(path, problem_with("check", arguments_of(inputs))) for path, inputs in of_options]
    assert described((path, problem) for path, problem in problems if problem) == []


TYPES: dict[str, tuple[type, ...]] = {"string": (str,), "number": (int, float), "boolean": (bool,), "array": (list,)}


OUTPUTS = [*yaml.safe_load((ROOT / "action.yml").read_text())["outputs"]]


def test_every_output_that_a_document_reads_is_one_of_the_gate() -> None:
    """In the ways of GitHub, of Azure Pipelines and of GitLab; that pages list all of them is in `test_contracts`."""
    read = [
        (path, (found[1] or found[2] or found[3]).replace("_", "-").lower())
        for path, text in documents().items()
        for found in re.finditer(
            r"(?:steps|needs)\.[\w-]+\.outputs\.([\w-]+)|\$\(scan\.(\w+)\)|\bSCAN_(?!GATE_)([A-Z_]*[A-Z])", text
        )
        if found[1] != "digest"
    ]
    known = {*OUTPUTS, *OF_ANOTHER_JOB, *NO_OUTPUTS}

    assert len(read) > 20
    assert described((path, name) for path, name in read if name not in known) == []
    assert re.findall(r"^\| `([a-z-]+)` \|", section("reports", "Outputs"), flags=re.MULTILINE) == OUTPUTS


OF_ANOTHER_JOB = {"verdict-staging", "verdict-image-scan"}
"""The name of a gate or of a job can follow."""
NO_OUTPUTS = {"access-key-id", "access-key-secret", "task"}
"""Secrets and variables of the user in the examples."""


def section(page: str, title: str) -> str:
    """The text of a page under a heading of the second level."""
    return documents()[f"docs/{page}.md"].partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_variable_of_the_gate_in_the_documents_exists() -> None:
    names = [*(option.name for option in (*OPTIONS, CONFIG)), *SECRETS]
    ours = {f"{variable(name)}{ending}" for name in names for ending in ("", "_FILE")} | set(WITHOUT_OPTION)
    named = [(path, name) for path, text in documents().items() for name in re.findall(r"SCAN_GATE_\w*[A-Z]", text)]

    assert described((path, name) for path, name in named if name not in {*ours, *LEVELS}) == []
    assert [name for name in WITHOUT_OPTION if name not in everywhere()] == []


VENDORS = r"\b(?:HUAWEICLOUD_|HUAWEI_CLOUD_|HW_|CLOUD_SDK_|ALIBABA_CLOUD_|ALICLOUD_)[A-Z_]*[A-Z]"


def test_the_variables_of_the_vendors_that_are_read_are_those_in_the_documents() -> None:
    sources = (path.read_text() for path in (ROOT / "gate" / "clouds").rglob("*.py"))
    read = {name for source in sources for name in re.findall(rf"\"({VENDORS})\"", source)}
    named = [(path, name) for path, text in documents().items() for name in re.findall(VENDORS, text)]

    assert described((path, name) for path, name in named if name not in read) == []
    assert sorted(read - {name for _, name in named}) == []


def test_the_formats_of_reports_are_those_in_the_page_about_them() -> None:
    assert re.findall(r"^\| `([a-z-]+)` \|", section("reports", "Reports"), flags=re.MULTILINE) == [*REPORTS]


def test_every_example_names_the_version_that_it_is_for() -> None:
    named = [
        (path, name)
        for path, text in documents().items()
        for name in re.findall(r"scan-gate(?::|@v)\d[\w.]*\w", text)
        if re.sub(r".*[:@]v?", "", name) != __version__
    ]

    assert described(named) == []


# Reasons and exit codes.


@cache
def reasons() -> dict[str, set[int]]:
    """The exit codes of each reason of the gate, by its code, as the sources have them."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    for error in subclasses(GateError):
        if hasattr(error, "code"):
            found[error.code].add(error.exit_code)
    for source in (path.read_text() for path in (ROOT / "gate").rglob("*.py")):
        for node in ast.walk(ast.parse(source)) if "Reason" in source else ():
            for code, exit_codes in made_by(node):
                found[code] |= exit_codes
    return {**found, **{code: {ExitCode.NOT_FINAL} for code in judge._NOT_FINAL}, "interrupted": {129, 130, 143}}  # noqa: SLF001


def subclasses(kind: type[GateError]) -> Iterator[type[GateError]]:
    """All errors below this one."""
    for one in kind.__subclasses__():
        yield one
        yield from subclasses(one)


def made_by(node: ast.AST) -> Iterator[tuple[str, set[int]]]:
    """The codes of the reasons that a part of a module makes, with their exit codes."""
    codes: list[object] = []
    exit_code = ExitCode.NOTHING_TO_JUDGE
    match node:
        case ast.Call(func=ast.Name("Reason"), keywords=keywords):
            given = {str(word.arg): word.value for word in keywords}
            codes = [getattr(given["code"], "value", None)]
            exit_code = ExitCode.BLOCKED if "limit" in given else exit_code
        case ast.Call(func=ast.Name("_objection"), args=[ast.Constant(code), *_]):
            codes = [code]
        case ast.Call(func=ast.Name("_undecided"), args=[ast.Attribute(ast.Name("ExitCode"), name), code, *_]):
            codes = [*BAD_ENDINGS] if isinstance(code, ast.JoinedStr) else [getattr(code, "value", None)]
            exit_code = ExitCode[name]
        case ast.Assign(targets=[ast.Name("code")], value=ast.IfExp(_, ast.Constant(one), ast.Constant(other))):
            codes, exit_code = [one, other], ExitCode.NOT_FINAL
        case ast.AnnAssign(target=ast.Name("found"), value=ast.Dict(keys=keys)):
            codes = [getattr(key, "value", None) for key in keys]
        case _:
            pass
    yield from ((code, {int(exit_code)}) for code in codes if isinstance(code, str))


BAD_ENDINGS = [f"task-{state}" for state in TaskState if state.ended_badly]


def test_the_table_of_reasons_has_each_reason_of_the_gate_with_its_exit_code() -> None:
    table = re.findall(r"^\| (`.*?`) \| ([\d, ]+) \|", section("reports", "Reasons"), flags=re.MULTILINE)
    listed = {
        code: {*map(int, exit_codes.split(", "))}
        for codes, exit_codes in table
        for code in re.findall(r"[a-z-]+", codes)
    }

    assert listed == reasons()


def test_the_table_about_images_has_the_exit_codes_of_its_reasons() -> None:
    text = section("images", "What is undecided, and what it means")
    table = re.findall(r"^\| `([a-z-]+)` \| (\d)(.*?) \|", text, flags=re.MULTILINE)

    assert len(table) > 10
    assert [code for code, exit_code, _ in table if {int(exit_code)} != reasons().get(code)] == []
    assert {note for _, _, note in table} == {"", ", or 7 beside another reason"}


EXIT_CODE = re.compile(
    r"(?<![\w.])\((?:exit )?(\d{1,3})(?:,? (?:or|and|to) (\d{1,3}))?(?:, [`o][^)]*)?\)"
    r"|(?:exits?|ends?|ended|stops) with (\d+)(?:,? (?:or|and|to) (\d+))?\b(?! (?:s|min|images|numbers))"
    r"|exit codes? `?(\d+)(?:,? (?:or|and|to) (\d+))?|exit_status: (\d+)"
    r"|allow-exit-codes[`:]*,? .{0,9}\[(\d+)(?:, (\d+))?\]"
)


def test_every_exit_code_in_the_documents_is_one_of_the_gate() -> None:
    named = [
        (path, code)
        for path, text in documents().items()
        for found in EXIT_CODE.finditer(text)
        for code in filter(None, found.groups())
    ]

    assert len(named) > 100
    assert described((path, code) for path, code in named if int(code) not in [*ExitCode]) == []


@pytest.mark.parametrize("command", ["doctor", "verify"])
def test_the_exit_codes_of_a_command_in_its_page_are_those_of_its_help(command: str) -> None:
    text = documents()[f"docs/{PAGE_OF[command]}.md"]
    in_page = {int(code) for code in re.findall(r"^\| (\d+) \|", text, flags=re.MULTILINE)}
    in_help = {int(code) for code, _ in page_of(command).sections["Exit codes"] if code.isdecimal()}

    assert len(in_help) > 3
    assert in_page - {ExitCode.BUG} == in_help


# Words.


def words() -> set[str]:
    """All words with dashes that the gate, its action, its component and its simulator have names of."""
    tables = (
        *(option.name for option in (*OPTIONS, CONFIG)),
        *SECRETS,
        *OUTPUTS,
        *COMPONENT_INPUTS,
        *REPORTS,
        *reasons(),
    )
    scenarios = (*SCENARIOS, *IMAGE_SCENARIOS, *SIGN_IN_SCENARIOS)
    return {*tables, *scenarios, *map(str, ImageState), *map(str, TaskState), *map(str, ScanScope), *FOREIGN_WORDS}


RELEASE_JOBS = {
    job
    for name in (".github/workflows/release.yml", ".gitlab-ci.yml")
    for job in re.findall(r"^(?:  )?([a-z]+(?:-[a-z]+)+):$", (ROOT / name).read_text(), flags=re.MULTILINE)
}
"""The jobs of a release, as far as there is a dash in their names."""
FOREIGN_WORDS = {
    *("scan-gate", "image-scan", "python-backoff", "lint-imports", "gitlab-ci-local", "buildkite-agent"),
    *("cyclonedx-bom", "download-artifact", "upload-artifact", "setup-buildx-action"),
    *("after-script", "continue-on-error", "x-acs-retry-after", "rewrite-timestamp", "sbom-path"),
    *RELEASE_JOBS,
    *get_args(ScanFailure),
}
"""Names of programs, actions and jobs, keys of CI systems and tools, a header; how a scan fails in the simulator."""


def test_every_word_with_dashes_that_is_code_in_the_documents_is_a_name_of_the_gate() -> None:
    """A misspelt reason, scenario, output or input is in no table."""
    found = [
        (path, span)
        for path, text in documents().items()
        for span in spans(path, text)
        if re.fullmatch("[a-z]+(-[a-z]+)+", span)
    ]

    assert len(found) > 100
    assert described((path, word) for path, word in found if word not in words()) == []
