"""Checks the properties on some generated runs; CONTRIBUTING describes how to check them on many more."""

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
from tests.properties.changed_values import changed_runs
from tests.properties.image_sequences import execute_images, generate_images
from tests.properties.mutations import ResponseMutator
from tests.properties.outputs import RunOutputs, hostile_text_violations, output_violations
from tests.properties.properties import stricter_policy_violations, violations, worse_responses_violations
from tests.properties.sequences import CLOUDS, ODD_VALUES, execute, generate, without_real_sleeps
from tests.properties.transport import FaultyCloud
from tests.properties.worse_responses import replay, worse_runs, worsenings
from tools import million

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gate.scan import ScanTask
    from tests.builders import FakeTime
    from tests.properties.mutations import Document, UnencodedResponse
    from tests.properties.sequences import GeneratedSequence, Run
    from tests.properties.transport import ApiRequest

ALL_CODES = {0, 1, 2, 3, 4, 5, 6, 7}
every_cloud = pytest.mark.parametrize("cloud", CLOUDS)
# Without hypothesis' own deadline, which a busy machine may exceed.
without_deadline = settings(deadline=None)


@pytest.fixture(autouse=True)
def _no_real_sleeps() -> Iterator[None]:
    with without_real_sleeps():
        yield


# Sequences of responses.


@every_cloud
@without_deadline
@given(seed=st.integers(0))
def test_a_verdict_has_evidence_in_the_responses_and_the_run_ends_in_time(cloud: str, seed: int) -> None:
    assert list(violations(execute(generate(f"suite:{seed}", cloud=cloud)))) == []


def test_generated_sequences_have_every_property_and_end_with_every_exit_code() -> None:
    tally = million.tally("every way", range(1000))

    assert tally.violation == ""
    assert {code for _, code in tally.endings} == ALL_CODES
    assert all(any(ending == (cloud, code) for ending in tally.endings) for cloud in CLOUDS for code in (0, 1))
    assert len(tally.checked) == 9


@every_cloud
@without_deadline
@given(seed=st.integers(0))
def test_a_run_does_not_pass_with_more_failures_or_risk_in_the_responses(cloud: str, seed: int) -> None:
    run = execute(generate(f"suite:{seed}", cloud=cloud))

    for worsening, worse_run in worse_runs(run, most=9):
        assert list(worse_responses_violations(run, worsening, worse_run)) == []


@every_cloud
def test_a_blocked_run_stays_blocked_with_every_worsening(cloud: str) -> None:
    runs = [execute(generate(f"blocks:{number}", cloud=cloud)) for number in range(200)]
    blocked = [run for run in runs if run.outcome.verdict.decision is Decision.BLOCKED]
    results = [(run, *worse) for run in blocked for worse in worse_runs(run, most=9)]
    # A worse response may lack the end of a leaf, and then it takes one poll more, to which a replay has no response.
    explicit = [worse for run, worsening, worse in results if worsening.is_explicit and worse.elapsed == run.elapsed]

    assert {worsening.name for _, worsening, _ in results} == {one.name for one in worsenings(blocked[0])}
    assert not [violation for result in results for violation in worse_responses_violations(*result)]
    assert {run.outcome.verdict.decision for run in explicit} == {Decision.BLOCKED}


def test_a_block_stays_one_where_a_row_from_before_the_push_of_its_tag_leaves_the_number_of_risky_images_open() -> None:
    # Found with `tools.million`: the gate called a run undecided of which the known numbers exceed the limits.
    run = execute(generate("3021:1591"))
    worse = {one.name: worse_run for one, worse_run in worse_runs(run, most=9)}["RiskStatus"]

    task = worse.outcome.task
    assert run.outcome.verdict.decision is worse.outcome.verdict.decision is Decision.BLOCKED
    assert task is not None
    assert task.counts.risky is None


@every_cloud
def test_a_replay_of_unchanged_responses_is_the_same_run(cloud: str) -> None:
    for number in range(100):
        run = execute(generate(f"retold:{number}", cloud=cloud))
        again = replay(run, lambda document, request: None)  # noqa: ARG005 - nothing is changed

        assert (again.outcome.verdict, again.elapsed) == (run.outcome.verdict, run.elapsed)
        assert [exchange.request for exchange in again.exchanges] == [exchange.request for exchange in run.exchanges]


@pytest.mark.parametrize(
    ("generated", "executed"), [(generate, execute), (generate_images, execute_images)], ids=["tasks", "images"]
)
def test_a_run_with_a_changed_value_differs_from_the_pass_at_first_in_the_response_that_is_named(
    generated: Callable[[str], GeneratedSequence], executed: Callable[[GeneratedSequence], Run]
) -> None:
    runs = [executed(generated(f"pass:{number}")) for number in range(40)]
    passed = next(run for run in runs if has_passed(run))
    changed = list(changed_runs(executed, passed, 20))

    assert len({what for what, _ in changed}) > 15
    assert [what for what, _ in changed_runs(executed, passed, 20)] == [what for what, _ in changed]
    assert not [pair for run in runs if not has_passed(run) for pair in changed_runs(executed, run, 1)]
    for what, run in changed:
        pairs = zip(passed.exchanges, run.exchanges, strict=False)
        first, second = next((one, two) for one, two in pairs if one.response != two.response)
        assert first.request == second.request
        assert what.startswith(f"{first.request.operation}: ")


@pytest.mark.parametrize(
    ("seed", "what", "code"),
    [
        # The deadline cuts a list that does not say how long it is: the poll before is judged.
        ("dense1:181", "tasks: ['data_list', 0], failed_num: 101", 1),
        # The list that is read after the last poll shows a task without leaves as less finished.
        ("dense2:128", "GetLastOnceTaskInfo: [], FinishCount: 0", 5),
        # The first of two polls that agree has a result from the future.
        ("dense5:413", "DescribeImageInstances: ['ImageInstanceList', 0], LastScanTime: 1769861045000", 0),
    ],
)
def test_a_run_with_a_changed_value_in_which_a_violation_was_found_has_none(seed: str, what: str, code: int) -> None:
    run = execute(generate(seed))
    changed = [one for name, one in changed_runs(execute, run, 40) if name == what]

    assert code in {int(one.outcome.verdict.exit_code) for one in changed}
    assert not [violation for one in changed for violation in violations(one)]


@pytest.mark.parametrize(
    ("seed", "code"),
    [
        # The last poll states no total, and its lists were not read: the poll before is judged.
        ("3031:9641", 1),
        # The last poll of a task without images lacks a count, so that nothing is known of it.
        ("3032:63556", 7),
        # The last poll shows that its only image failed, so that there is no result to ask for.
        ("3033:334130", 1),
    ],
)
def test_a_run_that_ends_at_its_deadline_in_which_a_violation_was_found_has_none(seed: str, code: int) -> None:
    run = execute(generate(seed))

    assert run.outcome.verdict.exit_code == code
    assert not list(violations(run))


def test_a_stricter_policy_that_asks_otherwise_is_not_compared_with_a_block() -> None:
    # With a maximum age the gate waits for a plausible time, and then sees the images as they are later.
    run = execute(generate("dense6:8359"))

    assert run.outcome.verdict.decision is Decision.BLOCKED
    assert not list(stricter_policy_violations(run))


def has_passed(run: Run) -> bool:
    return run.outcome.verdict.decision is Decision.PASSED


def test_the_same_seed_generates_the_same_run() -> None:
    first, second = (execute(generate("again:7")) for _ in range(2))

    assert first.exchanges == second.exchanges
    assert first.outcome.events == second.outcome.events


KEYS = st.sampled_from(
    [
        *("data_list", "total_num", "task_id", "task_status", "begin_time", "task_type", "failed_num", "success_num"),
        *("risky_num", "failed_images", "TaskInfo", "Status", "Result", "TaskId", "CollectTime", "TotalCount"),
        *("OnceTasks", "Target", "StatusText", "ImageInstanceList", "Digest", "RiskStatus", "LastScanTime", "PageInfo"),
        *("error_code", "Code", "error", "projects", "id", "name"),
    ]
)
VALUES = (
    st.sampled_from(ODD_VALUES) | st.text(max_size=5) | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
)
DOCUMENTS = st.dictionaries(
    KEYS,
    st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6)),
    max_size=6,
)


class FixedDocuments:
    """A cloud that responds with these documents in rotation, whatever the request is."""

    def __init__(self, documents: list[Document]) -> None:
        self._documents, self._at = documents, -1

    def document(self, request: ApiRequest) -> Document:  # noqa: ARG002 - the request does not matter
        self._at += 1
        return self._documents[self._at % len(self._documents)]

    def error(self) -> UnencodedResponse:
        return 500, {}, {}


@every_cloud
@without_deadline
@given(documents=st.lists(DOCUMENTS, min_size=1, max_size=5), seed=st.integers(0, 50))
def test_the_gate_never_passes_without_evidence_on_arbitrary_documents(
    cloud: str, documents: list[Document], seed: int
) -> None:
    mutator = ResponseMutator(rng=Random(seed), texts=("shop",), odd_values=ODD_VALUES, rate=0.0)
    sequence = generate(f"recited:{seed}", cloud=cloud)

    def responder(time: FakeTime) -> FaultyCloud:
        return FaultyCloud(FixedDocuments(documents), mutator, time, sequence.settings.request_timeout)

    assert list(violations(execute(sequence, responder=responder))) == []


# Outputs.


@every_cloud
@without_deadline
@given(seed=st.integers(0))
def test_all_outputs_agree_with_the_verdict_and_contain_no_forged_parts(cloud: str, seed: int) -> None:
    outputs = RunOutputs()
    outcome = execute(generate(f"suite:{seed}", cloud=cloud), on_event=outputs.on_event).outcome

    assert list(output_violations(outcome, outputs.texts(outcome))) == []


@every_cloud
@without_deadline
@given(seed=st.integers(0))
def test_hostile_texts_change_nothing_but_texts_in_all_outputs(cloud: str, seed: int) -> None:
    sequence = replace(generate(f"suite:{seed}", cloud=cloud), is_text_only=True)

    assert list(hostile_text_violations(sequence)) == []


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


@without_deadline
@given(task=TASKS, policy=POLICIES, failed=MORE, risky=MORE, listed=MORE, fewer_succeeded=MORE)
def test_more_failures_or_risk_never_turn_a_block_into_a_pass(
    *, task: ScanTask, policy: Policy, failed: int, risky: int, listed: int, fewer_succeeded: int
) -> None:
    counts = task.counts
    worse = replace(
        task,
        counts=replace(
            counts,
            failed=None if counts.failed is None else counts.failed + failed,
            risky=None if counts.risky is None else counts.risky + risky,
            succeeded=None if counts.succeeded is None else max(0, counts.succeeded - fewer_succeeded),
        ),
        failed_images=task.failed_images + (a_failed_image(),) * listed,
    )

    if judge(task, policy, now=NOW).decision is Decision.BLOCKED:
        assert judge(worse, policy, now=NOW).decision is Decision.BLOCKED


@without_deadline
@given(task=TASKS, policy=POLICIES, failed=MORE, risky=MORE)
def test_lower_limits_never_turn_a_block_or_no_verdict_into_a_pass(
    task: ScanTask, policy: Policy, failed: int, risky: int
) -> None:
    stricter = replace(
        policy, max_failed=max(0, policy.max_failed - failed), max_risky=max(0, policy.max_risky - risky)
    )

    if judge(task, stricter, now=NOW).decision is Decision.PASSED:
        assert judge(task, policy, now=NOW).decision is Decision.PASSED


@without_deadline
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
