"""The table: which exit code each fault has, at each moment, on each cloud.

Each line names a fault and its exit code, then where it is another one. What cannot be at a moment is not in the table.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, replace
from itertools import chain, product
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from tests.builders import NOW
from tests.matrix import faults
from tests.matrix.faults import alibaba_error, huawei_error, iam_error, in_state, once
from tests.matrix.fields import MISSING, VARIANTS, field
from tests.matrix.moments import ALIBABA, HUAWEI, IMAGES, LAST_TASK, LEAVES, OURS, RESULT, TASKS, WHEN, Moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.matrix.stage import Trouble

FINDING, FIRST, MIDDLE, LAST, COUNTING, WEIGHING = Moment
_ALL = tuple(Moment)
# The task is looked at before it is counted and weighed, and here only once more.
_LOOKING = (FINDING, FIRST, MIDDLE, LAST)
_LISTS = (COUNTING, WEIGHING)
# What lasts from the first look on or from the middle on is met in the same way: one of the two is enough, except where
# something may change meanwhile.
# And neither is needed where there is no other try: whatever look meets it is the last one.
_DISTINCT = (FINDING, LAST, COUNTING, WEIGHING)
_LASTING = (FINDING, FIRST, LAST, COUNTING, WEIGHING)
_SOME = (MIDDLE, LAST, COUNTING)

Codes: TypeAlias = "Mapping[Moment, int]"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One fault at one moment in one cloud, and the exit code that the gate must have."""

    trouble: Trouble
    moment: Moment
    cloud: str
    code: int
    is_excused: bool = False
    """Whether the user asked for this code to be a warning: the gate tells it all the same, and exits with 0."""

    def __str__(self) -> str:
        exits = f"warns-of-{self.code}" if self.is_excused else f"exits-{self.code}"
        return f"{self.cloud}-{self.moment}-{self.trouble.name}-{exits}"


def row(
    trouble: Trouble,
    code: int,
    but: Codes | None = None,
    *,
    cloud: str = "",
    at: tuple[Moment, ...] = _ALL,
    excused: tuple[int, ...] = (),
) -> Iterator[Cell]:
    """The cells of one fault: its exit code, other codes by moment, and the cloud and the moments if not all.

    What is excused is a code that the options of the fault make a warning.
    """
    for name, moments in WHEN.items():
        for moment in moments:
            # What is in no answer is the same whether leaves or images are asked for.
            is_different_task = trouble.is_in_answers or moment is not WEIGHING
            if cloud in {"", name} and moment in at and is_different_task:
                exit_code = (but or {}).get(moment, code)
                excuse = exit_code in excused
                yield Cell(trouble=trouble, moment=moment, cloud=name, code=exit_code, is_excused=excuse)


def passing(trouble: Trouble) -> Iterator[Cell]:
    """A fault that is worth another try: the cloud is unavailable if it lasts, and else the gate gets over it."""
    yield from row(trouble, 4, at=_LASTING)
    # At the deadline itself there is no other try.
    short = replace(once(trouble), is_retried=True)
    yield from row(short, 0, {LAST: 4}, cloud=HUAWEI, at=_SOME)
    yield from row(short, 0, cloud=ALIBABA, at=_SOME)


def given(trouble: Trouble, name: str, *options: str) -> Trouble:
    """The same fault, of a run with other options, by a name for them."""
    return replace(trouble, name=f"{trouble.name}-{name}", arguments=(*trouble.arguments, *options))


def leniently(trouble: Trouble, code: int, but: Codes | None = None, **others: Any) -> Iterator[Cell]:
    """A fault before each kind of leniency: it excuses what it is asked to, aloud, and nothing else."""
    warn_only, warn = ("--warn-only",), ("--on-undecided", "warn")
    blocked, undecided = (1,), (4, 5, 6, 7)
    yield from row(given(trouble, "with-warn-only", *warn_only), code, but, excused=blocked, **others)
    yield from row(given(trouble, "with-warn", *warn), code, but, excused=undecided, **others)
    both = given(trouble, "with-both", *warn_only, *warn)
    yield from row(both, code, but, excused=blocked + undecided, **others)


def each(troubles: tuple[Trouble, ...], code: int, *, at: tuple[Moment, ...] = _ALL) -> Iterator[Cell]:
    """The cells of faults that are all alike."""
    for trouble in troubles:
        yield from row(trouble, code, at=at)


ON_THE_WIRE: Final = (
    *chain(*map(passing, faults.STALLS)),
    *chain(*map(passing, faults.PASSING)),
    *each(faults.FINAL, 4, at=_DISTINCT),
    *chain(*map(passing, faults.PROXY_PASSING)),
    *each(faults.PROXY_FINAL, 4, at=_LASTING),
    *each(faults.AUTH_STATUSES, 3, at=_DISTINCT),
    *each(faults.HARMLESS, 0, at=_DISTINCT),
    *row(faults.BOMB, 4, at=_DISTINCT),
    *row(faults.BODY_OVER_THE_CAP, 4, at=_DISTINCT),
)

# Errors, by status and code (huawei-hss.md 5, alibaba-security-center.md 5).

HSS: Final = (
    *("HSS.0001", "HSS.0002", "HSS.0011", "HSS.0014"),
    *("HSS.1001", "HSS.1002", "HSS.1003", "HSS.1004", "HSS.1005", "HSS.1006", "HSS.1007", "HSS.1008"),
    *(f"HSS.{number}" for number in range(1009, 1022)),
)
GATEWAY: Final = (
    (404, "APIGW.0101", 4),
    (400, "APIGW.0201", 4),
    (413, "APIGW.0201", 4),
    (414, "APIGW.0201", 4),
    (494, "APIGW.0201", 4),
    (502, "APIGW.0201", 4),
    (500, "APIGW.0201", 4),
    (504, "APIGW.0201", 4),
    (401, "APIGW.0301", 3),
    (401, "APIG.0301", 3),
    (403, "APIGW.0302", 3),
    (401, "APIGW.0303", 3),
    (401, "APIGW.0305", 3),
    (403, "APIGW.0306", 3),
    (401, "APIGW.0307", 3),
    (429, "APIGW.0308", 4),
    (403, "APIGW.0310", 3),
    (403, "APIGW.0401", 3),
    (403, "APIGW.0402", 3),
    (500, "APIGW.0601", 4),
    (400, "APIGW.0602", 4),
    (500, "APIGW.0605", 4),
    (500, "APIGW.0606", 4),
    (502, "APIGW.0610", 4),
    (503, "APIGW.0613", 4),
    (403, "APIGW.0802", 3),
)
IAM: Final = (
    (400, "IAM.0011", 4),
    (401, "IAM.0001", 3),
    (403, "IAM.0003", 3),
    (404, "IAM.0004", 4),
    (500, "IAM.0006", 4),
)
SECURITY_CENTER: Final = (
    (403, "NoPermission", 3),
    (400, "NoPermission", 3),
    (500, "ServerError", 4),
    (500, "InternalError", 4),
    (503, "ServiceUnavailable", 4),
    (400, "Throttling", 4),
    (400, "Throttling.User", 4),
    (400, "Throttling.Api", 4),
    (400, "Rejected.Throttling", 4),
    (429, "Throttling.User", 4),
    (400, "InvalidTimeStamp.Expired", 3),
    (400, "InvalidTimeStamp.Format", 3),
    (400, "IllegalTimestamp", 3),
    (400, "SignatureNonceUsed", 4),
    (400, "SignatureDoesNotMatch", 3),
    (403, "SignatureDoesNotMatch", 3),
    (400, "IncompleteSignature", 3),
    (403, "IncompleteSignature", 3),
    (404, "InvalidAccessKeyId.NotFound", 3),
    (400, "InvalidAccessKeyId.NotFound", 3),
    (400, "InvalidAccessKeyId.Inactive", 3),
    (400, "MissingSecurityToken", 3),
    (400, "InvalidSecurityToken.Expired", 3),
    (400, "MissingTaskType", 4),
    (400, "InvalidTaskType", 4),
    (400, "UnsupportedHTTPMethod", 4),
    (404, "InvalidApi.NotFound", 4),
    (404, "InvalidProduct.NotFound", 4),
    (404, "InvalidProtocol.NeedSsl", 4),
    (400, "-101", 4),
)
DOCUMENTED: Final = (
    *chain(*(row(huawei_error(400, code), 4, cloud=HUAWEI) for code in HSS)),
    *chain(*(row(huawei_error(400, code), 3, cloud=HUAWEI) for code in ("HSS.0010", "HSS.0013"))),
    *row(huawei_error(500, "HSS.0041"), 4, cloud=HUAWEI),
    *chain(*(row(huawei_error(status, code), exits, cloud=HUAWEI) for status, code, exits in GATEWAY)),
    *chain(
        *(row(iam_error(status, code), exits, cloud=HUAWEI, at=(FINDING,)) for status, code, exits in IAM + GATEWAY)
    ),
    *row(faults.IAM_V3, 3, cloud=HUAWEI, at=(FINDING,)),
    *chain(*(row(alibaba_error(status, code), exits, cloud=ALIBABA) for status, code, exits in SECURITY_CENTER)),
    *row(faults.HUAWEI_ERROR_IN_200, 4, cloud=HUAWEI),
    *row(faults.HUAWEI_FORBIDDEN_IN_200, 3, cloud=HUAWEI),
    *row(faults.HUAWEI_ERROR_WITHIN, 4, cloud=HUAWEI),
    *row(faults.ALIBABA_ERROR_IN_200, 4, cloud=ALIBABA),
    *row(faults.ALIBABA_FORBIDDEN_IN_200, 3, cloud=ALIBABA),
    *row(faults.ALIBABA_ERROR_WITHIN, 4, cloud=ALIBABA),
    *row(faults.ALIBABA_NO_SUCCESS, 4, cloud=ALIBABA),
    *row(faults.ALIBABA_FINE, 0, cloud=ALIBABA),
    *row(faults.SECRETS_REPEATED, 3),
    *row(faults.TEMPORARY_KEYS_EXPIRE, 3),
    *row(faults.TOKEN_EXPIRES, 3, cloud=HUAWEI),
    *row(faults.EXPIRED_FOR_IAM, 3, cloud=HUAWEI, at=(FINDING,)),
    *passing(faults.NO_QUOTA_LEFT),
)

# Time, and what becomes of the task.

TIME_AND_TASK: Final = (
    *row(faults.AN_HOUR_AHEAD, 0),
    *row(faults.AN_HOUR_BEHIND, 0),
    # Every signature is refused until the gate has taken the time from the cloud.
    # At the deadline itself there is time for one request only, and not for the same one signed anew.
    *row(faults.CLOUD_AHEAD, 0, {LAST: 5}, cloud=HUAWEI),
    *row(faults.CLOUD_AHEAD, 0, cloud=ALIBABA),
    *row(faults.FROM_A_CACHE, 7, cloud=HUAWEI),
    *row(faults.BEGUN_LONG_AGO, 7, at=_LOOKING),
    *row(faults.BEGUN_IN_FUTURE, 7, at=_LOOKING),
    # A clock that is behind by less than a signature would bear, or else another task.
    *row(faults.BEGUN_IN_TEN_MINUTES, 7, {FINDING: 0}, cloud=HUAWEI, at=_LOOKING),
    # No image was scanned since.
    *row(faults.BEGUN_IN_TEN_MINUTES, 7, {FINDING: 5}, cloud=ALIBABA, at=_LOOKING),
    # Only the stale task is left to be found.
    *row(faults.VANISHES, 5, {FINDING: 7}),
    *row(once(faults.VANISHES), 0, {LAST: 5}),
    # At the beginning the newer one is the one to be judged.
    *row(faults.OVERTAKEN, 0, {FINDING: 1}),
    # Asked for by its id, the task is not there, or the answer is about another one.
    *row(faults.REPLACED, 5, cloud=HUAWEI, at=_LOOKING),
    *row(faults.REPLACED, 4, {FINDING: 5}, cloud=ALIBABA, at=_LOOKING),
    *row(faults.BEGUN_ANEW, 7, {FINDING: 0}, at=_LOOKING),
    *row(faults.BACKWARDS, 0, at=(FINDING, FIRST, MIDDLE)),
    *row(faults.RUNNING_AGAIN, 5, at=_LOOKING),
    *row(faults.WAITING_AGAIN, 5, at=_LOOKING),
    *row(faults.EMPTIED, 7, at=_LOOKING),
    *row(faults.HOLLOW, 7, cloud=HUAWEI, at=_LOOKING),
    *row(faults.SHRUNK, 7, at=_LOOKING),
    # A task does not lose images; where it never had more, there is nothing to be lost.
    *row(faults.SHRUNK_WITH_ITS_COUNTS, 7, {FINDING: 0}, at=_LOOKING),
    *row(faults.EXCHANGED, 7, cloud=ALIBABA, at=(FINDING, FIRST, MIDDLE)),
    *row(faults.GROWN, 1, cloud=HUAWEI, at=_LOOKING),
    *row(faults.GROWN, 5, cloud=ALIBABA, at=_LOOKING),
    *row(faults.REPOSITORY_FAILED, 1, cloud=ALIBABA, at=(*_LOOKING, COUNTING)),
    *row(faults.REPOSITORY_RUNNING, 1, cloud=ALIBABA, at=(*_LOOKING, COUNTING)),
    *row(faults.REPOSITORY_UNKNOWN, 1, cloud=ALIBABA, at=(*_LOOKING, COUNTING)),
    *row(in_state(142, "HIBERNATED"), 5, at=_LOOKING),
    *row(in_state(101, "FINISHED"), 5, at=_LOOKING),
    *row(in_state(-4, "success"), 5, at=_LOOKING),
    *row(in_state(1000, "SUCCESS "), 5, at=_LOOKING),
    *row(in_state(-1, "FAIL"), 6, at=_LOOKING),
    *row(in_state(-2, "TIMEOUT"), 6, at=_LOOKING),
    *row(in_state(-3, "TIMOUT"), 6, at=_LOOKING),
    # On Huawei Cloud the last look tells the counts as well; on Alibaba Cloud there is no time to ask for them.
    *row(faults.COMPLETE_AT_THE_DEADLINE, 0, cloud=HUAWEI, at=(FINDING, FIRST, MIDDLE)),
    *row(faults.COMPLETE_AT_THE_DEADLINE, 5, cloud=ALIBABA, at=_LOOKING),
    *row(faults.TIME_IS_UP, 5, cloud=ALIBABA, at=_LISTS),
)

PAGES: Final = (
    # Where an earlier look was made, the run ends as that look; else there is none to go by.
    *row(faults.ENDLESS, 5, {FINDING: 4}, cloud=HUAWEI),
    *row(faults.ENDLESS, 5, cloud=ALIBABA, at=_LISTS),
    *row(faults.ENDLESS_AND_FAST, 4, cloud=HUAWEI, at=(FINDING,)),
    # What does not fit together is asked for again, for which there is no time at the deadline.
    *row(faults.MORE_PROMISED, 4, {LAST: 5}, cloud=HUAWEI),
    *row(faults.FEWER_PROMISED, 4, {LAST: 5}, cloud=HUAWEI),
    *row(faults.NONE_PROMISED, 4, {LAST: 5}, cloud=HUAWEI),
    *row(faults.MORE_PROMISED, 4, cloud=ALIBABA, at=_LISTS),
    *row(faults.FEWER_PROMISED, 4, cloud=ALIBABA, at=_LISTS),
    *row(faults.NONE_PROMISED, 4, cloud=ALIBABA, at=_LISTS),
    *row(faults.MISCOUNTED, 4, cloud=ALIBABA, at=_LISTS),
    *row(faults.ANOTHER_PAGE, 4, cloud=ALIBABA, at=_LISTS),
    *row(faults.SAME_PAGE, 4, cloud=HUAWEI, at=(FINDING,)),
    *row(faults.SAME_PAGE, 4, cloud=ALIBABA, at=_LISTS),
    *row(faults.EMPTY_LIST, 5, {FINDING: 7}, cloud=HUAWEI),
    *row(faults.EMPTY_LIST, 5, cloud=ALIBABA, at=_LISTS),
)

# Every field that the gate reads, and what may stand there instead.


@dataclass(frozen=True)
class Field:
    """A field of one document: where it is, and the exit codes of what may stand in it."""

    path: str
    code: int
    """Of whatever is neither in `but` nor in `finding`."""
    but: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Other exit codes, by what stands there."""
    finding: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Those where it is so from the very first request."""
    last: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Those where it is so at the last look."""
    true: tuple[str, ...] = ()
    """What stands there anyway, and is no fault."""
    words: Mapping[str, object] = dataclasses.field(default_factory=dict)
    """More that may stand there, by name, beside what may stand in every field."""


def of_fields(
    cloud: str,
    operations: tuple[str, ...],
    fields: tuple[Field, ...],
    at: tuple[Moment, ...],
    **others: Any,
) -> Iterator[Cell]:
    """The cells of these fields, which are in the answers of these operations, with what else a fault may have."""
    for one in fields:
        for name, value in {**VARIANTS, **one.words}.items():
            if name in one.true:
                continue
            trouble = field(one.path, name, value, operations, **others)
            code = one.but.get(name, one.code)
            but = {FINDING: one.finding.get(name, code), LAST: one.last.get(name, code)}
            yield from row(trouble, code, but, cloud=cloud, at=at)


_ABSENT = {"missing": 0, "null": 0}
_NO_ERROR = {"missing": 0, "null": 0, "list": 0, "object": 0}
_LONG = {"ten-to-the-400": 10**400}
_NUMBERS = {"zero": 0, **_LONG}
_DISTANT = {"zero": 0, "the-year-9999": 253_402_300_799_999, "beyond-all-years": 10**30}
_NOW_MS = round(NOW.timestamp() * 1000)
_TIMES_OF_SCAN = {
    **_DISTANT,
    "before-the-begin": _NOW_MS - 60_001,
    "at-the-begin": _NOW_MS - 60_000,
    "in-ten-minutes": _NOW_MS + 600_000,
    "in-an-hour": _NOW_MS + 3_600_000,
}
_WELL = {**_ABSENT, "empty": 0, "done": 0}
_ENDINGS_OF_A_SCAN = {"empty": "", "done": "SUCCESS", "running": "START_RUN", "elsewhere": "TASK_NOT_SUPPORT_REGION"}
_OF_PARTS = {"no": "NO", "none": 0, "none-as-text": "0", "yes": "YES", "some": 7}
_UNPRINTABLE = {"unprintable": "ours\n::error::"}


def _all_but(*names: str, code: int) -> dict[str, int]:
    return {name: code for name in VARIANTS if name not in names}


CHOOSING_ON_HUAWEI: Final = (
    Field("data_list", 4, last={"list": 5}, words={"list-of-null": [None], "list-of-lists": [[]]}),
    # Where the list does not say how long it is, its end is asked for, and there is no time for that at the deadline.
    Field(
        "total_num",
        4,
        _ABSENT,
        last={"missing": 5, "null": 5, "ten-to-the-400": 5},
        words=_LONG,
    ),
    Field("error_code", 4, {**_NO_ERROR, "zero": 0}, true=("missing",), words={"zero": "0"}),
    Field("data_list.error_code", 4, _NO_ERROR, true=("missing",)),
    # A text is an id, under which the task is then not found; what is no id can be followed by nobody.
    Field("data_list.task_id", 5, {"unprintable": 4}, _all_but("text", "digits", code=7), words=_UNPRINTABLE),
    # A task of the other kind is none of ours.
    Field(
        "data_list.task_type",
        0,
        {"other-kind": 5},
        {"other-kind": 7},
        words={"other-kind": "autoSync", "unknown": "cicd"},
    ),
    Field("data_list.task_status", 5, {"negative": 6}, words={"digits-100": "100", "fraction-100": 100.0}),
    Field("data_list.begin_time", 7, words=_DISTANT),
    Field("data_list.end_time", 0, words=_DISTANT),
)
COUNTING_ON_HUAWEI: Final = (
    Field("data_list.total_num", 7, {"ten-to-the-400": 1}, words=_NUMBERS),
    Field("data_list.success_num", 7, {"zero": 1}, words=_NUMBERS),
    Field("data_list.failed_num", 7, {"ten-to-the-400": 1}, words=_LONG),
    Field("data_list.risky_num", 7, {"ten-to-the-400": 1}, words=_LONG),
    # Each entry of the list stands for an image that failed, whatever it says.
    Field(
        "data_list.failed_images",
        7,
        {**_ABSENT, "list-of-null": 1, "list-of-an-object": 1},
        true=("list",),
        words={"list-of-null": [None], "list-of-an-object": [{}]},
    ),
)
# What is shown, or shortens a pause, and decides nothing.
HARMLESS_ON_HUAWEI: Final = (
    Field("data_list.task_name", 0, words={"half-a-letter": "\ud800", "command": "\n::error::x"}),
    Field("data_list.remain_min", 0, true=("missing",), words=_NUMBERS),
    Field("data_list.failed_reason", 0),
)
IAM_OF_HUAWEI: Final = (
    # Anything but one project with an id leaves the choice to the user.
    Field("projects", 4, {"list": 2}, words={"list-of-null": [None]}),
    Field("projects.name", 2),
    # A text is an id, but of no project of this user.
    Field("projects.id", 2, {"text": 3, "digits": 3}),
)
CHOOSING_ON_ALIBABA: Final = (
    # Asked for by its id, a task that does not say it is believed, and one that says another is not ours.
    Field(
        "TaskId",
        0,
        {"text": 4, "digits": 4, "negative": 4, "unprintable": 4},
        {
            **_all_but("text", "digits", "negative", code=7),
            "text": 5,
            "digits": 5,
            "negative": 5,
            "zero": 7,
            "zeros": 7,
        },
        words={"zero": 0, "zeros": "000", **_UNPRINTABLE},
    ),
    Field("CollectTime", 7, words=_DISTANT),
    Field("TotalCount", 7, {"ten-to-the-400": 5}, words=_NUMBERS),
    # Without its state there is no task; with an empty one there is a task in a state that nobody knows.
    Field("TaskInfo", 4, {"missing": 5, "null": 5, "object": 5}, {"missing": 7, "null": 7}),
    Field("TaskInfo.Status", 5),
    Field(
        "TaskInfo.Result",
        5,
        {**_ABSENT, "empty": 0, "elsewhere": 6},
        {"no-task": 7},
        true=("missing",),
        words={"empty": "", "elsewhere": "TASK_NOT_SUPPORT_REGION", "no-task": "TASK_NOT_EXISTS"},
    ),
    Field("Code", 4, {**_ABSENT, "well": 0, "empty": 0}, true=("missing",), words={"well": 200, "empty": ""}),
    Field("Success", 0, {"false": 4}, true=("missing",), words={"false": False}),
)
HARMLESS_ON_ALIBABA: Final = (
    Field("FinishCount", 0, words=_NUMBERS),
    Field("TaskInfo.Progress", 0, words=_NUMBERS),
)
PAGES_OF_ALIBABA: Final = (
    Field("PageInfo", 4, {"missing": 0, "object": 0}),
    Field("PageInfo.CurrentPage", 4, _ABSENT),
    Field("PageInfo.Count", 4, _ABSENT),
    Field("PageInfo.TotalCount", 4, _ABSENT, words=_LONG),
)
_NAMES_OF_AN_IMAGE: Final = ("RegistryType", "RepoNamespace", "RepoName", "Tag")
LEAVES_OF_ALIBABA: Final = (
    Field("OnceTasks", 4, words={"list-of-null": [None]}),
    Field("OnceTasks.TaskId", 0),
    # With one leaf fewer than the task has images, one may still come.
    Field("OnceTasks.TargetType", 0, {"repository": 5}, words={"repository": "IMAGE_REPO"}),
    # The digest stands there twice, and the one beside the image's name comes first.
    Field("OnceTasks.Target", 0),
    Field("OnceTasks.TaskImageInfo", 0),
    Field("OnceTasks.TaskImageInfo.Digest", 0, {"text": 5, "digits": 5}),
    *(
        Field(f"OnceTasks.TaskImageInfo.{name}", 0)
        for name in (*_NAMES_OF_AN_IMAGE, "RepoId", "RegionId", "RepoRegionId")
    ),
    Field("OnceTasks.StatusText", 1, words={"running": "START", "failed": "FAIL", "small": "success"}),
    Field(
        "OnceTasks.ResultInfo",
        1,
        {**_ABSENT, "empty": 0},
        true=("missing",),
        words={"empty": "", "elsewhere": "TASK_NOT_SUPPORT_REGION"},
    ),
    Field("OnceTasks.TaskType", 4, {**_ABSENT, "empty": 0}, words={"empty": "", "other-kind": "IMAGE_REGISTRY_PULL"}),
    Field("OnceTasks.Finish", 1, {**_ABSENT, "true": 0, "one-as-text": 0}, words={"one-as-text": "1", "zero": 0}),
)
IMAGES_OF_ALIBABA: Final = (
    Field("ImageInstanceList", 4, words={"list-of-null": [None]}),
    Field("ImageInstanceList.Digest", 5),
    Field("ImageInstanceList.RiskStatus", 7, {"risky": 1}, words={"risky": "YES", "small": "no"}),
    # Before this scan began is another scan's; later than now is none, but for what a clock may be off.
    Field("ImageInstanceList.LastScanTime", 5, {"in-ten-minutes": 0, "at-the-begin": 0}, words=_TIMES_OF_SCAN),
    Field("ImageInstanceList.ScaStatus", 5, _WELL, true=("done",), words=_ENDINGS_OF_A_SCAN),
    Field("ImageInstanceList.ScaResult", 5, _WELL, true=("missing",), words=_ENDINGS_OF_A_SCAN),
    *(
        Field(
            f"ImageInstanceList.{part}{what}",
            7,
            {**_ABSENT, "no": 0, "none": 0, "none-as-text": 0},
            true=(true,),
            words=_OF_PARTS,
        )
        for part in ("Vul", "Hc", "Alarm")
        for what, true in (("Status", "no"), ("Count", "none"))
    ),
    *(Field(f"ImageInstanceList.{name}", 0) for name in ("Uuid", "Tag", "InstanceId", "RegionId")),
    *(Field(f"ImageInstanceList.{name}", 0) for name in ("RepoId", "RepoNamespace", "RepoName")),
)
# It is the gate that writes them down, whatever they are, and the image stays one that failed.
FAILED_LEAVES_OF_ALIBABA: Final = (
    *(Field(f"OnceTasks.TaskImageInfo.{name}", 1, words=_UNPRINTABLE) for name in (*_NAMES_OF_AN_IMAGE, "Digest")),
    Field("OnceTasks.TaskImageInfo", 1),
    Field("OnceTasks.Target", 1, words=_UNPRINTABLE),
    Field("OnceTasks.ResultInfo", 1, words=_UNPRINTABLE),
)
_FAILED_IMAGE: Final = {
    "registry_name": "SWR",
    "namespace": "shop",
    "image_name": "cart",
    "image_version": "1.0",
    "failed_reason": "download_failed",
}


def _failed_images_of_huawei() -> Iterator[Cell]:
    for name in _FAILED_IMAGE:
        for said, value in {**VARIANTS, **_UNPRINTABLE}.items():
            image = {key: old for key, old in {**_FAILED_IMAGE, name: value}.items() if old is not MISSING}
            trouble = field("data_list.failed_images", f"one-whose-{name}-is-{said}", [image], (TASKS,))
            yield from row(trouble, 1, cloud=HUAWEI, at=(COUNTING,))


def _of_error(cloud: str, status: int, error: Mapping[str, str], codes: tuple[int, int]) -> Iterator[Cell]:
    """An error with something else in each of its fields, and the exit codes by field."""
    for (name, code), (said, value) in product(zip(error, codes, strict=True), {**VARIANTS, **_ODD_WORDS}.items()):
        fields = {key: old for key, old in {**error, name: value}.items() if old is not MISSING}
        word = next(iter(error.values()))
        yield from row(faults.error(status, f"{word}-with-{name}={said}", fields), code, cloud=cloud, at=(MIDDLE,))


_ODD_WORDS: Final = {**_UNPRINTABLE, "half-a-letter": "\ud800", "endless": "x" * 100_000, "zero": 0}
# A status says what it says, whatever stands beside it; with HTTP 400 only the code tells that the user may not.
ERRORS: Final = (
    *_of_error(HUAWEI, 400, {"error_code": "HSS.0013", "error_msg": "no"}, (4, 3)),
    *_of_error(HUAWEI, 401, {"error_code": "APIGW.0301", "error_msg": "no"}, (3, 3)),
    *_of_error(HUAWEI, 429, {"error_code": "APIGW.0308", "error_msg": "limit:5,time:1 minute"}, (4, 4)),
    *_of_error(HUAWEI, 500, {"error_code": "APIGW.0601", "error_msg": "no"}, (4, 4)),
    *_of_error(ALIBABA, 400, {"Code": "NoPermission", "Message": "no"}, (4, 3)),
    *_of_error(ALIBABA, 403, {"Code": "NoPermission", "Message": "no"}, (3, 3)),
    *_of_error(ALIBABA, 400, {"Code": "Throttling.User", "Message": "no"}, (4, 4)),
    *_of_error(ALIBABA, 503, {"Code": "ServiceUnavailable", "Message": "no"}, (4, 4)),
)
_OF_TASK = (LAST_TASK, RESULT)
FIELDS: Final = (
    *of_fields(HUAWEI, (TASKS,), CHOOSING_ON_HUAWEI, (FINDING, LAST)),
    *of_fields(HUAWEI, (TASKS,), COUNTING_ON_HUAWEI, (LAST, COUNTING)),
    *of_fields(HUAWEI, (TASKS,), HARMLESS_ON_HUAWEI, (FINDING,)),
    *of_fields(HUAWEI, ("projects",), IAM_OF_HUAWEI, (FINDING,), without=("project_id",)),
    *of_fields(ALIBABA, _OF_TASK, CHOOSING_ON_ALIBABA, (FINDING, LAST)),
    *of_fields(ALIBABA, _OF_TASK, HARMLESS_ON_ALIBABA, (FINDING,)),
    *of_fields(ALIBABA, (LEAVES,), PAGES_OF_ALIBABA + LEAVES_OF_ALIBABA, (COUNTING,)),
    *of_fields(ALIBABA, (LEAVES,), FAILED_LEAVES_OF_ALIBABA, (COUNTING,), beside={"OnceTasks.StatusText": "FAIL"}),
    *_failed_images_of_huawei(),
    *ERRORS,
    *of_fields(ALIBABA, (IMAGES,), PAGES_OF_ALIBABA + IMAGES_OF_ALIBABA, (WEIGHING,)),
)

# What a user may ask for: leniency, one task by its id, a task of another kind.

LENIENT: Final = (
    *leniently(faults.LOGIN_PAGE, 4, at=_DISTINCT),
    *leniently(faults.REFUSED, 4, at=_DISTINCT),
    *leniently(faults.NO_QUOTA_LEFT, 4, at=_DISTINCT),
    *leniently(faults.FORBIDDEN, 3, at=_DISTINCT),
    *leniently(faults.TEMPORARY_KEYS_EXPIRE, 3, at=_DISTINCT),
    *leniently(faults.VANISHES, 5, {FINDING: 7}, at=_DISTINCT),
    *leniently(faults.RUNNING_AGAIN, 5, at=(FINDING, LAST)),
    *leniently(faults.TIME_IS_UP, 5, cloud=ALIBABA, at=_LISTS),
    *leniently(in_state(-1, "FAIL"), 6, at=(FINDING, LAST)),
    *leniently(faults.BEGUN_LONG_AGO, 7, at=(FINDING, LAST)),
    *leniently(faults.EMPTIED, 7, at=(FINDING, LAST)),
    *leniently(faults.OVERTAKEN, 0, {FINDING: 1}, at=(FINDING, LAST)),
    *leniently(faults.MORE_PROMISED, 4, cloud=HUAWEI, at=(FINDING, COUNTING)),
    *leniently(faults.MORE_PROMISED, 4, cloud=ALIBABA, at=_LISTS),
    *leniently(faults.RISKY, 1, at=(LAST, WEIGHING)),
    *leniently(faults.UNCOUNTED, 7, at=(LAST, WEIGHING)),
    *leniently(faults.REPOSITORY_FAILED, 1, cloud=ALIBABA, at=(LAST, COUNTING)),
    # What may be risky is counted, and what is not counted may be anything.
    *row(given(faults.RISKY, "that-may-be", "--max-risky", "9"), 0, at=(LAST, WEIGHING)),
    *row(
        given(faults.UNCOUNTED, "though-all-may-be-risky", "--max-risky", "9", "--max-failed", "9"),
        7,
        at=(LAST, WEIGHING),
    ),
    # How many images a repository stands for is not known, so it is more than a few that may fail.
    *row(
        given(faults.REPOSITORY_FAILED, "though-some-may-fail", "--max-failed", "9"),
        7,
        cloud=ALIBABA,
        at=(LAST, COUNTING),
    ),
    *row(given(faults.EMPTIED, "though-all-may-fail", "--max-risky", "9", "--max-failed", "9"), 7, at=(FINDING, LAST)),
    *row(given(faults.BEGUN_LONG_AGO, "though-any-age-will-do", "--max-age", "none"), 7, at=(FIRST, MIDDLE, LAST)),
)


def _named(trouble: Trouble) -> Trouble:
    return given(trouble, "asked-for-by-its-id", "--task-id", OURS)


BY_ID: Final = (
    *row(_named(faults.LOGIN_PAGE), 4, at=_DISTINCT),
    *row(_named(faults.TEMPORARY_KEYS_EXPIRE), 3, at=_DISTINCT),
    *row(_named(faults.VANISHES), 5, {FINDING: 7}),
    *row(_named(faults.OVERTAKEN), 0),
    *row(_named(faults.REPLACED), 5, {FINDING: 7}, cloud=HUAWEI, at=_LOOKING),
    *row(_named(faults.REPLACED), 4, cloud=ALIBABA, at=_LOOKING),
    *row(_named(faults.BEGUN_LONG_AGO), 7, at=_LOOKING),
    *row(_named(faults.BEGUN_IN_FUTURE), 7, at=_LOOKING),
    *row(_named(faults.BEGUN_ANEW), 7, {FINDING: 0}, at=_LOOKING),
    *row(_named(faults.RUNNING_AGAIN), 5, at=_LOOKING),
    *row(_named(in_state(142, "HIBERNATED")), 5, at=_LOOKING),
    *row(_named(in_state(-2, "TIMEOUT")), 6, at=_LOOKING),
    *row(_named(faults.EMPTIED), 7, at=_LOOKING),
    *row(_named(faults.EMPTY_LIST), 5, {FINDING: 7}, cloud=HUAWEI),
    *row(_named(faults.EMPTY_LIST), 5, cloud=ALIBABA, at=_LISTS),
    *row(_named(faults.MORE_PROMISED), 4, {LAST: 5}, cloud=HUAWEI),
    *row(_named(faults.COMPLETE_AT_THE_DEADLINE), 0, cloud=HUAWEI, at=(FINDING, FIRST, MIDDLE)),
    *row(_named(faults.COMPLETE_AT_THE_DEADLINE), 5, cloud=ALIBABA, at=_LOOKING),
    *row(given(faults.NOTHING, "asked-for-by-an-id-that-is-none", "--task-id", "nobodys"), 7, at=(FINDING,)),
    *row(given(faults.NOTHING, "asked-for-by-an-id-of-zeros", "--task-id", "000"), 7, at=(FINDING,)),
    *row(given(faults.NOTHING, "asked-for-by-the-id-of-a-stale-task", "--task-id", "stale"), 7, at=(FINDING,)),
)


def _of_other_kind(trouble: Trouble) -> Trouble:
    return replace(trouble, name=f"{trouble.name}-of-another-kind", of_other_kind=True)


# A task that is no scan has no list of images on Alibaba Cloud, so that the look is the count.
_WITHOUT_LISTS = (FINDING, FIRST, MIDDLE, LAST)
COUNTING_SYNC_ON_HUAWEI: Final = (
    Field("data_list.total_num", 7, {"ten-to-the-400": 1}, words=_NUMBERS),
    Field("data_list.success_num", 7, {"zero": 1}, words=_NUMBERS),
    Field("data_list.failed_num", 7, {"ten-to-the-400": 1}, words=_LONG),
    Field("data_list.task_type", 0, {"scan": 5}, {"scan": 7}, words={"scan": "manual"}),
)
COUNTING_ASSETS_ON_ALIBABA: Final = (
    Field("TotalCount", 7, {"ten-to-the-400": 1}, words=_NUMBERS),
    Field("FinishCount", 7, {"zero": 1, "ten-to-the-400": 0}, words=_NUMBERS),
    Field("TaskInfo.Status", 5),
)
OF_OTHER_KIND: Final = (
    *row(_of_other_kind(faults.LOGIN_PAGE), 4, at=_WITHOUT_LISTS),
    *row(_of_other_kind(faults.NO_QUOTA_LEFT), 4, at=_WITHOUT_LISTS),
    *row(_of_other_kind(faults.TEMPORARY_KEYS_EXPIRE), 3, at=_WITHOUT_LISTS),
    *row(_of_other_kind(faults.VANISHES), 5, {FINDING: 7}, at=_WITHOUT_LISTS),
    *row(_of_other_kind(faults.BEGUN_LONG_AGO), 7, at=_WITHOUT_LISTS),
    *row(_of_other_kind(faults.BEGUN_ANEW), 7, {FINDING: 0}, at=_WITHOUT_LISTS),
    *row(_of_other_kind(faults.RUNNING_AGAIN), 5, at=_WITHOUT_LISTS),
    *row(_of_other_kind(in_state(142, "HIBERNATED")), 5, at=_WITHOUT_LISTS),
    *row(_of_other_kind(in_state(-3, "FAIL")), 6, at=_WITHOUT_LISTS),
    *row(_of_other_kind(faults.EMPTIED), 7, at=_WITHOUT_LISTS),
    *row(_of_other_kind(faults.SHRUNK), 7, cloud=HUAWEI, at=_WITHOUT_LISTS),
    # The vendor's own sample has finished more than there is.
    *row(_of_other_kind(faults.SHRUNK), 7, {FINDING: 0}, cloud=ALIBABA, at=_WITHOUT_LISTS),
    *row(_of_other_kind(faults.GROWN), 1, at=_WITHOUT_LISTS),
    # It is over with the last look on either cloud.
    *row(_of_other_kind(faults.COMPLETE_AT_THE_DEADLINE), 0, at=(FINDING, FIRST, MIDDLE)),
    *of_fields(HUAWEI, (TASKS,), COUNTING_SYNC_ON_HUAWEI, (FINDING, LAST), of_other_kind=True),
    *of_fields(ALIBABA, _OF_TASK, COUNTING_ASSETS_ON_ALIBABA, (FINDING, LAST), of_other_kind=True),
)

CELLS: Final = (*ON_THE_WIRE, *DOCUMENTED, *TIME_AND_TASK, *PAGES, *FIELDS, *LENIENT, *BY_ID, *OF_OTHER_KIND)
