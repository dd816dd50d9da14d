"""Which of the listed tasks is judged, and what speaks against each of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from gate.policy import CLOCK_TOLERANCE, Policy
from gate.scan import NOT_LISTED, RISK_SCOPES, ScanScope, TaskState
from gate.selection import Choice, choose, narrow_scope, newest, other_that_fits, unknown_trigger
from tests.builders import NOW, a_task

if TYPE_CHECKING:
    from gate.scan import ScanTask

OLD, NEW = a_task(id="old", started_at=NOW - timedelta(hours=2)), a_task(id="new", started_at=NOW - timedelta(hours=1))
QUEUED = a_task(id="queued", state=TaskState.RUNNING, progress=0, started_at=None)
ENDED = a_task(id="ended", started_at=None, ended_at=NOW - timedelta(minutes=90))
BROAD, SINCE = Policy(), Policy(started_after=NOW - timedelta(hours=3))
ANY_AGE = Policy(max_age=None)


def chosen(*tasks: ScanTask, policy: Policy = BROAD) -> tuple[str | None, str | None]:
    """The id of the task that is chosen, and the code of the objection to it; the same in any order."""
    choices = [choose(listed, policy, NOW) for listed in (tasks, tasks[::-1])]
    found = {
        (choice.task.id if choice.task else None, choice.objection.code if choice.objection else None)
        for choice in choices
    }
    assert len(found) == 1
    return found.pop()


def test_the_task_with_the_latest_start_time_is_chosen() -> None:
    assert chosen(OLD, NEW) == ("new", None)
    assert chosen() == (None, None)


def test_a_task_without_an_id_cannot_be_followed_and_hides_older_ones() -> None:
    assert chosen(OLD, replace(NEW, id="")) == (None, None)


def test_a_task_without_a_start_time_is_newer_than_those_that_started_before_it_ended() -> None:
    assert chosen(NEW, QUEUED) == ("queued", "no-begin")
    assert chosen(OLD, ENDED) == ("ended", "no-begin")
    assert chosen(NEW, ENDED) == ("new", None)


@pytest.mark.parametrize("other", [QUEUED, ENDED], ids=["queued", "ended"])
def test_where_age_does_not_matter_a_task_with_a_start_time_is_chosen(other: ScanTask) -> None:
    assert chosen(OLD, other, policy=ANY_AGE) == ("old", None)
    assert chosen(other, policy=ANY_AGE) == (other.id, None)
    assert chosen(other, policy=replace(ANY_AGE, started_after=SINCE.started_after)) == (other.id, "no-begin")


def test_a_queued_task_is_named_as_such_and_not_as_one_to_judge_anyway() -> None:
    queued, ended = (choose([task], BROAD, NOW).objection for task in (QUEUED, ENDED))

    assert queued is not None
    assert "is queued" in queued.message
    assert "--max-age" not in queued.message
    assert ended is not None
    assert "--max-age none" in ended.message


# Two tasks that may be meant.


@pytest.mark.parametrize("state", [TaskState.COMPLETE, TaskState.RUNNING, TaskState.STOPPED, TaskState.UNKNOWN])
def test_with_started_after_a_second_task_that_fits_makes_the_choice_ambiguous(state: TaskState) -> None:
    objection = choose([NEW, replace(OLD, state=state)], SINCE, NOW).objection

    assert objection is not None
    assert objection.code == "ambiguous-task"
    assert "nightly (id new, started 2026-01-31T11:00:00Z)" in objection.message
    assert "nightly (id old, started 2026-01-31T10:00:00Z)" in objection.message


@pytest.mark.parametrize("max_age", [None, timedelta(hours=24)])
@pytest.mark.parametrize("other", [QUEUED, ENDED, replace(QUEUED, progress=7)], ids=["queued", "ended", "running"])
def test_a_task_without_a_start_time_may_fit_started_after(other: ScanTask, max_age: timedelta | None) -> None:
    """A queued one will fit when it starts, and no wait makes the two one."""
    policy = replace(SINCE, max_age=max_age)
    choice = choose([OLD, other], policy, NOW)

    assert choice.objection is not None
    assert choice.objection.code == "ambiguous-task"
    assert choice.is_hopeless(by_id=False)
    assert other_that_fits(NEW, [NEW, other], policy, NOW) is not None


def test_two_queued_tasks_are_ambiguous_with_started_after_and_the_newest_one_is_waited_for_without_it() -> None:
    twin = replace(QUEUED, id="twin")

    assert chosen(QUEUED, twin, policy=SINCE)[1] == "ambiguous-task"
    assert chosen(QUEUED, twin)[1] == "no-begin"


def test_a_task_that_ended_before_started_after_or_longer_ago_than_max_age_does_not_fit() -> None:
    policy = Policy(started_after=NOW - timedelta(minutes=80))

    assert other_that_fits(NEW, [ENDED], policy, NOW) is None
    assert other_that_fits(NEW, [ENDED], replace(SINCE, max_age=timedelta(minutes=80)), NOW) is None


# Advice that the options in force make void.


@pytest.mark.parametrize(
    ("task", "policy", "is_advised"),
    [
        (OLD, BROAD, True),
        (OLD, SINCE, True),
        (OLD, Policy(started_after=OLD.started_at), True),
        (OLD, Policy(started_after=NOW - timedelta(minutes=90)), False),
        (replace(OLD, state=TaskState.RUNNING), BROAD, True),
        (replace(OLD, state=TaskState.STOPPED), BROAD, False),
        (replace(OLD, state=TaskState.UNKNOWN, raw_state=NOT_LISTED), BROAD, False),
        (replace(OLD, scopes=frozenset()), BROAD, False),
        (ENDED, BROAD, True),
        (ENDED, SINCE, False),
        (replace(ENDED, state=TaskState.FAILED), BROAD, False),
    ],
)
def test_another_max_age_is_advised_exactly_where_only_the_age_is_against_the_task(
    task: ScanTask, policy: Policy, *, is_advised: bool
) -> None:
    strict = replace(policy, max_age=timedelta(hours=1))

    objection = choose([task], strict, NOW).objection
    assert objection is not None
    assert objection.code in {"stale", "no-begin"}
    remedy = objection.message.removeprefix(objection.while_waiting)
    assert ("--max-age" in remedy) is is_advised


@pytest.mark.parametrize(
    ("others", "policy"),
    [
        ([replace(NEW, id="twin")], BROAD),
        ([OLD], SINCE),
    ],
    ids=["the same start", "another one that fits"],
)
def test_another_max_age_is_not_advised_where_another_task_would_be_in_the_way(
    others: list[ScanTask], policy: Policy
) -> None:
    objection = choose([NEW, *others], replace(policy, max_age=timedelta(minutes=1)), NOW).objection

    assert objection is not None
    assert objection.code == "stale"
    assert "raise --max-age" not in objection.message


def test_max_age_none_is_not_advised_where_it_would_select_another_task() -> None:
    """With it, a task that states its start time comes first."""
    objection = choose([OLD, ENDED], BROAD, NOW).objection

    assert objection is not None
    assert objection.code == "no-begin"
    assert "--max-age" not in objection.message


@pytest.mark.parametrize(
    ("scopes", "state", "is_advised"),
    [
        ({ScanScope.VULNERABILITY}, TaskState.COMPLETE, True),
        ({ScanScope.VULNERABILITY}, TaskState.STOPPED, False),
        ({ScanScope.SOFTWARE_COMPLIANCE}, TaskState.COMPLETE, False),
        (set(), TaskState.COMPLETE, False),
    ],
)
def test_a_weaker_requirement_is_advised_exactly_where_the_scan_meets_one(
    scopes: set[ScanScope], state: TaskState, *, is_advised: bool
) -> None:
    objection = narrow_scope(a_task(scopes=frozenset(scopes), state=state), BROAD)

    assert objection is not None
    assert ("--required-scope" in objection.message) is is_advised


@pytest.mark.parametrize(
    ("task", "policy"),
    [
        (OLD, Policy(max_age=timedelta(hours=1))),
        (OLD, Policy(started_after=NOW - timedelta(hours=1))),
        (ENDED, BROAD),
        (a_task(scopes=frozenset()), BROAD),
    ],
    ids=["too old", "too early", "no start time", "narrow scope"],
)
def test_where_a_task_was_selected_by_its_id_a_new_scan_has_to_be_selected_too(task: ScanTask, policy: Policy) -> None:
    by_id, by_filters = (choose([task], policy, NOW, by_id=by_id).objection for by_id in (True, False))

    assert by_id is not None
    assert ", and select it with --task-id" in by_id.message
    assert by_filters is not None
    assert "--task-id" not in by_filters.message


def test_a_task_that_started_too_early_does_not_fit() -> None:
    assert chosen(OLD, NEW, policy=Policy(started_after=NOW - timedelta(minutes=90))) == ("new", None)
    assert other_that_fits(NEW, [NEW, OLD], Policy(started_after=NOW - timedelta(minutes=90)), NOW) is None


@pytest.mark.parametrize(
    ("ahead", "remedy"),
    [
        (CLOCK_TOLERANCE, "Start a scan for this release."),
        (CLOCK_TOLERANCE + timedelta(seconds=1), "That time is in the future: record it in UTC"),
    ],
)
def test_a_start_time_in_the_future_is_answered_by_how_to_record_it(ahead: timedelta, remedy: str) -> None:
    """As where the local time of a runner was given for that in UTC."""
    objection = choose([NEW], Policy(started_after=NOW + ahead), NOW).objection

    assert objection is not None
    assert objection.code == "stale"
    assert remedy in objection.message


def test_without_started_after_older_tasks_do_not_matter() -> None:
    assert other_that_fits(NEW, [OLD, NEW], BROAD, NOW) is None


@pytest.mark.parametrize("policy", [BROAD, SINCE, ANY_AGE])
def test_two_tasks_with_the_same_start_time_are_always_ambiguous(policy: Policy) -> None:
    twin = replace(NEW, id="twin")

    assert chosen(NEW, twin, policy=policy)[1] == "ambiguous-task"


@pytest.mark.parametrize("by_id", [True, False])
def test_a_task_of_an_unknown_kind_is_not_judged(*, by_id: bool) -> None:
    task = replace(NEW, type="event", has_unknown_type=True)

    objection = choose([task], BROAD, NOW, by_id=by_id).objection
    assert objection is not None
    assert (objection.code, objection) == ("unknown-trigger", unknown_trigger(task, by_id=by_id))
    assert unknown_trigger(NEW, by_id=by_id) is None


def test_of_two_tasks_that_fit_the_one_of_an_unknown_kind_is_named() -> None:
    unknown = replace(OLD, has_unknown_type=True)

    assert chosen(NEW, unknown) == ("new", None)
    assert chosen(NEW, unknown, policy=SINCE) == ("new", "unknown-trigger")
    assert chosen(NEW, replace(NEW, id="twin", has_unknown_type=True))[1] == "unknown-trigger"
    assert chosen(replace(OLD, has_unknown_type=True), policy=Policy(max_age=timedelta(minutes=1))) == ("old", "stale")


def test_two_tasks_that_state_no_start_time_are_ambiguous_where_age_does_not_matter() -> None:
    assert chosen(QUEUED, replace(QUEUED, id="other"), policy=ANY_AGE)[1] == "ambiguous-task"


def test_the_same_task_is_no_other_one() -> None:
    assert other_that_fits(NEW, [replace(NEW, state=TaskState.RUNNING)], SINCE, NOW) is None


def test_a_stale_choice_is_not_called_ambiguous() -> None:
    assert chosen(OLD, NEW, policy=Policy(max_age=timedelta(minutes=1), started_after=SINCE.started_after)) == (
        "new",
        "stale",
    )


# What the scan looked for.


@pytest.mark.parametrize("missing", sorted(RISK_SCOPES))
def test_a_scan_that_did_not_look_for_every_risk_is_not_judged(missing: ScanScope) -> None:
    task = a_task(scopes=frozenset(ScanScope) - {missing})

    objection = narrow_scope(task, BROAD)
    assert objection is not None
    assert objection.code == "scope-too-narrow"
    assert f"did not look for: {missing}." in objection.message
    assert choose([task], BROAD, NOW).objection == objection


@pytest.mark.parametrize("scopes", [RISK_SCOPES, frozenset(ScanScope), None], ids=["risks", "all", "not stated"])
def test_a_scan_that_looked_for_every_risk_or_does_not_state_it_is_judged(scopes: frozenset[ScanScope] | None) -> None:
    assert narrow_scope(a_task(scopes=scopes), BROAD) is None


def test_the_policy_can_require_less_or_more() -> None:
    task = a_task(scopes=frozenset({ScanScope.VULNERABILITY}))

    assert narrow_scope(task, Policy(required_scopes=task.scopes or frozenset())) is None
    assert narrow_scope(a_task(), Policy(required_scopes=frozenset(ScanScope))) is not None


def test_a_task_that_looks_for_no_risks_needs_no_scope() -> None:
    assert narrow_scope(a_task(scopes=frozenset(), risk_applies=False), BROAD) is None


# What waiting can change.


def test_waiting_helps_unless_two_tasks_fit() -> None:
    ambiguous = choose([OLD, NEW], SINCE, NOW)
    stale = choose([OLD], Policy(max_age=timedelta(minutes=1)), NOW)
    narrow = choose([a_task(scopes=frozenset())], BROAD, NOW)
    queued = choose([QUEUED], BROAD, NOW)

    assert [one.is_hopeless(by_id=False) for one in (ambiguous, stale, narrow, queued, Choice())] == [
        *(True, False, False, False, False)
    ]
    assert [one.is_hopeless(by_id=True) for one in (stale, narrow, queued, Choice())] == [*(True, True, False, False)]


@pytest.mark.parametrize(
    ("task", "is_queued"),
    [
        (QUEUED, True),
        (replace(QUEUED, progress=None), True),
        (replace(QUEUED, progress=7), False),
        (replace(QUEUED, state=TaskState.UNKNOWN), False),
        (replace(QUEUED, state=TaskState.STOPPED), False),
        (replace(QUEUED, started_at=NOW), False),
        (replace(QUEUED, ended_at=NOW), False),
        (ENDED, False),
    ],
)
def test_only_a_task_that_states_nothing_of_a_start_is_queued(task: ScanTask, *, is_queued: bool) -> None:
    assert task.is_queued is is_queued
    assert Choice(task=task).is_queued is is_queued
    assert not Choice().is_queued


def test_the_newest_task_does_not_depend_on_the_order() -> None:
    tasks = [OLD, NEW, ENDED, QUEUED, replace(QUEUED, id="a queued one")]

    assert newest(tasks) == newest(tasks[::-1]) == QUEUED
    assert newest([]) is None
