"""Exchanges an OIDC token for temporary keys in each simulated cloud, and signs requests with them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol
from urllib.parse import urlencode

from tests.simulator.alibaba.signing import Signing as AlibabaSigning
from tests.simulator.huawei.signing import Signing as HuaweiSigning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gate.simulator import Simulator
    from tests.simulator.conftest import Clock, Response, SendRequest

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
STS = {"x-acs-version": "2015-04-01"}


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Temporary keys as a client has them."""

    access_key_id: str
    secret: str
    token: str
    expiration: str


class SignIn(Protocol):
    """Signs in to one cloud; `None` leaves a parameter out."""

    exchange_operation: str
    audience: str
    errors: ClassVar[Mapping[str, tuple[int, str]]]
    """Status and code by what is wrong."""

    def exchange(self, simulator: Simulator, token: str | None = None, **others: object) -> Response:
        """The response to a token, which is a new one of GitHub unless another is given."""
        ...

    def assume(self, simulator: Simulator, keys: Keys | None = None, **others: object) -> Response:
        """The response to a request for the second role, signed with these keys or those of the user."""
        ...

    def keys(self, response: Response) -> Keys:
        """The keys in a response."""
        ...

    def use(self, simulator: Simulator, keys: Keys) -> Response:
        """The response of the security service to a request that is signed with the keys."""
        ...

    def error(self, response: Response) -> tuple[int, str]:
        """Status and code of an error."""
        ...


@dataclass(frozen=True, kw_only=True)
class AlibabaSignIn:
    """By STS, with a form."""

    send: SendRequest
    clock: Clock
    exchange_operation = "AssumeRoleWithOIDC"
    audience = "sts.aliyuncs.com"
    errors: ClassVar[Mapping[str, tuple[int, str]]] = {
        "audience": (401, "AuthenticationFail.OIDCToken.AudienceNotMatch"),
        "subject": (401, "AuthenticationFail.NoPermission"),
        "expired token": (401, "AuthenticationFail.OIDCToken.Expired"),
        "expired keys": (400, "InvalidSecurityToken.Expired"),
    }

    def exchange(self, simulator: Simulator, token: str | None = None, **others: object) -> Response:
        known = simulator.describe_sign_in()["alibaba"]
        form = {
            "RoleArn": known["role_arn"],
            "OIDCProviderArn": known["oidc_provider_arn"],
            "OIDCToken": simulator.token("github", audience=known["oidc_audience"]) if token is None else token,
            "RoleSessionName": "scan-gate",
            **others,
        }
        body = urlencode({name: value for name, value in form.items() if value is not None}).encode()
        target = "/?Action=AssumeRoleWithOIDC&Version=2015-04-01&Format=JSON"
        return self.send(simulator, target, method="POST", headers=FORM, body=body)

    def assume(self, simulator: Simulator, keys: Keys | None = None, **others: object) -> Response:
        role = simulator.describe_sign_in()["alibaba"]["assume_role_arn"]
        form = {"RoleArn": role, "RoleSessionName": "scan-gate", **others}
        signing = self._signing(keys)
        signing = replace(
            signing,
            action="AssumeRole",
            target="/",
            more={**signing.more, **STS, "content-type": FORM["Content-Type"]},
            body=urlencode({name: value for name, value in form.items() if value is not None}).encode(),
        )
        headers = signing.headers(simulator, self.clock.now)
        return self.send(simulator, "/", method="POST", headers=headers, body=signing.body)

    def keys(self, response: Response) -> Keys:
        found: dict[str, Any] = response.document["Credentials"]
        return Keys(
            access_key_id=found["AccessKeyId"],
            secret=found["AccessKeySecret"],
            token=found["SecurityToken"],
            expiration=found["Expiration"],
        )

    def use(self, simulator: Simulator, keys: Keys) -> Response:
        signing = self._signing(keys)
        headers = signing.headers(simulator, self.clock.now)
        return self.send(simulator, signing.target, method="POST", headers=headers)

    def error(self, response: Response) -> tuple[int, str]:
        return response.status, response.document["Code"]

    def _signing(self, keys: Keys | None) -> AlibabaSigning:
        if keys is None:
            return AlibabaSigning()
        return AlibabaSigning(
            access_key_id=keys.access_key_id, secret=keys.secret, more={"x-acs-security-token": keys.token}
        )


@dataclass(frozen=True, kw_only=True)
class HuaweiSignIn:
    """By STS v5."""

    send: SendRequest
    clock: Clock
    exchange_operation = "AssumeAgencyWithOIDC"
    audience = "sts.myhuaweicloud.com"
    errors: ClassVar[Mapping[str, tuple[int, str]]] = {
        "audience": (400, "STS5.2001"),
        "subject": (403, "STS5.1001"),
        "expired token": (400, "STS5.0000"),
        "expired keys": (401, "APIGW.0301"),
    }

    def exchange(self, simulator: Simulator, token: str | None = None, **others: object) -> Response:
        known = simulator.describe_sign_in()["huawei"]
        document = {
            "agency_urn": known["agency_urn"],
            "provider_urn": known["oidc_provider_urn"],
            "agency_session_name": "scan-gate",
            "id_token": simulator.token("github", audience=known["oidc_audience"]) if token is None else token,
            **others,
        }
        return self.send(simulator, "/v5/agencies/assume-with-oidc", method="POST", headers=JSON, body=_json(document))

    def assume(self, simulator: Simulator, keys: Keys | None = None, **others: object) -> Response:
        agency = simulator.describe_sign_in()["huawei"]["assume_agency_urn"]
        signing = self._signing(keys)
        signing = replace(
            signing,
            method="POST",
            target="/v5/agencies/assume",
            more={**signing.more, **JSON},
            body=_json({"agency_urn": agency, "agency_session_name": "scan-gate", **others}),
        )
        headers = signing.headers(simulator, self.clock.now)
        return self.send(simulator, signing.target, method="POST", headers=headers, body=signing.body)

    def keys(self, response: Response) -> Keys:
        found: dict[str, Any] = response.document["credentials"]
        return Keys(
            access_key_id=found["access_key_id"],
            secret=found["secret_access_key"],
            token=found["security_token"],
            expiration=found["expiration"],
        )

    def use(self, simulator: Simulator, keys: Keys) -> Response:
        signing = self._signing(keys)
        return self.send(simulator, signing.target, headers=signing.headers(simulator, self.clock.now))

    def error(self, response: Response) -> tuple[int, str]:
        return response.status, response.document["error_code"]

    def _signing(self, keys: Keys | None) -> HuaweiSigning:
        if keys is None:
            return HuaweiSigning()
        return HuaweiSigning(
            access_key_id=keys.access_key_id, secret=keys.secret, more={"X-Security-Token": keys.token}
        )


def _json(document: dict[str, object]) -> bytes:
    return json.dumps({name: value for name, value in document.items() if value is not None}).encode()
