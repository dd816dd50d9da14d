"""The `html` report: one file that shows a person what was decided and why, opened from a job's artifacts.

It loads nothing: its content security policy allows its own style and its own script, by their hashes, and forbids
everything else. Every text from outside goes through `gate.text.for_html`.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from gate.outcome import coverage
from gate.policy import Decision
from gate.reports.context import context_rows
from gate.reports.html.counts import counts
from gate.reports.html.findings import findings, has_findings
from gate.reports.html.images import images
from gate.reports.html.parts import counted, duration, facts, icon, isolated, number, timestamp
from gate.reports.html.timeline import timeline
from gate.reports.images import passed_release
from gate.text import MAX_REASON_LENGTH, for_html

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.finding import FindingPolicy
    from gate.outcome import Outcome
    from gate.policy import Policy, Reason
    from gate.reports.context import ContextRow
    from gate.scan import ScanTask

_STYLE = files(__name__).joinpath("page.css").read_text(encoding="utf-8")
_SCRIPT = files(__name__).joinpath("page.js").read_text(encoding="utf-8")


def render(outcome: Outcome) -> Iterator[str]:
    """Renders the page, of at most `gate.reports.size_limits.MAX_HTML_SIZE` bytes in UTF-8."""
    yield _start(outcome)
    yield _section("counts", "Counts and limits", counts(outcome))
    yield _section("timeline", "What the gate saw", timeline(outcome))
    yield _section_start("named", "Images")
    yield from images(outcome)
    yield _SECTION_END
    if has_findings(outcome):
        yield _section_start("found", "Findings")
        yield from findings(outcome)
        yield _SECTION_END
    yield '<div class="columns">\n'
    yield _section("policy", "Policy", facts(_policy(outcome.policy)))
    yield _section("run", "Run of the gate", facts(_run(outcome)))
    yield _section("context", "Where and for what", facts((row.title, _context(row)) for row in context_rows(outcome)))
    title = "Scans" if outcome.task and outcome.task.asks_for_images else "Scan task"
    yield _section("task", title, _task(outcome, outcome.task))
    yield "</div>\n"
    yield _end(outcome)


def _start(outcome: Outcome) -> str:
    task, decision = outcome.task, outcome.verdict.decision
    name = f" · {for_html(task.name or task.id)}" if task and (task.name or task.id) else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_content_security_policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{_title(outcome)} {decision}{name}</title>
<style>{_STYLE}</style>
</head>
<body class="{decision}">
<header>
{_verdict(outcome)}
</header>
<main>
"""


def _title(outcome: Outcome) -> str:
    return f"Image scan {for_html(outcome.name)}".rstrip()


def _end(outcome: Outcome) -> str:
    return f"""</main>
<footer><p>Written by scan-gate {for_html(outcome.gate_version)}, {timestamp(outcome.generated_at)}.</p></footer>
<script>{_SCRIPT}</script>
</body>
</html>
"""


def _content_security_policy() -> str:
    style, script = (b64encode(sha256(text.encode()).digest()).decode() for text in (_STYLE, _SCRIPT))
    own = f"style-src 'sha256-{style}'; script-src 'sha256-{script}'"
    return f"default-src 'none'; {own}; base-uri 'none'; form-action 'none'"


def _section(name: str, title: str, content: str) -> str:
    return _section_start(name, title) + content + _SECTION_END


def _section_start(name: str, title: str) -> str:
    return f"""<section id="{name}" aria-labelledby="{name}-title">
<h2 id="{name}-title">{title}</h2>
"""


_SECTION_END = "\n</section>\n"


def _verdict(outcome: Outcome) -> str:
    decision = outcome.verdict.decision
    return f"""<div class="verdict">
{icon(decision)}
<h1><small>{_title(outcome)}</small> {decision.capitalize()}</h1>
<p class="consequence">{_consequence(outcome)}</p>
{_reasons(outcome.verdict.reasons)}
</div>
{facts(_summary(outcome))}"""


def _reasons(reasons: tuple[Reason, ...]) -> str:
    if not reasons:
        return ""
    return "\n".join(('<ul class="reasons">', *map(_reason, reasons), "</ul>"))


def _reason(reason: Reason) -> str:
    return f"<li><span>{for_html(reason.message, MAX_REASON_LENGTH)}</span> <code>{for_html(reason.code)}</code></li>"


def _consequence(outcome: Outcome) -> str:
    decision = outcome.verdict.decision
    if decision is Decision.PASSED:
        return f"{passed_release(outcome) or 'Judged, and within the policy'}: the release may go out."
    if not outcome.enforced:
        return "A warning only: the policy lets the job continue."
    if decision is Decision.BLOCKED:
        return "Judged, and outside the policy: the release may not go out."
    return "The gate could not judge, and what is not judged may not go out."


def _summary(outcome: Outcome) -> Iterator[tuple[str, str]]:
    code = outcome.verdict.exit_code
    instead = "" if outcome.enforced else f" <small>in place of {code:d}</small>"
    yield "Exit code", f"{outcome.exit_code:d}{instead}"
    yield "Enforced", "yes" if outcome.enforced else "no <small>warning only</small>"
    yield f"Images{outcome.counts_note}", number(outcome.task.counts.total if outcome.task else None)
    yield "Waited", f"{duration(outcome.seconds)} <small>{counted(outcome.polls, 'poll')}</small>"


def _policy(policy: Policy) -> Iterator[tuple[str, str]]:
    yield "Failed images allowed", number(policy.max_failed)
    yield "Risky images allowed", number(policy.max_risky)
    yield from _finding_policy(policy.findings)
    oldest = "any" if policy.max_age is None else f"at most {policy.max_age.total_seconds() / 3600:g} h"
    yield "Age of a scan", oldest
    started = "at any time" if policy.started_after is None else f"after {timestamp(policy.started_after)}"
    yield "Scan started", started
    yield "Required scope", ", ".join(sorted(policy.required_scopes))
    yield "Counts may change for", duration(policy.settle)
    yield "Blocked", "is a warning only" if policy.warn_only else "stops the job"
    yield "Undecided", "is a warning only (exit codes 4 to 7)" if policy.warn_undecided else "stops the job"


def _finding_policy(policy: FindingPolicy) -> Iterator[tuple[str, str]]:
    """What goes by severities or single findings; nothing of what was not asked for."""
    if policy.severity_cutoff:
        yield "Risky from severity", policy.severity_cutoff
    for level, limit in policy.max_findings.items():
        yield f"Findings from {level} allowed", number(limit)
    if policy.only_fixable:
        yield "Findings without a fix", "do not count"
    if policy.waivers:
        yield "Waivers", number(len(policy.waivers))
    if policy.as_of:
        yield "Judged as of", policy.as_of.isoformat()
    if policy.baseline is not None:
        yield "Findings of the baseline", number(len(policy.baseline))


def _task(outcome: Outcome, task: ScanTask | None) -> str:
    if task is None:
        return facts([("Cloud", isolated(outcome.cloud))]) + '\n<p class="quiet">No scan task was seen.</p>'
    if task.asks_for_images:
        return facts(
            [
                ("Cloud", isolated(outcome.cloud)),
                *((name, isolated(value)) for name, value in coverage(task).items()),
                ("State", isolated(task.raw_state)),
                ("Last scan ended", timestamp(task.ended_at)),
            ]
        )
    return facts(
        [
            ("Cloud", isolated(outcome.cloud)),
            ("Name", isolated(task.name)),
            ("Id", isolated(task.id)),
            *((name, isolated(value)) for name, value in coverage(task).items()),
            ("State", str(task.state)),
            ("State in the cloud's words", isolated(task.raw_state)),
            ("Progress", "not known" if task.progress is None else f"{task.progress} %"),
            ("Started", timestamp(task.started_at)),
            ("Ended", timestamp(task.ended_at)),
        ]
    )


def _context(row: ContextRow) -> str:
    value = f"<code>{isolated(row.value)}</code>" if row.is_code else isolated(row.value)
    return f'<a href="{for_html(row.url, len(row.url))}" rel="noreferrer">{value}</a>' if row.url else value


def _run(outcome: Outcome) -> Iterator[tuple[str, str]]:
    yield "Waited", duration(outcome.seconds)
    yield "Polls", f"{outcome.polls:,}"
    yield "Retries", f"{outcome.retries:,}"
    yield "Report made", timestamp(outcome.generated_at)
