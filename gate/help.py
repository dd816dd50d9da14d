"""The pages of `--help`: an example, the options by section, the variables of credentials, and the exit codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.clouds import CLOUDS
from gate.environment import variable
from gate.errors import ExitCode
from gate.options import SECTIONS, STATUS_SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gate.settings import Option

Row = tuple[str, str]
"""A term and what it means."""
_MAX_CHOICES_WIDTH = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class HelpPage:
    """The help of one command, after its first paragraph."""

    example: tuple[str, ...]
    """Lines for a shell."""
    sections: Mapping[str, Sequence[Row]]
    """Lists of rows, by title."""


def option_row(option: Option) -> Row:
    """One row of the option table: the option with its value, and what it does, with its default."""
    name = f"-{option.short}, --{option.name}" if option.short else f"--{option.name}"
    choices, text = "|".join(option.choices), option.help
    if option.is_flag:
        return name, text
    if len(choices) > _MAX_CHOICES_WIDTH:
        text, choices = f"{text}: {', '.join(option.choices)}", ""
    default = option.default or option.default_note
    return f"{name} {f'[{choices}]' if choices else option.metavar}", text + (
        f" [default: {default}]" if default else ""
    )


def _sections(options: Mapping[str, Sequence[Option]]) -> dict[str, Sequence[Row]]:
    return {title: [*map(option_row, listed)] for title, listed in options.items()}


def _credentials() -> Iterator[Row]:
    yield variable("access-key-id"), "access key id (AK)"
    yield variable("access-key-secret"), "access key secret (SK)"
    yield variable("security-token"), "security token, if the access key is temporary"
    takes_token = ", ".join(provider.vendor for provider in CLOUDS.values() if provider.takes_token)
    yield variable("auth-token"), f"token of a user, in place of an access key ({takes_token} only)"
    yield "SCAN_GATE_..._FILE", "the file that holds the value, for each of these"
    for provider in CLOUDS.values():
        pairs = (f"{source.access_key_id} and {source.access_key_secret}" for source in provider.credential_sources)
        yield f"{provider.vendor} also", "; ".join(pairs)


_CREDENTIALS = {"Credentials (environment variables, never options)": [*_credentials()]}
_EXPORT = f"export {variable('access-key-id')}=... {variable('access-key-secret')}=..."
_EXIT_CODES = {
    ExitCode.PASSED: "passed: the scan task is complete, fresh and within the limits",
    ExitCode.BLOCKED: "blocked: a limit is exceeded",
    ExitCode.USAGE: "usage error: an option, a variable or the config file is wrong",
    ExitCode.NOT_AUTHORISED: "not authorised: credentials are missing, wrong or not sufficient",
    ExitCode.CLOUD_UNAVAILABLE: "cloud unavailable: it could not be reached, or refused the request",
    ExitCode.NOT_FINAL: "not final: the scan task had not finished when the time was up",
    ExitCode.TASK_ENDED_BADLY: "task ended badly: the scan task was stopped, timed out or failed",
    ExitCode.NOTHING_TO_JUDGE: "nothing to judge: no scan task, a stale one, or one without usable counts",
    ExitCode.BUG: "bug: the gate itself failed",
    ExitCode.INTERRUPTED: "interrupted by SIGINT",
    ExitCode.TERMINATED: "terminated by SIGTERM",
}
CHECK_PAGE = HelpPage(
    example=(_EXPORT, "scan-gate check --cloud huawei --region cn-north-4 --max-risky 5 --report junit=scan.xml"),
    sections={
        **_sections(SECTIONS),
        **_CREDENTIALS,
        "Exit codes": [(f"{code:d}", text) for code, text in _EXIT_CODES.items()],
    },
)
STATUS_PAGE = HelpPage(
    example=(_EXPORT, "scan-gate status --cloud alibaba --region cn-hangzhou"),
    sections={
        **_sections(STATUS_SECTIONS),
        **_CREDENTIALS,
        "Exit codes": [("0", "there is a scan task"), ("7", "there is none"), ("other", "as those of check")],
    },
)
