"""What `verify` says of each image, and of the signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.verdict_messages import format_difference, format_duration, format_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from gate.verify.summaries import Other, Summary

NOT_CHECKED = (
    "Signature: NOT checked. Check it first, with `gh attestation verify`, `cosign verify-blob-attestation` or the "
    "signer's own tool, or let --verify-with run such a command."
)
_SHOWN = 5


def decided(summary: Summary, time: datetime, now: datetime) -> str:
    """What the summary says that decides, and when and by which policy it was reached."""
    result = "passed" if summary.has_passed else "FAILED: its release was blocked"
    ago = format_difference(max(0.0, (now - time).total_seconds()))
    version = f" with scan-gate {summary.gate_version}" if summary.gate_version else ""
    return f"{result}, judged {format_time(time)} ({ago} ago){version} by the policy {summary.policy or '?'}"


def nothing_fits(objections: Sequence[str], others: Sequence[Other]) -> str:
    """Why no summary counts."""
    why = [*objections, *(f"{other.stated.where} {other.why}" for other in others)]
    more = f"; and {len(why) - _SHOWN} more" if len(why) > _SHOWN else ""
    if objections:
        return f"no summary of this digest counts: {'; '.join(why[:_SHOWN])}{more}."
    return f"no summary names this digest{': ' if why else ''}{'; '.join(why[:_SHOWN])}{more}."


def other_policy(summary: Summary, expected: str | None) -> str:
    """Why a summary by another policy does not count."""
    policy = f"the policy {summary.policy}" if summary.policy else "a policy without a digest"
    return f"{summary.stated.where} is by {policy}, and --policy-digest is {expected}"


def unfit_time(summary: Summary, now: datetime, max_age: timedelta) -> str:
    """Why a summary does not count by its time."""
    where = summary.stated.where
    if summary.verified_at is None:
        return f"{where} has no time"
    age = (now - summary.verified_at).total_seconds()
    when = format_time(summary.verified_at)
    if age < 0:
        return f"{where} is of {when}, {format_difference(-age)} in the future; compare the clocks"
    limit = format_duration(max_age.total_seconds())
    return f"{where} is of {when}, {format_difference(age)} ago, and --max-age is {limit}"


def contradiction(newest: Sequence[Summary], time: datetime) -> str:
    """Why the newest summaries decide nothing."""
    places = " and ".join(summary.stated.where for summary in newest[:_SHOWN])
    return f"{places} are of the same time, {format_time(time)}, and contradict each other."


def unplaced_failure(summary: Summary) -> str:
    """Why a pass does not count beside a failure whose time is not known."""
    return f"{summary.stated.where} says FAILED without a time that can be, perhaps after the summary that passed."


def signatures(tool: str, *, accepted: int, refused: int, images: int) -> str:
    """The first line after a tool has checked the statements that count."""
    if refused:
        return f"Signature: REFUSED by {tool} for {refused} of {images} images."
    if accepted == images:
        return f"Signature: checked by {tool}, for each image."
    return f"Signature: checked by {tool} for {accepted} of {images} images; for the others, no statement counts."


def refused_signature(tool: str, why: str, summary: Summary) -> str:
    """Why a summary does not count that the tool did not accept."""
    return f"{tool} did not accept the signature of {summary.stated.where}: {why}"
