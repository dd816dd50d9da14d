"""`check` end to end: the real command line against a simulated cloud, with the exit code of each situation."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest

from gate import __version__, clouds
from gate.simulator import POLL, SCENARIOS, Fault, HttpResponse, SimulatedTask, Stage, alibaba, huawei, server_error
from tests.harness import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Gate

DAY = 86400.0
RUNNING, COMPLETE = Stage(state="running", progress=50, seconds=60), Stage(state="complete", progress=100)
REFUSED = {"huawei": huawei.error_response("HSS.0001"), "alibaba": alibaba.error_response("InvalidApi.NotFound")}


def a_scan(task_id: str, started_ago: float, *stages: Stage, total: int = 3, risky: int = 0) -> SimulatedTask:
    """A scan task in the simulated cloud; without stages, it is complete."""
    return SimulatedTask(
        id=task_id, name=task_id, started_ago=started_ago, stages=stages or (COMPLETE,), total=total, risky=risky
    )


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_ends_with_its_exit_code(cloud: str, scenario: str, gate_in: Callable[..., Gate]) -> None:
    ending = gate_in(scenario, cloud).check()

    assert ending.code == SCENARIOS[scenario].expected_exit
    assert ending.report["exit_code"] == ending.code
    assert ending.report["enforced"] is True
    assert ending.report["verdict"] == {0: "passed", 1: "blocked"}.get(ending.code, "undecided")
    assert f"(exit {ending.code})" in ending.out


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_newest_of_many_tasks_is_judged_wherever_it_is_in_the_list(
    cloud: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("empty", cloud)
    gate.simulator.tasks += [a_scan(f"older-{age}", 100.0 + age, risky=1) for age in range(450)]
    gate.simulator.tasks.insert(225, a_scan("newest", 50.0))

    ending = gate.check()

    assert (ending.code, ending.report["task"]["id"]) == (0, "newest")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_after_a_task_was_selected_no_newer_one_is_judged(cloud: str, gate_in: Callable[..., Gate]) -> None:
    """A clean task of another pipeline appears while ours runs, and ours turns out risky."""
    gate = gate_in("empty", cloud)
    ours = a_scan("ours", 60.0, RUNNING, COMPLETE, risky=2)
    gate.simulator.tasks += [ours, a_scan("theirs", -20.0)]

    ending = gate.check()

    assert (ending.code, ending.report["task"]["id"]) == (1, "ours")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_task_can_be_selected_by_its_id(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("clean", cloud)
    gate.simulator.tasks.append(a_scan("ours", 7200.0, risky=1))

    ending = gate.check("--task-id", "ours")

    assert (ending.code, ending.report["task"]["id"]) == (1, "ours")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_message_names_a_selected_task_that_does_not_exist(cloud: str, gate_in: Callable[..., Gate]) -> None:
    ending = gate_in("clean", cloud).check("--task-id", "theirs", "--appear-timeout", "30s")

    (reason,) = ending.report["reasons"]
    assert (ending.code, reason["code"]) == (7, "no-task")
    assert reason["message"].startswith("No scan task with the id 'theirs' was found in ")
    assert "No scan task with the id 'theirs' was found yet in " in ending.err


def test_the_message_about_a_selected_task_names_the_filters_that_hold_for_it(gate_in: Callable[..., Gate]) -> None:
    """That of the state does not: it is about the moment of the search."""
    filters = ("--task-name", "nightly", "--task-status", "finished")
    ending = gate_in("clean").check("--task-id", "theirs", *filters, "--appear-timeout", "30s")

    assert "was found yet in Huawei Cloud" in ending.err
    assert "was found in Huawei Cloud" in ending.out
    assert "--task-name nightly)" in ending.err
    assert "--task-name nightly)" in ending.out
    assert "--task-status" not in ending.err + ending.out


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_verbose_log_names_the_selected_task(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("empty", cloud)
    gate.simulator.tasks.append(a_scan("ours", 60.0))

    assert "following scan task ours and no other\n" in gate.check("--verbose").err


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_report_states_the_wait_the_version_and_the_time(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("stuck", cloud)

    report = gate.check("--timeout", "90s").report

    assert report["wait"]["seconds"] == 90
    assert report["wait"]["looks"] > 3
    assert report["gate_version"] == __version__
    assert report["generated_at"] == "2026-01-31T12:01:30.000Z"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_stale_task_that_was_selected_by_its_id_ends_the_wait_at_once(
    cloud: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("empty", cloud)
    gate.simulator.tasks.append(a_scan("ours", 3 * DAY))

    ending = gate.check("--task-id", "ours")

    assert (ending.code, ending.report["reasons"][0]["code"]) == (7, "stale")
    assert gate.time.elapsed == 0


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_task_that_was_selected_by_its_id_may_appear_later(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("empty", cloud)
    gate.simulator.tasks.append(a_scan("ours", -60.0))

    assert gate.check("--task-id", "ours").code == 0


@pytest.mark.parametrize("cloud", CLOUDS)
def test_while_the_newest_task_is_stale_the_gate_waits_for_a_fresh_one(
    cloud: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("stale", cloud)
    gate.simulator.tasks.append(a_scan("fresh", -100.0))

    ending = gate.check()

    assert (ending.code, ending.report["task"]["id"]) == (0, "fresh")
    assert 100 <= gate.time.elapsed <= 160


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_stale_task_is_not_judged_when_no_fresh_one_appears_in_time(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("stale", cloud)

    ending = gate.check("--appear-timeout", "2m")

    assert (ending.code, ending.report["reasons"][0]["code"]) == (7, "stale")
    assert gate.time.elapsed == pytest.approx(120)
    # What to do is said once, when nothing can change any more.
    assert "allows (24 h). Waiting up to 2 min" in ending.err
    assert "raise --max-age" not in ending.err
    assert (
        "allows (24 h). No task that can be judged was found within 2 min (--appear-timeout). "
        "Start a scan for this release, or raise --max-age."
    ) in ending.out
    assert "\n  images (not judged): " in ending.out
    assert "?" not in ending.out


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
def test_the_options_decide_which_task_is_fresh(
    cloud: str, arguments: tuple[str, ...], code: int, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("empty", cloud)
    gate.simulator.tasks.append(a_scan("three days old", 3 * DAY))

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
def test_the_limits_of_the_options_decide_between_pass_and_block(
    cloud: str, scenario: str, arguments: tuple[str, ...], code: int, gate_in: Callable[..., Gate]
) -> None:
    assert gate_in(scenario, cloud).check(*arguments).code == code


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(
    ("scenario", "arguments", "code", "reported"),
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
def test_options_that_lower_the_exit_code_do_not_change_the_report(
    *, cloud: str, scenario: str, arguments: tuple[str, ...], code: int, reported: int, gate_in: Callable[..., Gate]
) -> None:
    ending = gate_in(scenario, cloud).check(*arguments)

    assert (ending.code, ending.report["exit_code"]) == (code, reported)
    assert ending.report["enforced"] is (code == reported)
    assert ending.report["verdict"] != "passed"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_task_that_is_no_longer_listed_is_not_final(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("stuck", cloud)
    gate.time.at_elapsed(60, gate.simulator.tasks.clear)

    ending = gate.check("--timeout", "5m")

    assert (ending.code, ending.report["reasons"][0]["code"]) == (5, "unknown-state")
    assert (ending.report["task"]["raw_state"], ending.report["task"]["progress"]) == ("no longer listed", None)
    assert "the cloud does not list the scan task any more" in ending.out
    assert "unknown state" not in ending.out + ending.err


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_last_poll_is_at_the_deadline(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("stuck", cloud)

    ending = gate.check("--timeout", "10m")

    assert ending.code == 5
    assert gate.time.elapsed == pytest.approx(600)
    assert gate.simulator.requests[-1].at == pytest.approx(gate.time.at.timestamp() + 600)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_polling_interval_of_the_cloud_is_kept_by_default(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("stuck", cloud)

    gate.check("--timeout", "5m")

    times = [request.at for request in gate.simulator.requests]
    intervals = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert min(intervals) >= clouds.CLOUDS[cloud].min_poll_interval - 1e-6


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_server_that_stays_down_makes_the_run_undecided_at_the_deadline(
    cloud: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("clean", cloud)
    gate.simulator.faults.append(Fault(response=server_error(503)))

    ending = gate.check("--timeout", "2m")

    assert (ending.code, ending.report["reasons"][0]["code"]) == (4, "unreachable")
    assert gate.time.elapsed == pytest.approx(120)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_wrong_credentials_end_the_run_at_once_and_are_not_shown(
    cloud: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean", cloud)
    monkeypatch.setenv("SCAN_GATE_ACCESS_KEY_SECRET", "wrong-secret-canary")

    ending = gate.check("-v")

    assert (ending.code, ending.report["reasons"][0]["code"]) == (3, "not-authorised")
    assert gate.time.elapsed == 0
    assert "canary" not in ending.out + ending.err


@pytest.mark.parametrize("cloud", CLOUDS)
def test_without_credentials_the_message_names_the_variables_to_set(
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
def test_setting_the_machines_clock_during_the_wait_changes_nothing(
    cloud: str, step: float, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("slow", cloud)
    gate.time.step, gate.time.step_from = step, 3.0

    assert gate.check("--poll-interval", "1s").code == 0


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_refused_request_is_not_retried(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("clean", cloud)
    gate.simulator.faults.append(Fault(response=REFUSED[cloud]))

    ending = gate.check()

    assert (ending.code, ending.report["reasons"][0]["code"]) == (4, "refused")
    assert len(gate.operations) == 1


@pytest.mark.parametrize("cloud", CLOUDS)
def test_started_after_is_corrected_for_the_lag_of_a_slow_clock(cloud: str, gate_in: Callable[..., Gate]) -> None:
    """The clock is two hours slow; the scan started an hour before the pipeline read the time from that clock."""
    gate = gate_in("empty", cloud)
    gate.simulator.tasks.append(a_scan("earlier", 3600.0))
    gate.time.step = -7200.0
    started_after = f"{gate.time.wall():.0f}"

    assert gate.check("--started-after", started_after, "--appear-timeout", "0").code == 7
    assert gate.check("--appear-timeout", "0").code == 0


@pytest.mark.parametrize(("step", "code"), [(0.0, 0), (-600.0, 7)])
def test_a_task_that_started_after_the_given_time_by_either_clock_may_be_meant_too(
    step: float, code: int, gate_in: Callable[..., Gate]
) -> None:
    """The time may have been noted on the slow clock of this machine, or on a right one."""
    gate = gate_in("empty")
    gate.simulator.tasks += [a_scan("earlier", 300.0), a_scan("ours", 0.0)]
    gate.time.step = step
    started_after = f"{gate.time.true_wall() - (600 if step else 60):.0f}"

    ending = gate.check("--started-after", started_after)

    assert ending.code == code
    assert [reason["code"] for reason in ending.report["reasons"]] == ["ambiguous-task"] * bool(code)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_wait_for_a_task_ends_at_the_timeout_of_the_run(cloud: str, gate_in: Callable[..., Gate]) -> None:
    assert gate_in("empty", cloud).check("--timeout", "30s", "--appear-timeout", "5m").code == 7


@pytest.mark.parametrize(
    ("option", "value"), [("--region", "--started-after=2026-01-31T00:00:00Z"), ("--task-id", "a\ud800")]
)
def test_an_invalid_value_of_an_option_is_a_usage_error(option: str, value: str, gate_in: Callable[..., Gate]) -> None:
    ending = gate_in("clean").check(f"{option}={value}")

    assert ending.code == 2


def test_a_variable_that_names_a_file_is_a_usage_error_for_options_that_are_not_secret(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
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
    ],
    ids=["fewer-images"],
)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_task_that_has_changed_since_it_was_selected_is_not_judged(
    cloud: str, later: dict[str, Any], code: str, message: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("empty", cloud)
    ours = a_scan("ours", 60.0, RUNNING, COMPLETE)
    gate.simulator.tasks.append(ours)
    another = replace(ours, stages=(COMPLETE,), **later)
    gate.time.at_elapsed(30, lambda: gate.simulator.tasks.__setitem__(0, another))

    ending = gate.check()

    assert ending.code == 7
    assert [(reason["code"], reason["message"]) for reason in ending.report["reasons"]] == [(code, message)]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_task_that_had_more_images_for_a_while_is_not_judged(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("empty", cloud)
    stages = (Stage(state="queued", seconds=20), RUNNING, COMPLETE)
    gate.simulator.tasks.append(a_scan("ours", 60.0, *stages, total=1))

    def with_more_images_for_a_while(_operation: str, document: Any) -> Any:
        if not 15 < gate.time.elapsed < 75:
            return document
        rows = document.get("data_list")
        return {**document, "data_list": [{**rows[0], "total_num": 40}]} if rows else {**document, "TotalCount": 40}

    gate.simulator.rewrite = with_more_images_for_a_while
    ending = gate.check("--poll-interval", "10s")

    assert (ending.code, ending.report["reasons"][0]["code"]) == (7, "images-lost")


@pytest.mark.parametrize(
    ("cloud", "fields", "expected"),
    [
        ("huawei", {"total_num": 40}, (7, "images-lost")),
        ("huawei", {"failed_num": 1}, (5, "task-changed")),
        ("huawei", {"success_num": 1}, (5, "task-changed")),
        ("huawei", {"risky_num": 1}, (5, "task-changed")),
        ("huawei", {"failed_images": [{"image_name": "web"}]}, (5, "task-changed")),
        ("huawei", {"failed_reason": "the scanner was stopped"}, (5, "task-changed")),
        ("huawei", {"task_status": -2}, (5, "task-changed")),
        ("huawei", {"risky_num": None}, (5, "task-changed")),
        ("huawei", {"success_num": 3}, (5, "task-changed")),
        ("huawei", {"total_num": 1, "success_num": 1}, (5, "task-changed")),
        ("huawei", {"task_status": 50}, (5, "task-changed")),
        ("huawei", {"task_status": -4}, (5, "task-changed")),
        ("huawei", {"task_status": "100"}, (5, "task-changed")),
        ("alibaba", {"TotalCount": 40}, (7, "images-lost")),
        ("alibaba", {"TaskInfo": {"Status": "TIMEOUT"}}, (5, "task-changed")),
        ("alibaba", {"TaskInfo": {"Status": "PAUSED"}}, (5, "task-changed")),
        ("alibaba", {"TaskInfo": {"Status": "START"}}, (5, "task-changed")),
    ],
)
def test_a_task_that_is_listed_otherwise_after_its_last_poll_is_not_judged(
    cloud: str, fields: dict[str, Any], expected: tuple[int, str], gate_in: Callable[..., Gate]
) -> None:
    """With --started-after, the list is read once more then; one that shows it as running may be of another run."""
    gate = gate_in("empty", cloud)
    gate.simulator.tasks += [a_scan("older", 3600.0), a_scan("ours", 0.0, RUNNING, COMPLETE, total=2)]

    def another_in_a_list(operation: str, document: Any) -> Any:
        """Of both tasks on Huawei Cloud, and of the latest one on Alibaba Cloud."""
        if gate.time.elapsed < 60:
            return document
        rows = document.get("data_list", ())
        if len(rows) > 1:
            return {**document, "data_list": [{**row, **fields} for row in rows]}
        return {**document, **fields} if operation == "GetLastOnceTaskInfo" else document

    gate.simulator.rewrite = another_in_a_list
    ending = gate.check("--started-after", f"{gate.time.wall() - 30:.0f}")

    (reason,) = ending.report["reasons"]
    assert (ending.code, reason["code"]) == expected
    assert ("a later list contradicts that" in reason["message"]) is (reason["code"] == "task-changed")


@pytest.mark.parametrize("in_progress", [{}, {"task_status": 50}], ids=["complete", "running"])
def test_a_task_that_no_longer_fits_the_filters_in_a_later_list_is_not_judged(
    in_progress: dict[str, Any], gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("empty", "huawei")
    gate.simulator.tasks += [a_scan("release-1", 3600.0), a_scan("release-2", 0.0, RUNNING, COMPLETE, total=2)]

    def of_another_name_in_the_list_of_both(_operation: str, document: Any) -> Any:
        rows = document.get("data_list", ())
        if gate.time.elapsed < 60 or len(rows) < 2:
            return document
        return {**document, "data_list": [{**row, "task_name": "nightly", **in_progress} for row in rows]}

    gate.simulator.rewrite = of_another_name_in_the_list_of_both
    ending = gate.check("--started-after", f"{gate.time.wall() - 30:.0f}", "--task-name", "release")

    (reason,) = ending.report["reasons"]
    assert (ending.code, reason["code"]) == (5, "task-changed")
    assert "does not fit the filters" in reason["message"]


def test_when_the_last_poll_exceeds_the_deadline_the_one_before_it_counts(gate_in: Callable[..., Gate]) -> None:
    """The last poll, of a list of many pages, is not complete; the poll before it found no task."""
    gate = gate_in("empty")

    def slow(_operation: str, document: Any) -> Any:
        if gate.simulator.tasks:
            gate.time.sleep(20)
        return document

    gate.simulator.rewrite = slow
    gate.time.at_elapsed(15, lambda: gate.simulator.tasks.extend(a_scan(f"old-{n}", 9 * DAY + n) for n in range(300)))
    ending = gate.check("--timeout", "60s", "--limit", "50")

    assert (ending.code, ending.report["reasons"][0]["code"]) == (7, "no-task")


# Wrong clocks: of the machine, and of servers.


@pytest.fixture
def token_gate(gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch) -> Gate:
    """A gate with a token: no refused signature can show that its clock is wrong."""
    gate = gate_in("empty")
    for name in ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET"):
        monkeypatch.delenv(f"SCAN_GATE_{name}")
    monkeypatch.setenv("SCAN_GATE_AUTH_TOKEN", gate.simulator.describe()["huawei"]["auth_token"])
    return gate


def dated(gate: Gate, days: float) -> dict[str, str]:
    """The headers of a page whose date is this many days from the true time."""
    return {"Date": formatdate(gate.time.true_wall() + days * DAY, usegmt=True), "Content-Type": "text/html"}


def undated(document: Any) -> HttpResponse:
    """A response with this JSON document and no Date header."""
    body = json.dumps(document).encode()
    return HttpResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(body))}, body=body)


def test_the_date_of_a_page_that_refuses_a_token_does_not_correct_the_clock(token_gate: Gate) -> None:
    """It may come from a proxy or a cache, and would make a stale task fresh."""
    token_gate.simulator.tasks.append(a_scan("ours", 3 * DAY + 600))
    page = HttpResponse(status=403, headers=dated(token_gate, -3), body=b"<html>not now</html>")
    token_gate.simulator.faults.append(Fault(requests=frozenset({1}), response=page))

    assert token_gate.check("--appear-timeout", "0").code == 4
    assert len(token_gate.operations) == 1


@pytest.mark.parametrize("has_date_at_first", [True, False], ids=["first-response", "later-response"])
def test_a_slow_clock_makes_no_task_fresh_whenever_a_response_states_the_time(
    token_gate: Gate, *, has_date_at_first: bool
) -> None:
    token_gate.time.step = -7200.0
    token_gate.simulator.tasks.append(a_scan("ours", 9000.0, RUNNING, COMPLETE))

    def undated_at_first(_operation: str, document: Any) -> Any:
        return undated(document) if token_gate.time.elapsed == 0 else document

    token_gate.simulator.rewrite = None if has_date_at_first else undated_at_first
    ending = token_gate.check("--max-age", "1h", "--appear-timeout", "0")

    assert (ending.code, ending.report["reasons"][0]["code"]) == (7, "stale")


def test_a_slow_clock_makes_no_task_fresh_that_appeared_late_and_was_just_stale_then(token_gate: Gate) -> None:
    token_gate.time.step = -300.0
    # At the first poll that shows it, after a minute, it started an hour and half a minute ago.
    token_gate.simulator.tasks.append(a_scan("ours", 3570.0, Stage(state="running", seconds=120), COMPLETE))
    shown: list[float] = []

    def late_and_undated_at_first(_operation: str, document: Any) -> Any:
        if token_gate.time.elapsed < 60:
            return undated({"data_list": [], "total_num": 0})
        shown.append(token_gate.time.elapsed)
        return undated(document) if len(shown) == 1 else document

    token_gate.simulator.rewrite = late_and_undated_at_first
    ending = token_gate.check("--max-age", "1h")

    assert shown[0] < 80
    assert (ending.code, ending.report["reasons"][0]["code"]) == (7, "stale")


def test_a_slow_clock_makes_no_task_fresh_even_if_only_an_error_response_states_the_time(token_gate: Gate) -> None:
    token_gate.time.step = -7200.0
    token_gate.simulator.tasks.append(a_scan("ours", 9000.0))
    bad_gateway = HttpResponse(status=502, headers=dated(token_gate, 0))
    token_gate.simulator.faults.append(Fault(requests=frozenset({1}), response=bad_gateway))
    token_gate.simulator.rewrite = lambda _operation, document: undated(document)

    ending = token_gate.check("--max-age", "1h", "--appear-timeout", "0")

    assert (ending.code, ending.report["reasons"][0]["code"], ending.report["wait"]["retries"]) == (7, "stale", 1)


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("stated_at", [0, 1, 4], ids=["never", "before-the-selection", "after-the-selection"])
def test_a_cloud_whose_clock_is_slow_makes_no_task_fresh_whether_or_not_another_server_states_the_time(
    cloud: str, stated_at: int, gate_in: Callable[..., Gate]
) -> None:
    """The cloud accepts only signatures of three days ago; a load balancer in front of it may state today's time."""
    gate = gate_in("empty", cloud)
    gate.time.step = 3 * DAY
    gate.simulator.tasks.append(a_scan("ours", 60.0, RUNNING, COMPLETE))
    bad_gateway = HttpResponse(status=502, headers=dated(gate, 3))
    gate.simulator.faults.append(Fault(requests=frozenset({stated_at}), operation=POLL, response=bad_gateway))

    ending = gate.check("--max-age", "1h", "--appear-timeout", "0")

    assert (ending.code, [reason["code"] for reason in ending.report["reasons"]]) == (7, ["stale"])
    assert ending.report["wait"]["retries"] == (stated_at == 1)


YEAR = 365 * 86400.0
CAUSE = "The likely cause is this machine's clock, which is {} ahead of the cloud's: correct it."


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize(
    ("lead", "age", "difference"), [(YEAR, 60.0, "365 d"), (86400.0, 60.0, "24 h"), (YEAR, 86400.0 * 3, None)]
)
def test_a_stale_task_is_put_down_to_a_fast_clock_only_if_it_is_fresh_by_that_of_the_cloud(
    cloud: str, lead: float, age: float, difference: str | None, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("empty", cloud)
    gate.simulator.tasks.append(a_scan("ours", age))
    gate.time.step = lead

    ending = gate.check("--appear-timeout", "0", "--started-after", "0001-01-01T00:00:00Z")

    (reason,) = ending.report["reasons"]
    assert (ending.code, reason["code"]) == (7, "stale")
    assert ("The likely cause" in reason["message"]) is (difference is not None)
    assert difference is None or CAUSE.format(difference) in reason["message"]
    assert f"scan-gate: This machine's clock is {difference or '365 d'} ahead of the cloud's: correct it." in ending.err


def test_a_start_time_that_a_fast_clock_recorded_is_put_down_to_it(gate_in: Callable[..., Gate]) -> None:
    """The scan started a minute ago, after the pipeline, which read its start time from the same clock."""
    gate = gate_in("empty")
    gate.simulator.tasks.append(a_scan("ours", 60.0))
    gate.time.step = 7200.0
    started_after = f"{gate.time.wall() - 120:.0f}"

    ending = gate.check("--started-after", started_after, "--appear-timeout", "1m")

    (reason,) = ending.report["reasons"]
    assert (ending.code, reason["code"]) == (7, "stale")
    assert f"(--started-after). {CAUSE.format('2 h')} " in reason["message"]
    assert f"(--started-after). {CAUSE.format('2 h')} Waiting up to 60 s" in ending.err.replace("1 min", "60 s")


def test_where_a_slow_clock_moved_started_after_the_message_names_the_value_that_was_given(
    gate_in: Callable[..., Gate],
) -> None:
    gate = gate_in("empty")
    gate.simulator.tasks.append(a_scan("earlier", 3600.0))
    gate.time.step = -7200.0

    ending = gate.check("--started-after", f"{gate.time.wall():.0f}", "--appear-timeout", "0")

    (reason,) = ending.report["reasons"]
    assert (
        "before 2026-01-31T12:00:00Z (--started-after). The value given was 2026-01-31T10:00:00Z; this machine's clock "
        "is 2 h behind the cloud's, so it counts as that much later: correct the clock." in reason["message"]
    )
    assert "scan-gate: This machine's clock is 2 h behind the cloud's: correct it." in ending.err


def test_a_clock_that_is_right_is_not_mentioned(gate_in: Callable[..., Gate]) -> None:
    ending = gate_in("stale").check("--appear-timeout", "0")

    assert "clock" not in ending.out + ending.err


@pytest.mark.parametrize(("lag", "age"), [(0.0, 3600.0), (1200.0, 3000.0)])
def test_a_task_is_fresh_up_to_exactly_its_maximum_age_by_the_true_time(
    token_gate: Gate, lag: float, age: float
) -> None:
    token_gate.time.step = -lag
    token_gate.simulator.tasks.append(a_scan("ours", age))

    assert token_gate.check("--max-age", "1h", "--appear-timeout", "0").code == 0


def test_the_latest_possible_started_after_causes_no_overflow_on_a_slow_machine(token_gate: Gate) -> None:
    token_gate.time.step = -7200.0
    token_gate.simulator.tasks.append(a_scan("ours", 60.0))

    assert token_gate.check("--started-after", "9999-12-31T23:59:59Z", "--appear-timeout", "0").code == 7
