"""The agency of an instance: what the metadata service of ECS gives, and where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.transport import Transport
from gate.errors import NotAuthorised, NotUnderstood, Throttled, Unreachable
from tests.clouds.answers import a_json
from tests.clouds.builders import a_response
from tests.clouds.huawei.sign_in.builders import OF_IAM, a_run

if TYPE_CHECKING:
    from gate.clouds.response import Response
    from gate.errors import GateError
    from tests.builders import FakeTime
    from tests.clouds.huawei.sign_in.builders import Run

METADATA_TOKEN = "token-of-the-metadata-service"
KEY = a_json({"credential": OF_IAM})


def on_an_instance(time: FakeTime, *responses: Response | GateError, **settings: Any) -> Run:
    """A run that is asked to sign in as the agency of its instance."""
    return a_run(time, *responses, for_cloud={}, **{"credentials": "instance", **settings})


def test_the_key_is_read_with_a_token_of_the_service(fake_time: FakeTime) -> None:
    run = on_an_instance(fake_time, a_response(f"{METADATA_TOKEN}\n"), KEY)

    found = run.way.credentials()

    token, key = run.answers.sent
    assert (token.method, token.url) == ("PUT", "http://169.254.169.254/meta-data/latest/api/token")
    assert token.headers["x-metadata-token-ttl-seconds"] == "21600"
    assert (key.method, key.url) == ("GET", "http://169.254.169.254/openstack/latest/securitykey")
    assert key.headers["x-metadata-token"] == METADATA_TOKEN
    assert {sent.request_timeout for sent in run.answers.sent} == {3.0}
    assert "authorization" not in key.headers
    assert found.security_token == OF_IAM["securitytoken"]
    assert run.log[-1] == "signed in with the agency of this instance, valid until 2026-01-31T13:00:00Z"


def test_every_secret_is_masked_redacted_and_shown_nowhere(fake_time: FakeTime) -> None:
    run = on_an_instance(fake_time, a_response(METADATA_TOKEN), KEY)
    run.way.credentials()

    secrets = {METADATA_TOKEN, OF_IAM["access"], OF_IAM["secret"], OF_IAM["securitytoken"]}
    assert run.connection.masked == secrets
    assert run.answers.sent[1].secrets == (METADATA_TOKEN,)
    assert not [secret for secret in secrets if secret in run.shown()]
    assert run.answers.closed == 2


@pytest.mark.parametrize("status", [404, 405, 503])
def test_an_older_service_is_asked_without_a_token(status: int, fake_time: FakeTime) -> None:
    run = on_an_instance(fake_time, a_response("", status), KEY)

    assert run.way.credentials().is_key_pair
    assert "x-metadata-token" not in run.answers.sent[1].headers


def test_no_proxy_sees_what_is_asked_for_there() -> None:
    transport = Transport("http://169.254.169.254", secrets=(), request_timeout=3.0, ca_bundle=None)

    assert not transport._trusts_environment  # noqa: SLF001 - no test may send anything to that address


def test_another_address_can_be_given(fake_time: FakeTime) -> None:
    run = on_an_instance(fake_time, a_response(METADATA_TOKEN), KEY, metadata_endpoint="http://127.0.0.1:1")
    run.way.credentials()

    assert run.hosts == ["127.0.0.1:1"] * 2


@pytest.mark.parametrize(
    ("body", "happened"),
    [
        ("Please configure Cloud Service Agency first", "This instance has no agency."),
        ("Unauthorized", "The metadata service of this instance refuses to give credentials (HTTP 401)."),
    ],
)
def test_an_instance_without_an_agency_is_not_authorised(body: str, happened: str, fake_time: FakeTime) -> None:
    run = on_an_instance(fake_time, a_response(METADATA_TOKEN), a_response(body, 401))

    with pytest.raises(NotAuthorised) as caught:
        run.way.credentials()
    assert caught.value.happened == happened
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("responses", "error"),
    [
        ([a_response("")], NotUnderstood),
        ([a_response("short")], NotUnderstood),
        ([a_response("a page of a proxy")], NotUnderstood),
        ([a_response("ü" * 20)], NotUnderstood),
        ([a_response("", 302)], NotUnderstood),
        ([a_response(METADATA_TOKEN), a_response("", 302)], NotUnderstood),
        ([a_response(METADATA_TOKEN), a_response("", 404)], NotUnderstood),
        ([a_response(METADATA_TOKEN), a_response("<html>")], NotUnderstood),
        ([a_response(METADATA_TOKEN), a_json({})], NotUnderstood),
        ([a_response(METADATA_TOKEN), a_json({"credential": {**OF_IAM, "secret": ""}})], NotUnderstood),
        ([a_response("", 429)] * 50, Throttled),
        ([a_response("", 500)] * 50, Unreachable),
        ([Unreachable("No answer.", remedy="Check --endpoint.")] * 50, Unreachable),
    ],
)
def test_any_other_response_gives_no_credentials(
    responses: list[Response | GateError], error: type[GateError], fake_time: FakeTime
) -> None:
    run = on_an_instance(fake_time, *responses)

    with pytest.raises(error) as caught:
        run.way.credentials()
    assert caught.value.exit_code == 4
    assert "--endpoint" not in str(caught.value)
    assert fake_time.elapsed <= 31


def test_where_nothing_answers_the_error_says_that_this_may_be_no_instance(fake_time: FakeTime) -> None:
    run = on_an_instance(fake_time, *[Unreachable("No answer.")] * 50)

    with pytest.raises(Unreachable) as caught:
        run.way.credentials()
    assert caught.value.means.startswith("This runner is no instance of ECS")


def test_a_renewal_is_tried_once(fake_time: FakeTime) -> None:
    run = on_an_instance(fake_time, a_response(METADATA_TOKEN), KEY, a_response("", 500))
    way = run.way

    assert way.credentials() == way.renewed()
    assert run.answers.responses == []
