"""The job summary: the verdict first, everything a person needs, and never more than GitHub takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from gate.errors import Unreachable
from gate.image import ImageState
from gate.policy import Policy, undecided
from gate.policy_digest import policy_digest
from gate.reports import markdown
from gate.reports.size_limits import MAX_SUMMARY_SIZE
from tests.builders import (
    NOW,
    a_context,
    a_digest,
    a_failed_image,
    a_finding,
    a_release,
    a_risky_image,
    a_task,
    an_image,
    an_outcome,
)
from tests.hostile import HOSTILE
from tests.markdown import DIALECTS, Rendered
from tests.reports.endings import FIELDS, an_ending

if TYPE_CHECKING:
    from gate.outcome import Outcome

RELEASES = ("release passed", "release blocked", "release undecided")


def render(outcome: Outcome, *max_size: int) -> str:
    return "".join(markdown.render(outcome, *max_size))


def test_the_whole_page_of_a_release_with_a_name_in_a_job() -> None:
    images = (
        a_risky_image("shop", moved_to=a_digest("b")),
        an_image("api", ImageState.FAILED, reason="too big"),
        an_image("missing", ImageState.MISSING),
    )
    outcome = replace(a_release(*images, policy=Policy(max_failed=1)), name="staging", context=a_context())

    assert (
        render(outcome)
        == f"""## ⛔ Image scan staging: blocked

- 1 of 2 images is risky; --max-risky allows 0. Fix the images that the gate names, push them, and run it with \
their new digests, or raise --max-risky.

| images | count | limit |
| --- | ---: | ---: |
| in all | 3 | |
| scanned | 1 | |
| failed | 1 | 1 |
| risky | 1 | 0 |

Images: 1 of 3 scanned, 1 failed, 1 waiting to be listed; the last scan ended 2026-01-31T11:55:00Z.

Scope: not stated · Images: those that were asked for

Cloud: huawei · Region: cn-north-4 · Project or account: `0123456789abcdef` · Scan tasks started: `task-9` · \
Repository: [team/shop](<https://git.example/team/shop>) · Commit: `{"4" * 40}` · Branch: `main` · \
Pipeline: [7](<https://git.example/team/shop/runs/7?a=b&c=(d)>) · \
Job: [release](<https://git.example/team/shop/jobs/8>) · \
Policy digest: `{policy_digest(outcome.policy)}` · Policy set by: &#45;-max-failed, the variable \
SCAN_GATE_MAX_RISKY (max-risky), all else by default · Version of the gate: &#48;.1.0 · \
Image of the gate: `registry.example/scan-gate@{a_digest()}`

Exit code 1 · polls: 0, retries: 0, 62 s

### Images

| image | result | details |
| --- | --- | --- |
| `swr/team/shop:1.0@sha256:aaaaaaaaaaaa` | risky | 7 vulnerabilities (2 high, 5 medium); \
the tag now stands for sha256:bbbbbbbbbbbb; the verdict is about the digest |
| `swr/team/api:1.0@sha256:aaaaaaaaaaaa` | failed | too big |
| `swr/team/missing:1.0@sha256:aaaaaaaaaaaa` | missing | the cloud does not list this digest |
"""
    )


def test_the_whole_page_of_a_task_whose_verdict_is_a_warning() -> None:
    task = a_task(risky=1, ended_at=NOW - timedelta(minutes=1))
    outcome = an_outcome(task, policy=Policy(warn_only=True))

    assert (
        render(outcome)
        == f"""## ⛔ Image scan: blocked

*This is a warning only: the policy lets the job continue.*

- 1 of 3 images is risky; --max-risky allows 0. Fix the images named in the cloud's console and scan again, or \
raise --max-risky.

| images | count | limit |
| --- | ---: | ---: |
| in all | 3 | |
| scanned | 3 | |
| failed | 0 | 0 |
| risky | 1 | 0 |

Scan task `nightly` (`task-1`), complete, started 2026-01-31T11:55:00Z, ended 2026-01-31T11:59:00Z.

Scope: baseline, malicious-file, vulnerability · Images: all · Image type: registry · Trigger: manual

Cloud: huawei · Policy digest: `{policy_digest(outcome.policy)}` · Version of the gate: &#48;.1.0

Exit code 0 in place of 1 · polls: 0, retries: 0, 62 s

"""
    )


def test_a_task_without_times_is_named_without_them() -> None:
    assert "\nScan task `nightly` (`task-1`), complete.\n\n" in render(an_outcome(a_task(started_at=None)))


def test_the_findings_that_count_are_a_table_and_the_others_a_line_with_their_repositories() -> None:
    two = (a_finding("HW-1"), a_finding("HW-2"))
    images = [a_risky_image(f"app-{number}", findings=two if number == 21 else two[:1]) for number in range(22)]
    where = ["2 in `swr/team/app-21`", *(f"1 in `swr/team/app-{number}`" for number in range(10, 19))]

    page = render(a_release(*images))

    section = page.partition("### Findings\n")[2].partition("### Images\n")[0]
    assert section == (
        "\n| severity | finding | image |\n| --- | --- | --- |\n"
        + "".join(
            f"| high | HW-1 in openssl 3.0.1 | `swr/team/app-{number}:1.0@sha256:aaaaaaaaaaaa` |\n"
            for number in range(10)
        )
        + f"\n13 more: {', '.join(where)}, others in 2 more repositories; the json report has them all.\n\n"
    )


def test_where_few_repositories_have_more_findings_all_of_them_are_named() -> None:
    found = tuple(a_finding(f"HW-{number}") for number in range(11))

    page = render(a_release(a_risky_image("shop", findings=found)))

    assert "\n\n1 more: 1 in `swr/team/shop`; the json report has them all.\n\n### Images\n" in page


def test_long_messages_and_details_are_there_as_a_whole() -> None:
    image = a_risky_image(warning="w" * 499)
    undecided_page = render(an_outcome(verdict=undecided(Unreachable("r" * 3999))))

    assert f"| 7 vulnerabilities (2 high, 5 medium); {'w' * 499} |\n" in render(a_release(image))
    assert f"\n- {'r' * 3999}\n" in undecided_page


def test_each_part_of_a_page_is_there_from_the_limit_on_that_has_room_for_it() -> None:
    outcome = a_release(*(a_risky_image(name, findings=(a_finding(),)) for name in ("api", "web")))
    page = render(outcome)
    head, findings = page.index("### Findings"), page.index("### Images")
    table = page.index("| `swr/team/api", findings)
    rest = "\n{} left out here; the json report has them all.\n".format
    second = page.index("| `swr/team/web", table)
    head_size, findings_size, row_end = (len(page[:end].encode()) for end in (head, findings, second))
    both, one = rest("2 more images are"), rest("1 more image is")

    assert render(outcome, head_size - 1) == ""
    assert render(outcome, head_size) == page[:head]
    assert render(outcome, findings_size) == page[:findings]
    assert render(outcome, findings_size - 1) == page[:head] + both
    assert render(outcome, findings_size + len(both)) == page[:findings] + both
    assert render(outcome, findings_size + len(both) - 1) == page[:findings]
    # The rows are counted with room for the line about all images.
    assert render(outcome, row_end + len(both)) == page[:second] + one
    assert render(outcome, row_end + len(both) - 1) == page[:findings] + both
    assert render(outcome, len(page.encode()) + len(both)) == page


def test_the_verdict_comes_first() -> None:
    assert render(an_outcome()).startswith("## ✅ Image scan: passed\n")
    assert render(an_outcome(a_task(risky=1))).startswith("## ⛔ Image scan: blocked\n")
    assert render(an_outcome(verdict=undecided(Unreachable("No.")))).startswith("## ⚠️ Image scan: undecided\n")


def test_counts_are_compared_with_their_limits() -> None:
    page = render(an_outcome(a_task(total=9, succeeded=7, failed=1, risky=3), policy=Policy(max_failed=2, max_risky=4)))

    assert "| in all | 9 | |\n| scanned | 7 | |\n| failed | 2 | 2 |\n| risky | 3 | 4 |\n" in page


def test_a_count_that_the_cloud_did_not_give_is_unknown_and_not_zero() -> None:
    assert "| risky | unknown | 0 |" in render(an_outcome(a_task(risky=None)))


def test_a_task_that_does_not_search_for_risks_shows_no_count_of_them() -> None:
    assert "risky" not in render(an_outcome(a_task(risky=None, risk_applies=False)))


def test_the_reasons_and_the_exit_code_are_there() -> None:
    page = render(an_outcome(a_task(risky=1)))

    assert "- 1 of 3 images is risky; --max-risky allows 0. " in page
    assert "Exit code 1 · polls: 0, retries: 0, 62 s" in page


def test_a_verdict_that_is_not_enforced_says_so() -> None:
    lenient = render(an_outcome(a_task(risky=1), policy=Policy(warn_only=True)))

    assert "warning only" in lenient
    assert "Exit code 0 in place of 1 · " in lenient
    assert "warning only" not in render(an_outcome(a_task(risky=1)))


def test_without_a_task_there_is_no_table() -> None:
    assert "|" not in render(an_outcome(verdict=undecided(Unreachable("No."))))


def test_failed_images_are_listed_with_their_reasons() -> None:
    task = a_task(failed=2, succeeded=1, failed_images=(a_failed_image("shop", "too big"), a_failed_image("till", "")))

    page = render(an_outcome(task))

    shop, till = ["swr/team/shop:1.0", "failed", "too big"], ["swr/team/till:1.0", "failed", "no reason given"]
    assert "| `swr/team/shop:1.0` | failed | too big |\n| `swr/team/till:1.0` | failed | no reason given |\n" in page
    assert Rendered(page, "GitHub").texts[-6:] == [*shop, *till]


def test_the_images_of_a_release_are_listed_the_worst_first_with_what_was_found() -> None:
    images = (
        an_image("clean", moved_to=a_digest("b")),
        an_image("missing", ImageState.MISSING),
        an_image("failed", ImageState.FAILED, reason="too big"),
        a_risky_image("risky"),
    )

    page = render(a_release(*images))

    rows = Rendered(page, "GitHub").texts
    name = "swr/team/{}:1.0@sha256:aaaaaaaaaaaa"
    moved = "the tag now stands for sha256:bbbbbbbbbbbb; the verdict is about the digest"
    assert rows[rows.index("details") + 1 :] == [
        *(name.format("risky"), "risky", "7 vulnerabilities (2 high, 5 medium)"),
        *(name.format("failed"), "failed", "too big"),
        *(name.format("missing"), "missing", "the cloud does not list this digest"),
        *(name.format("clean"), "no risks", moved),
    ]


def test_a_release_that_passed_says_when_its_images_were_scanned_and_is_no_task() -> None:
    page = render(a_release(an_image("web"), an_image("api")))

    assert "\n- 2 of 2 images, all scanned since they were pushed\n" in page
    assert "\nImages: 2 of 2 scanned; the last scan ended 2026-01-31T11:55:00Z.\n" in page
    assert "Scan task" not in page
    assert "\nImages: 0 of 1 scanned, 1 waiting for the scan.\n" in render(
        a_release(an_image(state=ImageState.WAITING))
    )


@pytest.mark.parametrize(("risky", "is_noted"), [(1, False), (2, True), (None, False)])
def test_where_a_task_counts_more_risky_images_than_it_names_the_page_says_so(
    risky: int | None, *, is_noted: bool
) -> None:
    page = render(an_outcome(a_task(risky=risky, images=(a_risky_image(),))))

    assert ("- The cloud names 1 risky image and counts 2; the count decides." in page) is is_noted
    assert "the count decides" not in render(an_outcome(a_task(risky=2)))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_hostile_text_changes_nothing_of_the_page_but_its_words(text: str, dialect: str) -> None:
    def elements(text: str) -> list[str]:
        image = a_failed_image(text, text)
        task = a_task(id=text or "x", name=text, failed=1, succeeded=2, reason=text, failed_images=(image,))
        pages = [render(an_outcome(task)), *(render(an_ending(of, dict.fromkeys(FIELDS, text))) for of in RELEASES)]
        return [element for page in pages for element in Rendered(page, dialect).elements]

    assert elements(text) == elements("shop")


@pytest.mark.parametrize("count", [1, 2000, 20_000])
def test_the_page_keeps_the_size_limit_and_says_how_much_is_left_out(count: int) -> None:
    failed = tuple(a_failed_image(f"image-{number}", "r" * 200) for number in range(count))
    page = render(an_outcome(a_task(total=count, succeeded=0, failed=count, failed_images=failed)))

    shown = page.count("image-")
    assert len(page.encode()) <= MAX_SUMMARY_SIZE
    assert ("more images" in page) is (shown < count)
    if shown < count:
        assert page.endswith(f"|\n\n{count - shown} more images are left out here; the json report has them all.\n")


def test_every_smaller_limit_is_kept_too() -> None:
    failed = tuple(a_failed_image(f"image-{number}") for number in range(9))
    outcome = an_outcome(a_task(total=9, succeeded=0, failed=9, failed_images=failed))
    pages = {max_size: render(outcome, max_size) for max_size in range(2000)}

    assert [max_size for max_size, page in pages.items() if len(page.encode()) > max_size] == []
    assert {page.splitlines()[0] for page in pages.values() if page} == {"## ⛔ Image scan: blocked"}
    assert "image-8" in pages[1999]
    assert any("more images are left out here" in page for page in pages.values())
    assert any("1 more image is left out here" in page for page in pages.values())
