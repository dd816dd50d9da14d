"""The risky images of a task that blocks are named where the cloud lists them; the verdict never depends on it."""

from __future__ import annotations

import gzip
import os
import signal
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from gate.errors import Refused
from gate.explain import explain_task
from gate.image import ImageState
from gate.outcome import EventKind
from gate.policy import Policy, judge
from gate.simulator import (
    BySeverity,
    EarlierScan,
    Fault,
    Findings,
    HttpResponse,
    RawResponse,
    login_page,
    server_error,
)
from tests.builders import NOW, FakeTime, a_task
from tests.clouds.huawei.images.builders import listed
from tests.harness import CLOUDS
from tests.images.scripted import ScriptedScans, a_connection, an_image, run_images
from tests.test_meaning import a_scan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gate.clouds import Cloud, Connection
    from gate.image import ScannedImage
    from gate.scan import ScanTask
    from tests.harness import Ending, Gate

ROWS = "ListRegistryImages"


def outcome(ending: Ending) -> tuple[int, list[str]]:
    return ending.code, [reason["code"] for reason in ending.report["reasons"]]


BLOCKED = (1, ["too-many-risky"])


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_risky_images_of_a_task_that_blocks_are_named(cloud: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("empty", cloud)
    gate.simulator.tasks.append(a_scan("ours", total=9, risky=2))

    ending = gate.check()

    assert outcome(ending) == BLOCKED
    assert [image["risky"] for image in ending.report["images"]] == [True, True]
    assert all(image["digest"] and image["findings"]["vulnerability"] for image in ending.report["images"])


def test_one_request_names_the_images_of_a_task_and_none_is_sent_for_another_verdict(
    gate_in: Callable[..., Gate],
) -> None:
    gate = gate_in("empty", "huawei")
    gate.simulator.tasks.append(a_scan("ours", total=9, risky=2))

    assert gate.check("--max-risky", "2").code == 0
    assert ROWS not in gate.operations
    assert gate.check().code == 1
    assert gate.operations.count(ROWS) == 1


def test_images_that_are_less_than_the_count_do_not_change_it_and_the_reports_say_so(
    gate_in: Callable[..., Gate],
) -> None:
    gate = gate_in("empty", "huawei")
    gate.simulator.tasks.append(a_scan("ours", total=9, risky=3))

    def without_one_image(operation: str, document: dict[str, Any]) -> dict[str, Any]:
        rows = [row for row in document["data_list"] if operation != ROWS or row["image_name"] != "app-1"]
        return {**document, "data_list": rows}

    gate.simulator.rewrite = without_one_image
    ending = gate.check()

    assert outcome(ending) == BLOCKED
    assert ending.report["counts"]["risky"] == 3
    assert "The cloud names 2 risky images and counts 3; the count decides." in ending.out


UNUSABLE: dict[str, HttpResponse | RawResponse] = {
    "server error": server_error(503),
    "rate limit": HttpResponse(status=429, headers={"Retry-After": "5"}, body=b'{"error_code":"APIGW.0308"}'),
    "no permission": HttpResponse(status=400, body=b'{"error_code":"HSS.0013","error_msg":"Insufficient."}'),
    "signature refused": HttpResponse(status=401, body=b'{"error_code":"APIGW.0301","error_msg":"Incorrect."}'),
    "web page": login_page(),
    "no list": HttpResponse(body=b'{"total_num":3}'),
    "damaged": HttpResponse(body=b'{"data_list": ['),
    "cut off": RawResponse(payload=HttpResponse(headers={"Content-Length": "99"}, body=b'{"data_list": [').payload),
    "rows of no known form": HttpResponse(body=b'{"total_num":1,"data_list":[{"id":[],"latest_scan_time":"now"}]}'),
    "no rows": HttpResponse(body=b'{"total_num":0,"data_list":[]}'),
    "too large": HttpResponse(headers={"Content-Encoding": "gzip"}, body=gzip.compress(b" " * 17 * 2**20)),
    "too much memory": HttpResponse(body=b'{"data_list":[' + b"{}," * 700_000 + b'{}],"total_num":0}'),
}


@pytest.mark.parametrize("answer", UNUSABLE)
def test_an_answer_that_names_no_image_is_one_warning_and_changes_nothing_else(
    answer: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("empty", "huawei")
    gate.simulator.tasks.append(a_scan("ours", total=9, risky=2))
    gate.simulator.faults.append(Fault(operation=ROWS, response=UNUSABLE[answer]))

    ending = gate.check("--quiet")

    assert outcome(ending) == BLOCKED
    assert ending.report["images"] == []
    assert ending.err.count("Which images are risky is not known: ") == 1
    assert gate.operations.count(ROWS) == 1
    assert gate.time.elapsed < 1


@pytest.mark.parametrize(("interruption", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_meanwhile_ends_the_run_as_at_any_other_time(
    interruption: signal.Signals, code: int, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("empty", "huawei")
    gate.simulator.tasks.append(a_scan("ours", total=9, risky=2))

    def interrupt(operation: str, document: dict[str, Any]) -> dict[str, Any]:
        if operation == ROWS:
            os.kill(os.getpid(), interruption)
        return document

    gate.simulator.rewrite = interrupt

    assert outcome(gate.check()) == (code, ["interrupted"])


# What else may go wrong.

RISKY_TASK = a_task(risky=2)


class OwnCloud:
    """A cloud that explains in the given way, and nothing else."""

    def __init__(self, explain: Callable[[ScanTask], ScanTask]) -> None:
        self.explain = explain


def explained(explain: Callable[[ScanTask], ScanTask], **settings: Any) -> Connection:
    """What the reports get when a task with two risky images is explained in this way."""
    connection = a_connection(FakeTime(), **settings)
    connection.event_log.polled(RISKY_TASK)
    verdict = judge(RISKY_TASK, Policy(), now=NOW)
    explain_task(verdict, RISKY_TASK, cast("Cloud", OwnCloud(explain)), connection)
    return connection


def warnings(connection: Connection) -> list[str]:
    return [event.text for event in connection.event_log.events if event.kind is EventKind.WARNING]


@pytest.mark.parametrize("error", [MemoryError(), RecursionError(), KeyError("data_list")])
def test_any_error_of_the_explanation_is_a_warning(error: Exception) -> None:
    def fail(_: ScanTask) -> ScanTask:
        raise error

    connection = explained(fail)

    assert connection.event_log.task is RISKY_TASK
    assert warnings(connection) == [
        f"Which images are risky is not known: the gate failed to read it ({type(error).__name__})."
    ]


def test_the_explanation_takes_no_longer_than_the_run_may_take() -> None:
    is_over = threading.Event()

    def wait(task: ScanTask) -> ScanTask:
        is_over.wait(5)
        return task

    connection = explained(wait, timeout=0.0)
    is_over.set()

    assert connection.event_log.task is RISKY_TASK
    assert warnings(connection) == ["Which images are risky is not known: no answer came in time."]


# The images that were asked for.

SEVERITIES = "ListImageVulnerabilities"


def a_risky_release(gate: Gate) -> str:
    """An image that was just scanned, with three vulnerabilities."""
    findings = Findings(vulnerabilities=BySeverity(high=1, low=2))
    image = listed(pushed_ago=900.0, earlier=EarlierScan(ago=300, findings=findings))
    gate.simulator.push(image)
    return image.reference


def test_the_reports_say_how_severe_the_findings_of_a_risky_image_are(gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("empty", "huawei")

    ending = gate.check("--image", a_risky_release(gate))

    assert outcome(ending) == BLOCKED
    assert "3 vulnerabilities (1 high, 2 low)" in ending.out + ending.err
    assert ending.report["images"][0]["severities"]["low"] == 2
    assert gate.operations.count(SEVERITIES) == 1


@pytest.mark.parametrize("answer", UNUSABLE)
def test_without_a_usable_list_of_vulnerabilities_the_verdict_is_the_same(
    answer: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("empty", "huawei")
    gate.simulator.faults.append(Fault(operation=SEVERITIES, response=UNUSABLE[answer]))

    ending = gate.check("--image", a_risky_release(gate))

    assert outcome(ending) == BLOCKED
    assert ending.report["images"][0]["findings"]["vulnerability"] == 3
    assert ending.report["images"][0]["severities"]["high"] is None
    assert gate.operations.count(SEVERITIES) == 1
    assert gate.time.elapsed < 1


@pytest.mark.parametrize("error", [MemoryError(), Refused("No."), TimeoutError()])
def test_any_error_of_an_image_that_is_explained_is_a_warning(error: Exception) -> None:
    class Scans(ScriptedScans):
        def explained(self, images: Sequence[ScannedImage], *, for_findings: bool) -> tuple[ScannedImage, ...]:
            del images, for_findings
            raise error

    run = run_images(Scans([[an_image(is_risky=True)]]))

    assert run.codes == ["too-many-risky"]
    assert [image.is_risky for image in run.images] == [True]
    assert [event.text.partition(":")[0] for event in run.events if event.kind is EventKind.WARNING] == [
        "More about the results of the images is not known"
    ]


@pytest.mark.parametrize(("state", "is_explained"), [(ImageState.SCANNED, True), (ImageState.MISSING, False)])
def test_images_are_explained_once_they_are_judged(state: ImageState, *, is_explained: bool) -> None:
    class Scans(ScriptedScans):
        def explained(self, images: Sequence[ScannedImage], *, for_findings: bool) -> tuple[ScannedImage, ...]:
            assert not for_findings
            return tuple(replace(image, reason="explained") for image in images)

    run = run_images(Scans([[an_image(state=state)]]), scan="never")

    assert [image.reason == "explained" for image in run.images] == [is_explained]


def test_a_clean_image_of_a_distribution_that_hss_may_not_know_passes_with_a_warning_in_log_and_reports(
    gate_in: Callable[..., Gate],
) -> None:
    gate = gate_in("empty", "huawei")
    image = listed(pushed_ago=900.0, distribution=("Alpine", "3.20"), earlier=EarlierScan(ago=300))
    gate.simulator.push(image)
    warning = "of Alpine 3.20 that is not documented, so 0 found may say nothing"

    ending = gate.check("--image", image.reference, "--report", "markdown=summary.md", "--quiet")

    assert outcome(ending) == (0, [])
    assert warning in ending.report["images"][0]["warning"]
    assert f"{warning}." in ending.err
    assert warning in Path("summary.md").read_text()


@pytest.mark.parametrize("answer", UNUSABLE)
def test_without_a_usable_distribution_a_clean_image_passes_with_a_warning(
    answer: str, gate_in: Callable[..., Gate]
) -> None:
    gate = gate_in("empty", "huawei")
    image = listed(pushed_ago=900.0, earlier=EarlierScan(ago=300))
    gate.simulator.push(image)
    gate.simulator.faults.append(Fault(operation="ListImageBasicImage", response=UNUSABLE[answer]))

    ending = gate.check("--image", image.reference, "--quiet")

    assert outcome(ending) == (0, [])
    assert "distribution" in ending.err
    assert gate.operations.count("ListImageBasicImage") == 1
