"""Builders for the tests of signing in to Huawei Cloud: a run, the responses of its services, and what it has sent."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import requests

from gate.clouds.huawei.sign_in import sign_in
from gate.settings import SignInSettings
from tests.clouds.answers import Answers, a_json
from tests.clouds.builders import a_connection
from tests.clouds.sign_in.tokens import GITHUB_CLAIMS, a_token

if TYPE_CHECKING:
    from gate.clouds.interface import Connection, SignIn
    from gate.clouds.response import Response
    from gate.errors import GateError
    from tests.builders import FakeTime

REGION = "cn-north-4"
AGENCY, PROVIDER = "iam::1001:agency:ci", "iam::1001:oidcProvider:github"
SECOND_AGENCY = "iam::1001:agency:scan-gate"
TOKEN = a_token(**GITHUB_CLAIMS)
BY_STS: dict[str, Any] = {"agency-urn": AGENCY, "oidc-provider-urn": PROVIDER}
BY_IAM: dict[str, Any] = {"identity-provider-id": "corporate"}
KEYS = {"HUAWEICLOUD_SDK_AK": "stored-key-id", "HUAWEICLOUD_SDK_SK": "stored-key-secret"}
TEMPORARY = {
    "access_key_id": "HSTA-temporary-key-id",
    "secret_access_key": "temporary-key-secret",
    "security_token": "temporary-security-token",
    "expiration": "2026-01-31T13:00:00.123Z",
}
OF_IAM = {
    "access": TEMPORARY["access_key_id"],
    "secret": TEMPORARY["secret_access_key"],
    "securitytoken": TEMPORARY["security_token"],
    "expires_at": "2026-01-31T13:00:00.123456Z",
}
TOKEN_OF_IAM = "token-of-iam-for-an-hour"


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run and the responses that its requests get."""

    connection: Connection
    answers: Answers
    bodies: list[Any]
    """The JSON objects that were sent, in order; None for a request without one."""

    @property
    def way(self) -> SignIn:
        """The way to sign in that the run chooses."""
        return sign_in(self.connection)

    @property
    def hosts(self) -> list[str]:
        """The hosts that were asked, in order."""
        return [sent.url.split("/")[2] for sent in self.answers.sent]

    @property
    def log(self) -> list[str]:
        """The texts of all events."""
        return [event.text for event in self.connection.event_log.events]

    def shown(self, *errors: GateError) -> str:
        """All that the log and the reports may show."""
        return "\n".join([*self.log, *map(str, errors), *map(repr, errors)])


def a_run(
    time: FakeTime,
    *responses: Response | GateError,
    environ: dict[str, str] | None = None,
    region: str = REGION,
    for_cloud: dict[str, Any] | None = None,
    **settings: Any,
) -> Run:
    """A run on Huawei Cloud in which a fixed token is in a variable, and an agency is asked for unless options say."""
    given = {name: settings.pop(name) for name in [*settings] if name in SignInSettings.__slots__}
    answers, bodies = Answers(time=time, responses=[*responses]), list[Any]()

    def transport(base_url: str, **attributes: Any) -> Any:
        answered = answers.transport(base_url, **attributes)
        send = answered.send

        def recorded(request: requests.Request) -> Response:
            body: Any = requests.Session().prepare_request(request).body
            bodies.append(json.loads(body) if body else None)
            response: Response = send(request)
            return response

        answered.send = recorded
        return answered

    connection = a_connection(
        time,
        environ={"SCAN_GATE_OIDC_TOKEN": TOKEN, **(environ or {})},
        sign_in=SignInSettings(**given),
        region=region,
        for_cloud=BY_STS if for_cloud is None else for_cloud,
        **settings,
    )
    return Run(connection=replace(connection, transport=transport), answers=answers, bodies=bodies)


def issued(agency: str = AGENCY, **changed: Any) -> Response:
    """STS's response with credentials of an agency; a keyword changes one of their parts."""
    _, _, account, _, name = agency.split(":")
    assumed = {"urn": f"sts::{account}:assumed-agency:{name}/scan-gate", "id": "1:scan-gate"}
    return a_json({"assumed_agency": assumed, "credentials": {**TEMPORARY, **changed}})


def token_of_iam(**changed: Any) -> Response:
    """IAM's response with a token for a token; a keyword changes what is stated of it."""
    stated = {"expires_at": "2026-02-01T12:00:00.000000Z", **changed}
    return a_json({"token": stated}, 201, x_subject_token=TOKEN_OF_IAM)


def key_of_iam(**changed: Any) -> Response:
    """IAM's response with temporary keys; a keyword changes one of their parts."""
    return a_json({"credential": {**OF_IAM, **changed}}, 201)


def refusal(code: str, status: int = 403, message: str = "No.") -> Response:
    """An error of STS or IAM."""
    return a_json({"error_code": code, "error_msg": message}, status)
