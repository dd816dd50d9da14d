"""Simulates Alibaba Cloud Security Center, from the published facts alone (alibaba-security-center.md)."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Final
from uuid import UUID

from gate.simulator.alibaba import identity, instances, leaves, tasks
from gate.simulator.alibaba.errors import body, error, invalid, missing
from gate.simulator.alibaba.identity import CREDENTIALS, REGION
from gate.simulator.alibaba.pages import page
from gate.simulator.alibaba.parameters import ACTIONS, Asked, asked, warning
from gate.simulator.alibaba.signature import ALGORITHM
from gate.simulator.cloud import Answer, Call, Moment
from gate.simulator.fault import Reply
from gate.simulator.quota import Quota

VERSION: Final = "2018-12-03"
FAULT_ID: Final = f"{0:032x}"


def describe(url: str) -> dict[str, str]:
    """Everything that a client has to be told."""
    return {"endpoint": url, **CREDENTIALS, "region": REGION}


def claims(call: Call) -> bool:
    """Whether the request bears the marks of this cloud: its headers, or its way to sign."""
    marked = any(name.lower().startswith("x-acs-") for name in call.headers)
    return marked or call.headers.get("Authorization", "").startswith(ALGORITHM)


def operation(call: Call) -> str:
    """Which action is asked for, by its own name, or `unknown`."""
    action = call.headers.get("x-acs-action", "")
    return action if call.path == "/" and action in ACTIONS else "unknown"


def polls(operation: str) -> bool:
    """Whether an operation shows how a scan task stands."""
    return operation in {"GetLastOnceTaskInfo", "GetOnceTaskResultInfo"}


def refusal(call: Call, now: float, expiry: float, nonces: set[str]) -> Answer | None:
    """Why the request gets no further than the gateway, or nothing if it is signed in."""
    return _astray(call) or identity.refusal(call, now, expiry, nonces)


def answer(call: Call, moment: Moment) -> Answer:
    """The answer of the action."""
    action = operation(call)
    given = asked(action, call)
    return warning(action, given) or ANSWERS[action](given, moment)


def throttled(quota: Quota, wait: float) -> Answer:
    """The gateway's word for one call too many; when the next one is free is told in milliseconds."""
    headers = {"x-acs-retry-after": str(math.ceil(wait * 1000))} if quota.retry_after else {}
    return replace(error("Throttling.User"), headers=headers)


def forbidden() -> Answer:
    """The answer to a user whose policies do not name the action."""
    return error("NoPermission")


def reply(_operation: str, answer: Answer, request_id: str) -> Reply:
    """An answer as HTTP, with the request id in its document."""
    document, written_id = answer.document, str(UUID(request_id)).upper()
    if answer.status != HTTPStatus.OK:
        document = body(answer, written_id)
    elif isinstance(document, dict):
        document = {**document, "RequestId": written_id}
    headers = {"Content-Type": "application/json;charset=utf-8", **answer.headers}
    return Reply(status=answer.status, headers=headers, body=json.dumps(document).encode())


def refused(code: str, message: str | None = None) -> Reply:
    """An error by its code, as a fault."""
    return reply("", error(code, message), FAULT_ID)


def _astray(call: Call) -> Answer | None:
    for parameter in ("Action", "Version"):
        if not call.headers.get(f"x-acs-{parameter}"):
            return missing(parameter)
    if call.headers["x-acs-version"] != VERSION:
        return invalid("Version")
    if operation(call) == "unknown":
        return error("InvalidApi.NotFound")
    return None if call.method in {"GET", "POST"} else error("UnsupportedHTTPMethod")


def _latest(asked: Asked, moment: Moment) -> Answer:
    found = max(tasks.wanted(moment.tasks, asked), key=lambda seen: seen.started, default=None)
    if found is None:
        return Answer(status=HTTPStatus.OK, document=tasks.nothing(moment.no_task))
    return Answer(status=HTTPStatus.OK, document=tasks.latest(found), shown=(found,))


def _outcome(asked: Asked, moment: Moment) -> Answer:
    for seen in tasks.wanted(moment.tasks, asked):
        if tasks.is_called(seen.task, asked["TaskId"][0]):
            return Answer(status=HTTPStatus.OK, document=tasks.outcome(seen), shown=(seen,))
    # The words of this action have none for a task that is not there.
    return Answer(status=HTTPStatus.OK, document=tasks.nothing("bare"))


def _leaves(asked: Asked, moment: Moment) -> Answer:
    shown, info = page(leaves.wanted(moment.tasks, asked), asked, moment.page_cap)
    related = asked["RelateInfo"][0].lower() == "true"
    listed = [leaves.document(leaf, related=related) for leaf in shown]
    return Answer(status=HTTPStatus.OK, document={"OnceTasks": listed, "PageInfo": info})


def _instances(asked: Asked, moment: Moment) -> Answer:
    listed, info = page(instances.wanted(moment.tasks, asked), asked, moment.page_cap)
    return Answer(status=HTTPStatus.OK, document={"ImageInstanceList": listed, "PageInfo": info})


ANSWERS: Final[Mapping[str, Callable[[Asked, Moment], Answer]]] = {
    "GetLastOnceTaskInfo": _latest,
    "GetOnceTaskResultInfo": _outcome,
    "DescribeOnceTaskLeafRecordPage": _leaves,
    "DescribeImageInstances": _instances,
}
