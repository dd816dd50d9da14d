"""The older exchange of IAM: an OIDC token for a token of IAM, and that one for temporary credentials.

The token of IAM is not scoped to a project, as in the vendor's SDK (sign-in.md 2.3), and is exchanged at once for an
access key (2.4). A token with a project could be sent to HSS as it is, but one of a regional IAM is valid in its own
region only (huawei-hss.md 4.2), while images may be in several, and every one is valid for a day. A key is accepted by
all APIs that the gate calls, in all regions, its secret is never sent, and it lives for as long as was asked for.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from gate.clouds.api_client import Api, ApiClient
from gate.clouds.huawei.sign_in.errors import Asked, read
from gate.clouds.huawei.sign_in.names import OF_IAM
from gate.clouds.huawei.signature import TokenAuth
from gate.clouds.redaction import MIN_SECRET_LENGTH, Redactor
from gate.clouds.sign_in.errors import about_endpoint
from gate.clouds.sign_in.issued import credentials_in, end_of
from gate.clouds.sign_in.short_lived import short_lived
from gate.clouds.unsigned import Unsigned
from gate.clouds.values import malformed

if TYPE_CHECKING:
    from gate.clouds.credentials import Credentials
    from gate.clouds.interface import Connection
    from gate.clouds.response import Response
    from gate.clouds.retry_loop import RetryLoop

_TOKENS, _KEYS = "/v3.0/OS-AUTH/id-token/tokens", "/v3.0/OS-CREDENTIAL/securitytokens"
_SUBJECT_TOKEN = "x-subject-token"  # noqa: S105 - the name of a header
_JSON = {"Content-Type": "application/json"}
_ENDPOINT = "--iam-endpoint"


class WithIdentityProvider:
    """Exchanges an OIDC token by the identity provider of an account; see `TokenExchange`."""

    def __init__(self, connection: Connection, *, url: str, provider: str, seconds: int) -> None:
        """Sends nothing yet.

        Args:
            connection: What the cloud is connected with.
            url: The address of IAM.
            provider: The id of the identity provider.
            seconds: How long the credentials are to be valid.
        """
        self._connection = connection
        self._url = url
        self._provider = provider
        self._seconds = seconds

    def __call__(self, token: str, retries: RetryLoop) -> Credentials:
        """Sends one token once."""
        asked = Asked(
            service="IAM",
            whom=f"the identity provider {self._provider}",
            option="identity-provider-id",
            token=token,
            now=self._connection.clock.now(),
        )
        with about_endpoint(_ENDPOINT), short_lived(self._connection) as connection:
            return self._keys(asked, self._token_of_iam(asked, connection, retries), connection, retries)

    def _token_of_iam(self, asked: Asked, connection: Connection, retries: RetryLoop) -> str:
        api = Api(
            base_url=self._url,
            auth=Unsigned(),
            secrets=(asked.token,),
            read=partial(_read_with_header, asked=asked),
            signs_the_time=False,
        )
        document = ApiClient(api, connection, retries).call(
            "POST",
            _TOKENS,
            headers={**_JSON, "X-Idp-Id": self._provider},
            body={"auth": {"id_token": {"id": asked.token}}},
            operation="CreateTokenWithIdToken",
            is_retried=False,
        )
        token: str = document[_SUBJECT_TOKEN]
        connection.mask((token,))
        stated = document.get("token")
        end = stated.get("expires_at") if isinstance(stated, dict) else None
        end_of(Redactor((token,)).redact_text(end) if isinstance(end, str) else end, "IAM", connection)
        return token

    def _keys(self, asked: Asked, token: str, connection: Connection, retries: RetryLoop) -> Credentials:
        api = Api(
            base_url=self._url,
            auth=TokenAuth(token),
            secrets=(token, asked.token),
            read=partial(read, asked=asked),
            signs_the_time=False,
        )
        identity = {"methods": ["token"], "token": {"duration_seconds": self._seconds}}
        document = ApiClient(api, connection, retries).call(
            "POST",
            _KEYS,
            headers=_JSON,
            body={"auth": {"identity": identity}},
            operation="CreateTemporaryAccessKeyByToken",
            is_retried=False,
        )
        return credentials_in(document, OF_IAM, connection)


def _read_with_header(response: Response, *, asked: Asked) -> dict[str, Any]:
    """The JSON object, with the token of IAM, which is in a header, beside it."""
    document = read(response, asked=asked)
    token = response.headers.get(_SUBJECT_TOKEN, "")
    if not re.fullmatch(rf"[!-~]{{{MIN_SECRET_LENGTH},}}", token):
        raise malformed("The response of IAM has no token: its header X-Subject-Token is not there, or no token.")
    return {**document, _SUBJECT_TOKEN: token}
