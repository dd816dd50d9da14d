"""Repeats a run with worse responses: more failures or more risk, and no other difference.

The responses are changed as they were received, after all mutations, and in the same order: so both runs get the same
tasks, and nothing random differs. Responses that cannot be parsed stay as they are.

Turning a scanned image into a failed one is not among the worsenings: if it was risky, one risky image fewer is left,
and a policy that allows failures may then pass the task that it blocked before.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import partial
from math import isfinite
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from gate.policy import Decision
from tests.properties.mutations import as_bytes
from tests.properties.sequences import execute
from tests.properties.transport import Replay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gate.clouds.response import Response
    from tests.builders import FakeTime
    from tests.properties.mutations import Document
    from tests.properties.sequences import Run
    from tests.properties.transport import ApiRequest, Exchange

AnyRun = TypeVar("AnyRun", bound="Run")
_AMOUNTS = (1, 1, 1, 2, 5, 1000, 10**12)
_MAX_ROWS = 3
_OK = 200
_TASK_ACTIONS = frozenset({"GetLastOnceTaskInfo", "GetOnceTaskResultInfo"})


@dataclass(frozen=True, kw_only=True)
class Worsening:
    """One way to make responses worse."""

    name: str
    change: Callable[[int, Document, ApiRequest], object]
    """Makes the document of a response worse by this many images, in place."""
    is_explicit: bool = True
    """Whether a failure or a risk is then stated; otherwise it follows only from the difference of two counts."""


def worsenings(run: Run) -> tuple[Worsening, ...]:
    """The worsenings with which this run must not pass.

    An undecided run may pass with a policy that allows failures, once their number is known; and a worsening that is
    not explicit may resolve a contradiction. So for undecided runs, only explicit worsenings count, and only with
    limits of 0.
    """
    all_of_cloud, policy = _WORSENINGS[run.sequence.settings.cloud], run.sequence.settings.policy
    if run.outcome.verdict.decision is Decision.BLOCKED:
        return all_of_cloud
    is_strict = policy.max_failed == policy.max_risky == 0
    is_undecided = run.outcome.verdict.decision is Decision.UNDECIDED
    return tuple(one for one in all_of_cloud if one.is_explicit) if is_undecided and is_strict else ()


def worse_runs(run: Run, most: int) -> Iterator[tuple[Worsening, Run]]:
    """Runs of the same sequence with worse responses, at most this many; its seed decides which."""
    rng = Random(f"worse {run.sequence.seed}")
    possible = worsenings(run)
    for worsening in rng.sample(possible, min(most, len(possible))):
        amount = rng.choice(_AMOUNTS)
        yield worsening, replay(run, partial(worsening.change, amount))


def replay(run: Run, change: Callable[[Document, ApiRequest], object]) -> Run:
    """A run of the same sequence with the same responses, of which every document was changed in place."""
    return replay_with(execute, run, change)


def replay_with(
    execute: Callable[..., AnyRun], run: AnyRun, change: Callable[[Document, ApiRequest], object]
) -> AnyRun:
    """The same with another function that runs the gate on a sequence."""

    def changed(exchange: Exchange) -> Response | None:
        document = parse(exchange.response)
        if exchange.response is None or document is None:
            return exchange.response
        change(document, exchange.request)
        return replace(exchange.response, body=as_bytes(document))

    def responder(time: FakeTime) -> Replay:
        return Replay(run.exchanges, changed, time, run.sequence.settings.request_timeout)

    return execute(run.sequence, responder=responder)


def parse(response: Response | None) -> Document | None:
    """The document of a response; None if rewriting it would repair it, as with a duplicate key."""
    if response is None or response.status != _OK:
        return None
    try:
        document = json.loads(
            response.body.decode(), object_pairs_hook=_unique, parse_float=_finite, parse_constant=_finite
        )
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _unique(pairs: list[tuple[str, Any]]) -> Document:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("duplicate key")
    return dict(pairs)


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(text)
    return number


def _rows(document: Document, key: str) -> list[Document]:
    rows = document.get(key)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _add(node: Document, key: str, number: int) -> None:
    """Adds to a count if it is one; a count in the form of a string stays a string."""
    value = node.get(key)
    if (type(value) is int and value >= 0) or (isinstance(value, str) and value.isdecimal()):
        node[key] = type(value)(max(0, int(value) + number))


# Huawei Cloud: one row has all counts (huawei-hss.md 2).


def _in_row(**signs: int) -> Callable[[int, Document, ApiRequest], None]:
    def change(amount: int, document: Document, request: ApiRequest) -> None:
        if request.operation == "tasks":
            for row in _rows(document, "data_list"):
                for name, sign in signs.items():
                    if name == "failed_images":
                        _add_failed_images(row, amount)
                    else:
                        _add(row, name, sign * amount)

    return change


def _add_failed_images(row: Document, amount: int) -> None:
    listed = row.get("failed_images")
    if listed is None or isinstance(listed, list):
        more = [
            {"image_name": f"more-{at}", "failed_reason": "download_failed"} for at in range(min(amount, _MAX_ROWS))
        ]
        row["failed_images"] = [*(listed or ()), *more]


# Alibaba Cloud: the task has the total, its leaves the images, and the image list the risks
# (alibaba-security-center.md 1 and 2).


def _more_in_total(amount: int, document: Document, request: ApiRequest) -> None:
    if request.operation in _TASK_ACTIONS:
        _add(document, "TotalCount", min(amount, _MAX_ROWS))


def _more_failed_leaves(amount: int, document: Document, request: ApiRequest) -> None:
    _add_failed_leaves({"TargetType": "IMAGE"}, amount, document, request)


def _more_failed_repositories(amount: int, document: Document, request: ApiRequest) -> None:
    _add_failed_leaves({"TargetType": "IMAGE_REPO"}, amount, document, request)


def _add_failed_leaves(fields: Document, amount: int, document: Document, request: ApiRequest) -> None:
    """Adds leaves to the first page, and their number to the total of every page."""
    if request.operation != "DescribeOnceTaskLeafRecordPage" or not isinstance(document.get("OnceTasks"), list):
        return
    number, info = min(amount, _MAX_ROWS), document.get("PageInfo")
    info = info if isinstance(info, dict) else {}
    _add(info, "TotalCount", number)
    # The number in the request, since that in the response may have been mutated.
    if request.query["CurrentPage"] == "1":
        _add(info, "Count", number)
        leaf = {**fields, "StatusText": "FAIL", "ResultInfo": "download_failed"}
        document["OnceTasks"] += [leaf | {"TaskId": f"more/{at}", "Target": f"more-{at}"} for at in range(number)]


def _more_failed_images(amount: int, document: Document, request: ApiRequest) -> None:
    finished, total = document.get("FinishCount"), document.get("TotalCount")
    if type(finished) is int and type(total) is int:
        # More finished images than there are would otherwise stand for those that are added.
        document["FinishCount"] = min(finished, total)
    _more_in_total(amount, document, request)
    _more_failed_leaves(amount, document, request)


def _more_risky(amount: int, document: Document, request: ApiRequest) -> None:
    if request.operation == "DescribeImageInstances":
        for row in _rows(document, "ImageInstanceList")[:amount]:
            row["RiskStatus"] = "YES"


def _fewer_finished(amount: int, document: Document, request: ApiRequest) -> None:
    if request.operation in _TASK_ACTIONS:
        _add(document, "FinishCount", -amount)


_WORSENINGS = {
    "huawei": (
        Worsening(name="failed_num", change=_in_row(failed_num=1)),
        Worsening(name="failed_images", change=_in_row(failed_images=1)),
        Worsening(name="risky_num", change=_in_row(risky_num=1)),
        Worsening(name="success_num", change=_in_row(success_num=-1), is_explicit=False),
        Worsening(name="all counts", change=_in_row(failed_num=1, failed_images=1, success_num=-1)),
        Worsening(name="more failed images", change=_in_row(total_num=1, failed_num=1, failed_images=1)),
    ),
    "alibaba": (
        Worsening(name="leaves", change=_more_failed_leaves),
        Worsening(name="repositories", change=_more_failed_repositories),
        Worsening(name="TotalCount", change=_more_in_total, is_explicit=False),
        Worsening(name="more failed images", change=_more_failed_images),
        Worsening(name="RiskStatus", change=_more_risky),
        Worsening(name="FinishCount", change=_fewer_finished),
    ),
}
"""By cloud: in all places that show a count, or in only one of them."""
