"""Reading summaries: what is damaged is an error, and what is of another kind is never taken for one of this gate."""

from __future__ import annotations

import json
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import UsageError
from gate.verify.envelopes import parse_statements
from gate.verify.summaries import summaries
from tests.builders import NOW, a_digest
from tests.verify.statements import POLICY, a_predicate, a_statement

if TYPE_CHECKING:
    from datetime import datetime

    from gate.verify.summaries import Other, Summary


def read(*statements: object) -> tuple[list[Summary], list[Other]]:
    text = "\n".join(map(json.dumps, statements))
    return summaries(parse_statements(text, Path("a.jsonl")))


def of(**fields: Any) -> dict[str, Any]:
    """A statement with these fields of its predicate; a field that is None is missing."""
    predicate = {name: value for name, value in a_predicate(**fields).items() if value is not None}
    return a_statement(predicate=predicate)


def test_a_summary_has_its_digests_its_policy_its_result_and_its_time() -> None:
    ((summary,), others) = read(a_statement())

    assert others == []
    assert (summary.digests, summary.policy, summary.has_passed) == (frozenset({a_digest()}), POLICY, True)
    assert (summary.verified_at, summary.gate_version) == (NOW, "0.1.0")


def test_a_summary_of_several_subjects_has_all_digests_by_sha256_and_no_other() -> None:
    subject = [{"digest": {"sha256": "a" * 64}}, {"digest": {"sha256": "b" * 64, "sha512": "c"}}]
    subject.append({"digest": {"gitCommit": "d"}})

    ((summary,), _) = read(a_statement(subject=subject))

    assert summary.digests == {a_digest("a"), a_digest("b")}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T12:00:00Z", NOW),
        ("2026-01-31T13:30:00+01:30", NOW),
        ("2026-01-31T12:00:00.123456789Z", NOW.replace(microsecond=123456)),
        ("2026-01-31T12:00:00.5-00:00", NOW.replace(microsecond=500_000)),
    ],
)
def test_a_time_is_one_of_rfc_3339(text: str, expected: datetime) -> None:
    ((summary,), _) = read(of(timeVerified=text))

    assert summary.verified_at == expected
    assert summary.verified_at.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "2026-01-31", "20260131T120000Z", "2026-W05-6T12:00:00Z", "2026-01-31 12:00:00Z"),
        *("2026-01-31T12:00:00", "2026-02-30T12:00:00Z", "2026-01-31T12:00:60Z", "\u0662026-01-31T12:00:00Z"),
        *("0001-01-01T00:00:00+23:59", "2026-01-31T12:00:00Z\n", "1769860800", "2026-01-31T12:00:00+24:00"),
        *("2026-01-31T12:00:00+01:60", "2026-01-31t12:00:00z"),
    ],
)
def test_any_other_text_is_no_time(text: str) -> None:
    with pytest.raises(UsageError, match="is damaged"):
        read(of(timeVerified=text))


def test_what_may_be_missing_is_missing() -> None:
    ((summary,), _) = read(of(timeVerified=None, policy={"uri": "x"}, verifier={"id": "urn:scan-gate"}))

    assert (summary.verified_at, summary.policy, summary.gate_version) == (None, "", "")
    ((summary,), _) = read(
        of(policy={"uri": "x", "digest": {"md5": "x"}}, verifier={"id": "urn:scan-gate", "version": {}})
    )
    assert (summary.policy, summary.gate_version) == ("", "")


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (
            a_statement(_type="https://in-toto.io/Statement/v2"),
            "is of another version, 'https://in-toto.io/Statement/v2'",
        ),
        (a_statement(_type="https://in-toto.io/Statement/v2", subject=5), "another version"),
        (a_statement(_type="urn:x"), "is of another kind, 'urn:x'"),
        (
            a_statement(predicateType="https://slsa.dev/verification_summary/v2", predicate=None),
            "verification_summary/v2'; this gate reads https://slsa.dev/verification_summary/v1 only",
        ),
        (a_statement(predicateType="https://slsa.dev/provenance/v1"), "is of another kind"),
        (of(verifier={"id": "urn:scan-gate/"}), "is by the verifier 'urn:scan-gate/', not by 'urn:scan-gate'"),
    ],
)
def test_a_statement_of_another_kind_version_or_verifier_is_none_of_this_gate(statement: object, why: str) -> None:
    found, (other,) = read(statement)

    assert found == []
    assert why in other.why


def damaged(**fields: Any) -> Any:
    return pytest.param(of(**fields), id=json.dumps(fields)[:60])


@pytest.mark.parametrize(
    "statement",
    [
        damaged(result="passed"),
        damaged(result="PASSED "),
        damaged(verificationResult=True),
        damaged(verificationResult=None),
        damaged(verifiedLevels="SCAN_GATE_WITHIN_POLICY"),
        damaged(verifiedLevels=[1]),
        damaged(verifiedLevels=["FAILED"]),
        damaged(verifiedLevels=None),
        damaged(resourceUri=5),
        damaged(resourceUri=None),
        damaged(policy=None),
        damaged(policy=POLICY),
        damaged(policy={"digest": {"sha256": "5" * 64}}),
        damaged(policy={"uri": "x", "digest": POLICY}),
        damaged(policy={"uri": "x", "digest": {"sha256": 5}}),
        damaged(timeVerified=1769860800),
        damaged(verifier="urn:scan-gate"),
        damaged(verifier={}),
        damaged(verifier={"id": ["urn:scan-gate"]}),
        damaged(verifier={"id": "urn:scan-gate", "version": "1"}),
        a_statement(predicate=[]),
        a_statement(_type=1),
        a_statement(predicateType=None),
        a_statement(subject={}),
        a_statement(subject=[a_digest()]),
        a_statement(subject=[{"name": "swr/team/web"}]),
        a_statement(subject=[{"digest": a_digest()}]),
        a_statement(subject=[{"digest": {"sha256": None}}]),
    ],
)
def test_a_damaged_summary_is_an_error_also_beside_a_good_one(statement: object) -> None:
    with pytest.raises(UsageError, match=r"^line 2 of a\.jsonl is damaged"):
        read(a_statement(), statement)
