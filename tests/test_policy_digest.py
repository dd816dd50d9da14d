"""The digest of a policy: it changes with everything that can let more pass, and with nothing else."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from gate.finding import FindingPolicy, KnownFinding, Waiver
from gate.image import Severity
from gate.policy import Policy
from gate.policy_digest import policy_digest
from gate.reports import json_report
from gate.scan import RISK_SCOPES, ScanScope
from gate.stored_report import parse_report
from tests.builders import NOW, a_digest, a_release, a_risky_image, a_waiver

KNOWN = KnownFinding(id="CVE-2026-1", package="openssl", kind=ScanScope.VULNERABILITY, repository="team/web")
FULL = Policy(
    findings=FindingPolicy(
        severity_cutoff=Severity.HIGH,
        max_findings={Severity.HIGH: 0, Severity.LOW: 9},
        waivers=(a_waiver("A"), a_waiver("B")),
        baseline={KNOWN: Severity.LOW},
        baseline_at=NOW,
    )
)
OF_POLICY: dict[str, Any] = {
    "max_failed": 1,
    "max_risky": 1,
    "max_age": None,
    "required_scopes": frozenset({ScanScope.VULNERABILITY}),
    "settle": 0.0,
}
OF_FINDINGS: dict[str, Any] = {
    "severity_cutoff": Severity.NONE,
    "max_findings": {Severity.HIGH: 1, Severity.LOW: 9},
    "only_fixable": True,
    "waivers": (a_waiver("A"),),
    "unused_waivers_block": True,
    "as_of": date(2026, 1, 1),
    "baseline": {KNOWN: Severity.HIGH},
    "baseline_max_age": timedelta(days=1),
}
OF_WAIVERS: dict[str, Any] = {
    "id": "C",
    "images": ("team/*",),
    "digests": frozenset({a_digest()}),
    "package": "openssl",
    "version": "3",
    "reason": "other",
    "owner": "other",
    "until": None,
    "justification": "component_not_present",
}
WITHOUT_EFFECT: dict[type, dict[str, Any]] = {
    Policy: {"started_after": NOW, "warn_only": True, "warn_undecided": True},
    # Where a cloud has no word for critical, the cutoff and the limits say high already.
    FindingPolicy: {"baseline_at": None, "has_critical": True},
    Waiver: {"is_fixed": True, "source": "other.toml"},
}


def with_findings(**changed: Any) -> Policy:
    return replace(FULL, findings=replace(FULL.findings, **changed))


def with_waiver(**changed: Any) -> Policy:
    return with_findings(waivers=(a_waiver("A"), replace(a_waiver("B"), **changed)))


def test_every_field_of_a_policy_is_tested_here() -> None:
    changed_of: dict[Any, dict[str, Any]] = {Policy: OF_POLICY, FindingPolicy: OF_FINDINGS, Waiver: OF_WAIVERS}
    for of, changed in changed_of.items():
        # The part about findings is a policy of its own.
        names = {field.name for field in fields(of)} - {"findings"}

        assert changed.keys() | WITHOUT_EFFECT[of].keys() == names


@pytest.mark.parametrize("name", OF_POLICY)
def test_the_digest_changes_with_a_value_of_the_policy(name: str) -> None:
    assert policy_digest(replace(FULL, **{name: OF_POLICY[name]})) != policy_digest(FULL)


@pytest.mark.parametrize("name", OF_FINDINGS)
def test_the_digest_changes_with_a_value_about_findings(name: str) -> None:
    assert policy_digest(with_findings(**{name: OF_FINDINGS[name]})) != policy_digest(FULL)


@pytest.mark.parametrize("name", OF_WAIVERS)
def test_the_digest_changes_with_a_value_of_a_waiver(name: str) -> None:
    assert policy_digest(with_waiver(**{name: OF_WAIVERS[name]})) != policy_digest(FULL)


@pytest.mark.parametrize("name", [field.name for field in fields(KnownFinding)])
def test_the_digest_changes_with_a_finding_of_the_baseline(name: str) -> None:
    values: dict[str, Any] = {"id": "X", "package": "X", "kind": ScanScope.BASELINE, "repository": "X", "number": 2}

    assert policy_digest(with_findings(baseline={replace(KNOWN, **{name: values[name]}): Severity.LOW})) != (
        policy_digest(FULL)
    )


@pytest.mark.parametrize(
    "same",
    [
        replace(FULL, **WITHOUT_EFFECT[Policy]),
        with_findings(**WITHOUT_EFFECT[FindingPolicy]),
        with_waiver(**WITHOUT_EFFECT[Waiver]),
        with_findings(waivers=(a_waiver("B"), a_waiver("A"))),
        with_findings(max_findings={Severity.LOW: 9, Severity.HIGH: 0}),
        replace(FULL, settle=60),
    ],
    ids=["leniency", "age of the baseline", "place of a waiver", "order", "order of limits", "whole number"],
)
def test_the_digest_stays_where_no_more_can_pass(same: Policy) -> None:
    assert policy_digest(same) == policy_digest(FULL)


def test_no_baseline_and_an_empty_one_are_two_policies() -> None:
    """The run without one lists no findings for it, and their files are compared with others."""
    assert policy_digest(with_findings(baseline={})) != policy_digest(with_findings(baseline=None))


def test_the_digest_of_the_default_policy_is_the_same_in_every_version() -> None:
    """A statement of an older gate has to fit; what has to change here also gets another schema."""
    assert policy_digest(Policy()) == "sha256:b94bd25797a48bcf219e048ef2131f2323bc66f88e414d67ba04340878148a05"


def test_neither_does_that_of_a_policy_with_a_baseline_change() -> None:
    assert policy_digest(FULL) == "sha256:ab274fbef5c1ee3b57ab614d158c09a7876eb4a8266b78b41635a551dc469dba"


@pytest.mark.parametrize(
    "policy",
    [
        Policy(),
        Policy(max_age=timedelta(hours=6), required_scopes=RISK_SCOPES, max_failed=2),
        with_findings(baseline=None),
    ],
    ids=["default", "values", "findings"],
)
def test_it_can_be_made_again_from_the_json_report_of_a_run_without_a_baseline(policy: Policy) -> None:
    run = parse_report(
        "".join(json_report.render(a_release(a_risky_image(findings=()), policy=policy))), Path("a"), source="a"
    )

    assert policy_digest(run.policy) == policy_digest(policy)
