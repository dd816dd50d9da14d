"""The properties, in seconds; CONTRIBUTING says how they are held for as long as one likes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.policy import Decision, Policy, judge
from gate.scan import TaskState
from gate.selection import staleness
from tests.builders import NOW, a_failed_image, a_task
from tests.properties.answers import OtherSide, Weather
from tests.properties.properties import violations, worse_violations
from tests.properties.sequences import CLOUDS, ODD, carried_out, drawn, unhurried
from tests.properties.sinks import Sinks, sink_violations, twin_violations
from tests.properties.worse import retold, worse, worsenings
from tools import million

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.scan import ScanTask
    from tests.builders import FakeTime
    from tests.properties.answers import Damage, Document, Question

EVERY_CODE = {0, 1, 2, 3, 4, 5, 6, 7}
every_cloud = pytest.mark.parametrize("cloud", CLOUDS)
# A busy machine is no finding.
unbounded = settings(deadline=None)


@pytest.fixture(autouse=True)
def _unhurried() -> Iterator[None]:
    with unhurried():
        yield


# Sequences of answers.


@every_cloud
@unbounded
@given(seed=st.integers(0))
def test_a_verdict_has_its_proof_among_the_answers_and_the_run_ends_in_time(cloud: str, seed: int) -> None:
    assert list(violations(carried_out(drawn(f"suite:{seed}", cloud=cloud)))) == []


def test_generated_sequences_hold_every_property() -> None:
    seed = f"{Random().random()}"

    assert (seed, million.tally(seed, range(1000)).violation) == (seed, "")


def test_generated_sequences_end_in_every_way() -> None:
    tally = million.tally("every way", range(1500))

    assert tally.violation == ""
    assert {code for _, code in tally.endings} == EVERY_CODE
    assert all(any(ending == (cloud, code) for ending in tally.endings) for cloud in CLOUDS for code in (0, 1))
    assert len(tally.held) == 7


@every_cloud
@unbounded
@given(seed=st.integers(0))
def test_more_failures_or_risk_among_the_answers_bring_no_pass(cloud: str, seed: int) -> None:
    run = carried_out(drawn(f"suite:{seed}", cloud=cloud))

    for worsening, worse_run in worse(run, most=9):
        assert list(worse_violations(run, worsening, worse_run)) == []


@every_cloud
def test_every_block_stays_one_whatever_way_the_answers_are_worse(cloud: str) -> None:
    runs = [carried_out(drawn(f"blocks:{number}", cloud=cloud)) for number in range(200)]
    blocks = [run for run in runs if run.outcome.verdict.decision is Decision.BLOCKED]
    found = [(run, *pair) for run in blocks for pair in worse(run, most=9)]

    assert {worsening.name for _, worsening, _ in found} == {way.name for way in worsenings(blocks[0])}
    assert not [what for pair in found for what in worse_violations(*pair)]
    assert {way.outcome.verdict.decision for _, worsening, way in found if worsening.is_plain} == {Decision.BLOCKED}


@every_cloud
def test_answers_that_are_retold_as_they_were_are_the_same_run_again(cloud: str) -> None:
    for number in range(100):
        run = carried_out(drawn(f"retold:{number}", cloud=cloud))
        again = retold(run, lambda document, question: None)  # noqa: ARG005 - as it was

        assert (again.outcome.verdict, again.elapsed) == (run.outcome.verdict, run.elapsed)
        assert [one.question for one in again.said] == [one.question for one in run.said]


def test_a_seed_repeats_a_sequence() -> None:
    first, second = (carried_out(drawn("again:7")) for _ in range(2))

    assert first.said == second.said
    assert first.outcome.events == second.outcome.events


KEYS = st.sampled_from(
    [
        *("data_list", "total_num", "task_id", "task_status", "begin_time", "task_type", "failed_num", "success_num"),
        *("risky_num", "failed_images", "TaskInfo", "Status", "Result", "TaskId", "CollectTime", "TotalCount"),
        *("OnceTasks", "Target", "StatusText", "ImageInstanceList", "Digest", "RiskStatus", "LastScanTime", "PageInfo"),
        *("error_code", "Code", "error", "projects", "id", "name"),
    ]
)
VALUES = st.sampled_from(ODD) | st.text(max_size=5) | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
DOCUMENTS = st.dictionaries(
    KEYS,
    st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6)),
    max_size=6,
)


class Recited:
    """A cloud that says these documents, one after another and again from the first, whatever it is asked."""

    def __init__(self, documents: list[Document]) -> None:
        self._documents, self._at = documents, -1

    def document(self, question: Question) -> Document:  # noqa: ARG002 - it does not listen
        self._at += 1
        return self._documents[self._at % len(self._documents)]

    def error(self) -> Damage:
        return 500, {}, {}


@every_cloud
@unbounded
@given(documents=st.lists(DOCUMENTS, min_size=1, max_size=5), seed=st.integers(0, 50))
def test_whatever_is_said_whatever_was_asked_the_gate_never_passes_without_proof(
    cloud: str, documents: list[Document], seed: int
) -> None:
    weather = Weather(rng=Random(seed), words=("shop",), odd=ODD, fault=0.0)
    sequence = drawn(f"recited:{seed}", cloud=cloud)

    def recital(time: FakeTime) -> OtherSide:
        return OtherSide(Recited(documents), weather, time, sequence.settings.request_timeout)

    assert list(violations(carried_out(sequence, other=recital))) == []


# What is shown.


@every_cloud
@unbounded
@given(seed=st.integers(0))
def test_what_a_run_shows_agrees_with_its_verdict_and_forges_nothing(cloud: str, seed: int) -> None:
    sinks = Sinks()
    outcome = carried_out(drawn(f"suite:{seed}", cloud=cloud), hear=sinks.on_event).outcome

    assert list(sink_violations(outcome, sinks.texts(outcome))) == []


@every_cloud
@unbounded
@given(seed=st.integers(0))
def test_hostile_words_change_nothing_that_a_run_shows_but_words(cloud: str, seed: int) -> None:
    assert list(twin_violations(replace(drawn(f"suite:{seed}", cloud=cloud), calm=True))) == []


# One task and one policy.

COUNTS = st.none() | st.integers(0, 6)
TASKS = st.builds(
    a_task,
    state=st.sampled_from([TaskState.COMPLETE] * 4 + list(TaskState)),
    total=COUNTS,
    succeeded=COUNTS,
    failed=COUNTS,
    risky=COUNTS,
    failed_images=st.lists(st.just(a_failed_image()), max_size=3).map(tuple),
    risk_applies=st.booleans(),
    results_pending=st.sampled_from([0, 0, 0, 1, None]),
    started_at=st.sampled_from([NOW - timedelta(minutes=minutes) for minutes in (-20, 0, 5, 90, 3000)]),
)
AGES = st.sampled_from([timedelta(days=1), timedelta(hours=1), timedelta(0), None])
POLICIES = st.builds(
    Policy,
    max_failed=st.integers(0, 6),
    max_risky=st.integers(0, 6),
    max_age=AGES,
    started_after=st.sampled_from([None, NOW - timedelta(hours=1), NOW]),
)
MORE = st.integers(0, 3)


@unbounded
@given(task=TASKS, policy=POLICIES, failed=MORE, risky=MORE, listed=MORE, lost=MORE)
def test_more_failures_or_risk_never_turn_a_block_into_a_pass(
    *, task: ScanTask, policy: Policy, failed: int, risky: int, listed: int, lost: int
) -> None:
    counts = task.counts
    worse = replace(
        task,
        counts=replace(
            counts,
            failed=None if counts.failed is None else counts.failed + failed,
            risky=None if counts.risky is None else counts.risky + risky,
            succeeded=None if counts.succeeded is None else max(0, counts.succeeded - lost),
        ),
        failed_images=task.failed_images + (a_failed_image(),) * listed,
    )

    if judge(task, policy).decision is Decision.BLOCKED:
        assert judge(worse, policy).decision is Decision.BLOCKED


@unbounded
@given(task=TASKS, policy=POLICIES, failed=MORE, risky=MORE)
def test_lower_limits_never_turn_a_block_or_no_verdict_into_a_pass(
    task: ScanTask, policy: Policy, failed: int, risky: int
) -> None:
    stricter = replace(
        policy, max_failed=max(0, policy.max_failed - failed), max_risky=max(0, policy.max_risky - risky)
    )

    if judge(task, stricter).decision is Decision.PASSED:
        assert judge(task, policy).decision is Decision.PASSED


@unbounded
@given(task=TASKS, policy=POLICIES, age=st.floats(0, 1), later=st.integers(0, 7200))
def test_a_task_that_is_too_old_is_not_young_enough_for_a_stricter_policy(
    task: ScanTask, policy: Policy, age: float, later: int
) -> None:
    after = policy.started_after or NOW - timedelta(days=9)
    stricter = replace(
        policy,
        max_age=policy.max_age * age if policy.max_age is not None else timedelta(days=age),
        started_after=after + timedelta(seconds=later),
    )

    assert staleness(task, policy, NOW) is None or staleness(task, stricter, NOW) is not None
