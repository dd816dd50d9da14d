"""The role of an instance of ECS: only where it is asked for, from the metadata service of this machine alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gate.clouds.alibaba.sign_in import sign_in
from gate.errors import NotAuthorised, NotUnderstood, Unreachable, UsageError
from gate.outcome import EventKind
from gate.settings import SignInSettings
from gate.simulator import Simulator
from tests.clouds.alibaba.sign_in.builders import SECOND_ROLE, TEMPORARY, a_run, issued
from tests.clouds.answers import a_json
from tests.clouds.builders import a_connection, a_response, events_of_kind

if TYPE_CHECKING:
    from gate.clouds.response import Response
    from gate.errors import GateError
    from tests.builders import FakeTime

INSTANCE: dict[str, Any] = {"credentials": "instance"}
METADATA_TOKEN = "a-metadata-token-of-the-tests"
A_TOKEN, A_ROLE = a_response(METADATA_TOKEN), a_response("runner")
KEYS_OF_ROLE = a_json({"Code": "Success", "LastUpdated": "2026-01-31T11:00:00Z", **TEMPORARY})
ROLES = "http://100.100.100.200/latest/meta-data/ram/security-credentials/"
NOT_FOUND = a_response("404 - Not Found", 404)


def test_the_service_is_asked_for_a_token_a_role_and_its_keys(fake_time: FakeTime) -> None:
    connection, answers = a_run(fake_time, A_TOKEN, A_ROLE, KEYS_OF_ROLE, **INSTANCE)
    session = sign_in(connection)

    assert session.credentials().access_key_id == TEMPORARY["AccessKeyId"]
    token, role, keys = answers.sent
    assert (token.method, token.url) == ("PUT", "http://100.100.100.200/latest/api/token")
    assert token.headers["x-aliyun-ecs-metadata-token-ttl-seconds"] == "21600"
    assert [(sent.method, sent.url) for sent in (role, keys)] == [("GET", ROLES), ("GET", f"{ROLES}runner")]
    for sent in (role, keys):
        assert sent.headers["x-aliyun-ecs-metadata-token"] == METADATA_TOKEN
        assert sent.secrets == (METADATA_TOKEN,)
    assert METADATA_TOKEN in connection.masked
    assert session.description == "the role of this instance"


def test_it_has_less_time_for_a_response_than_a_service_far_away(fake_time: FakeTime) -> None:
    connection, answers = a_run(fake_time, A_TOKEN, A_ROLE, KEYS_OF_ROLE, **INSTANCE, request_timeout=30.0)
    sign_in(connection).credentials()

    assert {sent.request_timeout for sent in answers.sent} == {5.0}


@pytest.mark.parametrize("response", [NOT_FOUND, a_response("", 405), Unreachable("No answer."), a_response("\n")])
def test_an_older_service_without_tokens_is_asked_without_one(
    response: Response | GateError, fake_time: FakeTime
) -> None:
    connection, answers = a_run(fake_time, response, A_ROLE, KEYS_OF_ROLE, **INSTANCE)
    sign_in(connection).credentials()

    assert not [sent for sent in answers.sent if "x-aliyun-ecs-metadata-token" in sent.headers]
    notes = [event.text for event in events_of_kind(connection, EventKind.NOTE)]
    assert len([note for note in notes if "asking the metadata service without a token" in note]) == 1


@pytest.mark.parametrize("response", [NOT_FOUND, a_response("", 403)])
def test_where_the_older_version_is_disabled_a_token_is_needed(response: Response, fake_time: FakeTime) -> None:
    environ = {"ALIBABA_CLOUD_IMDSV1_DISABLED": "True"}
    connection, answers = a_run(fake_time, response, environ=environ, **INSTANCE)

    with pytest.raises(NotAuthorised):
        sign_in(connection).credentials()
    assert len(answers.sent) == 1


def test_the_name_of_the_role_may_be_in_a_variable(fake_time: FakeTime) -> None:
    environ = {"ALIBABA_CLOUD_ECS_METADATA": "builder"}
    connection, answers = a_run(fake_time, A_TOKEN, KEYS_OF_ROLE, environ=environ, **INSTANCE)
    session = sign_in(connection)
    session.credentials()

    assert answers.sent[-1].url == f"{ROLES}builder"
    assert session.description == "the role builder of this instance"


def test_a_run_that_reads_no_variables_takes_the_role_that_the_instance_has(fake_time: FakeTime) -> None:
    environ = {"ALIBABA_CLOUD_ECS_METADATA": "builder"}
    connection, answers = a_run(
        fake_time, A_TOKEN, A_ROLE, KEYS_OF_ROLE, environ=environ, reads_variables=False, **INSTANCE
    )
    sign_in(connection).credentials()

    assert answers.sent[-1].url == f"{ROLES}runner"


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}, "ALIBABA_CLOUD_ECS_METADATA_DISABLED forbids it"),
        ({"ALIBABA_CLOUD_ECS_METADATA": "../../user-data"}, "'../../user-data', from the variable ALIBABA_CLOUD_ECS"),
    ],
)
def test_variables_that_forbid_it_or_name_no_role_are_an_error(
    environ: dict[str, str], says: str, fake_time: FakeTime
) -> None:
    connection, answers = a_run(fake_time, environ=environ, **INSTANCE)

    with pytest.raises(UsageError) as caught:
        sign_in(connection)
    assert says in caught.value.happened
    assert answers.sent == []


@pytest.mark.parametrize(
    ("responses", "kind", "says"),
    [
        ([A_TOKEN, NOT_FOUND], NotAuthorised, "has nothing, asked for the role of the instance (HTTP 404)"),
        ([A_TOKEN, a_response("", 401)], NotAuthorised, "refuses to answer, asked for the role of the instance"),
        ([A_TOKEN, a_response("", 302)], NotUnderstood, "What answered is not the metadata service"),
        ([A_TOKEN, a_response("")], NotUnderstood, "nothing that can be used, asked for the role"),
        ([A_TOKEN, a_response("<html>")], NotUnderstood, "a role that cannot be one: '<html>'"),
        ([A_TOKEN, a_response("../x")], NotUnderstood, "a role that cannot be one: '../x'"),
        ([A_TOKEN, A_ROLE, NOT_FOUND], NotAuthorised, "asked for the credentials of the instance (HTTP 404)"),
        ([A_TOKEN, A_ROLE, a_json({"Code": "Failed"})], NotAuthorised, "its Code is 'Failed'"),
        ([A_TOKEN, A_ROLE, a_json(TEMPORARY)], NotAuthorised, "its Code is None"),
        ([A_TOKEN, A_ROLE, a_json([])], NotUnderstood, "JSON, but not an object"),
        ([A_TOKEN, A_ROLE, a_json({"Code": "Success"})], NotUnderstood, "no credentials: AccessKeyId is not there"),
        (
            [A_TOKEN, A_ROLE, a_json({"Code": "Success", **TEMPORARY, "Expiration": "2026-01-31T11:00:00Z"})],
            NotUnderstood,
            "have ended at 2026-01-31T11:00:00Z",
        ),
    ],
)
def test_a_service_that_gives_no_whole_credentials_ends_the_sign_in(
    responses: list[Response], kind: type[GateError], says: str, fake_time: FakeTime
) -> None:
    connection, _ = a_run(fake_time, *responses, **INSTANCE)

    with pytest.raises(kind) as caught:
        sign_in(connection).credentials()
    assert says in caught.value.happened


@pytest.mark.parametrize("answer", [Unreachable("No answer."), a_response("", 503)])
def test_a_service_that_does_not_answer_is_given_up_after_half_a_minute(
    answer: Response | GateError, fake_time: FakeTime
) -> None:
    connection, _ = a_run(fake_time, *[answer] * 60, **INSTANCE, timeout=3600.0)

    with pytest.raises(Unreachable) as caught:
        sign_in(connection).credentials()
    assert "no instance of ECS" in caught.value.means
    assert 20 < fake_time.elapsed <= 31


def test_after_one_fault_it_is_asked_again(fake_time: FakeTime) -> None:
    busy = a_response("", 503)
    connection, _ = a_run(fake_time, A_TOKEN, busy, A_TOKEN, A_ROLE, KEYS_OF_ROLE, **INSTANCE)

    assert sign_in(connection).credentials().is_key_pair


def test_a_renewal_that_fails_is_not_repeated_at_once(fake_time: FakeTime) -> None:
    connection, answers = a_run(fake_time, A_TOKEN, A_ROLE, KEYS_OF_ROLE, A_TOKEN, NOT_FOUND, **INSTANCE)
    session = sign_in(connection)
    first = session.credentials()

    assert session.renewed() is first
    assert "has nothing" in session.last_failure
    assert len(answers.sent) == 5


def test_a_role_can_be_assumed_with_that_of_the_instance(fake_time: FakeTime) -> None:
    settings: dict[str, Any] = {**INSTANCE, "for_cloud": {"assume-role-arn": SECOND_ROLE}}
    connection, answers = a_run(fake_time, A_TOKEN, A_ROLE, KEYS_OF_ROLE, issued(SECOND_ROLE), **settings)
    session = sign_in(connection)
    session.credentials()

    assert session.description == f"the role {SECOND_ROLE}, assumed with the role of this instance"
    assert answers.sent[-1].headers["x-acs-action"] == "AssumeRole"


@pytest.mark.parametrize("tokens", ["unknown", "optional", "required"])
def test_each_kind_of_service_is_understood(tokens: Any, fake_time: FakeTime) -> None:
    """As the simulator has them: an older one, a newer one, and one that is hardened."""
    with Simulator(now=fake_time.wall) as simulator:
        simulator.access.metadata_tokens = tokens
        sign_in_settings = SignInSettings(credentials="instance", metadata_endpoint=simulator.url)
        connection = a_connection(fake_time, cloud="alibaba", sign_in=sign_in_settings)

        assert sign_in(connection).credentials().access_key_id.startswith("STS.")
