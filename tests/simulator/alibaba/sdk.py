"""Gives tests the vendor's SDKs, whose signatures and models are correct by definition."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gate.simulator import Simulator

SECURITY_CENTER = "sas20181203"
CONTAINER_REGISTRY = "cr20181201"


def sdk(module: str, name: str) -> Any:
    """A name of an SDK, imported on use, since the import takes a second."""
    return getattr(import_module(f"alibabacloud_{module}"), name)


def client(simulator: Simulator, product: str = SECURITY_CENTER, **other: str) -> Any:
    """A client with the simulator's permanent keys, or with others."""
    settings = simulator.describe()["alibaba"]
    keys = {name: settings[name] for name in ("access_key_id", "access_key_secret")}
    config = sdk("tea_openapi.utils_models", "Config")(
        **{**keys, **other}, endpoint=f"127.0.0.1:{simulator.port}", protocol="http", region_id=settings["region"]
    )
    return sdk(f"{product}.client", "Client")(config)


def request(action: str, *, product: str = SECURITY_CENTER, **query: object) -> Any:
    """A request as an SDK models it."""
    return sdk(f"{product}.models", f"{action}Request")(**query)
