"""Defines and validates the parameters of every action (alibaba-security-center.md 1.1, 2.1 and 2.2).

The maximum length of a page is not documented; see `pages`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from gate.simulator.alibaba.criteria import JOINS, parse
from gate.simulator.alibaba.errors import invalid, missing
from gate.simulator.alibaba.signature import query_parameters
from gate.simulator.cloud import ApiResponse, HttpRequest
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
"""The ten task types that a request can name."""
LEAF_TYPES: Final[Mapping[str, Kind]] = {"IMAGE_SCAN": "image_scan", "IMAGE_REGISTRY_PULL": "image_sync"}
"""The task types with sub-tasks."""
FORM: Final = "application/x-www-form-urlencoded"
# StatusList.1=FAIL&StatusList.2=TIMEOUT is one list.
NUMBERED: Final = re.compile(r"(.+)\.[1-9][0-9]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """One parameter of an action."""

    accepts: Callable[[str], bool] = lambda _text: True
    required: bool = False
    default: str | None = None
    is_list: bool = False


def _number(minimum: int) -> Callable[[str], bool]:
    return lambda text: text.isascii() and text.isdigit() and int(text) >= minimum


def _boolean(text: str) -> bool:
    # The vendor's SDK for Python sends True and False.
    return text.lower() in {"true", "false"}


TASK_TYPE: Final = Parameter(accepts=TASK_TYPES.__contains__, required=True)
PAGE_SIZE: Final = Parameter(accepts=_number(1), default="20")
ACTIONS: Final[Mapping[str, Mapping[str, Parameter]]] = {
    "GetLastOnceTaskInfo": {"TaskType": TASK_TYPE, "TaskName": TASK_TYPE, "Source": Parameter()},
    "GetOnceTaskResultInfo": {"TaskId": Parameter(required=True), "TaskType": TASK_TYPE, "TaskName": TASK_TYPE},
    "DescribeOnceTaskLeafRecordPage": {
        "TaskType": Parameter(accepts=LEAF_TYPES.__contains__, required=True),
        "CurrentPage": Parameter(accepts=_number(1), required=True),
        # Documented as required and with a default; the default is harmless.
        "PageSize": PAGE_SIZE,
        "RelateInfo": Parameter(accepts=_boolean, required=True),
        "TaskId": Parameter(),
        "Source": Parameter(),
        "StartTime": Parameter(accepts=_number(0)),
        "EndTime": Parameter(accepts=_number(0)),
        "StatusList": Parameter(is_list=True),
    },
    "DescribeImageInstances": {
        "Criteria": Parameter(accepts=lambda text: parse(text) is not None, default="[]"),
        "LogicalExp": Parameter(accepts=JOINS.__contains__, default="AND"),
        "CurrentPage": Parameter(accepts=_number(1), default="1"),
        "PageSize": PAGE_SIZE,
        "Scanned": Parameter(accepts=_boolean),
    },
}

Parameters = Mapping[str, Sequence[str]]
"""Every parameter with its values: exactly one, unless the parameter is a list."""


def read_parameters(action: str, request: HttpRequest) -> Parameters:
    """The parameters of a request, from its query or form, and the defaults of the action.

    An empty value is dropped; a parameter that the action does not define is kept and ignored.
    """
    values: dict[str, list[str]] = {}
    for name, text in (*query_parameters(request.target), *_form(request)):
        if text:
            values.setdefault(_list_name(action, name), []).append(text)
    defaults = {name: [one.default] for name, one in ACTIONS[action].items() if one.default is not None}
    return {**defaults, **values}


def validation_error(action: str, parameters: Parameters) -> ApiResponse | None:
    """The error for the first missing or invalid parameter, or None."""
    for name, parameter in ACTIONS[action].items():
        values = parameters.get(name, ())
        if parameter.required and not values:
            return missing(name)
        if not all(map(parameter.accepts, values)) or (len(values) > 1 and not parameter.is_list):
            return invalid(name)
    return None


def _list_name(action: str, name: str) -> str:
    numbered = NUMBERED.fullmatch(name)
    return numbered[1] if numbered and ACTIONS[action].get(numbered[1], Parameter()).is_list else name


def _form(request: HttpRequest) -> list[tuple[str, str]]:
    if request.headers.get_content_type() != FORM:
        return []
    return parse_qsl(request.body.decode("latin-1"), keep_blank_values=True)
