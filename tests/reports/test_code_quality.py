"""The `code-quality` report, by GitLab's published rules (ci-hosts.md 4.2)."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import Interrupted, Unreachable
from gate.image import ImageRef, ImageState
from gate.policy import Policy, undecided
from gate.reports import code_quality
from gate.reports.code_quality import MAX_ISSUES
from gate.reports.images import fingerprint, shown_images
from tests.builders import a_digest, a_failed_image, a_release, a_risky_image, a_task, an_image, an_outcome
from tests.hostile import HOSTILE
from tests.reports.endings import a_block, an_ending, many_images

if TYPE_CHECKING:
    from gate.outcome import Outcome

OUTCOMES = {
    "passed": an_outcome(),
    "passed with failed images that are allowed": an_ending("passed"),
    "blocked by all": an_outcome(a_task(failed=1, succeeded=2, risky=2, failed_images=(a_failed_image(),))),
    "release passed": an_ending("release passed"),
    "release blocked": an_ending("release blocked"),
    "release undecided": an_ending("release undecided"),
    "blocked by a risky image that the cloud names": an_ending("blocked by a risky image"),
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
        (an_ending("release passed"), [("image-risky", "minor"), ("image-not-scanned", "minor")]),
        (
            an_ending("release blocked"),
            [
                ("too-many-failed", "blocker"),
                ("too-many-risky", "blocker"),
                ("image-risky", "critical"),
                ("image-not-scanned", "critical"),
            ],
        ),
        (
            a_release(a_risky_image(), an_image("till", ImageState.FAILED), policy=Policy(max_failed=1)),
            [("too-many-risky", "blocker"), ("image-risky", "critical"), ("image-not-scanned", "minor")],
        ),
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
    issues = read(replace(a_block(*many_images(MAX_ISSUES)), identity="staging"))

    assert len(issues) == MAX_ISSUES
    assert issues[-1] == {
        "description": "2 more images could not be scanned; the json report has them all.",
        "check_name": "more-images",
        "fingerprint": fingerprint("staging", "more-images", "huawei"),
        "severity": "critical",
        "location": {"path": "Dockerfile", "lines": {"begin": 1}},
    }


def test_a_long_reason_is_there_as_a_whole() -> None:
    (issue,) = read(an_outcome(verdict=undecided(Unreachable("r" * 3999))))

    assert issue["description"] == "r" * 3999


def test_a_risky_image_is_described_in_one_sentence_and_one_without_risks_is_no_issue() -> None:
    release = a_release(a_risky_image("shop", moved_to=a_digest("b")), an_image("till", moved_to=a_digest("b")))

    (description,) = [issue["description"] for issue in read(release)[1:]]
    assert description == (
        "swr/team/shop:1.0@sha256:aaaaaaaaaaaa risky: 7 vulnerabilities (2 high, 5 medium). "
        "The tag now stands for sha256:bbbbbbbbbbbb; the verdict is about the digest."
    )


def test_the_next_release_of_a_risky_image_is_the_same_issue() -> None:
    def of_image(tag: str, digest: str, reason: str) -> list[str]:
        ref = ImageRef(registry="swr", namespace="team", name="shop", tag=tag, digest=digest)
        other = an_image("till", ImageState.FAILED, reason=reason)
        return [issue["fingerprint"] for issue in read(a_release(a_risky_image(image=ref), other))]

    assert of_image("1.0", a_digest("a"), "too big") == of_image("2.0", a_digest("b"), "timeout")


@pytest.mark.parametrize("is_risky", [True, False])
def test_an_image_that_is_risky_in_one_run_and_fails_in_the_next_is_another_issue(*, is_risky: bool) -> None:
    """Also where other images of its repository come or go."""
    tags = [ImageRef(name="shop", tag=tag) for tag in ("1", "2")]
    failed = an_image(state=ImageState.FAILED, image=tags[0])
    other = a_risky_image(image=tags[1]) if is_risky else an_image(image=tags[1])

    found = {issue["check_name"]: issue["fingerprint"] for issue in read(a_release(failed, other))}
    alone = {issue["check_name"]: issue["fingerprint"] for issue in read(a_release(failed))}

    assert found["image-not-scanned"] == alone["image-not-scanned"]
    assert len(set(found.values())) == len(found)


@pytest.mark.parametrize(
    ("most", "shown", "left_out"), [(4, 3, 0), (3, 3, 0), (2, 1, 2), (1, 0, 3), (0, 0, 3), (-1, 0, 3)]
)
def test_where_few_lines_are_left_the_images_left_out_are_counted(most: int, shown: int, left_out: int) -> None:
    found = shown_images(a_block(*many_images(3)), most)

    assert len(found.images) == shown
    assert found.left_out == (
        f"{left_out} more images could not be scanned; the json report has them all." if left_out else ""
    )
    assert found.left_out_block is (left_out > 0)
