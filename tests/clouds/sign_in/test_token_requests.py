"""The tokens that GitHub Actions and Azure Pipelines give on request: what is sent, and what a response means."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from gate.clouds.sign_in.tokens import find_token_source
from gate.errors import (
    DeadlineExceeded,
    NotAuthorised,
    NotUnderstood,
    Refused,
    Throttled,
    TruncatedResponse,
    Unreachable,
    UsageError,
)
from gate.outcome import EventKind
from tests.clouds.answers import a_json, answered
from tests.clouds.builders import Peer, events_of_kind
from tests.clouds.sign_in.tokens import TOKEN, Responses, a_job, a_token, http_response, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.clouds import Connection
    from gate.clouds.sign_in.tokens import TokenSource
    from gate.errors import GateError
    from tests.builders import FakeTime

BEARER = "request-token-ZX81QJ7WK4VB9"
GUID = "01234567-89ab-cdef-0123-456789abcdef"


@dataclass(frozen=True, kw_only=True, slots=True)
class CISystem:
    """What differs between the two."""

    name: str
    address: str
    """The variable of the address."""
    bearer: str
    """The variable of the bearer token."""
    key: str
    query: str
    sent: str = ""
    """The address of the request, behind the host."""
    extra: dict[str, str] = field(default_factory=dict)

    def environ(self, url: str, bearer: str = BEARER) -> dict[str, str]:
        return {self.address: url, self.bearer: bearer, **self.extra}


GITHUB = CISystem(
    name="GitHub Actions",
    address="ACTIONS_ID_TOKEN_REQUEST_URL",
    bearer="ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    key="value",
    query="?api-version=2.0",
    sent="GET /run/job/idtoken?api-version=2.0&audience=https%3A%2F%2Fsts.example%2F%26a%20b HTTP/1.1",
)
AZURE = CISystem(
    name="Azure Pipelines",
    address="SYSTEM_OIDCREQUESTURI",
    bearer="SYSTEM_ACCESSTOKEN",
    key="oidcToken",
    query="",
    sent="POST /run/job/idtoken?api-version=7.1 HTTP/1.1",
)
both = pytest.mark.parametrize("ci", [GITHUB, AZURE], ids=lambda ci: ci.name)


@contextmanager
def source_at(
    ci: CISystem, peer: Peer, time: FakeTime, audience: str = "https://sts.example/&a b"
) -> Iterator[tuple[TokenSource, Connection]]:
    """The source of a job whose CI system is this server."""
    with peer:
        job = a_job(time, **ci.environ(f"http://{peer.address}/run/job/idtoken{ci.query}"))
        with job.open_transports:
            yield find_token_source(job, (), default_audience=audience), job


def shown_by(job: Connection, error: GateError | None = None) -> str:
    """All that the run has in its event log, and the error."""
    return "\n".join([*(event.text for event in job.event_log.events), str(error or "")])


@both
def test_a_token_is_requested_with_the_bearer_token_of_the_job(ci: CISystem, fake_time: FakeTime) -> None:
    peer = Peer(http_response(200, {ci.key: TOKEN, "count": 1}))
    with source_at(ci, peer, fake_time) as (source, job):
        token = source.token()

    (head,) = peer.requests
    lines = head.split("\r\n")
    assert token == TOKEN
    assert lines[0] == ci.sent
    assert f"Authorization: Bearer {BEARER}" in lines
    assert (source.name, source.is_fresh) == (ci.name, True)
    assert f"OIDC token of {ci.name}: 200, " in shown_by(job)
    assert events_of_kind(job, EventKind.WARNING) == []


@both
def test_neither_token_is_in_the_event_log_and_both_are_masked_before_use(ci: CISystem, fake_time: FakeTime) -> None:
    peer = Peer(http_response(200, {ci.key: TOKEN}, X_Request_Id=BEARER))
    masked: list[str] = []
    with source_at(ci, peer, fake_time) as (_, job):
        masking = replace(job, mask_secret=masked.append)
        assert find_token_source(masking, (), default_audience="a").token() == TOKEN

    assert masked == [BEARER, TOKEN]
    assert not [part for secret in (TOKEN, BEARER) for part in parts_of(secret) if part in shown_by(job)]


@both
def test_each_call_requests_another_token(ci: CISystem, fake_time: FakeTime) -> None:
    tokens = [a_token(jti=str(number)) for number in range(2)]
    peer = Responses(*(http_response(200, {ci.key: token}) for token in tokens))
    with source_at(ci, peer, fake_time) as (source, _):
        assert [source.token(), source.token()] == tokens


@both
def test_no_connection_is_kept_from_one_request_to_the_next(ci: CISystem, fake_time: FakeTime) -> None:
    """A run of hours requests dozens of tokens."""
    connection, answers = answered(
        fake_time, [a_json({ci.key: TOKEN})] * 2, environ=ci.environ("https://ci.example/idtoken")
    )
    source = find_token_source(connection, (), default_audience="a")
    source.token()
    source.token()

    assert answers.closed == len(answers.sent) == 2


def test_an_address_of_github_without_parameters_gets_one(fake_time: FakeTime) -> None:
    peer = Peer(http_response(200, {"value": TOKEN}))
    with source_at(replace(GITHUB, query=""), peer, fake_time, "a") as (source, _):
        source.token()

    assert peer.requests[0].startswith("GET /run/job/idtoken?audience=a HTTP/1.1")


def test_azure_is_asked_not_to_redirect_and_gets_no_body(fake_time: FakeTime) -> None:
    peer = Peer(http_response(200, {"oidcToken": TOKEN}))
    with source_at(replace(AZURE, query="/"), peer, fake_time) as (source, _):
        source.token()

    lines = peer.requests[0].split("\r\n")
    assert lines[0] == AZURE.sent
    assert {"X-TFS-FedAuthRedirect: Suppress", "Content-Length: 0", "Content-Type: application/json"} <= {*lines}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", f"POST /run/job/idtoken?api-version=7.1&serviceConnectionId={GUID} "),
        ("?a=b", f"POST /run/job/idtoken?a=b&api-version=7.1&serviceConnectionId={GUID} "),
    ],
)
def test_azure_issues_the_token_of_a_service_connection_where_one_is_named(
    query: str, expected: str, fake_time: FakeTime
) -> None:
    peer = Peer(http_response(200, {"oidcToken": TOKEN}))
    azure = replace(AZURE, query=query, extra={"SCAN_GATE_SERVICE_CONNECTION_ID": f" {GUID}\n"})
    with source_at(azure, peer, fake_time) as (source, _):
        source.token()

    assert peer.requests[0].startswith(expected)


@pytest.mark.parametrize("value", ["my connection", GUID + "&a=b", GUID[:-1]])
def test_a_service_connection_that_is_not_named_by_its_id_is_a_usage_error(value: str, fake_time: FakeTime) -> None:
    job = a_job(fake_time, SCAN_GATE_SERVICE_CONNECTION_ID=value, **AZURE.environ("https://dev.example/"))
    with pytest.raises(UsageError, match="SCAN_GATE_SERVICE_CONNECTION_ID is not the id of a service connection"):
        find_token_source(job, (), default_audience="a")


def test_the_audience_of_azure_that_cannot_be_chosen_is_a_warning(fake_time: FakeTime) -> None:
    peer = Peer(http_response(200, {"oidcToken": a_token(aud="api://AzureADTokenExchange")}))
    with peer:
        environ = AZURE.environ(f"http://{peer.address}/")
        job = a_job(fake_time, audience="sts.example", **environ)
        with job.open_transports:
            find_token_source(job, (), default_audience="a").token()

    (warning,) = events_of_kind(job, EventKind.WARNING)
    assert "for the audience api://AzureADTokenExchange, and not for sts.example (--oidc-audience)" in warning.text


@both
@pytest.mark.parametrize(
    ("response", "error", "expected"),
    [
        (http_response(401), NotAuthorised, "refuses to issue an OIDC token (HTTP 401)."),
        (http_response(403, {"message": "no"}), NotAuthorised, "refuses to issue an OIDC token (HTTP 403: no)."),
        (http_response(400, {"message": "bad audience."}), Refused, "issues no OIDC token (HTTP 400: bad audience)."),
        (http_response(404, b"<title>Gone</title>"), Refused, "(HTTP 404, a page with the title 'Gone')."),
        (http_response(301, Location="https://x.example/"), NotUnderstood, "redirects the request for an OIDC token"),
        (http_response(200), NotUnderstood, "has no OIDC token: there is no text under "),
        (http_response(200, {"value": 7, "oidcToken": [TOKEN]}), NotUnderstood, "there is no text under "),
        (http_response(200, [TOKEN]), NotUnderstood, "is JSON, but not an object"),
        (http_response(200, b"<html>sign in"), NotUnderstood, "is a web page"),
        (http_response(200, {"value": "null", "oidcToken": "null"}), NotAuthorised, "a program writes this word"),
    ],
    ids=str,
)
def test_an_error_says_what_a_response_means(
    ci: CISystem, response: bytes, error: type[GateError], expected: str, fake_time: FakeTime
) -> None:
    with source_at(ci, Peer(response), fake_time) as (source, job), pytest.raises(error) as caught:
        source.token()

    assert type(caught.value) is error
    assert expected in caught.value.happened
    assert caught.value.means
    assert caught.value.remedy
    assert "--endpoint" not in str(caught.value)
    assert fake_time.slept == []
    assert not [part for secret in (TOKEN, BEARER) for part in parts_of(secret) if part in shown_by(job, caught.value)]


@pytest.mark.parametrize("status", [203, 302])
def test_a_page_of_azure_to_sign_in_is_a_refusal(status: int, fake_time: FakeTime) -> None:
    page = Peer(http_response(status, b"<title>Sign In</title>", Location="https://spsprodcus3.example/_signin"))
    with source_at(AZURE, page, fake_time) as (source, _), pytest.raises(NotAuthorised) as caught:
        source.token()

    assert caught.value.remedy == "Map it in the step, by `env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)`."
    assert len(page.requests) == 1


def test_a_refusal_of_github_names_the_permission(fake_time: FakeTime) -> None:
    with source_at(GITHUB, Peer(http_response(401)), fake_time) as (source, _), pytest.raises(NotAuthorised) as caught:
        source.token()

    assert "permissions: id-token: write" in caught.value.remedy


@both
def test_a_refusal_after_a_token_is_the_same_as_before_one(ci: CISystem, fake_time: FakeTime) -> None:
    """The CI system may stop to issue tokens; how long it has issued them says nothing."""
    peer = Responses(http_response(200, {ci.key: TOKEN}), http_response(403))
    with source_at(ci, peer, fake_time) as (source, _):
        source.token()
        fake_time.elapsed = 1000
        with pytest.raises(NotAuthorised) as caught:
            source.token()

    assert caught.value.happened == f"{ci.name} refuses to issue an OIDC token (HTTP 403)."


@both
@pytest.mark.parametrize(
    ("response", "error"),
    [
        (http_response(500), Unreachable),
        (http_response(429), Throttled),
        (http_response(503, Retry_After="7"), Unreachable),
        (http_response(200, b"{"), TruncatedResponse),
        (b"", Unreachable),
    ],
    ids=["500", "429", "503", "truncated", "closed"],
)
def test_a_transient_error_is_retried_unless_the_run_can_do_without(
    ci: CISystem, response: bytes, error: type[GateError], fake_time: FakeTime
) -> None:
    good = http_response(200, {ci.key: TOKEN})
    with source_at(ci, Responses(response, good), fake_time) as (source, _), pytest.raises(error):
        source.token(is_retried=False)
    assert fake_time.slept == []

    with source_at(ci, Responses(response, good), fake_time) as (source, _):
        assert source.token() == TOKEN
    assert len(fake_time.slept) == 1


@both
def test_no_request_is_retried_after_the_deadline(ci: CISystem, fake_time: FakeTime) -> None:
    peer = Peer(http_response(500))
    with source_at(ci, peer, fake_time) as (source, job):
        fake_time.elapsed = job.settings.timeout - 1
        with pytest.raises(Unreachable):
            source.token()
        with pytest.raises(DeadlineExceeded):
            source.token()

    assert len(peer.requests) == 2


@both
def test_the_bearer_token_is_redacted_in_what_the_server_repeats(ci: CISystem, fake_time: FakeTime) -> None:
    response = http_response(403, {"message": f"the token {BEARER} or {TOKEN} is bad"})
    with source_at(ci, Peer(response), fake_time) as (source, job), pytest.raises(NotAuthorised) as caught:
        source.token()

    assert "HTTP 403: the token *** or *** is bad" in caught.value.happened
    assert not [part for secret in (TOKEN, BEARER) for part in parts_of(secret) if part in shown_by(job, caught.value)]


@both
@pytest.mark.parametrize(
    "url",
    [
        "http://gate.example/token",
        "https://user:secret-word@gate.example/token",
        "ftp://127.0.0.1/token",
        "https:///token",
        "/run/secret-word",
        "https://gate.example/to ken",
        "https://gate.example/to\nken",
        "https://gate.example/token#secret-word",
        "https://gate.example:port/token",
        "https://[gate.example/token",
    ],
)
def test_a_token_is_sent_over_https_only_and_the_address_is_not_shown(
    ci: CISystem, url: str, fake_time: FakeTime
) -> None:
    with pytest.raises(UsageError) as caught:
        find_token_source(a_job(fake_time, **ci.environ(url)), (), default_audience="a")

    assert caught.value.happened == f"The variable {ci.address} is no address to which a token may be sent."
    assert "secret-word" not in str(caught.value)


@both
@pytest.mark.parametrize(
    ("bearer", "expected"),
    [
        ("one\ntwo-ZX81QJ7W", "no HTTP header can carry its characters"),
        ("tökenZX81QJ7W", "no HTTP header can carry its characters"),
        ("$(System.ZX81QJ7W)", "it is a reference to a variable, such as ${NAME}, that nothing has replaced"),
    ],
)
def test_a_bearer_token_that_cannot_be_one_is_not_sent_and_not_shown(
    ci: CISystem, bearer: str, expected: str, fake_time: FakeTime
) -> None:
    with pytest.raises(NotAuthorised) as caught:
        find_token_source(a_job(fake_time, **ci.environ("https://x.example/", bearer)), (), default_audience="a")

    assert caught.value.happened == f"The value of {ci.bearer} is no token: {expected}."
    assert "ZX81QJ7W" not in str(caught.value)
