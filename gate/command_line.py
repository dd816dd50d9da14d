"""The table of options as `click` wants it: types, variables, help in sections, and the file of wishes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gate.log import Log
from gate.options import DEFAULT_FILE, OPTIONS, config_values, variable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gate.settings import Option


_EMPTY = "a value that is given must not be empty, perhaps a variable of the shell is not set."


class Parsed(click.ParamType[object]):
    """An option's own way to read its text."""

    def __init__(self, option: Option) -> None:
        self._parse = option.parse
        self.name = option.metavar

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> object:
        """Reads what came from the command line, a variable or the file, which may hold numbers."""
        try:
            value = str(value).strip()
        except ValueError:
            # Python does not write numbers of thousands of digits.
            self.fail("the number is too large.", param, ctx)
        if not value:
            self.fail(_EMPTY, param, ctx)
        if value.startswith("--"):
            self.fail(f"{value} is another option; a variable of the shell before it is perhaps not set.", param, ctx)
        if not value.isprintable():
            self.fail("the value has characters in it that nobody can read, or is not UTF-8.", param, ctx)
        try:
            return self._parse(value)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """A variable holds one value a line, so that a path may have spaces."""
        return [line.strip() for line in rv.splitlines() if line.strip()]


class Sectioned(click.Command):
    """A command whose help shows its options in the sections of the table."""

    def __init__(self, *, sections: Mapping[str, Sequence[Option]], **attributes: Any) -> None:
        self._sections = {title: [option.name for option in options] for title, options in sections.items()}
        super().__init__(**attributes)
        self.params += [click_option(option) for options in sections.values() for option in options]
        self.params.append(_config_option())

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes one list for each section, and one for what is in none."""
        records = {param.name: param.get_help_record(ctx) for param in self.get_params(ctx)}
        for title, names in self._sections.items():
            with formatter.section(title):
                formatter.write_dl([record for name in names if (record := records.pop(_variable(name)))])
        with formatter.section("Other"):
            formatter.write_dl([record for record in records.values() if record])


def click_option(option: Option) -> click.Option:
    """One row of the table as a `click` option, with the variables it may come from."""
    names = [f"--{option.name}", *([f"-{option.short}"] if option.short else [])]
    note = f" [default: {option.default_note}]" if option.default_note else ""
    if option.is_flag:
        return click.Option(names, is_flag=True, default=False, help=option.help, envvar=variables(option.name))
    kind = click.Choice(option.choices) if option.choices else Parsed(option)
    return click.Option(
        names,
        type=kind,
        default=None if option.is_repeatable else option.default,
        show_default=True,
        multiple=option.is_repeatable,
        metavar=None if option.choices else option.metavar,
        help=option.help + note,
        envvar=variables(option.name),
    )


def variables(name: str) -> list[str]:
    """The variables of an option: the action's input, whose hyphens the runner keeps, then the gate's own."""
    return [f"INPUT_{name.upper()}", variable(name)]


def option_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that `click` read, by the options' own names."""
    return {name.replace("_", "-"): value for name, value in values.items()}


def _variable(name: str) -> str:
    return name.replace("-", "_")


def _is_there(path: Path) -> bool:
    try:
        return path.exists() or path.is_symlink()
    except OSError:
        # In a folder that may not be looked into, nobody has put a file for the gate.
        return False


def _config_option() -> click.Option:
    def load(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
        if value is not None and not value.strip():
            raise click.BadParameter(_EMPTY)
        path = Path(value or DEFAULT_FILE)
        if value or _is_there(path):
            values = config_values(path, [option.name for option in OPTIONS])
            if values:
                Log(sys.stderr).print_warning(f"options are taken from {path} too: {', '.join(values)}")
            ctx.default_map = {_variable(key): value for key, value in values.items()}

    return click.Option(
        ["--config"],
        is_eager=True,
        expose_value=False,
        callback=load,
        metavar="FILE",
        help=f"TOML file with options by name [default: {DEFAULT_FILE}, if it is there]",
        envvar=variables("config"),
    )
