"""Secrets in what servers send back: no message and no response holds one."""

from __future__ import annotations

import html
import json
from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from gate.clouds.credentials import Credentials
from gate.clouds.huawei.signature import KeyPairAuth, TokenAuth
from gate.errors import (
    NotAuthorised,
)
from gate.simulator import (
    Fault,
    HttpResponse,
    Simulator,
)
from tests.clouds.builders import a_connection

if TYPE_CHECKING:
    from tests.builders import FakeTime


from tests.clouds.clients import PROJECTS, TOKEN, fault, http

# Secrets.


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500, 503])
def test_a_secret_that_the_cloud_repeats_is_in_no_message(fake_time: FakeTime, status: int) -> None:
    connection = a_connection(fake_time, timeout=1.0)
    body = b'{"error_code": "APIGW.0301", "error_msg": "x-auth-token:%b"}' % TOKEN.encode()
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=HttpResponse(status=status, headers={"X-Request-Id": TOKEN}, body=body)))
        found = fault(connection, simulator.url)

    said = f"{found} {found!r}" + "".join(event.text for event in connection.event_log.events)
    assert "APIGW.0301" in said
    assert TOKEN not in said


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ("to/ken+to/ken==", r"to/ken+to/ken=="),
        ("to/ken+to/ken==", r"to\/ken+to\/ken=="),
        ("to/ken+to/ken==", r"to\\/ken+to\\/ken=="),
        ("to/ken+to/ken==", r"to/ken+to/ken\u003d\u003d"),
        ("to/ken+to/ken==", r"to\u002Fken\u002bto\u002fken=="),
        ("to/ken+to/ken==", "to%2Fken%2Bto%2Fken%3D%3D"),
        ("to/ken+to/ken==", "to%252Fken%252bto%252Fken%3D%253D"),
        ("to/ken+to/ken==", "to&#x2F;ken&#43;to&#x2f;ken&#x3D;&#61;"),
        ("to/ken+to/ken==", r"to&#047;ken&#X002B;to\u0026#47;ken=="),
        ("to/ken+to/ken==", "x" * 290 + "to/ken+to/ken=="),
    ],
    ids=[
        "plain",
        "slashes-escaped",
        "slashes-escaped-twice",
        "equals-signs-escaped",
        "slashes-by-number",
        "quoted",
        "quoted-twice",
        "as-go-and-owasp-write-html",
        "as-html-may-be-written-too",
        "cut",
    ],
)
def test_a_secret_is_in_no_message_however_it_is_spelt(fake_time: FakeTime, secret: str, said: str) -> None:
    """Encoders of JSON differ in what they escape, and a message that is cut may be cut inside of it."""
    connection = a_connection(fake_time)
    body = b'{"error_code": "APIGW.0301", "error_msg": "got %b"}' % said.encode()
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=HttpResponse(status=401, body=body)))
        with pytest.raises(NotAuthorised) as caught:
            http(connection, simulator.url, TokenAuth(secret), secrets=(secret,)).call("GET", PROJECTS)

    assert "to/ken" not in unquote(unquote(html.unescape(str(caught.value)))).replace("\\", "")


@pytest.mark.parametrize("before", ["", "u", "us", "user:"], ids=repr)
@pytest.mark.parametrize("after", ["", "\n", " and more"], ids=repr)
def test_a_secret_is_in_no_message_in_base64_wherever_in_it_it_begins(
    fake_time: FakeTime, before: str, after: str
) -> None:
    """As a proxy repeats what signed in, or a gateway the value of a header."""
    secret = "IQoJb3Jp+Z2lu/X2VjEJr+aCXVzLWVhc3Qt/MSJHMEUCIQDk+sT=="
    told = b64encode(f"{before}{secret}{after}".encode()).decode()
    body = json.dumps({"error_code": "APIGW.0301", "error_msg": f"got {told}"}).encode()
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=HttpResponse(status=401, body=body)))
        with pytest.raises(NotAuthorised) as caught:
            http(a_connection(fake_time), simulator.url, TokenAuth(secret), secrets=(secret,)).call("GET", PROJECTS)

    shown = str(caught.value)
    assert "***" in shown
    first, last = len(before) * 4 // 3, (len(before) + len(secret)) * 4 // 3
    assert [piece for at in range(first, last - 4) if (piece := told[at : at + 5]) in shown] == []


@pytest.mark.parametrize(
    ("secret", "said"),
    [("seven77", "got seven77 and seven77"), ("eight888", "got *** and ***"), ("", "got  and "), ("a", "got a and a")],
    ids=["seven", "eight", "none", "one"],
)
def test_what_is_too_short_for_a_secret_tears_no_holes_into_answers(
    fake_time: FakeTime, secret: str, said: str
) -> None:
    """A user who gives "a" for a key learns from the cloud's own words that it is none."""
    body = f'{{"error_code": "APIGW.0301", "error_msg": "got {secret} and {secret}"}}'.encode()
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=HttpResponse(status=401, body=body)))
        with pytest.raises(NotAuthorised) as caught:
            http(a_connection(fake_time), simulator.url, secrets=(secret,)).call("GET", PROJECTS)

    assert f"APIGW.0301: {said.strip()}" in caught.value.happened


def test_a_short_secret_does_not_shield_a_long_one(fake_time: FakeTime) -> None:
    body = f'{{"error_code": "APIGW.0301", "error_msg": "got {TOKEN} and sim"}}'.encode()
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=HttpResponse(status=401, body=body)))
        with pytest.raises(NotAuthorised) as caught:
            http(a_connection(fake_time), simulator.url, secrets=("sim", TOKEN)).call("GET", PROJECTS)

    assert "got *** and sim" in caught.value.happened


def test_the_security_token_is_in_no_message_about_a_wrong_signature(fake_time: FakeTime) -> None:
    """The gateway repeats all that was signed, and the security token is."""
    with Simulator(now=fake_time.wall) as simulator:
        known = simulator.describe()["huawei"]
        token = known["security_token"]
        wrong = Credentials(access_key_id=known["access_key_id"], access_key_secret="wrong", security_token=token)
        connection = a_connection(fake_time)
        channel = http(connection, simulator.url, KeyPairAuth(wrong, connection.time_of_day.now), secrets=wrong.secrets)
        with pytest.raises(NotAuthorised) as caught:
            channel.call("GET", PROJECTS)

    said = str(caught.value) + "".join(event.text for event in connection.event_log.events)
    assert "canonicalRequest" in said
    assert token[:20] not in said
