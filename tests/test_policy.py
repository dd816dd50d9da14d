"""The rules of judgement: each has a test that fails without it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate import selection_messages
from gate.errors import ExitCode, Interrupted, NotAuthorised, Throttled, Unreachable, UsageError
from gate.policy import (
    END_TOLERANCE,
    Decision,
    Policy,
    Reason,
    Verdict,
    after_waiting,
    contradiction,
    failed_images,
    has_lost_images,
    judge,
    no_longer_listed,
    no_task,
    not_settled,
    nothing_to_judge,
    undecided,
)
from gate.scan import Counts, TaskState
from gate.selection import staleness
from gate.selection_messages import (
    no_start_time,
    no_task_found,
    started_too_early,
    starts_in_future,
    too_old,
)
from gate.verdict_messages import (
    NO_IMAGES,
    counts_contradict,
    counts_missing,
    not_plainly_complete,
    nothing_scanned,
    too_many_failed,
    too_many_risky,
)
from tests.builders import NOW, a_failed_image, a_release, a_risky_image, a_task, an_image

if TYPE_CHECKING:
    from gate.scan import ScanTask


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


def test_a_complete_fresh_clean_task_passes() -> None:
    verdict = judge(a_task(), Policy(), now=NOW)

    assert verdict == Verdict(decision=Decision.PASSED, exit_code=ExitCode.PASSED, reasons=())


@pytest.mark.parametrize(
    ("state", "exit_code", "code"),
    [
        (TaskState.RUNNING, ExitCode.NOT_FINAL, "not-final"),
        (TaskState.UNKNOWN, ExitCode.NOT_FINAL, "unknown-state"),
        (TaskState.STOPPED, ExitCode.TASK_ENDED_BADLY, "task-stopped"),
        (TaskState.TIMED_OUT, ExitCode.TASK_ENDED_BADLY, "task-timed-out"),
        (TaskState.FAILED, ExitCode.TASK_ENDED_BADLY, "task-failed"),
    ],
)
def test_only_a_complete_task_is_held_against_the_limits(state: TaskState, exit_code: ExitCode, code: str) -> None:
    verdict = judge(a_task(state=state), Policy(), now=NOW)

    assert (verdict.decision, verdict.exit_code, codes(verdict)) == (Decision.UNDECIDED, exit_code, [code])


def test_every_state_has_a_verdict_and_only_one_state_can_pass() -> None:
    passing = {
        state for state in TaskState if judge(a_task(state=state), Policy(), now=NOW).decision is Decision.PASSED
    }

    assert passing == {TaskState.COMPLETE}


@pytest.mark.parametrize("missing", ["total", "succeeded", "failed", "risky"])
def test_a_missing_count_leaves_nothing_to_judge(missing: str) -> None:
    task = a_task()
    task = replace(task, counts=replace(task.counts, **{missing: None}))

    verdict = judge(task, Policy(max_failed=99, max_risky=99), now=NOW)

    assert (verdict.exit_code, codes(verdict)) == (ExitCode.NOTHING_TO_JUDGE, ["counts-missing"])
    assert missing in verdict.reasons[0].message


TWO_FAILED = (a_failed_image("a"), a_failed_image("b"))
TWO_RISKY = (a_risky_image("a"), a_risky_image("b"))


@pytest.mark.parametrize(
    ("known", "code"),
    [
        ({"total": None, "failed": 2}, "too-many-failed"),
        ({"total": None, "failed_images": TWO_FAILED}, "too-many-failed"),
        ({"total": None, "risky": 2}, "too-many-risky"),
        ({"succeeded": None, "failed": 2}, "too-many-failed"),
        ({"succeeded": None, "risky": 2}, "too-many-risky"),
        ({"failed": None, "succeeded": 3}, "too-many-failed"),
        ({"failed": None, "failed_images": TWO_FAILED}, "too-many-failed"),
        ({"failed": None, "risky": 2}, "too-many-risky"),
        ({"has_unread_failures": True, "failed": 2}, "too-many-failed"),
        ({"has_unread_failures": True, "succeeded": 3}, "too-many-failed"),
        ({"has_unread_failures": True, "risky": 2}, "too-many-risky"),
        ({"risky": None, "failed": 2}, "too-many-failed"),
        ({"risky": None, "succeeded": 3}, "too-many-failed"),
        ({"risky": None, "images": TWO_RISKY}, "too-many-risky"),
    ],
    ids=lambda value: ", ".join(value) if isinstance(value, dict) else value,
)
def test_what_exceeds_a_limit_blocks_whatever_a_missing_count_would_say(known: dict[str, Any], code: str) -> None:
    fields = {"total": 5, "succeeded": 5, **known}
    is_unread = fields.pop("has_unread_failures", False)
    task = replace(a_task(**fields), has_unread_failures=is_unread)

    at_limit = judge(task, Policy(max_failed=2, max_risky=2), now=NOW)
    above = judge(task, Policy(max_failed=1, max_risky=1), now=NOW)

    assert codes(at_limit) == ["counts-missing"]
    assert (above.exit_code, [(reason.code, reason.actual, reason.limit) for reason in above.reasons]) == (
        ExitCode.BLOCKED,
        [(code, 2, 1)],
    )
    assert "or raise" not in above.reasons[0].message


def test_images_named_as_risky_do_not_count_where_the_cloud_states_their_number_or_the_task_looks_for_no_risk() -> None:
    synchronised = a_task(risky=None, images=TWO_RISKY, risk_applies=False)

    assert judge(a_task(risky=0, images=TWO_RISKY), Policy(), now=NOW).decision is Decision.PASSED
    assert judge(synchronised, Policy(), now=NOW).decision is Decision.PASSED


def test_a_task_without_images_is_nothing_to_judge_whatever_count_is_missing() -> None:
    verdict = judge(a_task(total=0, succeeded=None, failed=2, risky=None), Policy(), now=NOW)

    assert codes(verdict) == ["no-images"]


def test_all_missing_counts_are_named() -> None:
    verdict = judge(replace(a_task(), counts=Counts()), Policy(), now=NOW)

    assert verdict.reasons[0].message == counts_missing(["total", "succeeded", "failed", "risky"], a_task())


def test_a_task_that_looks_for_no_risk_needs_no_risky_count() -> None:
    verdict = judge(a_task(risky=None, risk_applies=False), Policy(), now=NOW)

    assert verdict.decision is Decision.PASSED


def test_every_count_above_the_total_is_named() -> None:
    verdict = judge(a_task(total=3, succeeded=5, failed=4, risky=3), Policy(max_failed=9, max_risky=9), now=NOW)

    assert "each other: 5 succeeded, 4 failed of 3 images. " in verdict.reasons[0].message


def test_a_type_of_task_that_looks_for_no_risk_is_not_blocked_by_the_risk_limit() -> None:
    assert judge(a_task(risky=None, risk_applies=False), Policy(max_risky=0), now=NOW).decision is Decision.PASSED


def test_contradicting_counts_above_a_limit_block() -> None:
    assert judge(a_task(total=3, succeeded=4, risky=1), Policy(), now=NOW).decision is Decision.BLOCKED


@pytest.mark.parametrize("succeeded", [0, 1])
def test_a_task_without_images_is_nothing_to_judge(succeeded: int) -> None:
    verdict = judge(a_task(total=0, succeeded=succeeded), Policy(max_failed=99, max_risky=99), now=NOW)

    assert verdict == nothing_to_judge(Reason(code="no-images", message=NO_IMAGES))


def test_one_image_is_enough_for_a_verdict() -> None:
    assert judge(a_task(total=1, succeeded=1), Policy(), now=NOW).decision is Decision.PASSED


@pytest.mark.parametrize("name", ["succeeded", "failed", "risky"])
def test_a_count_above_the_total_is_a_contradiction(name: str) -> None:
    task = a_task(total=3)
    verdict = judge(replace(task, counts=replace(task.counts, **{name: 4})), Policy(max_failed=9, max_risky=9), now=NOW)

    message = counts_contradict([f"4 {name}"], 3)
    assert verdict == nothing_to_judge(Reason(code="counts-contradict", message=message))


@pytest.mark.parametrize("limit", [0, 1, 7])
@pytest.mark.parametrize("name", ["failed", "risky"])
def test_a_limit_allows_its_own_number_and_not_one_more(name: str, limit: int) -> None:
    policy = Policy(max_failed=limit) if name == "failed" else Policy(max_risky=limit)
    at_limit, above = (
        a_task(total=10, succeeded=10 - count, failed=count)
        if name == "failed"
        else a_task(total=10, succeeded=10, risky=count)
        for count in (limit, limit + 1)
    )

    assert judge(at_limit, policy, now=NOW).decision is Decision.PASSED
    verdict = judge(above, policy, now=NOW)
    message = (
        too_many_failed(limit + 1, limit, task=above, is_exact=True, is_judged_above=True)
        if name == "failed"
        else too_many_risky(limit + 1, limit, task=above, is_judged_above=True)
    )
    reason = Reason(code=f"too-many-{name}", message=message, actual=limit + 1, limit=limit)
    assert verdict == Verdict(decision=Decision.BLOCKED, exit_code=ExitCode.BLOCKED, reasons=(reason,))


def test_more_results_than_images_are_a_contradiction() -> None:
    """Two of two succeeded, and one failed: one image is missing from the total, or is counted twice."""
    verdict = judge(a_task(total=2, succeeded=2, failed=1), Policy(max_failed=1), now=NOW)

    assert (verdict.exit_code, codes(verdict)) == (ExitCode.NOTHING_TO_JUDGE, ["counts-contradict"])
    assert "3 succeeded or failed of 2 images" in verdict.reasons[0].message


@pytest.mark.parametrize(
    ("task", "is_advised"),
    [
        (a_task(total=3, succeeded=2, failed=1, risky=1), True),
        (a_task(total=3, succeeded=0, failed=3, risky=1), False),
        (a_task(total=3, succeeded=3, failed=4, risky=1), False),
        (a_task(total=3, succeeded=3, failed=1, risky=1), False),
        (a_task(total=3, succeeded=2, failed=1, risky=4), False),
    ],
    ids=["judged", "none scanned", "too many failed", "too many results", "too many risky"],
)
def test_a_higher_limit_is_advised_exactly_where_the_task_passes_with_higher_limits(
    task: ScanTask, *, is_advised: bool
) -> None:
    advice = [f"or raise --max-{name}." in reason.message for name in ("failed", "risky") for reason in _blocked(task)]

    assert sum(advice) == (2 if is_advised else 0)
    passes = judge(task, Policy(max_failed=9, max_risky=9), now=NOW).decision is Decision.PASSED
    assert passes is is_advised


def _blocked(task: ScanTask) -> tuple[Reason, ...]:
    verdict = judge(task, Policy(), now=NOW)
    assert codes(verdict) == ["too-many-failed", "too-many-risky"]
    return verdict.reasons


def test_every_limit_that_is_exceeded_is_a_reason() -> None:
    verdict = judge(a_task(failed=1, succeeded=2, risky=1), Policy(), now=NOW)

    assert codes(verdict) == ["too-many-failed", "too-many-risky"]


@pytest.mark.parametrize(
    ("stated", "listed", "total", "succeeded", "expected", "is_advised"),
    [
        (2, 0, 5, 3, 2, True),
        (0, 2, 3, 3, 2, True),
        (3, 2, 5, 2, 3, True),
        (0, 0, 5, 3, 2, True),
        (1, 0, 5, 1, 4, True),
        (1, 2, 5, 0, 5, False),
        (0, 0, 3, 3, 0, True),
    ],
)
def test_failed_are_the_stated_the_listed_and_those_without_a_result(
    stated: int, listed: int, total: int, succeeded: int, expected: int, *, is_advised: bool
) -> None:
    listing = tuple(a_failed_image(str(number)) for number in range(listed))
    task = a_task(failed=stated, total=total, succeeded=succeeded, failed_images=listing)

    assert failed_images(task) == expected
    allowed = judge(task, Policy(max_failed=expected), now=NOW)
    assert [reason.code for reason in allowed.reasons] == ([] if succeeded else ["nothing-scanned"])
    if expected:
        message = too_many_failed(expected, expected - 1, task=task, is_exact=True, is_judged_above=is_advised)
        reason = Reason(code="too-many-failed", message=message, actual=expected, limit=expected - 1)
        assert judge(task, Policy(max_failed=expected - 1), now=NOW).reasons == (reason,)


def test_stated_failures_count_even_if_all_images_are_stated_to_have_succeeded() -> None:
    task = a_task(failed=2, total=3, succeeded=3)

    assert failed_images(task) == 2
    assert judge(task, Policy(max_failed=1), now=NOW).decision is Decision.BLOCKED


@pytest.mark.parametrize(
    ("now", "before", "has_lost"), [(2, 3, True), (3, 3, False), (3, 2, False), (None, 3, False), (0, None, False)]
)
def test_a_task_that_once_had_more_images_has_lost_some(now: int | None, before: int | None, *, has_lost: bool) -> None:
    seen = [a_task(total=1), a_task(total=before), a_task(total=now)]

    assert has_lost_images(a_task(total=now), seen if now else seen[1:]) is has_lost


def test_a_task_that_no_longer_lists_an_image_has_lost_it_even_if_the_total_is_the_same() -> None:
    assert has_lost_images(replace(a_task(total=3), lost_images=1), [a_task(total=3)])


def test_images_without_a_result_do_not_count_as_failed_while_the_task_runs() -> None:
    assert failed_images(a_task(state=TaskState.RUNNING, total=9, succeeded=2, failed=1)) == 1


@pytest.mark.parametrize("missing", ["total", "succeeded", "failed"])
def test_failures_are_unknown_if_a_count_is_missing(missing: str) -> None:
    task = a_task()

    assert failed_images(replace(task, counts=replace(task.counts, **{missing: None}))) is None


@pytest.mark.parametrize("pending", [2, None])
def test_a_complete_task_whose_results_are_pending_is_not_held_against_the_limits(pending: int | None) -> None:
    verdict = judge(a_task(results_pending=pending, failed=3, risky=3), Policy(), now=NOW)

    assert (verdict.decision, verdict.exit_code, codes(verdict)) == (
        Decision.UNDECIDED,
        ExitCode.NOT_FINAL,
        ["results-pending"],
    )


@pytest.mark.parametrize(
    "task",
    [
        a_task(state=TaskState.RUNNING, progress=40),
        a_task(state=TaskState.UNKNOWN, raw_state="142"),
        a_task(results_pending=2),
    ],
    ids=["running", "unknown", "results-pending"],
)
def test_a_task_that_was_not_final_in_time_states_the_timeout_that_was_in_force(task: ScanTask) -> None:
    messages = [
        judge(task, Policy(), **given, now=NOW).reasons[0].message
        for given in ({}, {"timeout": 90.0}, {"timeout": 7200.0})
    ]

    assert [message.split(" and ")[0] for message in messages] == [
        "The time is up after 30 min (--timeout)",
        "The time is up after 90 s (--timeout)",
        "The time is up after 2 h (--timeout)",
    ]


@pytest.mark.parametrize(
    ("state", "results_pending", "is_final"),
    [
        (TaskState.COMPLETE, 0, True),
        (TaskState.COMPLETE, 1, False),
        (TaskState.COMPLETE, None, False),
        (TaskState.STOPPED, None, True),
        (TaskState.TIMED_OUT, 0, True),
        (TaskState.FAILED, 1, True),
        (TaskState.RUNNING, 0, False),
        (TaskState.UNKNOWN, 0, False),
    ],
)
def test_a_task_is_final_when_no_result_is_pending(
    state: TaskState, results_pending: int | None, *, is_final: bool
) -> None:
    assert a_task(state=state, results_pending=results_pending).is_final is is_final


# Freshness.


@pytest.mark.parametrize(
    ("age", "code"),
    [
        (timedelta(0), None),
        (timedelta(hours=24), None),
        (timedelta(hours=24, seconds=1), "stale"),
        (timedelta(minutes=-15), None),
        (timedelta(minutes=-15, seconds=-1), "begins-in-future"),
    ],
)
def test_a_task_is_fresh_for_its_whole_age_and_not_longer(age: timedelta, code: str | None) -> None:
    reason = staleness(a_task(started_at=NOW - age), Policy(), NOW)

    assert code == (reason.code if reason else None)


def test_a_stale_task_states_its_age_and_the_limit() -> None:
    reason = staleness(a_task(started_at=NOW - timedelta(hours=2)), Policy(max_age=timedelta(hours=1)), NOW)

    message = too_old(NOW - timedelta(hours=2), 3600, is_judged_at_any_age=True, by_id=False)
    assert reason == Reason(code="stale", message=str(message), while_waiting=message.happened, actual=7200, limit=3600)


def test_a_task_without_a_start_time_is_not_fresh() -> None:
    task = a_task(started_at=None)

    message = no_start_time(is_judged_at_any_age=True, by_id=False)
    expected = Reason(code="no-begin", message=str(message), while_waiting=message.happened)
    assert staleness(task, Policy(), NOW) == expected
    assert _code(staleness(task, Policy(max_age=None, started_after=NOW), NOW)) == "no-begin"


def test_a_task_from_the_future_is_not_fresh() -> None:
    reason = staleness(a_task(started_at=NOW + timedelta(hours=1)), Policy(), NOW)

    message = starts_in_future(NOW + timedelta(hours=1))
    assert reason == Reason(code="begins-in-future", message=str(message), while_waiting=message.happened)


def test_without_any_limit_of_age_every_task_is_fresh_enough() -> None:
    policy = Policy(max_age=None)

    assert staleness(a_task(started_at=None), policy, NOW) is None
    assert staleness(a_task(started_at=datetime(1999, 1, 1, tzinfo=UTC)), policy, NOW) is None


@pytest.mark.parametrize("max_age", [None, timedelta(hours=24)])
def test_a_task_that_started_before_started_after_is_not_judged(max_age: timedelta | None) -> None:
    policy = Policy(max_age=max_age, started_after=NOW)

    assert staleness(a_task(started_at=NOW), policy, NOW) is None
    early = NOW - timedelta(milliseconds=1)
    message = started_too_early(early, NOW, is_ahead=False, by_id=False)
    expected = Reason(code="stale", message=str(message), while_waiting=message.happened)
    assert staleness(a_task(started_at=early), policy, NOW) == expected


def test_an_age_of_zero_is_a_limit_too() -> None:
    task = a_task(started_at=NOW - timedelta(seconds=1))

    assert _code(staleness(task, Policy(max_age=timedelta(0)), NOW)) == "stale"


def _code(reason: Reason | None) -> str | None:
    return reason.code if reason else None


# What keeps the gate from judging, and what the policy turns into a warning.


@pytest.mark.parametrize(
    ("cause", "exit_code", "code"),
    [
        (UsageError("x"), 2, "usage"),
        (NotAuthorised("x"), 3, "not-authorised"),
        (Unreachable("x"), 4, "unreachable"),
        (Throttled("x"), 4, "throttled"),
        (Interrupted(2), 130, "interrupted"),
        (Interrupted(15), 143, "interrupted"),
    ],
)
def test_an_error_or_a_signal_leaves_the_verdict_undecided(
    cause: UsageError | Interrupted, exit_code: int, code: str
) -> None:
    verdict = undecided(cause)

    assert (verdict.decision, verdict.exit_code, codes(verdict)) == (Decision.UNDECIDED, exit_code, [code])
    assert verdict.reasons[0].message == str(cause)


def test_the_reason_says_what_happened_what_it_means_and_what_to_do() -> None:
    verdict = undecided(UsageError("This happened.", means="It means that.", remedy="Do this."))

    assert verdict.reasons[0].message == "This happened. It means that. Do this."
    assert "SIGTERM" in undecided(Interrupted(15)).reasons[0].message


@pytest.mark.parametrize("exit_code", list(ExitCode))
@pytest.mark.parametrize(("warn_only", "warn_undecided"), [(False, False), (True, False), (False, True), (True, True)])
def test_a_warning_policy_covers_exactly_the_exit_codes_that_it_names(
    exit_code: ExitCode, *, warn_only: bool, warn_undecided: bool
) -> None:
    decision = {0: Decision.PASSED, 1: Decision.BLOCKED}.get(exit_code, Decision.UNDECIDED)
    policy = Policy(warn_only=warn_only, warn_undecided=warn_undecided)

    is_warning = (exit_code == 1 and warn_only) or (exit_code in {4, 5, 6, 7} and warn_undecided)
    assert policy.enforces(Verdict(decision=decision, exit_code=exit_code)) is not is_warning


def test_no_task_is_a_reason_that_names_where_the_gate_looked_and_how_long() -> None:
    message = no_task_found("x", "Cloud (region r)", "5 min (--appear-timeout)")

    assert no_task("x", "Cloud (region r)", "5 min (--appear-timeout)") == Reason(code="no-task", message=message)
    assert no_task("x", "Cloud").message == no_task_found("x", "Cloud", "")


def test_a_task_that_is_no_longer_listed_is_a_reason_with_what_to_do_once_the_gate_waits_no_more() -> None:
    message = selection_messages.no_longer_listed(a_task())

    assert no_longer_listed(a_task()) == Reason(
        code="not-listed", message=f"{message.happened} {message.remedy}", while_waiting=message.happened
    )


@pytest.mark.parametrize(("task", "of_images"), [(a_task(), False), (a_release(an_image()).task, True)])
def test_what_a_complete_task_states_against_that_is_in_the_message(task: ScanTask, *, of_images: bool) -> None:
    (reason,) = judge(replace(task, reason="out of space."), Policy(), now=NOW, timeout=90.0).reasons

    assert reason.message == not_plainly_complete("it states a failure (out of space)", 90.0, of_images=of_images)


@pytest.mark.parametrize(
    ("fields", "sign"),
    [
        ({"reason": "..NO BOX."}, "it states a failure (..NO BOX)"),
        ({"remaining": 90.0}, "it states a remaining time of 90 s"),
        ({"started_at": NOW, "ended_at": NOW}, ""),
        ({"started_at": NOW, "ended_at": NOW - timedelta(seconds=1)}, "it states an end before its start"),
        ({"ended_at": NOW + END_TOLERANCE}, ""),
        (
            {"ended_at": NOW + END_TOLERANCE + timedelta(seconds=1)},
            "it states an end in the future, 2026-01-31T12:02:01Z",
        ),
        ({"state": TaskState.RUNNING, "reason": "NO BOX"}, ""),
    ],
)
def test_what_speaks_against_a_complete_task(fields: dict[str, Any], sign: str) -> None:
    assert contradiction(a_task(**fields), NOW) == sign


@pytest.mark.parametrize(("cause", "names_causes"), [("download_failed", True), ("", False)])
def test_where_nothing_was_scanned_the_message_says_where_the_causes_are(cause: str, *, names_causes: bool) -> None:
    task = a_task(total=1, succeeded=0, failed=1, failed_images=(a_failed_image(reason=cause),))

    (reason,) = judge(task, Policy(max_failed=1), now=NOW).reasons

    assert reason.message == nothing_scanned(task)
    assert ("the causes that the cloud names" in reason.message) is names_causes


def test_images_whose_results_have_not_settled_are_not_called_a_task() -> None:
    verdict = not_settled(a_release(an_image()).task or a_task(), 90.0)

    assert verdict.reasons[0].message.startswith("The time is up after 90 s (--timeout) and the scan of the images ")


def test_the_reason_at_the_end_of_a_wait_names_its_limit_before_what_to_do() -> None:
    reason = Reason(
        code="stale", message="It is too old. Scan again.", while_waiting="It is too old.", actual=2, limit=1
    )

    ended = after_waiting(reason, "5 min (--appear-timeout)")

    assert ended == replace(
        reason,
        message="It is too old. No task that can be judged was found within 5 min (--appear-timeout). Scan again.",
    )


@pytest.mark.parametrize(("ended_at", "advises_later"), [(NOW, True), (None, False)])
def test_counts_that_may_still_change_are_not_judged(ended_at: datetime | None, *, advises_later: bool) -> None:
    verdict = not_settled(a_task(ended_at=ended_at), 90.0)

    assert (verdict.exit_code, codes(verdict)) == (ExitCode.NOT_FINAL, ["not-settled"])
    assert ("later" in verdict.reasons[0].message) is advises_later


def test_a_reason_says_nothing_while_the_gate_waits_unless_it_has_words_for_that() -> None:
    assert Reason(code="no-task", message="None.").while_waiting == ""


def test_nothing_to_judge_keeps_its_reason() -> None:
    reason = Reason(code="no-task", message="None.")

    expected = Verdict(decision=Decision.UNDECIDED, exit_code=ExitCode.NOTHING_TO_JUDGE, reasons=(reason,))
    assert nothing_to_judge(reason) == expected


# Properties.

counts = st.none() | st.integers(min_value=0, max_value=12)
tasks = st.builds(
    a_task,
    state=st.sampled_from(TaskState),
    total=counts,
    succeeded=counts,
    failed=counts,
    risky=counts,
    risk_applies=st.booleans(),
    failed_images=st.lists(st.builds(a_failed_image), max_size=4).map(tuple),
)
limits = st.integers(min_value=0, max_value=12)


@given(tasks, limits, limits)
def test_a_pass_means_a_complete_task_with_all_counts_within_the_limits(
    task: ScanTask, max_failed: int, max_risky: int
) -> None:
    if judge(task, Policy(max_failed=max_failed, max_risky=max_risky), now=NOW).decision is not Decision.PASSED:
        return

    total, succeeded, failed = task.counts.total, task.counts.succeeded, task.counts.failed
    assert task.state is TaskState.COMPLETE
    assert total is not None
    assert succeeded is not None
    assert failed is not None
    assert total > 0
    assert max(failed, len(task.failed_images), total - succeeded) <= max_failed
    assert not task.risk_applies or (task.counts.risky is not None and task.counts.risky <= max_risky)


@given(tasks, limits, limits, st.sampled_from(["failed", "risky"]), st.integers(min_value=1, max_value=9))
def test_more_failures_or_risk_never_turn_a_block_into_a_pass(
    task: ScanTask, max_failed: int, max_risky: int, name: str, more: int
) -> None:
    policy = Policy(max_failed=max_failed, max_risky=max_risky)
    if judge(task, policy, now=NOW).decision is Decision.PASSED:
        return
    count = getattr(task.counts, name)
    worse = task if count is None else replace(task, counts=replace(task.counts, **{name: count + more}))

    assert judge(worse, policy, now=NOW).decision is not Decision.PASSED


@given(tasks, limits, limits, limits, limits)
def test_stricter_limits_never_turn_a_block_into_a_pass(
    task: ScanTask, max_failed: int, max_risky: int, less_failed: int, less_risky: int
) -> None:
    lenient = judge(task, Policy(max_failed=max_failed, max_risky=max_risky), now=NOW)
    if lenient.decision is Decision.PASSED:
        return
    strict = Policy(max_failed=max(0, max_failed - less_failed), max_risky=max(0, max_risky - less_risky))

    assert judge(task, strict, now=NOW).decision is not Decision.PASSED


def test_by_default_nothing_is_allowed_and_every_verdict_is_enforced() -> None:
    strict = Policy()

    assert (strict.max_failed, strict.max_risky, strict.max_age, strict.started_after) == (
        0,
        0,
        timedelta(hours=24),
        None,
    )
    assert strict.warn_only is False
    assert strict.warn_undecided is False


@pytest.mark.parametrize("risk_applies", [True, False])
@pytest.mark.parametrize("total", [1, 3])
def test_a_task_of_which_no_image_was_scanned_never_passes(total: int, *, risk_applies: bool) -> None:
    """Allowing failed images allows a part of them to fail, and not a scan that saw nothing."""
    task = a_task(total=total, succeeded=0, failed=total, risk_applies=risk_applies)
    verdict = judge(task, Policy(max_failed=99, max_risky=99), now=NOW)

    assert (verdict.decision, verdict.exit_code) == (Decision.UNDECIDED, ExitCode.NOTHING_TO_JUDGE)
    assert verdict.reasons == (Reason(code="nothing-scanned", message=nothing_scanned(task)),)


def test_more_failed_images_than_allowed_block_even_if_none_was_scanned() -> None:
    assert judge(a_task(total=3, succeeded=0, failed=3), Policy(max_failed=2), now=NOW).decision is Decision.BLOCKED
