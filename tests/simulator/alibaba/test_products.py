"""Tests how the two products share one port (alibaba-images.md 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gate.simulator import Fault, Forbidden, Simulator
from gate.simulator.alibaba import RESPONSES
from gate.simulator.alibaba.actions import ACTIONS, CONTAINER_REGISTRY, SECURITY_CENTER
from tests.simulator.alibaba.pushed import INSTANCES, QUOTA, TAG
from tests.simulator.alibaba.signing import REGISTRY_ACTIONS, REGISTRY_VERSION, Signing

if TYPE_CHECKING:
    from tests.simulator.conftest import CallAction, Clock, SendRequest


def test_every_action_has_parameters_and_a_response() -> None:
    """No action is in both products."""
    assert RESPONSES.keys() == ACTIONS.keys()
    assert CONTAINER_REGISTRY.keys() == REGISTRY_ACTIONS
    assert not CONTAINER_REGISTRY.keys() & SECURITY_CENTER.keys()


@pytest.mark.parametrize(
    ("signing", "status", "code"),
    [
        (Signing(action=INSTANCES, target="/", more=REGISTRY_VERSION), 200, "success"),
        (Signing(action=INSTANCES, target="/", more=REGISTRY_VERSION, method="GET"), 200, "success"),
        (Signing(action=QUOTA, target="/", method="GET"), 200, None),
        (Signing(action=INSTANCES, target="/"), 404, "InvalidApi.NotFound"),
        (Signing(action=QUOTA, target="/", more=REGISTRY_VERSION), 404, "InvalidApi.NotFound"),
        (Signing(action=QUOTA, target="/", more={"x-acs-version": "2016-06-07"}), 400, "InvalidVersion"),
        (Signing(action=INSTANCES, target="/cr", more=REGISTRY_VERSION), 404, "InvalidApi.NotFound"),
        (Signing(action=TAG, target="/", more=REGISTRY_VERSION), 400, "UnsupportedHTTPMethod"),
        (Signing(action=TAG, target="/", more=REGISTRY_VERSION, method="GET"), 400, "MissingInstanceId"),
        (Signing(action=INSTANCES, target="/", more=REGISTRY_VERSION, secret="wrong"), 400, "SignatureDoesNotMatch"),
    ],
)
def test_the_version_tells_the_product(
    signing: Signing, status: int, code: str | None, send: SendRequest, clock: Clock
) -> None:
    """One action accepts GET only; the signature is the same for both products and methods."""
    with Simulator("empty", now=clock) as simulator:
        headers = signing.headers(simulator, clock.now)
        response = send(simulator, signing.target, method=signing.method, headers=headers)

    assert (response.status, response.document.get("Code")) == (status, code)


@pytest.mark.parametrize(("action", "code"), [(INSTANCES, "NoPrivilege"), (QUOTA, "NoPermission")])
def test_each_product_has_its_own_word_for_a_missing_permission(
    action: str, code: str, call: CallAction, clock: Clock
) -> None:
    with Simulator("empty", now=clock) as simulator:
        simulator.faults.append(Fault(operation=action, response=Forbidden()))
        response = call(simulator, action)
        other = call(simulator, QUOTA if action == INSTANCES else INSTANCES)

    assert (response.status, response.document["Code"]) == (403, code)
    assert other.status == 200
