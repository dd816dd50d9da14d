"""Judging a run again from its json report."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.errors import ExitCode, UsageError
from gate.finding import FindingPolicy
from gate.image import ImageState, Severity
from gate.judge_again import judge_again
from gate.policy import Decision, Policy, undecided
from gate.reports import json_report
from gate.scan import RISK_SCOPES, ScanScope, TaskState
from gate.stored_report import read_report
from tests.builders import (
    NOW,
    a_failed_image,
    a_finding,
    a_release,
    a_risky_image,
    a_task,
    a_waiver,
    an_image,
    an_outcome,
)

if TYPE_CHECKING:
    from pathlib import Path

    from gate.outcome import Outcome
    from gate.policy import Verdict
    from gate.scan import ScanTask
    from gate.stored_report import StoredRun

CLEAN_KINDS = dict.fromkeys(RISK_SCOPES, 0)


def stored(outcome: Outcome, folder: Path) -> StoredRun:
    path = folder / "report.json"
    path.write_text("".join(json_report.render(outcome)))
    return read_report(path, source="REPORT")


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


SEVERITIES = st.sampled_from([severity for severity in Severity if severity is not Severity.NONE])
FINDINGS = st.builds(
    a_finding,
    st.sampled_from(["X-1", "X-2", "X-3"]),
    severity=SEVERITIES,
    kind=st.sampled_from([*RISK_SCOPES]),
    is_fixable=st.sampled_from([True, False, None]),
    cves=st.sampled_from([(), ("CVE-1",), ("CVE-1", "CVE-2")]),
    handled=st.sampled_from(["", "whitelisted"]),
) | st.builds(a_finding, st.sampled_from(["X-1", "CVE-2"]), severity=SEVERITIES, has_unknown_cves=st.just(True))  # noqa: FBT003 - the value
LISTED = st.builds(
    an_image,
    st.sampled_from(["web", "api"]),
    findings=st.one_of(st.none(), st.lists(FINDINGS, max_size=4).map(tuple)),
    findings_doubt=st.sampled_from(["", "", "one page is missing"]),
    is_risky=st.sampled_from([True, False, None]),
    kinds=st.sampled_from([{}, CLEAN_KINDS, {ScanScope.VULNERABILITY: 3}]),
    severities=st.sampled_from([{}, {Severity.HIGH: 1, Severity.MEDIUM: 0, Severity.LOW: 2}]),
)
IMAGES = st.one_of(LISTED, st.builds(an_image, state=st.sampled_from([*ImageState])))
WAIVERS = st.builds(
    a_waiver,
    st.sampled_from(["X-1", "X-2", "CVE-1", "CVE-2"]),
    until=st.sampled_from([NOW.date(), NOW.date() - timedelta(days=1)]),
    images=st.sampled_from([("*",), ("team/web",), ()]),
)
POLICIES = st.builds(
    Policy,
    max_failed=st.sampled_from([0, 1]),
    max_risky=st.sampled_from([0, 1, 2]),
    findings=st.builds(
        FindingPolicy,
        severity_cutoff=st.sampled_from([None, Severity.HIGH, Severity.LOW, Severity.NONE]),
        max_findings=st.dictionaries(st.sampled_from([Severity.HIGH, Severity.LOW]), st.sampled_from([0, 1, 9])),
        only_fixable=st.booleans(),
        waivers=st.lists(WAIVERS, max_size=3).map(tuple),
        unused_waivers_block=st.booleans(),
    ),
)


OUTCOMES = st.one_of(
    st.builds(
        lambda images, policy, is_settled: a_release(*images, policy=policy, is_settled=is_settled),
        st.lists(IMAGES, min_size=1, max_size=3, unique_by=lambda image: image.image),
        POLICIES,
        st.booleans(),
    ),
    st.builds(
        lambda task, max_failed, max_risky: an_outcome(task, policy=Policy(max_failed=max_failed, max_risky=max_risky)),
        st.builds(
            a_task,
            state=st.sampled_from([TaskState.COMPLETE, TaskState.COMPLETE, *TaskState]),
            total=st.sampled_from([3, None]),
            failed=st.sampled_from([0, 1]),
            risky=st.sampled_from([0, 1, 2, None]),
            failed_images=st.sampled_from([(), (a_failed_image(),)]),
            risk_applies=st.booleans(),
        ),
        st.sampled_from([0, 1]),
        st.sampled_from([0, 1]),
    ),
)


@given(outcome=OUTCOMES)
def test_the_same_policy_gives_the_verdict_of_the_run(
    outcome: Outcome, tmp_path_factory: pytest.TempPathFactory
) -> None:
    run = stored(outcome, tmp_path_factory.mktemp("run"))

    assert run.policy == outcome.policy
    assert judge_again(run, run.policy) == replace(outcome.verdict, reasons=_without_hints(outcome.verdict))


def _without_hints(verdict: Verdict) -> tuple[Any, ...]:
    # A report has the message of a reason, and not how it is put while the gate waits.
    return tuple(replace(reason, while_waiting="") for reason in verdict.reasons)


BLOCKED = a_risky_image(findings=(a_finding("X-1"), a_finding("X-2", severity=Severity.LOW)))


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        (FindingPolicy(), ["too-many-risky"]),
        (FindingPolicy(severity_cutoff=Severity.HIGH), ["too-many-risky"]),
        (FindingPolicy(severity_cutoff=Severity.HIGH, waivers=(a_waiver("X-1"),)), []),
        (FindingPolicy(waivers=(a_waiver("X-1"),)), ["too-many-risky"]),
        (FindingPolicy(waivers=(a_waiver("X-1"), a_waiver("X-2"))), []),
        (FindingPolicy(severity_cutoff=Severity.NONE, max_findings={Severity.LOW: 1}), ["too-many-findings"]),
        (FindingPolicy(severity_cutoff=Severity.NONE, max_findings={Severity.LOW: 2}), []),
    ],
)
def test_another_policy_may_give_another_verdict(findings: FindingPolicy, expected: list[str], tmp_path: Path) -> None:
    run = stored(a_release(BLOCKED), tmp_path)

    assert codes(judge_again(run, Policy(findings=findings))) == expected


def test_a_waiver_of_a_cve_covers_only_findings_whose_cves_the_run_has_asked_for(tmp_path: Path) -> None:
    """Of the others it may be a CVE, so that it is not unused."""
    asked, unknown = a_finding("X-1", cves=("CVE-1",)), a_finding("X-2", has_unknown_cves=True)
    policy = Policy(findings=FindingPolicy(waivers=(a_waiver("CVE-1"), a_waiver("CVE-2")), unused_waivers_block=True))
    one, both = (stored(a_release(a_risky_image(findings=found)), tmp_path) for found in ((asked,), (asked, unknown)))
    limits = replace(policy, max_risky=1)

    assert codes(judge_again(one, policy)) == ["waiver-unused"]
    assert codes(judge_again(both, policy)) == ["too-many-risky"]
    assert judge_again(both, limits).decision is Decision.PASSED


def test_a_waiver_is_judged_by_the_day_of_the_run_or_by_the_one_that_is_named(tmp_path: Path) -> None:
    run = stored(a_release(BLOCKED), tmp_path)
    waivers = (a_waiver("X-1", until=NOW.date()), a_waiver("X-2", until=NOW.date()))
    later = FindingPolicy(waivers=waivers, as_of=NOW.date() + timedelta(days=1))

    assert judge_again(run, Policy(findings=FindingPolicy(waivers=waivers))).decision is Decision.PASSED
    assert judge_again(run, Policy(findings=later)).decision is Decision.BLOCKED


def test_a_run_that_was_undecided_stays_so_under_any_policy(tmp_path: Path) -> None:
    run = stored(a_release(an_image(state=ImageState.MISSING)), tmp_path)

    verdict = judge_again(run, Policy(max_failed=9, max_risky=9))

    assert (verdict.decision, verdict.exit_code) == (Decision.UNDECIDED, ExitCode.NOTHING_TO_JUDGE)
    assert codes(verdict) == ["image-missing"]


def test_a_run_without_a_task_can_be_read(tmp_path: Path) -> None:
    run = stored(an_outcome(verdict=undecided(UsageError("Wrong."))), tmp_path)

    assert (run.task, judge_again(run, Policy()).exit_code) == (None, ExitCode.USAGE)


def test_a_policy_of_severities_does_not_pass_a_scan_task(tmp_path: Path) -> None:
    run = stored(an_outcome(a_task()), tmp_path)

    verdict = judge_again(run, Policy(findings=FindingPolicy(severity_cutoff=Severity.HIGH)))

    assert codes(verdict) == ["findings-incomplete"]


@pytest.mark.parametrize(
    ("task", "is_settled", "expected"),
    [
        (a_task(risky=1), True, []),
        (a_task(risky=1), False, ["not-settled"]),
        (a_task(risky=1, started_at=NOW - timedelta(days=2)), True, ["stale"]),
        (a_task(risky=1, scopes=frozenset({ScanScope.VULNERABILITY})), True, ["scope-too-narrow"]),
    ],
)
def test_a_task_that_blocked_passes_another_policy_only_if_nothing_else_speaks_against_it(
    task: ScanTask, *, is_settled: bool, expected: list[str], tmp_path: Path
) -> None:
    run = stored(replace(an_outcome(task), is_settled=is_settled), tmp_path)

    assert codes(judge_again(run, Policy(max_risky=1))) == expected


MORE_KINDS = frozenset({*RISK_SCOPES, ScanScope.SENSITIVE_INFORMATION})


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        (Policy(), "scope-too-narrow"),
        (Policy(required_scopes=MORE_KINDS), "findings-incomplete"),
    ],
)
def test_kinds_of_findings_that_the_run_did_not_list_do_not_pass(policy: Policy, code: str, tmp_path: Path) -> None:
    clean = a_release(an_image(kinds=CLEAN_KINDS), policy=policy)
    stricter = Policy(required_scopes=MORE_KINDS, findings=FindingPolicy(severity_cutoff=Severity.HIGH))

    assert codes(judge_again(stored(clean, tmp_path), stricter)) == [code]


def test_a_block_stays_one_whatever_else_the_run_did_not_list(tmp_path: Path) -> None:
    assert codes(judge_again(stored(a_release(BLOCKED), tmp_path), Policy(required_scopes=MORE_KINDS))) == [
        "too-many-risky"
    ]


def a_document(outcome: Outcome) -> Any:
    return json.loads("".join(json_report.render(outcome)))


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, child in children for found in _paths(child, (*path, key)))]


OF_IMAGES = a_document(a_release(BLOCKED, policy=Policy(findings=FindingPolicy(waivers=(a_waiver(),)))))


def test_more_failed_images_than_are_counted_stay_possible_in_a_stored_report(tmp_path: Path) -> None:
    """The cloud's list of them could not be read."""
    run = stored(an_outcome(replace(a_task(succeeded=2, failed=1), has_unread_failures=True)), tmp_path)

    codes = [[reason.code for reason in judge_again(run, Policy(max_failed=limit)).reasons] for limit in (0, 1)]
    assert codes == [["too-many-failed"], ["counts-missing"]]


OF_A_TASK = a_document(an_outcome(a_task(failed=1, succeeded=2, failed_images=(a_failed_image(),))))
NOT_NEEDED = {"enforced", "name", "gate_version", "looks", "retries", "seconds", "reference", "risky", "matches"}
NOT_NEEDED |= {"expired", "ends_soon", "waiver", "warning", "context", "sources", "gone"}
"""The fields without which a verdict is the same."""
OF_TASKS_ONLY = {"failed_images", "counts", *OF_A_TASK["task"]} - {"asks_for_images"}


def _damaged(document: Any, path: tuple[Any, ...], *, is_missing: bool) -> Any:
    document = json.loads(json.dumps(document))
    *parents, last = path
    parent = document
    for key in parents:
        parent = parent[key]
    if is_missing:
        del parent[last]
    else:
        parent[last] = {"of": ["another", "type"]}
    return document


def _is_needed(path: tuple[Any, ...], document: Any) -> bool:
    of_tasks = OF_TASKS_ONLY if document is OF_IMAGES and path[:1] != ("images",) else set()
    # The name of the gate is not that of a task or an image, nor a number of risky images the risk of one.
    not_needed = NOT_NEEDED - ({"name"} if len(path) > 1 else set()) - ({"risky"} if path[:1] == ("counts",) else set())
    return not (not_needed | of_tasks) & {*map(str, path)}


DAMAGES = [
    pytest.param(_damaged(document, path, is_missing=is_missing), id=f"{of} {'.'.join(map(str, path))} {is_missing}")
    for of, document in (("images", OF_IMAGES), ("task", OF_A_TASK))
    for path in _paths(document)
    for is_missing in (True, False)
    # A shorter list is a list.
    if path and _is_needed(path, document) and not (is_missing and isinstance(path[-1], int))
]


@pytest.mark.parametrize("document", DAMAGES)
def test_a_report_with_a_damaged_field_is_not_read(document: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(json.dumps(document))

    with pytest.raises(UsageError, match="is damaged, or no json report of this version"):
        read_report(file, source="REPORT")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"verdict": "undecided", "exit_code": 0}, "its verdict is undecided, and its exit code 0"),
        ({"verdict": "passed"}, "its verdict is passed, and its exit code 1"),
        ({"exit_code": 7}, "its verdict is blocked, and its exit code 7"),
        ({"images": []}, "it has no image"),
        ({"images": OF_IMAGES["images"] * 2}, "one of them twice"),
        ({"policy": {**OF_IMAGES["policy"], "max_age": 1e300}}, "is damaged"),
        ({"policy": {**OF_IMAGES["policy"], "max_risky": 99}}, "its policy is not that of the digest"),
    ],
)
def test_a_report_that_contradicts_itself_is_not_read(changed: dict[str, Any], message: str, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(json.dumps({**OF_IMAGES, **changed}))

    with pytest.raises(UsageError, match=message):
        read_report(file, source="REPORT")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is damaged"),
        ("[]", "the report is not an object"),
        ("{" * 100_000, "is damaged"),
        ('{"schema": "scan-gate/report/3"}', "its schema is not"),
        ('{"schema": NaN}', "NaN is no number"),
    ],
)
def test_what_is_no_report_is_not_read(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(text)

    with pytest.raises(UsageError, match=message):
        read_report(file, source="REPORT")


def test_a_report_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_report(tmp_path / "none.json", source="REPORT")
