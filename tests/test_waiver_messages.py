"""What is said of waivers at the end of a run: in its log, and as annotations."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gate.ci.annotations import annotations_of, waiver_annotations
from gate.ci.azure import Azure
from gate.ci.github import GitHub
from gate.finding import FindingPolicy
from gate.image import ImageState
from gate.policy import Decision, Policy
from gate.waiver_messages import waived, warnings
from tests.builders import NOW, a_finding, a_release, a_risky_image, a_task, a_waiver, an_image, an_outcome

if TYPE_CHECKING:
    from gate.outcome import Outcome

TODAY = NOW.date()
EXPIRED = a_waiver("X-1", until=TODAY - timedelta(days=1), owner="team a", source="waivers.toml, waiver 1")
ENDING = a_waiver("X-2", until=TODAY + timedelta(days=14))
UNUSED = a_waiver("X-3")
FINDINGS = (a_finding("X-1"), a_finding("X-2"))


def a_run(*waivers: Any, max_risky: int = 1, findings: tuple[Any, ...] = FINDINGS, **policy: Any) -> Outcome:
    """The outcome of a run with one risky image, and these waivers."""
    image = a_risky_image(findings=findings)
    return a_release(image, policy=Policy(max_risky=max_risky, findings=FindingPolicy(waivers=waivers, **policy)))


def test_waivers_that_have_ended_end_soon_or_match_nothing_are_named() -> None:
    assert [*warnings(a_run(EXPIRED, ENDING, UNUSED))] == [
        "1 waiver has ended and counts no more: X-1 (until 2026-01-30; team a; waivers.toml, waiver 1).",
        "1 waiver ends within 14 days: X-2 (until 2026-02-14).",
        "1 waiver matches no finding and can be removed: X-3 (until 2026-03-02).",
    ]


def test_of_several_waivers_five_are_named() -> None:
    several = [a_waiver(f"X-{number}") for number in range(10, 17)]
    (text,) = warnings(a_run(*several))

    assert text.startswith("7 waivers match no finding and can be removed: X-10 (until 2026-03-02), X-11 (")
    assert text.endswith("X-14 (until 2026-03-02) and 2 more.")


def test_several_that_have_ended_or_end_soon_are_named_together() -> None:
    ended = [a_waiver(one, until=TODAY - timedelta(days=1)) for one in ("X-1", "X-2")]
    ending = [a_waiver(one, until=TODAY) for one in ("X-1", "X-2")]

    assert [*warnings(a_run(*ended, *ending))] == [
        "2 waivers have ended and count no more: X-1 (until 2026-01-30), X-2 (until 2026-01-30).",
        "2 waivers end within 14 days: X-1 (until 2026-01-31), X-2 (until 2026-01-31).",
    ]


def test_of_a_statement_of_vex_there_is_nothing_to_say() -> None:
    assert [*warnings(a_run(a_waiver("X-1", until=None), a_waiver("X-9", until=None)))] == []


def test_a_waiver_that_is_not_needed_is_not_said_to_end() -> None:
    run = a_run(a_waiver("X-9", until=TODAY), a_waiver("X-8", until=TODAY - timedelta(days=1)))

    assert [*warnings(run)] == [
        "2 waivers match no finding and can be removed: X-9 (until 2026-01-31), X-8 (until 2026-01-30)."
    ]


def test_where_unused_waivers_block_the_verdict_alone_names_them() -> None:
    run = a_run(UNUSED, unused_waivers_block=True)

    assert run.verdict.reasons[-1].code == "waiver-unused"
    assert [*warnings(run)] == []


def test_an_undecided_run_calls_no_waiver_unused() -> None:
    image = a_risky_image(findings=FINDINGS, findings_doubt="one page is missing")
    policy = Policy(findings=FindingPolicy(waivers=(EXPIRED, a_waiver("X-1"), ENDING, UNUSED)))
    run = a_release(image, policy=policy)

    assert run.verdict.decision is Decision.UNDECIDED
    assert [*warnings(run)] == [
        "1 waiver has ended and counts no more: X-1 (until 2026-01-30; team a; waivers.toml, waiver 1).",
        "1 waiver ends within 14 days: X-2 (until 2026-02-14).",
    ]


def test_nor_one_for_an_image_whose_findings_are_all_known_beside_another_that_is_missing() -> None:
    images = (a_risky_image(findings=FINDINGS), an_image("api", ImageState.MISSING))
    waiver = a_waiver("X-3", images=("team/web",))
    run = a_release(*images, policy=Policy(max_risky=1, findings=FindingPolicy(waivers=(waiver,))))

    assert run.verdict.decision is Decision.UNDECIDED
    assert [use.is_unused for use in run.waivers] == [True]
    assert [*warnings(run)] == []


@pytest.mark.parametrize(
    ("waivers", "text"),
    [
        ((), ""),
        ((EXPIRED,), ""),
        ((ENDING,), "1 finding is waived in 1 image."),
        ((ENDING, a_waiver("X-1")), "2 findings are waived in 1 image."),
    ],
)
def test_the_findings_that_are_waived_are_counted(waivers: tuple[Any, ...], text: str) -> None:
    assert waived(a_run(*waivers)) == text


def test_they_are_counted_in_all_images() -> None:
    images = (a_risky_image(findings=FINDINGS), a_risky_image("api", findings=FINDINGS), an_image("db"))
    run = a_release(*images, policy=Policy(findings=FindingPolicy(waivers=(a_waiver("X-2"),))))

    assert waived(run) == "2 findings are waived in 2 images."
    assert waived(an_outcome(a_task())) == ""
    assert waived(an_outcome(verdict=run.verdict)) == ""


def test_an_annotation_about_waivers_is_a_warning_also_beside_an_error() -> None:
    found = [*annotations_of(a_run(UNUSED, max_risky=0), 10)]

    assert [(one.title, one.severity) for one in found] == [
        ("Image scan blocked", "error"),
        ("Waivers", "warning"),
        ("Image risky", "error"),
    ]
    assert [*waiver_annotations(a_run())] == []


def test_it_counts_among_those_that_a_ci_system_shows() -> None:
    images = [a_risky_image(f"web-{number}", findings=FINDINGS) for number in range(20)]
    run = a_release(*images, policy=Policy(findings=FindingPolicy(waivers=(UNUSED,))))

    assert len([*annotations_of(run, 10)]) == 10


def test_github_shows_it_as_a_warning_of_a_run_that_passed(capsys: pytest.CaptureFixture[str]) -> None:
    assert [*GitHub({}).publish(a_run(UNUSED))] == []

    assert "::warning title=Waivers::1 waiver matches no finding and can be removed: X-3" in capsys.readouterr().out


def test_azure_shows_it_as_a_warning_of_a_run_that_passed(capsys: pytest.CaptureFixture[str]) -> None:
    assert [*Azure({}).publish(a_run(UNUSED))] == []

    out = capsys.readouterr().out
    assert "##vso[task.logissue type=warning;]Waivers: 1 waiver matches no finding and can be removed: X-3" in out
    assert out.count("task.logissue") == 1
