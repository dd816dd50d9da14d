"""Who is let in, and with which words everybody else is not (alibaba-security-center.md 4.1 and 5)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from gate.simulator import Fault, SimulatedTask, Simulator, server_error
from tests.simulator.alibaba.asking import LAST, SCAN
from tests.simulator.alibaba.signing import TOKEN, Signing

if TYPE_CHECKING:
    from tests.simulator.conftest import Act, Ask, Clock, Seen

FORM = {"content-type": "application/x-www-form-urlencoded"}
QUERY = b"TaskName=IMAGE_SCAN&TaskType=IMAGE_SCAN"


def asked(signing: Signing, ask: Ask, simulator: Simulator, clock: Clock) -> Seen:
    """The answer to a request that is signed like this."""
    headers = signing.headers(simulator, clock.now)
    return ask(simulator, signing.target, method=signing.method, headers=headers, body=signing.body)


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
def test_a_right_signature_is_let_in(signing: Signing, ask: Ask, clock: Clock) -> None:
    """With the plain keys and with the temporary ones, by query and by form, up to 15 minutes off."""
    with Simulator(now=clock) as simulator:
        assert asked(signing, ask, simulator, clock).status == 200


@pytest.mark.parametrize(
    ("signing", "status", "code"),
    [
        (Signing(secret="wrong"), 400, "SignatureDoesNotMatch"),
        (Signing(more={"x-acs-content-sha256": hashlib.sha256(b"x").hexdigest()}), 400, "SignatureDoesNotMatch"),
        (Signing(access_key_id="NOBODY"), 404, "InvalidAccessKeyId.NotFound"),
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
def test_every_refusal_has_its_own_code(signing: Signing, status: int, code: str, ask: Ask, clock: Clock) -> None:
    """All of them in the documented body, and with the date that a client needs to set its clock."""
    with Simulator(now=clock) as simulator:
        seen = asked(signing, ask, simulator, clock)

    assert (seen.status, seen.document["Code"]) == (status, code)
    assert seen.document.keys() == {"RequestId", "HostId", "Code", "Message", "Recommend"}
    assert seen.document["HostId"] == "tds.cn-shanghai.aliyuncs.com"
    assert f"q={code}&product=Sas&requestId={seen.document['RequestId']}" in seen.document["Recommend"]
    assert seen.headers["Date"] == "Mon, 21 Sep 2026 14:13:20 GMT"


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
def test_every_header_that_says_something_has_to_be_signed(unsigned: str, ask: Ask, clock: Clock) -> None:
    """The host, the content type, and all that are the cloud's own."""
    more = {**TOKEN, **FORM, "x-acs-credentials-provider": "static_sts"}
    with Simulator(now=clock) as simulator:
        names = sorted({*Signing(more=more).headers(simulator, clock.now)} - {"Authorization", unsigned})
        seen = asked(Signing(more=more, signed=tuple(names)), ask, simulator, clock)

    assert (seen.status, seen.document["Code"]) == (400, "IncompleteSignature")
    assert seen.document["Message"].endswith(f": {unsigned}.")


def test_what_is_signed_has_to_be_sent(ask: Ask, clock: Clock) -> None:
    """A header that got lost on the way is missed."""
    with Simulator(now=clock) as simulator:
        signed = Signing(more={"accept": "application/json"}).headers(simulator, clock.now)
        headers = {name: text for name, text in signed.items() if name != "accept"}
        seen = ask(simulator, Signing().target, method="POST", headers=headers)

    assert seen.document["Message"] == "Either not signed or not in the request: accept."


@pytest.mark.parametrize("text", [None, "Basic eDp5", "ACS3-HMAC-SHA256 Credential=AK"])
def test_another_form_of_authorization_is_incomplete(text: str | None, ask: Ask, clock: Clock) -> None:
    """And so is none at all."""
    with Simulator(now=clock) as simulator:
        headers = Signing().headers(simulator, clock.now)
        del headers["Authorization"]
        seen = ask(simulator, Signing().target, headers=headers if text is None else {**headers, "Authorization": text})

    assert (seen.status, seen.document["Code"]) == (400, "IncompleteSignature")


@pytest.mark.parametrize(
    ("source", "method", "body"),
    [("a%2Bb", "POST", b""), ("a%20c", "POST", b""), ("a%20b", "GET", b""), ("a%20b", "POST", b"TaskType=IMAGE_SCAN")],
)
def test_what_is_signed_cannot_be_changed_on_the_way(
    source: str, method: str, body: bytes, ask: Ask, clock: Clock
) -> None:
    """Neither query nor method nor body."""
    target = "/?TaskName=IMAGE_SCAN&TaskType=IMAGE_SCAN&Source="
    with Simulator(now=clock) as simulator:
        headers = Signing(target=f"{target}a%20b").headers(simulator, clock.now)
        seen = ask(simulator, f"{target}{source}", method=method, headers=headers, body=body)

    assert (seen.status, seen.document["Code"]) == (400, "SignatureDoesNotMatch")


def test_a_space_that_is_signed_can_be_sent_as_a_plus(ask: Ask, act: Act, clock: Clock) -> None:
    """As the vendor's SDK does; it is found like any other."""
    target = "/?TaskName=IMAGE_SCAN&TaskType=IMAGE_SCAN&Source=a{}b"
    with Simulator("empty", now=clock) as simulator:
        simulator.tasks.append(SimulatedTask(id="t", name="t", task_type="a b"))
        headers = Signing(target=target.format("%20")).headers(simulator, clock.now)
        seen = ask(simulator, target.format("+"), method="POST", headers=headers)
        plus = act(simulator, LAST, Source="a+b", **SCAN)

    assert seen.document["TaskId"] == "t"
    assert plus.document["TaskId"] == 0


@pytest.mark.parametrize(("more", "status"), [(TOKEN, 400), ({}, 200)], ids=["temporary-keys", "keys"])
def test_temporary_keys_are_good_until_they_expire(more: dict[str, str], status: int, ask: Ask, clock: Clock) -> None:
    """Keys without a token do not expire."""
    with Simulator(now=clock) as simulator:
        simulator.expires_at = clock.now + 10
        young = asked(Signing(more=more), ask, simulator, clock)
        clock.now += 10
        old = asked(Signing(more=more), ask, simulator, clock)

    assert (young.status, old.status) == (200, status)
    assert status == 200 or old.document["Code"] == "InvalidSecurityToken.Expired"


def test_a_nonce_is_good_for_one_request(ask: Ask, clock: Clock) -> None:
    """Also when it asks for something else, and until the simulator starts anew."""
    simulator = Simulator(now=clock)
    with simulator:
        headers = Signing().headers(simulator, clock.now)
        first, again = (ask(simulator, Signing().target, method="POST", headers=headers) for _ in range(2))
    with simulator:
        anew = ask(simulator, Signing().target, method="POST", headers=headers)

    assert (first.status, again.status, anew.status) == (200, 400, 200)
    assert again.document["Code"] == "SignatureNonceUsed"


def test_a_nonce_is_spent_although_the_answer_is_lost(ask: Ask, clock: Clock) -> None:
    """Whoever tries again has to sign again."""
    with Simulator(now=clock) as simulator:
        headers = Signing().headers(simulator, clock.now)
        simulator.faults.append(Fault(on=frozenset({1}), reply=server_error()))
        ask(simulator, Signing().target, method="POST", headers=headers)
        again = ask(simulator, Signing().target, method="POST", headers=headers)

    assert again.document["Code"] == "SignatureNonceUsed"


def test_who_cannot_sign_spends_no_nonce(ask: Ask, clock: Clock) -> None:
    """It remains for the one whose it is."""
    nonce = {"x-acs-signature-nonce": "mine"}
    with Simulator(now=clock) as simulator:
        stranger = asked(Signing(secret="wrong", more=nonce), ask, simulator, clock)
        owner = asked(Signing(more=nonce), ask, simulator, clock)

    assert (stranger.status, owner.status) == (400, 200)


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
def test_a_request_goes_to_the_cloud_whose_marks_it_bears(headers: dict[str, str], cloud: str, ask: Ask) -> None:
    """Whatever its path."""
    with Simulator() as simulator:
        ask(simulator, "/", headers=headers)
        ask(simulator, "/v3/projects", headers=headers)

        assert [request.cloud for request in simulator.requests] == [cloud, cloud]
