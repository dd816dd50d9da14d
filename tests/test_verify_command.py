"""The command `verify`: from the report of a check to an exit code at deploy time, and attacks on signed statements."""

from __future__ import annotations

import json
import shlex
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gate import cli
from gate.errors import ExitCode
from gate.simulator import IMAGE_SCENARIOS
from tests.builders import NOW, FakeTime, a_digest
from tests.harness import CLOUDS
from tests.verify.signer import signature
from tests.verify.statements import IMAGE, POLICY, a_bundle, a_predicate, a_statement, an_envelope

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Gate

BY_POLICY = ("--policy-digest", POLICY)
SECOND_IMAGE = f"swr/team/api@{a_digest('b')}"
KEY = "the key of the signer"
SIGNER = Path(__file__).parent / "verify" / "signer.py"
VERIFY_WITH = ("--verify-with", shlex.join([sys.executable, "-S", "-E", str(SIGNER), KEY, "{statement}"]))


def verify(*documents: object, arguments: tuple[str, ...] = BY_POLICY, images: tuple[str, ...] = (IMAGE,)) -> int:
    lines = [document if isinstance(document, str) else json.dumps(document) for document in documents]
    Path("statements").write_text("\n".join(lines))
    named = [word for image in images for word in ("--image", image)]
    return cli.main(["verify", "statements", *named, *arguments], FakeTime().clock())


def ago(seconds: int, result: str = "PASSED", digest: str = a_digest()) -> dict[str, Any]:
    moment = NOW - timedelta(seconds=seconds)
    return a_statement(digest=digest, predicate=a_predicate(result, timeVerified=f"{moment:%Y-%m-%dT%H:%M:%SZ}"))


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(("scenario", "expected"), [("images-clean", 0), ("images-risky", 1)])
def test_the_report_of_a_check_is_verified_by_the_digests_and_the_policy_of_its_run(
    scenario: str, expected: int, cloud: str, gate_in: Callable[..., Gate], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [word for image in IMAGE_SCENARIOS[scenario].images for word in ("--image", image)]
    options = ["--max-failed", "0", "--settle", "30s"]
    ending = gate_in(scenario, cloud).check(
        *asked, *options, "--appear-timeout", "1m", "--report", "attestation=a.jsonl"
    )
    assert ending.code == expected
    cli.main(["policy", "--json", "--cloud", cloud, *asked, *options])
    policy = json.loads(capsys.readouterr().out)["digest"]
    images = [word for image in ending.report["images"] for word in ("--image", image["reference"])]

    code = cli.main(["verify", "a.jsonl", *images, "--policy-digest", policy, "--max-age", "3650d"])

    assert code == expected
    assert policy == ending.report["policy"]["digest"]
    assert capsys.readouterr().out.count("by the policy sha256:") == len(ending.report["images"])


def test_the_first_line_says_that_no_signature_was_checked_and_by_what_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert verify(a_statement()) == ExitCode.PASSED

    first, image, last = capsys.readouterr().out.splitlines()
    assert first.startswith("Signature: NOT checked. Check it first, with `gh attestation verify`, `cosign verify-blob")
    assert image.startswith(f"{IMAGE}: passed, judged 2026-01-31T12:00:00Z (0 min ago) with scan-gate 0.1.0")
    assert last == "passed (exit 0)"


@pytest.mark.parametrize(
    ("statements", "expected", "last"),
    [
        ([ago(1), ago(1, digest=a_digest("b"))], 0, "passed (exit 0)"),
        ([ago(1)], 7, "undecided (exit 7)"),
        ([ago(1), ago(1, "FAILED", digest=a_digest("b"))], 1, "blocked (exit 1)"),
        ([ago(1, "FAILED")], 1, "blocked (exit 1)"),
        ([a_statement(digest=a_digest("c"))], 7, "undecided (exit 7)"),
    ],
)
def test_every_image_has_to_pass_by_itself(
    statements: list[Any], expected: int, last: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(*statements, images=(IMAGE, SECOND_IMAGE)) == expected
    assert capsys.readouterr().out.splitlines()[-1] == last


def test_statements_of_several_files_are_read_together() -> None:
    Path("a").write_text(json.dumps(ago(2)))
    Path("b").write_text(json.dumps(ago(1, "FAILED")))

    codes = [
        cli.main(["verify", *names, "--image", IMAGE, "--any-policy"], FakeTime().clock())
        for names in (["a"], ["a", "b"], ["b", "a"])
    ]

    assert codes == [0, 1, 1]


@pytest.mark.parametrize(
    ("age", "limit", "expected"), [(3600, "1h", 0), (3601, "1h", 7), (86401, "24h", 7), (1, "0", 7)]
)
def test_a_verdict_has_an_end(age: int, limit: str, expected: int) -> None:
    assert verify(ago(age), arguments=(*BY_POLICY, "--max-age", limit)) == expected


def test_a_verdict_is_a_day_old_at_most_unless_another_limit_is_set() -> None:
    assert (verify(ago(86400)), verify(ago(86401))) == (0, 7)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "No policy is named."),
        (("--policy-digest", "none"), "No policy is named."),
        ((*BY_POLICY, "--any-policy"), "--policy-digest and --any-policy contradict each other."),
        (("--policy-digest", "sha256:5"), "is not the digest of a policy"),
        (("--policy-digest", POLICY.upper()), "is not the digest of a policy"),
        (("--policy-digest", ""), "the value is empty"),
        ((*BY_POLICY, "--max-age", "none"), "is not a duration"),
        ((*BY_POLICY, "--image", "swr/team/web:1.0"), "has no digest, and a statement is about digests"),
        ((*BY_POLICY, "--image", "none"), "is not an image reference"),
        ((*BY_POLICY, "--verify-with", "gh attestation verify oci://{image}"), "has no {statement}"),
        ((*BY_POLICY, "--verify-with", "scan-gate-nothing {statement}"), "cannot be run: scan-gate-nothing"),
        ((*BY_POLICY, "nothing.json"), "The statement nothing.json cannot be read"),
    ],
)
def test_a_usage_error_never_passes(arguments: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(a_statement(), arguments=arguments) == ExitCode.USAGE

    out, err = capsys.readouterr()
    assert out == ""
    assert why in err


def test_without_an_image_nothing_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(a_statement(), images=()) == ExitCode.USAGE
    assert "No image is named." in capsys.readouterr().err


def test_no_variable_and_no_config_file_for_a_check_loosens_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("scan-gate.toml").write_text('max-age = "30d"\n')
    for name, value in {"MAX_AGE": "30d", "ANY_POLICY": "true", "IMAGE": IMAGE, "CONFIG": "scan-gate.toml"}.items():
        monkeypatch.setenv(f"SCAN_GATE_{name}", value)

    assert verify(ago(86401)) == ExitCode.NOTHING_TO_JUDGE
    assert verify(ago(1), arguments=()) == ExitCode.USAGE
    assert verify(ago(1), images=()) == ExitCode.USAGE


def test_text_of_a_statement_starts_no_command_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    for verifier in ({"id": "x\n::error::forged"}, {"id": "urn:scan-gate", "version": {"scan-gate": "1\n::error::2"}}):
        verify(a_statement(predicate=a_predicate(verifier=verifier)))
    verify(json.dumps(a_statement(predicate=a_predicate("\n::error::forged"))))

    out, err = capsys.readouterr()
    assert not [line for line in (out + err).splitlines() if line.startswith("::")]
    assert "forged" in out
    assert "forged" in err


def test_the_help_shows_every_option_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["verify", "--help"])

    shown = capsys.readouterr().out
    for text in (
        "--image REFERENCE@DIGEST",
        "--policy-digest DIGEST",
        "--any-policy",
        "[default: 24h]",
        "--verify-with",
    ):
        assert text in shown
    assert "--config" not in shown
    assert "--no-variables" not in shown


def signed(statement: object) -> dict[str, Any]:
    """An envelope that the signer has signed."""
    payload = json.dumps(statement).encode()
    return an_envelope(payload, signatures=[{"sig": signature(KEY, payload)}])


def forged(statement: object) -> dict[str, Any]:
    """An envelope with the signature of something else."""
    return an_envelope(statement, signatures=[{"sig": signature(KEY, b"{}")}])


def with_second(document: dict[str, Any], name: str, value: object) -> str:
    """The text of a document with one more name, which may be there already."""
    return f"{json.dumps(document)[:-1]}, {json.dumps(name)}: {json.dumps(value)}}}"


def test_statements_that_the_tool_accepts_pass_and_the_first_line_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    documents = [signed(ago(1)), a_bundle(0, dsseEnvelope=signed(ago(1, digest=a_digest("b"))))]

    assert verify(*documents, arguments=(*BY_POLICY, *VERIFY_WITH), images=(IMAGE, SECOND_IMAGE)) == ExitCode.PASSED

    assert capsys.readouterr().out.splitlines()[0] == f"Signature: checked by {sys.executable}, for each image."


def test_a_forged_one_refuses_its_image_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    documents = [signed(ago(1)), forged(ago(1, digest=a_digest("b")))]

    assert verify(*documents, arguments=(*BY_POLICY, *VERIFY_WITH), images=(IMAGE, SECOND_IMAGE)) == 7

    first, passed, refused, _ = capsys.readouterr().out.splitlines()
    assert first == f"Signature: REFUSED by {sys.executable} for 1 of 2 images."
    assert passed.startswith(f"{IMAGE}: passed")
    why = (
        f"{sys.executable} did not accept the signature of line 2 of statements: exit code 1. no signature of this key"
    )
    assert refused == f"{SECOND_IMAGE}: {why}"


def test_where_nothing_counts_nothing_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(signed(ago(1)), arguments=(*BY_POLICY, *VERIFY_WITH), images=(IMAGE, SECOND_IMAGE)) == 7

    first = capsys.readouterr().out.splitlines()[0]
    assert first == f"Signature: checked by {sys.executable} for 1 of 2 images; for the others, no statement counts."


PASSED, FAILED = ago(1), ago(1, "FAILED")


@pytest.mark.parametrize(
    "documents",
    [
        [forged(PASSED)],
        [PASSED],
        [signed(ago(2, "FAILED")), forged(PASSED)],
        [forged(PASSED), signed(ago(2))],
        [signed(ago(86401))],
        [signed(ago(1, digest=a_digest("b")))],
        [signed(a_statement(predicate=a_predicate(policy={"uri": "x"})))],
        [{**PASSED, **signed(FAILED)}],
        [{**PASSED, "dsseEnvelope": signed(FAILED)}],
        [a_bundle(0, dsseEnvelope=forged(PASSED), dsse_envelope=signed(FAILED))],
        [with_second(forged(PASSED), "Payload", signed(FAILED)["payload"])],
        [with_second(signed(FAILED), "payload", forged(PASSED)["payload"])],
        [with_second(forged(PASSED), "dsseEnvelope", signed(FAILED))],
        [with_second(a_bundle(0, dsseEnvelope=forged(PASSED)), "DSSEEnvelope", signed(FAILED))],
        [with_second(a_bundle(0, dsseEnvelope=signed(FAILED)), "dsseEnvelope", forged(PASSED))],
        [{**forged(PASSED), "signatures": signed(FAILED)["signatures"]}],
        [signed(FAILED), forged(FAILED), forged(PASSED)],
    ],
)
def test_no_attack_on_signed_statements_passes(documents: list[Any]) -> None:
    """Neither one that is signed by nobody, nor one that the tool reads as another statement than the gate."""
    assert verify(*documents, arguments=(*BY_POLICY, *VERIFY_WITH)) not in {ExitCode.PASSED, ExitCode.BUG}
