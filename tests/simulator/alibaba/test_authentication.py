"""Tests authentication, and the error of each authentication failure (alibaba-security-center.md 4.1 and 5)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from gate.simulator import Fault, SimulatedTask, Simulator, server_error
from tests.simulator.alibaba.actions import LAST, SCAN
from tests.simulator.alibaba.signing import TOKEN, Signing

if TYPE_CHECKING:
    from tests.simulator.conftest import CallAction, Clock, Response, SendRequest

FORM = {"content-type": "application/x-www-form-urlencoded"}
QUERY = b"TaskName=IMAGE_SCAN&TaskType=IMAGE_SCAN"


def send_signed(signing: Signing, send: SendRequest, simulator: Simulator, clock: Clock) -> Response:
    """The response to this signed request."""
    headers = signing.headers(simulator, clock.now)
    return send(simulator, signing.target, method=signing.method, headers=headers, body=signing.body)


@pytest.mark.parametrize(
    "signing",
    [
        Signing(),
        Signing(method="GET"),
        Signing(more=TOKEN),
        Signing(more={"accept": "application/json", "user-agent": "an SDK", "x-acs-credentials-provider": "static_ak"}),
        Signing(ahead=900),
        Signing(ahead=-900),
        Signing(target="/?TaskName=IMAGE_SCAN&TaskType=IMAGE_SCAN&Source=a%20b%2Fc~%E6%B5%8B"),
        Signing(target="/", body=QUERY, more=FORM),
        Signing(target="/?TaskName=IMAGE_SCAN", body=b"TaskType=IMAGE_SCAN&Source=a+b", more=FORM),
        Signing(body=b"{}"),
    ],
)
def test_a_valid_signature_is_accepted(signing: Signing, send: SendRequest, clock: Clock) -> None:
    """With permanent and temporary keys, by query and by form, with a clock up to 15 minutes off."""
    with Simulator(now=clock) as simulator:
        assert send_signed(signing, send, simulator, clock).status == 200


@pytest.mark.parametrize(
    ("signing", "status", "code"),
    [
        (Signing(secret="wrong"), 400, "SignatureDoesNotMatch"),
        (Signing(more={"x-acs-content-sha256": hashlib.sha256(b"x").hexdigest()}), 400, "SignatureDoesNotMatch"),
        (Signing(access_key_id="UNKNOWN"), 404, "InvalidAccessKeyId.NotFound"),
        (Signing(more={"x-acs-security-token": "yesterday's"}), 400, "InvalidSecurityToken.Expired"),
        (Signing(ahead=901), 400, "InvalidTimeStamp.Expired"),
        (Signing(ahead=-901), 400, "InvalidTimeStamp.Expired"),
        (Signing(more={"x-acs-date": "20260102T030405Z"}), 400, "InvalidTimeStamp.Format"),
        (Signing(without=("x-acs-action",)), 400, "MissingAction"),
        (Signing(without=("x-acs-version",)), 400, "MissingVersion"),
        (Signing(without=("x-acs-date",)), 400, "MissingTimestamp"),
        (Signing(without=("x-acs-signature-nonce",)), 400, "MissingSignatureNonce"),
        (Signing(without=("x-acs-content-sha256",)), 400, "MissingContentSha256"),
        (Signing(more={"x-acs-signature-nonce": ""}), 400, "MissingSignatureNonce"),
        (Signing(more={"x-acs-version": "2018-12-04"}), 400, "InvalidVersion"),
        (Signing(action="GetLastTaskInfo"), 404, "InvalidApi.NotFound"),
        (Signing(target="/v5/tasks"), 404, "InvalidApi.NotFound"),
        (Signing(method="PUT"), 400, "UnsupportedHTTPMethod"),
    ],
)
def test_every_authentication_problem_has_its_own_code(
    signing: Signing, status: int, code: str, send: SendRequest, clock: Clock
) -> None:
    """Each error has the documented body, and the Date header by which a client can correct its clock."""
    with Simulator(now=clock) as simulator:
        response = send_signed(signing, send, simulator, clock)

    assert (response.status, response.document["Code"]) == (status, code)
    assert response.document.keys() == {"RequestId", "HostId", "Code", "Message", "Recommend"}
    assert response.document["HostId"] == "tds.cn-shanghai.aliyuncs.com"
    assert f"q={code}&product=Sas&requestId={response.document['RequestId']}" in response.document["Recommend"]
    assert response.headers["Date"] == "Mon, 21 Sep 2026 14:13:20 GMT"


@pytest.mark.parametrize(
    "unsigned",
    [
        "host",
        "x-acs-action",
        "x-acs-version",
        "x-acs-date",
        "x-acs-signature-nonce",
        "x-acs-content-sha256",
        "x-acs-security-token",
        "x-acs-credentials-provider",
        "content-type",
    ],
)
def test_host_content_type_and_cloud_headers_have_to_be_signed(unsigned: str, send: SendRequest, clock: Clock) -> None:
    more = {**TOKEN, **FORM, "x-acs-credentials-provider": "static_sts"}
    with Simulator(now=clock) as simulator:
        names = sorted({*Signing(more=more).headers(simulator, clock.now)} - {"Authorization", unsigned})
        response = send_signed(Signing(more=more, signed=tuple(names)), send, simulator, clock)

    assert (response.status, response.document["Code"]) == (400, "IncompleteSignature")
    assert response.document["Message"].endswith(f": {unsigned}.")


def test_a_request_without_one_of_its_signed_headers_is_rejected(send: SendRequest, clock: Clock) -> None:
    with Simulator(now=clock) as simulator:
        signed = Signing(more={"accept": "application/json"}).headers(simulator, clock.now)
        headers = {name: text for name, text in signed.items() if name != "accept"}
        response = send(simulator, Signing().target, method="POST", headers=headers)

    assert response.document["Message"] == "Either not signed or not in the request: accept."


@pytest.mark.parametrize("text", [None, "Basic eDp5", "ACS3-HMAC-SHA256 Credential=AK"])
def test_a_missing_or_malformed_authorization_header_is_incomplete(
    text: str | None, send: SendRequest, clock: Clock
) -> None:
    with Simulator(now=clock) as simulator:
        headers = Signing().headers(simulator, clock.now)
        del headers["Authorization"]
        response = send(
            simulator, Signing().target, headers=headers if text is None else {**headers, "Authorization": text}
        )

    assert (response.status, response.document["Code"]) == (400, "IncompleteSignature")


@pytest.mark.parametrize(
    ("source", "method", "body"),
    [("a%2Bb", "POST", b""), ("a%20c", "POST", b""), ("a%20b", "GET", b""), ("a%20b", "POST", b"TaskType=IMAGE_SCAN")],
)
def test_a_request_that_was_changed_after_signing_is_rejected(
    source: str, method: str, body: bytes, send: SendRequest, clock: Clock
) -> None:
    """Query, method and body are part of the signature."""
    target = "/?TaskName=IMAGE_SCAN&TaskType=IMAGE_SCAN&Source="
    with Simulator(now=clock) as simulator:
        headers = Signing(target=f"{target}a%20b").headers(simulator, clock.now)
        response = send(simulator, f"{target}{source}", method=method, headers=headers, body=body)

    assert (response.status, response.document["Code"]) == (400, "SignatureDoesNotMatch")


def test_a_signed_space_can_be_sent_as_a_plus(send: SendRequest, call: CallAction, clock: Clock) -> None:
    """The vendor's SDK does so; the parameter is decoded to a space, and an encoded plus stays a plus."""
    target = "/?TaskName=IMAGE_SCAN&TaskType=IMAGE_SCAN&Source=a{}b"
    with Simulator("empty", now=clock) as simulator:
        simulator.tasks.append(SimulatedTask(id="t", name="t", task_type="a b"))
        headers = Signing(target=target.format("%20")).headers(simulator, clock.now)
        response = send(simulator, target.format("+"), method="POST", headers=headers)
        plus = call(simulator, LAST, Source="a+b", **SCAN)

    assert response.document["TaskId"] == "t"
    assert plus.document["TaskId"] == 0


@pytest.mark.parametrize(("more", "status"), [(TOKEN, 400), ({}, 200)], ids=["temporary-keys", "keys"])
def test_temporary_keys_are_accepted_until_they_expire(
    more: dict[str, str], status: int, send: SendRequest, clock: Clock
) -> None:
    """Keys without a token do not expire."""
    with Simulator(now=clock) as simulator:
        simulator.expires_at = clock.now + 10
        before_expiry = send_signed(Signing(more=more), send, simulator, clock)
        clock.now += 10
        after_expiry = send_signed(Signing(more=more), send, simulator, clock)

    assert (before_expiry.status, after_expiry.status) == (200, status)
    assert status == 200 or after_expiry.document["Code"] == "InvalidSecurityToken.Expired"


def test_a_nonce_can_be_used_once(send: SendRequest, clock: Clock) -> None:
    """A restart of the simulator forgets the used nonces."""
    simulator = Simulator(now=clock)
    with simulator:
        headers = Signing().headers(simulator, clock.now)
        first, again = (send(simulator, Signing().target, method="POST", headers=headers) for _ in range(2))
    with simulator:
        after_restart = send(simulator, Signing().target, method="POST", headers=headers)

    assert (first.status, again.status, after_restart.status) == (200, 400, 200)
    assert again.document["Code"] == "SignatureNonceUsed"


def test_a_nonce_is_used_even_if_the_response_is_lost(send: SendRequest, clock: Clock) -> None:
    """A retry has to be signed again."""
    with Simulator(now=clock) as simulator:
        headers = Signing().headers(simulator, clock.now)
        simulator.faults.append(Fault(requests=frozenset({1}), response=server_error()))
        send(simulator, Signing().target, method="POST", headers=headers)
        again = send(simulator, Signing().target, method="POST", headers=headers)

    assert again.document["Code"] == "SignatureNonceUsed"


def test_a_request_with_a_wrong_signature_does_not_use_its_nonce(send: SendRequest, clock: Clock) -> None:
    nonce = {"x-acs-signature-nonce": "one"}
    with Simulator(now=clock) as simulator:
        wrong_signature = send_signed(Signing(secret="wrong", more=nonce), send, simulator, clock)
        right_signature = send_signed(Signing(more=nonce), send, simulator, clock)

    assert (wrong_signature.status, right_signature.status) == (400, 200)


@pytest.mark.parametrize(
    ("headers", "cloud"),
    [
        ({"x-acs-action": "GetLastOnceTaskInfo"}, "alibaba"),
        ({"X-Acs-Version": "2018-12-03"}, "alibaba"),
        ({"Authorization": "ACS3-HMAC-SHA256 nothing"}, "alibaba"),
        ({"Authorization": "SDK-HMAC-SHA256 nothing"}, "huawei"),
        ({}, "huawei"),
    ],
)
def test_a_request_goes_to_the_cloud_that_its_headers_belong_to(
    headers: dict[str, str], cloud: str, send: SendRequest
) -> None:
    """Its path does not matter."""
    with Simulator() as simulator:
        send(simulator, "/", headers=headers)
        send(simulator, "/v3/projects", headers=headers)

        assert [request.cloud for request in simulator.requests] == [cloud, cloud]
