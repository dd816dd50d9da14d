"""The settings of one run, what an option is, and the parsers of option values."""

from __future__ import annotations

import ipaddress
import math
import re
import ssl
import stat
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gate.policy import DEFAULT_TIMEOUT
from gate.scan import ScanScope
from gate.unexpanded import path_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gate.image import ImageRef
    from gate.policy import Policy

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST_DURATION = 10 * 365 * 86400
_SHORTEST_PAUSE = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """One option: on the command line, as a variable, as an input of the action and as a key of the config file."""

    name: str
    help: str
    parse: Callable[[str], object] = str
    """Parses the user's text; raises ValueError with a message for the user."""
    metavar: str = "TEXT"
    default: str | None = None
    default_note: str = ""
    """What applies without it, if there is no default value to show."""
    choices: tuple[str, ...] = ()
    is_flag: bool = False
    is_repeatable: bool = False
    short: str = ""
    is_lenient_by_default: bool = False
    """Whether the default may be looser than a value that somebody meant to give."""

    @property
    def unset(self) -> str:
        """The word for "not given"; empty if the option needs none, because nothing is looser without it.

        An empty value is an error then: a reference to a step or a variable that does not exist is one.
        """
        if self.is_repeatable:
            return "none" if self.is_lenient_by_default else ""
        if self.default is not None:
            return "default" if self.is_lenient_by_default else ""
        return "" if self.is_flag or self.choices else "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportTarget:
    """A report to write: the name of its format, and its path."""

    format: str
    path: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class SignInSettings:
    """How to sign in; what is None was not given."""

    credentials: str = "auto"
    """`auto`, `keys`, `oidc`, `profile` or `instance`."""
    profile: str | None = None
    oidc_token_file: Path | None = None
    oidc_audience: str | None = None
    session_name: str | None = None
    session_duration: float | None = None
    """Seconds."""
    sts_endpoint: str | None = None
    metadata_endpoint: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What one run was asked to do; durations in s."""

    cloud: str
    region: str | None = None
    endpoint: str | None = None
    sign_in: SignInSettings = field(default_factory=SignInSettings)
    task_id: str | None = None
    images: tuple[ImageRef, ...] = ()
    """The images of the release; empty if a scan task is judged."""
    indexes: frozenset[ImageRef] = frozenset()
    """Those of them that are indexes of several images, as far as the user's own files say so."""
    scan: str = "auto"
    """Whether the gate starts scans of these images: `auto`, `always` or `never`."""
    lists_findings: bool = False
    """Whether the findings of these images are to be listed, whatever the policy and the reports need."""
    registry_endpoint: str | None = None
    """The address of the registry's API; None for that of the region."""
    policy: Policy
    appear_timeout: float = 300.0
    timeout: float = DEFAULT_TIMEOUT
    poll_interval: float | None = None
    request_timeout: float = 30.0
    reports: tuple[ReportTarget, ...] = ()
    ca_bundle: Path | None = None
    name: str = ""
    """What tells this gate from others of the same pipeline."""
    ci: str | None = None
    """The CI system to publish to; None for the one that is detected."""
    color: str = "auto"
    """Whether to colour the verdict: `auto`, `always` or `never`."""
    for_cloud: Mapping[str, object] = field(default_factory=dict)
    """The options that only this cloud has, by name; those not given are absent."""
    reads_variables: bool = True
    """Whether an option that is not given may come from a variable of the vendor's own tools."""
    notices: tuple[str, ...] = ()
    """What the user should know of these settings, each a line of the log."""
    sources: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Where the value of an option comes from, or could be given, by name; for error messages."""
    policy_sources: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Where the value of each option of the policy comes from, by name; `default` for a default."""

    def source_of(self, name: str) -> str:
        """Names the source of an option's value for an error message."""
        return self.sources.get(name, f"--{name}")


def duration(text: str) -> float:
    """Parses `90s`, `1.5m`, `2h`, `1d` or a number of seconds; returns s."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+) ?([smhd]?)", text.strip())
    seconds = float(found[1]) * _UNITS[found[2]] if found else math.nan
    if not seconds <= _LONGEST_DURATION:
        raise ValueError(f"{text!r} is not a duration such as 90s, 1.5m, 2h or a number of seconds")
    return seconds


def pause(text: str) -> float:
    """Parses a duration between two requests, which may not be so short that they flood the cloud; returns s."""
    seconds = duration(text)
    if seconds < _SHORTEST_PAUSE:
        raise ValueError(f"{text!r} is too short; it must be at least {_SHORTEST_PAUSE} s")
    return seconds


def age(text: str) -> timedelta | None:
    """Parses a duration, or `none` for no limit."""
    return None if text.strip().lower() == "none" else timedelta(seconds=duration(text))


def scan_scopes(text: str) -> frozenset[ScanScope]:
    """Parses a list of what a scan must look for, separated by commas; at least one."""
    names = {name.strip() for name in text.split(",")}
    if "" in names:
        raise ValueError(f"{text!r} has an empty part; separate the names by single commas")
    unknown = sorted(names - set(ScanScope))
    if unknown:
        raise ValueError(f"{unknown[0]!r} is nothing that a scan looks for; known are {', '.join(ScanScope)}")
    return frozenset(map(ScanScope, names))


def moment(text: str) -> datetime:
    """Parses RFC 3339 or epoch seconds; returns an aware time in UTC."""
    text = text.strip()
    if re.fullmatch(r"[0-9]{13}", text):
        raise ValueError(f"{text!r} is in milliseconds, by its 13 digits; give seconds: {text[:10]}")
    try:
        # Fewer than ten digits are not epoch seconds of this century, but a date such as 20260131.
        if re.fullmatch(r"[0-9]{10,}(\.[0-9]+)?", text):
            return datetime.fromtimestamp(float(text), UTC)
        # RFC 3339 allows small letters, and Python a z in none of its versions before 3.13.
        when = datetime.fromisoformat(text.upper())
        when = when.astimezone(UTC) if when.tzinfo else when
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{text!r} is not a time such as 2026-01-31T12:00:00Z or epoch seconds") from None
    if when.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone; end it with Z for UTC")
    return when


def whole_number(text: str) -> int:
    """Parses a number of images, 0 or more."""
    if not re.fullmatch(r"[0-9]{1,15}", text.strip()):
        raise ValueError(f"{text!r} is not a whole number such as 0 or 5")
    return int(text)


def gate_name(text: str) -> str:
    """Parses the name of a gate, which becomes a part of file names, variables and categories."""
    name = text.strip()
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", name):
        raise ValueError(f"{text!r} is not a name such as staging: 1 to 40 letters, digits, dots, dashes, underscores")
    return name


def of_form(pattern: str, form: str) -> Callable[[str], str]:
    """A parser for texts of which every part is documented.

    Args:
        pattern: The regular expression that a whole text has to match.
        form: What such a text is, and how it looks, for the message about another one.
    """

    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"{text!r} is not {form}")
        return text

    return parse


def identifier(text: str) -> str:
    """Parses an id of the cloud, as its console shows it."""
    if re.search(r"\s", text):
        raise ValueError(f"{text!r} has a space in it and is no id; it may be a name")
    return text


def task_id(text: str) -> str:
    """Parses the id of a scan task; both clouds write 0, if at all, where there is no task."""
    if re.fullmatch("0+", text):
        raise ValueError(f"{text!r} stands for no task; give the id of one")
    return identifier(text)


def base_url(text: str) -> str:
    """Parses the address of an API: https, or plain http to loopback; returns it without a trailing slash."""
    if "@" in text:
        # First, since the other errors repeat the address.
        raise ValueError("an address may not contain a user or a password; credentials are set separately")
    try:
        parts = urlsplit(text.strip())
        host = parts.hostname or ""
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"{text!r} is not a URL: {error}") from None
    is_address = parts.scheme in {"http", "https"} and re.fullmatch(
        r"[\w-]{1,63}(\.[\w-]{1,63})*\.?|[0-9a-f:.]*:[0-9a-f:.]*", host, flags=re.ASCII
    )
    if not is_address or parts.query or parts.fragment:
        raise ValueError(f"{text!r} is not a URL such as https://hss.cn-north-4.myhuaweicloud.com")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError(f"{text!r} would send credentials unencrypted; plain http is for loopback addresses only")
    return text.strip().rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether this HTTP host is this machine, so that no other machine can listen."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def ca_bundle(text: str) -> Path:
    """Parses the path of a file of PEM certificates, which every connection will read again."""
    try:
        path = _regular(Path(text))
        ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        raise ValueError(f"{text!r} is not a file of PEM certificates (it has none that can be read)") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ValueError(f"{text!r} is not a file of PEM certificates ({why})") from None
    return path


def _regular(path: Path) -> Path:
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("it is not a regular file, and a pipe can be read only once")
    return path


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        # The name is too long, links form a circle, or a folder may not be searched.
        raise ValueError(f"{str(path)!r} cannot be the path of a report ({error.strerror})") from None


def report_target(text: str) -> ReportTarget:
    """Parses `FORMAT=PATH`; the caller checks whether the format exists."""
    name, equals, path = text.strip().partition("=")
    if not (name and equals and path) or "\0" in path:
        raise ValueError(f"{text!r} is not FORMAT=PATH, such as json=report.json")
    target = path_of(path)
    if _is_folder(target):
        raise ValueError(f"{path!r} is a folder; name a file in it")
    if re.search(r"[,; ] *[a-z-]+=", path):
        raise ValueError(f"{text!r} looks like several reports; repeat --report, or write one per line in a variable")
    return ReportTarget(format=name, path=target)
