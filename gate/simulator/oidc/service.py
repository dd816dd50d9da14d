"""Answers where a job asks for a token, and where a cloud reads the issuer's keys (sign-in.md 3).

All tokens have one issuer, the simulator's own, whatever CI system they look like.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from gate.simulator.access import KEY_ID
from gate.simulator.cloud import ApiResponse, CloudState, Gateway, HttpRequest
from gate.simulator.fault import HttpResponse
from gate.simulator.oidc.claims import CI_SYSTEMS, OWNER
from gate.simulator.oidc.jwt import ALGORITHM, base64url
from gate.simulator.oidc.rsa import KEY
from gate.simulator.quota import Quota

ISSUER_PATH: Final = "/oidc"
DISCOVERY_PATH: Final = f"{ISSUER_PATH}/.well-known/openid-configuration"
KEYS_PATH: Final = f"{ISSUER_PATH}/jwks"
GITHUB_PATH: Final = f"{ISSUER_PATH}/github/idtoken/9001/9002"
AZURE_PATH: Final = (
    f"{ISSUER_PATH}/azure/{OWNER}/_apis/distributedtask/hubs/build"
    "/plans/00000000-0000-4000-8000-000000000001/jobs/00000000-0000-4000-8000-000000000002/oidctoken"
)
VARIABLE_PATH: Final = f"{ISSUER_PATH}/variable"
GITHUB_BEARER: Final = "simulated-github-request-token-that-opens-nothing"
AZURE_BEARER: Final = "simulated-azure-access-token-that-opens-nothing"
AZURE_VERSIONS: Final = frozenset({"7.1", "7.1-preview.1", "7.2-preview.1"})
MAXIMUM_AGE: Final = {"Cache-Control": "no-store"}
ERRORS: Final = {
    HTTPStatus.UNAUTHORIZED: "The access token is not valid.",
    HTTPStatus.FORBIDDEN: "The job has no permission to ask for an ID token.",
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not have this method.",
    HTTPStatus.BAD_REQUEST: "The parameter api-version is missing or not supported.",
    HTTPStatus.TOO_MANY_REQUESTS: "There are too many requests.",
}


def issuer(url: str) -> str:
    """The issuer of all tokens, at a simulator with this address."""
    return f"{url}{ISSUER_PATH}"


def describe(url: str) -> dict[str, str]:
    """The issuer, and the variables of the CI systems that give a token on request."""
    return {
        "issuer": issuer(url),
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{url}{GITHUB_PATH}?api-version=2.0",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": GITHUB_BEARER,
        "SYSTEM_OIDCREQUESTURI": f"{url}{AZURE_PATH}",
        "SYSTEM_ACCESSTOKEN": AZURE_BEARER,
    }


def claims(request: HttpRequest) -> bool:
    """Whether the request is for the issuer."""
    return request.path == ISSUER_PATH or request.path.startswith(f"{ISSUER_PATH}/")


def operation(request: HttpRequest) -> str:
    """The name of what is asked for, or `unknown`."""
    return OPERATIONS.get(request.path, "unknown")


def is_poll(_operation: str) -> bool:
    """No operation returns the status of a scan task."""
    return False


def is_exchange(_operation: str) -> bool:
    """No operation gives keys."""
    return False


def gateway_error(request: HttpRequest, _gateway: Gateway) -> ApiResponse | None:
    """The error for a request that is not routed, or that lacks the token of the job."""
    name = operation(request)
    if name == "unknown":
        return _error(HTTPStatus.NOT_FOUND)
    if request.method != ("POST" if name == "AzureToken" else "GET"):
        return _error(HTTPStatus.METHOD_NOT_ALLOWED)
    if (bearer := BEARERS.get(name)) and request.headers.get("Authorization") != f"Bearer {bearer}":
        return _error(HTTPStatus.UNAUTHORIZED)
    if name == "AzureToken" and not AZURE_VERSIONS.intersection(request.query.get("api-version", ())):
        return _error(HTTPStatus.BAD_REQUEST)
    return None


def respond(request: HttpRequest, state: CloudState) -> ApiResponse:
    """The token or the document that is asked for."""
    return RESPONSES[operation(request)](request, state)


def throttled(_quota: Quota, wait: float) -> ApiResponse:
    """The error for a request over the rate limit."""
    return replace(_error(HTTPStatus.TOO_MANY_REQUESTS), headers={"Retry-After": str(math.ceil(wait))})


def forbidden(_operation: str) -> ApiResponse:
    """The error for a job that may not ask for a token."""
    return _error(HTTPStatus.FORBIDDEN)


def to_http(_operation: str, response: ApiResponse, request_id: str) -> HttpResponse:
    """Encodes a response as HTTP."""
    headers = {"Content-Type": "application/json", "X-Request-Id": request_id, **MAXIMUM_AGE, **response.headers}
    return HttpResponse(status=response.status, headers=headers, body=json.dumps(response.document).encode())


def _discovery(_request: HttpRequest, state: CloudState) -> ApiResponse:
    return _ok(
        {
            "issuer": issuer(state.url),
            "jwks_uri": f"{state.url}{KEYS_PATH}",
            "subject_types_supported": ["public"],
            "response_types_supported": ["id_token"],
            "claims_supported": ["sub", "aud", "exp", "iat", "iss", "jti", "nbf"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "scopes_supported": ["openid"],
        }
    )


def _key_set(_request: HttpRequest, _state: CloudState) -> ApiResponse:
    public = KEY.public
    key = {
        "kty": "RSA",
        "use": "sig",
        "alg": ALGORITHM,
        "kid": KEY_ID,
        "n": base64url(public.modulus.to_bytes(public.size)),
        "e": base64url(public.exponent.to_bytes(3)),
    }
    return _ok({"keys": [key]})


def _github_token(request: HttpRequest, state: CloudState) -> ApiResponse:
    token = _token("github", request, state)
    return _ok({"count": len(token), "value": token})


def _azure_token(request: HttpRequest, state: CloudState) -> ApiResponse:
    return _ok({"oidcToken": _token("azure", request, state)})


def _variable(request: HttpRequest, state: CloudState) -> ApiResponse:
    """A token as a CI system puts it in a variable: the simulator's own address, which no CI system has."""
    (system,) = request.query.get("system", [""])[:1]
    if system not in CI_SYSTEMS:
        return _error(HTTPStatus.NOT_FOUND)
    return _ok({"token": _token(system, request, state)})


def _token(system: str, request: HttpRequest, state: CloudState) -> str:
    given = {name: values[0] for name, values in request.query.items()}
    return state.access.token(
        system,
        issuer(state.url),
        state.at,
        audience=given.get("audience", ""),
        connection=given.get("serviceConnectionId", ""),
    )


def _ok(document: object) -> ApiResponse:
    return ApiResponse(status=HTTPStatus.OK, document=document)


def _error(status: HTTPStatus) -> ApiResponse:
    return ApiResponse(status=status, document={"message": ERRORS[status]})


OPERATIONS: Final[Mapping[str, str]] = {
    DISCOVERY_PATH: "Discovery",
    KEYS_PATH: "KeySet",
    GITHUB_PATH: "GitHubToken",
    AZURE_PATH: "AzureToken",
    VARIABLE_PATH: "VariableToken",
}
BEARERS: Final[Mapping[str, str]] = {"GitHubToken": GITHUB_BEARER, "AzureToken": AZURE_BEARER}
RESPONSES: Final[Mapping[str, Callable[[HttpRequest, CloudState], ApiResponse]]] = {
    "Discovery": _discovery,
    "KeySet": _key_set,
    "GitHubToken": _github_token,
    "AzureToken": _azure_token,
    "VariableToken": _variable,
}
