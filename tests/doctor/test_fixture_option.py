"""`doctor --fixture`: writes the fixture, prints what it answers, and makes no checks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.harness import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Gate


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_fixture_is_written_and_its_answers_are_printed_without_any_check(
    cloud: str, gate_in: Callable[..., Gate]
) -> None:
    ending = gate_in("clean", cloud).run("doctor", "--fixture", "fixture.json")

    document = json.loads(Path("fixture.json").read_text())
    assert (ending.code, document["cloud"]) == (0, cloud)
    assert len(ending.out.splitlines()) == len(document["answers"]) > 0
    assert "could come to a verdict" not in ending.out


def test_a_fixture_that_cannot_be_written_or_recorded_is_an_error(gate_in: Callable[..., Gate]) -> None:
    Path("folder").mkdir()
    gate = gate_in("clean")

    assert gate.run("doctor", "--fixture", "folder").code == 2
    assert gate.run("doctor", "--fixture", "f.json", "--endpoint", "http://127.0.0.1:1").code == 4
    assert not Path("f.json").exists()
