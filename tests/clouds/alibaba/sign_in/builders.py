"""Builders for the tests of signing in to Alibaba Cloud: connections, and responses of STS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gate.settings import SignInSettings
from tests.clouds.answers import a_json, answered
from tests.clouds.sign_in.tokens import GITHUB_CLAIMS, a_token

if TYPE_CHECKING:
    from gate.clouds import Connection
    from gate.clouds.response import Response
    from gate.errors import GateError
    from tests.builders import FakeTime
    from tests.clouds.answers import Answers

ROLE, PROVIDER = "acs:ram::1001:role/ci", "acs:ram::1001:oidc-provider/github"
SECOND_ROLE = "acs:ram::1001:role/scan-gate"
TOKEN = a_token(**GITHUB_CLAIMS)
OIDC: dict[str, Any] = {"for_cloud": {"role-arn": ROLE, "oidc-provider-arn": PROVIDER}}
TEMPORARY = {
    "AccessKeyId": "STS.temporary-key-id",
    "AccessKeySecret": "temporary-key-secret",
    "SecurityToken": "temporary-security-token",
    "Expiration": "2026-01-31T13:00:00Z",
}
KEYS = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "stored-key-id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "stored-key-secret"}


def issued(role: str = ROLE, **changed: Any) -> Response:
    """STS's response with credentials of a role; a keyword changes a member of the response."""
    user = {"Arn": f"{role}/scan-gate", "AssumedRoleId": "300:scan-gate"}
    return a_json({"RequestId": "R", "AssumedRoleUser": user, "Credentials": TEMPORARY, **changed})


def refusal(code: str, status: int = 401, message: str = "No.") -> Response:
    """An error of STS."""
    return a_json({"RequestId": "R", "HostId": "sts.aliyuncs.com", "Code": code, "Message": message}, status)


def a_run(
    time: FakeTime, *responses: Response | GateError, environ: dict[str, str] | None = None, **settings: Any
) -> tuple[Connection, Answers]:
    """A run on Alibaba Cloud in which a token is in a variable, and what its requests get."""
    given = {name: settings.pop(name) for name in [*settings] if name in SignInSettings.__slots__}
    return answered(
        time,
        responses,
        environ={"SCAN_GATE_OIDC_TOKEN": TOKEN, **(environ or {})},
        sign_in=SignInSettings(**given),
        **{"cloud": "alibaba", **settings},
    )


def texts(connection: Connection, *errors: GateError) -> str:
    """All that the log and the reports may show."""
    return "\n".join([*(event.text for event in connection.event_log.events), *map(str, errors), *map(repr, errors)])
