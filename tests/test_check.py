"""The gate end to end: the real command line against a simulated cloud, one exit code for each situation."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest

from gate import __version__
from gate.simulator import POLL, SCENARIOS, Fault, HttpResponse, SimulatedTask, Stage, alibaba, huawei, server_error
from tests.harness import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Gate

DAY = 86400.0
COMPLETE = Stage(state="complete", progress=100)
REFUSALS = {"huawei": huawei.error_response("HSS.0001"), "alibaba": alibaba.error_response("InvalidApi.NotFound")}


def scan(id: str, started_ago: float, *stages: Stage, **counts: int | None) -> SimulatedTask:  # noqa: A002 - the field's own name
    """A scan task in the simulated cloud, clean and complete unless the test says otherwise."""
    return SimulatedTask(id=id, name=f"scan {id}", started_ago=started_ago, stages=stages or (COMPLETE,), **counts)  # type: ignore[arg-type] # counts only


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_ends_as_it_says(cloud: str, scenario: str, gate_in: Callable[..., Gate]) -> None:
    ending = gate_in(scenario, cloud).check()

    assert ending.code == SCENARIOS[scenario].expected_exit
    assert ending.report["exit_code"] == ending.code
    assert ending.report["enforced"] is True
    assert ending.report["verdict"] == {0: "passed", 1: "blocked"}.get(ending.code, "undecided")
    assert f"(exit {ending.code})" in ending.out


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_newest_of_many_tasks_is_judged_wherever_it_stands(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("empty", cloud)
    gate.simulator.tasks += [scan(f"older-{age}", 100.0 + age, risky=1) for age in range(450)]
    gate.simulator.tasks.insert(225, scan("newest", 50.0))

    ending = gate.check()

    assert (ending.code, ending.report["task"]["id"]) == (0, "newest")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_once_chosen_only_that_task_is_followed(cloud: str, gate_in: Callable[..., Gate]) -> None:
    """A clean task of another pipeline appears while ours runs, and ours turns out risky."""
    gate = gate_in("empty", cloud)
    ours = scan("ours", 60.0, Stage(state="running", progress=50, seconds=60), COMPLETE, risky=2)
    gate.simulator.tasks += [ours, scan("theirs", -20.0)]

    ending = gate.check()

    assert (ending.code, ending.report["task"]["id"]) == (1, "ours")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_task_can_be_named(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("clean", cloud)
    gate.simulator.tasks.append(scan("ours", 7200.0, risky=1))

    ending = gate.check("--task-id", "ours")

    assert (ending.code, ending.report["task"]["id"]) == (1, "ours")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_named_task_that_is_not_there_is_named(cloud: str, gate_in: Callable[..., Gate]) -> None:
    ending = gate_in("clean", cloud).check("--task-id", "theirs", "--appear-timeout", "30s")

    (reason,) = ending.report["reasons"]
    assert (ending.code, reason["code"]) == (7, "no-task")
    assert reason["message"].startswith("No scan task with the id 'theirs' was found in ")
    assert "No scan task with the id 'theirs' was found yet in " in ending.err


@pytest.mark.parametrize("cloud", CLOUDS)
def test_whoever_looks_closely_is_told_which_task_is_followed(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("empty", cloud)
    gate.simulator.tasks.append(scan("ours", 60.0))

    assert "following scan task ours and no other\n" in gate.check("--verbose").err


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_report_says_what_was_waited_when_and_by_whom(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("stuck", cloud)

    report = gate.check("--timeout", "90s").report

    assert report["wait"]["seconds"] == 90
    assert report["wait"]["looks"] > 3
    assert report["gate_version"] == __version__
    assert report["generated_at"] == "2026-01-31T12:01:30.000Z"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_named_task_that_is_stale_is_not_waited_for(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("empty", cloud)
    gate.simulator.tasks.append(scan("ours", 3 * DAY))

    ending = gate.check("--task-id", "ours")

    assert (ending.code, ending.report["reasons"][0]["code"]) == (7, "stale")
    assert gate.time.elapsed == 0


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_named_task_may_still_appear(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("empty", cloud)
    gate.simulator.tasks.append(scan("ours", -60.0))

    assert gate.check("--task-id", "ours").code == 0


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_fresh_task_is_waited_for_while_only_a_stale_one_is_there(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("stale", cloud)
    gate.simulator.tasks.append(scan("fresh", -100.0))

    ending = gate.check()

    assert (ending.code, ending.report["task"]["id"]) == (0, "fresh")
    assert 100 <= gate.time.elapsed <= 160


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_stale_task_is_never_judged_and_the_wait_for_another_ends(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("stale", cloud)

    ending = gate.check("--appear-timeout", "2m")

    assert (ending.code, ending.report["reasons"][0]["code"]) == (7, "stale")
    assert gate.time.elapsed == pytest.approx(120)


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--max-age", "4d"), 0),
        (("--max-age", "none"), 0),
        (("--max-age", "2d"), 7),
        (("--max-age", "none", "--started-after", "2026-01-27T00:00:00Z"), 0),
        (("--max-age", "none", "--started-after", "2026-01-30T00:00:00Z"), 7),
        (("--max-age", "1h", "--started-after", "2026-01-27T00:00:00Z"), 7),
    ],
)
def test_how_fresh_is_fresh_enough_is_the_users_choice(
    cloud: str, arguments: tuple[str, ...], code: int, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("empty", cloud)
    gate.simulator.tasks.append(scan("three days old", 3 * DAY))

    assert gate.check(*arguments).code == code


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(
    ("scenario", "arguments", "code"),
    [
        ("risky", ("--max-risky", "2"), 0),
        ("risky", ("--max-risky", "1"), 1),
        ("failed", ("--max-failed", "1"), 0),
        ("failed", ("--max-risky", "99"), 1),
        ("partial", ("--max-failed", "2"), 0),
        ("partial", ("--max-failed", "1"), 1),
        ("no-images", ("--max-failed", "99", "--max-risky", "99"), 7),
        ("uncounted", ("--max-risky", "99"), 7),
    ],
)
def test_limits_are_limits(
    cloud: str, scenario: str, arguments: tuple[str, ...], code: int, gate_in: Callable[..., Gate]
) -> None:
    assert gate_in(scenario, cloud).check(*arguments).code == code


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(
    ("scenario", "arguments", "code", "natural"),
    [
        ("risky", ("--warn-only",), 0, 1),
        ("risky", ("--on-undecided", "warn"), 1, 1),
        ("stopped", ("--warn-only",), 6, 6),
        ("stopped", ("--on-undecided", "warn"), 0, 6),
        ("empty", ("--on-undecided", "warn"), 0, 7),
        ("stuck", ("--on-undecided", "warn"), 0, 5),
        ("login-page", ("--on-undecided", "warn"), 0, 4),
        ("forbidden", ("--on-undecided", "warn", "--warn-only"), 3, 3),
    ],
)
def test_leniency_changes_the_exit_code_and_no_report(
    *, cloud: str, scenario: str, arguments: tuple[str, ...], code: int, natural: int, gate_in: Callable[..., Gate]
) -> None:
    ending = gate_in(scenario, cloud).check(*arguments)

    assert (ending.code, ending.report["exit_code"]) == (code, natural)
    assert ending.report["enforced"] is (code == natural)
    assert ending.report["verdict"] != "passed"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_task_that_vanishes_is_never_taken_for_done(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("stuck", cloud)
    gate.time.at_elapsed(60, gate.simulator.tasks.clear)

    ending = gate.check("--timeout", "5m")

    assert (ending.code, ending.report["reasons"][0]["code"]) == (5, "unknown-state")
    assert (ending.report["task"]["raw_state"], ending.report["task"]["progress"]) == ("no longer listed", None)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_deadline_is_kept_to_and_used_to_the_end(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("stuck", cloud)

    ending = gate.check("--timeout", "10m")

    assert ending.code == 5
    assert gate.time.elapsed == pytest.approx(600)
    assert gate.simulator.requests[-1].at == pytest.approx(gate.time.at.timestamp() + 600)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_shortest_pause_of_the_cloud_is_kept_by_default(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("stuck", cloud)

    gate.check("--timeout", "5m")

    times = [request.at for request in gate.simulator.requests]
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert min(pauses) >= {"huawei": 12.0, "alibaba": 5.0}[cloud] - 1e-6


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_server_that_stays_down_is_undecided_when_the_time_is_up(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("clean", cloud)
    gate.simulator.faults.append(Fault(response=server_error(503)))

    ending = gate.check("--timeout", "2m")

    assert (ending.code, ending.report["reasons"][0]["code"]) == (4, "unreachable")
    assert gate.time.elapsed == pytest.approx(120)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_wrong_credentials_end_at_once_and_name_no_secret(
    cloud: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean", cloud)
    monkeypatch.setenv("SCAN_GATE_ACCESS_KEY_SECRET", "wrong-secret-canary")

    ending = gate.check("-v")

    assert (ending.code, ending.report["reasons"][0]["code"]) == (3, "not-authorised")
    assert gate.time.elapsed == 0
    assert "canary" not in ending.out + ending.err


@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_credentials_at_all_say_which_variables_to_set(
    cloud: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean", cloud)
    monkeypatch.setenv("SCAN_GATE_ACCESS_KEY_ID", "")
    monkeypatch.setenv("SCAN_GATE_ACCESS_KEY_SECRET", "")

    ending = gate.check()

    assert ending.code == 3
    assert "SCAN_GATE_ACCESS_KEY_ID and SCAN_GATE_ACCESS_KEY_SECRET" in ending.out
    assert gate.operations == []


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_a_clock_that_is_set_while_waiting_changes_nothing(
    cloud: str, step: float, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("slow", cloud)
    gate.time.step, gate.time.step_from = step, 3.0

    assert gate.check("--poll-interval", "1s").code == 0


@pytest.mark.parametrize("cloud", CLOUDS)
def test_refusals_are_not_tried_again(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("clean", cloud)
    gate.simulator.faults.append(Fault(response=REFUSALS[cloud]))

    ending = gate.check()

    assert (ending.code, ending.report["reasons"][0]["code"]) == (4, "refused")
    assert len(gate.operations) == 1


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_time_that_was_noted_by_a_slow_clock_is_meant_by_the_true_one(
    cloud: str, gate_in: Callable[..., Gate]
) -> None:
    """The machine is two hours slow; the scan began an hour before the pipeline noted the time on it."""
    gate = gate_in("empty", cloud)
    gate.simulator.tasks.append(scan("earlier", 3600.0))
    gate.time.step = -7200.0
    noted = f"{gate.time.wall():.0f}"

    assert gate.check("--started-after", noted, "--appear-timeout", "0").code == 7
    assert gate.check("--appear-timeout", "0").code == 0


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_wait_for_a_task_ends_with_the_run(cloud: str, gate_in: Callable[..., Gate]) -> None:
    assert gate_in("empty", cloud).check("--timeout", "30s", "--appear-timeout", "5m").code == 7


@pytest.mark.parametrize(
    ("option", "value"), [("--region", "--started-after=2026-01-31T00:00:00Z"), ("--task-id", "a\ud800")]
)
def test_what_cannot_be_a_value_is_refused(option: str, value: str, gate_in: Callable[..., Gate]) -> None:
    ending = gate_in("clean").check(f"{option}={value}")

    assert ending.code == 2


def test_only_secrets_come_from_files(gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCAN_GATE_STARTED_AFTER_FILE", "time.txt")

    assert gate_in("clean").check().code == 2


@pytest.mark.parametrize(
    ("later", "code", "message"),
    [
        (
            {"total": 1},
            "images-lost",
            (
                "The scan task has lost images that it had before, so not all of its images were judged. Run the gate "
                "again, and check the task in the cloud's console if this stays so."
            ),
        ),
        (
            {"started_ago": 20.0},
            "task-changed",
            (
                "The scan task has another start time than when it was chosen, so it may be another task. Run the gate "
                "again."
            ),
        ),
    ],
    ids=["fewer-images", "another-start-time"],
)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_task_that_is_not_what_it_was_when_it_was_chosen_is_not_judged(
    cloud: str, later: dict[str, Any], code: str, message: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("empty", cloud)
    ours = scan("ours", 60.0, Stage(state="running", progress=50, seconds=60), COMPLETE)
    gate.simulator.tasks.append(ours)
    another = replace(ours, stages=(COMPLETE,), **later)
    gate.time.at_elapsed(30, lambda: gate.simulator.tasks.__setitem__(0, another))

    ending = gate.check()

    assert ending.code == 7
    assert [(reason["code"], reason["message"]) for reason in ending.report["reasons"]] == [(code, message)]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_task_that_has_had_more_images_while_it_ran_is_not_judged_by_the_rest(
    cloud: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("empty", cloud)
    scenes = (Stage(state="queued", seconds=20), Stage(state="running", progress=50, seconds=60), COMPLETE)
    gate.simulator.tasks.append(scan("ours", 60.0, *scenes, total=1))

    def grown_for_a_while(_operation: str, document: Any) -> Any:
        if not 15 < gate.time.elapsed < 75:
            return document
        rows = document.get("data_list")
        return {**document, "data_list": [{**rows[0], "total_num": 40}]} if rows else {**document, "TotalCount": 40}

    gate.simulator.rewrite = grown_for_a_while
    ending = gate.check("--poll-interval", "10s")

    assert (ending.code, ending.report["reasons"][0]["code"]) == (7, "images-lost")


def test_a_look_that_found_nothing_stands_when_there_is_no_time_for_more(gate_in: Callable[..., Gate]) -> None:
    """One that takes long is cut off by the deadline: that there was no task is still what was seen."""
    gate = gate_in("empty")

    def slow(_operation: str, document: Any) -> Any:
        if gate.simulator.tasks:
            gate.time.sleep(20)
        return document

    gate.simulator.rewrite = slow
    gate.time.at_elapsed(15, lambda: gate.simulator.tasks.extend(scan(f"old-{n}", 9 * DAY + n) for n in range(300)))
    ending = gate.check("--timeout", "60s", "--limit", "50")

    assert (ending.code, ending.report["reasons"][0]["code"]) == (7, "no-task")


# What a clock says that is wrong.


@pytest.fixture
def by_token(gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch) -> Gate:
    """A gate that signs in by a token, which tells nobody whether its clock is right."""
    gate = gate_in("empty")
    for name in ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET"):
        monkeypatch.delenv(f"SCAN_GATE_{name}")
    monkeypatch.setenv("SCAN_GATE_AUTH_TOKEN", gate.simulator.describe()["huawei"]["auth_token"])
    return gate


def dated(gate: Gate, days: float) -> dict[str, str]:
    return {"Date": formatdate(gate.time.true_wall() + days * DAY, usegmt=True), "Content-Type": "text/html"}


@pytest.mark.parametrize(("age", "code"), [(3 * DAY + 600, 7), (600.0, 0)])
def test_a_page_that_refuses_a_token_says_nothing_of_the_time(by_token: Gate, age: float, code: int) -> None:
    """As from a proxy or a cache: it would make a stale task fresh."""
    by_token.simulator.tasks.append(scan("ours", age))
    page = HttpResponse(status=403, headers=dated(by_token, -3), body=b"<html>not now</html>")
    by_token.simulator.faults.append(Fault(requests=frozenset({1}), response=page))

    assert by_token.check("--appear-timeout", "0").code == 3
    assert by_token.check("--appear-timeout", "0").code == code


@pytest.mark.parametrize("is_told_at_once", [True, False])
def test_a_slow_clock_makes_no_task_fresh_however_late_that_is_told(by_token: Gate, *, is_told_at_once: bool) -> None:
    by_token.time.step = -7200.0
    by_token.simulator.tasks.append(scan("ours", 9000.0, Stage(state="running", progress=50, seconds=60), COMPLETE))

    def undated(_operation: str, document: Any) -> Any:
        body = json.dumps(document).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        return HttpResponse(headers=headers, body=body) if by_token.time.elapsed == 0 else document

    by_token.simulator.rewrite = None if is_told_at_once else undated
    ending = by_token.check("--max-age", "1h", "--appear-timeout", "0")

    assert (ending.code, ending.report["reasons"][0]["code"]) == (7, "stale")


def test_a_slow_clock_makes_no_task_fresh_though_only_a_fault_tells_the_time(by_token: Gate) -> None:
    by_token.time.step = -7200.0
    by_token.simulator.tasks.append(scan("ours", 9000.0))
    by_token.simulator.faults.append(
        Fault(requests=frozenset({1}), response=HttpResponse(status=502, headers=dated(by_token, 0)))
    )

    def undated(_operation: str, document: Any) -> Any:
        body = json.dumps(document).encode()
        return HttpResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(body))}, body=body)

    by_token.simulator.rewrite = undated
    ending = by_token.check("--max-age", "1h", "--appear-timeout", "0")

    assert (ending.code, ending.report["reasons"][0]["code"], ending.report["wait"]["retries"]) == (7, "stale", 1)


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(
    ("told_at", "code"), [(0, 0), (1, 7), (4, 7)], ids=["never", "before-it-is-chosen", "after-it-is-chosen"]
)
def test_a_cloud_whose_clock_is_days_behind_makes_no_task_fresh_where_another_answer_tells_the_time(
    cloud: str, told_at: int, code: int, gate_in: Callable[..., Gate]
) -> None:
    """The cloud refuses a signature of today, and takes one of three days ago; a load balancer knows better."""
    gate = gate_in("empty", cloud)
    gate.time.step = 3 * DAY
    gate.simulator.tasks.append(scan("ours", 60.0, Stage(state="running", progress=50, seconds=60), COMPLETE))
    told = Fault(
        requests=frozenset({told_at}), operation=POLL, response=HttpResponse(status=502, headers=dated(gate, 3))
    )
    gate.simulator.faults.append(told)

    ending = gate.check("--max-age", "1h", "--appear-timeout", "0")

    assert (ending.code, [reason["code"] for reason in ending.report["reasons"]]) == (code, ["stale"] if code else [])
    assert ending.report["wait"]["retries"] == (told_at > 0)


@pytest.mark.parametrize(("slow", "age"), [(0.0, 3600.0), (1200.0, 3000.0)])
def test_a_task_is_fresh_up_to_its_last_second_by_the_true_clock(by_token: Gate, slow: float, age: float) -> None:
    by_token.time.step = -slow
    by_token.simulator.tasks.append(scan("ours", age))

    assert by_token.check("--max-age", "1h", "--appear-timeout", "0").code == 0


def test_a_time_at_the_end_of_time_can_be_asked_for_on_a_slow_machine(by_token: Gate) -> None:
    by_token.time.step = -7200.0
    by_token.simulator.tasks.append(scan("ours", 60.0))

    assert by_token.check("--started-after", "9999-12-31T23:59:59Z", "--appear-timeout", "0").code == 7
