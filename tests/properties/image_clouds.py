"""Renders a random history of images as both clouds do, and does what the requests of the gate ask for.

Written from the documents of the vendors (huawei-images.md, alibaba-images.md), and from nothing of the gate. What they
leave open is decided anew for each history.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.properties.image_history import NEVER, bare, repository
from tests.properties.transport import CloudModel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from tests.properties.image_history import History, Scan, Tag
    from tests.properties.mutations import Document, ResponseMutator, UnencodedResponse
    from tests.properties.transport import ApiRequest

_HUAWEI_ERRORS = (
    *((400, "HSS.0014"), (400, "HSS.1002"), (400, "HSS.0010"), (403, "APIGW.0302"), (401, "APIGW.0301")),
    *((429, "APIGW.0308"),) * 6,
    *((500, "HSS.0001"), (502, ""), (503, ""), (504, "APIGW.0201")),
)
"""huawei-hss.md 5, huawei-images.md 2.3."""
_ALIBABA_ERRORS = (
    *((400, "BeyondQuata"), (403, "NoPermission"), (400, "InvalidTimeStamp.Expired"), (404, "INSTANCE_NOT_EXIST")),
    *((400, "Throttling.User"), (429, "Throttling.Api")) * 3,
    *((500, "ServerError"), (503, "ServiceUnavailable"), (500, "SystemError"), (502, "")),
)
"""alibaba-images.md 1.3 and 4, alibaba-security-center.md 5."""
NARROW, WIDE = 0x000F0000, 0x7FFFFFFF
_TYPES = {"images.shop.example": "Harbor", "x-1.swr-pro.myhuaweicloud.com": "SwrEnterprise"}


@dataclass(kw_only=True)
class ImageCloud(CloudModel):
    """A cloud with the images of a history."""

    history: History
    mutator: ResponseMutator
    page_size: int = 200
    results: dict[tuple[str, int], Scan] = field(default_factory=dict)
    """Every scan whose result was shown, by the digest that it truly looked at and the time that was shown."""

    @property
    def rng(self) -> Random:
        """The generator of all random decisions of this run."""
        return self.mutator.rng

    def rows_of(self, now: float) -> list[Tag]:
        """The tags that have a row now and that these credentials may see."""
        for tag in self.history.tags:
            tag.started(now)
        return [tag for tag in self.history.tags if tag.listed(now)[1] and not tag.is_foreign]

    def shown(self, tag: Tag) -> Scan | None:
        """The scan whose result the row of a tag shows."""
        scan = tag.last(self.history.now)
        if scan:
            self.results[scan.digest, self.history.ms(scan.end)] = scan
        return scan

    def number(self, scan: Scan | None, *, is_hidden: bool = False) -> int:
        """How many findings a scan shows; none while they are late."""
        if scan is None or scan.has_failed or self.history.now < scan.end + scan.results_lag:
            return 0
        of = self.history.hidden if is_hidden else self.history.findings
        return 0 if is_hidden and scan.is_narrow else of[scan.digest]


@dataclass(kw_only=True)
class HuaweiImages(ImageCloud):
    """Host Security Service and SWR."""

    own: list[tuple[str, float, list[Scan], int]] = field(default_factory=list)
    """The tasks of this run: id, start, the scans, and how many images they have."""

    def document(self, request: ApiRequest) -> Document:
        """See `CloudModel`."""
        method, _, path = request.path.partition(" ")
        if method == "GET":
            if path.startswith("/v2/"):
                return self._registry(path, request.query)
            rows: dict[str, Callable[[dict[str, str]], list[Document]]] = {
                "images": self._images,
                "registries": self._registries,
                "tasks": self._tasks,
                "vulnerabilities": self._vulnerabilities,
                "basic-image": lambda _: [],
            }
            return self._page(rows[request.operation](request.query), request.query)
        if request.operation == "stop":
            self._stop(path.split("/")[-2])
        elif "image-sync" in path:
            self._synchronise(json.loads(request.body))
        else:
            self._start(json.loads(request.body))
        return {}

    def error(self) -> UnencodedResponse:
        """See `CloudModel`."""
        status, code = self.rng.choice(_HUAWEI_ERRORS)
        message = "policy user over ratelimit,limit:5,time:1 minute" if status == 429 else self.mutator.text()
        return status, {}, {"error_msg": message, "error_code": code} if code else {}

    def _page(self, rows: Sequence[Document], query: dict[str, str]) -> Document:
        offset, limit = int(query.get("offset", 0)), min(self.page_size, int(query.get("limit", 10)))
        return {"data_list": list(rows[offset : offset + limit]), "total_num": len(rows)}

    def _images(self, query: dict[str, str]) -> list[Document]:
        now = self.history.now
        if "image_type" in query:
            return []
        rows = []
        for tag in self.rows_of(now):
            # Names may be found in part (huawei-images.md 1.2).
            is_named = query.get("image_name", "") in tag.ref.name and query.get("image_version", "") in tag.ref.tag
            if is_named:
                rows.append(self._row(tag, now))
        return rows

    def _row(self, tag: Tag, now: float) -> Document:
        history = self.history
        (pushed, digest), scan, running = tag.listed(now), self.shown(tag), tag.running(now)
        row: Document = {
            "id": tag.id,
            "image_id": f"i-{tag.id}",
            "namespace": tag.ref.namespace,
            "image_name": tag.ref.name,
            "image_version": tag.ref.tag,
            "image_digest": digest if tag.id % 2 else bare(digest),
            "registry_id": "r-1",
            "registry_name": "SWR",
            "registry_type": _TYPES.get(tag.ref.registry, "SwrPrivate"),
            "scan_status": _status(scan, running),
            "latest_update_time": history.ms(pushed),
            "latest_sync_time": history.ms(tag.read_at(now)),
            "vul_num": self.number(scan),
            "unsafe_setting_num": self.number(scan, is_hidden=True),
            "malicious_file_num": 0,
            "is_multiple_arch": tag.is_index,
            "scannable": tag.is_scannable,
        }
        if row["registry_type"] == "SwrEnterprise":
            row["instance_id"] = "i-1"
        if scan:
            row |= {"latest_scan_time": history.ms(scan.end)}
            row |= (
                {"scan_failed_code": "download_failed", "scan_failed_desc": self.mutator.text()}
                if scan.has_failed
                else {}
            )
            if not scan.has_failed:
                row["severity_level"] = "High" if row["vul_num"] else "Low" if row["unsafe_setting_num"] else "Security"
        return row

    def _vulnerabilities(self, query: dict[str, str]) -> list[Document]:
        tag = self.history.tag_of(query["namespace"], query["image_name"], query["tag_name"])
        number = self.number(self.shown(tag)) if tag else 0
        return [{"vul_id": f"v-{place}", "repair_necessity": "immediate_repair"} for place in range(number)]

    def _registries(self, query: dict[str, str]) -> list[Document]:
        types = query["registry_type"].split(",")
        listed = sorted({_TYPES.get(tag.ref.registry, "SwrPrivate") for tag in self.history.tags})
        return [{"id": "r-1", "registry_name": "SWR", "registry_type": one} for one in listed if one in types]

    def _tasks(self, query: dict[str, str]) -> list[Document]:
        history, now = self.history, self.history.now
        self.rows_of(now)
        rows = [
            self._task(f"t-{tag.id}-{number}", scan.start, [scan], 1)
            for tag in history.tags
            for number, scan in enumerate(tag.scans)
            if not scan.is_own and scan.start <= now
        ]
        rows += [self._task(*one) for one in self.own]
        is_running = query.get("task_status") == "scanning"
        id_ = query.get("task_id")
        return [
            row for row in rows if id_ in {None, row["task_id"]} and (not is_running or 0 <= row["task_status"] < 100)
        ]

    def _task(self, id_: str, start: float, scans: list[Scan], total: int) -> Document:
        history, end = self.history, max((scan.end for scan in scans), default=start + 5.0)
        is_over = history.now >= end
        row = {
            "task_id": id_,
            "task_type": "manual",
            "image_type": "registry",
            "is_all": False,
            "scan_scope": NARROW if any(scan.is_narrow for scan in scans) else WIDE,
            "begin_time": history.ms(start),
            "task_status": 100 if is_over else 40,
            "total_num": total,
        }
        return {**row, "end_time": history.ms(end)} if is_over else row

    def _registry(self, path: str, query: dict[str, str]) -> Document:
        if path.endswith("/artifacts"):
            return {"artifacts": []}
        _, _, _, _, namespace, _, name, _, tag = path.split("/")
        found = self.history.tag_of(namespace, name.replace("$", "/"), tag)
        digest = found.pushed(self.history.now)[1] if found else ""
        if found is None or not digest:
            return {"errors": [{"errorCode": "SVCSTG.SWR.4040010"}]}
        return {"tag": query.get("tag", tag), "digest": digest, "tag_type": int(found.is_index)}

    def _synchronise(self, body: Document) -> None:
        named = {one["registry_type"] for one in body.get("registry_info", ())}
        tags = self.history.tags
        self.history.read_registry(
            [tag for tag in tags if body["sync_all_registries"] or _TYPES.get(tag.ref.registry, "SwrPrivate") in named]
        )

    def _start(self, body: Document) -> None:
        history, now = self.history, self.history.now
        by_id = {tag.id: tag for tag in self.rows_of(now)}
        wanted = body["image_info"]
        tags = [by_id[one["id"]] for one in wanted if one["id"] in by_id]
        scans = [
            scan
            for tag, one in zip(tags, wanted, strict=False)
            if bare(tag.listed(now)[1]) == bare(one["image_digest"]) and (scan := history.scan(tag))
        ]
        self.own.append((f"own-{len(self.own)}", now, scans, len(wanted)))

    def _stop(self, id_: str) -> None:
        for own, _, scans, _ in self.own:
            if own == id_:
                for scan in scans:
                    scan.end = NEVER if scan.end > self.history.now else scan.end


def _status(scan: Scan | None, running: Scan | None) -> str:
    if running:
        return "scanning" if running.digest[-1] < "c" else "waiting_for_scan"
    if scan is None:
        return "unscan"
    return "failed" if scan.has_failed else "success"


@dataclass(kw_only=True)
class AlibabaImages(ImageCloud):
    """Security Center and Container Registry."""

    own: dict[str, tuple[float, list[tuple[str, Tag, Scan | None]]]] = field(default_factory=dict)
    """The tasks of this run: start, and for each image its digest, its row, and its scan unless it has none."""
    total_error: int = 0
    """How many images too many a task has."""
    no_record_rate: float = 0.02
    time_field: str = "LastScanTime"

    def document(self, request: ApiRequest) -> Document:
        """See `CloudModel`."""
        operation: str = request.operation
        return {
            "DescribeImageInstances": self._instances,
            "DescribeImageLatestScanTask": self._latest_task,
            "DescribeUuidVulNumClassifyStatistic": self._numbers,
            "PublicSyncAndCreateImageScanTask": self._import,
            "PublicCreateImageScanTask": self._scan,
            "GetOnceTaskResultInfo": lambda query: self._task(query["TaskId"]),
            "GetLastOnceTaskInfo": lambda _: self._task(max(self.own, key=lambda id_: self.own[id_][0], default="")),
            "DescribeOnceTaskLeafRecordPage": self._records,
            "ListUnfinishedOnceTask": self._unfinished,
            "CancelOnceTask": self._cancel,
            "ListInstance": self._instances_of_registry,
            "GetRepository": self._repository,
            "GetRepoTag": self._repo_tag,
        }[operation](request.query)

    def error(self) -> UnencodedResponse:
        """See `CloudModel`."""
        status, code = self.rng.choice(_ALIBABA_ERRORS)
        return status, {}, {"RequestId": "R", "Code": code, "Message": self.mutator.text()} if code else {}

    def _page(self, key: str, rows: Sequence[Document], query: dict[str, str]) -> Document:
        size, number = min(self.page_size, int(query["PageSize"])), int(query["CurrentPage"])
        page = list(rows[(number - 1) * size : number * size])
        info = {"CurrentPage": number, "PageSize": size, "Count": len(page), "TotalCount": len(rows)}
        return {key: page, "PageInfo": info}

    def _instances(self, query: dict[str, str]) -> Document:
        parts = json.loads(query.get("Criteria", "[]"))
        by_name = {part["name"]: part["value"] for part in parts}
        digests = {bare(part["value"])[:60] for part in parts if part["name"] == "digest"}
        rows = []
        for tag in self.rows_of(self.history.now):
            row = self._row(tag)
            # Digests may be matched in part, so that a client has to compare them (alibaba-images.md 2).
            if digests and row["Digest"][:60] not in digests:
                continue
            if "tag" in by_name and (tag.ref.tag, tag.ref.name) != (by_name["tag"], by_name["repoName"]):
                continue
            rows.append(row)
        return self._page("ImageInstanceList", rows, query)

    def _row(self, tag: Tag) -> Document:
        history, now = self.history, self.history.now
        (pushed, digest), scan, running = tag.listed(now), self.shown(tag), tag.running(now)
        row: Document = {
            "Uuid": f"u-{tag.id}",
            "Digest": bare(digest),
            "Tag": tag.ref.tag,
            "RepoName": tag.ref.name,
            "RepoNamespace": tag.ref.namespace,
            "ImageUpdate": history.ms(pushed),
            "RiskStatus": "NO",
        }
        if scan and not scan.has_failed:
            numbers = {"Vul": self.number(scan), "Hc": self.number(scan, is_hidden=True), "Alarm": 0}
            row |= {f"{kind}Status": "YES" if number else "NO" for kind, number in numbers.items()}
            row |= {f"{kind}Count": number for kind, number in numbers.items()}
            row["RiskStatus"] = "YES" if any(numbers.values()) else "NO"
        if scan:
            row |= {"ScaStatus": "FAIL" if scan.has_failed else "SUCCESS", self.time_field: history.ms(scan.end)}
            row |= {"ScaResult": self.mutator.text()} if scan.has_failed else {}
        if running:
            row["ScaStatus"] = "START"
        if not tag.is_scannable:
            row |= {"ScaResult": "TASK_NOT_SUPPORT_REGION"}
        return row

    def _latest_task(self, query: dict[str, str]) -> Document:
        history, now = self.history, self.history.now
        scans = [scan for tag in history.tags for scan in tag.started(now)]
        found = [scan for scan in scans if bare(scan.digest) == query["Digest"]]
        scan = max(found, key=lambda one: one.start, default=None)
        if scan is None:
            return {"Task": []}
        is_over = now >= scan.end
        status = ("FAIL" if scan.has_failed else "SUCCESS") if is_over else "START"
        task = {"Target": query["Digest"], "TargetType": "IMAGE", "Status": status, "StartTime": history.ms(scan.start)}
        return {"Task": [{**task, "FinishTime": history.ms(scan.end)} if is_over else task]}

    def _numbers(self, query: dict[str, str]) -> Document:
        data = {}
        for tag in self.rows_of(self.history.now):
            uuid = f"u-{tag.id}"
            if uuid in query["Uuids"].split(","):
                number = self.number(self.shown(tag))
                data[uuid] = {"CveNum": number, "ScaNum": 0, "VulAsapSum": number, "VulLaterSum": 0, "VulNntfSum": 0}
        return {"Data": data}

    def _import(self, query: dict[str, str]) -> Document:
        history, now, found = self.history, self.history.now, []
        images = json.loads(query["Images"])
        for image in images:
            tag = history.tag_of(image["repoNamespace"], image["repoName"], image["tag"])
            # Of a tag that has moved, the registry does not have this image any more.
            if tag and bare(tag.pushed(now)[1]) == image["digest"] and not tag.is_index:
                tag.readings.append(now)
                found.append(tag)
        return self._created([(image["digest"], found) for image in images])

    def _scan(self, query: dict[str, str]) -> Document:
        tags = self.rows_of(self.history.now)
        return self._created([(digest, tags) for digest in query["Digests"].split(",")])

    def _created(self, wanted: list[tuple[str, list[Tag]]]) -> Document:
        history, now = self.history, self.history.now
        if self.rng.random() < 0.01:
            return {"Data": {"CanCreate": False}}
        images: list[tuple[str, Tag, Scan | None]] = []
        for digest, tags in wanted:
            listed = [tag for tag in tags if bare(tag.listed(now)[1]) == digest]
            images += [(digest, tag, history.scan(tag)) for tag in listed if self.rng.random() >= self.no_record_rate]
        id_ = f"{self.rng.getrandbits(128):032x}"
        self.own[id_] = (now, images)
        total = len(images) + self.total_error
        return {"Data": {"TaskId": id_, "TotalCount": total, "CollectTime": history.ms(now), "Status": "INIT"}}

    def _task(self, id_: str) -> Document:
        if id_ not in self.own:
            return {"TaskInfo": {"Result": "TASK_NOT_EXISTS"}}
        start, images = self.own[id_]
        total = len(images) + self.total_error
        status = "SUCCESS" if self._is_over(id_) else "START"
        return {
            "TaskId": id_,
            "CollectTime": self.history.ms(start),
            "TotalCount": total,
            "TaskInfo": {"Status": status, "Progress": 100 if status == "SUCCESS" else 30},
        }

    def _is_over(self, id_: str) -> bool:
        start, images = self.own[id_]
        ends = [scan.end for _, _, scan in images if scan]
        return self.history.now >= max(ends, default=start + 5.0)

    def _records(self, query: dict[str, str]) -> Document:
        _, images = self.own.get(query["TaskId"], (0.0, []))
        rows = [
            {"TaskId": f"{query['TaskId']}/r", "Target": "crr-1", "TargetType": "IMAGE_REPO", "StatusText": "SUCCESS"}
        ]
        rows += [self._record(query["TaskId"], digest, tag, scan) for digest, tag, scan in images if scan]
        return self._page("OnceTasks", rows, query)

    def _record(self, id_: str, digest: str, tag: Tag, scan: Scan) -> Document:
        history = self.history
        is_over = history.now >= scan.end
        record: Document = {
            "TaskId": f"{id_}/{tag.id}",
            "Target": digest,
            "TargetType": "IMAGE",
            "StatusText": ("FAIL" if scan.has_failed else "SUCCESS") if is_over else "START",
            "StartTime": history.ms(scan.start),
            "TaskImageInfo": {"Digest": digest, "RepoName": tag.ref.name, "Tag": tag.ref.tag},
        }
        record |= {"ResultInfo": self.mutator.text()} if is_over and scan.has_failed else {}
        return {**record, "EndTime": history.ms(scan.end)} if is_over else record

    def _unfinished(self, query: dict[str, str]) -> Document:
        running = [
            tag
            for tag in self.history.tags
            if (scan := tag.running(self.history.now)) and bare(scan.digest) == query["Target"]
        ]
        return {"OnceTasks": [{"TaskId": f"sub/{tag.id}"} for tag in running]}

    def _cancel(self, query: dict[str, str]) -> Document:
        for _, _, scan in self.own.get(query["TaskId"], (0.0, []))[1]:
            if scan and scan.end > self.history.now:
                scan.end = NEVER
        return {}

    def _instances_of_registry(self, query: dict[str, str]) -> Document:
        # Whether the name is compared as a whole is not documented.
        names = (query["InstanceName"], f"{query['InstanceName']}-2")
        rows = [{"InstanceId": f"cri-{name}", "InstanceName": name} for name in names]
        return {"IsSuccess": True, "Code": "success", "Instances": rows, "TotalCount": "2"}

    def _repository(self, query: dict[str, str]) -> Document:
        name = f"{query['RepoNamespaceName']}/{query['RepoName']}"
        if not any(repository(tag.ref) == name for tag in self.history.tags):
            return {"IsSuccess": False, "Code": "REPO_NOT_EXIST"}
        return {"IsSuccess": True, "Code": "success", "RepoId": f"crr-{name}"}

    def _repo_tag(self, query: dict[str, str]) -> Document:
        name = query["RepoId"].removeprefix("crr-")
        found = next(
            (tag for tag in self.history.tags if (repository(tag.ref), tag.ref.tag) == (name, query["Tag"])), None
        )
        pushed, digest = found.pushed(self.history.now) if found else (0.0, "")
        if not digest:
            return {"IsSuccess": False, "Code": "TAG_NOT_EXIST"}
        times = {"ImageCreate": self.history.ms(pushed), "ImageUpdate": self.history.ms(pushed)}
        return {
            "IsSuccess": True,
            "Code": "success",
            "Status": "NORMAL",
            "Digest": bare(digest),
            "Tag": query["Tag"],
            **times,
        }
