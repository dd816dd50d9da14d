"""Well-formed responses that mean something else than a finished scan of this release: none of them passes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds import CLOUDS as PROVIDERS
from gate.simulator import SimulatedTask, Stage
from tests.harness import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Gate

RUNNING, COMPLETE = Stage(state="running", progress=50, seconds=60), Stage(state="complete", progress=100)
SINCE = ("--started-after", "2026-01-31T11:00:00Z")
"""An hour before the start of the run."""


def a_scan(task_id: str, started_ago: float = 600.0, *stages: Stage, **values: Any) -> SimulatedTask:
    """A scan task in the simulated cloud; without stages, one that ended some minutes ago."""
    return SimulatedTask(id=task_id, name=task_id, started_ago=started_ago, stages=stages or (COMPLETE,), **values)


def reason(gate: Gate, *arguments: str) -> tuple[int, str | None]:
    """The exit code of a check, and the code of its first reason."""
    ending = gate.check(*arguments)
    return ending.code, next((found["code"] for found in ending.report["reasons"]), None)


def change_rows(gate: Gate, **fields: object) -> None:
    """Changes fields of every task in Huawei Cloud's list; None removes one."""

    def rewrite(operation: str, document: dict[str, Any]) -> dict[str, Any]:
        if operation == "tasks":
            document["data_list"] = [changed(row, fields) for row in document["data_list"]]
        return document

    gate.simulator.rewrite = rewrite


def changed(row: dict[str, Any], fields: dict[str, object]) -> dict[str, Any]:
    return {name: value for name, value in (row | fields).items() if value is not None}


def list_whatever_is_asked(gate: Gate, **fields: object) -> None:
    """Makes the cloud list its tasks whatever filters are asked for, and changes fields of each."""
    documents: list[dict[str, Any]] = []

    def remember(_: str, document: dict[str, Any]) -> dict[str, Any]:
        documents.append(document)
        return document

    gate.simulator.rewrite = remember
    gate.run("status")
    rows = [changed(row, fields) for row in documents[0]["data_list"]]
    gate.simulator.rewrite = lambda _, document: document | {"data_list": rows, "total_num": len(rows)}


@pytest.fixture
def huawei(gate_in: Callable[..., Gate]) -> Gate:
    """Huawei Cloud with one clean scan that ended some minutes ago."""
    gate = gate_in("empty", "huawei")
    gate.simulator.tasks.append(a_scan("ours"))
    return gate


def list_without_total(gate: Gate) -> None:
    gate.simulator.rewrite = lambda _, document: {"data_list": document["data_list"]}


# What the scan looked for.


@pytest.mark.parametrize(
    ("mask", "missing"),
    [
        (0, "baseline, malicious-file, vulnerability"),
        (15, "baseline, malicious-file, vulnerability"),
        (240, "baseline, malicious-file, vulnerability"),
        (0x000F0000, "baseline, malicious-file"),
        (0x000FF000, "malicious-file"),
        (0x00070F00 | 0xF000, "vulnerability"),
        (-1, "baseline, malicious-file, vulnerability"),
        ("2147483647", "baseline, malicious-file, vulnerability"),
        (True, "baseline, malicious-file, vulnerability"),
    ],
)
def test_a_scan_that_did_not_look_for_every_risk_is_undecided(huawei: Gate, mask: object, missing: str) -> None:
    change_rows(huawei, scan_scope=mask)

    ending = huawei.check("--appear-timeout", "1m")

    (found,) = ending.report["reasons"]
    assert (ending.code, found["code"]) == (7, "scope-too-narrow")
    assert f"did not look for: {missing}." in found["message"]


@pytest.mark.parametrize(
    "mask", [0x7FFFFFFF, 0xFFFFF, 0xFFF00, None], ids=["all", "all of policies", "risks", "absent"]
)
def test_a_scan_that_looked_for_every_risk_or_does_not_state_it_passes(huawei: Gate, mask: object) -> None:
    change_rows(huawei, scan_scope=mask)

    assert reason(huawei) == (0, None)


def test_required_scope_asks_for_less_or_for_more(huawei: Gate) -> None:
    change_rows(huawei, scan_scope=0x000F0000)

    assert reason(huawei, "--required-scope", "vulnerability") == (0, None)
    assert reason(huawei, "--required-scope", "vulnerability, baseline", "--appear-timeout", "1m")[0] == 7


@pytest.mark.parametrize("trigger", ["autoSync", "manualSync"])
def test_a_synchronisation_needs_no_scope(trigger: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("empty", "huawei")
    gate.simulator.tasks.append(replace(a_scan("sync"), kind="image_sync", task_type=trigger))
    change_rows(gate, scan_scope=0)

    assert reason(gate, "--type", "image_sync") == (0, None)


def test_scope_images_and_trigger_are_in_the_report(huawei: Gate) -> None:
    stated = huawei.check()
    change_rows(huawei, scan_scope=None, is_all=None, image_type=None)
    silent = huawei.check()

    task = stated.report["task"]
    assert (len(task["scope"]), task["is_all"], task["image_type"], task["type"]) == (5, True, "registry", "manual")
    assert "; images: all; image type: registry; trigger: manual\n" in stated.out
    task = silent.report["task"]
    assert (task["scope"], task["is_all"], task["image_type"]) == (None, None, "")
    assert "scope: not stated; images: not stated; image type: not stated; trigger: manual\n" in silent.out


# Signs against "complete".


@pytest.mark.parametrize(
    ("fields", "sign"),
    [
        ({"failed_reason": "The scanner crashed."}, "it states a failure (The scanner crashed)"),
        ({"remain_min": 1}, "it states a remaining time of 1 min"),
        ({"end_time": 1_769_000_000_000}, "it states an end before its start"),
        ({"end_time": 1_800_000_000_000}, "it states an end in the future, 2027-01-15T08:00:00Z"),
    ],
)
def test_a_task_that_contradicts_its_end_is_polled_until_the_timeout(
    huawei: Gate, fields: dict[str, object], sign: str
) -> None:
    change_rows(huawei, **fields)

    ending = huawei.check("--timeout", "5m")

    (found,) = ending.report["reasons"]
    assert (ending.code, found["code"]) == (5, "not-plainly-complete")
    assert sign in found["message"]
    assert huawei.time.elapsed == pytest.approx(300)


@pytest.mark.parametrize(
    ("fields", "sign"),
    [
        ({"remain_min": 5.0}, "a remaining time that is not a whole number (5.0)"),
        ({"remain_min": 5.5}, "a remaining time that is not a whole number (5.5)"),
        ({"remain_min": "5"}, "a remaining time that is not a whole number ('5')"),
        ({"failed_reason": ["download_failed"]}, "a failure that is not a text (['download_failed'])"),
        ({"failed_reason": {"reason": "crashed"}}, "a failure that is not a text ({'reason': 'crashed'})"),
        ({"failed_reason": 5}, "a failure that is not a text (5)"),
        ({"end_time": 253_402_300_800_000}, "an end that is not a valid time (253402300800000)"),
        ({"end_time": 1_769_864_400_000_000}, "an end that is not a valid time (1769864400000000)"),
        ({"end_time": 1_769_864_400_000.0}, "an end that is not a valid time (1769864400000.0)"),
        ({"end_time": "1769864400000"}, "an end that is not a valid time ('1769864400000')"),
    ],
    ids=str,
)
def test_a_sign_against_complete_counts_whatever_its_type(huawei: Gate, fields: dict[str, object], sign: str) -> None:
    change_rows(huawei, **fields)

    ending = huawei.check("--timeout", "3m")

    (found,) = ending.report["reasons"]
    assert (ending.code, found["code"]) == (5, "not-plainly-complete")
    assert f"the cloud calls the scan task complete, but it states {sign}. " in found["message"]


@pytest.mark.parametrize("reason", ["x" * 100_000, ["x" * 100_000]], ids=["text", "list"])
def test_what_contradicts_complete_is_quoted_in_part_and_what_to_do_is_not_lost(huawei: Gate, reason: object) -> None:
    change_rows(huawei, failed_reason=reason)

    message = huawei.check("--timeout", "1m").report["reasons"][0]["message"]

    assert len(message) < 1000
    assert message.endswith("Check it in the cloud's console, and scan again.")


def test_a_task_that_no_longer_contradicts_its_end_is_judged(huawei: Gate) -> None:
    change_rows(huawei, remain_min=3)
    huawei.time.at_elapsed(60, lambda: change_rows(huawei, remain_min=0))

    assert reason(huawei) == (0, None)


# Whose task.


@pytest.mark.parametrize(
    ("arguments", "fields"),
    [
        (("--task-name", "release-A"), {"task_name": "release-B"}),
        (("--task-name", "release-A"), {"task_name": None}),
        (("--task-type", "manual"), {"task_type": "cycle"}),
        (("--task-type", "manual"), {"task_type": None}),
        (("--type", "image_scan"), {"task_type": "autoSync"}),
        (("--type", "image_sync"), {"task_type": "manual"}),
        (("--global-image-type", "local"), {"image_type": "registry"}),
        (("--global-image-type", "local"), {"image_type": None}),
        (("--scan-scope", "0xf0000"), {"scan_scope": 0x0000FF00}),
        (("--scan-scope", "0"), {"scan_scope": 0x0000FF00}),
        (("--scan-scope", "0"), {"scan_scope": 1}),
        (("--scan-scope", "0xf0000"), {"scan_scope": None}),
        (("--task-status", "scanning"), {"task_status": 100}),
        (("--task-status", "finished"), {"task_status": 99}),
        (("--task-status", "finished"), {"task_status": 0}),
        (("--task-status", "finished"), {"task_status": None}),
        (("--create-time", "1769860000000"), {"begin_time": 1_769_850_000_000}),
        (("--create-time", "1769860000000"), {"begin_time": None}),
        (("--end-time", "1769860000000"), {"end_time": 1_769_870_000_000}),
        (("--end-time", "1769860000000"), {"end_time": None}),
    ],
)
def test_a_task_that_does_not_fit_a_filter_is_not_judged_even_if_the_cloud_lists_it(
    huawei: Gate, arguments: tuple[str, ...], fields: dict[str, object]
) -> None:
    """A gateway that drops the filters would show the tasks of other pipelines."""
    list_whatever_is_asked(huawei, **fields)

    ending = huawei.check(*arguments, "--appear-timeout", "1m", "--max-age", "none")

    (found,) = ending.report["reasons"]
    assert (ending.code, found["code"]) == (7, "no-task")
    assert "1 listed task does not fit by its own fields" in found["message"]


@pytest.mark.parametrize(
    ("arguments", "fields"),
    [
        (("--task-name", "RELEASE"), {"task_name": "nightly-release-7"}),
        (("--task-type", "cycle"), {"task_type": "cycle"}),
        (("--global-image-type", "local"), {"image_type": "local"}),
        (("--scan-scope", "0xf0000"), {"scan_scope": 0xFFFFF}),
        (("--task-status", "finished"), {"task_status": 100}),
        (("--create-time", "1769860000000"), {"begin_time": 1_769_860_000_000}),
        (("--end-time", "1769860000000"), {"end_time": 1_769_860_000_000, "begin_time": 1_769_859_000_000}),
    ],
)
def test_a_task_that_fits_a_filter_is_judged(
    huawei: Gate, arguments: tuple[str, ...], fields: dict[str, object]
) -> None:
    list_whatever_is_asked(huawei, **fields)

    assert reason(huawei, *arguments) == (0, None)


LASTING_FILTERS: list[tuple[tuple[str, str], dict[str, object]]] = [
    (("--task-name", "ours"), {"task_name": "theirs"}),
    (("--task-type", "manual"), {"task_type": "cycle"}),
    (("--global-image-type", "registry"), {"image_type": "local"}),
    (("--scan-scope", "0xff000"), {"scan_scope": 0xF0F00}),
    (("--create-time", "1769850000000"), {"begin_time": 1_769_840_000_000}),
    (("--type", "image_scan"), {"task_type": "autoSync"}),
]


@pytest.mark.parametrize(
    ("arguments", "fields"), [*LASTING_FILTERS, (("--end-time", "1769860000000"), {"end_time": 1_769_860_300_000})]
)
def test_filters_hold_beside_a_task_id_too(huawei: Gate, arguments: tuple[str, str], fields: dict[str, object]) -> None:
    change_rows(huawei, **fields)

    ending = huawei.check("--task-id", "ours", *arguments, "--appear-timeout", "1m")

    (found,) = ending.report["reasons"]
    assert (ending.code, found["code"]) == (7, "no-task")
    assert found["message"].startswith("No scan task with the id 'ours' was found in ")
    assert f"{arguments[0]} " in found["message"]
    assert "1 listed task does not fit by its own fields" in found["message"]


@pytest.mark.parametrize("arguments", [filter_ for filter_, _ in LASTING_FILTERS])
def test_a_task_that_fits_the_filters_beside_its_id_is_judged(huawei: Gate, arguments: tuple[str, str]) -> None:
    assert reason(huawei, "--task-id", "ours", *arguments, "--task-status", "scanning") == (0, None)


@pytest.mark.parametrize("by_id", [(), ("--task-id", "ours")], ids=["newest", "by id"])
@pytest.mark.parametrize(("arguments", "fields"), LASTING_FILTERS)
def test_a_task_that_stops_fitting_the_filters_during_the_wait_is_not_judged(
    huawei: Gate, arguments: tuple[str, str], fields: dict[str, object], by_id: tuple[str, ...]
) -> None:
    huawei.simulator.tasks[:] = [a_scan("ours", 60.0, RUNNING, COMPLETE)]
    huawei.time.at_elapsed(20, lambda: change_rows(huawei, **fields))

    ending = huawei.check(*by_id, *arguments, "--timeout", "5m")

    (found,) = ending.report["reasons"]
    assert (ending.code, found["code"]) == (5, "unknown-state")
    assert "does not fit the filters any more by its own fields" in found["message"]
    assert ": no longer fits the filters\n" in ending.err
    assert ending.report["task"]["raw_state"] == "no longer fits the filters"


TRIGGERS = pytest.mark.parametrize(
    ("trigger", "named"),
    [(None, "not stated"), ("event", "event"), ("Manual", "Manual"), ("e" * 10_000, "e" * 60 + "…")],
    ids=["absent", "new word", "other case", "long"],
)


def change_trigger(gate: Gate, task_id: str, trigger: str | None) -> None:
    """Changes the trigger of one task in Huawei Cloud's list; None removes it."""

    def rewrite(_: str, document: dict[str, Any]) -> dict[str, Any]:
        document["data_list"] = [
            changed(row, {"task_type": trigger}) if row["task_id"] == task_id else row for row in document["data_list"]
        ]
        return document

    gate.simulator.rewrite = rewrite


@TRIGGERS
@pytest.mark.parametrize("arguments", [(), SINCE, ("--max-age", "none")], ids=["max-age", "started-after", "any age"])
def test_a_newer_task_whose_trigger_is_not_known_is_not_passed_over(
    huawei: Gate, trigger: str | None, named: str, arguments: tuple[str, ...]
) -> None:
    huawei.simulator.tasks.append(a_scan("newer", 300.0))
    change_trigger(huawei, "newer", trigger)

    ending = huawei.check(*arguments, "--appear-timeout", "1m")

    (found,) = ending.report["reasons"]
    assert (ending.code, found["code"]) == (7, "unknown-trigger")
    assert "newer (id newer, started 2026-01-31T11:55:00Z)" in found["message"]
    assert f"(trigger: {named})" in found["message"]
    assert found["message"].endswith("with --task-id, or by its trigger with --task-type.")


def test_what_the_message_about_an_unknown_trigger_advises_helps(huawei: Gate) -> None:
    huawei.simulator.tasks.append(a_scan("newer", 300.0, risky=3))
    change_trigger(huawei, "newer", None)

    assert reason(huawei, "--task-id", "ours") == (0, None)
    assert reason(huawei, "--task-type", "manual") == (0, None)
    assert reason(huawei, *SINCE, "--task-type", "manual") == (0, None)


def test_an_older_task_whose_trigger_is_not_known_matters_only_with_started_after(huawei: Gate) -> None:
    huawei.simulator.tasks.append(a_scan("older", 900.0))
    change_trigger(huawei, "older", None)

    assert reason(huawei) == (0, None)
    assert reason(huawei, *SINCE, "--appear-timeout", "1m") == (7, "unknown-trigger")


@pytest.mark.parametrize("trigger", ["autoSync", "manualSync"])
def test_a_newer_task_of_the_other_list_is_ignored(huawei: Gate, trigger: str) -> None:
    huawei.simulator.tasks.append(a_scan("newer", 300.0, risky=3))
    change_trigger(huawei, "newer", trigger)

    assert reason(huawei) == (0, None)
    assert reason(huawei, *SINCE) == (0, None)


@TRIGGERS
def test_a_task_whose_trigger_is_not_known_does_not_pass_by_its_id_either(
    huawei: Gate, trigger: str | None, named: str
) -> None:
    """No document says that every task in the list of scans is one, so nothing but its trigger shows that."""
    change_trigger(huawei, "ours", trigger)

    ending = huawei.check("--task-id", "ours", "--appear-timeout", "1m")

    (found,) = ending.report["reasons"]
    assert (ending.code, found["code"]) == (7, "unknown-trigger")
    assert f"(trigger: {named})" in found["message"]
    assert "--task-" not in found["message"]


@pytest.mark.parametrize("arguments", [(), ("--task-id", "ours")], ids=["newest", "by id"])
def test_a_task_whose_trigger_is_no_longer_known_does_not_pass(huawei: Gate, arguments: tuple[str, ...]) -> None:
    huawei.simulator.tasks[:] = [a_scan("ours", 60.0, RUNNING, COMPLETE)]
    huawei.time.at_elapsed(20, lambda: change_trigger(huawei, "ours", None))

    ending = huawei.check(*arguments)

    (found,) = ending.report["reasons"]
    assert (ending.code, found["code"]) == (7, "unknown-trigger")
    assert ("--task-id" in found["message"]) is (not arguments)


@pytest.mark.parametrize("state", ["complete", "running", "stopped"])
def test_a_second_task_since_started_after_is_ambiguous(gate_in: Callable[..., Gate], state: str) -> None:
    gate = gate_in("empty", "huawei")
    other = a_scan("theirs", 700.0, Stage(state=state, progress=40))  # type: ignore[arg-type]
    gate.simulator.tasks += [a_scan("ours"), other]

    ending = gate.check(*SINCE)

    (found,) = ending.report["reasons"]
    assert (ending.code, found["code"]) == (7, "ambiguous-task")
    assert all(name in found["message"] for name in ("(id ours, ", "(id theirs, ", "--task-id", "--task-name"))
    assert "within" not in found["message"]
    assert gate.time.elapsed == 0
    assert reason(gate) == (0, None)
    assert reason(gate, *SINCE, "--task-name", "ours") == (0, None)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_second_task_that_appears_during_the_wait_is_ambiguous(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("empty", cloud)
    gate.simulator.tasks += [a_scan("ours", 60.0, RUNNING, COMPLETE), a_scan("theirs", -20.0)]

    assert reason(gate, *SINCE) == (7, "ambiguous-task")
    assert reason(gate, *SINCE, "--task-id", "ours") == (0, None)


def test_two_tasks_with_the_same_start_time_are_ambiguous(huawei: Gate) -> None:
    huawei.simulator.tasks.append(a_scan("theirs"))

    assert reason(huawei) == (7, "ambiguous-task")


def test_a_later_start_under_the_same_id_does_not_make_the_task_fresher(huawei: Gate) -> None:
    huawei.simulator.tasks[:] = [a_scan("ours", 3590.0, RUNNING, COMPLETE)]
    huawei.time.at_elapsed(30, lambda: change_rows(huawei, begin_time=1_769_860_810_000))

    assert reason(huawei, "--max-age", "1h") == (0, None)
    assert reason(huawei, "--max-age", "1h", "--task-id", "ours") == (0, None)


def test_a_start_time_that_is_no_longer_stated_makes_the_age_unknown(huawei: Gate) -> None:
    huawei.simulator.tasks[:] = [a_scan("ours", 600.0, RUNNING, COMPLETE)]
    huawei.time.at_elapsed(30, lambda: change_rows(huawei, begin_time=None))

    assert reason(huawei) == (7, "no-begin")


def test_a_complete_task_that_no_longer_states_its_start_is_not_called_queued(huawei: Gate) -> None:
    huawei.simulator.tasks[:] = [a_scan("ours", 600.0, Stage(state="running", progress=0, seconds=60), COMPLETE)]
    huawei.time.at_elapsed(30, lambda: change_rows(huawei, begin_time=None))

    (found,) = huawei.check().report["reasons"]
    assert found["code"] == "no-begin"
    assert found["message"].startswith("The scan task states no start time, so its age is unknown. Start another scan,")


# A queued task.


def test_a_queued_task_that_was_selected_by_its_id_is_waited_for_until_the_timeout(huawei: Gate) -> None:
    huawei.simulator.tasks[:] = [a_scan("ours", 60.0, Stage(state="queued"))]
    change_rows(huawei, begin_time=None)

    ending = huawei.check("--task-id", "ours", "--appear-timeout", "1m", "--timeout", "10m")

    (found,) = ending.report["reasons"]
    assert (ending.code, found["code"]) == (7, "no-begin")
    assert found["message"].startswith("The scan task is queued")
    assert "--max-age" not in found["message"]
    assert "Waiting up to 10 min (--timeout)" in ending.err
    assert huawei.time.elapsed == pytest.approx(600)


def test_a_queued_task_that_starts_after_the_appear_timeout_is_judged(huawei: Gate) -> None:
    huawei.simulator.tasks[:] = [a_scan("ours", 60.0, Stage(state="queued", seconds=400), RUNNING, COMPLETE)]
    change_rows(huawei, begin_time=None)
    huawei.time.at_elapsed(400, lambda: change_rows(huawei))

    assert reason(huawei, "--appear-timeout", "1m") == (0, None)


def test_a_queued_task_beside_one_that_fits_started_after_is_ambiguous_at_once(huawei: Gate) -> None:
    """When it starts, both fit: no wait can help."""
    huawei.simulator.tasks.append(a_scan("theirs", 60.0, Stage(state="queued")))

    def rewrite(_: str, document: dict[str, Any]) -> dict[str, Any]:
        rows = [
            changed(row, {"begin_time": None}) if row["task_id"] == "theirs" else row for row in document["data_list"]
        ]
        return document | {"data_list": rows}

    huawei.simulator.rewrite = rewrite

    ending = huawei.check(*SINCE, "--timeout", "2m")

    (found,) = ending.report["reasons"]
    assert (ending.code, found["code"]) == (7, "ambiguous-task")
    assert "theirs (id theirs, queued)" in found["message"]
    assert "Raise --timeout" not in found["message"]
    assert huawei.time.elapsed == 0


# What ends a wait, and advice.


@pytest.mark.parametrize(
    ("arguments", "limit"),
    [
        (("--appear-timeout", "1m", "--max-age", "5m"), "1 min (--appear-timeout)"),
        (("--timeout", "2m", "--max-age", "5m"), "2 min (--timeout)"),
        (("--appear-timeout", "1m", "--started-after", "2026-01-31T11:55:00Z"), "1 min (--appear-timeout)"),
    ],
)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_wait_for_a_fresh_task_ends_with_its_length_and_its_option(
    cloud: str, arguments: tuple[str, ...], limit: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("empty", cloud)
    gate.simulator.tasks.append(a_scan("ours"))

    ending = gate.check(*arguments)

    (found,) = ending.report["reasons"]
    assert (ending.code, found["code"]) == (7, "stale")
    assert f" No task that can be judged was found within {limit}. Start a scan" in found["message"]


@pytest.mark.parametrize(
    "fields", [{"begin_time": None}, {"scan_scope": 15}, {"begin_time": 1_769_950_000_000}], ids=str
)
def test_so_does_a_wait_because_of_a_missing_start_a_narrow_scope_or_a_start_in_the_future(
    huawei: Gate, fields: dict[str, object]
) -> None:
    change_rows(huawei, **fields)

    ending = huawei.check("--appear-timeout", "1m")

    (found,) = ending.report["reasons"]
    assert (ending.code, found["code"]) in {(7, "no-begin"), (7, "scope-too-narrow"), (7, "begins-in-future")}
    assert " No task that can be judged was found within 1 min (--appear-timeout). " in found["message"]


def test_a_queued_task_that_never_starts_names_the_timeout(huawei: Gate) -> None:
    huawei.simulator.tasks[:] = [a_scan("ours", 60.0, Stage(state="queued"))]
    change_rows(huawei, begin_time=None)

    ending = huawei.check("--appear-timeout", "1m", "--timeout", "10m")

    assert " within 10 min (--timeout). Raise --timeout," in ending.report["reasons"][0]["message"]


def test_an_ending_that_no_wait_can_change_names_no_wait(huawei: Gate) -> None:
    change_rows(huawei, scan_scope=15)

    ending = huawei.check("--task-id", "ours")

    assert (ending.code, huawei.time.elapsed) == (7, 0)
    assert "within" not in ending.report["reasons"][0]["message"]


def test_max_age_is_not_advised_where_started_after_leaves_the_task_out(huawei: Gate) -> None:
    huawei.simulator.tasks[:] = [a_scan("ours", 7200.0)]

    ending = huawei.check(*SINCE, "--max-age", "1h", "--appear-timeout", "1m")

    (found,) = ending.report["reasons"]
    assert found["message"].endswith(" Start a scan for this release.")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_max_failed_is_not_advised_where_no_image_was_scanned(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("empty", cloud)
    gate.simulator.tasks.append(a_scan("ours", 600.0, total=3, failed=3))

    ending = gate.check()

    assert (ending.code, ending.report["reasons"][0]["code"]) == (1, "too-many-failed")
    assert "raise" not in ending.report["reasons"][0]["message"]
    assert reason(gate, "--max-failed", "3") == (7, "nothing-scanned")


@pytest.mark.parametrize(("count", "option"), [("failed_num", "--max-failed"), ("risky_num", "--max-risky")])
def test_a_higher_limit_is_not_advised_for_counts_that_contradict_each_other(
    huawei: Gate, count: str, option: str
) -> None:
    change_rows(huawei, **{count: 4})

    ending = huawei.check()

    assert f"raise {option}" not in ending.report["reasons"][0]["message"]
    assert reason(huawei, option, "4") == (7, "counts-contradict")


def test_a_name_that_fits_both_tasks_is_not_advised(huawei: Gate) -> None:
    huawei.simulator.tasks.append(a_scan("ours-too", 500.0))

    ending = huawei.check(*SINCE, "--task-name", "ours")

    (found,) = ending.report["reasons"]
    assert found["code"] == "ambiguous-task"
    assert found["message"].endswith(" Select one with --task-id.")


# Counts that may still change.


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_task_that_ended_long_ago_costs_no_poll_more(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("empty", cloud)
    gate.simulator.tasks.append(a_scan("ours"))

    ending = gate.check()

    assert (ending.code, gate.time.elapsed) == (0, 0)
    assert gate.operations.count("tasks" if cloud == "huawei" else "GetLastOnceTaskInfo") == 1


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_counts_of_a_task_that_has_just_ended_are_polled_again(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("empty", cloud)
    gate.simulator.tasks.append(a_scan("ours", 60.0))

    ending = gate.check()

    interval = PROVIDERS[cloud].min_poll_interval
    assert ending.code == 0
    assert interval <= gate.time.elapsed <= 1.2 * interval
    assert " s  the task has just ended: polling once more, since its counts may still change\n" in ending.err
    gate.time.elapsed = 0
    assert gate.check("--settle", "0").code == 0
    assert gate.time.elapsed == 0


def test_counts_that_change_after_the_end_are_judged_by_the_last_ones(huawei: Gate) -> None:
    huawei.simulator.tasks[:] = [a_scan("ours", 60.0)]
    huawei.time.at_elapsed(5, lambda: change_rows(huawei, risky_num=1))

    assert reason(huawei) == (1, "too-many-risky")


def test_more_failed_images_by_name_than_are_allowed_block_at_first_sight(huawei: Gate) -> None:
    huawei.simulator.tasks[:] = [a_scan("ours", 60.0, failed=2)]

    assert reason(huawei, "--max-failed", "1") == (1, "too-many-failed")
    assert huawei.time.elapsed == 0
    assert reason(huawei, "--max-failed", "2") == (0, None)
    assert huawei.time.elapsed >= 12


def test_a_task_that_does_not_state_its_end_needs_two_polls_that_agree(huawei: Gate) -> None:
    change_rows(huawei, end_time=None)

    assert reason(huawei) == (0, None)
    assert huawei.time.elapsed >= 12


def test_a_task_without_images_that_was_selected_by_its_id_is_polled_again_too(gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("empty", "alibaba")
    gate.simulator.tasks.append(a_scan("ours", 60.0, kind="assets_collection"))

    assert reason(gate, "--task-type", "ASSETS_COLLECTION", "--task-id", "ours") == (0, None)
    assert gate.operations == ["GetOnceTaskResultInfo"] * 2


def test_counts_do_not_settle_by_waiting_alone(huawei: Gate) -> None:
    """The list has no total, so its second page cannot be read at the deadline, and the first poll counts."""
    huawei.simulator.tasks[:] = [a_scan("ours", 60.0)]
    huawei.time.at_elapsed(1, lambda: list_without_total(huawei))

    assert reason(huawei, "--timeout", "70s", "--poll-interval", "70s") == (5, "not-settled")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_counts_for_which_no_second_poll_is_possible_do_not_pass(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("empty", cloud)
    gate.simulator.tasks.append(a_scan("ours", 60.0))

    assert reason(gate, "--timeout", "1s") == (5, "not-settled")
