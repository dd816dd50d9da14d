"""Knows every parameter of every action: whether it has to be there, and what it may be (alibaba-security-center.md).

Sections 1.1, 2.1 and 2.2 name them. Longest pages are not documented; see `pages`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from gate.simulator.alibaba.criteria import JOINS, read
from gate.simulator.alibaba.errors import invalid, missing
from gate.simulator.alibaba.signature import parameters
from gate.simulator.cloud import Answer, Call
from gate.simulator.task import Kind

TASK_TYPES: Final[Mapping[str, Kind]] = {
    "CLIENT_PROBLEM_CHECK": "client_problem_check",
    "CLIENT_DEV_OPS": "client_dev_ops",
    "ASSET_SECURITY_CHECK": "asset_security_check",
    "ASSETS_COLLECTION": "assets_collection",
    "IMAGE_SCAN": "image_scan",
    "AI_SECURITY_CHECK": "ai_security_check",
    "IDC_PROBE_SCAN": "idc_probe_scan",
    "ATTACK_SURFACE_SCAN": "attack_surface_scan",
    "ASSET_EXPOSURE_SCAN": "asset_exposure_scan",
    "VUL_CHECK_TASK": "vul_check_task",
}
"""The ten that can be asked for by name."""
LEAF_TYPES: Final[Mapping[str, Kind]] = {"IMAGE_SCAN": "image_scan", "IMAGE_REGISTRY_PULL": "image_sync"}
"""Those that have sub-tasks."""
FORM: Final = "application/x-www-form-urlencoded"
# StatusList.1=FAIL&StatusList.2=TIMEOUT is one list.
NUMBERED: Final = re.compile(r"(.+)\.[1-9][0-9]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """One parameter of an action."""

    accepts: Callable[[str], bool] = lambda _text: True
    required: bool = False
    usual: str | None = None
    several: bool = False


def _number(least: int) -> Callable[[str], bool]:
    return lambda text: text.isascii() and text.isdigit() and int(text) >= least


def _boolean(text: str) -> bool:
    # The vendor's own SDK for Python sends a capital letter.
    return text.lower() in {"true", "false"}


TASK_TYPE: Final = Parameter(accepts=TASK_TYPES.__contains__, required=True)
PAGE_SIZE: Final = Parameter(accepts=_number(1), usual="20")
ACTIONS: Final[Mapping[str, Mapping[str, Parameter]]] = {
    "GetLastOnceTaskInfo": {"TaskType": TASK_TYPE, "TaskName": TASK_TYPE, "Source": Parameter()},
    "GetOnceTaskResultInfo": {"TaskId": Parameter(required=True), "TaskType": TASK_TYPE, "TaskName": TASK_TYPE},
    "DescribeOnceTaskLeafRecordPage": {
        "TaskType": Parameter(accepts=LEAF_TYPES.__contains__, required=True),
        "CurrentPage": Parameter(accepts=_number(1), required=True),
        # Both required and with a default, says the document; the default cannot hurt.
        "PageSize": PAGE_SIZE,
        "RelateInfo": Parameter(accepts=_boolean, required=True),
        "TaskId": Parameter(),
        "Source": Parameter(),
        "StartTime": Parameter(accepts=_number(0)),
        "EndTime": Parameter(accepts=_number(0)),
        "StatusList": Parameter(several=True),
    },
    "DescribeImageInstances": {
        "Criteria": Parameter(accepts=lambda text: read(text) is not None, usual="[]"),
        "LogicalExp": Parameter(accepts=JOINS.__contains__, usual="AND"),
        "CurrentPage": Parameter(accepts=_number(1), usual="1"),
        "PageSize": PAGE_SIZE,
        "Scanned": Parameter(accepts=_boolean),
    },
}

Asked = Mapping[str, Sequence[str]]
"""Every parameter with its values, of which there is one unless the parameter is a list."""


def asked(action: str, call: Call) -> Asked:
    """What a call asks for, in its query or in a form, and what the action takes where it does not say.

    An empty value is no value; one that the action does not know is kept, and nobody will look for it.
    """
    values: dict[str, list[str]] = {}
    for name, text in (*parameters(call.target), *_form(call)):
        if text:
            values.setdefault(_listed(action, name), []).append(text)
    usual = {name: [one.usual] for name, one in ACTIONS[action].items() if one.usual is not None}
    return {**usual, **values}


def warning(action: str, asked: Asked) -> Answer | None:
    """What is wrong with what is asked for, or nothing."""
    for name, parameter in ACTIONS[action].items():
        values = asked.get(name, ())
        if parameter.required and not values:
            return missing(name)
        if not all(map(parameter.accepts, values)) or (len(values) > 1 and not parameter.several):
            return invalid(name)
    return None


def _listed(action: str, name: str) -> str:
    numbered = NUMBERED.fullmatch(name)
    return numbered[1] if numbered and ACTIONS[action].get(numbered[1], Parameter()).several else name


def _form(call: Call) -> list[tuple[str, str]]:
    if call.headers.get_content_type() != FORM:
        return []
    return parse_qsl(call.body.decode("latin-1"), keep_blank_values=True)
