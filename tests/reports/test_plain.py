"""The verdict in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gate.errors import Unreachable
from gate.outcome import Event, EventKind
from gate.policy import Policy, undecided
from gate.reports import plain
from tests.builders import a_failed_image, a_task, an_outcome

if TYPE_CHECKING:
    from gate.outcome import Outcome


def render(outcome: Outcome) -> str:
    return "".join(plain.render(outcome))


def test_a_pass_is_a_few_lines() -> None:
    poll, retry = Event(kind=EventKind.POLL, at=0.0), Event(kind=EventKind.RETRY, at=0.0)

    assert render(an_outcome(events=(poll, poll, poll, retry))) == (
        "scan-gate: PASSED (exit 0)\n"
        "  scan task nightly (task-1), complete, started 2026-01-31T11:55:00Z\n"
        "  scope: baseline, malicious-file, vulnerability; images: all; image type: registry; trigger: manual\n"
        "  images: 3 in all, 3 scanned, 0 failed (limit 0), 0 risky (limit 0)\n"
        "  polls: 3, retries: 1, 62 s\n"
    )


def test_a_block_names_its_reasons_and_the_failed_images() -> None:
    task = a_task(failed=1, succeeded=2, started_at=None, failed_images=(a_failed_image(reason=""),))

    assert render(an_outcome(task, policy=Policy(max_age=None))) == (
        "scan-gate: BLOCKED (exit 1)\n"
        "  1 of 3 images could not be scanned; --max-failed allows 0. "
        "Check these images in the cloud's console and scan again, or raise --max-failed.\n"
        "  scan task nightly (task-1), complete\n"
        "  scope: baseline, malicious-file, vulnerability; images: all; image type: registry; trigger: manual\n"
        "  images: 3 in all, 2 scanned, 1 failed (limit 0), 0 risky (limit 0)\n"
        "  not scanned: swr/team/shop:1.0: no reason given\n"
        "  polls: 0, retries: 0, 62 s\n"
    )


def test_a_warning_says_that_it_is_one() -> None:
    text = render(an_outcome(a_task(risky=1), policy=Policy(warn_only=True)))

    assert text.startswith("scan-gate: BLOCKED (exit 0: the policy makes 1 a warning)\n")


def test_without_a_task_only_the_reason_is_there() -> None:
    text = render(an_outcome(verdict=undecided(Unreachable("It is down.", remedy="Wait."))))

    assert text == "scan-gate: UNDECIDED (exit 4)\n  It is down. Wait.\n  polls: 0, retries: 0, 62 s\n"


def test_unknown_counts_are_not_zero_and_risks_are_shown_only_where_they_apply() -> None:
    assert "0 failed (limit 0); not known: risky\n" in render(an_outcome(a_task(risky=None)))
    assert "risky" not in render(an_outcome(a_task(risky=None, risk_applies=False)))


def test_many_failed_images_are_cut_with_a_count() -> None:
    failed = tuple(a_failed_image(str(number)) for number in range(23))
    text = render(an_outcome(a_task(failed=23, total=23, succeeded=0, failed_images=failed)))

    assert text.count("not scanned: ") == 20
    assert "  ... and 3 more failed images; the json report has them all\n" in text


def test_hostile_names_forge_no_line_and_no_command() -> None:
    hostile = "x\n::error::forged\r##[error]"
    text = render(an_outcome(a_task(name=hostile, failed=1, failed_images=(a_failed_image(hostile, hostile),))))

    assert "\r" not in text
    assert not any(line.lstrip().startswith("::") or "##[" in line for line in text.splitlines())
