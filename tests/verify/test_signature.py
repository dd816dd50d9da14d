"""Checking a signature by another program: it gets exactly the statement that counts, and only 0 accepts."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from gate.errors import UsageError
from gate.images.reference import image_reference
from gate.verify.envelopes import parse_statements
from gate.verify.signature import refusal, signature_command
from tests.verify.statements import IMAGE, a_bundle, a_statement

TEXT = f"  {json.dumps(a_bundle(a_statement(more='é')), ensure_ascii=False)}\r\n"
(STATED,) = parse_statements(TEXT, Path("a"))
REF = image_reference(IMAGE)


def run(code: str, *words: str, time_limit: float = 60) -> str:
    return refusal([sys.executable, "-c", code, *words], STATED, REF, time_limit=time_limit)


def test_the_program_reads_the_text_that_was_judged_byte_by_byte_and_it_is_gone_afterwards(tmp_path: Path) -> None:
    code = "import shutil, sys; shutil.copy(sys.argv[1], sys.argv[2]); open(sys.argv[3], 'w').write(sys.argv[1])"

    assert run(code, "{statement}", str(tmp_path / "copy"), str(tmp_path / "name")) == ""

    path = Path((tmp_path / "name").read_text())
    assert (tmp_path / "copy").read_bytes() == TEXT.encode()
    assert path.suffix == ".json"
    assert not path.exists()


def test_placeholders_are_replaced_within_words_and_nothing_else_is() -> None:
    words = ["oci://{image}", "{digest}", "{{x}}", "{Statement}", "$HOME"]
    code = f"import sys; sys.exit(sys.argv[1:-1] != {['oci://' + IMAGE, 'a' * 64, *words[2:]]!r})"

    assert run(code, *words, "{statement}") == ""


@pytest.mark.parametrize(
    ("code", "expected"), [("sys.exit(3)", "exit code 3."), ("sys.exit('bad')", "exit code 1. bad")]
)
def test_any_exit_code_but_0_refuses_with_what_the_program_says(code: str, expected: str) -> None:
    assert run(f"import sys; print('out'); {code}") == expected


def test_a_program_that_a_signal_ends_refuses() -> None:
    assert run("import os; os.kill(os.getpid(), 9)") == "exit code -9."


def test_of_much_that_the_program_says_the_end_is_shown() -> None:
    why = run("import sys; sys.stderr.write('x' * 99_999 + 'the end'); sys.exit(1)")

    assert why.endswith("the end")
    assert len(why) < 2100


def test_a_program_that_takes_too_long_refuses() -> None:
    assert run("import time; time.sleep(60)", time_limit=0.05) == "it took longer than 0.05 s"


def test_a_program_that_waits_for_input_gets_none() -> None:
    assert run("import sys; sys.exit(len(sys.stdin.read()))") == ""


def test_a_program_that_is_not_there_is_an_error() -> None:
    with pytest.raises(UsageError, match=r"cannot be run: scan-gate-nothing \(No such file or directory\)"):
        refusal(["scan-gate-nothing", "{statement}"], STATED, REF)


def test_a_command_is_split_as_by_a_shell() -> None:
    assert signature_command("gh --x 'a b' {statement}") == ("gh", "--x", "a b", "{statement}")
    assert signature_command("tool --bundle={statement}") == ("tool", "--bundle={statement}")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("gh attestation verify oci://{image} --repo o/r", "has no {statement}"),
        ("{statement}", "has no {statement}"),
        ("gh 'a {statement}", "is not a command line"),
    ],
)
def test_a_command_that_would_check_another_statement_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        signature_command(text)
