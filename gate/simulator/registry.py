"""The simulated clouds by name: those of the gate's own registry, which the simulator does not import."""

from collections.abc import Mapping
from typing import Final

from gate.simulator import alibaba, huawei
from gate.simulator.cloud import Cloud

CLOUDS: Final[Mapping[str, Cloud]] = {
    "huawei": huawei,
    "alibaba": alibaba,
}
"""A request is for the last one that claims it: the first one answers all that no other claims."""
