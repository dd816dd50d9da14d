"""The options of the gate: one table, from which the command line, the inputs and the documentation are made.

A wish is taken from the command line, else from the action's input, else from the environment, else from the file,
else from the default.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gate.ci import CI_SYSTEMS
from gate.clouds import CLOUDS
from gate.errors import UsageError
from gate.policy import Policy
from gate.reports import REPORTS
from gate.settings import (
    Option,
    Settings,
    age,
    base_url,
    ca_bundle,
    duration,
    moment,
    pause,
    report_target,
    whole_number,
)
from gate.terminal import COLOR_CHOICES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gate.settings import ReportTarget

DEFAULT_FILE = ".scan-gate.toml"
_PREFIX = "SCAN_GATE_"
_SIMILARITY = 0.8
_OF_A_SERVICE = re.compile("(tcp|udp|sctp)://")
"""Kubernetes sets SCAN_GATE_PORT in every pod beside a service of the name scan-gate, as Docker did for its links
(kubernetes.io/docs/concepts/services-networking/service, "Environment variables").
"""
SECRETS = ("access-key-id", "access-key-secret", "security-token", "auth-token")
"""Inputs of the action that are no options: they never travel on a command line."""


def known_report_target(text: str) -> ReportTarget:
    """Reads `FORMAT=PATH`, of a format that there is."""
    target = report_target(text)
    if target.format not in REPORTS:
        raise ValueError(f"{target.format!r} is no report; known are {', '.join(REPORTS)}")
    return target


CONNECTION_OPTIONS = (
    Option(name="cloud", help="which cloud; required", choices=tuple(CLOUDS)),
    Option(name="region", help="region, which picks the endpoint", default_note="the cloud's own variables"),
    Option(
        name="endpoint",
        help="address of the API; plain http only to a loopback address",
        parse=base_url,
        metavar="URL",
        default_note="from the region",
    ),
    Option(
        name="ca-bundle",
        help="private certificate authorities, PEM",
        parse=ca_bundle,
        metavar="PATH",
        default_note="the system's",
    ),
    Option(
        name="request-timeout",
        help="the longest that one request may take",
        parse=pause,
        metavar="DURATION",
        default="30s",
    ),
    Option(name="timeout", help="deadline of the whole run", parse=duration, metavar="DURATION", default="30m"),
)
"""What every command that speaks to a cloud needs to know."""

TASK_ID = Option(name="task-id", help="judge this task", metavar="ID", default_note="the newest one")
JUDGEMENT_OPTIONS = (
    TASK_ID,
    Option(name="max-failed", help="more failed images than this block", parse=whole_number, metavar="N", default="0"),
    Option(name="max-risky", help="more risky images than this block", parse=whole_number, metavar="N", default="0"),
    Option(
        name="max-age",
        help="oldest task that is judged, by its begin; none for any age",
        parse=age,
        metavar="DURATION",
        default="24h",
    ),
    Option(
        name="started-after",
        help="a task that began before is not judged; RFC 3339 or epoch seconds",
        parse=moment,
        metavar="TIME",
    ),
    Option(
        name="appear-timeout",
        help="how long to wait for a fresh task to appear",
        parse=duration,
        metavar="DURATION",
        default="5m",
    ),
    Option(
        name="poll-interval",
        help="shortest pause between two looks",
        parse=pause,
        metavar="DURATION",
        default_note="what the cloud's quota allows",
    ),
    Option(name="warn-only", help="report a block (exit code 1), but exit with 0", is_flag=True),
    Option(
        name="on-undecided",
        help="whether exit codes 4 to 7 stand, or become a warning and 0",
        choices=("fail", "warn"),
        default="fail",
    ),
    Option(
        name="report",
        help=f"write a report ({', '.join(REPORTS)}); repeatable, in a variable one a line",
        parse=known_report_target,
        metavar="FORMAT=PATH",
        is_repeatable=True,
    ),
    Option(name="ci", help="CI host to speak to", choices=tuple(CI_SYSTEMS), default_note="detected"),
)
"""What the gate itself needs to know."""

COLOR = Option(
    name="color",
    help="colour the verdict; auto does so on a terminal, and follows NO_COLOR and FORCE_COLOR",
    choices=COLOR_CHOICES,
    default="auto",
)
LOG_OPTIONS = (
    Option(name="quiet", short="q", help="print the verdict only", is_flag=True),
    Option(name="verbose", short="v", help="print every request", is_flag=True),
    COLOR,
)


def cloud_options() -> tuple[Option, ...]:
    """The options that only some clouds have, each once and unread: the cloud that is chosen knows its values."""
    merged: dict[str, Option] = {}
    for name, kind in CLOUDS.items():
        for option in kind.options:
            choices = f" ({', '.join(option.choices)})" if option.choices else ""
            default = f" [default: {option.default}]" if option.default else ""
            described = replace(
                option, help=f"{name}: {option.help}{choices}{default}", parse=str, choices=(), default=None
            )
            known = merged.get(option.name)
            merged[option.name] = replace(described, help=f"{known.help}; {described.help}") if known else described
    return tuple(merged.values())


CLOUD_OPTIONS = cloud_options()
SECTIONS = {
    "Where": CONNECTION_OPTIONS,
    "What to judge, and how": JUDGEMENT_OPTIONS,
    "Only on one cloud": CLOUD_OPTIONS,
    "Log": LOG_OPTIONS,
}
STATUS_SECTIONS = {title: options for title, options in SECTIONS.items() if options is not JUDGEMENT_OPTIONS} | {
    "Where": (*CONNECTION_OPTIONS, TASK_ID),
    "Log": tuple(option for option in LOG_OPTIONS if option is not COLOR),
}
"""Those of a look that judges nothing."""
OPTIONS = tuple(option for options in SECTIONS.values() for option in options)
"""All of them, in the order in which they are shown."""


def variable(name: str) -> str:
    """The gate's own variable for an option."""
    return f"{_PREFIX}{name.upper().replace('-', '_')}"


def config_values(path: Path, names: Iterable[str]) -> dict[str, Any]:
    """Reads the file of wishes: TOML with the options' names as keys.

    Raises:
        UsageError: It cannot be read, or has a key that is no option.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(
            f"The file {path} cannot be read: {error}.",
            means="It is not there, or not TOML.",
            remedy="Correct --config or the file.",
        ) from None
    for key, value in values.items():
        _check_key(path, key, tuple(names))
        _check_value(path, key, value)
    return {
        key: value.splitlines() if key == "report" and isinstance(value, str) else value
        for key, value in values.items()
    }


def settings_from(values: Mapping[str, Any]) -> Settings:
    """Builds the settings of a run from the values of options, by name; those that are absent have their defaults.

    Raises:
        UsageError: No cloud is given, or a value or an option does not fit the one that is.
    """
    values = {**_DEFAULTS, **values}
    if values["cloud"] is None:
        raise UsageError(
            "No cloud is given.",
            means="The option --cloud, the input `cloud` and SCAN_GATE_CLOUD are all unset or empty.",
            remedy=f"Give --cloud, one of: {', '.join(CLOUDS)}.",
        )
    policy = Policy(
        max_failed=values["max-failed"],
        max_risky=values["max-risky"],
        max_age=values["max-age"],
        started_after=values["started-after"],
        warn_only=values["warn-only"],
        warn_undecided=values["on-undecided"] == "warn",
    )
    return Settings(
        cloud=values["cloud"],
        region=values["region"],
        endpoint=values["endpoint"],
        task_id=values["task-id"],
        policy=policy,
        appear_timeout=values["appear-timeout"],
        timeout=values["timeout"],
        poll_interval=values["poll-interval"],
        request_timeout=values["request-timeout"],
        reports=_apart(values["report"]),
        ca_bundle=values["ca-bundle"],
        ci=values["ci"],
        color=values["color"],
        for_cloud=_for_cloud(values),
    )


def unknown_variables(environ: Mapping[str, str]) -> Iterator[str]:
    """Complains of variables that look like the gate's own and are not.

    Raises:
        UsageError: One is nearly the name of an option, which would silently not hold.
    """
    ours = {variable(name) for name in (*(option.name for option in OPTIONS), *SECRETS, "config")}
    ours |= {f"{variable(name)}_FILE" for name in SECRETS}
    # Without what all have in common, since that alone would make any two of them near.
    own = [one.removeprefix(_PREFIX) for one in ours]
    for name, value in environ.items():
        if name.startswith(_PREFIX) and name not in ours:
            near = difflib.get_close_matches(name.removeprefix(_PREFIX), own, n=1, cutoff=_SIMILARITY)
            if near and not _OF_A_SERVICE.match(value):
                raise UsageError(
                    f"The variable {name} is none of the gate's; did you mean {_PREFIX}{near[0]}?",
                    means="What it asks for would silently not hold.",
                    remedy="Correct its name, or unset it.",
                )
            yield f"The variable {name} is none of the gate's."


def _for_cloud(values: Mapping[str, Any]) -> dict[str, object]:
    own = {option.name: option for option in CLOUDS[values["cloud"]].options}
    for_cloud: dict[str, object] = {}
    for option in CLOUD_OPTIONS:
        value = values[option.name]
        if value is None:
            continue
        if option.name not in own:
            raise UsageError(
                f"--{option.name} is no option of {values['cloud']}.",
                means=f"It means something to another cloud only ({option.help}).",
                remedy="Take it away, also from the environment and the file.",
            )
        for_cloud[option.name] = _read(own[option.name], str(value))
    return for_cloud


def _read(option: Option, text: str) -> object:
    if option.choices and text not in option.choices:
        raise UsageError(f"--{option.name}: {text!r} is not one of {', '.join(option.choices)}.")
    try:
        return option.parse(text)
    except ValueError as error:
        raise UsageError(f"--{option.name}: {error}.") from None


def _apart(values: Iterable[ReportTarget]) -> tuple[ReportTarget, ...]:
    values = tuple(values)
    if len({_whole(target.path) for target in values}) < len(values):
        raise UsageError(
            "Two reports have the same path.", means="One would overwrite the other.", remedy="Give each its own."
        )
    return values


def _whole(path: Path) -> Path:
    try:
        # Its own link is replaced and not followed, unlike those on its way.
        return Path(os.path.realpath(path.parent)) / path.name
    except OSError:
        # The folder of the process is gone, and nothing can be written there anyway.
        return path


def _check_key(path: Path, key: str, names: tuple[str, ...]) -> None:
    if key in names:
        return
    near = difflib.get_close_matches(key, names, n=1)
    raise UsageError(
        f"The file {path} has the unknown key {key!r}" + (f"; did you mean {near[0]!r}?" if near else "."),
        means="Keys are the names of options; secrets never stand in the file." if key in SECRETS else "",
        remedy="Put secrets into the environment." if key in SECRETS else "Correct the key or take it away.",
    )


def _check_value(path: Path, key: str, value: object) -> None:
    flags = {option.name for option in OPTIONS if option.is_flag}
    kinds = bool if key in flags else (str, list) if key == "report" else (str, int, float, date)
    if not isinstance(value, kinds) or (isinstance(value, bool) and key not in flags):
        raise UsageError(
            f"The file {path} has a value for {key!r} that it cannot have.",
            means="Flags are true or false, `report` may be a list of texts, and all others are a text or a number.",
            remedy="Correct the value.",
        )


_DEFAULTS = {
    option.name: option.parse(option.default)
    if option.default is not None
    else (() if option.is_repeatable else False if option.is_flag else None)
    for option in OPTIONS
}
