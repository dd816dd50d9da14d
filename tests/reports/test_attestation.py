"""The `attestation` report: statements about exactly the images that were judged (attestations.md 1 to 3)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import Unreachable
from gate.image import ImageRef, ImageState
from gate.policy import Decision, Policy, undecided
from gate.policy_digest import policy_digest
from gate.publish import obstacle
from gate.reports import REPORTS, attestation
from tests.builders import a_digest, a_release, a_risky_image, a_task, an_image, an_outcome

if TYPE_CHECKING:
    from gate.outcome import Outcome

WEB = an_image(image=ImageRef(registry="swr", namespace="team", name="shop/web", tag="1.0", digest=a_digest("b")))
POLICY = policy_digest(Policy()).removeprefix("sha256:")
CONTEXT = {
    "scangate_context": {"cloud": "huawei", "policy-digest": f"sha256:{POLICY}", "gate-version": "0.1.0"},
}
"""What these statements say of their runs, of which not more is known."""


def statements(outcome: Outcome) -> list[dict[str, Any]]:
    text = "".join(attestation.render(outcome))
    assert text.endswith("\n")
    return [json.loads(line) for line in text[:-1].split("\n")]


def test_a_summary_says_which_image_passed_which_policy_and_when() -> None:
    summary, _ = statements(a_release(WEB))

    assert summary == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "swr/team/shop/web", "digest": {"sha256": "b" * 64}}],
        "predicateType": "https://slsa.dev/verification_summary/v1",
        "predicate": {
            "verifier": {"id": "urn:scan-gate", "version": {"scan-gate": "0.1.0"}},
            "timeVerified": "2026-01-31T12:00:00Z",
            "resourceUri": f"pkg:oci/web@sha256%3A{'b' * 64}?repository_url=swr/team/shop/web",
            "policy": {"uri": f"urn:scan-gate:policy:sha256:{POLICY}", "digest": {"sha256": POLICY}},
            "verificationResult": "PASSED",
            "verifiedLevels": ["SCAN_GATE_WITHIN_POLICY"],
            **CONTEXT,
        },
    }


def test_a_statement_is_a_line_without_blanks_between_its_parts() -> None:
    outcome = a_release(WEB)

    lines = [json.dumps(statement, separators=(",", ":")) for statement in statements(outcome)]
    assert "".join(attestation.render(outcome)) == "".join(f"{line}\n" for line in lines)


def test_without_a_task_there_is_no_statement() -> None:
    assert not [*attestation.render(an_outcome(verdict=undecided(Unreachable("No."))))]


def test_a_release_that_passed_ends_with_a_simple_result_about_all_images() -> None:
    *_, result = statements(a_release(an_image(), WEB))

    assert [subject["digest"]["sha256"] for subject in result["subject"]] == ["a" * 64, "b" * 64]
    assert result["predicateType"] == "https://in-toto.io/attestation/svr/v0.2"
    assert result["predicate"] == {
        "verifier": {
            "id": "urn:scan-gate",
            "policies": [{"uri": f"urn:scan-gate:policy:sha256:{POLICY}", "digest": {"sha256": POLICY}}],
        },
        "timeCreated": "2026-01-31T12:00:00Z",
        "properties": ["SCAN_GATE_ALL_IMAGES_SCANNED", "SCAN_GATE_WITHIN_POLICY"],
        **CONTEXT,
    }


def test_a_blocked_release_has_failed_with_all_its_images_and_has_no_simple_result() -> None:
    found = statements(a_release(a_risky_image(), WEB))

    assert [one["predicate"]["verificationResult"] for one in found] == ["FAILED", "FAILED"]
    assert [one["predicate"]["verifiedLevels"] for one in found] == [["FAILED"], ["FAILED"]]


def test_a_block_that_is_only_a_warning_has_failed() -> None:
    outcome = a_release(a_risky_image(), policy=Policy(warn_only=True))

    assert (outcome.exit_code, statements(outcome)[0]["predicate"]["verificationResult"]) == (0, "FAILED")


def test_a_release_that_passed_with_an_image_that_was_not_scanned_does_not_claim_that_it_was() -> None:
    failed = an_image("till", ImageState.FAILED, reason="Too large.")

    *summaries, result = statements(a_release(failed, WEB, policy=Policy(max_failed=1)))

    assert [one["predicate"]["verificationResult"] for one in summaries] == ["PASSED", "PASSED"]
    assert result["predicate"]["properties"] == ["SCAN_GATE_WITHIN_POLICY"]


def test_no_level_claims_to_be_one_of_slsa() -> None:
    for outcome in (a_release(WEB), a_release(a_risky_image())):
        levels = [level for one in statements(outcome) for level in one["predicate"].get("verifiedLevels", [])]

        assert levels
        assert not [level for level in levels if level.startswith("SLSA_")]


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (an_outcome(), "the gate judged a scan task"),
        (an_outcome(a_task(risky=1)), "the gate judged a scan task"),
        (a_release(an_image(state=ImageState.MISSING)), "there is no verdict"),
        (a_release(an_image(), replace(WEB, image=replace(WEB.image, digest=""))), "an image has no digest by sha256"),
        (a_release(replace(WEB, image=replace(WEB.image, digest="sha512:" + "a" * 128))), "no digest by sha256"),
        (a_release(replace(WEB, image=replace(WEB.image, digest=f"{a_digest()}\n"))), "no digest by sha256"),
    ],
    ids=["task", "blocked task", "undecided", "no digest", "sha512", "line break"],
)
def test_there_is_none_without_a_verdict_an_image_or_a_digest(outcome: Outcome, why: str) -> None:
    assert why in obstacle(REPORTS["attestation"], outcome)


@pytest.mark.parametrize("image", [WEB, a_risky_image(), an_image(state=ImageState.FAILED)])
def test_there_is_one_of_every_verdict_on_images(image: Any) -> None:
    outcome = a_release(image)

    assert outcome.verdict.decision is not Decision.UNDECIDED
    assert obstacle(REPORTS["attestation"], outcome) == ""
