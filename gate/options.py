"""The options: one table, from which the command line, the help, the action's inputs and the documentation are made.

A value is taken from the command line, else from the action's input, else from the environment, else from the config
file, else it is the default.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gate.ci import CI_SYSTEMS
from gate.clouds import CLOUDS
from gate.finding_options import FINDING_OPTIONS
from gate.images.from_file import images_from
from gate.images.reference import image_reference
from gate.reports import REPORTS
from gate.settings import (
    Option,
    age,
    base_url,
    ca_bundle,
    duration,
    gate_name,
    moment,
    pause,
    report_target,
    scan_scopes,
    task_id,
    whole_number,
)
from gate.sign_in_options import SIGN_IN_OPTIONS
from gate.terminal import COLOR_CHOICES

if TYPE_CHECKING:
    from gate.settings import ReportTarget

SECRETS = ("access-key-id", "access-key-secret", "security-token", "auth-token")
"""Inputs of the action that are not options: a command line can be read by other processes and ends up in logs."""


def known_report_target(text: str) -> ReportTarget:
    """Parses `FORMAT=PATH`, of a format that exists."""
    target = report_target(text)
    if target.format not in REPORTS:
        raise ValueError(f"{target.format!r} is not a report format; known are {', '.join(REPORTS)}")
    return target


def _region_variables() -> str:
    """Names the variables that the region is read from, by cloud."""
    return "; ".join(f"{name}: {', '.join(provider.region_variables)}" for name, provider in CLOUDS.items())


CONNECTION_OPTIONS = (
    Option(name="cloud", help="use this cloud; required", choices=tuple(CLOUDS)),
    Option(
        name="region",
        help="use this region; it also selects the endpoint",
        default_note=_region_variables(),
    ),
    Option(
        name="endpoint",
        help="send requests to this address; plain http only to a loopback address",
        parse=base_url,
        metavar="URL",
        default_note="that of the region",
    ),
    Option(
        name="registry-endpoint",
        help="look up the tags of images at this address of the registry's API",
        parse=base_url,
        metavar="URL",
        default_note="that of the region",
    ),
    Option(
        name="ca-bundle",
        help="trust only the certificate authorities in this PEM file",
        parse=ca_bundle,
        metavar="PATH",
        default_note="REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, else those of the system (SSL_CERT_FILE) and of certifi",
    ),
    Option(
        name="request-timeout",
        help="abort a request that takes longer than this, and retry it",
        parse=pause,
        metavar="DURATION",
        default="30s",
    ),
    Option(
        name="timeout",
        help="end the run after this time; exit with 5 if the scan task is not final by then",
        parse=duration,
        metavar="DURATION",
        default="30m",
    ),
)
"""How to reach the cloud; every command that polls a cloud has these."""

TASK_ID = Option(
    name="task-id",
    help="select the scan task with this id",
    parse=task_id,
    metavar="ID",
    default_note="the newest one",
)
IMAGE_OPTIONS = (
    Option(
        name="image",
        help="judge this image, [REGISTRY/]NAMESPACE/NAME[:TAG][@sha256:...], in place of a scan task; repeatable, one "
        "per line in a variable",
        parse=image_reference,
        metavar="REFERENCE",
        is_repeatable=True,
        is_lenient_by_default=True,
    ),
    Option(
        name="images-from",
        help="judge the images that this file names: one reference per line, or the metadata file of `docker buildx`",
        parse=images_from,
        metavar="FILE",
    ),
    Option(
        name="scan",
        help="whether to start a scan of these images, which the cloud may charge for: auto where there is no fresh "
        "result, always for all, or never, waiting for what others start",
        choices=("auto", "always", "never"),
        default="auto",
    ),
)
"""Which images are judged, if any are named."""
JUDGEMENT_OPTIONS = (
    TASK_ID,
    Option(
        name="max-failed",
        help="block if more than N images could not be scanned",
        parse=whole_number,
        metavar="N",
        default="0",
    ),
    Option(
        name="max-risky", help="block if more than N images are risky", parse=whole_number, metavar="N", default="0"
    ),
    Option(
        name="max-age",
        help="ignore tasks that started longer ago than this; `none` turns the check off",
        parse=age,
        metavar="DURATION",
        default="24h",
        is_lenient_by_default=True,
    ),
    Option(
        name="started-after",
        help="ignore tasks that started before this time, in RFC 3339 or epoch seconds",
        parse=moment,
        metavar="TIME",
    ),
    Option(
        name="required-scope",
        help="undecided if the scan did not look for all of these: "
        "vulnerability, baseline, malicious-file, sensitive-information, software-compliance",
        parse=scan_scopes,
        metavar="LIST",
        default="vulnerability,baseline,malicious-file",
        is_lenient_by_default=True,
    ),
    Option(
        name="settle",
        help="poll once more if the task ended less than this ago, since its counts may still change; 0 turns this off",
        parse=duration,
        metavar="DURATION",
        default="60s",
        is_lenient_by_default=True,
    ),
    Option(
        name="appear-timeout",
        help="wait this long for a task that can be judged, then exit with 7",
        parse=duration,
        metavar="DURATION",
        default="5m",
    ),
    Option(
        name="poll-interval",
        help="wait at least this long between two polls",
        parse=pause,
        metavar="DURATION",
        default_note="what the cloud's quota allows",
    ),
    Option(name="warn-only", help="report a block, but exit with 0 instead of 1", is_flag=True),
    Option(
        name="on-undecided",
        help="on exit codes 4 to 7: fail, or warn and exit with 0",
        choices=("fail", "warn"),
        default="fail",
    ),
)
"""Which task is judged, by which limits, and what the exit code is."""

OUTPUT_OPTIONS = (
    Option(
        name="report",
        help=f"write a report to this path; repeatable, one per line in a variable; formats: {', '.join(REPORTS)}",
        parse=known_report_target,
        metavar="FORMAT=PATH",
        is_repeatable=True,
    ),
    Option(
        name="name",
        help="tell this gate from others of the same pipeline: in titles, the category of SARIF, variables, test "
        "suites, and the files and issues of the CI system",
        parse=gate_name,
        metavar="NAME",
        default_note="none; all but titles and the category are told apart by the job or step, where it is known",
    ),
    Option(
        name="ci",
        help="publish outputs, annotations and summary to this CI system",
        choices=tuple(CI_SYSTEMS),
        metavar="SYSTEM",
        default_note="the one that is detected",
    ),
)
"""Where the verdict goes, beside standard output."""

CONFIG = Option(name="config", help="read options from this TOML file; its keys are the options' names", metavar="FILE")
NO_VARIABLES_HELP = "take every option from the command line or the file that it names; only credentials are variables"
"""Neither is in a table: no config file names another, and a variable cannot say that none is read."""
COLOR = Option(
    name="color",
    help="colour the verdict; auto does so on a terminal, and follows NO_COLOR and FORCE_COLOR",
    choices=COLOR_CHOICES,
    default="auto",
)
LOG_OPTIONS = (
    Option(name="quiet", short="q", help="print only the verdict, and warnings", is_flag=True),
    Option(name="verbose", short="v", help="print every request", is_flag=True),
    COLOR,
)


def cloud_options() -> tuple[Option, ...]:
    """The options that only some clouds have, each once.

    Their texts are parsed when the cloud is known: two clouds may give one option different values.
    """
    owners: dict[str, list[tuple[str, Option]]] = {}
    for cloud, provider in CLOUDS.items():
        for option in provider.options:
            owners.setdefault(option.name, []).append((cloud, option))
    return tuple(map(_merged, owners.values()))


def _merged(owned: list[tuple[str, Option]]) -> Option:
    """Merges the options of one name, each with its cloud; the default of one cloud is not that of another."""
    (_, option), *others = owned
    return replace(
        option,
        help="; ".join(_described(cloud, each, with_default=bool(others)) for cloud, each in owned),
        parse=str,
        metavar="TEXT" if others else option.metavar,
        choices=(),
        default=None,
        default_note="" if others else option.default or option.default_note,
    )


def _described(cloud: str, option: Option, *, with_default: bool) -> str:
    choices = f" ({', '.join(option.choices)})" if option.choices else ""
    default = (option.default or option.default_note) if with_default else ""
    return f"{cloud}: {option.help}{choices}" + (f" [default: {default}]" if default else "")


CLOUD_OPTIONS = cloud_options()
CLOUD_SECTIONS = {f"Only with --cloud {name}": provider.options for name, provider in CLOUDS.items()}
"""The options of each cloud by themselves, for `--help`: an option that two clouds have is in the section of each."""
SECTIONS = {
    "Connection": CONNECTION_OPTIONS,
    "Sign-in": SIGN_IN_OPTIONS,
    "Images": IMAGE_OPTIONS,
    "Judgement": JUDGEMENT_OPTIONS,
    "Findings": FINDING_OPTIONS,
    "Reports": OUTPUT_OPTIONS,
    **CLOUD_SECTIONS,
    "Log": LOG_OPTIONS,
}
"""The help of `check`: its options by section."""
_ABOUT_RUNS = {"list-findings", "baseline", "baseline-max-age"}
"""The options about findings that mean nothing for a run that is over; its baseline is another run's."""
_HELP_IN_STATUS = {
    "timeout": "end the run after this time; exit with 4 if the cloud has not responded by then",
    "image": "show this image, [REGISTRY/]NAMESPACE/NAME[:TAG][@sha256:...], in place of a scan task; repeatable, one "
    "per line in a variable",
    "images-from": "show the images that this file names: one reference per line, or the metadata file of "
    "`docker buildx`",
    "quiet": "print only the state of the scan task or the images, and warnings",
}
"""Where an option means less to a command that polls once and judges nothing."""


_TIMEOUT_OF_DOCTOR = "end after this time; what is not checked by then is a failure"
_OF_DOCTOR = {
    option.name: replace(option, default="2m", help=_TIMEOUT_OF_DOCTOR)
    for option in CONNECTION_OPTIONS
    if option.name == "timeout"
}
"""A command that waits for no scan needs less time."""


def _in_doctor(options: tuple[Option, ...]) -> tuple[Option, ...]:
    return tuple(_OF_DOCTOR.get(option.name, option) for option in options)


def _in_status(options: tuple[Option, ...]) -> tuple[Option, ...]:
    return tuple(replace(option, help=_HELP_IN_STATUS.get(option.name, option.help)) for option in options)


_STATUS_CONNECTION_OPTIONS = _in_status((*CONNECTION_OPTIONS, TASK_ID))
_STATUS_IMAGE_OPTIONS = _in_status(tuple(option for option in IMAGE_OPTIONS if option.name != "scan"))
_STATUS_LOG_OPTIONS = _in_status(tuple(option for option in LOG_OPTIONS if option is not COLOR))
STATUS_SECTIONS = {
    "Connection": _STATUS_CONNECTION_OPTIONS,
    "Sign-in": SIGN_IN_OPTIONS,
    "Images": _STATUS_IMAGE_OPTIONS,
    **CLOUD_SECTIONS,
    "Log": _STATUS_LOG_OPTIONS,
}
"""The help of `status`, which judges nothing."""
OPTIONS = (
    *CONNECTION_OPTIONS,
    *SIGN_IN_OPTIONS,
    *IMAGE_OPTIONS,
    *JUDGEMENT_OPTIONS,
    *FINDING_OPTIONS,
    *OUTPUT_OPTIONS,
    *CLOUD_OPTIONS,
    *LOG_OPTIONS,
)
"""All options, each once, in the order in which they are shown."""
DOCTOR_SECTIONS = {title: _in_doctor(options) for title, options in SECTIONS.items()}
"""The help of `doctor`, which takes the options of a run."""
FIXTURE_HELP = "in place of the checks, write to this file how the cloud responds, without any value of the account"
"""It is no option of a run."""
DOCTOR_OPTIONS = _in_doctor(OPTIONS)
"""Those of `doctor`."""
JUDGE_SECTIONS = {
    "Judgement": tuple(option for option in JUDGEMENT_OPTIONS if option.name in {"max-failed", "max-risky"}),
    "Findings": tuple(option for option in FINDING_OPTIONS if option.name not in _ABOUT_RUNS),
}
"""The help of `judge`, which polls no cloud."""
JUDGE_OPTIONS = tuple(option for options in JUDGE_SECTIONS.values() for option in options)
"""Those of `judge`."""
STATUS_OPTIONS = (
    *_STATUS_CONNECTION_OPTIONS,
    *SIGN_IN_OPTIONS,
    *_STATUS_IMAGE_OPTIONS,
    *CLOUD_OPTIONS,
    *_STATUS_LOG_OPTIONS,
)
"""Those of `status`."""
