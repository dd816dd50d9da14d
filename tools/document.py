"""Writes what is said of the options in more than one place, from the one table that the gate reads them by.

`python -m tools.document` brings README.md, action.yml and the GitLab component up to date; a test fails while they
are not.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from gate import config_file
from gate.environment import variable
from gate.options import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.settings import Option

ROOT = Path(__file__).parent.parent
_OF_COMPONENT = [option for option in OPTIONS if option.name not in {"report", "ci"}]
_SECRET_INPUTS = {
    "access-key-id": "access key id (AK); better from a secret",
    "access-key-secret": "access key secret (SK), from a secret",
    "security-token": "security token of temporary keys, from a secret",
    "auth-token": "token of a signed-in user in place of keys, from a secret",
}


def readme(text: str) -> str:
    """README.md with its table of options as it should be."""
    return _between(text, "<!-- options -->\n", "<!-- end of options -->", "\n".join((*_table(), "")))


def action(text: str) -> str:
    """action.yml with its inputs as they should be."""
    return _between(text, "inputs:\n", "outputs:\n", "".join(_inputs()) + "\n")


def component(text: str) -> str:
    """The GitLab component with its inputs, and the variables that they travel by, as they should be."""
    begin, end = "    # options\n", "    # end of options\n"
    text = _between(text, begin, end, "".join(map(_component_input, _OF_COMPONENT)))
    begin, end = "    # variables\n", "    # end of variables\n"
    lines = (f'    {variable(option.name)}: "$[[ inputs.{option.name} ]]"\n' for option in _OF_COMPONENT)
    return _between(text, begin, end, "".join(lines))


def _component_input(option: Option) -> str:
    kind, default = ("boolean", "false") if option.is_flag else ("string", '""')
    if option.name == "cloud":
        default = ""
    # An empty variable counts as unset, so that the gate's own default, the variable or the file has its say.
    note = f" [default: {option.default or option.default_note}]" if option.default or option.default_note else ""
    choices = [*option.choices] if option.name == "cloud" else ["", *option.choices] if option.choices else []
    lines = [
        f"    {option.name}:",
        f"      description: {json.dumps(option.help + note, ensure_ascii=False)}",
        f"      type: {kind}",
        *([f"      options: {json.dumps(choices)}"] if choices else []),
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
    yield f"| `--config` `FILE` | `{config_file.DEFAULT_FILE}` if it exists | {config_file.HELP} |"


def _default(option: Option) -> str:
    return f"`{option.default}`" if option.default else option.default_note or ("off" if option.is_flag else "")


def _inputs() -> Iterator[str]:
    for option in OPTIONS:
        default = option.default or option.default_note
        yield _input(option.name, option.help + (f" [default: {default}]" if default else ""))
    yield _input("config", f"{config_file.HELP} [default: {config_file.DEFAULT_FILE} if it exists]")
    for name, description in _SECRET_INPUTS.items():
        yield _input(name, description)


def _input(name: str, description: str) -> str:
    # No defaults here: an input that is not given must leave room for the variable and the file.
    return f"  {name}:\n    description: {json.dumps(description, ensure_ascii=False)}\n    required: false\n"


def _between(text: str, begin: str, end: str, content: str) -> str:
    pattern = f"({re.escape(begin)}).*?({re.escape(end)})"
    return re.sub(pattern, lambda found: f"{found[1]}{content}{found[2]}", text, count=1, flags=re.DOTALL)


DOCUMENTS = {"README.md": readme, "action.yml": action, "templates/scan-gate.yml": component}


if __name__ == "__main__":
    for name, write in DOCUMENTS.items():
        path = ROOT / name
        path.write_text(write(path.read_text(encoding="utf-8")), encoding="utf-8")
