"""The fixture that `doctor --fixture` records: what it answers, what it asks for, and that no value is in it."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.clouds import CLOUDS as PROVIDERS
from gate.clouds.survey import Exchanges
from gate.doctor.fixture import render
from gate.errors import GateError
from gate.simulator import (
    SCENARIOS,
    Fault,
    Forbidden,
    PushedImage,
    Quota,
    Simulator,
    connection_reset,
    login_page,
)
from tests.doctor.closed_words import PLACEHOLDER, foreign_words, known_words
from tests.doctor.recording import a_response, recorded, recorded_from
from tests.harness import CLOUDS

if TYPE_CHECKING:
    from gate.clouds.response import Response
    from gate.doctor.fixture import Fixture
    from gate.simulator import RawResponse
    from tests.builders import FakeTime

RECORDED = (
    *("clean", "failed", "partial", "stopped", "empty", "uncounted", "unknown", "forbidden"),
    *("images-risky", "image-failed", "tag-moved", "index", "already-scanning"),
)
IMAGE = f"team/shop/web:1.4.2@sha256:{'a' * 64}"
KNOWN = PushedImage(repository="team/shop/web", tag="1.4.2", digest=f"sha256:{'a' * 64}", listed_after=0.0)


def answers_of(fixture: Fixture) -> dict[str, str]:
    """The answers by the ids of the questions."""
    return {one.id: one.answer for one in fixture.answers}


def texts_in(value: Any) -> set[str]:
    """All keys, texts and numbers of a document, as texts."""
    if isinstance(value, dict):
        return {*value, *(text for one in value.values() for text in texts_in(one))}
    if isinstance(value, list):
        return {text for one in value for text in texts_in(one)}
    return set() if isinstance(value, bool) or value is None else {str(value)}


@pytest.mark.parametrize("scenario", RECORDED)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_fixture_has_no_word_that_was_not_known_before(cloud: str, scenario: str, fake_time: FakeTime) -> None:
    with Simulator(scenario, now=fake_time.true_wall) as simulator:
        fixture, responses = recorded_from(simulator, cloud, fake_time)

    assert responses
    assert foreign_words(render(fixture), cloud, fixture.date) == []


@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_part_of_a_value_is_in_a_fixture(cloud: str, fake_time: FakeTime) -> None:
    """Ids, digests, names, times and numbers, by every four characters of them."""
    with Simulator("images-risky", now=fake_time.true_wall) as simulator:
        simulator.account.tasks += SCENARIOS["risky"].tasks
        fixture, responses = recorded_from(simulator, cloud, fake_time)
    known = "\n".join(str(word) for word in known_words(cloud, fixture.date))
    shown = "\n".join(texts_in(json.loads(render(fixture))))
    values = {text for one in responses for text in texts_in(json.loads(one.body))}
    pieces = {value[start : start + 4] for value in values for start in range(len(value) - 3)}

    assert len(pieces) > 1000
    assert {piece for piece in pieces if piece in PLACEHOLDER.sub("", shown) and piece not in known} == set()


hostile_text = st.one_of(
    st.text(max_size=20),
    st.text("ghjkqxz", min_size=4, max_size=30),
    st.from_regex(r"[0-9a-f]{64}|sha256:[0-9a-f]{64}|[0-9]{1,25}|[a-z]+_[a-z]+|[A-Z][a-z]+[A-Z][a-z]+", fullmatch=True),
    st.sampled_from(
        ["payments_api", "SUCCESS", "manual", "private", "<text>", "<key 1: text>", "\ud800", "200", "YES"]
    ),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(0, 200),
    st.integers(10**12, 2 * 10**12),
    st.floats(),
    hostile_text,
)


def rows_of(cloud: str) -> st.SearchStrategy[Any]:
    """Rows with documented and other keys, and with any values."""
    keys = st.one_of(st.sampled_from(sorted(PROVIDERS[cloud].load_survey().vocabulary.keys)), hostile_text)
    values = st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4), max_leaves=4
    )
    return st.dictionaries(keys, values, max_size=6)


def hostile_responses(cloud: str) -> st.SearchStrategy[list[Response]]:
    """Responses that look like lists of this cloud, and hold anything."""
    lists = ("data_list", "OnceTasks", "ImageInstanceList", "VulRecords", "Data", "PageInfo", "TaskInfo")
    row = rows_of(cloud)
    document = st.builds(
        lambda rows, further, name: {**further, name: rows},
        st.lists(row, max_size=3) | row,
        row,
        st.sampled_from(lists),
    )
    names = (
        st.sampled_from(["retry-after", "x-acs-retry-after", "x-ratelimit-remaining", "x-request-id"]) | hostile_text
    )
    headers = st.dictionaries(names, hostile_text, max_size=3)
    statuses = st.sampled_from([200, 200, 200, 200, 400, 403, 429, 500, 299])
    return st.lists(st.builds(a_response, document, statuses, headers), min_size=1, max_size=4)


@pytest.mark.divided
@pytest.mark.parametrize("images", [(), (IMAGE,)], ids=["tasks", "images"])
@pytest.mark.parametrize("cloud", CLOUDS)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_nothing_of_a_hostile_response_is_in_a_fixture(
    cloud: str, images: tuple[str, ...], data: st.DataObject
) -> None:
    responses = data.draw(hostile_responses(cloud))
    fixture = recorded(cloud, *responses, images=images)

    assert foreign_words(render(fixture), cloud, fixture.date) == []


ODD_VALUES: tuple[object, ...] = (
    [],
    {},
    ["a text"],
    {"payments_api": "shop"},
    None,
    True,
    False,
    0,
    -1,
    -2.5,
    10**30,
    "",
    "0",
    "\ud800",
    "<a>",
)


@pytest.mark.divided
@pytest.mark.parametrize("images", [(), (IMAGE,)], ids=["tasks", "images"])
@pytest.mark.parametrize("value", ODD_VALUES, ids=repr)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_value_of_any_type_is_survived_in_every_field(cloud: str, value: object, images: tuple[str, ...]) -> None:
    """Alone, and beside a row that is as documented otherwise."""
    row = dict.fromkeys(PROVIDERS[cloud].load_survey().vocabulary.keys, value)
    lists = {key: [row, row] for key in ("data_list", "OnceTasks", "ImageInstanceList", "VulRecords")}
    fixture = recorded(cloud, a_response({**row, **lists, "TaskId": "an-id"} | _no_error(cloud)), images=images)

    assert {one["status"] for one in fixture.exchanges} == {200}
    assert foreign_words(render(fixture), cloud, fixture.date) == []


def _no_error(cloud: str) -> dict[str, object]:
    return dict.fromkeys(
        key for key in PROVIDERS[cloud].load_survey().vocabulary.keys if "rror" in key or key == "Code"
    )


@pytest.mark.parametrize("mode", ["tasks", "images"])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_recording_reads_only_and_asks_each_operation_few_times(cloud: str, mode: str, fake_time: FakeTime) -> None:
    """Of one operation, the quota of Huawei Cloud is 5 requests a minute, and the rest of the doctor needs some too."""
    with Simulator("images-risky", now=fake_time.true_wall) as simulator:
        simulator.account.tasks += SCENARIOS["stopped"].tasks
        tasks = [*simulator.account.tasks]
        simulator.push(KNOWN)
        recorded_from(simulator, cloud, fake_time, () if mode == "tasks" else (KNOWN.reference,))
        calls = Counter(request.operation for request in simulator.requests)

        assert calls
        assert max(calls.values()) <= 4
        assert all(re.match("Get|List|Describe|Show|tasks$|projects$", name) for name in calls)
        assert simulator.account.tasks == tasks
    assert fake_time.slept == []


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_refusal_is_recorded_and_not_repeated(cloud: str, fake_time: FakeTime) -> None:
    with Simulator("clean", now=fake_time.true_wall) as simulator:
        simulator.faults = [Fault(response=Forbidden())]
        fixture, responses = recorded_from(simulator, cloud, fake_time)

    assert len(responses) == len(fixture.exchanges)
    assert {one["status"] for one in fixture.exchanges} <= {400, 403}
    assert {*answers_of(fixture).values()} <= {"not seen", "never"}
    assert fixture.tasks == ()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_without_any_response_the_error_is_that_of_the_first_request(cloud: str, fake_time: FakeTime) -> None:
    simulator = Simulator("clean", now=fake_time.true_wall)
    with simulator:
        pass

    with pytest.raises(GateError, match=r"127\.0\.0\.1"):
        recorded_from(simulator, cloud, fake_time)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_used_up_quota_tells_when_to_ask_again(cloud: str, fake_time: FakeTime) -> None:
    with Simulator("clean", now=fake_time.true_wall) as simulator:
        simulator.quota = Quota(calls=1, seconds=60, retry_after=True)
        fixture, _ = recorded_from(simulator, cloud, fake_time)

    assert answers_of(fixture)["retry-after"] == "a number"
    assert {"retry-after": "<digits 2>"}.items() <= {
        name.removeprefix("x-acs-"): "<digits 2>" for one in fixture.exchanges for name in one["headers"]
    }.items()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_page_of_a_proxy_has_no_form(cloud: str, fake_time: FakeTime) -> None:
    with Simulator("clean", now=fake_time.true_wall) as simulator:
        simulator.faults = [Fault(response=login_page())]
        fixture, _ = recorded_from(simulator, cloud, fake_time)

    assert [one["document"] for one in fixture.exchanges] == [None] * len(fixture.exchanges)
    assert foreign_words(render(fixture), cloud, fixture.date) == []


def test_requests_of_the_sign_in_are_not_recorded() -> None:
    exchanges = Exchanges()
    sign_in = requests.Request("POST", "https://sts.example.com/v5/agencies/assume-with-oidc")

    def call() -> None:
        exchanges.observe(sign_in, a_response({"credentials": {"secret": "s"}}))

    exchanges.ask("the scan tasks", {"/image/tasks": "ListImageScanTask", "GetLastOnceTaskInfo": "any"}, call)

    assert exchanges.all == []


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_name_of_one_letter_has_no_part(cloud: str, fake_time: FakeTime) -> None:
    with Simulator("empty", now=fake_time.true_wall) as simulator:
        fixture, _ = recorded_from(simulator, cloud, fake_time, (f"team/w:1@sha256:{'a' * 64}",))

    assert answers_of(fixture).get("filter-by-name", "not seen") == "not seen"
    assert [one["state"] for one in fixture.images] == ["missing"]


@pytest.mark.parametrize("response", [Forbidden(), connection_reset()], ids=["refused", "unanswered"])
def test_a_request_that_fails_for_another_reason_is_no_refused_page(
    response: Forbidden | RawResponse, fake_time: FakeTime
) -> None:
    with Simulator("clean", now=fake_time.true_wall) as simulator:
        simulator.faults = [Fault(operation="tasks", requests=frozenset({3}), response=response)]
        fixture, _ = recorded_from(simulator, "huawei", fake_time)

    assert answers_of(fixture)["small-page"] == "not seen"
