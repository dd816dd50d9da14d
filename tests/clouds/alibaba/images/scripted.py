"""Alibaba Cloud by a script: the response to each operation is given by the test, through the real client."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from gate.clouds.alibaba.connect import connect
from gate.clouds.response import Response
from gate.clouds.transport import Transport
from gate.errors import GateError
from tests.clouds.alibaba.images.builders import DIGEST
from tests.clouds.builders import a_connection

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests import Request

    from gate.clouds import Connection, ImageScans
    from tests.builders import FakeTime

Document = dict[str, Any]
Answer: TypeAlias = "Document | GateError | tuple[int, Document] | Callable[[dict[str, str]], Answer]"
INSTANCES, REPOSITORY, TAG = "ListInstance", "GetRepository", "GetRepoTag"
REGISTRY = frozenset({INSTANCES, REPOSITORY, TAG})
KEYS = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "secret"}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request that the gate has sent."""

    operation: str
    query: dict[str, str]
    method: str
    host: str
    version: str


@dataclass
class ScriptedCloud:
    """Answers each operation with the next of its responses, of which the last one repeats."""

    answers: dict[str, list[Answer]] = field(default_factory=lambda: defaultdict(list))
    asked: list[Asked] = field(default_factory=list)

    def on(self, operation: str, *answers: Answer) -> None:
        """Sets the responses to an operation: documents, errors, or functions of the query."""
        self.answers[operation] = [*answers]

    def queries(self, operation: str) -> list[dict[str, str]]:
        """The queries of all requests of this operation."""
        return [one.query for one in self.asked if one.operation == operation]

    @property
    def operations(self) -> list[str]:
        """The operations that were asked for, in order."""
        return [one.operation for one in self.asked]

    def respond(self, request: Request, host: str) -> Response:
        """The response to a request, or the error that the transport raises."""
        headers = {name: str(value) for name, value in dict(request.headers).items()}
        operation, query = headers["x-acs-action"], dict(parse_qsl(urlsplit(str(request.url)).query))
        version = headers["x-acs-version"]
        self.asked.append(
            Asked(operation=operation, query=query, method=str(request.method), host=host, version=version)
        )
        assert self.answers[operation], f"nothing is scripted for {operation}"
        answer, *others = self.answers[operation]
        self.answers[operation] = others or [answer]
        while callable(answer):
            answer = answer(query)
        if isinstance(answer, GateError):
            raise answer
        status, document = answer if isinstance(answer, tuple) else (200, answer)
        if operation in REGISTRY and status == 200:
            document = {"Code": "success", "IsSuccess": True, **document}
        return Response(status=status, headers={}, body=json.dumps(document).encode())

    def connect(self, time: FakeTime, **settings: Any) -> tuple[ImageScans, Connection]:
        """The images of the account, and what they are connected with."""
        given = {"cloud": "alibaba", "region": "cn-hangzhou", **settings}
        connection = replace(
            a_connection(time, environ=KEYS, **given), transport=lambda url, **_: _ScriptedTransport(self, url)
        )
        return connect(connection).image_scans(), connection


class _ScriptedTransport(Transport):
    def __init__(self, cloud: ScriptedCloud, url: str) -> None:
        self.host = urlsplit(url).netloc
        self._cloud = cloud

    def send(self, request: Request) -> Response:
        """See `Transport.send`."""
        return self._cloud.respond(request, self.host)

    def close(self) -> None:
        """See `Transport.close`; there is nothing to close."""


def an_instance(name: str = "demo", id_: str = "cri-demo") -> Document:
    """An instance in the list of Container Registry."""
    return {"InstanceName": name, "InstanceId": id_, "InstanceStatus": "RUNNING", "RegionId": "cn-hangzhou"}


def a_tag(digest: str = DIGEST, **fields: Any) -> Document:
    """What a tag stands for, as GetRepoTag says it (alibaba-images.md 6)."""
    return {"Status": "NORMAL", "Digest": digest, "ImageCreate": 1572839125000, "ImageUpdate": 1572875608000, **fields}


def a_registry(*tags: Answer) -> ScriptedCloud:
    """A registry with one instance, in which every repository is there, and these answers about its tags."""
    cloud = ScriptedCloud()
    cloud.on(INSTANCES, {"Instances": [an_instance()]})
    cloud.on(REPOSITORY, lambda query: {"RepoId": f"crr-{query['RepoName']}", **query})
    cloud.on(TAG, *(tags or [a_tag()]))
    return cloud


def images(*rows: Document) -> Document:
    """A response of DescribeImageInstances with these rows, all on one page."""
    return {"ImageInstanceList": [*rows], "PageInfo": _whole(rows)}


def leaves(*rows: Document) -> Document:
    """A response of DescribeOnceTaskLeafRecordPage with these records, all on one page."""
    return {"OnceTasks": [*rows], "PageInfo": _whole(rows)}


def created(task_id: str = "a" * 32, total: int = 1, **data: Any) -> Document:
    """A response to a request for a scan (alibaba-images.md 6)."""
    return {"Data": {"TaskId": task_id, "TotalCount": total, "Status": "INIT", "Result": "SUCCESS", **data}}


def _whole(rows: tuple[Document, ...]) -> Document:
    return {"CurrentPage": 1, "Count": len(rows), "TotalCount": len(rows)}
