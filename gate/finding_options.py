"""The options about single findings: which of them count, and which are accepted."""

from __future__ import annotations

import re
from datetime import date

from gate.image import Severity
from gate.settings import Option, age, whole_number
from gate.suggestion import closest
from gate.unexpanded import path_of

ANY_RISK = "any"
"""The value of `--severity-cutoff` for what the cloud itself calls a risk."""
_LEVELS = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.UNKNOWN)
_MAX_DAYS = 3650


def severity_limits(text: str) -> dict[Severity, int]:
    """Parses `LEVEL=N`, or several of them with commas between, each level once."""
    limits: dict[Severity, int] = {}
    for part in text.split(","):
        name, equals, number = part.strip().partition("=")
        if not equals:
            raise ValueError(f"{part.strip()!r} is not LEVEL=N, such as high=0")
        if name not in _LEVELS:
            similar = str(closest(name, _LEVELS))
            hint = f"; did you mean {similar!r}?" if similar else f"; known are {', '.join(_LEVELS)}"
            raise ValueError(f"{name!r} is not a severity{hint}")
        level = Severity(name)
        if level in limits:
            raise ValueError(f"{text!r} has two limits for {level}")
        limits[level] = whole_number(number)
    return limits


def day(text: str) -> date:
    """Parses a day such as 2026-01-31."""
    try:
        # Python reads 20260131 and 2026-W05-6 too, which a reader may take for something else.
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text.strip()):
            raise ValueError  # noqa: TRY301 - the same message for both
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is not a day such as 2026-01-31") from None


def days(text: str) -> int:
    """Parses a number of days, 1 or more."""
    number = whole_number(text)
    if not 1 <= number <= _MAX_DAYS:
        raise ValueError(f"{text!r} is not a number of days from 1 to {_MAX_DAYS}")
    return number


FINDING_OPTIONS = (
    Option(
        name="severity-cutoff",
        help="an image is risky if it has an open finding of this severity or a higher one; any: if the cloud calls it "
        "risky; none: no image is, so that only --max-findings blocks",
        choices=(ANY_RISK, *map(str, _LEVELS[:-1]), str(Severity.NONE)),
        default=ANY_RISK,
    ),
    Option(
        name="max-findings",
        help="block if all images together have more than N open findings of this severity or higher ones, such as "
        "high=0,medium=20; repeatable, one per line in a variable",
        parse=severity_limits,
        metavar="LEVEL=N",
        is_repeatable=True,
        is_lenient_by_default=True,
    ),
    Option(
        name="only-fixable",
        help="count only findings that have a fix, or of which the cloud does not say whether they have",
        is_flag=True,
    ),
    Option(
        name="waivers",
        help="accept the findings that this TOML file names, each with a reason and a last day; repeatable, a central "
        "file before the local one, one per line in a variable",
        parse=path_of,
        metavar="FILE",
        is_repeatable=True,
        is_lenient_by_default=True,
    ),
    Option(
        name="waiver-max-days",
        help="refuse a waiver whose last day is more than N days ahead",
        parse=days,
        metavar="N",
        default="90",
        is_lenient_by_default=True,
    ),
    Option(
        name="unused-waivers",
        help="whether waivers for these images that match no finding only warn, or block",
        choices=("warn", "block"),
        default="warn",
        is_lenient_by_default=True,
    ),
    Option(
        name="as-of",
        help="judge waivers as if it were this day, in UTC",
        parse=day,
        metavar="DATE",
        default_note="the day of the run",
    ),
    Option(
        name="vex",
        help="accept what this OpenVEX document calls not_affected or fixed in these images; repeatable, one per line "
        "in a variable",
        parse=path_of,
        metavar="FILE",
        is_repeatable=True,
        is_lenient_by_default=True,
    ),
    Option(
        name="baseline",
        help="what stood in this json report of an earlier run, with the same severity or a higher one, does not block "
        "again",
        parse=path_of,
        metavar="REPORT",
    ),
    Option(
        name="baseline-max-age",
        help="refuse a baseline that is older than this; `none` turns the check off",
        parse=age,
        metavar="DURATION",
        default="30d",
        is_lenient_by_default=True,
    ),
    Option(
        name="list-findings",
        help="list the single findings of the images in the reports, also where neither the policy nor a report needs "
        "them",
        is_flag=True,
    ),
)
"""They are about the images that are named; a scan task has no single findings."""
