"""Simulates the clouds on a loopback port; the gate is tested against it.

It is written from the vendors' published facts and knows nothing of the gate: signatures are recomputed from the
received bytes, parameters are checked against their ranges, errors have the documented bodies. The state of a cloud is
defined once for all clouds, and each cloud renders it in its own way.

Read `task` (a scan task), `progress` (its stages), `image` (a pushed image), `listing` (what the security service shows
of it), `account` (what can be done with it), `oidc` and `access` (who may sign in, and with what), `unverified` (what
no document settles), `fault` (what can go wrong), `scenario`, `image_scenario` and `sign_in_scenario` (every scenario
by name), `cloud` (what a cloud has to provide), `registry` (those that provide it), `control` (the push by HTTP),
`server` (which request gets which response) and `listener` (the sockets), in this order.
"""

from gate.simulator.access import Trust
from gate.simulator.fault import (
    EXCHANGE,
    POLL,
    AnyResponse,
    Fault,
    Forbidden,
    HttpResponse,
    RawResponse,
    SlowResponse,
    connection_reset,
    login_page,
    no_content,
    no_response,
    redirect,
    server_error,
    slow_body,
    slow_headers,
    truncated_json,
    truncated_response,
)
from gate.simulator.huawei import error_in_200, error_response
from gate.simulator.image import BySeverity, EarlierScan, Findings, Platform, PushedImage
from gate.simulator.image_scenario import IMAGE_SCENARIOS
from gate.simulator.oidc.claims import Job
from gate.simulator.quota import Quota
from gate.simulator.registry import CLOUDS
from gate.simulator.scenario import SCENARIOS, Scenario
from gate.simulator.server import Request, Simulator
from gate.simulator.sign_in_scenario import SIGN_IN_SCENARIOS
from gate.simulator.task import FailedImage, SimulatedTask, Stage
from gate.simulator.unverified import Unverified

__all__ = [
    "CLOUDS",
    "EXCHANGE",
    "IMAGE_SCENARIOS",
    "POLL",
    "SCENARIOS",
    "SIGN_IN_SCENARIOS",
    "AnyResponse",
    "BySeverity",
    "EarlierScan",
    "FailedImage",
    "Fault",
    "Findings",
    "Forbidden",
    "HttpResponse",
    "Job",
    "Platform",
    "PushedImage",
    "Quota",
    "RawResponse",
    "Request",
    "Scenario",
    "SimulatedTask",
    "Simulator",
    "SlowResponse",
    "Stage",
    "Trust",
    "Unverified",
    "connection_reset",
    "error_in_200",
    "error_response",
    "login_page",
    "no_content",
    "no_response",
    "redirect",
    "server_error",
    "slow_body",
    "slow_headers",
    "truncated_json",
    "truncated_response",
]
