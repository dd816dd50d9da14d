"""The file of a fixture as the simulator reads it: refused if it is damaged, and what cannot be played is named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gate.simulator import Simulator
from gate.simulator.fixture import Fixture, Playback

NOW = 1_790_000_000.0
GOOD: dict[str, Any] = {
    "format": "scan-gate fixture",
    "version": 1,
    "gate": "0.1.0",
    "date": "2026-11-28",
    "cloud": "huawei",
    "answers": [],
    "tasks": [],
    "images": [],
    "exchanges": [],
}
TASK = {
    "state": "complete",
    "trigger": "manual",
    "started": "hours",
    "total": "2-9",
    "failed": "0",
    "risky": "0",
    "unfinished": None,
}
IMAGE = {
    "state": "scanned",
    "scanned": "hours",
    "pushed": None,
    "vulnerabilities": "0",
    "malicious_files": "0",
    "baseline": None,
    "is_index": False,
    "is_scanned_after_push": True,
}
EXCHANGE = {"operation": "ListImageScanTask", "status": 200, "document": {}}
DEEP: dict[str, Any] = {}
for _ in range(40):
    DEEP = {"data": DEEP}


def a_fixture(**fields: Any) -> Fixture:
    """A fixture with these fields."""
    return Fixture.parse(json.dumps({**GOOD, **fields}))


def an_exchange(document: Any, operation: str = "ListRegistryImages", status: int = 200) -> dict[str, Any]:
    """An exchange with the form of this document."""
    return {"operation": operation, "status": status, "document": document}


def conformed(document: Any, *forms: Any, operation: str = "ListRegistryImages") -> Any:
    """A document of the simulator as a fixture with these forms has it."""
    fixture = a_fixture(exchanges=[an_exchange(form) for form in forms])
    simulator = Simulator()
    Playback(fixture, lambda: NOW).apply(simulator)
    assert simulator.rewrite is not None
    return simulator.rewrite(operation, document)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is not JSON, or damaged"),
        ('{"format": "scan-gate fixture", "version": 1, "cl', "it is not JSON, or damaged"),
        ("[" * 100_000, "it is not JSON, or damaged"),
        ("[]", "it does not say that it is a scan-gate fixture"),
        ('{"version": "2.1.0", "runs": []}', "it does not say that it is a scan-gate fixture"),
        (json.dumps({**GOOD, "version": 2}), "its version is not 1"),
        (json.dumps({**GOOD, "version": True}), "its version is not 1"),
        (json.dumps({**GOOD, "cloud": "another"}), "its 'cloud' is missing or not a valid one"),
        (json.dumps({**GOOD, "date": "today"}), "its 'date' is missing or not a valid one"),
        (json.dumps({**GOOD, "answers": None}), "its 'answers' is missing or no list of objects"),
        (json.dumps({**GOOD, "tasks": [1]}), "its 'tasks' is missing or no list of objects"),
        (json.dumps({**GOOD, "answers": [{"id": "A\n", "answer": "no"}]}), "its 'id' is missing or not a valid one"),
        (
            json.dumps({**GOOD, "tasks": [{**TASK, "state": "RUN"}]}),
            "the 'state' of a task is missing or not a valid one",
        ),
        (
            json.dumps({**GOOD, "tasks": [{**TASK, "total": 3}]}),
            "the 'total' of a task is missing or not a valid one",
        ),
        (
            json.dumps({**GOOD, "images": [{**IMAGE, "is_index": 1}]}),
            "the 'is_index' of an image is missing or not a valid one",
        ),
        (
            json.dumps({**GOOD, "exchanges": [{**EXCHANGE, "status": "200"}]}),
            "an exchange has no status or no form of a response",
        ),
        (
            json.dumps({**GOOD, "exchanges": [{**EXCHANGE, "document": {"data_list": [{}]}}]}),
            "the form of a list has no length",
        ),
        (
            json.dumps({**GOOD, "exchanges": [{**EXCHANGE, "document": DEEP}]}),
            "the form of a response is nested too deeply",
        ),
    ],
)
def test_a_damaged_or_foreign_file_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Fixture.parse(text)


def test_answers_that_no_switch_expresses_are_named() -> None:
    answers = {
        "order-of-tasks": "newest first by begin_time",
        "filter-finished": "complete ones only",
        "retry-after": "a date",
        "small-page": "accepted, and more rows sent",
        "absent-in-tasks": "remain_min, policy_id",
        "unit-of-task-times": "something else",
        "swr-registries": "not seen",
    }
    fixture = a_fixture(answers=[{"id": id_, "answer": answer} for id_, answer in answers.items()])

    assert Playback(fixture).unplayed == (
        "filter-finished: complete ones only",
        "retry-after: a date",
        "small-page: accepted, and more rows sent",
        "unit-of-task-times: something else",
    )


def test_numbers_of_a_made_up_account_agree() -> None:
    """Coarse ones may not: of up to nine images, up to ninety-nine failed."""
    task = {**TASK, "total": "2-9", "failed": "10-99", "risky": "1", "unfinished": "1", "started": None}
    (made,) = Playback(a_fixture(tasks=[task])).scenario.tasks

    assert (made.failed, made.risky, made.without_result) == (12, 1, 1)
    assert made.total == 14


def test_tasks_start_in_the_recorded_order() -> None:
    made = Playback(
        a_fixture(tasks=[TASK, TASK, {**TASK, "started": "minutes"}, {**TASK, "total": None}])
    ).scenario.tasks

    assert [task.started_ago for task in made] == [21600.0, 21601.0, 21602.0, 21603.0]
    assert made[-1].total == 3


@pytest.mark.parametrize(
    ("state", "further", "shown"),
    [
        ("scanned", {}, ("scanned", False)),
        ("scanned", {"is_scanned_after_push": False}, ("scanned", True)),
        ("failed", {}, ("failed", False)),
        ("unscanned", {"scanned": None}, ("unscanned", False)),
        ("unscanned", {"scanned": None, "pushed": "days"}, ("unscanned", False)),
        ("running", {"scanned": None}, ("scanning", False)),
    ],
)
def test_images_are_listed_in_the_recorded_state(state: str, further: dict[str, Any], shown: tuple[str, bool]) -> None:
    fixture = a_fixture(images=[{**IMAGE, "state": state, **further}])
    simulator = Simulator(Playback(fixture).scenario, now=lambda: NOW)
    simulator.account.start(NOW)
    (listed,) = simulator.account.listed(NOW)

    assert (listed.state, (listed.scanned or NOW) < listed.pushed) == shown


def test_an_image_that_was_missing_is_pushed_and_not_listed() -> None:
    simulator = Simulator(Playback(a_fixture(images=[{**IMAGE, "state": "missing"}])).scenario, now=lambda: NOW)
    simulator.account.start(NOW)

    assert simulator.account.listed(NOW) == []
    assert len(simulator.account.tags(NOW)) == 1


def test_a_response_of_which_nothing_was_recorded_stays_as_it_is() -> None:
    document = {"data_list": [{"id": 1}], "total_num": 1}

    assert conformed(document, operation="ListRegistry") == document
    assert conformed(document, {"data_list": ["<length 0>"], "total_num": "<count 0>"}) == document


def test_a_field_of_no_recorded_row_is_left_out_and_one_of_all_is_added() -> None:
    row = {"scan_status": "success", "vul_num": 1, "image_size": 5}
    forms = [{"scan_status": "success", "vul_num": "<count 1>", "lastScan": "<time s, hours>", "isNew": True}]
    forms += [{"scan_status": "success", "vul_num": "<count 1>", "lastScan": "<time s, hours>", "tags": ["<length 0>"]}]

    assert conformed({"data_list": [row]}, {"data_list": ["<length 2-9>", *forms]}) == {
        "data_list": [{"scan_status": "success", "vul_num": 1, "lastScan": round(NOW) - 21600}]
    }


def test_a_row_in_a_state_that_was_not_recorded_keeps_its_fields() -> None:
    """It has the recorded spelling all the same."""
    row = {"scan_status": "unscan", "image_digest": f"sha256:{'a' * 64}", "image_size": 5}
    form = {"scan_status": "success", "image_digest": "<hex 64>", "new": 1}

    assert conformed({"data_list": [row]}, {"data_list": ["<length 1>", form]}) == {
        "data_list": [{**row, "image_digest": "a" * 64}]
    }


@pytest.mark.parametrize(
    ("value", "forms", "expected"),
    [
        (5, ["<digits 1>"], "5"),
        (5, ["<digits 1>", "<count 1>"], 5),
        (5, [None], None),
        (5, [None, "<count 1>"], 5),
        ("5", ["<number>"], 5),
        ("five", ["<number>"], "five"),
        ("5", [100], 5),
        (1_790_000_000_000, ["<time s, hours>"], 1_790_000_000),
        (1_790_000_000_000, ["<time ms, hours>"], 1_790_000_000_000),
        ("a" * 64, ["<sha256:hex 64>"], f"sha256:{'a' * 64}"),
        ("a" * 64, ["<sha256:hex 64>", "<hex 64>"], "a" * 64),
        (True, ["<text>"], True),
        ({"b": 1}, ["<text>"], {"b": 1}),
    ],
)
def test_a_value_has_the_recorded_type_and_spelling(value: Any, forms: list[Any], expected: Any) -> None:
    assert conformed({"a": value}, *({"a": form} for form in forms)) == {"a": expected}


@pytest.mark.parametrize(
    ("form", "sample"),
    [
        ("<count 2-9>", 3),
        ("<digits 4>", "1111"),
        ("<number>", 1),
        ("<fraction>", 0.5),
        ("<text>", "text"),
        ("<anything else>", "text"),
        ("<time ms, days>", round(NOW - 3 * 86400) * 1000),
        ({"b": False, "<key 1: text>": 1}, {"b": False}),
        (["<length 2-9>", "YES", 0], ["YES", 0]),
    ],
)
def test_a_new_field_has_a_made_up_value_of_its_form(form: Any, sample: Any) -> None:
    assert conformed({}, {"new": form}) == {"new": sample}


def test_an_object_by_ids_keeps_its_own_keys() -> None:
    data = {"<key 1: hex 32>": {"CveNum": "<digits 1>"}}

    assert conformed({"Data": {"0f0e": {"CveNum": 3, "ScaNum": 1}}}, {"Data": data}) == {
        "Data": {"0f0e": {"CveNum": "3"}}
    }


def test_a_refusal_has_no_form() -> None:
    fixture = a_fixture(exchanges=[an_exchange({"error_code": "HSS.0001"}, status=400), an_exchange(None)])
    simulator = Simulator()
    Playback(fixture).apply(simulator)

    assert simulator.rewrite is not None
    assert simulator.rewrite("ListRegistryImages", {"total_num": 0}) == {"total_num": 0}
