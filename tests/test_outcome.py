"""The outcome of a run: its exit code, and the outputs for later steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import ExitCode, Unreachable
from gate.image import FailedImage, ImageRef, ImageState, ScannedImage
from gate.images.counts import as_task
from gate.outcome import Event, EventKind, Outcome, coverage
from gate.policy import Policy, Reason, Verdict, judge, nothing_to_judge, undecided
from gate.policy_digest import policy_digest
from gate.scan import RISK_SCOPES, Counts, ScanScope, ScanTask, TaskState

if TYPE_CHECKING:
    from collections.abc import Iterable

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
NOT_STATED = ScanTask(id="theirs", state=TaskState.RUNNING)
NOTHING = replace(NOT_STATED, scopes=frozenset())
STALE = Reason(code="stale", message="It is too old.")


def a_task(risky: int = 0) -> ScanTask:
    counts = Counts(total=8, succeeded=7, failed=0, risky=risky)
    return ScanTask(
        id="ours",
        type="manual",
        scopes=frozenset({ScanScope.VULNERABILITY, ScanScope.BASELINE}),
        covers_all_images=False,
        image_type="registry",
        state=TaskState.COMPLETE,
        counts=counts,
        failed_images=(FailedImage(image=ImageRef(name="cart")),),
    )


def an_outcome(verdict: Verdict, policy: Policy, **more: Any) -> Outcome:
    return Outcome(cloud="huawei", verdict=verdict, policy=policy, gate_version="1", generated_at=AT, **more)


def judged(policy: Policy, risky: int = 0) -> Outcome:
    task = a_task(risky)
    return an_outcome(judge(task, policy, now=AT), policy, task=task)


@pytest.mark.parametrize(
    ("policy", "risky", "enforced", "code"),
    [
        (Policy(max_failed=1), 0, True, 0),
        (Policy(max_failed=1), 3, True, 1),
        (Policy(max_failed=1, warn_only=True), 3, False, 0),
        (Policy(max_failed=1, warn_undecided=True), 3, True, 1),
    ],
)
def test_a_verdict_decides_the_exit_code_unless_the_policy_makes_it_a_warning(
    policy: Policy, risky: int, code: int, *, enforced: bool
) -> None:
    outcome = judged(policy, risky)

    assert (outcome.enforced, outcome.exit_code) == (enforced, code)


@pytest.mark.parametrize(
    ("policy", "code"), [(Policy(), 4), (Policy(warn_only=True), 4), (Policy(warn_undecided=True), 0)]
)
def test_an_undecided_run_passes_only_with_the_option_for_it(policy: Policy, code: int) -> None:
    assert an_outcome(undecided(Unreachable("No answer.")), policy).exit_code == code


def test_outputs_say_what_happened_before_any_leniency() -> None:
    assert judged(Policy(max_failed=1, warn_only=True), risky=3).outputs == {
        "verdict": "blocked",
        "exit-code": "1",
        "task-id": "ours",
        "task-state": "complete",
        "task-type": "manual",
        "scope": "baseline,vulnerability",
        "all-images": "false",
        "image-type": "registry",
        "total-num": "8",
        "success-num": "7",
        "failed-num": "1",
        "risky-num": "3",
        "images-total": "",
        "images-risky": "",
        "region": "",
        "account": "",
        "policy-digest": policy_digest(Policy(max_failed=1)),
    }


@pytest.mark.parametrize(("is_risky", "risky"), [(True, "1"), (None, "")])
def test_the_images_that_were_asked_for_are_counted_in_outputs_of_their_own(
    risky: str, *, is_risky: bool | None
) -> None:
    scanned = ScannedImage(image=ImageRef(name="cart"), state=ImageState.SCANNED, is_risky=is_risky)
    task = as_task((scanned, ScannedImage(image=ImageRef(name="till"), state=ImageState.WAITING)))

    found = an_outcome(undecided(Unreachable("No answer.")), Policy(), task=task).outputs

    assert (found["images-total"], found["images-risky"]) == ("2", risky)
    assert (found["total-num"], found["risky-num"], found["task-id"]) == ("2", risky, "")


def test_unknown_outputs_are_empty() -> None:
    without_a_task = an_outcome(undecided(Unreachable("No answer.")), Policy()).outputs

    assert without_a_task.pop("verdict") == "undecided"
    assert without_a_task.pop("exit-code") == "4"
    assert without_a_task.pop("policy-digest") == policy_digest(Policy())
    assert set(without_a_task) == {
        "task-id", "task-state", "task-type", "scope", "all-images", "image-type", "total-num", "success-num",
        "failed-num", "risky-num", "images-total", "images-risky", "region", "account"
    }  # fmt: skip
    assert set(without_a_task.values()) == {""}


def test_a_task_that_looked_for_nothing_is_not_one_that_does_not_state_it() -> None:
    found = [an_outcome(undecided(Unreachable("No answer.")), Policy(), task=task) for task in (NOTHING, NOT_STATED)]

    assert [outcome.outputs["scope"] for outcome in found] == ["none", ""]
    assert [coverage(task)["Scope"] for task in (NOTHING, NOT_STATED)] == ["nothing", "not stated"]
    assert coverage(replace(NOTHING, scopes=frozenset(ScanScope)))["Scope"] == "everything"


def test_what_the_cloud_does_not_state_is_said_in_words() -> None:
    assert set(coverage(NOT_STATED).values()) == {"not stated"}
    assert coverage(a_task()) == {
        "Scope": "baseline, vulnerability",
        "Images": "selected",
        "Image type": "registry",
        "Trigger": "manual",
    }


def of_release(*scopes: frozenset[ScanScope] | None) -> ScanTask:
    """Images that were scanned for this, and one that was not scanned."""
    images = [ScannedImage(image=ImageRef(), state=ImageState.SCANNED, scopes=one, is_risky=False) for one in scopes]
    return as_task((*images, ScannedImage(image=ImageRef(), state=ImageState.WAITING)))


@pytest.mark.parametrize(
    ("task", "scope"),
    [
        (of_release(RISK_SCOPES, RISK_SCOPES), "baseline, malicious-file, vulnerability"),
        (of_release(RISK_SCOPES, None), "not the same for all images"),
        (of_release(None, None), "not stated"),
        (of_release(), "not stated"),
        (of_release(frozenset(ScanScope)), "everything"),
        (of_release(frozenset()), "nothing"),
    ],
)
def test_the_coverage_of_a_release_is_that_of_its_scanned_images(task: ScanTask, scope: str) -> None:
    assert coverage(task) == {"Scope": scope, "Images": "those that were asked for"}


def events(kinds: Iterable[EventKind]) -> tuple[Event, ...]:
    return tuple(Event(kind=kind, at=float(at)) for at, kind in enumerate(kinds))


@pytest.mark.parametrize(
    ("outcome", "note"),
    [
        (judged(Policy(max_failed=1)), ""),
        (judged(Policy(max_failed=1), risky=3), ""),
        (an_outcome(undecided(Unreachable("No answer.")), Policy(), task=a_task()), " so far"),
        (an_outcome(undecided(Unreachable("No answer.")), Policy()), ""),
        (an_outcome(nothing_to_judge(STALE), Policy(), task=a_task()), " (not judged)"),
        (an_outcome(nothing_to_judge(STALE), Policy(), task=replace(a_task(), state=TaskState.RUNNING)), " so far"),
    ],
)
def test_counts_without_a_verdict_are_counts_so_far_or_of_a_complete_task_not_judged(
    outcome: Outcome, note: str
) -> None:
    assert outcome.counts_note == note


def test_polls_and_retries_are_counted_and_nothing_else() -> None:
    seen = events([EventKind.POLL] * 3 + [EventKind.RETRY] * 2 + [EventKind.PAUSE] * 4 + [EventKind.NOTE] * 5)
    outcome = an_outcome(undecided(Unreachable("No answer.")), Policy(), events=seen)

    assert (outcome.polls, outcome.retries) == (3, 2)


def test_an_outcome_has_no_task_and_no_events_by_default() -> None:
    outcome = an_outcome(
        Verdict(decision=judge(a_task(), Policy(), now=AT).decision, exit_code=ExitCode.BLOCKED), Policy()
    )

    assert (outcome.task, outcome.events, outcome.seconds, outcome.verdict.reasons) == (None, (), 0.0, ())


def test_an_event_has_no_text_no_task_and_no_pause_by_default() -> None:
    event = Event(kind=EventKind.NOTE, at=1.0)

    assert (event.text, event.task, event.pause) == ("", None, None)


def test_kinds_of_events_have_the_names_that_reports_show() -> None:
    assert [str(kind) for kind in EventKind] == ["poll", "pause", "retry", "action", "warning", "note"]


def test_the_repr_of_an_outcome_leaves_out_its_events() -> None:
    seen = events([EventKind.POLL])

    assert "events" not in repr(an_outcome(undecided(Unreachable("No answer.")), Policy(), events=seen))
