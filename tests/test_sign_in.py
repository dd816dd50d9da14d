"""Signing in, end to end: every kind of credentials, and every tool's names for them."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Gate

HUAWEI = {
    "our own": ("SCAN_GATE_ACCESS_KEY_ID", "SCAN_GATE_ACCESS_KEY_SECRET"),
    "the vendor's SDK": ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"),
    "the vendor's action": ("HUAWEI_CLOUD_ACCESS_KEY_ID", "HUAWEI_CLOUD_SECRET_ACCESS_KEY"),
    "the vendor's samples": ("CLOUD_SDK_AK", "CLOUD_SDK_SK"),
    "Terraform": ("HW_ACCESS_KEY", "HW_SECRET_KEY"),
    "the inputs": ("INPUT_ACCESS-KEY-ID", "INPUT_ACCESS-KEY-SECRET"),
}


def sign_in(gate: Gate, monkeypatch: pytest.MonkeyPatch, **variables: str) -> int:
    """Runs the check with exactly these variables."""
    for name in [name for name in os.environ if name.startswith("SCAN_GATE_")]:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return gate.check().code


@pytest.mark.parametrize("names", HUAWEI.values(), ids=HUAWEI)
def test_keys_are_found_under_the_names_of_every_tool(
    names: tuple[str, str], gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean")
    known = gate.simulator.describe()["huawei"]
    keys = dict(zip(names, (known["access_key_id"], known["access_key_secret"]), strict=True))

    assert sign_in(gate, monkeypatch, **keys) == 0


def test_temporary_keys_come_with_their_security_token(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean")
    known = gate.simulator.describe()["huawei"]
    keys = {"HUAWEICLOUD_SDK_AK": known["access_key_id"], "HUAWEICLOUD_SDK_SK": known["access_key_secret"]}

    assert sign_in(gate, monkeypatch, **keys, HUAWEICLOUD_SDK_SECURITY_TOKEN=known["security_token"]) == 0
    assert gate.simulator.requests[0].headers["X-Security-Token"] == known["security_token"]
    assert sign_in(gate, monkeypatch, **keys, HUAWEICLOUD_SDK_SECURITY_TOKEN="of-yesterday") == 3


def test_a_token_is_enough(gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch) -> None:
    gate = gate_in("clean")
    token = gate.simulator.describe()["huawei"]["auth_token"]

    assert sign_in(gate, monkeypatch, SCAN_GATE_AUTH_TOKEN=token) == 0
    assert "Authorization" not in gate.simulator.requests[0].headers
    assert sign_in(gate, monkeypatch, SCAN_GATE_AUTH_TOKEN="of-yesterday") == 3


def test_the_project_is_found_by_the_region(gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("clean")

    assert replace(gate, left_out=("project_id",)).check().code == 0
    assert gate.operations[:2] == ["projects", "tasks"]
