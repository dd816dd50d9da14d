"""What has changed since the baseline: which findings are new, known and gone, and where nobody can tell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.baseline_messages import against_baseline
from gate.finding import FindingPolicy, KnownFinding
from gate.findings.gone import gone_findings
from gate.image import ImageState, Severity
from gate.policy import Policy
from gate.scan import ScanScope
from tests.builders import a_finding, a_release, a_risky_image, a_waiver, an_image
from tests.reports.reading import rendered

if TYPE_CHECKING:
    from gate.image import ScannedImage
    from gate.outcome import Outcome


def key(id: str, **fields: Any) -> KnownFinding:  # noqa: A002 - the field's own name
    return replace(
        KnownFinding(id=id, package="openssl", kind=ScanScope.VULNERABILITY, repository="swr/team/web"), **fields
    )


BASELINE = {key(name): Severity.HIGH for name in ("X-1", "X-2", "X-3")}


def gone(*images: ScannedImage) -> list[str]:
    return [known.id for known in gone_findings(images, BASELINE)]


def a_run(*images: ScannedImage, **policy: Any) -> Outcome:
    outcome = a_release(*images, policy=Policy(findings=FindingPolicy(baseline=BASELINE, **policy)))
    return replace(outcome, gone=gone_findings(outcome.task.images if outcome.task else (), BASELINE))


def test_what_no_image_of_the_repository_has_any_more_is_gone() -> None:
    assert gone(an_image(findings=())) == ["X-1", "X-2", "X-3"]
    assert gone(a_risky_image(findings=(a_finding("X-2"),))) == ["X-1", "X-3"]
    assert gone(a_risky_image(findings=(a_finding("X-2"),)), a_risky_image(findings=(a_finding("X-1"),))) == ["X-3"]


def test_a_finding_of_another_package_or_repository_is_another_one() -> None:
    assert gone(a_risky_image(findings=(a_finding("X-1", package="curl"),))) == ["X-1", "X-2", "X-3"]
    assert gone(an_image(findings=()), a_risky_image("api", findings=(a_finding("X-1"),))) == ["X-1", "X-2", "X-3"]


@pytest.mark.parametrize(
    "image",
    [
        an_image(),
        a_risky_image(findings=(), findings_doubt="a page"),
        an_image(state=ImageState.FAILED),
        an_image(state=ImageState.WAITING),
    ],
    ids=["not listed", "in doubt", "failed", "waiting"],
)
def test_nothing_is_gone_where_an_image_of_the_repository_has_findings_that_are_not_known(image: ScannedImage) -> None:
    assert gone(an_image(findings=()), image) == []
    assert gone(an_image(findings=()), replace(image, image=replace(image.image, name="api"))) == ["X-1", "X-2", "X-3"]


def test_a_finding_that_is_waived_or_has_become_worse_is_not_gone() -> None:
    outcome = a_run(a_risky_image(findings=(a_finding("X-1", severity=Severity.CRITICAL), a_finding("X-2"))))
    waived = a_run(a_risky_image(findings=(a_finding("X-1"),)), waivers=(a_waiver("X-1"),))

    assert [known.id for known in outcome.gone] == ["X-3"]
    assert [known.id for known in waived.gone] == ["X-2", "X-3"]


def test_of_several_items_with_one_name_those_that_are_fewer_now_are_gone() -> None:
    item = a_finding("CHECK", package="", kind=ScanScope.BASELINE)
    stood = [key("CHECK", package="", kind=ScanScope.BASELINE, number=number) for number in (1, 2, 3)]

    found = gone_findings([a_risky_image(findings=(item, item))], dict.fromkeys(stood, Severity.HIGH))

    assert [known.number for known in found] == [3]


CHANGED = (
    "Against the baseline: 1 new, 1 known, 2 gone (X-2 in openssl of swr/team/web, X-3 in openssl of swr/team/web)."
)


@pytest.mark.parametrize("report", ["markdown", "html"])
def test_the_pages_say_what_has_changed(report: str) -> None:
    outcome = a_run(a_risky_image(findings=(a_finding("X-1"), a_finding("X-9"))))

    assert against_baseline(outcome) == CHANGED
    assert CHANGED in rendered(report, outcome)


def test_the_json_report_names_what_is_gone() -> None:
    text = rendered("json", a_run(a_risky_image(findings=(a_finding("X-1"), a_finding("X-2")))))

    assert '"id": "X-3"' in text.partition('"gone": [')[2]


def test_nothing_is_said_without_a_baseline_or_without_lists() -> None:
    for outcome in (a_release(an_image(findings=())), a_run(an_image())):
        assert against_baseline(outcome) == ""
        assert not [name for name in ("html", "markdown") if "Against the baseline" in rendered(name, outcome)]


def test_many_that_are_gone_are_counted_and_the_first_are_named() -> None:
    many = tuple(key(f"X-{number}", package="") for number in range(7))

    text = against_baseline(replace(a_run(an_image(findings=())), gone=many))

    assert text.endswith("X-4 in vulnerability of swr/team/web and 2 more).")
    assert "7 gone" in text
