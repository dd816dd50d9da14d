"""Tests the oracle of image mode, and checks the properties on some generated histories."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import count, islice
from typing import TYPE_CHECKING, Any

import pytest

from gate.errors import ExitCode
from gate.policy import Decision, Policy, Verdict
from tests.builders import NOW
from tests.properties.evidence import parse_document
from tests.properties.image_evidence import Answer, Reading, last_of_looks
from tests.properties.image_faults import is_start
from tests.properties.image_properties import image_violations, truth_violations
from tests.properties.image_sequences import execute_images, generate_images
from tests.properties.image_worse import image_worsenings
from tests.properties.mutations import as_bytes
from tests.properties.sequences import CLOUDS, without_real_sleeps
from tests.properties.transport import ApiRequest
from tests.properties.worse_responses import replay_with
from tools import million

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.properties.image_sequences import ImageRun
    from tests.properties.mutations import Document

DAY = 86_400_000
"""In milliseconds."""
ALL_CODES = {0, 1, 2, 3, 4, 5, 7}
"""Those of image mode: nothing in it is a task that can end badly."""
every_cloud = pytest.mark.parametrize("cloud", CLOUDS)
# Found with `tools.million`: the first sequences of this seed have every exit code on both clouds.
SEED = "image oracle"


@pytest.fixture(autouse=True)
def _no_real_sleeps() -> Iterator[None]:
    with without_real_sleeps():
        yield


@cache
def passed_runs(cloud: str, operation: str = "") -> tuple[ImageRun, ...]:
    """Some runs that passed a policy with limits of 0 and a maximum age, and have called this operation."""

    def found() -> Iterator[ImageRun]:
        for number in count():
            sequence = generate_images(f"{SEED}:{number}", cloud=cloud)
            policy = sequence.settings.policy
            if policy.max_age is None or policy.max_failed or policy.max_risky:
                continue
            run = execute_images(sequence)
            operations = {exchange.request.operation for exchange in run.exchanges}
            if run.outcome.verdict.exit_code == ExitCode.PASSED and (not operation or operation in operations):
                yield run

    return tuple(islice(found(), 3))


def tampered(run: ImageRun, change: Callable[[Document], object]) -> ImageRun:
    """The same run with changed responses and the same verdict."""

    def changed(body: bytes) -> bytes:
        document = parse_document(body)
        if document is None:
            return body
        change(document)
        return as_bytes(document)

    exchanges = [
        replace(one, response=one.response and replace(one.response, body=changed(one.response.body)))
        for one in run.exchanges
    ]
    return replace(run, exchanges=exchanges)


def in_rows(*keys: str, **fields: Any) -> Callable[[Document], None]:
    """Changes fields in all rows of these lists, if they are there."""

    def change(document: Document) -> None:
        for row in (row for key in keys for row in document.get(key, ())):
            row |= {
                name: value(row[name]) if callable(value) else value for name, value in fields.items() if name in row
            }

    return change


def without(*keys: str) -> Callable[[Document], None]:
    """Empties these lists."""
    return lambda document: document.update({key: [] for key in keys if key in document})


LISTS = ("data_list", "ImageInstanceList")
FIRST_PAGE = {("offset", "0"), ("CurrentPage", "1")}
HUAWEI = {
    "without rows": without("data_list"),
    "of another digest": in_rows("data_list", image_digest="f" * 64),
    "of another name": in_rows("data_list", image_name="other"),
    "of another organisation": in_rows("data_list", namespace="other"),
    "of another kind of registry": in_rows("data_list", registry_type="Local"),
    "of an index": in_rows("data_list", is_multiple_arch=True),
    "that cannot be scanned": in_rows("data_list", scannable=False),
    "not scanned": in_rows("data_list", scan_status="unscan"),
    "being scanned": in_rows("data_list", scan_status="scanning"),
    "failed": in_rows("data_list", scan_status="failed"),
    "without a scan time": in_rows("data_list", latest_scan_time=None),
    "old": in_rows("data_list", latest_scan_time=lambda ms: ms - 3 * DAY),
    "from the future": in_rows("data_list", latest_scan_time=lambda ms: ms + 3 * DAY),
    "risky": in_rows("data_list", vul_num=1),
    "risky by its level": in_rows("data_list", severity_level="High"),
    "with an unknown level": in_rows("data_list", severity_level="Worst"),
    "without a count": in_rows("data_list", unsafe_setting_num=None),
    "with a count as text": in_rows("data_list", vul_num="0"),
    "of a scan of nothing": in_rows("data_list", scan_scope=0),
}
ALIBABA = {
    "without rows": without("ImageInstanceList"),
    "of another digest": in_rows("ImageInstanceList", Digest="f" * 64),
    "being scanned": in_rows("ImageInstanceList", ScaStatus="START"),
    "refused": in_rows("ImageInstanceList", ScaStatus="TASK_NOT_EXISTS"),
    "without a scan time": in_rows("ImageInstanceList", LastScanTime=0, lastScanTime=0),
    "old": in_rows("ImageInstanceList", LastScanTime=lambda ms: ms - 3 * DAY, lastScanTime=lambda ms: ms - 3 * DAY),
    "from the future": in_rows(
        "ImageInstanceList", LastScanTime=lambda ms: ms + 3 * DAY, lastScanTime=lambda ms: ms + 3 * DAY
    ),
    "risky": in_rows("ImageInstanceList", RiskStatus="YES"),
    "with unknown risk": in_rows("ImageInstanceList", RiskStatus=None),
    "with a contradictory count": in_rows("ImageInstanceList", VulCount=1),
}
OF_OTHERS = {
    "of another image by its last scan": in_rows("Task", Target="f" * 64),
    "of a scan that has failed": in_rows("Task", Status="FAIL"),
    "of a scan at another time": in_rows("Task", StartTime=lambda ms: ms - DAY, FinishTime=lambda ms: ms - DAY),
    "from before the push": in_rows("ImageInstanceList", ImageUpdate=lambda ms: ms + 30 * DAY),
}
OF_ITS_OWN_SCAN = {
    "without records": without("OnceTasks"),
    "that failed by its record": in_rows("OnceTasks", StatusText="FAIL"),
    "whose task is not over": lambda document: document.get("TaskInfo", {}).update(Status="START"),
    "whose task started later": lambda document: document.update(CollectTime=document.get("CollectTime", 0) + 9 * DAY),
}
CASES = [("huawei", "", name, change) for name, change in HUAWEI.items()]
CASES += [("alibaba", "", name, change) for name, change in ALIBABA.items()]
CASES += [("alibaba", "DescribeImageLatestScanTask", name, change) for name, change in OF_OTHERS.items()]
CASES += [("alibaba", "DescribeOnceTaskLeafRecordPage", name, change) for name, change in OF_ITS_OWN_SCAN.items()]


@pytest.mark.parametrize(
    ("cloud", "operation", "change"),
    [(cloud, operation, change) for cloud, operation, _, change in CASES],
    ids=[f"{cloud}, {name}" for cloud, _, name, _ in CASES],
)
def test_a_pass_with_results_that_must_not_pass_is_a_violation(
    cloud: str, operation: str, change: Callable[[Document], object]
) -> None:
    assert all(list(image_violations(tampered(run, change))) for run in passed_runs(cloud, operation))


@every_cloud
def test_a_pass_with_its_own_responses_is_not_a_violation(cloud: str) -> None:
    assert not any(list(image_violations(tampered(run, lambda _: None))) for run in passed_runs(cloud))


@every_cloud
def test_a_pass_without_responses_or_after_the_deadline_is_a_violation(cloud: str) -> None:
    without_responses = [
        replace(run, exchanges=[replace(exchange, response=None) for exchange in run.exchanges], is_truthful=False)
        for run in passed_runs(cloud)
    ]

    assert all(list(image_violations(run)) for run in without_responses)
    assert all(list(image_violations(replace(run, elapsed=99_999.0))) for run in passed_runs(cloud))


@every_cloud
@pytest.mark.parametrize("is_repeated", [True, False], ids=["repeated", "not repeated"])
def test_a_list_without_the_images_is_a_violation_unless_the_gate_asked_for_it_again_at_once(
    cloud: str, *, is_repeated: bool
) -> None:
    """The gate repeats a list whose pages do not fit together; the response to that may be lost, and come later."""
    for run in passed_runs(cloud):
        lists = (one for one in run.exchanges if one.request.operation in {"images", "DescribeImageInstances"})
        last = [one for one in lists if FIRST_PAGE & one.request.query.items()][-1]
        lost = replace(last, started_at=run.elapsed + 2, ended_at=run.elapsed + 2, response=None)
        empty = tampered(replace(run, exchanges=[replace(lost, response=last.response)]), without(*LISTS)).exchanges
        changed = replace(run, exchanges=[*run.exchanges, *empty, *([lost] if is_repeated else [])])

        assert bool(list(image_violations(changed))) is not is_repeated


TIMES = ("latest_scan_time", "LastScanTime", "lastScanTime")
COUNTS = ("vul_num", "VulCount")
RISK = {**dict.fromkeys(COUNTS, 99), "RiskStatus": "YES"}


def with_other_tags(change: Callable[[Document, int], object]) -> Callable[[Document], None]:
    """Adds two rows of its digest to each row: a risky one, and one that is changed with the number of the list."""
    numbers = count(1)

    def add(document: Document) -> None:
        rows: list[Document] = next((document[name] for name in LISTS if name in document), [])
        scanned = [row for row in rows if row.keys() & set(TIMES)]
        number = next(numbers) if scanned else 0
        for row in scanned:
            names = ("id", "image_version") if "id" in row else ("Uuid", "Tag")
            risky, another = ({**row, **dict.fromkeys(names, name)} for name in ("risky", "another"))
            change(another, number)
            risky |= {name: value for name, value in RISK.items() if name in row}
            rows += [another, risky]

    return add


def unchanged(_row: Document, _number: int) -> None:
    """Nothing."""


def with_another_count(row: Document, number: int) -> None:
    """A result that changes, and has fewer findings than that of the risky row."""
    row |= dict.fromkeys(row.keys() & set(COUNTS), number)


def of_another_time(row: Document, number: int) -> None:
    """The result of an older scan each time."""
    row |= {name: row[name] - number * 1000 for name in row.keys() & set(TIMES)}


def without_a_result(row: Document, number: int) -> None:
    """A result that is there in every other list."""
    row |= {name: None for name in row.keys() & {"scan_status", "ScaStatus"} if number % 2}


@every_cloud
@pytest.mark.parametrize(
    ("change", "is_violation"),
    [(unchanged, False), (with_another_count, True), (of_another_time, True), (without_a_result, True)],
)
def test_two_looks_have_to_agree_on_the_result_under_each_tag_of_a_digest_and_not_on_the_worst_alone(
    cloud: str, change: Callable[[Document, int], object], *, is_violation: bool
) -> None:
    """Results are late, and each by itself (alibaba-security-center.md 2.2)."""
    found = [text for run in passed_runs(cloud) for text in image_violations(tampered(run, with_other_tags(change)))]

    assert any("changed since the look before" in text for text in found) is is_violation


@every_cloud
def test_a_pass_of_images_that_are_not_fine_in_their_history_is_a_violation(cloud: str) -> None:
    for run in passed_runs(cloud):
        assert run.history
        assert run.cloud
        risky = replace(run.history, findings=dict.fromkeys(run.history.findings, 1))
        another = replace(run.cloud, results={})

        assert list(truth_violations(replace(run, history=risky, is_truthful=True)))
        assert list(truth_violations(replace(run, cloud=another, is_truthful=True)))


def asked_for_less(run: ImageRun) -> ImageRun:
    """The same run, as if no image had been asked for."""
    return replace(run, sequence=replace(run.sequence, settings=replace(run.sequence.settings, images=())))


@pytest.mark.parametrize(
    ("cloud", "operation"),
    [
        ("huawei", "tasks"),
        ("alibaba", "DescribeOnceTaskLeafRecordPage"),
    ],
    ids=CLOUDS,
)
def test_a_scan_that_nobody_has_asked_for_is_a_violation(cloud: str, operation: str) -> None:
    started = [run for run in passed_runs(cloud, operation) if any(is_start(one.request) for one in run.exchanges)]

    assert started
    for run in started:
        settings = replace(run.sequence.settings, scan="never")
        with_never = replace(run, sequence=replace(run.sequence, settings=settings))

        assert any("a scan of" in violation for violation in image_violations(with_never))
        assert any("a scan of" in violation for violation in image_violations(asked_for_less(run)))


def test_generated_histories_have_every_property_and_end_with_every_exit_code() -> None:
    tally = million.tally(SEED, range(200), mode="images")

    assert tally.violation == ""
    assert {code for _, code in tally.endings} == ALL_CODES
    assert all(tally.endings[cloud, code] for cloud in CLOUDS for code in (0, 1))
    assert len(tally.checked) == 6


@pytest.mark.parametrize(
    ("of_failure", "after", "is_no_look"),
    [
        (("team", "web", ""), 0.05, True),
        (("team", "web", "1.0"), 0.05, True),
        (("team", "web", "1.0"), 12, False),
        (("team", "api", ""), 0.05, False),
        (("other", "web", "1.0"), 0.05, False),
    ],
)
def test_a_list_is_no_look_if_it_or_a_part_of_it_is_asked_for_at_once_without_an_answer(
    of_failure: tuple[str, ...], after: float, *, is_no_look: bool
) -> None:
    reading = Reading(key=("team", "web", ""), started_at=0, ended_at=1)
    failure = Answer(
        request=ApiRequest(operation="images", query={}),
        started_at=1 + after,
        ended_at=3 + after,
        status=0,
        document=None,
        is_empty=False,
    )
    reading.note_failure(failure, of_failure)

    assert (last_of_looks([reading]) == []) is is_no_look


@pytest.mark.parametrize(
    ("policy", "scan", "is_worse"),
    [
        (Policy(max_age=None), "auto", False),
        (Policy(max_age=None), "never", False),
        (Policy(max_age=None), "always", True),
        (Policy(max_age=None, started_after=NOW), "auto", True),
        (Policy(), "auto", True),
    ],
)
def test_an_older_result_is_worse_only_where_an_old_one_does_not_count(
    policy: Policy, scan: str, *, is_worse: bool
) -> None:
    """Nothing states any more that its scan looked for less than is required, which is accepted."""
    (run, *_) = passed_runs("huawei")
    settings = replace(run.sequence.settings, policy=policy, scan=scan)
    blocked = replace(
        run,
        sequence=replace(run.sequence, settings=settings),
        outcome=replace(run.outcome, verdict=Verdict(decision=Decision.BLOCKED, exit_code=ExitCode.BLOCKED)),
    )

    assert ("older results" in {one.name for one in image_worsenings(blocked)}) is is_worse


@every_cloud
def test_a_replay_of_unchanged_responses_is_the_same_run(cloud: str) -> None:
    for number in range(20):
        run = execute_images(generate_images(f"retold:{number}", cloud=cloud))
        again = replay_with(execute_images, run, lambda document, request: None)  # noqa: ARG005 - nothing is changed

        assert (again.outcome.verdict, again.elapsed) == (run.outcome.verdict, run.elapsed)
