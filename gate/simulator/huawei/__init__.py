"""Simulates Huawei Cloud HSS and the IAM look-up of a project, from the published facts alone (huawei-hss.md)."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

from gate.simulator.cloud import Answer, Call, Moment, out_of_order
from gate.simulator.fault import Reply
from gate.simulator.huawei import identity
from gate.simulator.huawei.errors import error
from gate.simulator.huawei.identity import CREDENTIALS, PROJECT_ID, REGION
from gate.simulator.huawei.parameters import DEFAULTS, kept, warning
from gate.simulator.huawei.rendering import document
from gate.simulator.quota import Quota
from gate.simulator.task import Snapshot

TASKS: Final = re.compile(r"/v5/([^/]+)/image/tasks")
PROJECTS: Final = "/v3/projects"
DOMAIN_ID: Final = "fedcba9876543210fedcba9876543210"
# A region's sub-project is named after it; whoever looks for a name that only begins alike finds two.
PROJECT_IDS: Final = {REGION: PROJECT_ID, f"{REGION}_team": "00112233445566778899aabbccddeeff"}
FAULT_ID: Final = f"{0:032x}"


def describe(url: str) -> dict[str, str]:
    """Everything that a client has to be told."""
    return {"endpoint": url, "iam_endpoint": url, **CREDENTIALS, "region": REGION, "project_id": PROJECT_ID}


def claims(_call: Call) -> bool:
    """Any request at all: what is not Huawei's gets the 404 of Huawei's gateway."""
    return True


def operation(call: Call) -> str:
    """Which operation is asked for: `tasks`, `projects`, or `unknown`."""
    if call.method != "GET":
        return "unknown"
    if TASKS.fullmatch(call.path):
        return "tasks"
    return "projects" if call.path == PROJECTS else "unknown"


def polls(operation: str) -> bool:
    """Whether an operation shows how a scan task stands."""
    return operation == "tasks"


def refusal(call: Call, now: float, expiry: float, _nonces: set[str]) -> Answer | None:
    """Why the request gets no further than the gateway, or nothing if it is signed in."""
    return error("APIGW.0101") if operation(call) == "unknown" else identity.refusal(call, now, expiry)


def answer(call: Call, moment: Moment) -> Answer:
    """The list of tasks or of projects."""
    if (found := TASKS.fullmatch(call.path)) is None:
        return _projects(call.query.get("name"))
    if unquote(found[1]) != PROJECT_ID:
        return error("APIGW.0302")
    if wrong := warning(call.query):
        return error("HSS.0001", wrong)
    return _tasks({**DEFAULTS, **{name: values[0] for name, values in call.query.items()}}, moment.tasks)


def throttled(quota: Quota, wait: float) -> Answer:
    """The gateway's word for one call too many; its window is named in the largest unit that leaves it whole."""
    headers = {"Retry-After": str(math.ceil(wait))} if quota.retry_after else {}
    number, unit = (quota.seconds // 60, "minute") if quota.seconds % 60 == 0 else (quota.seconds, "second")
    window = f"policy user over ratelimit,limit:{quota.calls},time:{number} {unit}"
    return replace(error("APIGW.0308", f"The throttling threshold has been reached: {window}"), headers=headers)


def forbidden() -> Answer:
    """The answer of HSS to a user without the permission, which is HTTP 400 like all of its errors."""
    return error("HSS.0013")


def reply(operation: str, answer: Answer, request_id: str) -> Reply:
    """An answer as HTTP: IAM names its trace, and the gateway repeats the request id in its own errors."""
    body = answer.document
    if answer.status != HTTPStatus.OK and body["error_code"].startswith("APIGW."):
        body = {**body, "request_id": request_id}
    traced = operation == "projects" and answer.status == HTTPStatus.OK
    return Reply(
        status=answer.status,
        headers={
            "Server": "api-gateway",
            "Content-Type": "application/json",
            "X-IAM-Trace-Id" if traced else "X-Request-Id": request_id,
            **answer.headers,
        },
        body=json.dumps(body).encode(),
    )


def refused(code: str, message: str | None = None) -> Reply:
    """An error of HSS or of the gateway in front of it, by its code, as a fault."""
    return reply("tasks", error(code, message), FAULT_ID)


def error_in_200(code: str = "HSS.0010") -> Reply:
    """The error of HSS with this code under a status that says success."""
    return replace(refused(code), status=HTTPStatus.OK)


def _tasks(query: Mapping[str, str], tasks: Sequence[Snapshot]) -> Answer:
    matching = out_of_order(kept(query, tasks))
    start = int(query["offset"])
    shown = tuple(matching[start : start + int(query["limit"])])
    listed = {"data_list": [document(seen) for seen in shown], "total_num": len(matching)}
    return Answer(status=HTTPStatus.OK, document=listed, shown=shown)


def _projects(names: Sequence[str] | None) -> Answer:
    projects = [
        {
            "id": project_id,
            "name": name,
            "domain_id": DOMAIN_ID,
            "parent_id": DOMAIN_ID,
            "enabled": True,
            "is_domain": False,
        }
        for name, project_id in PROJECT_IDS.items()
        if names is None or name in names
    ]
    return Answer(status=HTTPStatus.OK, document={"projects": projects})
