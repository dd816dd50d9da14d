"""The rules of judgement (design, section 5): each has a test that fails without it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.errors import ExitCode, Interrupted, NotAuthorised, Throttled, Unreachable, UsageError
from gate.policy import (
    Decision,
    Policy,
    Reason,
    Verdict,
    failed_images,
    has_lost_images,
    is_different_task,
    judge,
    no_task,
    nothing_to_judge,
    staleness,
    undecided,
)
from gate.scan import Counts, ScanTask, TaskState
from gate.verdict_messages import too_many_failed, too_many_risky
from tests.builders import NOW, a_failed_image, a_task


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


def test_a_complete_fresh_clean_task_passes() -> None:
    verdict = judge(a_task(), Policy())

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
def test_only_a_complete_task_is_weighed(state: TaskState, exit_code: ExitCode, code: str) -> None:
    verdict = judge(a_task(state=state), Policy())

    assert (verdict.decision, verdict.exit_code, codes(verdict)) == (Decision.UNDECIDED, exit_code, [code])


def test_every_state_has_a_verdict_and_only_one_state_can_pass() -> None:
    passing = {state for state in TaskState if judge(a_task(state=state), Policy()).decision is Decision.PASSED}

    assert passing == {TaskState.COMPLETE}


@pytest.mark.parametrize("missing", ["total", "succeeded", "failed", "risky"])
def test_a_count_that_is_no_number_leaves_nothing_to_judge(missing: str) -> None:
    task = a_task()
    task = replace(task, counts=replace(task.counts, **{missing: None}))

    verdict = judge(task, Policy(max_failed=99, max_risky=99))

    assert (verdict.exit_code, codes(verdict)) == (ExitCode.NOTHING_TO_JUDGE, ["counts-missing"])
    assert missing in verdict.reasons[0].message


def test_all_missing_counts_are_named() -> None:
    verdict = judge(replace(a_task(), counts=Counts()), Policy())

    assert verdict.reasons[0].message == (
        "The cloud calls the task complete but gave no usable number for: total, succeeded, failed, risky. "
        "Perhaps the task is of another kind; look at it in the cloud's console."
    )


def test_a_task_that_looks_for_no_risk_needs_no_risky_count() -> None:
    verdict = judge(a_task(risky=None, risk_applies=False), Policy())

    assert verdict.decision is Decision.PASSED


def test_every_number_that_cannot_be_believed_is_named() -> None:
    verdict = judge(a_task(total=3, succeeded=5, failed=4, risky=3), Policy(max_failed=9, max_risky=9))

    assert "each other: 5 succeeded, 4 failed of 3 images. " in verdict.reasons[0].message


def test_a_kind_of_task_without_risk_is_not_blocked_for_it() -> None:
    assert judge(a_task(risky=None, risk_applies=False), Policy(max_risky=0)).decision is Decision.PASSED


def test_numbers_that_contradict_each_other_are_no_excuse_for_what_is_above_a_limit() -> None:
    assert judge(a_task(total=3, succeeded=4, risky=1), Policy()).decision is Decision.BLOCKED


@pytest.mark.parametrize("succeeded", [0, 1])
def test_no_images_are_no_verdict(succeeded: int) -> None:
    verdict = judge(a_task(total=0, succeeded=succeeded), Policy(max_failed=99, max_risky=99))

    message = "The scan task has no images: nothing was scanned. Check which images the scan covers."
    assert verdict == nothing_to_judge(Reason(code="no-images", message=message))


def test_one_image_is_enough_for_a_verdict() -> None:
    assert judge(a_task(total=1, succeeded=1), Policy()).decision is Decision.PASSED


@pytest.mark.parametrize("name", ["succeeded", "failed", "risky"])
def test_more_images_of_a_kind_than_there_are_cannot_be_believed(name: str) -> None:
    task = a_task(total=3)
    verdict = judge(replace(task, counts=replace(task.counts, **{name: 4})), Policy(max_failed=9, max_risky=9))

    message = f"The counts contradict each other: 4 {name} of 3 images. "
    message += "Run the gate again, and look at the task in the cloud's console if this stays so."
    assert verdict == nothing_to_judge(Reason(code="counts-contradict", message=message))


@pytest.mark.parametrize("limit", [0, 1, 7])
@pytest.mark.parametrize("name", ["failed", "risky"])
def test_a_limit_allows_itself_and_not_one_more(name: str, limit: int) -> None:
    policy = Policy(max_failed=limit) if name == "failed" else Policy(max_risky=limit)
    at_limit, above = (
        a_task(total=10, succeeded=10 - count, failed=count)
        if name == "failed"
        else a_task(total=10, succeeded=10, risky=count)
        for count in (limit, limit + 1)
    )

    assert judge(at_limit, policy).decision is Decision.PASSED
    verdict = judge(above, policy)
    message = (
        too_many_failed(limit + 1, 10, limit, stated=limit + 1)
        if name == "failed"
        else too_many_risky(limit + 1, 10, limit)
    )
    reason = Reason(code=f"too-many-{name}", message=message, actual=limit + 1, limit=limit)
    assert verdict == Verdict(decision=Decision.BLOCKED, exit_code=ExitCode.BLOCKED, reasons=(reason,))


def test_more_images_with_a_result_than_there_are_is_a_contradiction() -> None:
    """Two of two succeeded, and one failed: one of the three is not told of, or is told of twice."""
    verdict = judge(a_task(total=2, succeeded=2, failed=1), Policy(max_failed=1))

    assert (verdict.exit_code, codes(verdict)) == (ExitCode.NOTHING_TO_JUDGE, ["counts-contradict"])
    assert "3 succeeded or failed of 2 images" in verdict.reasons[0].message


def test_every_limit_that_is_passed_is_a_reason() -> None:
    verdict = judge(a_task(failed=1, succeeded=2, risky=1), Policy())

    assert codes(verdict) == ["too-many-failed", "too-many-risky"]


@pytest.mark.parametrize(
    ("stated", "listed", "total", "succeeded", "expected"),
    [
        (2, 0, 5, 3, 2),
        (0, 2, 3, 3, 2),
        (3, 2, 5, 2, 3),
        (0, 0, 5, 3, 2),
        (1, 0, 5, 1, 4),
        (1, 2, 5, 0, 5),
        (0, 0, 3, 3, 0),
    ],
)
def test_failed_are_the_stated_the_listed_and_those_without_a_result(
    stated: int, listed: int, total: int, succeeded: int, expected: int
) -> None:
    listing = tuple(a_failed_image(str(number)) for number in range(listed))
    task = a_task(failed=stated, total=total, succeeded=succeeded, failed_images=listing)

    assert failed_images(task) == expected
    assert judge(task, Policy(max_failed=expected)).decision is Decision.PASSED
    if expected:
        message = too_many_failed(expected, total, expected - 1, stated=stated)
        reason = Reason(code="too-many-failed", message=message, actual=expected, limit=expected - 1)
        assert judge(task, Policy(max_failed=expected - 1)).reasons == (reason,)


def test_failures_that_are_stated_count_even_where_all_images_are_said_to_have_succeeded() -> None:
    task = a_task(failed=2, total=3, succeeded=3)

    assert failed_images(task) == 2
    assert judge(task, Policy(max_failed=1)).decision is Decision.BLOCKED


@pytest.mark.parametrize(
    ("now", "before", "has_lost"), [(2, 3, True), (3, 3, False), (3, 2, False), (None, 3, False), (0, None, False)]
)
def test_a_task_that_once_had_more_images_has_lost_some(now: int | None, before: int | None, *, has_lost: bool) -> None:
    seen = [a_task(total=1), a_task(total=before), a_task(total=now)]

    assert has_lost_images(a_task(total=now), seen if now else seen[1:]) is has_lost


def test_a_task_that_lacks_images_which_it_once_named_has_lost_them_though_it_has_as_many() -> None:
    assert has_lost_images(replace(a_task(total=3), lost_images=1), [a_task(total=3)])


def test_images_without_a_result_are_no_failures_while_the_task_still_runs() -> None:
    assert failed_images(a_task(state=TaskState.RUNNING, total=9, succeeded=2, failed=1)) == 1


@pytest.mark.parametrize("missing", ["total", "succeeded", "failed"])
def test_failures_cannot_be_counted_without_the_numbers_they_follow_from(missing: str) -> None:
    task = a_task()

    assert failed_images(replace(task, counts=replace(task.counts, **{missing: None}))) is None


@pytest.mark.parametrize(("reason", "why"), [("agent lost", ": agent lost"), ("AGENT XXX.", ": AGENT XXX"), ("", "")])
def test_an_ending_names_the_clouds_own_reason_if_it_has_one(reason: str, why: str) -> None:
    verdict = judge(a_task(state=TaskState.FAILED, reason=reason), Policy())

    expected = f"The scan task itself failed{why}. Its images were not all scanned; scan them again."
    assert verdict.reasons[0].message == expected


@pytest.mark.parametrize(("results_pending", "which"), [(2, "images without one: 2"), (None, "nobody has asked yet")])
def test_a_complete_task_whose_results_are_not_in_is_not_weighed(results_pending: int | None, which: str) -> None:
    verdict = judge(a_task(results_pending=results_pending, failed=3, risky=3), Policy())

    assert (verdict.decision, verdict.exit_code, codes(verdict)) == (
        Decision.UNDECIDED,
        ExitCode.NOT_FINAL,
        ["results-pending"],
    )
    assert verdict.reasons[0].message == (
        f"The scan task is complete, but the time is up and its results are not all there yet ({which}). "
        "Give it more time with --timeout; if they never come, look at these images in the cloud's console."
    )


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
def test_a_task_is_final_when_nothing_of_it_is_awaited(
    state: TaskState, results_pending: int | None, *, is_final: bool
) -> None:
    assert a_task(state=state, results_pending=results_pending).is_final is is_final


def test_a_running_task_is_reported_with_its_progress() -> None:
    messages = [
        judge(a_task(state=TaskState.RUNNING, progress=progress), Policy()).reasons[0].message
        for progress in (40, None)
    ]

    assert messages == [
        "The time is up and the scan task is still running (40 %). Give it more time with --timeout.",
        "The time is up and the scan task is still running. Give it more time with --timeout.",
    ]


def test_an_unknown_state_is_reported_in_the_clouds_own_words() -> None:
    message = judge(a_task(state=TaskState.UNKNOWN, raw_state="142"), Policy()).reasons[0].message

    assert message == (
        "The time is up and the task is in a state that the gate does not know (142). "
        "Look at it in the cloud's console; if it is over there, report this state to the gate's project."
    )


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


@pytest.mark.parametrize(
    ("limit", "shown"),
    [(0, "0 s"), (90, "90 s"), (120, "2 min"), (5400, "90 min"), (3600, "1 h"), (86400, "24 h")],
)
def test_the_limit_of_age_is_said_in_a_unit_that_fits_it(limit: int, shown: str) -> None:
    reason = staleness(a_task(started_at=NOW - timedelta(days=2)), Policy(max_age=timedelta(seconds=limit)), NOW)

    assert reason is not None
    assert f"--max-age allows ({shown})" in reason.message


def test_a_stale_task_says_its_age_and_the_limit() -> None:
    reason = staleness(a_task(started_at=NOW - timedelta(hours=2)), Policy(max_age=timedelta(hours=1)), NOW)

    message = "The scan task began 2026-01-31T10:00:00Z, longer ago than --max-age allows (1 h). "
    message += "Start a scan for this release, or allow older ones."
    assert reason == Reason(code="stale", message=message, actual=7200, limit=3600)


def test_a_task_without_a_begin_is_not_known_to_be_fresh() -> None:
    task = a_task(started_at=None)

    message = "The scan task does not say when it began, so its age is unknown. "
    message += "It may still be waiting for its turn; if not, judge it all the same with --max-age none."
    assert staleness(task, Policy(), NOW) == Reason(code="no-begin", message=message)
    assert _code(staleness(task, Policy(max_age=None, started_after=NOW), NOW)) == "no-begin"


def test_a_task_from_the_future_says_when_it_claims_to_have_begun() -> None:
    reason = staleness(a_task(started_at=NOW + timedelta(hours=1)), Policy(), NOW)

    message = (
        "The scan task says that it began in the future, 2026-01-31T13:00:00Z. Set the clock of this machine right."
    )
    assert reason == Reason(code="begins-in-future", message=message)


def test_without_any_limit_of_age_every_task_is_fresh_enough() -> None:
    policy = Policy(max_age=None)

    assert staleness(a_task(started_at=None), policy, NOW) is None
    assert staleness(a_task(started_at=datetime(1999, 1, 1, tzinfo=UTC)), policy, NOW) is None


@pytest.mark.parametrize("max_age", [None, timedelta(hours=24)])
def test_a_task_from_before_the_start_is_not_judged(max_age: timedelta | None) -> None:
    policy = Policy(max_age=max_age, started_after=NOW)

    assert staleness(a_task(started_at=NOW), policy, NOW) is None
    reason = staleness(a_task(started_at=NOW - timedelta(milliseconds=1)), policy, NOW)
    assert reason
    assert reason.code == "stale"
    assert reason.message == (
        "The scan task began 2026-01-31T11:59:59Z, before 2026-01-31T12:00:00Z (--started-after). "
        "Start a scan for this release."
    )


def test_an_age_of_zero_is_a_limit_too() -> None:
    task = a_task(started_at=NOW - timedelta(seconds=1))

    assert _code(staleness(task, Policy(max_age=timedelta(0)), NOW)) == "stale"


def _code(reason: Reason | None) -> str | None:
    return reason.code if reason else None


@pytest.mark.parametrize(
    ("chosen", "last", "expected"),
    [(NOW, NOW, False), (NOW, NOW + timedelta(seconds=1), True), (NOW, None, True), (None, NOW, False)],
)
def test_a_task_whose_begin_moves_is_another_one(
    chosen: datetime | None, last: datetime | None, *, expected: bool
) -> None:
    """Where none was known, one may come: a task that waited for its turn has begun."""
    assert is_different_task(a_task(started_at=last), a_task(started_at=chosen)) is expected


# What keeps the gate from judging, and what the policy excuses.


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
def test_what_keeps_the_gate_from_judging_is_undecided(
    cause: UsageError | Interrupted, exit_code: int, code: str
) -> None:
    verdict = undecided(cause)

    assert (verdict.decision, verdict.exit_code, codes(verdict)) == (Decision.UNDECIDED, exit_code, [code])


def test_the_reason_says_what_happened_what_it_means_and_what_to_do() -> None:
    verdict = undecided(UsageError("This happened.", means="It means that.", remedy="Do this."))

    assert verdict.reasons[0].message == "This happened. It means that. Do this."
    assert "SIGTERM" in undecided(Interrupted(15)).reasons[0].message


@pytest.mark.parametrize("exit_code", list(ExitCode))
@pytest.mark.parametrize(("warn_only", "warn_undecided"), [(False, False), (True, False), (False, True), (True, True)])
def test_leniency_excuses_exactly_what_it_names(exit_code: ExitCode, *, warn_only: bool, warn_undecided: bool) -> None:
    decision = {0: Decision.PASSED, 1: Decision.BLOCKED}.get(exit_code, Decision.UNDECIDED)
    policy = Policy(warn_only=warn_only, warn_undecided=warn_undecided)

    excused = (exit_code == 1 and warn_only) or (exit_code in {4, 5, 6, 7} and warn_undecided)
    assert policy.enforces(Verdict(decision=decision, exit_code=exit_code)) is not excused


def test_that_there_is_no_task_names_the_one_that_was_asked_for() -> None:
    tail = (
        " was found. Either none was started, or the region, the project or the options that select tasks look in the "
        "wrong place."
    )

    assert no_task(None) == Reason(code="no-task", message=f"No scan task{tail}")
    assert no_task("x") == Reason(code="no-task", message=f"No scan task of the id 'x'{tail}")


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
    if judge(task, Policy(max_failed=max_failed, max_risky=max_risky)).decision is not Decision.PASSED:
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
    if judge(task, policy).decision is Decision.PASSED:
        return
    count = getattr(task.counts, name)
    worse = task if count is None else replace(task, counts=replace(task.counts, **{name: count + more}))

    assert judge(worse, policy).decision is not Decision.PASSED


@given(tasks, limits, limits, limits, limits)
def test_stricter_limits_never_turn_a_block_into_a_pass(
    task: ScanTask, max_failed: int, max_risky: int, less_failed: int, less_risky: int
) -> None:
    lenient = judge(task, Policy(max_failed=max_failed, max_risky=max_risky))
    if lenient.decision is Decision.PASSED:
        return
    strict = Policy(max_failed=max(0, max_failed - less_failed), max_risky=max(0, max_risky - less_risky))

    assert judge(task, strict).decision is not Decision.PASSED


def test_where_nobody_says_more_nothing_is_allowed_and_nothing_excused() -> None:
    strict = Policy()

    assert (strict.max_failed, strict.max_risky, strict.max_age, strict.started_after) == (
        0,
        0,
        timedelta(hours=24),
        None,
    )
    assert strict.warn_only is False
    assert strict.warn_undecided is False


@pytest.mark.parametrize(
    ("state", "said"),
    [(TaskState.STOPPED, "was stopped"), (TaskState.TIMED_OUT, "timed out"), (TaskState.FAILED, "failed")],
)
def test_how_a_task_ended_badly_is_said(state: TaskState, said: str) -> None:
    (reason,) = judge(ScanTask(id="ours", state=state), Policy()).reasons

    assert reason.message == f"The scan task itself {said}. Its images were not all scanned; scan them again."
