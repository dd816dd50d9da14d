"""Connects the vendor's SDKs with the simulator."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gate.simulator import Simulator


def sdk(module: str, name: str) -> Any:
    """A name of the SDK, imported on use, since the import takes a second."""
    return getattr(import_module(f"huaweicloudsdk{module}"), name)


def client(simulator: Simulator, *, service: str = "hss.v5", name: str = "HssClient", **other: str) -> Any:
    """A client of a service with the simulator's keys, or with others; without a project id it looks the project up."""
    settings = {**simulator.describe()["huawei"], "security_token": "", **other}
    credentials = sdk("core.auth.credentials", "BasicCredentials")(
        settings["access_key_id"], settings["access_key_secret"], settings["project_id"] or None
    ).with_iam_endpoint(settings["iam_endpoint"])
    if settings["security_token"]:
        credentials = credentials.with_security_token(settings["security_token"])
    region = sdk("core.region.region", "Region")(settings["region"], settings["endpoint"])
    return sdk(service, name).new_builder().with_credentials(credentials).with_region(region).build()
