"""A check in a process of its own, on a pseudo-terminal: what a person sees in its rows while it runs."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gate.simulator import Simulator
from gate.simulator.scenario import COMPLETE, NEWEST, RUNNING_POLLS, Scenario
from tests.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parent.parent
COLUMNS = 60
CHINESE = "夜间镜像扫描任务生产环境全部仓库每日例行检查"
FRAME = "\r\x1b[K"
"""What the log writes before it draws the live line anew."""


def on_a_terminal(arguments: list[str], environ: Mapping[str, str]) -> str:
    """All that a gate writes to a terminal of 60 columns, as it comes from the terminal's driver."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, COLUMNS))
    command = [sys.executable, "-m", "gate", *arguments]
    with subprocess.Popen(command, env=environ, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True):
        os.close(theirs)
        written = b"".join(_read_until_closed(ours))
    os.close(ours)
    return written.decode()


def _read_until_closed(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            data = os.read(terminal, 4096)
        except OSError:
            # So Linux says that nobody has the terminal open any more.
            return
        yield data


@pytest.fixture
def chinese_scan() -> Iterator[dict[str, str]]:
    """The variables that lead a gate to a cloud where a scan with a Chinese name runs, and is complete when polled."""
    task = replace(NEWEST, name=CHINESE, stages=(RUNNING_POLLS[0], COMPLETE))
    with Simulator(Scenario(name="chinese", summary="", expected_exit=0, tasks=(task,))) as simulator:
        described = simulator.describe()["huawei"]
        names = ("endpoint", "iam_endpoint", "access_key_id", "access_key_secret", "region")
        leading = {f"SCAN_GATE_{name.upper()}": described[name] for name in names}
        terminal = {"TERM": "xterm-256color", "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT)}
        yield {**os.environ, **leading, **terminal, "SCAN_GATE_CLOUD": "huawei"}


def test_a_chinese_task_name_leaves_no_stale_row_at_60_columns(chinese_scan: dict[str, str]) -> None:
    written = on_a_terminal(["check", "--poll-interval", "1.1", "--settle", "0"], chinese_scan)

    screen = Screen(COLUMNS)
    live_rows = []
    for frame in written.split(FRAME):
        screen.feed(f"{FRAME}{frame}")
        live_rows.append([row for row in screen.rows if "next poll in" in row or "running, 20 %" in row])
    first, *others = live_rows
    assert first == ["仓库每日例行检查: running, 20 %"]
    live = "  next poll in {} s: scan task 夜...例行检查: running, 20 %"
    assert [*first, live.format(2)] in others
    assert all(rows in (first, [*first, live.format(2)], [*first, live.format(1)]) for rows in others)
    assert others[-1] == first
    assert "scan-gate: PASSED (exit 0)" in screen.rows


def test_the_verdict_on_a_terminal_is_coloured(chinese_scan: dict[str, str]) -> None:
    arguments = ["check", "--poll-interval", "0.1", "--quiet"]

    assert on_a_terminal(arguments, chinese_scan).startswith("\x1b[1;32mscan-gate: PASSED (exit 0)\x1b[0m\r\n")
    assert on_a_terminal(arguments, {**chinese_scan, "NO_COLOR": "1"}).startswith("scan-gate: PASSED (exit 0)\r\n")
