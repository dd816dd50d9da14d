"""Image mode: what is asked of a cloud for the images of a release, in which order, and what is judged."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import DeadlineExceeded, Interrupted, Refused, TransientError, Unreachable
from gate.image import ImageState, TaggedDigest
from gate.outcome import EventKind
from gate.policy import Decision, Policy
from gate.scan import RISK_SCOPES
from tests import builders
from tests.builders import FakeTime, a_release
from tests.images.scripted import (
    API,
    HOUR,
    NARROW,
    WEB,
    ScriptedScans,
    a_digest,
    a_ref,
    an_image,
    at,
    run_images,
)

if TYPE_CHECKING:
    from gate.image import ImageRef, ScannedImage

WAITING, SCANNING, SCANNED, FAILED = (
    ImageState.WAITING,
    ImageState.SCANNING,
    ImageState.SCANNED,
    ImageState.FAILED,
)
OLD = an_image(scanned_at=at(-2 * 86_400))
NEW = an_image(scanned_at=at(60))


# What passes.


def test_a_fresh_result_of_this_digest_passes_without_a_scan() -> None:
    run = run_images(ScriptedScans([[an_image()]]))

    assert run.verdict.decision is Decision.PASSED
    assert run.calls == ["look", "verify", "severities"]
    assert run.slept == []


def test_all_images_that_need_a_scan_are_started_together_and_once() -> None:
    unscanned = an_image(API, WAITING)
    scans = ScriptedScans(
        [[OLD, unscanned]],
        [[OLD, an_image(API, SCANNING)], [NEW, an_image(API, SCANNING)], [NEW, an_image(API, scanned_at=at(90))]],
    )

    run = run_images(scans, WEB, API)

    assert run.verdict.decision is Decision.PASSED
    assert [call for call in run.calls if call.startswith("start")] == ["start web api"]
    assert run.calls.count("look") == 4


def test_a_fresh_result_is_taken_and_only_the_other_images_are_scanned() -> None:
    scans = ScriptedScans([[an_image(), an_image(API, WAITING)]], [[an_image(), an_image(API, scanned_at=at(30))]])

    run = run_images(scans, WEB, API)

    assert (run.verdict.decision, [call for call in run.calls if "start" in call]) == (Decision.PASSED, ["start api"])


def test_a_fresh_result_does_not_age_while_the_gate_waits_for_others() -> None:
    almost_old = an_image(scanned_at=at(-86_395))
    scans = ScriptedScans([[almost_old, an_image(API, WAITING)]], [[almost_old, an_image(API, scanned_at=at(20))]])

    assert run_images(scans, WEB, API).verdict.decision is Decision.PASSED


def test_always_scans_what_has_a_fresh_result_too() -> None:
    run = run_images(ScriptedScans([[an_image()]], [[NEW]]), scan="always")

    assert (run.verdict.decision, "start web" in run.calls) == (Decision.PASSED, True)


def test_never_waits_for_a_scan_that_others_start() -> None:
    run = run_images(ScriptedScans([[OLD], [an_image(state=SCANNING)], [NEW]]), scan="never")

    assert run.verdict.decision is Decision.PASSED
    assert not [call for call in run.calls if call.startswith("start")]


def test_a_scan_of_somebody_else_is_waited_for_and_its_result_is_taken() -> None:
    run = run_images(ScriptedScans([[an_image(state=SCANNING)], [NEW]]))

    assert run.verdict.decision is Decision.PASSED
    assert not [call for call in run.calls if call.startswith("start")]


def test_an_image_that_is_listed_late_is_asked_for_once_and_then_scanned() -> None:
    scans = ScriptedScans([[], [], [an_image(state=WAITING)]], [[NEW]])

    run = run_images(scans)

    assert run.verdict.decision is Decision.PASSED
    assert run.calls[:5] == ["look", "list web", "look", "look", "start web"]


def test_a_cloud_that_lists_what_it_scans_is_not_asked_to_list_it_first() -> None:
    run = run_images(ScriptedScans([[]], [[NEW]], startable=True))

    assert run.verdict.decision is Decision.PASSED
    assert run.calls[:2] == ["look", "start web"]


# What does not pass.


def test_an_image_that_the_cloud_never_lists_is_missing_by_name_and_the_others_are_not_scanned() -> None:
    run = run_images(ScriptedScans([[an_image(API, WAITING)]]), WEB, API, appear_timeout=60.0)

    assert (run.codes, int(run.verdict.exit_code)) == (["image-missing", "not-final"], 7)
    assert "swr.test/shop/web:1.0@sha256:aaaa" in run.verdict.reasons[0].message
    assert "1 min (--appear-timeout)" in run.verdict.reasons[0].message
    assert not [call for call in run.calls if call.startswith("start")]
    assert sum(run.slept) == pytest.approx(60.0)
    assert run.verdict.reasons[1].message == (
        "1 of 2 images has no result, and the gate waits for none while another image is not listed or cannot be "
        f"scanned: {API}. Correct that first, and run the gate again."
    )


@pytest.mark.parametrize(("timeout", "codes"), [(1800.0, []), (620.0, ["image-missing"])])
def test_the_wait_for_the_list_starts_once_all_tags_are_resolved_and_ends_with_the_run(
    timeout: float, codes: list[str]
) -> None:
    time, tag = FakeTime(), a_ref(digest="")

    class SlowRegistry(ScriptedScans):
        def resolve(self, image: ImageRef) -> TaggedDigest | None:
            time.elapsed += 600.0
            return super().resolve(image)

    scans = SlowRegistry([[], [], [], [an_image(scanned_at=at(1))]], tags={tag: [TaggedDigest(digest=a_digest())]})

    assert run_images(scans, tag, time=time, appear_timeout=60.0, timeout=timeout).codes == codes


def test_another_digest_under_the_tag_is_told() -> None:
    moved = an_image(state=ImageState.MISSING, listed_digest=a_digest("f"))

    (reason,) = run_images(ScriptedScans([[moved]]), appear_timeout=60.0).verdict.reasons

    assert f"it lists {a_digest('f')}" in reason.message


def test_an_old_result_of_the_same_digest_is_not_taken_for_that_of_the_scan_that_was_started() -> None:
    run = run_images(ScriptedScans([[OLD]]), timeout=300.0)

    assert (run.codes, int(run.verdict.exit_code), run.states) == (["not-final"], 5, [WAITING])
    assert "5 min (--timeout) and 1 of 1 image has no result yet: swr.test/shop/web" in run.verdict.reasons[0].message


def test_an_old_result_is_not_fresh_by_the_clock_of_the_cloud_that_is_ahead() -> None:
    """The start of our scan is compared with the cloud's own time of the result before it, and not with our clock."""
    ahead = an_image(scanned_at=at(100))
    run = run_images(ScriptedScans([[ahead]]), scan="always", timeout=300.0)

    assert (run.codes, run.states) == (["not-final"], [WAITING])


def test_without_a_result_before_a_listed_image_needs_any_and_one_that_was_not_listed_a_new_one() -> None:
    listed = ScriptedScans([[an_image(state=WAITING)]], [[an_image(scanned_at=at(-600))]])
    unlisted = ScriptedScans([[]], [[an_image(scanned_at=at(-600))]], startable=True)

    assert run_images(listed).verdict.decision is Decision.PASSED
    assert run_images(unlisted, timeout=300.0).codes == ["not-final"]


@pytest.mark.parametrize("before", [an_image(state=WAITING), OLD], ids=["never scanned before", "scanned before"])
@pytest.mark.parametrize(("seconds", "code"), [(-901, 5), (-900, 0), (60, 0)])
def test_a_result_from_clearly_before_the_start_of_our_scan_is_not_that_of_it(
    before: ScannedImage, seconds: float, code: int
) -> None:
    """As where the cloud has shown less than it knew, or states a time in s for one in ms."""
    scans = ScriptedScans([[before]], [[an_image(scanned_at=at(seconds))]])

    assert int(run_images(scans, timeout=300.0).verdict.exit_code) == code


@pytest.mark.parametrize(("seconds", "code"), [(-1, 5), (0, 0), (60, 0)])
def test_an_image_that_was_not_listed_needs_a_result_since_the_start_of_its_scan(seconds: float, code: int) -> None:
    scans = ScriptedScans([[]], [[an_image(scanned_at=at(seconds))]], startable=True)

    assert int(run_images(scans, scan="always", timeout=300.0).verdict.exit_code) == code


def test_a_failure_of_an_image_that_was_not_listed_before_may_be_an_old_one() -> None:
    old, new = an_image(state=FAILED), an_image(state=FAILED, scanned_at=at(60))

    assert run_images(ScriptedScans([[]], [[old]], startable=True), timeout=300.0).codes == ["not-final"]
    assert run_images(ScriptedScans([[]], [[new]], startable=True)).codes == ["too-many-failed"]


@pytest.mark.parametrize("scan", ["auto", "always"])
def test_a_failure_from_before_is_not_taken_for_that_of_the_scan_that_was_started(scan: str) -> None:
    failed = an_image(state=FAILED)
    run = run_images(ScriptedScans([[failed]], [[failed], [failed], [NEW]]), scan=scan)

    assert (run.verdict.decision, run.calls.count("look")) == (Decision.PASSED, 4)


@pytest.mark.parametrize(
    "after",
    [
        pytest.param([[an_image(state=FAILED, scanned_at=at(50))]], id="the time of the scan has grown"),
        pytest.param([[an_image(state=SCANNING)], [an_image(state=FAILED)]], id="it was seen running in between"),
    ],
)
def test_a_second_failure_is_that_of_the_scan_that_was_started_by_its_time_or_its_state(
    after: list[list[ScannedImage]],
) -> None:
    scans = ScriptedScans([[an_image(state=FAILED)]], after)

    run = run_images(scans)

    assert (run.codes, int(run.verdict.exit_code)) == (["too-many-failed"], 1)


def test_a_failure_of_an_image_without_one_before_blocks() -> None:
    run = run_images(ScriptedScans([[OLD]], [[an_image(state=FAILED, scanned_at=None, reason="image_oversized")]]))

    assert (run.codes, int(run.verdict.exit_code)) == (["too-many-failed"], 1)


def test_a_scan_of_somebody_else_that_ran_before_ours_is_no_sign_of_our_failure() -> None:
    failed = an_image(state=FAILED)
    scans = ScriptedScans([[an_image(state=SCANNING)], [failed]], [[failed], [NEW]])

    assert run_images(scans).verdict.decision is Decision.PASSED


def test_a_result_that_the_cloud_itself_calls_old_is_scanned_again_and_waited_for() -> None:
    """As that of another image, which had the tag before."""
    old = an_image(state=ImageState.OUTDATED, scanned_at=at(-60))

    assert run_images(ScriptedScans([[old]], [[old], [NEW]])).verdict.decision is Decision.PASSED
    assert run_images(ScriptedScans([[old]]), scan="never", timeout=300.0).codes == ["image-outdated"]


def test_a_result_that_may_be_that_of_another_image_is_scanned_again() -> None:
    """Of the image that had the tag before: the cloud may have kept its time and counts."""
    scans = ScriptedScans([[an_image()]], [[NEW]], of_others={"web"})
    scans.on_start = scans.of_others.clear

    run = run_images(scans)
    never = run_images(ScriptedScans([[an_image()]], of_others={"web"}), scan="never", timeout=300.0)

    assert (run.verdict.decision, "start web" in run.calls) == (Decision.PASSED, True)
    assert (never.codes, int(never.verdict.exit_code)) == (["image-outdated"], 7)
    assert "(of another image)" in never.verdict.reasons[0].message


def test_a_risky_image_blocks() -> None:
    run = run_images(ScriptedScans([[an_image(is_risky=True), an_image(API)]]), WEB, API)

    assert (run.codes, int(run.verdict.exit_code)) == (["too-many-risky"], 1)
    assert run.verdict.reasons[0].message.startswith("1 of 2 images is risky")


@pytest.mark.parametrize(("is_risky", "code"), [(False, 5), (True, 1), (None, 7)])
def test_without_time_for_the_numbers_there_is_no_pass_and_still_a_block(*, is_risky: bool | None, code: int) -> None:
    """Numbers by severity may show a risk, so that a clean image is not settled without them."""
    scans = ScriptedScans([[an_image(is_risky=is_risky)]])
    scans.on_look = lambda: setattr(scans, "with_severities", _raise_deadline)

    assert int(run_images(scans, WEB).verdict.exit_code) == code


def test_the_failure_before_a_scan_is_no_result_where_time_is_up_before_the_cloud_confirms_the_scan() -> None:
    """The gate has asked for this scan itself, and nobody knows yet whether it fails again."""
    time = FakeTime()
    scans = ScriptedScans([[an_image(state=FAILED), an_image(API, SCANNING)], [an_image(state=FAILED), an_image(API)]])

    def lose_the_response() -> None:
        time.sleep(300)
        raise DeadlineExceeded("The time is up.")

    scans.on_start = lose_the_response
    run = run_images(scans, WEB, API, time=time, timeout=300.0)

    assert (run.codes, int(run.verdict.exit_code)) == (["not-final"], 5)
    assert run.states == [WAITING, SCANNED]
    assert run.calls[-2:] == ["start web", "stop"]


def _raise_deadline(_images: object) -> None:
    raise DeadlineExceeded("The time is up.")


def test_a_risky_image_blocks_although_another_one_is_missing() -> None:
    run = run_images(ScriptedScans([[an_image(is_risky=True)]]), WEB, API, appear_timeout=30.0)

    assert (run.codes, int(run.verdict.exit_code)) == (["too-many-risky"], 1)


def test_an_image_that_could_not_be_scanned_blocks_although_another_one_is_still_being_scanned() -> None:
    release = a_release(builders.an_image("web", FAILED), builders.an_image("api", SCANNING))

    assert [reason.code for reason in release.verdict.reasons] == ["too-many-failed"]


def test_a_clean_image_does_not_make_up_for_one_that_is_missing() -> None:
    run = run_images(ScriptedScans([[an_image()]]), WEB, API, appear_timeout=30.0, policy=Policy(max_failed=5))

    assert (run.codes, int(run.verdict.exit_code)) == (["image-missing"], 7)


@pytest.mark.parametrize(
    "other", [an_image(API, is_risky=None), an_image(API, scanned_at=at(90_000))], ids=["unknown risk", "in the future"]
)
def test_a_risky_image_blocks_although_the_result_of_another_one_cannot_be_believed(other: ScannedImage) -> None:
    """It is not undecided, which --on-undecided warn would let through."""
    risky = an_image(is_risky=True)

    assert run_images(ScriptedScans([[risky, other]]), WEB, API, timeout=300.0).codes == ["too-many-risky"]
    allowed = Policy(settle=0, max_risky=1)
    assert run_images(ScriptedScans([[risky, other]]), WEB, API, timeout=300.0, policy=allowed).codes[0] in {
        "counts-missing",
        "not-plainly-complete",
    }


def test_all_that_is_certain_is_a_reason_beside_an_image_whose_risk_is_not_known() -> None:
    release = a_release(
        builders.an_image("web", FAILED), builders.an_image("api", is_risky=None), builders.a_risky_image("till")
    )

    assert [reason.code for reason in release.verdict.reasons] == ["too-many-failed", "too-many-risky"]


def test_an_image_whose_risk_is_not_known_is_undecided() -> None:
    run = run_images(ScriptedScans([[an_image(is_risky=None)]]))

    assert (run.codes, int(run.verdict.exit_code)) == (["counts-missing"], 7)
    assert run.verdict.reasons[0].message == (
        f"The cloud does not say whether these images are risky, or contradicts itself: {WEB}. "
        "Check them in the cloud's console, and scan them again."
    )


def test_an_image_that_cannot_be_scanned_ends_the_wait_at_once_and_nothing_is_started() -> None:
    index = an_image(state=ImageState.NOT_SCANNABLE, reason="an index of several platforms")
    run = run_images(ScriptedScans([[index, an_image(API, WAITING)]]), WEB, API)

    assert (run.codes, int(run.verdict.exit_code)) == (["image-not-scannable", "not-final"], 7)
    assert "an index of several platforms" in run.verdict.reasons[0].message
    assert run.verdict.reasons[1].message.startswith("1 of 2 images has no result, and the gate waits for none while ")
    assert run.calls == ["look"]


def test_an_image_that_was_not_waited_for_is_not_called_missing_after_a_wait() -> None:
    index = an_image(API, ImageState.NOT_SCANNABLE, reason="an index")

    missing, _ = run_images(ScriptedScans([[index]]), WEB, API).verdict.reasons

    assert missing.message.startswith(f"The cloud does not list {WEB} (Scripted Cloud (here)). ")
    assert missing.message.endswith(" Check it in the cloud's console.")


@pytest.mark.parametrize(
    ("settings", "advice"),
    [
        ({"scan": "never"}, ", or let the gate (--scan auto), or allow older results with --max-age."),
        ({"scan": "auto"}, ", or run the gate again once every image can be scanned, or allow older results with "),
        ({"scan": "always"}, ", or run the gate again once every image can be scanned."),
        (
            {"scan": "never", "policy": Policy(settle=0, started_after=at(-HOUR.total_seconds()))},
            ", or let the gate (--scan auto).",
        ),
        (
            {"scan": "never", "policy": Policy(settle=0, started_after=OLD.scanned_at)},
            ", or let the gate (--scan auto), or allow older results with --max-age.",
        ),
    ],
    ids=["never", "auto", "always", "before --started-after", "at --started-after"],
)
def test_what_to_do_about_an_old_result_depends_on_what_the_options_in_force_allow(
    settings: dict[str, Any], advice: str
) -> None:
    theirs = an_image(API, SCANNING)

    message = run_images(ScriptedScans([[OLD, theirs]]), WEB, API, timeout=300.0, **settings).verdict.reasons[0].message

    assert f"{WEB} (last scanned at 2026-01-29T12:00:00Z). Scan these images again{advice}" in message


def test_a_higher_age_is_not_advised_for_a_result_that_is_not_too_old_but_another_ones() -> None:
    scans = ScriptedScans([[an_image()]], of_others={"web"})

    (reason,) = run_images(scans, scan="never", timeout=300.0).verdict.reasons

    assert reason.message.endswith("(of another image). Scan these images again, or let the gate (--scan auto).")


def test_an_unknown_state_is_waited_out_and_named() -> None:
    run = run_images(ScriptedScans([[an_image(state=ImageState.UNKNOWN, raw_state="pondering")]]), timeout=300.0)

    assert (run.codes, int(run.verdict.exit_code)) == (["image-state-unknown"], 5)
    assert run.verdict.reasons[0].message.startswith(
        f"The time is up after 5 min (--timeout) and the state of {WEB} is unknown (pondering). "
    )


def test_an_unknown_state_is_not_waited_out_beside_an_image_that_cannot_be_scanned() -> None:
    index = an_image(API, ImageState.NOT_SCANNABLE)
    run = run_images(ScriptedScans([[an_image(state=ImageState.UNKNOWN), index]]), WEB, API)

    assert (run.codes, run.slept) == (["image-not-scannable", "image-state-unknown"], [])
    assert run.verdict.reasons[1].message.startswith(f"The state of {WEB} is unknown (unknown). ")


@pytest.mark.parametrize(
    "policy",
    [Policy(settle=0, max_age=timedelta(minutes=30)), Policy(settle=0, started_after=at(-60))],
    ids=["--max-age", "--started-after"],
)
def test_never_does_not_take_a_result_that_is_too_old(policy: Policy) -> None:
    run = run_images(ScriptedScans([[an_image()]]), scan="never", policy=policy, timeout=300.0)

    assert (run.codes, int(run.verdict.exit_code)) == (["image-outdated"], 7)
    assert "2026-01-31T11:00:00Z" in run.verdict.reasons[0].message


def test_a_scan_time_in_the_future_is_not_believed() -> None:
    run = run_images(ScriptedScans([[an_image(scanned_at=at(3600))]]), scan="never", timeout=300.0)

    assert (run.codes, int(run.verdict.exit_code)) == (["not-plainly-complete"], 5)
    assert run.verdict.reasons[0].message.startswith("The time is up after 5 min (--timeout) and the cloud calls ")


def test_a_result_of_a_scan_that_looked_for_less_is_scanned_again() -> None:
    scans = ScriptedScans([[an_image()]], [[NEW]])
    scans.scopes["web"] = NARROW
    scans.on_start = scans.scopes.clear

    run = run_images(scans)

    assert (run.verdict.decision, run.calls) == (
        Decision.PASSED,
        ["look", "verify", "start web", "look", "verify", "severities"],
    )


def test_a_result_of_a_scan_that_looked_for_everything_is_taken_and_says_so() -> None:
    scans = ScriptedScans([[an_image()]])
    scans.scopes["web"] = RISK_SCOPES

    run = run_images(scans)

    assert (run.verdict.decision, run.images[0].scopes) == (Decision.PASSED, RISK_SCOPES)


def test_a_narrow_scan_that_overwrote_ours_is_undecided_at_once() -> None:
    scans = ScriptedScans([[OLD]], [[NEW]])
    scans.scopes["web"] = NARROW

    run = run_images(scans)

    assert (run.codes, int(run.verdict.exit_code)) == (["image-outdated"], 7)
    assert "its last scan did not look for" in run.verdict.reasons[0].message


def test_results_that_have_just_arrived_are_looked_at_twice() -> None:
    late = an_image(scanned_at=at(-5), is_risky=True)
    scans = ScriptedScans([[an_image(scanned_at=at(-5))], [late]])

    assert run_images(scans, policy=Policy(settle=60.0)).codes == ["too-many-risky"]


def test_two_looks_have_to_agree_on_the_result_under_each_tag_of_a_digest() -> None:
    """With the same worst counts, the result under one tag may have changed, and may change again."""
    looks = [an_image(scanned_at=at(-5), results_by_tag=(("1.0", number), ("latest", 2))) for number in (0, 1)]
    scans = ScriptedScans([[look] for look in looks])

    run = run_images(scans, policy=Policy(settle=60.0))

    assert (run.verdict.decision, run.calls.count("look")) == (Decision.PASSED, 3)


def test_a_result_from_the_future_is_not_confirmed_by_the_look_in_which_it_is_none_any_more() -> None:
    """A scan may be as far ahead as the clocks of two servers are apart, two minutes."""
    scans = ScriptedScans([[an_image(scanned_at=at(125))]])

    run = run_images(scans, policy=Policy(settle=60.0))

    assert (run.verdict.decision, run.calls.count("look")) == (Decision.PASSED, 3)


def test_results_that_keep_changing_are_undecided() -> None:
    first, second = an_image(scanned_at=at(-5)), an_image(scanned_at=at(-4))
    looks = [[first], [second]] * 40

    run = run_images(ScriptedScans(looks), policy=Policy(settle=60.0), timeout=120.0)

    assert (run.codes, int(run.verdict.exit_code)) == (["not-settled"], 5)


# Tags.


def test_a_tag_is_pinned_to_its_digest_and_looked_up_again_at_the_end() -> None:
    tag = a_ref(digest="")
    scans = ScriptedScans([[an_image()]], tags={tag: [TaggedDigest(digest=a_digest())]})

    run = run_images(scans, tag)

    assert run.verdict.decision is Decision.PASSED
    assert run.calls == ["resolve web", "look", "verify", "severities", "resolve web"]
    assert run.images[0].moved_to == ""


@pytest.mark.parametrize(
    ("later", "told"), [(TaggedDigest(digest=a_digest("f")), a_digest("f")), (None, "no image any more")]
)
def test_a_tag_that_moved_is_told_and_the_verdict_is_about_the_digest(later: TaggedDigest | None, told: str) -> None:
    tag = a_ref(digest="")
    scans = ScriptedScans([[an_image()]], tags={tag: [TaggedDigest(digest=a_digest()), later]})

    run = run_images(scans, tag)

    assert (run.verdict.decision, run.images[0].moved_to) == (Decision.PASSED, told)


def test_a_tag_that_cannot_be_looked_up_again_changes_no_verdict() -> None:
    tag = a_ref(digest="")
    scans = ScriptedScans([[an_image()]], tags={tag: [TaggedDigest(digest=a_digest())]})
    scans.on_look = lambda: setattr(scans, "resolve", _raise_transient)

    run = run_images(scans, tag)

    assert (run.verdict.decision, run.images[0].moved_to) == (Decision.PASSED, "")
    assert [event.text for event in run.events if "has moved is not known: It is down." in event.text]


def _raise_transient(_image: object) -> None:
    raise TransientError("It is down.", means="m", remedy="r")


def test_a_tag_that_the_registry_does_not_know_is_undecided_before_any_look() -> None:
    tag = a_ref(digest="")
    run = run_images(ScriptedScans([[]], tags={tag: [None]}), tag)

    assert (run.codes, int(run.verdict.exit_code), run.calls) == (["tag-unknown"], 7, ["resolve web"])


def test_an_index_is_replaced_by_its_images_where_the_registry_names_them() -> None:
    tag = a_ref(digest="")
    children = (a_digest("c"), a_digest("d"))
    shown = [an_image(a_ref(digest=digest)) for digest in children]
    index = TaggedDigest(digest=a_digest("e"), is_index=True, children=children)

    run = run_images(ScriptedScans([shown], tags={tag: [index]}), tag)

    assert (run.verdict.decision, [image.image.digest for image in run.images]) == (Decision.PASSED, [*children])
    assert {image.moved_to for image in run.images} == {""}


def test_an_index_whose_images_nobody_names_is_undecided_with_what_to_do() -> None:
    tag = a_ref(digest="")
    run = run_images(ScriptedScans([[]], tags={tag: [TaggedDigest(digest=a_digest(), is_index=True)]}), tag)

    assert (run.codes, int(run.verdict.exit_code), run.calls) == (["image-index"], 7, ["resolve web"])
    assert "--provenance=false --sbom=false" in run.verdict.reasons[0].message


def test_an_index_that_the_users_own_file_names_is_undecided_without_any_call() -> None:
    run = run_images(ScriptedScans([[an_image()]]), WEB, API, indexes=frozenset({WEB}))

    assert (run.codes, int(run.verdict.exit_code), run.calls) == (["image-index"], 7, [])


# Starting and stopping.


def test_the_log_says_how_many_images_will_be_scanned_before_the_scan_is_started() -> None:
    scans = ScriptedScans([[OLD, an_image(API)]], [[NEW, an_image(API)]])
    said: list[str] = []
    run = run_images(scans, WEB, API)
    said += [event.text for event in run.events if event.kind is EventKind.ACTION]

    assert said == ["starting a scan of 1 of 2 images; the cloud may charge for it"]


def test_a_scan_that_the_gate_started_is_stopped_when_the_time_is_up() -> None:
    run = run_images(ScriptedScans([[OLD]], [[an_image(state=SCANNING)]]), timeout=300.0)

    assert (int(run.verdict.exit_code), run.calls[-1]) == (5, "stop")


def test_a_scan_that_the_gate_started_is_stopped_when_the_run_is_interrupted() -> None:
    scans = ScriptedScans([[OLD]], [[an_image(state=SCANNING)]])

    def interrupt() -> None:
        if scans.calls.count("look") == 3:
            raise Interrupted(2)

    scans.on_look = interrupt

    with pytest.raises(Interrupted):
        run_images(scans)

    assert scans.calls[-1] == "stop"


def test_a_scan_that_may_have_been_started_is_stopped_also_if_the_image_had_failed_before() -> None:
    failed = an_image(state=ImageState.FAILED)
    scans = ScriptedScans([[failed, an_image(API, SCANNING)], [failed, an_image(API)]])

    def lose() -> None:
        raise Unreachable("The response was lost.")

    scans.on_start = lose

    with pytest.raises(Unreachable):
        run_images(scans, WEB, API)

    assert scans.calls[-2:] == ["start web", "stop"]


def test_a_scan_that_somebody_else_started_is_not_stopped() -> None:
    run = run_images(ScriptedScans([[an_image(state=SCANNING)]]), timeout=300.0)

    assert (int(run.verdict.exit_code), "stop" in run.calls) == (5, False)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Refused("It cannot be stopped.", means="m", remedy="r"), "could not be stopped: It cannot be stopped."),
        (TimeoutError(), "could not be stopped: the cloud did not answer in time."),
    ],
    ids=["refused", "too slow"],
)
def test_a_scan_that_cannot_be_stopped_is_named_and_the_verdict_stands(error: Exception, words: str) -> None:
    scans = ScriptedScans([[OLD]], [[an_image(state=SCANNING)]])

    def fail() -> None:
        raise error

    scans.on_stop = fail

    run = run_images(scans, timeout=300.0)

    assert int(run.verdict.exit_code) == 5
    assert words in run.events[-1].text or words in run.events[-2].text


def test_a_refused_start_ends_the_run_with_its_own_words() -> None:
    scans = ScriptedScans([[OLD]])

    def refuse() -> None:
        raise Refused("No quota.", means="m", remedy="r")

    scans.on_start = refuse

    with pytest.raises(Refused, match="No quota"):
        run_images(scans)


@pytest.mark.parametrize("number", [6, 7])
def test_many_names_are_cut_and_counted(number: int) -> None:
    images = [a_ref(f"image-{at}", digest=a_digest(str(at))) for at in range(number)]
    (reason,) = run_images(ScriptedScans([[]]), *images, appear_timeout=30.0).verdict.reasons

    assert f" and {number - 5} more" in reason.message
    assert reason.message.count("image-") == 5


def test_the_wait_for_the_listing_ends_with_the_appear_timeout_and_that_for_a_scan_does_not() -> None:
    scans = ScriptedScans([[OLD]], [[an_image(state=SCANNING)]] * 20 + [[NEW]])

    run = run_images(scans, appear_timeout=30.0)

    assert run.verdict.decision is Decision.PASSED
    assert sum(run.slept) > 200
