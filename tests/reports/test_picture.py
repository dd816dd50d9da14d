"""The picture of a run, by its whole markup: where each mark stands, and what is written beside it."""

from __future__ import annotations

import re

import pytest

from gate.outcome import Event, EventKind
from gate.reports.html.picture import picture
from gate.scan import TaskState
from tests.builders import a_task

RUN = (
    Event(kind=EventKind.POLL, at=0.0),
    Event(kind=EventKind.PAUSE, at=1.0, text="there is no task <yet>", pause=2.0),
    Event(kind=EventKind.RETRY, at=2.0, text="503", pause=1.0),
    Event(kind=EventKind.POLL, at=3.0, task=a_task(state=TaskState.RUNNING)),
    Event(kind=EventKind.RETRY, at=4.0, text="502"),
    Event(kind=EventKind.ACTION, at=5.0, text="cancelled"),
    Event(kind=EventKind.POLL, at=6.0, task=a_task(state=TaskState.RUNNING, progress=40)),
    Event(kind=EventKind.POLL, at=10.0, task=a_task(state=TaskState.COMPLETE)),
)
PROGRESS = """\
<p class="lane">Progress <small>0 to 100 %<br>○ not known</small></p>
<svg role="img" width="100%" height="124"><title>Progress over time: 4 polls; at last complete</title>
<line class="grid" x1="0" x2="100%" y1="30" y2="30"/>
<line class="grid" x1="0" x2="100%" y1="74" y2="74"/>
<line class="grid" x1="0" x2="100%" y1="118" y2="118"/>
<svg class="curve" y="30" width="100%" height="88" viewBox="0 30 100 88" preserveAspectRatio="none">
<polygon points="60,118 60,82.8 100,30 100,118" fill="none"/><polyline points="60,82.8 100,30"/></svg>
<line class="change" x1="100%" x2="100%" y1="20" y2="118"/><text class="end" x="100%" y="14">complete</text>
<line class="change" x1="0%" x2="0%" y1="20" y2="118"/><text class="start" x="0%" y="14">no task yet</text>
<line class="change" x1="30%" x2="30%" y1="20" y2="118"/><text class="start" x="30%" y="14">running</text>
<circle class="poll unknown" cx="0%" cy="118" r="4"><title>0 s: no task yet</title></circle>
<circle class="poll unknown" cx="30%" cy="118" r="4"><title>3 s: running</title></circle>
<circle class="poll" cx="60%" cy="82.8" r="4"><title>6 s: running</title></circle>
<circle class="poll" cx="100%" cy="30" r="4"><title>10 s: complete</title></circle></svg>
"""
LANES = """\
<p class="lane">Pauses <small>1</small></p>
<svg role="img" width="100%" height="24"><title>Pauses: 1</title>
<rect class="pause" x="10%" y="10" width="20.00%" height="4" rx="2">
<title>1 s: there is no task &lt;yet&gt;</title></rect></svg>
<p class="lane">Retries <small>2</small></p>
<svg role="img" width="100%" height="24"><title>Retries: 2</title>
<rect class="pause" x="20%" y="10" width="10.00%" height="4" rx="2"><title>2 s: 503</title></rect>
<svg class="retry" x="20%"><path d="M-5.5 17L0 7l5.5 10z"><title>2 s: 503</title></path></svg>
<svg class="retry" x="40%"><path d="M-5.5 17L0 7l5.5 10z"><title>4 s: 502</title></path></svg></svg>
<p class="lane">Actions <small>1</small></p>
<svg role="img" width="100%" height="24"><title>Actions: 1</title>
<svg class="action" x="50%"><path d="M-5 12L0 7l5 5-5 5z"><title>5 s: cancelled</title></path></svg></svg>
"""
TIME = """\
<p class="lane">Time <small></small></p>
<svg role="img" width="100%" height="22"><title>Time: 10 s in all</title>
<line class="tick" x1="0.00%" x2="0.00%" y1="0" y2="5"/><text class="start" x="0.00%" y="18">0 s</text>
<line class="tick" x1="50.00%" x2="50.00%" y1="0" y2="5"/><text class="middle" x="50.00%" y="18">5 s</text>
<line class="tick" x1="100.00%" x2="100.00%" y1="0" y2="5"/><text class="end" x="100.00%" y="18">10 s</text></svg>
"""


def without_line_breaks(markup: str) -> str:
    return re.sub(r">\n<", "><", markup).strip()


def test_a_picture_shows_progress_and_states_and_a_lane_for_each_other_kind_of_event() -> None:
    expected = f'<div class="timeline">\n{PROGRESS}{LANES}{TIME}</div>'

    assert without_line_breaks(picture(RUN, 10.0)) == without_line_breaks(expected)


@pytest.mark.parametrize(
    ("seconds", "ticks"),
    [
        (0.0, ["start 0.00%", "end 100.00%"]),
        (95.0, ["start 0.00%", "middle 31.58%", "middle 63.16%", "end 94.74%"]),
        (16.5, ["start 0.00%", "middle 30.30%", "middle 60.61%", "middle 90.91%"]),
        (40.0, ["start 0.00%", "middle 25.00%", "middle 50.00%", "middle 75.00%", "end 100.00%"]),
        (10.0**6, ["start 0.00%", "middle 25.00%", "middle 50.00%", "middle 75.00%", "end 100.00%"]),
    ],
)
def test_the_time_has_at_most_five_ticks_whose_names_stay_inside(seconds: float, ticks: list[str]) -> None:
    found = re.findall(r'<text class="(\w+)" x="([^"]+)" y="18">', picture([], seconds))

    assert [" ".join(one) for one in found] == ticks


@pytest.mark.parametrize(
    ("at", "named"), [(6.1, ["complete", "running"]), (6.15, ["complete"])], ids=["just-enough-room", "too-little"]
)
def test_a_state_is_named_where_its_name_touches_no_other(at: float, named: list[str]) -> None:
    """The name of the last one ends at the right edge, and begins at 79.2 %."""
    events = [Event(kind=EventKind.POLL, at=at, task=a_task(state=TaskState.RUNNING)), RUN[-1]]

    assert re.findall(r'y="14">(\w+)<', picture(events, 10.0)) == named


def test_a_run_whose_progress_is_always_known_has_no_mark_for_an_unknown_one() -> None:
    events = [Event(kind=EventKind.POLL, at=0.0, task=a_task(state=TaskState.RUNNING, progress=0)), RUN[-1]]
    shown = picture(events, 10.0)

    assert '<p class="lane">Progress <small>0 to 100 %</small></p>' in shown
    assert re.findall(r'<circle class="poll" cx="([^"]+)" cy="([^"]+)"', shown) == [("0%", "118"), ("100%", "30")]


@pytest.mark.parametrize(
    "step",
    [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400],
)
def test_the_axis_has_marks_at_steps_in_which_people_count_time(step: float) -> None:
    marks = re.findall(r'class="tick" x1="([\d.]+)%"', picture(RUN[:1], 4 * step))

    assert marks == ["0.00", "25.00", "50.00", "75.00", "100.00"]


def test_warnings_and_notes_have_lanes_of_their_own() -> None:
    events = (*RUN, Event(kind=EventKind.WARNING, at=7.0, text="slow"), Event(kind=EventKind.NOTE, at=8.0, text="so"))

    lanes = re.findall(r'<p class="lane">(\w+) <small>1</small></p>', picture(events, 10.0))

    assert lanes == ["Pauses", "Actions", "Warnings", "Notes"]
