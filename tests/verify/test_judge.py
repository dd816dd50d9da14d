"""Judging by summaries: the newest that fits in everything decides, and without one nothing passes."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gate.images.reference import image_reference
from gate.policy import Decision
from gate.verify.envelopes import parse_statements
from gate.verify.judge import CLOCK_TOLERANCE, Rules, judge_image
from gate.verify.summaries import summaries
from tests.builders import NOW, a_digest
from tests.verify.statements import IMAGE, POLICY, a_predicate, a_statement

OTHER = f"sha256:{'6' * 64}"
DAY = timedelta(hours=24)
SECOND = timedelta(seconds=1)


def ago(age: timedelta, result: str = "PASSED", **fields: Any) -> dict[str, Any]:
    """A statement of this age."""
    return a_statement(predicate=a_predicate(result, timeVerified=f"{NOW - age:%Y-%m-%dT%H:%M:%SZ}", **fields))


def without_time(result: str) -> dict[str, Any]:
    statement = a_statement(result)
    del statement["predicate"]["timeVerified"]
    return statement


def judged(*statements: object, policy: str | None = POLICY, image: str = IMAGE) -> tuple[Decision, str]:
    """The decision about the image, and the message."""
    found, others = summaries(parse_statements("\n".join(map(json.dumps, statements)), Path("a")))
    one = judge_image(image_reference(image), found, others, Rules(policy=policy, max_age=DAY, now=NOW))
    assert (one.by is None) is (one.decision is Decision.UNDECIDED)
    return one.decision, one.message


def test_an_image_passes_by_a_summary_that_fits() -> None:
    assert judged(ago(2 * timedelta(hours=1))) == (
        Decision.PASSED,
        f"passed, judged 2026-01-31T10:00:00Z (2 h ago) with scan-gate 0.1.0 by the policy {POLICY}",
    )


def test_a_summary_that_failed_blocks() -> None:
    decision, message = judged(a_statement("FAILED"))

    assert decision is Decision.BLOCKED
    assert message.startswith("FAILED: its release was blocked, judged 2026-01-31T12:00:00Z")


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (a_statement(digest=a_digest("b")), "no summary names this digest."),
        (a_statement(digest="A" * 64), "no summary names this digest."),
        (a_statement(digest=a_digest()[:-1]), "no summary names this digest."),
        (ago(DAY + SECOND), "a is of 2026-01-30T11:59:59Z, 24 h ago, and --max-age is 24 h"),
        (ago(-CLOCK_TOLERANCE - SECOND), "a is of 2026-01-31T12:01:01Z, 1 min in the future; compare the clocks"),
        (without_time("PASSED"), "a has no time"),
        (ago(SECOND, policy={"uri": "x", "digest": {"sha256": "6" * 64}}), f"a is by the policy {OTHER}, and --policy"),
        (ago(SECOND, policy={"uri": "x"}), "a is by a policy without a digest, and --policy-digest is"),
        (a_statement(predicateType="https://slsa.dev/verification_summary/v2"), "digest: a is of another version"),
        (a_statement(_type="https://in-toto.io/Statement/v2"), "digest: a is of another version"),
        (ago(SECOND, verifier={"id": "urn:x"}), "digest: a is by the verifier 'urn:x', not by 'urn:scan-gate'."),
    ],
)
def test_an_image_without_a_summary_that_fits_is_undecided(statement: object, why: str) -> None:
    decision, message = judged(statement)

    assert decision is Decision.UNDECIDED
    assert why in message


@pytest.mark.parametrize("age", [timedelta(0), DAY, -CLOCK_TOLERANCE])
def test_the_oldest_and_the_youngest_that_fit_pass(age: timedelta) -> None:
    assert judged(ago(age))[0] is Decision.PASSED


def test_any_policy_counts_if_that_is_said_also_one_without_a_digest() -> None:
    assert judged(ago(SECOND, policy={"uri": "x"}), policy=None)[0] is Decision.PASSED
    assert judged(a_statement(), policy=None)[0] is Decision.PASSED


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("newest", "older", "expected"),
    [("PASSED", "FAILED", Decision.PASSED), ("FAILED", "PASSED", Decision.BLOCKED)],
)
def test_the_newest_decides_in_whatever_order_they_stand(
    newest: str, older: str, expected: Decision, order: int
) -> None:
    statements = [ago(SECOND, newest), ago(2 * SECOND, older)]

    assert judged(*statements[::order])[0] is expected


def test_two_of_the_same_time_that_contradict_each_other_decide_nothing_and_two_that_agree_do() -> None:
    assert judged(a_statement(), a_statement("FAILED")) == (
        Decision.UNDECIDED,
        "line 1 of a and line 2 of a are of the same time, 2026-01-31T12:00:00Z, and contradict each other.",
    )
    same = a_statement(predicate=a_predicate("FAILED", timeVerified="2026-01-31T13:00:00+01:00"))
    assert judged(a_statement(), same)[0] is Decision.UNDECIDED
    assert judged(a_statement(), a_statement())[0] is Decision.PASSED
    assert judged(a_statement(), ago(SECOND), ago(SECOND, "FAILED"))[0] is Decision.PASSED


@pytest.mark.parametrize("failed", [without_time("FAILED"), ago(-timedelta(hours=1), "FAILED")])
def test_a_failure_at_an_unknown_time_keeps_an_image_from_passing(failed: dict[str, Any]) -> None:
    """It may be the newest one."""
    assert judged(a_statement(), failed) == (
        Decision.UNDECIDED,
        "line 2 of a says FAILED without a time that can be, perhaps after the summary that passed.",
    )
    assert judged(a_statement("FAILED"), failed)[0] is Decision.BLOCKED


@pytest.mark.parametrize(
    "beside",
    [
        without_time("PASSED"),
        ago(-timedelta(hours=1)),
        ago(2 * DAY, "FAILED"),
        ago(SECOND, "FAILED", policy={"uri": "x", "digest": {"sha256": "6" * 64}}),
        ago(SECOND, "FAILED", verifier={"id": "urn:x"}),
        a_statement("FAILED", digest=a_digest("b")),
        a_statement("FAILED", predicateType="https://slsa.dev/verification_summary/v2"),
    ],
)
def test_what_does_not_fit_changes_nothing_beside_what_does(beside: dict[str, Any]) -> None:
    beside["predicate"]["timeVerified"] = beside["predicate"].get("timeVerified", "2026-01-31T12:00:00Z")

    assert judged(ago(2 * SECOND), beside)[0] is Decision.PASSED


def test_a_digest_alone_tells_an_image() -> None:
    assert judged(a_statement(), image=f"elsewhere.example.com/a/b:9@{a_digest()}")[0] is Decision.PASSED
    assert judged(a_statement(), image=f"swr/team/web@{a_digest('b')}")[0] is Decision.UNDECIDED


def test_a_message_lists_few_reasons_and_counts_the_others() -> None:
    _, message = judged(*[without_time("PASSED")] * 7, ago(SECOND, verifier={"id": "urn:x"}))

    assert message.count("has no time") == 5
    assert message.endswith("; and 3 more.")


def test_an_old_gate_and_a_policy_without_a_digest_are_not_invented() -> None:
    _, message = judged(ago(SECOND, policy={"uri": "x"}, verifier={"id": "urn:scan-gate"}), policy=None)

    assert message == "passed, judged 2026-01-31T11:59:59Z (0 min ago) by the policy ?"
