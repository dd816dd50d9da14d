"""The `code-quality` report for GitLab's merge requests: the reasons against the release, most important first.

GitLab compares it with that of the target branch and shows what is new (ci-hosts.md 4.2). So a run without a verdict
says why there is none: an empty list would mean that all issues are resolved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.policy import Decision
from gate.reports.images import failed_checks, fingerprint_in_pipeline, shown_images
from gate.reports.json_text import RowLayout, list_chunks
from gate.text import MAX_REASON_LENGTH, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.outcome import Outcome

MAX_ISSUES = 25_000
_SEVERITIES = {True: "critical", False: "minor"}
"""Of an image, by whether it blocks the release."""
_ISSUE = RowLayout(
    {
        "description": "%(text)s",
        "check_name": "%(check)s",
        "fingerprint": "%(fingerprint)s",
        "severity": "%(severity)s",
        # GitLab requires a path in the repository, and images have none; most of them are built from this file.
        "location": {"path": "Dockerfile", "lines": {"begin": 1}},
    },
    depth=1,
)


def render(outcome: Outcome) -> Iterator[str]:
    """Renders a list of at most 25,000 issues, in ASCII."""
    return list_chunks(_issues(outcome))


def _issues(outcome: Outcome) -> Iterator[str]:
    severity = "blocker" if outcome.verdict.decision is Decision.BLOCKED else "major"
    # GitLab keeps one of two issues with the same fingerprint.
    reasons = outcome.reasons_by_code
    for code, text in reasons.items():
        yield _issue(code, text, severity, outcome, outcome.cloud)
    shown = shown_images(outcome, MAX_ISSUES - len(reasons))
    for finding in failed_checks(shown.images, outcome):
        yield _issue(finding.check, finding.text, _SEVERITIES[finding.blocks], outcome, finding.identity)
    if shown.left_out:
        yield _issue("more-images", shown.left_out, _SEVERITIES[shown.left_out_block], outcome, outcome.cloud)


def _issue(check: str, text: str, severity: str, outcome: Outcome, identity: str) -> str:
    return _ISSUE.fill(
        text=one_line(text, MAX_REASON_LENGTH),
        check=check,
        fingerprint=fingerprint_in_pipeline(outcome, check, identity),
        severity=severity,
    )
