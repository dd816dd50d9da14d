"""Tests the OIDC issuer, its signatures against an implementation of others, and where a job asks for a token."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from gate.simulator import Fault, Forbidden, Job, Quota, Simulator
from gate.simulator.oidc.claims import CI_SYSTEMS
from gate.simulator.oidc.jwt import decode
from gate.simulator.oidc.rsa import KEY, PublicKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from tests.simulator.conftest import Clock, Response, SendRequest

SUBJECTS = {
    "github": "repo:acme@123456/app@456789:ref:refs/heads/main",
    "gitlab": "project_path:acme/app:ref_type:branch:ref:main",
    "buildkite": "organization:acme:pipeline:app:ref:refs/heads/main:"
    "commit:0123456789abcdef0123456789abcdef01234567:step:scan-gate",
    "azure": "p://acme/app/release",
    "bitbucket": "{9ca7417b-60ef-5291-9ca2-9d96f0e8f136}:{e17b1aca-b78b-57e5-ad28-596fe6abbeb8}",
}


def ask(send: SendRequest, simulator: Simulator, system: str, more: str = "", bearer: str | None = None) -> Response:
    """Asks for a token as a job of this CI system does."""
    known = simulator.describe_sign_in()["ci"]
    if system == "github":
        method, url, token = "GET", known["ACTIONS_ID_TOKEN_REQUEST_URL"], known["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
    else:
        method, url, token = "POST", f"{known['SYSTEM_OIDCREQUESTURI']}?api-version=7.1", known["SYSTEM_ACCESSTOKEN"]
    headers = {"Authorization": f"Bearer {token if bearer is None else bearer}"}
    return send(simulator, url.removeprefix(simulator.url) + more, method=method, headers=headers)


def public_key(send: SendRequest, simulator: Simulator) -> RSAPublicKey:
    """The only key of the issuer, by its discovery document."""
    known = simulator.describe_sign_in()["ci"]["issuer"]
    path = f"{known}/.well-known/openid-configuration".removeprefix(simulator.url)
    discovery = send(simulator, path, headers={}).document
    assert discovery["issuer"] == known
    (key,) = send(simulator, discovery["jwks_uri"].removeprefix(simulator.url), headers={}).document["keys"]
    modulus, exponent = (int.from_bytes(urlsafe_b64decode(key[name] + "==")) for name in ("n", "e"))
    return RSAPublicNumbers(exponent, modulus).public_key()


def claims_of(token: str) -> Mapping[str, Any]:
    """The claims of a token, which is not verified."""
    return decode(token).claims


@pytest.mark.parametrize("system", CI_SYSTEMS)
def test_another_implementation_accepts_the_signature_of_a_token(system: str, send: SendRequest) -> None:
    """By the key in the documents of the issuer."""
    with Simulator() as simulator:
        key = public_key(send, simulator)
        token = decode(simulator.token(system))

    key.verify(token.signature, token.signed, PKCS1v15(), SHA256())
    with pytest.raises(InvalidSignature):
        key.verify(token.signature, token.signed + b"x", PKCS1v15(), SHA256())


@pytest.mark.parametrize("message", [b"", b"a message", b"\x00" * 1000])
def test_signatures_of_another_implementation_are_accepted(message: bytes) -> None:
    """And nothing but them."""
    other = generate_private_key(65537, 2048)
    key = PublicKey(modulus=other.public_key().public_numbers().n)
    signature = other.sign(message, PKCS1v15(), SHA256())

    assert key.verifies(signature, message)
    assert not key.verifies(signature, message + b"x")
    assert not key.verifies(bytes(len(signature)), message)
    assert not key.verifies(signature[:-1], message)
    assert not key.verifies(b"\xff" * len(signature), message)
    assert not KEY.public.verifies(signature, message)


@pytest.mark.parametrize("system", CI_SYSTEMS)
def test_a_token_has_the_shape_of_its_ci_system(system: str, clock: Clock) -> None:
    """It lives as long as others of its CI system, or as a test says."""
    with Simulator(now=clock) as simulator:
        claims = claims_of(simulator.token(system, audience="somebody"))
        simulator.access.token_seconds = 1200
        longer = claims_of(simulator.token(system))

    audience = CI_SYSTEMS[system].default_audience
    assert claims["sub"] == SUBJECTS[system]
    assert claims["aud"] == {"azure": audience, "bitbucket": ["somebody"]}.get(system, "somebody")
    assert (claims["iat"], claims["nbf"]) == (clock.now, clock.now)
    assert claims["exp"] - clock.now == {"azure": 600, "gitlab": 3600}.get(system, 300)
    assert (longer["aud"], longer["exp"]) == (audience, clock.now + 1200)
    assert longer["jti"] != claims["jti"]


def test_the_subject_of_github_can_lack_the_ids() -> None:
    """As in repositories from before July 2026; a test can set every claim."""
    with Simulator() as simulator:
        simulator.access.job = Job(subject_has_ids=False, others={"environment": "production"})
        claims = claims_of(simulator.token("github"))

    assert claims["sub"] == "repo:acme/app:ref:refs/heads/main"
    assert claims["environment"] == "production"


def test_a_job_of_github_asks_for_a_token_with_an_audience(send: SendRequest) -> None:
    with Simulator() as simulator:
        response = ask(send, simulator, "github", "&audience=sts.aliyuncs.com")
        again = ask(send, simulator, "github")

        assert [request.operation for request in simulator.requests] == ["GitHubToken"] * 2
        assert simulator.requests[0].cloud == "ci"
    assert claims_of(response.document["value"])["aud"] == "sts.aliyuncs.com"
    assert claims_of(again.document["value"])["aud"] == "https://github.com/acme"
    assert response.document["count"] == len(response.document["value"])


def test_a_job_of_azure_asks_for_a_token_without_an_audience(send: SendRequest) -> None:
    """The subject is that of the pipeline, or of a service connection."""
    with Simulator() as simulator:
        claims = claims_of(ask(send, simulator, "azure", "&audience=somebody").document["oidcToken"])
        connected = claims_of(ask(send, simulator, "azure", "&serviceConnectionId=1").document["oidcToken"])

    assert (claims["aud"], claims["sub"]) == ("api://AzureADTokenExchange", "p://acme/app/release")
    assert connected["sub"] == "sc://acme/app/production"


@pytest.mark.parametrize("system", ["github", "azure"])
def test_a_request_for_a_token_needs_that_of_the_job(system: str, send: SendRequest) -> None:
    with Simulator() as simulator:
        assert ask(send, simulator, system, bearer="another").status == 401


def test_a_token_of_another_ci_system_is_where_no_ci_system_has_it(send: SendRequest) -> None:
    """It stands for a variable of the job."""
    with Simulator() as simulator:
        response = send(simulator, "/oidc/variable?system=gitlab&audience=somebody", headers={})
        unknown = send(simulator, "/oidc/variable?system=jenkins", headers={})
        none = send(simulator, "/oidc/variable", headers={})

    assert claims_of(response.document["token"])["sub"] == SUBJECTS["gitlab"]
    assert (unknown.status, none.status) == (404, 404)


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/oidc", "GET", 404),
        ("/oidc/unknown", "GET", 404),
        ("/oidc/jwks", "POST", 405),
    ],
)
def test_the_issuer_has_no_other_addresses(path: str, method: str, status: int, send: SendRequest) -> None:
    with Simulator() as simulator:
        assert send(simulator, path, method=method, headers={}).status == status


def test_the_version_of_azures_api_is_required(send: SendRequest) -> None:
    with Simulator() as simulator:
        known = simulator.describe_sign_in()["ci"]
        path = known["SYSTEM_OIDCREQUESTURI"].removeprefix(simulator.url)
        headers = {"Authorization": f"Bearer {known['SYSTEM_ACCESSTOKEN']}"}

        assert send(simulator, path, method="POST", headers=headers).status == 400


def test_a_fault_reaches_the_request_for_a_token(send: SendRequest) -> None:
    with Simulator() as simulator:
        simulator.faults = [Fault(operation="GitHubToken", requests={2}, response=Forbidden())]

        assert [ask(send, simulator, "github").status for _ in range(3)] == [200, 403, 200]


def test_requests_for_a_token_can_be_limited(send: SendRequest) -> None:
    with Simulator() as simulator:
        simulator.quota = Quota(calls=1, seconds=60)
        responses = [ask(send, simulator, "github") for _ in range(2)]

    assert [response.status for response in responses] == [200, 429]
    assert 0 < int(responses[1].headers["Retry-After"]) <= 60


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c.d", "!.e30.", "e30.W10.", "W10.e30.", "e30.Pz8.x"])
def test_a_text_that_is_no_token_is_not_decoded(text: str) -> None:
    with pytest.raises(ValueError, match=r"part|Expecting"):
        decode(text)
