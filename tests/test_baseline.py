"""The findings of an earlier report that do not block again."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gate.baseline import baseline_of
from gate.errors import UsageError
from gate.finding import FindingPolicy, KnownFinding
from gate.findings.evaluate import evaluated, open_findings
from gate.image import ImageState, Severity
from gate.policy import Policy
from gate.reports import json_report
from gate.scan import ScanScope
from gate.stored_report import read_report
from tests.builders import NOW, a_finding, a_release, a_risky_image, a_task, a_waiver, an_image, an_outcome
from tests.images.scripted import ScriptedScans, run_images
from tests.images.scripted import an_image as scripted_image

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from gate.finding import Finding
    from gate.outcome import Outcome
    from gate.stored_report import StoredRun

WEB, API = (an_image(name).image for name in ("web", "api"))


def stored(outcome: Outcome, folder: Path) -> StoredRun:
    path = folder / "baseline.json"
    path.write_text("".join(json_report.render(outcome)))
    return read_report(path, source="--baseline")


def known(folder: Path, *found: Any, policy: Policy | None = None) -> Mapping[KnownFinding, Severity]:
    run = stored(a_release(a_risky_image(findings=found), policy=policy), folder)
    return baseline_of(run, [WEB], policy or Policy(), cloud="huawei", source="--baseline")


def key(id: str, package: str = "openssl") -> KnownFinding:  # noqa: A002 - the field's own name
    return KnownFinding(id=id, package=package, kind=ScanScope.VULNERABILITY, repository="swr/team/web")


def test_every_finding_that_counted_is_known_with_the_highest_severity_that_it_had(tmp_path: Path) -> None:
    found = known(
        tmp_path,
        a_finding("X-1", severity=Severity.LOW),
        a_finding("X-1", version="2", severity=Severity.HIGH),
        a_finding("X-1", version="3", severity=Severity.MEDIUM),
        a_finding("X-2", package="curl"),
    )

    assert found == {key("X-1"): Severity.HIGH, key("X-2", "curl"): Severity.HIGH}


def test_a_finding_that_was_waived_or_had_no_fix_is_not_known(tmp_path: Path) -> None:
    policy = Policy(findings=FindingPolicy(only_fixable=True, waivers=(a_waiver("X-1"),)))

    found = known(tmp_path, a_finding("X-1"), a_finding("X-2", is_fixable=False), a_finding("X-3"), policy=policy)

    assert found == {key("X-3"): Severity.HIGH}


def test_what_was_known_stays_known(tmp_path: Path) -> None:
    policy = Policy(findings=FindingPolicy(baseline={key("X-1"): Severity.HIGH}))

    assert known(tmp_path, a_finding("X-1"), policy=policy) == {key("X-1"): Severity.HIGH}


def test_a_known_finding_does_not_block_and_a_new_one_or_a_risen_one_does(tmp_path: Path) -> None:
    policy = FindingPolicy(baseline=known(tmp_path, a_finding("X-1", severity=Severity.LOW)))
    same, risen, new = a_finding("X-1", severity=Severity.LOW), a_finding("X-1"), a_finding("X-2")

    risks = [
        image.is_risky
        for found in (same, risen, new)
        for image in evaluated([a_risky_image(findings=(found,))], policy, NOW.date())
    ]

    assert risks == [False, True, True]


def test_the_same_finding_in_another_repository_is_new(tmp_path: Path) -> None:
    policy = FindingPolicy(baseline=known(tmp_path, a_finding("X-1")))

    (image,) = evaluated([a_risky_image("api", findings=(a_finding("X-1"),))], policy, NOW.date())

    assert image.is_risky is True


@pytest.mark.parametrize(
    ("outcome", "problem"),
    [
        (a_release(an_image(state=ImageState.MISSING)), "its run was undecided"),
        (a_release(an_image(findings=()), cloud="alibaba"), "it is of another cloud (alibaba)"),
        (an_outcome(a_task()), "it is of a scan task, and not of images"),
        (
            a_release(an_image("api", findings=())),
            "it is of other repositories (in only one of both: swr/team/api, swr/team/web)",
        ),
        (
            a_release(an_image(findings=()), an_image("api", findings=())),
            "it is of other repositories (in only one of both: swr/team/api)",
        ),
        (a_release(an_image()), f"it does not list all findings of {WEB}"),
        (
            a_release(a_risky_image(findings=(a_finding(),), findings_doubt="a page")),
            f"it does not list all findings of {WEB}",
        ),
    ],
)
def test_a_report_of_something_else_is_no_baseline(outcome: Outcome, problem: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        baseline_of(stored(outcome, tmp_path), [WEB], Policy(), cloud="huawei", source="--baseline")

    assert str(refused.value) == (
        f"The report {tmp_path / 'baseline.json'} cannot be the baseline: {problem}. "
        "A baseline is the json report of a passed or blocked run with the same repositories and policy, "
        "written with --list-findings. Correct --baseline, or make a new baseline."
    )


@pytest.mark.parametrize(
    ("policy", "named"),
    [
        (Policy(max_failed=1), "--max-failed"),
        (Policy(max_risky=1), "--max-risky"),
        (Policy(required_scopes=frozenset({ScanScope.BASELINE})), "--required-scope"),
        (Policy(findings=FindingPolicy(severity_cutoff=Severity.HIGH)), "--severity-cutoff"),
        (Policy(findings=FindingPolicy(max_findings={Severity.LOW: 9})), "--max-findings"),
        (Policy(findings=FindingPolicy(only_fixable=True)), "--only-fixable"),
        (Policy(max_failed=1, findings=FindingPolicy(only_fixable=True)), "--max-failed, --only-fixable"),
    ],
)
def test_a_report_under_another_policy_is_no_baseline(policy: Policy, named: str, tmp_path: Path) -> None:
    run = stored(a_release(an_image(findings=()), policy=policy), tmp_path)

    with pytest.raises(UsageError, match=re.escape(f"baseline: its policy is another one ({named}).")):
        baseline_of(run, [WEB], Policy(), cloud="huawei", source="--baseline")


def test_a_failed_image_of_a_baseline_makes_nothing_known(tmp_path: Path) -> None:
    policy = Policy(max_failed=1)
    run = stored(
        a_release(an_image(state=ImageState.FAILED), a_risky_image("api", findings=()), policy=policy), tmp_path
    )

    assert baseline_of(run, [WEB, API], policy, cloud="huawei", source="--baseline") == {}


@pytest.mark.parametrize(
    ("made_at", "max_age", "expected"),
    [
        (NOW - timedelta(days=30), timedelta(days=30), []),
        (NOW - timedelta(days=30, seconds=1), timedelta(days=30), ["baseline-stale"]),
        (NOW - timedelta(days=300), None, []),
        (NOW + timedelta(minutes=15), timedelta(days=30), []),
        (NOW + timedelta(minutes=16), timedelta(days=30), ["baseline-stale"]),
        (NOW + timedelta(minutes=16), None, ["baseline-stale"]),
    ],
)
def test_a_baseline_that_is_too_old_or_from_the_future_decides_nothing(
    made_at: datetime, max_age: timedelta | None, expected: list[str]
) -> None:
    policy = FindingPolicy(baseline={}, baseline_at=made_at, baseline_max_age=max_age)

    run = run_images(ScriptedScans([[scripted_image()]]), policy=Policy(settle=0, findings=policy))

    assert run.codes == expected
    assert [reason.message.partition(",")[0] for reason in run.verdict.reasons] == [
        f"The baseline is of {made_at:%Y-%m-%dT%H:%M:%SZ}" for _ in expected
    ]
    assert run.calls[:1] == ([] if expected else ["look"])


def failed_items(high: int, low: int = 0) -> tuple[Finding, ...]:
    item = a_finding("CIS/ssh", package="", kind=ScanScope.BASELINE)
    return (*[item] * high, *[replace(item, severity=Severity.LOW)] * low)


@pytest.mark.parametrize(
    ("before", "now", "count"),
    [((2, 0), (2, 0), 0), ((2, 0), (3, 0), 1), ((1, 1), (2, 0), 1), ((2, 0), (1, 1), 0), ((1, 1), (1, 3), 2)],
)
def test_of_findings_with_one_name_only_as_many_as_stood_before_are_known(
    before: tuple[int, int], now: tuple[int, int], count: int, tmp_path: Path
) -> None:
    policy = FindingPolicy(baseline=known(tmp_path, *failed_items(*before)))

    (image,) = evaluated([a_risky_image(findings=failed_items(*now))], policy, NOW.date())

    assert sum(open_findings(image).counts.values()) == count


@pytest.mark.parametrize("fields", [{"package": ""}, {"kind": ScanScope.BASELINE}])
def test_only_vulnerabilities_of_a_package_are_one_however_often_they_are_listed(
    fields: dict[str, Any], tmp_path: Path
) -> None:
    other = a_finding("X-1", **fields)
    policy = FindingPolicy(baseline=known(tmp_path, a_finding("X-2"), other))

    (image,) = evaluated(
        [a_risky_image(findings=(a_finding("X-2"), a_finding("X-2", version="4"), other, other))], policy, NOW.date()
    )

    assert open_findings(image).counts == {Severity.HIGH: 1}


def test_what_is_left_of_the_baseline_is_for_the_most_severe_findings_in_whatever_order_they_are_listed(
    tmp_path: Path,
) -> None:
    policy = FindingPolicy(baseline=known(tmp_path, *failed_items(1)))

    (image,) = evaluated([a_risky_image(findings=failed_items(1, 1)[::-1])], policy, NOW.date())

    assert open_findings(image).counts == {Severity.LOW: 1}


def test_two_images_of_a_repository_do_not_add_up_to_more_known_findings_than_one_had(tmp_path: Path) -> None:
    refs = [replace(WEB, tag=tag) for tag in "12"]
    items = [failed_items(1, 0), failed_items(0, 1)]
    images = [a_risky_image(image=ref, findings=found) for ref, found in zip(refs, items, strict=True)]
    baseline = baseline_of(stored(a_release(*images), tmp_path), [WEB], Policy(), cloud="huawei", source="--baseline")

    (image,) = evaluated([a_risky_image(findings=failed_items(1, 1))], FindingPolicy(baseline=baseline), NOW.date())

    assert open_findings(image).counts == {Severity.LOW: 1}


def test_a_known_finding_makes_none_of_another_kind_known(tmp_path: Path) -> None:
    policy = FindingPolicy(baseline=known(tmp_path, a_finding("X-1", package="")))

    (image,) = evaluated(
        [a_risky_image(findings=(a_finding("X-1", package="", kind=ScanScope.MALICIOUS_FILE),))], policy, NOW.date()
    )

    assert image.is_risky is True
