"""Simulates the clouds on a loopback socket, as the oracle that the gate is tested against.

It is written from the vendors' published facts and knows nothing of the gate: signatures are recomputed from the
bytes on the wire, parameters are held to their ranges, errors come in the documented bodies. What a cloud holds is
defined once for all clouds, and each cloud renders it in its own way. Read `task` (a scan task and its progress),
`fault` (what can go wrong), `scenario` (every scenario by name), `cloud` (what a cloud has to provide), `huawei` and
`alibaba` (two that provide it), `server` (which request gets which response) and `listener` (the sockets), in this
order.
"""

from gate.simulator.fault import (
    POLL,
    Drip,
    Fault,
    Forbidden,
    Raw,
    Reply,
    cut_short,
    dripping_body,
    dripping_headers,
    garbage_json,
    hung,
    login_page,
    no_content,
    redirect,
    reset,
    server_error,
)
from gate.simulator.huawei import error_in_200, refused
from gate.simulator.quota import Quota
from gate.simulator.registry import CLOUDS
from gate.simulator.scenario import SCENARIOS, Scenario
from gate.simulator.server import Request, Simulator
from gate.simulator.task import FailedImage, SimulatedTask, Stage

__all__ = [
    "CLOUDS",
    "POLL",
    "SCENARIOS",
    "Drip",
    "FailedImage",
    "Fault",
    "Forbidden",
    "Quota",
    "Raw",
    "Reply",
    "Request",
    "Scenario",
    "SimulatedTask",
    "Simulator",
    "Stage",
    "cut_short",
    "dripping_body",
    "dripping_headers",
    "error_in_200",
    "garbage_json",
    "hung",
    "login_page",
    "no_content",
    "redirect",
    "refused",
    "reset",
    "server_error",
]
