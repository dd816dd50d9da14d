"""Redaction: no error, event or response contains a secret that a server repeats."""

from __future__ import annotations

import html
import tracemalloc
from base64 import b64encode
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import pytest
import requests

from gate.clouds.credentials import Credentials
from gate.clouds.huawei.signature import KeyPairAuth, TokenAuth
from gate.clouds.redaction import Redactor, proxy_passwords, signatures_of
from gate.errors import NotAuthorised
from gate.simulator import Fault, HttpResponse, Simulator
from tests.clouds.builders import a_connection
from tests.clouds.clients import PROJECTS, TOKEN, a_client, error_of, messages

if TYPE_CHECKING:
    from requests.auth import AuthBase

    from tests.builders import FakeTime


def refusal_with(message: str, fake_time: FakeTime, *secrets: str, auth: AuthBase | None = None) -> NotAuthorised:
    """The error of a call with these secrets, which the cloud refuses with this message, escaped as in JSON already."""
    body = f'{{"error_code": "APIGW.0301", "error_msg": "{message}"}}'.encode()
    with Simulator(now=fake_time.wall) as simulator:
        simulator.faults.append(Fault(response=HttpResponse(status=401, body=body)))
        with pytest.raises(NotAuthorised) as caught:
            a_client(a_connection(fake_time), simulator.url, auth, secrets=secrets).call("GET", PROJECTS)
    return caught.value


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500, 503])
def test_a_secret_in_a_response_is_redacted_in_errors_and_events(fake_time: FakeTime, status: int) -> None:
    connection = a_connection(fake_time, timeout=1.0)
    body = b'{"error_code": "APIGW.0301", "error_msg": "x-auth-token:%b"}' % TOKEN.encode()
    with Simulator(now=fake_time.wall) as simulator:
        response = HttpResponse(status=status, headers={"X-Request-Id": TOKEN}, body=body)
        simulator.faults.append(Fault(response=response))
        error = error_of(connection, simulator.url)

    assert "APIGW.0301" in messages(connection, error)
    assert TOKEN not in messages(connection, error)


@pytest.mark.parametrize(
    "escaped",
    [
        r"to/ken+to/ken==",
        r"to\/ken+to\/ken==",
        r"to\\/ken+to\\/ken==",
        r"to/ken+to/ken\u003d\u003d",
        r"to\u002Fken\u002bto\u002fken==",
        "to%2Fken%2Bto%2Fken%3D%3D",
        "to%252Fken%252bto%252Fken%3D%253D",
        "to&#x2F;ken&#43;to&#x2f;ken&#x3D;&#61;",
        r"to&#047;ken&#X002B;to\u0026#47;ken==",
        "x" * 290 + "to/ken+to/ken==",
    ],
    ids=[
        "plain",
        "json-slash",
        "json-slash-twice",
        "json-unicode-equals-sign",
        "json-unicode-slash",
        "url",
        "url-twice",
        "html-as-written-by-go-and-owasp",
        "html-with-leading-zeros",
        "truncated",
    ],
)
def test_a_secret_is_redacted_however_it_is_escaped(fake_time: FakeTime, escaped: str) -> None:
    """JSON encoders differ in what they escape, and a long message may be truncated in the middle of a secret."""
    secret = "to/ken+to/ken=="

    error = refusal_with(f"got {escaped}", fake_time, secret, auth=TokenAuth(secret))

    assert "to/ken" not in unquote(unquote(html.unescape(str(error)))).replace("\\", "")


@pytest.mark.parametrize("before", ["", "u", "us", "user:"], ids=repr)
@pytest.mark.parametrize("after", ["", "\n", " and more"], ids=repr)
def test_a_secret_is_redacted_in_base64_at_any_offset(fake_time: FakeTime, before: str, after: str) -> None:
    """A proxy may repeat the credentials of Basic authentication, and a gateway the value of a header."""
    secret = "IQoJb3Jp+Z2lu/X2VjEJr+aCXVzLWVhc3Qt/MSJHMEUCIQDk+sT=="
    encoded = b64encode(f"{before}{secret}{after}".encode()).decode()

    message = str(refusal_with(f"got {encoded}", fake_time, secret, auth=TokenAuth(secret)))

    assert "***" in message
    start, end = len(before) * 4 // 3, (len(before) + len(secret)) * 4 // 3
    assert [piece for at in range(start, end - 4) if (piece := encoded[at : at + 5]) in message] == []


@pytest.mark.parametrize(
    ("secret", "message"),
    [("seven77", "got seven77 and seven77"), ("eight888", "got *** and ***"), ("", "got  and"), ("a", "got a and a")],
    ids=["seven-characters", "eight-characters", "empty", "one-character"],
)
def test_a_text_too_short_for_a_secret_is_not_redacted(fake_time: FakeTime, secret: str, message: str) -> None:
    """A user who gives "a" as a key can then read in the cloud's own message that the key is wrong."""
    error = refusal_with(f"got {secret} and {secret}", fake_time, secret)

    assert f"APIGW.0301: {message}" in error.happened


def test_a_short_secret_does_not_keep_a_long_one_from_being_redacted(fake_time: FakeTime) -> None:
    error = refusal_with(f"got {TOKEN} and sim", fake_time, "sim", TOKEN)

    assert "got *** and sim" in error.happened


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("SDK-HMAC-SHA256 Access=ID, SignedHeaders=host;x-sdk-date, Signature=0123abcd", ["0123abcd"]),
        ("ACS3-HMAC-SHA256 Credential=ID,SignedHeaders=host,Signature=4567cdef", ["4567cdef"]),
        (None, []),
    ],
    ids=["behind-a-space", "behind-a-comma", "none"],
)
def test_the_signature_of_a_request_is_one_of_its_secrets(header: str | None, found: list[str]) -> None:
    headers = {"Authorization": header} if header else {}

    assert signatures_of(requests.Request("GET", "https://a.example", headers=headers).prepare()) == found


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_all_forms_of_the_password_of_a_proxy_are_found(encoding: str) -> None:
    found = [*proxy_passwords({"https": "http://bot:p%C3%B6%3A1@proxy.example:3128"})]

    assert {"p%C3%B6%3A1", "p\u00f6:1", b64encode("bot:p\u00f6:1".encode(encoding)).decode()} <= {*found}


def test_a_password_of_a_proxy_that_is_not_utf_8_is_found_in_base64_too() -> None:
    assert b64encode(b"bot:p\xf6").decode() in [*proxy_passwords({"https": "http://bot:p\udcf6@proxy.example"})]


@pytest.mark.parametrize("scheme", ["http://", "//", ""])
def test_a_password_of_a_proxy_may_have_colons_slashes_and_an_at_sign_in_it(scheme: str) -> None:
    found = [*proxy_passwords({"https": f"{scheme}bot:a%41:b@c//d@proxy.example:3128"})]

    assert {"a%41:b@c//d", "aA:b@c//d", b64encode(b"bot:aA:b@c//d").decode()} <= {*found}


def test_the_password_in_the_address_of_a_proxy_with_two_schemes_is_found() -> None:
    assert "p1" in [*proxy_passwords({"https": "http://http://bot:p1@proxy.example:3128"})]


def test_of_a_secret_that_begins_like_another_one_nothing_is_left() -> None:
    secrets = ["secret-1", "secret-1-and-more", "secret-1-and"]

    assert Redactor(secrets).redact_text("got secret-1-and-more, secret-1-and and secret-1") == "got ***, *** and ***"


def test_of_a_secret_that_begins_like_its_own_base64_nothing_is_left() -> None:
    """The base64 of this one is itself and some more, of which the last two digits depend on what follows."""
    secret = "Vm0wd2Qy"

    assert b64encode(secret.encode()) == b"Vm0wd2QyUXk="
    assert Redactor([secret]).redact_text("got Vm0wd2QyUXk=") == "got ***k="


def test_a_text_that_is_not_utf_8_is_redacted_and_otherwise_kept() -> None:
    assert Redactor(["secret77"]).redact_text("\udcf6 secret77 \udcff") == "\udcf6 *** \udcff"
    assert Redactor(["secret-\udcf6"]).redact_text("a secret-\udcf6") == "a ***"


def test_the_security_token_is_redacted_in_the_error_of_a_wrong_signature(fake_time: FakeTime) -> None:
    """The gateway repeats everything that was signed, and that includes the security token."""
    with Simulator(now=fake_time.wall) as simulator:
        huawei = simulator.describe()["huawei"]
        token = huawei["security_token"]
        wrong = Credentials(access_key_id=huawei["access_key_id"], access_key_secret="wrong", security_token=token)
        connection = a_connection(fake_time)
        auth = KeyPairAuth(wrong, connection.time_of_day.now)
        client = a_client(connection, simulator.url, auth, secrets=wrong.secrets)
        with pytest.raises(NotAuthorised) as caught:
            client.call("GET", PROJECTS)

    assert "canonicalRequest" in messages(connection, caught.value)
    assert token[:20] not in messages(connection, caught.value)


# Large bodies.

WINDOW = 256 * 1024
SECRET = "wJalr/K7MDENG+bPxRfiCY=="


@pytest.mark.parametrize("spelling", [SECRET, quote(SECRET, safe=""), SECRET.replace("/", "\\/")])
@pytest.mark.parametrize("distance", [*range(-45, 3)])
def test_a_secret_is_redacted_wherever_it_lies_in_a_large_body(distance: int, spelling: str) -> None:
    """A body is searched piece by piece; here the secret lies across the end of the first one."""
    before, after = b"x" * (WINDOW + distance), b"y" * (2 * WINDOW)

    redacted = Redactor([SECRET]).redact(before + spelling.encode() + after + spelling.encode())

    assert redacted == before + b"***" + after + b"***"


def test_the_longest_spelling_of_a_secret_is_redacted_across_the_end_of_a_piece() -> None:
    secret = "+/=-_.~!" * 4
    spelling = "".join(f"\\u0026#x{'0' * 7}{ord(char):x};" for char in secret)

    for distance in range(0, len(spelling), 7):
        body = b"x" * (WINDOW - distance) + spelling.encode()
        assert Redactor([secret]).redact(body) == b"x" * (WINDOW - distance) + b"***"


@pytest.mark.parametrize("longer", ["wrapped-{}", "{}-wrapped", "a-{}-end", "z-{}-end"])
def test_nothing_of_a_secret_is_left_where_another_one_is_a_part_of_it(longer: str) -> None:
    shorter = "secret77"
    secrets = [shorter, longer.format(shorter)]

    assert Redactor(secrets).redact_text(f"<{secrets[1]}> <{shorter}>") == "<***> <***>"


def test_a_body_without_a_secret_is_not_copied() -> None:
    body = b"x" * (3 * WINDOW)

    assert Redactor([SECRET]).redact(body) is body
    assert Redactor([]).redact(body) is body


def test_a_body_of_nothing_but_secrets_takes_no_more_memory_than_itself() -> None:
    body = b"secret77" * 200_000
    tracemalloc.start()
    try:
        redacted = Redactor(["secret77"]).redact(body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert redacted == b"***" * 200_000
    assert peak < 1.5 * len(body)


def test_the_search_ends_when_the_check_says_so() -> None:
    """It takes seconds if a secret begins with many special characters and the body has nothing else."""
    checks = count()

    def check() -> None:
        if next(checks) == 2:
            raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        Redactor([SECRET]).redact(b"x" * (5 * WINDOW), check)

    assert next(checks) == 3
