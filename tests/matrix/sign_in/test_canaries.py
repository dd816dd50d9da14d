"""No token, assertion or temporary key is shown anywhere by a run that signs in, whatever its scenario or fault."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gate.simulator import SIGN_IN_SCENARIOS, HttpResponse
from tests.matrix.sign_in.situations import POINTS, TOKEN
from tests.matrix.sign_in.test_sign_in_matrix import SIGN_INS, without_keys
from tests.test_secrets import EVERY_REPORT, BreakingTime, files, traces

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness import Gate
    from tests.matrix.sign_in.situations import Point

SECRET = re.compile(
    r"simulated-temporary-|simulated-\w+-token|simulated-github-request|eyJ[\w-]{9}|(?:STS\.|HSTA?)[0-9A-F]{12}"
)
"""What starts every token and every temporary key of the simulator."""
BEARER = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"


class Canaries:
    """Every secret that the simulated services give out in the bodies of their responses."""

    def __init__(self, gate: Gate) -> None:
        self.found = [gate.simulator.describe_sign_in()["ci"][BEARER]]
        gate.simulator.rewrite = self.record

    def record(self, operation: str, document: Any) -> Any:
        """Notes the secrets of a response."""
        if operation == TOKEN:
            self.found.append(document["value"])
        for name in ("Credentials", "credentials", "credential"):
            part = document.get(name)
            if isinstance(part, dict):
                self.found += [text for key, text in part.items() if "xpir" not in key]
        return document


def shown(gate: Gate, way: str, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str]:
    """Runs the check with all reports; returns its exit code, and all that was printed, written or in an address."""
    given = without_keys(gate, way, monkeypatch)
    # Which would be told each secret, to mask it.
    monkeypatch.delenv("GITHUB_ACTIONS")
    ending = gate.run("check", "-v", *EVERY_REPORT, *given, *arguments)
    addresses = "\n".join(f"{one.path} {one.query}" for one in gate.simulator.requests)
    return ending.code, f"{ending.out}\n{ending.err}\n{files()}\n{addresses}"


@pytest.mark.divided
@pytest.mark.parametrize(("cloud", "way"), SIGN_INS)
@pytest.mark.parametrize("scenario", ["clean", *SIGN_IN_SCENARIOS])
def test_no_scenario_of_signing_in_shows_a_secret(
    scenario: str, cloud: str, way: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_in(scenario, cloud)
    canaries = Canaries(gate)
    _, text = shown(gate, way, monkeypatch, "--timeout", "62m", "--poll-interval", "5m")

    assert all(SECRET.search(secret) for secret in canaries.found), "the pattern of the matrix knows no such secret"
    assert traces(text, canaries.found) == []
    assert SECRET.findall(text) == []


@pytest.mark.divided
@pytest.mark.parametrize("status", [200, 400, 401, 403, 500])
@pytest.mark.parametrize("point", [point for point in POINTS if not point.is_renewal], ids=str)
def test_a_secret_that_a_service_repeats_is_redacted(
    point: Point, status: int, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the request had: the request token, the token of the job, or the keys of the first role."""
    gate = gate_in("clean", point.cloud)
    canaries = Canaries(gate)
    repeated: list[str] = []

    def rewrite(operation: str, document: Any) -> Any:
        if operation != point.operation:
            return canaries.record(operation, document)
        known = " ".join(canaries.found[-1:] if operation != TOKEN else canaries.found)
        repeated.append(known)
        error = {"error_code": known, "error_msg": known, "Code": known, "Message": known, "message": known}
        headers = {"Content-Type": "application/json", "X-Request-Id": known, "Location": f"https://x.example/{known}"}
        return HttpResponse(status=status, headers=headers, body=json.dumps(error).encode())

    gate.simulator.rewrite = rewrite
    code, text = shown(gate, point.way, monkeypatch, "--timeout", "5s")

    assert code in {3, 4}
    assert repeated
    assert traces(text, canaries.found) == []


@pytest.mark.parametrize(("cloud", "way"), SIGN_INS)
def test_no_traceback_of_a_sign_in_shows_a_secret(
    cloud: str, way: str, gate_in: Callable[..., Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    working = BreakingTime()
    shown(replace(gate_in("clean", cloud), time=working), way, monkeypatch)

    # From 2, because the first reading is in the constructor of the clock, outside the gate.
    for fails_at in range(2, working.readings, 25):
        gate = gate_in("clean", cloud)
        canaries = Canaries(gate)
        _, text = shown(replace(gate, time=BreakingTime(fails_at=fails_at)), way, monkeypatch)

        assert "LookupError: the clock is broken" in text
        assert traces(text, canaries.found) == []
