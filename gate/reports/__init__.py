"""The reports: each a pure function from the outcome to text, one module a format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.reports import code_quality, dotenv, html, json_report, junit, markdown, sarif

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gate.outcome import Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """One format of report."""

    render: Callable[[Outcome], str]
    needs_a_verdict: str = ""
    """Why there is none of an undecided run; empty for those that say so themselves."""


REPORTS: Mapping[str, Report] = {
    "json": Report(render=json_report.render),
    "markdown": Report(render=markdown.render),
    "html": Report(render=html.render),
    "sarif": Report(
        render=sarif.render,
        needs_a_verdict="there is no verdict, and code scanning would close every alert at an upload without results",
    ),
    "junit": Report(render=junit.render),
    "code-quality": Report(render=code_quality.render),
    "dotenv": Report(render=dotenv.render),
}
"""The formats of `--report FORMAT=PATH`, by name."""
