"""The words about findings and waivers in the reasons of a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.finding import FindingStatus
from gate.image_description import short_name
from gate.text import first_of, one_line
from gate.verdict_messages import format_duration, format_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from gate.finding import Waiver
    from gate.findings.evaluate import ExceededLimit
    from gate.image import ScannedImage, Severity

_NAMED = 5
"""How many findings, images or waivers a message names."""


def too_many(exceeded: ExceededLimit, images: Sequence[ScannedImage]) -> str:
    """The reason of a block by the number of open findings."""
    level = "of unknown severity" if exceeded.level == "unknown" else f"of severity {exceeded.level} or higher"
    named = first_of([*dict.fromkeys(_open_ids(images, exceeded.level))], _NAMED)
    return (
        f"{exceeded.actual} open finding{'' if exceeded.actual == 1 else 's'} {level}"
        + (f" ({named})" if named else "")
        + f"; --max-findings {exceeded.level} allows {exceeded.limit}. "
        "Update what is affected and scan again, or waive what you accept with --waivers."
    )


def unused(waivers: Sequence[Waiver]) -> str:
    """The reason of a block by waivers that match nothing, since the finding may come back unseen."""
    named = first_of([f"{waiver.id} ({waiver.source})" if waiver.source else waiver.id for waiver in waivers], _NAMED)
    count = "1 waiver matches" if len(waivers) == 1 else f"{len(waivers)} waivers match"
    return f"{count} no finding: {named}. Remove what is not needed any more, or correct its id, images or package."


def stale_baseline(made_at: datetime, max_age: timedelta) -> str:
    """The reason when the baseline is too old."""
    return (
        f"The baseline is of {format_time(made_at)}, which is longer ago than --baseline-max-age allows "
        f"({format_duration(max_age.total_seconds())}). Make a new one from a run that was looked at."
    )


def future_baseline(made_at: datetime) -> str:
    """The reason when the baseline is from the future."""
    return (
        f"The baseline is of {format_time(made_at)}, which is in the future. "
        "A clock is wrong, or the file was changed. Make a new one."
    )


def incomplete(images: Sequence[ScannedImage]) -> str:
    """The reason when the policy goes by findings, and the cloud did not state or list them all."""
    named = first_of([f"{short_name(image.image)}: {_doubt(image)}" for image in images], _NAMED, "; ")
    return (
        f"The policy goes by single findings or severities, and those of {len(images)} "
        f"image{'' if len(images) == 1 else 's'} are not all known ({named}). "
        "Run the gate again, and check these images in the cloud's console if this stays so."
    )


def asking_for_cves(number: int, calls_per_minute: int) -> str:
    """What the log says before the CVEs of so many vulnerabilities are asked for, one after the other."""
    vulnerabilities = "1 vulnerability" if number == 1 else f"up to {number} vulnerabilities"
    minutes = (number - 1) // calls_per_minute
    needed = f", which takes {format_duration(60 * minutes)} at least" if minutes else ""
    calls = f"one call for each and {calls_per_minute} a minute"
    return f"asking for the CVEs of {vulnerabilities} that waivers of CVEs may cover: {calls}{needed}"


def cves_unanswered(number: int, why: str) -> str:
    """The warning when the CVEs of so many vulnerabilities are not known, and decide."""
    what, they = ("1 vulnerability", "it") if number == 1 else (f"{number} vulnerabilities", "them")
    return f"the CVEs of {what} are not known, so no waiver of a CVE covers {they}: {why}"


def cves_unneeded(number: int) -> str:
    """The warning when waivers may cover so many open findings whose CVEs are not known, and that decides nothing."""
    findings = "1 open finding" if number == 1 else f"{number} open findings"
    return f"the CVEs of {findings} are not known, and waivers may name them; the release is blocked whatever they are"


def _doubt(image: ScannedImage) -> str:
    if image.findings is None or image.findings_doubt:
        return one_line(image.findings_doubt) or "not stated"
    return "what the cloud states of its risk does not fit what it lists"


def _open_ids(images: Sequence[ScannedImage], level: Severity) -> list[str]:
    return [
        finding.id
        for image in images
        for finding in image.findings or ()
        if finding.status is FindingStatus.OPEN and finding.severity.is_at_least(level)
    ]
