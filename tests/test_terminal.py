"""The terminal: width in cells, texts cut to it, and colours only where a person will see them."""

# ruff: noqa: RUF001 - names in scripts that share shapes with Latin are what this is about

from __future__ import annotations

import io
import os
import pty
import termios
import unicodedata
from typing import TYPE_CHECKING

import pytest

from gate.policy import Decision
from gate.terminal import cell_width, colored, columns, shortened, wants_color
from tests.screen import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = (
    "nightly-image-scan-of-all-registries",
    "夜间镜像扫描任务（生产环境）",
    "이미지 검사 작업 매일 밤",
    "Прове\u0301рка о\u0301бразов каждую ночь",
    "🚀 release 🚀 scan 🚀 before 🚀 launch",
    unicodedata.normalize("NFD", "für die große Veröffentlichung, Übersicht"),
)


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", 0),
        ("nightly", 7),
        ("夜间扫描", 8),
        ("ＡＢ", 4),
        ("ｱｲ", 2),
        ("검사", 4),
        ("проверка", 8),
        ("e\u0301", 1),
        ("x\u20dd", 1),
        ("か\u3099", 2),
        ("🚀", 2),
        ("❤", 1),
        ("❤\ufe0f", 2),
        ("1\ufe0f\u20e3", 2),
        ("🇩🇪", 2),
    ],
)
def test_width_counts_the_cells_of_a_terminal(text: str, width: int) -> None:
    assert cell_width(text) == width


@pytest.mark.parametrize("name", NAMES)
def test_a_text_that_has_room_is_not_cut(name: str) -> None:
    assert shortened(name, cell_width(name)) == name


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", range(3, 23))
def test_a_text_that_is_cut_fills_the_room_but_for_half_a_wide_character(name: str, width: int) -> None:
    assert width - 1 <= cell_width(shortened(name, width)) <= width


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", range(3, 23))
def test_a_text_is_cut_in_its_middle_between_letters(name: str, width: int) -> None:
    head, ellipsis, tail = shortened(name, width).partition("...")

    assert ellipsis
    assert name.startswith(head)
    assert name.endswith(tail)
    assert not tail or not unicodedata.combining(tail[0])
    assert cell_width(head) <= cell_width(tail)


@pytest.fixture
def terminal_of_60_columns() -> Iterator[io.TextIOWrapper]:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 60))
    with os.fdopen(theirs, "w") as stream:
        yield stream
    os.close(ours)


@pytest.mark.parametrize(
    ("environ", "width"),
    [
        ({}, 60),
        ({"COLUMNS": "50"}, 50),
        ({"COLUMNS": ""}, 60),
        ({"COLUMNS": "0"}, 60),
        ({"COLUMNS": "wide"}, 60),
        ({"COLUMNS": "9" * 5000}, 60),
    ],
)
def test_the_width_is_that_of_the_stream_unless_columns_says_otherwise(
    environ: dict[str, str], width: int, terminal_of_60_columns: io.TextIOWrapper
) -> None:
    assert columns(terminal_of_60_columns, environ) == width


def test_a_terminal_that_does_not_say_its_width_has_80_columns(terminal_of_60_columns: io.TextIOWrapper) -> None:
    termios.tcsetwinsize(terminal_of_60_columns.fileno(), (0, 0))

    assert columns(terminal_of_60_columns, {}) == 80


@pytest.mark.parametrize("is_closed", [False, True])
def test_a_stream_that_is_no_terminal_has_80_columns(is_closed: bool) -> None:  # noqa: FBT001 - a parameter of a table
    with open(os.devnull, "w", encoding="utf-8") as stream:  # noqa: PTH123 - no path is meant
        if is_closed:
            stream.close()
        assert columns(stream, {}) == 80


@pytest.mark.parametrize(
    ("choice", "environ", "on_terminal", "in_file"),
    [
        ("auto", {}, True, False),
        ("auto", {"TERM": "xterm-256color"}, True, False),
        ("auto", {"TERM": "dumb"}, False, False),
        ("auto", {"NO_COLOR": "1"}, False, False),
        ("auto", {"NO_COLOR": "0"}, False, False),
        ("auto", {"NO_COLOR": ""}, True, False),
        ("auto", {"FORCE_COLOR": "1"}, True, True),
        ("auto", {"FORCE_COLOR": "true"}, True, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"FORCE_COLOR": ""}, True, False),
        ("auto", {"FORCE_COLOR": "1", "TERM": "dumb"}, True, True),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": ""}, True, True),
        ("always", {}, True, True),
        ("always", {"NO_COLOR": "1"}, True, True),
        ("always", {"FORCE_COLOR": "0"}, True, True),
        ("always", {"TERM": "dumb"}, True, True),
        ("never", {}, False, False),
        ("never", {"FORCE_COLOR": "1"}, False, False),
    ],
)
def test_colours_follow_the_option_then_the_environment_then_the_terminal(
    choice: str,
    environ: dict[str, str],
    on_terminal: bool,  # noqa: FBT001 - a column of the table
    in_file: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert wants_color(choice, Terminal(), environ) is on_terminal
    assert wants_color(choice, io.StringIO(), environ) is in_file


@pytest.mark.parametrize(
    ("decision", "color"), [(Decision.PASSED, 32), (Decision.BLOCKED, 31), (Decision.UNDECIDED, 33)]
)
def test_the_first_line_of_a_verdict_has_the_colour_of_its_decision(decision: Decision, color: int) -> None:
    assert colored("the verdict\n  a reason\n", decision) == f"\x1b[1;{color}mthe verdict\x1b[0m\n  a reason\n"


def test_every_decision_has_a_colour_of_its_own() -> None:
    assert len({colored("verdict\n", decision) for decision in Decision}) == len(Decision)
