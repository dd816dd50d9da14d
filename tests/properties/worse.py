"""A run once more, before the same answers made worse: more failures, more risk, and nothing else that is different.

The answers are changed as they came over the wire, after everything that befell them, and in the order in which they
came: so both runs hear of the same task, and no chance decides between them. What cannot be read is left as it is.

That an image fails which was scanned before is not among it: a risky one of them would be one risky image fewer, and a
policy that allows failures may then let pass what it blocked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import partial
from math import isfinite
from random import Random
from typing import TYPE_CHECKING, Any

from gate.policy import Decision
from tests.properties.answers import Retold, as_bytes
from tests.properties.sequences import carried_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gate.clouds.response import Response
    from tests.builders import FakeTime
    from tests.properties.answers import Document, Exchange, Question
    from tests.properties.sequences import Run

_AMOUNTS = (1, 1, 1, 2, 5, 1000, 10**12)
_MOST_ROWS = 3
_OK = 200


@dataclass(frozen=True, kw_only=True)
class Worsening:
    """One way in which an answer can be worse."""

    name: str
    change: Callable[[int, Document, Question], object]
    """Makes the document that answered this question worse by so many images, in place."""
    is_plain: bool = True
    """Whether something then says of itself that it failed or is risky; else it follows only from a difference."""


def worsenings(run: Run) -> tuple[Worsening, ...]:
    """Those after which this run may not pass.

    What was undecided may pass under a policy that allows failures, once it is known how many there are; and what
    follows from a difference may take a contradiction away. So without a block only the plain ones count, and only
    where nothing at all is allowed.
    """
    known, policy = _WORSENINGS[run.sequence.settings.cloud], run.sequence.settings.policy
    if run.outcome.verdict.decision is Decision.BLOCKED:
        return known
    is_strict = policy.max_failed == policy.max_risky == 0
    is_undecided = run.outcome.verdict.decision is Decision.UNDECIDED
    return tuple(one for one in known if one.is_plain) if is_undecided and is_strict else ()


def worse(run: Run, most: int) -> Iterator[tuple[Worsening, Run]]:
    """The same sequence before worse answers, in at most so many ways; which, and how much worse, its seed decides."""
    rng = Random(f"worse {run.sequence.seed}")
    possible = worsenings(run)
    for worsening in rng.sample(possible, min(most, len(possible))):
        amount = rng.choice(_AMOUNTS)
        yield worsening, retold(run, partial(worsening.change, amount))


def retold(run: Run, change: Callable[[Document, Question], object]) -> Run:
    """The same sequence before the same answers, of which every document was changed so."""

    def told(one: Exchange) -> Response | None:
        document = _read(one.answer)
        if one.answer is None or document is None:
            return one.answer
        change(document, one.question)
        return replace(one.answer, body=as_bytes(document))

    def other(time: FakeTime) -> Retold:
        return Retold(run.said, told, time, run.sequence.settings.request_timeout)

    return carried_out(run.sequence, other=other)


def _read(answer: Response | None) -> Document | None:
    """The document, if it may be written anew: one with a key twice would be mended by that."""
    if answer is None or answer.status != _OK:
        return None
    try:
        document = json.loads(
            answer.body.decode(), object_pairs_hook=_once, parse_float=_finite, parse_constant=_finite
        )
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> Document:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key stands twice")
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
    """Adds to a count, if it is one; one that was told as a text stays a text."""
    value = node.get(key)
    if (type(value) is int and value >= 0) or (isinstance(value, str) and value.isdecimal()):
        node[key] = type(value)(max(0, int(value) + number))


# Huawei: one row says everything (huawei-hss.md 2).


def _huawei(**numbers: int) -> Callable[[int, Document, Question], None]:
    def change(amount: int, document: Document, question: Question) -> None:
        if question.called == "tasks":
            for row in _rows(document, "data_list"):
                for name, sign in numbers.items():
                    if name == "failed_images":
                        _list_more(row, amount)
                    else:
                        _add(row, name, sign * amount)

    return change


def _list_more(row: Document, amount: int) -> None:
    listed = row.get("failed_images")
    if listed is None or isinstance(listed, list):
        more = [
            {"image_name": f"more-{at}", "failed_reason": "download_failed"} for at in range(min(amount, _MOST_ROWS))
        ]
        row["failed_images"] = [*(listed or ()), *more]


# Alibaba: the task says how many, its leaves which, the images whether they are risky (alibaba-security-center.md 2).


def _more_in_the_task(amount: int, document: Document, question: Question) -> None:
    if question.called in {"GetLastOnceTaskInfo", "GetOnceTaskResultInfo"}:
        _add(document, "TotalCount", min(amount, _MOST_ROWS))


def _more_leaves(amount: int, document: Document, question: Question) -> None:
    """On the first page, where every list begins; the pages behind it say that there are more."""
    _add_leaves({"TargetType": "IMAGE"}, amount, document, question)


def _more_repositories(amount: int, document: Document, question: Question) -> None:
    _add_leaves({"TargetType": "IMAGE_REPO"}, amount, document, question)


def _add_leaves(kind: Document, amount: int, document: Document, question: Question) -> None:
    if question.called != "DescribeOnceTaskLeafRecordPage" or not isinstance(document.get("OnceTasks"), list):
        return
    number, info = min(amount, _MOST_ROWS), document.get("PageInfo")
    info = info if isinstance(info, dict) else {}
    _add(info, "TotalCount", number)
    # What the page itself says of its number may have been struck.
    if question.query["CurrentPage"] == "1":
        _add(info, "Count", number)
        leaf = {**kind, "StatusText": "FAIL", "ResultInfo": "download_failed"}
        document["OnceTasks"] += [leaf | {"TaskId": f"more/{at}", "Target": f"more-{at}"} for at in range(number)]


def _more_images_that_failed(amount: int, document: Document, question: Question) -> None:
    _more_in_the_task(amount, document, question)
    _more_leaves(amount, document, question)


def _risky(amount: int, document: Document, question: Question) -> None:
    if question.called == "DescribeImageInstances":
        for row in _rows(document, "ImageInstanceList")[:amount]:
            row["RiskStatus"] = "YES"


def _fewer_finished(amount: int, document: Document, question: Question) -> None:
    if question.called in {"GetLastOnceTaskInfo", "GetOnceTaskResultInfo"}:
        _add(document, "FinishCount", -amount)


_WORSENINGS = {
    "huawei": (
        Worsening(name="failed_num", change=_huawei(failed_num=1)),
        Worsening(name="failed_images", change=_huawei(failed_images=1)),
        Worsening(name="risky_num", change=_huawei(risky_num=1)),
        Worsening(name="success_num", change=_huawei(success_num=-1), is_plain=False),
        Worsening(name="all of a failure", change=_huawei(failed_num=1, failed_images=1, success_num=-1)),
        Worsening(name="more images, failed", change=_huawei(total_num=1, failed_num=1, failed_images=1)),
    ),
    "alibaba": (
        Worsening(name="leaves", change=_more_leaves),
        Worsening(name="repositories", change=_more_repositories),
        Worsening(name="TotalCount", change=_more_in_the_task, is_plain=False),
        Worsening(name="more images, failed", change=_more_images_that_failed),
        Worsening(name="RiskStatus", change=_risky),
        Worsening(name="FinishCount", change=_fewer_finished),
    ),
}
"""By cloud: everywhere at once, or in only one of the places that tell of it."""
