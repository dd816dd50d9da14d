"""What was judged, by which policy and in which job, as rows that each report shows in its own way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.policy_digest import policy_digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.outcome import Outcome

_DEFAULT = "default"


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextRow:
    """One row."""

    key: str
    """For programs, in small letters and hyphens."""
    title: str
    value: str
    """From outside, so each report has to escape it."""
    url: str = ""
    """Where the value links to: a plain web address, checked by `gate.run_context.web_address`; empty for none."""
    is_code: bool = False
    """Whether it is a name for machines, such as a digest."""


def context_rows(outcome: Outcome) -> Iterator[ContextRow]:
    """Yields what is known: cloud, region, account, repository, commit, pipeline, job, policy and gate."""
    return (row for row in _rows(outcome) if row.value)


def _rows(outcome: Outcome) -> Iterator[ContextRow]:
    context, job = outcome.context, outcome.context.job
    yield ContextRow(key="cloud", title="Cloud", value=outcome.cloud)
    yield ContextRow(key="region", title="Region", value=context.region)
    yield ContextRow(key="endpoint", title="Endpoint", value=context.endpoint)
    yield ContextRow(key="account", title="Project or account", value=context.account, is_code=True)
    tasks = ", ".join(context.started_tasks)
    yield ContextRow(key="started-tasks", title="Scan tasks started", value=tasks, is_code=True)
    yield ContextRow(key="repository", title="Repository", value=job.repository, url=job.repository_url)
    yield ContextRow(key="commit", title="Commit", value=job.commit, is_code=True)
    yield ContextRow(key="branch", title="Branch", value=job.branch, is_code=True)
    yield ContextRow(key="pipeline", title="Pipeline", value=job.pipeline, url=job.pipeline_url)
    yield ContextRow(key="job", title="Job", value=job.name, url=job.url)
    yield ContextRow(key="policy-digest", title="Policy digest", value=policy_digest(outcome.policy), is_code=True)
    yield ContextRow(key="policy-sources", title="Policy set by", value=policy_sources(outcome))
    yield ContextRow(key="gate-version", title="Version of the gate", value=outcome.gate_version)
    yield ContextRow(key="gate-image", title="Image of the gate", value=job.gate_image, is_code=True)


def policy_sources(outcome: Outcome) -> str:
    """Where the values of the policy come from, as one text: those that were given, then the rest."""
    sources = outcome.context.policy_sources
    given = [
        source if source == f"--{name}" else f"{source} ({name})"
        for name, source in sources.items()
        if source != _DEFAULT
    ]
    has_defaults = _DEFAULT in sources.values()
    return ", ".join((*given, *([f"{'all else ' if given else ''}by default"] if has_defaults else [])))
