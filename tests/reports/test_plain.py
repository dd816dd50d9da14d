"""The verdict in the log."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gate.errors import Unreachable
from gate.image import ImageState
from gate.outcome import Event, EventKind
from gate.policy import Policy, undecided
from gate.reports import plain
from gate.scan import RISK_SCOPES
from tests.builders import a_context, a_digest, a_failed_image, a_release, a_risky_image, a_task, an_image, an_outcome
from tests.reports.endings import ENDINGS, FIELDS, an_ending

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
        "  cloud: huawei\n"
        "  polls: 3, retries: 1, 62 s\n"
    )


def test_a_block_names_its_reasons_and_the_failed_images() -> None:
    task = a_task(failed=1, succeeded=2, started_at=None, failed_images=(a_failed_image(reason=""),))

    assert render(an_outcome(task)) == (
        "scan-gate: BLOCKED (exit 1)\n"
        "  1 of 3 images could not be scanned; --max-failed allows 0. "
        "Check these images in the cloud's console and scan again, or raise --max-failed.\n"
        "  scan task nightly (task-1), complete\n"
        "  scope: baseline, malicious-file, vulnerability; images: all; image type: registry; trigger: manual\n"
        "  images: 3 in all, 2 scanned, 1 failed (limit 0), 0 risky (limit 0)\n"
        "  swr/team/shop:1.0 could not be scanned: no reason given.\n"
        "  cloud: huawei\n"
        "  polls: 0, retries: 0, 62 s\n"
    )


def test_a_warning_says_that_it_is_one() -> None:
    text = render(an_outcome(a_task(risky=1), policy=Policy(warn_only=True)))

    assert text.startswith("scan-gate: BLOCKED (exit 0: the policy makes 1 a warning)\n")


def test_without_a_task_only_the_reason_is_there() -> None:
    text = render(an_outcome(verdict=undecided(Unreachable("It is down.", remedy="Wait."))))

    end = "  polls: 0, retries: 0, 62 s\n"
    assert text == f"scan-gate: UNDECIDED (exit 4)\n  It is down. Wait.\n  cloud: huawei\n{end}"


def test_a_run_that_ended_before_its_cloud_was_known_names_none() -> None:
    text = render(an_outcome(verdict=undecided(Unreachable("It is down.", remedy="Wait.")), cloud=""))

    assert text == "scan-gate: UNDECIDED (exit 4)\n  It is down. Wait.\n  polls: 0, retries: 0, 62 s\n"


def test_unknown_counts_are_not_zero_and_risks_are_shown_only_where_they_apply() -> None:
    assert "0 failed (limit 0); not known: risky\n" in render(an_outcome(a_task(risky=None)))
    assert "risky" not in render(an_outcome(a_task(risky=None, risk_applies=False)))


def test_a_release_that_passed_names_its_images_and_says_when_they_were_scanned() -> None:
    moved = an_image("api", moved_to=a_digest("b"), scopes=RISK_SCOPES)

    assert render(a_release(an_image("web", scopes=RISK_SCOPES), moved)) == (
        "scan-gate: PASSED (exit 0)\n"
        "  2 of 2 images, all scanned since they were pushed\n"
        "  scope: baseline, malicious-file, vulnerability; images: those that were asked for\n"
        "  images: 2 in all, 2 scanned, 0 failed (limit 0), 0 risky (limit 0)\n"
        "  swr/team/web:1.0@sha256:aaaaaaaaaaaa no risks found.\n"
        "  swr/team/api:1.0@sha256:aaaaaaaaaaaa no risks found. The tag now stands for sha256:bbbbbbbbbbbb; "
        "the verdict is about the digest.\n"
        "  cloud: huawei\n"
        "  polls: 0, retries: 0, 62 s\n"
    )


def test_a_release_that_did_not_pass_says_how_far_it_is_and_what_was_found_the_worst_first() -> None:
    images = [an_image(state, state) for state in (ImageState.WAITING, ImageState.FAILED)]

    text = render(a_release(an_image(), *images, a_risky_image("shop"), policy=Policy(max_failed=1, max_risky=1)))

    assert text.splitlines()[2:-2] == [
        "  2 of 4 scanned, 1 failed, 1 waiting for the scan",
        "  scope: not stated; images: those that were asked for",
        "  images so far: 4 in all, 2 scanned, 1 failed (limit 1), 1 risky (limit 1)",
        "  swr/team/shop:1.0@sha256:aaaaaaaaaaaa risky: 7 vulnerabilities (2 high, 5 medium).",
        "  swr/team/failed:1.0@sha256:aaaaaaaaaaaa could not be scanned: no reason given.",
        "  swr/team/waiting:1.0@sha256:aaaaaaaaaaaa waiting for its scan.",
        "  swr/team/web:1.0@sha256:aaaaaaaaaaaa no risks found.",
    ]


def test_where_a_task_counts_more_risky_images_than_it_names_the_log_says_so() -> None:
    text = render(an_outcome(a_task(risky=2, images=(a_risky_image(),))))

    assert "\n  The cloud names 1 risky image and counts 2; the count decides.\n" in text
    assert "\n  swr/team/web:1.0@sha256:aaaaaaaaaaaa risky: 7 vulnerabilities (2 high, 5 medium).\n" in text


def test_many_failed_images_are_cut_with_a_count() -> None:
    failed = tuple(a_failed_image(str(number)) for number in range(23))
    text = render(an_outcome(a_task(failed=23, total=23, succeeded=0, failed_images=failed)))

    assert text.count("could not be scanned: ") == 20
    assert "  ... and 3 more images are left out here; the json report has them all.\n" in text


def test_twenty_failed_images_are_all_there() -> None:
    failed = tuple(a_failed_image(str(number)) for number in range(20))
    text = render(an_outcome(a_task(failed=20, total=20, succeeded=0, failed_images=failed)))

    assert text.count("could not be scanned: ") == 20
    assert "left out here" not in text


def test_a_gate_with_a_name_says_it_and_where_the_cloud_was_asked() -> None:
    task = a_task(total=None, succeeded=None)
    lines = render(replace(an_outcome(task), name="staging", context=a_context(endpoint="hss.example"))).splitlines()

    assert lines[0].startswith("scan-gate staging: ")
    assert lines[-3:-1] == [
        "  images (not judged): 0 risky (limit 0); not known: in all, scanned, failed",
        "  cloud: huawei; region: cn-north-4; endpoint: hss.example; project or account: 0123456789abcdef",
    ]


def test_long_reasons_and_sentences_are_there_as_a_whole() -> None:
    image = render(a_release(a_risky_image(warning="w" * 499)))

    assert f"\n  {'r' * 3999}\n" in render(an_outcome(verdict=undecided(Unreachable("r" * 3999))))
    assert f" risky: 7 vulnerabilities (2 high, 5 medium); {'w' * 499}.\n" in image


def test_hostile_names_forge_no_line_and_no_command() -> None:
    hostile = "x\n::error::forged\r##[error]"
    texts = [render(an_outcome(a_task(name=hostile, failed=1, failed_images=(a_failed_image(hostile, hostile),))))]
    texts += [render(an_ending(ending, dict.fromkeys(FIELDS, hostile))) for ending in ENDINGS]

    assert "\r" not in "".join(texts)
    lines = [line for text in texts for line in text.splitlines()]
    assert not [line for line in lines if line.lstrip().startswith("::") or "##[" in line]
