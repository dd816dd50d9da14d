"""The option table for `click`: types, variables, the config file, and where each value comes from."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from gate import config_file
from gate.environment import find_variable, input_variable, is_action, variable
from gate.errors import UsageError
from gate.interrupt import signals_delayed
from gate.log import Log
from gate.options import CONFIG, NO_VARIABLES_HELP, OPTIONS, SECRETS
from gate.unexpanded import mistake_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gate.settings import Option

_UNDECODED = re.compile("[\udc80-\udcff]")
"""Bytes of the command line or a variable that are no text by the locale (PEP 383)."""
_PRECEDENCE = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT, ParameterSource.DEFAULT_MAP)
_KINDS = {ParameterSource.COMMANDLINE: "option", ParameterSource.DEFAULT_MAP: "config"}
_CONFIG_PATH = "gate.config_file"
"""Where a context of `click` keeps the path of the config file that was read."""
_NO_VARIABLES = "gate.no_variables"
"""Where it keeps that no option may come from a variable."""


class Parsed(click.ParamType[object]):
    """Parses the text of an option as the option itself does."""

    def __init__(self, option: Option) -> None:
        self._option = option
        self.name = option.metavar

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> object:
        """Parses a value of the command line, a variable or the config file, which may hold numbers."""
        try:
            value = str(value).strip()
        except ValueError:
            # Python does not write numbers of thousands of digits.
            self.fail("the number is too large.", param, ctx)
        if not value:
            self.fail(_empty(self._option, param, ctx), param, ctx)
        if value.startswith("--"):
            self.fail(f"{value} is another option; a variable of the shell before it may not be set.", param, ctx)
        if _UNDECODED.search(value):
            self.fail("the value is not UTF-8, or the locale is not; if so, set LC_ALL=C.UTF-8.", param, ctx)
        if not value.isprintable():
            self.fail("the value has invisible characters.", param, ctx)
        if mistake := mistake_in(value):
            self.fail(f"{value} is no value: {mistake}.", param, ctx)
        if value == self._option.unset:
            value = self._option.default
        try:
            return None if value is None else self._option.parse(value)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """Splits a variable into one value per line, so that a path may have spaces; blank lines are an empty value."""
        lines = [line.strip() for line in rv.splitlines() if line.strip()]
        # Without any value a run may be looser, which is said by a word and not by nothing.
        return lines or ([""] if self._option.unset else [])


def _empty(option: Option, param: click.Parameter | None, ctx: click.Context | None) -> str:
    is_in_file = bool(param and ctx and ctx.get_parameter_source(str(param.name)) is ParameterSource.DEFAULT_MAP)
    why = "" if is_in_file else "; a variable of the shell may not be set"
    how = f" Correct it, or set it to {option.unset!r}." if option.unset else ""
    return f"the value is empty{why}.{how}"


class Flag(click.types.BoolParamType):
    """True or false, in a variable; `click` knows other words for both, and an error need not list them."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> bool:
        """Parses the text of a variable; the command line and the config file have no text for a flag."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is not true or false.", param, ctx)


class Chosen(click.Choice[str]):
    """One of several words; blanks around it count no more than around any other value."""

    def __init__(self, option: Option) -> None:
        super().__init__(option.choices)
        self._option = option

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Returns the word as the table has it, or the default for the word that stands for "not given"."""
        word = str(value).strip()
        if not word and self._option.unset:
            self.fail(_empty(self._option, param, ctx), param, ctx)
        return super().convert(self._option.default if word == self._option.unset else word, param, ctx)


class TableOption(click.Option):
    """An option of the table, whose value may come from a variable, and whose errors name where it comes from."""

    def __init__(self, option: Option, **attributes: Any) -> None:
        names = [f"--{option.name}", *([f"-{option.short}"] if option.short else [])]
        super().__init__(names, **attributes)
        self._option = option

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """Returns the text of the variable that this option comes from; None if there is none."""
        name = find_variable(self._option, os.environ) if reads_variables(ctx) else None
        return os.environ[name] if name else None

    def get_error_hint(self, ctx: click.Context | None) -> str:
        """Names the source of the value; see `value_source`."""
        return super().get_error_hint(ctx) if ctx is None else value_source(ctx, _option_name(self.name))


class PageCommand(click.Command):
    """A command whose help is the page of its name in `gate.help`."""

    options_beside_the_page = 1
    """How many options are in no section of the page: the last ones, of which the help itself is one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parses the command line; a secret on it is answered by where secrets come from."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            name = error.option_name.removeprefix("--")
            if name in SECRETS:
                raise _secret_on_command_line(name) from None
            raise

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the page of this command in place of one list of options."""
        with signals_delayed():
            from gate.help import page_of  # noqa: PLC0415 - most runs show no help

        page = page_of(str(self.name))
        with formatter.section("Example"):
            for line in page.example:
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")
        for title, rows in page.sections.items():
            with formatter.section(title):
                formatter.write_dl(rows)
        with formatter.section("Other"):
            others = self.get_params(ctx)[-self.options_beside_the_page :]
            formatter.write_dl(filter(None, (param.get_help_record(ctx) for param in others)))


class TableCommand(PageCommand):
    """A command with options of the table, which may be variables too, and the config file."""

    options_beside_the_page = 3

    def __init__(self, *, options: Sequence[Option], **attributes: Any) -> None:
        super().__init__(**attributes)
        self.params += [click_option(option) for option in options]
        self.params += [_no_variables_option(), _config_option()]


def click_option(option: Option) -> click.Option:
    """One row of the table as a `click` option, with the variables that it may come from."""
    if option.is_flag:
        return TableOption(option, type=Flag(), is_flag=True, default=False)
    return TableOption(
        option,
        type=Chosen(option) if option.choices else Parsed(option),
        default=None if option.is_repeatable else option.default,
        multiple=option.is_repeatable,
    )


def plain_option(option: Option) -> click.Option:
    """An option that is read from the command line alone."""
    if option.is_flag:
        return click.Option([f"--{option.name}"], is_flag=True)
    return click.Option(
        [f"--{option.name}"],
        type=Parsed(option),
        default=None if option.is_repeatable else option.default,
        multiple=option.is_repeatable,
    )


def reads_variables(ctx: click.Context) -> bool:
    """Whether options may come from variables."""
    return _NO_VARIABLES not in ctx.meta


def config_path(ctx: click.Context) -> Path | None:
    """The path of the config file that was read; None if there is none."""
    path: Path | None = ctx.meta.get(_CONFIG_PATH)
    return path


def verbosity(ctx: click.Context, values: Mapping[str, Any]) -> int:
    """Returns -1 for --quiet, 1 for --verbose, else 0; of both, the one whose source comes first counts."""
    for source in _PRECEDENCE:
        given = [name for name in ("verbose", "quiet") if values[name] and ctx.get_parameter_source(name) is source]
        if given:
            return int("verbose" in given) - int("quiet" in given)
    return 0


def option_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that `click` read, by the options' own names."""
    return {_option_name(name): value for name, value in values.items()}


def value_sources(ctx: click.Context) -> dict[str, str]:
    """Where the value of each option comes from, by name; see `value_source`."""
    return {option.name: value_source(ctx, option.name) for option in OPTIONS}


def value_source(ctx: click.Context, name: str) -> str:
    """Names the one place that an option's value comes from, or where it could be given.

    In the GitHub Action that is the input: the author of a workflow does not see the command line.
    """
    kind = source_kind(ctx, name)
    if kind == "option":
        return f"--{name}"
    if kind in {"input", "variable"}:
        return f"the input {name!r}" if kind == "input" else f"the variable {variable(name)}"
    if kind == "config":
        return config_file.describe_key(ctx.meta[_CONFIG_PATH], name)
    if not reads_variables(ctx):
        return f"--{name}"
    return f"the input {name!r}" if is_action(os.environ) else f"--{name} or {variable(name)}"


def source_kind(ctx: click.Context, name: str) -> str:
    """The kind of place that an option's value comes from: `option`, `input`, `variable`, `config` or `default`."""
    source = ctx.get_parameter_source(_parameter_name(name))
    if source is ParameterSource.ENVIRONMENT:
        option = next((option for option in OPTIONS if option.name == name), CONFIG)
        return "input" if find_variable(option, os.environ) == input_variable(name) else "variable"
    return _KINDS.get(source, "default") if source else "default"


def _parameter_name(name: str) -> str:
    return name.replace("-", "_")


def _option_name(name: str | None) -> str:
    return str(name).replace("_", "-")


def _secret_on_command_line(name: str) -> UsageError:
    return UsageError(
        f"--{name} is not an option: a secret on a command line can be read by other processes, and ends up in logs.",
        means="If a real secret was given there, revoke it.",
        remedy=f"Set the variable {variable(name)}, or name a file in {variable(name)}_FILE; in a GitHub workflow, set "
        f"the input {name!r} of the action.",
    )


def _config_option() -> click.Option:
    def load(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
        if value is not None:
            _read_config(ctx, Path(value))
        elif os.path.lexists(config_file.USUAL_FILE):
            how = value_source(ctx, "config")
            Log(sys.stderr).print_warning(f"{config_file.USUAL_FILE} is not read: only {how} names a config file.")

    return TableOption(
        CONFIG,
        type=Parsed(CONFIG),
        is_eager=True,
        expose_value=False,
        callback=load,
        metavar=CONFIG.metavar,
        help=CONFIG.help,
    )


def _no_variables_option() -> click.Option:
    def forbid(ctx: click.Context, _param: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click passes it so
        if value:
            ctx.meta[_NO_VARIABLES] = True

    # Eager, and before the config file, which a variable may name.
    return click.Option(
        ["--no-variables"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=forbid,
        help=NO_VARIABLES_HELP,
    )


def _read_config(ctx: click.Context, path: Path) -> None:
    names = [option.name for option in OPTIONS]
    values = config_file.config_values(path, names, source=value_source(ctx, "config"))
    if values:
        Log(sys.stderr).print_warning(f"options are taken from {path} too: {', '.join(values)}")
    ctx.meta[_CONFIG_PATH] = path
    ctx.default_map = {_parameter_name(key): value for key, value in values.items()}
