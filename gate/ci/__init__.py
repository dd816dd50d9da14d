"""The CI systems: which one the gate runs in, and how it publishes the outcome there.

The module of a CI system has its name and is imported when it is chosen: a job pays for no other.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from gate.ci.ci_system import CISystem
from gate.ci.detection import CI_SYSTEMS, detected
from gate.interrupt import signals_delayed

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CI_SYSTEMS", "CISystem", "detect"]


def detect(environ: Mapping[str, str], name: str | None = None, *, gate_name: str = "") -> CISystem:
    """Returns the CI system of this name, or by default the one that set these variables.

    Args:
        environ: The variables of the job.
        name: One of `CI_SYSTEMS`.
        gate_name: The name of the gate, where the user gave one.
    """
    name = name or detected(environ)
    if name == "none":
        return CISystem(environ, gate_name)
    with signals_delayed():
        ci_system: type[CISystem] = import_module(f"{__name__}.{name}").CI_SYSTEM
    return ci_system(environ, gate_name)
