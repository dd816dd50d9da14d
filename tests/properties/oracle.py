"""What a verdict must have been reached from, read once more from the raw answers alone.

Written from the rules (README "How it judges", docs/alibaba.md) in other words than the gate's: no module of the gate
that translates or judges is used here. It answers one question: is there, among what the cloud said, a complete and
fresh task with full counts, and how do these compare with the limits?

It takes from the run only which id it says that it followed, and holds that against the questions that were asked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import takewhile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gate.clouds.response import Response
    from gate.settings import Settings
    from tests.properties.answers import Exchange

QUARTER, MINUTE = timedelta(minutes=15), timedelta(minutes=1)
_TOO_MANY, _YEARS = 429, range(2000, 3000)
# What both clouds call it not to let somebody in, beside 401 and 403 (huawei-hss.md 5, alibaba-security-center.md 5).
_WORDS = (
    b"HSS.0010",
    b"HSS.0013",
    b"APIGW.03",
    b"APIG.03",
    b"NoPermission",
    b"Forbidden",
    b"AccessKeyId",
    b"SecurityToken",
    b"Signature",
    b"TimeStamp",
    b"Timestamp",
)
Row = dict[str, Any]


class NoProof(Exception):
    """The answers do not hold what the verdict needs; the text says what is missing."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """The numbers that the answers give, of a task that is complete, fresh and fully counted."""

    failed: int
    risky: int
    fits: bool
    """Whether the numbers can all be true; where not, they may block, and never let pass."""


def proof(settings: Settings, said: Sequence[Exchange], task_id: str, wall: Callable[[float], datetime]) -> Proof:
    """Finds what a verdict on this task may rest on.

    Args:
        settings: What the run was asked to do.
        said: All questions, with their answers.
        task_id: The task that the run says it followed.
        wall: What this machine's clock showed, so many s after the run began.

    Raises:
        NoProof: There is nothing of the kind among the answers.
    """
    reader = _Reader(
        settings=settings, said=[*_readable(said, settings.cloud)], task_id=task_id, now=_clock(said, wall)
    )
    return reader.of_huawei() if settings.cloud == "huawei" else reader.of_alibaba()


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A question that was answered with a JSON object and nothing wrong with it."""

    called: str
    query: Mapping[str, str]
    document: Row
    ended: float


def _readable(said: Iterable[Exchange], cloud: str) -> Iterable[Heard]:
    for one in said:
        if one.answer is not None and one.answer.status == 200:
            try:
                document = json.loads(one.answer.body.decode(), object_pairs_hook=_once, parse_constant=_never)
            except (ValueError, RecursionError):
                continue
            if isinstance(document, dict) and not _is_refusal(document, cloud):
                yield Heard(called=one.question.called, query=one.question.query, document=document, ended=one.ended)


def _is_refusal(document: Row, cloud: str) -> bool:
    """The plainest of refusals that can arrive with status 200; the gate knows more of them."""
    code = document.get("error_code" if cloud == "huawei" else "Code")
    return isinstance(code, str) and "." in code


def _once(pairs: list[tuple[str, Any]]) -> Row:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _never(name: str) -> None:
    raise ValueError(name)


def _clock(said: Sequence[Exchange], wall: Callable[[float], datetime]) -> Callable[[float], datetime]:
    """The time of day that counts: the latest that anybody told until then.

    It is this machine's until whoever refuses its signature shows it to be wrong; any other answer makes it later, and
    never earlier, and what was told once is not forgotten when the clock is set.
    """
    dated = [(one.ended, theirs, _refuses(one.answer)) for one in said if one.answer and (theirs := _date(one.answer))]
    refused = [(at, theirs) for at, theirs, is_refusal in dated if is_refusal]
    told = [(at, theirs) for at, theirs, is_refusal in dated if not is_refusal]
    sets = next(((at, theirs) for at, theirs in refused if abs(theirs - wall(at)) > QUARTER), None)

    def base(at: float) -> datetime:
        return sets[1] + timedelta(seconds=at - sets[0]) if sets and at >= sets[0] else wall(at)

    def latest(at: float) -> datetime:
        ahead = (theirs + timedelta(seconds=at - heard) - base(at) for heard, theirs in told if heard <= at)
        return base(at) + max((span for span in ahead if span > MINUTE), default=timedelta())

    return latest


def _date(answer: Response) -> datetime | None:
    try:
        theirs = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        return None
    return theirs if theirs.tzinfo and theirs.year in _YEARS else None


def _refuses(answer: Response) -> bool:
    """Whether somebody does not let this user in, which a wrong time could be the reason for."""
    is_throttled = answer.status == _TOO_MANY or b"Throttling" in answer.body or "x-acs-retry-after" in answer.headers
    # A nonce that was used is a question sent twice: it says nothing of the key, and nothing of the time.
    is_sent_twice = b'"SignatureNonceUsed"' in answer.body
    is_refused = answer.status in {401, 403} or any(word in answer.body for word in _WORDS)
    return is_refused and not is_throttled and not is_sent_twice


@dataclass(frozen=True, kw_only=True)
class _Reader:
    settings: Settings
    said: list[Heard]
    task_id: str
    now: Callable[[float], datetime]

    def of_huawei(self) -> Proof:
        """One and the same row of the last list holds everything."""
        rows = self._rows_of_the_task()
        row = rows[-1]
        _same(_begin(self._choice("tasks", "task_id"), self.task_id), row.get("begin_time"))
        is_scan = self.settings.for_cloud.get("type") != "image_sync"
        _needs(type(row.get("task_status")) is int and row["task_status"] == 100, "the task is not complete")
        _needs(row.get("task_type") not in (("autoSync", "manualSync") if is_scan else ("cycle", "manual")), "its kind")
        total, ok, bad = (_number(row.get(f"{name}_num")) for name in ("total", "success", "failed"))
        risky = _number(row.get("risky_num")) if is_scan else 0
        listed = row.get("failed_images")
        _needs(listed is None or isinstance(listed, list), "the failed images are no list")
        failed = max(bad, len(listed or ()), total - ok)
        _needs(total > 0, "there are no images")
        fits = max(risky, bad + ok) <= total and _never_more(total, (one.get("total_num") for one in rows))
        return Proof(failed=failed, risky=risky, fits=fits)

    def _rows_of_the_task(self) -> list[Row]:
        """The task's row in each list, the last of which has one; what ends a page begins the next, told anew there."""
        lists: list[list[Row]] = [[]]
        goes_on = False
        for page in (one for one in self.said if one.called == "tasks"):
            if page.query["offset"] == "0" and not goes_on:
                lists.append([])
            lists[-1] += page.document.get("data_list") or ()
            # Behind a single row that is not all, the next page begins with that row, and has the offset 0 too.
            goes_on = len(lists[-1]) == 1 and page.document.get("total_num") != 1
        found = [[row for row in rows if row.get("task_id") == self.task_id] for rows in lists]
        _needs(found[-1], "the task is not in the last list")
        return [rows[-1] for rows in found if rows]

    def of_alibaba(self) -> Proof:
        """The task says how many, its leaves which, and what is known of the images the rest."""
        if "task-type" in self.settings.for_cloud:
            return self._of_a_collection()
        _needs(self.task_id.strip("0"), "an id of its own")
        chosen, last = self._choice("GetLastOnceTaskInfo", "TaskId"), self._last("GetOnceTaskResultInfo")
        _same(chosen.document.get("CollectTime"), last.document.get("CollectTime"))
        for heard in (chosen, last):
            stated = heard.document.get("TaskId")
            # An id of another shape names no task; the question did, and its answer is believed.
            named = str(stated).strip() if isinstance(stated, str) or type(stated) is int else ""
            _needs(named in {self.task_id, *_NO_ID}, "the answer is about another task")
        _complete(last.document)
        stated = _number(last.document.get("TotalCount"))
        leaves = [row for row in self._rows("DescribeOnceTaskLeafRecordPage", "OnceTasks", last) if _counts(row)]
        _needs(len(leaves) >= stated > 0, "the leaves are fewer than the task has images")
        _needs(all(row.get("TaskType") in (None, "", "IMAGE_SCAN") for row in leaves), "a leaf of another kind of task")
        before = (one.document.get("TotalCount") for one in self.said if self._tells_of_the_task(one))
        good = [row for row in leaves if _is_good(row)]
        which = {(_digest(row), json.dumps(row.get("TaskImageInfo"), sort_keys=True)) for row in good}
        _needs(len(which) + len(leaves) - len(good) >= stated, "a leaf stands there twice, and another is missing")
        names = {_digest(row) for row in good}
        known = self._rows("DescribeImageInstances", "ImageInstanceList", last) if names else []
        risks = [self._is_risky(name, known, last) for name in names]
        fits = len(leaves) == stated and _never_more(stated, before) and self._names_all_it_named(last)
        return Proof(failed=len(leaves) - len(good), risky=sum(risks), fits=fits)

    def _names_all_it_named(self, last: Heard) -> bool:
        """Whether every leaf that counted at an earlier look is still among those of the last one, by its name."""
        polls = [one for one in self.said if one.called == last.called and one is not last]
        lists = [self._rows("DescribeOnceTaskLeafRecordPage", "OnceTasks", poll) for poll in polls]
        named = {_digest(row) for rows in lists for row in rows if _counts(row)} - {""}
        return named <= {_digest(row) for row in self._rows("DescribeOnceTaskLeafRecordPage", "OnceTasks", last)}

    def _tells_of_the_task(self, one: Heard) -> bool:
        info = one.document.get("TaskInfo")
        is_there = isinstance(info, dict) and info.get("Status") in _WORDS_OF_STATES and info.get("Result") in _FINE
        return one.called == "GetOnceTaskResultInfo" and is_there and one.document.get("TaskId") == self.task_id

    def _of_a_collection(self) -> Proof:
        """The counts of one answer, in which failed is what is not finished."""
        by_begin = self.task_id.startswith("collected-at-")
        chosen, last = self._choice("GetLastOnceTaskInfo", "TaskId"), self.said[-1]
        _same(chosen.document.get("CollectTime"), last.document.get("CollectTime"))
        _needs(not by_begin or self.task_id == f"collected-at-{last.document['CollectTime']}", "it is another task")
        _complete(last.document)
        total, done = (_number(last.document.get(name)) for name in ("TotalCount", "FinishCount"))
        _needs(total > 0, "there is nothing in it")
        return Proof(failed=max(0, total - done), risky=0, fits=True)

    def _is_risky(self, name: str, known: list[Row], last: Heard) -> bool:
        _needs(name, "an image without a digest")
        about = [row for row in known if _plain(row.get("Digest")) == name]
        began = last.document["CollectTime"]
        latest = (self.now(self._end()) + QUARTER).timestamp() * 1000
        over = [row for row in about if row.get("ScaStatus") in _FINE and row.get("ScaResult") in _FINE]
        fresh = [row for row in over if type(row.get("LastScanTime")) is int and began <= row["LastScanTime"] <= latest]
        _needs(fresh, "an image without a result of this scan")
        is_risky = any(row.get("RiskStatus") == "YES" for row in about)
        _needs(is_risky or all(map(_is_plainly_clean, fresh)), "neither risky nor not")
        return is_risky

    def _choice(self, called: str, key: str) -> Heard:
        """The answer by which the task was chosen: the last before it was asked for by its id; first, if given."""
        follows = [one for one in self.said if one.query.get(key)]
        ids = {one.query[key] for one in follows if one.called != "DescribeOnceTaskLeafRecordPage"}
        _needs(ids <= {self.task_id}, "another task was asked for")
        if self.settings.task_id:
            _needs(self.settings.task_id == self.task_id, "another task was wanted")
            named = [one for one in self.said if key not in one.query] if "collected" in self.task_id else follows
            return self._candidate(named, last=False)
        return self._candidate([one for one in self.said if one.called == called and key not in one.query], last=True)

    def _candidate(self, heard: list[Heard], *, last: bool) -> Heard:
        """The one of these in which the task was there and fresh; the others kept the gate waiting."""
        for at in reversed(range(len(heard))) if last else range(len(heard)):
            one = heard[at]
            begin = _begin(one, self.task_id) if self.settings.cloud == "huawei" else one.document.get("CollectTime")
            # It is chosen when the last page of the list is there, and by then another clock may hold.
            if any(self._is_fresh(begin, page.ended) for page in (one, *_pages_behind(heard[at + 1 :]))):
                return one
        raise NoProof("it was never chosen while it was fresh")

    def _last(self, called: str) -> Heard:
        found = [one for one in self.said if one.called == called]
        _needs(found, f"{called} was never answered")
        return found[-1]

    def _end(self) -> float:
        return self.said[-1].ended

    def _rows(self, called: str, key: str, after: Heard) -> list[Row]:
        """The rows of a list as it was read last in this look, by what it was asked for."""
        lists: dict[str, dict[str, Row]] = {}
        for one in takewhile(lambda one: one.called != after.called, self.said[self.said.index(after) + 1 :]):
            if one.called != called:
                continue
            which, number = one.query.get("Criteria", ""), one.query["CurrentPage"]
            if number == "1":
                lists[which] = {}
            lists.setdefault(which, {})[number] = one.document
        return [row for pages in lists.values() for document in pages.values() for row in document.get(key) or ()]

    def _is_fresh(self, begin: object, at: float) -> bool:
        policy, began, now = self.settings.policy, _moment(begin), self.now(at)
        if policy.max_age is None and policy.started_after is None:
            return True
        if began is None or began > now + QUARTER:
            return False
        is_young = policy.max_age is None or now - began <= policy.max_age
        return is_young and (policy.started_after is None or began >= policy.started_after)


_NO_ID = ("", "0")
_FINE = (None, "", "SUCCESS")
_WORDS_OF_STATES = ("INIT", "START", "SUCCESS")


def _pages_behind(heard: Sequence[Heard]) -> list[Heard]:
    """The pages that follow, of which the first may have the offset 0 as well."""
    listed = [one for one in heard if "offset" in one.query]
    return [*listed[:1], *takewhile(lambda one: one.query["offset"] != "0", listed[1:])]


def _begin(heard: Heard, task_id: str) -> object:
    rows = heard.document.get("data_list") or ()
    return next((row.get("begin_time") for row in rows if row.get("task_id") == task_id), None)


def _complete(document: Row) -> None:
    info = document.get("TaskInfo")
    _needs(isinstance(info, dict), "no state")
    assert isinstance(info, dict)
    _needs(info.get("Status") == "SUCCESS" and info.get("Result") in _FINE, "the task is not complete")


def _counts(leaf: Row) -> bool:
    """A repository is no image; if it is not well, its images need not be."""
    return leaf.get("TargetType") != "IMAGE_REPO" or not _is_good(leaf)


def _digest(row: Row) -> str:
    about = row.get("TaskImageInfo")
    inner = _plain(about.get("Digest")) if isinstance(about, dict) else ""
    return inner or _plain(row.get("Target"))


def _plain(digest: object) -> str:
    return digest.strip().lower().removeprefix("sha256:") if isinstance(digest, str) else ""


def _number(value: object) -> int:
    _needs(type(value) is int and value >= 0, f"{value!r} is no count")
    assert isinstance(value, int)
    return value


def _moment(milliseconds: object) -> datetime | None:
    if type(milliseconds) is not int or milliseconds <= 0:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _never_more(now: int, before: Iterable[object]) -> bool:
    """Whether the task has not lost images; a block stands all the same."""
    return all(type(one) is not int or one <= now for one in before)


def _is_good(leaf: Row) -> bool:
    is_success = leaf.get("StatusText") == "SUCCESS" and leaf.get("ResultInfo") in _FINE
    return is_success and leaf.get("Finish") in (None, "", 1, "1")


def _is_plainly_clean(image: Row) -> bool:
    parts = (f"{part}{what}" for part in ("Vul", "Hc", "Alarm") for what in ("Status", "Count"))
    return image.get("RiskStatus") == "NO" and all(image.get(part) in (None, "", "NO", 0, "0") for part in parts)


def _same(chosen: object, last: object) -> None:
    """Where no age is demanded, a task may be chosen that does not say when it began."""
    _needs(_moment(chosen) in {None, _moment(last)}, "the begin has moved")


def _needs(condition: object, what: str) -> None:
    if not condition:
        raise NoProof(what)
