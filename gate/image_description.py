"""Describes one image: its name, its result, what was found in it or why it has no result, and a tag that moved.

`gate.images.messages` has what is said of a run of image mode.
Each text is on one line and not escaped, and has the start of a digest only; the json report has the whole.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from gate import finding_messages
from gate.image import ImageState, Severity
from gate.scan import ScanScope
from gate.text import one_line
from gate.verdict_messages import format_time

if TYPE_CHECKING:
    from gate.image import ImageRef, ScannedImage

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_SHORT_DIGEST = 12
"""Hexadecimal digits, as container tools print them."""
_RISKS = {True: "risky", False: "no risks", None: "unknown risk"}
_STATES = {ImageState.NOT_SCANNABLE: "not scannable", ImageState.UNKNOWN: "unknown state"}
_PHRASES = {
    "no risks": "no risks found",
    "waiting": "waiting for its scan",
    "scanning": "being scanned",
    "failed": "could not be scanned",
    "unknown state": "in an unknown state",
}
"""What a sentence says in place of a result."""


def short_name(image: ImageRef) -> str:
    """The name of an image; empty if nothing is known of it."""
    name = str(image)
    return one_line(name.removesuffix(image.digest) + _short_digest(image.digest) if image.digest else name)


def _short_digest(text: str) -> str:
    return text[: len("sha256:") + _SHORT_DIGEST] if _DIGEST.fullmatch(text) else text


def result(image: ScannedImage) -> str:
    """The result in a word or two, and else the state.

    Of an image that was scanned: `risky`, `not risky` if what was found does not count, `no risks` or `unknown risk`.
    """
    if image.state is ImageState.SCANNED:
        has_findings = image.findings or any(image.kinds.values()) or any(image.severities.values())
        return "not risky" if image.is_risky is False and has_findings else _RISKS[image.is_risky]
    return _STATES.get(image.state, str(image.state))


def details(image: ScannedImage) -> str:
    """What was found in an image, or why it has no result; empty if nothing is known."""
    if image.state is ImageState.FAILED:
        return _why(image.reason)
    if image.state is ImageState.SCANNED:
        unknown = image.findings_doubt or "the cloud does not state it, or contradicts itself"
        doubt = "" if image.is_risky is not None else one_line(unknown)
        listed = finding_messages.summary(image.findings) if image.findings else ""
        return "; ".join(filter(None, (doubt, findings(image), listed, one_line(image.warning))))
    if image.state is ImageState.MISSING:
        other = one_line(_short_digest(image.listed_digest))
        why = one_line(image.reason) or "the cloud does not list this digest"
        return why + (f", but {other} under this tag" if other else "")
    reason = one_line(image.reason).rstrip(".")
    if image.state is ImageState.UNKNOWN:
        return reason or one_line(image.raw_state)
    if image.state is ImageState.OUTDATED and image.scanned_at:
        return reason or f"last scanned {format_time(image.scanned_at)}"
    return reason


def findings(image: ScannedImage) -> str:
    """How many findings an image has: `3 vulnerabilities (2 high, 1 low), 1 malicious file`; empty if none is known."""
    parts = []
    for scope, nouns in finding_messages.KINDS.items():
        count, by_severity = image.kinds.get(scope), severities(image) if scope is ScanScope.VULNERABILITY else ""
        if count:
            parts.append(f"{count} {nouns[count > 1]}" + (f" ({by_severity})" if by_severity else ""))
        elif by_severity:
            parts.append(f"vulnerabilities: {by_severity}")
    if image.highest and image.highest is not Severity.NONE and not image.severities.get(image.highest):
        parts.append(f"highest severity {image.highest}")
    return ", ".join(parts)


def severities(image: ScannedImage) -> str:
    """How many vulnerabilities an image has by severity, the highest first: `2 high, 5 medium`; empty if not known."""
    counts = ((image.severities.get(severity), severity) for severity in Severity if severity is not Severity.NONE)
    return ", ".join(f"{count} {severity}" for count, severity in counts if count)


def moved(image: ScannedImage) -> str:
    """What to know of a tag that has moved; empty if it has not."""
    now = one_line(_short_digest(image.moved_to))
    return f"the tag now stands for {now}; the verdict is about the digest" if now else ""


def sentence(image: ScannedImage) -> str:
    """The image and what to know of it: `shop/web:1.4.2 risky: 3 vulnerabilities (2 high, 1 low).`."""
    return f"{short_name(image.image) or 'An image'} {predicate(image)}"


def status(image: ScannedImage) -> str:
    """The image, what to know of it and when it was scanned, if ever: `shop/web:1.4.2 risky; last scan ...`."""
    known, time = sentence(image).removesuffix("."), format_time(image.scanned_at) if image.scanned_at else ""
    return known if time in known else f"{known}; last scan {time}"


def predicate(image: ScannedImage) -> str:
    """The same for a place that shows the name beside it."""
    note = moved(image) if image.moved_to else ""
    found = _failed(image.reason) if image.state is ImageState.FAILED else _found(result(image), details(image))
    return f"{found} T{note[1:]}." if note else found


@lru_cache(maxsize=64)  # Thousands of images fail for the same few reasons.
def _failed(reason: str) -> str:
    return _found("failed", _why(reason))


def _found(what: str, about: str) -> str:
    phrase = _PHRASES.get(what, what)
    return f"{phrase}: {about}." if about else f"{phrase}."


def _why(reason: str) -> str:
    return one_line(reason).rstrip(".") or "no reason given"


def names_and_count(named: int, counted: int) -> str:
    """What to know where a task counts more or less risky images than it names; empty if it does not."""
    if named == counted:
        return ""
    return f"The cloud names {named} risky image{'' if named == 1 else 's'} and counts {counted}; the count decides."
