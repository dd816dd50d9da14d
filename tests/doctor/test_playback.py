"""From end to end: a fixture of a simulated account, played by a second simulator, looks alike to the gate."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.doctor.fixture import render
from gate.simulator import (
    SCENARIOS,
    EarlierScan,
    Findings,
    Platform,
    PushedImage,
    Scenario,
    SimulatedTask,
    Simulator,
    Unverified,
)
from gate.simulator.fixture import Fixture, Playback
from gate.simulator.image import BySeverity
from tests.doctor.recording import recorded_from
from tests.harness import CLOUDS, Gate

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.builders import FakeTime

# Those whose state is the same at every poll: what becomes of a running task is not in a recording.
ENDED = ("risky", "failed", "partial", "stopped", "timed-out", "broken", "stale", "empty", "no-images", "uncounted")
OTHERWISE = Unverified(
    task_order="newest first",
    refuses_small_pages=False,
    fuzzy_names=False,
    lists_swr_registries=False,
    repeats_vulnerabilities=False,
    leaf_ids="both",
    scan_time_field="lastScanTime",
    rows_have_registry_ids=True,
    fuzzy_filters=False,
    unscanned_images_have_no_risk=False,
    lists_handled_unasked=True,
    lists_libraries_by_image=True,
)
"""Unlike the usual switches in everything that reading can tell."""
FOUND = Findings(
    vulnerabilities=BySeverity(high=4, medium=1), libraries=BySeverity(low=1), handled=BySeverity(medium=2)
)
SCANNED = PushedImage(
    repository="team/shop/web",
    tag="1.4.2",
    digest=f"sha256:{'a1' * 32}",
    pushed_ago=7200,
    listed_after=0.0,
    findings=FOUND,
    earlier=EarlierScan(ago=3600, findings=FOUND),
)


def ended(name: str) -> Scenario:
    """A scenario of tasks, each of which is at its end already."""
    scenario = SCENARIOS[name]
    return replace(scenario, tasks=tuple(replace(task, stages=task.stages[-1:]) for task in scenario.tasks))


def played(text: str, time: FakeTime) -> Simulator:
    """A simulator that plays the file of a fixture."""
    playback = Playback(Fixture.parse(text), time.true_wall)
    simulator = Simulator(playback.scenario, now=time.true_wall)
    playback.apply(simulator)
    return simulator


def recording(cloud: str, scenario: Scenario, unverified: Unverified, time: FakeTime) -> str:
    """The file of a fixture of this account."""
    with Simulator(scenario, now=time.true_wall) as simulator:
        simulator.account.unverified = unverified
        fixture, _ = recorded_from(simulator, cloud, time)
    return render(fixture)


@pytest.fixture
def check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fake_time: FakeTime
) -> Callable[[str, Simulator], tuple[int, str]]:
    """Checks the account of a simulator; returns the exit code and the code of the reason."""

    def check(cloud: str, simulator: Simulator) -> tuple[int, str]:
        with simulator:
            for name in ("access_key_id", "access_key_secret"):
                monkeypatch.setitem(os.environ, f"SCAN_GATE_{name.upper()}", simulator.describe()[cloud][name])
            images = [word for image in simulator.scenario.images for word in ("--image", image)]
            ending = Gate(cloud=cloud, simulator=simulator, time=fake_time, capsys=capsys).check(*images)
        reasons: list[dict[str, Any]] = ending.report["reasons"]
        return ending.code, ", ".join(reason["code"] for reason in reasons)

    return check


@pytest.mark.divided
@pytest.mark.parametrize("unverified", [Unverified(), OTHERWISE], ids=["as usual", "otherwise"])
@pytest.mark.parametrize("scenario", ENDED)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_check_of_a_played_account_ends_as_one_of_the_account_itself(
    cloud: str,
    scenario: str,
    unverified: Unverified,
    fake_time: FakeTime,
    check: Callable[[str, Simulator], tuple[int, str]],
) -> None:
    text = recording(cloud, ended(scenario), unverified, fake_time)
    first = Simulator(ended(scenario), now=fake_time.true_wall)
    first.account.unverified = unverified

    assert check(cloud, played(text, fake_time)) == check(cloud, first)


@pytest.mark.parametrize("image", [SCANNED, replace(SCANNED, findings=Findings())], ids=["risky", "old result"])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_check_of_played_images_ends_as_they_were_recorded(
    cloud: str, image: PushedImage, fake_time: FakeTime, check: Callable[[str, Simulator], tuple[int, str]]
) -> None:
    """A recording cannot tell what another scan will find: the findings of the last one stand for those of the next."""
    scenario = Scenario(name="images", summary="", expected_exit=1, pushes=(image,), images=(image.reference,))
    text = recording(cloud, scenario, OTHERWISE, fake_time)

    assert check(cloud, played(text, fake_time))[0] == 1


@pytest.mark.parametrize("unverified", [Unverified(), OTHERWISE], ids=["as usual", "otherwise"])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_recording_of_a_played_fixture_has_the_same_answers(
    cloud: str, unverified: Unverified, fake_time: FakeTime
) -> None:
    """In tasks and images, with all that reading can tell."""
    index = replace(SCANNED, tag="1.4.3", earlier=None, children=(Platform(digest=f"sha256:{'c3' * 32}"),))
    scenario = replace(ended("failed"), pushes=(SCANNED, index), images=(SCANNED.reference, index.reference))
    text = recording(cloud, scenario, unverified, fake_time)
    with played(text, fake_time) as simulator:
        again, _ = recorded_from(simulator, cloud, fake_time)
    first = Fixture.parse(text)
    unplayed = {line.partition(":")[0] for line in Playback(first).unplayed}
    answers = {one.id: one.answer for one in again.answers}

    assert {id_: answer for id_, answer in first.answers.items() if answer != answers[id_]} == {}, unplayed
    assert [*again.tasks] == [*first.tasks]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_task_that_was_running_goes_on_to_its_end(
    cloud: str, fake_time: FakeTime, check: Callable[[str, Simulator], tuple[int, str]]
) -> None:
    text = recording(cloud, SCENARIOS["slow"], Unverified(), fake_time)

    assert Fixture.parse(text).tasks[0]["state"] in {"running", "queued"}
    assert check(cloud, played(text, fake_time))[0] == 0


@pytest.mark.parametrize("cloud", CLOUDS)
def test_unknown_states_triggers_and_ids_are_played(cloud: str, fake_time: FakeTime) -> None:
    task = SimulatedTask(id="17", name="n", task_type="cicd", started_ago=60, id_form="number")
    scenario = Scenario(name="", summary="", expected_exit=0, tasks=(task,))
    text = recording(cloud, scenario, Unverified(), fake_time)
    with played(text, fake_time) as simulator:
        again, _ = recorded_from(simulator, cloud, fake_time)

    assert [*again.tasks] == [*Fixture.parse(text).tasks]
    assert {one.id: one.answer for one in again.answers}.get("task-id", "a number") == "a number"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_field_that_was_not_there_or_new_or_of_another_type_is_played(cloud: str, fake_time: FakeTime) -> None:
    """Also another unit of time and one spelling of digests."""

    def changed(_operation: str, document: Any) -> Any:
        return _changed(document)

    with Simulator(ended("clean"), now=fake_time.true_wall) as simulator:
        simulator.rewrite = changed
        fixture, _ = recorded_from(simulator, cloud, fake_time)
    with played(render(fixture), fake_time) as simulator:
        again, _ = recorded_from(simulator, cloud, fake_time)
    first, second = ({one.id: one.answer for one in each.answers} for each in (fixture, again))

    assert first["digest-of-images"] == second["digest-of-images"] == "bare"
    assert first["absent-in-images"] == second["absent-in-images"]
    assert first["unit-of-task-times"] == second["unit-of-task-times"] == "seconds"
    shown = [_fields(one.exchanges) for one in (fixture, again)]
    assert shown[0] == shown[1]
    assert ("latestRiskyNum", "<count >") in shown[0]


def _changed(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        kept = {name: _changed(one, name) for name, one in value.items() if name not in {"ImageSize", "image_size"}}
        return {**kept, "latestRiskyNum": 1, "isNext": None} if {"task_status", "CollectTime"} & {*value} else kept
    if isinstance(value, list):
        return [_changed(one, key) for one in value]
    if isinstance(value, str) and value.startswith("sha256:"):
        return value.removeprefix("sha256:")
    if key in {"begin_time", "CollectTime"} and value:
        return value // 1000
    return str(value) if key in {"vul_num", "VulCount"} else value


def _fields(value: Any) -> set[tuple[str, str]]:
    """The keys of the recorded documents with their forms, whatever numbers and ages they have."""
    if isinstance(value, dict):
        own = {
            (key, re.sub(r"(, |(?<=<count )).*>", ">", str(one)))
            for key, one in value.items()
            if not isinstance(one, dict | list)
        }
        return own.union(*map(_fields, value.values()))
    return set().union(*map(_fields, value)) if isinstance(value, list | tuple) else set()
