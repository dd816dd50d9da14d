"""Who is let in, and with which words everybody else is not."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from gate.simulator import Simulator
from gate.simulator.huawei.signature import canonical_request, sign

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.simulator.conftest import Ask, Clock

TASKS = "/v5/0123456789abcdef0123456789abcdef/image/tasks?type=image_scan"
PROJECTS = "/v3/projects?name=cn-north-4"
WRONG = "Incorrect IAM authentication information: "


@dataclass(frozen=True, kw_only=True)
class Signing:
    """How a client signs; each test changes one thing about it."""

    target: str = TASKS
    method: str = "GET"
    access_key_id: str = "SIMULATEDHUAWEIACCESSKEY"
    secret: str = "simulated-huawei-secret-key-that-opens-nothing"
    more: Mapping[str, str] = field(default_factory=dict)
    ahead: float = 0.0
    date: str | None = None
    signed: tuple[str, ...] | None = None
    body: bytes = b""

    def headers(self, simulator: Simulator, now: float) -> dict[str, str]:
        """The headers to send, Authorization among them."""
        date = self.date or time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now + self.ahead))
        headers = {"Host": f"127.0.0.1:{simulator.port}", "X-Sdk-Date": date, **self.more}
        signed = self.signed or tuple(sorted(name.lower() for name in headers))
        form = canonical_request(
            method=self.method,
            target=self.target,
            headers={"missing": "", **headers},
            body=self.body,
            signed_headers=signed,
        )
        signature = sign(form, date=date, secret=self.secret)
        parts = f"Access={self.access_key_id}, SignedHeaders={';'.join(signed)}, Signature={signature}"
        return {**headers, "Authorization": f"SDK-HMAC-SHA256 {parts}"}


TOKEN = {"X-Security-Token": "simulated-huawei-security-token-that-opens-nothing"}


@pytest.mark.parametrize(
    "signing",
    [
        Signing(),
        Signing(more=TOKEN),
        Signing(target=PROJECTS),
        Signing(target=PROJECTS, more=TOKEN),
        Signing(ahead=900),
        Signing(ahead=-900),
        Signing(target=f"{TASKS}&task_name=a%20b%2Fc~%E6%B5%8B"),
        Signing(body=b"{}", more={"Content-Type": "application/json"}),
    ],
)
def test_a_right_signature_is_let_in(signing: Signing, ask: Ask, clock: Clock) -> None:
    """With the plain keys and with the temporary ones, for both services, up to 15 minutes off."""
    with Simulator(now=clock) as simulator:
        seen = ask(simulator, signing.target, headers=signing.headers(simulator, clock.now), body=signing.body)

    assert seen.status == 200


@pytest.mark.parametrize(
    ("signing", "warning"),
    [
        (Signing(secret="wrong"), "verify aksk signature fail, canonicalRequest:GET|/v5/"),
        (Signing(access_key_id="NOBODY"), "ak NOBODY not exist"),
        (Signing(ahead=901), "signature expired"),
        (Signing(ahead=-901), "signature expired"),
        (Signing(date="Thu, 01 Jan 2026 00:00:00 GMT"), "X-Sdk-Date is not of the form YYYYMMDDTHHMMSSZ"),
        (Signing(signed=("x-sdk-date",)), "not among the signed headers: host"),
        (Signing(signed=("host",)), "not among the signed headers: x-sdk-date"),
        (Signing(signed=("host", "missing", "x-sdk-date")), "signed, but not in the request: missing"),
        (Signing(signed=("x-sdk-date", "host")), "the signed headers are not in order"),
        (Signing(more=TOKEN, signed=("host", "x-sdk-date")), "not among the signed headers: x-security-token"),
        (Signing(more={"X-Security-Token": "wrong"}), "security token fail"),
        (Signing(method="POST"), "verify aksk signature fail, canonicalRequest:GET|/v5/"),
    ],
)
def test_every_fault_of_a_signature_has_its_own_complaint(
    signing: Signing, warning: str, ask: Ask, clock: Clock
) -> None:
    """All of them are the gateway's APIGW.0301 with HTTP 401, and name the request in header and body."""
    with Simulator(now=clock) as simulator:
        seen = ask(simulator, signing.target, headers=signing.headers(simulator, clock.now))

    assert seen.status == 401
    assert seen.document["error_msg"].startswith(WRONG + warning)
    assert seen.document["error_code"] == "APIGW.0301"
    assert seen.document["request_id"] == seen.headers["X-Request-Id"]


def test_a_signed_header_cannot_be_changed_on_the_way(ask: Ask, clock: Clock) -> None:
    """What is signed is what comes over the wire."""
    with Simulator(now=clock) as simulator:
        headers = Signing(more={"X-Project-Id": "mine"}).headers(simulator, clock.now)
        seen = ask(simulator, TASKS, headers={**headers, "X-Project-Id": "theirs"})

    assert seen.status == 401


def test_the_wire_has_to_carry_the_signed_query(ask: Ask, clock: Clock) -> None:
    """A space that is signed as %20 and sent as a plus is refused, as the real gateway does."""
    with Simulator(now=clock) as simulator:
        headers = Signing(target=f"{TASKS}&task_name=a%20b").headers(simulator, clock.now)
        seen = ask(simulator, f"{TASKS}&task_name=a+b", headers=headers)

    assert seen.status == 401


@pytest.mark.parametrize("target", [TASKS, PROJECTS])
def test_a_token_is_enough(target: str, ask: Ask) -> None:
    """X-Auth-Token needs no signature, for either service."""
    with Simulator() as simulator:
        token = simulator.describe()["huawei"]["auth_token"]
        seen = ask(simulator, target, headers={"X-Auth-Token": token})

    assert seen.status == 200


@pytest.mark.parametrize("target", [TASKS, PROJECTS])
def test_a_wrong_token_must_be_updated(target: str, ask: Ask) -> None:
    """An expired token and a wrong one are the same to the gateway."""
    with Simulator() as simulator:
        seen = ask(simulator, target, headers={"X-Auth-Token": "yesterday's"})

    assert (seen.status, seen.document["error_code"]) == (401, "APIGW.0307")


@pytest.mark.parametrize(
    ("more", "before", "after"),
    [(TOKEN, 200, 401), ({}, 200, 200), ({"X-Security-Token": "wrong"}, 401, 401)],
    ids=["temporary-keys", "keys", "wrong-token"],
)
def test_temporary_keys_are_good_until_they_expire(
    more: dict[str, str], before: int, after: int, ask: Ask, clock: Clock
) -> None:
    """An expired token is the gateway's APIGW.0301, as a wrong one is; keys without a token do not expire."""
    with Simulator(now=clock) as simulator:
        simulator.expires_at = clock.now + 10
        young = ask(simulator, TASKS, headers=Signing(more=more).headers(simulator, clock.now))
        clock.now += 10
        old = ask(simulator, TASKS, headers=Signing(more=more).headers(simulator, clock.now))

    assert (young.status, old.status) == (before, after)
    assert after == 200 or old.document["error_msg"] == f"{WRONG}security token fail"


def test_a_token_is_good_until_it_expires(ask: Ask, clock: Clock) -> None:
    """Then it must be updated."""
    with Simulator(now=clock) as simulator:
        simulator.expires_at = clock.now + 10
        young = ask(simulator, TASKS)
        clock.now += 10
        old = ask(simulator, TASKS)

    assert (young.status, old.status, old.document["error_code"]) == (200, 401, "APIGW.0307")


@pytest.mark.parametrize("target", [TASKS, PROJECTS])
def test_nobody_comes_in_with_nothing(target: str, ask: Ask) -> None:
    """No header at all is the same 401 as a wrong one."""
    with Simulator() as simulator:
        seen = ask(simulator, target, headers={})

    assert seen.status == 401
    assert seen.document["error_msg"] == f"{WRONG}x-auth-token not found"


def test_another_form_of_authorization_is_refused(ask: Ask) -> None:
    """Also when a good token stands beside it."""
    with Simulator() as simulator:
        token = simulator.describe()["huawei"]["auth_token"]
        seen = ask(simulator, TASKS, headers={"Authorization": "Basic eDp5", "X-Auth-Token": token})

    assert seen.status == 401
    assert "authorization header is not of the form" in seen.document["error_msg"]
