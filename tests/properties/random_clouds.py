"""Renders random tasks as the clouds do, with the irregularities that are documented or were observed.

Written from the documents of the vendors (huawei-hss.md 2, alibaba-security-center.md 1 and 2), and from nothing of
the gate.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.properties.mutations import RETRY_AFTER
from tests.properties.random_tasks import OTHER, SCAN
from tests.properties.transport import CloudModel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from tests.builders import FakeTime
    from tests.properties.mutations import Document, ResponseMutator, UnencodedResponse
    from tests.properties.random_tasks import Image, Task
    from tests.properties.transport import ApiRequest

_HUAWEI_CODES = ("HSS.0001", "HSS.0011", "HSS.0013", "APIGW.0301", "APIGW.0308", "APIG.0308", "APIGW.0613", "IAM.0001")
"""huawei-hss.md 5."""
_ALIBABA_CODES = (
    *("NoPermission", "ServerError", "Throttling.User", "Throttling.Api", "ServiceUnavailable", "SignatureNonceUsed"),
    *("InvalidTimeStamp.Expired", "InvalidApi.NotFound", "SignatureDoesNotMatch", "-101"),
)
"""alibaba-security-center.md 5."""
_OPTIONAL_FIELD_RATE = 0.02
"""The share of rows with an optional field."""
_FINDING_FIELDS = (
    "ScaStatus",
    "ScaResult",
    "VulStatus",
    "VulCount",
    "HcStatus",
    "HcCount",
    "AlarmStatus",
    "AlarmCount",
)
_FINDING_VALUES = ("SUCCESS", "", None, "NO", "YES", "START", "TASK_NOT_SUPPORT_REGION", 0, "0", 7, "7", -1)


@dataclass
class RandomCloud(CloudModel):
    """A cloud with some tasks in one account."""

    time: FakeTime
    mutator: ResponseMutator
    tasks: list[Task]
    page_size: int = 200

    @property
    def rng(self) -> Random:
        """The generator of all random decisions of this run."""
        return self.mutator.rng

    @property
    def now(self) -> float:
        """Seconds since the start of the run."""
        return self.time.elapsed

    def milliseconds(self, seconds: float) -> int:
        """A time, given in seconds since the start of the run, in milliseconds since the epoch."""
        return round((self.time.at.timestamp() + seconds) * 1000)

    def start_of(self, task: Task) -> int | None:
        """The start time of a task that the cloud shows now."""
        moved = 60.0 if self.now >= task.start_changes_at else 0.0
        return self.milliseconds(task.starts_at + moved) if task.has_start else None

    def visible(self, kind: str) -> list[Task]:
        """The visible tasks of this kind."""
        return [task for task in self.tasks if task.kind == kind and task.is_visible(self.now)]


class Huawei(RandomCloud):
    """Host Security Service and IAM."""

    def document(self, request: ApiRequest) -> Document:
        """See `CloudModel`."""
        if request.operation == "projects":
            return {"projects": [{"id": "p1", "name": "cn-north-4"}] * self.rng.choice((1, 1, 1, 1, 1, 1, 0, 2))}
        task_id, query = request.query.get("task_id"), request.query
        kind = SCAN if query.get("type") == "image_scan" else OTHER
        # A cloud may list tasks of other types too, or ignore the filters.
        listed = self.tasks if self.rng.random() < 0.02 else self.visible(kind)
        listed = listed if self.rng.random() < 0.1 else [task for task in listed if _fits(task, query)]
        rows = [self._row(task) for task in listed if task_id in {None, task.id}]
        offset, limit = int(query.get("offset", 0)), int(query.get("limit", 10))
        page: Document = {"data_list": rows[offset : offset + limit]}
        return page if self.rng.random() < 0.05 else {**page, "total_num": len(rows)}

    def error(self) -> UnencodedResponse:
        """See `CloudModel`."""
        message = f"policy user over ratelimit,limit:5,time:{self.rng.choice((1, 5, 90))} minute {self.mutator.text()}"
        document: Document = {"error_msg": message, "error_code": self.rng.choice(_HUAWEI_CODES)}
        if self.rng.random() < 0.1:
            document = {"error": {"code": 401, "message": self.mutator.text(), "title": "Unauthorized"}}
        status = self.rng.choice((400, 401, 403, 404, 429, 429, 429, 500, 502, 503, 503, 504, 200, 302))
        return status, _retry_after(self.rng, "retry-after"), document

    def _row(self, task: Task) -> Document:
        has_ended = self.now >= task.ends_at
        failed = [image for image in task.images if image.result == "failed"]
        scanned = [image for image in task.images if image.result == "scanned"]
        share = 1.0 if has_ended else task.progress(self.now) / 100
        row: Document = {
            "task_id": task.id,
            "task_name": task.name,
            "begin_time": self.start_of(task),
            "task_status": task.final_state if has_ended else task.progress(self.now),
            "failed_num": int(len(failed) * share) + task.count_error,
            "success_num": int(len(scanned) * share),
            "total_num": len(task.images),
            "risky_num": self._risky(task, scanned, share),
            "failed_images": [_failed_image(image) for image in failed] if has_ended else [],
        }
        optional = {"scan_scope": task.scope, "is_all": task.covers_all, "image_type": task.image_type}
        row |= {name: value for name, value in optional.items() if value is not None and task.kind == SCAN}
        if trigger := task.trigger if task.kind == SCAN else "autoSync":
            row["task_type"] = trigger
        if has_ended:
            row |= {"end_time": self.milliseconds(task.ends_at), "failed_reason": task.reason}
        else:
            row["remain_min"] = max(0, int((task.ends_at - self.now) / 60))
        return row

    def _risky(self, task: Task, scanned: list[Image], share: float) -> int:
        """The number of risky images, which may lack one for some time after the end of the task."""
        risky = int(sum(image.risk == "YES" for image in scanned) * share)
        return max(0, risky - 1) if self.now < task.settles_at else risky


def _failed_image(image: Image) -> Document:
    return {
        "registry_name": "swr",
        "namespace": "team",
        "image_name": image.name,
        "image_version": "1.0",
        "failed_reason": image.name,
    }


def _fits(task: Task, query: dict[str, str]) -> bool:
    """Whether the cloud lists a task for these filters (huawei-hss.md 1)."""
    scope = task.scope if isinstance(task.scope, int) else 0
    return (
        query.get("task_name", "") in task.name
        and query.get("task_type", task.trigger) == task.trigger
        and query.get("global_image_type", task.image_type) == task.image_type
        and ("scan_scope" not in query or bool(scope & int(query["scan_scope"])))
    )


class Alibaba(RandomCloud):
    """Security Center."""

    def document(self, request: ApiRequest) -> Document:
        """See `CloudModel`."""
        query = request.query
        kind = SCAN if query.get("TaskType") == "IMAGE_SCAN" else OTHER
        if request.operation == "GetLastOnceTaskInfo":
            return self._task_info(max(self.visible(kind), key=lambda task: task.starts_at, default=None))
        if request.operation == "GetOnceTaskResultInfo":
            return self._task_info(self._find(query["TaskId"]))
        if request.operation == "DescribeOnceTaskLeafRecordPage":
            return self._page("OnceTasks", self._leaves(self._find(query["TaskId"])), query)
        digests = {criterion["value"] for criterion in json.loads(query.get("Criteria", "[]"))}
        rows = [row for row in self._instances() if not digests or row["Digest"] in digests]
        return self._page("ImageInstanceList", rows, query)

    def error(self) -> UnencodedResponse:
        """See `CloudModel`."""
        document = {"RequestId": "R", "Code": self.rng.choice(_ALIBABA_CODES), "Message": self.mutator.text()}
        status = self.rng.choice((400, 400, 400, 401, 403, 404, 429, 500, 502, 503, 503, 200, 302))
        header = "x-acs-retry-after" if self.rng.random() < 0.3 else "retry-after"
        return status, _retry_after(self.rng, header), document

    def _find(self, task_id: str) -> Task | None:
        return next((task for task in self.tasks if task.id == task_id and task.is_visible(self.now)), None)

    def _task_info(self, task: Task | None) -> Document:
        if task is None:
            return {"TaskInfo": {"Result": "TASK_NOT_EXISTS"}} if self.rng.random() < 0.5 else {"TaskId": 0}
        has_ended = self.now >= task.ends_at
        finished = len(task.images) if has_ended else len(task.images) * task.progress(self.now) // 100
        return {
            "TaskId": int(task.id) if task.id == "42" else task.id if task.kind == SCAN else 0,
            "CollectTime": self.start_of(task),
            "TotalCount": len(task.images),
            "FinishCount": finished - task.count_error,
            "TaskInfo": {
                "Status": task.final_state if has_ended else "START" if self.now >= task.starts_at else "INIT",
                "Progress": 100 if has_ended else task.progress(self.now),
                "Result": "SUCCESS" if has_ended else "",
            },
        }

    def _leaves(self, task: Task | None) -> list[Document]:
        if task is None:
            return []
        state = {"TargetType": "IMAGE_REPO", "StatusText": task.repository_state}
        repository = {"TaskId": f"{task.id}/r", "Target": "crr-1", **state}
        leaves = [self._leaf(task, number, image) for number, image in enumerate(task.images_at(self.now))]
        return [repository, *leaves[: len(leaves) - max(0, task.count_error - 1)]]

    def _leaf(self, task: Task, number: int, image: Image) -> Document:
        results = {"scanned": ("SUCCESS", "SUCCESS"), "failed": ("FAIL", image.name)}
        status, result = results.get(image.result, ("START", ""))
        optional: Document = {}
        if self.rng.random() < _OPTIONAL_FIELD_RATE:
            optional["Finish"] = self.rng.choice((0, "0", 1, "1"))
        if self.rng.random() < _OPTIONAL_FIELD_RATE:
            optional["TaskType"] = self.rng.choice(("IMAGE_SCAN", "", "IMAGE_REGISTRY_PULL"))
        if self.rng.random() < _OPTIONAL_FIELD_RATE:
            optional["Status"] = self.rng.choice(("0", "1", "2", "3", "4"))
        if self.rng.random() < _OPTIONAL_FIELD_RATE:
            optional |= {"FinishCount": self.rng.choice(("0", "1", "2")), "TotalCount": "1"}
        if task.has_leaf_times:
            started = self.milliseconds(task.starts_at - (900 if self.rng.random() < _OPTIONAL_FIELD_RATE else 0))
            optional |= {"StartTime": started, "RealRunTime": started}
            optional |= {"EndTime": self.milliseconds(task.ends_at)} if self.now >= task.ends_at else {}
        return optional | {
            "TaskId": f"{task.id}/{number}",
            "Target": image.digest,
            "TargetType": "IMAGE",
            "StatusText": status if self.now >= task.ends_at else "START",
            "ResultInfo": result,
            "TaskImageInfo": {"Digest": image.digest, "RepoName": image.name, "Tag": "1.0", "RegistryType": "acr"},
        }

    def _instances(self) -> list[Document]:
        return [
            self._instance(task, image, tag)
            for task in self.tasks
            for image in task.images_at(self.now)
            for tag in range(image.tags)
        ]

    def _instance(self, task: Task, image: Image, tag: int) -> Document:
        has_result = self.now >= task.ends_at + image.results_lag
        is_moved = bool(tag) and image.has_moved_tag
        is_current = (has_result and not tag) or is_moved
        has_optional = self.rng.random() < _OPTIONAL_FIELD_RATE
        optional = {self.rng.choice(_FINDING_FIELDS): self.rng.choice(_FINDING_VALUES)} if has_optional else {}
        return optional | {
            "Uuid": f"{task.id}/{image.digest}/{tag}",
            "Digest": image.digest,
            "Tag": f"{tag}.0",
            "RepoName": image.name,
            "ImageUpdate": self.milliseconds(task.ends_at + 10 if is_moved else task.starts_at - 172_800),
            "RiskStatus": image.risk if has_result or tag else "NO",
            task.scan_time_field: self.milliseconds(task.ends_at if is_current else task.starts_at - 86_400),
        }

    def _page(self, key: str, rows: Sequence[Document], query: dict[str, Any]) -> Document:
        size = min(self.page_size, int(query["PageSize"]))
        number = int(query["CurrentPage"])
        page = list(rows[(number - 1) * size : number * size])
        info = {"CurrentPage": number, "PageSize": size, "Count": len(page), "TotalCount": len(rows)}
        return {key: page} if self.rng.random() < 0.02 else {key: page, "PageInfo": info}


def _retry_after(rng: Random, header: str) -> dict[str, str]:
    return {header: rng.choice(RETRY_AFTER)} if rng.random() < 0.4 else {}
