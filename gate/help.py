"""The pages of `--help`: an example, the options by section, the variables of credentials, and the exit codes.

This is imported and built only when a help is shown.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from gate.clouds import CLOUDS
from gate.environment import variable
from gate.errors import ExitCode
from gate.options import DOCTOR_SECTIONS, FIXTURE_HELP, JUDGE_SECTIONS, SECTIONS, STATUS_SECTIONS
from gate.verify_options import VERIFY_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gate.clouds.credentials import Source
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
    for provider in CLOUDS.values():
        yield f"{provider.vendor} also", "; ".join(map(_variables_of, provider.credential_sources))
    yield (
        "..._FILE",
        (
            "each of these variables with _FILE at its end is the path of a file that holds the value, such as "
            f"{variable('access-key-secret')}_FILE=/run/secrets/sk"
        ),
    )


def _variables_of(source: Source) -> str:
    return ", ".join(name for part in fields(source) if (name := getattr(source, part.name)))


_EXPORT = f"export {variable('access-key-id')}=... {variable('access-key-secret')}=..."
EXIT_CODES = {
    ExitCode.PASSED: "passed: the scan task is complete, fresh and within the limits; also if --warn-only or "
    "--on-undecided makes another result a warning",
    ExitCode.BLOCKED: "blocked: more images failed or are risky than the limits allow",
    ExitCode.USAGE: "usage error: an option, a variable or the config file is wrong",
    ExitCode.NOT_AUTHORISED: "not authorised: credentials are missing, wrong, or lack a permission",
    ExitCode.CLOUD_UNAVAILABLE: "cloud unavailable: it cannot be reached, refuses the request, or its response is "
    "malformed; or the gate has run out of memory",
    ExitCode.NOT_FINAL: "not final: the time is up, and the scan task is not over, some of its results are missing, or "
    "its counts may still change",
    ExitCode.TASK_ENDED_BADLY: "task ended badly: the scan task was stopped, timed out or failed in the cloud",
    ExitCode.NOTHING_TO_JUDGE: "nothing to judge: no scan task, none that is fresh, no images, or counts that are "
    "missing or contradictory",
    ExitCode.BUG: "bug: the gate itself failed",
    ExitCode.HUNG_UP: "ended by SIGHUP, such as a terminal that was closed; reports are written anyway",
    ExitCode.INTERRUPTED: "interrupted by SIGINT, such as Ctrl-C; reports are written anyway",
    ExitCode.TERMINATED: "terminated by SIGTERM, such as a cancelled job; reports are written anyway",
}
"""What each exit code of `check` means; README.md has the same words from here."""
_STATUS_EXIT_CODES = (
    ("0", "there is a scan task; of images, the cloud lists all of them"),
    ("4", "as for check; also if the time is up before the cloud has responded"),
    ("7", "there is no scan task; of images, the cloud does not list one of them"),
    ("2, 3, 70, 129, 130, 143", "as for check"),
)


_JUDGE_EXIT_CODES = (
    ("0", "this policy would have let every one of these runs pass"),
    ("1", "it would have blocked at least one"),
    ("2", "usage error; also if a file is no json report of this version, or is damaged"),
    ("others", "none is blocked, and at least one is undecided: the code of the first such run"),
)
_POLICY_EXIT_CODES = (
    ("0", "the policy is printed; a check with these options has no usage error in them"),
    ("2", "usage error: an option, a variable, the config file, or a file of waivers is wrong"),
    ("70, 129, 130, 143", "as for check"),
)
_DOCTOR_EXIT_CODES = (
    ("0", "a check with these options could come to a verdict; read the warnings all the same"),
    ("2", "usage error: an option, a variable, the config file, or what they say of region and project is wrong"),
    ("3", "not authorised: credentials are missing or wrong, or lack a permission without which there is no verdict"),
    ("4", "the cloud cannot be reached, refuses, or has no scans left; or the time is up"),
    (
        "7",
        "nothing could be judged as things stand: no scan task counts, or an image is missing or cannot be scanned",
    ),
    ("70, 129, 130, 143", "as for check"),
)
_VERIFY_EXIT_CODES = (
    ("0", "every image has a summary that says passed, and that counts by digest, policy, verifier and time"),
    ("1", "the release of at least one was blocked"),
    ("2", "usage error; also if a statement cannot be read or is damaged, or --verify-with cannot be run"),
    ("7", "none was blocked, and at least one has no summary that counts, or --verify-with has not accepted it"),
    ("70, 129, 130, 143", "as for check"),
)


def page_of(command: str) -> HelpPage:
    """Builds the page of a command."""
    return _PAGES.get(command, _check)()


def _judge() -> HelpPage:
    return HelpPage(
        example=("scan-gate judge --severity-cutoff high --waivers waivers.toml reports/",),
        sections={**_sections(JUDGE_SECTIONS), "Exit codes": _JUDGE_EXIT_CODES},
    )


def _policy() -> HelpPage:
    return HelpPage(
        example=("scan-gate policy --cloud huawei --image team/web:1.0 --severity-cutoff high",),
        sections={
            "Output": (("--json", "print JSON, with each value as a config file may state it"),),
            **_sections(SECTIONS),
            "Exit codes": _POLICY_EXIT_CODES,
        },
    )


def _verify() -> HelpPage:
    return HelpPage(
        example=("scan-gate verify statements.jsonl --image team/web@sha256:... --policy-digest sha256:...",),
        sections={**_sections({"Verification": VERIFY_OPTIONS}), "Exit codes": _VERIFY_EXIT_CODES},
    )


def _doctor() -> HelpPage:
    return HelpPage(
        example=(_EXPORT, "scan-gate doctor --cloud huawei --region cn-north-4 --image team/web:1.0"),
        sections={
            "Output": (("--json", "print JSON, with a row for each check"), ("--fixture FILE", FIXTURE_HELP)),
            **_sections(DOCTOR_SECTIONS),
            _TITLE_OF_CREDENTIALS: [*_credentials()],
            "Exit codes": _DOCTOR_EXIT_CODES,
        },
    )


def _status() -> HelpPage:
    return HelpPage(
        example=(_EXPORT, "scan-gate status --cloud alibaba --region cn-hangzhou"),
        sections={
            **_sections(STATUS_SECTIONS),
            _TITLE_OF_CREDENTIALS: [*_credentials()],
            "Exit codes": _STATUS_EXIT_CODES,
        },
    )


def _check() -> HelpPage:
    return HelpPage(
        example=(_EXPORT, "scan-gate check --cloud huawei --region cn-north-4 --max-risky 5 --report junit=scan.xml"),
        sections={
            **_sections(SECTIONS),
            _TITLE_OF_CREDENTIALS: [*_credentials()],
            "Exit codes": [(f"{code:d}", text) for code, text in EXIT_CODES.items()],
        },
    )


_TITLE_OF_CREDENTIALS = "Credentials (environment variables, never options)"
_PAGES = {"judge": _judge, "policy": _policy, "doctor": _doctor, "status": _status, "verify": _verify}
