"""Tests the simulator's own API: a push by HTTP, as a job of a CI system does it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import BySeverity, Findings, PushedImage, Simulator
from tests.simulator.images import digest

if TYPE_CHECKING:
    from tests.simulator.conftest import Clock, Response, SendRequest

REFERENCE = f"registry.example/team/shop/web:1.4.2@{digest()}"


def push(send: SendRequest, simulator: Simulator, document: Any) -> Response:
    """Sends a push without credentials."""
    return send(simulator, "/simulate/push", method="POST", headers={}, body=json.dumps(document).encode())


def test_an_image_can_be_pushed_by_http(send: SendRequest, clock: Clock) -> None:
    """It is pushed at the time of the request, which is none of a cloud."""
    with Simulator("empty", now=clock) as simulator:
        clock.now += 5
        response = push(send, simulator, {"image": REFERENCE})
        (pushed,) = simulator.account.tags(clock.now).values()

        assert simulator.requests == []
    assert (response.status, response.document) == (201, {"image": REFERENCE})
    assert (pushed.image, pushed.at) == (PushedImage.parse(REFERENCE), clock.now)


def test_a_push_can_say_what_a_scan_finds_or_how_it_fails(send: SendRequest, clock: Clock) -> None:
    findings = {"vulnerabilities": {"high": 2, "low": 1}, "malicious_files": {"high": 1}}
    with Simulator("empty", now=clock) as simulator:
        push(send, simulator, {"image": REFERENCE, "findings": findings, "failure": "oversized"})
        (pushed,) = simulator.account.tags(clock.now).values()

    assert pushed.image.failure == "oversized"
    assert pushed.image.findings == Findings(
        vulnerabilities=BySeverity(high=2, low=1), malicious_files=BySeverity(high=1)
    )


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"image": "team/web:1"},
        {"image": REFERENCE, "severity": "high"},
        {"image": REFERENCE, "failure": "too heavy"},
        {"image": REFERENCE, "failure": ["broken"]},
        {"image": REFERENCE, "failure": "repeated"},
        {"image": REFERENCE, "findings": 2},
        {"image": REFERENCE, "findings": {"bugs": {}}},
        {"image": REFERENCE, "findings": {"vulnerabilities": {"grave": 1}}},
        {"image": REFERENCE, "findings": {"vulnerabilities": {"high": -1}}},
        {"image": REFERENCE, "findings": {"vulnerabilities": {"high": True}}},
    ],
)
def test_a_push_that_is_not_understood_is_rejected(document: Any, send: SendRequest, clock: Clock) -> None:
    """The response says why, and nothing is pushed."""
    with Simulator("empty", now=clock) as simulator:
        response = push(send, simulator, document)

        assert simulator.account.tags(clock.now) == {}
    assert (response.status, response.document.keys()) == (400, {"error"})


def test_a_push_that_is_not_json_is_rejected(send: SendRequest) -> None:
    with Simulator("empty") as simulator:
        assert send(simulator, "/simulate/push", method="POST", body=b"image").status == 400
