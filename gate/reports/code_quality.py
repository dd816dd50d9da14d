"""The `code-quality` report for GitLab's merge requests: what speaks against the release, most important first.

GitLab compares it with that of the target branch and shows what is new (ci-hosts.md 4.2), so a run without a verdict
says why: an empty list would read as if all were well again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gate.policy import Decision
from gate.reports.failures import exceeds_failed_limit, failures, fingerprint
from gate.text import MAX_REASON_LENGTH, as_json, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.outcome import Outcome

MOST_ISSUES = 25_000
_PLACE = "Dockerfile"
"""A path in the repository is asked for, and images have none; this is where most of them come from."""


def render(outcome: Outcome) -> str:
    """Renders a list of at most 25,000 issues, in ASCII."""
    return as_json(list(_issues(outcome)))


def _issues(outcome: Outcome) -> Iterator[dict[str, Any]]:
    severity = "blocker" if outcome.verdict.decision is Decision.BLOCKED else "major"
    reasons = outcome.verdict.reasons
    for reason in reasons:
        yield _issue(reason.code, reason.message, severity, outcome.cloud)
    shown, left_out = failures(outcome, MOST_ISSUES - len(reasons))
    severity = "critical" if exceeds_failed_limit(outcome) else "minor"
    for failure in shown:
        yield _issue("image-not-scanned", failure.text, severity, failure.identity)
    if left_out:
        yield _issue("more-images-not-scanned", left_out, severity, outcome.cloud)


def _issue(check: str, text: str, severity: str, identity: str) -> dict[str, Any]:
    return {
        "description": one_line(text, MAX_REASON_LENGTH),
        "check_name": check,
        "fingerprint": fingerprint(check, identity),
        "severity": severity,
        "location": {"path": _PLACE, "lines": {"begin": 1}},
    }
