"""Runs `verify` on generated attacks, and compares each answer with that of the oracle."""

from __future__ import annotations

import io
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING

from gate import cli
from tests.builders import FakeTime
from tests.verify import oracle
from tests.verify.attacks import generate

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.verify.attacks import Attack


def answer(attack: Attack, folder: Path) -> tuple[int, str]:
    """The exit code of the command, and all that it printed."""
    path = folder / "statements"
    path.write_bytes(attack.content)
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        code = cli.main(["verify", str(path), *attack.arguments], FakeTime(at=attack.now).clock())
    return code, printed.getvalue()


def attacked(seed: str, numbers: Iterable[int], folder: Path) -> tuple[Counter[int], str]:
    """How often each exit code was the answer to these attacks, and the first wrong answer; empty if none is."""
    codes: Counter[int] = Counter()
    for number in numbers:
        attack = generate(f"{seed}:{number}")
        code, printed = answer(attack, folder)
        codes[code] += 1
        expected = oracle.exit_code(attack)
        if code != expected:
            how = f"exit code {code}, and by the rules {expected}\n{printed}{attack.arguments}\n{attack.content!r}"
            return codes, f"attack {number} of seed {seed}: {how}"
    return codes, ""
