"""The simulated clouds by name: those of the gate's own registry, which the simulator does not import."""

from collections.abc import Mapping
from typing import Final

from gate.simulator import alibaba, huawei
from gate.simulator.cloud import Cloud, Service
from gate.simulator.oidc import service as ci

CLOUDS: Final[Mapping[str, Cloud]] = {
    "huawei": huawei,
    "alibaba": alibaba,
}
SERVICES: Final[Mapping[str, Service]] = {**CLOUDS, "ci": ci}
"""The clouds, and the CI system that gives the OIDC tokens of a job.

A request is for the last one that claims it: the first one answers all that no other claims.
"""
