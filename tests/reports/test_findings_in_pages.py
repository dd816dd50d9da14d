"""Single findings in the html page and in the job summary: those that count first, and none is lost without a word."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gate.finding import FindingPolicy, KnownFinding
from gate.image import ImageState, Severity
from gate.policy import Policy
from gate.reports import html, markdown
from gate.reports.html.findings import MAX_FINDINGS
from gate.scan import ScanScope
from tests.builders import NOW, a_finding, a_release, a_risky_image, a_waiver, an_image

if TYPE_CHECKING:
    from gate.image import ScannedImage
    from gate.outcome import Outcome

LOW = a_finding("HW-2", package="zlib", severity=Severity.LOW)


def a_run(*images: ScannedImage, **policy: Any) -> Outcome:
    return a_release(*images, policy=Policy(findings=FindingPolicy(**policy)))


def page(outcome: Outcome) -> str:
    return "".join(html.render(outcome))


def rows(text: str) -> list[str]:
    found = re.search(r'<table class="images" id="findings".*?<tbody>\n(.*?)</tbody>', text, re.DOTALL)
    return found[1].splitlines() if found else []


def summary(outcome: Outcome) -> str:
    return "".join(markdown.render(outcome))


def test_a_page_has_a_row_for_each_finding_with_image_severity_and_status() -> None:
    waived = a_finding("HW-3", package="curl", handled="ignored")
    known = KnownFinding(id="HW-4", package="expat", kind=ScanScope.VULNERABILITY, repository="swr/team/web")
    found = (LOW, waived, a_finding(raw_severity="asap"), a_finding("HW-4", package="expat"))

    listed = rows(
        page(
            a_run(
                a_risky_image(findings=found),
                severity_cutoff=Severity.HIGH,
                waivers=(a_waiver("HW-3"),),
                baseline={known: Severity.HIGH},
            )
        )
    )

    assert ["is-bad" in row for row in listed] == [True, False, False, False]
    words = [re.sub("<[^>]+>", " ", row) for row in listed]
    assert "HW-2026-0001 in openssl 3.0.1" in words[0]
    assert "high (asap)" in words[0]
    assert "in swr/team/web:1.0" in words[0]
    assert "HW-2 in zlib" in words[1]
    assert "waived until 2026-03-02: not reachable. The cloud's console has it as ignored" in words[2].replace(
        "&#39;", "'"
    ).replace("&#x27;", "'")
    assert "it stood in the baseline" in words[3]


def test_a_page_without_lists_has_no_section_of_findings() -> None:
    assert "Findings</h2>" not in page(a_run(a_risky_image()))


def test_a_page_says_that_nothing_was_found_and_that_not_all_is_known() -> None:
    nothing = page(a_run(an_image(findings=())))
    doubtful = page(a_run(a_risky_image(findings=(LOW,), findings_doubt="a page"), an_image("api")))

    assert '<p class="quiet">None.</p>' in nothing
    assert "not all of them" not in nothing
    assert "The findings of some images are not listed, or not all of them." in doubtful


def test_a_page_names_every_waiver_and_what_it_did() -> None:
    ends = NOW.date() + timedelta(days=5)
    waivers = (
        a_waiver("HW-2", owner="ana"),
        a_waiver("HW-8", until=NOW.date() - timedelta(days=1)),
        a_waiver("HW-9", until=ends),
        a_waiver("HW-7", until=None),
    )

    text = re.sub("<[^>]+>", "", page(a_run(a_risky_image(findings=(LOW,)), waivers=waivers)))

    assert "Waiver HW-2 until 2026-03-02 by ana: not reachable (in force, matches 1 finding)" in text
    assert "Waiver HW-8 until 2026-01-30: not reachable (expired, matches 0 findings)" in text
    assert "Waiver HW-9 until 2026-02-05: not reachable (ends soon, matches 0 findings)" in text
    assert "Waiver HW-7: not reachable (in force, matches 0 findings)" in text


def test_a_page_shows_the_policy_that_goes_by_findings() -> None:
    policy = {
        "severity_cutoff": Severity.HIGH,
        "max_findings": {Severity.LOW: 7},
        "only_fixable": True,
        "as_of": NOW.date(),
        "baseline": {},
        "waivers": (a_waiver(),),
    }

    text = re.sub("<[^>]+>", "|", page(a_run(a_risky_image(findings=()), **policy)))

    for name, value in (
        ("Risky from severity", "high"),
        ("Findings from low allowed", "7"),
        ("Findings without a fix", "do not count"),
        ("Waivers", "1"),
        ("Judged as of", "2026-01-31"),
        ("Findings of the baseline", "0"),
    ):
        assert f"{name}||{value}" in text


def test_a_page_has_room_for_so_many_findings_and_counts_the_others() -> None:
    found = tuple(replace(LOW, id=f"HW-{number}") for number in range(MAX_FINDINGS + 3))

    text = page(a_run(a_risky_image(findings=found)))

    assert len(rows(text)) == MAX_FINDINGS
    assert ">3 more findings left out here; the json report has them all.<" in text


def test_a_summary_names_the_ten_most_severe_findings_and_says_where_there_are_more() -> None:
    found = tuple(replace(LOW, id=f"L-{number}") for number in range(9))
    images = [a_risky_image(findings=found), a_risky_image("api", findings=(*found[:4], a_finding("TOP")))]

    text = summary(a_run(*images))

    section = text.partition("### Findings")[2].partition("### Images")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    assert len(lines) == 12
    assert "TOP in openssl" in lines[2]
    assert "4 more: 4 in `swr/team/api`; the json report has them all." in section


def test_a_summary_names_few_of_very_many_repositories() -> None:
    images = [a_risky_image(f"app-{number}", findings=(LOW,)) for number in range(23)]

    text = summary(a_run(*images))

    assert "13 more: " in text
    assert "others in 3 more repositories; the json report" in text


def test_a_summary_shows_what_counts_only() -> None:
    text = summary(a_run(a_risky_image(findings=(LOW, a_finding())), severity_cutoff=Severity.HIGH))

    section = text.partition("### Findings")[2].partition("### Images")[0]
    assert "HW-2026-0001" in section
    assert "HW-2 in zlib" not in section
    assert "### Findings" not in summary(a_run(a_risky_image(findings=(LOW,)), severity_cutoff=Severity.HIGH))


def test_a_summary_without_room_for_findings_leaves_them_out_and_keeps_its_head() -> None:
    outcome = a_run(a_risky_image(findings=(LOW,)))
    head = summary(a_run(a_risky_image(findings=(LOW,)))).partition("### Findings")[0]

    text = "".join(markdown.render(outcome, len(head.encode()) + 20))

    assert text == head


def test_a_waiver_that_is_not_needed_is_named_in_a_verdict_and_not_in_an_undecided_run() -> None:
    waivers = (a_waiver("HW-9"),)
    decided = a_run(a_risky_image(findings=(LOW,)), waivers=waivers)
    undecided = a_run(an_image(state=ImageState.MISSING), waivers=waivers)

    assert "1 waiver matches no finding and can be removed: HW-9" in summary(decided)
    assert "matches no finding" not in summary(undecided)


def test_a_summary_with_findings_and_images_keeps_every_limit() -> None:
    images = (a_risky_image(f"web-{number}", findings=(a_finding(), LOW)) for number in range(6))
    outcome = a_run(*images, severity_cutoff=Severity.HIGH)
    whole = summary(outcome)
    pages = {limit: "".join(markdown.render(outcome, limit)) for limit in range(0, len(whole.encode()) + 100, 7)}

    assert [limit for limit, text in pages.items() if len(text.encode()) > limit] == []
    assert pages[max(pages)] == whole
    assert any("HW-2026-0001" in text and "more images are left out here" in text for text in pages.values())
