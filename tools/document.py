"""Generates the documentation of options, exit codes and scenarios from the tables that the program itself uses.

`python -m tools.document` updates README.md, two pages, action.yml, the GitLab component and the JSON schema of the
config file; a test fails if they are out of date.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from gate.errors import ExitCode
from gate.help import EXIT_CODES
from gate.options import CONFIG, NO_VARIABLES_HELP, OPTIONS
from gate.simulator import IMAGE_SCENARIOS, SCENARIOS, SIGN_IN_SCENARIOS
from tools.config_schema import config_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gate.settings import Option
    from gate.simulator import Scenario

_WHAT_TO_DO = {
    ExitCode.BLOCKED: "fix the images, or raise a limit",
    ExitCode.USAGE: "correct what the message names",
    ExitCode.NOT_AUTHORISED: "see [permissions](docs/permissions.md)",
    ExitCode.CLOUD_UNAVAILABLE: "run again; check endpoint and proxy; allow 150 MB of memory",
    ExitCode.NOT_FINAL: "raise `--timeout`",
    ExitCode.TASK_ENDED_BADLY: "scan again",
    ExitCode.NOTHING_TO_JUDGE: "start a scan; check region and project",
    ExitCode.BUG: "report it with the traceback from the log",
}
_MAIN_OPTIONS = (
    "cloud",
    "region",
    "image",
    "images-from",
    "scan",
    "max-failed",
    "max-risky",
    "severity-cutoff",
    "max-findings",
    "waivers",
    "max-age",
    "timeout",
    "report",
    "warn-only",
    "config",
)
"""Those that most jobs have, for the README."""
ROOT = Path(__file__).parent.parent
_COMPONENT_OPTIONS = [option for option in (*OPTIONS, CONFIG) if option.name not in {"report", "ci"}]
_ONE_LINE = r"^[^\r\n\x{85}\x{2028}\x{2029}]*$"
"""In RE2: GitLab inserts inputs into the text of the YAML, where a line break could add keys."""
_NO_NUMBER = -1
"""A number that is not given: GitLab wants a number as the default of one, and no option takes this one."""
_SECRET_INPUTS = {
    "access-key-id": "access key id (AK); better from a secret",
    "access-key-secret": "access key secret (SK), from a secret",
    "security-token": "security token, if the access key is temporary, from a secret",
    "auth-token": "token of a user in place of an access key, from a secret; Huawei Cloud only",
}


def readme(text: str) -> str:
    """README.md with up-to-date tables of exit codes and of the options that people use."""
    return _with_table(_with_table(text, "options", _main_options()), "exit codes", _exit_codes())


def options_page(text: str) -> str:
    """The page of all options, with an up-to-date table."""
    return _with_table(text, "options", _table())


def simulator_page(text: str) -> str:
    """The page of the simulator, with up-to-date tables of scenarios."""
    text = _with_table(text, "scenarios", _scenarios({**SCENARIOS, **IMAGE_SCENARIOS}))
    return _with_table(text, "scenarios of signing in", _scenarios(SIGN_IN_SCENARIOS))


def _with_table(text: str, name: str, lines: Iterable[str]) -> str:
    return _between(text, f"<!-- {name} -->\n", f"<!-- end of {name} -->", "\n".join((*lines, "")))


def action(text: str) -> str:
    """action.yml with up-to-date inputs."""
    return _between(text, "inputs:\n", "outputs:\n", "".join(_inputs()) + "\n")


def component(text: str) -> str:
    """The GitLab component with up-to-date inputs, and the command line that they become."""
    text = _between(
        text, "    # options\n", "    # end of options\n", "".join(map(_component_input, _COMPONENT_OPTIONS))
    )
    lines = (f"      --{name}=$[[ inputs.{name} ]]\n" for name in _names("string"))
    text = _between(text, "<<'end-of-options'\n", "      end-of-options\n", "".join(lines))
    numbers = (
        f'      [ $[[ inputs.{name} ]] = {_NO_NUMBER} ] || set -- "$@" --{name}=$[[ inputs.{name} ]]\n'
        for name in _names("number")
    )
    text = _between(text, "      # numbers\n", "      # end of numbers\n", "".join(numbers))
    flags = (f'      if [ $[[ inputs.{name} ]] = true ]; then set -- "$@" --{name}; fi\n' for name in _names("boolean"))
    return _between(text, "      # flags\n", "      # end of flags\n", "".join(flags))


def _names(kind: str) -> Iterator[str]:
    return (option.name for option in _COMPONENT_OPTIONS if _kind(option) == kind)


def _kind(option: Option) -> str:
    if option.is_flag:
        return "boolean"
    # Durations and times have units, and may come from a variable of an earlier job, which no number of GitLab can.
    return "number" if option.metavar == "N" else "string"


def _component_input(option: Option) -> str:
    kind = _kind(option)
    default = "default" if option.default else option.unset
    default = {"boolean": "false", "number": f"{_NO_NUMBER}"}.get(kind, default)
    shown = option.default or option.default_note
    shown += f"{'; ' if shown else ''}{_NO_NUMBER} means not given" if kind == "number" else ""
    note = f" [default: {shown}]" if shown else ""
    is_free = kind == "string" and not option.choices
    choices = [*(["default"] if option.default else []), *option.choices]
    lines = [
        f"    {option.name}:",
        f"      description: {json.dumps(option.help + note, ensure_ascii=False)}",
        f"      type: {kind}",
        *([f"      options: {json.dumps(choices)}"] if option.choices else []),
        *([f"      regex: '{_ONE_LINE}'"] if is_free else []),
        *([f"      default: {default}"] if default else []),
    ]
    return "".join(f"{line}\n" for line in lines)


def _table() -> Iterator[str]:
    yield "| option | default | meaning |"
    yield "| --- | --- | --- |"
    for option in OPTIONS:
        name = f"`--{option.name}`" + (f", `-{option.short}`" if option.short else "")
        choices = f" (`{'`, `'.join(option.choices)}`)" if option.choices else ""
        value = f" `{option.metavar}`" if not option.choices and not option.is_flag and option.metavar != "TEXT" else ""
        yield f"| {name}{value} | {_default(option)} | {option.help.replace('|', ' or ')}{choices} |"
    yield f"| `--{CONFIG.name}` `{CONFIG.metavar}` | {_default(CONFIG)} | {CONFIG.help} |"
    yield f"| `--no-variables` | off | {NO_VARIABLES_HELP} |"


def _main_options() -> Iterator[str]:
    yield "| option | meaning |"
    yield "| --- | --- |"
    known = {option.name: option for option in (*OPTIONS, CONFIG)}
    for option in map(known.__getitem__, _MAIN_OPTIONS):
        default = _default(option)
        is_value = default.startswith("`") and default != f"`{option.unset}`"
        yield f"| `--{option.name}` | {option.help.replace('|', ' or ')}{f' (default {default})' if is_value else ''} |"


def _exit_codes() -> Iterator[str]:
    yield "| code | meaning | what to do |"
    yield "| --- | --- | --- |"
    yield from (f"| {code:d} | {text} | {_WHAT_TO_DO.get(code, '')} |" for code, text in EXIT_CODES.items())


def _scenarios(known: Mapping[str, Scenario]) -> Iterator[str]:
    yield "| scenario | what happens | exit code |"
    yield "| --- | --- | --- |"
    for name, scenario in sorted(known.items(), key=lambda pair: (bool(pair[1].images), pair[1].expected_exit)):
        yield f"| `{name}` | {scenario.summary} | {scenario.expected_exit} |"


def _default(option: Option) -> str:
    default = option.default or ("" if option.default_note else option.unset)
    return f"`{default}`" if default else option.default_note or ("off" if option.is_flag else "")


def _inputs() -> Iterator[str]:
    for option in (*OPTIONS, CONFIG):
        default = option.default or option.default_note
        yield _input(option.name, option.help + (f" [default: {default}]" if default else ""), option.unset)
    for name, description in _SECRET_INPUTS.items():
        yield _input(name, description)


def _input(name: str, description: str, unset: str = "") -> str:
    # No other default: a default of an input would override the variable and the config file.
    default = f"    default: {unset}\n" if unset else ""
    return f"  {name}:\n    description: {json.dumps(description, ensure_ascii=False)}\n    required: false\n{default}"


def _between(text: str, start: str, end: str, content: str) -> str:
    pattern = f"({re.escape(start)}).*?({re.escape(end)})"
    return re.sub(pattern, lambda found: f"{found[1]}{content}{found[2]}", text, count=1, flags=re.DOTALL)


def schema(_text: str) -> str:
    """The JSON schema of the config file."""
    return config_schema()


DOCUMENTS = {
    "README.md": readme,
    "docs/options.md": options_page,
    "docs/simulator.md": simulator_page,
    "action.yml": action,
    "templates/scan-gate.yml": component,
    "gate/config.schema.json": schema,
}


if __name__ == "__main__":
    for name, write in DOCUMENTS.items():
        path = ROOT / name
        path.write_text(write(path.read_text(encoding="utf-8")), encoding="utf-8")
