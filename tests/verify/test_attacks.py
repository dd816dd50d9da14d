"""`verify` under generated attacks: its answer is always that of the rules; `tools.attacks` runs very many."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.verify import oracle
from tests.verify.attacked import answer, attacked
from tests.verify.attacks import generate

if TYPE_CHECKING:
    from pathlib import Path

NUMBER = 200


@pytest.mark.parametrize("part", range(4))
def test_no_attack_is_accepted_that_should_not_be_and_no_honest_file_is_refused(part: int, tmp_path: Path) -> None:
    codes, wrong = attacked("usual", range(part * NUMBER, (part + 1) * NUMBER), tmp_path)

    assert wrong == ""
    # Attacks that never pass, or all fail in one way, would show little.
    assert codes.keys() == {0, 1, 2, 7}
    assert min(codes.values()) > NUMBER / 20


def test_an_answer_that_is_not_that_of_the_rules_is_found(tmp_path: Path) -> None:
    """What passes is no attack on the image that it is about, and is one on another image."""
    attack = next(attack for attack in map(generate, map(str, range(1000))) if oracle.exit_code(attack) == 0)
    other = replace(attack, images=(f"swr/team/web@sha256:{'e' * 64}",))

    assert answer(attack, tmp_path)[0] == 0
    assert oracle.exit_code(other) == answer(other, tmp_path)[0] == 7
