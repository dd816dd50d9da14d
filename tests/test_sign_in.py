"""Authentication end to end: every kind of credentials, under the variable names of every tool."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.harness import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.harness import Gate

Names = tuple[str, ...]
OURS: dict[str, Names] = {
    "the gate": ("SCAN_GATE_ACCESS_KEY_ID", "SCAN_GATE_ACCESS_KEY_SECRET", "SCAN_GATE_SECURITY_TOKEN"),
    "the inputs": ("INPUT_ACCESS-KEY-ID", "INPUT_ACCESS-KEY-SECRET", "INPUT_SECURITY-TOKEN"),
}
NAMES: dict[str, dict[str, Names]] = {
    "huawei": OURS
    | {
        "the vendor's SDK": ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "HUAWEICLOUD_SDK_SECURITY_TOKEN"),
        "the vendor's action": ("HUAWEI_CLOUD_ACCESS_KEY_ID", "HUAWEI_CLOUD_SECRET_ACCESS_KEY"),
        "the vendor's samples": ("CLOUD_SDK_AK", "CLOUD_SDK_SK"),
        "Terraform": ("HW_ACCESS_KEY", "HW_SECRET_KEY", "HW_SECURITY_TOKEN"),
    },
    "alibaba": OURS
    | {
        "the vendor's SDK": (
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            "ALIBABA_CLOUD_SECURITY_TOKEN",
        ),
        "Terraform": ("ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECURITY_TOKEN"),
    },
}
"""The variables for key id, secret and, if the tool has one, security token."""
TOOLS = [(cloud, names) for cloud, tools in NAMES.items() for names in tools.values()]
IDS = [f"{cloud}-{tool}" for cloud, tools in NAMES.items() for tool in tools]
TEMPORARY = [pytest.param(cloud, names, id=id_) for (cloud, names), id_ in zip(TOOLS, IDS, strict=True) if names[2:]]
TOKEN_HEADERS = {"huawei": "X-Security-Token", "alibaba": "x-acs-security-token"}


def check_with(gate: Gate, monkeypatch: pytest.MonkeyPatch, **variables: str) -> int:
    """Runs the check with only these variables; returns the exit code."""
    for name in [name for name in os.environ if name.startswith("SCAN_GATE_")]:
        monkeypatch.delenv(name)
    for name, value in {"GITHUB_ACTIONS": "true", **variables}.items():
        monkeypatch.setenv(name, value)
    return gate.check().code


def known(gate: Gate, *parts: str) -> list[str]:
    """These credentials of the simulated cloud."""
    return [gate.simulator.describe()[gate.cloud][part] for part in parts]


@pytest.mark.parametrize(("cloud", "names"), TOOLS, ids=IDS)
def test_keys_are_read_from_the_variables_of_every_tool(
    cloud: str, names: Names, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean", cloud)
    keys = dict(zip(names, known(gate, "access_key_id", "access_key_secret"), strict=False))

    assert check_with(gate, monkeypatch, **keys) == 0
    assert TOKEN_HEADERS[cloud] not in gate.simulator.requests[0].headers


@pytest.mark.parametrize(("cloud", "names"), TEMPORARY)
def test_temporary_keys_are_sent_with_their_security_token(
    cloud: str, names: Names, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean", cloud)
    keys = dict(zip(names, known(gate, "access_key_id", "access_key_secret", "security_token"), strict=True))

    assert check_with(gate, monkeypatch, **keys) == 0
    assert gate.simulator.requests[0].headers[TOKEN_HEADERS[cloud]] == keys[names[2]]
    assert check_with(gate, monkeypatch, **{**keys, names[2]: "expired"}) == 3


@pytest.mark.parametrize("wrong", [0, 1], ids=["id", "secret"])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_wrong_key_is_not_authorised(
    cloud: str, wrong: int, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean", cloud)
    names = OURS["the gate"]
    keys = dict(zip(names, known(gate, "access_key_id", "access_key_secret"), strict=False))

    assert check_with(gate, monkeypatch, **{**keys, names[wrong]: "wrong"}) == 3
    assert len(gate.operations) == 1


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_keys_of_another_cloud_are_not_used(
    cloud: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean", cloud)
    foreign = {name: "x" for other in NAMES if other != cloud for name in NAMES[other]["the vendor's SDK"]}

    assert check_with(gate, monkeypatch, **foreign) == 3
    assert gate.operations == []


def test_a_token_alone_is_sufficient_for_huawei(gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch) -> None:
    gate = gate_in("clean", "huawei")
    (token,) = known(gate, "auth_token")

    assert check_with(gate, monkeypatch, SCAN_GATE_AUTH_TOKEN=token) == 0
    assert "Authorization" not in gate.simulator.requests[0].headers
    assert check_with(gate, monkeypatch, SCAN_GATE_AUTH_TOKEN="expired") == 3


def test_a_token_alone_is_not_accepted_for_alibaba(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean", "alibaba")

    assert check_with(gate, monkeypatch, SCAN_GATE_AUTH_TOKEN="token") == 3
    assert gate.operations == []


def test_the_project_is_found_by_the_region_in_huawei(gate_in: Callable[..., Gate]) -> None:
    gate = gate_in("clean", "huawei")

    assert replace(gate, omitted=("project_id",)).check().code == 0
    assert gate.operations[:2] == ["projects", "tasks"]


# Credentials that end during a run.


@pytest.fixture
def renew(gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Gate]:
    """A gate whose temporary key is in files; it expires after 5 s, when this is called with a gate."""

    def start(cloud: str, then: Callable[[Path], object]) -> Gate:
        gate = gate_in("clean", cloud)
        token = tmp_path / "token"
        token.write_text(known(gate, "security_token")[0])
        monkeypatch.setenv("SCAN_GATE_SECURITY_TOKEN_FILE", str(token))

        def expire() -> None:
            gate.simulator.expires_at = gate.time.true_wall()
            then(token)

        gate.time.at_elapsed(5, expire)
        return gate

    return start


@pytest.mark.parametrize("cloud", CLOUDS)
def test_credentials_that_were_renewed_on_disk_are_read_again_when_the_cloud_refuses_the_old_ones(
    cloud: str, renew: Callable[..., Gate]
) -> None:
    """Here the new key is a lasting one, which has no security token."""
    gate = renew(cloud, lambda token: token.write_text(""))

    ending = gate.check("-v", "--poll-interval", "6s")

    assert ending.code == 0
    assert ending.err.count("the credentials were renewed; signing the request again") == 1
    assert len(gate.simulator.requests) == len([one for one in gate.simulator.requests if one.status == 200]) + 1


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("then", ["the-same", "gone", "half"])
def test_credentials_that_expired_and_were_not_renewed_are_not_authorised_with_the_time_they_lived(
    cloud: str, then: str, renew: Callable[..., Gate]
) -> None:
    changes: dict[str, Callable[[Path], object]] = {
        "the-same": lambda _: None,
        "gone": lambda token: token.unlink(),
        "half": lambda token: token.write_text("half-of-a-new-token"),
    }
    gate = renew(cloud, changes[then])

    ending = gate.check("--poll-interval", "6s")

    assert ending.code == 3
    assert ("It accepted them before, for 6 s of this run." in ending.out) is (then != "half")
    assert ("SCAN_GATE_..._FILE" in ending.out) is (then != "half")


def test_credentials_that_never_were_accepted_have_no_lifetime(
    gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in("clean")
    monkeypatch.setenv("SCAN_GATE_ACCESS_KEY_SECRET", "wrong-secret-key")

    ending = gate.check()

    assert ending.code == 3
    assert "accepted them before" not in ending.out


@pytest.mark.parametrize(("cloud", "other"), [*zip(CLOUDS, reversed(CLOUDS), strict=True)])
def test_keys_of_another_cloud_are_named_where_there_are_none_of_this_one(
    cloud: str, other: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    key_id, *_ = NAMES[other]["the vendor's SDK"]
    gate = gate_in("clean", cloud)
    for name in [name for name in os.environ if name.startswith("SCAN_GATE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv(key_id, "x")

    ending = gate.check()

    assert ending.code == 3
    assert f"{key_id} is set, but that is for" in ending.out
