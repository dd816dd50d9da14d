"""What goes on in the simulated clouds: tasks that begin, progress, end, change, vanish, or are somebody else's.

Written from the documents of the vendors, as far as a client can see them (huawei-hss.md 2,
alibaba-security-center.md 1 and 2), and from nothing of the gate.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tests.properties.answers import RETRY_AFTER, Model

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from tests.builders import FakeTime
    from tests.properties.answers import Damage, Document, Question, Weather

SCAN, OTHER = "scan", "other"
"""A task that looks at images for risks, and one of another kind."""
_IDS = ("task-1", "task-2", "0e719c2a-4fa2", "3f65e1f1bb131188", '<b id="x">|`', "42")
_BEGINS = (*(-60, -250) * 8, -1000, -1000, -3500, -3700, -80_000, -90_000, -1_000_000, 0, 5, 30, 200, 5000)
"""Seconds after the run began."""
_HUAWEI_ENDS = (100,) * 20 + (-1, -2, -3, 7, 101, -4, "100", 100.0, True, None, "finished")
_ALIBABA_ENDS = ("SUCCESS",) * 20 + ("TIMEOUT", "TIMOUT", "FAIL", "PRE_ANALYZER", "success", "", None)
_NEVER = 1e9


@dataclass(kw_only=True)
class Image:
    """An image that a task looks at."""

    digest: str
    fate: str
    risk: object
    tells_after: float
    """Seconds after the end of the task at which its result is there."""
    name: str
    tags: int = 1


@dataclass(kw_only=True)
class Task:
    """One task, and what will become of it; times in s since the run began."""

    id: str
    kind: str
    begins: float
    ends: float
    end: object
    appears: float = -_NEVER
    vanishes: float = _NEVER
    moves: float = _NEVER
    """When its begin becomes another."""
    images: list[Image] = field(default_factory=list)
    miscounted: int = 0
    name: str = "nightly"
    reason: str = ""
    shows_begin: bool = True
    exchanged: float = _NEVER
    """When the last of its images gives its place to another."""
    repository: str = "SUCCESS"
    """What becomes of the part of it that is about a whole repository."""

    def is_there(self, now: float) -> bool:
        """Whether the cloud knows it."""
        return self.appears <= now < self.vanishes

    def polls_of(self, now: float) -> list[Image]:
        """The images that are listed as its own."""
        if now < self.exchanged or not self.images:
            return self.images
        *others, last = self.images
        return [*others, replace(last, digest=last.digest[::-1], risk="NO", tells_after=0.0)]

    def progress(self, now: float) -> int:
        """Per cent, below 100."""
        whole = max(1.0, self.ends - self.begins)
        return max(0, min(99, int((now - self.begins) / whole * 100)))


@dataclass
class World(Model):
    """All tasks of one account."""

    time: FakeTime
    weather: Weather
    tasks: list[Task]
    page_size: int = 200

    @property
    def rng(self) -> Random:
        """The chance of this world."""
        return self.weather.rng

    @property
    def now(self) -> float:
        """Seconds since the run began."""
        return self.time.elapsed

    def milliseconds(self, after: float) -> int:
        """The moment so many s after the run began, in ms since 1970."""
        return round((self.time.at.timestamp() + after) * 1000)

    def begin(self, task: Task) -> int | None:
        """The begin of a task as the cloud tells it now."""
        moved = 60.0 if self.now >= task.moves else 0.0
        return self.milliseconds(task.begins + moved) if task.shows_begin else None

    def present(self, kind: str) -> list[Task]:
        """The tasks of this kind that can be seen now."""
        return [task for task in self.tasks if task.kind == kind and task.is_there(self.now)]


class Huawei(World):
    """Host Security Service and IAM."""

    def document(self, question: Question) -> Document:
        """See `answers.Model`."""
        if question.called == "projects":
            return {"projects": [{"id": "p1", "name": "cn-north-4"}] * self.rng.choice((1, 1, 1, 1, 1, 1, 0, 2))}
        wanted, query = question.query.get("task_id"), question.query
        kind = SCAN if query.get("type") == "image_scan" else OTHER
        # A cloud that lets a task of another kind slip in is not unheard of.
        found = self.tasks if self.rng.random() < 0.02 else self.present(kind)
        rows = [self._row(task) for task in found if wanted in {None, task.id}]
        offset, limit = int(query.get("offset", 0)), int(query.get("limit", 10))
        envelope: Document = {"data_list": rows[offset : offset + limit]}
        return envelope if self.rng.random() < 0.05 else {**envelope, "total_num": len(rows)}

    def error(self) -> Damage:
        """See `answers.Model`."""
        message = f"policy user over ratelimit,limit:5,time:{self.rng.choice((1, 5, 90))} minute {self.weather.word()}"
        document: Document = {"error_msg": message, "error_code": self.rng.choice(_HUAWEI_CODES)}
        if self.rng.random() < 0.1:
            document = {"error": {"code": 401, "message": self.weather.word(), "title": "Unauthorized"}}
        status = self.rng.choice((400, 401, 403, 404, 429, 429, 429, 500, 502, 503, 503, 504, 200, 302))
        return status, _pause(self.rng, "retry-after"), document

    def _row(self, task: Task) -> Document:
        is_over = self.now >= task.ends
        failed = [image for image in task.images if image.fate == "failed"]
        scanned = [image for image in task.images if image.fate == "scanned"]
        share = 1.0 if is_over else task.progress(self.now) / 100
        row: Document = {
            "task_id": task.id,
            "task_name": task.name,
            "begin_time": self.begin(task),
            "task_type": "manual" if task.kind == SCAN else "autoSync",
            "task_status": task.end if is_over else task.progress(self.now),
            "failed_num": int(len(failed) * share) + task.miscounted,
            "success_num": int(len(scanned) * share),
            "total_num": len(task.images),
            "risky_num": int(sum(image.risk == "YES" for image in scanned) * share),
            "failed_images": [_failed(image) for image in failed] if is_over else [],
        }
        if is_over:
            row |= {"end_time": self.milliseconds(task.ends), "failed_reason": task.reason}
        else:
            row["remain_min"] = max(0, int((task.ends - self.now) / 60))
        return row


def _failed(image: Image) -> Document:
    return {
        "registry_name": "swr",
        "namespace": "team",
        "image_name": image.name,
        "image_version": "1.0",
        "failed_reason": image.name,
    }


_HUAWEI_CODES = ("HSS.0001", "HSS.0011", "HSS.0013", "APIGW.0301", "APIGW.0308", "APIG.0308", "APIGW.0613", "IAM.0001")


class Alibaba(World):
    """Security Center."""

    def document(self, question: Question) -> Document:
        """See `answers.Model`."""
        query = question.query
        kind = SCAN if query.get("TaskType") == "IMAGE_SCAN" else OTHER
        if question.called == "GetLastOnceTaskInfo":
            return self._state(max(self.present(kind), key=lambda task: task.begins, default=None))
        if question.called == "GetOnceTaskResultInfo":
            return self._state(self._called(query["TaskId"]))
        if question.called == "DescribeOnceTaskLeafRecordPage":
            return self._page("OnceTasks", self._leaves(self._called(query["TaskId"])), query)
        digests = {one["value"] for one in json.loads(query.get("Criteria", "[]"))}
        rows = [row for row in self._instances() if not digests or row["Digest"] in digests]
        return self._page("ImageInstanceList", rows, query)

    def error(self) -> Damage:
        """See `answers.Model`."""
        document = {"RequestId": "R", "Code": self.rng.choice(_ALIBABA_CODES), "Message": self.weather.word()}
        status = self.rng.choice((400, 400, 400, 401, 403, 404, 429, 500, 502, 503, 503, 200, 302))
        header = "x-acs-retry-after" if self.rng.random() < 0.3 else "retry-after"
        return status, _pause(self.rng, header), document

    def _called(self, task_id: str) -> Task | None:
        return next((task for task in self.tasks if task.id == task_id and task.is_there(self.now)), None)

    def _state(self, task: Task | None) -> Document:
        if task is None:
            return {"TaskInfo": {"Result": "TASK_NOT_EXISTS"}} if self.rng.random() < 0.5 else {"TaskId": 0}
        is_over = self.now >= task.ends
        done = len(task.images) if is_over else len(task.images) * task.progress(self.now) // 100
        return {
            "TaskId": int(task.id) if task.id == "42" else task.id if task.kind == SCAN else 0,
            "CollectTime": self.begin(task),
            "TotalCount": len(task.images),
            "FinishCount": done - task.miscounted,
            "TaskInfo": {
                "Status": task.end if is_over else "START" if self.now >= task.begins else "INIT",
                "Progress": 100 if is_over else task.progress(self.now),
                "Result": "SUCCESS" if is_over else "",
            },
        }

    def _leaves(self, task: Task | None) -> list[Document]:
        if task is None:
            return []
        end = {"TargetType": "IMAGE_REPO", "StatusText": task.repository}
        repository = {"TaskId": f"{task.id}/r", "Target": "crr-1", **end}
        leaves = [self._leaf(task, number, image) for number, image in enumerate(task.polls_of(self.now))]
        return [repository, *leaves[: len(leaves) - max(0, task.miscounted - 1)]]

    def _leaf(self, task: Task, number: int, image: Image) -> Document:
        end, result = {"scanned": ("SUCCESS", "SUCCESS"), "failed": ("FAIL", image.name)}.get(image.fate, ("START", ""))
        odd = {"Finish": self.rng.choice((0, "0", 1, "1"))} if self.rng.random() < _ODD else {}
        odd |= (
            {"TaskType": self.rng.choice(("IMAGE_SCAN", "", "IMAGE_REGISTRY_PULL"))} if self.rng.random() < _ODD else {}
        )
        return odd | {
            "TaskId": f"{task.id}/{number}",
            "Target": image.digest,
            "TargetType": "IMAGE",
            "StatusText": end if self.now >= task.ends else "START",
            "ResultInfo": result,
            "TaskImageInfo": {"Digest": image.digest, "RepoName": image.name, "Tag": "1.0", "RegistryType": "acr"},
        }

    def _instances(self) -> list[Document]:
        return [
            self._instance(task, image, tag)
            for task in self.tasks
            for image in task.polls_of(self.now)
            for tag in range(image.tags)
        ]

    def _instance(self, task: Task, image: Image, tag: int) -> Document:
        tells = self.now >= task.ends + image.tells_after
        odd = {self.rng.choice(_PARTS): self.rng.choice(_SAID_OF_PARTS)} if self.rng.random() < _ODD else {}
        return odd | {
            "Uuid": f"{task.id}/{image.digest}/{tag}",
            "Digest": image.digest,
            "Tag": f"{tag}.0",
            "RepoName": image.name,
            "RiskStatus": image.risk if tells or tag else "NO",
            "LastScanTime": self.milliseconds(task.ends if tells and not tag else task.begins - 86_400),
        }

    def _page(self, key: str, rows: Sequence[Document], query: dict[str, Any]) -> Document:
        size = min(self.page_size, int(query["PageSize"]))
        number = int(query["CurrentPage"])
        page = list(rows[(number - 1) * size : number * size])
        info = {"CurrentPage": number, "PageSize": size, "Count": len(page), "TotalCount": len(rows)}
        return {key: page} if self.rng.random() < 0.02 else {key: page, "PageInfo": info}


_ODD = 0.02
"""How often a row has a field that it need not have."""
_PARTS = ("ScaStatus", "ScaResult", "VulStatus", "VulCount", "HcStatus", "HcCount", "AlarmStatus", "AlarmCount")
_SAID_OF_PARTS = ("SUCCESS", "", None, "NO", "YES", "START", "TASK_NOT_SUPPORT_REGION", 0, "0", 7, "7", -1)
_ALIBABA_CODES = (
    *("NoPermission", "ServerError", "Throttling.User", "Throttling.Api", "ServiceUnavailable", "SignatureNonceUsed"),
    *("InvalidTimeStamp.Expired", "InvalidApi.NotFound", "SignatureDoesNotMatch", "-101"),
)
"""alibaba-security-center.md 5."""


def _pause(rng: Random, header: str) -> dict[str, str]:
    return {header: rng.choice(RETRY_AFTER)} if rng.random() < 0.4 else {}


def tasks(rng: Random, cloud: str, kind: str, weather: Weather) -> list[Task]:
    """A few tasks, most of them of this kind and near the run."""
    number = rng.choice((0,) + (1,) * 12 + (2,) * 5 + (3,))
    number = number if rng.random() < 0.98 else 14
    ids = _IDS if number <= len(_IDS) else tuple(f"task-{at}" for at in range(number))
    return [_task(rng, task_id, cloud, kind, weather) for task_id in rng.sample(ids, number)]


def _task(rng: Random, task_id: str, cloud: str, kind: str, weather: Weather) -> Task:
    begins = float(rng.choice(_BEGINS))
    task = Task(
        id=task_id,
        kind=kind if rng.random() < 0.97 else OTHER if kind == SCAN else SCAN,
        begins=begins,
        ends=begins + rng.choice((5, 5, 5, 50, 50, 50, 100, 200, 200, 300, 1000, 5000)),
        end=rng.choice(_HUAWEI_ENDS if cloud == "huawei" else _ALIBABA_ENDS),
        images=_images(rng, task_id, weather),
    )
    if rng.random() < 0.3:
        _complicate(rng, task, weather)
    return task


def _complicate(rng: Random, task: Task, weather: Weather) -> None:
    """One of the things that go wrong in an account without anybody's fault."""
    kind = rng.random()
    if kind < 0.3:
        task.appears = rng.choice((5.0, 20.0, 100.0, 290.0, 310.0))
    elif kind < 0.5:
        task.vanishes = rng.choice((5.0, 30.0, 100.0, 400.0))
    elif kind < 0.65:
        task.moves = rng.choice((0.0, 10.0, 60.0, 200.0))
    elif kind < 0.8:
        task.miscounted = rng.choice((-1, 1, 1, 2))
    elif kind < 0.82:
        task.exchanged = rng.choice((10.0, 30.0, 100.0, 250.0))
    elif kind < 0.88:
        task.shows_begin = False
    elif kind < 0.92:
        task.repository = rng.choice(("FAIL", "START", "TIMEOUT", ""))
    else:
        task.name, task.reason = weather.word(), weather.word()


def _images(rng: Random, task_id: str, weather: Weather) -> list[Image]:
    is_troubled = rng.random() < 0.5
    number = rng.choice((0, 1, 1, 1, 2, 2, 3, 3, 4, 5))
    return [_image(rng, f"{task_id}{at}", weather, is_troubled=is_troubled) for at in range(number)]


def _image(rng: Random, seed: str, weather: Weather, *, is_troubled: bool) -> Image:
    # Spelt with and without the name of the algorithm, as both are seen (alibaba-security-center.md 2.2).
    digest = seed.encode().hex().ljust(64, "0")
    image = Image(digest=digest, fate="scanned", risk="NO", tells_after=0.0, name="shop")
    if rng.random() < 0.2:
        image.name, image.digest = weather.word(), f"sha256:{digest}"
    if rng.random() < 0.15:
        image.tells_after, image.tags = rng.choice((30.0, 120.0, 400.0, 3000.0)), rng.choice((1, 1, 2))
    if is_troubled:
        image.fate = rng.choice(("scanned", "scanned", "scanned", "failed", "unfinished"))
        image.risk = rng.choice(("NO", "NO", "NO", "YES", "YES", "YES", None))
    return image
