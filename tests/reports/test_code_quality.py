"""The `code-quality` report, by GitLab's published rules (ci-hosts.md 4.2)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import Interrupted, Unreachable
from gate.policy import Policy, undecided
from gate.reports import code_quality
from gate.reports.code_quality import MAX_ISSUES
from gate.reports.failures import shown_images
from tests.builders import a_failed_image, a_task, an_outcome
from tests.hostile import HOSTILE
from tests.reports.endings import a_block, an_ending, many_images

if TYPE_CHECKING:
    from gate.outcome import Outcome

OUTCOMES = {
    "passed": an_outcome(),
    "passed with failed images that are allowed": an_ending("passed"),
    "blocked by all": an_outcome(a_task(failed=1, succeeded=2, risky=2, failed_images=(a_failed_image(),))),
    "blocked by hostile images": a_block(*(a_failed_image(text, text) for text in HOSTILE.values())),
    "undecided": an_ending("unknown state"),
    "interrupted": an_outcome(verdict=undecided(Interrupted(15))),
}
every_outcome = pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES)


def render(outcome: Outcome) -> str:
    return "".join(code_quality.render(outcome))


def read(outcome: Outcome) -> list[dict[str, Any]]:
    issues: list[dict[str, Any]] = json.loads(render(outcome))
    return issues


@every_outcome
def test_it_is_a_list_without_a_byte_order_mark(outcome: Outcome) -> None:
    text = render(outcome)

    assert text.startswith("[")
    assert text.isascii()
    assert isinstance(json.loads(text), list)


@every_outcome
def test_each_issue_has_what_gitlab_requires(outcome: Outcome) -> None:
    """GitLab stops parsing at the first incomplete issue."""
    for issue in read(outcome):
        assert issue["description"].strip()
        assert re.fullmatch(r"[a-z-]+", issue["check_name"])
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert re.fullmatch(r"[\w.-]+(/[\w.-]+)*", issue["location"]["path"])
        assert issue["location"]["lines"] == {"begin": 1}


@every_outcome
def test_fingerprints_are_unique_since_gitlab_keeps_only_the_last_of_two(outcome: Outcome) -> None:
    found = [issue["fingerprint"] for issue in read(outcome)]

    assert len(set(found)) == len(found)
    assert all(re.fullmatch(r"[0-9a-f]{64}", one) for one in found)


def test_fingerprints_are_the_same_in_the_next_run_so_that_only_new_issues_are_shown() -> None:
    def issues(reason: str, risky: int) -> list[str]:
        task = a_task(failed=1, succeeded=2, risky=risky, failed_images=(a_failed_image("shop", reason),))
        return [issue["fingerprint"] for issue in read(an_outcome(task))]

    assert issues("too big", 1) == issues("timeout", 9)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (an_outcome(), []),
        (an_ending("passed"), [("image-not-scanned", "minor")]),
        (an_ending("blocked"), [("too-many-failed", "blocker"), ("image-not-scanned", "critical")]),
        (an_outcome(a_task(risky=1), policy=Policy(warn_only=True)), [("too-many-risky", "blocker")]),
        (an_outcome(a_task(risky=None)), [("counts-missing", "major")]),
        (an_outcome(verdict=undecided(Unreachable("No."))), [("unreachable", "major")]),
        (an_ending("unknown state"), [("unknown-state", "major"), ("image-not-scanned", "minor")]),
    ],
)
def test_the_reasons_against_the_release_are_there_most_important_first(
    outcome: Outcome, expected: list[tuple[str, str]]
) -> None:
    assert [(issue["check_name"], issue["severity"]) for issue in read(outcome)] == expected


def test_a_failed_image_is_described_in_one_sentence() -> None:
    images = [a_failed_image("a", "Too big."), a_failed_image("b", "\x00"), a_failed_image("c", "...")]

    assert [issue["description"] for issue in read(a_block(*images))[1:]] == [
        "swr/team/a:1.0 could not be scanned: Too big.",
        "swr/team/b:1.0 could not be scanned: no reason given.",
        "swr/team/c:1.0 could not be scanned: no reason given.",
    ]


def test_images_beyond_the_limit_are_left_out_with_their_number() -> None:
    issues = read(a_block(*many_images(MAX_ISSUES)))

    assert len(issues) == MAX_ISSUES
    assert issues[-1]["check_name"] == "more-images-not-scanned"
    assert issues[-1]["description"] == "2 more images could not be scanned; the json report has them all."


@pytest.mark.parametrize(
    ("most", "shown", "left_out"), [(4, 3, 0), (3, 3, 0), (2, 1, 2), (1, 0, 3), (0, 0, 3), (-1, 0, 3)]
)
def test_where_few_lines_are_left_the_images_left_out_are_counted(most: int, shown: int, left_out: int) -> None:
    found, sentence = shown_images(a_block(*many_images(3)), most)

    assert len(found) == shown
    assert sentence == (
        f"{left_out} more images could not be scanned; the json report has them all." if left_out else ""
    )
