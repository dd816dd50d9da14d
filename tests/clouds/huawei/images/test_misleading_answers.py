"""The real command line against answers of HSS and SWR that are well formed, and mean something else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import Scenario
from gate.simulator.fault import connection_reset
from gate.simulator.image import EarlierScan
from tests.builders import NOW
from tests.clouds.huawei.images.builders import a_digest, in_ms, listed

if TYPE_CHECKING:
    from collections.abc import Callable

    from gate.simulator import PushedImage
    from gate.simulator.fault import AnyResponse
    from tests.harness import Gate

ROWS, START, TASKS, TAG = "ListRegistryImages", "CreateManualImageScanTask", "tasks", "ShowRepoTag"
WEB = replace(listed(), registry="", pushed_ago=86_400.0)
Document = dict[str, Any]


def a_scenario(*pushes: PushedImage) -> Scenario:
    return Scenario(name="misleading", summary="Answers that mean something else.", expected_exit=5, pushes=pushes)


def with_rows(document: Document, **fields: Any) -> Document:
    return {**document, "data_list": [{**row, **fields} for row in document["data_list"]]}


def test_a_result_of_the_image_that_had_the_row_for_a_while_is_not_taken_for_that_of_the_scan_that_was_started(
    gate_in: Callable[..., Gate],
) -> None:
    """The tag moved after the start, the other image was scanned, and the tag moved back."""
    gate, after_start = gate_in(a_scenario(WEB)), []

    def rewrite(operation: str, document: Document) -> Document:
        if operation != ROWS or START not in gate.operations:
            return document
        after_start.append(operation)
        moved = {"image_digest": a_digest(2)} if len(after_start) == 1 else {"latest_update_time": in_ms(NOW) + 25_000}
        scanned_at = in_ms(NOW) + 10_000
        return with_rows(document, scan_status="success", latest_scan_time=scanned_at, **moved)

    gate.simulator.rewrite = rewrite
    ending = gate.check("--image", WEB.reference, "--timeout", "5m")

    assert (ending.code, [reason["code"] for reason in ending.report["reasons"]]) == (5, ["not-final"])


@pytest.mark.parametrize("name", ["tag", "Tag"])
def test_the_digest_of_another_tag_than_the_requested_one_is_an_error(name: str, gate_in: Callable[..., Gate]) -> None:
    gate = gate_in(a_scenario(replace(WEB, earlier=EarlierScan(ago=3600.0))))
    gate.simulator.rewrite = lambda operation, true: {**true, name: "1.4"} if operation == TAG else true
    ending = gate.check("--image", WEB.reference.partition("@")[0])

    assert ending.code == 4
    assert "about another tag" in ending.report["reasons"][0]["message"]


@pytest.mark.parametrize("others", [0, 1])
@pytest.mark.parametrize("total", [{}, {"total_num": 0}], ids=["with its total", "without a total yet"])
def test_a_scan_whose_response_was_lost_is_not_started_again_while_it_may_be_running(
    others: int, total: Document, gate_in: Callable[..., Gate]
) -> None:
    """Another pipeline may have started one of as many images, so that the task is not told from its own."""
    web, other = replace(WEB, scan_seconds=60.0), replace(WEB, repository="team/shop/api", scan_seconds=60.0)
    gate = gate_in(a_scenario(web, other))

    def rewrite(operation: str, document: Document) -> Document | AnyResponse:
        if operation == START:
            for _ in range(others):
                gate.simulator.account.start_scan([other], gate.time.true_wall(), all_images=False)
            return connection_reset()
        if operation == ROWS and gate.time.elapsed < 30:
            return with_rows(document, scan_status="unscan")
        return with_rows(document, **total) if operation == TASKS else document

    gate.simulator.rewrite = rewrite
    gate.check("--image", web.reference, "--timeout", "5m")

    assert gate.operations.count(START) == 1
